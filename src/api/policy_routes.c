/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why an officer sees a record as he does, and what he could reach before there is any. An
 * explanation says what stands in the record and of whom it speaks, so it is for those who may know
 * both: keepers of the record, and administrators and auditors of the officer's country where he
 * sees something of it himself. To all others there is no such record, and no such officer.
 */
#include "api/internal.h"

struct explaining {
    struct actor subject;
    struct record record;
    struct policy_step steps[POLICY_STEP_MAX];
    size_t count;
    enum disclosure disclosure;
};

/* Oneself, or an officer of one's country for those who administer or audit it. */
static enum err read_subject(struct call *call, str officer, str role, struct actor *ret)
{
    const struct actor *actor = &call->actor;
    bool may_ask = actor->may_administer || actor->may_audit || actor->may_write;
    *ret = *actor;
    if (!officer.len || str_eq(officer, actor->officer))
        return OK;
    enum err code =
        may_ask ? identity_by_officer(call->api->node.identity, officer, role, call->arena, ret)
                : ERR_NOT_FOUND;
    bool is_of_all = policy_is_keeper(actor, STR_EMPTY);
    if (code || (!is_of_all && !str_eq(ret->country, actor->country)))
        return err_set(ERR_NOT_FOUND, "there is no officer %.*s for you to ask about",
                       STR(str_slice(officer, 0, 64)));
    ret->purpose = actor->purpose;
    return OK;
}

static enum err find_record(struct call *call, str id_text, struct explaining *ret)
{
    const struct api_node *node = &call->api->node;
    struct record_id id;
    struct stored stored;
    TRY(call_record_id(call, id_text, &id));
    if (store_read(node->store, id.number, call->arena, &stored) != OK || stored.is_erased ||
        stored.body.len == 0 || stored_to_record(call, &stored, call->arena, &ret->record) != OK)
        return call_no_record(id_text);
    ret->disclosure = policy_explain(node->catalog, &ret->subject, &ret->record, call->arena,
                                     ret->steps, &ret->count);
    bool is_keeper = policy_keeps(&call->actor, ret->record.definition, ret->record.envelope.owner);
    bool is_overseer = call->actor.may_administer || call->actor.may_audit;
    if (!is_keeper && !(is_overseer && ret->disclosure != DISCLOSE_NONE))
        return call_no_record(id_text);
    return OK;
}

