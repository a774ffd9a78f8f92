/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person's request: opened with who asks kept apart and sealed, and what its moves do. An effect
 * is a list of changes that flow commits together with the move, so that a decision and what it
 * decides are one transaction; the deletion has its certificate in it, the correction is a version
 * of the record, a block ends with either. A record that is gone by then needs no deletion.
 */
#include <stdio.h>

#include "base/log.h"

#include "crypto/sign.h"
#include "rights/internal.h"

#define APPLICANT "applicant"
enum { PLAIN_MAX = 8 << 10 };
#define REASON S("on request of the person concerned")

struct actor for_request(const struct rights *rights, const struct actor *actor)
{
    struct actor copy = *actor;
    if (!purpose_find(rights->node.catalog, S("data-protection"), &copy.purpose))
        copy.purpose = UINT16_MAX;
    return copy;
}

/* ---- who asks ---- */

static enum err seal_applicant(struct rights *rights, const struct node *applicant,
                               struct arena *arena, str *ret)
{
    static const char *const keys[] = {"name", "birth_date", "contact", "language", "note"};
    struct buf plain = {.max = PLAIN_MAX}, sealed = {.max = SEALED_MAX}, text = {.max = SEALED_MAX};
    struct node *kept = node_map(arena);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (node_get_text(applicant, str_c(keys[i])).len)
            node_put_text(arena, kept, str_c(keys[i]), node_get_text(applicant, str_c(keys[i])));
    enum err code = OK;
    if (!node_get_text(kept, S("name")).len || !node_get_text(kept, S("contact")).len) {
        err_set(ERR_MISSING, "who asks has a name and a way to be reached");
        code = err_field("applicant");
    }
    json_write(&plain, kept);
    if (!code && plain.failed)
        code =
            err_set(ERR_LIMIT, "what is said of the applicant is longer than %d bytes", PLAIN_MAX);
    if (!code) {
        box_seal(rights->applicants.public, buf_str(&plain), &sealed);
        base64_add(&text, buf_str(&sealed));
        *ret = arena_str(arena, buf_str(&text));
        code = sealed.failed ? sealed.failed : text.failed;
    }
    wipe(plain.ptr, plain.ptr ? plain.len : 0);
    buf_release(&plain);
    buf_release(&sealed);
    buf_release(&text);
    return code;
}

static enum err keep_applicant(struct rights *rights, const struct actor *actor,
                               const struct node *applicant, struct arena *arena, str *ret_id)
{
    char id[RECORD_ID_TEXT];
    str sealed;
    struct change change;
    struct committed done;
    struct node *fields = node_map(arena);
    TRY(seal_applicant(rights, applicant, arena, &sealed));
    node_put_text(arena, fields, S("sealed"), sealed);
    TRY(change_make(rights->node.catalog,
                    &(struct made){.definition = APPLICANT,
                                   .owner = actor->country,
                                   .actor = actor->officer,
                                   .fields = fields},
                    arena, &change));
    TRY(store_commit(rights->node.store, &change, 1, true, &done));
    *ret_id = arena_str(arena, str_c(record_id_format(done.id, id)));
    return OK;
}

enum err rights_open_request(struct rights *rights, const struct actor *actor,
                             const struct rights_opening *opening, struct arena *arena,
                             struct flow_ticket *ret)
{
    struct flow_question question = {.kind = opening->kind,
                                     .owner = {actor->country, actor->unit},
                                     .fields = opening->fields};
    if (!str_eq(actor->role, S("data-protection")) || !actor->country.len || !actor->unit.len)
        return err_set(ERR_DENIED,
                       "officer %.*s is no data-protection officer of a unit; persons' requests "
                       "are entered by those",
                       STR(actor->officer));
    TRY(keep_applicant(rights, actor, opening->applicant, arena, &question.receipt));
    return flow_ask(rights->node.flow, actor, &question, arena, ret);
}

