/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of single records: created, corrected, put into another state, erased. A change is
 * committed with whatever else is in flight (store_submit), then put on the audit log, then
 * acknowledged; no thread waits for either.
 */
#include <stdio.h>

#include "api/changing.h"

static struct changing *changing_new(struct call *call)
{
    struct changing *changing = arena_new(call->arena, struct changing);
    if (changing)
        changing->body.max = STORE_BODY_MAX;
    return changing;
}

void changing_release(struct changing *changing)
{
    buf_release(&changing->body);
    search_same_release(&changing->claim);
}

/* ---- committing ---- */

static void print_committed(struct call *call)
{
    const struct committed *done = &((struct changing *)call->state)->done;
    char id[RECORD_ID_TEXT];
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_text(&json, S("id"), str_c(record_id_format(done->id, id)));
    json_number(&json, S("version"), done->version);
    json_text(&json, S("receipt"), str_c(call->receipt));
    json_close(&json, '}');
    call_header(call, S("ETag"), arena_printf(call->arena, "\"%u\"", done->version));
}

static str change_word(const struct changing *changing)
{
    switch (changing->change.kind) {
    case CHANGE_PUT: return changing->change.number ? S("corrected") : S("created");
    case CHANGE_STATE: return str_c(state_word(changing->change.state));
    case CHANGE_ERASE: break;
    }
    return S("erased");
}

/* On the store's publishing thread. */
static void committed(void *context, enum err code, struct committed *results, size_t count)
{
    struct call *call = context;
    struct changing *changing = call->state;
    changing_release(changing);
    if (!code && count)
        code = results[0].failed;
    if (code) {
        call_finish(call, code);
        return;
    }
    changing->done = results[0];
    struct audit_entry entry = call_entry(call, AUDIT_WRITE);
    struct audit_shown shown = {changing->done.id, changing->done.version, DISCLOSE_FULL};
    char id[RECORD_ID_TEXT];
    struct buf query = {.max = 4096};
    struct json json = {.out = &query};
    json_open(&json, '{');
    json_text(&json, S("id"), str_c(record_id_format(changing->done.id, id)));
    json_text_some(&json, S("reason"), changing->reason);
    json_close(&json, '}');
    entry.query = buf_str(&query);
    entry.databases = changing->change.definition;
    entry.verdict = change_word(changing);
    entry.shown = &shown;
    entry.shown_count = 1;
    code = call_finish_audited(call, &entry, print_committed);
    buf_release(&query);
    if (code)
        call_finish(call, code);
}

/* Everything that changes a record passes here: it is made, or waits for a second person. */
static enum err submit(struct call *call, struct changing *changing)
{
    unsigned needs = 0;
    struct node *why = node_list(call->arena);
    const struct change *change = &changing->change;
    enum gate_kind kind = change->kind == CHANGE_PUT ? GATE_CORRECT : GATE_STATE;
    const struct definition *definition = catalog_find(call->api->node.catalog, change->definition);
    if (change->kind == CHANGE_PUT && !change->number)
        kind = GATE_CREATE;
    enum err asked =
        call_needs(call, definition, change->owner, kind, changing->record, why, &needs);
    if (!asked && needs)
        return propose_change(call, changing, needs, why);
    if (asked) {
        changing_release(changing);
        return asked;
    }
    call->state = changing;
    changing->change.actor = call->actor.officer;
    changing->both[0] = changing->change;
    changing->both[1] = changing->certificate;
    size_t count = changing->is_certified ? 2 : 1;
    enum err code =
        store_submit(call->api->node.store, changing->both, count, count > 1, committed, call);
    if (code)
        changing_release(changing);
    return code;
}

/* ---- bodies ---- */

static void print_faults(struct json *json, const struct faults *faults)
{
    json_key(json, S("faults"));
    json_open(json, '[');
    for (size_t i = 0; i < faults->count && i < faults->max; i++) {
        const struct fault *fault = &faults->items[i];
        json_open(json, '{');
        json_text(json, S("path"), fault->path);
        json_text(json, S("value"), fault->value);
        json_text(json, S("code"), str_c(err_word(fault->code)));
        json_text(json, S("reason"), fault->reason);
        json_say(json, fault->reason, &fault->say);
        json_text_some(json, S("hint"), fault->hint);
        json_close(json, '}');
    }
    json_close(json, ']');
}

