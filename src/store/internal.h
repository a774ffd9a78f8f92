/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of store share: the write and read connections, the queue, the skeleton's running
 * state.
 */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "crypto/crypto.h"
#include "store/store.h"

enum {
    SMALL_JOB_MAX = 16,              /* changes; such a job overtakes larger ones */
    QUEUE_MAX = 4 * STORE_BATCH_MAX, /* changes waiting */
    TRANSACTION_US = 25000, /* of applying; with its sync it stays under 50 ms on a healthy disk */
    SHORT_US = 8000,        /* the same once an interactive commit waits in it */
    GROUPS_BEHIND_MAX = 4,  /* durable groups the hook has not seen yet */
    READER_MAX = 16,
    SPAN_BITS = 12,
    BLOB_MAX = 32 << 20,
    NOTE_KEY_MAX = 256,
    NOTE_MAX = 16 << 20,
    PATH_SIZE = 4096,
};

/* ---- sqlite.c: connections and their prepared statements ---- */

/* Columns every statement that reads versions begins with; read.c knows them by position. */
#define VERSION_COLUMNS                                                                          \
    "c.seq, c.number, c.version, c.previous, c.body, c.definition, c.definition_version, "       \
    "c.owner, c.state, c.kind, c.time, c.entered, c.batch, c.actor, c.hash, b.content, b.salt, " \
    "c.chain "
#define VERSION_SOURCE "change c LEFT JOIN body b ON b.seq = coalesce(c.body, c.seq) "
#define VERSIONS       "SELECT " VERSION_COLUMNS "FROM " VERSION_SOURCE
#define LISTED         "SELECT " VERSION_COLUMNS "FROM record r CROSS JOIN " VERSION_SOURCE

/* clang-format off */
#define SQL_TABLE(row)                                                                             \
    row(SQL_BEGIN, "BEGIN IMMEDIATE")                                                              \
    row(SQL_COMMIT, "COMMIT")                                                                      \
    row(SQL_ROLLBACK, "ROLLBACK")                                                                  \
    row(SQL_SAVEPOINT, "SAVEPOINT job")                                                            \
    row(SQL_RELEASE, "RELEASE job")                                                                \
    row(SQL_ROLLBACK_TO, "ROLLBACK TO job")                                                        \
    row(SQL_ADD_CHANGE, "INSERT INTO change VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")              \
    row(SQL_ADD_BODY, "INSERT INTO body VALUES(?,?,?,?)")                                          \
    row(SQL_ADD_RECORD, "INSERT INTO record VALUES(?,?,?,?,?)")                                    \
    row(SQL_MOVE_RECORD, "UPDATE record SET seq = ?2, state = ?3 WHERE number = ?1")               \
    row(SQL_ADD_SPAN, "INSERT OR IGNORE INTO span VALUES(?,?)")                                    \
    row(SQL_SET_TALLY, "INSERT OR REPLACE INTO tally VALUES(?,?,?,?)")                             \
    row(SQL_ADD_WORD, "INSERT INTO word VALUES(?,?)")                                              \
    row(SQL_LATEST, VERSIONS "WHERE c.seq = (SELECT seq FROM record WHERE number = ?1)")           \
    row(SQL_VERSION, VERSIONS "WHERE c.seq = ?1")                                                  \
    row(SQL_FEED, VERSIONS "WHERE c.seq > ?1 ORDER BY c.seq LIMIT ?2")                             \
    row(SQL_LIST_ALL, LISTED "WHERE r.number > ?1 AND c.seq = r.seq AND (?3 = 0 OR r.owner = ?3) " \
                             "ORDER BY r.number LIMIT ?4")                                         \
    row(SQL_LIST, LISTED "WHERE r.number > ?1 AND r.number <= ?5 AND c.seq = r.seq "               \
                         "AND r.definition = ?2 AND (?3 = 0 OR r.owner = ?3) "                     \
                         "ORDER BY r.number LIMIT ?4")                                             \
    row(SQL_SPANS, "SELECT block FROM span WHERE definition = ?1 AND block >= ?2 "                 \
                   "ORDER BY block LIMIT 1")                                                       \
    row(SQL_BODY_BLOBS, "SELECT blobs FROM body WHERE seq = ?1")                                   \
    row(SQL_DROP_BODY, "DELETE FROM body WHERE seq = ?1")                                          \
    row(SQL_FIND_BLOB, "SELECT hash, mime, content FROM blob WHERE id = ?1")                       \
    row(SQL_ADD_BLOB, "INSERT INTO blob VALUES(?,?,?,?,0,?)")                                      \
    row(SQL_USE_BLOB, "UPDATE blob SET uses = uses + ?2 WHERE id = ?1")                            \
    row(SQL_DROP_UNUSED, "DELETE FROM blob WHERE id = ?1 AND uses <= 0")                           \
    row(SQL_DROP_BLOB, "DELETE FROM blob WHERE id = ?1")                                           \
    row(SQL_DROP_STRAY, "DELETE FROM blob WHERE uses <= 0 AND time < ?1")                          \
    row(SQL_PUT_NOTE, "INSERT OR REPLACE INTO note VALUES(?,?)")                                   \
    row(SQL_GET_NOTE, "SELECT text FROM note WHERE key = ?1")
