/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of standing share: the table of keys, asked backwards, and the whole. */
#ifndef STANDING_INTERNAL_H
#define STANDING_INTERNAL_H

#include <pthread.h>

#include "standing/standing.h"
#include "text/match.h"

enum { HELD_WORD_MAX = 24 };

/* ---- names.c: how names sound, and when their bearers were born ---- */

struct date;
struct frequencies;
typedef void name_key(void *context, uint64_t hash);
/*
 * What names are asked for as: a name counts for its own meaning where evidence is weighed and
 * nothing but it and a date is asked (agree.c says why), else for any.
 */
enum { MEANING_ANY = 0, MEANINGS_MAX = 16 };
struct meanings {
    uint16_t items[MEANINGS_MAX];
    size_t count;
};
/* The keys of a name and a date, asked under a meaning. */
struct name_keying {
    name_key *take;
    void *context;
    uint64_t seed;
};
void names_ask(const struct name *name, const struct date *born, uint16_t meaning,
               const struct name_keying *keying);
/* `asked` are those that anybody asks for; by_meaning: a name counts for its own. */
void names_hold(const struct record *record, const struct meanings *asked, bool by_meaning,
                const struct name_keying *keying);

/* ---- words.c: the words of all names asked for, and how far they are from a record's ---- */

/* A name asked for: numbers of its words, and what joins and pieces of them there are. */
struct asked_token {
    uint32_t word;
    uint8_t role;
    uint8_t join_letters, join_sounds; /* of it and the next written as one; 0: they are not */
    uint8_t join_limit;                /* bits */
    bool is_glued, is_join_open;       /* a join that reads in several ways */
};
struct asked_piece {
    uint32_t word;
    uint8_t token;
    bool is_second;
};
struct asked_name {
    const struct asked_name *next; /* of the same query */
    uint16_t meaning;
    uint8_t count, piece_count;
    bool is_open; /* too odd to be judged by its words: compared in full */
    bool has_initial, has_patronymic;
    uint16_t strong; /* words that count when they are alone */
    const struct asked_piece *pieces;
    struct asked_token tokens[];
};
struct asked_word;
struct asked_row { /* of a word asked for, as long as one record is looked at */
    float bits;
    float costs[HELD_WORD_MAX]; /* SOUND_FAR: another word */
};
struct held_word {
    struct word word;
    struct sound sounds[NAME_READING_MAX];
    float bits;
    bool is_related;
};
struct asked_words {
    struct asked_word *items; /* by number; 0: none */
    uint32_t count, max, slot_count;
    uint32_t *slots;
    struct asked_row *rows; /* the first: of a word that found no place, near to all */
    uint32_t row_count;
    uint32_t stamp;
    const struct frequencies *frequencies;
    struct held_word held[HELD_WORD_MAX];
    size_t held_count;
    struct waiting_words *waiting; /* by script */
    struct arena arena;
};
void asked_words_release(struct asked_words *words);
enum err asked_name_make(struct asked_words *words, const struct name *name, uint16_t meaning,
                         struct asked_name **ret) MUST_USE;
/* The name again; tokens are the caller's, readings are borrowed. */
void asked_name_open(const struct asked_words *words, const struct asked_name *asked,
                     struct name_token tokens[NAME_TOKEN_MAX], struct name *ret);
/* Another record: what was known is forgotten. False: there is no memory, all is open. */
bool words_begin(struct asked_words *words, const struct frequencies *frequencies);
/* The rows of the words wanted so far; the words held stay. */
void words_forget(struct asked_words *words);
bool words_are_many(const struct asked_words *words);
/* A word of its names; HELD_WORD_MAX: there are too many. */
size_t words_hold(struct asked_words *words, const struct name_token *token);
/* The words of a name are compared with all that are held, by the next words_settle(). */
void words_want(struct asked_words *words, const struct asked_name *asked);
void words_settle(struct asked_words *words);
const struct asked_row *words_row(const struct asked_words *words, uint32_t word);
const struct word *words_word(const struct asked_words *words, uint32_t word);

/* ---- agree.c: whether a name of the record and a date of birth are near enough ---- */

/* What is asked of a person. */
struct asked_person {
    const struct asked_name *names;
    const struct date *born;
    size_t born_count;
    bool is_alone; /* one name and one date, nothing else is asked */
};
struct held_name {
    const struct name *name;
    uint16_t meaning;
    bool is_open, has_initial;
    uint16_t strong;
    uint8_t words[NAME_TOKEN_MAX]; /* numbers of words held */
};
struct held_names {
    const struct record *record;
    struct held_name *items;
    size_t count;
};
void names_ready(struct asked_words *words, const struct frequencies *frequencies,
                 const struct record *record, struct arena *arena, struct held_names *ret);
/*
 * Whether a search might show the record: by the bits of its names and dates, and some that other
 * fields may add. The words of the names asked for have been settled.
 */
bool names_agree(const struct asked_words *words, const struct asked_person *asked,
                 const struct held_names *held);
/*
 * What search/evidence asks of a name beside these dates, no more than that. Where a name and a
 * date are all that is asked nothing else adds bits; common names then count if they agree as they
 * are read, or nearly so with a date that supports them.
 */
