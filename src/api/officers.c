/* SPDX-License-Identifier: Apache-2.0 */
/* Who am I; officers and systems: entered, changed, invited. Whether the administrator may is
 * identity's to say; here is what is said over HTTP, and that it stands in the audit log. */
#include "api/internal.h"

/* ---- printing ---- */

void print_purposes(struct json *json, struct call *call, str key, purpose_set purposes,
                    bool with_titles)
{
    const struct catalog *catalog = call->api->node.catalog;
    const struct code_list *list = codes_list(catalog->codes, S("purposes"));
    json_key(json, key);
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

void print_databases(struct json *json, struct call *call, bool is_limited,
                     const struct definition_set *set)
{
    const struct catalog *catalog = call->api->node.catalog;
    if (!is_limited)
        return;
    json_key(json, S("databases"));
    json_open(json, '[');
    for (size_t i = 0; i < catalog->count; i++)
        if (definition_set_has(set, (uint16_t)i) && definition_is_data(catalog->definitions[i]))
            json_text(json, STR_EMPTY, catalog->definitions[i]->name);
    json_close(json, ']');
}

void print_rights(struct json *json, unsigned rights)
{
    json_key(json, S("may"));
    json_open(json, '[');
    if (rights & RIGHT_WRITE)
        json_text(json, STR_EMPTY, S("write"));
    if (rights & RIGHT_ADMINISTER)
        json_text(json, STR_EMPTY, S("administer"));
    if (rights & RIGHT_AUDIT)
        json_text(json, STR_EMPTY, S("audit"));
    json_close(json, ']');
}

void print_roles(struct json *json, struct call *call, uint64_t roles, bool with_titles)
{
    const struct code_list *list = codes_list(call->api->node.catalog->codes, S("audiences"));
    json_key(json, S("roles"));
    json_open(json, '[');
    for (size_t i = 0; list && i < list->count && i < 64; i++) {
        if (!(roles >> i & 1))
            continue;
        if (!with_titles) {
            json_text(json, STR_EMPTY, list->codes[i].code);
            continue;
        }
        json_open(json, '{');
        json_text(json, S("code"), list->codes[i].code);
        json_text(json, S("title"), code_name(&list->codes[i], call->language));
        json_close(json, '}');
    }
    json_close(json, ']');
}

void print_actor(struct json *json, struct call *call)
{
    const struct actor *actor = &call->actor;
    unsigned rights = (actor->may_write ? RIGHT_WRITE : 0u) |
                      (actor->may_administer ? RIGHT_ADMINISTER : 0u) |
                      (actor->may_audit ? RIGHT_AUDIT : 0u);
    json_text(json, S("officer"), actor->officer);
    json_text(json, S("unit"), actor->unit);
    json_text(json, S("country"), actor->country);
    json_text(json, S("role"), actor->role);
    print_roles(json, call, actor->roles, true);
    print_rights(json, rights);
    print_purposes(json, call, S("purposes"), actor->purposes, true);
    print_databases(json, call, actor->is_limited, &actor->databases);
    if (actor->terminal.len)
        print_terminal_here(json, call, S("terminal"));
    if (identity_is_hub(call->api->node.identity, actor))
        json_bool(json, S("hub"), true);
    if (actor->is_break_glass)
        json_text(json, S("break_glass_of"), actor->break_glass_of);
}

enum err run_me(struct call *call)
{
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    print_actor(&json, call);
    json_bool(&json, S("training"), false);
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}

/* ---- reading ---- */

static bool is_administrator(const struct node *body)
{
    return str_eq(node_get_text(body, S("role")), S("administrator"));
}

/* Members of a body that are fields under another name. */
struct node *call_fields(struct call *call)
{
    static const struct {
        str member, field;
    } names[] = {{S("may"), S("rights")}, {S("role"), S("roles")}};
    struct node *fields = node_map(call->arena);
    node_each(member, call->body)
    {
        str key = member->key;
        for (size_t i = 0; i < COUNT_OF(names); i++)
            if (str_eq(key, names[i].member))
                key = names[i].field;
        if (str_eq(key, S("version")) || str_eq(key, S("country")) || node_get(fields, key))
            continue;
        node_put(fields, key, node_copy(call->arena, member));
    }
    return fields;
}

/* An administrator for whom none are named writes and administers, for all purposes. */
static void complete_administrator(struct call *call, struct node *fields)
{
    const struct node *purposes = node_get(call->body, S("purposes"));
    if (!purposes || purposes->count == 0)
        node_put_bool(call->arena, fields, S("all_purposes"), true);
    if (node_get(call->body, S("may")))
        return;
    struct node *rights = node_list(call->arena);
    node_add(rights, node_text(call->arena, S("write")));
    node_add(rights, node_text(call->arena, S("administer")));
    node_put(fields, S("rights"), rights);
}

/* Whoever audits may read the log. */
static void complete_auditor(struct call *call, struct node *fields)
{
    str role = node_get_text(call->body, S("role"));
    bool is_auditor = str_eq(role, S("auditor")) || str_eq(role, S("data-protection"));
    if (!is_auditor || node_get(call->body, S("may")))
        return;
    struct node *rights = node_list(call->arena);
    node_add(rights, node_text(call->arena, S("audit")));
    node_put(fields, S("rights"), rights);
}

static enum err check_lists(const struct node *body)
{
    static const str keys[] = {S("purposes"), S("may"), S("databases"), S("roles"), S("own_names")};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const struct node *list = node_get(body, keys[i]);
        if (!list || list->kind == NODE_LIST)
            continue;
        err_set(ERR_BAD_VALUE, "%.*s is not a list of codes", STR(keys[i]));
        return err_field("%.*s", STR(keys[i]));
    }
    return OK;
}

