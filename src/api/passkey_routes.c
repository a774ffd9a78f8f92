/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passkeys over HTTP. What authenticators and browsers say comes as base64url of their bytes, and
 * goes on as bytes. The address browsers know this node by - the party a passkey speaks to - is
 * configured (serve --origin); on a loopback address without one it is localhost.
 *
 * A challenge is bound to the browser that asked for it by a cookie that lives as long, a new
 * passkey's to the session; both are 256 random bits that no other page can read or send.
 */
#include "api/internal.h"
#include "crypto/signin.h"
#include "identity/passkey.h"

enum { RECENT_US = 600000000, CHALLENGE_S = 300 };

/* ---- who we are ---- */

static str host_of(str origin)
{
    size_t scheme = str_starts(origin, S("https://")) ? 8 : 7;
    str host = str_from(origin, scheme);
    return str_slice(host, 0, str_find(host, ':'));
}

static enum err find_party(struct call *call, struct passkey_party *ret)
{
    const struct http_request *request = &call->exchange->request;
    struct http_server *server = atomic_load(&call->api->server);
    str origin = str_c(call->api->options.origin);
    if (!origin.len && request->is_loopback && server)
        origin = arena_printf(call->arena, "%s://localhost:%u", request->is_tls ? "https" : "http",
                              http_server_port(server));
    *ret = (struct passkey_party){host_of(origin), origin};
    if (origin.len)
        return OK;
    err_set(ERR_NOT_FOUND, "this node was not told the address that browsers know it by");
    return err_hint("bureau serve --origin https://NAME");
}

/* ---- bytes ---- */

static enum err read_bytes(struct call *call, str key, bool is_required, str *ret)
{
    str text = node_get_text(call->body, key);
    size_t max = text.len * 3 / 4 + 3, len = 0;
    char *bytes = arena_alloc(call->arena, max);
    if (!bytes)
        return err_last()->code;
    if (!text.len && is_required) {
        err_set(ERR_MISSING, "%.*s is missing", STR(key));
        return err_field("%.*s", STR(key));
    }
    if (text.len && !base64url_read(text, bytes, max, &len)) {
        err_set(ERR_BAD_VALUE, "%.*s is not base64url", STR(key));
        return err_field("%.*s", STR(key));
    }
    *ret = str_of(bytes, len);
    return OK;
}

static void print_ids(struct json *json, const struct passkey_question *question)
{
    json_key(json, S("ids"));
    json_open(json, '[');
    for (size_t i = 0; i < question->id_count; i++)
        json_text(json, STR_EMPTY, question->ids[i]);
    json_close(json, ']');
    json_number(json, S("seconds"), CHALLENGE_S);
}

/* ---- signing in ---- */

static str binding_of(struct call *call)
{
    return cookie_of(&call->exchange->request,
                     call_is_secure(call) ? S("__Host-bureau-passkey") : S("bureau-passkey"));
}

enum err run_passkey_ask(struct call *call)
{
    char mark[SECRET_TEXT];
    struct passkey_party party;
    struct passkey_question question;
    struct json json = {.out = &call->out};
    str officer = node_get_text(call->body, S("officer"));
    TRY(call_check_origin(call));
    TRY(find_party(call, &party));
    secret_new(mark);
    TRY(identity_passkey_ask(call->api->node.identity, &party, officer, str_c(mark), call->arena,
                             &question));
    call_set_cookie(call, "bureau-passkey", arena_str(call->arena, str_c(mark)).ptr, CHALLENGE_S);
    json_open(&json, '{');
    json_text(&json, S("challenge"), str_c(question.challenge));
    json_text(&json, S("party"), party.id);
    print_ids(&json, &question);
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}