struct bar {
    double bits;
    bool is_alone, is_supported;
};
bool name_is_near(const struct bar *bar, const struct name_match *match);
/* False: name_is_near() is, too, of these two names' match. */
bool name_may_be_near(const struct asked_words *words, const struct bar *bar,
                      const struct asked_name *asked, const struct held_name *held);
/* A name of a record; its words are held from now on. */
void name_ready(struct asked_words *words, const struct name *name, uint16_t meaning,
                struct held_name *ret);
/* Of this record a name can only count for its own meaning, if a name and a date are all. */
bool names_count_by_meaning(const struct frequencies *frequencies, const struct record *record);

/* ---- spans.c: series of numbers ---- */

struct span {
    str space, from, to, reach;
    uint32_t query;
};
struct spans {
    struct span *items;
    size_t count, ordered, max;
};
typedef void span_visit(void *context, uint32_t query);
enum err spans_add(struct spans *spans, const struct span *span) MUST_USE;
/* Every query of a span that meets from..to. */
void spans_find(struct spans *spans, str space, str from, str to, span_visit *visit, void *context);
void spans_release(struct spans *spans);

/* ---- table.c: from the keys of a record to the queries that ask for one of them ---- */

struct query {
    uint64_t number;
    str officer, country;
    const struct asked_name *names; /* asked for by how they sound; NULL: none */
    const struct date *born;
    uint8_t born_count;
    int64_t approved_us; /* 0: not yet */
    int32_t until;       /* day */
    bool is_there;
    bool is_alone; /* one name and one date of birth are all it asks for */
};
struct key_slot {
    uint64_t hash;  /* 0: free */
    uint32_t first; /* of its queries, a place in `links` + 1 */
};
struct key_link {
    uint32_t query, next; /* + 1 */
};
struct met {
    uint64_t number, query, record;
    int64_t time_us;
    uint32_t owner; /* the query's place; UINT32_MAX: unknown */
};
/* Of a record without a date of birth and with common words: a query each. */
enum { HEARD_MAX = 1 << 16 };
struct table {
    struct query *queries;
    uint32_t count, max;
    uint32_t *by_number; /* place + 1 */
    uint32_t by_number_count;
    struct key_slot *keys;
    size_t slot_count, key_max;
    struct key_link *links;
    size_t key_count, link_max;
    struct spans points, series; /* of spaces with series: single numbers asked for, and series */
    struct met *mets;
    size_t met_count, met_max;
    uint64_t *pairs; /* hashes of query and record that met */
    size_t pair_count, pair_max;
    uint64_t seed;
    uint32_t heard[HEARD_MAX]; /* of the record at hand */
    struct asked_words words;
    struct meanings meanings; /* that names are asked for as */
    struct arena arena;       /* texts of queries */
};
void asked_init(struct table *table);
void asked_release(struct table *table);
/* The place of a query, made when new: then its keys are to be added. They never change. */
enum err asked_put(struct table *table, const struct query *query, uint32_t *ret,
                   bool *ret_is_new) MUST_USE;
struct query *asked_find(const struct table *table, uint64_t number); /* NULL */
enum err asked_add_key(struct table *table, uint32_t query, const struct key *key) MUST_USE;
/* With every date the query was put with. */
enum err asked_add_name(struct table *table, uint32_t place, const struct name *name,
                        uint16_t meaning) MUST_USE;
/*
 * Places of the queries that stand on `day` and ask for a key of the record, or for a name that is
 * near to one of its; at most max, how many there are.
 */
struct asked_when {
    int64_t time_us;
    int32_t day;
};
size_t asked_match(struct table *table, const struct record *record, struct asked_when when,
                   const struct frequencies *frequencies, struct arena *arena, uint32_t *ret,
                   size_t max);
enum err asked_add_met(struct table *table, const struct met *met) MUST_USE;
bool asked_has_met(const struct table *table, uint64_t query, uint64_t record);

/* ---- the whole ---- */

struct standing {
    const struct catalog *catalog;
    struct store *store;
    struct search_engine *engine;
    pthread_mutex_t lock; /* of the table */
    struct table table;
    uint64_t seq, noted_seq; /* held against what stands up to here */
    pthread_mutex_t catching_up;
    standing_actor *actor;
    standing_hit_found *found;
    void *context;
    pthread_t thread;
    pthread_mutex_t mutex; /* of the below */
    pthread_cond_t changed;
    bool is_started, is_stopping, is_news;
    uint64_t published_seq; /* what the index has taken up */
};
/* ask.c: a stored query into the table; the lock is held. */
enum err standing_take_query(struct standing *standing, const struct stored *stored) MUST_USE;
/* The fields of a stored query, read. */
enum err standing_read(const struct standing *standing, const struct stored *stored,
                       struct arena *arena, struct standing_query *ret) MUST_USE;
/* Its values as a search asks for them. */
const struct node *standing_fields(const struct standing_query *query, struct arena *arena);
extern const char *const standing_query_name, *const standing_hit_name;

#endif
