/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts, in memory and in DIR/statistics.tsv: the number of the last entry counted, then a line
 * per
 * key. Read with bounds: a file that somebody edited is refused, not believed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "crypto/crypto.h"
#include "review/internal.h"

enum { SIZE_FIRST = 1024, ROWS_MAX = 4 << 20, FILE_MAX = 512 << 20, WORDS = 5 };

static struct counts_row *place(const struct counts *tally, const char *key)
{
    size_t at = hash64(str_c(key), 5) & (tally->size - 1);
    while (tally->rows[at].key[0] && strcmp(tally->rows[at].key, key) != 0)
        at = (at + 1) & (tally->size - 1);
    return &tally->rows[at];
}

static enum err grow(struct counts *tally)
{
    struct counts bigger = {.size = tally->size ? tally->size * 2 : SIZE_FIRST};
    if (bigger.size > ROWS_MAX)
        return err_set(ERR_LIMIT, "the statistics have more than %d rows", ROWS_MAX);
    bigger.rows = calloc(bigger.size, sizeof *bigger.rows);
    if (!bigger.rows)
        return err_set(ERR_MEMORY, "out of memory for statistics");
    for (size_t i = 0; i < tally->size; i++)
        if (tally->rows[i].key[0])
            *place(&bigger, tally->rows[i].key) = tally->rows[i];
    free(tally->rows);
    tally->rows = bigger.rows;
    tally->size = bigger.size;
    return OK;
}

enum err counts_add(struct counts *tally, const char *key, uint64_t count)
{
    ensure(strlen(key) < TALLY_KEY && key[0]);
    if (tally->used * 2 >= tally->size)
        TRY(grow(tally));
    struct counts_row *row = place(tally, key);
    if (!row->key[0]) {
        memcpy(row->key, key, strlen(key) + 1);
        tally->used++;
    }
    row->count += count;
    return OK;
}

static void file_path(const char *directory, char out[4200])
{
    snprintf(out, 4200, "%.4000s/statistics.tsv", directory);
}

static enum err read_row(struct counts *tally, str line)
{
    char key[TALLY_KEY];
    uint64_t count = 0;
    size_t tabs = 0, end = 0;
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] == '\t' && ++tabs == WORDS)
            end = i;
    if (tabs != WORDS || end == 0 || end >= sizeof key || memchr(line.ptr, 0, line.len) ||
        !str_to_u64(str_from(line, end + 1), INT64_MAX, &count))
        return err_set(ERR_DAMAGED, "statistics.tsv has a line that is none of counts");
    memcpy(key, line.ptr, end);
    key[end] = 0;
    return counts_add(tally, key, count);
}

enum err counts_load(struct counts *tally, const char *directory)
{
    char path[4200];
    char *bytes = NULL;
    size_t len = 0;
    str line;
    file_path(directory, path);
    TRY(grow(tally));
    enum err code = io_read_file(path, FILE_MAX, &bytes, &len);
    if (code == ERR_NOT_FOUND) {
        err_clear();
        return OK;
    }
    TRY(code);
    str rest = str_of(bytes, len);
    if (!str_split(&rest, '\n', &line) || !str_starts(line, S("through ")) ||
        !str_to_u64(str_from(line, 8), INT64_MAX, &tally->through))
        code = err_set(ERR_DAMAGED, "%s does not say how far it counts", path);
    while (!code && str_split(&rest, '\n', &line))
        if (line.len)
            code = read_row(tally, line);
    free(bytes);
    return code;
}

enum err counts_save(const struct counts *tally, const char *directory)
{
    char path[4200];
    struct buf out = {.max = FILE_MAX};
    file_path(directory, path);
    buf_printf(&out, "through %llu\n", (unsigned long long)tally->through);
    for (size_t i = 0; i < tally->size; i++)
        if (tally->rows[i].key[0])
            buf_printf(&out, "%s\t%llu\n", tally->rows[i].key,
                       (unsigned long long)tally->rows[i].count);
    enum err code = out.failed ? err_set(out.failed, "the statistics are too large")
                               : io_replace(path, buf_str(&out));
    buf_release(&out);
    return code;
}

void counts_release(struct counts *tally)
{
    free(tally->rows);
}
