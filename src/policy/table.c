/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The declared tables, asked without a record at hand: codes/audiences.csv says what a role may do
 * anywhere (columns search, read, write, import, feed), `may:` of a definition who may do it there
 * and for which purposes, `read:` of a field who reads it; the officer's own scope and the measures
 * against his country close databases on top of that. What one of them closes none of the others
 * opens. Nothing here looks at a record: what can be reached is known before there is any.
 */
#include "policy/internal.h"

static const struct code *role_of(const struct catalog *catalog, const struct actor *actor,
                                  const struct code_list **ret_list)
{
    *ret_list = codes_list(catalog->codes, S("audiences"));
    return *ret_list ? code_get(*ret_list, actor->role) : NULL;
}

/* A role that the table does not have reads and writes as its rights say, and moves no sets. */
static bool role_may(const struct catalog *catalog, const struct actor *actor,
                     enum database_action action)
{
    static const str columns[MAY_COUNT] = {S("search"), S("read"), S("write"),
                                           S("import"), S("feed"), S("approve")};
    const struct code_list *list;
    const struct code *role = role_of(catalog, actor, &list);
    bool is_bulk = action == MAY_IMPORT || action == MAY_FEED;
    if (is_bulk && actor->may_administer)
        return true;
    return role ? !str_eq(code_extra(list, role, columns[action]), S("no")) : !is_bulk;
}

static bool has_role(const struct catalog *catalog, const struct actor *actor, uint64_t roles)
{
    const struct code_list *list;
    const struct code *role = role_of(catalog, actor, &list);
    return roles == 0 || (role && role->number < 64 && roles >> role->number & 1);
}

/* Writing and moving sets name no purpose; where they do, it counts. */
static bool has_purpose(const struct actor *actor, purpose_set purposes, bool is_needed)
{
    if (purposes == 0 || (!is_needed && actor->purpose >= PURPOSE_MAX))
        return true;
    return actor->purpose < PURPOSE_MAX && purposes >> actor->purpose & 1;
}

bool field_is_for(const struct catalog *catalog, const struct actor *actor,
                  const struct field *field)
{
    for (; field; field = field->parent)
        if (!has_role(catalog, actor, field->read_roles) ||
            !has_purpose(actor, field->read_purposes, true))
            return false;
    return true;
}

static enum table_answer ask_definition(const struct catalog *catalog, const struct actor *actor,
                                        enum database_action action,
                                        const struct definition *definition)
{
    const struct may_rule *rule = &definition->may[action];
    bool is_reading = action == MAY_SEARCH || action == MAY_READ;
    bool is_writing = action == MAY_WRITE || action == MAY_IMPORT;
    if (!has_role(catalog, actor, rule->roles))
        return TABLE_DATABASE;
    if (!has_purpose(actor, rule->purposes, is_reading))
        return TABLE_PURPOSE;
    if (actor->is_limited && definition_is_data(definition) &&
        !definition_set_has(&actor->databases, definition->number))
        return TABLE_SCOPE;
    if (definition_set_has(&actor->suspended, definition->number))
        return TABLE_SUSPENDED;
    if (is_writing && definition_set_has(&actor->read_only, definition->number))
        return TABLE_READ_ONLY;
    return TABLE_OPEN;
}

enum table_answer table_ask(const struct catalog *catalog, const struct actor *actor,
                            enum database_action action, const struct definition *definition)
{
    if (!role_may(catalog, actor, action))
        return TABLE_ROLE;
    return definition ? ask_definition(catalog, actor, action, definition) : TABLE_OPEN;
}

bool glass_is_broken(const struct actor *actor, str owner)
{
    return actor->is_break_glass &&
           (!actor->break_glass_of.len || str_eq(actor->break_glass_of, owner));
}
