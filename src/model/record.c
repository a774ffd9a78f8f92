/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a body to a record: every value parsed by its field's type, in definition order.
 *
 *   {"envelope": {...}, "fields": {"a": "x", "b": ["y", "z"], "c": [{"d": "u"}, {"d": "v"}]}}
 *   values: a/0 "x"   b/0 "y"   b/1 "z"   c.d/0 "u"   c.d/1 "v"           (field/row)
 *
 * The values of one group entry stand together and share its row; a field with several values
 * inside a group has them all on the group's row. A single value stands for a list of one. Null and
 * blank are absent. One code path serves new input, where every fault is collected, and stored
 * bodies, where nothing is refused: what a later version of a definition or type no longer takes
 * must still be readable.
 */
#include <stdio.h>

#include "model/internal.h"

enum { VALUE_MAX = 20000, ROW_MAX = 1000, UNKNOWN_MAX = 256, PATH_TEXT = 256 };

struct body_walk {
    struct checker *checker;
    struct type_context context; /* the catalog's, list set per field */
};

static void path_of(const struct field *field, unsigned row, char path[PATH_TEXT])
{
    if (field->parent)
        snprintf(path, PATH_TEXT, "%.*s[%u].%.*s", STR(field->parent->path), row + 1,
                 STR(field->name));
    else if (field->is_list)
        snprintf(path, PATH_TEXT, "%.*s[%u]", STR(field->path), row + 1);
    else
        snprintf(path, PATH_TEXT, "%.*s", STR(field->path));
}

static void fault_at(struct checker *checker, const struct field *field, unsigned row,
                     enum err code, str value, const char *reason)
{
    char path[PATH_TEXT];
    path_of(field, row, path);
    checker_fault(checker, code, path, value, reason, "");
}

/* ---- values ---- */

static struct field_value *next_value(struct checker *checker)
{
    struct record *record = checker->record;
    if (record->count == checker->value_max) {
        size_t max = checker->value_max ? checker->value_max * 2 : 32;
        struct field_value *more = arena_array(checker->arena, struct field_value, max);
        if (!more || max > (size_t)VALUE_MAX * 2)
            return NULL;
        if (record->count)
            memcpy(more, checker->values, record->count * sizeof *more);
        checker->values = more;
        checker->value_max = max;
        record->values = more;
    }
    return &checker->values[record->count];
}

static bool is_absent(const struct node *node)
{
    return !node || node->kind == NODE_NULL ||
           (node->kind == NODE_TEXT && str_trim(node->text).len == 0) ||
           (node->count == 0 && (node->kind == NODE_LIST || node->kind == NODE_MAP));
}

static void read_value(struct body_walk *walk, const struct field *field, unsigned row,
                       const struct node *node)
{
    struct checker *checker = walk->checker;
    if (is_absent(node))
        return;
    struct field_value *place = next_value(checker);
    if (!place || checker->record->count >= VALUE_MAX) {
        fault_at(checker, field, row, ERR_LIMIT, STR_EMPTY, "a record holds at most 20000 values");
        return;
    }
    walk->context.list = field->list;
    *place = (struct field_value){.field = field, .row = (uint16_t)row};
    if (node->kind == NODE_LIST) {
        fault_at(checker, field, row, ERR_BAD_VALUE, STR_EMPTY, "takes one value, not a list");
    } else if (field->type->parse(&walk->context, node, checker->arena, &place->value) == OK) {
        checker->record->count++;
    } else {
        char path[PATH_TEXT];
        path_of(field, row, path);
        checker_fault_from_err(checker, path, node_as_text(node));
    }
}

static void read_values(struct body_walk *walk, const struct field *field, unsigned row,
                        const struct node *node)
{
    if (!field->is_list || node->kind != NODE_LIST) {
        read_value(walk, field, row, node);
        return;
    }
    unsigned at = 0;
    node_each(item, node)
    {
        if (at == ROW_MAX) {
            fault_at(walk->checker, field, at, ERR_LIMIT, STR_EMPTY,
                     "a list holds at most 1000 entries");
            return;
        }
        read_value(walk, field, field->parent ? row : at, item);
        at++;
    }
}

/* ---- maps: the fields of a record, or of one entry of a group ---- */

