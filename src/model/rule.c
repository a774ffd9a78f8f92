/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one rule grammar: a tree of conditions over a record's own values, read once from the
 * definition, evaluated per record. No expressions, no arithmetic, no code: whoever writes a
 * definition can be shown the rule back in words.
 *
 *   present: f | [f, g]           every one of them has a value
 *   eq: {f: v}  in: {f: [v, w]}    some value of f is, as its type sees it, v, or one of them
 *   count: {f: {min: 1, max: 3}}   so many values
 *   before: [f, g] | [f, today]    f is not later than g
 *   age_at_least: {f: 18}          so many years have passed since f
 *   all: [...]  any: [...]  not: {...}
 *
 * Several words in one condition must all hold. Conditions are true, false or unknown (Kleene): a
 * missing date is unknown, and so is a partial one where the answer hangs on the day that is not
 * known; `not` leaves the unknown unknown. A rule is broken only where `when` is true and `require`
 * false. `each: group` looks at the rows of a group one by one; fields outside it are seen from
 * every row.
 */
#include "codec/json.h"
#include "model/internal.h"
#include "type/date.h"

enum operation { ALL, ANY, NOT, PRESENT, IN, COUNT, BEFORE, AGE_AT_LEAST };
enum { CONDITION_DEPTH = 8, NO_ROW = -1 };

struct condition {
    enum operation operation;
    struct condition *first, *next;    /* of all, any, not */
    const struct field *field, *other; /* other NULL in BEFORE: today */
    const str *norms;                  /* of IN */
    size_t norm_count;
    unsigned min, max; /* COUNT; AGE_AT_LEAST: min */
};

/* ---- reading ---- */

struct rule_reader {
    struct definition_reader *reader;
    const struct field *each;
    unsigned depth;
};

static struct condition *read_condition(struct rule_reader *rules, const struct node *node);

/* A path; inside `each: group` the name of one of the group's fields will do. */
static const struct field *read_field(struct rule_reader *rules, const struct node *node, str path)
{
    const struct field *field = NULL;
    for (size_t i = 0; rules->each && i < rules->each->field_count; i++)
        if (str_eq(rules->each->fields[i]->name, path))
            field = rules->each->fields[i];
    if (!field)
        field = definition_field(rules->reader->definition, path);
    if (!field)
        reader_problem(rules->reader, ERR_UNKNOWN, node, path,
                       "a rule names a field that the definition does not have");
    return field;
}

static struct condition *condition_new(struct rule_reader *rules, enum operation operation)
{
    struct condition *condition = arena_new(rules->reader->arena, struct condition);
    if (condition)
        condition->operation = operation;
    return condition;
}

static void append(struct condition *parent, struct condition **last, struct condition *child)
{
    if (!parent || !child)
        return;
    if (*last)
        (*last)->next = child;
    else
        parent->first = child;
    *last = child;
}

/* NOLINTBEGIN(misc-no-recursion): bounded by CONDITION_DEPTH */
/* all, any: a list; not: one condition. */
static struct condition *read_nested(struct rule_reader *rules, const struct node *node,
                                     enum operation operation)
{
    struct condition *condition = condition_new(rules, operation);
    struct condition *last = NULL;
    bool is_list = node->kind == NODE_LIST;
    if (is_list != (operation != NOT) || (is_list && node->count == 0)) {
        reader_problem(rules->reader, ERR_SYNTAX, node, node->key,
                       operation == NOT ? "takes one condition" : "takes a list of conditions");
        return NULL;
    }
    if (!is_list) {
        append(condition, &last, read_condition(rules, node));
        return condition;
    }
    node_each(child, node) append(condition, &last, read_condition(rules, child));
    return condition;
}

static struct condition *read_present(struct rule_reader *rules, const struct node *node)
{
    struct condition *all = condition_new(rules, ALL);
    struct condition *last = NULL;
    const struct node *item = node->kind == NODE_LIST ? node->first : node;
    for (; item; item = node->kind == NODE_LIST ? item->next : NULL) {
        struct condition *condition = condition_new(rules, PRESENT);
        if (!condition)
            return NULL;
        condition->field = read_field(rules, item, node_as_text(item));
        append(all, &last, condition);
    }
    return all;
}

