/* SPDX-License-Identifier: Apache-2.0 */
/* Units, credentials, grants and measures over HTTP; every change stands in the audit log. */
#include "api/internal.h"

static str id_text(struct call *call, struct record_id id)
{
    char text[RECORD_ID_TEXT];
    return arena_str(call->arena, str_c(record_id_format(id, text)));
}

static enum err read_id(struct call *call, struct record_id *ret)
{
    return record_id_parse(call->args[0], ret) ? OK
                                               : err_set(ERR_NOT_FOUND, "there is no %.*s here",
                                                         STR(str_slice(call->args[0], 0, 40)));
}

static void print_scope(struct json *json, struct call *call, const struct identity_scope *scope,
                        bool is_all_purposes_said)
{
    if (scope->purposes != ~(purpose_set)0 || is_all_purposes_said)
        print_purposes(json, call, S("purposes"), scope->purposes, false);
    print_databases(json, call, scope->is_limited, &scope->databases);
}

/* ---- units ---- */

static void print_unit(struct json *json, struct call *call, const struct identity_unit *unit)
{
    json_open(json, '{');
    json_text(json, S("id"), unit->id);
    json_text(json, S("country"), unit->country);
    json_text(json, S("name"), unit->name);
    json_text_some(json, S("parent"), unit->parent);
    json_text(json, S("level"), unit->level);
    json_number(json, S("version"), unit->version);
    json_bool(json, S("open"), unit->is_open);
    print_scope(json, call, &unit->listed, false);
    json_key(json, S("effective"));
    json_open(json, '{');
    print_scope(json, call, &unit->effective, true);
    json_close(json, '}');
    json_close(json, '}');
}

enum err run_units(struct call *call)
{
    struct json json = {.out = &call->out};
    struct identity_unit *list;
    size_t count;
    TRY(identity_units(call->api->node.identity, &call->actor, call->arena, &list, &count));
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++)
        print_unit(&json, call, &list[i]);
    json_close(&json, ']');
    call_finish(call, OK);
    return OK;
}

static enum err finish_unit(struct call *call, str country, str id, uint32_t version,
                            const char *verdict)
{
    struct json json = {.out = &call->out};
    struct identity_unit unit;
    TRY(identity_unit_put(call->api->node.identity, &call->actor, country, id, version,
                          call_fields(call), call->arena, &unit));
    TRY(audit_change(call, id, verdict));
    print_unit(&json, call, &unit);
    call_finish(call, OK);
    return OK;
}

enum err run_unit_found(struct call *call)
{
    str id, country;
    TRY(call_body_text(call, S("id"), &id));
    TRY(call_body_text(call, S("country"), &country));
    return finish_unit(call, country, id, 0, "unit founded");
}

enum err run_unit_change(struct call *call)
{
    uint32_t version;
    TRY(call_version(call, &version));
    return finish_unit(call, STR_EMPTY, call->args[0], version, "unit changed");
}

enum err run_unit_close(struct call *call)
{
    TRY(identity_unit_close(call->api->node.identity, &call->actor, call->args[0]));
    TRY(audit_change(call, call->args[0], "unit closed"));
    call_finish(call, OK);
    return OK;
}

/* ---- credentials ---- */

void print_credential(struct json *json, struct call *call,
                      const struct identity_credential *credential, str token)
{
    json_open(json, '{');
    json_text(json, S("id"), id_text(call, credential->id));
    json_text(json, S("officer"), credential->officer);
    json_text(json, S("kind"), credential->kind);
    json_text_some(json, S("label"), credential->label);
    json_text_some(json, S("token"), token);
    json_time(json, S("created"), credential->created_us);
    if (credential->suspect_us)
        json_time(json, S("suspect"), credential->suspect_us);
    if (credential->expires_us)
        json_time(json, S("expires"), credential->expires_us);
    if (credential->is_scoped) {
        print_rights(json, credential->rights);
        print_scope(json, call, &credential->listed, false);
    }
    json_close(json, '}');
}

static enum err finish_credentials(struct call *call, const struct identity_credential *list,
                                   size_t count)
{
    struct json json = {.out = &call->out};
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++)
        print_credential(&json, call, &list[i], STR_EMPTY);
    json_close(&json, ']');
    call_finish(call, OK);
    return OK;
}

static enum err list_credentials(struct call *call, str officer)
{
    struct identity_credential *list;
    size_t count;
    TRY(identity_credentials(call->api->node.identity, &call->actor, officer, call->arena, &list,
                             &count));
    return finish_credentials(call, list, count);
}

