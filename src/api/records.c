/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading single records. What an actor may not see is not there: the answer to an id of somebody
 * else's hidden record is the answer to an id never given. Changes are in record_changes.c.
 */
#include <stdio.h>

#include "api/internal.h"

enum err stored_to_record(struct call *call, const struct stored *stored, struct arena *arena,
                          struct record *ret)
{
    const struct catalog *catalog = call->api->node.catalog;
    const struct definition *definition = catalog_find(catalog, stored->definition);
    if (!definition)
        return err_set(ERR_NOT_FOUND, "the definition %.*s is not known here",
                       STR(stored->definition));
    struct node *body;
    TRY(json_parse(stored->body, arena, &body));
    TRY(record_read(catalog, definition, body, arena, ret));
    ret->id = stored->id;
    ret->version = stored->version;
    ret->seq = stored->seq;
    ret->state = stored->state;
    ret->definition = definition;
    ret->body = body;
    ret->entered_us = stored->entered_us;
    ret->updated_us = stored->time_us;
    return OK;
}

/* Tickets are met in /v1/tickets, by their parties, officers and what they sign in with where they
 * are administered; here there are none. */
static bool is_elsewhere(const struct call *call, const struct stored *stored)
{
    const struct definition *definition = catalog_find(call->api->node.catalog, stored->definition);
    return definition && has_own_door(definition);
}

static bool is_kept_by(const struct call *call, const struct stored *stored)
{
    const struct definition *definition = catalog_find(call->api->node.catalog, stored->definition);
    return definition && policy_keeps(&call->actor, definition, stored->owner);
}

/* The record of args[0] as it is now, or in one of its versions, through policy. */
static enum err open_record(struct call *call, uint32_t version, struct record *ret_record,
                            struct view *ret_view)
{
    const struct api_node *node = &call->api->node;
    struct record_id id;
    struct stored stored;
    TRY(policy_allow(node->catalog, &call->actor, POLICY_READ, NULL, STR_EMPTY));
    TRY(call_record_id(call, call->args[0], &id));
    enum err code = version
                        ? store_read_version(node->store, id.number, version, call->arena, &stored)
                        : store_read(node->store, id.number, call->arena, &stored);
    if (code == ERR_NOT_FOUND || (!code && is_elsewhere(call, &stored)))
        return call_no_record(call->args[0]);
    TRY(code);
    bool is_keeper = is_kept_by(call, &stored);
    if (stored.is_erased || stored.body.len == 0)
        return is_keeper ? err_set(ERR_GONE, "the contents of record %.*s have been destroyed",
                                   STR(call->args[0]))
                         : call_no_record(call->args[0]);
    TRY(stored_to_record(call, &stored, call->arena, ret_record));
    code = policy_open(node->catalog, &call->actor, ret_record, call->arena, ret_view);
    return code == ERR_NOT_FOUND ? call_no_record(call->args[0]) : code;
}

static void show_one(struct call *call, struct audit_entry *entry, const struct view *view)
{
    struct audit_shown *shown = arena_new(call->arena, struct audit_shown);
    if (!shown)
        return;
    *shown = (struct audit_shown){view->id, view->version, view->disclosure};
    entry->shown = shown;
    entry->shown_count = 1;
    entry->databases = view->definition->name;
    entry->query = arena_printf(call->arena, "{\"id\":\"%.*s\"}", STR(call->args[0]));
    entry->verdict = S("shown");
}

static void print_record(struct call *call)
{
    const struct view *view = call->state;
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_text(&json, S("receipt"), str_c(call->receipt));
    print_view(&json, call, view);
    if (view->record) {
        json_key(&json, S("body"));
        json_write(&call->out, view->record->body);
        json.is_next = true;
        if (policy_keeps(&call->actor, view->definition, view->owner))
            print_held(&json, call, view->id);
    }
    json_close(&json, '}');
    call_header(call, S("ETag"), arena_printf(call->arena, "\"%u\"", view->version));
}

