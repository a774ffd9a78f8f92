/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to the audit log that are not the auditor's reading of it, each within what WORKFLOWS
 * allows the one who asks, and each of them an entry itself:
 *
 *   who was shown a record      the record's keepers: day, country, kind of unit, purpose
 *   who searched for a value    the searching country's own bureau, auditor, data protection
 *                               officer; the question keeps the value's hash alone
 *   counts                      no persons
 *   samples and flags           supervisors of the searching country; auditors
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/internal.h"

enum {
    FOLLOW_MAX = 200000,
    REVIEWS_MAX = 200,
    SCAN_MAX = 2000,
    SEARCHES_MAX = 200,
};

static bool is_auditor(const struct actor *actor)
{
    return actor->may_audit;
}

/* The local administrator, behind the control socket: of no country, so of all. */
static bool actor_is_local(const struct actor *actor)
{
    return actor->country.len == 0 && actor->may_administer;
}

static bool is_data_protection(const struct actor *actor)
{
    return str_eq(actor->role, S("data-protection"));
}

static bool is_bureau(const struct actor *actor)
{
    return str_eq(actor->role, S("national-bureau"));
}

static enum err refused(const struct actor *actor, const char *what)
{
    return err_set(ERR_DENIED,
                   "officer %.*s is neither auditor, data protection officer nor of "
                   "the national bureau; refused: %s",
                   STR(actor->officer), what);
}

/* The answer is text made before; it leaves when the question is on the record. */
static void print_text(struct call *call)
{
    struct buf *text = call->state;
    buf_add(&call->out, buf_str(text));
    buf_release(text);
}

static enum err finish_question(struct call *call, struct buf *text, str query, const char *verdict,
                                call_print *print)
{
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    entry.databases = S("audit");
    entry.query = query;
    entry.verdict = str_c(verdict);
    call->state = text;
    enum err code = text->failed ? err_set(text->failed, "the answer is too large")
                                 : call_finish_audited(call, &entry, print);
    if (code)
        buf_release(text);
    return code;
}

static struct buf *new_text(struct call *call)
{
    struct buf *text = arena_new(call->arena, struct buf);
    if (text)
        text->max = 16 << 20;
    return text;
}

/* ---- counts ---- */

static void print_count(void *context, const struct review_count *count)
{
    struct json *json = context;
    json_open(json, '{');
    json_text(json, S("day"), count->day);
    json_text(json, S("country"), count->country);
    json_text(json, S("purpose"), count->purpose);
    json_text(json, S("kind"), count->kind);
    if (!str_eq(count->verdict, S("-")))
        json_text(json, S("verdict"), count->verdict);
    json_number(json, S("count"), (int64_t)count->count);
    json_close(json, '}');
}

static enum err read_day(struct call *call, str name, str otherwise, str *ret)
{
    struct day day;
    str text = call_query(call, name);
    *ret = text.len ? text : otherwise;
    if (day_parse(*ret, &day) && ret->len == 10)
        return OK;
    err_set(ERR_BAD_VALUE, "%.*s is not a day like 2026-11-22", STR(*ret));
    return err_field("%.*s", STR(name));
}

enum err run_audit_statistics(struct call *call)
{
    const struct actor *actor = &call->actor;
    bool is_all = actor_is_local(actor) || identity_is_hub(call->api->node.identity, actor);
    str country = is_all ? call_query(call, S("country")) : actor->country;
    str from = STR_EMPTY, until = STR_EMPTY;
    struct buf *text = new_text(call);
    struct json json = {.out = text};
    if (!text)
        return err_last()->code;
    if (!actor_is_local(actor) && !is_auditor(actor) && !is_data_protection(actor) &&
        !is_bureau(actor) && !actor->may_administer)
        return refused(actor, "statistics");
    TRY(read_day(call, S("from"), S("0001-01-01"), &from));
    TRY(read_day(call, S("until"), S("9999-12-31"), &until));
    TRY(review_follow(call->api->node.review, FOLLOW_MAX, NULL));
    json_open(&json, '[');
    enum err code =
        review_statistics(call->api->node.review, from, until, country, print_count, &json);
    json_close(&json, ']');
    if (code) {
        buf_release(text);
        return code;
    }
    return finish_question(call, text, S("{\"asked\":\"statistics\"}"), "counts given", print_text);
}

/* ---- samples and flags ---- */

