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

enum { NAME_MAX_BYTES = 64 };

static const int64_t device_days = 180;

static bool is_secure(const struct call *call)
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

static void set_cookie(struct call *call, const char *name, const char *value, int64_t seconds)
{
    bool is_safe = is_secure(call);
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
    json_close(&json, '}');
}

/* In place of the one the call came with. */
enum err call_new_session(struct call *call, str officer)
{
    struct identity *identity = call->api->node.identity;
    uint64_t before = call->actor.session;
    struct identity_session ignored;
    TRY(identity_session_new(identity, officer, before, &call->session));
    set_cookie(call, "bureau", call->session.cookie, -1);
    return identity_by_session(identity, str_c(call->session.cookie), call->arena, &call->actor,
                               &ignored);
}

static enum err entered(struct call *call, str officer, const char *verdict)
{
    char mark[COOKIE_TEXT];
    TRY(call_new_session(call, officer));
    identity_device_mark(call->api->node.identity, officer, mark);
    set_cookie(call, "bureau-device", mark, device_days * 86400);
    call->actor.purpose = UINT16_MAX;
    TRY(audit_change(call, officer, verdict));
    print_session(call);
    wipe(&call->session, sizeof call->session);
    call_finish(call, OK);
    return OK;
}

/* The address a connection comes from; of IPv6 the network, which one house has whole. */
static str address_of(struct call *call)
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
static enum err failed(struct call *call, str officer, enum err code, const char *verdict)
{
    struct err_info why = *err_last();
    if (code != ERR_UNAUTHENTICATED && code != ERR_RATE)
        return code;
    str address = address_of(call);
    str about = arena_printf(call->arena, "%.*s from %.*s",
                             STR(str_slice(officer, 0, NAME_MAX_BYTES)), STR(address));
    call->actor = (struct actor){.officer = S("nobody"), .purpose = UINT16_MAX};
    TRY(audit_change(call, about, verdict));
    err_restore(&why);
    return code;
}

/* Only a page of this node may send a sign-in: another site's form would sign its victim in. */
static enum err check_origin(struct call *call)
{
    const struct http_request *request = &call->exchange->request;
    const struct http_header *site = http_header_find(request, S("sec-fetch-site"));
    if (!site || str_eq(site->value, S("same-origin")) || str_eq(site->value, S("none")))
        return OK;
    return err_set(ERR_DENIED, "a sign-in comes from this node's own page");
}

static void retry_after(struct call *call, enum err code, unsigned wait_s)
{
    if (code == ERR_RATE)
        call_header(call, S("Retry-After"), arena_printf(call->arena, "%u", wait_s));
}

/* Whoever signs in leaves the session the browser came with, be it another officer's. */
static void end_present(struct call *call)
{
    struct identity *identity = call->api->node.identity;
    struct identity_session session;
    struct actor actor;
    str cookie = session_cookie_of(&call->exchange->request);
    if (cookie.len && identity_by_session(identity, cookie, call->arena, &actor, &session) == OK)
        identity_session_end(identity, actor.officer, actor.session);
    err_clear();
}

enum err run_sign_in(struct call *call)
{
    unsigned wait_s = 1;
    const struct http_request *request = &call->exchange->request;
    struct identity_signin signin = {.address = address_of(call),
                                     .device = cookie_of(request, is_secure(call)
                                                                      ? S("__Host-bureau-device")
                                                                      : S("bureau-device"))};
    TRY(check_origin(call));
    TRY(call_body_text(call, S("officer"), &signin.officer));
    TRY(call_body_text(call, S("password"), &signin.password));
    signin.code = node_get_text(call->body, S("code"));
    enum err code = identity_sign_in(call->api->node.identity, &signin, &wait_s);
    retry_after(call, code, wait_s);
    if (code)
        return failed(call, signin.officer, code, "sign-in failed");
    end_present(call);
    return entered(call, signin.officer, "signed in");
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
    set_cookie(call, "bureau", "", 0);
    TRY(audit_change(call, call->actor.officer, "signed out"));
    call_finish(call, OK);
    return OK;
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
    TRY(check_origin(call));
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
    json_close(&json, '}');
    json_close(&json, '}');
    wipe(&enrolment, sizeof enrolment);
    call_finish(call, OK);
    return OK;
}

enum err run_enrol(struct call *call)
{
    str secret, password, officer;
    TRY(check_origin(call));
    TRY(call_body_text(call, S("secret"), &secret));
    TRY(call_body_text(call, S("password"), &password));
    TRY(identity_enrol(call->api->node.identity, secret, password,
                       node_get_text(call->body, S("code")), call->arena, &officer));
    end_present(call);
    return entered(call, officer, "password and codes set by a one-time link");
}

enum err run_password_change(struct call *call)
{
    str password, next;
    unsigned wait_s = 1;
    str officer = call->actor.officer;
    TRY(call_body_text(call, S("password"), &password));
    TRY(call_body_text(call, S("new"), &next));
    enum err code = identity_password_change(call->api->node.identity, &call->actor, password,
                                             node_get_text(call->body, S("code")), address_of(call),
                                             next, &wait_s);
    retry_after(call, code, wait_s);
    if (code)
        return failed(call, officer, code, "change of password failed");
    return entered(call, officer, "password changed");
}
