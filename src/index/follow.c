/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One change of the feed -> what the index knows of it.
 *
 * A change ends the entries of the record's earlier version wherever they lie and adds new ones to
 * the live delta: one for each birth date given, or one. Exact, skeleton and partial keys of every
 * field with a meaning lead to the first of them; names lie with all. Nothing is visible until
 * index_publish() moves the sequence number past a change, so that a reader sees a record's old
 * version or its new one, never both or none.
 *
 * A record that cannot be read (its definition is gone, its body damaged) is counted and reported,
 * and has no entries; a store that cannot be read stops the index (`is_behind`): it then answers
 * with an error until it has caught up.
 *
 * Runs under `writing`, on the store's writer thread or at open.
 */
#include <stdlib.h>

#include "codec/json.h"
#include "index/internal.h"

enum { FOLLOW_BATCH = 1024 };

/* ---- ending earlier entries ---- */

static enum err end_in_delta(struct index *index, struct delta *delta, uint64_t number,
                             uint64_t seq, bool is_erased)
{
    uint64_t hash = index_number_hash(number);
    for (uint32_t at = delta_first(delta, hash); at;) {
        const struct delta_node *node = delta_node(delta, at);
        struct delta_entry *entry = delta_entry(delta, node->entry);
        at = node->next;
        if (!node->is_number || node->hash != hash || entry->number != number ||
            atomic_load_explicit(&entry->died, memory_order_relaxed) || entry->born >= seq)
            continue;
        atomic_store_explicit(&entry->died, seq, memory_order_release);
        if (delta != index->live)
            TRY(delta_add_death(index->live,
                                &(struct death){delta->part.id, seq, node->entry, is_erased}));
        index->is_erasing_due |= is_erased;
    }
    return OK;
}

static enum err end_in_segment(struct index *index, struct segment *segment, uint64_t number,
                               uint64_t seq, bool is_erased)
{
    uint32_t entries[ENTRY_DATES_MAX];
    size_t count = 0;
    TRY(segment_by_number(segment, number, entries, &count));
    for (size_t i = 0; i < count; i++) {
        segment->is_purge_due |= is_erased;
        index->is_erasing_due |= is_erased;
        if (segment_died(segment, entries[i]))
            continue;
        TRY(segment_kill(segment, entries[i], seq));
        TRY(delta_add_death(index->live,
                            &(struct death){segment->part.id, seq, entries[i], is_erased}));
    }
    return OK;
}

static enum err end_entries(struct index *index, uint64_t number, uint64_t seq, bool is_erased)
{
    for (size_t i = 0; i < index->set->count; i++) {
        struct part *part = index->set->parts[i];
        TRY(part->is_delta ? end_in_delta(index, (struct delta *)part, number, seq, is_erased)
                           : end_in_segment(index, (struct segment *)part, number, seq, is_erased));
    }
    return OK;
}

/* ---- adding entries ---- */

static enum err add_names(struct index *index, const struct record *record, uint32_t entry)
{
    for (size_t i = 0; i < record->count; i++)
        if (index_is_searched(&record->values[i]) && record->values[i].value.type->is_fuzzy)
            TRY(delta_add_name(index->live, entry, &record->values[i].value));
    return OK;
}

static enum err add_keys(struct delta *delta, const struct index_prepared *made, uint32_t entry)
{
    for (size_t i = 0; i < made->key_count; i++) {
        const struct prepared_key *key = &made->keys[i];
        TRY(delta_add_key(delta, key->hash, entry, key->field, false));
        if (key->space)
            delta_count_space(delta, key->space);
    }
    for (const struct prepared_range *r = made->ranges; r; r = r->next)
        TRY(delta_add_range(delta, r->space, r->from, r->to, entry, r->field));
    return OK;
}

