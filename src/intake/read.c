/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the child's frames to rows. Joined files are read first and kept in memory, found by their
 * key: they are the small files beside a large one (aliases, addresses), and bounded at 512 MiB;
 * the main file only streams.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "intake/import.h"

enum { PROGRESS_US = 50000 };

enum err import_progress(struct import *import, bool is_now)
{
    int64_t now = clock_monotonic_us();
    if (!import->progress || (!is_now && now - import->told_us < PROGRESS_US))
        return OK;
    import->told_us = now;
    uint64_t rows = import->report.rows, total = 0;
    if (import->read_bytes && import->size_bytes > import->read_bytes)
        total =
            (uint64_t)((double)rows * ((double)import->size_bytes / (double)import->read_bytes));
    if (is_now || (total && total < rows))
        total = rows;
    return import->progress(import->progress_context, rows, total, import->step);
}

/* ---- joins ---- */

static struct join_entry *join_find(struct join *join, uint64_t hash)
{
    for (size_t i = hash & (join->size - 1);; i = (i + 1) & (join->size - 1))
        if (!join->entries[i].first || join->entries[i].hash == hash)
            return &join->entries[i];
}

static enum err join_grow(struct join *join)
{
    struct join old = *join;
    join->size = old.size ? old.size * 2 : 4096;
    join->entries = calloc(join->size, sizeof *join->entries);
    if (!join->entries) {
        *join = old;
        return err_set(ERR_MEMORY, "out of memory for a joined file");
    }
    for (size_t i = 0; i < old.size; i++)
        if (old.entries[i].first)
            *join_find(join, old.entries[i].hash) = old.entries[i];
    free(old.entries);
    return OK;
}

static enum err join_add(struct join *join, const struct child_row *row, str key)
{
    if (join->count * 2 >= join->size)
        TRY(join_grow(join));
    struct joined *joined = arena_new(&join->arena, struct joined);
    str *cells = arena_array(&join->arena, str, row->count + 1);
    if (!joined || !cells)
        return err_set(ERR_LIMIT, "a joined file needs more than %d MiB", JOIN_BYTES_MAX >> 20);
    for (size_t i = 0; i < row->count; i++)
        cells[i] = arena_str(&join->arena, row->cells[i]);
    *joined = (struct joined){cells, row->count, NULL};
    uint64_t hash = hash64(key, 7);
    struct join_entry *entry = join_find(join, hash ? hash : 1);
    if (!entry->first) {
        *entry = (struct join_entry){.hash = hash ? hash : 1, .first = joined, .last = joined};
        join->count++;
    } else {
        entry->last->next = joined;
        entry->last = joined;
    }
    join->rows++;
    return OK;
}

void join_release(struct join *join)
{
    arena_release(&join->arena);
    free(join->entries);
    *join = (struct join){.count = 0};
}

/* ---- frames ---- */

static enum err take_info(struct import *import, size_t table, str payload)
{
    struct arena *arena = &import->report.arena;
    struct node *node = NULL;
    str file = str_c(import->paths[table]);
    node_each(known,
              import->report.encodings) if (str_eq(node_get_text(known, S("file")),
                                                   file)) return OK; /* told in the first pass */
    TRY(json_parse(payload, arena, &node));
    node_put_text(arena, node, S("file"), file);
    if (import->report.encodings)
        node_add(import->report.encodings, node);
    return OK;
}

static enum err take_heading(struct import *import, size_t table, const struct child_row *row)
{
    struct source_table *source = &import->mapping->tables[table];
    if (source->has_heading && source->column_count == 0)
        TRY(mapping_bind(import->mapping, table, row->cells, row->count));
    return OK;
}

/* What is wrong with the row itself, before any value is looked at. */
static void check_row(struct import *import, size_t table, const struct child_row *cells)
{
    const struct source_table *source = &import->mapping->tables[table];
    if (cells->flags & ROW_BROKEN_QUOTES)
        import_fault(import, REASON_QUOTES, STR_EMPTY, STR_EMPTY,
                     cells->count ? cells->cells[0] : STR_EMPTY,
                     S("a quote is opened and never closed"), STR_EMPTY);
    else if (cells->flags & ROW_TOO_LONG)
        import_fault(import, REASON_LONG, STR_EMPTY, STR_EMPTY, STR_EMPTY, S("the row is too long"),
                     STR_EMPTY);
    else if (cells->flags & ROW_BAD_BYTES)
        import_fault(import, REASON_BYTES, STR_EMPTY, STR_EMPTY, STR_EMPTY,
                     S("the row holds bytes or control characters that are no text"), STR_EMPTY);
    bool is_short_allowed = source->has_heading && (cells->count > 1 || source->column_count == 1);
    bool is_bad = cells->count < source->column_count ? !is_short_allowed : false;
    for (size_t i = source->column_count; i < cells->count && !is_bad; i++)
        is_bad = cells->cells[i].len > 0;
    if (!is_bad || import->faults.count)
        return;
    str words = arena_printf(&import->arena, "%zu columns, %zu were expected", cells->count,
                             source->column_count);
    import_fault(import, REASON_COLUMNS, STR_EMPTY, STR_EMPTY,
                 cells->count ? cells->cells[0] : STR_EMPTY, words, STR_EMPTY);
}

static void begin_row(struct import *import, uint64_t number, uint64_t line, unsigned flags)
{
    arena_reset(&import->arena);
    import->faults.count = 0;
    import->faults.is_refused = false;
    import->row = (struct row){.number = number, .line = line, .flags = flags};
}

