/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a mapping expects of the whole file: a load that misses it is held for a person, not
 * applied.
 */
#include "intake/import.h"

struct outcome {
    str what;
    double found;
};

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static struct outcome measure(const struct import *import, const struct expectation *e,
                              size_t index, struct arena *arena)
{
    const struct report *report = &import->report;
    uint64_t gone = 0, held = 0;
    switch (e->kind) {
    case EXPECT_RECORDS:
        return (struct outcome){arena_printf(arena, "records of %.*s", STR(e->definition->name)),
                                (double)import->tallies[e->definition->number].accepted};
    case EXPECT_FILLED:
        return (struct outcome){arena_printf(arena, "share of %.*s with %.*s",
                                             STR(e->definition->name), STR(e->field->path)),
                                share(import->filled[index],
                                      import->tallies[e->definition->number].accepted)};
    case EXPECT_REJECTED:
        return (struct outcome){S("share of rows refused"),
                                share(report->refused_rows, report->rows)};
    case EXPECT_WITHDRAWN: break;
    }
    for (size_t i = 0; i < import->node->catalog->count; i++) {
        gone += import->tallies[i].gone;
        held += import->tallies[i].held;
    }
    return (struct outcome){S("share of held records withdrawn"), share(gone, held)};
}

bool expectations_hold(struct import *import, struct arena *arena, struct node *list)
{
    bool do_all_hold = true;
    size_t index = 0;
    for (const struct expectation *e = import->mapping->expectations; e; e = e->next, index++) {
        struct outcome o = measure(import, e, index, arena);
        bool is_met = o.found >= e->min && (e->max < 0 || o.found <= e->max);
        int decimals = e->kind == EXPECT_RECORDS ? 0 : 4;
        struct node *map = node_map(arena);
        node_put_text(arena, map, S("what"), o.what);
        node_put(map, S("found"), node_real(arena, o.found, decimals));
        if (e->min > 0)
            node_put(map, S("least"), node_real(arena, e->min, decimals));
        if (e->max >= 0)
            node_put(map, S("most"), node_real(arena, e->max, decimals));
        node_put_bool(arena, map, S("met"), is_met);
        node_add(list, map);
        do_all_hold = do_all_hold && is_met;
    }
    return do_all_hold;
}
