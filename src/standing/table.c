/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An index turned round: the keys are those of the queries, what is looked up are the keys of each
 * new record. One open table of hashes, 16 bytes a key; a record of ten keys costs ten probes,
 * whatever number of queries stands. A hash alone proves nothing: who is found is asked again by a
 * search. Keys of a query that has gone stay behind until the table grows, and lead to nobody.
 */
#include <stdlib.h>

#include "base/random.h"

#include "standing/internal.h"

enum { FIRST = 1024 };
#define ARENA_MAX ((size_t)4 << 30)

void asked_init(struct table *table)
{
    *table = (struct table){.arena = {.max_bytes = ARENA_MAX}};
    random_bytes(&table->seed, sizeof table->seed);
}

void asked_release(struct table *table)
{
    free(table->queries);
    free(table->by_number);
    free(table->keys);
    free(table->mets);
    free(table->pairs);
    arena_release(&table->arena);
}

static enum err no_memory(void)
{
    return err_set(ERR_MEMORY, "out of memory for standing queries");
}

/* ---- queries ---- */

static void link_query(struct table *table, uint32_t place)
{
    uint32_t mask = table->by_number_count - 1;
    uint32_t slot = (uint32_t)hash_mix(table->queries[place].number, 17) & mask;
    while (table->by_number[slot])
        slot = (slot + 1) & mask;
    table->by_number[slot] = place + 1;
}

static enum err grow_queries(struct table *table)
{
    uint32_t max = table->max ? table->max * 2 : FIRST;
    if (max > STANDING_MAX * 2u)
        return err_set(ERR_LIMIT, "more than %d standing queries", STANDING_MAX);
    struct query *queries = realloc(table->queries, max * sizeof *queries);
    if (queries)
        table->queries = queries;
    uint32_t *slots = calloc((size_t)max * 2, sizeof *slots);
    if (!queries || !slots) {
        free(slots);
        return no_memory();
    }
    free(table->by_number);
    table->by_number = slots;
    table->by_number_count = max * 2;
    table->max = max;
    for (uint32_t i = 0; i < table->count; i++)
        link_query(table, i);
    return OK;
}

struct query *asked_find(const struct table *table, uint64_t number)
{
    uint32_t mask = table->by_number_count - 1;
    uint32_t slot = (uint32_t)hash_mix(number, 17) & mask;
    while (table->by_number_count && table->by_number[slot]) {
        struct query *query = &table->queries[table->by_number[slot] - 1];
        if (query->number == number)
            return query;
        slot = (slot + 1) & mask;
    }
    return NULL;
}

enum err asked_put(struct table *table, const struct query *query, uint32_t *ret, bool *ret_is_new)
{
    struct query *held = asked_find(table, query->number);
    struct query next = *query;
    if (!held && table->count == table->max)
        TRY(grow_queries(table));
    next.officer = held ? held->officer : arena_str(&table->arena, query->officer);
    next.country = held ? held->country : arena_str(&table->arena, query->country);
    uint32_t place = held ? (uint32_t)(held - table->queries) : table->count++;
    table->queries[place] = next;
    if (!held)
        link_query(table, place);
    *ret = place;
    *ret_is_new = !held;
    return OK;
}

/* ---- keys ---- */

static uint64_t key_hash(const struct table *table, str space, str text)
{
    return hash64(text, hash64(space, table->seed)) | 1;
}

static void link_key(struct table *table, struct key_slot key)
{
    size_t slot = key.hash >> 1 & (table->key_max - 1);
    while (table->keys[slot].hash)
        slot = (slot + 1) & (table->key_max - 1);
    table->keys[slot] = key;
}

static enum err grow_keys(struct table *table)
{
    size_t old_max = table->key_max;
    size_t max = old_max ? old_max * 2 : FIRST;
    struct key_slot *old = table->keys;
    struct key_slot *keys = calloc(max, sizeof *keys);
    if (!keys)
        return no_memory();
    table->keys = keys;
    table->key_max = max;
    table->key_count = 0;
    for (size_t i = 0; i < old_max; i++)
        if (old[i].hash && table->queries[old[i].query].is_there) {
            link_key(table, old[i]);
            table->key_count++;
        }
    free(old);
    return OK;
}

