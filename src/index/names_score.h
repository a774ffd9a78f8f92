/* SPDX-License-Identifier: Apache-2.0 */
/* index/names_score: what entries are worth, and the best of them. Internal to names_search.c. */
#ifndef INDEX_NAMES_SCORE_H
#define INDEX_NAMES_SCORE_H

#include "index/names_candidates.h"
#include "index/names_dates.h"

struct links;
struct scorer {
    const struct names_part *parts;
    size_t part_count;
    struct arena *arena;
    struct names_dates born;
    struct units units;
    struct match_side asked;
    uint32_t strong;        /* asked words that cost when they stand alone: a bit each */
    bool has_initial;       /* asked */
    struct links *links;    /* by part */
    struct names_hit *heap; /* least score first */
    size_t heap_count, heap_max;
    float least;      /* possible, over these entries */
    float least_near; /* where the date does not speak against it */
    float name_least; /* of the name alone: a date alone lifts nobody */
    uint64_t examined;
};

struct links *scorer_links_new(struct arena *arena, size_t part_count);
/* Of the units of the name at hand. */
enum err scorer_link(struct scorer *scorer) MUST_USE;
/* The worst score that still counts, for an entry whose date brings so much. */
float scorer_threshold(const struct scorer *scorer, float date);
/* Scores an entry whose date brings at most `date`; keeps it if good enough and to be seen. */
void scorer_take(struct scorer *scorer, size_t part, uint32_t entry, float date);
/* What a name must bring with a date worth so much. */
float scorer_needed(const struct scorer *scorer, float date);
/*
 * Bound by the list an entry was met in and the signs of its posting: what the list's word brings,
 * and the most that words of those stretches do.
 */
struct list_bound {
    float bits, alone; /* of the word; with no other word that is worth anything */
    const float *by_stretch;
};
struct list_bound scorer_list(const struct scorer *scorer, size_t part, uint32_t id);
/* False: no word of the entry is worth anything. */
bool scorer_has_link(const struct scorer *scorer, size_t part, const uint32_t *words, size_t count);

#endif