struct field_set {
    const struct field *const *fields;
    size_t count;
};

/* Bodies mostly come in definition order: the search starts behind the last find. */
static size_t find_slot(struct field_set set, size_t from, str name)
{
    for (size_t i = 0; i < set.count; i++) {
        size_t at = from + i < set.count ? from + i : from + i - set.count;
        if (str_eq(set.fields[at]->name, name))
            return at;
    }
    return set.count;
}

/* Kept when the body comes from elsewhere; a slip of the pen when it is entered here. */
static void take_unknown(struct body_walk *walk, const struct field *group, unsigned row, str name)
{
    struct checker *checker = walk->checker;
    char path[PATH_TEXT];
    char hint[120];
    if (checker->record->unknown_count++ == UNKNOWN_MAX)
        checker_fault(checker, ERR_LIMIT, "fields", name,
                      "more than 256 fields that the definition does not know", "");
    if (!checker->is_entry)
        return;
    if (group)
        snprintf(path, sizeof path, "%.*s[%u].%.*s", STR(group->name), row + 1,
                 (int)(name.len < 64 ? name.len : 64), name.ptr);
    else
        snprintf(path, sizeof path, "%.*s", (int)(name.len < 64 ? name.len : 64), name.ptr);
    snprintf(hint, sizeof hint, "`bureau manual %.*s` lists them", STR(checker->definition->name));
    checker_fault(checker, ERR_UNKNOWN, path, STR_EMPTY, "is not a field of this database", hint);
}

static void sort_children(struct body_walk *walk, const struct field *group, unsigned row,
                          struct field_set set, const struct node *map, const struct node *found[])
{
    memset(found, 0, set.count * sizeof(struct node *));
    size_t from = 0;
    node_each(child, map)
    {
        size_t slot = find_slot(set, from, child->key);
        if (slot < set.count) {
            found[slot] = child;
            from = slot + 1;
        } else {
            take_unknown(walk, group, row, child->key);
        }
    }
}

static void require_value(struct body_walk *walk, const struct field *field, unsigned row,
                          const struct node *node)
{
    if (field->is_required && is_absent(node) && walk->checker->faults)
        fault_at(walk->checker, field, row, ERR_MISSING, STR_EMPTY, "is required");
}

static void read_group_row(struct body_walk *walk, const struct field *group, unsigned row,
                           const struct node *map)
{
    const struct node *found[FIELD_MAX];
    struct field_set set = {group->fields, group->field_count};
    if (map->kind == NODE_NULL)
        return;
    if (map->kind != NODE_MAP) {
        fault_at(walk->checker, group, row, ERR_BAD_VALUE, node_as_text(map),
                 "each entry must be a map of fields");
        return;
    }
    sort_children(walk, group, row, set, map, found);
    for (size_t i = 0; i < set.count; i++) {
        require_value(walk, set.fields[i], row, found[i]);
        if (found[i])
            read_values(walk, set.fields[i], row, found[i]);
    }
}

static void read_group(struct body_walk *walk, const struct field *group, const struct node *node)
{
    if (node->kind != NODE_LIST) {
        read_group_row(walk, group, 0, node);
        return;
    }
    unsigned row = 0;
    node_each(entry, node)
    {
        if (row == ROW_MAX) {
            fault_at(walk->checker, group, row, ERR_LIMIT, STR_EMPTY,
                     "a list holds at most 1000 entries");
            return;
        }
        read_group_row(walk, group, row++, entry);
    }
}

static void read_fields(struct body_walk *walk, const struct node *fields)
{
    const struct definition *definition = walk->checker->definition;
    struct field_set set = {definition->fields, definition->field_count};
    const struct node *found[FIELD_MAX];
    sort_children(walk, NULL, 0, set, fields, found);
    for (size_t i = 0; i < set.count; i++) {
        require_value(walk, set.fields[i], 0, found[i]);
        if (!found[i])
            continue;
        if (set.fields[i]->type)
            read_values(walk, set.fields[i], 0, found[i]);
        else
            read_group(walk, set.fields[i], found[i]);
    }
}

/* ---- rules ---- */

