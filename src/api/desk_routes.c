/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A desk handed over from one shift to the next: its list, and the two signatures. Every officer
 * sees their own desk's and no other; takers are officers of that desk.
 */
#include "api/internal.h"

enum { TAKERS_MAX = 1000, OFFICERS_MAX = 500 };

static str id_text(struct call *call, struct record_id id)
{
    char text[RECORD_ID_TEXT];
    return arena_str(call->arena, str_c(record_id_format(id, text)));
}

/* ---- printing ---- */

static void print_last(struct json *json, struct call *call, const struct flow_handover *last)
{
    if (!last->id.number)
        return;
    json_key(json, S("last"));
    json_open(json, '{');
    json_text(json, S("id"), id_text(call, last->id));
    json_number(json, S("version"), last->version);
    json_text(json, S("digest"), last->digest);
    json_text(json, S("left_by"), last->left_by);
    json_time(json, S("left_at"), last->left_us);
    json_text_some(json, S("note"), last->note);
    json_text_some(json, S("taken_by"), last->taken_by);
    if (last->taken_us)
        json_time(json, S("taken_at"), last->taken_us);
    json_text_some(json, S("taken_note"), last->taken_note);
    json_close(json, '}');
}

static void print_handed(struct json *json, struct call *call, const struct flow_handed *handed)
{
    json_open(json, '{');
    json_key(json, S("ticket"));
    print_ticket_brief(json, call, &handed->brief);
    json_bool(json, S("urgent"), handed->is_urgent);
    json_bool(json, S("since"), handed->is_since);
    json_text_some(json, S("taker"), handed->taker);
    json_close(json, '}');
}

/* Who may be named: the others of this desk who can act now. */
static enum err print_officers(struct json *json, struct call *call)
{
    struct identity_officer *list;
    size_t count;
    TRY(identity_officers(call->api->node.identity, NULL, call->actor.unit, call->arena, &list,
                          &count));
    json_key(json, S("officers"));
    json_open(json, '[');
    for (size_t i = 0; i < count && i < OFFICERS_MAX; i++)
        if (list[i].state == STATE_ACTIVE && str_eq(list[i].country, call->actor.country) &&
            !str_eq(list[i].id, call->actor.officer))
            json_text(json, STR_EMPTY, list[i].id);
    json_close(json, ']');
    return OK;
}

static void print_desk(struct call *call)
{
    const struct flow_desk *desk = call->state;
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_key(&json, S("desk"));
    json_open(&json, '{');
    json_text(&json, S("country"), desk->desk.country);
    json_text(&json, S("unit"), desk->desk.unit);
    json_close(&json, '}');
    json_text(&json, S("digest"), desk->digest);
    json_key(&json, S("tickets"));
    json_open(&json, '[');
    for (size_t i = 0; i < desk->count; i++)
        print_handed(&json, call, &desk->tickets[i]);
    json_close(&json, ']');
    json_bool(&json, S("more"), desk->has_more);
    if (print_officers(&json, call) != OK)
        err_clear(); /* the list was read before: it is memory that is short */
    print_last(&json, call, &desk->last);
    json_text(&json, S("receipt"), str_c(call->receipt));
    json_close(&json, '}');
}

static enum err finish_desk(struct call *call, const struct flow_desk *desk, enum audit_kind kind,
                            const char *verdict)
{
    struct audit_entry entry = call_entry(call, kind);
    entry.databases = S("tickets");
    entry.query = desk->last.id.number
                      ? arena_printf(call->arena, "{\"handover\":\"%.*s\",\"tickets\":%zu}",
                                     STR(id_text(call, desk->last.id)), desk->count)
                      : arena_printf(call->arena, "{\"tickets\":%zu}", desk->count);
    entry.verdict = str_c(verdict);
    return call_finish_audited(call, &entry, print_desk);
}

/* ---- what is given ---- */

static enum err check_taker(struct call *call, str officer)
{
    struct actor actor;
    enum err code =
        identity_by_officer(call->api->node.identity, officer, STR_EMPTY, call->arena, &actor);
    if (!code && str_eq(actor.unit, call->actor.unit) && str_eq(actor.country, call->actor.country))
        return OK;
    err_set(ERR_BAD_VALUE, "\"%.*s\" is no officer of this desk", STR(str_slice(officer, 0, 64)));
    return err_field("takers");
}

