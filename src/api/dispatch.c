/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request to its handler: route, who, how often, body, lane. Everything a handler may rely
 * on
 * is settled here, in this order, so that nobody learns of a route's inner checks without a
 * credential: unknown paths are 404, known paths with another method 405, then 401, 429, 4xx.
 */
#include <stdio.h>

#include "api/internal.h"
#include "identity/terminal.h"

enum { ANSWER_MAX = 32 << 20 };

/* ---- routes ---- */

/* "/v1/records/{id}/history" against a path; the {..} go to args. A last segment {*} takes the
 * rest. */
static bool matches(const char *pattern, str path, str args[ARGS_MAX])
{
    str rest = str_c(pattern);
    str part;
    str segment;
    size_t count = 0;
    while (str_split(&rest, '/', &part)) {
        if (str_eq(part, S("{*}"))) {
            args[count] = path.ptr ? path : STR_EMPTY;
            return true;
        }
        if (!str_split(&path, '/', &segment))
            return false;
        if (part.len && part.ptr[0] == '{') {
            if (segment.len == 0 || count == ARGS_MAX)
                return false;
            args[count++] = segment;
        } else if (!str_eq(part, segment)) {
            return false;
        }
    }
    return path.ptr == NULL;
}

enum err call_find_route(struct call *call, const char **ret_allow)
{
    const struct http_request *request = &call->exchange->request;
    str method = request->method;
    if (str_eq(method, S("HEAD")))
        method = S("GET");
    *ret_allow = NULL;
    for (size_t i = 0; i < route_count; i++) {
        str args[ARGS_MAX] = {{0}};
        if (!matches(routes[i].pattern, request->path, args))
            continue;
        if (str_eq_c(method, routes[i].method)) {
            *ret_allow = NULL;
            call->route = &routes[i];
            memcpy(call->args, args, sizeof args);
            return OK;
        }
        *ret_allow = routes[i].method;
    }
    if (*ret_allow)
        return err_set(ERR_USAGE, "%.*s is not a method of %.*s", STR(method), STR(request->path));
    return err_set(ERR_NOT_FOUND, "there is nothing at %.*s", STR(request->path));
}

/* ---- who ---- */

/* Long polls and streams: the page asks, whether or not anybody sits before it. */
static bool is_waiting(const struct http_request *request)
{
    const struct http_header *accept = http_header_find(request, S("accept"));
    return str_has(request->query, S("wait=")) ||
           (accept && str_has(accept->value, S("text/event-stream")));
}

/*
 * At an enrolled terminal nobody acts but whoever has taken it over: its certificate is not a
 * system's, and a token would bring the rights of another desk.
 */
static enum err identify(struct api *api, const struct http_request *request, struct arena *arena,
                         struct actor *ret, struct identity_session *ret_session)
{
    struct identity *identity = api->node.identity;
    struct identity_place place = {session_cookie_of(request), STR_EMPTY};
    const struct http_header *header = http_header_find(request, S("authorization"));
    if (identity_is_terminal(identity, request->client_key))
        place.terminal_key = request->client_key;
    if (header && header->value.len > 7 && !place.terminal_key.len &&
        str_eq_nocase(str_slice(header->value, 0, 7), S("Bearer ")))
        return identity_by_token(identity, str_trim(str_from(header->value, 7)), arena, ret);
    if (request->client_key.len && !place.terminal_key.len)
        return identity_by_key(identity, request->client_key, arena, ret);
    if (place.cookie.len)
        return identity_session_at(identity, &place,
                                   is_waiting(request) ? SESSION_LOOK : SESSION_USE, arena, ret,
                                   ret_session);
    if (request->is_unix)
        return identity_by_peer(identity, request->peer_uid, arena, ret);
    err_set(ERR_UNAUTHENTICATED, "no credential came with the request");
    return err_hint(place.terminal_key.len ? "take the terminal over with a passkey"
                                           : "send the header Authorization: Bearer bureau_...");
}

