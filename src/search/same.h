/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is it held already? For those who write records: a record's reference, and each list of fields
 * that its definition declares `unique`, belong to one open record of an owner.
 *
 *   TRY(search_same_claim(&record, &claim));
 *   TRY(search_same(&node, snapshot, &record, arena, &same));
 *   if (same.id.number) ... return search_same_refusal(&record, &same);
 *   ... commit ...
 *   search_same_release(&claim);
 */
#ifndef SEARCH_SAME_H
#define SEARCH_SAME_H

#include "index/index.h"

/* An open record of the same owner with the same reference, or the same `unique` values. */
struct same {
    struct record_id id; /* number 0: there is none */
    str path;            /* of the field they share */
};
struct same_node { /* borrowed */
    const struct catalog *catalog;
    struct store *store;
};
enum { SAME_HASH_MAX = UNIQUE_MAX + 1 };
struct same_claim {
    uint64_t hashes[SAME_HASH_MAX];
    size_t count;
};
/* A record whose id is given is not the same as itself. Reads the store where the index points. */
enum err search_same(const struct same_node *node, struct index_snapshot *snapshot,
                     const struct record *record, struct arena *arena, struct same *ret) MUST_USE;
/* ERR_CONFLICT, naming the record and the field. */
enum err search_same_refusal(const struct record *record, const struct same *same);
/* What makes a record the same as another, as hashes; never 0. */
size_t search_same_hashes(const struct record *record, uint64_t ret[SAME_HASH_MAX]);
/*
 * Taken before search_same() by who means to commit, given back when that is done: of two that
 * enter the same in one moment the second gets ERR_CONFLICT. Any thread.
 */
enum err search_same_claim(const struct record *record, struct same_claim *ret) MUST_USE;
void search_same_release(struct same_claim *claim);

#endif
