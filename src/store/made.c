/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that the program writes by itself. What stands in their envelope follows from the
 * definition: all its purposes, a review as late as its rules allow, disclosed to nobody but those
 * whom its `show:` names.
 */
#include "store/store.h"

static struct node *make_envelope(const struct catalog *catalog,
                                  const struct definition *definition, const struct made *made,
                                  struct arena *arena)
{
    char day[16];
    struct node *envelope = node_map(arena);
    struct node *purposes = node_list(arena);
    struct record record = {.definition = definition};
    struct day last = record_review_max(&record, day_today());
    if (made->until.month && day_number(made->until) < day_number(last))
        last = made->until;
    for (unsigned i = 0; i < PURPOSE_MAX; i++)
        if (definition->purposes >> i & 1)
            node_add(purposes, node_text(arena, purpose_code(catalog, (uint16_t)i)));
    node_put_text(arena, envelope, S("owner"), made->owner);
    if (made->unit.len)
        node_put_text(arena, envelope, S("unit"), made->unit);
    node_put(envelope, S("purposes"), purposes);
    node_put_text(arena, envelope, S("disclose"), S("none"));
    node_put_text(arena, envelope, S("review_on"), arena_str(arena, str_c(day_format(last, day))));
    return envelope;
}

enum err change_make(const struct catalog *catalog, const struct made *made, struct arena *arena,
                     struct change *ret)
{
    struct faults faults = {0};
    struct record record = {0};
    struct buf text = {.max = STORE_BODY_MAX};
    struct node *body = node_map(arena);
    const struct definition *definition = catalog_find(catalog, str_c(made->definition));
    if (!definition)
        return err_set(ERR_UNKNOWN, "the definition %s is missing from system/", made->definition);
    node_put(body, S("envelope"), make_envelope(catalog, definition, made, arena));
    if (!node_put(body, S("fields"), made->fields))
        return err_set(ERR_LIMIT, "the fields of a record of \"%s\" are too large",
                       made->definition);
    enum err code = record_check(catalog, definition, body, arena, &record, &faults);
    if (!code)
        code = record_canonical(catalog, &record, &text);
    *ret = (struct change){.kind = CHANGE_PUT,
                           .number = made->number,
                           .expect_version = made->version,
                           .definition = definition->name,
                           .definition_version = definition->version,
                           .owner = made->owner,
                           .state = STATE_ACTIVE,
                           .actor = made->actor,
                           .body = arena_str(arena, buf_str(&text))};
    bool is_whole = ret->body.len == text.len;
    buf_release(&text);
    return code || is_whole ? code : err_last()->code;
}
