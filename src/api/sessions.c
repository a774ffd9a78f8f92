/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sign-in of browsers. The cookie carries nothing but the session's 256 bits; `__Host-` binds it to
 * this host and to TLS (RFC 6265bis 4.1.3.2). On a loopback address without TLS a browser takes no
 * such cookie, so it goes by another name there. A second cookie marks a device that has signed in
 * before, which gives it tries of its own (identity/throttle.c); it signs nobody in.
 *
 * Every sign-in, and every failure, is in the audit log before the answer leaves.
 */
#include "api/internal.h"
#include "identity/terminal.h"

enum { NAME_MAX_BYTES = 64 };

static const int64_t device_days = 180;

bool call_is_secure(const struct call *call)
{
    const struct http_request *request = &call->exchange->request;
    return request->is_tls || !request->is_loopback;
}

/* ---- cookies ---- */

/* One cookie of the request (RFC 6265 4.2.1); two of a name are none: somebody planted one. */
str cookie_of(const struct http_request *request, str name)
{
    str found = STR_EMPTY, pair;
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        if (!str_eq_nocase(request->headers[i].name, S("cookie")))
            continue;
        str rest = request->headers[i].value;
        while (str_split(&rest, ';', &pair)) {
            pair = str_trim(pair);
            size_t equals = str_find(pair, '=');
            if (equals == pair.len || !str_eq(str_slice(pair, 0, equals), name))
                continue;
            found = str_from(pair, equals + 1);
            count++;
        }
    }
    return count == 1 ? found : STR_EMPTY;
}

str session_cookie_of(const struct http_request *request)
{
    bool is_plain = !request->is_tls && request->is_loopback;
    return cookie_of(request, is_plain ? S("bureau") : S("__Host-bureau"));
}

void call_set_cookie(struct call *call, const char *name, const char *value, int64_t seconds)
{
    bool is_safe = call_is_secure(call);
    call_header(
        call, S("Set-Cookie"),
        arena_printf(call->arena, "%s%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s",
                     is_safe ? "__Host-" : "", name, value, is_safe ? "; Secure" : "",
                     seconds < 0 ? ""
                     : seconds == 0
                         ? "; Max-Age=0"
                         : arena_printf(call->arena, "; Max-Age=%lld", (long long)seconds).ptr));
}

/* ---- a session ---- */

static void print_session(struct call *call)
{
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    print_actor(&json, call);
    json_text(&json, S("proof"), str_c(call->session.proof));
    json_time(&json, S("idle_until"), call->session.idle_until_us);
    json_time(&json, S("until"), call->session.until_us);
    json_time(&json, S("signed_in"), call->session.signed_in_us);
    if (call->session.before_us)
        json_time(&json, S("before"), call->session.before_us);
    json_number(&json, S("tries"), call->session.tries);
    json_close(&json, '}');
}

/* In place of the one the call came with; *ret_left: who had the terminal before. */
static enum err enter(struct call *call, str officer, bool is_signed_in_now, str *ret_left)
{
    struct identity *identity = call->api->node.identity;
    str key = call->exchange->request.client_key;
    struct identity_entry entry = {.officer = officer,
                                   .before = call->actor.session,
                                   .is_signed_in_now = is_signed_in_now,
                                   .terminal_key =
                                       identity_is_terminal(identity, key) ? key : STR_EMPTY};
    struct identity_session ignored;
    TRY(identity_session_enter(identity, &entry, call->arena, &call->session, ret_left));
    call_set_cookie(call, "bureau", call->session.cookie, -1);
    struct identity_place place = {str_c(call->session.cookie), entry.terminal_key};
    return identity_session_at(identity, &place, SESSION_USE, call->arena, &call->actor, &ignored);
}

enum err call_new_session(struct call *call, str officer)
{
    str left;
    bool is_signed_in_now = false;
    return enter(call, officer, is_signed_in_now, &left);
}

/* An entry of his own for the officer whom another has taken the terminal over from. */
static enum err audit_left(struct call *call, str officer)
{
    struct actor taker = call->actor;
    struct actor left = {.officer = officer};
    if (identity_by_officer(call->api->node.identity, officer, STR_EMPTY, call->arena, &left) != OK)
        err_clear();
    left.terminal = taker.terminal;
    left.role = taker.role;
    left.purpose = UINT16_MAX;
    call->actor = left;
    enum err code = audit_change(call, left.terminal, "terminal left to another");
    call->actor = taker;
    return code;
}

