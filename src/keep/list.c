/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is due, by day and number: one pass over the table keeps the first `max` that fit, in a
 * heap whose top is the last of them.
 */
#include "keep/internal.h"

struct place {
    int32_t day;
    uint64_t number;
};

static bool is_before(struct place a, struct place b)
{
    return a.day != b.day ? a.day < b.day : a.number < b.number;
}

static void sift_down(struct place *heap, size_t count, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            return;
        if (child + 1 < count && is_before(heap[child], heap[child + 1]))
            child++;
        if (!is_before(heap[at], heap[child]))
            return;
        struct place kept = heap[at];
        heap[at] = heap[child];
        heap[child] = kept;
        at = child;
    }
}

static void sift_up(struct place *heap, size_t at)
{
    while (at) {
        size_t parent = (at - 1) / 2;
        if (!is_before(heap[parent], heap[at]))
            return;
        struct place kept = heap[at];
        heap[at] = heap[parent];
        heap[parent] = kept;
        at = parent;
    }
}

static void heap_sort(struct place *heap, size_t count)
{
    while (count > 1) {
        struct place kept = heap[0];
        heap[0] = heap[--count];
        heap[count] = kept;
        sift_down(heap, count, 0);
    }
}

/* Which groups the filter lets through, by number. */
static uint8_t *fitting_groups(const struct keep *keep, const struct keep_filter *filter,
                               struct arena *arena)
{
    uint8_t *fits = arena_alloc(arena, keep->table.group_count + 1);
    for (uint32_t g = 1; fits && g < keep->table.group_count; g++) {
        const struct group *group = &keep->table.groups[g];
        fits[g] = (filter->owner.len == 0 || str_eq(group->owner, filter->owner)) &&
                  (filter->definition ? group->known == filter->definition : !group->is_system);
    }
    return fits;
}

static size_t choose(const struct keep *keep, const struct keep_filter *filter, const uint8_t *fits,
                     struct place *heap, struct keep_list *ret)
{
    const struct place after = {filter->after_day, filter->after_number};
    const int32_t until = day_number(filter->until);
    size_t count = 0;
    for (uint64_t i = 1; i < keep->table.count; i++) {
        struct due due = keep->table.items[i];
        struct place place = {due_day(due), i};
        if (!due.day || place.day > until || !fits[due.group])
            continue;
        ret->total++;
        if (!is_before(after, place))
            continue;
        if (count < filter->max) {
            heap[count] = place;
            sift_up(heap, count++);
            continue;
        }
        ret->has_more = true;
        if (is_before(place, heap[0])) {
            heap[0] = place;
            sift_down(heap, count, 0);
        }
    }
    return count;
}

static struct keep_due make_item(const struct keep *keep, struct place place, struct arena *arena)
{
    struct due due = keep->table.items[place.number];
    const struct group *group = &keep->table.groups[due.group];
    return (struct keep_due){
        .id = {store_home(keep->store), place.number},
        .definition = group->known,
        .owner = arena_str(arena, group->owner),
        .due = day_of_number(place.day),
        .is_achieved = due.is_achieved,
        .is_reminded = place.day - (int32_t)group->remind_days <= keep->swept,
    };
}

enum err keep_list(struct keep *keep, const struct keep_filter *filter, struct arena *arena,
                   struct keep_list *ret)
{
    *ret = (struct keep_list){0};
    pthread_mutex_lock(&keep->lock);
    uint8_t *fits = fitting_groups(keep, filter, arena);
    struct place *heap = arena_array(arena, struct place, filter->max);
    ret->items = arena_array(arena, struct keep_due, filter->max);
    enum err code = fits && heap && ret->items ? OK : err_last()->code;
    if (!code) {
        ret->count = choose(keep, filter, fits, heap, ret);
        heap_sort(heap, ret->count);
    }
    for (size_t i = 0; !code && i < ret->count; i++)
        ret->items[i] = make_item(keep, heap[i], arena);
    pthread_mutex_unlock(&keep->lock);
    return code;
}
