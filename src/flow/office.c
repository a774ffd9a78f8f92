/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of offices: the records of system/office.yaml, and who is on duty now. */
#include <stdlib.h>

#include "codec/node.h"
#include "flow/internal.h"

struct office {
    struct held held;
    struct flow_office shown;
    const struct node *duty;
};

static enum err read_office(struct flow *flow, const struct node *fields, struct held *held)
{
    struct office *ret = (struct office *)held;
    (void)flow;
    ret->shown = (struct flow_office){
        .unit = node_get_text(fields, S("unit")),
        .country = held->owner,
        .title = node_get_text(fields, S("name")),
        .telephone = node_get_text(fields, S("telephone")),
        .hours = node_get_text(fields, S("hours")),
        .deputy = node_get_text(fields, S("deputy")),
        .head = node_get_text(fields, S("head")),
        .is_bureau = node_as_bool(node_get(fields, S("bureau")), false),
    };
    ret->duty = node_get(fields, S("duty"));
    return held_texts(node_get(fields, S("languages")), &held->arena, &ret->shown.languages,
                      &ret->shown.language_count);
}

enum err offices_open(struct flow *flow)
{
    return holding_open(flow, "office", sizeof(struct office), read_office, &flow->offices);
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

static void copy_office(const struct flow *flow, const struct office *office, struct arena *arena,
                        struct flow_office *ret)
{
    const struct flow_office *shown = &office->shown;
    str *languages = arena_array(arena, str, shown->language_count);
    *ret = (struct flow_office){
        .record = {flow->home, office->held.number},
        .unit = arena_str(arena, shown->unit),
        .country = arena_str(arena, shown->country),
        .title = arena_str(arena, shown->title),
        .telephone = arena_str(arena, shown->telephone),
        .hours = arena_str(arena, shown->hours),
        .deputy = arena_str(arena, shown->deputy),
        .head = arena_str(arena, shown->head),
        .languages = languages,
        .is_bureau = shown->is_bureau,
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
    struct holding *offices = flow->offices;
    size_t count = 0;
    pthread_rwlock_rdlock(&offices->lock);
    struct flow_office *list = arena_array(arena, struct flow_office, offices->count);
    for (size_t i = 0; list && i < offices->count; i++) {
        const struct office *office = (const struct office *)offices->items[i];
        const struct flow_office *shown = &office->shown;
        if ((unit.len && !str_eq(unit, shown->unit)) ||
            (country.len && !str_eq(country, shown->country)))
            continue;
        copy_office(flow, office, arena, &list[count++]);
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