enum { FAULTS_MAX = 64 };

static struct faults faults_new(struct call *call)
{
    return (struct faults){.items = arena_array(call->arena, struct fault, FAULTS_MAX),
                           .max = FAULTS_MAX};
}

static void add_attachment(struct call *call, struct changing *changing, str hex)
{
    struct change *change = &changing->change;
    struct hash hash;
    if (change->attachment_count + 2 > STORE_ATTACHMENTS_MAX ||
        !hex_decode(hex, hash.bytes, HASH_SIZE))
        return;
    changing->attachments[change->attachment_count++] = hash;
    str content, mime;
    if (store_blob_get(call->api->node.store, &hash, call->arena, &content, &mime) == OK &&
        intake_photo_thumb(mime, &hash))
        changing->attachments[change->attachment_count++] = hash;
    err_clear();
    change->attachments = changing->attachments;
}

void find_attachments(struct call *call, const struct record *record, struct changing *changing)
{
    for (size_t i = 0; i < record->count; i++) {
        const struct value *value = &record->values[i].value;
        if (value->type && str_eq_c(S("photograph"), value->type->name))
            add_attachment(call, changing, value->norm);
    }
    node_each(item, record->envelope.evidence)
        add_attachment(call, changing, node_get_text(item, S("sha256")));
}

enum err refuse_same(struct call *call, const struct record *record, struct changing *changing)
{
    const struct api_node *node = &call->api->node;
    struct same same;
    TRY(search_same_claim(record, &changing->claim));
    struct index_snapshot *snapshot = index_snapshot_open(node->index);
    enum err code = search_same(&(struct same_node){node->catalog, node->store}, snapshot, record,
                                call->arena, &same);
    index_snapshot_close(snapshot);
    TRY(code);
    return same.id.number ? search_same_refusal(record, &same) : OK;
}

/*
 * Parses and checks the body, as a correction of `held` if that is given; a body with faults is
 * refused with all of them.
 */
static enum err take_body(struct call *call, const struct definition *definition,
                          const struct record *held, struct changing *changing)
{
    const struct catalog *catalog = call->api->node.catalog;
    struct record *record = arena_new(call->arena, struct record);
    struct faults faults = faults_new(call);
    if (!record)
        return err_last()->code;
    enum err code = record_check(catalog, definition, call->body, call->arena, record, &faults);
    if (!code && held)
        code = record_check_fixed(held, record, call->arena, &faults);
    if (faults.count)
        return faults_first(&faults, code);
    TRY(code);
    TRY(policy_allow(catalog, &call->actor, POLICY_WRITE, definition, record->envelope.owner));
    if (held)
        record->id = held->id;
    TRY(refuse_same(call, record, changing));
    TRY(record_canonical(catalog, record, &changing->body));
    changing->record = record;
    changing->change.kind = CHANGE_PUT;
    changing->change.definition = definition->name;
    changing->change.definition_version = definition->version;
    changing->change.owner = record->envelope.owner;
    changing->change.state = STATE_ACTIVE;
    changing->change.body = buf_str(&changing->body);
    find_attachments(call, record, changing);
    return OK;
}

/* What two officers have signed nobody writes by hand. */
static enum err refuse_kept(const struct definition *definition)
{
    return flow_keeps(definition)
               ? err_set(ERR_DENIED, "records of %.*s are written where they come about",
                         STR(definition->name))
               : OK;
}

/* ---- routes ---- */

enum err run_record_create(struct call *call)
{
    const struct definition *definition;
    struct changing *changing = changing_new(call);
    if (!changing)
        return err_last()->code;
    TRY(call_definition(call, call->args[0], &definition));
    TRY(refuse_kept(definition));
    enum err code = take_body(call, definition, NULL, changing);
    if (code)
        changing_release(changing);
    return code ? code : submit(call, changing);
}

