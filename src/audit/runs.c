/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of sorted rows. Tags are hashes, so where a key lies can be reckoned: the first guess is
 * off by the root of the number of rows, the second within a block. Read with bounds, written whole
 * under another name.
 *
 *   block   340 rows, the last one fewer | checksum 16                           4,096 bytes
 *   checksum   SHA-256, cut, over what the run is called, which block this is, whether it is the
 *              last, and its rows
 *
 * A block is checked whenever it is read, the last one at opening too: so a file that was cut,
 * lengthened, renamed or altered is noticed where it matters, and opening reads one block a file.
 * Nothing secret goes into it: who can write here can read the node's keys as well.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#include "audit/internal.h"

enum {
    ROW = 12,
    BLOCK = 340,
    SUM = 16,
    BLOCK_BYTES = BLOCK * ROW + SUM,
    OUT_BYTES = 1 << 20,
    GUESSES = 8,
    NAME_BYTES = RUN_NAME - 1
};

/* ---- rows ---- */

static void put_row(char *out, uint64_t key, uint32_t entry)
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = (char)(key >> (56 - 8 * i) & 0xFF);
    for (unsigned i = 0; i < 4; i++)
        out[8 + i] = (char)(entry >> (24 - 8 * i) & 0xFF);
}

static struct term_row get_row(const struct run *run, const char *bytes)
{
    struct term_row row = {.period = run->period};
    for (unsigned i = 0; i < 8; i++)
        row.key = row.key << 8 | (unsigned char)bytes[i];
    for (unsigned i = 8; i < ROW; i++)
        row.entry = row.entry << 8 | (unsigned char)bytes[i];
    row.entry += run->first;
    return row;
}

/* ---- names ---- */

void run_name(const struct run *run, char out[RUN_NAME])
{
    snprintf(out, RUN_NAME, "%08x-%020llu-%020llu", run->period, (unsigned long long)run->first,
             (unsigned long long)run->last);
}

static void path_of(const char *directory, const struct run *run, char out[AUDIT_PATH])
{
    char name[RUN_NAME];
    run_name(run, name);
    snprintf(out, AUDIT_PATH, "%.4000s/%s", directory, name);
}

bool run_read_name(str text, struct run *ret)
{
    unsigned char period[4];
    if (text.len != NAME_BYTES || text.ptr[8] != '-' || text.ptr[29] != '-' ||
        !hex_decode(str_slice(text, 0, 8), period, 4) ||
        !str_to_u64(str_slice(text, 9, 20), INT64_MAX, &ret->first) ||
        !str_to_u64(str_slice(text, 30, 20), INT64_MAX, &ret->last))
        return false;
    ret->period = (uint32_t)period[0] << 24 | (uint32_t)period[1] << 16 | (uint32_t)period[2] << 8 |
                  period[3];
    return ret->first && ret->first <= ret->last;
}

/* ---- blocks ---- */

static void sum_block(const struct run *run, uint64_t block, bool is_last, str rows, char out[SUM])
{
    char name[RUN_NAME], place[40];
    struct hash hash;
    run_name(run, name);
    int len = snprintf(place, sizeof place, "/%llu/%d/", (unsigned long long)block, is_last);
    const str pieces[] = {str_c(name), str_of(place, (size_t)len), rows};
    sha256_pieces(pieces, COUNT_OF(pieces), &hash);
    memcpy(out, hash.bytes, SUM);
}

/* Of a file of so many bytes. false: no run has as many. */
static bool count_rows(uint64_t bytes, uint64_t *ret)
{
    uint64_t rest = bytes % BLOCK_BYTES;
    if (!bytes || (rest && (rest < ROW + SUM || (rest - SUM) % ROW)))
        return false;
    *ret = bytes / BLOCK_BYTES * BLOCK + (rest ? (rest - SUM) / ROW : 0);
    return true;
}

static size_t rows_of_block(const struct run *run, uint64_t block)
{
    uint64_t left = run->count - block * BLOCK;
    return left < BLOCK ? (size_t)left : BLOCK;
}

