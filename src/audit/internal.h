/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of audit share: the bytes on disk, the open log. */
#ifndef AUDIT_INTERNAL_H
#define AUDIT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "audit/audit.h"
#include "audit/keyring.h"
#include "audit/lookup.h"
#include "audit/tree.h"
#include "crypto/node_key.h"

enum {
    SEGMENT_BYTES = 64 << 20, /* a segment is closed at the first group that ends beyond */
    RESERVE_BYTES = 8 << 20,
    QUEUE_ENTRIES = 8192,
    QUEUE_BYTES = 8 << 20,
    BODY_MAX = 64 << 10,
    SEGMENT_HEADER = 64,
    GROUP_HEADER = 64,
    ENTRY_HEADER = 48,
    AUDIT_RECORD_TERM = 12,
    GROUP_BYTES_MAX = QUEUE_BYTES + ENTRY_HEADER + SALT_SIZE + BODY_MAX,
    AUDIT_PATH = 4096,
};
#define SEGMENT_MAGIC 0x31A5FF4755414255ull /* the byte FF stands in no UTF-8 body */
#define GROUP_MAGIC   0xB1FF47A5u

enum entry_flags { ENTRY_DESTROYED = 1, ENTRY_SHOWS = 2 };

/*
 * segment  magic u64 | first number u64 | chain before it 32 | zeros
 * group    magic u32 | entries u32 | first number u64 | bytes after this header u32 | zero u32 |
 *          time u64 | chain after it 32
 * entry    number u64 | body length u32 | flags u32 | leaf 32 | salt 16 | body
 */
struct group_header {
    uint32_t count, size;
    uint64_t first;
    int64_t time_us;
    struct hash chain;
};
struct entry_place { /* an entry as it lies in memory */
    uint64_t number;
    uint32_t flags;
    struct hash leaf;
    struct salt salt;
    str body;
    size_t offset; /* of its header, from the beginning of the segment */
};

/* ---- segment.c ---- */
void segment_path(const char *directory, uint64_t first, char out[AUDIT_PATH]);
/* First numbers of all segments, ascending; free *ret. */
enum err segment_list(const char *directory, uint64_t **ret, size_t *ret_count) MUST_USE;
void segment_header_put(char out[SEGMENT_HEADER], uint64_t first, const struct hash *chain);
/* What a segment says the chain was before it. */
enum err segment_chain_before(const char *directory, uint64_t first, struct hash *ret) MUST_USE;
void group_header_put(char out[GROUP_HEADER], const struct group_header *header);
bool group_header_get(const char *bytes, struct group_header *ret);
void entry_header_put(char out[ENTRY_HEADER], uint64_t number, uint32_t length, uint32_t flags,
                      const struct hash *leaf);
/* The entry at *at of a group's bytes; moves *at past it. false when it does not fit. */
bool entry_get(str bytes, size_t *at, struct entry_place *ret);
/*
 * chain after a group: over its header without the chain, and number, length, flags (but DESTROYED)
 * and leaf of every entry.
 */
bool group_chain(const struct group_header *header, str entries, const struct hash *before,
                 struct hash *ret);
/*
 * Walks a segment's groups, checking chain and leaves; the visitor sees each entry of a good one.
 * Stops at the end of the log; ret says where that is and how the segment ended. ERR_DAMAGED when
 * something is wrong that a torn last group cannot explain.
 */
struct entry_visitor { /* NULL: nobody looks */
    enum err (*visit)(void *context, const struct entry_place *entry);
    void *context;
};
struct segment_end {
    uint64_t next;      /* number after the last entry */
    uint64_t offset;    /* end of the last good group */
    uint64_t torn;      /* bytes of an unfinished group behind it */
    uint64_t destroyed; /* entries whose body is gone */
    struct hash chain;
};
enum err segment_walk(const char *directory, uint64_t first, const struct hash *chain_before,
                      bool is_last, const struct entry_visitor *visitor,
                      struct segment_end *ret) MUST_USE;
struct head {
    uint64_t count;
    struct hash chain;
};
enum err head_write(const char *directory, const struct head *head) MUST_USE;
enum err head_read(const char *directory, struct head *ret) MUST_USE; /* zeros when there is none */

/* ---- entry.c ---- */
void entry_encode(const struct audit_entry *entry, struct buf *out);
enum audit_kind entry_kind(str word); /* AUDIT_ADMIN when it is none */
/* A record as what is looked up. */
str audit_record_term(struct record_id id, char out[AUDIT_RECORD_TERM]);

/* ---- receipt.c ---- */
void receipt_of_number(const struct secret_key *key, uint64_t number, char out[RECEIPT_TEXT]);
/* The newest number up to `count` that has this receipt. */
enum err receipt_number(const struct secret_key *key, str receipt, uint64_t count,
                        uint64_t *ret) MUST_USE;

