/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REVIEW_INTERNAL_H
#define REVIEW_INTERNAL_H

#include <pthread.h>

#include "codec/node.h"
#include "review/review.h"

/* ---- counts.c: counts by a key of five words with tabs between ---- */
enum { TALLY_KEY = 120 };
struct counts_row {
    char key[TALLY_KEY];
    uint64_t count;
};
struct counts {
    struct counts_row *rows; /* open addressing */
    size_t used, size;
    uint64_t through; /* entries up to this one are counted */
};
enum err counts_add(struct counts *tally, const char *key, uint64_t count) MUST_USE;
enum err counts_load(struct counts *tally, const char *directory) MUST_USE;
enum err counts_save(const struct counts *tally, const char *directory) MUST_USE;
void counts_release(struct counts *tally);

/* ---- rules.c ---- */
struct shift {
    str officer;
    int64_t from_us, until_us;
};
struct asked_value { /* who asked for one value lately */
    uint64_t hash;
    uint32_t day;
    uint32_t countries[REVIEW_COUNTRIES];
    uint8_t count;
    bool is_flagged;
};
enum { VALUES_KEPT = 1 << 16 };
struct rules {
    const struct catalog *catalog;
    struct store *store;
    struct arena arena; /* of the shifts */
    struct shift *shifts;
    size_t shift_count, shift_max;
    int64_t shifts_read_us;
    struct asked_value *values; /* VALUES_KEPT, the place given by the hash; the older one goes */
    unsigned char key[16];      /* of the hashes: made anew at each start */
};
enum err rules_open(struct rules *rules, const struct catalog *catalog,
                    struct store *store) MUST_USE;
void rules_release(struct rules *rules);
enum err rules_refresh(struct rules *rules) MUST_USE; /* reads the rosters, once a minute */
/* On a roster of some desk, and at that time on none. */
bool rules_is_off_shift(const struct rules *rules, str officer, int64_t time_us);
/* Has this question a value that, with it, REVIEW_COUNTRIES asked for within a week? */
bool rules_is_asked_by_many(struct rules *rules, const struct node *query, str country,
                            int64_t time_us);

/* ---- own.c ---- */
/* Does this question ask for a name that the officer declared, or for one of his family? */
bool own_is_asked(const struct catalog *catalog, const struct node *declared,
                  const struct node *query, struct arena *arena);

/* ---- persons.c ---- */
struct told { /* once, of one key of a person */
    uint64_t person, told;
    int32_t day;
};
struct persons {
    struct told *items;
    size_t count, max;
    bool is_loaded, is_changed;
};
/*
 * An owner is told of this record; `told` says by whom, for what and when, and counts once.
 * *ret_is_many: with it REVIEW_NOTIFICATIONS times of one person within 30 days.
 */
enum err persons_tell(struct review *review, const struct record *record, str told, int32_t day,
                      bool *ret_is_many) MUST_USE;
enum err persons_save(struct review *review) MUST_USE; /* if something was added */
void persons_release(struct persons *persons);

/* ---- review.c ---- */
struct review {
    const struct catalog *catalog;
    struct store *store;
    struct audit *audit;
    struct identity *identity;
    char directory[4096];
    unsigned share;
    pthread_mutex_t lock;
    struct counts counts;
    struct rules rules;
    struct persons persons;
    uint64_t notified;          /* notify.c: the last entry looked at; UINT64_MAX: not read yet */
    struct waiting_item *items; /* list.c: those not decided */
    size_t item_count, item_max;
};

/* ---- list.c ---- */
struct waiting_item {
    uint64_t number, entry;
    enum review_why why;
    int64_t asked_us;
    char officer[64], unit[64], country[16];
};
enum err list_load(struct review *review) MUST_USE;
enum { LIST_BATCH = 64 };
/* Commits them and puts them on the list; those that are there already are left out. */
enum err list_add(struct review *review, const struct waiting_item *drafts, size_t count) MUST_USE;

#endif
