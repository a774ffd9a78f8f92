/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tickets over HTTP. Who is no party to a ticket gets the answer for an id that was never given;
 * who was not shown a record cannot ask about it, and cannot learn by asking whether there is one:
 * every reason why not has the same words. A list that waits holds no thread (waiting.c).
 */
#include "api/internal.h"

enum { WAIT_MAX_S = 60 };

static void print_whole(struct call *call)
{
    const struct flow_ticket *ticket = call->state;
    struct json json = {.out = &call->out};
    print_ticket(&json, call, ticket);
    call_header(call, S("ETag"), arena_printf(call->arena, "\"%u\"", ticket->brief.version));
}

static enum err finish_ticket(struct call *call, struct flow_ticket *ticket, enum audit_kind kind,
                              str verdict)
{
    char id[RECORD_ID_TEXT];
    struct audit_entry entry = call_entry(call, kind);
    entry.databases = ticket->brief.definition->name;
    entry.query =
        arena_printf(call->arena, "{\"ticket\":\"%s\",\"state\":\"%.*s\"}",
                     record_id_format(ticket->brief.id, id), STR(ticket->brief.state->name));
    entry.verdict = verdict;
    call->state = ticket;
    return call_finish_audited(call, &entry, print_whole);
}

/* ---- opening ---- */

static enum err not_shown(str receipt, str record)
{
    err_set(ERR_NOT_FOUND, "no answer with the receipt %.*s showed record %.*s to this desk",
            STR(str_slice(receipt, 0, 16)), STR(str_slice(record, 0, 24)));
    return err_hint("ask with the receipt of the search that showed it");
}

static bool was_shown(const struct node *entry, const struct actor *actor, struct record_id id)
{
    if (!actor->unit.len || !str_eq(node_get_text(entry, S("unit")), actor->unit) ||
        !str_eq(node_get_text(entry, S("country")), actor->country))
        return false;
    node_each(shown, node_get(entry, S("shown")))
    {
        struct record_id one;
        if (record_id_parse(node_get_text(shown, S("id")), &one) && one.home == id.home &&
            one.number == id.number)
            return true;
    }
    return false;
}

/* Training touches no real desk: nothing that a training search showed leaves it. */
static bool is_training(const struct catalog *catalog, str purpose)
{
    const struct code *code = catalog->purposes ? code_get(catalog->purposes, purpose) : NULL;
    return code && str_eq(code_extra(catalog->purposes, code, S("limit")), S("test-only"));
}

static enum err check_receipt(struct call *call, str receipt, struct record_id id)
{
    struct audit_read read;
    struct node *entry = NULL;
    str record = node_get_text(call->body, S("record"));
    if (audit_by_receipt(call->api->node.audit, receipt, call->arena, &read) != OK ||
        read.is_destroyed || json_parse(read.body, call->arena, &entry) != OK ||
        !was_shown(entry, &call->actor, id))
        return not_shown(receipt, record);
    if (is_training(call->api->node.catalog, node_get_text(entry, S("purpose"))))
        return err_set(ERR_DENIED, "a training desk opens no ticket");
    /* The question goes on with the purpose and case of the search. */
    return call_set_purpose(call, node_get_text(entry, S("purpose")),
                            node_get_text(entry, S("reference")));
}

static enum err find_subject(struct call *call, struct flow_question *question)
{
    const struct catalog *catalog = call->api->node.catalog;
    struct stored stored;
    struct record record;
    str text = node_get_text(call->body, S("record"));
    TRY(check_receipt(call, question->receipt, question->subject));
    if (question->subject.home != store_home(call->api->node.store) ||
        store_read(call->api->node.store, question->subject.number, call->arena, &stored) != OK ||
        stored.is_erased || stored.body.len == 0)
        return not_shown(question->receipt, text);
    question->database = catalog_find(catalog, stored.definition);
    if (!question->database || !definition_is_data(question->database))
        return not_shown(question->receipt, text);
    TRY(policy_allow(catalog, &call->actor, POLICY_READ, question->database, STR_EMPTY));
    TRY(stored_to_record(call, &stored, call->arena, &record));
    question->owner = (struct flow_party){record.envelope.owner, record.envelope.unit};
    question->is_test = record.envelope.is_test;
    return OK;
}