static enum err check_block(const struct run *run, uint64_t block, const char *bytes)
{
    char sum[SUM], name[RUN_NAME];
    size_t len = rows_of_block(run, block) * ROW;
    sum_block(run, block, (block + 1) * BLOCK >= run->count, str_of(bytes, len), sum);
    if (memcmp(sum, bytes + len, SUM) == 0)
        return OK;
    run_name(run, name);
    return err_set(ERR_DAMAGED,
                   "audit/lookup/%s is damaged in its block %llu; what the audit log is asked by "
                   "is made again when it is next opened",
                   name, (unsigned long long)block);
}

/* Of at most two blocks, both checked. */
static enum err read_rows(const struct run *run, uint64_t at, size_t count, struct term_row *ret)
{
    char bytes[2 * BLOCK_BYTES];
    ensure(count <= BLOCK && at + count <= run->count);
    if (!count)
        return OK;
    uint64_t from = at / BLOCK, until = (at + count - 1) / BLOCK + 1;
    size_t size = (size_t)(until - 1 - from) * BLOCK_BYTES;
    size += rows_of_block(run, until - 1) * ROW + SUM;
    ssize_t got = pread(run->fd, bytes, size, (off_t)(from * BLOCK_BYTES));
    if (got != (ssize_t)size)
        memset(bytes, 0, sizeof bytes); /* it was cut */
    for (uint64_t block = from; block < until; block++)
        TRY(check_block(run, block, bytes + (block - from) * BLOCK_BYTES));
    for (size_t i = 0; i < count; i++) {
        uint64_t row = at - from * BLOCK + i;
        ret[i] = get_row(run, bytes + row / BLOCK * BLOCK_BYTES + row % BLOCK * ROW);
    }
    return OK;
}

enum err run_open(const char *directory, const char *name, struct run *ret)
{
    char path[AUDIT_PATH];
    struct stat about = {0};
    struct term_row last;
    struct run run = {.fd = -1};
    if (!run_read_name(str_c(name), &run))
        return err_set(ERR_DAMAGED, "%s is not a run of the audit log's lookup", name);
    path_of(directory, &run, path);
    TRY(io_open(path, O_RDWR, &run.fd));
    enum err code = OK;
    if (fstat(run.fd, &about) < 0 || !count_rows((uint64_t)about.st_size, &run.count))
        code = err_set(ERR_DAMAGED, "%s is not whole", path);
    if (!code)
        code = read_rows(&run, run.count - 1, 1, &last);
    if (code)
        (void)close(run.fd);
    else
        *ret = run;
    return code;
}

enum err run_check(const struct run *run)
{
    struct term_row rows[BLOCK];
    for (uint64_t at = 0; at < run->count; at += BLOCK)
        TRY(read_rows(run, at, rows_of_block(run, at / BLOCK), rows));
    return OK;
}

enum err run_remove(const char *directory, struct run *run)
{
    char path[AUDIT_PATH];
    path_of(directory, run, path);
    (void)close(run->fd);
    run->fd = -1;
    return io_remove(path);
}

/* ---- writing ---- */

struct writing {
    struct run run;
    struct buf out;
    char block[BLOCK_BYTES];
    size_t filled; /* rows of it */
    char path[AUDIT_PATH], temporary[AUDIT_PATH + 8];
};

static enum err begin(struct writing *w, const char *directory, uint32_t period, uint64_t first,
                      uint64_t last)
{
    *w = (struct writing){.run = {.period = period, .first = first, .last = last, .fd = -1},
                          .out = {.max = OUT_BYTES + BLOCK_BYTES}};
    path_of(directory, &w->run, w->path);
    snprintf(w->temporary, sizeof w->temporary, "%s.new", w->path);
    return io_open(w->temporary, O_RDWR | O_CREAT | O_TRUNC, &w->run.fd);
}

static enum err put_block(struct writing *w, bool is_last)
{
    size_t len = w->filled * ROW;
    sum_block(&w->run, (w->run.count - 1) / BLOCK, is_last, str_of(w->block, len), w->block + len);
    buf_add(&w->out, str_of(w->block, len + SUM));
    w->filled = 0;
    if (w->out.failed || (w->out.len < OUT_BYTES && !is_last))
        return w->out.failed;
    TRY(io_write(w->run.fd, buf_str(&w->out)));
    buf_clear(&w->out);
    return OK;
}

