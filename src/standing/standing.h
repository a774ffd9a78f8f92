/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standing: questions that wait. An officer asks for a purpose, a case and an end date; another
 * officer of his national bureau allows it; from then on every new or changed record is held
 * against it, in the order of the feed. A match is one for the asker only if a search of his, made
 * at that moment, would show it; otherwise nothing comes of it.
 *
 *   struct standing *standing;
 *   TRY(standing_open(catalog, store, engine, &standing)); // store_set_hook(standing_follow)
 *   standing_on(standing, actor_of, on_hit, context);
 *   TRY(standing_start(standing));           // a thread of its own; tests call standing_catch_up()
 *
 * A question waits for numbers and series of them, and for names with a date of birth: what its
 * keys lead to (names.c, spans.c) is asked as that search, so what comes of it is what a search
 * would say, in the same band.
 *
 * Only what stands here is ever matched: this module reads records of system/standing-query.yaml
 * and the feed, and nothing else (tools/check holds it to that).
 */
#ifndef STANDING_STANDING_H
#define STANDING_STANDING_H

#include "search/search.h"

struct standing;

enum { STANDING_DAYS_MAX = 90, STANDING_MAX = 4000000, STANDING_VALUES_MAX = 16 };

enum err standing_open(const struct catalog *catalog, struct store *store,
                       struct search_engine *engine, struct standing **ret) MUST_USE;
/* Stopped before the store is closed, closed after it. */
void standing_stop(struct standing *standing);
void standing_close(struct standing *standing);
/* The store's hook, behind the index: up to here there is something to look at. */
void standing_follow(struct standing *standing, uint64_t last_seq);

/* What the officer may do now, in this role, or an error: he may do nothing. */
typedef enum err standing_actor(void *context, str officer, str role, struct arena *arena,
                                struct actor *ret);
struct standing_hit {
    const struct actor *actor;
    struct record_id query, record;
    uint32_t version;
    const struct definition *definition;
    enum disclosure disclosure;
    enum band band; /* what a search says of it */
};
/* Puts it on record; only then it is kept. */
typedef enum err standing_hit_found(void *context, const struct standing_hit *hit);
void standing_on(struct standing *standing, standing_actor *actor, standing_hit_found *found,
                 void *context);
enum err standing_start(struct standing *standing) MUST_USE;
/* Holds all that is in the feed now against what stands. */
enum err standing_catch_up(struct standing *standing) MUST_USE;

/* ---- asking ---- */

struct standing_question {
    const struct node *fields;    /* map meaning -> text or list of texts */
    const struct node *databases; /* list of names; NULL: all */
    struct day until;
    str reference; /* of the case */
};
/* ERR_MISSING, ERR_BAD_VALUE with the field; what search_plan() refuses; without a number, too. */
enum err standing_ask(struct standing *standing, const struct actor *actor,
                      const struct standing_question *question, struct arena *arena,
                      struct record_id *ret) MUST_USE;
/* ERR_NOT_FOUND for who may not know of it; ERR_DENIED for the asker himself. */
enum err standing_approve(struct standing *standing, const struct actor *actor, struct record_id id,
                          struct arena *arena) MUST_USE;
/* By the asker; it counts once it is approved, until then the earlier date does. */
enum err standing_renew(struct standing *standing, const struct actor *actor, struct record_id id,
                        struct day until, struct arena *arena) MUST_USE;
enum err standing_remove(struct standing *standing, const struct actor *actor,
                         struct record_id id) MUST_USE;

/* ---- seeing ---- */

struct standing_met {
    uint64_t number; /* of the hit: later ones have higher */
    struct record_id record;
    int64_t time_us;
};
struct standing_query {
    struct record_id id;
    str officer, unit, role, purpose, reference, approved_by;
    const struct node *asked;     /* list of {meaning, value} */
    const struct node *databases; /* list; NULL: all */
    struct day until, asked_until;
    bool is_own, is_approved, is_over;
    struct standing_met *met; /* of his own; newest first, STANDING_MET_MAX at most */
    size_t met_count;
};
enum { STANDING_LIST_MAX = 200, STANDING_MET_MAX = 50 };
/* The actor's own, and for officers of the national bureau all of their country. */
enum err standing_list(struct standing *standing, const struct actor *actor, struct arena *arena,
                       struct standing_query **ret, size_t *ret_count) MUST_USE;
/* The number of the newest hit of the actor's own queries, 0: none. */
uint64_t standing_news(struct standing *standing, const struct actor *actor, uint64_t after);

struct standing_stats {
    uint64_t queries, keys, hits, seq;
};
void standing_stats(struct standing *standing, struct standing_stats *ret);

#endif
