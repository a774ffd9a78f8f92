/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names, inside: what builder, section, live part and search share.
 *
 * A dictionary word ("token") has an id; an entry's names are runs of packed words (u32): id, role,
 * and a mark on the first word of each name. Words that lead to a token are hashed into three
 * directories: its exact form; its main reading with up to two letters left out (and its other
 * readings whole); its consonant skeletons.
 *
 * A builder and the live part keep a token as bytes:
 *
 *   u8 script | u8 reading count | u8 length | native ... | per reading: u8 length | a-z ... | u8
 *   sounds | codes ...
 *
 * A section keeps its readings as forms of 32 bytes (text/near.h), ready to be compared: the
 * token's id is the number of its first reading's form, the others follow. `kind` says
 *
 *   bits 0-3 script | 4-5 readings that follow | 6 a reading too long for a form | 7 a first one
 *
 * and beside the forms lie only bytes that they do not hold: the native form where it is not the
 * first reading; of a word with a long reading the bytes as above. Forms are in order of their
 * skeletons, so that words that are compared together lie together.
 */
#ifndef INDEX_NAMES_INTERNAL_H
#define INDEX_NAMES_INTERNAL_H

#include "index/names.h"
#include "text/frequency.h"
#include "text/match.h"
#include "text/near.h"

enum {
    PACKED_ID_BITS = 27,
    PACKED_ID_MASK = (1 << PACKED_ID_BITS) - 1,
    PACKED_ROLE_SHIFT = PACKED_ID_BITS,
    ENCODED_MAX = 3 + 255 + NAME_READING_MAX * (2 + NAME_WORD_MAX + SOUND_MAX),
    KEY_MAX = 64,        /* keys of one token in one directory */
    ENTRY_WORD_MAX = 256 /* packed words of one entry that are looked at */
};
#define PACKED_FIRST 0x40000000u

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
size_t names_encode_word(const struct word *word, uint8_t ret[ENCODED_MAX]);
/* False when the bytes do not fit in `size`: a damaged file. */
bool names_decode(const uint8_t *bytes, size_t size, struct word *ret);
size_t names_encoded_size(const uint8_t *bytes);
uint32_t names_exact_key(enum name_script script, str native);
/* Of words of one letter, in any script, that may be an initial: of NAMES_NEAR. */
uint32_t names_initial_key(char letter);
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
struct packed;
/* Entries that bear a word, ascending in a section; in a live part the newest first, copied to
 * the arena. */
struct posts {
    const struct packed *packed; /* from `from`; NULL: items */
    const uint8_t *signs;        /* SIGNS a posting; NULL: not known */
    const uint32_t *items;
    size_t from, count;
};
struct posts part_postings(const struct names_part *part, uint32_t id, struct arena *arena);
/* Packed words of an entry. */
size_t part_entry(const struct names_part *part, uint32_t entry, uint32_t ret[ENTRY_WORD_MAX]);
/*
 * A word's forms, at most NAME_READING_MAX, all of one script; 0: it has a reading too long for
 * one, or there is no such word. buffer is used by live parts.
 */
size_t part_forms(const struct names_part *part, uint32_t id,
                  struct near_form buffer[NAME_READING_MAX], const struct near_form **ret);
enum {
    FORM_SCRIPT = 0x0f,
    FORM_MORE_SHIFT = 4,
    FORM_MORE = 3,
    FORM_LONG = 0x40,
    FORM_FIRST = 0x80
};
/* Exact form; false when the part has no such word. */
bool part_find(const struct names_part *part, enum name_script script, str native,
               uint32_t *ret_id);