static enum err put(struct writing *w, const struct term_row *row)
{
    if (w->filled == BLOCK)
        TRY(put_block(w, false));
    put_row(w->block + w->filled++ * ROW, row->key, (uint32_t)(row->entry - w->run.first));
    w->run.count++;
    return OK;
}

/* Its name is there when all of it is. */
static enum err end(struct writing *w, const char *directory, enum err code, struct run *ret)
{
    if (!code)
        code = put_block(w, true);
    if (!code)
        code = io_sync(w->run.fd);
    if (!code)
        code = io_rename(w->temporary, w->path);
    if (!code)
        code = io_sync_dir(directory);
    buf_release(&w->out);
    if (code) {
        struct err_info why = *err_last();
        if (w->run.fd >= 0)
            (void)close(w->run.fd);
        (void)unlink(w->temporary);
        err_restore(&why);
        return code;
    }
    *ret = w->run;
    return OK;
}

enum err run_write(const char *directory, struct term_row *rows, size_t count, uint64_t first,
                   uint64_t last, struct run *ret)
{
    struct writing w;
    enum err code = begin(&w, directory, rows[0].period, first, last);
    rows_sort(rows, count);
    for (size_t i = 0; i < count && !code; i++)
        code = put(&w, &rows[i]);
    return end(&w, directory, code, ret);
}

struct reader {
    const struct run *run;
    uint64_t next;
    size_t at, count;
    struct term_row rows[BLOCK];
};

/* The next row, or NULL. */
static enum err peek(struct reader *reader, const struct term_row **ret)
{
    if (reader->at == reader->count) {
        uint64_t left = reader->run->count - reader->next;
        reader->count = left < BLOCK ? (size_t)left : BLOCK;
        reader->at = 0;
        TRY(read_rows(reader->run, reader->next, reader->count, reader->rows));
        reader->next += reader->count;
    }
    *ret = reader->count ? &reader->rows[reader->at] : NULL;
    return OK;
}

static enum err least(struct reader *readers, size_t count, struct reader **ret)
{
    const struct term_row *best = NULL;
    *ret = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct term_row *row;
        TRY(peek(&readers[i], &row));
        if (row && (!best || row_compare(row, best) < 0)) {
            best = row;
            *ret = &readers[i];
        }
    }
    return OK;
}

enum err run_merge(const char *directory, const struct run *runs, size_t count, struct run *ret)
{
    struct writing w;
    struct reader *readers = calloc(count, sizeof *readers);
    uint64_t first = UINT64_MAX, last = 0;
    if (!readers)
        return err_set(ERR_MEMORY, "out of memory for the audit log's lookup");
    for (size_t i = 0; i < count; i++) {
        readers[i].run = &runs[i];
        first = runs[i].first < first ? runs[i].first : first;
        last = runs[i].last > last ? runs[i].last : last;
    }
    enum err code = begin(&w, directory, runs[0].period, first, last);
    while (!code) {
        struct reader *from;
        code = least(readers, count, &from);
        if (code || !from)
            break;
        code = put(&w, &from->rows[from->at++]);
    }
    free(readers);
    return end(&w, directory, code, ret);
}

/* ---- finding ---- */

