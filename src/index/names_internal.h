/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names, inside: what builder, section, live part and search share.
 *
 * A dictionary word ("token") is kept as bytes, the same in a section, in a builder and in the
 * live part:
 *
 *   u8 script | u8 reading count | u8 length | native ... | per reading: u8 length | a-z ... | u8
 *   sounds | codes ...
 *
 * An entry's names are runs of packed words (u32): id, role, and a mark on the first word of each
 * name. Words that lead to a token are hashed into three directories: its exact form; its main
 * reading with up to two letters left out (and its other readings whole); its consonant
 * skeletons.
 */
#ifndef INDEX_NAMES_INTERNAL_H
#define INDEX_NAMES_INTERNAL_H

#include "index/names.h"
#include "text/frequency.h"
#include "text/match.h"

enum {
    PACKED_ID_BITS = 27,
    PACKED_ID_MASK = (1 << PACKED_ID_BITS) - 1,
    PACKED_ROLE_SHIFT = PACKED_ID_BITS,
    ENCODED_MAX = 3 + 255 + NAME_READING_MAX * (2 + NAME_WORD_MAX + SOUND_MAX),
    KEY_MAX = 64,        /* keys of one token in one directory */
    ENTRY_WORD_MAX = 256 /* packed words of one entry that are looked at */
};
#define PACKED_FIRST 0x80000000u

enum names_directory { NAMES_EXACT, NAMES_NEAR, NAMES_SKELETON, NAMES_DIRECTORY_COUNT };

static inline uint32_t packed_word(uint32_t id, uint8_t role, bool is_first)
{
    return id | (uint32_t)role << PACKED_ROLE_SHIFT | (is_first ? PACKED_FIRST : 0);
}
static inline uint8_t packed_role(uint32_t packed)
{
    return packed >> PACKED_ROLE_SHIFT & 7;
}

/* names_word.c: tokens as bytes, and their keys. */
size_t names_encode(const struct name_token *token, uint8_t ret[ENCODED_MAX]);
/* False when the bytes do not fit in `size`: a damaged file. */
bool names_decode(const uint8_t *bytes, size_t size, struct word *ret);
size_t names_encoded_size(const uint8_t *bytes);
uint32_t names_exact_key(enum name_script script, str native);
/* All keys of a word in a directory, different ones, at most KEY_MAX. */
size_t names_keys(const struct word *word, enum names_directory directory, uint32_t ret[KEY_MAX]);

/*
 * A part's dictionary, whichever kind it is. Ids and entry numbers from damaged bytes are out of
 * range: readers get empty lists.
 */
bool part_word(const struct names_part *part, uint32_t id, struct word *ret);
uint32_t part_frequency(const struct names_part *part,
                        uint32_t id); /* entries that bear the word */
/* Ids in a directory's bucket: candidates, to be checked. Appends at most max to ret. */
size_t part_probe(const struct names_part *part, enum names_directory directory, uint32_t key,
                  uint32_t *ret, size_t max);
/* Brings a bucket into the cache: first where it lies, then its ids. */
void part_prefetch_bucket(const struct names_part *part, enum names_directory directory,
                          uint32_t key, bool is_near);
/* Ids at and above are of no word, or of words added after this call. */
uint32_t part_word_count(const struct names_part *part);
/* Entries that bear a word, ascending in a section; in a live part the newest first, copied to
 * the arena. */
size_t part_postings(const struct names_part *part, uint32_t id, struct arena *arena,
                     const uint32_t **ret);
/* Packed words of an entry; buffer is used by live parts. */
size_t part_entry(const struct names_part *part, uint32_t entry, uint32_t buffer[ENTRY_WORD_MAX],
                  const uint32_t **ret);
/* Exact form; false when the part has no such word. */
bool part_find(const struct names_part *part, enum name_script script, str native,
               uint32_t *ret_id);

/* names_rarity.c: a table's words as a section without entries, and their bearers by id. */
struct rarity {
    const struct frequencies *frequencies;
    struct names_section *section;
    struct buf bytes;
    uint32_t *bearers;
    size_t count;
};

/* names_live.c */
bool live_word(const struct names_live *live, uint32_t id, struct word *ret);
const uint8_t *live_bytes(const struct names_live *live, uint32_t id);
uint32_t live_word_count(const struct names_live *live);
uint32_t live_frequency(const struct names_live *live, uint32_t id);
size_t live_probe(const struct names_live *live, enum names_directory directory, uint32_t key,
                  uint32_t *ret, size_t max);
size_t live_postings(const struct names_live *live, uint32_t id, struct arena *arena,
                     const uint32_t **ret);
size_t live_entry(const struct names_live *live, uint32_t entry, uint32_t buffer[ENTRY_WORD_MAX]);
/* names_section.c */
bool section_word(const struct names_section *section, uint32_t id, struct word *ret);
const uint8_t *section_bytes(const struct names_section *section, uint32_t id);
uint32_t section_frequency(const struct names_section *section, uint32_t id);
size_t section_probe(const struct names_section *section, enum names_directory directory,
                     uint32_t key, uint32_t *ret, size_t max);
size_t section_postings(const struct names_section *section, uint32_t id, const uint32_t **ret);
size_t section_entry(const struct names_section *section, uint32_t entry, const uint32_t **ret);
uint32_t section_word_count(const struct names_section *section);
/* Brings what is read soon into the cache: first where it lies (far ahead), then itself. */
enum { PREFETCH_FAR = 16, PREFETCH_NEAR = 8 };
void section_prefetch_word(const struct names_section *section, uint32_t id, bool is_near);
void section_prefetch_bucket(const struct names_section *section, enum names_directory directory,
                             uint32_t key, bool is_near);
void section_prefetch_entry(const struct names_section *section, uint32_t entry, bool is_near);

/*
 * A section's bytes, all numbers little endian, every array 8-byte aligned:
 * header | word_at u32[words + 1] | words bytes | post_at u32[words + 1] | posts u32[] | entry_at
 * u32[entries + 1] | packed u32[] | per directory: bucket_at u32[buckets + 1], ids u32[].
 */
#define NAMES_MAGIC 0x31454d414e525542ull /* "BURNAME1" */
struct names_array {
    uint64_t at, count; /* offset from the section's start; elements */
};
struct names_header {
    uint64_t magic;
    uint32_t tables_version, entry_count;
    uint64_t size;
    struct names_array word_at, words, post_at, posts, entry_at, packed;
    struct names_array bucket_at[NAMES_DIRECTORY_COUNT], ids[NAMES_DIRECTORY_COUNT];
};
/* Bucket of a key in a directory of 2^bits buckets. */
static inline uint32_t names_bucket(uint32_t key, unsigned bits)
{
    return (uint32_t)((key * 0x9e3779b1u) >> (32 - bits));
}

#endif
