/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what was asked to what will be looked for. Nothing here reads a record, so a plan can be made on a network loop, and
 * shown while the officer types.
 *
 *   text "L898902C36UTO..."  -> readings (mrz, document-number, ...) -> one set each: the parts of the reading
 *   fields {birth-date: ...} -> values added to every set
 *
 * A reading far below the best one is switched off, not hidden: the chip is there to be switched on. A long number that proves
 * itself by its check digits needs no second opinion.
 */
#include <stdlib.h>

#include "search/internal.h"
#include "type/date.h"

enum { SURE = 95, KEEP_WITHIN = 45, FIELD_TEXTS_MAX = 16 };

/* ---- keys of a value ---- */

struct key_list {
    struct key_sink sink;
    struct arena *arena;
    struct key keys[VALUE_KEY_MAX];
    size_t count;
};

static void take_key(struct key_sink *sink, const struct key *key)
{
    struct key_list *list = (struct key_list *)sink;
    if ((key->kind != KEY_EXACT && key->kind != KEY_RANGE) || list->count == VALUE_KEY_MAX)
        return;
    list->keys[list->count++] =
        (struct key){key->kind, key->space, arena_str(list->arena, key->text),
                     key->to.len ? arena_str(list->arena, key->to) : STR_EMPTY};
}

enum err value_keys(const struct value *value, struct arena *arena, const struct key **ret,
                    size_t *ret_count)
{
    struct key_list list;
    list.sink.add = take_key;
    list.arena = arena;
    list.count = 0;
    *ret_count = 0;
    if (!value->type->keys)
        return OK;
    value->type->keys(value, &list.sink);
    struct key *keys = list.count ? arena_array(arena, struct key, list.count) : NULL;
    if (list.count && !keys)
        return err_last()->code;
    if (keys)
        memcpy(keys, list.keys, list.count * sizeof *keys);
    *ret = keys;
    *ret_count = list.count;
    return OK;
}

/* ---- readings ---- */

struct part_list {
    struct part_sink sink;
    const struct search_engine *engine;
    struct query_value *values;
    size_t count;
};

static void take_part(struct part_sink *sink, str meaning, const struct value *value)
{
    struct part_list *list = (struct part_list *)sink;
    uint16_t number = engine_meaning(list->engine, meaning);
    if (number && list->count < VALUE_MAX)
        list->values[list->count++] = (struct query_value){number, *value};
}

static bool is_among(const struct part_list *list, const struct type *type)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->values[i].value.type == type)
            return true;
    return false;
}

/* A composite by its parts; and, when it has keys and is not among them, as any field of its type. */
static enum err fill_reading(const struct search_engine *engine, struct search_reading *reading,
                             struct arena *arena)
{
    const struct value *value = &reading->reading.value;
    struct query_value parts[VALUE_MAX];
    struct part_list list = {.sink = {take_part}, .engine = engine, .values = parts};
    if (value->type->parts)
        value->type->parts(value, arena, &list.sink);
    if (list.count == 0 ||
        (value->type->keys && list.count < VALUE_MAX && !is_among(&list, value->type)))
        parts[list.count++] = (struct query_value){0, *value};
    reading->values = arena_array(arena, struct query_value, list.count);
    if (!reading->values)
        return err_last()->code;
    memcpy(reading->values, parts, list.count * sizeof *parts);
    reading->count = list.count;
    return OK;
}

static bool is_off(const struct node *off, const struct type *type)
{
    node_each(child, off) if (str_eq_c(node_as_text(child), type->name)) return true;
    return false;
}

static bool can_lead(const struct query_value *value)
{
    return value->value.type->is_key || value->value.type->is_fuzzy;
}

static bool reading_can_lead(const struct search_reading *reading)
{
    for (size_t i = 0; i < reading->count; i++)
        if (can_lead(&reading->values[i]))
            return true;
    return false;
}