/* A value of eq: or in: in the form its type gives it, so that `GBR` and `United Kingdom` agree. */
static void read_norm(struct rule_reader *rules, const struct field *field, const struct node *node,
                      str *ret)
{
    struct type_context context = catalog_context(rules->reader->catalog, field);
    struct value value;
    if (field->type->parse(&context, node, rules->reader->arena, &value) != OK)
        problem_from_err(rules->reader->problems, rules->reader->definition->file, node,
                         field->path);
    else
        *ret = value.norm;
}

static void read_norms(struct rule_reader *rules, struct condition *condition,
                       const struct node *node)
{
    const struct field *field = condition->field;
    size_t count = node->kind == NODE_LIST ? node->count : 1;
    size_t at = 0;
    str *norms = arena_array(rules->reader->arena, str, count);
    if (!field || !norms)
        return;
    if (!field->type) {
        reader_problem(rules->reader, ERR_SYNTAX, node, field->path,
                       "a group has no value of its own");
        return;
    }
    const struct node *item = node->kind == NODE_LIST ? node->first : node;
    for (; item; item = node->kind == NODE_LIST ? item->next : NULL)
        read_norm(rules, field, item, &norms[at++]);
    condition->norms = norms;
    condition->norm_count = count;
}

static void read_bounds(struct rule_reader *rules, struct condition *condition,
                        const struct node *node)
{
    uint64_t min = 0;
    uint64_t max = UINT32_MAX;
    static const char *const words[] = {"min", "max"};
    if (node->kind == NODE_MAP)
        reader_known_keys(rules->reader, node, words, COUNT_OF(words));
    const struct node *low = node_get(node, S("min"));
    const struct node *high = node_get(node, S("max"));
    if ((!low && !high) || (low && !str_to_u64(node_as_text(low), 1000, &min)) ||
        (high && !str_to_u64(node_as_text(high), 1000, &max)))
        reader_problem(rules->reader, ERR_SYNTAX, node, node->key,
                       "takes {min: n, max: m}, either may be absent");
    condition->min = (unsigned)min;
    condition->max = (unsigned)max;
}

static void read_age(struct rule_reader *rules, struct condition *condition,
                     const struct node *node)
{
    uint64_t years = 0;
    if (!str_to_u64(node_as_text(node), 150, &years))
        reader_problem(rules->reader, ERR_SYNTAX, node, node->key, "takes a number of years");
    condition->min = (unsigned)years;
}

static bool is_date(const struct field *field)
{
    return field && field->type == &type_date;
}

/* eq, in, count, age_at_least: a map from field to what is asked of it. */
static struct condition *read_by_field(struct rule_reader *rules, const struct node *node,
                                       enum operation operation)
{
    struct condition *all = condition_new(rules, ALL);
    struct condition *last = NULL;
    if (node->kind != NODE_MAP || node->count == 0) {
        reader_problem(rules->reader, ERR_SYNTAX, node, node->key,
                       "takes a map from field to value");
        return NULL;
    }
    node_each(child, node)
    {
        struct condition *condition = condition_new(rules, operation);
        if (!condition)
            return NULL;
        condition->field = read_field(rules, child, child->key);
        if (operation == IN)
            read_norms(rules, condition, child);
        else if (operation == COUNT)
            read_bounds(rules, condition, child);
        else
            read_age(rules, condition, child);
        if (operation == AGE_AT_LEAST && condition->field && !is_date(condition->field))
            reader_problem(rules->reader, ERR_SYNTAX, child, child->key, "is not a date");
        append(all, &last, condition);
    }
    return all;
}

static struct condition *read_before(struct rule_reader *rules, const struct node *node)
{
    struct condition *condition = condition_new(rules, BEFORE);
    if (node->kind != NODE_LIST || node->count != 2) {
        reader_problem(rules->reader, ERR_SYNTAX, node, node->key,
                       "takes two fields, or a field and `today`");
        return NULL;
    }
    if (!condition)
        return NULL;
    str second = node_as_text(node->last);
    condition->field = read_field(rules, node->first, node_as_text(node->first));
    if (!str_eq(second, S("today")))
        condition->other = read_field(rules, node->last, second);
    if ((condition->field && !is_date(condition->field)) ||
        (condition->other && !is_date(condition->other)))
        reader_problem(rules->reader, ERR_SYNTAX, node, node->key, "compares dates only");
    return condition;
}

