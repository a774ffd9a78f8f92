/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses that are told of tickets: a view of the records of system/webhook.yaml. */
#include <stdlib.h>

#include "codec/json.h"
#include "flow/internal.h"

enum { WEBHOOK_MAX = 10000, WORDS_MAX = 8 };

struct webhook {
    uint64_t number;
    struct arena arena;
    str unit, country, url;
    bool is_hub;
    str words[WORDS_MAX];
    size_t word_count;
};

struct webhooks {
    pthread_rwlock_t lock;
    struct webhook *items;
    size_t count, max;
};

static const char *const definition_name = "webhook";

static enum err read_webhook(const struct stored *stored, struct webhook *ret)
{
    struct node *body = NULL;
    TRY(json_parse(arena_str(&ret->arena, stored->body), &ret->arena, &body));
    const struct node *fields = node_get(body, S("fields"));
    const struct node *what = node_get(fields, S("what"));
    ret->number = stored->id.number;
    ret->unit = node_get_text(fields, S("unit"));
    ret->country = arena_str(&ret->arena, stored->owner);
    ret->url = node_get_text(fields, S("url"));
    ret->is_hub = node_as_bool(node_get(fields, S("hub")), false);
    if (what && node_is_scalar(what))
        ret->words[ret->word_count++] = node_as_text(what);
    node_each(item, what) if (ret->word_count < WORDS_MAX) ret->words[ret->word_count++] =
        node_as_text(item);
    return OK;
}

static void forget(struct webhooks *all, uint64_t number)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].number == number) {
            arena_release(&all->items[i].arena);
            all->items[i] = all->items[--all->count];
            return;
        }
}

static enum err keep(struct webhooks *all, const struct webhook *webhook)
{
    if (all->count == WEBHOOK_MAX)
        return err_set(ERR_LIMIT, "more than %d webhooks", WEBHOOK_MAX);
    if (all->count == all->max) {
        size_t max = all->max ? all->max * 2 : 16;
        struct webhook *items = realloc(all->items, max * sizeof *items);
        if (!items)
            return err_set(ERR_MEMORY, "out of memory for %zu webhooks", max);
        all->items = items;
        all->max = max;
    }
    all->items[all->count++] = *webhook;
    return OK;
}

enum err webhooks_take(struct flow *flow, const struct stored *stored)
{
    struct webhook webhook = {0};
    if (!str_eq_c(stored->definition, definition_name))
        return OK;
    bool is_there = !stored->is_erased && stored->body.len && stored->state == STATE_ACTIVE;
    enum err code = is_there ? read_webhook(stored, &webhook) : OK;
    if (!code) {
        pthread_rwlock_wrlock(&flow->webhooks->lock);
        forget(flow->webhooks, stored->id.number);
        code = is_there ? keep(flow->webhooks, &webhook) : OK;
        pthread_rwlock_unlock(&flow->webhooks->lock);
    }
    if (code)
        arena_release(&webhook.arena);
    return code;
}

static enum err take_one(void *context, const struct stored *stored)
{
    return webhooks_take(context, stored);
}

enum err webhooks_open(struct flow *flow)
{
    flow->webhooks = calloc(1, sizeof *flow->webhooks);
    if (!flow->webhooks)
        return err_set(ERR_MEMORY, "out of memory for webhooks");
    pthread_rwlock_init(&flow->webhooks->lock, NULL);
    return store_each(flow->store, str_c(definition_name), take_one, flow);
}

void webhooks_free(struct flow *flow)
{
    struct webhooks *all = flow->webhooks;
    if (!all)
        return;
    for (size_t i = 0; i < all->count; i++)
        arena_release(&all->items[i].arena);
    pthread_rwlock_destroy(&all->lock);
    free(all->items);
    free(all);
}

static bool is_for(const struct webhook *webhook, const struct flow_told *told)
{
    bool wants = webhook->word_count == 0;
    for (size_t i = 0; i < webhook->word_count; i++)
        wants |= str_eq(webhook->words[i], told->what);
    if (!told->to.country.len) /* to the hub */
        return wants && webhook->is_hub;
    return wants && str_eq(webhook->country, told->to.country) &&
           (!webhook->unit.len || str_eq(webhook->unit, told->to.unit));
}

void webhooks_for(struct flow *flow, const struct flow_told *told, visit_webhook *visit,
                  void *context)
{
    struct webhooks *all = flow->webhooks;
    pthread_rwlock_rdlock(&all->lock);
    for (size_t i = 0; i < all->count; i++)
        if (is_for(&all->items[i], told))
            visit(context, all->items[i].number, all->items[i].url);
    pthread_rwlock_unlock(&all->lock);
}
