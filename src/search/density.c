/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search/density: see density.h. A table in memory is an open table of (64-bit hash of type,
 * issuer and format, numbers): a row's words are not kept. Two rows that share a hash would share
 * a count; with a hundred thousand rows that is one chance in a billion, and no more than a wrong
 * expectation.
 */
#include "search/density.h"

#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"

enum { LETTERS_KEPT = 2, CELLS = 4, ROWS_MAX = 1 << 20, SLOTS_FIRST = 1024, KEY_MAX = 256 };

struct slot {
    uint64_t hash; /* 0: empty */
    double count;
    char *key; /* the counter's: the row's first cells, tabs between; NULL in a table read */
};
struct table {
    struct slot *slots;
    size_t size, count; /* size: a power of two */
};
struct densities {
    struct table table;
};
struct density_counter {
    struct table table;
    bool is_full; /* further formats are not counted: they stay below the floor */
};

static enum err no_memory(void)
{
    return err_set(ERR_MEMORY, "out of memory for counts of numbers");
}

/* ---- formats ---- */

size_t density_format(str number, char out[FORMAT_MAX])
{
    bool is_head = true;
    if (number.len > FORMAT_MAX)
        return 0;
    for (size_t i = 0; i < number.len; i++) {
        char c = number.ptr[i];
        is_head = is_head && i < LETTERS_KEPT && is_upper(c);
        out[i] = is_digit(c) ? '9' : is_upper(c) && !is_head ? 'A' : c;
    }
    return number.len;
}

/* A letter that is kept could be no other; one that is '9' or 'A' could. */
double density_room(str format)
{
    double room = 1;
    size_t head = 0;
    while (head < format.len && head < LETTERS_KEPT && is_upper(format.ptr[head]))
        head++;
    for (size_t i = head; i < format.len; i++)
        room *= format.ptr[i] == '9' ? 10 : format.ptr[i] == 'A' ? 26 : 1;
    return room;
}

/* ---- the table ---- */

static uint64_t row_hash(str type, str issuer, str format)
{
    uint64_t hash = hash64(format, hash64(issuer, hash64(type, 7)));
    return hash ? hash : 1;
}

static struct slot *slot_of(const struct table *table, uint64_t hash)
{
    size_t at = hash & (table->size - 1);
    while (table->slots[at].hash && table->slots[at].hash != hash)
        at = (at + 1) & (table->size - 1);
    return &table->slots[at];
}

static enum err make_room(struct table *table)
{
    if (table->size && table->count * 2 < table->size)
        return OK;
    struct table grown = {.size = table->size ? table->size * 2 : SLOTS_FIRST,
                          .count = table->count};
    grown.slots = calloc(grown.size, sizeof *grown.slots);
    if (!grown.slots)
        return no_memory();
    for (size_t i = 0; i < table->size; i++)
        if (table->slots[i].hash)
            *slot_of(&grown, table->slots[i].hash) = table->slots[i];
    free(table->slots);
    *table = grown;
    return OK;
}

static enum err table_add(struct table *table, uint64_t hash, double count, struct slot **ret)
{
    TRY(make_room(table));
    struct slot *slot = slot_of(table, hash);
    table->count += slot->hash == 0;
    slot->hash = hash;
    slot->count += count;
    *ret = slot;
    return OK;
}

static void table_release(struct table *table)
{
    for (size_t i = 0; i < table->size; i++)
        free(table->slots[i].key);
    free(table->slots);
}

/* ---- reading ---- */

static enum err read_line(struct densities *densities, str line, uint32_t number)
{
    str cells[CELLS];
    struct slot *slot;
    size_t count = 0;
    uint64_t numbers = 0;
    if (line.len == 0 || line.ptr[0] == '#')
        return OK;
    while (count < CELLS && str_split(&line, '\t', &cells[count]))
        count++;
    if (count == 2 && str_eq_c(cells[0], "seq"))
        return OK;
    if (count != CELLS || line.len || !str_to_u64(cells[3], UINT64_MAX >> 1, &numbers) ||
        cells[2].len == 0 || cells[2].len > FORMAT_MAX)
        return err_at(ERR_DAMAGED, "", number, 1,
                      "a row needs a type, an issuer, a format and a count");
    if (densities->table.count >= (size_t)ROWS_MAX * 2)
        return err_set(ERR_LIMIT, "there are more than %d rows", ROWS_MAX);
    TRY(table_add(&densities->table, row_hash(cells[0], cells[1], cells[2]), (double)numbers,
                  &slot));
    TRY(table_add(&densities->table, row_hash(cells[0], STR_EMPTY, STR_EMPTY), (double)numbers,
                  &slot));
    if (cells[1].len == 0)
        return OK;
    return table_add(&densities->table, row_hash(cells[0], STR_EMPTY, cells[2]), (double)numbers,
                     &slot);
}

