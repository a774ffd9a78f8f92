/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of index share. Not for other modules.
 *
 *   index.c           open, close, snapshots, the set of parts, the file `current`, rebuild, report
 *   prepare.c         a record -> its class, days and the hashes of its keys
 *   follow.c          one change of the feed -> entries, keys, deaths in the live delta
 *   delta.c           the part in memory: one writer, many readers
 *   segment.c         a mapped file, read; segment_ranges.c its intervals
 *   segment_columns.c numbers of as few bits as they need, packed
 *   segment_write.c   parts -> one new file
 *   merge.c           when to merge what; the background thread
 *   probe.c           a snapshot asked
 *
 * A *part* is a segment or a delta; both number their entries from 0. A *set* is the list of parts
 * that is current; it is replaced whole and counted, and so are parts. What a snapshot needs is
 * (set, seq): an entry is there when born <= seq and it has not died, or died > seq.
 *
 * Locks, always taken in this order: `merging` (one merge or rebuild at a time), `writing` (follow,
 * installing what a merge made), `publishing` (a few instructions: set and seq). Readers take
 * `publishing` once, to open a snapshot.
 */
#ifndef INDEX_INTERNAL_H
#define INDEX_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "index/names.h"

enum {
    DELTA_ENTRY_MAX = 1 << 16, /* replayed at open: 65,536 changes take under a second */
    DELTA_RANGE_MAX = 4096,    /* scanned one by one */
    DELTA_CHUNK = 4096,        /* entries or key nodes allocated together */
    DELTA_NODE_MAX = 1 << 22,
    DELTA_SPACE_MAX = 128,
    ENTRY_DATES_MAX = 4, /* entries of one record: one per alternative birth date */
    SEALED_MAX = 16,     /* full deltas waiting for the merge thread before the writer waits too */
    PART_MAX = 96,
    MERGE_MAX = 32, /* parts merged at once */
    MERGE_FAN = 4,  /* segments of like size before they become one */
    DEAD_PAGE = 1024,
    BLOCK_SIZE = 1 << 16,
    HASH_BITS = 48,
    LARGE_HASH_BITS = 42, /* kept of a hash in a segment of LARGE_KEYS or more: see segment.c */
    LARGE_KEYS = 1 << 25,
    COLUMN_BITS_MAX = 56, /* read with one load of eight bytes, wherever they begin */
    COLUMN_RUN = 128,     /* rows of a run of a column */
    COLUMN_HEAD = 16,     /* bytes that describe a run */
    KEYS_VERSION = 2,     /* raised when types make other keys of the same values */
};
#define NO_ENTRY     UINT32_MAX
#define NO_DAY       INT32_MIN
#define NO_PART      UINT64_MAX
#define IO_CHUNK_MAX ((size_t)1 << 20)

/* Keyspaces of our own beside enum key_kind. */
enum { KIND_REF = 16, KIND_NUMBER = 17 };

struct part {
    _Atomic uint32_t refs;
    bool is_delta;
    uint64_t id; /* unique in the directory; a segment's file is named by it */
};

/*
 * An entry of an older part that a change ended. Kept with the delta, later the segment, in which
 * the change lies.
 */
struct death {
    uint64_t part, seq;
    uint32_t entry;
    bool is_erased;
};

/* ---- delta.c ---- */

struct delta_entry {
    uint64_t number, born;
    _Atomic uint64_t died; /* 0: alive */
    int32_t day;
    uint16_t definition, class_number;
    bool has_names;
};
struct delta_node {
    uint64_t hash; /* HASH_BITS */
    uint32_t entry, next;
    uint8_t field, is_number;
};
struct delta_range {
    uint64_t space;
    uint32_t entry;
    uint8_t field;
    str from, to;
    char *text; /* both */
};
struct delta_space {
    uint64_t space;
    _Atomic uint64_t count;
};
struct delta {
    struct part part;
    uint64_t first_seq, last_seq; /* of changes; the writer's, fixed once sealed */
    uint64_t change_count;
    _Atomic uint32_t count; /* published entries */
    int32_t *days;          /* of entries, side by side for the names search */
    struct delta_entry *entries[DELTA_ENTRY_MAX / DELTA_CHUNK];
    uint32_t node_count; /* node numbers start at 1 */
    struct delta_node *nodes[DELTA_NODE_MAX / DELTA_CHUNK];
    _Atomic uint32_t *heads; /* chains by hash */
    _Atomic uint32_t range_count;
    struct delta_range *ranges;
    _Atomic uint32_t space_count;
    struct delta_space spaces[DELTA_SPACE_MAX];
    struct death *deaths;
    size_t death_count, death_size;
    _Atomic(struct names_live *) names; /* made with the first name */
};
enum { DELTA_HEADS = 1 << 18 };

