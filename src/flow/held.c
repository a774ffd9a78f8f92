/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A view of the records of one definition: offices, addresses, handovers. An item is one record as
 * it is now, with an arena of its own, so that a new version replaces the old one whole and the end
 * of a record takes it out. What an item holds beside its number its reader says. Thousands, not
 * millions: found by going over them.
 */
#include <stdlib.h>

#include "codec/json.h"
#include "flow/internal.h"

static void free_item(struct held *item)
{
    if (!item)
        return;
    arena_release(&item->arena);
    free(item);
}

static void forget(struct holding *holding, uint64_t number)
{
    for (size_t i = 0; i < holding->count; i++)
        if (holding->items[i]->number == number) {
            free_item(holding->items[i]);
            holding->items[i] = holding->items[--holding->count];
            return;
        }
}

static enum err keep(struct holding *holding, struct held *item)
{
    if (holding->count == HELD_MAX)
        return err_set(ERR_LIMIT, "more than %d records of \"%s\"", HELD_MAX, holding->definition);
    if (holding->count == holding->max) {
        size_t max = holding->max ? holding->max * 2 : 64;
        struct held **items = realloc(holding->items, max * sizeof(struct held *));
        if (!items)
            return err_set(ERR_MEMORY, "out of memory for %zu records of \"%s\"", max,
                           holding->definition);
        holding->items = items;
        holding->max = max;
    }
    holding->items[holding->count++] = item;
    return OK;
}

static enum err read_item(struct flow *flow, const struct holding *holding,
                          const struct stored *stored, struct held **ret)
{
    struct node *body = NULL;
    *ret = calloc(1, holding->item_size);
    if (!*ret)
        return err_set(ERR_MEMORY, "out of memory for a record of \"%s\"", holding->definition);
    struct arena *arena = &(*ret)->arena;
    (*ret)->number = stored->id.number;
    (*ret)->version = stored->version;
    (*ret)->time_us = stored->time_us;
    (*ret)->owner = arena_str(arena, stored->owner);
    TRY(json_parse(arena_str(arena, stored->body), arena, &body));
    return holding->read(flow, node_get(body, S("fields")), *ret);
}

enum err holding_take(struct flow *flow, struct holding *holding, const struct stored *stored)
{
    struct held *item = NULL;
    if (!str_eq_c(stored->definition, holding->definition))
        return OK;
    bool is_there = !stored->is_erased && stored->body.len && stored->state == STATE_ACTIVE;
    enum err code = is_there ? read_item(flow, holding, stored, &item) : OK;
    if (!code) {
        pthread_rwlock_wrlock(&holding->lock);
        if (stored->version > 1 && !holding->is_filling)
            forget(holding, stored->id.number);
        code = is_there ? keep(holding, item) : OK;
        pthread_rwlock_unlock(&holding->lock);
    }
    if (code)
        free_item(item);
    return code;
}

struct filling {
    struct flow *flow;
    struct holding *holding;
};

static enum err take_one(void *context, const struct stored *stored)
{
    const struct filling *filling = context;
    return holding_take(filling->flow, filling->holding, stored);
}

enum err holding_open(struct flow *flow, const char *definition, size_t item_size, read_held *read,
                      struct holding **ret)
{
    struct holding *holding = calloc(1, sizeof *holding);
    if (!holding)
        return err_set(ERR_MEMORY, "out of memory for the records of \"%s\"", definition);
    struct filling filling = {flow, holding};
    *holding = (struct holding){.definition = definition,
                                .item_size = item_size,
                                .read = read,
                                .is_filling = true};
    pthread_rwlock_init(&holding->lock, NULL);
    *ret = holding;
    enum err code = store_each(flow->store, str_c(definition), take_one, &filling);
    holding->is_filling = false;
    return code;
}

void holding_free(struct holding *holding)
{
    if (!holding)
        return;
    for (size_t i = 0; i < holding->count; i++)
        free_item(holding->items[i]);
    pthread_rwlock_destroy(&holding->lock);
    free(holding->items);
    free(holding);
}

enum err held_texts(const struct node *node, struct arena *arena, const str **ret,
                    size_t *ret_count)
{
    size_t max = node && node->kind == NODE_LIST ? node->count : 1;
    str *texts = arena_array(arena, str, max);
    if (!texts)
        return err_last()->code;
    *ret_count = 0;
    if (node && node_is_scalar(node))
        texts[(*ret_count)++] = node_as_text(node);
    node_each(item, node) if (*ret_count < max) texts[(*ret_count)++] = node_as_text(item);
    *ret = texts;
    return OK;
}
