/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns of a segment: a number for each entry, in as few bits as will do.
 *
 *   packed rows    bits, bits, bits ...                     to a multiple of 8 bytes
 *   runs           of 128 rows: 16 bytes for each bit of the run's width
 *   heads          of the runs: base u64, where its bits begin (in 16 bytes) << 8 | width u64
 *
 * Entries with names lie in order of birth, so their record numbers are in no order and each takes
 * the bits of the largest. All others lie in order of record number: what 128 of them need beyond
 * "one more than the last" is a few bits, none at all where a whole file was imported at once.
 * Found directly, without reading others; a head is one more line of cache, which only a hit pays
 * for.
 */
#include "index/internal.h"

uint8_t bits_of(uint64_t value)
{
    return value ? (uint8_t)(64 - __builtin_clzll(value)) : 0;
}

/* ---- reading ---- */

struct run {
    uint64_t base, at; /* byte of `runs` */
    unsigned bits;
};

static const unsigned char *head_of(const struct column *column, uint32_t row)
{
    return column->heads + (size_t)((row - column->packed) / COLUMN_RUN) * COLUMN_HEAD;
}

static struct run run_of(const struct column *column, uint32_t row)
{
    uint64_t words[2];
    memcpy(words, head_of(column, row), sizeof words);
    return (struct run){words[0], (words[1] >> 8) * 16, (unsigned)(words[1] & 0xFF)};
}

uint64_t column_run_get(const struct column *column, uint32_t row)
{
    struct run run = run_of(column, row);
    uint64_t place = (row - column->packed) % COLUMN_RUN;
    return run.base + place +
           (run.bits ? bits_get(column->runs + run.at, place * run.bits, run.bits) : 0);
}

bool column_open(struct column *column, const unsigned char *section, size_t size, uint32_t rows)
{
    size_t packed = ((size_t)column->packed * column->bits + 63) / 64 * 8;
    size_t heads = ((size_t)(rows - column->packed) + COLUMN_RUN - 1) / COLUMN_RUN * COLUMN_HEAD;
    if (size < packed || size - packed < heads)
        return false;
    column->at = section;
    column->runs = section + packed;
    column->heads = section + size - heads;
    column->end = column->heads;
    return true;
}

enum err column_check(struct segment *segment, const struct column *column, uint32_t row)
{
    if (row < column->packed)
        return segment_check(segment, column->at + (uint64_t)row * column->bits / 8, 8);
    TRY(segment_check(segment, head_of(column, row), COLUMN_HEAD));
    struct run run = run_of(column, row);
    size_t room = (size_t)(column->end - column->runs);
    if (run.bits > COLUMN_BITS_MAX || run.at > room || (size_t)run.bits * 16 > room - run.at)
        return err_set(ERR_DAMAGED, "index file %s is damaged: a column's run is not possible",
                       segment->path);
    if (run.bits == 0)
        return OK;
    uint64_t place = (row - column->packed) % COLUMN_RUN;
    return segment_check(segment, column->runs + run.at + place * run.bits / 8, 8);
}

/* ---- writing ---- */

void bits_add(struct bit_writer *writer, uint64_t value, unsigned bits)
{
    while (bits) {
        unsigned take = 64 - writer->count < bits ? 64 - writer->count : bits;
        uint64_t part = take == 64 ? value : value & (((uint64_t)1 << take) - 1);
        writer->pending |= part << writer->count;
        writer->count += take;
        value = take == 64 ? 0 : value >> take;
        bits -= take;
        if (writer->count < 64)
            continue;
        buf_add_u64(writer->out, writer->pending);
        writer->pending = writer->count = 0;
    }
}

void bits_end(struct bit_writer *writer)
{
    for (; writer->count; writer->count -= writer->count < 8 ? writer->count : 8) {
        buf_add_u8(writer->out, (uint8_t)writer->pending);
        writer->pending >>= 8;
    }
    writer->pending = 0;
}

enum err column_add_run(struct buf *out, struct buf *heads, uint64_t *unit, const uint64_t *values,
                        size_t count)
{
    struct bit_writer writer = {out, 0, 0};
    uint64_t base = values[0];
    uint64_t widest = 0;
    for (size_t i = 0; i < count; i++)
        if ((int64_t)(values[i] - i - base) < 0)
            base = values[i] - i;
    for (size_t i = 0; i < count; i++)
        widest |= values[i] - i - base;
    unsigned bits = bits_of(widest);
    if (bits > COLUMN_BITS_MAX)
        return err_set(ERR_LIMIT, "the index counts no further than 2 to the %d", COLUMN_BITS_MAX);
    for (size_t i = 0; i < COLUMN_RUN; i++)
        bits_add(&writer, i < count ? values[i] - i - base : 0, bits);
    bits_end(&writer);
    buf_add_u64(heads, base);
    buf_add_u64(heads, *unit << 8 | bits);
    *unit += bits;
    return OK;
}
