/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and closing a data directory: one process each (flock on DIR/lock, which the system
 * releases however the process ends), the schema's version, and the running state of the skeleton
 * read back from its last rows.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/io.h"

#include "store/internal.h"

enum { APPLICATION_ID = 0x42555245 /* "BURE", in SQLite's header */ };

static const str home_key = {"store.home", 10};
static const str mask_key = {"store.mask", 10}; /* of record ids */

/* ---- the lock ---- */

static long holder_of(int fd)
{
    char text[32];
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    uint64_t pid = 0;
    return got > 0 && str_to_u64(str_trim(str_of(text, (size_t)got)), INT32_MAX, &pid) ? (long)pid
                                                                                       : 0;
}

static enum err take_lock(const char *directory, int *ret_fd)
{
    char path[PATH_SIZE + 8];
    char text[32];
    snprintf(path, sizeof path, "%s/lock", directory);
    int fd = -1;
    TRY(io_open(path, O_RDWR | O_CREAT, &fd));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int number = errno;
        long holder = holder_of(fd);
        (void)close(fd);
        if (number != EWOULDBLOCK) {
            errno = number;
            return err_errno("cannot lock %s", path);
        }
        err_set(ERR_LOCKED, "data directory %s is in use by process %ld", directory, holder);
        return err_hint(
            "stop that process, or let it do the work: commands reach a running server");
    }
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    enum err code = io_truncate(fd, 0);
    if (!code)
        code = io_write_at(fd, str_of(text, (size_t)len), 0);
    if (code)
        (void)close(fd);
    else
        *ret_fd = fd;
    return code;
}

/* ---- the schema ---- */

static enum err check_version(struct connection *connection, const char *path)
{
    int64_t version = 0;
    int64_t application = 0;
    TRY(connection_integer(connection, "PRAGMA user_version", &version));
    TRY(connection_integer(connection, "PRAGMA application_id", &application));
    if (application != APPLICATION_ID)
        return err_set(ERR_DAMAGED, "%s is a database, but not a store of this program", path);
    if (version > STORE_SCHEMA_VERSION) {
        err_set(ERR_VERSION, "%s has schema version %lld, this program knows versions up to %d",
                path, (long long)version, STORE_SCHEMA_VERSION);
        return err_hint(
            "it was written by a newer program: use that one, or restore a backup from before");
    }
    if (version < STORE_SCHEMA_VERSION) {
        err_set(ERR_VERSION, "%s has schema version %lld, this program needs %d", path,
                (long long)version, STORE_SCHEMA_VERSION);
        return err_hint("make a backup, then run: bureau upgrade");
    }
    return OK;
}

static enum err put_first_note(struct store *store, str key, str text)
{
    sqlite3_stmt *stmt = statement(store->writer, SQL_PUT_NOTE);
    if (!stmt)
        return err_last()->code;
    bind_bytes(stmt, 1, key);
    bind_bytes(stmt, 2, text);
    return statement_run(store->writer, stmt);
}

static enum err create_schema(struct store *store)
{
    char text[96];
    snprintf(text, sizeof text, "PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION_ID,
             STORE_SCHEMA_VERSION);
    uint32_t home = 0;
    while (!home)
        random_bytes(&home, sizeof home);
    char home_text[16];
    struct secret_key mask;
    int len = snprintf(home_text, sizeof home_text, "%u", home);
    random_bytes(mask.bytes, KEY_SIZE);
    TRY(connection_run(store->writer, SQL_BEGIN));
    TRY(connection_exec(store->writer, store_schema_sql));
    TRY(connection_exec(store->writer, text));
    TRY(put_first_note(store, home_key, str_of(home_text, (size_t)len)));
    TRY(put_first_note(store, mask_key, str_of((const char *)mask.bytes, KEY_SIZE)));
    TRY(connection_run(store->writer, SQL_COMMIT));
    return io_sync_dir(store->directory);
}

/* ---- running state ---- */

