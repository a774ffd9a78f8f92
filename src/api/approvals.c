/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits for a second person: listed, looked at, approved, refused, withdrawn. A proposal is
 * there for its writer, for those who keep its owner's records, and for who can give his word on
 * it; to others it is as one that never was.
 */
#include "api/changing.h"

enum { LIST_MAX = 500 };

static enum err no_proposal(void)
{
    return err_set(ERR_NOT_FOUND, "there is no such proposal");
}

static bool is_of_hub(struct call *call)
{
    return identity_is_of_hub(call->api->node.identity, &call->actor);
}

static unsigned may_give(struct call *call, const struct gate_proposal *proposal)
{
    return gate_may_give(call->api->node.catalog, &call->actor, is_of_hub(call), proposal);
}

static enum err find_proposal(struct call *call, struct gate_proposal **ret)
{
    const struct api_node *node = &call->api->node;
    struct record_id id;
    *ret = arena_new(call->arena, struct gate_proposal);
    if (!*ret)
        return err_last()->code;
    if (!record_id_parse(call->args[0], &id) || id.home != store_home(node->store))
        return no_proposal();
    enum err code = gate_read(node->gate, id.number, call->arena, *ret);
    if (code && code != ERR_NOT_FOUND)
        return code;
    if (code || !gate_may_see(node->catalog, &call->actor, is_of_hub(call), *ret))
        return no_proposal();
    return OK;
}

/* ---- printing ---- */

