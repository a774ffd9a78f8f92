/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Units: founded and changed by the administrator above them, never by their own below. A unit may
 * not be given more than its parent may; should the parent lose something later, the unit loses it
 * in the same moment (roll.c works that out), and gets it back with it.
 */
#include <stdlib.h>

#include "identity/internal.h"

enum { ID_MAX = 64, UNIT_MAX = 100000, DEPTH_MAX = 14 };

static const char *const unit_keys[] = {"name", "parent", "level", "databases", "purposes"};

static enum err check_place(struct identity *identity, const struct unit *unit,
                            const struct unit *parent, const struct unit_facts *facts, str country)
{
    bool has_parent = parent && parent->is_known;
    int depth = 0;
    if (facts->parent.len && !has_parent)
        return err_set(ERR_UNKNOWN, "there is no unit %.*s", STR(facts->parent));
    for (const struct unit *above = parent; above; above = above->above, depth++)
        if (above == unit)
            return err_set(ERR_CONFLICT, "%.*s stands below %.*s itself", STR(facts->parent),
                           STR(facts->id));
    if (depth > DEPTH_MAX)
        return err_set(ERR_LIMIT, "units stand at most %d deep", DEPTH_MAX);
    bool is_of_country = !has_parent || str_eq(parent->country, country) ||
                         (parent->level == LEVEL_HUB && !str_eq(facts->level, S("unit")));
    if (!is_of_country)
        return err_set(ERR_DENIED, "%.*s is a unit of %.*s, not of %.*s", STR(facts->parent),
                       STR(parent->country), STR(country));
    const struct identity_scope *limit = scope_of_unit(parent);
    struct identity_scope asked = facts->listed;
    if (asked.purposes == ~(purpose_set)0)
        asked.purposes = limit->purposes;
    (void)identity;
    return scope_is_within(&asked, limit)
               ? OK
               : err_set(ERR_DENIED, "that is more than the unit %.*s above may",
                         STR(facts->parent));
}

/* Whose is it to found or change such a unit? */
static enum err check_reach(struct identity *identity, const struct actor *by,
                            const struct unit *unit, const struct unit *parent,
                            const struct unit_facts *facts, str country)
{
    bool is_known = unit && unit->is_known;
    bool is_high = !str_eq(facts->level, S("unit"));
    const struct unit *own = by->unit.len ? find_unit(identity, by->unit) : NULL;
    if (is_at_machine(by))
        return OK;
    if (is_known && !reaches_unit(identity, by, unit->country, unit))
        return not_there("unit", facts->id);
    if (is_known && unit == own)
        return err_set(ERR_DENIED, "officer %.*s cannot change what his own unit may",
                       STR(by->officer));
    if (is_of_hub(identity, by))
        return is_high ? OK
                       : err_set(ERR_DENIED, "the hub founds national bureaux; their own "
                                             "administrators found the units below");
    if (is_high)
        return err_set(ERR_DENIED, "a unit of the level %.*s is founded by the hub",
                       STR(facts->level));
    bool is_met = parent && parent->is_known && str_eq(parent->country, by->country);
    if (facts->parent.len && !is_met)
        return not_there("unit", facts->parent);
    bool is_placed = own && own->is_known ? parent && parent->is_known : true;
    if (!is_placed)
        return err_set(ERR_MISSING, "the unit above is not named");
    return reaches_unit(identity, by, country, parent)
               ? OK
               : err_set(ERR_DENIED, "officer %.*s does not administer %.*s of %.*s",
                         STR(by->officer), STR(facts->parent), STR(country));
}

static void show_unit(const struct unit *unit, struct arena *arena, struct identity_unit *ret)
{
    *ret = (struct identity_unit){.id = arena_str(arena, unit->id),
                                  .country = arena_str(arena, unit->country),
                                  .name = arena_str(arena, unit->facts.name),
                                  .parent = arena_str(arena, unit->facts.parent),
                                  .level = arena_str(arena, unit->facts.level),
                                  .version = unit->version,
                                  .listed = unit->facts.listed,
                                  .effective = unit->effective,
                                  .is_open = unit->is_open};
}

static bool id_is_good(str id)
{
    return identity_id_is_good(id) && id.len <= ID_MAX;
}

/* Whether another country has a unit of this id is not for its neighbours to find out. */
static enum err check_id(struct identity *identity, const struct actor *by, str id)
{
    str country = by->country;
    bool is_own = str_starts(id, country) && id.len > country.len && id.ptr[country.len] == '/';
    if (is_own || is_at_machine(by) || is_of_hub(identity, by))
        return OK;
    return err_set(ERR_DENIED, "ids of units of %.*s begin with %.*s/, and %.*s does not",
                   STR(country), STR(country), STR(str_slice(id, 0, 64)));
}

