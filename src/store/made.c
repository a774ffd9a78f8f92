/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that the node keeps of itself: officers and grants, tickets, holds, proposals, reminders,
 * certificates, imports ... What stands in their envelope follows from the definition: all its
 * purposes and a review as late as its rules allow. Made at one place, so that they are all checked
 * as what a person enters is, name the first fault as that does, and are written in the one form
 * in which bodies are compared and hashed.
 */
#include "store/store.h"

struct node *made_envelope(const struct catalog *catalog, const struct definition *definition,
                           const struct made *made, struct arena *arena)
{
    char day[16];
    struct node *envelope = node_map(arena);
    struct node *purposes = node_list(arena);
    const struct record empty = {.definition = definition};
    struct day last = record_review_max(&empty, day_today());
    if (made->until.month && day_number(made->until) < day_number(last))
        last = made->until;
    for (unsigned i = 0; i < PURPOSE_MAX; i++)
        if (definition->purposes >> i & 1)
            node_add(purposes, node_text(arena, purpose_code(catalog, (uint16_t)i)));
    node_put_text(arena, envelope, S("owner"), made->owner);
    if (made->unit.len)
        node_put_text(arena, envelope, S("unit"), made->unit);
    if (made->ref.len)
        node_put_text(arena, envelope, S("ref"), made->ref);
    node_put(envelope, S("purposes"), purposes);
    if (!made->is_open)
        node_put_text(arena, envelope, S("disclose"), S("none"));
    node_put_text(arena, envelope, S("review_on"), arena_str(arena, str_c(day_format(last, day))));
    return envelope;
}

enum err made_body(const struct catalog *catalog, const struct made *made, struct arena *arena,
                   struct buf *out, const struct definition **ret)
{
    struct faults faults = {0};
    struct record record = {0};
    struct node *body = node_map(arena);
    const struct definition *definition = catalog_find(catalog, str_c(made->definition));
    if (!definition)
        return err_set(ERR_UNKNOWN, "the definition %s is missing from system/", made->definition);
    node_put(body, S("envelope"), made_envelope(catalog, definition, made, arena));
    if (!node_put(body, S("fields"), made->fields))
        return err_set(ERR_LIMIT, "the fields of a record of \"%s\" are too large",
                       made->definition);
    enum err code = record_check(catalog, definition, body, arena, &record, &faults);
    if (code)
        return faults_first(&faults, code);
    *ret = definition;
    return record_canonical(catalog, &record, out);
}

struct change made_change(const struct made *made, const struct definition *definition, str body)
{
    return (struct change){.kind = CHANGE_PUT,
                           .number = made->number,
                           .expect_version = made->version,
                           .definition = definition->name,
                           .definition_version = definition->version,
                           .owner = made->owner,
                           .state = made->state,
                           .actor = made->actor,
                           .body = body};
}

enum err change_make(const struct catalog *catalog, const struct made *made, struct arena *arena,
                     struct change *ret)
{
    const struct definition *definition = NULL;
    struct buf text = {.max = STORE_BODY_MAX};
    enum err code = made_body(catalog, made, arena, &text, &definition);
    str body = code ? STR_EMPTY : arena_str(arena, buf_str(&text));
    if (!code && body.len != text.len)
        code = err_last()->code;
    if (!code && definition)
        *ret = made_change(made, definition, body);
    buf_release(&text);
    return code;
}
