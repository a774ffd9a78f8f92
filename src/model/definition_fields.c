/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `fields:` block of a definition. A field is a value (`type:`), several values (`type:` and
 * `list: yes`), or a group of fields that may occur several times (`list: {...}`); groups do not
 * nest. A field that says what it means gets its title in all languages from the list of meanings,
 * so that most fields need none of their own.
 *
 * Numbers are given in the order of the file, a group before its fields. They are not on disk:
 * records name their fields.
 */
#include "model/internal.h"

static const char *const field_keys[] = {"type",    "codes", "list",   "required", "means",
                                         "pivot",   "show",  "search", "title",    "help",
                                         "retired", "fixed", "read"};

static void read_meaning(struct definition_reader *reader, const struct node *node,
                         struct field *field)
{
    const struct node *means = node_get(node, S("means"));
    if (!means)
        return;
    const struct code_list *list = reader->catalog->meaning_list;
    const struct code *code = list ? code_get(list, node_as_text(means)) : NULL;
    if (!code) {
        reader_problem(reader, ERR_UNKNOWN, means, node_as_text(means),
                       "is not a meaning of codes/meanings.csv");
        return;
    }
    field->meaning = code->code;
    field->meaning_number = (uint16_t)(code->number + 1);
    memcpy(field->title, code->names, sizeof field->title);
    str type = code_extra(list, code, S("type"));
    if (field->type && type.len && !str_eq_c(type, field->type->name))
        reader_problem(reader, ERR_SYNTAX, means, code->code,
                       "this meaning is of type %.*s, the field of type %s", STR(type),
                       field->type->name);
}

static void read_type(struct definition_reader *reader, const struct node *node,
                      struct field *field)
{
    const struct node *type = node_get(node, S("type"));
    const struct node *codes = node_get(node, S("codes"));
    if (!type) {
        reader_problem(reader, ERR_MISSING, node, field->path,
                       "a field needs `type:`, or `list:` with fields of its own");
        return;
    }
    field->type = type_find(node_as_text(type));
    if (!field->type)
        reader_problem(reader, ERR_UNKNOWN, type, node_as_text(type), "is not a field type");
    if (codes) {
        field->list = codes_list(reader->catalog->codes, node_as_text(codes));
        if (!field->list)
            reader_problem(reader, ERR_UNKNOWN, codes, node_as_text(codes),
                           "there is no such code list in codes/");
    } else if (field->type && str_eq_c(S("code"), field->type->name)) {
        reader_problem(reader, ERR_MISSING, type, field->path,
                       "a field of type code needs `codes:`, the name of a list in codes/");
    }
}

static void read_word(struct definition_reader *reader, const struct node *node, str key,
                      const char *word, bool *ret)
{
    const struct node *value = node_get(node, key);
    *ret = value && str_eq_c(node_as_text(value), word);
    if (value && !*ret)
        reader_problem(reader, ERR_SYNTAX, value, key, "can only be `%s`", word);
}

static void read_flags(struct definition_reader *reader, const struct node *node,
                       struct field *field)
{
    field->is_required = reader_flag(reader, node, S("required"));
    field->is_pivot = reader_flag(reader, node, S("pivot"));
    field->is_retired = reader_flag(reader, node, S("retired"));
    field->is_fixed = reader_flag(reader, node, S("fixed"));
    reader->definition->has_fixed |= field->is_fixed;
    read_word(reader, node, S("show"), "always", &field->is_shown_always);
    read_word(reader, node, S("search"), "blind", &field->is_blind);
    if (field->is_pivot && field->type && !field->type->is_key)
        reader_problem(reader, ERR_SYNTAX, node_get(node, S("pivot")), field->path,
                       "a %s has no keys and cannot link records", field->type->name);
    if (field->is_pivot && !field->meaning_number)
        reader_problem(reader, ERR_MISSING, node_get(node, S("pivot")), field->path,
                       "a pivot needs `means:`");
    if (field->is_fixed && (!field->type || field->parent))
        reader_problem(reader, ERR_SYNTAX, node_get(node, S("fixed")), field->path,
                       "only a field outside groups can be fixed");
    if (field->is_required && field->is_retired)
        reader_problem(reader, ERR_SYNTAX, node_get(node, S("retired")), field->path,
                       "a retired field cannot be required");
}

/* A field inside a group is for no more than the group is. */
static void read_readers(struct definition_reader *reader, const struct node *list,
                         struct field *field)
{
    if (list)
        reader_who(reader, list, S("read"), &field->read_roles, &field->read_purposes);
}

