/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading, from any thread: a connection is taken from a pool for each call, so a call sees one
 * state of the store, committed and durable (SQLite shows a commit in the WAL only after its sync).
 * Long readings (feed, list) hold the WAL back for as long as they run; callers bound them by
 * `max`.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "store/internal.h"

/* ---- the pool ---- */

/* A thread that reads while it visits rows must not wait for those who wait for it. */
static _Thread_local unsigned held;

enum err pool_take(struct store *store, struct connection **ret)
{
    pthread_mutex_lock(&store->pool_lock);
    while (!held && (store->is_pool_closed || (!store->pool && store->reader_count >= READER_MAX)))
        pthread_cond_wait(&store->pool_idle, &store->pool_lock);
    held++;
    struct connection *connection = store->pool;
    if (connection)
        store->pool = connection->next;
    else
        store->reader_count++;
    store->readers_busy++;
    pthread_mutex_unlock(&store->pool_lock);
    if (connection) {
        *ret = connection;
        return OK;
    }
    enum err code = connection_open(store->path, CONNECTION_READ, ret);
    if (!code)
        return OK;
    pthread_mutex_lock(&store->pool_lock);
    held--;
    store->reader_count--;
    store->readers_busy--;
    pthread_cond_broadcast(&store->pool_idle);
    pthread_mutex_unlock(&store->pool_lock);
    return code;
}

void pool_give(struct store *store, struct connection *connection)
{
    pthread_mutex_lock(&store->pool_lock);
    held--;
    connection->next = store->pool;
    store->pool = connection;
    store->readers_busy--;
    pthread_cond_broadcast(&store->pool_idle);
    pthread_mutex_unlock(&store->pool_lock);
}

void pool_close(struct store *store)
{
    pthread_mutex_lock(&store->pool_lock);
    store->is_pool_closed = true;
    while (store->readers_busy)
        pthread_cond_wait(&store->pool_idle, &store->pool_lock);
    pthread_mutex_unlock(&store->pool_lock);
}

void pool_reopen(struct store *store)
{
    pthread_mutex_lock(&store->pool_lock);
    store->is_pool_closed = false;
    pthread_cond_broadcast(&store->pool_idle);
    pthread_mutex_unlock(&store->pool_lock);
}

/* ---- rows ---- */

void version_of_row(struct store *store, sqlite3_stmt *stmt, struct stored *ret)
{
    int64_t time = sqlite3_column_int64(stmt, COLUMN_TIME);
    int64_t entered = sqlite3_column_int64(stmt, COLUMN_ENTERED);
    *ret = (struct stored){
        .seq = (uint64_t)sqlite3_column_int64(stmt, COLUMN_SEQ),
        .id = {store->home, (uint64_t)sqlite3_column_int64(stmt, COLUMN_NUMBER)},
        .version = (uint32_t)sqlite3_column_int64(stmt, COLUMN_VERSION),
        .state = (enum state)sqlite3_column_int(stmt, COLUMN_STATE),
        .kind = (enum change_kind)sqlite3_column_int(stmt, COLUMN_KIND),
        .definition =
            words_text(&store->words, (uint32_t)sqlite3_column_int64(stmt, COLUMN_DEFINITION)),
        .definition_version = (uint16_t)sqlite3_column_int(stmt, COLUMN_DEFINITION_VERSION),
        .owner = words_text(&store->words, (uint32_t)sqlite3_column_int64(stmt, COLUMN_OWNER)),
        .actor = words_text(&store->words, (uint32_t)sqlite3_column_int64(stmt, COLUMN_ACTOR)),
        .batch = (uint64_t)sqlite3_column_int64(stmt, COLUMN_BATCH),
        .time_us = time,
        .entered_us = entered ? entered : time,
        .is_erased = sqlite3_column_type(stmt, COLUMN_CONTENT) == SQLITE_NULL,
        .body = column_bytes(stmt, COLUMN_CONTENT),
    };
    str hash = column_bytes(stmt, COLUMN_HASH);
    if (hash.len == HASH_SIZE)
        memcpy(ret->hash.bytes, hash.ptr, HASH_SIZE);
}

static enum err keep(struct store *store, sqlite3_stmt *stmt, struct arena *arena,
                     struct stored *ret)
{
    struct stored stored;
    version_of_row(store, stmt, &stored);
    str body = arena_str(arena, stored.body);
    if (body.len != stored.body.len)
        return ERR_LIMIT; /* said by the arena */
    stored.body = body;
    *ret = stored;
    return OK;
}

struct reader {
    struct store *store;
    struct connection *connection;
    struct arena *arena;
};

/* Reads the version at `key` (a seq, or a number for SQL_LATEST) and gives its previous seq too. */
static enum err read_one(const struct reader *reader, enum sql sql, uint64_t key,
                         struct stored *ret, uint64_t *ret_previous)
{
    sqlite3_stmt *stmt = statement(reader->connection, sql);
    if (!stmt)
        return err_last()->code;
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)key);
    int got = sqlite3_step(stmt);
    enum err code = OK;
    if (got == SQLITE_ROW) {
        code = keep(reader->store, stmt, reader->arena, ret);
        *ret_previous = (uint64_t)sqlite3_column_int64(stmt, COLUMN_PREVIOUS);
    } else {
        code = got == SQLITE_DONE
                   ? err_set(ERR_NOT_FOUND, "record %llu is not here", (unsigned long long)key)
                   : connection_error(reader->connection, "cannot read the store");
    }
    sqlite3_reset(stmt);
    return code;
}

