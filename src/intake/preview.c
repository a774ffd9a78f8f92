/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file as an import would read it, before anything is done with it: its encoding, packing, kind
 * and separator with the reasons, its first rows, and - when a format is named - what becomes of
 * each column. Without a format the kind is guessed (guess.c); with one, the mapping says it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/json.h"
#include "intake/import.h"

enum { PREVIEW_ROWS = 10, CELLS_SHOWN = 100, CELL_SHOWN = 400, TARGETS_SHOWN = 8, DEPTH_MAX = 16 };

struct preview {
    struct mapping *mapping; /* NULL: none was named */
    size_t table;
    struct arena *arena;
    struct node *info, *rows, *columns;
};

/* ---- what becomes of a column ---- */

static bool reads(const struct ref *ref, size_t table, str name)
{
    return ref && ((ref->kind == REF_CELL && ref->table == table && str_eq(ref->name, name)) ||
                   (ref->kind == REF_PATH && str_eq(ref->full, name)));
}

static bool take_reads(const struct mapping *mapping, const struct take *take, size_t table,
                       str name)
{
    bool is_read = false;
    for (size_t i = 0; i < take->from_count; i++)
        is_read = is_read || reads(take->from[i], table, name);
    for (size_t i = 0; i < take->format_count; i++)
        is_read = is_read || reads(take->format[i].ref, table, name);
    const struct explode *explode =
        take->each == EACH_EXPLODE ? &mapping->explodes[take->each_index] : NULL;
    for (size_t i = 0; explode && i < explode->from_count; i++)
        is_read = is_read || reads(explode->from[i], table, name);
    return is_read || (take->each == EACH_PATH && !take->parts && str_eq(take->each_path, name));
}

/* Adds "person: names.name" for each field the column goes to.  NOLINTBEGIN(misc-no-recursion) */
static void add_targets(struct preview *p, const struct take *takes, str name, str prefix,
                        struct node *list)
{
    for (const struct take *take = takes; take && list->count < TARGETS_SHOWN; take = take->next) {
        str path = arena_printf(p->arena, "%.*s%.*s", STR(prefix), STR(take->key));
        bool is_known = false;
        node_each(known, list) is_known = is_known || str_eq(known->text, path);
        if (!is_known && take_reads(p->mapping, take, p->table, name))
            node_add(list, node_text(p->arena, path));
        if (take->parts)
            add_targets(p, take->parts, name, arena_printf(p->arena, "%.*s.", STR(path)), list);
    }
}
/* NOLINTEND(misc-no-recursion) */

static void add_column(struct preview *p, str name)
{
    struct node *map = node_map(p->arena), *list = node_list(p->arena);
    if (!name.len || p->columns->count >= CELLS_SHOWN)
        return;
    node_put_text(p->arena, map, S("column"), arena_str(p->arena, name));
    for (const struct map_record *r = p->mapping->records; r; r = r->next) {
        str prefix = arena_printf(p->arena, "%.*s: ", STR(r->definition->name));
        add_targets(p, r->fields, name, prefix, list);
        add_targets(p, r->envelope, name, prefix, list);
    }
    node_put_text(p->arena, map, S("use"),
                  list->count                                   ? S("read")
                  : mapping_ignores(p->mapping, p->table, name) ? S("ignored")
                  : mapping_knows(p->mapping, p->table, name)   ? S("looked at")
                                                                : S("not mapped"));
    node_put(map, S("to"), list);
    node_add(p->columns, map);
}

/* Leaves of a tree as paths, once each.  NOLINTBEGIN(misc-no-recursion) */
static void add_paths(struct preview *p, const struct node *node, str path, unsigned depth)
{
    if (node->kind == NODE_LIST) {
        node_each(child, node) add_paths(p, child, path, depth);
        return;
    }
    if (node->kind == NODE_MAP && depth < DEPTH_MAX) {
        node_each(child, node) add_paths(p, child,
                                         arena_printf(p->arena, "%.*s%s%.*s", STR(path),
                                                      path.len ? "." : "", STR(child->key)),
                                         depth + 1);
        return;
    }
    if (str_ends(path, S(".#text")))
        path = str_slice(path, 0, path.len - 6);
    node_each(known, p->columns) if (str_eq(node_get_text(known, S("column")), path)) return;
    add_column(p, path);
}
/* NOLINTEND(misc-no-recursion) */

/* ---- frames ---- */

static enum err take_cells(struct preview *p, str payload, bool is_heading)
{
    struct child_row *row = calloc(1, sizeof *row);
    if (!row)
        return err_set(ERR_MEMORY, "out of memory for a preview");
    enum err code = child_row_read(payload, row);
    struct node *list = node_list(p->arena);
    for (size_t i = 0; !code && i < row->count && i < CELLS_SHOWN; i++)
        node_add(list,
                 node_text(p->arena, arena_str(p->arena, str_slice(row->cells[i], 0, CELL_SHOWN))));
    if (!code && is_heading && p->mapping &&
        mapping_bind(p->mapping, p->table, row->cells, row->count)) {
        node_put_text(p->arena, p->info, S("fault"),
                      arena_str(p->arena, str_c(err_last()->message)));
        err_clear();
    }
    free(row);
    if (code)
        return code;
    if (is_heading)
        node_put(p->info, S("heading"), list);
    else
        /* NOLINTNEXTLINE(readability-suspicious-call-argument): the list is a row of the rows */
        node_add(p->rows, list);
    return OK;
}

