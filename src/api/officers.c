/* SPDX-License-Identifier: Apache-2.0 */
/* Who am I; who is there. */
#include "api/internal.h"

static void print_purposes(struct json *json, struct call *call, purpose_set purposes,
                           bool with_titles)
{
    const struct catalog *catalog = call->api->node.catalog;
    const struct code_list *list = codes_list(catalog->codes, S("purposes"));
    json_key(json, S("purposes"));
    json_open(json, '[');
    for (unsigned i = 0; i < PURPOSE_MAX; i++) {
        str code = purpose_code(catalog, (uint16_t)i);
        if (!(purposes >> i & 1) || !code.len)
            continue;
        const struct code *row = list ? code_get(list, code) : NULL;
        if (!with_titles) {
            json_text(json, STR_EMPTY, code);
            continue;
        }
        json_open(json, '{');
        json_text(json, S("code"), code);
        json_text(json, S("title"), row ? code_name(row, call->language) : code);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_actor(struct json *json, const struct actor *actor)
{
    json_text(json, S("officer"), actor->officer);
    json_text(json, S("unit"), actor->unit);
    json_text(json, S("country"), actor->country);
    json_text(json, S("role"), actor->role);
    json_key(json, S("may"));
    json_open(json, '[');
    if (actor->may_write)
        json_text(json, STR_EMPTY, S("write"));
    if (actor->may_administer)
        json_text(json, STR_EMPTY, S("administer"));
    if (actor->may_audit)
        json_text(json, STR_EMPTY, S("audit"));
    json_close(json, ']');
}

enum err run_me(struct call *call)
{
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    print_actor(&json, &call->actor);
    print_purposes(&json, call, call->actor.purposes, true);
    json_bool(&json, S("training"), false);
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}

struct listing {
    struct json json;
    struct call *call;
};

static void print_officer(void *context, const struct actor *actor)
{
    struct listing *listing = context;
    json_open(&listing->json, '{');
    print_actor(&listing->json, actor);
    print_purposes(&listing->json, listing->call, actor->purposes, false);
    json_close(&listing->json, '}');
}

enum err run_officers_list(struct call *call)
{
    struct listing listing = {.json = {.out = &call->out}, .call = call};
    json_open(&listing.json, '[');
    identity_each(call->api->node.identity, print_officer, &listing);
    json_close(&listing.json, ']');
    call_finish(call, OK);
    return OK;
}

/* An administrator for whom none are named has all of them; for others they are named. */
static enum err read_purposes(struct call *call, const struct node *list, bool is_administrator,
                              purpose_set *ret)
{
    *ret = is_administrator ? ~(purpose_set)0 : 0;
    if (!list || (list->count == 0 && is_administrator))
        return is_administrator ? OK : err_set(ERR_MISSING, "no purposes were named");
    if (list->kind != NODE_LIST)
        return err_set(ERR_BAD_VALUE, "purposes is not a list of codes");
    *ret = 0;
    node_each(item, list)
    {
        uint16_t number;
        if (!purpose_find(call->api->node.catalog, node_as_text(item), &number))
            return err_set(ERR_UNKNOWN, "%.*s is not a purpose", STR(node_as_text(item)));
        *ret |= (purpose_set)1 << number;
    }
    return OK;
}

static enum err read_rights(const struct node *list, bool is_administrator, struct actor *officer)
{
    if (!list && is_administrator)
        officer->may_write = officer->may_administer = officer->may_audit = true;
    node_each(item, list)
    {
        str word = node_as_text(item);
        if (str_eq(word, S("write")))
            officer->may_write = true;
        else if (str_eq(word, S("administer")))
            officer->may_administer = true;
        else if (str_eq(word, S("audit")))
            officer->may_audit = true;
        else
            return err_set(ERR_UNKNOWN, "%.*s is not a right: write, administer, audit", STR(word));
    }
    return OK;
}

static enum err read_role(struct call *call, str role)
{
    const struct code_list *list = codes_list(call->api->node.catalog->codes, S("audiences"));
    if (!list || code_get(list, role))
        return OK;
    err_set(ERR_UNKNOWN, "%.*s is not a role", STR(role));
    return err_field("role");
}

static enum err put_on_record(struct call *call, str officer, const char *verdict)
{
    struct audit_entry entry = call_entry(call, AUDIT_ADMIN);
    entry.query = arena_printf(call->arena, "{\"officer\":\"%.*s\"}", STR(officer));
    entry.verdict = str_c(verdict);
    return audit_append_wait(call->api->node.audit, &entry, call->receipt);
}

/* By the key of its certificate, or by a token that is told once. */
static enum err enter_officer(struct call *call, const struct actor *officer,
                              char token[TOKEN_TEXT])
{
    const struct node *key = node_get(call->body, S("certificate_key"));
    struct hash hash;
    if (!key)
        return identity_add(call->api->node.identity, officer, token);
    if (hex_decode(node_as_text(key), hash.bytes, HASH_SIZE))
        return identity_add_key(call->api->node.identity, officer, &hash);
    err_set(ERR_BAD_VALUE, "certificate_key is not 64 hex digits");
    return err_field("certificate_key");
}

enum err run_officer_add(struct call *call)
{
    struct actor officer = {.unit = node_get_text(call->body, S("unit"))};
    char token[TOKEN_TEXT] = "";
    TRY(call_body_text(call, S("officer"), &officer.officer));
    TRY(call_body_text(call, S("country"), &officer.country));
    TRY(call_body_text(call, S("role"), &officer.role));
    TRY(read_role(call, officer.role));
    bool is_administrator = str_eq(officer.role, S("administrator"));
    TRY(read_purposes(call, node_get(call->body, S("purposes")), is_administrator,
                      &officer.purposes));
    TRY(read_rights(node_get(call->body, S("may")), is_administrator, &officer));
    TRY(enter_officer(call, &officer, token));
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_text(&json, S("officer"), officer.officer);
    json_text_some(&json, S("token"), str_c(token));
    json_close(&json, '}');
    wipe(token, sizeof token);
    TRY(put_on_record(call, officer.officer, "officer added"));
    call_finish(call, OK);
    return OK;
}

enum err run_officer_remove(struct call *call)
{
    TRY(identity_remove(call->api->node.identity, call->args[0]));
    TRY(put_on_record(call, call->args[0], "officer removed"));
    call_finish(call, OK);
    return OK;
}
