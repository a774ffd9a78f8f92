/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot asked. Every function here runs on any thread, takes no lock, and allocates only for
 * what it finds.
 *
 * An entry counts only if it is alive in the snapshot, its database was asked and its policy class
 * is open to the scope; that is decided before anything is counted, so limits and "too many" say
 * nothing of what an actor may not see.
 */
#include <stdlib.h>

#include "codec/json.h"
#include "index/internal.h"

struct probe {
    const struct index_snapshot *snapshot;
    const struct policy_scope *scope; /* NULL: everything (our own look-ups) */
    const uint64_t *databases;
    enum key_kind kind;
    struct arena *arena;
    size_t max, size;
    struct index_hits *hits;
};

/* ---- what an entry is ---- */

struct seen {
    uint64_t number, born, died;
    struct segment_class class;
};

static bool is_open(const struct probe *probe, const struct seen *seen, uint8_t *ret_disclosure)
{
    if (seen->born > probe->snapshot->seq || (seen->died && seen->died <= probe->snapshot->seq))
        return false;
    if (probe->databases &&
        !(probe->databases[seen->class.definition / 64] >> (seen->class.definition % 64) & 1))
        return false;
    *ret_disclosure = DISCLOSE_FULL;
    if (probe->scope)
        *ret_disclosure = (uint8_t)(seen->class.class_number < probe->scope->count
                                        ? probe->scope->disclosure[seen->class.class_number]
                                        : policy_scope_get(probe->scope, seen->class.class_number));
    return *ret_disclosure != DISCLOSE_NONE;
}

static struct seen seen_in_delta(const struct delta *delta, uint32_t entry)
{
    struct delta_entry *e = delta_entry(delta, entry);
    return (struct seen){e->number,
                         e->born,
                         atomic_load_explicit(&e->died, memory_order_acquire),
                         {e->definition, e->class_number}};
}

static enum err out_of_place(const struct segment *segment)
{
    return err_set(ERR_DAMAGED, "index file %s is damaged: an entry or class number is too high",
                   segment->path);
}

static enum err seen_in_segment(struct segment *segment, uint32_t entry, struct seen *ret)
{
    if (entry >= segment->meta.entry_count)
        return out_of_place(segment);
    TRY(column_check(segment, &segment->numbers, entry));
    TRY(column_check(segment, &segment->classes, entry));
    TRY(column_check(segment, &segment->born, entry));
    uint64_t class = column_get(&segment->classes, entry);
    if (class >= segment->meta.class_count)
        return out_of_place(segment);
    *ret = (struct seen){column_get(&segment->numbers, entry), column_get(&segment->born, entry),
                         segment_died(segment, entry), segment->class_rows[class]};
    return OK;
}

/* ---- hits ---- */

static uint16_t meaning_of(const struct probe *probe, uint16_t definition, uint8_t field)
{
    const struct definition *d = probe->snapshot->index->catalog->definitions[definition];
    return field < d->all_count ? d->all[field]->meaning_number : 0;
}

static enum err add_hit(struct probe *probe, const struct seen *seen, uint8_t field)
{
    uint8_t disclosure;
    struct index_hits *hits = probe->hits;
    if (!is_open(probe, seen, &disclosure))
        return OK;
    for (size_t i = 0; i < hits->count && hits->count < 16; i++)
        if (hits->items[i].number == seen->number)
            return OK; /* the same value in two fields of a record */
    if (hits->count >= probe->max) {
        hits->is_cut = true;
        return OK;
    }
    if (hits->count == probe->size) {
        size_t size = probe->size ? probe->size * 4 : 4;
        struct index_hit *grown = arena_array(probe->arena, struct index_hit, size);
        if (!grown)
            return ERR_LIMIT;
        if (hits->count)
            memcpy(grown, hits->items, hits->count * sizeof *grown);
        hits->items = grown;
        probe->size = size;
    }
    hits->items[hits->count++] =
        (struct index_hit){.number = seen->number,
                           .definition = seen->class.definition,
                           .meaning = meaning_of(probe, seen->class.definition, field),
                           .field = field,
                           .disclosure = disclosure,
                           .kind = (uint8_t)probe->kind};
    return OK;
}