static enum err take_tree(struct preview *p, str payload)
{
    struct child_tree tree;
    struct arena arena = {0};
    enum err code = child_tree_read(payload, &arena, &tree);
    if (!code) {
        struct node *copy = node_copy(p->arena, tree.tree);
        if (copy && tree.flags & ROW_NOT_PARSED)
            node_put_text(p->arena, p->info, S("fault"), arena_str(p->arena, tree.name));
        else if (copy)
            node_add(p->rows, copy);
        if (copy && p->mapping && !p->mapping->is_bodies)
            add_paths(p, copy, STR_EMPTY, 0);
    }
    arena_release(&arena);
    return code;
}

static enum err take_frames(struct preview *p, struct child *child)
{
    struct child_frame frame = {.kind = FRAME_PROGRESS};
    while (p->rows->count < PREVIEW_ROWS && frame.kind != FRAME_END) {
        TRY(child_next(child, &frame));
        if (frame.kind == FRAME_INFO)
            TRY(json_parse(arena_str(p->arena, frame.payload), p->arena, &p->info));
        else if (!p->info)
            break;
        else if (frame.kind == FRAME_ROW || frame.kind == FRAME_HEADER)
            TRY(take_cells(p, frame.payload, frame.kind == FRAME_HEADER));
        else if (frame.kind == FRAME_TREE)
            TRY(take_tree(p, frame.payload));
    }
    return p->info ? OK : err_set(ERR_DAMAGED, "the parser said nothing about the file");
}

/* A file that stops being well-formed is shown up to there. */
static enum err show(struct preview *p, struct child *child)
{
    enum err code = take_frames(p, child);
    if (code && (!p->info || code == ERR_DAMAGED || code == ERR_MEMORY))
        return code;
    if (code) {
        node_put_text(p->arena, p->info, S("fault"),
                      arena_str(p->arena, str_c(err_last()->message)));
        err_clear();
    }
    const struct source_table *source = p->mapping ? &p->mapping->tables[p->table] : NULL;
    for (size_t i = 0; source && i < source->column_count; i++)
        add_column(p, source->columns[i]);
    if (p->mapping)
        node_put(p->info, S("columns"), p->columns);
    node_put(p->info, S("rows"), p->rows);
    return OK;
}

/* ---- the job ---- */

static enum err job_of(const struct preview *p, str encoding, struct buf *out)
{
    struct node *job = node_map(p->arena);
    if (p->mapping) {
        TRY(json_parse(p->mapping->tables[p->table].job, p->arena, &job));
    } else {
        node_put_text(p->arena, job, S("kind"), S("rows"));
        node_put_text(p->arena, job, S("type"), S("auto"));
        node_put_text(p->arena, job, S("separator"), S("auto"));
    }
    struct node *copy = node_map(p->arena);
    node_each(child, job)
    {
        struct node *twin = arena_new(p->arena, struct node);
        if (!copy || !twin)
            return ERR_LIMIT;
        *twin = *child;
        if (!encoding.len || !str_eq(child->key, S("encoding")))
            node_put(copy, child->key, twin);
    }
    if (encoding.len)
        node_put_text(p->arena, copy, S("encoding"), encoding);
    json_write(out, copy);
    return out->failed;
}

static enum err open_format(const struct intake_node *node, str format, const char *path,
                            struct preview *p)
{
    if (!format.len)
        return OK;
    TRY(format_open(node, format, &p->mapping));
    for (size_t t = 0; t < p->mapping->table_count; t++)
        if (import_is_named(path, p->mapping->tables[t].file))
            p->table = t;
    return OK;
}

enum err intake_preview(const struct intake_node *node, str format, const char *path, str encoding,
                        struct arena *arena, struct node **ret)
{
    struct preview p = {.arena = arena, .rows = node_list(arena), .columns = node_list(arena)};
    struct buf job = {.max = 64 << 10};
    struct child *child = NULL;
    int fd = -1;
    enum err code = open_format(node, format, path, &p);
    code = code ? code : job_of(&p, encoding, &job);
    if (!code && (fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) < 0)
        code = err_errno("cannot open %s", path);
    code = code ? code : child_open(fd, buf_str(&job), &child);
    code = code ? code : show(&p, child);
    if (!code && p.mapping) {
        node_put_text(arena, p.info, S("format"), arena_str(arena, p.mapping->name));
        node_put_text(arena, p.info, S("type"), arena_str(arena, p.mapping->source_type));
    }
    child_close(child);
    if (fd >= 0)
        (void)close(fd);
    buf_release(&job);
    mapping_free(p.mapping);
    *ret = p.info;
    return code;
}
