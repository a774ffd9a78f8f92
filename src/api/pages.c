/* SPDX-License-Identifier: Apache-2.0 */
/* What needs no credential: the pages, health, figures, the description of the interface. */
#include <stdio.h>

#include "api/assets.h"
#include "api/internal.h"

static bool takes_gzip(const struct http_request *request)
{
    const struct http_header *header = http_header_find(request, S("accept-encoding"));
    return header && str_has(header->value, S("gzip"));
}

static const struct asset *find_asset(str path, bool is_gzip)
{
    const struct asset *plain = NULL;
    for (size_t i = 0; i < asset_count; i++) {
        if (!str_eq_c(path, assets[i].path))
            continue;
        if (assets[i].is_gzip == is_gzip)
            return &assets[i];
        if (!assets[i].is_gzip)
            plain = &assets[i];
    }
    return plain;
}

enum err run_page(struct call *call)
{
    const struct http_request *request = &call->exchange->request;
    const struct asset *asset = find_asset(request->path, takes_gzip(request));
    if (!asset && !str_starts(request->path, S("/assets/")))
        asset = find_asset(S("/"), takes_gzip(request)); /* the page finds its way by itself */
    if (!asset)
        return err_set(ERR_NOT_FOUND, "there is nothing at %.*s", STR(request->path));
    const struct http_header *known = http_header_find(request, S("if-none-match"));
    bool is_page = !str_starts(request->path, S("/assets/"));
    call->content_type = str_c(asset->type);
    call_header(call, S("ETag"), str_c(asset->etag));
    call_header(call, S("Vary"), S("Accept-Encoding"));
    call_header(call, S("Cache-Control"),
                is_page ? S("no-cache") : S("public, max-age=31536000, immutable"));
    if (known && str_eq_c(known->value, asset->etag)) {
        call->status = 304;
    } else {
        if (asset->is_gzip)
            call_header(call, S("Content-Encoding"), S("gzip"));
        buf_add(&call->out, str_of((const char *)asset->bytes, asset->size));
    }
    call_finish(call, OK);
    return OK;
}

enum err run_health(struct call *call)
{
    const struct api_node *node = &call->api->node;
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_bool(&json, S("ok"), true);
    json_text(&json, S("version"), str_c(call->api->options.version));
    if (call_sees_node(call)) {
        json_number(&json, S("feed"), (int64_t)store_seq(node->store));
        json_number(&json, S("index"), (int64_t)index_seq(node->index));
    }
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}

static void metric(struct buf *out, const char *name, const char *type, const char *help,
                   uint64_t value)
{
    buf_printf(out, "# HELP bureau_%s %s\n# TYPE bureau_%s %s\nbureau_%s %llu\n", name, help, name,
               type, name, (unsigned long long)value);
}

static void http_metrics(struct api *api, bool is_whole, struct buf *out)
{
    struct http_stats stats;
    struct http_server *server = atomic_load(&api->server);
    if (!server)
        return;
    http_server_stats(server, &stats);
    metric(out, "connections_open", "gauge", "Open connections.", stats.open);
    metric(out, "connections_total", "counter", "Connections accepted.", stats.accepted);
    metric(out, "refused_malformed_total", "counter", "Malformed requests refused.",
           stats.refused_malformed);
    metric(out, "refused_limit_total", "counter", "Requests refused for a limit.",
           stats.refused_limit);
    metric(out, "timed_out_total", "counter", "Peers dropped at a deadline.", stats.timed_out);
    if (!is_whole)
        return;
    metric(out, "requests_total", "counter", "Requests parsed.", stats.requests);
    metric(out, "received_bytes_total", "counter", "Bytes received.", stats.bytes_in);
    metric(out, "sent_bytes_total", "counter", "Bytes sent.", stats.bytes_out);
}

static void room_metrics(struct api *api, bool is_whole, struct buf *out)
{
    struct audit_room room;
    audit_room(api->node.audit, &room);
    metric(out, "audit_room_days", "gauge", "Days until the audit log has no room left.",
           room.days_left);
    metric(out, "audit_room_alarm", "gauge",
           "30, 7 or 1 when fewer days than that are left; else 0.", audit_room_alarm(&room));
    if (!is_whole)
        return;
    metric(out, "audit_room_kept_bytes", "gauge", "Reserved for the audit log.", room.kept);
    metric(out, "audit_room_free_bytes", "gauge", "Free beside that on its disk.", room.free);
    metric(out, "audit_room_daily_bytes", "gauge", "Growth of the audit log a day.", room.a_day);
}