enum err densities_read(str text, struct densities **ret)
{
    struct densities *densities = calloc(1, sizeof *densities);
    enum err code = densities ? make_room(&densities->table) : no_memory();
    str line;
    for (uint32_t number = 1; !code && str_split(&text, '\n', &line); number++)
        code = read_line(densities, line, number);
    if (code)
        densities_free(densities);
    else
        *ret = densities;
    return code;
}

void densities_free(struct densities *densities)
{
    if (densities)
        table_release(&densities->table);
    free(densities);
}

size_t densities_count(const struct densities *densities)
{
    return densities->table.count;
}

double densities_held(const struct densities *densities, str type, str issuer, str format)
{
    const struct slot *slot = slot_of(&densities->table, row_hash(type, issuer, format));
    return slot->hash ? slot->count : DENSITY_FLOOR / 2.0;
}

/* ---- counting ---- */

enum err density_counter_new(struct density_counter **ret)
{
    struct density_counter *counter = calloc(1, sizeof *counter);
    if (!counter)
        return no_memory();
    *ret = counter;
    return OK;
}

void density_counter_free(struct density_counter *counter)
{
    if (counter)
        table_release(&counter->table);
    free(counter);
}

/* How many numbers lie from one to another of the same format, both counted. */
static double numbers_between(str from, str to)
{
    double between = 0;
    for (size_t i = 0; i < from.len; i++) {
        bool is_digits = is_digit(from.ptr[i]);
        between = between * (is_digits ? 10 : 26) + (to.ptr[i] - from.ptr[i]);
    }
    return between < 0 ? 0 : between + 1;
}

enum err density_counter_add(struct density_counter *counter, str type, str issuer, str number,
                             str to)
{
    char format[FORMAT_MAX];
    struct slot *slot;
    size_t len = density_format(number, format);
    if (len == 0 || type.len + issuer.len + len + 3 > KEY_MAX || (to.len && to.len != number.len))
        return OK;
    uint64_t hash = row_hash(type, issuer, str_of(format, len));
    bool is_known = counter->table.size && slot_of(&counter->table, hash)->hash;
    counter->is_full |= counter->table.count >= ROWS_MAX;
    if (!is_known && counter->is_full)
        return OK;
    TRY(table_add(&counter->table, hash, to.len ? numbers_between(number, to) : 1, &slot));
    if (slot->key)
        return OK;
    struct buf key = {.max = KEY_MAX};
    buf_printf(&key, "%.*s\t%.*s\t%.*s", STR(type), STR(issuer), (int)len, format);
    slot->key = strndup(key.ptr, key.len);
    buf_release(&key);
    return slot->key ? OK : no_memory();
}

static int compare_rows(const void *a, const void *b)
{
    return strcmp((*(const struct slot *const *)a)->key, (*(const struct slot *const *)b)->key);
}

enum err density_counter_write(struct density_counter *counter, uint64_t seq, struct buf *out)
{
    const struct slot **rows = calloc(counter->table.count + 1, sizeof(struct slot *));
    size_t count = 0;
    if (!rows)
        return no_memory();
    for (size_t i = 0; i < counter->table.size; i++)
        if (counter->table.slots[i].hash && counter->table.slots[i].count >= DENSITY_FLOOR)
            rows[count++] = &counter->table.slots[i];
    qsort(rows, count, sizeof(struct slot *), compare_rows);
    buf_printf(out, "# numbers held by type, issuer and format\nseq\t%llu\n",
               (unsigned long long)seq);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s\t%.0f\n", rows[i]->key,
                   floor(rows[i]->count / DENSITY_FLOOR + .5) * DENSITY_FLOOR);
    free(rows);
    return out->failed;
}
