/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading takes, references and conditions. Everything a mapping file names is looked up here: a
 * column that is not in the list of columns, a field the database does not have, a group the
 * pattern does not capture are faults of the file, reported with their place before any data is
 * read.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "intake/mapping.h"

enum { FROM_MAX = 32, VALUES_MAX = 64 };

enum err mapping_fault(const struct mapping *mapping, const struct node *node, enum err code,
                       const char *format, ...)
{
    char message[400];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return err_at(code, mapping->file, node ? node->line : 0, node ? node->column : 0, "%s",
                  message);
}

enum err mapping_keys(const struct mapping *mapping, const struct node *map,
                      const char *const *allowed)
{
    if (map->kind != NODE_MAP)
        return mapping_fault(mapping, map, ERR_SYNTAX, "a map of keys was expected here");
    node_each(child, map)
    {
        const char *const *name = allowed;
        while (*name && !str_eq_c(child->key, *name))
            name++;
        if (!*name) {
            char list[256] = "";
            for (const char *const *each = allowed; *each; each++)
                snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s",
                         each == allowed ? "" : ", ", *each);
            return mapping_fault(mapping, child, ERR_UNKNOWN,
                                 "\"%.*s\" is not known here; known: %s", STR(child->key), list);
        }
    }
    return OK;
}

/* ---- references ---- */

static int column_of(const struct source_table *table, str name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (str_eq(table->columns[i], name))
            return (int)i;
    return -1;
}

/*
 * Takes "alt." off "alt.alt_name"; the table stays what it was when the name has no known table in
 * front.
 */
static str without_table(const struct mapping *mapping, str name, size_t *table)
{
    size_t dot = str_find(name, '.');
    if (dot == name.len)
        return name;
    str first = str_slice(name, 0, dot);
    if (str_eq(first, S("main"))) {
        *table = 0;
        return str_from(name, dot + 1);
    }
    for (size_t i = 1; i < mapping->table_count; i++)
        if (str_eq(mapping->tables[i].name, first)) {
            *table = i;
            return str_from(name, dot + 1);
        }
    return name;
}

static enum err resolve_ref(struct take_scope *scope, const struct node *node, struct ref *ref)
{
    struct mapping *mapping = scope->mapping;
    str name = node_as_text(node);
    ref->group = scope->match ? pattern_group(scope->match, name) : 0;
    if (ref->group) {
        ref->kind = REF_CAPTURE;
        return OK;
    }
    size_t table = scope->table;
    if (mapping->is_tree) {
        ref->kind = REF_PATH;
        ref->is_root = str_starts(name, S("main."));
        ref->name = without_table(mapping, name, &table);
        ref->full = ref->name;
        if (scope->path.len && !ref->is_root)
            ref->full =
                arena_printf(&mapping->arena, "%.*s.%.*s", STR(scope->path), STR(ref->name));
        return OK;
    }
    ref->kind = REF_CELL;
    ref->name = without_table(mapping, name, &table);
    ref->table = (uint16_t)table;
    const struct source_table *source = &mapping->tables[table];
    ref->column = column_of(source, ref->name);
    if (ref->column < 0 && !source->has_heading)
        return mapping_fault(mapping, node, ERR_UNKNOWN, "there is no column \"%.*s\"%s%.*s",
                             STR(ref->name), table ? " in " : "", STR(source->name));
    return OK;
}

enum err mapping_ref(struct take_scope *scope, const struct node *node, struct ref **ret)
{
    struct mapping *mapping = scope->mapping;
    if (!node_is_scalar(node) || !node->text.len)
        return mapping_fault(mapping, node, ERR_SYNTAX, "the name of a column was expected here");
    struct ref *ref = arena_new(&mapping->arena, struct ref);
    if (!ref)
        return ERR_LIMIT;
    *ref = (struct ref){.column = -1, .name = node->text, .at = node, .next = mapping->refs};
    TRY(resolve_ref(scope, node, ref));
    mapping->refs = ref;
    *ret = ref;
    return OK;
}

