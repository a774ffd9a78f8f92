/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often an actor may ask: a token bucket per officer, ten seconds' worth deep. The table has
 * a fixed
 * size; two officers whose ids hash to one place share nothing, the older bucket makes room when
 * it is full again (it then says nothing the empty place does not say).
 */
#include <stdlib.h>

#include "api/internal.h"

enum { PLACES = 8192, WAYS = 4, DEPTH_S = 10, STRIPES = 64 };

struct bucket {
    uint64_t key;
    int64_t at_us; /* when `level` was true */
    double level;
};
struct rates {
    double rate;
    pthread_mutex_t stripes[STRIPES];
    struct bucket buckets[PLACES];
};

enum err rates_new(uint32_t rate, struct rates **ret)
{
    struct rates *rates = calloc(1, sizeof *rates);
    if (!rates)
        return err_set(ERR_MEMORY, "out of memory for rate limits");
    rates->rate = rate;
    for (size_t i = 0; i < STRIPES; i++)
        pthread_mutex_init(&rates->stripes[i], NULL);
    *ret = rates;
    return OK;
}

void rates_free(struct rates *rates)
{
    if (!rates)
        return;
    for (size_t i = 0; i < STRIPES; i++)
        pthread_mutex_destroy(&rates->stripes[i]);
    free(rates);
}

/* The officer's bucket, or the one of its four places longest untouched. */
static struct bucket *find(struct rates *rates, uint64_t key)
{
    struct bucket *set = &rates->buckets[key % (PLACES / WAYS) * WAYS];
    struct bucket *oldest = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].at_us < oldest->at_us)
            oldest = &set[i];
    }
    *oldest = (struct bucket){.key = key, .level = rates->rate * DEPTH_S};
    return oldest;
}

enum err rates_take(struct rates *rates, str officer, uint32_t count, uint32_t limit,
                    unsigned *ret_wait_s)
{
    bool is_measure = limit && (rates->rate <= 0 || limit < rates->rate);
    double rate = is_measure ? limit : rates->rate;
    if (rate <= 0)
        return OK;
    uint64_t key = hash64(officer, is_measure ? 3 : 1) | 1;
    double depth = rate * DEPTH_S;
    int64_t now = clock_monotonic_us();
    pthread_mutex_t *stripe = &rates->stripes[key % (PLACES / WAYS) % STRIPES];
    pthread_mutex_lock(stripe);
    struct bucket *bucket = find(rates, key);
    bucket->level += (double)(now - bucket->at_us) / 1e6 * rate;
    if (bucket->level > depth)
        bucket->level = depth;
    bucket->at_us = now;
    double missing = count - bucket->level;
    if (missing <= 0)
        bucket->level -= count;
    pthread_mutex_unlock(stripe);
    if (missing <= 0)
        return OK;
    *ret_wait_s = 1 + (unsigned)(missing / rate);
    return err_set(ERR_RATE, "more than %.0f requests a second from this officer", rate);
}