/* "two_words" -> "Two words", when neither title nor meaning gives one. */
static str title_of_name(struct arena *arena, str name)
{
    str title = arena_str(arena, name);
    char *text = arena_alloc(arena, name.len + 1);
    if (!text || title.len == 0)
        return name;
    for (size_t i = 0; i < name.len; i++)
        text[i] = (char)(name.ptr[i] == '_' ? ' ' : name.ptr[i]);
    text[0] = to_upper(text[0]);
    return str_of(text, name.len);
}

/* Groups do not nest, so these three go one level deep. NOLINTBEGIN(misc-no-recursion) */
static const struct field *read_field(struct definition_reader *reader, const struct node *node,
                                      const struct field *parent, size_t slot);

/* Fields of the definition, or of a group. */
static const struct field *const *read_map(struct definition_reader *reader, const struct node *map,
                                           const struct field *parent, size_t *ret_count)
{
    const struct field **fields = arena_array(reader->arena, const struct field *, map->count);
    size_t count = 0;
    node_each(child, map)
    {
        const struct field *field = fields ? read_field(reader, child, parent, count) : NULL;
        if (field)
            fields[count++] = field;
    }
    *ret_count = count;
    return fields;
}

static void read_list(struct definition_reader *reader, const struct node *node,
                      struct field *field)
{
    const struct node *list = node_get(node, S("list"));
    if (!list || list->kind != NODE_MAP) {
        field->is_list = reader_flag(reader, node, S("list"));
        read_type(reader, node, field);
        return;
    }
    field->is_list = true;
    if (node_get(node, S("type")) || node_get(node, S("means")))
        reader_problem(reader, ERR_SYNTAX, node, field->path,
                       "a group has no type and no meaning of its own");
    if (field->parent || list->count == 0)
        reader_problem(reader, ERR_SYNTAX, list, field->path,
                       field->parent ? "a group inside a group" : "a group needs fields");
    else
        field->fields = read_map(reader, list, field, &field->field_count);
}

static struct field *field_new(struct definition_reader *reader, const struct node *node,
                               const struct field *parent, size_t slot)
{
    struct definition *definition = reader->definition;
    struct field *field = arena_new(reader->arena, struct field);
    if (!field || definition->all_count == FIELD_MAX) {
        reader_problem(reader, ERR_LIMIT, node, node->key, "a definition has at most 256 fields");
        return NULL;
    }
    field->name = node->key;
    field->parent = parent;
    field->path = parent
                      ? arena_printf(reader->arena, "%.*s.%.*s", STR(parent->path), STR(node->key))
                      : node->key;
    field->number = (uint16_t)definition->all_count;
    field->slot = (uint8_t)slot;
    reader->all[definition->all_count++] = field;
    return field;
}

static const struct field *read_field(struct definition_reader *reader, const struct node *node,
                                      const struct field *parent, size_t slot)
{
    if (!name_is_plain(node->key) || str_eq(node->key, S("today"))) {
        reader_problem(reader, ERR_SYNTAX, node, node->key,
                       "a field name has small letters, digits and underscores");
        return NULL;
    }
    struct field *field = field_new(reader, node, parent, slot);
    if (!field)
        return NULL;
    reader_known_keys(reader, node, field_keys, COUNT_OF(field_keys));
    if (node->kind != NODE_MAP)
        return field;
    read_list(reader, node, field);
    read_meaning(reader, node, field);
    reader_titles(reader, node_get(node, S("title")), field->title);
    if (field->title[LANGUAGE_EN].len == 0)
        field->title[LANGUAGE_EN] = title_of_name(reader->arena, field->name);
    field->help = node_get_text(node, S("help"));
    read_readers(reader, node_get(node, S("read")), field);
    read_flags(reader, node, field);
    return field;
}
/* NOLINTEND(misc-no-recursion) */

void definition_read_fields(struct definition_reader *reader, const struct node *fields)
{
    struct definition *definition = reader->definition;
    reader->all = arena_array(reader->arena, const struct field *, FIELD_MAX);
    if (!fields || fields->kind != NODE_MAP || fields->count == 0 || !reader->all) {
        reader_problem(reader, ERR_MISSING, fields ? fields : definition->source, S("fields"),
                       "a definition needs fields");
        return;
    }
    definition->all = reader->all;
    definition->fields = read_map(reader, fields, NULL, &definition->field_count);
}
