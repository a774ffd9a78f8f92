/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate before every write: whose word does it need, and if anybody else's, it waits. Asked at
 * the one place where changes of records are handed to the store, and where imports begin. At the
 * machine, where nobody is of any country, the measures against the owner count all the same for
 * what is entered in its name; what is withdrawn or erased there is the operator's own duty.
 */
#include "api/changing.h"

static enum err check_measures(const struct actor *owner, const struct definition *definition,
                               str name)
{
    if (!definition_set_has(&owner->suspended, definition->number) &&
        !definition_set_has(&owner->read_only, definition->number))
        return OK;
    return err_set(ERR_DENIED, "%.*s may not write \"%.*s\", by a measure", STR(name),
                   STR(definition->name));
}

enum err call_needs(struct call *call, const struct definition *definition, str owner,
                    enum gate_kind kind, const struct record *record, struct node *why,
                    unsigned *ret)
{
    struct actor measured;
    const struct api_node *node = &call->api->node;
    bool is_bulk = kind == GATE_IMPORT || kind == GATE_UNDO;
    bool is_entered = kind == GATE_CREATE || kind == GATE_CORRECT || kind == GATE_IMPORT;
    *ret = 0;
    if (!definition || !definition_is_data(definition))
        return OK;
    identity_measures_on(node->identity, owner, &measured);
    if (is_entered && !call->actor.country.len)
        TRY(check_measures(&measured, definition, owner));
    *ret = policy_needs(&call->actor, definition, is_bulk) |
           policy_needs(&measured, definition, is_bulk);
    if (kind == GATE_CREATE && record && gate_volume_holds(node->gate, record, call->arena, why))
        *ret |= NEED_RELEASE;
    return OK;
}

/* ---- waiting ---- */

struct waiting_change {
    struct record_id id;
    unsigned needs;
    const struct node *why;
};

static void print_waiting(struct call *call)
{
    const struct waiting_change *waiting = call->state;
    char id[RECORD_ID_TEXT];
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_text(&json, S("waiting"), str_c(record_id_format(waiting->id, id)));
    print_needs(&json, S("needs"), waiting->needs);
    json_key(&json, S("why"));
    json_open(&json, '[');
    node_each(one, waiting->why) json_text(&json, STR_EMPTY, node_as_text(one));
    json_close(&json, ']');
    json_text(&json, S("receipt"), str_c(call->receipt));
    json_close(&json, '}');
}

void print_needs(struct json *json, str key, unsigned needs)
{
    json_key(json, key);
    json_open(json, '[');
    for (unsigned bit = 1; bit <= NEED_ALL; bit <<= 1)
        if (needs & bit)
            json_text(json, STR_EMPTY, str_c(gate_need_word(bit)));
    json_close(json, ']');
}

enum err call_propose(struct call *call, const struct gate_draft *draft)
{
    char id[RECORD_ID_TEXT];
    struct waiting_change *waiting = arena_new(call->arena, struct waiting_change);
    if (!waiting)
        return err_last()->code;
    TRY(gate_propose(call->api->node.gate, draft, call->arena, &waiting->id));
    waiting->needs = draft->needs;
    waiting->why = draft->why;
    struct audit_entry entry = call_entry(call, AUDIT_WRITE);
    entry.query = arena_printf(call->arena, "{\"proposal\":\"%s\",\"kind\":\"%s\"}",
                               record_id_format(waiting->id, id), gate_kind_word(draft->kind));
    if (draft->kind != GATE_IMPORT && draft->kind != GATE_UNDO)
        entry.databases = draft->database;
    entry.verdict = S("proposed");
    call->state = waiting;
    call->status = 202;
    return call_finish_audited(call, &entry, print_waiting);
}

static enum gate_kind kind_of(const struct change *change)
{
    switch (change->kind) {
    case CHANGE_PUT: return change->number ? GATE_CORRECT : GATE_CREATE;
    case CHANGE_STATE: return GATE_STATE;
    case CHANGE_ERASE: break;
    }
    return GATE_DELETE;
}

enum err propose_change(struct call *call, struct changing *changing, unsigned needs,
                        const struct node *why)
{
    char id[RECORD_ID_TEXT];
    const struct change *change = &changing->change;
    struct gate_draft draft = {.kind = kind_of(change),
                               .database = change->definition,
                               .owner = change->owner,
                               .reason = changing->reason,
                               .version = change->number ? changing->seen : 0,
                               .needs = needs,
                               .why = why,
                               .attachments = change->attachments,
                               .attachment_count = change->attachment_count,
                               .officer = call->actor.officer,
                               .unit = call->actor.unit};
    if (change->number)
        draft.record =
            arena_str(call->arena,
                      str_c(record_id_format((struct record_id){store_home(call->api->node.store),
                                                                change->number},
                                             id)));
    if (draft.kind == GATE_STATE)
        draft.state = str_c(state_word(change->state));
    if (change->kind == CHANGE_PUT)
        draft.body = arena_str(call->arena, buf_str(&changing->body));
    if (change->expect_version && change->number && change->expect_version != changing->seen) {
        changing_release(changing);
        return err_set(ERR_STALE, "the record is at version %u, not %u", changing->seen,
                       change->expect_version);
    }
    enum err code = call_propose(call, &draft);
    changing_release(changing);
    return code;
}

/* ---- held imports ---- */

static struct node *request_node(const struct intake_request *request, const struct node *files,
                                 struct arena *arena)
{
    struct node *map = node_map(arena);
    node_put_text(arena, map, S("format"), request->format);
    node_put(map, S("files"), node_copy(arena, files));
    node_put_text(arena, map, S("owner"), request->owner);
    node_put_text(arena, map, S("unit"), request->unit);
    node_put_bool(arena, map, S("full"), request->is_full);
    node_put_number(arena, map, S("drop_limit"), request->drop_percent);
    return map;
}

unsigned import_needs(void *context, str owner, const struct definition *definition)
{
    struct api *api = context;
    struct actor measured;
    identity_measures_on(api->node.identity, owner, &measured);
    return policy_needs(&measured, definition, true);
}

/* On the job's thread: what was held waits for a second person, with what it was. */
enum err import_was_held(void *context, const struct intake_request *request,
                         const struct intake_held *held)
{
    struct api *api = context;
    struct arena arena = {0};
    struct buf text = {.max = 1 << 20};
    struct record_id id;
    bool is_found = held->why && held->why->count;
    json_write(&text, request_node(request, held->files, &arena));
    struct gate_draft draft = {.kind = GATE_IMPORT,
                               .database = request->format,
                               .owner = held->owner,
                               .record = intake_batch_name(&api->intake, held->batch, &arena),
                               .needs = held->needs | (is_found ? (unsigned)NEED_RELEASE : 0u),
                               .why = held->why,
                               .body = buf_str(&text),
                               .officer = request->actor};
    enum err code =
        draft.owner.len && draft.needs ? gate_propose(api->node.gate, &draft, &arena, &id) : OK;
    buf_release(&text);
    arena_release(&arena);
    return code;
}
