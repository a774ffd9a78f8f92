/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names asked of a snapshot: its parts handed to names_search(), entries folded into records. See
 * names.h.
 */
#include <stdlib.h>

#include "index/internal.h"

struct part_view { /* what names_search asks back, entry by entry */
    const struct index_snapshot *snapshot;
    const struct policy_scope *scope;
    const uint64_t *databases;
    struct part *part;
};

static bool is_asked(const struct part_view *view, struct segment_class class,
                     uint8_t *ret_disclosure)
{
    if (view->databases && !(view->databases[class.definition / 64] >> (class.definition % 64) & 1))
        return false;
    *ret_disclosure = DISCLOSE_FULL;
    if (view->scope)
        *ret_disclosure = (uint8_t)policy_scope_get(view->scope, class.class_number);
    return *ret_disclosure != DISCLOSE_NONE;
}

static struct segment_class class_of(const struct part_view *view, uint32_t entry,
                                     uint64_t *ret_number, bool *ret_is_alive)
{
    uint64_t seq = view->snapshot->seq;
    uint64_t born;
    uint64_t died;
    struct segment_class class = {0};
    if (view->part->is_delta) {
        struct delta_entry *e = delta_entry((const struct delta *)view->part, entry);
        class = (struct segment_class){e->definition, e->class_number};
        *ret_number = e->number;
        born = e->born;
        died = atomic_load_explicit(&e->died, memory_order_acquire);
    } else {
        const struct segment *segment = (const struct segment *)view->part;
        uint64_t row = column_get(&segment->classes, entry);
        if (row < segment->meta.class_count)
            class = segment->class_rows[row];
        *ret_number = column_get(&segment->numbers, entry);
        born = column_get(&segment->born, entry);
        died = segment_died(segment, entry);
    }
    *ret_is_alive = born <= seq && (!died || died > seq);
    return class;
}

static bool is_visible(const void *context, uint32_t entry)
{
    const struct part_view *view = context;
    uint64_t number;
    uint8_t disclosure;
    bool is_alive;
    struct segment_class class = class_of(view, entry, &number, &is_alive);
    return is_alive && is_asked(view, class, &disclosure);
}

struct name_parts {
    struct names_part items[PART_MAX];
    struct part_view views[PART_MAX];
    size_t count;
};

static enum err add_part(struct name_parts *parts, const struct index_snapshot *snapshot,
                         const struct policy_scope *scope, const uint64_t *databases,
                         struct part *part)
{
    struct names_part *item = &parts->items[parts->count];
    struct part_view *view = &parts->views[parts->count];
    *item = (struct names_part){.is_visible = is_visible, .context = view};
    *view = (struct part_view){snapshot, scope, databases, part};
    if (part->is_delta) {
        const struct delta *delta = (const struct delta *)part;
        item->live = atomic_load_explicit(&delta->names, memory_order_acquire);
        item->entry_count = atomic_load_explicit(&delta->count, memory_order_acquire);
        item->born = delta->days;
    } else {
        struct segment *segment = (struct segment *)part;
        item->section = segment->names;
        item->entry_count = segment->meta.front_count;
        item->born = segment->days;
        if (segment->names)
            TRY(segment_check_names(segment));
    }
    parts->count += item->live || item->section;
    return OK;
}

static enum err collect_parts(const struct index_snapshot *snapshot,
                              const struct policy_scope *scope, const uint64_t *databases,
                              struct arena *arena, struct name_parts **ret)
{
    struct name_parts *parts = arena_new(arena, struct name_parts);
    if (!parts)
        return ERR_LIMIT;
    if (atomic_load(&snapshot->index->is_behind))
        return err_set(ERR_BUSY,
                       "the index is behind the store and catches up with the next change");
    enum err code = OK;
    for (size_t i = 0; !code && i < snapshot->set->count; i++)
        code = add_part(parts, snapshot, scope, databases, snapshot->set->parts[i]);
    if (code == ERR_DAMAGED && !atomic_exchange(&snapshot->index->is_damaged, true))
        pthread_cond_signal(&snapshot->index->work);
    *ret = parts;
    return code;
}

/*
 * A record may have an entry for each birth date and so come twice: its best counts. Hits are best
 * first.
 */
static enum err fold(const struct name_parts *parts, const struct names_result *found,
                     struct arena *arena, struct name_candidates *ret)
{
    ret->items = arena_array(arena, struct name_candidate, found->count + 1);
    size_t size = 4;
    while (size < found->count * 2)
        size *= 2;
    uint32_t *table = arena_array(arena, uint32_t, size);
    if (!ret->items || !table)
        return ERR_LIMIT;
    for (size_t i = 0; i < found->count; i++) {
        struct name_candidate candidate = {.score = found->items[i].score};
        bool is_alive;
        const struct part_view *view = parts->items[found->items[i].part].context;
        struct segment_class class =
            class_of(view, found->items[i].entry, &candidate.number, &is_alive);
        size_t at = hash_mix(candidate.number, 1) & (size - 1);
        while (table[at] && ret->items[table[at] - 1].number != candidate.number)
            at = (at + 1) & (size - 1);
        if (table[at] || !is_asked(view, class, &candidate.disclosure))
            continue;
        candidate.definition = class.definition;
        ret->items[ret->count++] = candidate;
        table[at] = (uint32_t)ret->count;
    }
    return OK;
}

/* NOLINTNEXTLINE(readability-function-size): a question has that many sides */
enum err index_names(const struct index_snapshot *snapshot, const struct policy_scope *scope,
                     const uint64_t *databases, const struct name_query *query,
                     struct date_window born, size_t max, struct arena *arena,
                     struct name_candidates *ret)
{
    struct name_parts *parts = NULL;
    struct names_result found = {0};
    *ret = (struct name_candidates){.is_proven = true};
    TRY(collect_parts(snapshot, scope, databases, arena, &parts));
    if (parts->count == 0)
        return OK;
    TRY(names_search(parts->items, parts->count, query, born, max, arena, &found));
    ret->is_proven = found.is_proven;
    ret->is_cut = found.is_cut;
    ret->examined = found.examined;
    ret->near = found.near;
    ret->near_count = found.near_count;
    return fold(parts, &found, arena, ret);
}

uint64_t index_name_count(const struct index_snapshot *snapshot)
{
    uint64_t count = 0;
    for (size_t i = 0; i < snapshot->set->count; i++) {
        const struct part *part = snapshot->set->parts[i];
        const struct delta *delta = (const struct delta *)part;
        const struct segment *segment = (const struct segment *)part;
        if (part->is_delta && atomic_load_explicit(&delta->names, memory_order_acquire))
            count += atomic_load_explicit(&delta->count, memory_order_acquire);
        else if (!part->is_delta && segment->names)
            count += segment->meta.front_count;
    }
    return count;
}
