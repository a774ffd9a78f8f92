/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api: every request the system answers, one row per route (routes.c). Dispatch, /openapi.json, the
 * documentation and the contract tests come from that one table.
 *
 *   struct api *api;
 *   TRY(api_open(&node, &options, &api));       // the node's modules, opened and wired by cmd
 *   struct http_options http = {.listen = "127.0.0.1:1923"};
 *   api_serve(api, &http);                      // sets handler, bodies, context
 *   TRY(http_server_start(&http, &server));   or   http_call_here(&http, &call, &arena, &reply)
 *   ... http_server_stop(server); api_stop(api); http_server_free(server); api_free(api);
 *
 * A request passes: route -> who -> how often -> body parsed -> handler (in place on the network
 * loop
 * when it touches memory only, else on a lane) -> audit -> answer. An answer that shows or changes
 * records leaves in the audit log's done() callback: no thread waits for the disk.
 */
#ifndef API_API_H
#define API_API_H

#include "audit/audit.h"
#include "flow/flow.h"
#include "gate/gate.h"
#include "identity/identity.h"
#include "intake/intake.h"
#include "job/job.h"
#include "keep/keep.h"
#include "net/http.h"
#include "recovery/recovery.h"
#include "review/review.h"
#include "rights/rights.h"
#include "search/search.h"
#include "standing/standing.h"

struct api;
struct api_node { /* opened by cmd, in this order closed after api_free() */
    const struct catalog *catalog;
    struct store *store;
    struct policy_classes *classes;
    struct index *index;
    struct search_engine *engine;
    struct audit *audit;
    struct identity *identity;
    struct jobs *jobs;
    struct flow *flow;
    struct gate *gate;
    struct keep *keep;
    struct review *review;
    struct standing *standing;
    struct rights *rights;
    const char *directory; /* DIR */
};
struct api_options {
    uint32_t rate; /* requests a second and actor; bursts of ten seconds' worth; 0: no bound */
    bool is_loopback_only; /* served to this machine alone: a demonstration may be offered */
    unsigned review_share; /* of 10,000 searches, for a supervisor to confirm */
    unsigned lane_threads; /* 0: number of cores */
    const char *version;
    const char *origin; /* as browsers know this node: "https://bureau.example"; NULL: not told */
};
enum err api_open(const struct api_node *node, const struct api_options *options,
                  struct api **ret) MUST_USE;
void api_serve(struct api *api, struct http_options *http);
void api_watch(struct api *api, struct http_server *server); /* its figures for /metrics; or NULL */
/* The store's feed has grown: wakes those who wait for changes. Any thread. */
void api_feed_grew(struct api *api);
/* Looks at what nobody asks for, and logs what must be told; every ten seconds, one thread. */
void api_look_after(struct api *api);
/* Those who wait for something are answered now, for a server that is about to stop. */
void api_hurry(struct api *api);
/* No more work is taken; what lanes hold is answered. After http_server_stop. */
void api_stop(struct api *api);
void api_free(struct api *api);

/* The OpenAPI document, for `bureau` and tests without a server. */
void api_describe(const struct api *api, struct buf *out);

#endif