enum err delta_new(uint64_t id, struct delta **ret) MUST_USE;
void delta_free(struct delta *delta);
bool delta_is_full(const struct delta *delta, uint32_t entry_max);
static inline struct delta_entry *delta_entry(const struct delta *delta, uint32_t entry)
{
    return &delta->entries[entry / DELTA_CHUNK][entry % DELTA_CHUNK];
}
static inline struct delta_node *delta_node(const struct delta *delta, uint32_t node)
{
    return &delta->nodes[node / DELTA_CHUNK][node % DELTA_CHUNK];
}
static inline uint32_t delta_first(const struct delta *delta, uint64_t hash)
{
    return atomic_load_explicit(&delta->heads[hash % DELTA_HEADS], memory_order_acquire);
}
/* Writer only. The entry is seen by readers whose seq is at least `born`. */
enum err delta_add_entry(struct delta *delta, const struct delta_entry *entry,
                         uint32_t *ret) MUST_USE;
enum err delta_add_key(struct delta *delta, uint64_t hash, uint32_t entry, uint8_t field,
                       bool is_number) MUST_USE;
enum err delta_add_range(struct delta *delta, uint64_t space, str from, str to, uint32_t entry,
                         uint8_t field) MUST_USE;
enum err delta_add_name(struct delta *delta, uint32_t entry, const struct value *name) MUST_USE;
enum err delta_add_death(struct delta *delta, const struct death *death) MUST_USE;
void delta_count_space(struct delta *delta, uint64_t space);

/* ---- segment.c: the layout is drawn there ---- */

struct segment_plan;
/*
 * A number for each row. The first `packed` ones have `bits` bits each and count from `base`: rows
 * in no order. The others ascend about as their rows do, and lie in runs of COLUMN_RUN, each with
 * its own base and width: the number of the run's i-th row is base + i + what is packed.
 */
struct column {
    const unsigned char *at, *runs, *heads, *end; /* end: of `runs` */
    uint64_t base;
    uint32_t packed;
    uint8_t bits;
};
struct segment_class {
    uint16_t definition, class_number;
};
struct segment_range { /* 40 bytes, on disk as here */
    uint64_t space;
    uint32_t from_at, to_at;
    uint32_t entry, highest; /* range with the highest end in this one's subtree */
    uint16_t from_len, to_len;
    uint8_t field, spare[3];
    uint32_t spare2[2];
};
struct segment_death { /* 16 bytes, on disk as here */
    uint64_t part;
    uint32_t entry, spare;
};
struct segment_bucket { /* 8 bytes, on disk as here */
    uint32_t start;     /* its first slot */
    uint32_t filter; /* segment_filter() of its keys, or-ed: tells most keys that are not there */
};
struct segment_space { /* 16 bytes, on disk as here */
    uint64_t space, count;
};
enum segment_section {
    SECTION_CLASSES,
    SECTION_NUMBERS,
    SECTION_CLASS,
    SECTION_BORN,
    SECTION_DAYS,
    SECTION_BY_NUMBER,
    SECTION_SLOTS,
    SECTION_BUCKETS,
    SECTION_RANGES,
    SECTION_TEXTS,
    SECTION_DEATHS,
    SECTION_SPACES,
    SECTION_NAMES,
    SECTION_COUNT
};
struct segment_meta { /* the footer's numbers */
    uint64_t id, first_seq, last_seq, key_id;
    uint32_t entry_count, dated_count, front_count, key_count, range_count, death_count,
        space_count, class_count;
    uint64_t number_base, born_base;
    /* bits of: numbers, classes, born of the front; an entry; what is kept of a hash; a field */
    uint8_t number_bits, class_bits, born_bits, entry_bits, hash_bits, field_bits, bucket_bits;
    uint64_t at[SECTION_COUNT], size[SECTION_COUNT];
};
struct segment {
    struct part part;
    struct segment_meta meta;
    char *path;
    const unsigned char *map;
    void *mapping; /* the same, for munmap */
    size_t map_size, body_size;
    _Atomic bool is_obsolete; /* the file goes with the last reference */
    bool is_purge_due;        /* holds entries of erased records; under `writing` */
    struct column numbers, classes, born, by_number;
    const int32_t *days;
    const unsigned char *slots, *texts;
    const struct segment_bucket *buckets; /* copied: see copy_buckets */
    void *bucket_copy;
    const struct segment_range *ranges;
    const struct segment_death *deaths;
    const struct segment_space *spaces;
    struct segment_class *class_rows;
    struct names_section *names;
    unsigned slot_bits, low_bits; /* of a slot; of the hash in it */
    size_t block_count;
    const uint64_t *block_sums;
    _Atomic uint8_t *block_state; /* 0 unseen, 1 good, 2 bad */
    _Atomic uint8_t names_state;
    _Atomic(_Atomic uint32_t *)
        *dead_pages; /* of DEAD_PAGE deaths: 0 alive, else died - last_seq */
    _Atomic uint32_t dead_count;
};
struct slot {
    uint64_t hash; /* low bits only, see segment_slot */
    uint32_t entry;
    uint8_t field;
};