static struct condition *read_word(struct rule_reader *rules, const struct node *node)
{
    str word = node->key;
    if (str_eq(word, S("all")) || str_eq(word, S("any")))
        return read_nested(rules, node, str_eq(word, S("all")) ? ALL : ANY);
    if (str_eq(word, S("not")))
        return read_nested(rules, node, NOT);
    if (str_eq(word, S("present")))
        return read_present(rules, node);
    if (str_eq(word, S("eq")) || str_eq(word, S("in")))
        return read_by_field(rules, node, IN);
    if (str_eq(word, S("count")))
        return read_by_field(rules, node, COUNT);
    if (str_eq(word, S("before")))
        return read_before(rules, node);
    if (str_eq(word, S("age_at_least")))
        return read_by_field(rules, node, AGE_AT_LEAST);
    reader_problem(rules->reader, ERR_UNKNOWN, node, word,
                   "is not a word of rules: all any not present eq in count before age_at_least");
    return NULL;
}

static struct condition *read_condition(struct rule_reader *rules, const struct node *node)
{
    struct condition *all = condition_new(rules, ALL);
    struct condition *last = NULL;
    if (!node || node->kind != NODE_MAP || node->count == 0) {
        reader_problem(rules->reader, ERR_SYNTAX, node, node ? node->key : STR_EMPTY,
                       "a condition is a map of rule words");
        return NULL;
    }
    if (rules->depth == CONDITION_DEPTH) {
        reader_problem(rules->reader, ERR_LIMIT, node, node->key, "conditions nest at most 8 deep");
        return NULL;
    }
    rules->depth++;
    node_each(child, node) append(all, &last, read_word(rules, child));
    rules->depth--;
    return all;
}
/* NOLINTEND(misc-no-recursion) */

const struct rule *rule_read_condition(struct definition_reader *reader, const struct node *node)
{
    struct rule_reader rules = {.reader = reader};
    struct rule *rule = arena_new(reader->arena, struct rule);
    if (!rule)
        return NULL;
    rule->require = read_condition(&rules, node);
    rule->source = node;
    return rule->require ? rule : NULL;
}

const struct rule *rule_read(struct definition_reader *reader, const struct node *node)
{
    static const char *const words[] = {"when", "require", "say", "each", "at"};
    struct rule_reader rules = {.reader = reader};
    struct rule *rule = arena_new(reader->arena, struct rule);
    if (!rule)
        return NULL;
    if (node->kind != NODE_MAP || !node_get(node, S("require")) || !node_get(node, S("say"))) {
        reader_problem(
            reader, ERR_MISSING, node, STR_EMPTY,
            "a rule needs `require:` (a condition) and `say:` (what is wrong otherwise)");
        return NULL;
    }
    reader_known_keys(reader, node, words, COUNT_OF(words));
    const struct node *each = node_get(node, S("each"));
    const struct node *at = node_get(node, S("at"));
    rule->say = node_get_text(node, S("say"));
    rule->source = node;
    rule->each = each ? read_field(&rules, each, node_as_text(each)) : NULL;
    rules.each = rule->each;
    rule->at = at ? read_field(&rules, at, node_as_text(at)) : NULL;
    if (rule->each && rule->each->type)
        reader_problem(reader, ERR_SYNTAX, each, node_as_text(each), "is not a group of fields");
    if (node_get(node, S("when")))
        rule->when = read_condition(&rules, node_get(node, S("when")));
    rule->require = read_condition(&rules, node_get(node, S("require")));
    return rule->require ? rule : NULL;
}

/* ---- evaluating ---- */

enum truth { NO, UNKNOWN, YES };

struct scope {
    const struct record *record;
    const struct field *each;
    int row;       /* of `each`; NO_ROW: all rows */
    int32_t today; /* asked once per record: a thousand rows of an import ask ten thousand times */
};

/* The next value of field, or of the fields of a group, that the scope's row can see. */
static const struct field_value *next_value(const struct scope *scope, const struct field *field,
                                            size_t *at)
{
    const struct record *record = scope->record;
    while (*at < record->count) {
        const struct field_value *value = &record->values[(*at)++];
        if (value->field != field && value->field->parent != field)
            continue;
        bool is_of_group = scope->each && value->field->parent == scope->each;
        if (!is_of_group || scope->row == NO_ROW || value->row == scope->row)
            return value;
    }
    return NULL;
}

/* Entries, not values, where the field is a group. */
static unsigned count_values(const struct scope *scope, const struct field *field)
{
    unsigned count = 0;
    int row = NO_ROW;
    size_t at = 0;
    const struct field_value *value;
    while ((value = next_value(scope, field, &at)) != NULL) {
        if (field->type || value->row != row)
            count++;
        row = value->row;
    }
    return count;
}

