/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The feed of changes as one actor may see it: a page, a long poll, or server-sent events. Nobody
 * holds a thread while nothing happens: the call sits in the waiting room until the store has
 * grown.
 *
 * Positions are sealed cursors. Changes the actor may not see are passed over, and so is their
 * number. Of a record that he could see before this change and cannot any longer, the id alone is
 * told, as of one that was erased: so copies elsewhere go with it. What stood in an erased record
 * is
 * gone, and with it who could see it: that it was erased is told to its keepers. What a page shows
 * is on the audit log before it leaves.
 */
#include "api/internal.h"

enum { PAGE_MAX = 200, SCAN_MAX = 5000, WAIT_MAX_S = 60, HEARTBEAT_US = 15000000 };

struct following {
    uint64_t after; /* last sequence looked at */
    uint64_t max;
    bool is_stream, is_begun;
    struct arena page; /* of one page: a stream may live for hours */
    struct buf text;   /* the page's changes, JSON objects with commas */
    struct audit_shown shown[PAGE_MAX];
    size_t count;
    size_t scanned;
    struct call *call;
};

static str state_of(const struct stored *change)
{
    return str_c(state_word(change->state));
}

/* Why one that was seen is so no longer, suspended or kept from him, is not his to know. */
static void print_head(struct json *json, const struct stored *change, bool is_gone)
{
    static const str kinds[] = {
        [CHANGE_PUT] = S("put"), [CHANGE_STATE] = S("state"), [CHANGE_ERASE] = S("erase")};
    char id[RECORD_ID_TEXT];
    json_text(json, S("kind"), kinds[is_gone ? CHANGE_ERASE : change->kind]);
    json_text(json, S("id"), str_c(record_id_format(change->id, id)));
    json_number(json, S("version"), change->version);
    json_text(json, S("state"), is_gone ? str_c(state_word(STATE_DELETED)) : state_of(change));
    json_time(json, S("time"), change->time_us);
}

/* ERR_NOT_FOUND: nothing of it for this actor. */
static enum err open_change(struct following *following, const struct stored *change,
                            struct record *record, struct view *ret)
{
    struct call *call = following->call;
    if (change->is_erased || change->body.len == 0)
        return ERR_NOT_FOUND;
    TRY(stored_to_record(call, change, &following->page, record));
    return policy_open(call->api->node.catalog, &call->actor, record, &following->page, ret);
}

/* What he could see until this change, or looks after, and cannot see with it. */
static bool is_gone_for(struct following *following, const struct stored *change)
{
    struct record record;
    struct view view;
    struct stored before;
    struct call *call = following->call;
    bool is_erased = change->is_erased || change->body.len == 0;
    const struct definition *definition = catalog_find(call->api->node.catalog, change->definition);
    if (is_erased)
        return change->kind == CHANGE_ERASE && definition &&
               policy_keeps(&call->actor, definition, change->owner);
    bool is_known = change->version > 1 &&
                    store_read_version(call->api->node.store, change->id.number,
                                       change->version - 1, &following->page, &before) == OK &&
                    open_change(following, &before, &record, &view) == OK;
    err_clear();
    return is_known;
}

static enum err print_change(struct following *following, const struct stored *change)
{
    struct call *call = following->call;
    struct record record;
    struct view view = {.disclosure = DISCLOSE_HIT_ONLY};
    const struct definition *definition = catalog_find(call->api->node.catalog, change->definition);
    if (definition && has_own_door(definition))
        return OK;
    enum err code = open_change(following, change, &record, &view);
    bool is_erased = code == ERR_NOT_FOUND;
    if (is_erased && !is_gone_for(following, change))
        return OK;
    if (!is_erased)
        TRY(code);
    struct json json = {.out = &following->text, .is_next = following->count > 0};
    json_open(&json, '{');
    print_head(&json, change, is_erased);
    if (!is_erased) {
        json_key(&json, S("record"));
        json_open(&json, '{');
        print_view(&json, call, &view);
        json_close(&json, '}');
    }
    json_close(&json, '}');
    following->shown[following->count++] =
        (struct audit_shown){change->id, change->version, view.disclosure};
    return following->text.failed;
}

static enum err take_change(void *context, const struct stored *change)
{
    struct following *following = context;
    TRY(print_change(following, change));
    following->after = change->seq;
    following->scanned++;
    bool is_full = following->count == following->max || following->scanned == SCAN_MAX;
    return is_full ? ERR_LIMIT : OK; /* stops the scan, no error */
}

static enum err fill_page(struct following *following)
{
    struct store *store = following->call->api->node.store;
    TRY(call_identify_again(following->call));
    buf_clear(&following->text);
    arena_reset(&following->page);
    following->count = following->scanned = 0;
    enum err code = store_feed(store, following->after, SCAN_MAX, take_change, following);
    return code == ERR_LIMIT && following->scanned ? OK : code;
}

