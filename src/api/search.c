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

/* Live recognition while typing: no record is read, nothing is recorded. */
enum err run_recognise(struct call *call)
{
    struct search_request request = {.off = node_get(call->body, S("off"))};
    const struct search_reading *readings;
    size_t count;
    str keyboard;
    struct json json = {.out = &call->out};
    TRY(call_body_text(call, S("text"), &request.text));
    TRY(search_recognise(call->api->node.engine, &call->actor, &request, call->arena, &readings,
                         &count));
    json_open(&json, '{');
    print_readings(&json, call, readings, count);
    json_text_some(&json, S("repaired"),
                   search_repair(call->api->node.engine, str_trim(request.text), readings, count,
                                 call->arena, &keyboard));
    json_text_some(&json, S("keyboard"), keyboard);
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}
