/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Series: a query for numbers from one to another, and a record that holds such a series (stolen
 * blanks, a network). Each is a span of texts in a keyspace, a single number one that ends where it
 * begins. Kept in the order of their beginnings; how far any span reaches that begins before tells
 * where looking back may stop. New ones wait at the end, unordered, until there are enough.
 */
#include <stdlib.h>

#include "standing/internal.h"

enum { FIRST = 256, TAIL_MAX = 1024 };

static int compare(str space, str text, const struct span *span)
{
    int order = str_compare(space, span->space);
    return order ? order : str_compare(text, span->from);
}

static int compare_spans(const void *a, const void *b)
{
    const struct span *x = a;
    return compare(x->space, x->from, b);
}

enum err spans_add(struct spans *spans, const struct span *span)
{
    if (spans->count == spans->max) {
        size_t max = spans->max ? spans->max * 2 : FIRST;
        struct span *grown = realloc(spans->items, max * sizeof *grown);
        if (!grown)
            return err_set(ERR_MEMORY, "out of memory for standing queries");
        spans->items = grown;
        spans->max = max;
    }
    spans->items[spans->count++] = *span;
    return OK;
}

static void put_in_order(struct spans *spans)
{
    qsort(spans->items, spans->count, sizeof *spans->items, compare_spans);
    for (size_t i = 0; i < spans->count; i++) {
        struct span *span = &spans->items[i];
        const struct span *before = i ? span - 1 : span;
        bool is_further =
            i && str_eq(before->space, span->space) && str_compare(before->reach, span->to) > 0;
        span->reach = is_further ? before->reach : span->to;
    }
    spans->ordered = spans->count;
}

/* How many ordered ones begin at or before the text. */
static size_t begun(const struct spans *spans, str space, str text)
{
    size_t low = 0, high = spans->ordered;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(space, text, &spans->items[middle]) >= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool meets(const struct span *span, str space, str from, str to)
{
    return str_eq(span->space, space) && str_compare(span->from, to) <= 0 &&
           str_compare(span->to, from) >= 0;
}

void spans_find(struct spans *spans, str space, str from, str to, span_visit *visit, void *context)
{
    if (spans->count - spans->ordered > TAIL_MAX)
        put_in_order(spans);
    for (size_t i = begun(spans, space, to); i-- > 0;) {
        const struct span *span = &spans->items[i];
        if (!str_eq(span->space, space) || str_compare(span->reach, from) < 0)
            break;
        if (meets(span, space, from, to))
            visit(context, span->query);
    }
    for (size_t i = spans->ordered; i < spans->count; i++)
        if (meets(&spans->items[i], space, from, to))
            visit(context, spans->items[i].query);
}

void spans_release(struct spans *spans)
{
    free(spans->items);
}
