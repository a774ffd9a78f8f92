/* SPDX-License-Identifier: Apache-2.0 */
/* The api as a whole: opened over a node's modules, served by net, closed from the outside in. */
#include <stdio.h>
#include <stdlib.h>

#include "api/internal.h"

static const struct http_body_route bodies[] = {
    {S("POST"), S("/v1/search/batch"), batch_piece, 0},
    {S("POST"), S("/v1/photographs"), NULL, INTAKE_PHOTO_BYTES_MAX},
};

static enum err open_parts(struct api *api)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/cursor.key", api->node.directory);
    TRY(secret_key_load(path, &api->cursor_key));
    TRY(rates_new(api->options.rate, &api->rates));
    TRY(repeats_new(&api->repeats));
    TRY(pictures_new(&api->pictures));
    TRY(lanes_new(api, api->options.lane_threads, &api->lanes));
    return waiting_new(api, &api->waiting);
}

enum err api_open(const struct api_node *node, const struct api_options *options, struct api **ret)
{
    struct api *api = calloc(1, sizeof *api);
    if (!api)
        return err_set(ERR_MEMORY, "out of memory for the interface");
    api->node = *node;
    api->options = *options;
    if (!api->options.version)
        api->options.version = "0";
    api->intake = (struct intake_node){.catalog = node->catalog,
                                       .store = node->store,
                                       .index = node->index,
                                       .may_go_on = room_for_imports,
                                       .needs_of = import_needs,
                                       .on_held = import_was_held,
                                       .context = api};
    api->started_us = clock_monotonic_us();
    enum err code = open_parts(api);
    if (code) {
        api_free(api);
        return code;
    }
    *ret = api;
    return OK;
}

void api_serve(struct api *api, struct http_options *http)
{
    http->handler = api_handle;
    http->is_trusted = api_is_trusted;
    http->bodies = bodies;
    http->body_count = COUNT_OF(bodies);
    http->context = api;
}

void api_watch(struct api *api, struct http_server *server)
{
    atomic_store(&api->server, server);
}

void api_feed_grew(struct api *api)
{
    waiting_look(api->waiting);
}

void api_hurry(struct api *api)
{
    waiting_stop(api->waiting); /* sends what waits on to the lanes */
}

void api_stop(struct api *api)
{
    if (!api)
        return;
    api_hurry(api);
    lanes_stop(api->lanes);
}

void api_free(struct api *api)
{
    if (!api)
        return;
    api_stop(api);
    waiting_free(api->waiting);
    pictures_free(api->pictures);
    lanes_free(api->lanes);
    repeats_free(api->repeats);
    rates_free(api->rates);
    wipe(&api->cursor_key, sizeof api->cursor_key);
    free(api);
}
