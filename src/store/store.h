/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: the system of record and its feed. SQLite, WAL, one file DIR/store.db.
 *
 *   change   seq -> number, version, previous seq, definition, owner, state, kind, time, batch,
 *            actor, hash, chain                                             permanent skeleton
 *   body     seq -> salt, content, attachments                              destroyable
 *   record   number -> latest seq, state, definition, owner                 current state
 *   blob     attachments by content hash, with a count of uses              destroyable
 *   word     repeated texts as small numbers       note    small facts, home among them
 *   span     which definitions live in which block of numbers      tally   counts
 *
 * No SQL index in random key order; references are found through the index module and confirmed by
 * reading. One writer thread owns the write connection and commits what is queued in groups; a
 * change is acknowledged when its group is durable. Readers use pooled read connections from any
 * thread and see committed changes only.
 *
 *   struct store *store;
 *   TRY(store_open("data", STORE_OPEN_CREATE, &store));
 *   struct change change = {.kind = CHANGE_PUT, .definition = S("parcel"), .owner = S("UTO"),
 *                           .actor = S("o-1043"), .body = body};
 *   struct committed done;
 *   TRY(store_commit(store, &change, 1, false, &done));      // durable, done.id given
 *   TRY(store_read(store, done.id.number, &arena, &stored));
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "model/model.h"

struct store;

enum store_open_mode { STORE_OPEN_EXISTING, STORE_OPEN_CREATE };
/*
 * Takes DIR/lock for the process: ERR_LOCKED names the holder's pid. ERR_VERSION when DIR was
 * written by a newer program.
 */
enum err store_open(const char *directory, enum store_open_mode mode, struct store **ret) MUST_USE;
void store_close(struct store *store); /* waits for queued commits */
uint32_t store_home(const struct store *store);
uint64_t store_seq(const struct store *store); /* last committed and durable */

enum change_kind { CHANGE_PUT, CHANGE_STATE, CHANGE_ERASE };
/* One step in the life of a record. For a new record number is 0 and is given by the store. */
struct change {
    enum change_kind kind;
    uint32_t expect_version; /* If-Match; 0: do not check. ERR_STALE otherwise */
    uint64_t number;         /* of the record; 0: new */
    uint64_t batch;          /* import batch or 0 */
    str definition;
    str owner;
    str actor; /* officer id */
    /*
     * Canonical JSON, in whose envelope the owner, a purpose and a review date stand (ERR_MISSING);
     * empty for STATE (the last body goes on) and ERASE.
     */
    str body;
    /*
     * Blobs this body shows (store_blob_put first). A blob goes when the last body that shows it is
     * erased.
     */
    const struct hash *attachments;
    size_t attachment_count;
    /* What the hook made of the body beforehand; it meets it in struct stored. */
    const void *prepared;
    enum state state;
    uint16_t definition_version;
    bool is_of_holder; /* the state is set by whoever holds the record back: no guard is asked */
};
/*
 * A record that the node keeps of itself (made.c), new or rewritten: all purposes of its definition
 * are in its envelope, and the review.
 *
 *   struct made made = {.definition = "reminder", .owner = owner, .actor = S("node"),
 *                       .fields = fields};
 *   TRY(change_make(catalog, &made, arena, &change));
 */
struct made {
    const char *definition; /* of system/ */
    str owner, unit, actor;
    str ref;             /* empty: none */
    struct day until;    /* its review, if the rules allow that much; month 0: as late as they do */
    struct node *fields; /* in the arena */
    uint64_t number;     /* 0: a new one */
    uint32_t version;    /* the one it replaces; 0: whichever */
    enum state state;
    bool is_open; /* false: disclosed to those alone whom the definition's `show:` names */
};
struct node *made_envelope(const struct catalog *catalog, const struct definition *definition,
                           const struct made *made, struct arena *arena);
/*
 * The canonical body, checked as what a person enters is: ERR_UNKNOWN when there is no such
 * definition, else the first fault, and where it stands.
 */
enum err made_body(const struct catalog *catalog, const struct made *made, struct arena *arena,
                   struct buf *out, const struct definition **ret) MUST_USE;
struct change made_change(const struct made *made, const struct definition *definition, str body);
/* Both; the body lives in the arena. */
enum err change_make(const struct catalog *catalog, const struct made *made, struct arena *arena,
                     struct change *ret) MUST_USE;
struct committed {
    uint64_t seq;
    struct record_id id;
    uint32_t version;
    enum err failed; /* of this change; the rest of the group goes on */
};
enum { STORE_BATCH_MAX = 20000, STORE_ATTACHMENTS_MAX = 64, STORE_BODY_MAX = 4 << 20 };
/*
 * Commits changes in order. Blocks until durable and until the hook has seen them (so the next
 * search finds them). ret has count entries. A refused change (ERR_STALE, ERR_NOT_FOUND, ERR_GONE,
 * ERR_CONFLICT, ERR_MISSING) is marked in ret[i].failed and the rest goes on, unless is_all_or_none
 * or count is 1: then nothing is applied and the refusal is returned. All-or-none calls are one
 * transaction; others may be cut into several of about 25 ms, so that small commits (up to 16
 * changes), which overtake large ones, wait less than 100 ms. Waits while the queue is full.
 */
enum err store_commit(struct store *store, const struct change *changes, size_t count,
                      bool is_all_or_none, struct committed *ret) MUST_USE;