/*
 * Searches, hits, entries and changes of all countries, one by one: whoever has placed a record
 * would see the second at which somebody meets it.
 */
static void work_metrics(struct api *api, struct buf *out)
{
    buf_add(out, S("# TYPE bureau_answers_total counter\n"));
    for (int i = 2; i < 6; i++)
        buf_printf(out, "bureau_answers_total{status=\"%dxx\"} %llu\n", i,
                   (unsigned long long)atomic_load(&api->answers[i]));
    metric(out, "searches_total", "counter", "Searches answered.", atomic_load(&api->searches));
    metric(out, "search_hits_total", "counter", "Searches with a hit.", atomic_load(&api->hits));
    metric(out, "search_microseconds_total", "counter", "Time spent in searches, audit apart.",
           atomic_load(&api->search_us));
    metric(out, "audit_entries", "gauge", "Entries of the audit log.",
           audit_count(api->node.audit));
    metric(out, "feed_seq", "gauge", "Last change committed.", store_seq(api->node.store));
    metric(out, "index_seq", "gauge", "Last change findable.", index_seq(api->node.index));
    lanes_report(api->lanes, out);
}

enum err run_metrics(struct call *call)
{
    struct api *api = call->api;
    struct buf *out = &call->out;
    bool is_whole = call_sees_node(call);
    http_metrics(api, is_whole, out);
    metric(out, "audit_failures_total", "counter", "Entries that could not be written.",
           atomic_load(&api->audit_failures));
    room_metrics(api, is_whole, out);
    if (is_whole)
        work_metrics(api, out);
    metric(out, "up_seconds", "counter", "Seconds since the start.",
           (uint64_t)(clock_monotonic_us() - api->started_us) / 1000000);
    call->content_type = S("text/plain; version=0.0.4; charset=utf-8");
    call_finish(call, OK);
    return OK;
}

enum err run_openapi(struct call *call)
{
    api_describe(call->api, &call->out);
    call_finish(call, OK);
    return OK;
}

/* A page of another site that was resolved to this machine has another name in Host. */
static bool is_local_name(const struct http_request *request)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    const struct http_header *host = http_header_find(request, S("host"));
    for (size_t i = 0; host && i < COUNT_OF(names); i++) {
        str name = str_c(names[i]);
        if (str_starts(host->value, name) &&
            (host->value.len == name.len || host->value.ptr[name.len] == ':'))
            return true;
    }
    return false;
}

/*
 * The demonstration session. Whoever loaded the demonstration world left a note in the store:
 * {"seq": N, "officer": "...", "token": "...", "try": [...]}. It is open while everything after
 * change N was done by that officer: other records do not belong into a demonstration.
 */
struct session_of {
    const struct catalog *catalog;
    str officer;
};

static enum err is_foreign(void *context, const struct stored *change)
{
    const struct session_of *session = context;
    const struct definition *definition = catalog_find(session->catalog, change->definition);
    bool is_data = !definition || definition_is_data(definition); /* officers may come and go */
    return !is_data || str_eq(change->actor, session->officer)
               ? OK
               : err_set(ERR_DENIED, "other records are here");
}

static bool holds_demonstration_only(struct call *call, const struct node *session)
{
    struct session_of of = {call->api->node.catalog, node_get_text(session, S("officer"))};
    uint64_t seq;
    return str_to_u64(node_get_text(session, S("seq")), INT64_MAX, &seq) && of.officer.len &&
           store_feed(call->api->node.store, seq, 100000, is_foreign, &of) == OK;
}

enum err run_demonstration(struct call *call)
{
    const struct http_request *request = &call->exchange->request;
    struct store *store = call->api->node.store;
    str text = STR_EMPTY;
    struct node *session = NULL;
    bool is_open =
        call->api->options.is_loopback_only && request->is_loopback && is_local_name(request) &&
        store_note_get(store, S("demonstration"), call->arena, &text) == OK &&
        json_parse(text, call->arena, &session) == OK && holds_demonstration_only(call, session);
    if (!is_open)
        return err_set(ERR_NOT_FOUND, "no demonstration is open here");
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_text(&json, S("token"), node_get_text(session, S("token")));
    json_text(&json, S("officer"), node_get_text(session, S("officer")));
    json_text_some(&json, S("purpose"), node_get_text(session, S("purpose")));
    json_key(&json, S("try"));
    json_write(json.out, node_get(session, S("try")));
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}
