/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a record that are stored, hashed and sent: one content, one text. Known fields come
 * in definition order and hold what their type keeps of the input; map inputs have their keys in
 * the type's order; absent and blank is left out. Fields this node's definition does not know
 * follow, by name, as they came: a record may pass through a node with an older definition and lose
 * nothing. The same goes for stored values that no longer parse.
 */
#include "codec/json.h"
#include "model/internal.h"

struct writer {
    struct buf *out;
    const struct record *record;
    size_t at; /* next value of the record */
    bool has_member;
};

static void write_key(struct writer *writer, str key)
{
    if (writer->has_member)
        buf_add_char(writer->out, ',');
    json_write_text(writer->out, key);
    buf_add_char(writer->out, ':');
    writer->has_member = true;
}

static void write_input(struct buf *out, const struct value *value)
{
    const char *const *keys = value->type->maps;
    if (value->input->kind != NODE_MAP || !keys) {
        json_write(out, value->input);
        return;
    }
    bool has_member = false;
    buf_add_char(out, '{');
    for (; *keys; keys++) {
        const struct node *child = node_get(value->input, str_c(*keys));
        if (!child || child->kind == NODE_NULL)
            continue;
        if (has_member)
            buf_add_char(out, ',');
        json_write_text(out, str_c(*keys));
        buf_add_char(out, ':');
        json_write(out, child);
        has_member = true;
    }
    buf_add_char(out, '}');
}

static const struct field_value *peek(const struct writer *writer)
{
    return writer->at < writer->record->count ? &writer->record->values[writer->at] : NULL;
}

/* Are there values of this field next, of this row unless every row will do? */
static bool is_next(const struct writer *writer, const struct field *field, int row)
{
    const struct field_value *value = peek(writer);
    return value && value->field == field && (row < 0 || value->row == row);
}

static void write_values(struct writer *writer, const struct field *field, int row,
                         const struct node *given)
{
    if (!is_next(writer, field, row)) {
        if (given && writer->record->unreadable_count) {
            write_key(writer, field->name);
            json_write(writer->out, given);
        }
        return;
    }
    write_key(writer, field->name);
    if (!field->is_list) {
        write_input(writer->out, &writer->record->values[writer->at++].value);
        return;
    }
    buf_add_char(writer->out, '[');
    for (bool is_first = true; is_next(writer, field, row); is_first = false) {
        if (!is_first)
            buf_add_char(writer->out, ',');
        write_input(writer->out, &writer->record->values[writer->at++].value);
    }
    buf_add_char(writer->out, ']');
}

static bool is_known(const struct field *const *fields, size_t count, str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(fields[i]->name, name))
            return true;
    return false;
}

/* Smallest unknown name after the last one written; 256 at most, so no list is built. */
static const struct node *next_unknown(const struct field *const *fields, size_t count,
                                       const struct node *map, const struct node *last)
{
    const struct node *best = NULL;
    node_each(child, map)
    {
        if (child->kind == NODE_NULL || (last && str_compare(child->key, last->key) <= 0) ||
            (best && str_compare(child->key, best->key) >= 0))
            continue;
        if (!is_known(fields, count, child->key))
            best = child;
    }
    return best;
}

static void write_unknown(struct writer *writer, const struct field *const *fields, size_t count,
                          const struct node *map)
{
    if (writer->record->unknown_count == 0)
        return;
    const struct node *child = NULL;
    while ((child = next_unknown(fields, count, map, child)) != NULL) {
        write_key(writer, child->key);
        json_write(writer->out, child);
    }
}

/* One entry of a group. Gives false, and writes nothing, when the entry is empty. */
static bool write_row(struct writer *writer, const struct field *group, int row,
                      const struct node *given)
{
    struct buf *out = writer->out;
    size_t start = out->len;
    bool had_member = writer->has_member;
    writer->has_member = false;
    buf_add_char(out, '{');
    for (size_t i = 0; i < group->field_count; i++)
        write_values(writer, group->fields[i], row, node_get(given, group->fields[i]->name));
    write_unknown(writer, group->fields, group->field_count, given);
    bool is_written = writer->has_member;
    writer->has_member = had_member;
    if (is_written)
        buf_add_char(out, '}');
    else if (!out->failed)
        out->len = start;
    return is_written;
}

static bool has_rows_left(const struct writer *writer, const struct field *group)
{
    const struct field_value *value = peek(writer);
    return value && value->field->parent == group;
}

static void write_group(struct writer *writer, const struct field *group, const struct node *given)
{
    const struct node *entry = given && given->kind == NODE_LIST ? given->first : given;
    size_t start = writer->out->len;
    size_t count = 0;
    bool had_member = writer->has_member;
    if (!entry && !has_rows_left(writer, group))
        return;
    write_key(writer, group->name);
    buf_add_char(writer->out, '[');
    for (int row = 0; entry || has_rows_left(writer, group); row++) {
        ensure(row <= UINT16_MAX);
        size_t before = writer->out->len;
        if (count)
            buf_add_char(writer->out, ',');
        if (write_row(writer, group, row, entry))
            count++;
        else if (!writer->out->failed)
            writer->out->len = before;
        entry = entry && entry != given ? entry->next : NULL;
    }
    buf_add_char(writer->out, ']');
    if (count == 0 && !writer->out->failed) {
        writer->out->len = start;
        writer->has_member = had_member;
    }
}

static enum err write_envelope(const struct catalog *catalog, const struct record *record,
                               struct buf *out)
{
    struct arena arena = {0};
    struct node *map = envelope_print(catalog, &record->envelope, &arena);
    enum err code = map ? OK : err_last()->code;
    if (map)
        json_write(out, map);
    arena_release(&arena);
    return code;
}

enum err record_canonical(const struct catalog *catalog, const struct record *record,
                          struct buf *out)
{
    struct writer writer = {.out = out, .record = record};
    const struct definition *definition = record->definition;
    const struct node *given = node_get(record->body, S("fields"));
    buf_add(out, S("{\"envelope\":"));
    TRY(write_envelope(catalog, record, out));
    buf_add(out, S(",\"fields\":{"));
    for (size_t i = 0; i < definition->field_count; i++) {
        const struct field *field = definition->fields[i];
        const struct node *node = node_get(given, field->name);
        if (field->type)
            write_values(&writer, field, -1, node);
        else
            write_group(&writer, field, node);
    }
    write_unknown(&writer, definition->fields, definition->field_count, given);
    buf_add(out, S("}}"));
    ensure(writer.at == record->count || out->failed);
    if (out->failed)
        return err_set(out->failed, "the record is larger than %zu bytes", out->max);
    return OK;
}