/* A person signs in with what a link set; auditors and systems may do without a purpose. */
static enum err check_purposes(const struct node *body)
{
    const struct node *purposes = node_get(body, S("purposes"));
    bool is_free = is_administrator(body) || str_eq(node_get_text(body, S("role")), S("auditor")) ||
                   node_as_bool(node_get(body, S("invite")), false);
    return purposes || is_free ? OK : err_set(ERR_MISSING, "no purposes were named");
}

enum err audit_change(struct call *call, str about, const char *verdict)
{
    struct buf query = {.max = 4096};
    struct json json = {.out = &query};
    struct audit_entry entry = call_entry(call, AUDIT_ADMIN);
    json_open(&json, '{');
    json_text(&json, S("about"), about);
    json_close(&json, '}');
    entry.query = arena_str(call->arena, buf_str(&query));
    entry.verdict = str_c(verdict);
    buf_release(&query);
    return audit_append_wait(call->api->node.audit, &entry, call->receipt);
}

/* ---- entering ---- */

static str link_of(struct call *call, const char *secret)
{
    const struct http_header *host = http_header_find(&call->exchange->request, S("host"));
    bool is_tls = call->exchange->request.is_tls;
    if (!host || call->exchange->request.is_unix)
        return arena_printf(call->arena, "/#enrol=%s", secret);
    return arena_printf(call->arena, "%s://%.*s/#enrol=%s", is_tls ? "https" : "http",
                        STR(host->value), secret);
}

void print_invitation(struct json *json, struct call *call,
                      const struct identity_invitation *invitation)
{
    json_open(json, '{');
    json_text(json, S("officer"), invitation->officer);
    json_text(json, S("secret"), str_c(invitation->secret));
    json_time(json, S("until"), invitation->until_us);
    json_text(json, S("link"), link_of(call, invitation->secret));
    json_close(json, '}');
}

static enum err print_entered(struct call *call, str officer, const char *token, bool is_invited)
{
    struct json json = {.out = &call->out};
    struct identity_invitation invitation;
    if (is_invited) {
        TRY(identity_invite(call->api->node.identity, &call->actor, officer, &invitation));
        print_invitation(&json, call, &invitation);
        wipe(&invitation, sizeof invitation);
        return OK;
    }
    json_open(&json, '{');
    json_text(&json, S("officer"), officer);
    json_text_some(&json, S("token"), str_c(token));
    json_close(&json, '}');
    return OK;
}

static enum err read_key(struct call *call, struct hash *hash,
                         struct identity_officer_change *change)
{
    const struct node *key = node_get(call->body, S("certificate_key"));
    if (!key)
        return OK;
    change->key = hash;
    change->has_token = false;
    if (hex_decode(node_as_text(key), hash->bytes, HASH_SIZE))
        return OK;
    err_set(ERR_BAD_VALUE, "certificate_key is not 64 hex digits");
    return err_field("certificate_key");
}

enum err run_officer_add(struct call *call)
{
    char token[TOKEN_TEXT] = "";
    struct hash key;
    str role;
    bool is_invited = node_as_bool(node_get(call->body, S("invite")), false);
    struct identity_officer_change change = {.state = STATE_ACTIVE, .has_token = !is_invited};
    TRY(call_body_text(call, S("officer"), &change.id));
    TRY(call_body_text(call, S("country"), &change.country));
    if (!node_get(call->body, S("roles")))
        TRY(call_body_text(call, S("role"), &role));
    TRY(check_lists(call->body));
    TRY(check_purposes(call->body));
    TRY(read_key(call, &key, &change));
    struct node *fields = call_fields(call);
    if (is_administrator(call->body))
        complete_administrator(call, fields);
    complete_auditor(call, fields);
    change.fields = fields;
    TRY(identity_officer_put(call->api->node.identity, &call->actor, &change, call->arena, token));
    enum err code = print_entered(call, change.id, token, is_invited);
    wipe(token, sizeof token);
    TRY(code);
    TRY(audit_change(call, change.id, "officer added"));
    call_finish(call, OK);
    return OK;
}

/* ---- changing ---- */