static int compare_hits(const void *a, const void *b)
{
    const struct index_hit *x = a;
    const struct index_hit *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static void finish(struct index_hits *hits)
{
    if (hits->count < 2)
        return;
    qsort(hits->items, hits->count, sizeof *hits->items, compare_hits);
    size_t kept = 1;
    for (size_t i = 1; i < hits->count; i++)
        if (hits->items[i].number != hits->items[kept - 1].number)
            hits->items[kept++] = hits->items[i];
    hits->count = kept;
}

/* ---- keys ---- */

static enum err probe_delta(struct probe *probe, const struct delta *delta, uint64_t hash)
{
    for (uint32_t at = delta_first(delta, hash); at;) {
        const struct delta_node *node = delta_node(delta, at);
        at = node->next;
        if (node->hash != hash || node->is_number)
            continue;
        struct seen seen = seen_in_delta(delta, node->entry);
        TRY(add_hit(probe, &seen, node->field));
    }
    return OK;
}

static enum err probe_segment(struct probe *probe, struct segment *segment, uint64_t hash)
{
    uint32_t from;
    uint32_t to;
    TRY(segment_find(segment, hash, &from, &to));
    for (; from < to; from++) {
        struct slot slot = segment_slot(segment, from);
        struct seen seen;
        TRY(seen_in_segment(segment, slot.entry, &seen));
        TRY(add_hit(probe, &seen, slot.field));
    }
    return OK;
}

static enum err probe_parts(struct probe *probe, uint64_t hash)
{
    const struct index_set *set = probe->snapshot->set;
    for (size_t i = 0; i < set->count; i++)
        TRY(set->parts[i]->is_delta ? probe_delta(probe, (const struct delta *)set->parts[i], hash)
                                    : probe_segment(probe, (struct segment *)set->parts[i], hash));
    return OK;
}

/*
 * An index that is behind the feed or damaged cannot say "nothing"; damage wakes the merge thread,
 * which rebuilds.
 */
static enum err check_index(const struct index_snapshot *snapshot)
{
    if (atomic_load_explicit(&snapshot->index->is_behind, memory_order_relaxed))
        return err_set(ERR_BUSY,
                       "the index is behind the store and catches up with the next change");
    return OK;
}

static enum err note_damage(const struct index_snapshot *snapshot, enum err code)
{
    if (code == ERR_DAMAGED && !atomic_exchange(&snapshot->index->is_damaged, true))
        pthread_cond_signal(&snapshot->index->work);
    return code;
}

struct range_probe {
    struct probe *probe;
    struct segment *segment;
};

static enum err add_range(void *context, uint32_t entry, uint8_t field)
{
    struct range_probe *range = context;
    struct seen seen;
    TRY(seen_in_segment(range->segment, entry, &seen));
    return add_hit(range->probe, &seen, field);
}

static enum err probe_delta_ranges(struct probe *probe, const struct delta *delta, uint64_t space,
                                   str from, str to)
{
    uint32_t count = atomic_load_explicit(&delta->range_count, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++) {
        const struct delta_range *range = &delta->ranges[i];
        if (range->space != space || str_compare(range->from, to) > 0 ||
            str_compare(range->to, from) < 0)
            continue;
        struct seen seen = seen_in_delta(delta, range->entry);
        TRY(add_hit(probe, &seen, range->field));
    }
    return OK;
}

static bool has_ranges(const struct index_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->parts[i]->is_delta
                ? atomic_load_explicit(&((const struct delta *)set->parts[i])->range_count,
                                       memory_order_relaxed) > 0
                : ((const struct segment *)set->parts[i])->meta.range_count > 0)
            return true;
    return false;
}

static enum err probe_ranges(struct probe *probe, str space_name, str from, str to)
{
    const struct index_set *set = probe->snapshot->set;
    if (!has_ranges(set))
        return OK;
    uint64_t space = index_hash(probe->snapshot->index->key, KEY_RANGE, space_name, STR_EMPTY);
    for (size_t i = 0; i < set->count; i++) {
        struct range_probe range = {probe, (struct segment *)set->parts[i]};
        TRY(set->parts[i]->is_delta
                ? probe_delta_ranges(probe, (const struct delta *)set->parts[i], space, from, to)
                : segment_ranges(range.segment, space, from, to, add_range, &range));
    }
    return OK;
}