static void check_rule(struct checker *checker, const struct rule *rule, int32_t today)
{
    char path[PATH_TEXT] = "fields";
    char say[400];
    unsigned row = rule_broken(rule, checker->record, today);
    if (row == 0)
        return;
    if (rule->at)
        path_of(rule->at, row - 1, path);
    snprintf(say, sizeof say, "%.*s", STR(rule->say));
    checker_fault(checker, ERR_BAD_VALUE, path, STR_EMPTY, say, "");
}

static void check_rules(struct checker *checker)
{
    const struct definition *definition = checker->definition;
    const struct record *record = checker->record;
    struct day today = day_today();
    struct day latest = record_review_max(record, today);
    for (size_t i = 0; i < definition->rule_count; i++)
        check_rule(checker, &definition->rules[i], day_number(today));
    if (record->envelope.review_on.month &&
        day_number(record->envelope.review_on) > day_number(latest)) {
        char reason[80];
        char last[16];
        char asked[16];
        snprintf(reason, sizeof reason, "is later than the rules of this database allow (%s)",
                 day_format(latest, last));
        checker_fault(checker, ERR_BAD_VALUE, "envelope.review_on",
                      str_c(day_format(record->envelope.review_on, asked)), reason, "");
    }
}

struct day record_review_max(const struct record *record, struct day entered)
{
    const struct definition *definition = record->definition;
    for (size_t i = 0; i < definition->retain_count; i++) {
        const struct retain *retain = &definition->retains[i];
        if (!retain->when || rule_condition_holds(retain->when, record, day_number(entered)))
            return day_of_number(day_number(entered) + (int32_t)retain->first_days);
    }
    return (struct day){9999, 12, 31};
}

struct day record_achieved(const struct record *record, struct day otherwise)
{
    const struct rule *rule = record->definition->achieved;
    if (record->envelope.achieved_on.month)
        return record->envelope.achieved_on;
    if (rule && rule_condition_holds(rule, record, day_number(otherwise)))
        return otherwise;
    return (struct day){0};
}

/* ---- the three ways in ---- */

static void walk_body(struct checker *checker, const struct node *body)
{
    struct body_walk walk = {.checker = checker,
                             .context = catalog_context(checker->catalog, NULL)};
    struct record *record = checker->record;
    *record = (struct record){.definition = checker->definition, .body = body};
    const struct node *fields = node_get(body, S("fields"));
    checker->is_bad_shape = !body || body->kind != NODE_MAP || (fields && fields->kind != NODE_MAP);
    if (checker->is_bad_shape) {
        checker_fault(checker, ERR_BAD_VALUE, "", STR_EMPTY,
                      "a record is a map with an envelope and fields", "");
        return;
    }
    envelope_read(checker, node_get(body, S("envelope")), &record->envelope);
    walk.context.country = record->envelope.owner; /* how its officers write telephones and dates */
    read_fields(&walk, fields);
    if (checker->faults)
        check_rules(checker);
}

enum err record_check(const struct catalog *catalog, const struct definition *definition,
                      const struct node *body, struct arena *arena, struct record *ret,
                      struct faults *faults)
{
    struct checker checker = {.catalog = catalog,
                              .definition = definition,
                              .arena = arena,
                              .record = ret,
                              .faults = faults,
                              .is_entry = true};
    *faults = (struct faults){0};
    walk_body(&checker, body);
    return faults_as_err(faults);
}

enum err record_parse(const struct catalog *catalog, const struct definition *definition,
                      const struct node *body, struct arena *arena, struct record *ret)
{
    struct faults faults = {0};
    struct record record;
    struct checker checker = {.catalog = catalog,
                              .definition = definition,
                              .arena = arena,
                              .record = &record,
                              .faults = &faults};
    walk_body(&checker, body);
    TRY(faults_as_err(&faults));
    *ret = record;
    return OK;
}

enum err record_read(const struct catalog *catalog, const struct definition *definition,
                     const struct node *body, struct arena *arena, struct record *ret)
{
    struct record record;
    struct checker checker = {.catalog = catalog,
                              .definition = definition,
                              .arena = arena,
                              .record = &record};
    walk_body(&checker, body);
    if (checker.is_bad_shape)
        return err_set(ERR_DAMAGED, "a stored body of \"%.*s\" is not a map of fields",
                       STR(definition->name));
    *ret = record;
    return OK;
}
