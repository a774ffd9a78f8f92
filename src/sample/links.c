/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How records of the fictional world point at one another: by the owner's reference, which the
 * generator knows where the number a store will give is not known yet.
 *
 *   thing  ->  the person it belongs to, in the way its definition says (sample: {link: owned-by})
 *   person ->  those things, the other way round (the column `inverse` of the list link-kinds)
 *   person ->  others of the same ring: the leader leads, the rest are accomplices
 */
#include "sample/internal.h"

static str record_reference(const struct definition *definition, str owner, uint64_t record,
                            struct arena *arena)
{
    str ref = world_ref(record, arena);
    return arena_printf(arena, "%.*s:%.*s/%.*s", STR(definition->name), STR(owner), STR(ref));
}

static struct node *make_link(str kind, str to, str name, struct arena *arena)
{
    struct node *map = node_map(arena);
    if (kind.len)
        node_put_text(arena, map, S("kind"), kind);
    node_put_text(arena, map, S("to"), to);
    if (name.len)
        node_put_text(arena, map, S("name"), name);
    node_put_text(arena, map, S("evaluation"), S("B2"));
    return map;
}

static struct node *link_to_person(const struct world *world, str kind, const struct person *person,
                                   struct arena *arena)
{
    if (!world->persons)
        return NULL;
    str to = record_reference(world->persons, person->country, person->number, arena);
    return make_link(kind, to, person->name.latin, arena);
}

/* What a person is to another of the ring. */
static str kind_of_mate(const struct person *person, const struct person *mate)
{
    return mate->ring_place == 0     ? S("led-by")
           : person->ring_place == 0 ? S("leads")
                                     : S("accomplice");
}

bool link_relative(const struct world *world, const struct definition *definition,
                   const struct person *person, unsigned row, struct arena *arena,
                   struct person *ret)
{
    if (definition == world->persons)
        return world_mate(world, person, row, arena, ret);
    if (row > 0)
        return world_mate(world, person, row - 1, arena, ret);
    *ret = *person;
    return true;
}

static str inverse_of(const struct world *world, str kind)
{
    const struct code_list *list = codes_list(world->catalog->codes, S("link-kinds"));
    const struct code *code = list ? code_get(list, kind) : NULL;
    return code ? code_extra(list, code, S("inverse")) : STR_EMPTY;
}

static void add_things(const struct world *world, const struct person *person, struct node *list,
                       struct arena *arena)
{
    for (size_t i = 0; i < world->catalog->count; i++) {
        const struct definition *thing = world->catalog->definitions[i];
        uint64_t record;
        if (thing == world->persons || !world_is_sampled(thing) || !thing->sample_link.len ||
            !world_record_of(world, thing, person->number, &record))
            continue;
        node_add(list, make_link(inverse_of(world, thing->sample_link),
                                 record_reference(thing, person->country, record, arena),
                                 thing->title[LANGUAGE_EN], arena));
    }
}

struct node *link_list(const struct world *world, const struct definition *definition,
                       const struct person *person, struct arena *arena)
{
    struct node *list = node_list(arena);
    if (definition == world->persons)
        add_things(world, person, list, arena);
    else if (definition->sample_link.len && world->persons)
        node_add(list, link_to_person(world, definition->sample_link, person, arena));
    return list;
}

/* The name beside the link says whom it is about. */
static const struct field *name_beside(const struct field *field)
{
    const struct field *found = NULL;
    for (size_t i = 0; field->parent && i < field->parent->field_count; i++)
        if (field->parent->fields[i]->type && is_type(field->parent->fields[i], "name"))
            found = field->parent->fields[i];
    return found;
}

struct node *link_in_row(const struct world *world, const struct definition *definition,
                         const struct field *field, const struct person *person, unsigned row,
                         struct arena *arena)
{
    const struct field *name = name_beside(field);
    struct person other;
    if (!name || (name->meaning.len && !means(name, "relative-name") && row > 0))
        return NULL;
    if (means(name, "holder-name") || means(name, "owner-name"))
        return link_to_person(world, definition->sample_link, person, arena);
    if (!means(name, "relative-name") ||
        !link_relative(world, definition, person, row, arena, &other))
        return NULL;
    str kind =
        other.number == person->number ? definition->sample_link : kind_of_mate(person, &other);
    return link_to_person(world, kind, &other, arena);
}
