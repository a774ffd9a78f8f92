/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fictional record carries beside its fields: owner, reference, purposes, review, and what
 * the owner asks for - of a thing what its definition says, of a person what follows from why the
 * person is looked for.
 */
#include "sample/internal.h"

static str random_code(const struct world *world, str list_name, struct random *random)
{
    const struct code_list *list = codes_list(world->catalog->codes, list_name);
    return list && list->count ? list->codes[(size_t)random_zipf(random, list->count)].code
                               : STR_EMPTY;
}

/* NOLINTBEGIN(misc-no-recursion): groups nest as deep as definitions do */
/* The first code that a body says for a meaning. */
static str first_code(const struct field *const *fields, size_t count, const struct node *map,
                      const char *meaning)
{
    for (size_t i = 0; i < count; i++) {
        const struct node *value = node_get(map, fields[i]->name);
        if (value && value->kind == NODE_LIST)
            value = value->first;
        str found = !value ? STR_EMPTY
                    : fields[i]->type
                        ? (means(fields[i], meaning) ? value->text : STR_EMPTY)
                        : first_code(fields[i]->fields, fields[i]->field_count, value, meaning);
        if (found.len)
            return found;
    }
    return STR_EMPTY;
}
/* NOLINTEND(misc-no-recursion) */

/* What an owner asks for: of a thing what its definition says, of a person what follows from why
 * the person is there. */
static str pick_action(const struct definition *definition, const struct node *fields,
                       struct random *random)
{
    static const struct {
        const char *status, *action, *otherwise;
    } usual[] = {{"wanted", "arrest-extradition", "detain-contact"},
                 {"missing", "protect", "locate"},
                 {"victim", "protect", "contact-ncb"},
                 {"unidentified", "identify", "identify"},
                 {"entry-ban", "refuse-entry", "refuse-entry"},
                 {"sanctioned", "prevent-departure", "contact-ncb"},
                 {"possible-threat", "monitor-movement", "warn-officers"},
                 {"suspect", "discreet-check", "collect-information"},
                 {"person-of-interest", "collect-information", "discreet-check"}};
    bool is_second = random_below(random, 3) == 0;
    if (definition->sample_action.len)
        return is_second ? STR_EMPTY : definition->sample_action;
    str status = first_code(definition->fields, definition->field_count, fields, "person-status");
    for (size_t i = 0; i < COUNT_OF(usual); i++)
        if (str_starts(status, str_c(usual[i].status)))
            return str_c(is_second ? usual[i].otherwise : usual[i].action);
    return STR_EMPTY;
}

struct node *fill_envelope(const struct world *world, const struct definition *definition,
                           const struct person *person, uint64_t record, const struct node *fields,
                           struct random *random, struct arena *arena)
{
    char text[16];
    struct node *envelope = node_map(arena), *purposes = node_list(arena);
    node_put_text(arena, envelope, S("owner"), person->country);
    node_put_text(arena, envelope, S("unit"),
                  arena_printf(arena, "%.*s/ncb", STR(person->country)));
    node_put_text(arena, envelope, S("ref"), world_ref(record, arena));
    for (uint16_t i = 0; i < PURPOSE_MAX; i++)
        if (definition->purposes >> i & 1 && (!purposes || purposes->count < 4))
            node_add(purposes, node_text(arena, purpose_code(world->catalog, i)));
    node_put(envelope, S("purposes"), purposes);
    struct day review =
        day_of_number(day_number(world->options->today) + 60 + (int32_t)random_below(random, 500));
    node_put_text(arena, envelope, S("review_on"),
                  arena_str(arena, str_c(day_format(review, text))));
    str action = pick_action(definition, fields, random);
    str caution = random_code(world, S("cautions"), random);
    if (action.len)
        node_put_text(arena, envelope, S("action"), action);
    if (caution.len && random_below(random, 100) < 8) {
        struct node *cautions = node_list(arena);
        node_add(cautions, node_text(arena, caution));
        node_put(envelope, S("cautions"), cautions);
    }
    if (person->is_test)
        node_put_bool(arena, envelope, S("test"), true);
    return envelope;
}
