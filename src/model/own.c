/* SPDX-License-Identifier: Apache-2.0 */
/* Records that a node enters by itself: what it keeps of its own work, not police data. */
#include "model/internal.h"

static struct node *make_envelope(const struct catalog *catalog,
                                  const struct definition *definition, str owner, str ref,
                                  struct arena *arena)
{
    char day[16];
    const struct record empty = {.definition = definition};
    struct node *envelope = node_map(arena);
    struct node *purposes = node_list(arena);
    for (unsigned i = 0; i < PURPOSE_MAX; i++)
        if (definition->purposes >> i & 1)
            node_add(purposes, node_text(arena, purpose_code(catalog, (uint16_t)i)));
    node_put_text(arena, envelope, S("owner"), owner);
    if (ref.len)
        node_put_text(arena, envelope, S("ref"), ref);
    node_put(envelope, S("purposes"), purposes);
    day_format(record_review_max(&empty, day_today()), day);
    node_put_text(arena, envelope, S("review_on"), arena_str(arena, str_c(day)));
    node_put_text(arena, envelope, S("disclose"), S("none"));
    return envelope;
}

enum err record_of_node(const struct catalog *catalog, const char *name, str owner, str ref,
                        struct node *fields, struct arena *arena, struct buf *out,
                        const struct definition **ret)
{
    struct record record = {0};
    struct faults faults = {0};
    struct node *body = node_map(arena);
    const struct definition *definition = catalog_find(catalog, str_c(name));
    if (!definition)
        return err_set(ERR_NOT_FOUND, "system/%s.yaml is missing", name);
    node_put(body, S("envelope"), make_envelope(catalog, definition, owner, ref, arena));
    node_put(body, S("fields"), fields);
    TRY(record_check(catalog, definition, body, arena, &record, &faults));
    TRY(record_canonical(catalog, &record, out));
    *ret = definition;
    return OK;
}
