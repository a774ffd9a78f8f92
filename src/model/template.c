/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The empty national template of a database: what an office without a system of its own fills in
 * with a spreadsheet. Columns are field paths, those of the envelope with an @ before them; a group
 * of fields has its columns twice, for two entries, and more are added by counting on ([3], [4]).
 * The file explains itself in comment lines, which an import skips.
 */
#include "model/internal.h"
#include "model/reference.h"

enum { ROWS_OF_A_GROUP = 2, ENVELOPE_COLUMNS = 8, HELP_MAX = 600 };

static const struct {
    const char *name, *help, *example;
    bool is_required;
} envelope_columns[ENVELOPE_COLUMNS] = {
    {"@ref", "Your own reference of the record; a row with the same reference later replaces it",
     "2026-000417", true},
    {"@unit", "Your unit", "", false},
    {"@review_on", "The day by which you look at the record again: 2031-11-01", "", false},
    {"@purposes",
     "What the record may be used for, several with | between; empty: all of the database", "",
     false},
    {"@confidentiality", "official-use, restricted or confidential; empty: official-use", "",
     false},
    {"@action", "What to do when found: a code of the list actions, or your own words", "", false},
    {"@cautions", "Codes of the list cautions, several with | between", "", false},
    {"@handling", "H0 to H3, with words after a blank", "", false},
};

/* ---- examples ---- */

static const struct node *nth(const struct node *list, unsigned row)
{
    const struct node *child = list && list->kind == NODE_LIST ? list->first : list;
    for (; child && row > 0; row--)
        child = list->kind == NODE_LIST ? child->next : NULL;
    return child;
}

/* As a person would type it: composite values are parsed and printed. */
static void add_text(const struct catalog *catalog, const struct field *field,
                     const struct node *node, struct arena *arena, struct buf *out)
{
    struct type_context context = catalog_context(catalog, field);
    struct value value;
    if (node_is_scalar(node))
        buf_add(out, node->text);
    else if (field->type->parse(&context, node, arena, &value) == OK)
        field->type->print(&value, out);
    else
        err_clear();
}

/* The text of a cell; the entries of a list with | between. */
static str cell_text(const struct catalog *catalog, const struct field *field,
                     const struct node *node, struct arena *arena)
{
    struct buf out = {.max = HELP_MAX};
    if (node->kind != NODE_LIST)
        add_text(catalog, field, node, arena, &out);
    node_each(item, node->kind == NODE_LIST ? node : NULL)
    {
        if (item != node->first)
            buf_add_char(&out, '|');
        add_text(catalog, field, item, arena, &out);
    }
    str text = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return text;
}

/* From the first example that has a value for the column. */
static str find_example(const struct catalog *catalog, const struct definition *definition,
                        const struct field *field, unsigned row, struct arena *arena)
{
    for (size_t i = 0; i < definition->example_count; i++) {
        const struct node *node = node_get(definition->examples[i].body, S("fields"));
        if (field->parent)
            node = nth(node_get(node, field->parent->name), row);
        node = node_get(node, field->name);
        if (node)
            return cell_text(catalog, field, node, arena);
    }
    return STR_EMPTY;
}

/* ---- columns ---- */

static void add_sentence(struct buf *out, str text)
{
    if (text.len == 0)
        return;
    if (out->len)
        buf_add(out, S(". "));
    buf_add(out, text);
}

static str column_help(const struct field *field, struct arena *arena)
{
    struct buf out = {.max = HELP_MAX};
    add_sentence(&out, field->title[LANGUAGE_EN]);
    add_sentence(&out, field->help);
    add_sentence(&out, str_c(field->type->help));
    if (field->list)
        buf_printf(&out, ". Code or name from the list %.*s", STR(field->list->name));
    if (field->is_list)
        buf_add(&out, S(". Several with | between"));
    str help = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return help;
}

struct column_list {
    struct template_column *columns;
    size_t count;
    const struct catalog *catalog;
    const struct definition *definition;
    struct arena *arena;
};

static void add_column(struct column_list *list, const struct field *field, unsigned row)
{
    if (field->is_retired)
        return;
    const struct field *parent = field->parent;
    str name = parent ? arena_printf(list->arena, "%.*s[%u].%.*s", STR(parent->name), row + 1,
                                     STR(field->name))
                      : field->name;
    list->columns[list->count++] = (struct template_column){
        .name = name,
        .help = column_help(field, list->arena),
        .example = find_example(list->catalog, list->definition, field, row, list->arena),
        .is_required = field->is_required && (!parent || (parent->is_required && row == 0)),
        .field = field,
        .row = (uint16_t)row,
    };
}

static void add_group(struct column_list *list, const struct field *group)
{
    for (unsigned row = 0; row < ROWS_OF_A_GROUP; row++)
        for (size_t i = 0; i < group->field_count; i++)
            add_column(list, group->fields[i], row);
}

enum err catalog_template(const struct catalog *catalog, const struct definition *definition,
                          struct arena *arena, struct template_column **ret, size_t *ret_count)
{
    size_t max = ENVELOPE_COLUMNS + definition->all_count * ROWS_OF_A_GROUP;
    struct column_list list = {.catalog = catalog, .definition = definition, .arena = arena};
    list.columns = arena_array(arena, struct template_column, max);
    if (!list.columns)
        return err_last()->code;
    for (size_t i = 0; i < ENVELOPE_COLUMNS; i++)
        list.columns[list.count++] =
            (struct template_column){.name = str_c(envelope_columns[i].name),
                                     .help = str_c(envelope_columns[i].help),
                                     .example = str_c(envelope_columns[i].example),
                                     .is_required = envelope_columns[i].is_required};
    for (size_t i = 0; i < definition->field_count; i++) {
        const struct field *field = definition->fields[i];
        if (field->type)
            add_column(&list, field, 0);
        else
            add_group(&list, field);
    }
    *ret = list.columns;
    *ret_count = list.count;
    return OK;
}

/* ---- as a file ---- */

/* Comment lines stay one line, whatever a help text holds. */
static void write_line_text(struct buf *out, str text)
{
    for (size_t i = 0; i < text.len; i++)
        buf_add_char(out, (char)(text.ptr[i] == '\n' || text.ptr[i] == '\r' ? ' ' : text.ptr[i]));
}

static void write_comment(struct buf *out, const struct template_column *column)
{
    buf_printf(out, "# %.*s%s: ", STR(column->name), column->is_required ? " (required)" : "");
    write_line_text(out, column->help);
    if (column->example.len) {
        buf_add(out, S(". Example: "));
        write_line_text(out, column->example);
    }
    buf_add_char(out, '\n');
}

enum err catalog_template_csv(const struct catalog *catalog, const struct definition *definition,
                              struct buf *out)
{
    struct arena arena = {0};
    struct template_column *columns = NULL;
    size_t count = 0;
    enum err code = catalog_template(catalog, definition, &arena, &columns, &count);
    if (code == OK) {
        buf_printf(out, "# %.*s: one record a row, UTF-8, comma between columns\n",
                   STR(definition->title[LANGUAGE_EN]));
        buf_add(out,
                S("# Columns may be left out or put in another order. More entries of a group: "
                  "count on in the brackets, [3], [4].\n"));
        for (size_t i = 0; i < count; i++)
            write_comment(out, &columns[i]);
        for (size_t i = 0; i < count; i++)
            buf_printf(out, "%s%.*s", i ? "," : "", STR(columns[i].name));
        buf_add_char(out, '\n');
        if (out->failed)
            code = err_set(out->failed, "the template is larger than %zu bytes", out->max);
    }
    arena_release(&arena);
    return code;
}
