/* SPDX-License-Identifier: Apache-2.0 */
/* The flow as a whole: opened over store and catalog, following the feed, closed. */
#include <stdlib.h>

#include "flow/internal.h"

enum { NEWS_BITS = 20 };

static enum err open_parts(struct flow *flow)
{
    pthread_condattr_t monotonic;
    flow->home = store_home(flow->store);
    atomic_store(&flow->followed, store_seq(flow->store));
    flow->first_news = (uint64_t)(clock_now_us() / 1000000) << NEWS_BITS;
    flow->news = flow->first_news;
    pthread_rwlock_init(&flow->lock, NULL);
    pthread_mutex_init(&flow->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&flow->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    TRY(offices_open(flow));
    TRY(clearances_open(flow));
    TRY(addresses_open(flow));
    TRY(desks_open(flow));
    TRY(scores_open(flow));
    TRY(view_fill(flow));
    return causes_open(flow);
}

enum err flow_open(const struct catalog *catalog, struct store *store, struct flow **ret)
{
    struct flow *flow = calloc(1, sizeof *flow);
    if (!flow)
        return err_set(ERR_MEMORY, "out of memory for tickets");
    flow->catalog = catalog;
    flow->store = store;
    enum err code = open_parts(flow);
    if (code) {
        flow_close(flow);
        return code;
    }
    *ret = flow;
    return OK;
}

void flow_close(struct flow *flow)
{
    if (!flow)
        return;
    flow_stop(flow);
    view_free(flow);
    holding_free(flow->offices);
    holding_free(flow->webhooks);
    holding_free(flow->mailboxes);
    clearances_free(flow);
    desks_free(flow);
    causes_free(flow);
    scores_free(flow);
    pthread_cond_destroy(&flow->changed);
    pthread_mutex_destroy(&flow->mutex);
    pthread_rwlock_destroy(&flow->lock);
    wipe(&flow->key, sizeof flow->key);
    free(flow);
}

/* What cannot be taken up stays as it was until the next start: the feed must go on. */
static enum err take_change(void *context, const struct stored *stored)
{
    struct flow *flow = context;
    struct holding *holdings[] = {flow->offices, flow->webhooks, flow->mailboxes};
    enum err code = OK;
    for (size_t i = 0; !code && i < COUNT_OF(holdings); i++) /* before who is told by them */
        code = holding_take(flow, holdings[i], stored);
    if (!code)
        code = clearances_take(flow, stored);
    if (!code)
        code = desks_take(flow, stored);
    if (!code)
        code = causes_take(flow, stored);
    if (!code)
        code = view_take(flow, stored, true);
    if (code) {
        atomic_fetch_add(&flow->failed, 1);
        err_clear();
    }
    return OK;
}

void flow_follow(struct flow *flow, uint64_t first_seq, uint64_t last_seq)
{
    if (store_feed(flow->store, first_seq - 1, (size_t)(last_seq - first_seq + 1), take_change,
                   flow) != OK) {
        atomic_fetch_add(&flow->failed, 1);
        err_clear();
    }
    atomic_store(&flow->followed, last_seq);
}

bool flow_keeps(const struct definition *definition)
{
    return str_eq(definition->name, S("handover"));
}

void flow_on_told(struct flow *flow, flow_tell *tell, void *context)
{
    flow->teller = (struct flow_teller){tell, context};
}

void flow_stats(struct flow *flow, struct flow_stats *ret)
{
    *ret = (struct flow_stats){.fired = atomic_load(&flow->fired),
                               .failed = atomic_load(&flow->failed)};
    pthread_rwlock_rdlock(&flow->lock);
    ret->tickets = flow->count;
    ret->timers = flow->heap_count;
    for (uint32_t i = 0; i < flow->count; i++)
        ret->open += flow->entries[i].is_open && !flow->entries[i].is_gone;
    pthread_rwlock_unlock(&flow->lock);
}
