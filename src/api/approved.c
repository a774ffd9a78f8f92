/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was approved is made, exactly as it was entered: the bytes that were checked then, against
 * the version that was current then. If that is no longer the record's, nothing is made and the
 * proposal waits on, to be refused or withdrawn.
 */
#include "api/changing.h"

enum { FILES_MAX = 8 };

/* ---- a record ---- */

static enum err read_contents(struct call *call, const struct gate_proposal *proposal,
                              struct record *ret)
{
    struct node *body = NULL;
    const struct catalog *catalog = call->api->node.catalog;
    const struct definition *definition = catalog_find(catalog, proposal->database);
    if (!definition)
        return err_set(ERR_NOT_FOUND, "the definition %.*s is not known here",
                       STR(proposal->database));
    TRY(json_parse(proposal->body, call->arena, &body));
    TRY(record_read(catalog, definition, body, call->arena, ret));
    ret->definition = definition;
    return OK;
}

static enum err put(struct call *call, const struct gate_proposal *proposal,
                    const struct record *current, struct changing *changing)
{
    struct record *record = arena_new(call->arena, struct record);
    if (!record)
        return err_last()->code;
    TRY(read_contents(call, proposal, record));
    if (current)
        record->id = current->id;
    TRY(refuse_same(call, record, changing));
    changing->change.kind = CHANGE_PUT;
    changing->change.definition = record->definition->name;
    changing->change.definition_version = record->definition->version;
    changing->change.state = current ? current->state : STATE_ACTIVE;
    changing->change.body = proposal->body;
    find_attachments(call, record, changing);
    return OK;
}

static enum err set_state(struct call *call, const struct gate_proposal *proposal,
                          const struct record *current, struct changing *changing)
{
    enum state state;
    if (!state_parse(proposal->state, &state))
        return err_set(ERR_DAMAGED, "the proposal names no state");
    bool was_open = current->state == STATE_ACTIVE || current->state == STATE_SUSPENDED;
    bool is_open = state == STATE_ACTIVE || state == STATE_SUSPENDED;
    if (is_open && !was_open)
        TRY(refuse_same(call, current, changing));
    changing->change.kind = CHANGE_STATE;
    changing->change.state = state;
    return OK;
}

static enum err load_current(struct call *call, const struct gate_proposal *proposal,
                             struct changing *changing, struct record *ret)
{
    struct record_id id;
    struct stored stored;
    struct store *store = call->api->node.store;
    if (!record_id_parse(proposal->record, &id))
        return err_set(ERR_DAMAGED, "the proposal names no record");
    TRY(store_read(store, id.number, call->arena, &stored));
    if (stored.is_erased || !stored.body.len)
        return err_set(ERR_GONE, "the record was destroyed since");
    if (stored.version != proposal->version || !str_eq(stored.owner, proposal->owner))
        return err_set(ERR_STALE, "the record was changed since: version %u is not %u",
                       stored.version, proposal->version);
    TRY(stored_to_record(call, &stored, call->arena, ret));
    changing->change.number = id.number;
    changing->change.expect_version = proposal->version;
    changing->change.definition = ret->definition->name;
    changing->change.definition_version = ret->definition->version;
    return OK;
}

static enum err make_change(struct call *call, const struct gate_proposal *proposal,
                            struct changing *changing)
{
    struct record *current = arena_new(call->arena, struct record);
    if (!current)
        return err_last()->code;
    changing->change.owner = proposal->owner;
    changing->change.actor = proposal->officer;
    changing->reason = proposal->reason;
    if (proposal->kind == GATE_CREATE)
        return put(call, proposal, NULL, changing);
    TRY(load_current(call, proposal, changing, current));
    if (proposal->kind == GATE_CORRECT)
        return put(call, proposal, current, changing);
    if (proposal->kind == GATE_STATE)
        return set_state(call, proposal, current, changing);
    changing->change.kind = CHANGE_ERASE;
    changing->change.state = STATE_DELETED;
    return certify(call, changing, current);
}

enum err apply_change(struct call *call, const struct gate_proposal *proposal,
                      const struct gate_decision *decision, struct committed *ret)
{
    struct committed done[2];
    struct changing *changing = arena_new(call->arena, struct changing);
    if (!changing)
        return err_last()->code;
    changing->body.max = STORE_BODY_MAX;
    enum err code = make_change(call, proposal, changing);
    changing->both[0] = changing->change;
    changing->both[1] = changing->certificate;
    if (!code)
        code = gate_decide(call->api->node.gate, proposal, decision, changing->both,
                           changing->is_certified ? 2 : 1, call->arena, done);
    changing_release(changing);
    if (!code)
        *ret = done[0];
    return code;
}

/* ---- a batch ---- */

struct released {
    struct intake_request request;
    const char *files[FILES_MAX];
    struct hash hashes[FILES_MAX];
};

static enum err read_request(struct call *call, const struct gate_proposal *proposal,
                             uint64_t batch, struct released *ret)
{
    struct node *body = NULL;
    uint64_t percent = 0;
    TRY(json_parse(proposal->body, call->arena, &body));
    ret->request = (struct intake_request){.format = node_get_text(body, S("format")),
                                           .files = ret->files,
                                           .hashes = ret->hashes,
                                           .owner = node_get_text(body, S("owner")),
                                           .unit = node_get_text(body, S("unit")),
                                           .actor = proposal->officer,
                                           .released = batch};
    ret->request.is_full = node_as_bool(node_get(body, S("full")), false);
    if (str_to_u64(node_get_text(body, S("drop_limit")), 100, &percent))
        ret->request.drop_percent = (unsigned)percent;
    node_each(file, node_get(body, S("files")))
    {
        size_t at = ret->request.file_count;
        if (at == FILES_MAX ||
            !hex_decode(node_get_text(file, S("sha256")), ret->hashes[at].bytes, HASH_SIZE))
            return err_set(ERR_DAMAGED, "the proposal does not say which files");
        ret->files[at] = arena_str(call->arena, node_get_text(file, S("path"))).ptr;
        ret->request.file_count++;
    }
    return OK;
}

/* Before anything is decided; read again, and held to it, when the job opens them. */
static enum err check_files(const struct released *released)
{
    struct hash hash;
    for (size_t i = 0; i < released->request.file_count; i++) {
        TRY(intake_hash_file(released->files[i], &hash));
        if (memcmp(hash.bytes, released->hashes[i].bytes, HASH_SIZE) != 0)
            return err_set(ERR_CONFLICT, "%s is no longer the file that was held",
                           released->files[i]);
    }
    return OK;
}

enum err apply_batch(struct call *call, const struct gate_proposal *proposal,
                     const struct gate_decision *decision, uint64_t *ret_job)
{
    uint64_t batch = 0;
    const struct api_node *node = &call->api->node;
    struct released *released = arena_new(call->arena, struct released);
    if (!released)
        return err_last()->code;
    if (!intake_batch_find(&call->api->intake, proposal->record, &batch))
        return err_set(ERR_DAMAGED, "the proposal names no batch");
    if (proposal->kind == GATE_IMPORT) {
        TRY(read_request(call, proposal, batch, released));
        TRY(check_files(released));
    }
    TRY(gate_decide(node->gate, proposal, decision, NULL, 0, call->arena, NULL));
    TRY(proposal->kind == GATE_IMPORT
            ? intake_start(node->jobs, &call->api->intake, &released->request, ret_job)
            : intake_undo_start(node->jobs, &call->api->intake, batch, proposal->officer, ret_job));
    job_own(node->jobs, *ret_job, call->actor.officer);
    return OK;
}