/* A cookie is sent by the browser whoever made it ask; the proof only by our page. */
static enum err check_proof(struct call *call)
{
    const struct http_request *request = &call->exchange->request;
    const struct http_header *proof = http_header_find(request, S("bureau-session-proof"));
    bool is_reading = str_eq(request->method, S("GET")) || str_eq(request->method, S("HEAD"));
    size_t len = COOKIE_TEXT - 1;
    if (!call->actor.session || is_reading)
        return OK;
    if (proof && proof->value.len == len &&
        equal_constant_time(proof->value.ptr, call->session.proof, len))
        return OK;
    call->actor = (struct actor){.officer = STR_EMPTY};
    err_set(ERR_DENIED, "the request came with a session but without its proof");
    return err_hint("send the header Bureau-Session-Proof");
}

/* In which of his roles, and for whom. */
static enum err read_stand(struct call *call)
{
    struct actor *actor = &call->actor;
    const struct http_request *request = &call->exchange->request;
    const struct http_header *role = http_header_find(request, S("bureau-role"));
    const struct http_header *officer = http_header_find(request, S("bureau-officer"));
    if (role)
        TRY(identity_act_as(call->api->node.identity, actor, role->value));
    if (!actor->is_integrating)
        return OK;
    if (officer && identity_id_is_good(officer->value)) {
        actor->on_behalf_of = officer->value;
        return OK;
    }
    if (!(call->route->flags & (ROUTE_PURPOSE | ROUTE_FOR_OFFICER)))
        return OK;
    err_set(ERR_DENIED, "system %.*s did not name the officer it asks for", STR(actor->officer));
    return err_hint("send the header Bureau-Officer");
}

enum err call_identify(struct call *call)
{
    TRY(identify(call->api, &call->exchange->request, call->arena, &call->actor, &call->session));
    TRY(check_proof(call));
    call->exchange->is_trusted = true;
    TRY(read_stand(call));
    const struct route *route = call->route;
    if (route->needs == NEEDS_AUDITOR)
        TRY(policy_allow(call->api->node.catalog, &call->actor, POLICY_AUDIT, NULL, STR_EMPTY));
    if (route->needs == NEEDS_ADMINISTRATOR)
        TRY(policy_allow(call->api->node.catalog, &call->actor, POLICY_ADMINISTER, NULL,
                         STR_EMPTY));
    if (route->flags & ROUTE_NODE && !call_sees_node(call))
        return err_set(ERR_DENIED,
                       "%s %s is about the records of all owners: it is for those at "
                       "the machine, and for administrators of the hub",
                       route->method, route->pattern);
    if (route->flags & ROUTE_LOCAL && !call->exchange->request.is_unix)
        return err_set(ERR_DENIED, "%s %s is taken over the control socket only", route->method,
                       route->pattern);
    return OK;
}

bool call_sees_node(struct call *call)
{
    const struct http_request *request = &call->exchange->request;
    struct actor actor = call->actor;
    struct identity_session session;
    bool is_known = call->route->needs != NEEDS_NOBODY ||
                    identify(call->api, request, call->arena, &actor, &session) == OK;
    if (!is_known)
        err_clear();
    return is_known && actor.may_administer &&
           (!actor.country.len || identity_is_hub(call->api->node.identity, &actor));
}

enum err call_identify_again(struct call *call)
{
    struct arena arena = {0};
    struct actor now, *actor = &call->actor;
    struct identity_session session;
    enum err code = identify(call->api, &call->exchange->request, &arena, &now, &session);
    bool is_same = !code && str_eq(now.officer, actor->officer) && str_eq(now.unit, actor->unit) &&
                   str_eq(now.country, actor->country) &&
                   identity_act_as(call->api->node.identity, &now, actor->role) == OK;
    if (is_same) { /* what he may now; who he is, and why he asks, stays */
        now.officer = actor->officer;
        now.unit = actor->unit;
        now.country = actor->country;
        now.purpose = actor->purpose;
        now.reference = actor->reference;
        now.on_behalf_of = actor->on_behalf_of;
        now.break_glass_of = arena_str(call->arena, now.break_glass_of);
        now.terminal = actor->terminal;
        *actor = now;
    }
    arena_release(&arena);
    return is_same ? OK : err_set(ERR_UNAUTHENTICATED, "the credential is no longer good");
}

/* While a body is still on its way: is it worth waiting long for? */
bool api_is_trusted(void *context, const struct http_request *request)
{
    struct arena arena = {0};
    struct actor actor;
    struct identity_session session;
    bool is_known = identify(context, request, &arena, &actor, &session) == OK;
    arena_release(&arena);
    err_clear();
    return is_known;
}