/* {"4D2KX9A-1F": "o-2001", ...} */
static enum err read_takers(struct call *call, struct flow_signature *ret)
{
    const struct node *map = node_get(call->body, S("takers"));
    size_t max = map ? map->count : 0;
    if (map && (map->kind != NODE_MAP || max > TAKERS_MAX)) {
        err_set(ERR_BAD_VALUE, "takers is a map from tickets to officers, at most %d", TAKERS_MAX);
        return err_field("takers");
    }
    struct flow_taker *takers = arena_array(call->arena, struct flow_taker, max);
    if (!takers)
        return err_last()->code;
    node_each(child, map)
    {
        struct flow_taker *taker = &takers[ret->taker_count++];
        taker->officer = node_as_text(child);
        if (!record_id_parse(child->key, &taker->ticket)) {
            err_set(ERR_BAD_VALUE, "%.*s is not a ticket's id", STR(str_slice(child->key, 0, 64)));
            return err_field("takers");
        }
        TRY(check_taker(call, taker->officer));
    }
    ret->takers = takers;
    return OK;
}

static enum err read_signature(struct call *call, struct flow_signature *ret)
{
    TRY(call_body_text(call, S("digest"), &ret->digest));
    ret->note = str_trim(node_get_text(call->body, S("note")));
    return read_takers(call, ret);
}

/* ---- routes ---- */

enum err run_handover(struct call *call)
{
    struct flow_desk *desk = arena_new(call->arena, struct flow_desk);
    if (!desk)
        return err_last()->code;
    TRY(flow_desk_list(call->api->node.flow, &call->actor, call->arena, desk));
    call->state = desk;
    return finish_desk(call, desk, AUDIT_READ, "desk listed");
}

enum err run_handover_leave(struct call *call)
{
    struct flow_signature signature = {.note = STR_EMPTY};
    struct flow_desk *desk = arena_new(call->arena, struct flow_desk);
    if (!desk)
        return err_last()->code;
    TRY(read_signature(call, &signature));
    TRY(flow_hand_over(call->api->node.flow, &call->actor, &signature, call->arena, desk));
    call->state = desk;
    return finish_desk(call, desk, AUDIT_WRITE, "desk left");
}

enum err run_handover_take(struct call *call)
{
    uint64_t version;
    str text = node_get_text(call->body, S("version"));
    struct flow_signature signature = {.note = STR_EMPTY};
    struct flow_desk *desk = arena_new(call->arena, struct flow_desk);
    if (!desk)
        return err_last()->code;
    if (!record_id_parse(call->args[0], &signature.id) || !signature.id.number)
        return err_set(ERR_BAD_VALUE, "%.*s is not a handover's id",
                       STR(str_slice(call->args[0], 0, 64)));
    if (!str_to_u64(text, UINT32_MAX, &version) || version == 0) {
        err_set(ERR_BAD_VALUE, "%.*s is not a version", STR(str_slice(text, 0, 32)));
        return err_field("version");
    }
    signature.version = (uint32_t)version;
    TRY(read_signature(call, &signature));
    TRY(flow_hand_over(call->api->node.flow, &call->actor, &signature, call->arena, desk));
    call->state = desk;
    return finish_desk(call, desk, AUDIT_WRITE, "desk taken over");
}

/* ---- the scorecard ---- */

/* "2026-11"; the whole month */
static enum err read_month(struct call *call, str name, int64_t otherwise_us, int64_t *ret_us)
{
    struct day day;
    str text = call_query(call, name);
    str first = arena_printf(call->arena, "%.*s-01", STR(str_slice(text, 0, 16)));
    *ret_us = otherwise_us;
    if (!text.len)
        return OK;
    if (!day_parse(first, &day)) {
        err_set(ERR_BAD_VALUE, "%.*s is not a month, as 2026-11", STR(str_slice(text, 0, 16)));
        return err_field("%.*s", STR(name));
    }
    *ret_us = (int64_t)day_number(day) * 86400 * 1000000;
    return OK;
}

enum err run_scorecard(struct call *call)
{
    struct flow_score *scores;
    size_t count;
    int64_t from_us, to_us;
    struct json json = {.out = &call->out};
    TRY(read_month(call, S("from"), 0, &from_us));
    TRY(read_month(call, S("to"), clock_now_us(), &to_us));
    TRY(flow_scorecard(call->api->node.flow, &call->actor, from_us, to_us, call->arena, &scores,
                       &count));
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++) {
        json_open(&json, '{');
        json_text(&json, S("month"),
                  arena_printf(call->arena, "%04d-%02d", scores[i].year, scores[i].month));
        json_key(&json, S("figures"));
        print_figures(&json, &scores[i].figures);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    call_finish(call, OK);
    return OK;
}
