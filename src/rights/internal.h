/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of rights share: who is held back, and how changes are made. */
#ifndef RIGHTS_INTERNAL_H
#define RIGHTS_INTERNAL_H

#include <pthread.h>

#include "codec/json.h"
#include "crypto/seal.h"
#include "rights/rights.h"

/* A record that is held back, by number. */
struct held {
    uint64_t number;          /* 0: an empty slot */
    uint64_t hold[HELD_WHYS]; /* number of the record that says so; 0: none */
    int64_t since_us[HELD_WHYS];
    enum state before;       /* its own, before the first hold */
    int64_t marked_until_us; /* monotonic: a hold of it is on its way to the disk; 0: none */
};
struct held_table {
    struct held *slots;
    size_t slot_count, count; /* count: slots in use, empty ones of those included */
};
struct rights {
    struct rights_node node;
    struct box_key applicants, objections;
    pthread_rwlock_t lock; /* of held */
    struct held_table held;
};

/* hold.c */
enum err holds_fill(struct rights *rights) MUST_USE;
void holds_free(struct rights *rights);
bool rights_holds(void *context, uint64_t number); /* or is about to */
enum err holds_take(struct rights *rights, const struct stored *stored) MUST_USE;
/* Where changes are added; full: ERR_LIMIT. */
struct changes {
    struct change *items;
    size_t count, max;
};
enum err changes_add(struct changes *changes, const struct change *change) MUST_USE;
/* What holds a record back, and what lets it go; nothing where that is so already. */
enum err hold_begin(struct rights *rights, const struct stored *record, enum rights_why why,
                    struct record_id ticket, str by, struct arena *arena,
                    struct changes *changes) MUST_USE;
/* own: the change of the record itself that goes with it, which then gives it its state; NULL. */
enum err hold_end(struct rights *rights, const struct stored *record, enum rights_why why,
                  struct change *own, str by, struct changes *changes) MUST_USE;

/* request.c */
enum err read_record(struct rights *rights, const struct stored *stored, struct arena *arena,
                     struct record *ret) MUST_USE;
/* The ids that a field of a ticket lists. ERR_BAD_VALUE, ERR_LIMIT. */
enum err ids_of(const struct record *record, const struct field *field,
                struct record_id ret[RIGHTS_RECORDS_MAX], size_t *ret_count) MUST_USE;
/* What a box of this node's holds, as a tree; NULL: it cannot be opened. */
enum { SEALED_MAX = 16 << 10 };
const struct node *unseal(const struct box_key *key, str sealed, struct arena *arena);
/* One record that this officer may know of, or his own country's; ERR_NOT_FOUND. */
enum err name_record(struct rights *rights, const struct actor *actor, struct record_id id,
                     struct arena *arena, struct stored *ret_stored, struct record *ret) MUST_USE;
/* The actor for the purpose that a request has. */
struct actor for_request(const struct rights *rights, const struct actor *actor);

#endif