/* "Anna Petrova 12.08.1974": a name with a birth date before or behind it. */
static bool split_date(const struct type_context *context, str line, struct arena *arena,
                       str *ret_name, struct value *ret_date)
{
    for (size_t at = 1; at + 1 < line.len; at++) {
        if (line.ptr[at] != ' ' && line.ptr[at] != ',')
            continue;
        str left = str_trim(str_slice(line, 0, at)), right = str_trim(str_from(line, at + 1));
        for (unsigned side = 0; side < 2; side++) {
            str date = side ? left : right, name = side ? right : left;
            bool has_digit = false, has_letter = false;
            for (size_t i = 0; i < date.len; i++)
                has_digit |= is_digit(date.ptr[i]);
            for (size_t i = 0; i < name.len; i++) {
                has_letter |= !is_digit(name.ptr[i]) &&
                              (is_alnum(name.ptr[i]) || (unsigned char)name.ptr[i] > 127);
                has_letter &= !is_digit(name.ptr[i]) || i == 0;
            }
            if (!has_digit || !has_letter || date.len < 4 || date.len > 24)
                continue;
            if (type_parse_text(&type_date, context, date, arena, ret_date)) {
                err_clear();
                continue;
            }
            *ret_name = str_trim(name);
            while (ret_name->len && ret_name->ptr[ret_name->len - 1] == ',')
                ret_name->len--;
            return true;
        }
    }
    return false;
}

/* Which meaning the dates have that order entries: birth, as the definitions say it. */
static uint16_t order_meaning(const struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (catalog->definitions[i]->has_evidence && catalog->definitions[i]->order_by)
            return catalog->definitions[i]->order_by->meaning_number;
    return 0;
}

static size_t read_name_and_date(const struct catalog *catalog, const struct type_context *context,
                                 str text, struct arena *arena, struct reading *out, size_t max,
                                 struct value *ret_date)
{
    str name;
    if (!order_meaning(catalog) || !split_date(context, text, arena, &name, ret_date))
        return 0;
    size_t count = type_recognise(context, name, arena, out, max), kept = 0;
    for (size_t i = 0; i < count; i++)
        if (out[i].value.type->is_fuzzy)
            out[kept++] = out[i];
    return kept;
}

static enum err add_date(const struct catalog *catalog, struct search_reading *reading,
                         const struct value *date, struct arena *arena)
{
    struct query_value *values = arena_array(arena, struct query_value, reading->count + 1);
    if (!values)
        return err_last()->code;
    memcpy(values, reading->values, reading->count * sizeof *values);
    values[reading->count] = (struct query_value){order_meaning(catalog), *date};
    reading->values = values;
    reading->count++;
    return OK;
}

enum err search_recognise(const struct search_engine *engine, str text, const struct node *off,
                          struct arena *arena, const struct search_reading **ret, size_t *ret_count)
{
    struct reading found[READING_MAX];
    struct type_context context = catalog_context(engine->catalog, NULL);
    struct value date;
    if (text.len > TEXT_MAX)
        return err_set(ERR_LIMIT, "the text has %zu bytes, at most %d are read", text.len,
                       TEXT_MAX);
    size_t with_date = read_name_and_date(engine->catalog, &context, text, arena, found, 1, &date);
    size_t count = with_date + type_recognise(&context, text, arena, found + with_date,
                                              READING_MAX - with_date);
    struct search_reading *readings = arena_array(arena, struct search_reading, count + 1);
    if (!readings)
        return err_last()->code;
    unsigned best = 0;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (i >= with_date && with_date && found[i].type->is_fuzzy)
            continue; /* the same words, date and all, as a name */
        readings[kept].reading = found[i];
        TRY(fill_reading(engine, &readings[kept], arena));
        if (i < with_date)
            TRY(add_date(engine->catalog, &readings[kept], &date, arena));
        bool is_leading = reading_can_lead(&readings[kept]);
        best = is_leading && found[i].confidence > best ? found[i].confidence : best;
        readings[kept].is_on = is_leading;
        kept++;
    }
    for (size_t i = 0; i < kept; i++) {
        unsigned confidence = readings[i].reading.confidence;
        readings[i].is_on &= !is_off(off, readings[i].reading.type) &&
                             (best >= SURE ? confidence == best : confidence + KEEP_WITHIN >= best);
    }
    *ret = readings;
    *ret_count = kept;
    return OK;
}