const struct node *unseal(const struct box_key *key, str sealed, struct arena *arena)
{
    char *box = arena_alloc(arena, SEALED_MAX);
    char *plain = arena_alloc(arena, SEALED_MAX);
    struct node *tree = NULL;
    size_t len = 0;
    if (!box || !plain || !base64_read(sealed, box, SEALED_MAX, &len) || len <= BOX_EXTRA ||
        !box_open(key, str_of(box, len), plain) ||
        json_parse(str_of(plain, len - BOX_EXTRA), arena, &tree) != OK)
        return NULL;
    return tree;
}

const struct node *rights_applicant(struct rights *rights, const struct actor *actor,
                                    const struct flow_ticket *ticket, struct arena *arena)
{
    struct record_id id;
    struct stored stored;
    struct node *body = NULL;
    if (!str_eq(actor->role, S("data-protection")) ||
        !str_eq(actor->country, ticket->brief.asker.country) ||
        !record_id_parse(ticket->receipt, &id) ||
        store_read(rights->node.store, id.number, arena, &stored) != OK || stored.is_erased ||
        !str_eq(stored.definition, S(APPLICANT)) || json_parse(stored.body, arena, &body) != OK) {
        err_clear();
        return NULL;
    }
    return unseal(&rights->applicants, node_get_text(node_get(body, S("fields")), S("sealed")),
                  arena);
}

/* ---- the records it is about ---- */

enum err read_record(struct rights *rights, const struct stored *stored, struct arena *arena,
                     struct record *ret)
{
    struct node *body = NULL;
    const struct definition *definition = catalog_find(rights->node.catalog, stored->definition);
    if (!definition || stored->is_erased || !stored->body.len)
        return err_set(ERR_GONE, "the contents of the record are destroyed");
    TRY(json_parse(stored->body, arena, &body));
    TRY(record_read(rights->node.catalog, definition, body, arena, ret));
    ret->id = stored->id;
    ret->version = stored->version;
    ret->state = stored->state;
    ret->body = body;
    ret->entered_us = stored->entered_us;
    ret->updated_us = stored->time_us;
    return OK;
}

enum err ids_of(const struct record *record, const struct field *field,
                struct record_id ret[RIGHTS_RECORDS_MAX], size_t *ret_count)
{
    size_t count = 0;
    for (size_t i = 0; field && i < record->count; i++) {
        if (record->values[i].field != field)
            continue;
        if (count == RIGHTS_RECORDS_MAX)
            return err_set(ERR_LIMIT, "a request is about at most %d records; open another",
                           RIGHTS_RECORDS_MAX);
        str text = record->values[i].value.norm;
        if (!record_id_parse(text, &ret[count])) {
            err_set(ERR_BAD_VALUE, "%.*s is not a record's id", STR(str_slice(text, 0, 64)));
            return err_field("%.*s", STR(field->name));
        }
        count++;
    }
    *ret_count = count;
    return OK;
}

size_t rights_about(const struct flow_ticket *ticket, struct record_id ret[RIGHTS_RECORDS_MAX])
{
    size_t count = 0;
    const struct life_request *request = ticket->brief.definition->life->request;
    if (request && ids_of(&ticket->record, request->about, ret, &count) != OK)
        err_clear();
    return count;
}

struct doing {
    struct rights *rights;
    struct flow_effect *effect;       /* to be carried out */
    const struct flow_effect *looked; /* the same, or one that is looked at only */
    struct arena *arena;
    struct changes changes;
    str by;
};

static enum err no_record(struct record_id id)
{
    char text[RECORD_ID_TEXT];
    return err_set(ERR_NOT_FOUND, "there is no record %s here", record_id_format(id, text));
}