static enum err each_row(struct store *store, const char *sql,
                         enum err (*take)(struct store *, sqlite3_stmt *))
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(store->writer->db, sql, -1, &stmt, NULL))
        return connection_error(store->writer, "cannot read the store");
    enum err code = OK;
    int got;
    while (!code && (got = sqlite3_step(stmt)) != SQLITE_DONE)
        code = got == SQLITE_ROW ? take(store, stmt)
                                 : connection_error(store->writer, "cannot read the store");
    sqlite3_finalize(stmt);
    return code;
}

static enum err take_word(struct store *store, sqlite3_stmt *row)
{
    uint32_t id = 0;
    TRY(words_add(&store->words, column_bytes(row, 1), &id));
    return id == sqlite3_column_int64(row, 0)
               ? OK
               : err_set(ERR_DAMAGED, "word %u of the store is missing", id);
}

static enum err take_tally(struct store *store, sqlite3_stmt *row)
{
    return tally_set(&store->tally, (uint32_t)sqlite3_column_int64(row, 0),
                     (uint32_t)sqlite3_column_int64(row, 1), (enum state)sqlite3_column_int(row, 2),
                     sqlite3_column_int64(row, 3));
}

static enum err take_head(struct store *store, sqlite3_stmt *row)
{
    str chain = column_bytes(row, 1);
    if (chain.len != HASH_SIZE)
        return err_set(ERR_DAMAGED, "the last change of the store has no chain hash");
    store->head.seq = (uint64_t)sqlite3_column_int64(row, 0);
    memcpy(store->head.chain.bytes, chain.ptr, HASH_SIZE);
    return OK;
}

static enum err take_number(struct store *store, sqlite3_stmt *row)
{
    store->head.number = (uint64_t)sqlite3_column_int64(row, 0);
    return OK;
}

static enum err take_home(struct store *store, sqlite3_stmt *row)
{
    uint64_t home = 0;
    if (!str_to_u64(column_bytes(row, 0), UINT32_MAX, &home) || !home)
        return err_set(ERR_DAMAGED, "the store's home number is not valid");
    store->home = (uint32_t)home;
    return OK;
}

static enum err take_mask(struct store *store, sqlite3_stmt *row)
{
    struct secret_key key;
    str bytes = column_bytes(row, 0);
    if (bytes.len != KEY_SIZE || !store->home)
        return err_set(ERR_DAMAGED, "the store's key of record ids is not valid");
    memcpy(key.bytes, bytes.ptr, KEY_SIZE);
    record_id_mask_init(&store->mask, store->home, &key);
    wipe(&key, sizeof key);
    return OK;
}

static enum err load_state(struct store *store)
{
    TRY(each_row(store, "SELECT id, text FROM word ORDER BY id", take_word));
    TRY(each_row(store, "SELECT definition, owner, state, count FROM tally", take_tally));
    TRY(each_row(store, "SELECT seq, chain FROM change ORDER BY seq DESC LIMIT 1", take_head));
    TRY(each_row(store, "SELECT number FROM record ORDER BY number DESC LIMIT 1", take_number));
    TRY(each_row(store, "SELECT text FROM note WHERE key = CAST('store.home' AS BLOB)", take_home));
    TRY(each_row(store, "SELECT text FROM note WHERE key = CAST('store.mask' AS BLOB)", take_mask));
    if (!store->home || !store->mask.home)
        return err_set(ERR_DAMAGED, "the store does not know its home, or how it shows its ids");
    record_id_mask_on(&store->mask);
    return OK;
}

/* ---- open and close ---- */

static bool has_store(const char *path)
{
    return access(path, F_OK) == 0;
}

static enum err open_database(struct store *store, enum store_open_mode mode)
{
    if (!has_store(store->path) && mode == STORE_OPEN_EXISTING) {
        err_set(ERR_NOT_FOUND, "there is no store in %s", store->directory);
        return err_hint("the directory is named by --data or BUREAU_DATA");
    }
    TRY(connection_open(store->path,
                        mode == STORE_OPEN_CREATE ? CONNECTION_CREATE : CONNECTION_WRITE,
                        &store->writer));
    int64_t tables = 0;
    TRY(connection_integer(store->writer, "SELECT count(*) FROM sqlite_master", &tables));
    if (tables == 0 && mode == STORE_OPEN_CREATE)
        TRY(create_schema(store));
    TRY(check_version(store->writer, store->path));
    return load_state(store);
}