static enum err put_unit(struct identity *identity, const struct actor *by, str country, str id,
                         uint32_t version, const struct node *given, struct arena *arena)
{
    struct unit_facts facts;
    struct writing writing = {.change = {.number = 0}};
    struct node *fields = copy_fields(given, unit_keys, COUNT_OF(unit_keys), arena);
    node_put_text(arena, fields, S("id"), id);
    read_unit(identity->catalog, fields, &facts);
    const struct unit *unit = find_unit(identity, id);
    const struct unit *parent = facts.parent.len ? find_unit(identity, facts.parent) : NULL;
    bool is_there = unit && unit->is_known && unit->is_active;
    if (!id_is_good(id))
        return err_set(ERR_BAD_VALUE,
                       "%.*s is not a unit's id: letters, digits and . _ - / up to %d",
                       STR(str_slice(id, 0, 100)), ID_MAX);
    if (!version)
        TRY(check_id(identity, by, id));
    if (version && !is_there)
        return not_there("unit", id);
    if (version)
        country = unit->country;
    TRY(check_databases(identity->catalog, node_get(fields, S("databases"))));
    TRY(check_reach(identity, by, is_there ? unit : NULL, parent, &facts, country));
    if (!version && is_there)
        return err_set(ERR_CONFLICT, "unit %.*s is there already", STR(id));
    if (!version && identity->units.count >= UNIT_MAX)
        return err_set(ERR_LIMIT, "at most %d units", UNIT_MAX);
    TRY(check_place(identity, unit, parent, &facts, country));
    struct heading heading = {.definition = "unit",
                              .owner = country,
                              .by = by->officer,
                              .number = version ? unit->number : 0,
                              .version = version};
    enum err code = writing_put(identity, &writing, &heading, fields, arena);
    if (!code)
        code = writings_commit(identity, &writing, 1, NULL);
    writing_release(&writing);
    return code;
}

enum err identity_unit_put(struct identity *identity, const struct actor *by, str country, str id,
                           uint32_t version, const struct node *fields, struct arena *arena,
                           struct identity_unit *ret)
{
    pthread_mutex_lock(&identity->changing);
    enum err code = put_unit(identity, by, country, id, version, fields, arena);
    if (!code)
        show_unit(find_unit(identity, id), arena, ret);
    pthread_mutex_unlock(&identity->changing);
    return code;
}

static enum err close_unit(struct identity *identity, const struct actor *by, str id)
{
    struct writing writing;
    const struct unit *unit = find_unit(identity, id);
    bool is_reached = unit && unit->is_known && unit->is_active &&
                      reaches_unit(identity, by, unit->country, unit);
    if (!is_reached)
        return not_there("unit", id);
    if (str_eq(by->unit, id) && !is_at_machine(by))
        return err_set(ERR_DENIED, "officer %.*s cannot close his own unit", STR(by->officer));
    writing_state(&writing, unit->number, "unit", unit->country, STATE_CANCELLED, by->officer);
    return writings_commit(identity, &writing, 1, NULL);
}

enum err identity_unit_close(struct identity *identity, const struct actor *by, str id)
{
    pthread_mutex_lock(&identity->changing);
    enum err code = close_unit(identity, by, id);
    pthread_mutex_unlock(&identity->changing);
    return code;
}

static int compare_units(const void *a, const void *b)
{
    return str_compare(((const struct identity_unit *)a)->id,
                       ((const struct identity_unit *)b)->id);
}

enum err identity_units(struct identity *identity, const struct actor *by, struct arena *arena,
                        struct identity_unit **ret, size_t *ret_count)
{
    size_t count = 0;
    pthread_rwlock_rdlock(&identity->lock);
    struct identity_unit *list = arena_array(arena, struct identity_unit, identity->units.count);
    for (size_t i = 0; list && i < identity->units.slot_count; i++)
        for (struct link *link = identity->units.slots[i]; link; link = link->next) {
            const struct unit *unit = (const struct unit *)link;
            if (unit->is_known && unit->is_active &&
                reaches_unit(identity, by, unit->country, unit))
                show_unit(unit, arena, &list[count++]);
        }
    pthread_rwlock_unlock(&identity->lock);
    if (!list)
        return err_last()->code;
    qsort(list, count, sizeof *list, compare_units);
    *ret = list;
    *ret_count = count;
    return OK;
}