static enum err take_joined_row(struct import *import, size_t table, str payload)
{
    struct child_row *cells = &import->cells;
    const struct source_table *source = &import->mapping->tables[table];
    TRY(child_row_read(payload, cells));
    begin_row(import, cells->number, cells->line, cells->flags);
    check_row(import, table, cells);
    if (import->faults.count) {
        import->faults.items[0].path = arena_printf(&import->arena, "%.*s", STR(source->name));
        import->faults.is_refused = true;
        report_row(import);
        return OK;
    }
    bool has_key = source->on_column >= 0 && (size_t)source->on_column < cells->count;
    return join_add(&import->joins[table], cells,
                    has_key ? cells->cells[source->on_column] : STR_EMPTY);
}

static void find_joined(struct import *import)
{
    const struct mapping *mapping = import->mapping;
    for (size_t i = 1; i < mapping->table_count; i++) {
        struct join *join = &import->joins[i];
        const struct ref *key = mapping->tables[i].key;
        import->row.joined[i] = NULL;
        if (!join->size || key->column < 0 || (size_t)key->column >= import->row.count)
            continue;
        uint64_t hash = hash64(import->row.cells[key->column], 7);
        struct join_entry *entry = join_find(join, hash ? hash : 1);
        entry->is_used = entry->first != NULL;
        import->row.joined[i] = entry->first;
    }
}

static enum err take_row(struct import *import, str payload)
{
    struct child_row *cells = &import->cells;
    TRY(child_row_read(payload, cells));
    begin_row(import, cells->number, cells->line, cells->flags);
    check_row(import, 0, cells);
    import->row.cells = cells->cells;
    import->row.count = cells->count;
    find_joined(import);
    return import_row(import);
}

static enum err take_tree(struct import *import, str payload)
{
    struct child_tree tree;
    arena_reset(&import->arena);
    TRY(child_tree_read(payload, &import->arena, &tree));
    import->faults.count = 0;
    import->faults.is_refused = false;
    import->row = (struct row){.number = tree.number,
                               .line = tree.line,
                               .flags = tree.flags,
                               .tree = tree.tree,
                               .name = tree.name};
    if (tree.flags & ROW_NOT_PARSED)
        import_fault(import, REASON_SYNTAX, STR_EMPTY, STR_EMPTY, STR_EMPTY, tree.name, STR_EMPTY);
    else if (tree.flags & ROW_BAD_BYTES)
        import_fault(import, REASON_BYTES, STR_EMPTY, STR_EMPTY, STR_EMPTY,
                     S("the row holds bytes that are no text"), STR_EMPTY);
    return import_row(import);
}

static void take_end(struct import *import, str payload)
{
    struct cursor c = cursor_of(payload);
    (void)cursor_varint(&c);
    import->report.bad_bytes += cursor_varint(&c);
    import->report.repaired += cursor_varint(&c);
}

static enum err take_frame(struct import *import, size_t table, const struct child_frame *frame)
{
    struct cursor c = cursor_of(frame->payload);
    switch (frame->kind) {
    case FRAME_INFO: return take_info(import, table, frame->payload);
    case FRAME_HEADER:
        TRY(child_row_read(frame->payload, &import->cells));
        return take_heading(import, table, &import->cells);
    case FRAME_ROW:
        if (import->mapping->tables[table].has_heading &&
            import->mapping->tables[table].column_count == 0)
            return err_set(ERR_SYNTAX, "the file has no heading row");
        return table ? take_joined_row(import, table, frame->payload)
                     : take_row(import, frame->payload);
    case FRAME_TREE:
        return import->mapping->is_tree
                   ? take_tree(import, frame->payload)
                   : err_set(ERR_DAMAGED, "the parser sent a tree for a table");
    case FRAME_PROGRESS:
        import->read_bytes = table ? 0 : cursor_varint(&c);
        return import_progress(import, false);
    case FRAME_END: take_end(import, frame->payload); return OK;
    case FRAME_ERROR:
    case FRAME_PICTURE:
    case FRAME_THUMB: break;
    }
    return err_set(ERR_DAMAGED, "the parser sent something that is no row");
}

static enum err read_table(struct import *import, size_t table)
{
    struct child *child = NULL;
    struct child_frame frame = {.kind = FRAME_INFO};
    TRY(child_open(import->fds[table], import->mapping->tables[table].job, &child));
    enum err code = OK;
    while (!code && frame.kind != FRAME_END) {
        code = child_next(child, &frame);
        code = code ? code : take_frame(import, table, &frame);
    }
    child_close(child);
    if (code)
        err_file(import->paths[table]);
    return code;
}

enum err import_read_joins(struct import *import)
{
    import->step = "reading joined files";
    for (size_t i = 1; i < import->mapping->table_count; i++) {
        import->joins[i].arena.max_bytes = JOIN_BYTES_MAX;
        if (import->fds[i] >= 0)
            TRY(read_table(import, i));
    }
    return OK;
}

enum err import_read_rows(struct import *import)
{
    TRY(read_table(import, 0));
    for (size_t i = 1; i < import->mapping->table_count; i++)
        for (size_t k = 0; k < import->joins[i].size; k++)
            import->report.orphans +=
                import->joins[i].entries[k].first && !import->joins[i].entries[k].is_used;
    return OK;
}
