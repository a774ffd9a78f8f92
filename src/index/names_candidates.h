/* SPDX-License-Identifier: Apache-2.0 */
/* index/names_candidates: from the words asked to the words held that may be meant. Internal to
 * names_search.c. */
#ifndef INDEX_NAMES_CANDIDATES_H
#define INDEX_NAMES_CANDIDATES_H

#include "index/names_internal.h"

enum { UNIT_MAX = 64, CANDIDATE_MAX = 2000 };

struct candidate {
    uint32_t id;
    uint8_t part, channel;
    float cost, bits;
};
/* What may stand against one held word: a word asked, a join of two, a piece of one
 * (text/match.h). */
struct unit {
    struct word word;
    uint32_t atoms;
    uint8_t atom_count; /* how many atoms share its bits in a bound */
    float limit, extra; /* highest cost; cost of being a join or a piece */
    bool is_exact_only;
    const float *shares; /* by culture, of the words as near as the nearest; NULL: not known */
    double by_words;     /* of a join: persons expected to bear its words together; 0: not a join */
    struct name_rarity rarity;
    struct candidate *items; /* by cost, cheapest first: bits fall */
    size_t count;
    float residual; /* most bits of a candidate that was left out for their number; 0: none was */
};
struct units {
    struct unit items[UNIT_MAX];
    size_t count;
    struct lifts *lifts; /* of the name; NULL: the table knows of no cultures */
    bool is_cut;         /* a word had more candidates than are looked at */
};
/* Units of a name, their candidates in all parts, with bits. ERR_LIMIT: the arena is full. */
enum err names_candidates(const struct names_part *parts, size_t part_count,
                          const struct rarity *rarity, const struct name *name, struct arena *arena,
                          struct units *ret) MUST_USE;

#endif
