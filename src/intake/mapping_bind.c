/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can only be settled when the sender's heading row is there: which column is which. And the
 * way back, from a field at fault to the sender's column. National templates get their takes here,
 * from their heading row alone.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/csv.h"
#include "codec/json.h"
#include "intake/mapping.h"

static int find_column(const struct source_table *table, str name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (str_eq(table->columns[i], name))
            return (int)i;
    for (size_t i = 0; i < table->column_count; i++)
        if (str_eq_nocase(table->columns[i], name))
            return (int)i;
    return -1;
}

/* Columns a record cannot do without: those of its id and of its conditions. */
static bool is_needed(const struct mapping *mapping, const struct ref *ref)
{
    for (const struct map_record *r = mapping->records; r; r = r->next) {
        for (size_t i = 0; i < r->id_count; i++)
            if (r->id[i].ref == ref)
                return true;
        for (const struct condition *c = r->when; c; c = c->next)
            if (c->ref == ref)
                return true;
    }
    for (size_t i = 1; i < mapping->table_count; i++)
        if (mapping->tables[i].key == ref || str_eq(mapping->tables[i].on, ref->name))
            return true;
    return false;
}

enum err mapping_bind(struct mapping *mapping, size_t index, const str *names, size_t count)
{
    ensure(index < mapping->table_count);
    struct source_table *table = &mapping->tables[index];
    table->columns = arena_array(&mapping->arena, str, count + 1);
    if (!table->columns)
        return ERR_LIMIT;
    table->column_count = count;
    for (size_t i = 0; i < count; i++)
        table->columns[i] = arena_str(&mapping->arena, csv_plain(str_trim(names[i])));
    if (!mapping->records || (index == 0 && !mapping->records->fields))
        TRY(template_bind(mapping, table->columns, count));
    for (struct ref *ref = mapping->refs; ref; ref = ref->next) {
        if (ref->kind != REF_CELL || ref->table != index)
            continue;
        ref->column = find_column(table, ref->name);
        if (ref->column < 0 && is_needed(mapping, ref))
            return err_set(ERR_SYNTAX, "the file has no column \"%.*s\", which \"%.*s\" needs",
                           STR(ref->name), STR(mapping->name));
    }
    if (index)
        table->on_column = find_column(table, table->on);
    return OK;
}

/* "vehicle_id", "alt.alt_num", "_links.*" (everything below) */
static bool is_ignored(const struct mapping *mapping, str full)
{
    node_each(item, mapping->ignore)
    {
        str name = node_as_text(item);
        if (str_eq(name, full))
            return true;
        if (str_ends(name, S(".*")) && str_starts(full, str_slice(name, 0, name.len - 1)))
            return true;
    }
    return false;
}

bool mapping_ignores(const struct mapping *mapping, size_t table, str name)
{
    char full[300];
    if (table)
        snprintf(full, sizeof full, "%.*s.%.*s", STR(mapping->tables[table].name), STR(name));
    else
        snprintf(full, sizeof full, "%.*s", STR(name));
    return is_ignored(mapping, str_c(full));
}

bool mapping_knows(const struct mapping *mapping, size_t table, str name)
{
    for (const struct ref *ref = mapping->refs; ref; ref = ref->next)
        if ((ref->kind == REF_PATH && str_eq(ref->full, name)) ||
            (ref->kind == REF_CELL && ref->table == table && str_eq(ref->name, name)))
            return true;
    return mapping_ignores(mapping, table, name);
}

/* ---- from a path of a fault back to a take ---- */

/* Cuts "documents" off "documents[2].number"; the rest is "number". */
static str next_step(str *path)
{
    size_t end = 0;
    while (end < path->len && path->ptr[end] != '.' && path->ptr[end] != '[')
        end++;
    str step = str_slice(*path, 0, end);
    while (end < path->len && path->ptr[end] != '.')
        end++;
    *path = str_from(*path, end + 1);
    return step;
}

static const struct take *find_take(const struct take *takes, str key)
{
    for (const struct take *take = takes; take; take = take->next)
        if (str_eq(take->key, key))
            return take;
    return NULL;
}

const struct take *mapping_take_of(const struct map_record *record, str path)
{
    if (str_starts(path, S("envelope.")))
        return find_take(record->envelope, str_from(path, 9));
    return find_take(record->fields, next_step(&path));
}

static void add_name(const struct mapping *mapping, const struct ref *ref, struct buf *out)
{
    if (ref->kind == REF_CAPTURE)
        return;
    if (out->len)
        buf_add_char(out, '+');
    if (ref->kind == REF_CELL && ref->table)
        buf_printf(out, "%.*s.", STR(mapping->tables[ref->table].name));
    buf_add(out, ref->kind == REF_PATH ? ref->full : ref->name);
}

/* The columns a take reads; of an exploded text the columns that are cut up. */
static void add_names(const struct mapping *mapping, const struct take *take, struct buf *out)
{
    if (take->each == EACH_EXPLODE) {
        const struct explode *explode = &mapping->explodes[take->each_index];
        for (size_t i = 0; i < explode->from_count; i++)
            add_name(mapping, explode->from[i], out);
        return;
    }
    for (size_t i = 0; i < take->from_count; i++)
        add_name(mapping, take->from[i], out);
    for (size_t i = 0; i < take->format_count; i++)
        if (take->format[i].ref)
            add_name(mapping, take->format[i].ref, out);
    if (!out->len && take->each == EACH_PATH)
        buf_add(out, take->each_path);
}

str mapping_column_of(const struct mapping *mapping, const struct take *take, str path,
                      struct arena *arena)
{
    struct buf out = {0};
    if (take) {
        str rest = str_starts(path, S("envelope.")) ? str_from(path, 9) : path;
        next_step(&rest);
        const struct take *part = rest.len ? find_take(take->parts, next_step(&rest)) : NULL;
        add_names(mapping, part && take->each != EACH_EXPLODE ? part : take, &out);
    }
    str column = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return column;
}