/* ---- the open log ---- */
struct waiter {
    audit_done *done;
    void *context;
};
struct pending {       /* a group being filled, or being written */
    struct buf bytes;  /* room for the header, then entries */
    struct buf places; /* offsets of the entries within bytes, u64 each */
    struct buf terms;  /* struct term_row */
    struct waiter *waiters;
    size_t count;
    uint64_t first;
};
struct expiry {       /* the committer's */
    uint32_t done_on; /* the day on which keys were last destroyed */
    int64_t wall_us, monotonic_us;
    _Atomic int64_t held_until_us;
};
struct room {
    pthread_mutex_t lock;
    int fd; /* -1: none */
    uint64_t kept, a_day;
    _Atomic int64_t looked_us; /* monotonic; the committer writes it */
};
struct audit {
    char directory[AUDIT_PATH]; /* DIR/audit */
    struct secret_key key;
    struct node_key node_key; /* signs checkpoints */
    char origin[64];          /* this log's name in them */
    struct tree tree;
    struct keyring keyring;
    struct expiry expiry;
    struct lookup lookup;
    uint64_t *segments; /* first numbers; guarded by lock */
    size_t segment_count;

    pthread_mutex_t lock;
    pthread_cond_t work;
    struct pending *filling, *writing, buffers[3];
    struct pending *spare; /* takes new entries while those of a failed group are told */
    uint64_t next;         /* number of the next entry to be queued */
    bool is_stopping;
    enum err
        failed; /* after a failed sync: nothing more is accepted until the log is opened again */
    pthread_t committer;
    bool has_committer;

    /* the committer's own */
    int fd;
    uint64_t reserved;
    uint64_t segment_bytes; /* SEGMENT_BYTES, or less in tests */

    /*
     * the durable end of the log: written by the committer with the lock held, read by others with
     * it
     */
    uint64_t offset;
    struct hash chain;
    _Atomic uint64_t durable; /* entries */
    int places_fd;
    pthread_mutex_t witnessing; /* guards what lies beside the log: checkpoint, witnessed logs */
    uint64_t kept_size;         /* of the checkpoint there, once one was written */
    bool has_kept;
    pthread_mutex_t destroying; /* readers against audit_destroy_body */
    struct room room;
    size_t scrubbed; /* segments of this round; under `destroying` */
    char failed_why[512];
};

/* ---- scrub.c ---- */
/* Every segment but the last is there and as long as it was. ERR_DAMAGED. */
enum err scrub_lengths(struct audit *audit) MUST_USE;

/* ---- expiry.c: once a day, while the clock can be believed ---- */
enum err expiry_open(struct audit *audit) MUST_USE;
enum err expiry_look(struct audit *audit) MUST_USE;
bool expiry_is_held(const struct audit *audit);

/* ---- room.c: the committer's, but for room_open and room_close ---- */
void room_open(struct audit *audit);
void room_close(struct audit *audit);
void room_look(struct audit *audit); /* once a minute: the rate, and what it asks for */
/* Before the segment grows: gives back a step of what is kept where there is no other room. */
void room_make(struct audit *audit);

/* ---- again.c: the lookup made from the log ---- */
struct again { /* entries above `covered` give rows, in their order */
    struct audit *audit;
    uint64_t covered;
    struct arena arena; /* of one entry */
    struct buf terms;
};
enum err again_entry(struct again *again, const struct entry_place *entry) MUST_USE;
void again_release(struct again *again);
/* Closed segments that have entries above `covered`, the last one not. */
enum err again_rest(struct audit *audit, uint64_t covered) MUST_USE;
/* All of it, from the first entry on. */
enum err again_all(struct audit *audit) MUST_USE;

/* ---- views.c: where entries lie, a file that can be made again ---- */
/* Opens it; *ret_complete says whether it covers `count` entries, above which it is cut. */
enum err views_open(struct audit *audit, uint64_t count, bool *ret_complete) MUST_USE;
enum err views_empty(struct audit *audit) MUST_USE;
enum err views_add(struct audit *audit, uint64_t first, str places) MUST_USE;
enum err views_sync(struct audit *audit) MUST_USE;
void views_close(struct audit *audit);
enum err views_place(struct audit *audit, uint64_t number, uint64_t *ret) MUST_USE;

/*
 * An entry as it lies there, its leaf checked; body is the stored bytes. ERR_DAMAGED. (read.c)
 */
enum err entry_read(struct audit *audit, uint64_t number, struct arena *arena,
                    struct entry_place *ret) MUST_USE;

/* ---- checkpoint.c ---- */
/* Reads DIR/node.key; the log's name is made from it. */
enum err checkpoint_open(struct audit *audit, const char *directory) MUST_USE;
/* The checkpoint last written beside the log must be one of this log. ERR_DAMAGED. */
enum err checkpoint_agrees(struct audit *audit) MUST_USE;
/* Writes DIR/audit/checkpoint: all that is durable now, signed. */
enum err checkpoint_write(struct audit *audit) MUST_USE;

/* ---- read.c ---- */
/* Finishes what a crash interrupted, before the log is walked. */
enum err destroy_resume(struct audit *audit) MUST_USE;

#endif