enum err run_passkey_sign_in(struct call *call)
{
    struct passkey_party party;
    struct passkey_outcome outcome;
    struct passkey_try given = {.party = &party,
                                .binding = binding_of(call),
                                .address = call_address(call),
                                .device = call_device(call),
                                .officer = node_get_text(call->body, S("officer"))};
    TRY(call_check_origin(call));
    TRY(find_party(call, &party));
    TRY(call_body_text(call, S("id"), &given.id));
    TRY(read_bytes(call, S("client_data"), true, &given.client_data));
    TRY(read_bytes(call, S("authenticator_data"), true, &given.said));
    TRY(read_bytes(call, S("signature"), true, &given.signature));
    TRY(read_bytes(call, S("user"), false, &given.user));
    enum err code =
        identity_passkey_sign_in(call->api->node.identity, &given, call->arena, &outcome);
    call_retry_after(call, code, outcome.wait_s);
    call_set_cookie(call, "bureau-passkey", "", 0);
    if (code)
        return call_sign_in_failed(call, outcome.officer.len ? outcome.officer : given.officer,
                                   code,
                                   outcome.is_suspect
                                       ? "passkey refused: its counter went back, there may be two"
                                       : "passkey refused");
    call_end_present(call);
    return call_entered(call, outcome.officer, "signed in with a passkey");
}

/* ---- one's own passkeys ---- */

/* Who sits down at a session that was left open makes himself no way in for later. */
static enum err need_recent(struct call *call)
{
    if (!call->actor.session)
        return err_set(ERR_DENIED, "this is for an officer who is signed in, not for a token");
    TRY(call_not_at_terminal(call));
    if (clock_now_us() - call->session.signed_in_us <= RECENT_US)
        return OK;
    err_set(ERR_DENIED, "the sign-in was more than ten minutes ago");
    err_field("signed_in");
    return err_hint("sign in again, then make the passkey");
}

enum err run_passkey_offer(struct call *call)
{
    struct passkey_party party;
    struct passkey_question question;
    struct json json = {.out = &call->out};
    TRY(need_recent(call));
    TRY(find_party(call, &party));
    TRY(identity_passkey_offer(call->api->node.identity, &party, &call->actor,
                               str_c(call->session.proof), call->arena, &question));
    json_open(&json, '{');
    json_text(&json, S("challenge"), str_c(question.challenge));
    json_text(&json, S("party"), party.id);
    json_text(&json, S("user"), question.user);
    json_text(&json, S("officer"), call->actor.officer);
    json_key(&json, S("algorithms"));
    json_open(&json, '[');
    json_number(&json, STR_EMPTY, PASSKEY_ES256);
    json_number(&json, STR_EMPTY, PASSKEY_EDDSA);
    json_number(&json, STR_EMPTY, PASSKEY_RS256);
    json_close(&json, ']');
    print_ids(&json, &question);
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}

static enum err finish_passkey(struct call *call, const struct identity_credential *passkey,
                               const char *verdict)
{
    char id[RECORD_ID_TEXT];
    struct json json = {.out = &call->out};
    TRY(audit_change(call, str_c(record_id_format(passkey->id, id)), verdict));
    print_credential(&json, call, passkey, STR_EMPTY);
    call_finish(call, OK);
    return OK;
}

enum err run_passkey_new(struct call *call)
{
    struct passkey_party party;
    struct identity_credential made;
    struct passkey_new given = {.party = &party,
                                .binding = str_c(call->session.proof),
                                .label = str_trim(node_get_text(call->body, S("label")))};
    TRY(need_recent(call));
    TRY(find_party(call, &party));
    TRY(read_bytes(call, S("client_data"), true, &given.client_data));
    TRY(read_bytes(call, S("attestation"), true, &given.attested));
    TRY(identity_passkey_new(call->api->node.identity, &call->actor, &given, call->arena, &made));
    TRY(call_new_session(call, call->actor.officer));
    return finish_passkey(call, &made, "passkey made");
}

enum err run_passkey_label(struct call *call)
{
    struct record_id id;
    struct identity_credential passkey;
    str label;
    TRY(call_body_text(call, S("label"), &label));
    if (!call->actor.session || !record_id_parse(call->args[0], &id))
        return err_set(ERR_NOT_FOUND, "there is no %.*s here",
                       STR(str_slice(call->args[0], 0, 40)));
    TRY(call_not_at_terminal(call));
    TRY(identity_passkey_label(call->api->node.identity, &call->actor, id, str_trim(label),
                               call->arena, &passkey));
    return finish_passkey(call, &passkey, "passkey named");
}