/* clang-format on */

enum sql {
#define SQL_ENUM(name, text) name,
    SQL_TABLE(SQL_ENUM)
#undef SQL_ENUM
        SQL_COUNT
};

struct connection {
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_COUNT];
    struct connection *next; /* in the pool */
};
enum connection_kind { CONNECTION_READ, CONNECTION_WRITE, CONNECTION_CREATE };
enum err connection_open(const char *path, enum connection_kind kind,
                         struct connection **ret) MUST_USE;
void connection_close(struct connection *connection);
/* Prepares on first use. NULL with the error set. */
sqlite3_stmt *statement(struct connection *connection, enum sql sql) MUST_USE;
/* Runs a statement that gives no rows, or whose row is not wanted; resets it. */
enum err statement_run(struct connection *connection, sqlite3_stmt *stmt) MUST_USE;
enum err connection_run(struct connection *connection,
                        enum sql sql) MUST_USE; /* without parameters */
enum err connection_exec(struct connection *connection, const char *text) MUST_USE;
/* One integer of an ad-hoc query; 0 when there is no row. */
enum err connection_integer(struct connection *connection, const char *text, int64_t *ret) MUST_USE;
/* Records the connection's last error with what was tried; maps it to our codes. */
enum err connection_error(struct connection *connection, const char *what);
/* Bytes of a column; valid until the statement steps. */
str column_bytes(sqlite3_stmt *stmt, int column);
int bind_bytes(sqlite3_stmt *stmt, int at, str bytes);
enum { MAKE_STATIC = 1 };
extern const char store_schema_sql[];

/* ---- vfs.c ---- */
/* Registers the shim that passes SQLite's writes through base/io.h, and gives its name. */
const char *store_vfs(void);

/* ---- words.c: repeated texts as small numbers from 1; append-only ---- */
struct word {
    char *text;
    size_t len;
};
struct words {
    pthread_rwlock_t lock;
    struct word *items; /* [0] is the empty text */
    uint32_t count, size;
    uint32_t *slots; /* open addressing, 0 free */
    uint32_t slot_count;
};
enum err words_init(struct words *words) MUST_USE;
void words_release(struct words *words);
uint32_t words_find(struct words *words, str text); /* 0: unknown, or the empty text */
str words_text(struct words *words, uint32_t id);   /* lives as long as the words */
enum err words_add(struct words *words, str text, uint32_t *ret) MUST_USE;
void words_truncate(struct words *words, uint32_t count); /* undo of words_add after a rollback */

/* ---- tally.c: how many records per definition, owner and state ---- */
struct tally_row {
    uint32_t definition, owner;
    uint8_t state;
    bool is_dirty;
    int64_t count, pending;
};
struct tally {
    pthread_mutex_t lock;
    struct tally_row *rows;
    uint32_t count, size;
    uint32_t *slots;
    uint32_t slot_count;
};
enum err tally_init(struct tally *tally) MUST_USE;
void tally_release(struct tally *tally);
enum err tally_set(struct tally *tally, uint32_t definition, uint32_t owner, enum state state,
                   int64_t count) MUST_USE;
enum err tally_add(struct tally *tally, uint32_t definition, uint32_t owner, enum state state,
                   int by) MUST_USE;
enum err tally_write(struct tally *tally,
                     struct connection *connection) MUST_USE; /* dirty rows, before COMMIT */
void tally_settle(struct tally *tally, bool is_committed);
uint64_t tally_sum(struct tally *tally, uint32_t definition,
                   uint32_t owner); /* 0: any; not deleted */

/* ---- queue and writer: writer.c ---- */

struct prepared { /* per change, made by the submitting thread */
    struct salt salt;
    struct hash hash;
};
struct job {
    struct job *next;
    const struct change *changes;
    size_t count, applied,
        settled; /* how far a large job has come, and how much of that is durable */
    bool is_all_or_none;
    struct prepared *prepared;
    struct committed *results;
    enum err (*run)(
        struct store *store,
        struct job *job); /* instead of changes: blobs and notes, inside the transaction */
    bool is_exclusive;    /* run outside any transaction (scrub) */
    void *argument;
    enum err code;
    struct err_info info;
    store_done *done;
    void *context;
    sem_t finished; /* when done is NULL */
};
struct job_list {
    struct job *first, **last;
};
struct recent {                  /* a change of a group, for the hook to read without SQL */
    const struct change *change; /* a PUT's; lives until its job is done */
    struct hash hash;
    uint64_t number;
    int64_t entered_us;
    uint32_t version;
    enum state state;
};
struct group { /* durable, not yet published */
    struct job_list jobs;
    uint64_t first_seq, last_seq; /* first > last: no changes in it */
    int64_t time_us;
    struct recent *recent; /* of first_seq and on, when is_whole */
    size_t recent_count, recent_size;
    bool is_whole; /* every change of the group is in `recent` */
};
struct head {
    uint64_t seq, number;
    struct hash chain;
};
struct delta { /* a tally change of a transaction not yet written */
    uint32_t definition, owner;
    uint8_t state;
    int8_t by;
};
struct last_span {
    uint32_t definition;
    uint64_t block;
};

