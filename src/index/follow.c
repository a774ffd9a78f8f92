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
#include "type/date.h"

#define DATE_SPAN_MAX (2 * 366LL) /* days: wider is unknown */

enum { FOLLOW_BATCH = 1024, KEYS_PER_RECORD_MAX = 4096 };

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

struct key_adder {
    struct key_sink sink;
    struct index *index;
    uint32_t entry;
    uint8_t field;
    size_t count;
    enum err code;
};

static void add_key(struct key_sink *sink, const struct key *key)
{
    struct key_adder *adder = (struct key_adder *)sink;
    struct delta *delta = adder->index->live;
    if (adder->code || ++adder->count > KEYS_PER_RECORD_MAX)
        return;
    if (key->kind == KEY_RANGE) {
        uint64_t space = index_hash(adder->index->key, KEY_RANGE, key->space, STR_EMPTY);
        adder->code = delta_add_range(delta, space, key->text, key->to, adder->entry, adder->field);
        return;
    }
    uint64_t hash = index_hash(adder->index->key, key->kind, key->space, key->text);
    adder->code = delta_add_key(delta, hash, adder->entry, adder->field, false);
    if (key->kind == KEY_EXACT)
        delta_count_space(delta, index_hash(adder->index->key, KEY_EXACT, key->space, STR_EMPTY));
}

static bool is_searched(const struct field_value *value)
{
    return value->field->meaning_number && value->value.type;
}

/*
 * Birth dates, or whatever the definition orders its entries by: the middle of each, if known to
 * two years.
 */
static size_t order_days(const struct record *record, int32_t days[ENTRY_DATES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < record->count && count < ENTRY_DATES_MAX; i++) {
        const struct field_value *value = &record->values[i];
        if (value->field != record->definition->order_by || value->value.type != &type_date)
            continue;
        const struct date *date = date_of(&value->value);
        int64_t length = (int64_t)date->last_day - date->first_day;
        int32_t day = length > DATE_SPAN_MAX ? NO_DAY : (int32_t)(date->first_day + length / 2);
        bool is_known = false;
        for (size_t k = 0; k < count; k++)
            is_known |= days[k] == day;
        if (!is_known)
            days[count++] = day;
    }
    if (count == 0)
        days[count++] = NO_DAY;
    return count;
}

static enum err add_names(struct index *index, const struct record *record, uint32_t entry)
{
    for (size_t i = 0; i < record->count; i++)
        if (is_searched(&record->values[i]) && record->values[i].value.type->is_fuzzy)
            TRY(delta_add_name(index->live, entry, &record->values[i].value));
    return OK;
}

static enum err add_reference(struct index *index, const struct record *record, uint32_t entry)
{
    if (record->envelope.ref.len == 0)
        return OK;
    str text = arena_printf(&index->scratch, "%.*s\x1f%.*s\x1f%.*s", STR(record->definition->name),
                            STR(record->envelope.owner), STR(record->envelope.ref));
    if (text.len == 0)
        return ERR_LIMIT;
    return delta_add_key(index->live, index_hash(index->key, KIND_REF, S("ref"), text), entry, 0,
                         false);
}

static enum err add_keys(struct index *index, const struct record *record, uint32_t entry)
{
    struct key_adder adder = {.sink = {add_key}, .index = index, .entry = entry};
    for (size_t i = 0; i < record->count && !adder.code; i++) {
        const struct field_value *value = &record->values[i];
        if (!is_searched(value) || !value->value.type->keys)
            continue;
        adder.field = (uint8_t)value->field->number;
        value->value.type->keys(&value->value, &adder.sink);
    }
    return adder.code ? adder.code : add_reference(index, record, entry);
}

static bool has_names(const struct record *record)
{
    for (size_t i = 0; i < record->count; i++)
        if (is_searched(&record->values[i]) && record->values[i].value.type->is_fuzzy)
            return true;
    return false;
}

static enum err add_entries(struct index *index, const struct record *record, uint64_t seq)
{
    int32_t days[ENTRY_DATES_MAX];
    size_t count = order_days(record, days);
    struct delta_entry entry = {.number = record->id.number,
                                .born = seq,
                                .definition = record->definition->number};
    TRY(policy_class_of(index->classes, record, &entry.class_number));
    entry.has_names = has_names(record);
    for (size_t i = 0; i < count; i++) {
        uint32_t number = 0;
        entry.day = days[i];
        TRY(delta_add_entry(index->live, &entry, &number));
        TRY(delta_add_key(index->live, index_number_hash(entry.number), number, 0, true));
        TRY(add_names(index, record, number));
        if (i == 0)
            TRY(add_keys(index, record, number));
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
    bool is_readable = false, is_erased = change->kind == CHANGE_ERASE;
    if (change->version > 1 || change->kind != CHANGE_PUT)
        TRY(end_entries(index, change->id.number, change->seq, is_erased));
    arena_reset(&index->scratch);
    if (!is_erased && change->state != STATE_DELETED)
        TRY(body_of(index, change, &record, &is_readable));
    if (is_readable)
        TRY(add_entries(index, &record, change->seq));
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
