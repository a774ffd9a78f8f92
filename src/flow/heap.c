/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timers: a binary heap of places by wake_us, each entry knowing its place in it, so that
 * setting, moving and ending one is a walk of at most log2(n) steps - twenty for a million - and
 * waiting costs nothing at all. A wheel would set in one step, but its clocks of seven days want
 * levels, and every turn of it costs where nothing is due.
 */
#include <stdlib.h>

#include "flow/internal.h"

static int64_t wake_at(const struct flow *flow, uint32_t at)
{
    return flow->entries[flow->heap[at]].wake_us;
}

static void put(struct flow *flow, uint32_t at, uint32_t place)
{
    flow->heap[at] = place;
    flow->entries[place].heap_at = at;
}

static uint32_t rise(struct flow *flow, uint32_t at)
{
    uint32_t place = flow->heap[at];
    while (at && wake_at(flow, (at - 1) / 2) > flow->entries[place].wake_us) {
        put(flow, at, flow->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(flow, at, place);
    return at;
}

static void sink(struct flow *flow, uint32_t at)
{
    uint32_t place = flow->heap[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= flow->heap_count)
            break;
        if (child + 1 < flow->heap_count && wake_at(flow, child + 1) < wake_at(flow, child))
            child++;
        if (wake_at(flow, child) >= flow->entries[place].wake_us)
            break;
        put(flow, at, flow->heap[child]);
        at = child;
    }
    put(flow, at, place);
}

static void take_out(struct flow *flow, uint32_t at)
{
    uint32_t last = --flow->heap_count;
    flow->entries[flow->heap[at]].heap_at = NO_PLACE;
    if (at == last)
        return;
    put(flow, at, flow->heap[last]);
    sink(flow, rise(flow, at));
}

enum err heap_reserve(struct flow *flow)
{
    if (flow->heap_count < flow->heap_max)
        return OK;
    uint32_t max = flow->heap_max ? flow->heap_max * 2 : 1024;
    uint32_t *heap = realloc(flow->heap, max * sizeof *heap);
    if (!heap)
        return err_set(ERR_MEMORY, "out of memory for %u timers", max);
    flow->heap = heap;
    flow->heap_max = max;
    return OK;
}

void heap_set(struct flow *flow, uint32_t place)
{
    struct entry *entry = &flow->entries[place];
    if (entry->wake_us == INT64_MAX) {
        if (entry->heap_at != NO_PLACE)
            take_out(flow, entry->heap_at);
        return;
    }
    if (entry->heap_at == NO_PLACE) {
        ensure(flow->heap_count < flow->heap_max);
        put(flow, flow->heap_count++, place);
    }
    sink(flow, rise(flow, entry->heap_at));
}
