/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is due, and certificates of what was deleted. Both are for those who look after the records
 * of an owner, who may know of every one of them: its officers who write or administer, its
 * auditors and data-protection officers. To others a certificate is not there.
 */
#include "api/internal.h"

enum { WITHIN_DAYS = 60, WITHIN_MAX = 40000, CERTIFICATES_MAX = 200, SCAN_MAX = 5000 };

/*
 * Sees to it that an owner's records are kept as they should be, for the log or for the persons in
 * them; writes none of them.
 */
bool actor_watches(const struct actor *actor, str owner)
{
    bool is_watching = (str_eq(actor->role, S("auditor")) && actor->may_audit) ||
                       str_eq(actor->role, S("data-protection"));
    return is_watching && owner.len && str_eq(owner, actor->country);
}

static bool looks_after(const struct actor *actor, str owner)
{
    return policy_is_keeper(actor, owner) || actor_watches(actor, owner);
}

/* The owner asked about, else the officer's own; administrators may ask about all. */
static enum err read_owner(struct call *call, str *ret)
{
    *ret = call_query(call, S("owner"));
    if (!ret->len && !policy_is_keeper(&call->actor, STR_EMPTY))
        *ret = call->actor.country;
    if (looks_after(&call->actor, *ret))
        return OK;
    return err_set(ERR_DENIED, "officer %.*s does not look after the records of %.*s",
                   STR(call->actor.officer), STR(str_slice(*ret, 0, 32)));
}

/* ---- due ---- */

struct due_page {
    struct keep_list list;
    struct day today, swept;
    bool is_held; /* nothing is deleted since `swept`: the clock is not believed */
};

/* "60d", or a plain number of days. */
static enum err read_within(struct call *call, struct day *ret)
{
    str text = call_query(call, S("within"));
    uint64_t days = WITHIN_DAYS;
    str number = str_ends(text, S("d")) ? str_slice(text, 0, text.len - 1) : text;
    if (text.len && !str_to_u64(number, WITHIN_MAX, &days)) {
        err_set(ERR_BAD_VALUE, "%.*s is not a number of days, as 60d", STR(str_slice(text, 0, 32)));
        return err_field("within");
    }
    *ret = day_of_number(day_number(day_today()) + (int32_t)days);
    return OK;
}

static enum err read_place(struct call *call, struct keep_filter *filter)
{
    int64_t day = 0;
    TRY(call_place(call, &day, &filter->after_number));
    if (day < 0 || day > 1 << 24)
        return call_no_place(call);
    filter->after_day = (int32_t)day;
    return OK;
}

static void print_due(struct json *json, struct call *call, const struct keep_due *due,
                      struct day today)
{
    char id[RECORD_ID_TEXT];
    const struct definition *definition = due->definition;
    json_open(json, '{');
    json_text(json, S("id"), str_c(record_id_format(due->id, id)));
    json_text(json, S("database"), definition ? definition->name : STR_EMPTY);
    if (definition)
        json_text_some(json, S("title"), definition->title[call->language]);
    json_text(json, S("owner"), due->owner);
    json_day(json, S("due"), due->due);
    json_number(json, S("days"), day_number(due->due) - day_number(today));
    json_bool(json, S("achieved"), due->is_achieved);
    json_bool(json, S("reminded"), due->is_reminded);
    struct rights_hold hold;
    if (rights_held(call->api->node.rights, due->id, &hold))
        json_text(json, S("held"),
                  str_c(
                      rights_why_word(hold.is_held[HELD_BY_HUB] ? HELD_BY_HUB : HELD_FOR_REQUEST)));
    json_close(json, '}');
}

static void print_due_page(struct call *call)
{
    const struct due_page *page = call->state;
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_day(&json, S("today"), page->today);
    if (page->is_held)
        json_day(&json, S("held"), page->swept);
    json_number(&json, S("total"), (int64_t)page->list.total);
    json_key(&json, S("records"));
    json_open(&json, '[');
    for (size_t i = 0; i < page->list.count; i++)
        print_due(&json, call, &page->list.items[i], page->today);
    json_close(&json, ']');
    if (page->list.has_more) {
        const struct keep_due *last = &page->list.items[page->list.count - 1];
        json_text(&json, S("next"), place_print(call, day_number(last->due), last->id));
    }
    json_close(&json, '}');
}

enum err run_due(struct call *call)
{
    struct keep_filter filter = {.after_day = 0};
    uint64_t max;
    str database = call_query(call, S("database"));
    struct due_page *page = arena_new(call->arena, struct due_page);
    if (!page)
        return err_last()->code;
    TRY(read_owner(call, &filter.owner));
    TRY(read_within(call, &filter.until));
    TRY(read_place(call, &filter));
    TRY(call_query_number(call, S("max"), 50, KEEP_LIST_MAX, &max));
    if (database.len)
        TRY(call_definition(call, database, &filter.definition));
    filter.max = max ? (size_t)max : 1;
    page->today = day_today();
    page->is_held = keep_is_held(call->api->node.keep, &page->swept);
    TRY(keep_list(call->api->node.keep, &filter, call->arena, &page->list));
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    entry.databases = filter.definition ? filter.definition->name : S("*");
    entry.query = arena_printf(call->arena, "{\"due\":%zu}", page->list.count);
    entry.verdict = S("review dates listed");
    call->state = page;
    return call_finish_audited(call, &entry, print_due_page);
}