/* What this actor is shown of reviews: bits of enum review_why, and of which country. */
static enum err reach(const struct actor *actor, unsigned *ret_whys, str *ret_country)
{
    unsigned all = (1u << REVIEW_WHYS) - 1;
    unsigned sample = 1u << REVIEW_SAMPLE;
    *ret_country = actor_is_local(actor) ? STR_EMPTY : actor->country;
    *ret_whys = is_auditor(actor) ? all : is_bureau(actor) ? sample : 0;
    return *ret_whys ? OK : refused(actor, "reviews");
}

static void print_entry_of(struct json *json, struct call *call, const struct review_item *item)
{
    struct audit_read read;
    struct node *entry = NULL;
    enum err code = audit_get(call->api->node.audit, item->entry, call->arena, &read);
    bool is_gone = code || read.is_destroyed || json_parse(read.body, call->arena, &entry) != OK;
    err_clear();
    json_bool(json, S("gone"), is_gone);
    if (is_gone)
        return;
    json_text_some(json, S("purpose"), node_get_text(entry, S("purpose")));
    json_text_some(json, S("reference"), node_get_text(entry, S("reference")));
    json_text_some(json, S("verdict"), node_get_text(entry, S("verdict")));
    struct buf query = {.max = 64 << 10};
    json_write(&query, node_get(entry, S("query")));
    if (query.len && !query.failed)
        json_raw(json, S("query"), buf_str(&query));
    buf_release(&query);
}

static void print_review(struct json *json, struct call *call, const struct review_item *item)
{
    char id[RECORD_ID_TEXT];
    json_open(json, '{');
    json_text(json, S("id"), str_c(record_id_format(item->id, id)));
    json_text(json, S("why"), str_c(review_why_word(item->why)));
    json_time(json, S("asked"), item->asked_us);
    json_text(json, S("officer"), item->officer);
    json_text_some(json, S("unit"), item->unit);
    json_text(json, S("country"), item->country);
    print_entry_of(json, call, item);
    json_close(json, '}');
}

enum err run_audit_reviews(struct call *call)
{
    struct review_item *items = NULL;
    size_t count = 0;
    unsigned whys = 0;
    uint64_t max;
    str country = STR_EMPTY;
    struct buf *text = new_text(call);
    struct json json = {.out = text};
    if (!text)
        return err_last()->code;
    TRY(reach(&call->actor, &whys, &country));
    TRY(call_query_number(call, S("max"), 50, REVIEWS_MAX, &max));
    TRY(review_follow(call->api->node.review, FOLLOW_MAX, NULL));
    TRY(review_waiting(call->api->node.review, country, whys, (size_t)max, call->arena, &items,
                       &count));
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++)
        if (!str_eq(items[i].officer, call->actor.officer)) /* nobody is his own supervisor */
            print_review(&json, call, &items[i]);
    json_close(&json, ']');
    return finish_question(call, text, S("{\"asked\":\"reviews\"}"), "reviews given", print_text);
}

enum err run_audit_review_decide(struct call *call)
{
    struct review *review = call->api->node.review;
    const struct actor *actor = &call->actor;
    struct review_item item;
    struct record_id id;
    char id_text[RECORD_ID_TEXT];
    unsigned whys = 0;
    str country = STR_EMPTY, outcome;
    TRY(reach(actor, &whys, &country));
    TRY(call_body_text(call, S("outcome"), &outcome));
    bool is_confirmed = str_eq(outcome, S("confirmed"));
    if (!is_confirmed && !str_eq(outcome, S("not-confirmed")))
        return err_set(ERR_BAD_VALUE, "the outcome is confirmed or not-confirmed");
    if (!record_id_parse(call->args[0], &id) || id.home != store_home(call->api->node.store))
        return err_set(ERR_NOT_FOUND, "no review of this number waits");
    TRY(review_find(review, id.number, call->arena, &item));
    if (!(whys >> item.why & 1) || (country.len && !str_eq(country, item.country)))
        return err_set(ERR_NOT_FOUND, "no review of this number waits");
    if (str_eq(item.officer, actor->officer))
        return err_set(ERR_DENIED, "officer %.*s cannot review a search of his own",
                       STR(actor->officer));
    struct buf *text = new_text(call);
    if (!text)
        return err_last()->code;
    TRY(review_decide(review, id.number, is_confirmed, node_get_text(call->body, S("reason")),
                      actor->officer));
    buf_add(text, S("{\"ok\":true}"));
    return finish_question(
        call, text, arena_printf(call->arena, "{\"review\":\"%s\"}", record_id_format(id, id_text)),
        is_confirmed ? "purpose confirmed" : "purpose not confirmed", print_text);
}