static enum err load_refs(struct take_scope *scope, const struct node *node, struct ref ***ret,
                          size_t *ret_count)
{
    struct mapping *mapping = scope->mapping;
    bool is_list = node->kind == NODE_LIST;
    size_t count = is_list ? node->count : 1;
    if (count == 0 || count > FROM_MAX)
        return mapping_fault(mapping, node, ERR_SYNTAX, "1 to %d columns may be put together",
                             FROM_MAX);
    struct ref **refs = arena_array(&mapping->arena, struct ref *, count);
    if (!refs)
        return ERR_LIMIT;
    const struct node *item = is_list ? node->first : node;
    for (size_t i = 0; i < count; i++, item = item->next)
        TRY(mapping_ref(scope, item, &refs[i]));
    *ret = refs;
    *ret_count = count;
    return OK;
}

/* "{ent_num}-{v}" */
enum err mapping_format(struct take_scope *scope, const struct node *node,
                        const struct format_piece **ret, size_t *ret_count)
{
    struct mapping *mapping = scope->mapping;
    struct format_piece *pieces = arena_array(&mapping->arena, struct format_piece, FROM_MAX);
    str rest = node_as_text(node);
    size_t count = 0;
    if (!pieces)
        return ERR_LIMIT;
    for (; rest.len && count < FROM_MAX; count++) {
        size_t open = str_find(rest, '{');
        pieces[count].text = str_slice(rest, 0, open);
        if (open == rest.len) {
            count++;
            rest = STR_EMPTY;
            break;
        }
        rest = str_from(rest, open + 1);
        size_t end = str_find(rest, '}');
        if (end == rest.len)
            return mapping_fault(mapping, node, ERR_SYNTAX, "a brace is not closed");
        struct node *name = node_text(&mapping->arena, str_slice(rest, 0, end));
        if (!name)
            return ERR_LIMIT;
        name->line = node->line;
        name->column = node->column;
        TRY(mapping_ref(scope, name, &pieces[count].ref));
        rest = str_from(rest, end + 1);
    }
    if (rest.len || count == 0)
        return mapping_fault(mapping, node, ERR_SYNTAX,
                             "a text with 1 to %d {columns} was expected", FROM_MAX);
    *ret = pieces;
    *ret_count = count;
    return OK;
}

/* ---- patterns and conditions ---- */

static enum err load_pattern(struct mapping *mapping, const struct node *node, struct pattern **ret)
{
    if (mapping->pattern_count == mapping->pattern_max) {
        size_t max = mapping->pattern_max ? mapping->pattern_max * 2 : 32;
        struct pattern **more = realloc(mapping->patterns, max * sizeof(struct pattern *));
        if (!more)
            return err_set(ERR_MEMORY, "out of memory for patterns");
        mapping->patterns = more;
        mapping->pattern_max = max;
    }
    struct pattern *pattern = NULL;
    if (pattern_compile(node_as_text(node), &pattern)) {
        struct err_info info = *err_last();
        return mapping_fault(mapping, node, info.code, "%s", info.message);
    }
    mapping->patterns[mapping->pattern_count++] = pattern;
    *ret = pattern;
    return OK;
}

static enum err load_values(struct mapping *mapping, const struct node *node,
                            struct condition *condition)
{
    size_t count = node->kind == NODE_LIST ? node->count : 1;
    if (count > VALUES_MAX)
        return mapping_fault(mapping, node, ERR_LIMIT, "at most %d values", VALUES_MAX);
    str *values = arena_array(&mapping->arena, str, count + 1);
    if (!values)
        return ERR_LIMIT;
    if (node->kind == NODE_LIST)
        node_each(item, node) values[condition->count++] = node_as_text(item);
    else
        values[condition->count++] = node_as_text(node);
    condition->values = values;
    return OK;
}

static enum err load_condition(struct take_scope *scope, const struct node *node,
                               struct condition *condition)
{
    static const char *const keys[] = {"match", "not", NULL};
    struct mapping *mapping = scope->mapping;
    struct node *name = node_text(&mapping->arena, node->key);
    if (!name)
        return ERR_LIMIT;
    name->line = node->line;
    name->column = node->column;
    TRY(mapping_ref(scope, name, &condition->ref));
    if (node->kind != NODE_MAP)
        return load_values(mapping, node, condition);
    TRY(mapping_keys(mapping, node, keys));
    const struct node *match = node_get(node, S("match")), *other = node_get(node, S("not"));
    condition->is_negated = other != NULL;
    if (match)
        return load_pattern(mapping, match, &condition->pattern);
    return other ? load_values(mapping, other, condition)
                 : mapping_fault(mapping, node, ERR_SYNTAX, "match or not was expected here");
}