/* One that the officer may name: seen by him, or of his own country. */
enum err name_record(struct rights *rights, const struct actor *actor, struct record_id id,
                     struct arena *arena, struct stored *ret_stored, struct record *ret)
{
    const struct rights_node *node = &rights->node;
    struct view view;
    if (id.home != store_home(node->store) ||
        store_read(node->store, id.number, arena, ret_stored) != OK)
        return no_record(id);
    const struct definition *definition = catalog_find(node->catalog, ret_stored->definition);
    if (!definition || !definition_is_data(definition) ||
        read_record(rights, ret_stored, arena, ret) != OK)
        return no_record(id);
    bool is_own = str_eq(actor->country, ret_stored->owner);
    if (!is_own && policy_open(node->catalog, actor, ret, arena, &view) != OK)
        return no_record(id);
    return OK;
}

/* ---- correction ---- */

static enum err put_proposal(const struct node *held, const struct node *proposal,
                             struct arena *arena, struct node **ret)
{
    struct node *fields = node_map(arena);
    if (!proposal || proposal->kind != NODE_MAP)
        return err_set(ERR_BAD_VALUE, "corrected fields are a map from field to value");
    node_each(field, held) if (!node_get(proposal, field->key))
        node_put(fields, field->key, node_copy(arena, field));
    node_each(field, proposal) if (field->kind != NODE_NULL)
        node_put(fields, field->key, node_copy(arena, field));
    *ret = fields;
    return OK;
}

static str proposal_text(const struct flow_effect *effect)
{
    const struct life_request *request = effect->life->request;
    for (size_t i = 0; i < effect->record->count; i++)
        if (effect->record->values[i].field == request->proposal)
            return effect->record->values[i].value.raw;
    return STR_EMPTY;
}

/* The record as it should be: checked like one entered by hand; its envelope stays. */
static enum err correct_body(struct doing *doing, const struct record *held, struct buf *out)
{
    const struct catalog *catalog = doing->rights->node.catalog;
    struct arena *arena = doing->arena;
    struct node *proposal = NULL, *fields = NULL, *body = node_map(arena);
    struct record next = {0};
    struct faults faults = {.items = arena_array(arena, struct fault, 1), .max = 1};
    enum err code = json_parse(proposal_text(doing->looked), arena, &proposal);
    if (!code)
        code = put_proposal(node_get(held->body, S("fields")), proposal, arena, &fields);
    if (code)
        return err_field("%.*s", STR(doing->looked->life->request->proposal->name));
    node_put(body, S("envelope"), node_copy(arena, node_get(held->body, S("envelope"))));
    node_put(body, S("fields"), fields);
    code = record_check(catalog, held->definition, body, arena, &next, &faults);
    if (!code)
        code = record_check_fixed(held, &next, arena, &faults);
    if (faults.count && faults.items) {
        (void)faults_first(&faults, code);
        return err_field("%.*s", STR(doing->looked->life->request->proposal->name));
    }
    TRY(code);
    return record_canonical(catalog, &next, out);
}

static enum err corrected(struct doing *doing, const struct record *held, str *ret)
{
    struct buf out = {.max = STORE_BODY_MAX};
    enum err code = correct_body(doing, held, &out);
    *ret = arena_str(doing->arena, buf_str(&out));
    buf_release(&out);
    return code;
}

/* ---- what moves do ---- */

/* Its subject: the first record. Its owner decides; all are of one owner. */
static enum err assign(struct doing *doing, const struct record_id *ids, size_t count)
{
    struct flow_effect *effect = doing->effect;
    struct actor actor = for_request(doing->rights, effect->actor);
    for (size_t i = 0; i < count; i++) {
        struct stored stored;
        struct record record;
        str body;
        TRY(name_record(doing->rights, &actor, ids[i], doing->arena, &stored, &record));
        if (i && !str_eq(stored.owner, effect->owner.country))
            return err_set(ERR_CONFLICT,
                           "the records are of several owners; each decides in a request of its "
                           "own");
        if (effect->life->request->proposal)
            TRY(corrected(doing, &record, &body));
        if (i)
            continue;
        effect->subject = ids[i];
        effect->owner = (struct flow_party){stored.owner, record.envelope.unit};
        effect->database = record.definition->name;
        effect->is_test = record.envelope.is_test;
    }
    return OK;
}