enum err asked_add_key(struct table *table, uint32_t query, str space, str text)
{
    if (table->key_count * 2 >= table->key_max)
        TRY(grow_keys(table));
    link_key(table, (struct key_slot){key_hash(table, space, text), query});
    table->key_count++;
    return OK;
}

struct matcher {
    struct key_sink sink;
    const struct table *table;
    int64_t time_us;
    int32_t day;
    uint32_t *ret;
    size_t count, max;
};

static bool stands(const struct matcher *matcher, const struct query *query)
{
    return query->is_there && query->approved_us && query->approved_us <= matcher->time_us &&
           query->until >= matcher->day;
}

static void look_up(struct key_sink *sink, const struct key *key)
{
    struct matcher *matcher = (struct matcher *)sink;
    const struct table *table = matcher->table;
    if (key->kind != KEY_EXACT || !table->key_max)
        return;
    uint64_t hash = key_hash(table, key->space, key->text);
    size_t slot = hash >> 1 & (table->key_max - 1);
    for (; table->keys[slot].hash; slot = (slot + 1) & (table->key_max - 1)) {
        uint32_t place = table->keys[slot].query;
        if (table->keys[slot].hash != hash || !stands(matcher, &table->queries[place]))
            continue;
        bool is_known = false;
        for (size_t i = 0; i < matcher->count && !is_known; i++)
            is_known = matcher->ret[i] == place;
        if (!is_known && matcher->count < matcher->max)
            matcher->ret[matcher->count++] = place;
    }
}

size_t asked_match(const struct table *table, const struct record *record, int64_t time_us,
                   int32_t day, uint32_t *ret, size_t max)
{
    struct matcher matcher = {.sink = {.add = look_up, .is_lookup = true},
                              .table = table,
                              .time_us = time_us,
                              .day = day,
                              .max = max};
    matcher.ret = ret;
    for (size_t i = 0; i < record->count; i++) {
        const struct field_value *value = &record->values[i];
        if (value->field->meaning_number && value->value.type && value->value.type->keys)
            value->value.type->keys(&value->value, &matcher.sink);
    }
    return matcher.count;
}

/* ---- what has met ---- */

static uint64_t pair_hash(uint64_t query, uint64_t record)
{
    return hash_mix(query, record) | 1;
}

static bool add_pair(uint64_t *pairs, size_t max, uint64_t hash)
{
    size_t slot = hash >> 1 & (max - 1);
    while (pairs[slot] && pairs[slot] != hash)
        slot = (slot + 1) & (max - 1);
    bool is_new = !pairs[slot];
    pairs[slot] = hash;
    return is_new;
}

bool asked_has_met(const struct table *table, uint64_t query, uint64_t record)
{
    uint64_t hash = pair_hash(query, record);
    size_t slot = table->pair_max ? hash >> 1 & (table->pair_max - 1) : 0;
    while (table->pair_max && table->pairs[slot]) {
        if (table->pairs[slot] == hash)
            return true;
        slot = (slot + 1) & (table->pair_max - 1);
    }
    return false;
}

static enum err grow_mets(struct table *table)
{
    size_t max = table->met_max ? table->met_max * 2 : FIRST;
    struct met *mets = realloc(table->mets, max * sizeof *mets);
    if (mets)
        table->mets = mets;
    uint64_t *pairs = calloc(max * 2, sizeof *pairs);
    if (!mets || !pairs) {
        free(pairs);
        return no_memory();
    }
    for (size_t i = 0; i < table->met_count; i++)
        (void)add_pair(pairs, max * 2, pair_hash(mets[i].query, mets[i].record));
    free(table->pairs);
    table->pairs = pairs;
    table->pair_max = max * 2;
    table->met_max = max;
    return OK;
}

enum err asked_add_met(struct table *table, const struct met *met)
{
    if (table->met_count == table->met_max)
        TRY(grow_mets(table));
    if (!add_pair(table->pairs, table->pair_max, pair_hash(met->query, met->record)))
        return OK;
    struct query *query = asked_find(table, met->query);
    table->mets[table->met_count] = *met;
    table->mets[table->met_count++].owner = query ? (uint32_t)(query - table->queries) : UINT32_MAX;
    return OK;
}
