/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of search share. Not for other modules.
 *
 *   engine.c    what is worked out once
 *   reading.c   text -> readings with their parts
 *   plan.c      readings and fields -> sets of (meaning, value) with their keys
 *   run.c       one search: snapshot, candidates, records read, hits in order, results per database
 *   find.c      keys and names -> candidates
 *   similar.c   near misses, partial numbers, wildcards -> candidates shown apart
 *   compare.c   a candidate's record against the sets: confirmed, explained, banded
 *   verdict.c   the five words, reasons, advice
 *   next.c      what to compare next
 *   garbled.c   text typed on the wrong keyboard
 *   answer.c    JSON;   audit.c  the audit entry;   learn.c  the table of name frequencies
 *   density.c   how crowded numbers are; learn_numbers.c  its table, counted and in service
 *   duplicates.c  every record asked for by what it says itself
 *   same.c      is it held already;      why.c    why a record is, or is not, in an answer
 *
 * A *set* is one way to understand the question: the values of one reading of the text together
 * with the typed fields. Sets are alternatives; within a set the values are about one person or
 * thing.
 */
#ifndef SEARCH_INTERNAL_H
#define SEARCH_INTERNAL_H

#include <stdatomic.h>

#include "search/density.h"
#include "search/evidence.h"
#include "search/search.h"

enum {
    TEXT_MAX = 2000,  /* bytes of the line */
    READING_MAX = 12, /* chips */
    SET_MAX = READING_MAX + 1,
    VALUE_MAX = 48,      /* of a set */
    VALUE_KEY_MAX = 8,   /* exact keys of one value: a domain and its parents have most */
    NAME_MAX = 16,       /* names asked in one set */
    CANDIDATE_MAX = 200, /* records read for one search by key */
    NAME_CANDIDATE_MAX = 50,
    SIMILAR_READ_MAX = 40,
    SIMILAR_SHOWN_MAX = 10,
    HASH_MAX = 8,
    PROBE_MAX = 12000, /* near misses tried for one search */
    LIMIT_DEFAULT = 5, /* a page of persons in full, packed, stays under 4 KB */
    LIMIT_MAX = 100,
    DATABASE_WORDS = DEFINITION_MAX / 64,
};

struct set_value {
    struct query_value query;
    bool is_field;          /* typed as this meaning, or part of a composite: it counts */
    const struct key *keys; /* EXACT and RANGE ones */
    size_t key_count;
};
struct query_set {
    const struct search_reading *reading; /* NULL: the typed fields alone */
    struct set_value *values;
    size_t count;
    bool has_keys, has_names;
};
enum { ALLOWANCE_MAX = 256, MEANING_TABLE = 2048 };
struct databases { /* by number, and as a set */
    const struct definition *items[DEFINITION_MAX];
    size_t count;
    uint64_t bits[DATABASE_WORDS];
    const str *no_hits; /* "no hit" of all of them as printed, by language; NULL: not prepared */
};
struct meaning {
    str name;
    const struct type *type; /* NULL: no field has it */
    const struct code_list *list;
};
struct allowance;
struct table_kept;
struct search_engine {
    const struct catalog *catalog;
    struct store *store;
    struct index *index;
    struct policy_classes *classes;
    struct type_context context;    /* of a query value; `today` is the plan's */
    uint64_t fuzzy[DATABASE_WORDS]; /* databases with a field of a fuzzy type */
    struct meaning meanings[MEANING_MAX];
    uint16_t meaning_at[MEANING_TABLE];
    _Atomic uint64_t today; /* day number << 32 | year << 16 | month << 8 | day */
    _Atomic(struct allowance *) allowances[ALLOWANCE_MAX];
    _Atomic(const struct rarity *) rarity; /* serves; of one of `tables`, or the shipped */
    struct table_kept *tables;
    _Atomic(const struct densities *) densities; /* serves; NULL: none was learned */
    struct densities_kept *densities_kept;
    struct arena arena;
    str *no_hits;                  /* printed rows, by database and language */
    search_is_cleared *is_cleared; /* NULL: nobody to ask */
    void *cleared_context;
    uint16_t document_meaning, issuer_meaning;
};
struct search_plan {
    struct search_engine *engine;
    const struct actor *actor;
    const struct search_request *request;
    struct arena *arena;
    const struct search_reading *readings;
    size_t reading_count;
    struct query_set sets[SET_MAX];
    size_t set_count;
    const struct databases *databases; /* asked */
    int64_t began_us; /* wall clock: nothing later than this is promised to be in the answer */
    struct type_context context;
    uint32_t limit, offset;
    bool is_all_databases;
    bool is_light, is_similar_forced, has_range;
    str wildcard; /* text with ? or *; "" */
    str repaired, garbled_by;
    uint64_t hashes[HASH_MAX]; /* of the first exact keys, on their way into the cache */
    size_t hash_count;
};