/* What persons ask is entered elsewhere (rights_requests.c); what the node tells of it opens. */
static bool is_between_offices(const struct definition *kind)
{
    return kind && definition_is_ticket(kind) && !kind->life->request && !kind->life->raised;
}

enum err run_ticket_open(struct call *call)
{
    struct flow_question question = {.fields = node_get(call->body, S("fields"))};
    struct flow_ticket *ticket = arena_new(call->arena, struct flow_ticket);
    str kind, record;
    if (!ticket)
        return err_last()->code;
    TRY(call_body_text(call, S("kind"), &kind));
    TRY(call_body_text(call, S("record"), &record));
    TRY(call_body_text(call, S("receipt"), &question.receipt));
    question.kind = catalog_find(call->api->node.catalog, kind);
    if (!is_between_offices(question.kind)) {
        err_set(ERR_UNKNOWN, "%.*s is not a kind of ticket", STR(str_slice(kind, 0, 64)));
        return err_field("kind");
    }
    if (!record_id_parse(record, &question.subject)) {
        err_set(ERR_BAD_VALUE, "%.*s is not a record's id", STR(str_slice(record, 0, 64)));
        return err_field("record");
    }
    TRY(find_subject(call, &question));
    TRY(flow_ask(call->api->node.flow, &call->actor, &question, call->arena, ticket));
    return finish_ticket(call, ticket, AUDIT_WRITE, S("ticket opened"));
}

/* ---- one ticket ---- */

static enum err ticket_id(struct call *call, struct record_id *ret)
{
    if (record_id_parse(call->args[0], ret))
        return OK;
    return err_set(ERR_BAD_VALUE, "%.*s is not a ticket's id",
                   STR(str_slice(call->args[0], 0, 64)));
}

enum err run_ticket_get(struct call *call)
{
    struct record_id id;
    struct flow_ticket *ticket = arena_new(call->arena, struct flow_ticket);
    if (!ticket)
        return err_last()->code;
    TRY(ticket_id(call, &id));
    TRY(flow_read(call->api->node.flow, &call->actor, id, call->arena, ticket));
    return finish_ticket(call, ticket, AUDIT_READ, S("ticket shown"));
}

static enum err seen_version(struct call *call, uint32_t *ret)
{
    uint64_t version;
    const struct node *node = node_get(call->body, S("version"));
    if (!node)
        return call_if_match(call, ret);
    if (!str_to_u64(node_as_text(node), UINT32_MAX, &version) || version == 0) {
        err_set(ERR_BAD_VALUE, "%.*s is not a version", STR(str_slice(node_as_text(node), 0, 32)));
        return err_field("version");
    }
    *ret = (uint32_t)version;
    return OK;
}

enum err run_ticket_move(struct call *call)
{
    struct flow_request request = {.fields = node_get(call->body, S("fields")),
                                   .clearance = node_get(call->body, S("clearance"))};
    struct flow_ticket *ticket = arena_new(call->arena, struct flow_ticket);
    if (!ticket)
        return err_last()->code;
    TRY(ticket_id(call, &request.id));
    TRY(call_body_text(call, S("to"), &request.to));
    TRY(seen_version(call, &request.version));
    TRY(flow_move(call->api->node.flow, &call->actor, &request, call->arena, ticket));
    return finish_ticket(call, ticket, AUDIT_WRITE, S("ticket moved"));
}

/* ---- lists ---- */

struct ticket_listing {
    struct flow_filter filter;
    uint64_t seen, looked, news;
    bool is_waiting;
    struct flow_brief *briefs;
    size_t count;
    bool has_more;
};

static enum err read_word(struct call *call, str name, const char *const *words, size_t count,
                          size_t *ret)
{
    str word = call_query(call, name);
    if (!word.len)
        return OK;
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(word, words[i])) {
            *ret = i;
            return OK;
        }
    err_set(ERR_BAD_VALUE, "%.*s is not a value of %.*s", STR(str_slice(word, 0, 64)), STR(name));
    return err_field("%.*s", STR(name));
}

enum err call_ticket_place(struct call *call, struct flow_filter *filter)
{
    filter->after_order = INT64_MIN;
    return call_place(call, &filter->after_order, &filter->after_number);
}

