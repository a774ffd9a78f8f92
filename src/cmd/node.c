/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A data directory's modules opened and wired together: this is where layers that do not know each
 * other meet. The store's hook brings each committed group to the index, and then to those who
 * wait for
 * the feed, before the commit is acknowledged.
 *
 *   catalog <- store <- classes <- index <- engine      audit   identity   jobs      api over all
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/log.h"

#include "cmd/cmd.h"

static void changes_committed(void *context, uint64_t first_seq, uint64_t last_seq)
{
    struct running *running = context;
    index_follow(running->node.index, first_seq, last_seq);
    if (running->node.identity)
        identity_follow(running->node.identity, first_seq, last_seq);
    if (running->node.flow)
        flow_follow(running->node.flow, first_seq, last_seq);
    if (running->node.gate)
        gate_follow(running->node.gate, first_seq, last_seq);
    if (running->node.keep)
        keep_follow(running->node.keep, first_seq, last_seq);
    if (running->node.rights)
        rights_follow(running->node.rights, first_seq, last_seq);
    if (running->node.standing)
        standing_follow(running->node.standing, last_seq);
    if (running->api)
        api_feed_grew(running->api);
}

/* A node with poorer scores answers; one that will not start does not. */
static void load_frequencies(struct search_engine *engine, const char *data)
{
    char text[1024];
    if (search_load_frequencies(engine, data) == OK)
        return;
    log_write(LOG_WARN, "%s: the shipped table of name frequencies serves",
              err_format(err_last(), text, sizeof text));
    err_clear();
}

static bool is_cleared(void *context, struct record_id alert, str document_number, str issuer,
                       struct arena *arena, struct search_cleared *ret)
{
    struct flow_clearance found;
    if (!flow_is_cleared(context, alert, document_number, issuer, &found, arena))
        return false;
    *ret = (struct search_cleared){found.time_us, found.by.country, found.by.unit};
    return true;
}

static enum err open_flow(struct running *running)
{
    struct api_node *node = &running->node;
    struct node_key key;
    TRY(flow_open(running->catalog, node->store, &node->flow));
    TRY(node_key_load(node->directory, &key));
    flow_sign_with(node->flow, &key);
    wipe(&key, sizeof key);
    search_on_cleared(node->engine, is_cleared, node->flow);
    return OK;
}

/* Once shares are held, nobody makes an administrator alone. */
static enum err look_for_recovery(struct api_node *node)
{
    struct recovery_set set;
    enum err code = recovery_find(node->store, &set);
    identity_need_two(node->identity, code == OK);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear();
    return OK;
}

/* Keys are made where there are none: not here, where they wait to be brought back. */
static enum err refuse_sealed(const char *data)
{
    if (!recovery_is_sealed(data))
        return OK;
    err_set(ERR_LOCKED, "the keys of %s are sealed", data);
    return err_hint("holders of shares open them: bureau recovery combine");
}

/* NOLINTNEXTLINE(readability-function-cognitive-complexity) */
static enum err open_parts(struct running *running, const char *data, const char *home,
                           enum node_mode mode, const struct api_options *options)
{
    struct api_node *node = &running->node;
    char path[4096];
    TRY(refuse_sealed(data));
    if (mode == NODE_CREATE)
        TRY(io_make_dir(data));
    TRY(store_open(data, mode == NODE_CREATE ? STORE_OPEN_CREATE : STORE_OPEN_EXISTING,
                   &node->store));
    TRY(rights_catalog_load(node->store, data, home, &running->catalog));
    node->catalog = running->catalog;
    snprintf(path, sizeof path, "%s/value.key", data);
    TRY(secret_key_load(path, &running->catalog->hash_key));
    TRY(policy_classes_new(running->catalog, &node->classes));
    TRY(index_open(data, node->store, running->catalog, node->classes, &node->index));
    store_set_hook(node->store, changes_committed, running);
    TRY(search_open(running->catalog, node->store, node->index, node->classes, &node->engine));
    load_frequencies(node->engine, data);
    TRY(audit_open(data, &node->audit));
    TRY(audit_expect(node->audit, &running->catalog->hash));
    index_set_erased_hook(node->index, withdraw_erased, running);
    TRY(identity_open(data, running->catalog, node->store, &node->identity));
    TRY(look_for_recovery(node));
    TRY(jobs_new(&node->jobs));
    TRY(gate_open(running->catalog, node->store, &node->gate));
    TRY(open_flow(running));
    TRY(retention_open(running));
    TRY(rights_of_persons_open(running));
    TRY(standing_queries_open(running));
    return review_open(running->catalog, node->store, node->audit, node->identity, data,
                       options->review_share, &node->review);
}

enum err node_open(const char *data, const char *home, enum node_mode mode,
                   const struct api_options *options, struct running **ret)
{
    struct running *running = calloc(1, sizeof *running);
    if (!running)
        return err_set(ERR_MEMORY, "out of memory for the node");
    running->node.directory = strdup(data);
    enum err code = open_parts(running, data, home, mode, options);
    if (!code)
        code = api_open(&running->node, options, &running->api);
    if (code) {
        struct err_info kept = *err_last();
        node_close(running);
        err_restore(&kept);
        return code;
    }
    api_serve(running->api, &running->http);
    *ret = running;
    return OK;
}

void node_close(struct running *running)
{
    if (!running)
        return;
    struct api_node *node = &running->node;
    standing_stop(node->standing);
    keep_stop(node->keep);
    flow_stop(node->flow);
    jobs_free(node->jobs);
    api_stop(running->api);
    flow_alarms_stop(running->alarms);
    search_close(node->engine);
    if (node->index)
        index_set_erased_hook(node->index, NULL, NULL);
    review_close(node->review);
    store_close(node->store); /* commits under way are acknowledged */
    audit_close(node->audit); /* and then put on the record, before their answers leave */
    flow_close(node->flow);
    gate_close(node->gate);
    keep_close(node->keep);
    rights_close(node->rights);
    standing_close(node->standing);
    index_close(node->index);
    policy_classes_free(node->classes);
    identity_close(node->identity);
    api_free(running->api);
    catalog_free(running->catalog);
    /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
    free((char *)(uintptr_t)node->directory);
    free(running);
}
