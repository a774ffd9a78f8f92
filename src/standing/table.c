/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An index turned round: the keys are those of the queries, what is looked up are the keys of each
 * new record. One open table of hashes, from each a chain of queries, 24 bytes a key; a record of
 * ten keys costs ten probes, whatever number of queries stands. A hash alone proves nothing: who is
 * found is asked again by a search. Keys of a query that has gone stay behind until the table
 * grows, and lead to nobody. Names (names.c) and series (spans.c) have keys of their own.
 */
#include <stdlib.h>

#include "base/random.h"

#include "standing/internal.h"
#include "type/date.h"

enum { FIRST = 1024 };
#define ARENA_MAX ((size_t)4 << 30)

void asked_init(struct table *table)
{
    *table = (struct table){.arena = {.max_bytes = ARENA_MAX},
                            .words = {.arena = {.max_bytes = ARENA_MAX}}};
    random_bytes(&table->seed, sizeof table->seed);
}

void asked_release(struct table *table)
{
    free(table->queries);
    free(table->by_number);
    free(table->keys);
    free(table->links);
    spans_release(&table->points);
    spans_release(&table->series);
    free(table->mets);
    free(table->pairs);
    asked_words_release(&table->words);
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

static const struct date *copy_dates(struct table *table, const struct query *query)
{
    struct date *dates = NULL;
    if (query->born_count)
        dates = arena_array(&table->arena, struct date, query->born_count);
    if (dates)
        memcpy(dates, query->born, query->born_count * sizeof *dates);
    return dates;
}

enum err asked_put(struct table *table, const struct query *query, uint32_t *ret, bool *ret_is_new)
{
    struct query *held = asked_find(table, query->number);
    struct query next = *query;
    if (!held && table->count == table->max)
        TRY(grow_queries(table));
    next.officer = held ? held->officer : arena_str(&table->arena, query->officer);
    next.country = held ? held->country : arena_str(&table->arena, query->country);
    next.names = held ? held->names : NULL;
    next.is_alone = held ? held->is_alone : query->is_alone;
    next.born = held ? held->born : copy_dates(table, query);
    next.born_count = held ? held->born_count : next.born ? query->born_count : 0;
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

static struct key_slot *slot_of(const struct table *table, uint64_t hash)
{
    size_t slot = hash >> 1 & (table->key_max - 1);
    while (table->keys[slot].hash && table->keys[slot].hash != hash)
        slot = (slot + 1) & (table->key_max - 1);
    return &table->keys[slot];
}

static void link_key(struct table *table, uint64_t hash, uint32_t query)
{
    struct key_slot *slot = slot_of(table, hash);
    table->slot_count += !slot->hash;
    slot->hash = hash;
    table->links[table->key_count++] = (struct key_link){query, slot->first};
    slot->first = (uint32_t)table->key_count;
}

static enum err grow_links(struct table *table)
{
    size_t max = table->link_max ? table->link_max * 2 : FIRST;
    if (max > UINT32_MAX / 2)
        return err_set(ERR_LIMIT, "standing queries ask for more than can be kept");
    struct key_link *links = realloc(table->links, max * sizeof *links);
    if (!links)
        return no_memory();
    table->links = links;
    table->link_max = max;
    return OK;
}

/* Into a table twice as large, without those of queries that have gone. */
static enum err grow_keys(struct table *table)
{
    struct table old = *table;
    size_t max = old.key_max ? old.key_max * 2 : FIRST;
    struct key_slot *keys = calloc(max, sizeof *keys);
    struct key_link *links = malloc((old.link_max + 1) * sizeof *links);
    if (!keys || !links) {
        free(keys);
        free(links);
        return no_memory();
    }
    table->keys = keys;
    table->links = links;
    table->key_max = max;
    table->key_count = table->slot_count = 0;
    for (size_t i = 0; i < old.key_max; i++)
        for (uint32_t at = old.keys[i].first; at; at = old.links[at - 1].next)
            if (table->queries[old.links[at - 1].query].is_there)
                link_key(table, old.keys[i].hash, old.links[at - 1].query);
    free(old.keys);
    free(old.links);
    return OK;
}

static enum err add_hash(struct table *table, uint64_t hash, uint32_t query)
{
    if (table->slot_count * 4 >= table->key_max * 3)
        TRY(grow_keys(table));
    if (table->key_count == table->link_max)
        TRY(grow_links(table));
    link_key(table, hash | 1, query);
    return OK;
}

static enum err add_span(struct table *table, struct spans *spans, uint32_t query,
                         const struct key *key, str to)
{
    const struct span *before = spans->count ? &spans->items[spans->count - 1] : NULL;
    bool is_of_same = before && str_eq(before->space, key->space);
    struct span span = {.space = is_of_same ? before->space : arena_str(&table->arena, key->space),
                        .from = arena_str(&table->arena, key->text),
                        .to = arena_str(&table->arena, to),
                        .query = query};
    return spans_add(spans, &span);
}

enum err asked_add_key(struct table *table, uint32_t query, const struct key *key)
{
    if (key->kind == KEY_RANGE)
        return add_span(table, &table->series, query, key, key->to);
    TRY(add_span(table, &table->points, query, key, key->text));
    return add_hash(table, key_hash(table, key->space, key->text), query);
}

struct naming {
    struct table *table;
    uint32_t query;
    enum err code;
};

static void take_name_key(void *context, uint64_t hash)
{
    struct naming *naming = context;
    if (!naming->code)
        naming->code = add_hash(naming->table, hash, naming->query);
}

static uint16_t add_meaning(struct meanings *meanings, uint16_t meaning)
{
    for (size_t i = 0; i < meanings->count; i++)
        if (meanings->items[i] == meaning)
            return meaning;
    if (meanings->count >= MEANINGS_MAX - 1) /* one place is for any */
        meaning = MEANING_ANY;
    meanings->items[meanings->count++] = meaning;
    return meaning;
}

enum err asked_add_name(struct table *table, uint32_t place, const struct name *name,
                        uint16_t meaning)
{
    struct naming naming = {table, place, OK};
    const struct name_keying keying = {take_name_key, &naming, table->seed};
    struct query *query = &table->queries[place];
    struct asked_name *made;
    TRY(asked_name_make(&table->words, name, meaning, &made));
    made->next = query->names;
    query->names = made;
    meaning = add_meaning(&table->meanings, query->is_alone ? meaning : MEANING_ANY);
    for (size_t i = 0; i < query->born_count; i++)
        names_ask(name, &query->born[i], meaning, &keying);
    return naming.code;
}

/* ---- matching ---- */

enum { AHEAD = 32, TOGETHER = 256 };

struct matcher {
    struct key_sink sink;
    struct table *table;
    struct asked_when when;
    uint32_t *ret;
    size_t count, max;
    uint32_t *heard; /* whose name sounds alike; HEARD_MAX */
    size_t heard_count;
    uint64_t ahead[AHEAD]; /* keys of names, their places on their way from memory */
    size_t ahead_count;
};

static bool stands(const struct matcher *matcher, const struct query *query)
{
    return query->is_there && query->approved_us && query->approved_us <= matcher->when.time_us &&
           query->until >= matcher->when.day;
}

static void take_query(void *context, uint32_t place)
{
    struct matcher *matcher = context;
    if (matcher->count == matcher->max || !stands(matcher, &matcher->table->queries[place]))
        return;
    for (size_t i = 0; i < matcher->count; i++)
        if (matcher->ret[i] == place)
            return;
    matcher->ret[matcher->count++] = place;
}

static uint32_t first_of(const struct table *table, uint64_t hash)
{
    return table->key_max ? slot_of(table, hash)->first : 0;
}

static void look_up(struct key_sink *sink, const struct key *key)
{
    struct matcher *matcher = (struct matcher *)sink;
    struct table *table = matcher->table;
    if (key->kind != KEY_EXACT && key->kind != KEY_RANGE)
        return;
    str to = key->kind == KEY_RANGE ? key->to : key->text;
    if (table->series.count)
        spans_find(&table->series, key->space, key->text, to, take_query, matcher);
    if (key->kind == KEY_RANGE) {
        spans_find(&table->points, key->space, key->text, to, take_query, matcher);
        return;
    }
    uint64_t hash = key_hash(table, key->space, key->text);
    for (uint32_t at = first_of(table, hash); at; at = table->links[at - 1].next)
        take_query(matcher, table->links[at - 1].query);
}

static void hear_all(struct matcher *matcher)
{
    const struct table *table = matcher->table;
    for (size_t i = 0; i < matcher->ahead_count; i++)
        for (uint32_t at = first_of(table, matcher->ahead[i]); at; at = table->links[at - 1].next)
            if (matcher->heard_count < HEARD_MAX)
                matcher->heard[matcher->heard_count++] = table->links[at - 1].query;
    matcher->ahead_count = 0;
}

/* A table of a million queries is in no cache: some dozens of its places are fetched at once. */
static void hear(void *context, uint64_t hash)
{
    struct matcher *matcher = context;
    const struct table *table = matcher->table;
    if (!table->key_max)
        return;
    __builtin_prefetch(&table->keys[(hash | 1) >> 1 & (table->key_max - 1)]);
    matcher->ahead[matcher->ahead_count++] = hash | 1;
    if (matcher->ahead_count == AHEAD)
        hear_all(matcher);
}

static int compare_places(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Each once, and only those that stand. */
static size_t drop_idle(struct matcher *matcher)
{
    const struct table *table = matcher->table;
    uint32_t *heard = matcher->heard;
    size_t kept = 0;
    qsort(heard, matcher->heard_count, sizeof *heard, compare_places);
    for (size_t i = 0; i < matcher->heard_count; i++) {
        if (i + AHEAD < matcher->heard_count)
            __builtin_prefetch(&table->queries[heard[i + AHEAD]]);
        bool is_new = kept == 0 || heard[i] != heard[kept - 1];
        if (is_new && stands(matcher, &table->queries[heard[i]]))
            heard[kept++] = heard[i];
    }
    return kept;
}

static void compare_heard(struct matcher *matcher, const struct held_names *held, size_t from,
                          size_t to)
{
    struct table *table = matcher->table;
    for (size_t i = from; i < to; i++) {
        const struct query *query = &table->queries[matcher->heard[i]];
        for (const struct asked_name *name = query->names; name; name = name->next)
            words_want(&table->words, name);
    }
    words_settle(&table->words);
    for (size_t i = from; i < to; i++) {
        const struct query *query = &table->queries[matcher->heard[i]];
        const struct asked_person asked = {query->names, query->born, query->born_count,
                                           query->is_alone};
        if (names_agree(&table->words, &asked, held))
            take_query(matcher, matcher->heard[i]);
    }
}

static void match_names(struct matcher *matcher, const struct record *record,
                        const struct frequencies *frequencies, struct arena *arena)
{
    struct table *table = matcher->table;
    struct held_names held;
    const struct name_keying keying = {hear, matcher, table->seed};
    bool by_meaning = names_count_by_meaning(frequencies, record);
    names_hold(record, &table->meanings, by_meaning, &keying);
    hear_all(matcher);
    size_t count = drop_idle(matcher);
    if (count == 0)
        return;
    names_ready(&table->words, frequencies, record, arena, &held);
    for (size_t from = 0; from < count; from += TOGETHER) {
        if (words_are_many(&table->words))
            words_forget(&table->words);
        size_t to = from + TOGETHER < count ? from + TOGETHER : count;
        compare_heard(matcher, &held, from, to);
    }
}

size_t asked_match(struct table *table, const struct record *record, struct asked_when when,
                   const struct frequencies *frequencies, struct arena *arena, uint32_t *ret,
                   size_t max)
{
    struct matcher matcher;
    matcher.sink = (struct key_sink){.add = look_up, .is_lookup = true};
    matcher.table = table;
    matcher.heard = table->heard;
    matcher.when = when;
    matcher.ret = ret;
    matcher.max = max;
    matcher.count = matcher.heard_count = matcher.ahead_count = 0;
    for (size_t i = 0; i < record->count; i++) {
        const struct field_value *value = &record->values[i];
        if (value->field->meaning_number && value->value.type && value->value.type->keys)
            value->value.type->keys(&value->value, &matcher.sink);
    }
    match_names(&matcher, record, frequencies, arena);
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
