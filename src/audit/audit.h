/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit: who asked what, why, and what was shown: an append-only log, durable before the answer
 * leaves.
 *
 *   DIR/audit/<first entry>.log   segments of groups; a group is one write and one sync: header
 *                                 (count, size, chain), then each entry: number, leaf, salt, body
 *   DIR/audit/places              where each entry lies: rebuilt from the log when absent
 *   DIR/audit/lookup/             which entries have to do with what (lookup.h): likewise
 *   DIR/audit/head                count and chain as of the last clean close or full segment; a
 *                                 shorter log is damaged
 *   DIR/audit/receipt.key         the permutation from entry numbers to receipts
 *   DIR/audit/tree/               the Merkle tree over the leaves (tree.h), rebuilt from the log
 *   DIR/audit/checkpoint          its root as of the last close or full segment, signed (C2SP
 *                                 tlog-checkpoint) with DIR/node.key; the log must continue it
 *
 *   DIR/audit/keys/, reader.key   what opens the bodies, until their time is over (keyring.h)
 *   DIR/audit/dictionary-<n>      what the bodies are packed with (packing.h)
 *
 * leaf = SHA-256(0x00 || salt || body) (an RFC 9162 leaf) over the body as it is stored, sealed;
 * chain = SHA-256(chain before || group
 * header || leaves), so bodies and salts can be destroyed while everything about the rest stays
 * provable: entry n is leaf n - 1 of a Merkle tree whose signed root anyone can hold against us.
 *
 * One committer thread writes what is queued and then calls each entry's done(); callers encode and
 * hash while it waits for the disk. With 256 requests in flight a disk of 270 fsync/s still carries
 * tens of thousands of entries a second.
 *
 *   TRY(audit_append(audit, &entry, on_durable, request, receipt));   // answer when it says OK
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "model/model.h"

struct audit;

enum audit_kind {
    AUDIT_SEARCH,
    AUDIT_READ,
    AUDIT_WRITE,
    AUDIT_IMPORT,
    AUDIT_FEED,
    AUDIT_REFUSED,
    AUDIT_ADMIN,
    AUDIT_EXPORT
};
struct audit_shown {
    struct record_id id;
    uint32_t version;
    enum disclosure disclosure;
};
struct audit_entry {
    enum audit_kind kind;
    int64_t time_us;
    const struct actor *actor; /* officer, unit, country, role, purpose, reference */
    str purpose;   /* the purpose's code, "border-control"; empty: the actor's number is written */
    str databases; /* comma-separated names asked, or "*" */
    str query;     /* as understood, JSON; empty: none */
    str verdict;   /* one of the five words, or the refusal's reason */
    struct hash catalog;
    uint32_t took_us;
    const struct audit_shown *shown;
    size_t shown_count;
};

/*
 * "7K3M-9QXR": seven characters of Crockford's base 32 and one that checks them; the dash is for
 * reading. Unique for the last 34 thousand million entries (four years at 20 million a day).
 */
enum { RECEIPT_TEXT = 10 }; /* with its NUL */
/*
 * Another key to read the log with: see keyring_replace_reader(). Nothing else may use the log
 * meanwhile.
 */
enum err audit_replace_reader(struct audit *audit) MUST_USE;
enum err audit_open(const char *directory, struct audit **ret) MUST_USE;
void audit_close(struct audit *audit);
/* Entries will name this catalog: they take a fifth less room when it is known beforehand. */
enum err audit_expect(struct audit *audit, const struct hash *catalog) MUST_USE;
/*
 * Queues an entry (copied at once) and gives its receipt; done(context, code) is called on the
 * committer thread, in order, when it is durable, or with the error that kept it from being so -
 * then the answer must not leave. Entries are numbered from 1. ERR_LIMIT above 64 KiB of body,
 * ERR_BUSY when 8,192 entries or 8 MiB wait, ERR_FULL while the disk is full; done is not called
 * then.
 */
