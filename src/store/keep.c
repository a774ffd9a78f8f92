/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping the store honest: erasing what must be nowhere, copying it while it serves, checking
 * every hash.
 *
 * Where a destroyed body could still lie, and what is done: in its page - secure_delete writes
 * zeros over it; in the database file - that page is written back by the checkpoint; in the WAL, as
 * older images of the page - the WAL is truncated when everything in it is in the database and no
 * reader needs it; in temporary files - there are none.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "store/internal.h"

enum err store_erase(struct store *store, uint64_t number, str actor, struct committed *ret)
{
    struct change change = {.kind = CHANGE_ERASE,
                            .number = number,
                            .state = STATE_DELETED,
                            .actor = actor};
    return store_commit(store, &change, 1, false, ret);
}

/* ---- scrub ---- */

static enum err drop_strays(struct store *store)
{
    sqlite3_stmt *stmt = statement(store->writer, SQL_DROP_STRAY);
    if (!stmt)
        return err_last()->code;
    sqlite3_bind_int64(stmt, 1, clock_now_us() - 86400ll * 1000000);
    return statement_run(store->writer, stmt);
}

/* SQLite does not sync a truncation: after a power cut the old bytes could be back. */
static enum err sync_wal(struct store *store)
{
    sqlite3_file *wal = NULL;
    if (sqlite3_file_control(store->writer->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) !=
        SQLITE_OK)
        return connection_error(store->writer, "cannot find the store's log");
    if (!wal || !wal->pMethods)
        return OK;
    return wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL) == SQLITE_OK
               ? OK
               : err_set(ERR_IO, "cannot make the emptied log of the store durable");
}

static enum err truncate_wal(struct store *store)
{
    pthread_mutex_lock(&store->checkpointing);
    int code =
        sqlite3_wal_checkpoint_v2(store->writer->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    pthread_mutex_unlock(&store->checkpointing);
    if (code != SQLITE_OK)
        return connection_error(store->writer, "cannot empty the store's log");
    TRY(sync_wal(store));
    store->wal_frames = 0;
    atomic_store(&store->wal_moved, 0);
    store->is_dirty_since_scrub = false;
    return OK;
}

/* On the writer thread, between transactions, with all readers kept out. */
static enum err run_scrub(struct store *store, struct job *job)
{
    (void)job;
    if (!store->is_dirty_since_scrub)
        return OK;
    TRY(drop_strays(store));
    pool_close(store);
    enum err code = truncate_wal(store);
    pool_reopen(store);
    return code;
}

enum err store_scrub(struct store *store)
{
    return writer_call(store, run_scrub, NULL, true);
}

/* ---- backup ---- */

enum { BACKUP_PAGES = 2048 /* 16 MiB a step */ };

static enum err copy_pages(struct connection *source, struct connection *target)
{
    sqlite3_backup *backup = sqlite3_backup_init(target->db, "main", source->db, "main");
    if (!backup)
        return connection_error(target, "cannot begin the backup");
    int got;
    do
        got = sqlite3_backup_step(backup, BACKUP_PAGES);
    while (got == SQLITE_OK);
    sqlite3_backup_finish(backup);
    return got == SQLITE_DONE ? OK : connection_error(target, "cannot write the backup");
}

/*
 * One read transaction around the whole copy: otherwise each commit meanwhile would start it anew.
 */
static enum err copy_store(struct store *store, struct connection *target)
{
    struct connection *source = NULL;
    TRY(pool_take(store, &source));
    enum err code = connection_exec(source, "BEGIN");
    int64_t seq = 0;
    if (!code) /* a transaction sees its state from its first reading on */
        code = connection_integer(source, "SELECT max(seq) FROM change", &seq);
    if (!code)
        code = copy_pages(source, target);
    struct err_info kept = *err_last();
    if (connection_exec(source, "COMMIT"))
        err_clear();
    if (code)
        err_restore(&kept);
    pool_give(store, source);
    return code;
}

/* A copy is worth what its verification says. */
static enum err verify_copy(const char *directory)
{
    struct store *copy = NULL;
    uint64_t checked = 0;
    TRY(store_open(directory, STORE_OPEN_EXISTING, &copy));
    enum err code = store_verify(copy, &checked);
    store_close(copy);
    char lock[PATH_SIZE + 8];
    snprintf(lock, sizeof lock, "%s/lock", directory);
    return code ? code : io_remove(lock);
}

enum err store_backup(struct store *store, const char *target_directory)
{
    char path[PATH_SIZE + 16];
    if (strlen(target_directory) >= PATH_SIZE - 32)
        return err_set(ERR_LIMIT, "the path of a backup is limited to %d bytes", PATH_SIZE - 32);
    TRY(io_make_dir(target_directory));
    snprintf(path, sizeof path, "%s/store.db", target_directory);
    if (access(path, F_OK) == 0)
        return err_set(ERR_CONFLICT, "%s holds a store already", target_directory);
    struct connection *target = NULL;
    TRY(connection_open(path, CONNECTION_CREATE, &target));
    enum err code = copy_store(store, target);
    connection_close(target);
    if (!code)
        code = io_sync_dir(target_directory);
    return code ? code : verify_copy(target_directory);
}

/* ---- verify ---- */

struct verifying {
    struct store *store;
    struct hash chain;
    uint64_t seq, checked;
};

static enum err bad(const struct verifying *v, const char *what)
{
    return err_set(ERR_DAMAGED, "change %llu: %s", (unsigned long long)v->seq, what);
}

static enum err verify_body(const struct verifying *v, sqlite3_stmt *row,
                            const struct stored *stored)
{
    str salt_bytes = column_bytes(row, COLUMN_SALT);
    if (stored->is_erased || stored->kind == CHANGE_ERASE)
        return OK;
    if (salt_bytes.len != SALT_SIZE)
        return bad(v, "the salt of its body is damaged");
    struct salt salt;
    struct hash hash;
    memcpy(salt.bytes, salt_bytes.ptr, SALT_SIZE);
    salted_hash(&salt, stored->body, &hash);
    return memcmp(hash.bytes, stored->hash.bytes, HASH_SIZE) != 0
               ? bad(v, "its body does not match its hash")
               : OK;
}

static enum err verify_row(struct verifying *v, sqlite3_stmt *row)
{
    struct stored stored;
    version_of_row(v->store, row, &stored);
    if (stored.seq != v->seq + 1) {
        v->seq++;
        return bad(v, "it is missing");
    }
    v->seq = stored.seq;
    const struct skeleton skeleton = {.seq = stored.seq,
                                      .number = stored.id.number,
                                      .batch = stored.batch,
                                      .time_us = stored.time_us,
                                      .version = stored.version,
                                      .kind = (uint8_t)stored.kind,
                                      .state = (uint8_t)stored.state,
                                      .definition_version = stored.definition_version,
                                      .definition = stored.definition,
                                      .owner = stored.owner,
                                      .actor = stored.actor,
                                      .hash = &stored.hash};
    skeleton_chain(&skeleton, &v->chain);
    if (!str_eq(column_bytes(row, COLUMN_CHAIN), str_of((const char *)v->chain.bytes, HASH_SIZE)))
        return bad(v, "it does not fit the chain: it or a change before it was altered");
    v->checked++;
    return verify_body(v, row, &stored);
}

enum { VERIFY_STEP = 20000 /* changes a read transaction */ };

static enum err verify_step(struct verifying *v, struct connection *connection, bool *ret_more)
{
    sqlite3_stmt *stmt = statement(connection, SQL_FEED);
    if (!stmt)
        return err_last()->code;
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)v->seq);
    sqlite3_bind_int64(stmt, 2, VERIFY_STEP);
    enum err code = OK;
    int got;
    int rows = 0;
    while (!code && (got = sqlite3_step(stmt)) != SQLITE_DONE) {
        code = got == SQLITE_ROW ? verify_row(v, stmt)
                                 : connection_error(connection, "cannot read the store");
        rows++;
    }
    sqlite3_reset(stmt);
    *ret_more = rows == VERIFY_STEP;
    return code;
}