enum err call_entered(struct call *call, str officer, const char *verdict)
{
    char mark[COOKIE_TEXT];
    str left;
    bool is_signed_in_now = true;
    TRY(enter(call, officer, is_signed_in_now, &left));
    identity_device_mark(call->api->node.identity, officer, mark);
    call_set_cookie(call, "bureau-device", mark, device_days * 86400);
    call->actor.purpose = UINT16_MAX;
    if (left.len)
        TRY(audit_left(call, left));
    TRY(audit_change(call, officer, call->actor.terminal.len ? "terminal taken over" : verdict));
    print_session(call);
    wipe(&call->session, sizeof call->session);
    call_finish(call, OK);
    return OK;
}

/* The address a connection comes from; of IPv6 the network, which one house has whole. */
str call_address(struct call *call)
{
    str peer = call->exchange->request.peer;
    if (peer.len && peer.ptr[0] == '[') {
        size_t end = 0;
        int colons = 0;
        while (end < peer.len && colons < 4)
            colons += peer.ptr[end++] == ':';
        return str_slice(peer, 0, end);
    }
    return str_slice(peer, 0, str_find(peer, ':'));
}

/* A failure is on the record under the name that was tried, with nothing that was typed. */
enum err call_sign_in_failed(struct call *call, str officer, enum err code, const char *verdict)
{
    struct err_info why = *err_last();
    if (code != ERR_UNAUTHENTICATED && code != ERR_RATE)
        return code;
    str address = call_address(call);
    str about = arena_printf(call->arena, "%.*s from %.*s",
                             STR(str_slice(officer, 0, NAME_MAX_BYTES)), STR(address));
    call->actor = (struct actor){.officer = S("nobody"), .purpose = UINT16_MAX};
    TRY(audit_change(call, about, verdict));
    err_restore(&why);
    return code;
}

/* Only a page of this node may send a sign-in: another site's form would sign its victim in. */
enum err call_check_origin(struct call *call)
{
    const struct http_request *request = &call->exchange->request;
    const struct http_header *site = http_header_find(request, S("sec-fetch-site"));
    if (!site || str_eq(site->value, S("same-origin")) || str_eq(site->value, S("none")))
        return OK;
    return err_set(ERR_DENIED, "a sign-in comes from this node's own page");
}

void call_retry_after(struct call *call, enum err code, unsigned wait_s)
{
    if (code == ERR_RATE)
        call_header(call, S("Retry-After"), arena_printf(call->arena, "%u", wait_s));
}

/* Whoever signs in leaves the session the browser came with, be it another officer's. */
void call_end_present(struct call *call)
{
    struct identity *identity = call->api->node.identity;
    if (identity_is_terminal(identity, call->exchange->request.client_key))
        return; /* taking over ends it */
    struct identity_session session;
    struct actor actor;
    str cookie = session_cookie_of(&call->exchange->request);
    if (cookie.len && identity_by_session(identity, cookie, call->arena, &actor, &session) == OK)
        identity_session_end(identity, actor.officer, actor.session);
    err_clear();
}

str call_device(struct call *call)
{
    return cookie_of(&call->exchange->request,
                     call_is_secure(call) ? S("__Host-bureau-device") : S("bureau-device"));
}

/* Where many sit down, a password is seen over the shoulder, and brings the rights of all desks. */
static enum err check_no_terminal(struct call *call)
{
    if (!identity_is_terminal(call->api->node.identity, call->exchange->request.client_key))
        return OK;
    return err_set(ERR_DENIED, "a shared terminal is taken over with a passkey");
}

enum err run_sign_in(struct call *call)
{
    unsigned wait_s = 1;
    struct identity_signin signin = {.address = call_address(call), .device = call_device(call)};
    TRY(call_check_origin(call));
    TRY(check_no_terminal(call));
    TRY(call_body_text(call, S("officer"), &signin.officer));
    TRY(call_body_text(call, S("password"), &signin.password));
    signin.code = node_get_text(call->body, S("code"));
    enum err code = identity_sign_in(call->api->node.identity, &signin, &wait_s);
    call_retry_after(call, code, wait_s);
    if (code)
        return call_sign_in_failed(call, signin.officer, code, "sign-in failed");
    call_end_present(call);
    return call_entered(call, signin.officer, "signed in");
}

enum err run_session(struct call *call)
{
    if (!call->actor.session)
        return err_set(ERR_UNAUTHENTICATED, "this request came without a session");
    print_session(call);
    call_finish(call, OK);
    return OK;
}