enum err mapping_condition(struct take_scope *scope, const struct node *node,
                           const struct condition **ret)
{
    struct condition *first = NULL;
    if (node->kind != NODE_MAP)
        return mapping_fault(scope->mapping, node, ERR_SYNTAX,
                             "a map of column: value was expected here");
    node_each(child, node)
    {
        struct condition *condition = arena_new(&scope->mapping->arena, struct condition);
        if (!condition)
            return ERR_LIMIT;
        TRY(load_condition(scope, child, condition));
        condition->next = first;
        first = condition;
    }
    *ret = first;
    return OK;
}

/* ---- code tables ---- */

static enum err read_unmapped(const struct mapping *mapping, const struct node *node,
                              enum unmapped *ret)
{
    str word = node_as_text(node);
    if (str_eq(word, S("refuse")))
        *ret = UNMAPPED_REFUSE;
    else if (str_eq(word, S("warn")))
        *ret = UNMAPPED_WARN;
    else if (str_eq(word, S("keep")))
        *ret = UNMAPPED_KEEP;
    else
        return mapping_fault(mapping, node, ERR_BAD_VALUE,
                             "unmapped is refuse, warn or keep, not \"%.*s\"", STR(word));
    return OK;
}

/* {theirs: ours, ...} or {use: list, overrides: {theirs: ours}, unmapped: warn, otherwise: ours} */
static enum err load_table(struct mapping *mapping, const struct node *node, str name,
                           const struct code_table **ret)
{
    struct code_table *table = arena_new(&mapping->arena, struct code_table);
    if (!table)
        return ERR_LIMIT;
    table->name = name;
    if (node->kind != NODE_MAP)
        return mapping_fault(mapping, node, ERR_SYNTAX, "a table is a map of their code: our code");
    const struct node *use = node_get(node, S("use")), *unmapped = node_get(node, S("unmapped"));
    if (unmapped)
        TRY(read_unmapped(mapping, unmapped, &table->unmapped));
    table->codes = node;
    table->otherwise = node_get_text(node, S("otherwise"));
    if (use) {
        static const char *const keys[] = {"use", "unmapped", "otherwise", "overrides", NULL};
        TRY(mapping_keys(mapping, node, keys));
        table->codes = node_get(node, S("overrides"));
        table->list = codes_list(mapping->catalog->codes, node_as_text(use));
        if (!table->list)
            return mapping_fault(mapping, use, ERR_UNKNOWN, "there is no code list \"%.*s\"",
                                 STR(use->text));
    }
    *ret = table;
    return OK;
}

static enum err find_table(struct mapping *mapping, const struct node *node,
                           const struct code_table **ret)
{
    if (node->kind == NODE_MAP)
        return load_table(mapping, node, S("inline"), ret);
    const struct node *table = node_get(mapping->code_tables, node_as_text(node));
    if (!table)
        return mapping_fault(mapping, node, ERR_UNKNOWN, "there is no table \"%.*s\"",
                             STR(node_as_text(node)));
    return load_table(mapping, table, table->key, ret);
}

/* ---- takes ---- */

static enum err load_via(struct mapping *mapping, const struct node *node, struct take *take)
{
    const struct node *item = node->kind == NODE_LIST ? node->first : node;
    for (; item; item = node->kind == NODE_LIST ? item->next : NULL) {
        bool has_argument = item->kind == NODE_MAP && item->count == 1;
        str name = has_argument ? item->first->key : node_as_text(item);
        const struct normaliser *normaliser = normaliser_find(name);
        if (!normaliser)
            return mapping_fault(mapping, item, ERR_UNKNOWN, "there is no normaliser \"%.*s\"",
                                 STR(name));
        if (has_argument && !normaliser->takes_argument)
            return mapping_fault(mapping, item, ERR_SYNTAX, "\"%s\" takes no argument",
                                 normaliser->name);
        if (take->via_count == MAPPING_VIA_MAX)
            return mapping_fault(mapping, item, ERR_LIMIT, "at most %d normalisers",
                                 MAPPING_VIA_MAX);
        take->via[take->via_count++] =
            (struct via){normaliser, has_argument ? node_as_text(item->first) : STR_EMPTY};
    }
    return OK;
}

