/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searches. Exact keys are answered on the network loop; what compares names goes to the lane of
 * names. Either way the answer leaves from the audit log's done() callback.
 */
#include "api/internal.h"

struct searching {
    struct search_request request;
    struct search_plan *plan;
    struct search_answer answer;
};

static void print_answer(struct call *call)
{
    struct searching *searching = call->state;
    print_search(call, &searching->answer, &call->out);
}

static enum err run_plan(struct call *call)
{
    struct searching *searching = call->state;
    struct api *api = call->api;
    TRY(search_run(api->node.engine, searching->plan, &searching->answer));
    searching->answer.took_us = (uint32_t)(clock_monotonic_us() - call->started_us);
    struct audit_entry entry = {0};
    TRY(search_audit_entry(searching->plan, &searching->answer, call->arena, &entry));
    atomic_fetch_add_explicit(&api->searches, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&api->search_us, searching->answer.took_us, memory_order_relaxed);
    if (searching->answer.total_count)
        atomic_fetch_add_explicit(&api->hits, 1, memory_order_relaxed);
    return call_finish_audited(call, &entry, print_answer);
}

static enum err plan_and_run(struct call *call)
{
    struct searching *searching = call->state;
    TRY(search_plan(call->api->node.engine, &call->actor, &searching->request, call->arena,
                    &searching->plan));
    if (search_is_light(searching->plan))
        return run_plan(call);
    call->resume = run_plan;
    return lane_push(call->api->lanes, LANE_NAMES, call);
}

enum err run_search(struct call *call)
{
    struct searching *searching = arena_new(call->arena, struct searching);
    if (!searching)
        return err_last()->code;
    call->state = searching;
    TRY(search_request_read(call, call->body, &searching->request));
    if (searching->request.id.len &&
        !repeats_enter(call->api->repeats, call, searching->request.id))
        return OK; /* answered, or waiting for the first one's answer */
    return plan_and_run(call);
}

/* ---- recognition ---- */

struct part_list { /* gathers the parts of a composite value */
    struct part_sink sink;
    struct call *call;
    struct query_value *items;
    size_t count;
};
enum { PARTS_MAX = 32, READINGS_MAX = 16 };

static void add_part(struct part_sink *sink, str meaning, const struct value *value)
{
    struct part_list *list = (struct part_list *)sink;
    uint16_t number = meaning_number(list->call->api->node.catalog, meaning);
    if (number && list->count < PARTS_MAX)
        list->items[list->count++] = (struct query_value){.meaning = number, .value = *value};
}

static enum err reading_parts(struct call *call, const struct reading *reading,
                              struct search_reading *ret)
{
    struct part_list list = {.sink = {add_part}, .call = call};
    list.items = arena_array(call->arena, struct query_value, PARTS_MAX);
    if (!list.items)
        return err_last()->code;
    if (reading->type->parts)
        reading->type->parts(&reading->value, call->arena, &list.sink);
    uint16_t own = meaning_of_type(call->api->node.catalog, reading->type);
    if (list.count == 0 && own)
        list.items[list.count++] = (struct query_value){.meaning = own, .value = reading->value};
    *ret = (struct search_reading){.reading = *reading,
                                   .values = list.items,
                                   .count = list.count,
                                   .is_on = true};
    return OK;
}

/* Live recognition while typing: the types are asked, no record is read, nothing is recorded. */
enum err run_recognise(struct call *call)
{
    str text;
    TRY(call_body_text(call, S("text"), &text));
    struct type_context context = catalog_context(call->api->node.catalog, NULL);
    context.country = call->actor.country;
    struct reading readings[READINGS_MAX];
    size_t count =
        type_recognise(&context, str_slice(text, 0, 2000), call->arena, readings, READINGS_MAX);
    struct search_reading *chips = arena_array(call->arena, struct search_reading, count);
    if (!chips)
        return err_last()->code;
    for (size_t i = 0; i < count; i++)
        TRY(reading_parts(call, &readings[i], &chips[i]));
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    print_readings(&json, call, chips, count);
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}
