/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protection objections: any member tells the hub, the hub reads and decides. Who has told it is in
 * the sealed record alone: the log's entry names the hub, and the record that was objected to is
 * not in it.
 */
#include "api/internal.h"

struct objections {
    struct rights_objection *items;
    size_t count;
    struct record_id told;
    struct actor as;
};

static str id_text(struct call *call, struct record_id id)
{
    char text[RECORD_ID_TEXT];
    return arena_str(call->arena, str_c(record_id_format(id, text)));
}

static void print_told(struct call *call)
{
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_text(&json, S("receipt"), str_c(call->receipt));
    json_close(&json, '}');
}

enum err run_objection_tell(struct call *call)
{
    str record, statement;
    struct record_id id;
    struct objections *told = arena_new(call->arena, struct objections);
    if (!told)
        return err_last()->code;
    TRY(call_body_text(call, S("record"), &record));
    TRY(call_body_text(call, S("statement"), &statement));
    TRY(call_record_id(call, record, &id));
    TRY(rights_object(call->api->node.rights, &call->actor, id, statement, call->arena, &told->told,
                      &told->as));
    struct audit_entry entry = call_entry(call, AUDIT_WRITE);
    entry.actor = &told->as;
    entry.purpose = purpose_code(call->api->node.catalog, told->as.purpose);
    entry.query =
        arena_printf(call->arena, "{\"objection\":\"%s\"}", id_text(call, told->told).ptr);
    entry.verdict = S("objection taken, sealed");
    call->state = told;
    return call_finish_audited(call, &entry, print_told);
}

static void print_objection(struct json *json, struct call *call,
                            const struct rights_objection *objection)
{
    json_open(json, '{');
    json_text(json, S("id"), id_text(call, objection->id));
    json_text(json, S("record"), id_text(call, objection->record));
    json_text(json, S("country"), objection->country);
    json_text(json, S("unit"), objection->unit);
    json_text(json, S("officer"), objection->officer);
    json_text(json, S("statement"), objection->statement);
    json_time(json, S("made"), objection->made_us);
    json_text(json, S("outcome"), objection->outcome);
    json_text_some(json, S("decided_by"), objection->decided_by);
    if (objection->decided_us)
        json_time(json, S("decided"), objection->decided_us);
    json_text_some(json, S("reason"), objection->reason);
    json_text_some(json, S("lifting_by"), objection->lifting_by);
    json_close(json, '}');
}

static void print_objections(struct call *call)
{
    const struct objections *objections = call->state;
    struct json json = {.out = &call->out};
    json_open(&json, '[');
    for (size_t i = 0; i < objections->count; i++)
        print_objection(&json, call, &objections->items[i]);
    json_close(&json, ']');
}

enum err run_objections(struct call *call)
{
    struct objections *objections = arena_new(call->arena, struct objections);
    if (!objections)
        return err_last()->code;
    TRY(rights_objections(call->api->node.rights, &call->actor, call->arena, &objections->items,
                          &objections->count));
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    entry.databases = S("objections");
    entry.query = arena_printf(call->arena, "{\"objections\":%zu}", objections->count);
    entry.verdict = S("objections opened");
    call->state = objections;
    return call_finish_audited(call, &entry, print_objections);
}

static void print_decided(struct call *call)
{
    const struct objections *objections = call->state;
    struct json json = {.out = &call->out};
    print_objection(&json, call, objections->items);
}

enum err run_objection_decide(struct call *call)
{
    str outcome;
    struct record_id id;
    struct objections *objections = arena_new(call->arena, struct objections);
    struct rights_objection *one = arena_new(call->arena, struct rights_objection);
    if (!objections || !one)
        return err_last()->code;
    TRY(call_body_text(call, S("outcome"), &outcome));
    if (!record_id_parse(call->args[0], &id))
        return err_set(ERR_NOT_FOUND, "there is no such objection here");
    TRY(rights_decide(call->api->node.rights, &call->actor, id, outcome,
                      node_get_text(call->body, S("reason")), call->arena, one));
    objections->items = one;
    struct audit_shown shown = {one->record, 0, DISCLOSE_NONE};
    struct audit_entry entry = call_entry(call, AUDIT_WRITE);
    entry.query = arena_printf(call->arena, "{\"objection\":\"%s\"}", id_text(call, id).ptr);
    entry.verdict = arena_printf(call->arena, "objection: %.*s%s", STR(outcome),
                                 str_eq(one->outcome, outcome) ? "" : ", by the first of two");
    entry.shown = &shown;
    entry.shown_count = 1;
    call->state = objections;
    return call_finish_audited(call, &entry, print_decided);
}