static enum err load_each(struct take_scope *scope, const struct node *node, struct take *take)
{
    struct mapping *mapping = scope->mapping;
    str name = node_as_text(node);
    for (size_t i = 1; i < mapping->table_count; i++)
        if (str_eq(mapping->tables[i].name, name)) {
            take->each = EACH_TABLE;
            take->each_index = (uint16_t)i;
            scope->table = i;
            return OK;
        }
    for (size_t i = 0; i < mapping->explode_count; i++)
        if (str_eq(mapping->explodes[i].name, name)) {
            take->each = EACH_EXPLODE;
            take->each_index = (uint16_t)i;
            scope->is_piece = true;
            return OK;
        }
    if (!mapping->is_tree)
        return mapping_fault(mapping, node, ERR_UNKNOWN,
                             "\"%.*s\" is neither a joined file nor an exploded text", STR(name));
    take->each = EACH_PATH;
    take->each_path = name;
    struct ref *ref = NULL; /* so that the path counts as read */
    TRY(mapping_ref(scope, node, &ref));
    scope->is_piece = true;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): mapping_fault never returns OK */
    scope->path = ref->full;
    return OK;
}

static enum err load_match(struct take_scope *scope, const struct node *node, struct take *take)
{
    TRY(load_pattern(scope->mapping, node, &take->match));
    unsigned group = pattern_group(take->match, S("v"));
    take->match_group = group ? group : pattern_group_count(take->match) ? 1 : 0;
    scope->match = take->match;
    return OK;
}

static bool is_yes(const struct node *node)
{
    return node_as_bool(node, false);
}

/* A day so long after the import: for what a list says every day anew and is stale otherwise. */
static enum err load_ahead(struct mapping *mapping, const struct node *node, struct take *take)
{
    unsigned days = 0;
    char text[16];
    TRY(mapping_days(mapping, node, &days));
    struct day day = day_of_number(day_number(day_today()) + (int32_t)days);
    take->constant = arena_str(&mapping->arena, str_c(day_format(day, text)));
    return OK;
}

static enum err load_sources(struct take_scope *scope, const struct node *node, struct take *take)
{
    const struct node *each = node_get(node, S("each")), *from = node_get(node, S("from"));
    const struct node *match = node_get(node, S("match")), *text = node_get(node, S("text"));
    const struct node *constant = node_get(node, S("const"));
    if (each)
        TRY(load_each(scope, each, take));
    if (from)
        TRY(load_refs(scope, from, &take->from, &take->from_count));
    if (match)
        TRY(load_match(scope, match, take));
    if (text)
        TRY(mapping_format(scope, text, &take->format, &take->format_count));
    const struct node *ahead = node_get(node, S("from_today"));
    take->has_constant = constant || ahead;
    take->constant = node_as_text(constant);
    if (ahead)
        TRY(load_ahead(scope->mapping, ahead, take));
    const struct node *glue = node_get(node, S("glue"));
    take->glue = glue ? node_as_text(glue) : S(" ");
    bool has_parts = node_get(node, S("fields")) != NULL;
    if (!from && !text && !take->has_constant && !scope->is_piece && !has_parts)
        return mapping_fault(
            scope->mapping, node, ERR_MISSING,
            "where does \"%.*s\" come from? one of from, text, const, each is missing",
            STR(take->key));
    return OK;
}

/* NOLINTNEXTLINE(misc-no-recursion): templates are trees bounded by their parser */
static enum err load_take_map(struct take_scope *outer, const struct node *node, struct take *take)
{
    static const char *const keys[] = {"from",  "glue",   "text",  "const",      "each",
                                       "match", "first",  "split", "via",        "table",
                                       "when",  "fields", "fault", "from_today", NULL};
    struct take_scope scope = *outer;
    struct mapping *mapping = scope.mapping;
    TRY(mapping_keys(mapping, node, keys));
    TRY(load_sources(&scope, node, take));
    const struct node *via = node_get(node, S("via")), *table = node_get(node, S("table"));
    const struct node *when = node_get(node, S("when")), *parts = node_get(node, S("fields"));
    const struct node *fault = node_get(node, S("fault"));
    if (via)
        TRY(load_via(mapping, via, take));
    if (table)
        TRY(find_table(mapping, table, &take->table));
    if (when)
        TRY(mapping_condition(&scope, when, &take->when));
    if (fault && !str_eq(node_as_text(fault), S("drop")) &&
        !str_eq(node_as_text(fault), S("refuse")))
        return mapping_fault(mapping, fault, ERR_BAD_VALUE, "fault is refuse or drop");
    take->is_dropped_on_fault = str_eq(node_as_text(fault), S("drop"));
    take->is_first = is_yes(node_get(node, S("first")));
    take->split = node_get_text(node, S("split"));
    if (!parts)
        return OK;
    const struct type *composite = take->field && take->field->type ? take->field->type : NULL;
    if (composite && !composite->maps)
        return mapping_fault(mapping, parts, ERR_SYNTAX, "\"%.*s\" has no parts", STR(take->key));
    return mapping_takes(&scope, parts, composite ? NULL : take->field, composite, &take->parts);
}

