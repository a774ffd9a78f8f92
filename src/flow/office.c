/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory of offices: a view of the records of system/office.yaml, one arena an office, so
 * that a new version replaces the old one whole. A few thousand at most: found by going over them.
 */
#include <stdlib.h>

#include "codec/json.h"
#include "flow/internal.h"

enum { OFFICE_MAX = 100000, LANGUAGES_MAX = 32 };

struct office {
    uint64_t number;
    struct arena arena;
    struct flow_office shown;
    const struct node *duty;
};

struct offices {
    pthread_rwlock_t lock;
    struct office *items;
    size_t count, max;
};

static const char *const definition_name = "office";

/* ---- from a record ---- */

static enum err read_languages(const struct node *node, struct office *office)
{
    str *languages = arena_array(&office->arena, str, LANGUAGES_MAX);
    if (!languages)
        return err_last()->code;
    if (node_is_scalar(node))
        languages[office->shown.language_count++] = node_as_text(node);
    node_each(item, node) if (office->shown.language_count < LANGUAGES_MAX)
        languages[office->shown.language_count++] = node_as_text(item);
    office->shown.languages = languages;
    return OK;
}

static enum err read_office(const struct stored *stored, struct office *ret)
{
    struct node *body = NULL;
    str text = arena_str(&ret->arena, stored->body);
    TRY(json_parse(text, &ret->arena, &body));
    const struct node *fields = node_get(body, S("fields"));
    ret->number = stored->id.number;
    ret->shown = (struct flow_office){
        .unit = node_get_text(fields, S("unit")),
        .country = arena_str(&ret->arena, stored->owner),
        .title = node_get_text(fields, S("name")),
        .telephone = node_get_text(fields, S("telephone")),
        .hours = node_get_text(fields, S("hours")),
        .deputy = node_get_text(fields, S("deputy")),
        .head = node_get_text(fields, S("head")),
    };
    ret->duty = node_get(fields, S("duty"));
    return read_languages(node_get(fields, S("languages")), ret);
}

/* ---- the table ---- */

static void forget(struct offices *offices, uint64_t number)
{
    for (size_t i = 0; i < offices->count; i++)
        if (offices->items[i].number == number) {
            arena_release(&offices->items[i].arena);
            offices->items[i] = offices->items[--offices->count];
            return;
        }
}

static enum err keep(struct offices *offices, const struct office *office)
{
    if (offices->count == OFFICE_MAX)
        return err_set(ERR_LIMIT, "more than %d offices", OFFICE_MAX);
    if (offices->count == offices->max) {
        size_t max = offices->max ? offices->max * 2 : 64;
        struct office *items = realloc(offices->items, max * sizeof *items);
        if (!items)
            return err_set(ERR_MEMORY, "out of memory for %zu offices", max);
        offices->items = items;
        offices->max = max;
    }
    offices->items[offices->count++] = *office;
    return OK;
}

enum err offices_take(struct flow *flow, const struct stored *stored)
{
    struct office office = {0};
    if (!str_eq_c(stored->definition, definition_name))
        return OK;
    bool is_there = !stored->is_erased && stored->body.len && stored->state == STATE_ACTIVE;
    enum err code = is_there ? read_office(stored, &office) : OK;
    if (!code) {
        pthread_rwlock_wrlock(&flow->offices->lock);
        forget(flow->offices, stored->id.number);
        code = is_there ? keep(flow->offices, &office) : OK;
        pthread_rwlock_unlock(&flow->offices->lock);
    }
    if (code)
        arena_release(&office.arena);
    return code;
}

static enum err take_one(void *context, const struct stored *stored)
{
    return offices_take(context, stored);
}

enum err offices_open(struct flow *flow)
{
    flow->offices = calloc(1, sizeof *flow->offices);
    if (!flow->offices)
        return err_set(ERR_MEMORY, "out of memory for the directory of offices");
    pthread_rwlock_init(&flow->offices->lock, NULL);
    return store_each(flow->store, str_c(definition_name), take_one, flow);
}

void offices_free(struct flow *flow)
{
    struct offices *offices = flow->offices;
    if (!offices)
        return;
    for (size_t i = 0; i < offices->count; i++)
        arena_release(&offices->items[i].arena);
    pthread_rwlock_destroy(&offices->lock);
    free(offices->items);
    free(offices);
}

/* ---- asked ---- */

static int64_t time_of(const struct node *map, str key)
{
    int64_t time_us = 0;
    const struct node *node = node_get(map, key);
    return node && clock_parse(node_as_text(node), &time_us) ? time_us : 0;
}

static void find_duty(const struct office *office, int64_t now_us, struct arena *arena,
                      struct flow_office *ret)
{
    const struct node *first =
        office->duty && office->duty->kind == NODE_LIST ? office->duty->first : office->duty;
    for (const struct node *turn = first; turn; turn = turn->next) {
        int64_t until = time_of(turn, S("until"));
        if (turn->kind != NODE_MAP || time_of(turn, S("from")) > now_us || until <= now_us)
            continue;
        ret->duty_officer = arena_str(arena, node_get_text(turn, S("officer")));
        ret->duty_telephone = arena_str(arena, node_get_text(turn, S("telephone")));
        ret->duty_until_us = until;
        return;
    }
}

static void copy_office(const struct office *office, struct arena *arena, struct flow_office *ret)
{
    const struct flow_office *shown = &office->shown;
    str *languages = arena_array(arena, str, shown->language_count);
    *ret = (struct flow_office){
        .unit = arena_str(arena, shown->unit),
        .country = arena_str(arena, shown->country),
        .title = arena_str(arena, shown->title),
        .telephone = arena_str(arena, shown->telephone),
        .hours = arena_str(arena, shown->hours),
        .deputy = arena_str(arena, shown->deputy),
        .head = arena_str(arena, shown->head),
        .languages = languages,
    };
    for (size_t i = 0; languages && i < shown->language_count; i++)
        languages[ret->language_count++] = arena_str(arena, shown->languages[i]);
    find_duty(office, clock_now_us(), arena, ret);
}

static int compare_offices(const void *a, const void *b)
{
    return str_compare(((const struct flow_office *)a)->unit,
                       ((const struct flow_office *)b)->unit);
}

enum err flow_offices(struct flow *flow, str unit, str country, struct arena *arena,
                      struct flow_office **ret, size_t *ret_count)
{
    struct offices *offices = flow->offices;
    size_t count = 0;
    pthread_rwlock_rdlock(&offices->lock);
    struct flow_office *list = arena_array(arena, struct flow_office, offices->count);
    for (size_t i = 0; list && i < offices->count; i++) {
        const struct flow_office *shown = &offices->items[i].shown;
        if ((unit.len && !str_eq(unit, shown->unit)) ||
            (country.len && !str_eq(country, shown->country)))
            continue;
        copy_office(&offices->items[i], arena, &list[count++]);
    }
    pthread_rwlock_unlock(&offices->lock);
    if (!list)
        return err_last()->code;
    qsort(list, count, sizeof *list, compare_offices);
    *ret = list;
    *ret_count = count;
    return OK;
}

str office_person(struct flow *flow, str unit, enum life_step step, struct arena *arena)
{
    struct flow_office *found = NULL;
    size_t count = 0;
    if ((step != STEP_DEPUTY && step != STEP_HEAD) || !unit.len)
        return STR_EMPTY;
    if (flow_offices(flow, unit, STR_EMPTY, arena, &found, &count) != OK || count == 0) {
        err_clear();
        return STR_EMPTY;
    }
    return step == STEP_DEPUTY ? found[0].deputy : found[0].head;
}
