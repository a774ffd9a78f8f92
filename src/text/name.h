/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/name: a personal name, in any script, as tokens that can be compared with any other.
 *
 * name_parse() is the one way in, for index and query alike: NFKC and case folding, format and
 * bidirectional controls dropped, confusables inside mixed-script words put right,
 * machine-readable-zone forms (`<`) opened, words cut, roles guessed from particles, patronymic
 * endings, titles and commas, and every word of another script read in Latin letters by our own
 * tables (codes/romanise), with up to three variant readings. ICU is called only for what is not
 * ASCII.
 *
 *   struct name *name;
 *   TRY(name_parse_text(S("Щукина, Анна Ивановна"), arena, &name));
 *   name->tokens[0].native     -> "щукина"      role NAME_FAMILY
 *   name->tokens[0].readings   -> "shchukina", "schtschukina", "scukina"
 *
 * Pure functions of input and of the tables compiled in (NAME_TABLES_VERSION); any thread may
 * call them.
 */
#ifndef TEXT_NAME_H
#define TEXT_NAME_H

#include "text/cultures.h"

enum {
    NAME_TABLES_VERSION = 4, /* written into segments: other tables, other tokens */
    NAME_TEXT_MAX = 2000,    /* bytes of input; longer is ERR_LIMIT */
    NAME_TOKEN_MAX = 16,     /* words kept of a name; further ones are dropped and is_cut says so */
    NAME_WORD_MAX = 31,      /* letters kept of a reading; the MRZ has 39 for a whole name */
    NAME_READING_MAX = 4,
};

enum name_role {
    NAME_PLAIN, /* given or family: not said */
    NAME_GIVEN,
    NAME_FAMILY,
    NAME_PATRONYMIC,
    NAME_PARTICLE,   /* al, bin, von, de la; company, bank: weak */
    NAME_TITLE,      /* Dr, Sheikh, Mrs: ignored when scoring */
    NAME_GENERATION, /* Jr, III: weak */
    NAME_INITIAL,    /* one letter */
};

enum name_script {
    NAME_LATIN,
    NAME_CYRILLIC,
    NAME_ARABIC,
    NAME_HEBREW,
    NAME_GREEK,
    NAME_HAN,
    NAME_KANA,
    NAME_HANGUL,
    NAME_OTHER,
};

struct name_token {
    str native; /* folded, in its own script: the key of the dictionary; Latin without marks */
    str readings[NAME_READING_MAX]; /* a-z only, never empty, all different; the main one first */
    uint8_t reading_count;          /* 1.. */
    uint8_t role;                   /* enum name_role */
    uint8_t script;                 /* enum name_script */
    bool is_glued; /* follows the word before it without a blank: al-Kindi, Jae-geon */
    /*
     * Where a word falls into two, each a word of its own elsewhere: end of the first (0: it does
     * not) and begin of the second, what lies between being an article. Syllables of given names
     * (Han, Hangul); Abdul-Rahman, Nasr-Allah.
     */
    uint8_t cuts[NAME_READING_MAX], begins[NAME_READING_MAX];
};

struct name {
    struct name_token *tokens; /* in written order */
    uint8_t count;             /* 0: nothing in the text could be a name */
    bool is_mrz;               /* came with `<`: may be cut off, has no marks */
    bool is_cut;               /* more than NAME_TOKEN_MAX words */
};

/* A piece of a name and what is known of it; NAME_PLAIN: the full name, in any order. */
struct name_part {
    str text;
    enum name_role role;
};
/* ERR_LIMIT beyond NAME_TEXT_MAX; ERR_BAD_VALUE when no letter is in it. */
enum err name_parse(const struct name_part *parts, size_t count, struct arena *arena,
                    struct name **ret) MUST_USE;
enum err name_parse_text(str text, struct arena *arena, struct name **ret) MUST_USE;
/* One word of a frozen table, as a token of no role; false: nothing can be read in it. */
bool name_word(enum name_script script, str native, struct arena *arena,
               struct name_token *ret) MUST_USE;
const char *name_role_word(enum name_role role);
const char *name_script_word(enum name_script script);

/* What index_names() is asked: the best of these names counts. Parsed names of the query's
 * values, as they are. */
struct rarity; /* index/index.h */
struct name_query {
    const struct name *const *names;
    size_t count;
    const struct rarity *rarity; /* NULL: of the shipped table */
};

/*
 * How rare it is to bear a word that is as near to this one as that, or nearer: Fellegi and
 * Sunter's u of an agreement that is not exact. Steps by rising cost (text/match.h) and falling
 * bits; a step holds from its cost on.
 */
enum name_part_of_word { NAME_WHOLE, NAME_FIRST_HALF, NAME_SECOND_HALF, NAME_WITH_NEXT };
struct name_rarity_step {
    float cost, bits;
};
struct name_rarity {
    const struct name_token *token; /* of the asked name; compared by address */
    uint8_t part;                   /* enum name_part_of_word */
    const struct name_rarity_step *steps;
    size_t count;
    const struct lifts *lifts; /* of the name it is a word of; NULL: not known */
};
float name_rarity_at(const struct name_rarity *rarity, float cost);

/*
 * How many bits it is worth to share a word: -log2 of the share of persons who bear it. From a
 * frozen table. Zeroed: name_word_bits() answers with a rough built-in figure.
 */
struct name_frequency {
    double (*bits)(const void *context, const struct name_token *token);
    const void *context;
    const struct name_rarity *near; /* of asked words that were looked up; the others: as `bits` */
    size_t near_count;
};
double name_word_bits(const struct name_frequency *frequency, const struct name_token *token);

/*
 * Two names compared in bits for and against being one person's, with the words for it.
 */
enum name_channel {
    NAME_BY_EXACT,
    NAME_BY_READING, /* same in Latin letters */
    NAME_BY_SOUND,   /* written differently, sounds alike */
    NAME_BY_TYPO,    /* letters wrong, missing or swapped */
    NAME_BY_NICKNAME,
    NAME_BY_INITIAL,
    NAME_BY_JOIN, /* two words written as one, or one as two */
};
struct name_alignment {
    uint8_t asked, held; /* token numbers; a join names the first */
    uint8_t channel;     /* enum name_channel */
    float bits, strain;
};
struct name_match {
    double bits;     /* >0 speaks for, <0 against */
    double bits_max; /* what the asked name would have against itself */
    double lift;     /* taken off already: words that go together (text/cultures.h) */
    struct name_alignment pairs[NAME_TOKEN_MAX];
    uint8_t pair_count;
    uint8_t asked_alone, held_alone; /* words without counterpart, particles and titles apart */
    uint8_t contradictions;          /* min of both: a word stands against another */
    bool is_reordered;               /* is_shuffled: in an order that no custom has */
    bool is_shuffled;
    /* Every word asked has its counterpart, near enough to be the same word (text/match.h), or all
     * but a patronymic; none stands against it. Words the other side has more do not count. */
    bool is_whole;
};
void name_match(const struct name *asked, const struct name *held,
                const struct name_frequency *frequency, struct name_match *ret);
/* English, one line: "ivan = иван (same in Latin letters); petrov ~ petroff (sounds alike); not
 * held: sergeevich". */
void name_match_words(const struct name *asked, const struct name *held,
                      const struct name_match *match, struct buf *out);

#endif