/* The record to change, of args[0]; its version must be the one the caller saw. */
static enum err take_current(struct call *call, struct changing *changing, struct record *ret)
{
    struct record_id id;
    TRY(call_record_id(call, call->args[0], &id));
    TRY(record_load(call, id.number, ret));
    TRY(refuse_kept(ret->definition));
    changing->change.number = id.number;
    changing->seen = ret->version;
    changing->change.definition = ret->definition->name;
    changing->change.definition_version = ret->definition->version;
    changing->change.owner = ret->envelope.owner;
    changing->change.state = ret->state;
    return OK;
}

enum err run_record_put(struct call *call)
{
    struct record current;
    uint32_t version = 0;
    struct changing *changing = changing_new(call);
    if (!changing)
        return err_last()->code;
    TRY(call_if_match(call, &version));
    TRY(take_current(call, changing, &current));
    TRY(policy_allow(call->api->node.catalog, &call->actor, POLICY_WRITE, current.definition,
                     current.envelope.owner));
    enum err code = take_body(call, current.definition, &current, changing);
    if (!code && !str_eq(changing->change.owner, current.envelope.owner))
        code =
            err_set(ERR_DENIED, "a record stays with its owner %.*s", STR(current.envelope.owner));
    changing->change.state = current.state;
    changing->change.expect_version = version;
    if (code)
        changing_release(changing);
    return code ? code : submit(call, changing);
}

enum err run_record_state(struct call *call)
{
    struct record current;
    str word;
    enum state state;
    struct changing *changing = changing_new(call);
    if (!changing)
        return err_last()->code;
    TRY(call_body_text(call, S("state"), &word));
    changing->reason = node_get_text(call->body, S("reason"));
    if (http_header_find(&call->exchange->request, S("if-match")))
        TRY(call_if_match(call, &changing->change.expect_version));
    if (!state_parse(word, &state) || state == STATE_DELETED) {
        err_set(ERR_BAD_VALUE, "%.*s is not a state a record can be put into", STR(word));
        return err_field("state");
    }
    TRY(take_current(call, changing, &current));
    TRY(policy_allow(call->api->node.catalog, &call->actor, POLICY_WRITE, current.definition,
                     current.envelope.owner));
    bool was_open = current.state == STATE_ACTIVE || current.state == STATE_SUSPENDED;
    bool is_open = state == STATE_ACTIVE || state == STATE_SUSPENDED;
    if (is_open)
        TRY(rights_check_free(call->api->node.rights, current.id));
    enum err code = is_open && !was_open ? refuse_same(call, &current, changing) : OK;
    changing->change.kind = CHANGE_STATE;
    changing->change.state = state;
    if (code)
        changing_release(changing);
    return code ? code : submit(call, changing);
}

enum err certify(struct call *call, struct changing *changing, const struct record *record)
{
    struct stored stored;
    if (!definition_is_data(record->definition))
        return OK;
    TRY(store_read(call->api->node.store, record->id.number, call->arena, &stored));
    str reason = changing->reason.len ? changing->reason : S("deleted by its owner");
    changing->is_certified = true;
    return keep_certify(call->api->node.keep, &stored, reason, call->actor.officer, call->arena,
                        &changing->certificate);
}

enum err run_record_delete(struct call *call)
{
    struct record current;
    uint32_t version = 0;
    struct changing *changing = changing_new(call);
    if (!changing)
        return err_last()->code;
    TRY(call_if_match(call, &version));
    TRY(take_current(call, changing, &current));
    TRY(policy_allow(call->api->node.catalog, &call->actor, POLICY_DELETE, current.definition,
                     current.envelope.owner));
    struct rights_hold hold;
    if (rights_held(call->api->node.rights, current.id, &hold) && hold.is_held[HELD_FOR_REQUEST])
        TRY(rights_check_free(call->api->node.rights, current.id));
    changing->change.kind = CHANGE_ERASE;
    changing->change.state = STATE_DELETED;
    changing->change.expect_version = version;
    changing->reason = call_query(call, S("reason"));
    enum err code = certify(call, changing, &current);
    if (code)
        changing_release(changing);
    return code ? code : submit(call, changing);
}

