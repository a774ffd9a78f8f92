/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What persons ask about what is held of them: entered by data-protection officers, moved at
 * /v1/tickets/{id}/moves like all tickets. Who is no party to a request gets the answer for one
 * that was never made; who asked is shown to the officers of the country that received it.
 */
#include "api/internal.h"

static enum err no_request(str id)
{
    return err_set(ERR_NOT_FOUND, "there is no request %.*s here", STR(str_slice(id, 0, 64)));
}

/* ---- kinds, list ---- */

enum err run_rights_kinds(struct call *call)
{
    const struct catalog *catalog = call->api->node.catalog;
    struct json json = {.out = &call->out};
    json_open(&json, '[');
    for (size_t i = 0; i < catalog->count; i++) {
        const struct definition *kind = catalog->definitions[i];
        if (!definition_is_ticket(kind) || !kind->life->request)
            continue;
        json_open(&json, '{');
        json_text(&json, S("right"), str_c(life_right_word(kind->life->request->right)));
        json_key(&json, S("kind"));
        print_ticket_kind(&json, call, kind);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    call_finish(call, OK);
    return OK;
}

struct request_page {
    struct flow_brief *briefs;
    size_t count;
    bool has_more;
};

static void print_requests(struct call *call)
{
    const struct request_page *page = call->state;
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_key(&json, S("requests"));
    json_open(&json, '[');
    for (size_t i = 0; i < page->count; i++)
        print_ticket_brief(&json, call, &page->briefs[i]);
    json_close(&json, ']');
    if (page->has_more) {
        const struct flow_brief *last = &page->briefs[page->count - 1];
        json_text(&json, S("next"), place_print(call, last->order, last->id));
    }
    json_close(&json, '}');
}

enum err run_rights_requests(struct call *call)
{
    uint64_t max;
    struct flow_filter filter = {.is_request = true, .state = call_query(call, S("state"))};
    struct request_page *page = arena_new(call->arena, struct request_page);
    str open = call_query(call, S("open"));
    if (!page)
        return err_last()->code;
    TRY(call_query_number(call, S("max"), 50, FLOW_LIST_MAX, &max));
    TRY(call_ticket_place(call, &filter));
    filter.max = max ? (size_t)max : 1;
    filter.which = str_eq(open, S("all"))  ? FLOW_WHICH_ALL
                   : str_eq(open, S("no")) ? FLOW_WHICH_CLOSED
                                           : FLOW_WHICH_OPEN;
    TRY(flow_list(call->api->node.flow, &call->actor, &filter, call->arena, &page->briefs,
                  &page->count, &page->has_more));
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    entry.databases = S("tickets");
    entry.query = arena_printf(call->arena, "{\"requests\":%zu}", page->count);
    entry.verdict = S("requests of persons listed");
    call->state = page;
    return call_finish_audited(call, &entry, print_requests);
}

/* ---- one ---- */

struct request {
    struct flow_ticket ticket;
    const struct node *applicant;
    struct node *tree; /* evidence, or the answer */
    struct buf text;
};

void print_held(struct json *json, struct call *call, struct record_id id)
{
    struct rights_hold hold;
    if (!rights_held(call->api->node.rights, id, &hold))
        return;
    json_key(json, S("held"));
    json_open(json, '{');
    for (int i = 0; i < HELD_WHYS; i++)
        json_bool(json, str_c(rights_why_word((enum rights_why)i)), hold.is_held[i]);
    json_time(json, S("since"), hold.since_us);
    json_close(json, '}');
}

static void print_request_record(struct json *json, struct call *call, struct record_id id)
{
    char text[RECORD_ID_TEXT];
    struct stored stored;
    json_open(json, '{');
    json_text(json, S("id"), str_c(record_id_format(id, text)));
    if (store_read(call->api->node.store, id.number, call->arena, &stored) == OK) {
        const struct definition *definition =
            catalog_find(call->api->node.catalog, stored.definition);
        json_text(json, S("database"), stored.definition);
        if (definition)
            json_text_some(json, S("title"), definition->title[call->language]);
        json_text(json, S("owner"), stored.owner);
        json_text(json, S("state"), str_c(state_word(stored.state)));
        json_bool(json, S("erased"), stored.is_erased);
    }
    print_held(json, call, id);
    json_close(json, '}');
}

static void print_request(struct call *call)
{
    struct request *request = call->state;
    struct record_id ids[RIGHTS_RECORDS_MAX];
    size_t count = rights_about(&request->ticket, ids);
    const struct life *life = request->ticket.brief.definition->life;
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_text(&json, S("right"), str_c(life_right_word(life->request->right)));
    json_bool(&json, S("withheld"), life_is_withheld(life, &request->ticket.record));
    json_key(&json, S("ticket"));
    print_ticket(&json, call, &request->ticket);
    if (request->applicant) {
        json_key(&json, S("applicant"));
        json_write(&call->out, request->applicant);
        json.is_next = true;
    }
    json_key(&json, S("records"));
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++)
        print_request_record(&json, call, ids[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    call_header(call, S("ETag"),
                arena_printf(call->arena, "\"%u\"", request->ticket.brief.version));
}

static enum err finish_request(struct call *call, struct request *request, enum audit_kind kind,
                               const char *verdict, str more, call_print *print)
{
    char id[RECORD_ID_TEXT];
    const struct flow_brief *brief = &request->ticket.brief;
    struct audit_entry entry = call_entry(call, kind);
    entry.databases = brief->definition->name;
    entry.query = arena_printf(call->arena, "{\"ticket\":\"%s\",\"state\":\"%.*s\"%.*s}",
                               record_id_format(brief->id, id), STR(brief->state->name), STR(more));
    entry.verdict = str_c(verdict);
    call->state = request;
    return call_finish_audited(call, &entry, print);
}

/* The request of args[0], for its parties; NULL: there is none, the error is set. */
static struct request *load_request(struct call *call)
{
    struct record_id id;
    struct request *request = arena_new(call->arena, struct request);
    if (request && record_id_parse(call->args[0], &id) &&
        flow_read(call->api->node.flow, &call->actor, id, call->arena, &request->ticket) == OK &&
        request->ticket.brief.definition->life->request)
        return request;
    if (request)
        (void)no_request(call->args[0]);
    return NULL;
}

enum err run_rights_request_open(struct call *call)
{
    str kind;
    struct rights_opening opening = {.applicant = node_get(call->body, S("applicant")),
                                     .fields = node_get(call->body, S("fields"))};
    struct request *request = arena_new(call->arena, struct request);
    struct rights *rights = call->api->node.rights;
    if (!request)
        return err_last()->code;
    TRY(call_body_text(call, S("kind"), &kind));
    opening.kind = catalog_find(call->api->node.catalog, kind);
    if (!opening.kind || !definition_is_ticket(opening.kind) || !opening.kind->life->request) {
        err_set(ERR_UNKNOWN, "%.*s is not a kind of request", STR(str_slice(kind, 0, 64)));
        return err_field("kind");
    }
    TRY(rights_open_request(rights, &call->actor, &opening, call->arena, &request->ticket));
    request->applicant = rights_applicant(rights, &call->actor, &request->ticket, call->arena);
    return finish_request(call, request, AUDIT_WRITE, "request of a person entered", STR_EMPTY,
                          print_request);
}

enum err run_rights_request_get(struct call *call)
{
    struct request *request = load_request(call);
    if (!request)
        return err_last()->code;
    request->applicant =
        rights_applicant(call->api->node.rights, &call->actor, &request->ticket, call->arena);
    return finish_request(call, request, AUDIT_READ,
                          request->applicant ? "request and applicant shown" : "request shown",
                          STR_EMPTY, print_request);
}

/* ---- evidence, answer ---- */

static void print_made(struct call *call)
{
    struct request *request = call->state;
    buf_add(&call->out, buf_str(&request->text));
    buf_release(&request->text);
}

enum err run_rights_evidence(struct call *call)
{
    struct request *request = load_request(call);
    struct hash hash;
    char hex[2 * HASH_SIZE + 1];
    if (!request)
        return err_last()->code;
    TRY(rights_evidence(call->api->node.rights, &call->actor, &request->ticket, call->arena,
                        &request->tree));
    request->text.max = 32 << 20;
    json_write_pretty(&request->text, request->tree);
    sha256(buf_str(&request->text), &hash);
    hex_encode(hash.bytes, HASH_SIZE, hex);
    str text = arena_str(call->arena, str_c(hex));
    call_header(call, S("Bureau-Content-SHA256"), text);
    enum err code =
        finish_request(call, request, AUDIT_EXPORT, "evidence of a request made",
                       arena_printf(call->arena, ",\"sha256\":\"%s\"", text.ptr), print_made);
    if (code)
        buf_release(&request->text);
    return code;
}

static enum err read_language(struct call *call, enum language *ret)
{
    static const char *const words[] = {"en", "fr", "es", "ar"};
    str word = call_query(call, S("language"));
    *ret = call->language;
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        if (str_eq_c(word, words[i])) {
            *ret = (enum language)i;
            return OK;
        }
    if (!word.len)
        return OK;
    err_set(ERR_BAD_VALUE, "%.*s is not one of en fr es ar", STR(str_slice(word, 0, 16)));
    return err_field("language");
}

/* For those who give it to the person. */
enum err run_rights_answer(struct call *call)
{
    struct request *request = load_request(call);
    enum language language = LANGUAGE_EN;
    if (!request)
        return err_last()->code;
    if (!str_eq(call->actor.role, S("data-protection")) ||
        !str_eq(call->actor.country, request->ticket.brief.asker.country))
        return no_request(call->args[0]);
    TRY(read_language(call, &language));
    TRY(rights_answer(call->api->node.rights, &request->ticket, language, call->arena,
                      &request->tree));
    node_put_text(call->arena, request->tree, S("language"),
                  language == LANGUAGE_EN   ? S("en")
                  : language == LANGUAGE_FR ? S("fr")
                  : language == LANGUAGE_ES ? S("es")
                                            : S("ar"));
    request->text.max = 4 << 20;
    json_write(&request->text, request->tree);
    enum err code = finish_request(call, request, AUDIT_EXPORT, "answer to a person written",
                                   STR_EMPTY, print_made);
    if (code)
        buf_release(&request->text);
    return code;
}