/* NOLINTNEXTLINE(readability-function-size): a question has that many sides */
enum err index_probe_range(const struct index_snapshot *snapshot, const struct policy_scope *scope,
                           const uint64_t *databases, str space, str from, str to,
                           struct arena *arena, size_t max, struct index_hits *ret)
{
    *ret = (struct index_hits){0};
    struct probe probe = {snapshot, scope, databases, KEY_RANGE, arena, max, 0, ret};
    TRY(check_index(snapshot));
    TRY(note_damage(snapshot, probe_ranges(&probe, space, from, to)));
    finish(ret);
    return OK;
}

uint64_t index_key_hash(const struct index_snapshot *snapshot, enum key_kind kind, str space,
                        str text)
{
    return index_hash(snapshot->index->key, kind, space, text);
}

void index_prefetch(const struct index_snapshot *snapshot, uint64_t hash)
{
    for (size_t i = 0; i < snapshot->set->count; i++) {
        const struct part *part = snapshot->set->parts[i];
        if (part->is_delta)
            __builtin_prefetch(&((const struct delta *)part)->heads[hash % DELTA_HEADS]);
        else
            segment_prefetch_bucket((const struct segment *)part, hash);
    }
}

/* NOLINTNEXTLINE(readability-function-size): a question has that many sides */
enum err index_probe_hash(const struct index_snapshot *snapshot, const struct policy_scope *scope,
                          const uint64_t *databases, enum key_kind kind, uint64_t hash,
                          struct arena *arena, size_t max, struct index_hits *ret)
{
    *ret = (struct index_hits){0};
    struct probe probe = {snapshot, scope, databases, kind, arena, max, 0, ret};
    TRY(check_index(snapshot));
    TRY(note_damage(snapshot, probe_parts(&probe, hash)));
    finish(ret);
    return OK;
}

/* NOLINTNEXTLINE(readability-function-size): a question has that many sides */
enum err index_probe(const struct index_snapshot *snapshot, const struct policy_scope *scope,
                     const uint64_t *databases, enum key_kind kind, str space, str text,
                     struct arena *arena, size_t max, struct index_hits *ret)
{
    if (kind == KEY_RANGE)
        return index_probe_range(snapshot, scope, databases, space, text, text, arena, max, ret);
    return index_probe_hash(snapshot, scope, databases, kind,
                            index_key_hash(snapshot, kind, space, text), arena, max, ret);
}

/*
 * Two rounds of prefetching ahead of the reads: hundreds of near misses wait for memory together,
 * not in turn.
 */
static enum err probe_batch(const struct index_snapshot *snapshot, struct probe *probes,
                            const uint64_t *hashes, size_t count)
{
    for (size_t i = 0; i < snapshot->set->count; i++) {
        struct part *part = snapshot->set->parts[i];
        struct segment *segment = (struct segment *)part;
        for (size_t k = 0; !part->is_delta && k < count; k++)
            segment_prefetch_bucket(segment, hashes[k]);
        for (size_t k = 0; !part->is_delta && k < count; k++)
            segment_prefetch_slots(segment, hashes[k]);
        for (size_t k = 0; k < count; k++)
            TRY(part->is_delta ? probe_delta(&probes[k], (const struct delta *)part, hashes[k])
                               : probe_segment(&probes[k], segment, hashes[k]));
    }
    return OK;
}

/* NOLINTNEXTLINE(readability-function-size): a question has that many sides */
enum err index_probe_many(const struct index_snapshot *snapshot, const struct policy_scope *scope,
                          const uint64_t *databases, enum key_kind kind,
                          const struct index_key *keys, size_t count, struct arena *arena,
                          size_t max, struct index_hits *ret)
{
    enum { BATCH = 64 };
    struct probe probes[BATCH];
    uint64_t hashes[BATCH];
    TRY(check_index(snapshot));
    for (size_t at = 0; at < count; at += BATCH) {
        size_t size = count - at < BATCH ? count - at : BATCH;
        for (size_t k = 0; k < size; k++) {
            ret[at + k] = (struct index_hits){0};
            probes[k] =
                (struct probe){snapshot, scope, databases, kind, arena, max, 0, &ret[at + k]};
            hashes[k] =
                index_hash(snapshot->index->key, kind, keys[at + k].space, keys[at + k].text);
        }
        TRY(note_damage(snapshot, probe_batch(snapshot, probes, hashes, size)));
        for (size_t k = 0; k < size; k++)
            finish(&ret[at + k]);
    }
    return OK;
}

