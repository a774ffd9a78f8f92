/* SPDX-License-Identifier: Apache-2.0 */
#include "model/kept.h"

static struct node *make_envelope(const struct catalog *catalog,
                                  const struct definition *definition, str owner, str ref,
                                  struct arena *arena)
{
    char day[16];
    struct record empty = {.definition = definition};
    struct node *envelope = node_map(arena);
    struct node *purposes = node_list(arena);
    struct day last = record_review_max(&empty, day_today());
    for (unsigned i = 0; i < PURPOSE_MAX; i++)
        if (definition->purposes >> i & 1)
            node_add(purposes, node_text(arena, purpose_code(catalog, (uint16_t)i)));
    node_put_text(arena, envelope, S("owner"), owner);
    if (ref.len)
        node_put_text(arena, envelope, S("ref"), ref);
    node_put(envelope, S("purposes"), purposes);
    node_put_text(arena, envelope, S("disclose"), S("none"));
    node_put_text(arena, envelope, S("review_on"), arena_str(arena, str_c(day_format(last, day))));
    return envelope;
}

enum err kept_body(const struct catalog *catalog, str name, str owner, str ref,
                   const struct node *fields, struct arena *arena, struct buf *out,
                   const struct definition **ret)
{
    struct record record = {0};
    struct faults faults = {0};
    const struct definition *definition = catalog_find(catalog, name);
    struct node *body = node_map(arena);
    if (!definition)
        return err_set(ERR_UNKNOWN, "the definition %.*s is missing from system/", STR(name));
    node_put(body, S("envelope"), make_envelope(catalog, definition, owner, ref, arena));
    if (!node_put(body, S("fields"), node_copy(arena, fields)))
        return err_set(ERR_LIMIT, "the fields are too large");
    TRY(record_check(catalog, definition, body, arena, &record, &faults));
    *ret = definition;
    return record_canonical(catalog, &record, out);
}
