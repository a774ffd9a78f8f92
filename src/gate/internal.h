/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of gate share: the view of proposals, the counts of what is entered. */
#ifndef GATE_INTERNAL_H
#define GATE_INTERNAL_H

#include <pthread.h>

#include "gate/gate.h"

#define PROPOSAL "proposal"
#define DECISION "decision"

enum { DECIDED_DAYS = 60, WAITING_MAX = 100000 };

struct gate_item {
    uint64_t number;   /* of the proposal */
    uint64_t decision; /* 0: it waits */
    int64_t decided_us;
};

/* ---- volume.c ---- */

enum { VOLUME_DAYS = 30, VALUES_MAX = 512 };
struct volume_value {
    uint64_t hash;
    uint32_t count;
};
struct volume { /* of one definition and owner */
    uint64_t key;
    int32_t today;
    uint32_t counts[VOLUME_DAYS + 1];       /* new records of a day, today's first */
    struct volume_value values[VALUES_MAX]; /* of the burst's field, today */
};
struct volumes {
    struct volume **items;
    size_t count, max;
};
void volumes_release(struct volumes *volumes);
/* A new record that was entered, not imported. */
enum err volumes_add(struct volumes *volumes, const struct catalog *catalog,
                     const struct stored *change) MUST_USE;

struct gate {
    const struct catalog *catalog;
    struct store *store;
    pthread_mutex_t lock; /* of the view and the volumes */
    struct gate_item *items;
    size_t count, max;
    struct volumes volumes;
    pthread_mutex_t deciding; /* one decision at a time */
};

/* propose.c: fields of either definition into `ret`. */
void proposal_read(const struct node *fields, struct gate_proposal *ret);
struct node *proposal_print(const struct gate_proposal *proposal, struct arena *arena);

#endif
