/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/match: one word against another, and a set of such agreements put together into a name's
 * bits. name_match() (name.h) and the index's packed-column score are both made of these, so that
 * what ranks and what is explained are the same figures.
 */
#ifndef TEXT_MATCH_H
#define TEXT_MATCH_H

#include "text/lexicon.h"
#include "text/name.h"
#include "text/sound.h"

/* A word made ready for comparing; borrowed from a token, or from a segment's bytes. */
struct word {
    enum name_script script;
    str native;
    uint8_t reading_count;
    str readings[NAME_READING_MAX];
    const struct sound *sounds[NAME_READING_MAX];
};
/* Sounds are put into the arena. */
bool word_prepare(const struct name_token *token, struct arena *arena, struct word *ret);

/* What is lost, in bits, if both words are one person's; SOUND_FAR above limit. 0: same word in
 * the same script. */
float word_cost(const struct word *a, const struct word *b, float limit, enum name_channel *ret);
/* The same without short forms. */
float word_cost_spelled(const struct word *a, const struct word *b, float limit,
                        enum name_channel *ret);
/* Of short forms alone. */
float word_cost_related(const struct word *a, const struct word *b, float limit);
/* Parts of these costs, in units (text/sound.h); a limit of bits in units. */
enum {
    WORD_VARIANT = 9, /* a reading that is not the main one */
    WORD_SPELLED = 9, /* the same sound in other letters is still another spelling */
};
#define HOMOPHONE_COST 3.0f /* other Han characters with the same reading */
unsigned word_cost_units(float limit);
/* How much a word of so many letters may be off before it is another word. */
float word_cost_limit(size_t letters);
/* What it costs by itself that a word is held in another script than asked. */
#define SCRIPT_COST_MAX 1.8f
float script_cost(enum name_script asked, enum name_script held);
/*
 * The highest strain at which a word is still the same word by a standard reading of its letters:
 * "Levi" and לוי, "John" and "Jon"; not "Kim" and "Kil".
 */
float word_strain_max(size_t letters);
#define STRAIN_STANDARD 0.7f /* a reading of the tables, at most not the main one */

/* ---- a whole name ---- */

/*
 * What is asked is cut into atoms (its words); a unit is what may stand against one held word: an
 * atom, a join of neighbours or a piece of an atom. An agreement says: these atoms are explained
 * by that held word, for so many bits. A piece explains a half of its atom: pieces carry bits
 * 16.. of the mask so that two halves can be told from a whole.
 */
enum { MATCH_AGREEMENT_MAX = 256, MATCH_PIECE_SHIFT = 16 };
struct agreement_of_words {
    uint32_t atoms; /* bit a: atom a whole; bits 16 + a: see above */
    uint8_t held;   /* number of the held word */
    uint8_t channel;
    float bits;
    float strain; /* of the cost, what is not the other script's: how far from a standard reading */
};
/* Words of an agreement, pieces counted to their word. */
static inline uint32_t match_whole_atoms(uint32_t atoms)
{
    return (atoms | atoms >> MATCH_PIECE_SHIFT) & 0xffff;
}
struct match_side {
    uint8_t count;
    uint8_t roles[NAME_TOKEN_MAX];
    uint8_t initials[NAME_TOKEN_MAX]; /* first letter of the main reading */
    const struct lifts *lifts;        /* of the asked words; NULL: not known */
};
/* Sorts `items`; best disjoint choice, greedily; then what stands alone, contradictions, order. */
void match_solve(struct agreement_of_words *items, size_t count, const struct match_side *asked,
                 const struct match_side *held, struct name_match *ret);

/* So many words of each side without counterpart, particles, generations and titles apart. */
double match_alone_bits(unsigned asked, unsigned held);

/* Two words written as one, or one as two: rare, but the custom with particles and with the
 * syllables of Chinese and Korean given names. Pieces pay twice, once each. */
#define JOIN_COST         5.f
#define JOIN_CUSTOM_COST  1.f
#define PIECE_COST        2.5f
#define PIECE_CUSTOM_COST 0.5f
/* How much a piece may be off: in so few letters one more syllable is another name. */
float piece_cost_limit(size_t letters);

/* Words written as one: two, or three with a particle between: Abd al-Rahman, van der Berg. */
struct join {
    const struct name_token *first, *middle, *last;
};
float name_join_cost(struct join join);
/* How much what they read as may be off. */
float name_join_limit(struct join join);
struct join join_at(const struct name_token *tokens, size_t count, size_t at);
static inline uint32_t join_atoms(struct join join, size_t at)
{
    return (join.middle ? 7u : 3u) << at;
}
/*
 * What they read as together: as written, and, where an article meets a letter that it takes on
 * the sound of, so: abdalrahman, abdarrahman. Texts are in `letters`; returns how many.
 */
enum { JOIN_READINGS = 2 };
size_t join_readings(struct join join, char letters[JOIN_READINGS][3 * NAME_WORD_MAX],
                     str ret[JOIN_READINGS]);

/* A half of a word that falls in two (token->cuts); empty: this reading does not. */
str piece_reading(const struct name_token *token, size_t reading, bool is_second);

#define MATCH_INITIAL_BITS 2.5f /* one letter of 26, unevenly spread */
/* Factor on the bits of a word in a role: particles and generations are weak, titles nothing. */
float role_weight(enum name_role role);

#endif
