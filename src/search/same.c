/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is it held already? A record's reference, and each list of fields that its definition declares
 * `unique`, belong to one open record of the owner. The index leads to what may be the same (it
 * keeps hashes), the stored body decides.
 *
 * The index shows a commit before it is acknowledged, but not before it is made: of two that enter
 * the same record in the same moment, neither would see the other. So whoever is about to commit
 * claims the values first (search_same_claim) and lets go when the commit is done or given up.
 */
#include "search/same.h"

#include <pthread.h>

#include "codec/json.h"
#include "search/internal.h"

enum { CLAIM_MAX = 4096, SAME_READ_MAX = 50 };

struct lookup {
    const struct same_node *node;
    const struct record *record;
    struct arena *arena;
    const struct value *values[UNIQUE_FIELDS_MAX];
    const struct unique *unique;
    struct same *found;
};

/* ---- one that is held ---- */

/* The record as held; false when it is another owner's, or none that stands in the way. */
static enum err read_held(struct lookup *lookup, uint64_t number, struct stored *ret,
                          struct node **ret_body, bool *ret_counts)
{
    *ret_counts = false;
    if (number == 0 || number == lookup->record->id.number)
        return OK;
    TRY(store_read(lookup->node->store, number, lookup->arena, ret));
    if (ret->is_erased || !str_eq(ret->owner, lookup->record->envelope.owner) ||
        !str_eq(ret->definition, lookup->record->definition->name))
        return OK;
    TRY(json_parse(ret->body, lookup->arena, ret_body));
    *ret_counts = true;
    return OK;
}

static enum err look_at_ref(struct lookup *lookup, struct index_snapshot *snapshot)
{
    const struct envelope *envelope = &lookup->record->envelope;
    uint64_t number = 0;
    struct stored held;
    struct node *body = NULL;
    bool counts = false;
    if (envelope->ref.len == 0)
        return OK;
    TRY(index_find_ref(snapshot, lookup->record->definition->name, envelope->owner, envelope->ref,
                       &number));
    TRY(read_held(lookup, number, &held, &body, &counts));
    if (counts && str_eq(node_get_text(node_get(body, S("envelope")), S("ref")), envelope->ref))
        *lookup->found = (struct same){.id = held.id, .path = S("envelope.ref")};
    return OK;
}

static bool has_all(const struct lookup *lookup, const struct record *held)
{
    const struct value *values[UNIQUE_FIELDS_MAX];
    if (!record_unique(held, lookup->unique, values))
        return false;
    for (size_t i = 0; i < lookup->unique->count; i++)
        if (!str_eq(values[i]->norm, lookup->values[i]->norm))
            return false;
    return true;
}

static enum err look_at_hit(struct lookup *lookup, uint64_t number)
{
    struct stored held;
    struct node *body = NULL;
    struct record record;
    bool counts = false;
    TRY(read_held(lookup, number, &held, &body, &counts));
    if (!counts || (held.state != STATE_ACTIVE && held.state != STATE_SUSPENDED))
        return OK;
    TRY(record_read(lookup->node->catalog, lookup->record->definition, body, lookup->arena,
                    &record));
    if (has_all(lookup, &record))
        *lookup->found = (struct same){.id = held.id, .path = lookup->unique->fields[0]->path};
    return OK;
}

/* The first exact key, else range, of the values: one is enough to find the record by. */
static enum err first_key(const struct lookup *lookup, struct key *ret)
{
    *ret = (struct key){.kind = KEY_SKELETON};
    for (size_t i = 0; i < lookup->unique->count; i++) {
        const struct key *keys;
        size_t count = 0;
        if (!lookup->values[i]->type->is_key || !lookup->unique->fields[i]->meaning_number)
            continue;
        TRY(value_keys(lookup->values[i], lookup->arena, &keys, &count));
        for (size_t k = 0; k < count; k++) {
            if (ret->kind == KEY_SKELETON || keys[k].kind == KEY_EXACT)
                *ret = keys[k];
            if (keys[k].kind == KEY_EXACT)
                return OK;
        }
    }
    return OK;
}

static enum err probe(const struct lookup *lookup, struct index_snapshot *snapshot,
                      const struct policy_scope *scope, struct index_hits *ret)
{
    struct key key;
    uint64_t databases[DATABASE_WORDS] = {0};
    TRY(first_key(lookup, &key));
    bit_set(databases, lookup->record->definition->number);
    if (key.kind == KEY_EXACT)
        return index_probe(snapshot, scope, databases, KEY_EXACT, key.space, key.text,
                           lookup->arena, SAME_READ_MAX, ret);
    if (key.kind == KEY_RANGE)
        return index_probe_range(snapshot, scope, databases, key.space, key.text, key.to,
                                 lookup->arena, SAME_READ_MAX, ret);
    return OK;
}