struct policy_classes *index_snapshot_classes(const struct index_snapshot *snapshot)
{
    return snapshot->index->classes;
}

uint64_t index_space_count(const struct index_snapshot *snapshot, str space_name)
{
    uint64_t space = index_hash(snapshot->index->key, KEY_EXACT, space_name, STR_EMPTY);
    uint64_t count = 0;
    for (size_t i = 0; i < snapshot->set->count; i++) {
        const struct part *part = snapshot->set->parts[i];
        const struct delta *delta = (const struct delta *)part;
        const struct segment *segment = (const struct segment *)part;
        uint32_t spaces = part->is_delta
                              ? atomic_load_explicit(&delta->space_count, memory_order_acquire)
                              : segment->meta.space_count;
        for (uint32_t k = 0; k < spaces; k++)
            if (part->is_delta && delta->spaces[k].space == space)
                count += atomic_load_explicit(&delta->spaces[k].count, memory_order_relaxed);
            else if (!part->is_delta && segment->spaces[k].space == space)
                count += segment->spaces[k].count;
    }
    return count;
}

/* Whether the record itself has the reference; one that is gone has none. */
static enum err has_reference(const struct index_snapshot *snapshot, uint64_t number, str owner,
                              str ref, struct arena *arena, bool *ret)
{
    struct stored stored;
    struct node *body = NULL;
    *ret = false;
    enum err code = store_read(snapshot->index->store, number, arena, &stored);
    if (code == ERR_NOT_FOUND || code == ERR_GONE) {
        err_clear();
        return OK;
    }
    TRY(code);
    if (stored.is_erased || stored.body.len == 0 || !str_eq(stored.owner, owner))
        return OK;
    TRY(json_parse(stored.body, arena, &body));
    *ret = str_eq(node_get_text(node_get(body, S("envelope")), S("ref")), ref);
    return OK;
}

/*
 * Of a hundred million references a few share a hash with another key: then the records decide
 * which it is. A single one is the caller's to confirm.
 */
static enum err pick_reference(const struct index_snapshot *snapshot, const struct index_hits *hits,
                               str owner, str ref, struct arena *arena, uint64_t *ret)
{
    *ret = hits->count ? hits->items[0].number : 0;
    for (size_t i = 0; hits->count > 1 && i < hits->count; i++) {
        bool is_it = false;
        TRY(has_reference(snapshot, hits->items[i].number, owner, ref, arena, &is_it));
        *ret = is_it ? hits->items[i].number : 0;
        if (is_it)
            return OK;
    }
    return OK;
}

enum err index_find_ref(const struct index_snapshot *snapshot, str definition, str owner, str ref,
                        uint64_t *ret_number)
{
    struct arena arena = {0};
    struct index_hits hits = {0};
    struct probe probe = {snapshot, NULL, NULL, KEY_EXACT, &arena, INDEX_HIT_MAX, 0, &hits};
    TRY(check_index(snapshot));
    uint64_t hash = index_ref_hash(snapshot->index, definition, owner, ref);
    enum err code = note_damage(snapshot, probe_parts(&probe, hash));
    uint64_t number = 0;
    size_t kept = 0;
    for (size_t i = 0; i < hits.count; i++)
        if (str_eq(snapshot->index->catalog->definitions[hits.items[i].definition]->name,
                   definition))
            hits.items[kept++] = hits.items[i];
    hits.count = kept;
    if (!code)
        code = pick_reference(snapshot, &hits, owner, ref, &arena, &number);
    arena_release(&arena);
    if (!code)
        *ret_number = number;
    return code;
}
