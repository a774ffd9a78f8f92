/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two formats that need no file: a database's national template, whose columns are field paths
 * ("documents[2].number", "@ref" for the envelope, several values of a list in one cell with |
 * between), and bodies, one a line.
 */
#include <stdlib.h>

#include "intake/mapping.h"

static struct mapping *mapping_new(const struct catalog *catalog, str name)
{
    struct mapping *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(ERR_MEMORY, "out of memory for a mapping");
        return NULL;
    }
    m->catalog = catalog;
    m->name = arena_str(&m->arena, name);
    m->feed = FEED_DELTA;
    m->table_count = 1;
    return m;
}

enum err mapping_of_bodies(const struct catalog *catalog, struct mapping **ret)
{
    struct mapping *m = mapping_new(catalog, S("bureau-ndjson"));
    if (!m)
        return ERR_MEMORY;
    m->title = S("Records as this program writes them, one a line");
    m->source_type = S("ndjson");
    m->is_bodies = m->is_tree = true;
    m->tables[0].job = S("{\"kind\":\"rows\",\"type\":\"ndjson\",\"encoding\":\"utf-8\"}");
    *ret = m;
    return OK;
}

/* What the definition allows; a column @purposes says it more narrowly. */
static struct node *purposes_of(struct mapping *m, const struct definition *definition)
{
    struct node *map = node_map(&m->arena), *list = node_list(&m->arena);
    for (unsigned i = 0; i < PURPOSE_MAX; i++)
        if (definition->purposes >> i & 1)
            node_add(list, node_text(&m->arena, purpose_code(m->catalog, (uint16_t)i)));
    return node_put(map, S("purposes"), list) ? map : NULL;
}

enum err mapping_of_template(const struct catalog *catalog, const struct definition *definition,
                             struct mapping **ret)
{
    struct mapping *m = mapping_new(catalog, definition->name);
    if (!m)
        return ERR_MEMORY;
    m->title =
        arena_printf(&m->arena, "National template: %.*s", STR(definition->title[LANGUAGE_EN]));
    m->source_type = S("csv");
    m->is_slip_checked = true;
    m->tables[0].has_heading = true;
    m->tables[0].job =
        S("{\"kind\":\"rows\",\"type\":\"csv\",\"encoding\":\"auto\",\"separator\":\"auto\","
          "\"comment\":\"#\",\"heading\":1,\"names\":1}");
    m->records = arena_new(&m->arena, struct map_record);
    m->envelope = purposes_of(m, definition);
    if (!m->records || !m->envelope) {
        mapping_free(m);
        return ERR_LIMIT;
    }
    m->records->definition = definition;
    *ret = m;
    return OK;
}

/* Behind the last take of the same key, so that takes that add up stand together. */
static void add_take(struct take **list, struct take *take)
{
    struct take **end = list, **behind = NULL;
    for (; *end; end = &(*end)->next)
        if (str_eq((*end)->key, take->key))
            behind = &(*end)->next;
    if (behind)
        end = behind;
    take->next = *end;
    *end = take;
}

static struct take *new_take(struct mapping *m, str key, str column)
{
    struct take *take = arena_new(&m->arena, struct take);
    if (!take)
        return NULL;
    take->key = key;
    take->glue = S(" ");
    if (!column.len)
        return take;
    struct ref *ref = arena_new(&m->arena, struct ref);
    take->from = arena_array(&m->arena, struct ref *, 1);
    if (!ref || !take->from)
        return NULL;
    *ref = (struct ref){.kind = REF_CELL, .column = -1, .name = column, .next = m->refs};
    m->refs = ref;
    take->from[0] = ref;
    take->from_count = 1;
    return take;
}