/*
 * ERR_DAMAGED; ERR_VERSION when made with other definitions, another key or format: then it has to
 * be rebuilt.
 */
enum err segment_open(const char *path, const struct catalog *catalog,
                      struct policy_classes *classes, uint64_t key_id,
                      struct segment **ret) MUST_USE;
void segment_free(struct segment *segment);
/* Blocks holding these bytes are as they were written; ERR_DAMAGED. */
enum err segment_check(struct segment *segment, const void *at, size_t size) MUST_USE;
enum err segment_check_names(struct segment *segment) MUST_USE;
/* Next unseen block, for the scrubber; false when all have been seen. */
bool segment_scrub(struct segment *segment, size_t blocks);
/* Three of 32 bits; from the low end of what is kept of any hash, the bucket being the high one. */
static inline uint32_t segment_filter(uint64_t hash)
{
    return (uint32_t)1 << (hash >> 6 & 31) | (uint32_t)1 << (hash >> 11 & 31) |
           (uint32_t)1 << (hash >> 16 & 31);
}
void segment_prefetch_bucket(const struct segment *segment, uint64_t hash);
void segment_prefetch_slots(const struct segment *segment, uint64_t hash);
/* Slots [from, to) have the hash. */
enum err segment_find(struct segment *segment, uint64_t hash, uint32_t *ret_from,
                      uint32_t *ret_to) MUST_USE;
struct slot segment_slot(const struct segment *segment, uint32_t slot);
/* Entries of a record, at most ENTRY_DATES_MAX. */
enum err segment_by_number(struct segment *segment, uint64_t number, uint32_t *ret_entries,
                           size_t *ret_count) MUST_USE;
enum err segment_kill(struct segment *segment, uint32_t entry, uint64_t seq) MUST_USE;
uint64_t segment_died(const struct segment *segment, uint32_t entry); /* 0: alive */
/* Calls visit for ranges that meet [from, to]. */
typedef enum err range_visit(void *context, uint32_t entry, uint8_t field);
enum err segment_ranges(struct segment *segment, uint64_t space, str from, str to,
                        range_visit *visit, void *context) MUST_USE;
void segment_header_write(struct buf *out);
void segment_footer_end(const struct segment_meta *meta, struct buf *out);
uint64_t segment_block_sum(const void *bytes, size_t size, size_t block);
enum err segment_write_ranges(struct segment_plan *plan, struct segment_meta *meta,
                              struct buf *ret_ranges, struct buf *ret_texts) MUST_USE;
uint64_t definition_digest(const struct definition *definition);

/* ---- segment_columns.c ---- */

/* `bits` bits, at most COLUMN_BITS_MAX, from bit `at`; eight bytes from there can be read. */
static inline uint64_t bits_get(const unsigned char *bytes, uint64_t at, unsigned bits)
{
    uint64_t value;
    memcpy(&value, bytes + at / 8, sizeof value);
    return value >> (at % 8) & (((uint64_t)1 << bits) - 1);
}
uint64_t column_run_get(const struct column *column, uint32_t row);
static inline uint64_t column_get(const struct column *column, uint32_t row)
{
    return row < column->packed
               ? bits_get(column->at, (uint64_t)row * column->bits, column->bits) + column->base
               : column_run_get(column, row);
}
/* Views a column of `rows` rows in its section; false: it does not fit there. */
bool column_open(struct column *column, const unsigned char *section, size_t size, uint32_t rows);
/* The bytes a row is read from are as they were written, and within the column. ERR_DAMAGED. */
enum err column_check(struct segment *segment, const struct column *column, uint32_t row) MUST_USE;
uint8_t bits_of(uint64_t value); /* as many as tell it */
/* Writes numbers of any width one behind the other; runs of a column are told apart by add_run. */
struct bit_writer {
    struct buf *out;
    uint64_t pending;
    unsigned count;
};
void bits_add(struct bit_writer *writer, uint64_t value, unsigned bits);
void bits_end(struct bit_writer *writer); /* to the next whole byte */
/* At most COLUMN_RUN numbers; `heads` gets their head, *unit counts 16 bytes written before. */
enum err column_add_run(struct buf *out, struct buf *heads, uint64_t *unit, const uint64_t *values,
                        size_t count) MUST_USE;

/* ---- segment_write.c ---- */

/*
 * Parts seen at `seq` -> one segment file; entries dead by then are left out. remap[i][old] = new
 * entry or NO_ENTRY.
 */
