/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids that can be compared byte for byte. A node shows its records' numbers through a permutation
 * that nobody without its key can tell from one drawn by lot (model/id.c; the test of ids holds it
 * to that). So the two worlds may draw theirs together: whatever a world's number for it, the
 * record at place 7 is shown as the same text in both, and what is entered later as the same one in
 * the order in which the worlds first show it. Each world by itself has a permutation drawn by lot,
 * as in life. What people of other countries enter among themselves (others.h) is drawn
 * apart, and can be asked for by anybody, whether it is there or not. An answer in which number, order, length or text of an id depends on what is
 * hidden differs between the worlds.
 */
#ifndef LEAK_IDS_H
#define LEAK_IDS_H

#include <pthread.h>

#include "leak/worlds.h"

enum { LATER_MAX = 4096, ASIDE_MAX = 256 };

struct shared_ids {
    struct record_id_mask mask;
    struct leak *leak;
    unsigned world;
    pthread_mutex_t lock;
    uint64_t later[LATER_MAX]; /* numbers of no place, in the order in which they were shown */
    size_t later_count;
    uint64_t aside_first, aside_end; /* numbers of what others entered; 0: none */
};

static inline uint64_t shown_of_place(uint64_t place)
{
    return hash_mix(place, 71) >> 4;
}

static inline uint64_t shown_of_later(size_t k)
{
    return hash_mix(k, 72) >> 4;
}

static inline bool is_aside(const struct shared_ids *ids, uint64_t k)
{
    return ids->aside_first && ids->aside_first + k < ids->aside_end;
}

static inline uint64_t shown_aside(uint64_t k)
{
    return hash_mix(k, 73) >> 4;
}

static inline uint64_t show_later(struct shared_ids *ids, uint64_t number)
{
    if (ids->aside_first && number >= ids->aside_first && number < ids->aside_end)
        return shown_aside(number - ids->aside_first);
    size_t k = 0;
    while (k < ids->later_count && ids->later[k] != number)
        k++;
    assert_true(k < LATER_MAX);
    if (k == ids->later_count)
        ids->later[ids->later_count++] = number;
    return shown_of_later(k);
}

static inline uint64_t show_shared(const struct record_id_mask *mask, uint64_t number)
{
    struct shared_ids *ids = mask->context;
    const struct world *world = &ids->leak->worlds[ids->world];
    if (number >= NEVER_GIVEN + ASIDE)
        return shown_aside(number - NEVER_GIVEN - ASIDE);
    if (number >= NEVER_GIVEN)
        return shown_of_place(number - NEVER_GIVEN);
    for (size_t i = 0; i < ids->leak->place_count; i++)
        if (world->numbers[i] == number)
            return shown_of_place(i);
    pthread_mutex_lock(&ids->lock);
    uint64_t shown = show_later(ids, number);
    pthread_mutex_unlock(&ids->lock);
    return shown;
}

static inline uint64_t find_shared(const struct record_id_mask *mask, uint64_t shown)
{
    struct shared_ids *ids = mask->context;
    const struct world *world = &ids->leak->worlds[ids->world];
    uint64_t found = 0;
    for (uint64_t i = 0; i < PLACE_MAX; i++)
        if (shown_of_place(i) == shown)
            return i < ids->leak->place_count && world->numbers[i] ? world->numbers[i]
                                                                   : NEVER_GIVEN + i;
    pthread_mutex_lock(&ids->lock);
    for (size_t k = 0; k < ids->later_count; k++)
        if (shown_of_later(k) == shown)
            found = ids->later[k];
    for (size_t k = 0; k < ASIDE_MAX; k++)
        if (shown_aside(k) == shown)
            found = is_aside(ids, k) ? ids->aside_first + k : NEVER_GIVEN + ASIDE + k;
    pthread_mutex_unlock(&ids->lock);
    return found;
}

static inline void share_ids(struct leak *leak, unsigned w)
{
    struct shared_ids *ids = calloc(1, sizeof *ids);
    struct secret_key none = {{0}};
    record_id_mask_init(&ids->mask, store_home(leak->worlds[w].running->node.store), &none);
    ids->mask.context = ids;
    ids->mask.show = show_shared;
    ids->mask.find = find_shared;
    ids->leak = leak;
    ids->world = w;
    pthread_mutex_init(&ids->lock, NULL);
    record_id_mask_on(&ids->mask);
    leak->worlds[w].ids = ids;
}

/* After the world is closed: until then something may still be shown. */
static inline void unshare_ids(struct leak *leak, unsigned w)
{
    struct shared_ids *ids = leak->worlds[w].ids;
    record_id_mask_off(&ids->mask);
    pthread_mutex_destroy(&ids->lock);
    free(ids);
}

#endif