typedef void audit_done(void *context, enum err code);
enum err audit_append(struct audit *audit, const struct audit_entry *entry, audit_done *done,
                      void *context, char ret_receipt[RECEIPT_TEXT]) MUST_USE;
/* Waits; for commands and lanes. */
enum err audit_append_wait(struct audit *audit, const struct audit_entry *entry,
                           char ret_receipt[RECEIPT_TEXT]) MUST_USE;
uint64_t audit_count(const struct audit *audit);

/* An entry read back: the JSON as written, or is_destroyed: by itself, or with its day's key. */
struct audit_read {
    uint64_t number;
    struct hash leaf;
    bool is_destroyed;
    str body;
};
enum err audit_get(struct audit *audit, uint64_t number, struct arena *arena,
                   struct audit_read *ret) MUST_USE;
enum err audit_by_receipt(struct audit *audit, str receipt, struct arena *arena,
                          struct audit_read *ret) MUST_USE;
/* The receipt that was given with an entry. */
void audit_receipt(const struct audit *audit, uint64_t number, char ret_receipt[RECEIPT_TEXT]);
/* Newest first; of those that showed a record when id.number is not 0. */
typedef enum err audit_visit(void *context, const struct audit_read *entry);
enum err audit_scan(struct audit *audit, struct record_id shown, uint64_t before, size_t max,
                    audit_visit *visit, void *context) MUST_USE;
/*
 * Entries found by what they have to do with, newest first, without walking the log: 1 ms and what
 * reading them costs, among any number, as long as their contents are kept. A few that have
 * nothing to do with it may be among them: the visitor looks. Country: of whose actors; empty: of
 * all. A value is compared in its form (audit_value_form).
 */
enum audit_term { AUDIT_RECORD, AUDIT_OFFICER, AUDIT_VALUE };
enum err audit_find(struct audit *audit, enum audit_term term, str text, str country,
                    uint64_t before, size_t max, audit_visit *visit, void *context) MUST_USE;
/*
 * Letters and digits in lower case, without accents; the words of a name in alphabetical order. Two
 * values that have one form are the same to who asks the log. Returns its length.
 */
enum { AUDIT_FORM = 200 };
size_t audit_value_form(str text, char out[AUDIT_FORM]);
/*
 * Destroys what the questions quote that led to a record, now erased: each such entry is entered
 * again without its question ("instead_of" its number), then destroyed. Waits for the disk.
 */
enum err audit_withdraw(struct audit *audit, struct record_id id) MUST_USE;
/* Overwrites body and salt in place, durably; the leaf stays. OK when it was destroyed before. */
enum err audit_destroy_body(struct audit *audit, uint64_t number) MUST_USE;
/*
 * Destroys the keys of days whose time is over: 30 days for searches that showed nothing, three
 * years for the rest. The log does it by itself at opening and as days pass, a day late after a
 * step of the clock or a month of rest (expiry.c).
 */
enum err audit_expire(struct audit *audit, unsigned *ret_keys) MUST_USE;
/*
 * Offline or live: every leaf recomputed where its body is still there, the chain always. Report is
 * plain words. ERR_DAMAGED names the entry.
 */
enum err audit_verify(const char *directory, uint64_t *ret_entries, struct buf *report) MUST_USE;
/*
 * Recomputes one closed segment, the next at each call, round and round (0.1 s). ERR_DAMAGED names
 * the entry, and nothing is appended any more.
 */
enum err audit_scrub(struct audit *audit) MUST_USE;

/* ---- room on the disk ---- */

/*
 * Seven days' growth of the log are reserved beforehand and given to it when the disk is full;
 * others find it full before. `is_drawn_on`: less than that is left, or nothing beside it: who
 * fills
 * the disk should stop now, imports first.
 */