static struct audit_entry page_entry(struct following *following)
{
    struct audit_entry entry = call_entry(following->call, AUDIT_FEED);
    entry.shown = following->shown;
    entry.shown_count = following->count;
    entry.verdict = S("delivered");
    return entry;
}

static str next_cursor(struct following *following, struct arena *arena)
{
    struct call *call = following->call;
    return cursor_seal(call->api, call->actor.officer, following->after, arena);
}

static bool has_grown(struct call *call)
{
    const struct following *following = call->state;
    return store_seq(call->api->node.store) > following->after;
}

static void release(struct following *following)
{
    arena_release(&following->page);
    buf_release(&following->text);
}

/* ---- a page, perhaps after a wait ---- */

static void print_page(struct call *call)
{
    struct following *following = call->state;
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_key(&json, S("changes"));
    json_open(&json, '[');
    buf_add(&call->out, buf_str(&following->text));
    json_close(&json, ']');
    json_text(&json, S("next"), next_cursor(following, call->arena));
    json_close(&json, '}');
    release(following);
}

static enum err answer_page(struct call *call)
{
    struct following *following = call->state;
    enum err code = fill_page(following);
    if (code) {
        release(following);
        return code;
    }
    if (following->count == 0) {
        print_page(call);
        call_finish(call, OK);
        return OK;
    }
    struct audit_entry entry = page_entry(following);
    return call_finish_audited(call, &entry, print_page);
}

/* ---- server-sent events ---- */

static enum err send_events(struct following *following)
{
    struct call *call = following->call;
    struct buf out = {.max = 8 << 20};
    char receipt[RECEIPT_TEXT];
    TRY(fill_page(following));
    if (following->count) {
        struct audit_entry entry = page_entry(following);
        TRY(audit_append_wait(call->api->node.audit, &entry, receipt));
        str cursor = next_cursor(following, &following->page);
        buf_printf(&out, "id: %.*s\nevent: changes\ndata: [%.*s]\n\n", STR(cursor),
                   STR(buf_str(&following->text)));
    } else {
        buf_add(&out, S(": nothing new\n\n")); /* so that a peer that has gone is noticed */
    }
    enum err code = http_stream_write(call->exchange, buf_str(&out));
    buf_release(&out);
    return code == ERR_BUSY ? OK : code; /* a slow reader gets it with the next round */
}

static enum err stream_on(struct call *call)
{
    struct following *following = call->state;
    if (!following->is_begun) {
        struct http_answer head = {.status = 200, .content_type = S("text/event-stream")};
        head.headers[head.header_count++] = (struct http_header){S("Cache-Control"), S("no-store")};
        add_security_headers(&head, false);
        count_answer(call->api, 200);
        following->is_begun = true;
        http_stream_begin(call->exchange, &head);
    }
    uint64_t before = following->after;
    enum err code = send_events(following);
    if (code == ERR_BUSY)
        following->after = before;
    call->deadline_us = clock_monotonic_us() + HEARTBEAT_US;
    if (!code)
        code = waiting_enter(call->api->waiting, call);
    if (code) {
        struct http_exchange *exchange = call->exchange;
        release(following);
        http_stream_end(exchange);
        return OK;
    }
    return OK;
}

/* ---- the route ---- */

static enum err where_to_begin(struct call *call, struct following *following)
{
    const struct http_header *last = http_header_find(&call->exchange->request, S("last-event-id"));
    str cursor = last ? last->value : call_query(call, S("after"));
    if (cursor.len)
        TRY(cursor_open(call->api, call->actor.officer, cursor, &following->after));
    uint64_t max;
    TRY(call_query_number(call, S("max"), PAGE_MAX, PAGE_MAX, &max));
    following->max = max ? max : 1;
    return OK;
}

enum err run_feed(struct call *call)
{
    uint64_t wait_s;
    struct following *following = arena_new(call->arena, struct following);
    if (!following)
        return err_last()->code;
    following->call = call;
    call->state = following;
    TRY(policy_allow(call->api->node.catalog, &call->actor, POLICY_FEED, NULL, STR_EMPTY));
    TRY(where_to_begin(call, following));
    TRY(call_query_number(call, S("wait"), 0, WAIT_MAX_S, &wait_s));
    const struct http_header *accept = http_header_find(&call->exchange->request, S("accept"));
    following->is_stream = accept && str_has(accept->value, S("text/event-stream"));
    call->is_ready = has_grown;
    call->resume = following->is_stream ? stream_on : answer_page;
    if (following->is_stream || wait_s == 0 || has_grown(call))
        return call->resume(call);
    call->deadline_us = clock_monotonic_us() + (int64_t)wait_s * 1000000;
    return waiting_enter(call->api->waiting, call);
}
