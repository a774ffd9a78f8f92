/* SPDX-License-Identifier: Apache-2.0 */
/* Shared terminals over HTTP: what a browser is at, which there are, and what was left there. */
#include "api/internal.h"
#include "identity/terminal.h"

static void print_code(struct json *json, struct call *call, const char *list_name, str key,
                       str word)
{
    const struct code_list *list = codes_list(call->api->node.catalog->codes, str_c(list_name));
    const struct code *code = list ? code_get(list, word) : NULL;
    json_key(json, key);
    json_open(json, '{');
    json_text(json, S("code"), word);
    json_text(json, S("title"), code ? code_name(code, call->language) : word);
    json_close(json, '}');
}

/* What stands on the lock screen: nothing of anybody. */
void print_terminal_here(struct json *json, struct call *call, str key)
{
    struct identity_terminal here;
    bool is_terminal =
        identity_terminal_at(call->api->node.identity, call->exchange->request.client_key,
                             call->arena, &here) == OK;
    err_clear();
    if (key.len)
        json_key(json, key);
    json_open(json, '{');
    json_bool(json, S("enrolled"), is_terminal);
    if (is_terminal) {
        json_text(json, S("id"), here.id);
        json_text_some(json, S("label"), here.label);
        json_text(json, S("unit"), here.unit);
        print_code(json, call, "audiences", S("role"), here.role);
        print_code(json, call, "purposes", S("purpose"), here.purpose);
        json_number(json, S("idle_s"), here.idle_s);
    }
    json_close(json, '}');
}

enum err run_terminal_here(struct call *call)
{
    struct json json = {.out = &call->out};
    print_terminal_here(&json, call, STR_EMPTY);
    call_finish(call, OK);
    return OK;
}

/* ---- administering ---- */

static void print_terminal(struct json *json, const struct identity_terminal *terminal)
{
    json_open(json, '{');
    json_text(json, S("id"), terminal->id);
    json_text(json, S("label"), terminal->label);
    json_text(json, S("unit"), terminal->unit);
    json_text(json, S("country"), terminal->country);
    json_text(json, S("role"), terminal->role);
    json_text(json, S("purpose"), terminal->purpose);
    json_text(json, S("key"), terminal->key);
    json_number(json, S("idle_s"), terminal->idle_s);
    json_close(json, '}');
}

enum err run_terminals(struct call *call)
{
    struct json json = {.out = &call->out};
    struct identity_terminal *list;
    size_t count;
    TRY(identity_terminals(call->api->node.identity, &call->actor, call->arena, &list, &count));
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++)
        print_terminal(&json, &list[i]);
    json_close(&json, ']');
    call_finish(call, OK);
    return OK;
}

/* The hash of its certificate's key, or the certificate itself. */
static enum err put_key(struct call *call, struct node *fields)
{
    str pem = node_get_text(call->body, S("certificate"));
    str key = node_get_text(call->body, S("certificate_key"));
    struct hash hash;
    char hex[2 * HASH_SIZE + 1];
    if (pem.len) {
        enum err code = certificate_key_hash(pem, &hash);
        if (code) {
            (void)!err_field("certificate");
            return code;
        }
        hex_encode(hash.bytes, HASH_SIZE, hex);
        key = arena_str(call->arena, str_c(hex));
    }
    if (!key.len) {
        err_set(ERR_MISSING, "a terminal has a client certificate");
        return err_field("certificate");
    }
    node_put_text(call->arena, fields, S("key"), key);
    return OK;
}

enum err run_terminal_add(struct call *call)
{
    static const str members[] = {S("id"),      S("unit"),  S("role"),
                                  S("purpose"), S("label"), S("idle_s")};
    enum { NEEDED = 4 };
    struct json json = {.out = &call->out};
    struct identity_terminal terminal;
    str text;
    struct node *fields = node_map(call->arena);
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const struct node *member = node_get(call->body, members[i]);
        if (i < NEEDED)
            TRY(call_body_text(call, members[i], &text));
        if (member)
            node_put(fields, members[i], node_copy(call->arena, member));
    }
    TRY(put_key(call, fields));
    TRY(identity_terminal_add(call->api->node.identity, &call->actor, fields, call->arena,
                              &terminal));
    TRY(audit_change(call, terminal.id, "terminal enrolled"));
    print_terminal(&json, &terminal);
    call_finish(call, OK);
    return OK;
}

enum err run_terminal_remove(struct call *call)
{
    TRY(identity_terminal_remove(call->api->node.identity, &call->actor, call->args[0]));
    TRY(audit_change(call, call->args[0], "terminal removed"));
    call_finish(call, OK);
    return OK;
}

/* ---- unfinished work ---- */

enum err run_draft_get(struct call *call)
{
    struct json json = {.out = &call->out};
    str text;
    TRY(identity_draft_get(call->api->node.identity, &call->actor, call->arena, &text));
    json_open(&json, '{');
    json_text(&json, S("text"), text);
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}

enum err run_draft_put(struct call *call)
{
    const struct node *text = node_get(call->body, S("text"));
    if (!text || text->kind != NODE_TEXT) {
        err_set(ERR_MISSING, "text is missing");
        return err_field("text");
    }
    TRY(identity_draft_put(call->api->node.identity, &call->actor, text->text));
    call_finish(call, OK);
    return OK;
}