struct store {
    char directory[PATH_SIZE], path[PATH_SIZE + 16];
    int lock_fd;
    uint32_t home;
    struct record_id_mask mask; /* its home is 0 until it is on */
    struct words words;
    struct tally tally;

    pthread_mutex_t lock; /* of the queue and the groups */
    pthread_cond_t work, room, published, advanced;
    struct job_list small, large;
    size_t queued;
    struct group groups[GROUPS_BEHIND_MAX]; /* a ring */
    unsigned group_first, group_count;
    bool is_stopping, is_writer_done;
    _Atomic uint64_t durable_seq;
    pthread_t writer_thread, publisher_thread;
    bool has_writer, has_publisher;
    store_hook *hook;
    void *hook_context;
    store_guard *guard;
    void *guard_context;
    struct group *publishing; /* the publisher's own */

    /* the writer thread's own */
    struct connection *writer;
    struct head head, committed;
    int64_t transaction_time_us;
    struct group *filling;
    struct delta *deltas;
    size_t delta_count, delta_size;
    struct last_span spans[DEFINITION_MAX];
    unsigned span_count;
    uint32_t word_count; /* committed */
    struct connection *checkpointer;
    pthread_t checkpoint_thread;
    pthread_cond_t due; /* with lock */
    pthread_mutex_t checkpointing;
    int wal_frames;
    atomic_int wal_moved; /* frames of the present WAL that are in the database */
    bool has_checkpointer, is_checkpoint_due; /* due: under lock */
    bool is_dirty_since_scrub;

    pthread_mutex_t pool_lock;
    pthread_cond_t pool_idle;
    struct connection *pool;
    unsigned reader_count, readers_busy;
    bool is_pool_closed; /* scrub holds all */
};

enum err writer_start(struct store *store) MUST_USE;
void writer_stop(struct store *store);
/* Queues a job of another kind and waits for it. */
enum err writer_call(struct store *store, enum err (*run)(struct store *, struct job *),
                     void *argument, bool is_exclusive) MUST_USE;

/* ---- checkpoint.c ---- */
void checkpoint(struct store *store); /* between transactions, on the writer thread */
enum err checkpointer_start(struct store *store) MUST_USE;
void checkpointer_stop(struct store *store);

/* ---- publish.c: durable groups to the hook and the jobs' owners ---- */
enum err publisher_start(struct store *store) MUST_USE;
/* The writer's, while it fills a group. */
void recent_begin(struct group *group, int64_t time_us);
void recent_add(struct group *group, const struct recent *recent);
void recent_cut(struct group *group, size_t count);
/* On the publishing thread: visits what the group holds; false when the store has to be read. */
bool recent_feed(struct store *store, uint64_t after, size_t max, store_visit *visit, void *context,
                 enum err *ret);
struct job *job_list_pop(struct job_list *list);

/* ---- change.c ---- */
enum err
change_check(const struct change *change) MUST_USE; /* what can be said without the store */
/*
 * Applies changes[applied..upto). Refusals go to the results; an error means the transaction is
 * lost.
 */
enum err job_apply(struct store *store, struct job *job, size_t upto) MUST_USE;
/* chain' = SHA-256(chain || skeleton); the one definition, used by verify too. */
struct skeleton {
    uint64_t seq, number, batch;
    int64_t time_us;
    uint32_t version;
    uint8_t kind, state;
    uint16_t definition_version;
    str definition, owner, actor;
    const struct hash *hash;
};
void skeleton_chain(const struct skeleton *s, struct hash *chain);

/* ---- read.c ---- */
enum err pool_take(struct store *store, struct connection **ret) MUST_USE;
void pool_give(struct store *store, struct connection *connection);
void pool_close(struct store *store); /* waits for readers and keeps new ones out */
void pool_reopen(struct store *store);
enum version_column {
    COLUMN_SEQ,
    COLUMN_NUMBER,
    COLUMN_VERSION,
    COLUMN_PREVIOUS,
    COLUMN_BODY,
    COLUMN_DEFINITION,
    COLUMN_DEFINITION_VERSION,
    COLUMN_OWNER,
    COLUMN_STATE,
    COLUMN_KIND,
    COLUMN_TIME,
    COLUMN_ENTERED,
    COLUMN_BATCH,
    COLUMN_ACTOR,
    COLUMN_HASH,
    COLUMN_CONTENT,
    COLUMN_SALT,
    COLUMN_CHAIN
};
/* Fills *ret from a row; texts point into the statement and the words. */
void version_of_row(struct store *store, sqlite3_stmt *stmt, struct stored *ret);

/* ---- blob.c ---- */
int64_t blob_id(const struct hash *hash);
/* Adds `by` uses to each blob of a packed list of ids; those at 0 go. */
enum err blobs_use(struct connection *writer, str packed, int by) MUST_USE;
enum err blob_is_known(struct connection *writer, const struct hash *hash, bool *ret) MUST_USE;

#endif
