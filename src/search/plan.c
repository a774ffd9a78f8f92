/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what was asked to what will be looked for. Nothing here reads a record, so a plan can be
 * made on a network loop, and shown while the officer types.
 *
 *   text "L898902C36UTO..."  -> readings (mrz, document-number, ...) -> one set each: the parts of
 *   the reading
 *   fields {birth-date: ...} -> values added to every set
 */
#include <stdlib.h>

#include "search/internal.h"

enum { FIELD_TEXTS_MAX = 16 };

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
    list.sink = (struct key_sink){.add = take_key, .is_lookup = true};
    list.arena = arena;
    list.count = 0;
    *ret_count = 0;
    if (!value->type->keys)
        return OK;
    value->type->keys(value, &list.sink);
    struct key *keys = list.count ? arena_array(arena, struct key, list.count) : NULL;
    if (list.count && !keys)
        return ERR_LIMIT;
    if (keys)
        memcpy(keys, list.keys, list.count * sizeof *keys);
    *ret = keys;
    *ret_count = list.count;
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
    struct query_value value = {.meaning = meaning};
    if (type->parse(&context, text, plan->arena, &value.value))
        return err_field("%.*s", STR(node->key));
    return value_expand(plan->engine, &value, plan->arena, values, VALUE_MAX / 2, count);
}

static enum err add_field_list(struct search_plan *plan, const struct node *node,
                               struct query_value *values, size_t *count)
{
    if (node->count > FIELD_TEXTS_MAX)
        return err_set(ERR_LIMIT, "at most %d values of one field can be asked for",
                       FIELD_TEXTS_MAX);
    node_each(item, node) TRY(add_field_text(plan, node, item, values, count));
    return OK;
}

static enum err read_fields(struct search_plan *plan, struct query_value *values, size_t *count)
{
    *count = 0;
    node_each(node, plan->request->fields)
    {
        if (node->kind == NODE_LIST)
            TRY(add_field_list(plan, node, values, count));
        else if (!node_is_scalar(node) || str_trim(node->text).len)
            TRY(add_field_text(plan, node, node, values, count));
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
        return ERR_LIMIT;
    for (size_t i = 0; reading && i < reading->count; i++)
        TRY(add_value(plan, set, &reading->values[i], reading->values[i].meaning != 0));
    for (size_t i = 0; i < field_count; i++)
        TRY(add_value(plan, set, &fields[i], true));
    plan->set_count += set->has_keys || set->has_names;
    return OK;
}

static enum err read_text(struct search_plan *plan)
{
    str text = str_trim(plan->request->text);
    TRY(search_recognise(plan->engine, plan->actor, plan->request, plan->arena, &plan->readings,
                         &plan->reading_count));
    plan->repaired = search_repair(plan->engine, text, plan->readings, plan->reading_count,
                                   plan->arena, &plan->garbled_by);
    return OK;
}

/* What was asked, all of it of types that say something of a record and lead to none. */
static str asked_in_words(const struct search_plan *plan)
{
    const struct catalog *catalog = plan->engine->catalog;
    struct buf words = {.max = 300};
    size_t count = 0, shown = 0;
    node_each(node, plan->request->fields) count += meaning_number(catalog, node->key) > 0;
    node_each(node, plan->request->fields)
    {
        uint16_t number = meaning_number(catalog, node->key);
        if (!number)
            continue;
        buf_add(&words, shown == 0 ? STR_EMPTY : shown + 1 == count ? S(" and ") : S(", "));
        buf_add(&words, catalog->meaning_list->codes[number - 1].names[LANGUAGE_EN]);
        shown++;
    }
    str text = arena_str(plan->arena, buf_str(&words));
    buf_release(&words);
    return text;
}

static enum err nothing_to_search_by(const struct search_plan *plan)
{
    str asked = asked_in_words(plan);
    if (plan->request->text.len)
        err_set(ERR_MISSING, "nothing in the text can be searched for");
    else if (asked.len)
        err_set(ERR_MISSING, "%.*s cannot lead a search: too many records share such values",
                STR(asked));
    else
        err_set(ERR_MISSING, "there is nothing to search by");
    return err_hint("give a number of any kind, or a name; dates, places, countries, positions, "
                    "amounts and codes narrow a search, they cannot lead it");
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
        return ERR_LIMIT;
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
        return ERR_LIMIT;
    plan->engine = engine;
    plan->actor = actor;
    plan->request = request;
    plan->arena = arena;
    plan->began_us = clock_now_us();
    plan->context = engine->context;
    plan->context.today = engine_today(engine, plan->began_us);
    plan->context.country = actor->country;
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
    plan->has_range = similar_has_range(plan);
    plan->is_light = !has_names && !has_failed && !plan->is_similar_forced && !plan->has_range &&
                     plan->wildcard.len == 0;
    *ret = plan;
    return OK;
}

bool search_is_light(const struct search_plan *plan)
{
    return plan->is_light;
}