/* ---- who searched for a value ---- */

struct value_scan {
    struct call *call;
    struct arena arena; /* of one entry */
    struct json json;
    char form[AUDIT_FORM]; /* of the value asked for */
    size_t form_len;
    str value;
    int64_t from_us;
    uint64_t looked_at, last;
    size_t found, max;
    bool is_past;  /* entries before `from` have begun */
    bool is_whole; /* there are no more */
};

static bool asks_for(const struct node *query, str form)
{
    char other[AUDIT_FORM];
    if (!query || query->kind != NODE_LIST)
        return false;
    node_each(set, query) node_each(values, set) node_each(text, values)
    {
        if (str_eq(form, str_of(other, audit_value_form(node_as_text(text), other))))
            return true;
    }
    return false;
}

static void print_search_made(struct value_scan *scan, const struct node *entry, uint64_t number,
                              int64_t time_us)
{
    struct json *json = &scan->json;
    const struct node *shown = node_get(entry, S("shown"));
    json_open(json, '{');
    json_number(json, S("number"), (int64_t)number);
    json_time(json, S("time"), time_us);
    json_text(json, S("officer"), node_get_text(entry, S("officer")));
    json_text_some(json, S("unit"), node_get_text(entry, S("unit")));
    json_text_some(json, S("purpose"), node_get_text(entry, S("purpose")));
    json_text_some(json, S("reference"), node_get_text(entry, S("reference")));
    json_text_some(json, S("verdict"), node_get_text(entry, S("verdict")));
    json_number(json, S("shown"), shown ? (int64_t)shown->count : 0);
    json_close(json, '}');
    scan->found++;
}

static enum err look_at(void *context, const struct audit_read *read)
{
    struct value_scan *scan = context;
    const struct actor *actor = &scan->call->actor;
    struct node *entry = NULL;
    uint64_t time_us = 0;
    if (scan->is_past || scan->found == scan->max)
        return OK;
    scan->looked_at++;
    scan->last = read->number;
    arena_reset(&scan->arena);
    TRY(json_parse(read->body, &scan->arena, &entry));
    (void)!str_to_u64(node_get_text(entry, S("time_us")), INT64_MAX, &time_us);
    scan->is_past = (int64_t)time_us < scan->from_us;
    bool is_own =
        actor_is_local(actor) || str_eq(node_get_text(entry, S("country")), actor->country);
    if (is_own && !scan->is_past && str_eq(node_get_text(entry, S("kind")), S("search")) &&
        asks_for(node_get(entry, S("query")), str_of(scan->form, scan->form_len)))
        print_search_made(scan, entry, read->number, (int64_t)time_us);
    return OK;
}

/* What the lookup gives is put to the entries; it gives more until enough of them agree. */
static enum err find_searches(struct value_scan *scan, uint64_t before)
{
    const struct actor *actor = &scan->call->actor;
    str country = actor_is_local(actor) ? STR_EMPTY : actor->country;
    uint64_t seen;
    scan->last = before;
    do {
        seen = scan->looked_at;
        TRY(audit_find(scan->call->api->node.audit, AUDIT_VALUE, scan->value, country, scan->last,
                       SEARCHES_MAX, look_at, scan));
        scan->is_whole = scan->looked_at - seen < SEARCHES_MAX;
    } while (!scan->is_whole && scan->looked_at < SCAN_MAX && scan->found < scan->max &&
             !scan->is_past);
    return OK;
}

static void print_value_answer(struct call *call)
{
    print_text(call);
    struct json json = {.out = &call->out, .is_next = true};
    json_text(&json, S("receipt"), str_c(call->receipt));
    json_close(&json, '}');
}