/* ---- typed fields ---- */

static enum err add_field_text(struct search_plan *plan, const struct node *node,
                               const struct node *text, struct query_value *values, size_t *count)
{
    uint16_t meaning = engine_meaning(plan->engine, node->key);
    const struct type *type = plan->engine->meanings[meaning].type;
    if (!type) {
        err_set(ERR_UNKNOWN, "\"%.*s\" is not something that can be asked for", STR(node->key));
        return err_field("%.*s", STR(node->key));
    }
    if (*count == VALUE_MAX / 2)
        return err_set(ERR_LIMIT, "at most %d values can be asked for at once", VALUE_MAX / 2);
    struct type_context context = plan->context;
    context.list = plan->engine->meanings[meaning].list;
    struct query_value *value = &values[*count];
    value->meaning = meaning;
    if (type->parse(&context, text, plan->arena, &value->value))
        return err_field("%.*s", STR(node->key));
    (*count)++;
    return OK;
}

static enum err read_fields(struct search_plan *plan, struct query_value *values, size_t *count)
{
    *count = 0;
    node_each(node, plan->request->fields)
    {
        size_t texts = 0;
        if (node->kind != NODE_LIST) {
            if (!node_is_scalar(node) || str_trim(node->text).len)
                TRY(add_field_text(plan, node, node, values, count));
            continue;
        }
        node_each(item, node)
        {
            if (++texts > FIELD_TEXTS_MAX)
                return err_set(ERR_LIMIT, "at most %d values of one field can be asked for",
                               FIELD_TEXTS_MAX);
            TRY(add_field_text(plan, node, item, values, count));
        }
    }
    return OK;
}

/* ---- sets ---- */

static enum err add_value(struct search_plan *plan, struct query_set *set,
                          const struct query_value *value, bool is_field)
{
    if (set->count == VALUE_MAX)
        return OK;
    struct set_value *place = &set->values[set->count++];
    *place = (struct set_value){.query = *value, .is_field = is_field};
    TRY(value_keys(&value->value, plan->arena, &place->keys, &place->key_count));
    set->has_keys |= place->key_count > 0;
    set->has_names |= value->value.type->is_fuzzy;
    return OK;
}

static enum err add_set(struct search_plan *plan, const struct search_reading *reading,
                        const struct query_value *fields, size_t field_count)
{
    struct query_set *set = &plan->sets[plan->set_count];
    *set = (struct query_set){.reading = reading};
    size_t max = field_count + (reading ? reading->count : 0);
    set->values = arena_array(plan->arena, struct set_value, max < VALUE_MAX ? max : VALUE_MAX);
    if (!set->values)
        return err_last()->code;
    for (size_t i = 0; reading && i < reading->count; i++)
        TRY(add_value(plan, set, &reading->values[i], reading->values[i].meaning != 0));
    for (size_t i = 0; i < field_count; i++)
        TRY(add_value(plan, set, &fields[i], true));
    plan->set_count += set->has_keys || set->has_names;
    return OK;
}

static enum err read_text(struct search_plan *plan)
{
    const struct search_reading *readings = NULL;
    str text = str_trim(plan->request->text);
    TRY(search_recognise(plan->engine, text, plan->request->off, plan->arena, &readings,
                         &plan->reading_count));
    plan->readings = (struct search_reading *)(uintptr_t)readings;
    unsigned best = plan->reading_count ? plan->readings[0].reading.confidence : 0;
    if (!garbled_repair(&plan->context, text, best, plan->arena, &plan->repaired,
                        &plan->garbled_by))
        for (size_t i = 0; i < plan->reading_count && plan->repaired.len == 0; i++)
            plan->repaired =
                plan->readings[i].is_on ? plan->readings[i].reading.value.repair : STR_EMPTY;
    return OK;
}

