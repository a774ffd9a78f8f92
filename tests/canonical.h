/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the node has written of itself in a test's store, version by version, against the one form a body has: read and
 * written again it must be the same bytes. A ticket carries its progress behind its fields.
 */
#ifndef TESTS_CANONICAL_H
#define TESTS_CANONICAL_H

#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "store/store.h"

struct canonical {
    const struct catalog *catalog;
    struct arena arena;
    size_t count;
};

static inline enum err canonical_look(void *context, const struct stored *stored)
{
    struct canonical *canonical = context;
    struct node *body = NULL;
    struct record record;
    struct buf again = {.max = STORE_BODY_MAX};
    const struct definition *definition = catalog_find(canonical->catalog, stored->definition);
    if (stored->kind != CHANGE_PUT || stored->is_erased || !definition ||
        definition_is_data(definition))
        return OK;
    enum err code = json_parse(stored->body, &canonical->arena, &body);
    if (!code)
        code = record_read(canonical->catalog, definition, body, &canonical->arena, &record);
    if (!code)
        code = record_canonical(canonical->catalog, &record, &again);
    str text =
        str_slice(buf_str(&again), 0, again.len ? again.len - 1 : 0); /* without its last brace */
    str rest = str_from(stored->body, text.len);
    bool is_same = !code && str_starts(stored->body, text) &&
                   (str_eq(rest, S("}")) || str_starts(rest, S(",\"flow\":")));
    if (!is_same) {
        fprintf(stderr, "the node wrote of itself\n%.*s\nwhich is in its one form\n%.*s\n",
                STR(stored->body), STR(buf_str(&again)));
        abort();
    }
    buf_release(&again);
    arena_reset(&canonical->arena);
    canonical->count++;
    return OK;
}

/* How many bodies were looked at. */
static inline size_t canonical_check(const struct catalog *catalog, struct store *store)
{
    struct canonical canonical = {.catalog = catalog};
    if (store_feed(store, 0, SIZE_MAX, canonical_look, &canonical) != OK)
        abort();
    arena_release(&canonical.arena);
    return canonical.count;
}

#endif
