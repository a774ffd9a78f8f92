/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contents of an entry, packed before they are sealed: a quarter of the bytes. Each by itself,
 * against a dictionary that holds nobody's data, so that nothing of one entry is needed for, or
 * shows in, another.
 *
 *   DIR/audit/dictionary-<n>     SHA-256 of the rest, 32 | a zstd dictionary: the program's own, of
 *                                made-up entries, and the hash of the catalog entries speak of
 *
 *   packed   zstd frame without its magic number | 80 | zeros up to a step of PACK_STEP
 *
 * The steps are there since a length is not hidden by sealing: docs/decisions/packed-entries.md.
 * An entry names its dictionary by number; what is sealed is bound to the dictionary's hash, so
 * that it does not open with another. Dictionaries are made by the log, one for each catalog, and
 * stay as long as it does. Any number of threads.
 */
#ifndef AUDIT_PACKING_H
#define AUDIT_PACKING_H

#include <pthread.h>
#include <stdatomic.h>

#include "codec/dictionary.h"
#include "crypto/crypto.h"

enum {
    PACK_STEP = 32,
    DICTIONARIES_MAX = 4096,
    DICTIONARY_BYTES = 8 << 10, /* of a file, at most */
    DICTIONARY_NAME = 24
};

struct phrases { /* one dictionary, ready */
    uint16_t number;
    struct hash hash;
    struct dictionary *dictionary;
};
struct packing {
    char directory[4096]; /* DIR/audit */
    pthread_mutex_t lock;
    struct phrases *known[DICTIONARIES_MAX]; /* by number; read when first needed, then kept */
    uint16_t count;                          /* the highest number there is */
    _Atomic(struct phrases *) current;       /* what new entries are packed with */
};

enum err packing_open(struct packing *packing, const char *audit_directory) MUST_USE;
void packing_close(struct packing *packing);
/* Entries will speak of this catalog (NULL: of any): they are packed for it from here on. */
enum err packing_expect(struct packing *packing, const struct hash *catalog) MUST_USE;
const struct phrases *packing_current(const struct packing *packing);
/* The dictionary of that number. ERR_DAMAGED names the file that is not there, or was altered. */
enum err packing_find(struct packing *packing, uint16_t number,
                      const struct phrases **ret) MUST_USE;
/* The bytes of its file, to be given away with what is packed. */
enum err packing_file(struct packing *packing, uint16_t number, struct buf *out) MUST_USE;
enum err packing_copy(struct packing *packing, const char *target_audit_directory) MUST_USE;

/* Of the bytes of such a file; phrases_release() frees it. ERR_DAMAGED. */
enum err phrases_read(str file, struct phrases *ret) MUST_USE;
void phrases_release(struct phrases *phrases);
size_t phrases_bound(size_t len); /* room that packing so many bytes may need */
enum err phrases_pack(const struct phrases *phrases, str text, struct buf *out) MUST_USE;
enum err phrases_unpack(const struct phrases *phrases, str packed, size_t max, struct arena *arena,
                        str *ret) MUST_USE;
void dictionary_name(uint16_t number, char out[DICTIONARY_NAME]);

#endif