static enum err nothing_to_search_by(const struct search_plan *plan)
{
    if (plan->request->text.len)
        err_set(ERR_MISSING, "nothing in the text can be searched for");
    else
        err_set(ERR_MISSING, "there is nothing to search by");
    return err_hint(
        "give a number of any kind, or a name; other fields narrow a search, they cannot lead it");
}

static enum err make_sets(struct search_plan *plan)
{
    struct query_value fields[VALUE_MAX];
    size_t field_count = 0;
    TRY(read_fields(plan, fields, &field_count));
    if (plan->request->text.len)
        TRY(read_text(plan));
    for (size_t i = 0; i < plan->reading_count; i++)
        if (plan->readings[i].is_on)
            TRY(add_set(plan, &plan->readings[i], fields, field_count));
    if (plan->set_count == 0)
        TRY(add_set(plan, NULL, fields, field_count));
    if (plan->set_count == 0 && plan->wildcard.len == 0)
        return nothing_to_search_by(plan);
    return OK;
}

/* ---- databases ---- */

/* All that may be asked; or those that were named, each of which must be allowed. */
static enum err choose_databases(struct search_plan *plan)
{
    const struct catalog *catalog = plan->engine->catalog;
    plan->is_all_databases = !plan->request->databases || plan->request->databases->count == 0;
    if (plan->is_all_databases)
        return engine_databases(plan->engine, plan->actor, plan->arena, &plan->databases);
    struct databases *chosen = arena_new(plan->arena, struct databases);
    if (!chosen)
        return err_last()->code;
    node_each(name, plan->request->databases)
    {
        const struct definition *definition = catalog_find(catalog, node_as_text(name));
        if (!definition)
            return err_set(ERR_UNKNOWN, "there is no database \"%.*s\"", STR(node_as_text(name)));
        TRY(policy_allow(catalog, plan->actor, POLICY_SEARCH, definition, STR_EMPTY));
        databases_add(chosen, definition);
    }
    plan->databases = chosen;
    return OK;
}

static bool has_wildcard(str text)
{
    return str_find(text, '?') < text.len || str_find(text, '*') < text.len;
}

enum err search_plan(struct search_engine *engine, const struct actor *actor,
                     const struct search_request *request, struct arena *arena,
                     struct search_plan **ret)
{
    struct search_plan *plan = arena_new(arena, struct search_plan);
    if (!plan)
        return err_last()->code;
    plan->engine = engine;
    plan->actor = actor;
    plan->request = request;
    plan->arena = arena;
    plan->began_us = clock_now_us();
    plan->context = engine->context;
    plan->context.today = engine_today(engine, plan->began_us);
    plan->limit = request->limit == 0          ? LIMIT_DEFAULT
                  : request->limit < LIMIT_MAX ? request->limit
                                               : LIMIT_MAX;
    plan->offset = request->offset;
    plan->is_similar_forced = request->similar == SIMILAR_YES;
    if (has_wildcard(request->text) && request->text.len <= 64)
        plan->wildcard = str_trim(request->text);
    TRY(choose_databases(plan));
    TRY(make_sets(plan));
    bool has_names = false, has_failed = false;
    for (size_t i = 0; i < plan->set_count; i++) {
        has_names |= plan->sets[i].has_names;
        for (size_t k = 0; k < plan->sets[i].count; k++)
            has_failed |= plan->sets[i].values[k].query.value.check == CHECK_FAILED;
    }
    plan->is_light =
        !has_names && !has_failed && !plan->is_similar_forced && plan->wildcard.len == 0;
    *ret = plan;
    return OK;
}

bool search_is_light(const struct search_plan *plan)
{
    return plan->is_light;
}
