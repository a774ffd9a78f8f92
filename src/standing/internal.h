/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of standing share: the table of keys, asked backwards, and the whole. */
#ifndef STANDING_INTERNAL_H
#define STANDING_INTERNAL_H

#include <pthread.h>

#include "standing/standing.h"
#include "text/name.h"

/* ---- names.c: how names sound, and when their bearers were born ---- */

struct date;
struct frequencies;
typedef void name_key(void *context, uint64_t hash);
void names_ask(const struct name *name, const struct date *born, uint64_t seed, name_key *take,
               void *context);
void names_hold(const struct record *record, uint64_t seed, name_key *take, void *context);
/* How many words of another name it may stand against. */
struct name_extent {
    uint8_t strong, most; /* strong: particles and titles left out; most: cut words twice */
    uint8_t longest;      /* letters of a word */
    uint8_t shortest;     /* letters of the two shortest words together */
};
struct name_extent name_extent_of(const struct name *name);
/*
 * Whether a name of the record and a date of birth are near enough to what is asked that a search
 * might show it: by its bits, and some that other fields may add.
 */
struct asked_person {
    str name;
    const struct date *born;
    size_t born_count;
    bool is_alone; /* one name and one date, nothing else is asked */
    struct name_extent extent;
};
/* The names of a record, and what agreeing with them can be worth at most. */
struct held_name {
    const struct name *name;
    struct name_extent extent;
    uint8_t count;
    float most[NAME_TOKEN_MAX + 1]; /* bits of so many of its words, the rarest first */
};
struct held_names {
    const struct record *record;
    struct held_name *items;
    size_t count;
};
void names_ready(const struct frequencies *frequencies, const struct record *record,
                 struct arena *arena, struct held_names *ret);
bool names_agree(const struct frequencies *frequencies, const struct asked_person *asked,
                 const struct held_names *held, struct arena *arena);

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
    str names; /* asked for by how they sound, a line each; empty: none */
    const struct date *born;
    uint8_t born_count;
    int64_t approved_us; /* 0: not yet */
    int32_t until;       /* day */
    bool is_there;
    bool is_alone;             /* one name and one date of birth are all it asks for */
    struct name_extent extent; /* of that name */
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
    struct arena arena; /* texts of queries */
};
void asked_init(struct table *table);
void asked_release(struct table *table);
/* The place of a query, made when new: then its keys are to be added. They never change. */
enum err asked_put(struct table *table, const struct query *query, uint32_t *ret,
                   bool *ret_is_new) MUST_USE;
struct query *asked_find(const struct table *table, uint64_t number); /* NULL */
enum err asked_add_key(struct table *table, uint32_t query, const struct key *key) MUST_USE;
enum err asked_add_name(struct table *table, uint32_t query, const struct name *name,
                        const struct date *born) MUST_USE;
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