enum err run_credentials_ending(struct call *call)
{
    struct identity_credential *list;
    size_t count;
    TRY(identity_ending(call->api->node.identity, &call->actor, call->arena, &list, &count));
    return finish_credentials(call, list, count);
}

enum err run_credentials(struct call *call)
{
    return list_credentials(call, call->args[0]);
}

enum err run_own_credentials(struct call *call)
{
    return list_credentials(call, call->actor.officer);
}

/* A token that is limited must not make one that is not. */
static enum err need_session(const struct call *call)
{
    return call->actor.session
               ? OK
               : err_set(ERR_DENIED, "this is for an officer who is signed in, not for a token");
}

/* What was his own changed by his own hand: his session goes on under a new cookie, all others are
 * over. */
static enum err keep_session(struct call *call, bool is_own)
{
    return is_own && call->actor.session ? call_new_session(call, call->actor.officer) : OK;
}

enum err run_token_new(struct call *call)
{
    char token[TOKEN_TEXT];
    uint64_t days = 90;
    struct identity_credential made;
    struct json json = {.out = &call->out};
    const struct node *asked = node_get(call->body, S("days"));
    TRY(need_session(call));
    TRY(call_not_at_terminal(call));
    if (asked && !str_to_u64(node_as_text(asked), 10000, &days)) {
        err_set(ERR_BAD_VALUE, "days is not a number of days");
        return err_field("days");
    }
    TRY(identity_token_new(call->api->node.identity, &call->actor, (unsigned)days,
                           call_fields(call), call->arena, &made, token));
    TRY(keep_session(call, true));
    TRY(audit_change(call, id_text(call, made.id), "token made"));
    print_credential(&json, call, &made, str_c(token));
    wipe(token, sizeof token);
    call_finish(call, OK);
    return OK;
}

enum err run_credential_revoke(struct call *call)
{
    struct record_id id;
    struct identity *identity = call->api->node.identity;
    struct identity_credential *own;
    size_t count;
    bool is_own = false;
    TRY(call_not_at_terminal(call));
    TRY(read_id(call, &id));
    TRY(identity_credentials(identity, &call->actor, call->actor.officer, call->arena, &own,
                             &count));
    for (size_t i = 0; i < count; i++)
        is_own |= own[i].id.number == id.number && own[i].id.home == id.home;
    TRY(identity_revoke(identity, &call->actor, id));
    TRY(keep_session(call, is_own));
    TRY(audit_change(call, call->args[0], "credential revoked"));
    call_finish(call, OK);
    return OK;
}

/* ---- grants ---- */

void print_grant(struct json *json, struct call *call, const struct identity_grant *grant)
{
    json_open(json, '{');
    json_text(json, S("id"), id_text(call, grant->id));
    json_number(json, S("version"), grant->version);
    json_text(json, S("officer"), grant->officer);
    json_text(json, S("unit"), grant->unit);
    json_text(json, S("country"), grant->country);
    json_text(json, S("kind"), grant->kind);
    print_roles(json, call, grant->roles, false);
    print_rights(json, grant->rights);
    print_scope(json, call, &grant->listed, true);
    json_text_some(json, S("of"), grant->of);
    json_time(json, S("from"), grant->from_us);
    json_time(json, S("until"), grant->until_us);
    json_text(json, S("reason"), grant->reason);
    json_text(json, S("given_by"), grant->given_by);
    json_text_some(json, S("reviewed_by"), grant->reviewed_by);
    if (grant->reviewed_us)
        json_time(json, S("reviewed_at"), grant->reviewed_us);
    json_text_some(json, S("review"), grant->review);
    json_bool(json, S("in_force"), grant->is_in_force);
    json_close(json, '}');
}

static bool is_asked(struct call *call, const struct identity_grant *grant)
{
    str officer = call_query(call, S("officer"));
    str kind = call_query(call, S("kind"));
    bool is_open = grant->until_us > clock_now_us() ||
                   (str_eq(grant->kind, S("break-glass")) && !grant->reviewed_us);
    return (!officer.len || str_eq(officer, grant->officer)) &&
           (!kind.len || str_eq(kind, grant->kind)) &&
           (is_open || !str_eq(call_query(call, S("open")), S("yes")));
}

enum err run_grants(struct call *call)
{
    struct json json = {.out = &call->out};
    struct identity_grant *list;
    size_t count;
    TRY(identity_grants(call->api->node.identity, &call->actor, call->arena, &list, &count));
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++)
        if (is_asked(call, &list[i]))
            print_grant(&json, call, &list[i]);
    json_close(&json, ']');
    call_finish(call, OK);
    return OK;
}