/*
 * Only what its keeper may see is counted: others' records of the same number, however many, must
 * neither hide the owner's own nor show.
 */
static enum err probe_own(const struct lookup *lookup, struct index_snapshot *snapshot,
                          struct index_hits *ret)
{
    const struct policy_scope *scope = NULL;
    const struct actor keeper = {.country = lookup->record->envelope.owner,
                                 .may_write = true,
                                 .purpose = UINT16_MAX};
    TRY(policy_scope_open(index_snapshot_classes(snapshot), &keeper, &scope));
    enum err code = probe(lookup, snapshot, scope, ret);
    policy_scope_close(scope);
    return code;
}

static enum err look_at_unique(struct lookup *lookup, struct index_snapshot *snapshot)
{
    struct index_hits hits = {0};
    if (!record_unique(lookup->record, lookup->unique, lookup->values))
        return OK;
    TRY(probe_own(lookup, snapshot, &hits));
    for (size_t i = 0; i < hits.count && !lookup->found->id.number; i++)
        TRY(look_at_hit(lookup, hits.items[i].number));
    return OK;
}

enum err search_same(const struct same_node *node, struct index_snapshot *snapshot,
                     const struct record *record, struct arena *arena, struct same *ret)
{
    struct lookup lookup = {.node = node, .record = record, .arena = arena, .found = ret};
    *ret = (struct same){.path = STR_EMPTY};
    TRY(look_at_ref(&lookup, snapshot));
    for (size_t i = 0; i < record->definition->unique_count && !ret->id.number; i++) {
        lookup.unique = &record->definition->uniques[i];
        TRY(look_at_unique(&lookup, snapshot));
    }
    return OK;
}

enum err search_same_refusal(const struct record *record, const struct same *same)
{
    char id[RECORD_ID_TEXT];
    err_set(ERR_CONFLICT, "%.*s holds this already, as record %s", STR(record->envelope.owner),
            record_id_format(same->id, id));
    err_field("%.*s", STR(same->path));
    return err_hint("correct that record, or withdraw it first");
}

/* ---- what makes it the same, as hashes ---- */

static uint64_t head_hash(const struct record *record, unsigned seed)
{
    uint64_t hash = hash64(record->definition->name, 41 + seed);
    return hash_mix(hash, hash64(record->envelope.owner, 42));
}

size_t search_same_hashes(const struct record *record, uint64_t ret[SAME_HASH_MAX])
{
    const struct definition *definition = record->definition;
    size_t count = 0;
    if (record->envelope.ref.len)
        ret[count++] = hash_mix(head_hash(record, 0), hash64(record->envelope.ref, 43)) | 1;
    for (size_t u = 0; u < definition->unique_count; u++) {
        const struct value *values[UNIQUE_FIELDS_MAX];
        uint64_t hash = head_hash(record, (unsigned)u + 1);
        if (!record_unique(record, &definition->uniques[u], values))
            continue;
        for (size_t i = 0; i < definition->uniques[u].count; i++)
            hash = hash_mix(hash, hash64(values[i]->norm, 44));
        ret[count++] = hash | 1;
    }
    return count;
}

/* ---- claims ---- */

static struct {
    pthread_mutex_t lock;
    uint64_t hashes[CLAIM_MAX];
    size_t count;
} claims = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_claimed(uint64_t hash)
{
    for (size_t i = 0; i < claims.count; i++)
        if (claims.hashes[i] == hash)
            return true;
    return false;
}

enum err search_same_claim(const struct record *record, struct same_claim *ret)
{
    bool is_taken = false;
    ret->count = search_same_hashes(record, ret->hashes);
    pthread_mutex_lock(&claims.lock);
    for (size_t i = 0; i < ret->count; i++)
        is_taken = is_taken || is_claimed(ret->hashes[i]);
    bool is_full = claims.count + ret->count > CLAIM_MAX;
    for (size_t i = 0; i < ret->count && !is_taken && !is_full; i++)
        claims.hashes[claims.count++] = ret->hashes[i];
    pthread_mutex_unlock(&claims.lock);
    if (is_taken || is_full)
        ret->count = 0;
    if (is_taken)
        return err_set(ERR_CONFLICT, "the same record is being entered at this moment");
    return is_full ? err_set(ERR_BUSY, "%d records are being entered at this moment", CLAIM_MAX)
                   : OK;
}

void search_same_release(struct same_claim *claim)
{
    pthread_mutex_lock(&claims.lock);
    for (size_t i = 0; i < claim->count; i++)
        for (size_t k = 0; k < claims.count; k++)
            if (claims.hashes[k] == claim->hashes[i]) {
                claims.hashes[k] = claims.hashes[--claims.count];
                break;
            }
    pthread_mutex_unlock(&claims.lock);
    claim->count = 0;
}