enum err store_read(struct store *store, uint64_t number, struct arena *arena, struct stored *ret)
{
    struct reader reader = {.store = store, .arena = arena};
    uint64_t previous = 0;
    TRY(pool_take(store, &reader.connection));
    enum err code = read_one(&reader, SQL_LATEST, number, ret, &previous);
    pool_give(store, reader.connection);
    return code;
}

/* The seq of `version`, found along `previous` from the latest. */
static enum err find_version(struct connection *connection, uint64_t number, uint32_t version,
                             uint64_t *ret)
{
    enum sql sql = SQL_LATEST;
    uint64_t key = number;
    for (;;) {
        sqlite3_stmt *stmt = statement(connection, sql);
        if (!stmt)
            return err_last()->code;
        sqlite3_bind_int64(stmt, 1, (sqlite3_int64)key);
        int got = sqlite3_step(stmt);
        bool is_row = got == SQLITE_ROW;
        uint32_t at = is_row ? (uint32_t)sqlite3_column_int64(stmt, COLUMN_VERSION) : 0;
        uint64_t seq = is_row ? (uint64_t)sqlite3_column_int64(stmt, COLUMN_SEQ) : 0;
        uint64_t previous = is_row ? (uint64_t)sqlite3_column_int64(stmt, COLUMN_PREVIOUS) : 0;
        sqlite3_reset(stmt);
        if (!is_row && got != SQLITE_DONE)
            return connection_error(connection, "cannot read the store");
        if (at == version && is_row) {
            *ret = seq;
            return OK;
        }
        if (at < version || !previous)
            return err_set(ERR_NOT_FOUND, "record %llu has no version %u",
                           (unsigned long long)number, version);
        sql = SQL_VERSION;
        key = previous;
    }
}

enum err store_read_version(struct store *store, uint64_t number, uint32_t version,
                            struct arena *arena, struct stored *ret)
{
    struct reader reader = {.store = store, .arena = arena};
    uint64_t seq = 0;
    uint64_t previous = 0;
    TRY(pool_take(store, &reader.connection));
    enum err code = find_version(reader.connection, number, version, &seq);
    if (!code)
        code = read_one(&reader, SQL_VERSION, seq, ret, &previous);
    pool_give(store, reader.connection);
    return code;
}

static enum err read_history(const struct reader *reader, uint64_t number, struct stored **ret,
                             size_t *ret_count)
{
    struct stored latest = {0};
    uint64_t previous = 0;
    TRY(read_one(reader, SQL_LATEST, number, &latest, &previous));
    size_t count = latest.version;
    struct stored *versions = arena_array(reader->arena, struct stored, count);
    if (!versions)
        return ERR_LIMIT;
    versions[count - 1] = latest;
    for (size_t i = count - 1; i-- > 0;) {
        TRY(read_one(reader, SQL_VERSION, previous, &versions[i], &previous));
        if (versions[i].version != i + 1 || versions[i].id.number != number)
            return err_set(ERR_DAMAGED, "the history of record %llu is broken at version %zu",
                           (unsigned long long)number, i + 1);
    }
    *ret = versions;
    *ret_count = count;
    return OK;
}

enum err store_history(struct store *store, uint64_t number, struct arena *arena,
                       struct stored **ret, size_t *ret_count)
{
    struct reader reader = {.store = store, .arena = arena};
    TRY(pool_take(store, &reader.connection));
    enum err code = read_history(&reader, number, ret, ret_count);
    pool_give(store, reader.connection);
    return code;
}

/* ---- many ---- */

static enum err visit_rows(struct store *store, struct connection *connection, sqlite3_stmt *stmt,
                           store_visit *visit, void *context, size_t *visited)
{
    int got;
    enum err code = OK;
    while (!code && (got = sqlite3_step(stmt)) != SQLITE_DONE) {
        if (got != SQLITE_ROW) {
            code = connection_error(connection, "cannot read the store");
            break;
        }
        struct stored stored;
        version_of_row(store, stmt, &stored);
        ++*visited;
        code = visit(context, &stored);
    }
    sqlite3_reset(stmt);
    return code;
}

enum err store_feed(struct store *store, uint64_t after, size_t max, store_visit *visit,
                    void *context)
{
    struct connection *connection = NULL;
    size_t visited = 0;
    enum err code = OK;
    if (recent_feed(store, after, max, visit, context, &code))
        return code;
    TRY(pool_take(store, &connection));
    sqlite3_stmt *stmt = statement(connection, SQL_FEED);
    code = stmt ? OK : err_last()->code;
    if (!code) {
        sqlite3_bind_int64(stmt, 1, (sqlite3_int64)after);
        sqlite3_bind_int64(stmt, 2, (sqlite3_int64)max);
        code = visit_rows(store, connection, stmt, visit, context, &visited);
    }
    pool_give(store, connection);
    return code;
}

