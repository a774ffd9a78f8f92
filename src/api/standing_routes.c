/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standing queries over HTTP. What they met is shown through policy as it stands when it is looked
 * at, for the purpose they were asked for: a record that is closed to the officer by now is not
 * there. Who may not know of a query gets the answer for one that never was.
 */
#include "api/internal.h"

enum { WAIT_MAX_S = 60, SHOWN_MAX = 500 };

static enum err query_id(struct call *call, struct record_id *ret)
{
    if (record_id_parse(call->args[0], ret))
        return OK;
    return err_set(ERR_BAD_VALUE, "%.*s is not a standing query's id",
                   STR(str_slice(call->args[0], 0, 64)));
}

static enum err read_until(struct call *call, struct day *ret)
{
    str text;
    TRY(call_body_text(call, S("until"), &text));
    if (day_parse(text, ret))
        return OK;
    err_set(ERR_BAD_VALUE, "%.*s is not a day, as 2031-01-01", STR(str_slice(text, 0, 32)));
    return err_field("until");
}

static enum err finish_change(struct call *call, struct record_id id, const char *verdict)
{
    char text[RECORD_ID_TEXT];
    struct record_id *kept = arena_new(call->arena, struct record_id);
    if (!kept)
        return err_last()->code;
    *kept = id;
    call->state = kept;
    struct audit_entry entry = call_entry(call, AUDIT_WRITE);
    entry.query = arena_printf(call->arena, "{\"standing\":\"%s\"}", record_id_format(id, text));
    entry.verdict = str_c(verdict);
    return call_finish_audited(call, &entry, call_print_id);
}

static enum err check_members(struct call *call)
{
    static const char *const keys[] = {"fields", "databases", "until", "reference"};
    node_each(member, call->body)
    {
        bool is_known = false;
        for (size_t i = 0; i < COUNT_OF(keys); i++)
            is_known |= str_eq_c(member->key, keys[i]);
        if (!is_known) {
            err_set(ERR_UNKNOWN, "a standing query has no %.*s",
                    STR(str_slice(member->key, 0, 100)));
            return err_field("%.*s", STR(str_slice(member->key, 0, 100)));
        }
    }
    return OK;
}

enum err run_standing_ask(struct call *call)
{
    struct search_request request;
    struct standing_question question = {.reference = node_get_text(call->body, S("reference"))};
    struct record_id id;
    struct node *search = node_map(call->arena);
    const struct node *fields = node_get(call->body, S("fields"));
    const struct node *databases = node_get(call->body, S("databases"));
    TRY(check_members(call));
    TRY(read_until(call, &question.until));
    if (!fields) {
        err_set(ERR_MISSING, "fields is missing");
        return err_field("fields");
    }
    node_put(search, S("fields"), node_copy(call->arena, fields));
    if (databases)
        node_put(search, S("databases"), node_copy(call->arena, databases));
    uint16_t purpose = call->actor.purpose;
    str reference = call->actor.reference;
    TRY(search_request_read(call, search, &request)); /* the shapes are a search's */
    call->actor.purpose = purpose;
    call->actor.reference = reference;
    question.fields = request.fields;
    question.databases = request.databases;
    if (!question.reference.len)
        question.reference = reference;
    TRY(standing_ask(call->api->node.standing, &call->actor, &question, call->arena, &id));
    return finish_change(call, id, "standing query asked");
}

enum err run_standing_approve(struct call *call)
{
    struct record_id id;
    TRY(query_id(call, &id));
    TRY(standing_approve(call->api->node.standing, &call->actor, id, call->arena));
    return finish_change(call, id, "standing query approved");
}

enum err run_standing_renew(struct call *call)
{
    struct record_id id;
    struct day until;
    TRY(query_id(call, &id));
    TRY(read_until(call, &until));
    TRY(standing_renew(call->api->node.standing, &call->actor, id, until, call->arena));
    return finish_change(call, id, "standing query renewed");
}

enum err run_standing_remove(struct call *call)
{
    struct record_id id;
    TRY(query_id(call, &id));
    TRY(standing_remove(call->api->node.standing, &call->actor, id));
    return finish_change(call, id, "standing query ended");
}

/* ---- the list ---- */

struct standing_page {
    uint64_t seen, news;
    bool is_waiting;
    struct standing_query *queries;
    size_t count;
    struct audit_shown shown[SHOWN_MAX];
    size_t shown_count;
    struct buf text; /* printed while the views are at hand */
};

/* As a search for the query's purpose would show it; false: not at all. */
static bool open_met(struct call *call, const struct standing_query *query,
                     const struct standing_met *met, struct view *ret)
{
    const struct api_node *node = &call->api->node;
    struct actor actor = call->actor;
    struct stored stored;
    struct record *record = arena_new(call->arena, struct record);
    bool is_open =
        record && purpose_find(node->catalog, query->purpose, &actor.purpose) &&
        store_read(node->store, met->record.number, call->arena, &stored) == OK &&
        !stored.is_erased && stored.body.len &&
        stored_to_record(call, &stored, call->arena, record) == OK &&
        policy_allow(node->catalog, &actor, POLICY_READ, record->definition, STR_EMPTY) == OK &&
        policy_open(node->catalog, &actor, record, call->arena, ret) == OK;
    err_clear();
    return is_open;
}