static void print_explained(struct call *call)
{
    const struct explaining *explaining = call->state;
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_text(&json, S("receipt"), str_c(call->receipt));
    json_text(&json, S("officer"), explaining->subject.officer);
    json_text(&json, S("disclosure"), str_c(disclosure_word(explaining->disclosure)));
    json_key(&json, S("steps"));
    json_open(&json, '[');
    for (size_t i = 0; i < explaining->count; i++) {
        json_open(&json, '{');
        json_text(&json, S("rule"), str_c(explaining->steps[i].rule));
        json_text(&json, S("at_most"), str_c(disclosure_word(explaining->steps[i].ceiling)));
        json_text(&json, S("words"), explaining->steps[i].words);
        json_say(&json, explaining->steps[i].words, &explaining->steps[i].say);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
}

enum err run_policy_explain(struct call *call)
{
    struct explaining *explaining = arena_new(call->arena, struct explaining);
    str record;
    if (!explaining)
        return err_last()->code;
    TRY(call_body_text(call, S("record"), &record));
    str purpose = node_get_text(call->body, S("purpose"));
    if (purpose.len)
        TRY(call_set_purpose(call, purpose, STR_EMPTY));
    TRY(read_subject(call, node_get_text(call->body, S("officer")),
                     node_get_text(call->body, S("role")), &explaining->subject));
    TRY(find_record(call, record, explaining));
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    struct node *query = node_map(call->arena);
    struct buf text = {.max = 4096};
    node_put_text(call->arena, query, S("explain"), record);
    node_put_text(call->arena, query, S("of"), explaining->subject.officer);
    json_write(&text, query);
    entry.query = arena_str(call->arena, buf_str(&text));
    buf_release(&text);
    entry.databases = explaining->record.definition->name;
    entry.verdict = S("explained");
    call->state = explaining;
    return call_finish_audited(call, &entry, print_explained);
}

/* ---- all that can be reached ---- */

static void print_fields_open(struct json *json, struct call *call, const struct actor *subject,
                              const struct definition *definition)
{
    json_key(json, S("fields"));
    json_open(json, '[');
    for (size_t i = 0; i < definition->all_count; i++)
        if (definition->all[i]->type &&
            policy_field_access(call->api->node.catalog, subject, definition, definition->all[i]) ==
                FIELD_OPEN)
            json_text(json, STR_EMPTY, definition->all[i]->path);
    json_close(json, ']');
}

static void print_classes(struct json *json, struct call *call, const struct actor *subject,
                          const struct definition *definition, str owner)
{
    static const struct {
        str name;
        enum confidentiality confidentiality;
        unsigned sensitive;
    } classes[] = {{S("official-use"), CONF_OFFICIAL, 0},
                   {S("restricted"), CONF_RESTRICTED, 0},
                   {S("confidential"), CONF_CONFIDENTIAL, 0},
                   {S("victim"), CONF_OFFICIAL, SENSITIVE_VICTIM}};
    json_key(json, owner.len ? S("own") : S("others"));
    json_open(json, '{');
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        json_text(json, classes[i].name,
                  str_c(disclosure_word(policy_foresee(call->api->node.catalog, subject, definition,
                                                       owner, classes[i].confidentiality,
                                                       classes[i].sensitive))));
    json_close(json, '}');
}

static void print_actions(struct json *json, struct call *call, const struct actor *subject,
                          const struct definition *definition)
{
    static const struct {
        str name;
        enum policy_action action;
    } actions[] = {{S("search"), POLICY_SEARCH},
                   {S("read"), POLICY_READ},
                   {S("write"), POLICY_WRITE},
                   {S("import"), POLICY_IMPORT},
                   {S("feed"), POLICY_FEED}};
    json_key(json, S("may"));
    json_open(json, '[');
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (policy_allow(call->api->node.catalog, subject, actions[i].action, definition,
                         subject->country) == OK)
            json_text(json, STR_EMPTY, actions[i].name);
    json_close(json, ']');
    err_clear();
}

static void print_reach(struct json *json, struct call *call, struct actor *subject,
                        const struct definition *definition, uint16_t purpose)
{
    subject->purpose = purpose;
    json_open(json, '{');
    json_text(json, S("database"), definition->name);
    json_text(json, S("purpose"), purpose_code(call->api->node.catalog, purpose));
    print_actions(json, call, subject, definition);
    print_classes(json, call, subject, definition, STR_EMPTY);
    if (subject->country.len)
        print_classes(json, call, subject, definition, subject->country);
    print_fields_open(json, call, subject, definition);
    json_close(json, '}');
}

static void print_reached(struct call *call)
{
    const struct catalog *catalog = call->api->node.catalog;
    struct actor *subject = call->state;
    purpose_set purposes = subject->purposes;
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_text(&json, S("officer"), subject->officer);
    json_text(&json, S("role"), subject->role);
    json_key(&json, S("reach"));
    json_open(&json, '[');
    for (size_t i = 0; i < catalog->count; i++)
        for (uint16_t purpose = 0; purpose < PURPOSE_MAX; purpose++)
            if (definition_is_data(catalog->definitions[i]) && purposes >> purpose & 1 &&
                catalog->definitions[i]->purposes >> purpose & 1)
                print_reach(&json, call, subject, catalog->definitions[i], purpose);
    json_close(&json, ']');
    json_close(&json, '}');
}

enum err run_policy_audit(struct call *call)
{
    struct actor *subject = arena_new(call->arena, struct actor);
    if (!subject)
        return err_last()->code;
    TRY(read_subject(call, call_query(call, S("officer")), call_query(call, S("role")), subject));
    struct audit_entry entry = call_entry(call, AUDIT_ADMIN);
    entry.query = arena_printf(call->arena, "{\"reach\":\"%.*s\"}", STR(subject->officer));
    entry.verdict = S("reach shown");
    call->state = subject;
    return call_finish_audited(call, &entry, print_reached);
}