static enum err read_scan(struct call *call, struct value_scan *scan, uint64_t *ret_before)
{
    str from = node_get_text(call->body, S("from"));
    uint64_t max = SEARCHES_MAX;
    *ret_before = UINT64_MAX >> 1;
    TRY(call_body_text(call, S("value"), &scan->value));
    if (from.len && !clock_parse(from, &scan->from_us))
        return err_set(ERR_BAD_VALUE, "%.*s is not a moment like 2026-11-22T09:14:00Z", STR(from));
    const struct node *before = node_get(call->body, S("before"));
    if (before && !str_to_u64(node_as_text(before), UINT64_MAX >> 1, ret_before))
        return err_set(ERR_BAD_VALUE, "before is not a number of an entry");
    const struct node *most = node_get(call->body, S("max"));
    if (most && (!str_to_u64(node_as_text(most), SEARCHES_MAX, &max) || !max))
        return err_set(ERR_BAD_VALUE, "max is not a number from 1 to %d", SEARCHES_MAX);
    scan->max = (size_t)max;
    scan->form_len = audit_value_form(scan->value, scan->form);
    if (!scan->form_len)
        return err_set(ERR_BAD_VALUE, "a value has letters or digits");
    return OK;
}

enum err run_audit_searches(struct call *call)
{
    const struct actor *actor = &call->actor;
    struct buf *text = new_text(call);
    struct value_scan scan = {.call = call, .json = {.out = text}};
    uint64_t before = 0;
    struct hash hash;
    char hex[2 * HASH_SIZE + 1];
    if (!text)
        return err_last()->code;
    if (!is_auditor(actor) && !is_data_protection(actor) && !is_bureau(actor))
        return refused(actor, "who searched for a value");
    TRY(read_scan(call, &scan, &before));
    json_open(&scan.json, '{');
    json_key(&scan.json, S("searches"));
    json_open(&scan.json, '[');
    enum err code = find_searches(&scan, before);
    json_close(&scan.json, ']');
    json_number(&scan.json, S("looked_at"), (int64_t)scan.looked_at);
    json_number(&scan.json, S("before"), (int64_t)scan.last);
    json_bool(&scan.json, S("whole"), (scan.is_whole && scan.found < scan.max) || scan.is_past);
    arena_release(&scan.arena);
    if (code) {
        buf_release(text);
        return code;
    }
    keyed_hash(&call->api->node.catalog->hash_key, scan.value, &hash);
    hex_encode(hash.bytes, HASH_SIZE, hex);
    return finish_question(call, text,
                           arena_printf(call->arena, "{\"asked\":\"value\",\"hash\":\"%s\"}", hex),
                           "searches for a value given", print_value_answer);
}

/* ---- who was shown a record ---- */

static void print_shown(struct json *json, const struct rights_shown *row)
{
    json_open(json, '{');
    json_text(json, S("day"), row->day);
    json_text(json, S("country"), row->country);
    json_text(json, S("unit_kind"), row->role);
    json_text(json, S("purpose"), row->purpose);
    json_number(json, S("count"), (int64_t)row->count);
    json_close(json, '}');
}

/* To anybody but its keepers and those who watch them the record is not there, whether they see it
 * elsewhere or not. */
static enum err find_own(struct call *call, struct record_id *ret)
{
    struct stored stored;
    TRY(call_record_id(call, call->args[0], ret));
    const struct catalog *catalog = call->api->node.catalog;
    enum err code = store_read(call->api->node.store, ret->number, call->arena, &stored);
    const struct definition *definition = code ? NULL : catalog_find(catalog, stored.definition);
    if (!code && !(definition && definition_is_data(definition) &&
                   actor_watches(&call->actor, stored.owner)))
        code = policy_allow(catalog, &call->actor, POLICY_WRITE, definition, stored.owner);
    if (!code && definition && !definition_is_data(definition) &&
        !policy_keeps(&call->actor, definition, stored.owner))
        code = ERR_NOT_FOUND;
    bool is_own =
        actor_is_local(&call->actor) || (!code && str_eq(stored.owner, call->actor.country));
    if (code || !is_own)
        return err_set(ERR_NOT_FOUND, "there is no record %.*s of yours here", STR(call->args[0]));
    return OK;
}

enum err run_record_shown(struct call *call)
{
    struct rights_shown *rows;
    size_t count;
    struct record_id id = {0};
    struct buf *text = new_text(call);
    struct json json = {.out = text};
    char name[RECORD_ID_TEXT];
    if (!text)
        return err_last()->code;
    TRY(find_own(call, &id));
    TRY(rights_shown(call->api->node.audit, id, call->arena, &rows, &count));
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++)
        print_shown(&json, &rows[i]);
    json_close(&json, ']');
    return finish_question(call, text,
                           arena_printf(call->arena, "{\"id\":\"%s\"}", record_id_format(id, name)),
                           "who was shown a record", print_text);
}