enum err run_sign_out(struct call *call)
{
    if (!call->actor.session)
        return err_set(ERR_UNAUTHENTICATED, "this request came without a session");
    identity_session_end(call->api->node.identity, call->actor.officer, call->actor.session);
    call_set_cookie(call, "bureau", "", 0);
    TRY(audit_change(call, call->actor.officer, "signed out"));
    call->actor.session = 0; /* it holds nothing any more */
    call_finish(call, OK);
    return OK;
}

enum err call_not_at_terminal(struct call *call)
{
    if (!call->actor.terminal.len)
        return OK;
    return err_set(ERR_DENIED, "what an officer signs in with is not changed at a shared terminal");
}

/* ---- one-time links ---- */

static str uri_of(struct call *call, const struct identity_enrolment *enrolment)
{
    return arena_printf(call->arena,
                        "otpauth://totp/Bureau:%.*s?secret=%s&issuer=Bureau&algorithm=SHA1"
                        "&digits=6&period=30",
                        STR(enrolment->officer.officer), enrolment->totp);
}

enum err run_enrol_start(struct call *call)
{
    str secret;
    struct identity_enrolment enrolment;
    struct json json = {.out = &call->out};
    TRY(call_check_origin(call));
    TRY(check_no_terminal(call));
    TRY(call_body_text(call, S("secret"), &secret));
    TRY(identity_enrol_start(call->api->node.identity, secret, call->arena, &enrolment));
    json_open(&json, '{');
    json_text(&json, S("officer"), enrolment.officer.officer);
    json_text(&json, S("unit"), enrolment.officer.unit);
    json_text(&json, S("country"), enrolment.officer.country);
    json_text(&json, S("role"), enrolment.officer.role);
    json_time(&json, S("until"), enrolment.until_us);
    json_key(&json, S("totp"));
    json_open(&json, '{');
    json_text(&json, S("secret"), str_c(enrolment.totp));
    json_text(&json, S("uri"), uri_of(call, &enrolment));
    json_qr(&json, S("code"), uri_of(call, &enrolment));
    json_close(&json, '}');
    json_close(&json, '}');
    wipe(&enrolment, sizeof enrolment);
    call_finish(call, OK);
    return OK;
}

enum err run_enrol(struct call *call)
{
    str secret, password, officer;
    TRY(call_check_origin(call));
    TRY(check_no_terminal(call));
    TRY(call_body_text(call, S("secret"), &secret));
    TRY(call_body_text(call, S("password"), &password));
    TRY(identity_enrol(call->api->node.identity, secret, password,
                       node_get_text(call->body, S("code")), call->arena, &officer));
    call_end_present(call);
    return call_entered(call, officer, "password and codes set by a one-time link");
}

enum err run_password_change(struct call *call)
{
    str password, next;
    unsigned wait_s = 1;
    str officer = call->actor.officer;
    TRY(call_not_at_terminal(call));
    TRY(call_body_text(call, S("password"), &password));
    TRY(call_body_text(call, S("new"), &next));
    enum err code = identity_password_change(call->api->node.identity, &call->actor, password,
                                             node_get_text(call->body, S("code")),
                                             call_address(call), next, &wait_s);
    call_retry_after(call, code, wait_s);
    if (code)
        return call_sign_in_failed(call, officer, code, "change of password failed");
    return call_entered(call, officer, "password changed");
}

/* ---- one's own, everywhere ---- */

enum err run_own_sessions(struct call *call)
{
    struct json json = {.out = &call->out};
    struct identity_open_session *list;
    size_t count;
    TRY(identity_sessions(call->api->node.identity, call->actor.officer, call->arena, &list,
                          &count));
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++) {
        json_open(&json, '{');
        json_text(&json, S("id"), str_c(list[i].id));
        json_time(&json, S("signed_in"), list[i].signed_in_us);
        json_time(&json, S("used"), list[i].used_us);
        json_time(&json, S("until"), list[i].until_us);
        json_text_some(&json, S("terminal"), list[i].terminal);
        json_bool(&json, S("here"), list[i].number == call->actor.session);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    call_finish(call, OK);
    return OK;
}

enum err run_own_session_end(struct call *call)
{
    struct identity_open_session *list;
    size_t count;
    TRY(identity_sessions(call->api->node.identity, call->actor.officer, call->arena, &list,
                          &count));
    for (size_t i = 0; i < count; i++) {
        if (!str_eq_c(call->args[0], list[i].id))
            continue;
        identity_session_end(call->api->node.identity, call->actor.officer, list[i].number);
        TRY(audit_change(call, call->actor.officer, "session ended"));
        call_finish(call, OK);
        return OK;
    }
    return err_set(ERR_NOT_FOUND, "there is no such session");
}
