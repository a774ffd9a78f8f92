/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys under which the log's contents lie, so that what is past its time is destroyed by the
 * million with one small file.
 *
 *   DIR/audit/reader.key               opens the files below; the node's own
 *   DIR/audit/readers/<name>.pub       public keys of further readers, 32 bytes each (optional)
 *   DIR/audit/keys/<day>-<class>-<group>   one key a day, class and country: a sealed box of 80
 *   bytes
 *                                      for each reader
 *   DIR/audit/keys/<day>-index-days    the key of what was looked up of a day's entries that showed
 *                                      nothing, as long as they
 *   DIR/audit/keys/<month>-index-months   of the others of a month, as long as its last day's
 *
 * class: what nobody was shown anything of (kept 30 days) and the rest (kept three years). A stored
 * body is
 *
 *   3 | class u8 | day u32 | group length u8, group | dictionary u16 | XChaCha20-Poly1305 of the
 *   JSON, packed with that dictionary (packing.h), bound to what stands before it and to the
 *   dictionary's SHA-256
 *
 * Old logs have 2, neither packed nor a dictionary named, and 1, its key made otherwise.
 *
 * The entry's own key is made from the day's key and its salt, so that one entry can be
 * opened to somebody without the others of its day. The leaf is hashed over these bytes: it holds
 * whether the key is still there or not.
 */
#ifndef AUDIT_KEYRING_H
#define AUDIT_KEYRING_H

#include <pthread.h>

#include "audit/audit.h"
#include "audit/packing.h"
#include "crypto/seal.h"

enum { GROUP_TEXT = 10, KEYRING_SLOTS = 4096, READERS_MAX = 8, FRESH_MAX = 16 };

enum audit_class { CLASS_NOTHING_SHOWN, CLASS_SHOWN, CLASS_COUNT };
struct key_name {
    uint32_t day; /* since 1970; of an index's key: the month's first */
    uint8_t class;
    char group[GROUP_TEXT]; /* a country, or what stands for it */
};
struct kept_key {
    struct key_name name;
    struct secret_key key;
    bool is_used;
};
struct keyring {
    pthread_mutex_t lock;
    char directory[4096]; /* DIR/audit/keys */
    struct box_key reader;
    unsigned char readers[READERS_MAX][KEY_SIZE];
    size_t reader_count;
    struct kept_key *slots; /* open addressing; emptied when half full */
    size_t used;
    int fresh[FRESH_MAX]; /* files of new keys, not yet durable */
    size_t fresh_count;
    unsigned keep_days[CLASS_COUNT];
    struct packing packing;
};

enum err keyring_open(struct keyring *keyring, const char *audit_directory) MUST_USE;
void keyring_close(struct keyring *keyring);
/*
 * The entry's body as it is stored. Makes the day's key where this is its first entry; that key is
 * durable after the next keyring_flush(), which comes before the entry is acknowledged.
 */
enum err keyring_seal(struct keyring *keyring, const struct audit_entry *entry,
                      const struct salt *salt, str body, struct buf *out) MUST_USE;
enum err keyring_flush(struct keyring *keyring) MUST_USE;
/*
 * A stored body in clear. ERR_GONE: its key was destroyed. ret_day and ret_key (of this entry
 * alone)
 * may be NULL.
 */
enum err keyring_unseal(struct keyring *keyring, const struct salt *salt, str bytes,
                        struct arena *arena, str *ret, uint32_t *ret_day,
                        struct secret_key *ret_key) MUST_USE;
/*
 * The same with the entry's own key and its dictionary (NULL: it is not packed), for who was given
 * them.
 */
enum err unseal_with(const struct secret_key *key, const struct phrases *phrases, str bytes,
                     struct arena *arena, str *ret) MUST_USE;
/* The number of the dictionary a stored body was packed with; false: with none. */
bool keyring_dictionary(str bytes, uint16_t *ret);
/*
 * The key that makes of a term what stands for it in the lookup of `day`, or of the month that
 * begins on it. ERR_GONE: it was destroyed, or never made.
 */
enum err keyring_index(struct keyring *keyring, uint32_t day, bool is_month,
                       struct secret_key *ret) MUST_USE;
uint32_t keyring_month(uint32_t day); /* the first day of its month */
/* Destroys every key whose time is over on `today` (days since 1970). */
enum err keyring_expire(struct keyring *keyring, uint32_t today, unsigned *ret_count) MUST_USE;
/* The days' keys, each sealed to the readers. */
enum err keyring_copy(struct keyring *keyring, const char *target_audit_directory) MUST_USE;

/* ---- another reader's key (reader.c) ---- */

/*
 * A new reader.key: every key of the log is sealed to it instead of the old one, which is gone when
 * this returns. About two milliseconds a file of keys; nothing is sealed or opened meanwhile.
 */
enum err keyring_replace_reader(struct keyring *keyring, const char *audit_directory) MUST_USE;
/* Where a replacement was cut short, it goes on. */
enum err keyring_finish_reader(struct keyring *keyring, const char *audit_directory) MUST_USE;
/* One key as it lies in its file: a box for this reader and for each of the further ones. */
void keyring_boxes(const struct keyring *keyring, const struct box_key *reader,
                   const struct secret_key *key, struct buf *out);
/* By any of these readers. ERR_NOT_FOUND when there is no such key (any more). */
enum err keyring_unbox(const struct box_key *readers, size_t count, const char *path,
                       struct secret_key *ret) MUST_USE;

#endif
