/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A few thousand countries, units and databases stand in a million tickets: kept once, named by a
 * number. Open addressing, at most half full; nothing is ever taken out.
 */
#include <stdlib.h>

#include "flow/internal.h"

enum { FIRST_SLOTS = 256 };

static uint32_t slot_of(const struct names *names, str text)
{
    uint32_t slot = (uint32_t)hash64(text, 17) & (names->slot_count - 1);
    while (names->slots[slot] && !str_eq(names->items[names->slots[slot] - 1], text))
        slot = (slot + 1) & (names->slot_count - 1);
    return slot;
}

uint32_t names_find(const struct names *names, str text)
{
    uint32_t slot = names->slot_count ? slot_of(names, text) : 0;
    return names->slot_count && names->slots[slot] ? names->slots[slot] - 1 : NO_PLACE;
}

static enum err grow(struct names *names)
{
    uint32_t count = names->slot_count ? names->slot_count * 2 : FIRST_SLOTS;
    uint32_t *slots = calloc(count, sizeof *slots);
    str *items = realloc(names->items, count / 2 * sizeof *items);
    if (items)
        names->items = items;
    if (!slots || !items) {
        free(slots);
        return err_set(ERR_MEMORY, "out of memory for the names of offices");
    }
    free(names->slots);
    names->slots = slots;
    names->slot_count = count;
    names->max = count / 2;
    for (uint32_t i = 0; i < names->count; i++)
        slots[slot_of(names, names->items[i])] = i + 1;
    return OK;
}

enum err names_put(struct names *names, str text, uint32_t *ret)
{
    uint32_t found = names_find(names, text);
    if (found == NO_PLACE) {
        if (names->count == names->max)
            TRY(grow(names));
        str copy = arena_str(&names->arena, text);
        if (copy.len != text.len)
            return err_last()->code;
        found = names->count++;
        names->items[found] = copy;
        names->slots[slot_of(names, copy)] = found + 1;
    }
    *ret = found;
    return OK;
}

void names_release(struct names *names)
{
    free(names->items);
    free(names->slots);
    arena_release(&names->arena);
    *names = (struct names){0};
}
