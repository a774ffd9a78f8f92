/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Merkle tree over the log's leaves (RFC 9162 section 2.1), kept as C2SP tlog-tiles cut it: a
 * file DIR/audit/tree/<level> of hashes for every eighth level of the tree.
 *
 *   level 0   one leaf each                 32 bytes an entry
 *   level 1   one per 256 whole leaves      an eighth of a byte an entry
 *   level 2   one per 65,536 ...
 *
 * What lies between two levels is hashed anew when it is asked for: at most 255 hashes a level, so
 * a proof over any number of entries takes under a thousand. The tree is a view of the log: written
 * without sync behind each durable group, synced when a segment is closed, made again when it is
 * missing or short.
 */
#ifndef AUDIT_TREE_H
#define AUDIT_TREE_H

#include <stdatomic.h>

#include "crypto/crypto.h"

enum { TREE_LEVELS = 6, TILE_WIDTH = 256, PROOF_MAX = 64 };

struct tree {
    int fds[TREE_LEVELS];
    _Atomic uint64_t size;                      /* leaves */
    struct hash tails[TREE_LEVELS][TILE_WIDTH]; /* the unfinished tile of each level */
    bool is_broken; /* a write failed: nothing is proven until it is made again */
};

/*
 * Opens DIR/audit/tree and cuts it to `size` leaves; *ret_complete says whether it held as many,
 * else it is empty now.
 */
enum err tree_open(struct tree *tree, const char *audit_directory, uint64_t size,
                   bool *ret_complete) MUST_USE;
void tree_close(struct tree *tree);
/* Back to `size` leaves, of no more than there are in the files. */
enum err tree_cut(struct tree *tree, uint64_t size) MUST_USE;
/* `leaves`: their hashes, 32 bytes each. One caller at a time. */
enum err tree_add(struct tree *tree, str leaves) MUST_USE;
enum err tree_sync(struct tree *tree) MUST_USE;

/* Reading, from any thread, for any size up to tree->size. ERR_DAMAGED when a file is short. */
enum err tree_root(const struct tree *tree, uint64_t size, struct hash *ret) MUST_USE;
/* From the leaf's sibling up (section 2.1.3.1). */
enum err tree_inclusion(const struct tree *tree, uint64_t index, uint64_t size,
                        struct hash ret[PROOF_MAX], size_t *ret_count) MUST_USE;
/* Section 2.1.4.1; none when from is 0 or equal to `to`. */
enum err tree_consistency(const struct tree *tree, uint64_t from, uint64_t to,
                          struct hash ret[PROOF_MAX], size_t *ret_count) MUST_USE;
/* The hashes of a tile; ERR_NOT_FOUND when it has not so many. */
enum err tree_tile(const struct tree *tree, unsigned level, uint64_t index, unsigned width,
                   struct buf *out) MUST_USE;

#endif