static enum truth has_norm(const struct scope *scope, const struct condition *condition)
{
    size_t at = 0;
    const struct field_value *value;
    while ((value = next_value(scope, condition->field, &at)) != NULL)
        for (size_t i = 0; i < condition->norm_count; i++)
            if (str_eq(value->value.norm, condition->norms[i]))
                return YES;
    return NO;
}

static const struct date *date_in(const struct scope *scope, const struct field *field)
{
    size_t at = 0;
    const struct field_value *value = next_value(scope, field, &at);
    return value ? date_of(&value->value) : NULL;
}

/* Not later than `limit`: surely, surely not, or it depends on the day that is not known. */
static enum truth not_after(const struct date *date, int32_t first_limit, int32_t last_limit)
{
    if (date->last_day <= first_limit)
        return YES;
    return date->first_day <= last_limit ? UNKNOWN : NO;
}

static enum truth is_before(const struct scope *scope, const struct condition *condition)
{
    const struct date *date = date_in(scope, condition->field);
    if (!date)
        return UNKNOWN;
    if (!condition->other)
        return not_after(date, scope->today, scope->today);
    const struct date *other = date_in(scope, condition->other);
    return other ? not_after(date, other->first_day, other->last_day) : UNKNOWN;
}

static enum truth is_old_enough(const struct scope *scope, const struct condition *condition)
{
    const struct date *date = date_in(scope, condition->field);
    struct day limit = day_of_number(scope->today);
    limit.year -= (int32_t)condition->min;
    if (!day_is_valid(limit)) /* 29 February */
        limit.day--;
    return date ? not_after(date, day_number(limit), day_number(limit)) : UNKNOWN;
}

static enum truth evaluate(const struct condition *condition, const struct scope *scope);

/* The least of all children: none is more than YES. NOLINTNEXTLINE(misc-no-recursion) */
static enum truth evaluate_all(const struct condition *condition, const struct scope *scope)
{
    enum truth least = YES;
    for (const struct condition *c = condition->first; c && least != NO; c = c->next) {
        enum truth truth = evaluate(c, scope);
        least = truth < least ? truth : least;
    }
    return least;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static enum truth evaluate_any(const struct condition *condition, const struct scope *scope)
{
    enum truth most = NO;
    for (const struct condition *c = condition->first; c && most != YES; c = c->next) {
        enum truth truth = evaluate(c, scope);
        most = truth > most ? truth : most;
    }
    return most;
}

/* As deep as it was read. NOLINTNEXTLINE(misc-no-recursion) */
static enum truth evaluate(const struct condition *condition, const struct scope *scope)
{
    unsigned count;
    switch (condition->operation) {
    case ALL: return evaluate_all(condition, scope);
    case ANY: return evaluate_any(condition, scope);
    case NOT: return (enum truth)(YES - evaluate_all(condition, scope));
    case PRESENT: return count_values(scope, condition->field) > 0 ? YES : NO;
    case IN: return has_norm(scope, condition);
    case COUNT:
        count = count_values(scope, condition->field);
        return count >= condition->min && count <= condition->max ? YES : NO;
    case BEFORE: return is_before(scope, condition);
    case AGE_AT_LEAST: return is_old_enough(scope, condition);
    }
    return UNKNOWN;
}

static bool is_kept(const struct rule *rule, const struct scope *scope)
{
    return (rule->when && evaluate(rule->when, scope) != YES) ||
           evaluate(rule->require, scope) != NO;
}

unsigned rule_broken(const struct rule *rule, const struct record *record, int32_t today)
{
    struct scope scope = {.record = record, .each = rule->each, .row = NO_ROW, .today = today};
    if (!rule->each)
        return is_kept(rule, &scope) ? 0 : 1;
    for (size_t i = 0; i < record->count; i++) {
        const struct field_value *value = &record->values[i];
        if (value->field->parent != rule->each || value->row == scope.row)
            continue;
        scope.row = value->row;
        if (!is_kept(rule, &scope))
            return value->row + 1u;
    }
    return 0;
}

bool rule_condition_holds(const struct rule *rule, const struct record *record, int32_t today)
{
    struct scope scope = {.record = record, .row = NO_ROW, .today = today};
    return evaluate(rule->require, &scope) == YES;
}

void rule_describe(const struct rule *rule, struct buf *out)
{
    if (rule->say.len)
        buf_add(out, rule->say);
    else
        json_write(out, rule->source);
}