enum err run_record_get(struct call *call)
{
    uint64_t version;
    struct record *record = arena_new(call->arena, struct record);
    struct view *view = arena_new(call->arena, struct view);
    if (!record || !view)
        return err_last()->code;
    TRY(call_query_number(call, S("version"), 0, UINT32_MAX, &version));
    TRY(open_record(call, (uint32_t)version, record, view));
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    show_one(call, &entry, view);
    call->state = view;
    return call_finish_audited(call, &entry, print_record);
}

/* ---- history ---- */

struct history {
    struct stored *versions;
    size_t count;
};

static str kind_word(enum change_kind kind)
{
    static const str words[] = {
        [CHANGE_PUT] = S("put"), [CHANGE_STATE] = S("state"), [CHANGE_ERASE] = S("erase")};
    return words[kind];
}

static void print_history(struct call *call)
{
    const struct history *history = call->state;
    struct json json = {.out = &call->out};
    json_open(&json, '[');
    for (size_t i = 0; i < history->count; i++) {
        const struct stored *version = &history->versions[i];
        char hex[2 * HASH_SIZE + 1];
        hex_encode(version->hash.bytes, HASH_SIZE, hex);
        json_open(&json, '{');
        json_number(&json, S("version"), version->version);
        json_text(&json, S("state"), str_c(state_word(version->state)));
        json_text(&json, S("kind"), kind_word(version->kind));
        json_time(&json, S("time"), version->time_us);
        json_text(&json, S("officer"), version->actor);
        json_text(&json, S("hash"), str_c(hex));
        json_bool(&json, S("erased"), version->is_erased);
        json_close(&json, '}');
    }
    json_close(&json, ']');
}

/* Keepers see the skeleton of every version; others those that were open to them. */
static void keep_open_versions(struct call *call, struct history *history)
{
    size_t kept = 0;
    for (size_t i = 0; i < history->count; i++) {
        struct record record;
        struct view view;
        const struct stored *version = &history->versions[i];
        bool is_open =
            is_kept_by(call, version) ||
            (!version->is_erased && version->body.len &&
             stored_to_record(call, version, call->arena, &record) == OK &&
             policy_open(call->api->node.catalog, &call->actor, &record, call->arena, &view) == OK);
        if (is_open)
            history->versions[kept++] = *version;
    }
    history->count = kept;
    err_clear();
}

enum err run_record_history(struct call *call)
{
    struct record record;
    struct view view = {.disclosure = DISCLOSE_HIT_ONLY};
    struct history *history = arena_new(call->arena, struct history);
    if (!history)
        return err_last()->code;
    enum err code = open_record(call, 0, &record, &view);
    if (code && code != ERR_GONE) /* a keeper sees the skeleton of what was destroyed */
        return code;
    if (!code && view.disclosure == DISCLOSE_HIT_ONLY)
        return err_set(ERR_DENIED, "of record %.*s the owner tells only that it exists",
                       STR(call->args[0]));
    struct record_id id;
    TRY(call_record_id(call, call->args[0], &id));
    TRY(store_history(call->api->node.store, id.number, call->arena, &history->versions,
                      &history->count));
    keep_open_versions(call, history);
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    if (!code)
        show_one(call, &entry, &view);
    call->state = history;
    return call_finish_audited(call, &entry, print_history);
}

/* For those who change: the current record, whose keeper the actor must be. */
enum err record_load(struct call *call, uint64_t number, struct record *ret)
{
    const struct api_node *node = &call->api->node;
    struct stored stored;
    enum err code = store_read(node->store, number, call->arena, &stored);
    if (code == ERR_NOT_FOUND || (!code && is_elsewhere(call, &stored)))
        return call_no_record(call->args[0]);
    TRY(code);
    if (stored.is_erased || stored.body.len == 0)
        return is_kept_by(call, &stored)
                   ? err_set(ERR_GONE, "the contents of record %.*s have been destroyed",
                             STR(call->args[0]))
                   : call_no_record(call->args[0]);
    TRY(stored_to_record(call, &stored, call->arena, ret));
    struct view view;
    code = policy_open(node->catalog, &call->actor, ret, call->arena, &view);
    return code == ERR_NOT_FOUND ? call_no_record(call->args[0]) : code;
}