/* Records point at their latest change, agree with it, and have a body unless they were erased. */
static enum err verify_records(struct connection *connection)
{
    int64_t number = 0;
    TRY(connection_integer(
        connection,
        "SELECT r.number FROM record r LEFT JOIN change c ON c.seq = r.seq "
        "LEFT JOIN body b ON b.seq = "
        "coalesce(c.body, c.seq) WHERE c.number IS NOT r.number OR c.state IS NOT r.state OR "
        "c.definition IS NOT r.definition OR c.owner IS NOT r.owner OR "
        "(c.kind <> 2 AND b.seq IS NULL) "
        "LIMIT 1",
        &number));
    return number ? err_set(ERR_DAMAGED, "record %lld does not agree with its latest change",
                            (long long)number)
                  : OK;
}

static enum err verify_last(struct connection *connection)
{
    int64_t number = 0;
    TRY(connection_integer(
        connection,
        "SELECT c.number FROM change c LEFT JOIN record r ON r.number = c.number "
        "WHERE r.seq IS NULL OR "
        "r.seq < c.seq LIMIT 1",
        &number));
    return number
               ? err_set(ERR_DAMAGED, "record %lld is not at its latest change", (long long)number)
               : OK;
}

enum err store_verify(struct store *store, uint64_t *ret_checked)
{
    struct verifying v = {.store = store};
    enum err code = OK;
    for (bool is_more = true; is_more && !code;) {
        struct connection *connection = NULL;
        TRY(pool_take(store, &connection));
        code = verify_step(&v, connection, &is_more);
        if (!code && !is_more) {
            code = verify_records(connection);
            if (!code)
                code = verify_last(connection);
        }
        pool_give(store, connection);
    }
    *ret_checked = v.checked;
    return code;
}
