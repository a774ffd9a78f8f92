/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attachments and notes. A blob's row id is the first 63 bits of its SHA-256, so it is found
 * without an index; blobs are rare and large, so that random order costs little here. `uses` counts
 * the bodies that show it: with the last of them erased it goes; one that was never shown goes with
 * a scrub after a day.
 */
#include <stdlib.h>

#include "store/internal.h"

int64_t blob_id(const struct hash *hash)
{
    uint64_t id = 0;
    for (int i = 0; i < 8; i++)
        id = id << 8 | hash->bytes[i];
    return (int64_t)(id >> 1);
}

enum err blobs_use(struct connection *writer, str packed, int by)
{
    sqlite3_stmt *use = statement(writer, SQL_USE_BLOB);
    sqlite3_stmt *drop = statement(writer, SQL_DROP_UNUSED);
    if (!use || !drop)
        return err_last()->code;
    for (size_t at = 0; at + sizeof(int64_t) <= packed.len; at += sizeof(int64_t)) {
        int64_t id;
        memcpy(&id, packed.ptr + at, sizeof id);
        sqlite3_bind_int64(use, 1, id);
        sqlite3_bind_int64(use, 2, by);
        TRY(statement_run(writer, use));
        if (by > 0)
            continue;
        sqlite3_bind_int64(drop, 1, id);
        TRY(statement_run(writer, drop));
    }
    return OK;
}

/*
 * Finds the row of `hash`; a row of another hash with the same id counts as absent. The statement
 * stays on the row.
 */
static enum err find(struct connection *connection, const struct hash *hash, sqlite3_stmt **ret,
                     bool *ret_found)
{
    sqlite3_stmt *stmt = statement(connection, SQL_FIND_BLOB);
    if (!stmt)
        return err_last()->code;
    sqlite3_bind_int64(stmt, 1, blob_id(hash));
    int got = sqlite3_step(stmt);
    *ret = stmt;
    *ret_found = got == SQLITE_ROW &&
                 str_eq(column_bytes(stmt, 0), str_of((const char *)hash->bytes, HASH_SIZE));
    return got == SQLITE_ROW || got == SQLITE_DONE
               ? OK
               : connection_error(connection, "cannot read an attachment");
}

enum err blob_is_known(struct connection *writer, const struct hash *hash, bool *ret)
{
    sqlite3_stmt *stmt = NULL;
    enum err code = find(writer, hash, &stmt, ret);
    if (stmt)
        sqlite3_reset(stmt);
    return code;
}

struct blob_put {
    str content, mime;
    const struct hash *hash;
};

static enum err run_put(struct store *store, struct job *job)
{
    const struct blob_put *put = job->argument;
    bool is_known = false;
    TRY(blob_is_known(store->writer, put->hash, &is_known));
    if (is_known)
        return OK;
    sqlite3_stmt *stmt = statement(store->writer, SQL_ADD_BLOB);
    if (!stmt)
        return err_last()->code;
    sqlite3_bind_int64(stmt, 1, blob_id(put->hash));
    bind_bytes(stmt, 2, str_of((const char *)put->hash->bytes, HASH_SIZE));
    bind_bytes(stmt, 3, put->mime);
    bind_bytes(stmt, 4, put->content);
    sqlite3_bind_int64(stmt, 5, clock_now_us());
    return statement_run(store->writer, stmt);
}

enum err store_blob_put(struct store *store, str content, str mime, struct hash *ret)
{
    if (content.len > BLOB_MAX)
        return err_set(ERR_LIMIT, "an attachment is limited to %d bytes, this one has %zu",
                       BLOB_MAX, content.len);
    struct hash hash;
    sha256(content, &hash);
    struct blob_put put = {content, mime, &hash};
    TRY(writer_call(store, run_put, &put, false));
    *ret = hash;
    return OK;
}

enum err store_blob_get(struct store *store, const struct hash *hash, struct arena *arena,
                        str *ret_content, str *ret_mime)
{
    struct connection *connection = NULL;
    TRY(pool_take(store, &connection));
    sqlite3_stmt *stmt = NULL;
    bool is_found = false;
    enum err code = find(connection, hash, &stmt, &is_found);
    if (!code && !is_found)
        code = err_set(ERR_NOT_FOUND, "the attachment is not in the store");
    if (!code) {
        str content = column_bytes(stmt, 2);
        str copy = arena_str(arena, content);
        str mime = arena_str(arena, column_bytes(stmt, 1));
        if (copy.len != content.len)
            code = ERR_LIMIT; /* said by the arena */
        else
            *ret_content = copy, *ret_mime = mime;
    }
    if (stmt)
        sqlite3_reset(stmt);
    pool_give(store, connection);
    return code;
}

static enum err run_erase(struct store *store, struct job *job)
{
    sqlite3_stmt *stmt = statement(store->writer, SQL_DROP_BLOB);
    if (!stmt)
        return err_last()->code;
    sqlite3_bind_int64(stmt, 1, blob_id(job->argument));
    return statement_run(store->writer, stmt);
}

enum err store_blob_erase(struct store *store, const struct hash *hash)
{
    struct hash copy = *hash;
    return writer_call(store, run_erase, &copy, false);
}

struct note_put {
    str key, text;
};

static enum err run_note(struct store *store, struct job *job)
{
    const struct note_put *put = job->argument;
    sqlite3_stmt *stmt = statement(store->writer, SQL_PUT_NOTE);
    if (!stmt)
        return err_last()->code;
    bind_bytes(stmt, 1, put->key);
    bind_bytes(stmt, 2, put->text);
    return statement_run(store->writer, stmt);
}

enum err store_note_put(struct store *store, str key, str text)
{
    if (key.len > NOTE_KEY_MAX || text.len > NOTE_MAX)
        return err_set(ERR_LIMIT, "a note is limited to %d bytes, this one has %zu", NOTE_MAX,
                       text.len);
    struct note_put put = {key, text};
    return writer_call(store, run_note, &put, false);
}

enum err store_note_get(struct store *store, str key, struct arena *arena, str *ret)
{
    struct connection *connection = NULL;
    TRY(pool_take(store, &connection));
    sqlite3_stmt *stmt = statement(connection, SQL_GET_NOTE);
    enum err code = stmt ? OK : err_last()->code;
    if (!code) {
        bind_bytes(stmt, 1, key);
        int got = sqlite3_step(stmt);
        if (got == SQLITE_ROW)
            *ret = arena_str(arena, column_bytes(stmt, 0));
        else
            code = got == SQLITE_DONE ? err_set(ERR_NOT_FOUND, "there is no note %.*s", STR(key))
                                      : connection_error(connection, "cannot read a note");
        sqlite3_reset(stmt);
    }
    pool_give(store, connection);
    return code;
}
