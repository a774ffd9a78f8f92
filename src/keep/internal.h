/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of keep share: the table of due days, the list of deletions, the signer. */
#ifndef KEEP_INTERNAL_H
#define KEEP_INTERNAL_H

#include <pthread.h>

#include "keep/keep.h"

/* ---- due.c: when each record is due ---- */

enum { GROUP_MAX = 32767, DAY_NEVER = 65535 };
#define DAY_BASE 10957 /* 2000-01-01 in days since 1970: days are kept as 16 bits from here */

struct due { /* of one record; day 0: it is not here, or erased */
    uint16_t day;
    uint16_t group : 15;
    uint16_t is_achieved : 1;
};
struct group { /* whose records of which definition; number 0 is none */
    str definition, owner;
    unsigned remind_days;
    const struct definition *known; /* NULL: not in the catalog */
    bool is_system;
    bool is_lasting; /* while active they do not end, their owner is told again and again */
    uint64_t late;   /* came to be within the time of reminding since the last sweep */
};
struct due_table {
    struct due *items; /* by record number */
    uint64_t count, max;
    struct group *groups;
    uint32_t group_count, group_max, last_group;
    uint32_t *slots;
    uint32_t slot_count;
    struct arena arena; /* texts of groups */
    uint64_t seq;       /* true up to here */
    bool is_changed;    /* since it was saved */
};
void due_release(struct due_table *table);
enum err due_set(struct due_table *table, uint64_t number, struct due due) MUST_USE;
enum err due_group(struct due_table *table, const struct catalog *catalog, str definition,
                   str owner, uint32_t *ret) MUST_USE;
/* DIR/due. ERR_NOT_FOUND, ERR_DAMAGED, ERR_VERSION: it is built again. */
enum err due_load(struct due_table *table, const struct catalog *catalog,
                  const char *path) MUST_USE;
enum err due_save(struct due_table *table, const char *path) MUST_USE;
static inline int32_t due_day(struct due due) /* in days since 1970 */
{
    return due.day + DAY_BASE;
}

/* ---- deleted.c: what was ever deleted ---- */

struct deleted {
    uint64_t number;
    int64_t entered_us; /* a number may be given again after a restore; this tells them apart */
};
struct deletions {
    int fd;
    uint64_t count;
    uint8_t *seen; /* bits by number, while the table is brought up to date; else NULL */
    uint64_t seen_max;
};
enum err deletions_open(struct deletions *list, const char *path) MUST_USE;
void deletions_close(struct deletions *list);
/* Durable when it returns. */
enum err deletions_add(struct deletions *list, const struct deleted *items, size_t count) MUST_USE;
typedef enum err deletions_visit(void *context, const struct deleted *deleted);
enum err deletions_each(struct deletions *list, deletions_visit *visit, void *context) MUST_USE;

/* ---- certificate.c ---- */

struct signer {
    struct node_key key;
    char name[64];
};
enum err signer_open(struct signer *signer, const char *directory) MUST_USE;

/* ---- guard.c ---- */

struct guard {
    bool is_anchored; /* from then on the clock is held to the time that has run */
    int32_t day;      /* believed */
    int64_t at_us;    /* when, by the clock that nobody sets */
    int32_t held_on;  /* the day that is not believed; 0: none */
};

/* ---- the whole ---- */

struct keep {
    const struct catalog *catalog;
    struct store *store;
    char *due_path;
    struct signer signer;
    pthread_mutex_t lock; /* of table and list */
    struct due_table table;
    struct deletions deletions;
    struct arena reading; /* of bodies that have to be looked into, while the lock is held */
    int32_t swept;        /* the last day; INT32_MIN: none yet */
    struct guard guard;   /* under `lock` */
    keep_erased *erased;
    keep_swept *done;
    void *context;
    keep_holds *holds;
    void *holder;
    uint64_t failures; /* changes that could not be taken up: they are when it is built again */
    pthread_mutex_t sweeping;
    pthread_t thread;
    pthread_mutex_t mutex; /* of those below */
    pthread_cond_t changed;
    bool is_started, is_stopping, is_hurried;
};
/* May this day be swept? Says so on the log, once a day, where it may not. */
bool guard_believes(struct keep *keep, struct day today);
/* Are owners reminded of these? */
bool group_is_told(const struct group *group);
/* What a version of a record says of its end; day 0: nothing. */
enum err keep_due_of(struct keep *keep, const struct stored *stored, struct arena *arena,
                     struct due *ret) MUST_USE;

#endif