static enum err finish_grant(struct call *call, const struct identity_grant *grant,
                             const char *verdict)
{
    struct json json = {.out = &call->out};
    str about =
        arena_printf(call->arena, "%.*s of officer %.*s: %.*s", STR(id_text(call, grant->id)),
                     STR(grant->officer), STR(str_slice(grant->reason, 0, 500)));
    TRY(audit_change(call, about, verdict));
    print_grant(&json, call, grant);
    call_finish(call, OK);
    return OK;
}

enum err run_grant_give(struct call *call)
{
    struct identity_grant grant;
    TRY(identity_grant_new(call->api->node.identity, &call->actor, call_fields(call), call->arena,
                           &grant));
    return finish_grant(call, &grant, "grant given");
}

enum err run_grant_end(struct call *call)
{
    struct record_id id;
    struct identity *identity = call->api->node.identity;
    struct identity_grant *list;
    size_t count;
    bool is_own = false;
    TRY(read_id(call, &id));
    TRY(identity_grants(identity, &call->actor, call->arena, &list, &count));
    for (size_t i = 0; i < count; i++)
        is_own |= list[i].id.number == id.number && str_eq(list[i].officer, call->actor.officer);
    TRY(identity_grant_end(identity, &call->actor, id));
    TRY(keep_session(call, is_own));
    TRY(audit_change(call, call->args[0], "grant ended"));
    call_finish(call, OK);
    return OK;
}

enum err run_grant_review(struct call *call)
{
    struct record_id id;
    struct identity_grant grant;
    TRY(read_id(call, &id));
    TRY(identity_grant_review(call->api->node.identity, &call->actor, id,
                              node_get_text(call->body, S("review")), call->arena, &grant));
    return finish_grant(call, &grant, "break-glass reviewed");
}

enum err run_break_glass(struct call *call)
{
    struct identity_grant grant;
    struct identity *identity = call->api->node.identity;
    uint64_t minutes = 30;
    const struct node *asked = node_get(call->body, S("minutes"));
    TRY(need_session(call));
    if (asked && !str_to_u64(node_as_text(asked), 10000, &minutes)) {
        err_set(ERR_BAD_VALUE, "minutes is not a number");
        return err_field("minutes");
    }
    TRY(identity_break_glass(identity, &call->actor, (unsigned)minutes, call_fields(call),
                             call->arena, &grant));
    TRY(keep_session(call, true));
    return finish_grant(call, &grant, "break-glass taken");
}

/* ---- measures ---- */

static void print_measure(struct json *json, struct call *call,
                          const struct identity_measure *measure)
{
    json_open(json, '{');
    json_text(json, S("id"), id_text(call, measure->id));
    json_text(json, S("country"), measure->country);
    json_text(json, S("kind"), measure->kind);
    print_databases(json, call, measure->listed.is_limited, &measure->listed.databases);
    if (measure->rate)
        json_number(json, S("rate"), measure->rate);
    json_time(json, S("from"), measure->from_us);
    if (measure->until_us)
        json_time(json, S("until"), measure->until_us);
    json_text(json, S("reason"), measure->reason);
    json_text(json, S("given_by"), measure->given_by);
    json_bool(json, S("in_force"), measure->is_in_force);
    json_close(json, '}');
}

enum err run_measures(struct call *call)
{
    struct json json = {.out = &call->out};
    struct identity_measure *list;
    size_t count;
    TRY(identity_measures(call->api->node.identity, &call->actor, call->arena, &list, &count));
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++)
        print_measure(&json, call, &list[i]);
    json_close(&json, ']');
    call_finish(call, OK);
    return OK;
}

enum err run_measure_decide(struct call *call)
{
    struct identity_measure measure;
    struct json json = {.out = &call->out};
    struct node *fields = call_fields(call);
    node_put_text(call->arena, fields, S("country"), node_get_text(call->body, S("country")));
    TRY(identity_measure_new(call->api->node.identity, &call->actor, fields, call->arena,
                             &measure));
    str about = arena_printf(call->arena, "%.*s of %.*s", STR(measure.kind), STR(measure.country));
    TRY(audit_change(call, about, "measure decided"));
    print_measure(&json, call, &measure);
    call_finish(call, OK);
    return OK;
}

enum err run_measure_lift(struct call *call)
{
    struct record_id id;
    TRY(read_id(call, &id));
    TRY(identity_measure_end(call->api->node.identity, &call->actor, id));
    TRY(audit_change(call, call->args[0], "measure lifted"));
    call_finish(call, OK);
    return OK;
}