static void print_mets(struct json *json, struct call *call, struct standing_page *page,
                       const struct standing_query *query)
{
    struct view view;
    json_key(json, S("hits"));
    json_open(json, '[');
    for (size_t i = 0; i < query->met_count && page->shown_count < SHOWN_MAX; i++) {
        if (!open_met(call, query, &query->met[i], &view))
            continue;
        page->shown[page->shown_count++] =
            (struct audit_shown){view.id, view.version, view.disclosure};
        json_open(json, '{');
        json_time(json, S("time"), query->met[i].time_us);
        json_key(json, S("hit"));
        json_open(json, '{');
        print_view(json, call, &view);
        json_close(json, '}');
        json_close(json, '}');
    }
    json_close(json, ']');
}

static const char *state_of(const struct standing_query *query)
{
    if (query->is_over)
        return "over";
    if (!query->is_approved)
        return "waiting";
    return query->asked_until.month ? "renewal" : "standing";
}

static void print_asked(struct json *json, struct call *call, const struct standing_query *query)
{
    json_key(json, S("asked"));
    json_open(json, '[');
    node_each(one, query->asked)
    {
        const struct code_list *list = call->api->node.catalog->meaning_list;
        const struct code *code = list ? code_get(list, node_get_text(one, S("meaning"))) : NULL;
        json_open(json, '{');
        json_text(json, S("meaning"), node_get_text(one, S("meaning")));
        if (code)
            json_text_some(json, S("title"), code->names[call->language]);
        json_text(json, S("value"), node_get_text(one, S("value")));
        json_close(json, '}');
    }
    json_close(json, ']');
    json_key(json, S("databases"));
    json_open(json, '[');
    node_each(name, query->databases) json_text(json, STR_EMPTY, node_as_text(name));
    json_close(json, ']');
}

static void print_query(struct json *json, struct call *call, struct standing_page *page,
                        const struct standing_query *query)
{
    char id[RECORD_ID_TEXT];
    json_open(json, '{');
    json_text(json, S("id"), str_c(record_id_format(query->id, id)));
    json_text(json, S("state"), str_c(state_of(query)));
    json_bool(json, S("own"), query->is_own);
    json_text(json, S("officer"), query->officer);
    json_text_some(json, S("unit"), query->unit);
    json_text(json, S("purpose"), query->purpose);
    json_text(json, S("reference"), query->reference);
    print_asked(json, call, query);
    json_day(json, S("until"), query->until);
    if (query->asked_until.month)
        json_day(json, S("asked_until"), query->asked_until);
    json_text_some(json, S("approved_by"), query->approved_by);
    print_mets(json, call, page, query);
    json_close(json, '}');
}

static void print_page(struct call *call)
{
    struct standing_page *page = call->state;
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_key(&json, S("queries"));
    json_open(&json, '[');
    buf_add(&call->out, buf_str(&page->text));
    json_close(&json, ']');
    json_text(&json, S("seen"),
              cursor_seal(call->api, call->actor.officer, page->news, call->arena));
    json_close(&json, '}');
    buf_release(&page->text);
}

static bool has_news(struct call *call)
{
    const struct standing_page *page = call->state;
    return standing_news(call->api->node.standing, &call->actor, page->seen) > 0;
}

static enum err answer_page(struct call *call)
{
    struct standing_page *page = call->state;
    page->news = standing_news(call->api->node.standing, &call->actor, page->seen);
    bool is_old = page->is_waiting && !page->news;
    page->news = page->news ? page->news : page->seen;
    if (!is_old)
        TRY(standing_list(call->api->node.standing, &call->actor, call->arena, &page->queries,
                          &page->count));
    struct json json = {.out = &page->text};
    for (size_t i = 0; i < page->count; i++)
        print_query(&json, call, page, &page->queries[i]);
    if (!page->count) {
        print_page(call);
        call_finish(call, OK);
        return OK;
    }
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    entry.query = arena_printf(call->arena, "{\"standing\":%zu}", page->count);
    entry.verdict = S("standing queries shown");
    entry.shown = page->shown;
    entry.shown_count = page->shown_count;
    return call_finish_audited(call, &entry, print_page);
}

enum err run_standing(struct call *call)
{
    uint64_t wait_s;
    str seen = call_query(call, S("seen"));
    struct standing_page *page = arena_new(call->arena, struct standing_page);
    if (!page)
        return err_last()->code;
    page->text.max = 16 << 20;
    TRY(call_query_number(call, S("wait"), 0, WAIT_MAX_S, &wait_s));
    if (seen.len)
        TRY(cursor_open(call->api, call->actor.officer, seen, &page->seen));
    call->state = page;
    page->is_waiting = seen.len && wait_s;
    if (!page->is_waiting || has_news(call))
        return answer_page(call);
    call->is_ready = has_news;
    call->resume = answer_page;
    call->deadline_us = clock_monotonic_us() + (int64_t)wait_s * 1000000;
    return waiting_enter(call->api->waiting, call);
}
