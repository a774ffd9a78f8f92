/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/costs: what one sound costs for another and one letter for another, in whole units of a
 * thirtieth of a bit. Units and not fractions, so that a word compared alone (sound.h) and the same
 * word compared with thirty-one others at once (near.h) cost the same to the last digit, in
 * whatever order the sums were made; a thirtieth, so that the tenths of the built-in tables are
 * whole and the highest limit, 8 bits, fits a byte. Internal to the text module.
 */
#ifndef TEXT_COSTS_H
#define TEXT_COSTS_H

#include "text/sound.h"

enum sound_code {
    NO_SOUND,
    A,
    E,
    I,
    O,
    U, /* vowels: keep first, keep together */
    Y,
    W,
    H,
    P,
    B,
    F,
    V,
    M,
    N,
    T,
    D,
    S,
    Z,
    SH,
    ZH,
    CH,
    J,
    TS,
    K,
    G,
    X,
    L,
    R,
    SOUND_COUNT
};

_Static_assert((int)SOUND_COUNT == (int)SOUND_CODES, "sound.h says how many");

static inline bool is_vowel(uint8_t sound)
{
    return sound >= A && sound <= U;
}

enum { CODE_COUNT = 32, CODE_MASK = CODE_COUNT - 1 }; /* any byte of a damaged file stays inside */

/*
 * Costs of one pair of scripts, [sound of one word][sound of the other], 0 being a gap. A gap of
 * a word's first sound has a price of its own: of the one word's, of the other's.
 */
struct sound_costs {
    uint8_t step[CODE_COUNT][CODE_COUNT];
    uint8_t first[2][CODE_COUNT];
    uint8_t least_gap;
};
const struct sound_costs *sound_costs_of(enum name_script one, enum name_script other);

/* Letters are 1 for a to 26 for z: the low bits of the character. */
struct letter_costs {
    uint8_t wrong[CODE_COUNT][CODE_COUNT];  /* one letter for another */
    uint8_t one_of[CODE_COUNT][CODE_COUNT]; /* what two are read as: rn m, vv w, cl d; 0: nothing */
};
const struct letter_costs *letter_costs(void);
enum {
    LETTER_GAP = 105,    /* 3.5 bits */
    LETTER_DOUBLE = 45,  /* a doubled letter written once, or the reverse */
    LETTER_SWAP = 90,    /* two neighbours swapped */
    LETTER_MISREAD = 66, /* rn for m, c for e: what machines misread */
};
#endif
