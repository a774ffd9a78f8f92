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
    TRY(search_run(searching->plan, &searching->answer));
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

/* ---- why is this record in the answer, or not ---- */

struct explaining {
    struct search_request request;
    struct search_plan *plan;
    struct search_answer answer;
    struct search_why why;
    struct record_id record;
};

static void print_why(struct call *call)
{
    const struct explaining *explaining = call->state;
    const struct search_why *why = &explaining->why;
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_text(&json, S("receipt"), str_c(call->receipt));
    json_text(&json, S("verdict"), str_c(verdict_word(explaining->answer.verdict)));
    json_text(&json, S("why"), str_c(why_not_word(why->why)));
    json_bool(&json, S("by_key"), why->by_key);
    json_bool(&json, S("by_name"), why->by_name);
    json_number(&json, S("place"), why->place);
    json_bool(&json, S("proven"), explaining->answer.is_proven);
    if (why->is_scored) {
        json_real(&json, S("possible_from"), why->possible_from, 1);
        json_real(&json, S("hit_from"), why->hit_from, 1);
    }
    print_readings(&json, call, explaining->answer.readings, explaining->answer.reading_count);
    json_key(&json, S("hit"));
    search_hit_print(call->api->node.catalog, &why->hit, call->language, &call->out);
    json.is_next = true;
    json_close(&json, '}');
}

static enum err explain(struct call *call)
{
    struct explaining *explaining = call->state;
    struct audit_entry entry = {0};
    enum err code =
        search_why(explaining->plan, explaining->record, &explaining->answer, &explaining->why);
    if (code == ERR_NOT_FOUND)
        return call_no_record(call->args[0]);
    TRY(code);
    explaining->answer.took_us = (uint32_t)(clock_monotonic_us() - call->started_us);
    TRY(search_audit_entry(explaining->plan, &explaining->answer, call->arena, &entry));
    return call_finish_audited(call, &entry, print_why);
}

enum err run_why(struct call *call)
{
    struct explaining *explaining = arena_new(call->arena, struct explaining);
    if (!explaining)
        return err_last()->code;
    call->state = explaining;
    TRY(search_request_read(call, call->body, &explaining->request));
    TRY(call_record_id(call, call->args[0], &explaining->record));
    TRY(search_plan(call->api->node.engine, &call->actor, &explaining->request, call->arena,
                    &explaining->plan));
    return explain(call);
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
