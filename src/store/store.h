/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: the system of record and its feed. SQLite, WAL, one file DIR/store.db.
 *
 *   change   seq PK, record number, home, definition, owner, version, state, kind, time, batch, actor, hash, chain   permanent skeleton
 *   body     seq PK, salt, content                                                             destroyable
 *   record   number PK -> latest seq, version, state, definition, owner                        current state
 *   blob     attachments by content hash, salted and destroyable too;   meta: schema version, home, key ids, feed position
 *
 * No SQL index in random key order; references are found through the index module and confirmed by reading. One writer
 * thread owns the write connection and commits what is queued in groups; a change is acknowledged when its group is
 * durable. Readers use pooled read connections from any thread and see committed changes only.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "model/model.h"

struct store;

enum store_open_mode { STORE_OPEN_EXISTING, STORE_OPEN_CREATE };
/* Takes DIR/lock for the process: ERR_LOCKED names the holder's pid. ERR_VERSION when DIR was written by a newer program. */
enum err store_open(const char *directory, enum store_open_mode mode, struct store **ret) MUST_USE;
void store_close(struct store *store); /* waits for queued commits */
uint32_t store_home(const struct store *store);
uint64_t store_seq(const struct store *store); /* last committed and durable */

enum change_kind { CHANGE_PUT, CHANGE_STATE, CHANGE_ERASE };
/* One step in the life of a record. For a new record number is 0 and is given by the store. */
struct change {
    enum change_kind kind;
    uint64_t number;         /* of the record; 0: new */
    uint32_t expect_version; /* If-Match; 0: do not check. ERR_STALE otherwise */
    str definition;
    uint16_t definition_version;
    str owner;
    enum state state;
    uint64_t batch; /* import batch or 0 */
    str actor;      /* officer id */
    str body;       /* canonical JSON; empty for STATE (the last body goes on) and ERASE */
};
struct committed {
    uint64_t seq;
    struct record_id id;
    uint32_t version;
    enum err failed; /* of this change; the rest of the group goes on */
};
/*
 * Commits changes together: all of them in one transaction, in order, after what is queued already. Blocks until
 * durable. A failed expectation fails that change only unless is_all_or_none. ret has count entries.
 */
enum err store_commit(struct store *store, const struct change *changes, size_t count, bool is_all_or_none,
                      struct committed *ret) MUST_USE;
/* The same without waiting: done() is called on the writer thread after the group is durable; copies nothing, keep changes alive. */
typedef void store_done(void *context, enum err code, struct committed *results, size_t count);
enum err store_submit(struct store *store, const struct change *changes, size_t count, bool is_all_or_none,
                      store_done *done, void *context) MUST_USE;

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
};
enum err store_read(struct store *store, uint64_t number, struct arena *arena, struct stored *ret) MUST_USE; /* latest */
enum err store_read_version(struct store *store, uint64_t number, uint32_t version, struct arena *arena,
                            struct stored *ret) MUST_USE;
/* Oldest first. */
enum err store_history(struct store *store, uint64_t number, struct arena *arena, struct stored **ret,
                       size_t *ret_count) MUST_USE;
/* Changes with seq > after in order, at most max; stops early when visit returns non-OK and returns that. */
typedef enum err store_visit(void *context, const struct stored *change);
enum err store_feed(struct store *store, uint64_t after, size_t max, store_visit *visit, void *context) MUST_USE;
/* Blocks until store_seq() > after or the deadline (monotonic) passes. */
void store_wait(struct store *store, uint64_t after, int64_t deadline_us);
/* Called on the writer thread after each durable group, in order; wired by cmd (index, feed waiters). */
typedef void store_hook(void *context, uint64_t first_seq, uint64_t last_seq);
void store_set_hook(struct store *store, store_hook *hook, void *context);

/* Current records of a definition and owner (empty: all), ascending number, latest version each. */
enum err store_list(struct store *store, str definition, str owner, uint64_t after_number, size_t max,
                    store_visit *visit, void *context) MUST_USE;
enum err store_count(struct store *store, str definition, str owner, uint64_t *ret) MUST_USE;

/* Destroys all bodies and salts of a record (history too) and leaves a tombstone; WAL and free pages are overwritten by store_scrub. */
enum err store_erase(struct store *store, uint64_t number, str actor, struct committed *ret) MUST_USE;
/* Makes destroyed contents unreadable in every file: secure_delete, checkpoint, truncate WAL. Called by merges and on request. */
enum err store_scrub(struct store *store) MUST_USE;

/* Attachments by SHA-256 of content. */
enum err store_blob_put(struct store *store, str content, str mime, struct hash *ret) MUST_USE;
enum err store_blob_get(struct store *store, const struct hash *hash, struct arena *arena, str *ret_content,
                        str *ret_mime) MUST_USE;
enum err store_blob_erase(struct store *store, const struct hash *hash) MUST_USE;

/* Small durable facts of the node (import progress, index versions): key -> text. */
enum err store_note_put(struct store *store, str key, str text) MUST_USE;
enum err store_note_get(struct store *store, str key, struct arena *arena, str *ret) MUST_USE; /* ERR_NOT_FOUND */

enum { STORE_SCHEMA_VERSION = 1 };
enum err store_schema(const char *directory, unsigned *ret_version) MUST_USE;
enum err store_upgrade(const char *directory, bool is_check_only, struct buf *ret_report) MUST_USE;
/* Consistent copy while serving: SQLite backup API into target directory, then verified. */
enum err store_backup(struct store *store, const char *target_directory) MUST_USE;
/* Recomputes every salted hash and the chain. ERR_DAMAGED names the first bad seq. */
enum err store_verify(struct store *store, uint64_t *ret_checked) MUST_USE;

#endif