static void init_locks(struct store *store)
{
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->work, NULL);
    pthread_cond_init(&store->room, NULL);
    pthread_cond_init(&store->published, NULL);
    pthread_cond_init(&store->advanced, NULL);
    pthread_cond_init(&store->due, NULL);
    pthread_mutex_init(&store->checkpointing, NULL);
    pthread_mutex_init(&store->pool_lock, NULL);
    pthread_cond_init(&store->pool_idle, NULL);
}

enum err store_open(const char *directory, enum store_open_mode mode, struct store **ret)
{
    if (strlen(directory) >= PATH_SIZE - 32)
        return err_set(ERR_LIMIT, "the path of the data directory is limited to %d bytes",
                       PATH_SIZE - 32);
    if (mode == STORE_OPEN_CREATE)
        TRY(io_make_dir(directory));
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return err_set(ERR_MEMORY, "out of memory for the store");
    store->lock_fd = -1;
    snprintf(store->directory, sizeof store->directory, "%s", directory);
    snprintf(store->path, sizeof store->path, "%s/store.db", directory);
    init_locks(store);
    enum err code = words_init(&store->words);
    if (!code)
        code = tally_init(&store->tally);
    if (!code)
        code = take_lock(directory, &store->lock_fd);
    if (!code)
        code = open_database(store, mode);
    if (!code)
        code = writer_start(store);
    if (code)
        store_close(store);
    else
        *ret = store;
    return code;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    struct err_info kept = *err_last();
    writer_stop(store);
    pool_close(store);
    for (struct connection *next; store->pool; store->pool = next) {
        next = store->pool->next;
        connection_close(store->pool);
    }
    connection_close(
        store->writer); /* the last connection: SQLite checkpoints and removes the WAL */
    if (store->lock_fd >= 0)
        (void)close(store->lock_fd);
    record_id_mask_off(&store->mask);
    wipe(&store->mask, sizeof store->mask);
    words_release(&store->words);
    tally_release(&store->tally);
    free(store->deltas);
    for (size_t i = 0; i < GROUPS_BEHIND_MAX; i++)
        free(store->groups[i].recent);
    free(store);
    err_restore(&kept);
}

enum err store_schema(const char *directory, unsigned *ret_version)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/store.db", directory);
    if (!has_store(path))
        return err_set(ERR_NOT_FOUND, "there is no store in %s", directory);
    struct connection *connection = NULL;
    int64_t version = 0;
    TRY(connection_open(path, CONNECTION_READ, &connection));
    enum err code = connection_integer(connection, "PRAGMA user_version", &version);
    connection_close(connection);
    if (!code)
        *ret_version = (unsigned)version;
    return code;
}

/*
 * Steps from one schema version to the next are rows of a table here once there is more than one
 * version; each runs in one transaction with its version number. Versions below the first were
 * never written by a released program.
 */
enum err store_upgrade(const char *directory, bool is_check_only, struct buf *ret_report)
{
    unsigned version = 0;
    TRY(store_schema(directory, &version));
    if (version > STORE_SCHEMA_VERSION)
        return err_set(ERR_VERSION,
                       "%s/store.db has schema version %u, this program knows versions up to %d",
                       directory, version, STORE_SCHEMA_VERSION);
    if (version < STORE_SCHEMA_VERSION)
        return err_set(ERR_VERSION,
                       "%s/store.db has schema version %u, from which there is no way to %d",
                       directory, version, STORE_SCHEMA_VERSION);
    buf_printf(ret_report, "schema version %u is current: nothing %s\n", version,
               is_check_only ? "would be done" : "to do");
    return ret_report->failed;
}