/* A record worth reading. */
struct candidate {
    uint64_t number;
    uint16_t definition;
    uint8_t disclosure;
    uint8_t is_exact, is_by_name;
    uint32_t sets; /* bit per set that led here */
    float score;
};
struct candidates {
    struct candidate *items;
    size_t count, size, max;
    struct arena *arena;
    uint64_t cut[DATABASE_WORDS]; /* databases in which more was found than is looked at */
};
enum err candidates_init(struct candidates *candidates, struct arena *arena, size_t max) MUST_USE;
/* Adds or joins; beyond max the database is marked cut. */
enum err candidates_add(struct candidates *candidates, const struct candidate *candidate) MUST_USE;

struct search { /* one run */
    struct search_plan *plan;
    const struct policy_scope *scope;
    struct index_snapshot *snapshot;
    struct candidates exact, names, similar;
    bool is_cut_by_names, is_proven;
    const struct rarity *rarity;
    struct near_words { /* of the asked names, by set */
        const struct name_rarity *items;
        size_t count;
    } near[SET_MAX];
    struct evidence_context evidence;
    struct database_answer *databases; /* of the answer */
    double expected_by_chance;
    str similar_reason;           /* why not all similar numbers are there */
    struct index_key *probe_keys; /* PROBE_MAX, made when first needed */
    struct index_hits *probe_hits;
    size_t hash_next; /* of the plan's hashes */
};

static inline bool bit_is_set(const uint64_t *bits, unsigned number)
{
    return bits[number / 64] >> (number % 64) & 1;
}
static inline void bit_set(uint64_t *bits, unsigned number)
{
    bits[number / 64] |= (uint64_t)1 << (number % 64);
}

/* ---- engine.c ---- */

struct day engine_today(struct search_engine *engine, int64_t now_us);
uint16_t engine_meaning(const struct search_engine *engine, str name); /* 0: unknown */
/* All databases the actor may search; ERR_DENIED when there is none. */
enum err engine_databases(struct search_engine *engine, const struct actor *actor,
                          struct arena *arena, const struct databases **ret) MUST_USE;
void databases_add(struct databases *databases, const struct definition *definition);
void print_database(const struct catalog *catalog, const struct database_answer *database,
                    enum language language, struct buf *out); /* answer.c */

/* ---- next.c ---- */

enum { COMPARE_MAX = 4 };
/* Places among the view's items of what to compare next, the most telling first; how many. */
size_t compare_next(const struct catalog *catalog, const struct hit *hit,
                    size_t places[COMPARE_MAX]);

/* ---- plan.c ---- */

/* EXACT and RANGE keys of a value, copied to the arena. */
enum err value_keys(const struct value *value, struct arena *arena, const struct key **ret,
                    size_t *ret_count) MUST_USE;

/* ---- learn.c ---- */

const struct rarity *search_rarity(const struct search_engine *engine);
void search_forget_tables(struct search_engine *engine); /* at its close */

/* ---- learn_numbers.c: as those of names in search.h, which call them ---- */

