/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery: the node's keys, sealed so that only several people together open them.
 *
 * At set-up a key pair is drawn; its secret half is split on paper (crypto/share.h) and then
 * forgotten, its public half and what each share is known by stand in a record
 * (system/recovery.yaml). From then on a backup holds no key of the node in clear, but one file
 *
 *   keys.sealed   "BUREAUK1" | set 5 | need u8 | of u8 | public key 32 | commitments of*32 |
 *                 sealed box: SHA-256 of all before, then each file: name, contents
 *
 * made anew each time, since a public key is enough for it. A data directory that holds this file
 * is not opened until `recovery combine` has put the keys back.
 *
 *   TRY(recovery_new(need, of, &set, shares));      // in the process that shows them, nowhere else
 *   TRY(recovery_put(catalog, store, &set, owner, by, &id));
 *   TRY(recovery_find(store, &set));                // ERR_NOT_FOUND: none was made
 *   TRY(recovery_seal(&set, directory, target));    // for a backup
 *   TRY(recovery_restore(directory, shares, count, &restored));
 */
#ifndef RECOVERY_RECOVERY_H
#define RECOVERY_RECOVERY_H

#include "codec/node.h"
#include "crypto/share.h"
#include "store/store.h"

struct recovery_set {
    unsigned char set[SHARE_SET_SIZE];
    uint8_t need, of;
    unsigned char public[KEY_SIZE];
    struct hash commitments[SHARE_OF_MAX]; /* of share 1.. */
    uint64_t number;                       /* of the record; 0: not kept yet */
    int64_t made_us;
};

/* Is this definition written through recovery only? */
bool recovery_keeps(const struct definition *definition);
/* Draws and splits a key; shares: SHARE_OF_MAX of them. Wipe them. */
enum err recovery_new(unsigned need, unsigned of, struct recovery_set *ret,
                      struct key_share *ret_shares) MUST_USE;
/* Is it one of this set's shares, unaltered? */
bool recovery_knows(const struct recovery_set *set, const struct key_share *share);
/*
 * Are these shares of two different holders of this set, at least? ERR_DENIED, in the same words
 * whatever is wrong.
 */
enum err recovery_vouch(const struct recovery_set *set, const struct key_share *shares,
                        size_t count) MUST_USE;

/* ---- the record ---- */

/* The set in force, the newest. ERR_NOT_FOUND. */
enum err recovery_find(struct store *store, struct recovery_set *ret) MUST_USE;
/* In place of the one before. */
enum err recovery_put(const struct catalog *catalog, struct store *store,
                      const struct recovery_set *set, str owner, str by,
                      struct record_id *ret) MUST_USE;
struct node *recovery_print(const struct recovery_set *set, struct arena *arena);
enum err recovery_read(const struct node *fields, struct recovery_set *ret) MUST_USE;

/* ---- keys.sealed ---- */

extern const char recovery_file[];
/* target/keys.sealed, of every key of a data directory. */
enum err recovery_seal(const struct recovery_set *set, const char *directory,
                       const char *target) MUST_USE;
bool recovery_is_sealed(const char *directory);
/* The head of a file; what follows opens with shares only. ERR_DAMAGED. */
enum err recovery_head(str file, struct recovery_set *ret, str *ret_box) MUST_USE;
/*
 * Puts the keys back where the file lies, and removes it. ERR_DENIED: too few shares, or others;
 * ERR_CONFLICT: a key is there already that differs. ret: how many files.
 */
enum err recovery_restore(const char *directory, const struct key_share *shares, size_t count,
                          size_t *ret) MUST_USE;

#endif
