/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which entries have to do with a record, an officer, a value: found without walking the log, until
 * the key under which they can be looked up is destroyed.
 *
 *   DIR/audit/lookup/<period>-<first>-<last>   a run: rows of the entries from first to last,
 *                                              sorted by key and entry, 12 bytes each, and a
 *                                              checksum for every 340
 *   DIR/audit/lookup/<run>.damaged             it was found altered: what lies from its first entry
 *                                              on is made again at the next opening
 *   DIR/audit/lookup/manifest                  which runs there are, and up to which entry all
 *                                              rows lie in them, signed (manifest.c)
 *
 *   row      tag 6 | country 2 | entry, counted from the run's first, 4     most significant first
 *   tag      SipHash of the term under the key of its period; equal tags are a question, which
 *            whoever asks puts to the entry itself
 *   period   of an entry that showed nothing: its day; of others: its month. Its key ends with the
 *            contents of the entries (keyring.h), its runs are then removed
 *
 * Rows of the newest segment are in memory, unsorted. When the segment is closed a thread sorts and
 * writes them, then merges: eight runs of one size make one of the next, and a period that has
 * ended has one run. So a question probes some 20 runs for the period under way and one for each
 * other, three reads each. All of it is a view of the log: what a crash leaves out is made again
 * from what the manifest covers on.
 */
#ifndef AUDIT_LOOKUP_H
#define AUDIT_LOOKUP_H

#include <pthread.h>

#include "audit/keyring.h"
#include "codec/node.h"
#include "crypto/node_key.h"

struct term_row {
    uint64_t key; /* tag and country */
    uint64_t entry;
    uint32_t period; /* its first day, and whether it is a month */
};
#define PERIOD_IS_MONTH 0x80000000u

/* ---- terms.c: what an entry is found by ---- */

/* Adds the rows of an entry numbered `number`, as struct term_row. */
enum err terms_of_entry(struct keyring *keyring, const struct audit_entry *entry, uint64_t number,
                        struct buf *out) MUST_USE;
/* The same from its body, stored on `day`. What cannot be read has none. */
enum err terms_of_body(struct keyring *keyring, str body, uint64_t number, uint32_t day,
                       struct buf *out) MUST_USE;
/* The key of a term in a period, its country's bits zero. ERR_GONE. */
enum err term_key(struct keyring *keyring, uint32_t period, enum audit_term term, str text,
                  uint64_t *ret) MUST_USE;
uint16_t term_country(str country);

/* ---- rows.c ---- */

int row_compare(const void *a, const void *b); /* by key, then by entry */
void rows_sort(struct term_row *rows, size_t count);

/* ---- runs.c: files of sorted rows ---- */

struct run {
    uint32_t period;
    int fd;
    uint64_t first, last, count;
};
enum { RUN_NAME = 8 + 1 + 20 + 1 + 20 + 1 };
/* <period>-<first>-<last>, and back: false when it is none. */
void run_name(const struct run *run, char out[RUN_NAME]);
bool run_read_name(str text, struct run *ret);

/* Sorts the rows, all of one period, and writes them. */
enum err run_write(const char *directory, struct term_row *rows, size_t count, uint64_t first,
                   uint64_t last, struct run *ret) MUST_USE;
/*
 * Makes one of runs of the same period that follow each other; the old ones are still there. This
 * and all that reads: ERR_DAMAGED names the run that was altered.
 */
enum err run_merge(const char *directory, const struct run *runs, size_t count,
                   struct run *ret) MUST_USE;
/* By its file name. ERR_DAMAGED: not a run, or not whole. */
enum err run_open(const char *directory, const char *name, struct run *ret) MUST_USE;
enum err run_remove(const char *directory, struct run *run) MUST_USE;
enum err run_check(const struct run *run) MUST_USE; /* every block of it */
/* Entries below `before` with low <= key <= high: of each key the newest `max`. */
enum err run_find(const struct run *run, uint64_t low, uint64_t high, uint64_t before, size_t max,
                  struct buf *ret_entries) MUST_USE;
/*
 * Takes the row out: the one beside it is written over it, so that the rest stays sorted and
 * nothing of it is left. *ret_alone: it has none beside it, the run must go.
 */
enum err run_forget(const struct run *run, const struct term_row *row, bool *ret_alone) MUST_USE;

/* ---- lookup.c ---- */

struct batch { /* rows not yet in a run */
    struct term_row *rows;
    size_t count, max;
    uint64_t last; /* all entries up to here have their rows in it or before it */
    struct batch *next;
};
struct lookup {
    char directory[4096];
    struct keyring *keyring;
    const struct node_key *signer;
    const char *origin;   /* the log's name: signs the manifest with that key */
    pthread_mutex_t lock; /* of the batches */
    pthread_cond_t changed;
    struct batch *filling, *sealed; /* sealed: oldest first */
    size_t sealed_count;
    bool is_started, is_stopping, is_broken;
    bool has_thread; /* it has not ended yet */
    pthread_t thread;
    pthread_mutex_t working;    /* runs are made, merged, changed by one at a time */
    pthread_rwlock_t runs_lock; /* the list of them */
    struct run *runs;
    size_t run_count, run_max;
    uint64_t kept;            /* at opening: below the first run that is missed */
    _Atomic uint64_t covered; /* its thread goes on while the log is being opened */
};

void lookup_init(struct lookup *lookup);
/* keyring, signer and origin are borrowed. */
enum err lookup_open(struct lookup *lookup, const char *audit_directory, struct keyring *keyring,
                     const struct node_key *signer, const char *origin) MUST_USE;
void lookup_close(struct lookup *lookup);
/* Removes all of it: it is not of this log. */
enum err lookup_empty(struct lookup *lookup) MUST_USE;
/* Rows of durable entries, in their order: struct term_row. */
enum err lookup_add(struct lookup *lookup, str rows) MUST_USE;
/* All entries up to `last` have been added: they are written to runs from here on. */
enum err lookup_seal(struct lookup *lookup, uint64_t last) MUST_USE;
/* Waits until what was sealed lies in runs. */
void lookup_settle(struct lookup *lookup);
/*
 * Entries below `before`, newest first, as u64; country empty: of all. ERR_DAMAGED: a run it had to
 * read was altered, and rows may be missing.
 */
enum err lookup_find(struct lookup *lookup, enum audit_term term, str text, str country,
                     uint64_t before, size_t max, struct buf *ret_entries) MUST_USE;
/* Takes the rows given out of everything. Durable when it returns. */
enum err lookup_forget(struct lookup *lookup, str rows) MUST_USE;
/* Removes the runs of periods whose key was destroyed. */
enum err lookup_expire(struct lookup *lookup) MUST_USE;

/* ---- manifest.c ---- */

/* The runs as they are listed, with `working` held. */
enum err manifest_write(const struct lookup *lookup, uint64_t covered) MUST_USE;
typedef enum err manifest_visit(void *context, const struct run *listed); /* fd: -1 */
/* ERR_NOT_FOUND: there is none; others: none of ours. */
enum err manifest_read(const struct lookup *lookup, uint64_t *ret_covered, manifest_visit *visit,
                       void *context) MUST_USE;
enum err manifest_parse(str text, uint64_t *ret_covered, manifest_visit *visit,
                        void *context) MUST_USE;
/* By the files alone, of a node at work too. ERR_DAMAGED names the run. */
enum err manifest_check(const char *audit_directory, struct buf *report) MUST_USE;

#endif
