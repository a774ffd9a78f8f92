/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of standing share: the table of keys, asked backwards, and the whole. */
#ifndef STANDING_INTERNAL_H
#define STANDING_INTERNAL_H

#include <pthread.h>

#include "standing/standing.h"

/* ---- table.c: from the keys of a record to the queries that ask for one of them ---- */

struct query {
    uint64_t number;
    str officer, country;
    int64_t approved_us; /* 0: not yet */
    int32_t until;       /* day */
    bool is_there;
};
struct key_slot {
    uint64_t hash; /* 0: free */
    uint32_t query;
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
    size_t key_count, key_max;
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
enum err asked_add_key(struct table *table, uint32_t query, str space, str text) MUST_USE;
/* Places of the queries that stand on `day` and ask for a key; at most max, how many there are. */
size_t asked_match(const struct table *table, const struct record *record, int64_t time_us,
                   int32_t day, uint32_t *ret, size_t max);
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