enum { AUDIT_ROOM_DAYS = 7 };
struct audit_room {
    uint64_t a_day;      /* bytes a day at the rate of the last week */
    uint64_t kept, free; /* reserved for the log; free to anybody on its disk */
    unsigned days_left;  /* of both, at that rate; at most 9,999 */
    bool is_drawn_on;
};
void audit_room(struct audit *audit, struct audit_room *ret);
/* 30, 7 or 1 when fewer days than that are left; 0: no alarm. */
unsigned audit_room_alarm(const struct audit_room *room);

/* ---- what others can check ---- */

/* This log's verification key, one line "name+id+key". */
void audit_key(const struct audit *audit, struct buf *out);
/* A signed checkpoint of all that is durable now. */
enum err audit_checkpoint(struct audit *audit, struct buf *out) MUST_USE;
/*
 * A proof file (C2SP tlog-proof) that the entry is in the log. Its extra data begin with one
 * letter: D, then the length of a dictionary (u32) and its file (packing.h), the entry's own key,
 * the salt and the sealed body (`has_content`, while it can be opened); C, the same without a
 * dictionary, of an entry of an older log that is not packed; or H, then the hash.
 */
enum err audit_prove(struct audit *audit, uint64_t number, bool has_content,
                     struct buf *out) MUST_USE;
/* Base64 lines: the log of `to` entries continues the log of `from`. */
enum err audit_consistency(struct audit *audit, uint64_t from, uint64_t to,
                           struct buf *out) MUST_USE;
/* A tile of hashes (C2SP tlog-tiles). */
enum err audit_tile(struct audit *audit, unsigned level, uint64_t index, unsigned width,
                    struct buf *out) MUST_USE;

/*
 * Being a witness of other logs (C2SP tlog-witness): whose key was taken up is countersigned as
 * long
 * as each checkpoint continues the one before. `text` is "old <size>", lines of proof, an empty
 * line, the checkpoint. ERR_CONFLICT names the size that was countersigned last.
 */
enum err audit_trust(struct audit *audit, str key, bool is_replacing) MUST_USE;
enum err audit_witness(struct audit *audit, str text, struct buf *out) MUST_USE;
/* Signature lines of a witness for this log's checkpoint: kept, and given with proofs it covers. */
enum err audit_take_cosignature(struct audit *audit, str note) MUST_USE;

/* ---- checks that need no log, or only its files (check.c) ---- */

/* Of a proof file against the log's key; the report says what it proves. ERR_DENIED. */
enum err audit_check_proof(str text, str key_text, struct buf *report) MUST_USE;
/*
 * DIR/audit read by code of its own: every leaf, the order, the tree's root against the checkpoint
 * that lies there, or against `checkpoint` (of any time) when it is not empty; signatures by `key`
 * (empty: not checked). ERR_DAMAGED names the entry.
 */
enum err audit_check(const char *directory, str key, str checkpoint, uint64_t *ret_entries,
                     struct buf *report) MUST_USE;

/*
 * A copy of the log to check elsewhere: its files, and the bytes of one, in pieces of at most a
 * megabyte, as far as they are durable at the call. Sealed as they lie there. ERR_NOT_FOUND.
 */
struct audit_file {
    uint64_t first; /* entry; the file is <first>.log, of twenty digits */
    uint64_t bytes;
};
enum { AUDIT_FILE_NAME = 32 };
void audit_file_name(uint64_t first, char out[AUDIT_FILE_NAME]);
enum err audit_copy_list(struct audit *audit, struct arena *arena, struct audit_file **ret,
                         size_t *ret_count) MUST_USE;
typedef enum err audit_piece(void *context, str bytes);
enum err audit_copy(struct audit *audit, uint64_t first, audit_piece *take, void *context) MUST_USE;

/*
 * Consistent copy while serving into target_directory/audit (ERR_CONFLICT if there is one), then
 * verified; with the keys that open and continue it, or without: then they must be put beside it in
 * another way.
 */
enum err audit_backup(struct audit *audit, const char *target_directory, bool has_keys) MUST_USE;

#endif
