/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who administers whom. Whoever is at the machine: all. The hub: units of the hub and national
 * bureaux, with their officers. A country's administrator: his own country, from his own unit down;
 * all of it where his unit is a national bureau, or has no record here (nodes that keep none).
 */
#include "identity/internal.h"

bool is_at_machine(const struct actor *by)
{
    return by->may_administer && by->country.len == 0;
}

enum err check_not_alone(const struct identity *identity, const struct actor *by, unsigned rights)
{
    bool is_alone = is_at_machine(by) && str_eq(by->officer, S("local"));
    if (!is_alone || !(rights & RIGHT_ADMINISTER) || !atomic_load(&identity->needs_two))
        return OK;
    err_set(ERR_DENIED, "nobody at the machine makes an administrator alone: that takes another "
                        "administrator, or two holders of shares");
    return err_hint("bureau recover-administrator");
}

static const struct unit *unit_of(const struct identity *identity, const struct actor *by)
{
    const struct unit *unit = by->unit.len ? find_unit(identity, by->unit) : NULL;
    return unit && unit->is_known ? unit : NULL;
}

bool is_of_hub(const struct identity *identity, const struct actor *by)
{
    const struct unit *unit = unit_of(identity, by);
    return by->may_administer && unit && unit->is_open && unit->level == LEVEL_HUB;
}

bool identity_is_of_hub(struct identity *identity, const struct actor *actor)
{
    pthread_rwlock_rdlock(&identity->lock);
    const struct unit *unit = unit_of(identity, actor);
    bool is_hub = unit && unit->is_open && unit->level == LEVEL_HUB;
    pthread_rwlock_unlock(&identity->lock);
    return is_hub;
}

bool is_below(const struct unit *unit, const struct unit *above)
{
    for (int depth = 0; unit && depth < 64; unit = unit->above, depth++)
        if (unit == above)
            return true;
    return false;
}

bool reaches_unit(const struct identity *identity, const struct actor *by, str country,
                  const struct unit *unit)
{
    const struct unit *own = unit_of(identity, by);
    bool is_known = unit && unit->is_known;
    if (!by->may_administer)
        return false;
    if (is_at_machine(by))
        return true;
    if (own && own->level == LEVEL_HUB)
        return own->is_open && is_known && unit->level != LEVEL_UNIT;
    if (!str_eq(by->country, country) || (is_known && !str_eq(unit->country, country)))
        return false;
    if (is_known && unit->level == LEVEL_HUB)
        return false;
    if (!own || own->level == LEVEL_BUREAU)
        return !own || own->is_open;
    return own->is_open && is_known && is_below(unit, own);
}

bool reaches_account(const struct identity *identity, const struct actor *by,
                     const struct account *account)
{
    return account_is_there(account) && reaches_unit(identity, by, account->country, account->unit);
}

bool scope_is_within(const struct identity_scope *scope, const struct identity_scope *limit)
{
    if (scope->purposes & ~limit->purposes)
        return false;
    if (!limit->is_limited || !scope->is_limited) /* none listed: all of the unit */
        return true;
    for (size_t i = 0; i < COUNT_OF(scope->databases.bits); i++)
        if (scope->databases.bits[i] & ~limit->databases.bits[i])
            return false;
    return true;
}

const struct identity_scope *scope_of_unit(const struct unit *unit)
{
    static const struct identity_scope everything = {.purposes = ~(purpose_set)0};
    return unit && unit->is_known ? &unit->effective : &everything;
}

enum err not_there(const char *what, str id)
{
    return err_set(ERR_NOT_FOUND, "there is no %s %.*s", what, STR(str_slice(id, 0, 64)));
}