static enum err check_rate(struct call *call)
{
    if (call->route->flags & ROUTE_NOT_COUNTED || call->exchange->request.is_unix)
        return OK;
    unsigned wait_s = 1;
    enum err code = rates_take(call->api->rates, call->actor.officer, 1, call->actor.rate, &wait_s);
    if (code)
        call_header(call, S("Retry-After"), arena_printf(call->arena, "%u", wait_s));
    return code;
}

/* Header values are ASCII; what is not comes percent-encoded, as a browser must send it. */
static str header_text(struct call *call, str name)
{
    const struct http_header *header = http_header_find(&call->exchange->request, name);
    str decoded;
    if (!header)
        return STR_EMPTY;
    return http_percent_decode(header->value, false, call->arena, &decoded) ? decoded
                                                                            : header->value;
}

static enum err read_purpose(struct call *call)
{
    str purpose = header_text(call, S("bureau-purpose"));
    call->actor.purpose = UINT16_MAX;
    if (purpose.len)
        return call_set_purpose(call, purpose, header_text(call, S("bureau-reference")));
    if (!(call->route->flags & ROUTE_PURPOSE))
        return OK;
    err_set(ERR_MISSING, "no purpose was given; every reading of a record needs one");
    return err_hint("send the header Bureau-Purpose");
}

static void read_language(struct call *call)
{
    static const char *const tags[LANGUAGE_COUNT] = {"en", "fr", "es", "ar"};
    const struct http_header *header =
        http_header_find(&call->exchange->request, S("accept-language"));
    for (int i = 0; header && i < LANGUAGE_COUNT; i++)
        if (str_eq_nocase(str_slice(header->value, 0, 2), str_c(tags[i])))
            call->language = (enum language)i;
}

static enum err read_body(struct call *call)
{
    const struct route *route = call->route;
    str body = call->exchange->request.body;
    if (route->flags & ROUTE_RAW_BODY || !route->takes)
        return OK;
    if (body.len == 0 && route->flags & ROUTE_NO_BODY)
        return OK;
    if (body.len == 0)
        return err_set(ERR_MISSING, "the request has no body");
    struct node *node = NULL;
    TRY(json_parse(body, call->arena, &node));
    if (node->kind != NODE_MAP)
        return err_set(ERR_SYNTAX, "the body is not a JSON object");
    call->body = node;
    return OK;
}

/* ---- running ---- */

struct call *call_new(struct api *api, struct http_exchange *exchange)
{
    struct call *call = arena_new(&exchange->arena, struct call);
    if (!call)
        return NULL;
    call->api = api;
    call->exchange = exchange;
    call->arena = &exchange->arena;
    call->started_us = clock_monotonic_us();
    call->out.max = ANSWER_MAX;
    exchange->user = call;
    return call;
}

void call_run_now(struct call *call)
{
    call_run *run = call->resume ? call->resume : call->route->run;
    err_clear();
    enum err code = run(call);
    /* A handler that queued something has given the call away: only its error is ours to tell. */
    if (code)
        call_finish(call, code);
}

static enum err prepare(struct call *call)
{
    const char *allow = NULL;
    enum err code = call_find_route(call, &allow);
    if (allow) {
        call_header(call, S("Allow"), str_c(allow));
        call->status = 405;
    }
    TRY(code);
    if (call->route->needs != NEEDS_NOBODY) {
        TRY(call_identify(call));
        TRY(check_rate(call));
        TRY(read_purpose(call));
    }
    read_language(call);
    return read_body(call);
}

void api_handle(void *context, struct http_exchange *exchange)
{
    struct api *api = context;
    struct call *call = call_new(api, exchange);
    if (!call) {
        http_respond(exchange, &(struct http_answer){.status = 503});
        return;
    }
    err_clear();
    enum err code = prepare(call);
    if (code) {
        call_finish(call, code);
    } else if (call->route->lane == LANE_HERE) {
        call_run_now(call);
    } else {
        code = lane_push(api->lanes, call->route->lane, call);
        if (code)
            call_finish(call, code);
    }
}
