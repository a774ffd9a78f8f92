/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of sorted rows. Tags are hashes, so where a key lies can be reckoned: the first guess is
 * off by the root of the number of rows, the second within a block. Read with bounds, written whole
 * under another name.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#include "audit/internal.h"

enum { ROW = 12, BLOCK = 340, OUT_BYTES = 1 << 20, GUESSES = 8, NAME_BYTES = 8 + 1 + 20 + 1 + 20 };

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

static enum err read_rows(const struct run *run, uint64_t at, size_t count, struct term_row *ret)
{
    char bytes[BLOCK * ROW];
    ensure(count <= BLOCK && at + count <= run->count);
    ssize_t got = pread(run->fd, bytes, count * ROW, (off_t)(at * ROW));
    if (got != (ssize_t)(count * ROW))
        return err_set(ERR_IO, "a run of the audit log's lookup is short");
    for (size_t i = 0; i < count; i++)
        ret[i] = get_row(run, bytes + i * ROW);
    return OK;
}

static int compare_rows(const void *a, const void *b)
{
    const struct term_row *x = a;
    const struct term_row *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->entry > y->entry) - (x->entry < y->entry);
}

/* ---- names ---- */

static void name_run(const struct run *run, char out[NAME_BYTES + 1])
{
    snprintf(out, NAME_BYTES + 1, "%08x-%020llu-%020llu", run->period,
             (unsigned long long)run->first, (unsigned long long)run->last);
}

static void path_of(const char *directory, const struct run *run, char out[AUDIT_PATH])
{
    char name[NAME_BYTES + 1];
    name_run(run, name);
    snprintf(out, AUDIT_PATH, "%.4000s/%s", directory, name);
}

static bool read_name(const char *name, struct run *ret)
{
    str text = str_c(name);
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

enum err run_open(const char *directory, const char *name, struct run *ret)
{
    char path[AUDIT_PATH];
    struct stat about;
    struct run run = {.fd = -1};
    if (!read_name(name, &run))
        return err_set(ERR_DAMAGED, "%s is not a run of the audit log's lookup", name);
    path_of(directory, &run, path);
    TRY(io_open(path, O_RDWR, &run.fd));
    if (fstat(run.fd, &about) < 0 || about.st_size % ROW) {
        (void)close(run.fd);
        return err_set(ERR_DAMAGED, "%s is not whole", path);
    }
    run.count = (uint64_t)about.st_size / ROW;
    *ret = run;
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
    char path[AUDIT_PATH], temporary[AUDIT_PATH + 8];
};

static enum err begin(struct writing *w, const char *directory, uint32_t period, uint64_t first,
                      uint64_t last)
{
    *w = (struct writing){.run = {.period = period, .first = first, .last = last, .fd = -1},
                          .out = {.max = OUT_BYTES + ROW}};
    path_of(directory, &w->run, w->path);
    snprintf(w->temporary, sizeof w->temporary, "%s.new", w->path);
    return io_open(w->temporary, O_RDWR | O_CREAT | O_TRUNC, &w->run.fd);
}

static enum err put(struct writing *w, const struct term_row *row)
{
    char bytes[ROW];
    put_row(bytes, row->key, (uint32_t)(row->entry - w->run.first));
    buf_add(&w->out, str_of(bytes, ROW));
    w->run.count++;
    if (w->out.failed || w->out.len < OUT_BYTES)
        return w->out.failed;
    TRY(io_write(w->run.fd, buf_str(&w->out)));
    buf_clear(&w->out);
    return OK;
}

/* Its name is there when all of it is. */
static enum err end(struct writing *w, const char *directory, enum err code, struct run *ret)
{
    if (!code)
        code = io_write(w->run.fd, buf_str(&w->out));
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
    qsort(rows, count, sizeof *rows, compare_rows);
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
        if (row && (!best || compare_rows(row, best) < 0)) {
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

static enum err write_over(const struct run *run, uint64_t at, const struct term_row *row)
{
    char bytes[ROW];
    put_row(bytes, row->key, (uint32_t)(row->entry - run->first));
    TRY(io_write_at(run->fd, str_of(bytes, ROW), at * ROW));
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
        if (compare_rows(&here, row) != 0)
            break;
    }
    *ret_alone = until - from == run->count && run->count;
    if (*ret_alone || until == from)
        return OK;
    TRY(read_rows(run, from ? from - 1 : until, 1, &beside));
    while (from < until)
        TRY(write_over(run, from++, &beside));
    return OK;
}