enum err call_version(struct call *call, uint32_t *ret)
{
    uint64_t version = 0;
    const struct node *node = node_get(call->body, S("version"));
    if (node && str_to_u64(node_as_text(node), UINT32_MAX, &version) && version) {
        *ret = (uint32_t)version;
        return OK;
    }
    err_set(node ? ERR_BAD_VALUE : ERR_MISSING, "version names the one that is replaced");
    return err_field("version");
}

enum err run_officer_change(struct call *call)
{
    char unused[TOKEN_TEXT];
    struct identity_officer officer;
    struct identity *identity = call->api->node.identity;
    struct json json = {.out = &call->out};
    struct identity_officer_change change = {.id = call->args[0]};
    str state = node_get_text(call->body, S("state"));
    TRY(call_version(call, &change.version));
    TRY(check_lists(call->body));
    TRY(identity_officer_get(identity, &call->actor, change.id, call->arena, &officer));
    change.state = officer.state;
    if (state.len && !state_parse(state, &change.state))
        return err_set(ERR_BAD_VALUE, "%.*s is not a state", STR(str_slice(state, 0, 40)));
    change.fields = call_fields(call);
    TRY(identity_officer_put(identity, &call->actor, &change, call->arena, unused));
    TRY(audit_change(call, change.id, "officer changed"));
    TRY(identity_officer_get(identity, &call->actor, change.id, call->arena, &officer));
    print_officer(&json, call, &officer);
    call_finish(call, OK);
    return OK;
}

enum err run_officer_remove(struct call *call)
{
    TRY(identity_officer_remove(call->api->node.identity, &call->actor, call->args[0]));
    TRY(audit_change(call, call->args[0], "officer removed"));
    call_finish(call, OK);
    return OK;
}

enum err run_officer_invite(struct call *call)
{
    struct identity_invitation invitation;
    struct json json = {.out = &call->out};
    TRY(identity_invite(call->api->node.identity, &call->actor, call->args[0], &invitation));
    print_invitation(&json, call, &invitation);
    wipe(&invitation, sizeof invitation);
    TRY(audit_change(call, call->args[0], "officer invited"));
    call_finish(call, OK);
    return OK;
}

struct node *administrator_fields(struct call *call)
{
    struct node *fields = node_map(call->arena);
    struct node *roles = node_list(call->arena);
    node_put_text(call->arena, fields, S("unit"), node_get_text(call->body, S("unit")));
    node_add(roles, node_text(call->arena, S("administrator")));
    node_put(fields, S("roles"), roles);
    complete_administrator(call, fields);
    return fields;
}

/* The first administrator of a node, from the machine it runs on. */
enum err run_setup(struct call *call)
{
    struct identity *identity = call->api->node.identity;
    if (identity_has_administrator(identity)) {
        err_set(ERR_CONFLICT, "this node has an administrator");
        return err_hint("another link is given with: bureau officer invite ID");
    }
    TRY(check_lists(call->body));
    struct identity_officer_change change = {.state = STATE_ACTIVE,
                                             .fields = administrator_fields(call)};
    struct identity_officer held;
    char unused[TOKEN_TEXT];
    TRY(call_body_text(call, S("officer"), &change.id));
    TRY(call_body_text(call, S("country"), &change.country));
    bool is_there =
        identity_officer_get(identity, &call->actor, change.id, call->arena, &held) == OK;
    err_clear();
    if (!is_there) /* the link was lost: a new one for the same */
        TRY(identity_officer_put(identity, &call->actor, &change, call->arena, unused));
    TRY(print_entered(call, change.id, unused, true));
    TRY(audit_change(call, change.id, "node set up"));
    call_finish(call, OK);
    return OK;
}

/* ---- a list ---- */

static void print_import(struct json *json, struct call *call, const struct identity_import *import)
{
    json_open(json, '{');
    json_number(json, S("added"), (int64_t)import->added);
    json_key(json, S("refused"));
    json_open(json, '[');
    for (size_t i = 0; i < import->refused_count; i++) {
        json_open(json, '{');
        json_number(json, S("row"), (int64_t)import->refused[i].row);
        json_text(json, S("officer"), import->refused[i].officer);
        json_text(json, S("reason"), import->refused[i].reason);
        json_say(json, import->refused[i].reason, &import->refused[i].say);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_key(json, S("invitations"));
    json_open(json, '[');
    for (size_t i = 0; i < import->added; i++)
        print_invitation(json, call, &import->invitations[i]);
    json_close(json, ']');
    json_close(json, '}');
}

enum err run_officers_import(struct call *call)
{
    struct identity_import import;
    struct json json = {.out = &call->out};
    bool is_partly = str_eq(call_query(call, S("partly")), S("yes"));
    if (!call->exchange->request.body.len)
        return err_set(ERR_MISSING, "the list is empty");
    TRY(identity_import(call->api->node.identity, &call->actor, call->exchange->request.body,
                        is_partly, call->arena, &import));
    str about = arena_printf(call->arena, "%zu officers, %zu rows refused", import.added,
                             import.refused_count);
    TRY(audit_change(call, about, "officers entered from a list"));
    print_import(&json, call, &import);
    call_finish(call, OK);
    return OK;
}