static enum err certify_deletion(struct doing *doing, const struct stored *stored)
{
    struct change certificate;
    TRY(keep_certify(doing->rights->node.keep, stored, REASON, doing->by, doing->arena,
                     &certificate));
    return changes_add(&doing->changes, &certificate);
}

static enum err delete_one(struct doing *doing, const struct stored *stored)
{
    struct change erase = {.kind = CHANGE_ERASE,
                           .number = stored->id.number,
                           .expect_version = stored->version,
                           .definition = stored->definition,
                           .owner = stored->owner,
                           .state = STATE_DELETED,
                           .actor = doing->by};
    TRY(hold_end(doing->rights, stored, HELD_FOR_REQUEST, &erase, doing->by, &doing->changes));
    TRY(changes_add(&doing->changes, &erase));
    return certify_deletion(doing, stored);
}

/* One whose day has passed meanwhile is let go of, and deleted: it takes no correction any more. */
static enum err correct_one(struct doing *doing, const struct stored *stored)
{
    if (keep_is_over(doing->rights->node.keep, stored->id.number))
        return hold_end(doing->rights, stored, HELD_FOR_REQUEST, NULL, doing->by, &doing->changes);
    struct record held;
    struct change put = {.kind = CHANGE_PUT,
                         .number = stored->id.number,
                         .expect_version = stored->version,
                         .definition = stored->definition,
                         .owner = stored->owner,
                         .state = stored->state,
                         .actor = doing->by};
    TRY(read_record(doing->rights, stored, doing->arena, &held));
    put.definition_version = held.definition->version;
    TRY(corrected(doing, &held, &put.body));
    TRY(hold_end(doing->rights, stored, HELD_FOR_REQUEST, &put, doing->by, &doing->changes));
    return changes_add(&doing->changes, &put);
}

static bool is_among(struct record_id id, const struct record_id *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i].number == id.number && ids[i].home == id.home)
            return true;
    return false;
}

static enum err do_one(struct doing *doing, enum life_effect what, const struct stored *stored)
{
    switch (what) {
    case DOES_BLOCK:
        return hold_begin(doing->rights, stored, HELD_FOR_REQUEST, doing->effect->ticket, doing->by,
                          doing->arena, &doing->changes);
    case DOES_RELEASE:
    case DOES_DISCLOSE:
        return hold_end(doing->rights, stored, HELD_FOR_REQUEST, NULL, doing->by, &doing->changes);
    case DOES_DELETE: return delete_one(doing, stored);
    case DOES_CORRECT: return correct_one(doing, stored);
    case DOES_NOTHING:
    case DOES_ASSIGN: break;
    }
    return OK;
}

/* Of a deletion granted in part, the records that are not named are let go. */
static enum err do_all(struct doing *doing, const struct record_id *ids, size_t count)
{
    const struct flow_effect *effect = doing->effect;
    struct record_id some[RIGHTS_RECORDS_MAX];
    size_t some_count = 0;
    TRY(ids_of(effect->record, effect->life->request->some, some, &some_count));
    for (size_t i = 0; i < count; i++) {
        struct stored stored;
        enum life_effect what = effect->effect;
        TRY(store_read(doing->rights->node.store, ids[i].number, doing->arena, &stored));
        if (stored.is_erased || !stored.body.len)
            continue;
        if (some_count && what == DOES_DELETE && !is_among(ids[i], some, some_count))
            what = DOES_RELEASE;
        TRY(do_one(doing, what, &stored));
    }
    return OK;
}

enum err rights_do(void *context, struct flow_effect *effect, struct arena *arena)
{
    struct record_id ids[RIGHTS_RECORDS_MAX];
    size_t count = 0;
    struct doing doing = {.rights = context,
                          .effect = effect,
                          .looked = effect,
                          .arena = arena,
                          .changes = {.items = effect->changes, .max = FLOW_CHANGES_MAX},
                          .by = effect->actor->officer};
    if (!effect->life->request)
        return err_set(ERR_CONFLICT, "only a person's request does something to records");
    TRY(ids_of(effect->record, effect->life->request->about, ids, &count));
    enum err code =
        effect->effect == DOES_ASSIGN ? assign(&doing, ids, count) : do_all(&doing, ids, count);
    effect->change_count = doing.changes.count;
    return code;
}