/* Who is at the machine says that its clock is right: on the record before anything is deleted. */
enum err run_day_confirm(struct call *call)
{
    struct day day;
    str text = node_get_text(call->body, S("day"));
    struct json json = {.out = &call->out};
    if (!day_parse(text, &day)) {
        err_set(ERR_BAD_VALUE, "%.*s is no day as 2026-11-22", STR(str_slice(text, 0, 32)));
        return err_field("day");
    }
    if (day_number(day) == day_number(day_today()))
        TRY(audit_change(call, text, "day confirmed"));
    TRY(keep_confirm(call->api->node.keep, day));
    json_open(&json, '{');
    json_day(&json, S("day"), day);
    json_text(&json, S("receipt"), str_c(call->receipt));
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}

/* ---- certificates ---- */

enum err run_certificate_key(struct call *call)
{
    keep_key(call->api->node.keep, &call->out);
    buf_add_char(&call->out, '\n');
    call->content_type = S("text/plain; charset=utf-8");
    call_finish(call, OK);
    return OK;
}

static enum err no_certificate(struct call *call)
{
    return err_set(ERR_NOT_FOUND, "there is no certificate of the deletion of %.*s",
                   STR(str_slice(call->args[0], 0, 64)));
}

/* The certificate filed under the id: the index leads to it, what is stored decides. */
static enum err find_certificate(struct call *call, struct record_id id, str owner,
                                 struct keep_certificate *ret)
{
    const struct api_node *node = &call->api->node;
    const struct definition *definition = keep_certificate_definition(node->keep);
    char text[RECORD_ID_TEXT];
    uint64_t number = 0;
    struct stored stored;
    struct index_snapshot *snapshot = index_snapshot_open(node->index);
    enum err code = definition ? index_find_ref(snapshot, definition->name, owner,
                                                str_c(record_id_format(id, text)), &number)
                               : OK;
    index_snapshot_close(snapshot);
    TRY(code);
    if (!number || store_read(node->store, number, call->arena, &stored) != OK)
        return no_certificate(call);
    TRY(keep_read_certificate(node->keep, &stored, call->arena, ret));
    return ret->record.number == id.number && ret->record.home == id.home ? OK
                                                                          : no_certificate(call);
}

static void print_note(struct call *call)
{
    const struct keep_certificate *certificate = call->state;
    buf_add(&call->out, certificate->note);
    call->content_type = S("text/plain; charset=utf-8");
}

enum err run_certificate_get(struct call *call)
{
    const struct api_node *node = &call->api->node;
    struct record_id id;
    struct stored stored;
    struct keep_certificate *certificate = arena_new(call->arena, struct keep_certificate);
    if (!certificate)
        return err_last()->code;
    TRY(call_record_id(call, call->args[0], &id));
    if (store_read(node->store, id.number, call->arena, &stored) != OK ||
        !looks_after(&call->actor, stored.owner))
        return no_certificate(call);
    TRY(find_certificate(call, id, stored.owner, certificate));
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    entry.query = arena_printf(call->arena, "{\"certificate\":\"%.*s\"}", STR(call->args[0]));
    entry.databases = certificate->database;
    entry.verdict = S("certificate shown");
    call->state = certificate;
    return call_finish_audited(call, &entry, print_note);
}

struct certificate_page {
    struct call *call;
    struct keep_certificate items[CERTIFICATES_MAX];
    size_t count, max;
    uint64_t after;
    bool has_more;
};

static enum err take_certificate(void *context, const struct stored *stored)
{
    struct certificate_page *page = context;
    struct call *call = page->call;
    struct stored kept = *stored;
    if (page->count == page->max) {
        page->has_more = true;
        return ERR_LIMIT; /* stops the list, no error */
    }
    page->after = stored->id.number;
    kept.body = arena_str(call->arena, stored->body);
    if (keep_read_certificate(call->api->node.keep, &kept, call->arena,
                              &page->items[page->count]) == OK)
        page->count++;
    err_clear();
    return OK;
}

static void print_certificates(struct call *call)
{
    const struct certificate_page *page = call->state;
    char id[RECORD_ID_TEXT];
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_key(&json, S("certificates"));
    json_open(&json, '[');
    for (size_t i = 0; i < page->count; i++) {
        const struct keep_certificate *item = &page->items[i];
        json_open(&json, '{');
        json_text(&json, S("record"), str_c(record_id_format(item->record, id)));
        json_text(&json, S("database"), item->database);
        json_time(&json, S("deleted"), item->deleted_us);
        search_said_print(call->api->node.catalog, S("reason"), item->reason, call->language,
                          json.out);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    if (page->has_more)
        json_text(&json, S("next"),
                  place_print(call, 0,
                              (struct record_id){store_home(call->api->node.store), page->after}));
    json_close(&json, '}');
}

enum err run_certificates(struct call *call)
{
    uint64_t max, after = 0;
    int64_t none = 0;
    str owner;
    const struct definition *definition = keep_certificate_definition(call->api->node.keep);
    struct certificate_page *page = arena_new(call->arena, struct certificate_page);
    if (!page || !definition)
        return err_set(ERR_NOT_FOUND, "this node makes no certificates");
    TRY(read_owner(call, &owner));
    TRY(call_query_number(call, S("max"), 50, CERTIFICATES_MAX, &max));
    TRY(call_place(call, &none, &after));
    page->call = call;
    page->max = max ? (size_t)max : 1;
    enum err code = store_list(call->api->node.store, definition->name, owner, after, SCAN_MAX,
                               take_certificate, page);
    if (code && !page->has_more)
        return code;
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    entry.databases = definition->name;
    entry.verdict = S("certificates listed");
    call->state = page;
    return call_finish_audited(call, &entry, print_certificates);
}