/* Its review date put off: a version with another date, and the reason in its envelope. */
enum err run_record_extend(struct call *call)
{
    struct record current;
    struct keep_extension extension = {.by = call->actor.officer,
                                       .reason = node_get_text(call->body, S("reason"))};
    str until;
    struct changing *changing = changing_new(call);
    if (!changing)
        return err_last()->code;
    TRY(call_body_text(call, S("review_on"), &until));
    if (!day_parse(until, &extension.until)) {
        err_set(ERR_BAD_VALUE, "%.*s is not a day, as 2031-01-01", STR(str_slice(until, 0, 32)));
        return err_field("review_on");
    }
    if (http_header_find(&call->exchange->request, S("if-match")))
        TRY(call_if_match(call, &changing->change.expect_version));
    TRY(take_current(call, changing, &current));
    TRY(policy_allow(call->api->node.catalog, &call->actor, POLICY_WRITE, current.definition,
                     current.envelope.owner));
    enum err code =
        keep_extend(call->api->node.catalog, &current, &extension, call->arena, &changing->body);
    changing->change.kind = CHANGE_PUT;
    changing->change.body = buf_str(&changing->body);
    changing->reason = extension.reason;
    if (!changing->change.expect_version)
        changing->change.expect_version = current.version;
    if (code)
        changing_release(changing);
    else
        find_attachments(call, &current, changing);
    return code ? code : submit(call, changing);
}

/* ---- checking a body without writing it ---- */

struct checking {
    struct record record;
    struct faults faults;
    struct search_answer answer;
    bool is_searched;
};

static void print_values(struct json *json, const struct call *call, const struct record *record)
{
    static const str words[] = {
        [CHECK_NONE] = S("none"), [CHECK_OK] = S("ok"), [CHECK_FAILED] = S("failed")};
    json_key(json, S("values"));
    json_open(json, '[');
    for (size_t i = 0; i < record->count; i++) {
        const struct field_value *value = &record->values[i];
        json_open(json, '{');
        json_text(json, S("path"), value->field->path);
        json_number(json, S("row"), value->row);
        json_text(json, S("norm"), value->value.norm);
        json_text(json, S("check"), words[value->value.check]);
        search_said_print(call->api->node.catalog, S("note"), value->value.note, call->language,
                          json->out);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_checked(struct call *call)
{
    struct checking *checking = call->state;
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    print_faults(&json, &checking->faults);
    print_values(&json, call, &checking->record);
    json_key(&json, S("duplicates"));
    json_open(&json, '[');
    for (size_t i = 0; checking->is_searched && i < checking->answer.hit_count; i++)
        print_hit(&json, call, &checking->answer.hits[i]);
    json_close(&json, ']');
    json_close(&json, '}');
}

/* *ret_is_given: the search went on the record, its answer leaves from there. */
static enum err find_duplicates(struct call *call, const struct definition *definition,
                                struct checking *checking, bool *ret_is_given)
{
    struct search_engine *engine = call->api->node.engine;
    struct search_request request = {.limit = 5, .similar = SIMILAR_NO};
    request.fields = search_fields_of(&checking->record, call->arena);
    if (!request.fields || call->actor.purpose == UINT16_MAX)
        return OK;
    struct node *databases = node_list(call->arena);
    node_add(databases, node_text(call->arena, definition->name));
    request.databases = databases;
    struct search_plan *plan;
    TRY(search_plan(engine, &call->actor, &request, call->arena, &plan));
    TRY(search_run(plan, &checking->answer));
    struct audit_entry entry = {0};
    TRY(search_audit_entry(plan, &checking->answer, call->arena, &entry));
    checking->is_searched = true;
    *ret_is_given = true;
    return call_finish_audited(call, &entry, print_checked);
}

enum err run_record_check(struct call *call)
{
    const struct definition *definition;
    struct checking *checking = arena_new(call->arena, struct checking);
    if (!checking)
        return err_last()->code;
    TRY(call_definition(call, call->args[0], &definition));
    checking->faults = faults_new(call);
    enum err code = record_check(call->api->node.catalog, definition, call->body, call->arena,
                                 &checking->record, &checking->faults);
    if (code && checking->faults.count == 0)
        return code;
    call->state = checking;
    bool is_given = false;
    code = find_duplicates(call, definition, checking, &is_given);
    if (is_given)
        return code;
    err_clear(); /* a form still being filled need not make a search */
    print_checked(call);
    call_finish(call, OK);
    return OK;
}