struct listing {
    struct store *store;
    struct connection *connection;
    uint32_t definition, owner;
    uint64_t after;
    size_t max, visited;
    store_visit *visit;
    void *context;
};

static enum err list_range(struct listing *listing, enum sql sql, uint64_t last)
{
    sqlite3_stmt *stmt = statement(listing->connection, sql);
    if (!stmt)
        return err_last()->code;
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)listing->after);
    sqlite3_bind_int64(stmt, 3, listing->owner);
    sqlite3_bind_int64(stmt, 4, (sqlite3_int64)(listing->max - listing->visited));
    if (sql == SQL_LIST) {
        sqlite3_bind_int64(stmt, 2, listing->definition);
        sqlite3_bind_int64(stmt, 5, (sqlite3_int64)last);
    }
    return visit_rows(listing->store, listing->connection, stmt, listing->visit, listing->context,
                      &listing->visited);
}

static enum err list_spans(struct listing *listing)
{
    sqlite3_stmt *spans = statement(listing->connection, SQL_SPANS);
    if (!spans)
        return err_last()->code;
    uint64_t block = (listing->after + 1) >> SPAN_BITS;
    while (listing->visited < listing->max) {
        sqlite3_bind_int64(spans, 1, listing->definition);
        sqlite3_bind_int64(spans, 2, (sqlite3_int64)block);
        int got = sqlite3_step(spans);
        block = got == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(spans, 0) : 0;
        sqlite3_reset(spans);
        if (got == SQLITE_DONE)
            break;
        if (got != SQLITE_ROW)
            return connection_error(listing->connection, "cannot read the store");
        uint64_t first = block << SPAN_BITS;
        if (first && listing->after < first - 1)
            listing->after = first - 1;
        TRY(list_range(listing, SQL_LIST, first + (1u << SPAN_BITS) - 1));
        block++;
    }
    return OK;
}

/* NOLINTNEXTLINE(readability-function-size): the seven of the contract */
enum err store_list(struct store *store, str definition, str owner, uint64_t after_number,
                    size_t max, store_visit *visit, void *context)
{
    struct listing listing = {.store = store,
                              .definition = words_find(&store->words, definition),
                              .owner = words_find(&store->words, owner),
                              .after = after_number,
                              .max = max,
                              .visit = visit,
                              .context = context};
    if ((definition.len && !listing.definition) || (owner.len && !listing.owner))
        return OK; /* a word never used: no such records */
    TRY(pool_take(store, &listing.connection));
    enum err code =
        listing.definition ? list_spans(&listing) : list_range(&listing, SQL_LIST_ALL, 0);
    pool_give(store, listing.connection);
    return code;
}

struct paging {
    store_visit *visit;
    void *context;
    uint64_t after;
    size_t count;
};

static enum err visit_paged(void *context, const struct stored *stored)
{
    struct paging *paging = context;
    paging->after = stored->id.number;
    paging->count++;
    return paging->visit(paging->context, stored);
}

enum err store_each(struct store *store, str definition, store_visit *visit, void *context)
{
    enum { PAGE = 1000 };
    struct paging paging = {.visit = visit, .context = context};
    do {
        paging.count = 0;
        TRY(store_list(store, definition, STR_EMPTY, paging.after, PAGE, visit_paged, &paging));
    } while (paging.count == PAGE);
    return OK;
}

enum err store_count(struct store *store, str definition, str owner, uint64_t *ret)
{
    uint32_t definition_id = words_find(&store->words, definition);
    uint32_t owner_id = words_find(&store->words, owner);
    bool is_unknown = (definition.len && !definition_id) || (owner.len && !owner_id);
    *ret = is_unknown ? 0 : tally_sum(&store->tally, definition_id, owner_id);
    return OK;
}

/* ---- the feed's head ---- */

uint64_t store_seq(const struct store *store)
{
    return atomic_load(&store->durable_seq);
}

uint32_t store_home(const struct store *store)
{
    return store->home;
}

void store_set_hook(struct store *store, store_hook *hook, void *context)
{
    pthread_mutex_lock(&store->lock);
    store->hook = hook;
    store->hook_context = context;
    pthread_mutex_unlock(&store->lock);
}

void store_set_guard(struct store *store, store_guard *guard, void *context)
{
    pthread_mutex_lock(&store->lock);
    store->guard = guard;
    store->guard_context = context;
    pthread_mutex_unlock(&store->lock);
}

void store_wait(struct store *store, uint64_t after, int64_t deadline_us)
{
    struct timespec until = {deadline_us / 1000000, deadline_us % 1000000 * 1000};
    pthread_mutex_lock(&store->lock);
    while (store_seq(store) <= after && !store->is_stopping)
        if (pthread_cond_clockwait(&store->advanced, &store->lock, CLOCK_MONOTONIC, &until) ==
            ETIMEDOUT)
            break;
    pthread_mutex_unlock(&store->lock);
}
