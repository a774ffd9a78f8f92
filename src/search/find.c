/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the sets of a plan to the records worth reading: exact keys of every value in every database
 * at once, names by the fuzzy index. A record that several values or sets lead to is one candidate.
 */
#include "search/internal.h"
#include "text/frequency.h"
#include "type/date.h"
#include "type/name.h"

enum { HITS_PER_KEY = CANDIDATE_MAX + 1, FIRST_CANDIDATES = 16 };
#define NAME_SLACK_DAYS 366 /* a birth date off by a year must not hide a record */

#define DATE_SPAN_MAX (20 * 366LL) /* days: a wider span is no help */

/* ---- candidates ---- */

enum err candidates_init(struct candidates *candidates, struct arena *arena, size_t max)
{
    *candidates = (struct candidates){.arena = arena, .max = max};
    return OK;
}

static struct candidate *find_candidate(const struct candidates *candidates, uint64_t number)
{
    for (size_t i = 0; i < candidates->count; i++)
        if (candidates->items[i].number == number)
            return &candidates->items[i];
    return NULL;
}

static enum err grow(struct candidates *candidates)
{
    size_t size = candidates->size ? candidates->size * 2 : FIRST_CANDIDATES;
    struct candidate *grown = arena_array(candidates->arena, struct candidate, size);
    if (!grown)
        return ERR_LIMIT;
    if (candidates->count)
        memcpy(grown, candidates->items, candidates->count * sizeof *grown);
    candidates->items = grown;
    candidates->size = size;
    return OK;
}

enum err candidates_add(struct candidates *candidates, const struct candidate *candidate)
{
    struct candidate *held = find_candidate(candidates, candidate->number);
    if (held) {
        held->sets |= candidate->sets;
        held->is_exact |= candidate->is_exact;
        held->is_by_name |= candidate->is_by_name;
        held->score = candidate->score > held->score ? candidate->score : held->score;
        return OK;
    }
    if (candidates->count == candidates->max) {
        bit_set(candidates->cut, candidate->definition);
        return OK;
    }
    if (candidates->count == candidates->size)
        TRY(grow(candidates));
    candidates->items[candidates->count++] = *candidate;
    return OK;
}

/* ---- exact keys ---- */

static enum err take_hits(struct candidates *candidates, const struct index_hits *hits,
                          uint32_t set)
{
    for (size_t i = 0; i < hits->count; i++) {
        struct candidate candidate = {.number = hits->items[i].number,
                                      .definition = hits->items[i].definition,
                                      .disclosure = hits->items[i].disclosure,
                                      .is_exact = true,
                                      .sets = (uint32_t)1 << set};
        TRY(candidates_add(candidates, &candidate));
        if (hits->is_cut)
            bit_set(candidates->cut, candidate.definition);
    }
    return OK;
}

/* A single value may lie in a stored range; an asked range may meet one. */
static enum err find_key(struct search *search, uint32_t set, const struct key *key)
{
    struct search_plan *plan = search->plan;
    struct index_hits hits;
    if (key->kind == KEY_EXACT) {
        uint64_t hash = search->hash_next < plan->hash_count
                            ? plan->hashes[search->hash_next++]
                            : index_key_hash(search->snapshot, KEY_EXACT, key->space, key->text);
        TRY(index_probe_hash(search->snapshot, search->scope, plan->databases->bits, KEY_EXACT,
                             hash, plan->arena, HITS_PER_KEY, &hits));
        TRY(take_hits(&search->exact, &hits, set));
    }
    str to = key->kind == KEY_EXACT ? key->text : key->to;
    TRY(index_probe_range(search->snapshot, search->scope, plan->databases->bits, key->space,
                          key->text, to, plan->arena, HITS_PER_KEY, &hits));
    return take_hits(&search->exact, &hits, set);
}