/* `record` is needed for names only. */
static enum err add_entries(struct index *index, const struct index_prepared *made,
                            const struct record *record, const struct stored *change)
{
    struct delta_entry entry = {.number = change->id.number,
                                .born = change->seq,
                                .definition = made->definition,
                                .class_number = made->class_number,
                                .has_names = made->has_names};
    for (size_t i = 0; i < made->day_count; i++) {
        uint32_t number = 0;
        entry.day = made->days[i];
        TRY(delta_add_entry(index->live, &entry, &number));
        TRY(delta_add_key(index->live, index_number_hash(entry.number), number, 0, true));
        if (made->has_names) {
            ensure(record);
            TRY(add_names(index, record, number));
        }
        if (i == 0)
            TRY(add_keys(index->live, made, number));
    }
    return OK;
}

/* ---- a change ---- */

/* The body a change stands for: a change of state goes on with the last one. */
static enum err body_of(struct index *index, const struct stored *change, struct record *ret,
                        bool *ret_is_readable)
{
    struct stored latest = *change;
    struct node *body = NULL;
    *ret_is_readable = false;
    const struct definition *definition = catalog_find(index->catalog, change->definition);
    if (change->body.len == 0 && change->kind == CHANGE_STATE)
        TRY(store_read(index->store, change->id.number, &index->scratch, &latest));
    if (latest.is_erased || latest.body.len == 0)
        return OK; /* destroyed meanwhile: nothing to find */
    if (!definition || json_parse(latest.body, &index->scratch, &body) ||
        record_read(index->catalog, definition, body, &index->scratch, ret)) {
        err_clear();
        index->unreadable++;
        return OK;
    }
    ret->id = change->id;
    ret->version = change->version;
    ret->seq = change->seq;
    ret->state = change->state;
    *ret_is_readable = true;
    return OK;
}

static enum err apply(struct index *index, const struct stored *change)
{
    struct record record = {0};
    struct index_prepared *made = NULL;
    bool is_readable = false, is_erased = change->kind == CHANGE_ERASE;
    const struct definition *definition = catalog_find(index->catalog, change->definition);
    if (definition && definition_is_ticket(definition))
        return OK; /* nobody searches tickets */
    if (change->version > 1 || change->kind != CHANGE_PUT)
        TRY(end_entries(index, change->id.number, change->seq, is_erased));
    arena_reset(&index->scratch);
    if (change->prepared && change->state != STATE_DELETED)
        return add_entries(index, change->prepared, NULL, change);
    if (!is_erased && change->state != STATE_DELETED)
        TRY(body_of(index, change, &record, &is_readable));
    if (is_readable) {
        TRY(index_prepare_all(index, &record, &index->scratch, &made));
        TRY(add_entries(index, made, &record, change));
    }
    return OK;
}

/* A change taken up half way will be taken again: what it has added must not count. */
static void withdraw(struct delta *delta, uint32_t from, uint64_t seq)
{
    for (uint32_t i = from; i < delta->count; i++)
        atomic_store_explicit(&delta_entry(delta, i)->died, seq, memory_order_release);
}

static enum err take_change(void *context, const struct stored *change)
{
    struct index *index = context;
    if (delta_is_full(index->live, index->delta_max))
        TRY(index_seal(index));
    struct delta *delta = index->live;
    uint32_t count = delta->count;
    enum err code = apply(index, change);
    if (code) {
        withdraw(delta, count, change->seq);
        return code;
    }
    delta->first_seq = delta->change_count++ ? delta->first_seq : change->seq;
    delta->last_seq = change->seq;
    return OK;
}

/*
 * The live delta knows the last change it has in full; what lies beyond index->seq is not yet
 * visible.
 */
enum err follow_to(struct index *index, uint64_t last_seq)
{
    enum err code = OK;
    uint64_t after = index->live->last_seq;
    while (!code && after < last_seq) {
        uint64_t want = last_seq - after < FOLLOW_BATCH ? last_seq - after : FOLLOW_BATCH;
        code = store_feed(index->store, after, (size_t)want, take_change, index);
        uint64_t reached = index->live->last_seq;
        if (!code && reached <= after)
            reached = last_seq; /* numbers without changes: nothing more to read */
        after = reached;
        if (!code)
            index_publish(index, NULL, after);
    }
    atomic_store(&index->is_behind, code != OK);
    return code;
}