enum err numbers_load(struct search_engine *engine, const char *directory) MUST_USE;
enum err numbers_learn(struct search_engine *engine, const char *directory,
                       learn_progress *progress, void *context) MUST_USE;
enum err numbers_use(struct search_engine *engine, const char *directory) MUST_USE;
enum err numbers_forget(struct search_engine *engine, const char *directory) MUST_USE;
void numbers_close(struct search_engine *engine);

/* How many innocent numbers to expect at a probed one; formats seen are remembered. */
struct chance_kept {
    str type;
    size_t len;
    double expected;
    char format[FORMAT_MAX];
};
struct chance {
    const struct densities *densities;
    double population;
    str issuer; /* asked; "": of all */
    size_t next;
    struct chance_kept kept[4];
};
/* set NULL: no issuer was asked. */
void chance_begin(struct chance *chance, const struct search *search, const struct query_set *set);
double chance_of(struct chance *chance, str type, str number);
/* The same for numbers of any format that end so. */
double chance_of_ending(const struct chance *chance, str type, str ending);

/* ---- reading.c ---- */

/* Appends a value and its parts, or its parts alone when they say it all. */
enum err value_expand(const struct search_engine *engine, const struct query_value *whole,
                      struct arena *arena, struct query_value *values, size_t max,
                      size_t *count) MUST_USE;

/* ---- garbled.c ---- */

/*
 * A reading of the text as typed on another keyboard layout that a check digit vouches for; false
 * when there is none.
 */
bool garbled_repair(const struct type_context *context, str text, unsigned confidence,
                    struct arena *arena, str *ret_text, str *ret_layout);

/* ---- find.c, similar.c ---- */

/* Hashes the first keys and asks memory for their buckets. */
void find_prefetch(struct search_plan *plan, const struct index_snapshot *snapshot);
enum err find_exact(struct search *search) MUST_USE;
enum err find_names(struct search *search) MUST_USE;
/* Is this value one that the wildcard, or the part of a number, stands for? */
bool similar_fits(const struct search *search, const struct value *held);
bool similar_is_wanted(const struct search *search, size_t exact_hits);
enum err find_similar(struct search *search) MUST_USE;
bool similar_has_range(const struct search_plan *plan); /* a range of numbers was asked */
/* Says of each how many such to expect by chance. */
void similar_expect(const struct search *search, struct hit *hits, size_t count);
#define SIMILAR_MORE "more numbers fit than are shown: add the issuer, or more of the number"
#define SIMILAR_OPEN "too much of the number is left open: at most two characters can be a ?"
#define SIMILAR_WIDE "the range is too wide: the first 10,000 numbers of it were looked up"

/* ---- compare.c ---- */

/*
 * *ret_is_hit false: a collision of hashes, a value gone meanwhile, or nothing the asker may know.
 */
enum err compare_candidate(struct search *search, const struct candidate *candidate,
                           bool is_similar, struct hit *ret, bool *ret_is_hit) MUST_USE;
/* The same whatever comes of it: ret->band may be none. *ret_is_there false: nothing to know of. */
enum err compare_anyhow(struct search *search, const struct candidate *candidate, struct hit *ret,
                        bool *ret_is_there) MUST_USE;

/* Whether the definition tells its records apart by the two fields together. */
bool definition_pairs(const struct definition *definition, const struct field *number,
                      const struct field *country);

/* ---- run.c ---- */

/* Called at the end of a run, before its snapshot and scope are closed. */
typedef enum err search_then(struct search *search, struct search_answer *answer, void *context);
enum err search_run_then(struct search_plan *plan, struct search_answer *ret, search_then *then,
                         void *context) MUST_USE;

/* ---- verdict.c ---- */

void judge(const struct search *search, struct search_answer *answer);
void mark_no_answer(struct search *search, const struct definition *definition,
                    enum err code); /* NULL: all */
void mark_too_many(struct search *search, unsigned definition);

/* cleared.c: a hit is lowered when the document presented with it is known as another person's. */
void hit_lower(const struct search *search, const struct candidate *candidate, struct hit *hit);

#endif
