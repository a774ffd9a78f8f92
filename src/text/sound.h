/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/sound: how a word in Latin letters may sound, and what it costs, in bits, to take one word
 * for another.
 *
 * A reading (a-z) is cut into sounds by its spelling: "sch", "sh", "ş" without its tail are one
 * sound, "x" is two, doubled letters are one. Costs are what the mistake is worth: log2 of how
 * often it happens to one person's name. Costs are higher between two Latin spellings than across
 * scripts, where a vowel that one script does not write costs next to nothing.
 */
#ifndef TEXT_SOUND_H
#define TEXT_SOUND_H

#include "text/name.h"

enum { SOUND_MAX = 32, SOUND_CODES = 29, SKELETON_MAX = 6 }; /* codes are 1 .. SOUND_CODES - 1 */

struct sound {
    uint8_t count;
    uint8_t codes[SOUND_MAX];
};
void sound_of(str reading, struct sound *ret);

/*
 * Costs are whole units of a thirtieth of a bit (costs.h says why); above `limit`, at most
 * COST_UNITS_MAX - 1, they come back as COST_UNITS_MAX.
 */
enum { COST_UNITS = 30, COST_UNITS_MAX = 255 };
#define SOUND_FAR 1000.0f /* of a cost in bits: above the limit */
/* Two scripts' way with sounds; symmetric. */
unsigned sound_cost(const struct sound *a, enum name_script script_a, const struct sound *b,
                    enum name_script script_b, unsigned limit);
/*
 * One step of an alignment between a Latin spelling and a script's reading, in bits: sound 0 is a
 * gap; is_first: the gap is at the start of its word. Learned (codes/romanise/costs.tsv) where
 * the script has rows there, else built in.
 */
float sound_step(enum name_script script, uint8_t latin, uint8_t native, bool is_first);
/* For bench/sounds only: not safe while other threads compare. */
void sound_step_set(enum name_script script, uint8_t latin, uint8_t native, bool is_first,
                    float bits);
const char *sound_word(uint8_t sound); /* "sh"; "-" for 0 */

/* The least that a sound, or a letter, more on one side costs. */
unsigned sound_more_cost(enum name_script a, enum name_script b);
unsigned typo_more_cost(void);

/* Letters mistyped, missing, doubled, swapped or misread by a machine, between two readings. */
unsigned typo_cost(str a, str b, unsigned limit);

/*
 * The consonant classes of a word, vowels and weak sounds left out: the same for "Khrushchev",
 * "Chruschtschow" and "хрущёв". A word has several where its spelling is ambiguous (c, ch, g,
 * j, w, r after a vowel). 0 is never a skeleton.
 */
size_t skeletons_of(str reading, uint32_t ret[SKELETON_MAX]);

#endif
