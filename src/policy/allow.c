/* SPDX-License-Identifier: Apache-2.0 */
/*
 * May the actor do this at all, before any record is looked at? One function per action; each
 * refusal says which rule refused and what the actor is or has, because the officer who reads it
 * must know whom to ask.
 */
#include "policy/internal.h"

static enum err denied(const struct actor *actor, const char *reason, str about)
{
    if (about.len)
        return err_set(ERR_DENIED, "officer %.*s: %s %.*s", STR(actor->officer), reason,
                       STR(about));
    return err_set(ERR_DENIED, "officer %.*s: %s", STR(actor->officer), reason);
}

static enum err allow_purpose(const struct catalog *catalog, const struct actor *actor,
                              const struct definition *definition)
{
    str purpose = purpose_code(catalog, actor->purpose);
    purpose_set asked = actor->purpose < PURPOSE_MAX ? (purpose_set)1 << actor->purpose : 0;
    if (purpose.len == 0)
        return denied(actor, "no purpose was given; every search and reading needs one", STR_EMPTY);
    if (!(actor->purposes & asked))
        return denied(actor, "is not allowed the purpose", purpose);
    if (!definition || definition->purposes & asked)
        return OK;
    return err_set(ERR_DENIED, "\"%.*s\" is not searched for the purpose %.*s",
                   STR(definition->name), STR(purpose));
}

/* What the tables close, in words: which of them it was, and of whom it speaks. */
static enum err allow_by_table(const struct catalog *catalog, const struct actor *actor,
                               enum database_action action, const struct definition *definition)
{
    static const char *const words[MAY_COUNT] = {"search", "read", "write",
                                                 "import", "feed", "approve"};
    const char *word = words[action];
    str name = definition ? definition->name : STR_EMPTY;
    switch (table_ask(catalog, actor, action, definition)) {
    case TABLE_OPEN: return OK;
    case TABLE_ROLE:
        return err_set(ERR_DENIED, "officer %.*s is of the role %.*s; refused: %s",
                       STR(actor->officer), STR(actor->role), word);
    case TABLE_DATABASE:
        return err_set(ERR_DENIED, "\"%.*s\" is not for the role %.*s; refused: %s", STR(name),
                       STR(actor->role), word);
    case TABLE_PURPOSE:
        return err_set(ERR_DENIED, "\"%.*s\" is not for the purpose %.*s; refused: %s", STR(name),
                       STR(purpose_code(catalog, actor->purpose)), word);
    case TABLE_SCOPE: return denied(actor, "is not given the database", name);
    case TABLE_SUSPENDED:
        return err_set(ERR_DENIED, "%.*s is suspended from \"%.*s\" by a measure; refused: %s",
                       STR(actor->country), STR(name), word);
    case TABLE_READ_ONLY: break;
    }
    return err_set(ERR_DENIED, "%.*s may only read \"%.*s\", by a measure; refused: %s",
                   STR(actor->country), STR(name), word);
}

static enum err allow_reading(const struct catalog *catalog, const struct actor *actor,
                              enum database_action action, const struct definition *definition)
{
    TRY(allow_by_table(catalog, actor, action, definition));
    if (actor->is_integrating && !actor->on_behalf_of.len)
        return denied(actor, "is a system that asks for others, and named no officer", STR_EMPTY);
    if (definition && str_eq(definition->kind, S("system")) && !actor->may_administer)
        return denied(actor,
                      "is no administrator; this is kept by the node itself:", definition->name);
    return allow_purpose(catalog, actor, definition);
}

static enum err allow_writing(const struct catalog *catalog, const struct actor *actor,
                              const struct definition *definition, str owner)
{
    TRY(allow_by_table(catalog, actor, MAY_WRITE, definition));
    if (definition && definition_is_ticket(definition))
        return denied(actor, "cannot write a ticket; it is opened and moved:", definition->name);
    if (!actor->may_write && !actor->may_administer)
        return denied(actor, "may not write records", STR_EMPTY);
    if (definition && str_eq(definition->kind, S("system")) && !actor->may_administer)
        return denied(actor,
                      "is no administrator; this is kept by the node itself:", definition->name);
    /* What a node keeps for a country - its offices, whom to ring - another's does not write. */
    if (definition && str_eq(definition->kind, S("system")) && owner.len && actor->country.len &&
        !str_eq(actor->country, owner))
        return err_set(ERR_DENIED,
                       "\"%.*s\" of %.*s is kept by its own administrators, and officer %.*s is of "
                       "%.*s",
                       STR(definition->name), STR(owner), STR(actor->officer), STR(actor->country));
    if (definition && owner.len && !str_eq(definition->owner, S("any")) &&
        !str_eq(definition->owner, owner))
        return err_set(ERR_DENIED, "records of \"%.*s\" belong to %.*s only, not to %.*s",
                       STR(definition->name), STR(definition->owner), STR(owner));
    if (owner.len && !actor_is_keeper(actor, owner))
        return err_set(ERR_DENIED,
                       "the record belongs to %.*s; only its own officers change it, and officer "
                       "%.*s is of %.*s",
                       STR(owner), STR(actor->officer), STR(actor->country));
    return OK;
}

static enum err allow_import(const struct catalog *catalog, const struct actor *actor,
                             const struct definition *definition, str owner)
{
    TRY(allow_by_table(catalog, actor, MAY_IMPORT, definition));
    return allow_writing(catalog, actor, definition, owner);
}

/* Who approves could have written it himself; of the hub, whose records these are not, no more is
 * asked than the table. */
static enum err allow_approving(const struct catalog *catalog, const struct actor *actor,
                                const struct definition *definition, str owner)
{
    TRY(allow_by_table(catalog, actor, MAY_APPROVE, definition));
    return owner.len ? allow_writing(catalog, actor, definition, owner) : OK;
}

unsigned policy_needs(const struct actor *actor, const struct definition *definition,
                      bool is_import)
{
    const struct screen *screen = &definition->screen;
    bool is_two = screen->needs_second || (is_import && screen->import_needs_second);
    if (!definition_is_data(definition))
        return 0;
    return (definition_set_has(&actor->pre_approval, definition->number) ? NEED_HUB : 0u) |
           (is_two ? NEED_SECOND : 0u);
}

enum err policy_allow(const struct catalog *catalog, const struct actor *actor,
                      enum policy_action action, const struct definition *definition, str owner)
{
    if (actor_is_system(actor))
        return OK;
    switch (action) {
    case POLICY_SEARCH: return allow_reading(catalog, actor, MAY_SEARCH, definition);
    case POLICY_READ: return allow_reading(catalog, actor, MAY_READ, definition);
    case POLICY_WRITE:
    case POLICY_DELETE: return allow_writing(catalog, actor, definition, owner);
    case POLICY_IMPORT: return allow_import(catalog, actor, definition, owner);
    case POLICY_APPROVE: return allow_approving(catalog, actor, definition, owner);
    case POLICY_FEED: return allow_by_table(catalog, actor, MAY_FEED, definition);
    case POLICY_AUDIT:
        return actor->may_audit ? OK : denied(actor, "may not read the audit log", STR_EMPTY);
    case POLICY_ADMINISTER:
        return actor->may_administer ? OK : denied(actor, "is not an administrator", STR_EMPTY);
    }
    return denied(actor, "unknown action", STR_EMPTY);
}