struct segment_plan {
    struct part *parts[MERGE_MAX];
    size_t part_count;
    uint32_t *remap[MERGE_MAX]; /* filled, freed by segment_plan_release */
    uint64_t id, seq, key_id;
    uint64_t large_keys; /* LARGE_KEYS; less in tests */
    const struct catalog *catalog;
    struct policy_classes *classes;
    /* Deaths in parts that stay are carried on; others are history. */
    bool (*is_staying)(const void *context, uint64_t part);
    const void *context;
};
/* *ret_entries 0: nothing is alive, no file was made. Durable when it returns. */
enum err segment_write(struct segment_plan *plan, const char *path, uint32_t *ret_entries) MUST_USE;
void segment_plan_release(struct segment_plan *plan);

/* ---- index.c ---- */

struct index_set {
    _Atomic uint32_t refs;
    size_t count;
    struct part *parts[PART_MAX];
};
struct index {
    char *directory;
    struct store *store;
    const struct catalog *catalog;
    struct policy_classes *classes;
    unsigned char key[16];
    uint64_t key_id;
    _Atomic uint64_t next_id;
    bool is_private; /* being filled by a rebuild: writes no `current` */

    pthread_mutex_t merging, writing, publishing;
    struct index_set *set; /* under publishing; replaced under writing too */
    uint64_t seq;          /* under publishing */
    struct delta *live;    /* under writing */
    uint32_t delta_max;    /* entries of a delta, at most DELTA_ENTRY_MAX; less in tests */
    uint64_t large_keys;   /* LARGE_KEYS; less in tests; under merging */
    struct arena scratch;  /* of the writer */
    pthread_mutex_t erased_lock;
    index_erased *erased_hook; /* under erased_lock */
    void *erased_context;
    bool is_erasing_due; /* erased since the last whole merge; under writing */
    uint64_t unreadable; /* records that could not be taken up; under writing */

    pthread_t thread;
    bool has_thread, is_stopping; /* under writing */
    pthread_cond_t work, flushed; /* with writing */
    _Atomic bool is_damaged;      /* a block failed: rebuild */
    _Atomic bool is_behind;       /* the feed could not be followed; retried with the next change */
    _Atomic bool is_merge_failing;
    uint64_t flushed_seq; /* what the segments hold; under merging */
    uint64_t merge_count; /* under writing */
};
struct index_snapshot {
    struct index *index;
    struct index_set *set;
    uint64_t seq;
};

uint64_t index_hash(const unsigned char key[16], unsigned kind, str space, str text);
uint64_t index_number_hash(uint64_t number);
void part_ref(struct part *part);
void part_unref(struct part *part);
/* A set that holds a reference to each part. Under writing: */
struct index_set *index_set_of(struct part *const *parts, size_t count);
void index_set_unref(struct index_set *set);
void index_publish(struct index *index, struct index_set *set,
                   uint64_t seq); /* takes the caller's reference */
struct index_set *index_set_ref(struct index *index, uint64_t *ret_seq);
enum err index_write_current(struct index *index, const struct index_set *set,
                             uint64_t seq) MUST_USE;
char *index_segment_path(const struct index *index, uint64_t id);
/*
 * Closes the live delta and begins another; publishes what it has. Waits for the merge thread when
 * too many are closed. Under writing.
 */
enum err index_seal(struct index *index) MUST_USE;

/* ---- prepare.c ---- */

struct prepared_key {
    uint64_t hash, space; /* 0: not counted */
    uint8_t field;
};
struct prepared_range {
    uint64_t space;
    str from, to;
    uint8_t field;
    struct prepared_range *next;
};
struct index_prepared {
    uint16_t definition, class_number;
    bool has_names;
    uint8_t day_count;
    int32_t days[ENTRY_DATES_MAX];
    struct prepared_key *keys;
    size_t key_count, count; /* offered, ranges too */
    struct prepared_range *ranges;
};
enum err index_prepare_all(const struct index *index, const struct record *record,
                           struct arena *arena, struct index_prepared **ret) MUST_USE;
uint64_t index_ref_hash(const struct index *index, str definition, str owner, str ref);
bool index_is_searched(const struct field_value *value);

/* ---- follow.c ---- */

/* Takes up changes after index->seq up to last, under writing; publishes. */
enum err follow_to(struct index *index, uint64_t last_seq) MUST_USE;

/* ---- merge.c ---- */

enum err merge_start_thread(struct index *index) MUST_USE;
void merge_stop_thread(struct index *index);
size_t merge_sealed_count(const struct index *index); /* under writing */
/* Flushes sealed deltas, then merges what the tiers ask for. Under merging. */
enum err merge_due(struct index *index) MUST_USE;
enum err merge_all(struct index *index) MUST_USE; /* under merging */

#endif