static void print_approvals(struct json *json, const struct gate_proposal *proposal)
{
    static const str keys[] = {S("need"), S("given_by"), S("given_at")};
    json_key(json, S("approvals"));
    json_open(json, '[');
    node_each(one, proposal->approvals)
    {
        json_open(json, '{');
        for (size_t i = 0; i < COUNT_OF(keys); i++)
            json_text(json, keys[i], node_get_text(one, keys[i]));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_decision(struct json *json, struct call *call,
                           const struct gate_proposal *proposal)
{
    const struct code_list *list = codes_list(call->api->node.catalog->codes, S("refusal-reasons"));
    const struct code *code =
        list && proposal->refusal.len ? code_get(list, proposal->refusal) : NULL;
    json_text_some(json, S("outcome"), proposal->outcome);
    json_text_some(json, S("refusal"), proposal->refusal);
    if (code)
        json_text_some(json, S("refusal_title"), code_name(code, call->language));
    json_text_some(json, S("words"), proposal->words);
    json_text_some(json, S("decided_by"), proposal->decided_by);
    if (proposal->decided_us)
        json_time(json, S("decided"), proposal->decided_us);
}

static void print_members(struct json *json, struct call *call,
                          const struct gate_proposal *proposal)
{
    char id[RECORD_ID_TEXT];
    const struct definition *definition = catalog_find(call->api->node.catalog, proposal->database);
    json_text(json, S("id"), str_c(record_id_format(proposal->id, id)));
    json_text(json, S("kind"), str_c(gate_kind_word(proposal->kind)));
    json_text(json, S("owner"), proposal->owner);
    json_text_some(json, S("database"), proposal->database);
    if (definition)
        json_text_some(json, S("title"), definition->title[call->language]);
    json_text_some(json, S("record"), proposal->record);
    if (proposal->version)
        json_number(json, S("version"), proposal->version);
    json_text_some(json, S("state"), proposal->state);
    json_text_some(json, S("reason"), proposal->reason);
    print_needs(json, S("needs"), proposal->needs & ~proposal->given);
    json_key(json, S("why"));
    json_open(json, '[');
    node_each(one, proposal->why) json_text(json, STR_EMPTY, node_as_text(one));
    json_close(json, ']');
    json_text(json, S("officer"), proposal->officer);
    json_text_some(json, S("unit"), proposal->unit);
    json_time(json, S("proposed"), proposal->proposed_us);
    print_approvals(json, proposal);
    json_bool(json, S("own"), str_eq(proposal->officer, call->actor.officer));
    json_bool(json, S("yours"), !proposal->is_decided && may_give(call, proposal));
    print_decision(json, call, proposal);
}

/* ---- the list ---- */

static bool is_for(void *context, const struct gate_proposal *proposal)
{
    struct call *call = context;
    return gate_may_see(call->api->node.catalog, &call->actor, is_of_hub(call), proposal);
}

enum err run_approvals(struct call *call)
{
    struct gate_proposal *list;
    size_t count;
    uint64_t max;
    str state = call_query(call, S("state"));
    bool is_decided = str_eq(state, S("decided"));
    struct json json = {.out = &call->out};
    if (state.len && !is_decided && !str_eq(state, S("waiting"))) {
        err_set(ERR_BAD_VALUE, "%.*s is not one of waiting, decided", STR(str_slice(state, 0, 32)));
        return err_field("state");
    }
    TRY(call_query_number(call, S("max"), 100, LIST_MAX, &max));
    TRY(gate_list(call->api->node.gate, is_decided, (size_t)max, is_for, call, call->arena, &list,
                  &count));
    json_open(&json, '{');
    json_key(&json, S("proposals"));
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++) {
        json_open(&json, '{');
        print_members(&json, call, &list[i]);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}

/* ---- one, with its contents ---- */

struct looking {
    const struct gate_proposal *proposal;
    str held; /* what it would replace */
};

static void print_one(struct call *call)
{
    const struct looking *looking = call->state;
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    print_members(&json, call, looking->proposal);
    if (looking->proposal->body.len)
        json_raw(&json, S("contents"), looking->proposal->body);
    if (looking->held.len)
        json_raw(&json, S("held"), looking->held);
    json_text(&json, S("receipt"), str_c(call->receipt));
    json_close(&json, '}');
}

/* Who is to decide sees what he decides about; nobody else more than he may. */
static bool find_held(struct call *call, const struct gate_proposal *proposal,
                      struct stored *stored)
{
    struct record_id id;
    bool is_of_record = proposal->kind < GATE_IMPORT && proposal->kind != GATE_CREATE;
    bool may = policy_is_keeper(&call->actor, proposal->owner) || may_give(call, proposal);
    bool is_there = may && is_of_record && !proposal->is_decided &&
                    record_id_parse(proposal->record, &id) &&
                    store_read(call->api->node.store, id.number, call->arena, stored) == OK &&
                    !stored->is_erased && stored->body.len;
    err_clear();
    return is_there;
}

enum err run_approval_get(struct call *call)
{
    struct gate_proposal *proposal;
    struct stored stored;
    struct looking *looking = arena_new(call->arena, struct looking);
    if (!looking)
        return err_last()->code;
    TRY(find_proposal(call, &proposal));
    looking->proposal = proposal;
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    struct audit_shown shown;
    if (find_held(call, proposal, &stored)) {
        looking->held = stored.body;
        shown = (struct audit_shown){stored.id, stored.version, DISCLOSE_FULL};
        entry.shown = &shown;
        entry.shown_count = 1;
    }
    entry.query = arena_printf(call->arena, "{\"proposal\":\"%.*s\"}", STR(call->args[0]));
    if (proposal->kind < GATE_IMPORT)
        entry.databases = proposal->database;
    entry.verdict = S("proposal shown");
    call->state = looking;
    return call_finish_audited(call, &entry, print_one);
}

/* ---- deciding ---- */

struct deciding {
    str outcome;
    struct committed done;
    uint64_t job;
    struct audit_shown shown;
};

static void print_decided(struct call *call)
{
    const struct deciding *deciding = call->state;
    char id[RECORD_ID_TEXT];
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_text(&json, S("id"), call->args[0]);
    json_text(&json, S("outcome"), deciding->outcome);
    if (deciding->done.id.number) {
        json_text(&json, S("record"), str_c(record_id_format(deciding->done.id, id)));
        json_number(&json, S("version"), deciding->done.version);
    }
    if (deciding->job)
        json_number(&json, S("job"), (int64_t)deciding->job);
    json_text(&json, S("receipt"), str_c(call->receipt));
    json_close(&json, '}');
}

static enum err finish(struct call *call, const struct gate_proposal *proposal,
                       struct deciding *deciding, const char *verdict)
{
    struct audit_entry entry = call_entry(call, AUDIT_WRITE);
    entry.query =
        arena_printf(call->arena, "{\"proposal\":\"%.*s\",\"kind\":\"%s\",\"by\":\"%.*s\"}",
                     STR(call->args[0]), gate_kind_word(proposal->kind), STR(proposal->officer));
    if (proposal->kind < GATE_IMPORT)
        entry.databases = proposal->database;
    entry.verdict = str_c(verdict);
    if (deciding->done.id.number) {
        deciding->shown =
            (struct audit_shown){deciding->done.id, deciding->done.version, DISCLOSE_FULL};
        entry.shown = &deciding->shown;
        entry.shown_count = 1;
    }
    call->state = deciding;
    return call_finish_audited(call, &entry, print_decided);
}

static enum err check_open(const struct gate_proposal *proposal)
{
    return proposal->is_decided
               ? err_set(ERR_CONFLICT, "this proposal was decided: %.*s", STR(proposal->outcome))
               : OK;
}

static enum err need_word(struct call *call, const struct gate_proposal *proposal, unsigned *ret)
{
    TRY(check_open(proposal));
    *ret = may_give(call, proposal);
    if (*ret)
        return OK;
    if (str_eq(proposal->officer, call->actor.officer))
        return err_set(ERR_DENIED, "officer %.*s entered it; another decides",
                       STR(call->actor.officer));
    return err_set(ERR_DENIED, "officer %.*s cannot give his word on this proposal",
                   STR(call->actor.officer));
}

/* Its writer may have lost since what let him write it. */
static enum err check_writer(struct call *call, const struct gate_proposal *proposal)
{
    const struct api_node *node = &call->api->node;
    struct actor writer;
    const struct definition *definition = catalog_find(node->catalog, proposal->database);
    if (identity_by_officer(node->identity, proposal->officer, STR_EMPTY, call->arena, &writer)) {
        err_clear(); /* the machine's own, or gone: those who approve answer for it */
        return OK;
    }
    return policy_allow(node->catalog, &writer,
                        proposal->kind >= GATE_IMPORT ? POLICY_IMPORT : POLICY_WRITE, definition,
                        proposal->owner);
}

enum err run_approval_give(struct call *call)
{
    struct gate_proposal *proposal;
    unsigned given = 0;
    struct deciding *deciding = arena_new(call->arena, struct deciding);
    struct gate *gate = call->api->node.gate;
    if (!deciding)
        return err_last()->code;
    TRY(find_proposal(call, &proposal));
    TRY(need_word(call, proposal, &given));
    TRY(check_writer(call, proposal));
    if (proposal->needs & ~(proposal->given | given)) {
        deciding->outcome = S("waiting");
        TRY(gate_approve_in_part(gate, proposal, given, call->actor.officer, call->arena));
        return finish(call, proposal, deciding, "approved in part");
    }
    struct gate_decision decision = {.outcome = GATE_APPLIED,
                                     .given = given,
                                     .officer = call->actor.officer};
    deciding->outcome = S("applied");
    if (proposal->kind >= GATE_IMPORT)
        TRY(apply_batch(call, proposal, &decision, &deciding->job));
    else
        TRY(apply_change(call, proposal, &decision, &deciding->done));
    return finish(call, proposal, deciding, "approved");
}

static enum err end(struct call *call, const struct gate_proposal *proposal,
                    const struct gate_decision *decision, const char *verdict)
{
    struct deciding *deciding = arena_new(call->arena, struct deciding);
    if (!deciding)
        return err_last()->code;
    TRY(gate_decide(call->api->node.gate, proposal, decision, NULL, 0, call->arena, NULL));
    deciding->outcome = decision->outcome == GATE_REFUSED ? S("refused") : S("withdrawn");
    return finish(call, proposal, deciding, verdict);
}

enum err run_approval_refuse(struct call *call)
{
    struct gate_proposal *proposal;
    unsigned given = 0;
    str reason;
    const struct code_list *list = codes_list(call->api->node.catalog->codes, S("refusal-reasons"));
    TRY(find_proposal(call, &proposal));
    TRY(need_word(call, proposal, &given));
    TRY(call_body_text(call, S("reason"), &reason));
    str words = node_get_text(call->body, S("words"));
    if (!list || !code_get(list, reason)) {
        err_set(ERR_UNKNOWN, "%.*s is not a reason of codes/refusal-reasons.csv",
                STR(str_slice(reason, 0, 64)));
        return err_field("reason");
    }
    if (str_eq(reason, S("other")) && !words.len) {
        err_set(ERR_MISSING, "the reason \"other\" needs words");
        return err_field("words");
    }
    return end(call, proposal,
               &(struct gate_decision){.outcome = GATE_REFUSED,
                                       .refusal = reason,
                                       .words = words,
                                       .officer = call->actor.officer},
               "proposal refused");
}

enum err run_approval_withdraw(struct call *call)
{
    struct gate_proposal *proposal;
    TRY(find_proposal(call, &proposal));
    TRY(check_open(proposal));
    if (!str_eq(proposal->officer, call->actor.officer))
        return err_set(ERR_DENIED, "officer %.*s did not enter it", STR(call->actor.officer));
    return end(call, proposal,
               &(struct gate_decision){.outcome = GATE_WITHDRAWN, .officer = call->actor.officer},
               "proposal withdrawn");
}