/* names_rarity.c: a table's words as a section without entries, and their bearers by id. */
struct rarity {
    const struct frequencies *frequencies;
    struct names_section *section;
    struct buf bytes;
    uint32_t *bearers;
    const uint8_t **shares; /* by culture, of each word; NULL: not known */
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
size_t section_forms(const struct names_section *section, uint32_t id,
                     const struct near_form **ret);
uint32_t section_frequency(const struct names_section *section, uint32_t id);
size_t section_probe(const struct names_section *section, enum names_directory directory,
                     uint32_t key, uint32_t *ret, size_t max);
struct posts section_postings(const struct names_section *section, uint32_t id);
size_t section_entry(const struct names_section *section, uint32_t entry,
                     uint32_t ret[ENTRY_WORD_MAX]);
uint32_t section_word_count(const struct names_section *section);
/* No two sections that were ever open have the same; not 0. */
uint64_t section_number(const struct names_section *section);
/* Brings what is read soon into the cache: first where it lies (far ahead), then itself. */
enum { PREFETCH_FAR = 16, PREFETCH_NEAR = 8 };
void section_prefetch_form(const struct names_section *section, uint32_t id);
void section_prefetch_list(const struct names_section *section, uint32_t id, bool is_near);
void section_prefetch_bucket(const struct names_section *section, enum names_directory directory,
                             uint32_t key, bool is_near);
void section_prefetch_entry(const struct names_section *section, uint32_t entry, bool is_near);

/*
 * A section's bytes, all numbers little endian, every array 8-byte aligned and packed in as few
 * bits a number as its largest needs (struct packed):
 *
 *   header | forms 32 B each
 *   word_at[forms + 1] -> words bytes      what the forms do not hold
 *   post_at[forms + 1] -> posts[]          entries that bear a word, ascending
 *   signs: u8 two a posting                where in the dictionary the entry's other words lie
 *   group_at[groups + 1] -> groups bytes   names of eight entries: u8 ends[8], words
 *   per directory: bucket_at[buckets + 1] -> ids[]
 *
 * A group's ends count words from its start; where they do not fit a byte the first is 255 and
 * u16 ends[8] follow. A word has `entry_width` bits: id, then role (3), then the mark of a first
 * one. A million persons take 7 bytes each for their words, 12 for postings and their signs, 2 for
 * groups.
 */
#define NAMES_MAGIC 0x33454d414e525542ull /* "BURNAME3" */
enum { GROUP = 8, GROUP_WIDE = 255, WORD_MARK_BITS = 4 };
struct names_array {
    uint64_t at, count; /* offset from the section's start; numbers */
    uint64_t width;     /* bits of a number; of bytes 8 */
};
struct names_header {
    uint64_t magic;
    uint32_t tables_version, entry_count;
    uint64_t size, entry_width;
    struct names_array forms, word_at, words, post_at, posts, signs, group_at, groups;
    struct names_array bucket_at[NAMES_DIRECTORY_COUNT], ids[NAMES_DIRECTORY_COUNT];
};
/* Eight bytes behind the last number belong to the array, so that each is read by one load. */
enum { PACKED_ROOM = 8 };
struct packed {
    const uint8_t *at;
    size_t count;
    unsigned width;
};
static inline uint32_t bits_get(const uint8_t *at, size_t bit, unsigned width)
{
    uint64_t bits;
    memcpy(&bits, at + bit / 8, sizeof bits);
    return (uint32_t)(bits >> bit % 8 & ((1ull << width) - 1));
}
static inline uint32_t packed_get(const struct packed *packed, size_t i)
{
    return bits_get(packed->at, i * packed->width, packed->width);
}
static inline const uint8_t *packed_where(const struct packed *packed, size_t i)
{
    return packed->at + i * packed->width / 8;
}
/* Appends the numbers of as few bits as they need. */
void packed_put(struct buf *out, const uint32_t *items, size_t count, unsigned width);
unsigned packed_width(uint32_t largest);
/*
 * The dictionary in stretches: words of a skeleton lie together, so that what is like an asked word
 * lies in few of them. A posting says in which its entry's other words lie.
 */
enum { STRETCHES = 254, STRETCH_MANY = 254, STRETCH_NONE = 255, STRETCH_VALUES = 256, SIGNS = 2 };
static inline uint8_t stretch_of(uint32_t id, uint32_t form_count)
{
    return (uint8_t)((uint64_t)id * STRETCHES / form_count);
}
/* Bucket of a key in a directory of 2^bits buckets. */
static inline uint32_t names_bucket(uint32_t key, unsigned bits)
{
    return (uint32_t)((key * 0x9e3779b1u) >> (32 - bits));
}

static inline uint32_t posts_get(const struct posts *posts, size_t i)
{
    return posts->packed ? packed_get(posts->packed, posts->from + i) : posts->items[i];
}

#endif