static size_t below(const struct term_row *rows, size_t count, uint64_t key)
{
    size_t low = 0;
    while (low < count) {
        size_t middle = low + (count - low) / 2;
        if (rows[middle].key < key)
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

static uint64_t reckon(uint64_t low, uint64_t high, uint64_t low_key, uint64_t high_key,
                       uint64_t key)
{
    double share = (double)(key - low_key) / ((double)(high_key - low_key) + 1);
    uint64_t at = low + (uint64_t)(share * (double)(high - low));
    return at > low + BLOCK / 2 ? at - BLOCK / 2 : low;
}

/* The first row whose key is not below `key`. */
static enum err seek(const struct run *run, uint64_t key, uint64_t *ret)
{
    struct term_row rows[BLOCK];
    uint64_t low = 0, high = run->count, low_key = 0, high_key = UINT64_MAX;
    for (unsigned tries = 0; high - low > BLOCK; tries++) {
        uint64_t at =
            tries < GUESSES ? reckon(low, high, low_key, high_key, key) : low + (high - low) / 2;
        at = at + BLOCK > high ? high - BLOCK : at;
        TRY(read_rows(run, at, BLOCK, rows));
        if (rows[0].key >= key) {
            high = at;
            high_key = rows[0].key;
        } else if (rows[BLOCK - 1].key < key) {
            low = at + BLOCK;
            low_key = rows[BLOCK - 1].key;
        } else {
            *ret = at + below(rows, BLOCK, key);
            return OK;
        }
    }
    TRY(read_rows(run, low, (size_t)(high - low), rows));
    *ret = low + below(rows, (size_t)(high - low), key);
    return OK;
}

/* The newest entries of one key; *ret_from: where its rows begin. */
static enum err take_back(const struct run *run, uint64_t key, uint64_t until, uint64_t before,
                          size_t max, struct buf *ret_entries, uint64_t *ret_from)
{
    struct term_row rows[BLOCK];
    uint64_t from = 0;
    size_t found = 0;
    TRY(seek(run, key, &from));
    *ret_from = from;
    while (until > from && found < max) {
        size_t count = until - from < BLOCK ? (size_t)(until - from) : BLOCK;
        TRY(read_rows(run, until - count, count, rows));
        until -= count;
        for (size_t i = count; i-- > 0 && found < max;)
            if (rows[i].entry < before) {
                buf_add_u64(ret_entries, rows[i].entry);
                found++;
            }
    }
    return ret_entries->failed;
}

enum err run_find(const struct run *run, uint64_t low, uint64_t high, uint64_t before, size_t max,
                  struct buf *ret_entries)
{
    uint64_t from = 0, until = run->count;
    TRY(seek(run, low, &from));
    if (high < UINT64_MAX)
        TRY(seek(run, high + 1, &until));
    while (until > from) { /* country by country, from the last */
        struct term_row row;
        TRY(read_rows(run, until - 1, 1, &row));
        TRY(take_back(run, row.key, until, before, max, ret_entries, &until));
    }
    return OK;
}

/* ---- forgetting ---- */

/* Rows from `from` on, up to `until` or the end of their block, become `row`. */
static enum err write_over(const struct run *run, uint64_t *from, uint64_t until,
                           const struct term_row *row)
{
    struct term_row rows[BLOCK];
    char bytes[BLOCK_BYTES];
    uint64_t block = *from / BLOCK, first = block * BLOCK;
    size_t count = rows_of_block(run, block), len = count * ROW;
    TRY(read_rows(run, first, count, rows));
    for (; *from < until && *from < first + count; ++*from)
        rows[*from - first] = *row;
    for (size_t i = 0; i < count; i++)
        put_row(bytes + i * ROW, rows[i].key, (uint32_t)(rows[i].entry - run->first));
    sum_block(run, block, first + count == run->count, str_of(bytes, len), bytes + len);
    TRY(io_write_at(run->fd, str_of(bytes, len + SUM), block * BLOCK_BYTES));
    return io_sync(run->fd);
}

enum err run_forget(const struct run *run, const struct term_row *row, bool *ret_alone)
{
    struct term_row here, beside;
    uint64_t from, until;
    *ret_alone = false;
    TRY(seek(run, row->key, &from));
    for (; from < run->count; from++) {
        TRY(read_rows(run, from, 1, &here));
        if (here.key != row->key || here.entry >= row->entry)
            break;
    }
    for (until = from; until < run->count; until++) { /* it may stand over others forgotten */
        TRY(read_rows(run, until, 1, &here));
        if (row_compare(&here, row) != 0)
            break;
    }
    *ret_alone = until - from == run->count && run->count;
    if (*ret_alone || until == from)
        return OK;
    TRY(read_rows(run, from ? from - 1 : until, 1, &beside));
    while (from < until)
        TRY(write_over(run, &from, until, &beside));
    return OK;
}
