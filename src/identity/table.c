/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table of chains whose links lie in what they link; it doubles when it is full. */
#include <stdlib.h>

#include "identity/internal.h"

enum { FIRST_SLOTS = 64 };

static enum err grow(struct table *table)
{
    size_t count = table->slot_count ? table->slot_count * 2 : FIRST_SLOTS;
    struct link **slots = calloc(count, sizeof(struct link *));
    if (!slots)
        return err_set(ERR_MEMORY, "out of memory for a table of %zu", count);
    for (size_t i = 0; i < table->slot_count; i++)
        for (struct link *link = table->slots[i], *next; link; link = next) {
            next = link->next;
            link->next = slots[link->hash & (count - 1)];
            slots[link->hash & (count - 1)] = link;
        }
    free(table->slots);
    table->slots = slots;
    table->slot_count = count;
    return OK;
}

enum err table_add(struct table *table, struct link *link, uint64_t hash)
{
    if (table->count * 2 >= table->slot_count) /* short chains: each link is a cache line */
        TRY(grow(table));
    struct link **slot = &table->slots[hash & (table->slot_count - 1)];
    link->hash = hash;
    link->next = *slot;
    *slot = link;
    table->count++;
    return OK;
}

void table_remove(struct table *table, struct link *link)
{
    if (!table->slot_count)
        return;
    struct link **at = &table->slots[link->hash & (table->slot_count - 1)];
    while (*at && *at != link)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = link->next;
    table->count--;
}

static struct link *of_hash(struct link *link, uint64_t hash)
{
    while (link && link->hash != hash)
        link = link->next;
    return link;
}

struct link *table_first(const struct table *table, uint64_t hash)
{
    return table->slot_count ? of_hash(table->slots[hash & (table->slot_count - 1)], hash) : NULL;
}

struct link *table_next(const struct link *link)
{
    return of_hash(link->next, link->hash);
}

void table_release(struct table *table)
{
    free(table->slots);
    *table = (struct table){0};
}

uint64_t hash_start(const struct hash *hash)
{
    uint64_t start;
    memcpy(&start, hash->bytes, sizeof start);
    return start;
}