/* Envelope keys that hold lists. */
static bool is_envelope_list(str key)
{
    static const char *const keys[] = {"purposes", "cautions", "allow", "deny", "sensitive"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (str_eq_c(key, keys[i]))
            return true;
    return false;
}

static enum err add_envelope(struct mapping *m, str column)
{
    str key = str_from(column, 1);
    struct take *take = new_take(m, key, column);
    if (!take)
        return ERR_LIMIT;
    if (is_envelope_list(key)) {
        take->is_list = true;
        take->split = S("|");
    }
    if (!str_eq(key, S("ref"))) {
        add_take(&m->records->envelope, take);
        return OK;
    }
    struct format_piece *piece = arena_new(&m->arena, struct format_piece);
    if (!piece)
        return ERR_LIMIT;
    piece->ref = take->from[0];
    m->records->id = piece;
    m->records->id_count = 1;
    return OK;
}

static void set_field(struct take *take, const struct field *field)
{
    take->field = field;
    take->is_list = field->is_list;
    if (field->is_list)
        take->split = S("|");
}

/*
 * "documents[2].number": group, row and field; a plain "number" has no group. False when it is no
 * path.
 */
static bool read_path(str column, str *group, uint64_t *row, str *name)
{
    size_t open = str_find(column, '['), close = str_find(column, ']');
    *group = STR_EMPTY;
    *row = 1;
    *name = column;
    if (open == column.len) {
        size_t dot = str_find(column, '.');
        if (dot < column.len) {
            *group = str_slice(column, 0, dot);
            *name = str_from(column, dot + 1);
        }
        return true;
    }
    *group = str_slice(column, 0, open);
    *name = str_from(column, close + 2);
    return close > open && close + 1 < column.len && column.ptr[close + 1] == '.' &&
           str_to_u64(str_slice(column, open + 1, close - open - 1), 1000, row) && *row > 0;
}

static struct take *find_group(struct mapping *m, const struct field *group, uint64_t row)
{
    uint64_t seen = 0;
    for (struct take *take = m->records->fields; take; take = take->next)
        if (take->field == group && ++seen == row)
            return take;
    struct take *take = NULL;
    while (seen++ < row) {
        take = new_take(m, group->name, STR_EMPTY);
        if (!take)
            return NULL;
        take->field = group;
        take->is_list = group->is_list;
        add_take(&m->records->fields, take);
    }
    return take;
}

static enum err add_column(struct mapping *m, str column)
{
    const struct definition *definition = m->records->definition;
    str group_name, name;
    uint64_t row;
    char path[200];
    if (!read_path(column, &group_name, &row, &name) || column.len >= sizeof path)
        return OK; /* stays unknown and is reported */
    struct arena *arena = &m->arena;
    str full = group_name.len ? arena_printf(arena, "%.*s.%.*s", STR(group_name), STR(name)) : name;
    const struct field *field = definition_field(definition, full);
    if (!field || !field->type)
        return OK;
    struct take *take = new_take(m, field->name, column);
    if (!take)
        return ERR_LIMIT;
    set_field(take, field);
    if (!field->parent) {
        add_take(&m->records->fields, take);
        return OK;
    }
    struct take *group = find_group(m, field->parent, row);
    if (!group)
        return ERR_LIMIT;
    add_take(&group->parts, take);
    return OK;
}

/* The annotated file may be mended and sent again: its columns of ours are nothing to report. */
static void ignore_ours(struct mapping *m)
{
    static const char *const ours[] = {"row", "fault", "suggestion"};
    struct node *list = node_list(&m->arena);
    for (size_t i = 0; list && i < COUNT_OF(ours); i++)
        node_add(list, node_text(&m->arena, str_c(ours[i])));
    m->ignore = list;
}

enum err template_bind(struct mapping *m, const str *names, size_t count)
{
    if (!m->records)
        return OK;
    ignore_ours(m);
    for (size_t i = 0; i < count; i++) {
        bool is_repeated = false;
        for (size_t k = 0; k < i; k++)
            is_repeated = is_repeated || str_eq(names[k], names[i]);
        if (is_repeated || !names[i].len)
            continue;
        TRY(names[i].ptr[0] == '@' ? add_envelope(m, names[i]) : add_column(m, names[i]));
    }
    if (!m->records->fields)
        return err_set(ERR_SYNTAX, "no column of the heading row is a field of \"%.*s\"",
                       STR(m->records->definition->name));
    return OK;
}
