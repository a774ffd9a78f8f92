/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/cultures: words of names that go together.
 *
 * Kim and Ji-ho are each rare among all persons, but who is called Kim is often called Ji-ho: taken
 * for independent, the two would count twice that somebody is Korean. A name is therefore taken
 * as drawn from one of a few naming cultures, its words independent within it: P(name) = sum over c
 * of P(c) prod P(word|c). Which cultures there are is not written down anywhere: they are learned
 * from the names themselves (expectation maximisation, from a fixed seed, so that the same names
 * give the same bytes), and stand in the frozen table (text/frequency.h) as each word's shares.
 *
 * What words agree on together is worth less than the sum of their rarities by
 *
 *   lift(words) = log2( sum over c of P(c) prod P(c|word)/P(c) ), never below 0
 */
#ifndef TEXT_CULTURES_H
#define TEXT_CULTURES_H

#include "base/base.h"

enum { CULTURES = 32, LIFT_WORDS = 6 };

/*
 * Names as runs of word numbers: words[ends[i - 1] .. ends[i]). ret_shares: P(c|word), word_count x
 * CULTURES; ret_persons: P(c). ERR_MEMORY.
 */
enum err cultures_learn(const uint32_t *words, const uint32_t *ends, size_t names,
                        size_t word_count, float *ret_shares, float ret_persons[CULTURES]) MUST_USE;

/* Lifts of all choices of a name's first few words. */
struct lifts {
    uint8_t bit_of[16]; /* by word of the name; LIFT_WORDS: has none */
    float by_mask[1 << LIFT_WORDS];
};
/* shares[i]: P(c|word i), NULL where nothing is known of it or it is weak. */
void lifts_make(const float *const *shares, size_t count, const float persons[CULTURES],
                struct lifts *ret);
/* Of the words whose bits are set. */
float lifts_of(const struct lifts *lifts, uint32_t words);

#endif
