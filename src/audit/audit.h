/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit: who asked what, why, and what was shown: an append-only log, durable before the answer leaves.
 *
 *   DIR/audit/leaves   fixed 32-byte leaves: SHA-256(0x00 || salt || body), in order, chained by a running hash per commit group
 *   DIR/audit/bodies   salt and body of each entry, destroyable; entries are found by number through a fixed-size directory
 *
 * One committer thread writes what is queued with one write and one fdatasync per file and group, then calls each entry's
 * done(). With 256 requests in flight a disk of 270 fsync/s still carries tens of thousands of entries a second.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "model/model.h"

struct audit;

enum audit_kind { AUDIT_SEARCH, AUDIT_READ, AUDIT_WRITE, AUDIT_IMPORT, AUDIT_FEED, AUDIT_REFUSED, AUDIT_ADMIN, AUDIT_EXPORT };
struct audit_shown {
    struct record_id id;
    uint32_t version;
    enum disclosure disclosure;
};
struct audit_entry {
    enum audit_kind kind;
    int64_t time_us;
    const struct actor *actor; /* officer, unit, country, role, purpose, reference */
    str purpose;     /* the purpose's code, "border-control"; empty: the actor's number is written */
    str databases;   /* comma-separated names asked, or "*" */
    str query;       /* as understood, JSON */
    str verdict;     /* one of the five words, or the refusal's reason */
    struct hash catalog;
    uint64_t feed_seq; /* as of */
    uint32_t took_us;
    const struct audit_shown *shown;
    size_t shown_count;
};

enum { RECEIPT_TEXT = 10 }; /* "7K3M-9QXR" and NUL: 7 characters of Crockford base-32, then a check character; the dash is for reading */
enum err audit_open(const char *directory, struct audit **ret) MUST_USE;
void audit_close(struct audit *audit);
/*
 * Queues an entry (copied at once) and gives its receipt; done(context, code) is called on the committer thread when it is
 * durable, or with the error that kept it from being so - then the answer must not leave.
 */
typedef void audit_done(void *context, enum err code);
enum err audit_append(struct audit *audit, const struct audit_entry *entry, audit_done *done, void *context,
                      char ret_receipt[RECEIPT_TEXT]) MUST_USE;
/* Waits; for commands and lanes. */
enum err audit_append_wait(struct audit *audit, const struct audit_entry *entry, char ret_receipt[RECEIPT_TEXT]) MUST_USE;
uint64_t audit_count(const struct audit *audit);

/* An entry read back: the JSON body as written, or is_destroyed. */
struct audit_read {
    uint64_t number;
    struct hash leaf;
    bool is_destroyed;
    str body;
};
enum err audit_get(struct audit *audit, uint64_t number, struct arena *arena, struct audit_read *ret) MUST_USE;
enum err audit_by_receipt(struct audit *audit, str receipt, struct arena *arena, struct audit_read *ret) MUST_USE;
/* Newest first; filter by record shown when id.number is not 0. */
typedef enum err audit_visit(void *context, const struct audit_read *entry);
enum err audit_scan(struct audit *audit, struct record_id shown, uint64_t before, size_t max, audit_visit *visit,
                    void *context) MUST_USE;
enum err audit_destroy_body(struct audit *audit, uint64_t number) MUST_USE;
/* Offline or live: every leaf recomputed where its body is still there, the chain always. Report is plain words. */
enum err audit_verify(const char *directory, uint64_t *ret_entries, struct buf *report) MUST_USE;

#endif
