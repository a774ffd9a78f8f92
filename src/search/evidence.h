/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search/evidence: how much a comparison speaks for or against a match, in bits, for definitions
 * with an `evidence` block.
 *
 * Fellegi and Sunter (1969): each meaning that was asked and is held gives log2(m/u), m the
 * chance of this level of agreement when it is the same person, u when it is not; bits add up.
 * What is missing gives 0. Of meanings that depend on each other (the definition's groups) only
 * the strongest counts; where a record holds n values, the best one pays log2(n).
 *
 *   struct evidence_context context = {.frequency = frequency, .population = entries};
 *   TRY(evidence_score(&context, definition, asked, asked_count, record.values, record.count,
 *   arena, &e)); e.bits, e.band, e.why[0].words
 *
 * Pure: no store, no index; any thread.
 */
#ifndef SEARCH_EVIDENCE_H
#define SEARCH_EVIDENCE_H

#include "search/search.h"
#include "text/name.h"

struct evidence_context {
    struct name_frequency frequency; /* of name words; zeroed: built-in figures */
    uint64_t population;             /* entries searched: prior, namesakes; 0: a million */
    /* May the asker's query touch this field? NULL: all. What is not open is not scored, not
     * said. */
    bool (*is_open)(const void *context, const struct field *field);
    const void *context;
};

struct evidence {
    double bits;
    enum band band;
    double probability; /* calibrated on the fixed set: evidence.c */
    double
        namesakes; /* persons expected by chance to agree as well as this one; < 0: no name asked */
    const struct why *why; /* one a meaning, in order of the question */
    size_t why_count;
};

/* Queried values of one person against one record's. From the arena; ERR_LIMIT only. */
enum err evidence_score(const struct evidence_context *context, const struct definition *definition,
                        const struct query_value *asked, size_t asked_count,
                        const struct field_value *held, size_t held_count, struct arena *arena,
                        struct evidence *ret) MUST_USE;

/*
 * Band by bits over a population: the cuts are in evidence.c, with the curve they come from. A name
 * of which every word agrees by a standard reading is possible, however common it is: asked alone,
 * or with a date that agrees, or, where the record has no date, with no word left over.
 */
enum band evidence_band(double bits, uint64_t population);
/* The least bits of a band. */
double evidence_cut(enum band band, uint64_t population);

#endif
