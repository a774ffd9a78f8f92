/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many records there are by definition, owner and state: counted as changes are applied,
 * written with them in one transaction, read from memory. The writer adds to `pending`;
 * tally_settle makes it count once the commit is durable.
 */
#include <stdlib.h>

#include "store/internal.h"

enum { SLOTS_FIRST = 256 };

static uint32_t *slot_of(struct tally *tally, uint32_t definition, uint32_t owner, uint8_t state)
{
    uint64_t key = hash_mix((uint64_t)definition << 32 | owner, state + 1u);
    uint32_t at = (uint32_t)key & (tally->slot_count - 1);
    for (;; at = (at + 1) & (tally->slot_count - 1)) {
        uint32_t number = tally->slots[at];
        const struct tally_row *row = number ? &tally->rows[number - 1] : NULL;
        if (!row || (row->definition == definition && row->owner == owner && row->state == state))
            return &tally->slots[at];
    }
}

enum err tally_init(struct tally *tally)
{
    pthread_mutex_init(&tally->lock, NULL);
    tally->size = SLOTS_FIRST / 2;
    tally->rows = calloc(tally->size, sizeof *tally->rows);
    tally->slot_count = SLOTS_FIRST;
    tally->slots = calloc(tally->slot_count, sizeof *tally->slots);
    return tally->rows && tally->slots
               ? OK
               : err_set(ERR_MEMORY, "out of memory for the store's counts");
}

void tally_release(struct tally *tally)
{
    free(tally->rows);
    free(tally->slots);
    pthread_mutex_destroy(&tally->lock);
}

static enum err grow(struct tally *tally)
{
    struct tally_row *rows = calloc((size_t)tally->size * 2, sizeof *rows);
    uint32_t *slots = calloc((size_t)tally->slot_count * 2, sizeof *slots);
    if (!rows || !slots) {
        free(rows);
        free(slots);
        return err_set(ERR_MEMORY, "out of memory for %u counts", tally->size * 2);
    }
    memcpy(rows, tally->rows, tally->count * sizeof *rows);
    free(tally->rows);
    free(tally->slots);
    tally->rows = rows;
    tally->slots = slots;
    tally->size *= 2;
    tally->slot_count *= 2;
    for (uint32_t i = 0; i < tally->count; i++)
        *slot_of(tally, rows[i].definition, rows[i].owner, rows[i].state) = i + 1;
    return OK;
}

static enum err row_locked(struct tally *tally, uint32_t definition, uint32_t owner,
                           enum state state, struct tally_row **ret)
{
    uint32_t *slot = slot_of(tally, definition, owner, (uint8_t)state);
    if (!*slot) {
        if (tally->count == tally->size) {
            TRY(grow(tally));
            slot = slot_of(tally, definition, owner, (uint8_t)state);
        }
        tally->rows[tally->count] =
            (struct tally_row){definition, owner, (uint8_t)state, false, 0, 0};
        *slot = ++tally->count;
    }
    *ret = &tally->rows[*slot - 1];
    return OK;
}

enum err tally_set(struct tally *tally, uint32_t definition, uint32_t owner, enum state state,
                   int64_t count)
{
    struct tally_row *row = NULL;
    pthread_mutex_lock(&tally->lock);
    enum err code = row_locked(tally, definition, owner, state, &row);
    if (!code)
        row->count = count;
    pthread_mutex_unlock(&tally->lock);
    return code;
}

enum err tally_add(struct tally *tally, uint32_t definition, uint32_t owner, enum state state,
                   int by)
{
    struct tally_row *row = NULL;
    pthread_mutex_lock(&tally->lock);
    enum err code = row_locked(tally, definition, owner, state, &row);
    if (!code) {
        row->pending += by;
        row->is_dirty = true;
    }
    pthread_mutex_unlock(&tally->lock);
    return code;
}

enum err tally_write(struct tally *tally, struct connection *connection)
{
    sqlite3_stmt *stmt = statement(connection, SQL_SET_TALLY);
    if (!stmt)
        return err_last()->code;
    for (uint32_t i = 0; i < tally->count;
         i++) { /* only the writer changes rows: no lock to read its own */
        const struct tally_row *row = &tally->rows[i];
        if (!row->is_dirty)
            continue;
        sqlite3_bind_int64(stmt, 1, row->definition);
        sqlite3_bind_int64(stmt, 2, row->owner);
        sqlite3_bind_int64(stmt, 3, row->state);
        sqlite3_bind_int64(stmt, 4, row->count + row->pending);
        TRY(statement_run(connection, stmt));
    }
    return OK;
}

void tally_settle(struct tally *tally, bool is_committed)
{
    pthread_mutex_lock(&tally->lock);
    for (uint32_t i = 0; i < tally->count; i++) {
        struct tally_row *row = &tally->rows[i];
        if (is_committed)
            row->count += row->pending;
        row->pending = 0;
        row->is_dirty = false;
    }
    pthread_mutex_unlock(&tally->lock);
}

uint64_t tally_sum(struct tally *tally, uint32_t definition, uint32_t owner)
{
    int64_t sum = 0;
    pthread_mutex_lock(&tally->lock);
    for (uint32_t i = 0; i < tally->count; i++) {
        const struct tally_row *row = &tally->rows[i];
        if (row->state != STATE_DELETED && (!definition || row->definition == definition) &&
            (!owner || row->owner == owner))
            sum += row->count;
    }
    pthread_mutex_unlock(&tally->lock);
    return sum > 0 ? (uint64_t)sum : 0;
}