static enum err find_field(struct take_scope *scope, const struct node *node,
                           const struct field *group, const struct type *composite,
                           struct take *take)
{
    if (composite) {
        for (const char *const *key = composite->maps; *key; key++)
            if (str_eq_c(node->key, *key))
                return OK;
        return mapping_fault(scope->mapping, node, ERR_UNKNOWN, "a %s has no part \"%.*s\"",
                             composite->name, STR(node->key));
    }
    const struct definition *definition = scope->definition;
    size_t count = group ? group->field_count : definition->field_count;
    const struct field *const *fields = group ? group->fields : definition->fields;
    for (size_t i = 0; i < count && !take->field; i++)
        if (str_eq(fields[i]->name, node->key))
            take->field = fields[i];
    if (!take->field)
        return mapping_fault(scope->mapping, node, ERR_UNKNOWN, "\"%.*s\" has no field \"%.*s\"",
                             STR(group ? group->path : definition->name), STR(node->key));
    take->is_list = take->field->is_list;
    return OK;
}

/* NOLINTNEXTLINE(misc-no-recursion): templates are trees bounded by their parser */
static enum err load_take(struct take_scope *scope, const struct node *node,
                          const struct field *group, const struct type *composite, str key,
                          struct take **ret)
{
    struct mapping *mapping = scope->mapping;
    struct take *take = arena_new(&mapping->arena, struct take);
    if (!take)
        return ERR_LIMIT;
    take->key = key;
    take->at = node;
    struct node named = {.key = key, .line = node->line, .column = node->column};
    TRY(find_field(scope, &named, group, composite, take));
    if (node->kind == NODE_MAP) {
        TRY(load_take_map(scope, node, take));
    } else {
        take->glue = S(" ");
        TRY(load_refs(scope, node, &take->from, &take->from_count));
    }
    if (take->field && !take->field->type && !take->parts)
        return mapping_fault(mapping, node, ERR_MISSING,
                             "\"%.*s\" is a group: its fields are missing", STR(key));
    *ret = take;
    return OK;
}

/* A list under a key holds several takes, unless it is a list of column names. */
static bool is_several(const struct node *node)
{
    return node->kind == NODE_LIST && node->first && node->first->kind == NODE_MAP;
}

/* NOLINTNEXTLINE(misc-no-recursion): templates are trees bounded by their parser */
enum err mapping_takes(struct take_scope *scope, const struct node *node, const struct field *group,
                       const struct type *composite, struct take **ret)
{
    if (node->kind != NODE_MAP)
        return mapping_fault(scope->mapping, node, ERR_SYNTAX,
                             "a map of field: source was expected here");
    struct take **end = ret;
    node_each(child, node)
    {
        const struct node *spec = is_several(child) ? child->first : child;
        for (; spec; spec = is_several(child) ? spec->next : NULL) {
            TRY(load_take(scope, spec, group, composite, child->key, end));
            end = &(*end)->next;
        }
    }
    return OK;
}

enum err mapping_envelope_takes(struct take_scope *scope, const struct node *node,
                                struct take **ret)
{
    struct mapping *mapping = scope->mapping;
    struct take **end = ret;
    if (node->kind != NODE_MAP)
        return mapping_fault(mapping, node, ERR_SYNTAX, "a map of envelope keys was expected here");
    node_each(child, node)
    {
        struct take *take = arena_new(&mapping->arena, struct take);
        if (!take)
            return ERR_LIMIT;
        take->key = child->key;
        take->at = child;
        take->glue = S(" ");
        if (child->kind == NODE_MAP)
            TRY(load_take_map(scope, child, take));
        else
            TRY(load_refs(scope, child, &take->from, &take->from_count));
        take->is_list = take->each != EACH_NONE || take->split.len;
        *end = take;
        end = &take->next;
    }
    return OK;
}
