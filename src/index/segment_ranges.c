/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges of a segment: which stored [from, to] meet a queried [from, to]?
 *
 * The sorted array is read as a balanced tree: the root of rows [low, high) is the middle one, its
 * children the halves on both sides. Each row names the row with the highest end in its subtree, so
 * a subtree that ends before the query begins is left at once: O(log n + found). Rows of all
 * keyspaces lie in one array, compared by (space, text).
 */
#include <stdlib.h>

#include "index/internal.h"

struct range_query {
    struct segment *segment;
    uint64_t space;
    str from, to;
    range_visit *visit;
    void *context;
};

static enum err text_of(struct segment *segment, uint32_t at, uint16_t len, str *ret)
{
    if ((uint64_t)at + len > segment->meta.size[SECTION_TEXTS])
        return err_set(ERR_DAMAGED, "index file %s is damaged: a range's text lies outside",
                       segment->path);
    TRY(segment_check(segment, segment->texts + at, len));
    *ret = str_of((const char *)segment->texts + at, len);
    return OK;
}

/* <0: (space, text) is before the asked one. */
static int order(uint64_t space, str text, uint64_t asked_space, str asked)
{
    return space != asked_space ? (space < asked_space ? -1 : 1) : str_compare(text, asked);
}

static enum err row_of(struct segment *segment, uint32_t row, const struct segment_range **ret)
{
    if (row >= segment->meta.range_count)
        return err_set(ERR_DAMAGED, "index file %s is damaged: a range's number is too high",
                       segment->path);
    *ret = &segment->ranges[row];
    return segment_check(segment, *ret, sizeof **ret);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tree, log2 of the ranges */
static enum err search(const struct range_query *query, uint32_t low, uint32_t high)
{
    if (low >= high)
        return OK;
    uint32_t middle = low + (high - low) / 2;
    const struct segment_range *range = NULL;
    const struct segment_range *highest = NULL;
    str from = STR_EMPTY;
    str to = STR_EMPTY;
    str end = STR_EMPTY;
    TRY(row_of(query->segment, middle, &range));
    TRY(row_of(query->segment, range->highest, &highest));
    TRY(text_of(query->segment, highest->to_at, highest->to_len, &end));
    if (order(highest->space, end, query->space, query->from) < 0)
        return OK;
    TRY(search(query, low, middle));
    TRY(text_of(query->segment, range->from_at, range->from_len, &from));
    if (order(range->space, from, query->space, query->to) > 0)
        return OK;
    TRY(text_of(query->segment, range->to_at, range->to_len, &to));
    if (order(range->space, to, query->space, query->from) >= 0 && range->space == query->space)
        TRY(query->visit(query->context, range->entry, range->field));
    return search(query, middle + 1, high);
}

enum err segment_ranges(struct segment *segment, uint64_t space, str from, str to,
                        range_visit *visit, void *context)
{
    const struct range_query query = {segment, space, from, to, visit, context};
    return search(&query, 0, segment->meta.range_count);
}

/* ---- writing ---- */

struct sorted_range {
    uint64_t space;
    str from, to;
    uint32_t entry;
    uint8_t field;
};

static int compare_ranges(const void *a, const void *b)
{
    const struct sorted_range *x = a;
    const struct sorted_range *y = b;
    int by_from = order(x->space, x->from, y->space, y->from);
    int by_to = by_from ? by_from : str_compare(x->to, y->to);
    return by_to ? by_to : (x->entry > y->entry) - (x->entry < y->entry);
}

static enum err range_of(struct part *part, uint32_t i, struct sorted_range *ret)
{
    if (part->is_delta) {
        const struct delta_range *r = &((const struct delta *)part)->ranges[i];
        *ret = (struct sorted_range){r->space, r->from, r->to, r->entry, r->field};
        return OK;
    }
    struct segment *segment = (struct segment *)part;
    const struct segment_range *r = &segment->ranges[i];
    *ret = (struct sorted_range){.space = r->space, .entry = r->entry, .field = r->field};
    if (r->entry >= segment->meta.entry_count)
        return err_set(ERR_DAMAGED, "index file %s is damaged: a range has no entry",
                       segment->path);
    TRY(text_of(segment, r->from_at, r->from_len, &ret->from));
    return text_of(segment, r->to_at, r->to_len, &ret->to);
}

static enum err collect_part(struct part *part, const uint32_t *remap, struct buf *ret)
{
    uint32_t count = part->is_delta ? ((const struct delta *)part)->range_count
                                    : ((const struct segment *)part)->meta.range_count;
    for (uint32_t i = 0; i < count; i++) {
        struct sorted_range range = {0};
        TRY(range_of(part, i, &range));
        if (remap[range.entry] == NO_ENTRY)
            continue;
        range.entry = remap[range.entry];
        buf_add(ret, str_of((const char *)&range, sizeof range));
    }
    return ret->failed;
}

/* Sets `highest` of the subtree [low, high) and returns it. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tree, log2 of the ranges */
static uint32_t mark_highest(const struct sorted_range *all, struct segment_range *rows,
                             uint32_t low, uint32_t high)
{
    uint32_t middle = low + (high - low) / 2;
    uint32_t best = middle;
    if (low < middle) {
        uint32_t left = mark_highest(all, rows, low, middle);
        if (order(all[left].space, all[left].to, all[best].space, all[best].to) > 0)
            best = left;
    }
    if (middle + 1 < high) {
        uint32_t right = mark_highest(all, rows, middle + 1, high);
        if (order(all[right].space, all[right].to, all[best].space, all[best].to) > 0)
            best = right;
    }
    return rows[middle].highest = best;
}

static uint32_t keep_text(struct buf *texts, str text)
{
    uint32_t at = (uint32_t)texts->len;
    buf_add(texts, text);
    return at;
}

enum err segment_write_ranges(struct segment_plan *plan, struct segment_meta *meta,
                              struct buf *ret_ranges, struct buf *ret_texts)
{
    struct buf collected = {.max = (size_t)8 << 30};
    enum err code = OK;
    for (size_t i = 0; !code && i < plan->part_count; i++)
        code = collect_part(plan->parts[i], plan->remap[i], &collected);
    struct sorted_range *all = (void *)collected.ptr;
    uint32_t count = (uint32_t)(collected.len / sizeof *all);
    struct segment_range *rows = code || !count ? NULL : calloc(count, sizeof *rows);
    if (rows) {
        qsort(all, count, sizeof *all, compare_ranges);
        for (uint32_t i = 0; i < count; i++)
            rows[i] = (struct segment_range){.space = all[i].space,
                                             .from_at = keep_text(ret_texts, all[i].from),
                                             .from_len = (uint16_t)all[i].from.len,
                                             .to_at = keep_text(ret_texts, all[i].to),
                                             .to_len = (uint16_t)all[i].to.len,
                                             .entry = all[i].entry,
                                             .field = all[i].field};
        mark_highest(all, rows, 0, count);
        buf_add(ret_ranges, str_of((const char *)rows, count * sizeof *rows));
        meta->range_count = count;
    } else if (!code && count) {
        code = err_set(ERR_MEMORY, "out of memory for %u ranges", count);
    }
    free(rows);
    buf_release(&collected);
    return code ? code : ret_texts->failed ? ret_texts->failed : ret_ranges->failed;
}