/* ---- who confirms ---- */

/* What the gate asks of a change entered by hand it asks of a correction that was granted. */
static enum err look_at_one(struct doing *doing, const struct stored *stored, bool *is_two)
{
    struct rights *rights = doing->rights;
    struct actor measured = {.may_write = false};
    struct record held;
    str body;
    if (keep_is_over(rights->node.keep, stored->id.number))
        return OK;
    TRY(read_record(rights, stored, doing->arena, &held));
    TRY(corrected(doing, &held, &body));
    if (str_eq(body, stored->body))
        return OK;
    if (rights->node.identity)
        identity_measures_on(rights->node.identity, stored->owner, &measured);
    unsigned needs = policy_needs(&measured, held.definition, false);
    uint16_t number = held.definition->number;
    if ((needs & NEED_HUB) || definition_set_has(&measured.suspended, number) ||
        definition_set_has(&measured.read_only, number)) {
        err_set(ERR_DENIED, "%.*s may not write \"%.*s\" by itself, by a measure",
                STR(stored->owner), STR(held.definition->name));
        return err_hint("the correction is entered as any other and waits for the hub; once it "
                        "stands, the request is granted");
    }
    *is_two |= (needs & NEED_SECOND) != 0;
    return OK;
}

enum err rights_look(void *context, const struct flow_effect *effect, struct arena *arena,
                     bool *ret_is_two)
{
    struct record_id ids[RIGHTS_RECORDS_MAX];
    struct doing doing = {.rights = context, .looked = effect, .arena = arena};
    size_t count = 0;
    *ret_is_two = false;
    if (effect->effect != DOES_CORRECT || !effect->life->request)
        return OK;
    TRY(ids_of(effect->record, effect->life->request->about, ids, &count));
    for (size_t i = 0; i < count; i++) {
        struct stored stored;
        TRY(store_read(doing.rights->node.store, ids[i].number, arena, &stored));
        if (!stored.is_erased && stored.body.len)
            TRY(look_at_one(&doing, &stored, ret_is_two));
    }
    return OK;
}

/* ---- on the log ---- */

void rights_did(void *context, const struct flow_effect *effect)
{
    struct rights *rights = context;
    struct record_id ids[RIGHTS_RECORDS_MAX];
    struct audit_shown shown[RIGHTS_RECORDS_MAX];
    size_t count = 0;
    char id[RECORD_ID_TEXT], query[64], verdict[64], receipt[RECEIPT_TEXT];
    struct actor actor = for_request(rights, effect->actor);
    if (ids_of(effect->record, effect->life->request->about, ids, &count) != OK)
        err_clear();
    for (size_t i = 0; i < count; i++)
        shown[i] = (struct audit_shown){ids[i], 0, DISCLOSE_NONE};
    snprintf(query, sizeof query, "{\"ticket\":\"%s\"}", record_id_format(effect->ticket, id));
    snprintf(verdict, sizeof verdict, "request of a person: %s", life_effect_word(effect->effect));
    struct audit_entry entry = {.kind = AUDIT_WRITE,
                                .time_us = clock_now_us(),
                                .actor = &actor,
                                .databases = effect->database.len ? effect->database : S("*"),
                                .query = str_c(query),
                                .verdict = str_c(verdict),
                                .catalog = rights->node.catalog->hash,
                                .shown = shown,
                                .shown_count = count};
    if (rights->node.audit && audit_append_wait(rights->node.audit, &entry, receipt) == OK)
        return;
    char text[1024];
    log_write(LOG_ERROR, "what a request did could not be put on the audit log: %s",
              err_format(err_last(), text, sizeof text));
    err_clear();
}
