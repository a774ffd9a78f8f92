/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections to DIR/store.db, the schema, and statements prepared once a connection.
 *
 * Measured on 1 million rows of 250 bytes in batches of 4,000, three tables (rows a second; 2
 * cores, fdatasync p50 0.2 ms): pages of 4 KiB 284,000, of 8 KiB 338,000, of 16 KiB 341,000. 8 KiB
 * it is: a single commit writes four pages.
 *
 * synchronous=FULL: the WAL is synced at every commit. secure_delete: what is deleted is
 * overwritten with zeros in the page. temp_store=MEMORY: no copy of a body ever lies in a temporary
 * file. The WAL is checkpointed by the writer itself, see writer.c.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "store/internal.h"

const char store_schema_sql[] =
    "CREATE TABLE change(seq INTEGER PRIMARY KEY, number INTEGER NOT NULL,"
    " version INTEGER NOT NULL, previous INTEGER, body INTEGER, definition INTEGER NOT NULL,"
    " definition_version INTEGER NOT NULL, owner INTEGER NOT NULL, state INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, time INTEGER NOT NULL, entered INTEGER, batch INTEGER,"
    " actor INTEGER NOT NULL, hash BLOB, chain BLOB NOT NULL);"
    "CREATE TABLE body(seq INTEGER PRIMARY KEY, salt BLOB NOT NULL, content BLOB NOT NULL,"
    " blobs BLOB);"
    "CREATE TABLE record(number INTEGER PRIMARY KEY, seq INTEGER NOT NULL, state INTEGER NOT NULL,"
    " definition INTEGER NOT NULL, owner INTEGER NOT NULL);"
    "CREATE TABLE span(definition INTEGER NOT NULL, block INTEGER NOT NULL,"
    " PRIMARY KEY(definition, block)) WITHOUT ROWID;"
    "CREATE TABLE tally(definition INTEGER NOT NULL, owner INTEGER NOT NULL,"
    " state INTEGER NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY(definition, owner, state)) WITHOUT ROWID;"
    "CREATE TABLE word(id INTEGER PRIMARY KEY, text BLOB NOT NULL);"
    "CREATE TABLE blob(id INTEGER PRIMARY KEY, hash BLOB NOT NULL, mime BLOB NOT NULL,"
    " content BLOB NOT NULL, uses INTEGER NOT NULL, time INTEGER NOT NULL);"
    "CREATE TABLE note(key BLOB PRIMARY KEY, text BLOB NOT NULL) WITHOUT ROWID;";

static const char *const texts[SQL_COUNT] = {
#define SQL_TEXT(name, text) [name] = (text),
    SQL_TABLE(SQL_TEXT)
#undef SQL_TEXT
};

enum err connection_error(struct connection *connection, const char *what)
{
    int code =
        connection && connection->db ? sqlite3_extended_errcode(connection->db) : SQLITE_NOMEM;
    const char *text =
        connection && connection->db ? sqlite3_errmsg(connection->db) : "out of memory";
    enum err err = ERR_IO;
    switch (code & 0xFF) {
    case SQLITE_FULL: err = ERR_FULL; break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: err = ERR_DAMAGED; break;
    case SQLITE_NOMEM: err = ERR_MEMORY; break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: err = ERR_BUSY; break;
    case SQLITE_TOOBIG: err = ERR_LIMIT; break;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_CONSTRAINT: err = ERR_INTERNAL; break;
    default: break;
    }
    return err_set(err, "%s: %s (SQLite code %d)", what, text, code);
}

enum err connection_exec(struct connection *connection, const char *text)
{
    return sqlite3_exec(connection->db, text, NULL, NULL, NULL)
               ? connection_error(connection, "cannot set up the store")
               : OK;
}

enum err connection_integer(struct connection *connection, const char *text, int64_t *ret)
{
    sqlite3_stmt *stmt = NULL;
    *ret = 0;
    int code = sqlite3_prepare_v2(connection->db, text, -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        *ret = sqlite3_column_int64(stmt, 0);
    enum err err = code == SQLITE_ROW || code == SQLITE_DONE
                       ? OK
                       : connection_error(connection, "cannot read the store");
    sqlite3_finalize(stmt);
    return err;
}

static enum err set_up(struct connection *connection, enum connection_kind kind)
{
    sqlite3_extended_result_codes(connection->db, 1);
    sqlite3_busy_timeout(connection->db, 10000);
    if (kind == CONNECTION_READ)
        return connection_exec(
            connection, "PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY; PRAGMA query_only=1");
    return connection_exec(
        connection,
        "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-32768; PRAGMA secure_delete=ON;"
        "PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=OFF");
}

enum err connection_open(const char *path, enum connection_kind kind, struct connection **ret)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return err_set(ERR_MEMORY, "out of memory for a connection");
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                (kind == CONNECTION_CREATE ? SQLITE_OPEN_CREATE : 0);
    enum err code = OK;
    if (sqlite3_open_v2(path, &connection->db, flags, store_vfs()) != SQLITE_OK) {
        char what[PATH_SIZE + 32];
        snprintf(what, sizeof what, "cannot open %s", path);
        code = connection_error(connection, what);
    }
    if (!code)
        code = set_up(connection, kind);
    if (code) {
        connection_close(connection);
        return code;
    }
    *ret = connection;
    return OK;
}

void connection_close(struct connection *connection)
{
    if (!connection)
        return;
    for (int i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(connection->statements[i]);
    sqlite3_close_v2(connection->db);
    free(connection);
}

sqlite3_stmt *statement(struct connection *connection, enum sql sql)
{
    sqlite3_stmt **place = &connection->statements[sql];
    if (!*place && sqlite3_prepare_v3(connection->db, texts[sql], -1, SQLITE_PREPARE_PERSISTENT,
                                      place, NULL)) {
        connection_error(connection, "cannot prepare a statement");
        return NULL;
    }
    return *place;
}

enum err statement_run(struct connection *connection, sqlite3_stmt *stmt)
{
    int code = sqlite3_step(stmt);
    enum err err = code == SQLITE_DONE || code == SQLITE_ROW
                       ? OK
                       : connection_error(connection, "cannot write the store");
    sqlite3_reset(stmt);
    return err;
}

enum err connection_run(struct connection *connection, enum sql sql)
{
    sqlite3_stmt *stmt = statement(connection, sql);
    return stmt ? statement_run(connection, stmt) : err_last()->code;
}

str column_bytes(sqlite3_stmt *stmt, int column)
{
    const void *bytes = sqlite3_column_blob(stmt, column);
    int size = sqlite3_column_bytes(stmt, column);
    return bytes ? str_of(bytes, (size_t)size) : STR_EMPTY;
}

int bind_bytes(sqlite3_stmt *stmt, int at, str bytes)
{
    return sqlite3_bind_blob64(stmt, at, bytes.ptr ? bytes.ptr : "", bytes.len, SQLITE_STATIC);
}