static enum err read_filter(struct call *call, struct flow_filter *ret)
{
    static const char *const opens[] = {"yes", "no", "all"};
    static const char *const sides[] = {"all", "asker", "owner"};
    size_t which = FLOW_WHICH_OPEN;
    size_t side = 0;
    uint64_t max;
    str kind = call_query(call, S("kind"));
    TRY(read_word(call, S("open"), opens, COUNT_OF(opens), &which));
    TRY(read_word(call, S("side"), sides, COUNT_OF(sides), &side));
    TRY(call_query_number(call, S("max"), 50, FLOW_LIST_MAX, &max));
    TRY(call_ticket_place(call, ret));
    if (kind.len) {
        ret->kind = catalog_find(call->api->node.catalog, kind);
        if (!ret->kind || !definition_is_ticket(ret->kind)) {
            err_set(ERR_UNKNOWN, "%.*s is not a kind of ticket", STR(str_slice(kind, 0, 64)));
            return err_field("kind");
        }
    }
    ret->which = (enum flow_which)which;
    ret->sides = side == 1 ? FLOW_ASKER : side == 2 ? FLOW_OWNER : 0;
    ret->max = max ? (size_t)max : 1;
    ret->state = call_query(call, S("state"));
    ret->desk = call_query(call, S("desk"));
    if (str_eq(ret->desk, S("mine")))
        ret->desk = call->actor.unit;
    return OK;
}

static void print_list(struct call *call)
{
    struct ticket_listing *listing = call->state;
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_key(&json, S("tickets"));
    json_open(&json, '[');
    for (size_t i = 0; i < listing->count; i++)
        print_ticket_brief(&json, call, &listing->briefs[i]);
    json_close(&json, ']');
    if (listing->has_more) {
        const struct flow_brief *last = &listing->briefs[listing->count - 1];
        json_text(&json, S("next"), place_print(call, last->order, last->id));
    }
    json_text(&json, S("seen"),
              cursor_seal(call->api, call->actor.officer, listing->news, call->arena));
    json_close(&json, '}');
}

static bool has_news(struct call *call)
{
    struct ticket_listing *listing = call->state;
    uint64_t news = flow_news(call->api->node.flow, &call->actor, &listing->looked);
    return news > listing->seen;
}

static enum err answer_list(struct call *call)
{
    struct ticket_listing *listing = call->state;
    struct flow *flow = call->api->node.flow;
    uint64_t looked = 0;
    listing->news = flow_news(flow, &call->actor, &looked);
    bool is_old = listing->is_waiting && listing->news <= listing->seen;
    if (listing->news < listing->seen)
        listing->news = listing->seen;
    if (!is_old)
        TRY(flow_list(flow, &call->actor, &listing->filter, call->arena, &listing->briefs,
                      &listing->count, &listing->has_more));
    if (listing->count == 0) { /* nothing is shown */
        print_list(call);
        call_finish(call, OK);
        return OK;
    }
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    entry.databases = listing->filter.kind ? listing->filter.kind->name : S("tickets");
    entry.query = arena_printf(call->arena, "{\"tickets\":%zu}", listing->count);
    entry.verdict = S("tickets listed");
    return call_finish_audited(call, &entry, print_list);
}

enum err run_tickets(struct call *call)
{
    uint64_t wait_s;
    struct ticket_listing *listing = arena_new(call->arena, struct ticket_listing);
    str seen = call_query(call, S("seen"));
    if (!listing)
        return err_last()->code;
    TRY(read_filter(call, &listing->filter));
    TRY(call_query_number(call, S("wait"), 0, WAIT_MAX_S, &wait_s));
    if (seen.len)
        TRY(cursor_open(call->api, call->actor.officer, seen, &listing->seen));
    call->state = listing;
    listing->is_waiting = seen.len && wait_s;
    if (!listing->is_waiting || has_news(call))
        return answer_list(call);
    call->is_ready = has_news;
    call->resume = answer_list;
    call->deadline_us = clock_monotonic_us() + (int64_t)wait_s * 1000000;
    return waiting_enter(call->api->waiting, call);
}

/* ---- what there is to know beforehand, and afterwards ---- */

enum err run_ticket_kinds(struct call *call)
{
    const struct catalog *catalog = call->api->node.catalog;
    struct json json = {.out = &call->out};
    json_open(&json, '[');
    for (size_t i = 0; i < catalog->count; i++)
        if (is_between_offices(catalog->definitions[i]))
            print_ticket_kind(&json, call, catalog->definitions[i]);
    json_close(&json, ']');
    call_finish(call, OK);
    return OK;
}

