/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting rows of the lookup. Their keys begin with a hash, so that the first bits say where a row
 * belongs: one pass puts each into one of as many heaps as there are groups of four rows, in the
 * order they came, and what is left to do in a heap is little. A term that stands in half of the
 * entries has one heap of half of the rows; they came by entry, and those of one country are in
 * order already: the library's merge sort does such a heap in one go over it for each country's
 * worth of disorder, never worse than it does all of them.
 */
#include <stdlib.h>

#include "audit/lookup.h"

enum { PER_HEAP = 4, SHORT = 24, BITS_MAX = 20 };

int row_compare(const void *a, const void *b)
{
    const struct term_row *x = a;
    const struct term_row *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->entry > y->entry) - (x->entry < y->entry);
}

static void sort_few(struct term_row *rows, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct term_row row = rows[i];
        size_t at = i;
        for (; at > 0 && row_compare(&rows[at - 1], &row) > 0; at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
}

static void sort_heap(struct term_row *rows, size_t count)
{
    if (count <= SHORT)
        sort_few(rows, count);
    else
        qsort(rows, count, sizeof *rows, row_compare);
}

/* ends[heap]: where the next row of it goes; in the end, where the heap ends. */
static void spread(const struct term_row *rows, size_t count, unsigned shift, uint32_t *ends,
                   struct term_row *out)
{
    uint32_t heaps = 1u << (64 - shift), at = 0;
    for (size_t i = 0; i < count; i++)
        ends[rows[i].key >> shift]++;
    for (uint32_t heap = 0; heap < heaps; heap++) {
        uint32_t size = ends[heap];
        ends[heap] = at;
        at += size;
    }
    for (size_t i = 0; i < count; i++)
        out[ends[rows[i].key >> shift]++] = rows[i];
}

void rows_sort(struct term_row *rows, size_t count)
{
    unsigned bits = 1;
    while (bits < BITS_MAX && count >> bits > PER_HEAP)
        bits++;
    uint32_t *ends =
        count > SHORT && count < UINT32_MAX ? calloc((size_t)1 << bits, sizeof *ends) : NULL;
    struct term_row *out = ends ? malloc(count * sizeof *out) : NULL;
    if (!out) { /* few, or no memory for more than they have */
        free(ends);
        qsort(rows, count, sizeof *rows, row_compare);
        return;
    }
    spread(rows, count, 64 - bits, ends, out);
    for (uint32_t heap = 0, from = 0; heap < 1u << bits; from = ends[heap++])
        sort_heap(out + from, ends[heap] - from);
    memcpy(rows, out, count * sizeof *rows);
    free(ends);
    free(out);
}