/*
 * The same without waiting: done() is called once, in commit order, after the group is durable and
 * the hook has seen it, on the store's publishing thread; results live until it returns. Copies
 * nothing: keep changes alive. ERR_BUSY when the queue is full (then done is not called).
 */
typedef void store_done(void *context, enum err code, struct committed *results, size_t count);
enum err store_submit(struct store *store, const struct change *changes, size_t count,
                      bool is_all_or_none, store_done *done, void *context) MUST_USE;

/* A version as stored. Texts live in the arena. body is empty when destroyed (is_erased). */
struct stored {
    uint64_t seq;
    struct record_id id;
    uint32_t version;
    enum state state;
    enum change_kind kind;
    str definition;
    uint16_t definition_version;
    str owner, actor;
    uint64_t batch;
    int64_t time_us;    /* of this version */
    int64_t entered_us; /* of version 1 */
    struct hash hash;   /* salted hash of the body */
    bool is_erased;
    str body;
    const void *prepared; /* of the change; only in store_feed() called by the hook, else NULL */
};
enum err store_read(struct store *store, uint64_t number, struct arena *arena,
                    struct stored *ret) MUST_USE; /* latest */
enum err store_read_version(struct store *store, uint64_t number, uint32_t version,
                            struct arena *arena, struct stored *ret) MUST_USE;
/* Oldest first. */
enum err store_history(struct store *store, uint64_t number, struct arena *arena,
                       struct stored **ret, size_t *ret_count) MUST_USE;
/*
 * Changes with seq > after in order, at most max; stops early when visit returns non-OK and returns
 * that. A visit may read the store; it must not commit, and not wait for anybody: the whole call is
 * one reading, which a scrub waits for.
 */
typedef enum err store_visit(void *context, const struct stored *change);
enum err store_feed(struct store *store, uint64_t after, size_t max, store_visit *visit,
                    void *context) MUST_USE;
/* Blocks until store_seq() > after or the deadline (monotonic) passes. */
void store_wait(struct store *store, uint64_t after, int64_t deadline_us);
/*
 * Called after each durable group, in order, before the group is acknowledged, on the publishing
 * thread: the writer works on the next group meanwhile and waits when the hook falls four groups
 * behind. It may read the store, not commit; store_feed() of first..last costs it no reading, the
 * changes are still in memory. Wired by cmd (index); set before the first commit.
 */
typedef void store_hook(void *context, uint64_t first_seq, uint64_t last_seq);
void store_set_hook(struct store *store, store_hook *hook, void *context);
/*
 * The state that a change gives a record which somebody beside its owner holds back: asked for
 * every change of a record that is there, except of the holder's own and erasures, on the writing
 * thread; quick, from memory. Set before the first commit.
 */
typedef enum state store_guard(void *context, uint64_t number, enum state wanted);
void store_set_guard(struct store *store, store_guard *guard, void *context);

/*
 * Current records of a definition and owner (empty: all), ascending number, latest version each,
 * tombstones too. Cost: the blocks of 4,096 numbers in which the definition lives, so a rare
 * definition among millions is cheap.
 */
enum err store_list(struct store *store, str definition, str owner, uint64_t after_number,
                    size_t max, store_visit *visit, void *context) MUST_USE;
/* All records of a definition, read as store_list does, a thousand at a time. */
enum err store_each(struct store *store, str definition, store_visit *visit,
                    void *context) MUST_USE;
/* Records not deleted; from counts in memory. */
enum err store_count(struct store *store, str definition, str owner, uint64_t *ret) MUST_USE;

/*
 * Destroys all bodies and salts of a record (history too) and attachments no other record shows,
 * and leaves a tombstone; the same as committing a CHANGE_ERASE. Copies in the WAL go with the next
 * store_scrub.
 */
enum err store_erase(struct store *store, uint64_t number, str actor,
                     struct committed *ret) MUST_USE;
/*
 * Makes destroyed contents unreadable in every file: waits for readers, checkpoints, truncates the
 * WAL; unattached blobs older than a day go too. Called by merges and on request; free when nothing
 * was written since the last time.
 */
enum err store_scrub(struct store *store) MUST_USE;

/* Attachments by SHA-256 of content; at most 32 MiB. Putting the same content again is OK. */
enum err store_blob_put(struct store *store, str content, str mime, struct hash *ret) MUST_USE;
enum err store_blob_get(struct store *store, const struct hash *hash, struct arena *arena,
                        str *ret_content, str *ret_mime) MUST_USE;
enum err store_blob_erase(struct store *store, const struct hash *hash) MUST_USE;

/* Small durable facts of the node (import progress, index versions): key -> text. */
enum err store_note_put(struct store *store, str key, str text) MUST_USE;
enum err store_note_get(struct store *store, str key, struct arena *arena,
                        str *ret) MUST_USE; /* ERR_NOT_FOUND */

enum { STORE_SCHEMA_VERSION = 1 };
enum err store_schema(const char *directory, unsigned *ret_version) MUST_USE;
enum err store_upgrade(const char *directory, bool is_check_only, struct buf *ret_report) MUST_USE;
/*
 * Consistent copy while serving into a new directory (ERR_CONFLICT if it holds a store), opened
 * there and verified. Restoring is copying it back.
 */
enum err store_backup(struct store *store, const char *target_directory) MUST_USE;
/* Recomputes every salted hash and the chain. ERR_DAMAGED names the first bad seq. */
enum err store_verify(struct store *store, uint64_t *ret_checked) MUST_USE;

#endif