/* Who may change an office is told which record it is. */
static str office_record(struct call *call, const struct flow_office *office)
{
    char id[RECORD_ID_TEXT];
    const struct catalog *catalog = call->api->node.catalog;
    const struct definition *definition = catalog_find(catalog, S("office"));
    if (definition &&
        policy_allow(catalog, &call->actor, POLICY_WRITE, definition, office->country) == OK)
        return arena_str(call->arena, str_c(record_id_format(office->record, id)));
    err_clear();
    return STR_EMPTY;
}

enum err run_offices(struct call *call)
{
    struct flow_office *offices;
    size_t count;
    struct json json = {.out = &call->out};
    TRY(flow_offices(call->api->node.flow, call_query(call, S("unit")),
                     call_query(call, S("country")), call->arena, &offices, &count));
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++)
        print_office(&json, &offices[i], office_record(call, &offices[i]));
    json_close(&json, ']');
    call_finish(call, OK);
    return OK;
}

static enum err read_day(struct call *call, str name, int32_t more, int64_t otherwise,
                         int64_t *ret_us)
{
    struct day day;
    str text = call_query(call, name);
    *ret_us = otherwise;
    if (!text.len)
        return OK;
    if (!day_parse(text, &day)) {
        err_set(ERR_BAD_VALUE, "%.*s is not a day", STR(str_slice(text, 0, 32)));
        return err_field("%.*s", STR(name));
    }
    *ret_us = (int64_t)(day_number(day) + more) * 86400 * 1000000;
    return OK;
}

static enum err print_by(struct call *call, struct json *json, enum party party, int64_t from_us,
                         int64_t to_us)
{
    struct flow_figures *figures;
    size_t count;
    TRY(flow_figures(call->api->node.flow, &call->actor, party, from_us, to_us, call->arena,
                     &figures, &count));
    json_key(json, party == PARTY_OWNER ? S("owners") : S("askers"));
    json_open(json, '[');
    for (size_t i = 0; i < count; i++)
        print_figures(json, &figures[i]);
    json_close(json, ']');
    return OK;
}

enum err run_ticket_figures(struct call *call)
{
    int64_t from_us;
    int64_t to_us;
    struct json json = {.out = &call->out};
    TRY(read_day(call, S("from"), 0, 0, &from_us));
    TRY(read_day(call, S("to"), 1, INT64_MAX, &to_us)); /* the whole of that day */
    json_open(&json, '{');
    TRY(print_by(call, &json, PARTY_OWNER, from_us, to_us));
    TRY(print_by(call, &json, PARTY_ASKER, from_us, to_us));
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}

/* ---- clearance slips ---- */

enum err run_slip_key(struct call *call)
{
    flow_slip_key(call->api->node.flow, &call->out);
    buf_add_char(&call->out, '\n');
    call->content_type = S("text/plain; charset=utf-8");
    call_finish(call, OK);
    return OK;
}

static void print_slip(struct call *call)
{
    const struct flow_slip *slip = call->state;
    char id[RECORD_ID_TEXT];
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_bool(&json, S("good"), slip->is_good);
    json_bool(&json, S("over"), slip->is_over);
    json_text(&json, S("document"),
              !slip->is_asked     ? S("not-asked")
              : slip->is_document ? S("same")
                                  : S("other"));
    json_text(&json, S("country"), slip->by.country);
    json_text(&json, S("unit"), slip->by.unit);
    json_time(&json, S("issued"), slip->issued_us);
    json_day(&json, S("until"), slip->until);
    json_text(&json, S("alert"), str_c(record_id_format(slip->alert, id)));
    json_close(&json, '}');
}

enum err run_slip_check(struct call *call)
{
    str text;
    struct flow_slip *slip = arena_new(call->arena, struct flow_slip);
    if (!slip)
        return err_last()->code;
    TRY(call_body_text(call, S("slip"), &text));
    TRY(flow_check_slip(call->api->node.flow, text, node_get_text(call->body, S("key")),
                        node_get_text(call->body, S("document")),
                        node_get_text(call->body, S("issuer")), call->arena, slip));
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    entry.databases = S("clearances");
    entry.verdict = slip->is_good ? S("slip good") : S("slip not good");
    call->state = slip;
    return call_finish_audited(call, &entry, print_slip);
}