void find_prefetch(struct search_plan *plan, const struct index_snapshot *snapshot)
{
    if (plan->hash_count) /* search_prefetch() has asked for them */
        return;
    for (uint32_t set = 0; set < plan->set_count; set++)
        for (size_t i = 0; i < plan->sets[set].count; i++)
            for (size_t k = 0; k < plan->sets[set].values[i].key_count; k++) {
                const struct key *key = &plan->sets[set].values[i].keys[k];
                if (key->kind != KEY_EXACT)
                    continue;
                if (plan->hash_count == HASH_MAX)
                    return;
                uint64_t hash = index_key_hash(snapshot, KEY_EXACT, key->space, key->text);
                plan->hashes[plan->hash_count++] = hash;
                index_prefetch(snapshot, hash);
            }
}

void search_prefetch(struct search_engine *engine, struct search_plan *plan)
{
    struct index_snapshot *snapshot = index_snapshot_open(engine->index);
    if (snapshot)
        find_prefetch(plan, snapshot);
    else
        err_clear(); /* the run says so if memory is still short */
    index_snapshot_close(snapshot);
}

enum err find_exact(struct search *search)
{
    const struct search_plan *plan = search->plan;
    for (uint32_t set = 0; set < plan->set_count; set++)
        for (size_t i = 0; i < plan->sets[set].count; i++)
            for (size_t k = 0; k < plan->sets[set].values[i].key_count; k++)
                TRY(find_key(search, set, &plan->sets[set].values[i].keys[k]));
    return OK;
}

/* ---- names ---- */

/* The dates that order entries, asked in this set; unknown when none was. */
static struct date_window window_of(const struct search_plan *plan, const struct query_set *set)
{
    struct date_window window = {1, 0};
    const struct catalog *catalog = plan->engine->catalog;
    for (size_t i = 0; i < set->count; i++) {
        const struct query_value *value = &set->values[i].query;
        bool is_order = false;
        for (size_t d = 0; d < catalog->count && !is_order; d++)
            is_order = catalog->definitions[d]->order_by && value->meaning &&
                       catalog->definitions[d]->order_by->meaning_number == value->meaning;
        if (!is_order || value->value.type != &type_date)
            continue;
        const struct date *date = date_of(&value->value);
        if (date->last_day - (int64_t)date->first_day > DATE_SPAN_MAX)
            continue;
        int32_t from = date->first_day;
        int32_t to = date->last_day;
        bool is_first = window.from > window.to;
        window.from = is_first || from < window.from ? from : window.from;
        window.to = is_first || to > window.to ? to : window.to;
    }
    return window;
}

static enum err find_names_of(struct search *search, uint32_t number)
{
    struct search_plan *plan = search->plan;
    const struct query_set *set = &plan->sets[number];
    const struct name *names[NAME_MAX];
    struct name_query query = {names, 0, search->rarity};
    uint64_t databases[DATABASE_WORDS];
    struct name_candidates found;
    for (size_t i = 0; i < set->count && query.count < NAME_MAX; i++)
        if (set->values[i].query.value.type == &type_name)
            names[query.count++] = name_of(&set->values[i].query.value);
    for (size_t i = 0; i < DATABASE_WORDS; i++)
        databases[i] = plan->databases->bits[i] & plan->engine->fuzzy[i];
    if (query.count == 0)
        return OK;
    TRY(index_names(search->snapshot, search->scope, databases, &query, window_of(plan, set),
                    NAME_CANDIDATE_MAX, plan->arena, &found));
    search->is_proven &= found.is_proven;
    search->is_cut_by_names |= found.is_cut && !found.is_proven;
    search->near[number] = (struct near_words){found.near, found.near_count};
    for (size_t i = 0; i < found.count; i++) {
        struct candidate candidate = {.number = found.items[i].number,
                                      .definition = found.items[i].definition,
                                      .disclosure = found.items[i].disclosure,
                                      .is_by_name = true,
                                      .sets = (uint32_t)1 << number,
                                      .score = found.items[i].score};
        TRY(candidates_add(&search->names, &candidate));
    }
    return OK;
}

enum err find_names(struct search *search)
{
    for (uint32_t set = 0; set < search->plan->set_count; set++) {
        if (!search->plan->sets[set].has_names)
            continue;
        TRY(find_names_of(search, set));
    }
    const struct frequencies *frequencies = rarity_frequencies(search->rarity);
    search->evidence.population = frequencies_persons(frequencies);
    search->evidence.frequency =
        (struct name_frequency){.bits = frequencies_bits, .context = frequencies};
    return OK;
}
