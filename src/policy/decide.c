/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision: from facts and actor to none, hit-only, masked or full. A chain of ceilings, each a
 * small function that reads like the rule it stands for; the lowest wins, so their order does not
 * matter and no rule can open what another has closed. It is evaluated once per class and actor,
 * never per entry: clarity before speed.
 */
#include "policy/internal.h"

struct facts facts_of(const struct record *record)
{
    const struct envelope *envelope = &record->envelope;
    return (struct facts){
        .definition = record->definition,
        .owner = envelope->owner,
        .purposes = envelope->purposes,
        .state = record->state,
        .confidentiality = envelope->confidentiality,
        .ceiling = envelope->disclose,
        .sensitive = envelope->sensitive,
        .is_test = envelope->is_test,
        .allow = envelope->allow,
        .deny = envelope->deny,
        .allow_count = envelope->allow_count,
        .deny_count = envelope->deny_count,
    };
}

/* ---- who the actor is to the record ---- */

static bool has_role(const struct actor *actor, const char *role)
{
    return str_eq_c(actor->role, role);
}

bool actor_is_system(const struct actor *actor)
{
    return has_role(actor, "system");
}

static bool is_own(const struct actor *actor, str owner)
{
    return owner.len > 0 && str_eq(actor->country, owner);
}

/* What the node keeps for itself: its officers, grants, imports. Not police data. */
static bool is_of_node(const struct definition *definition)
{
    return str_eq(definition->kind, S("system"));
}

/* Administrators are of a country too: only one of none, at the machine itself, keeps all. */
bool actor_is_keeper(const struct actor *actor, str owner)
{
    if (actor_is_system(actor) || (actor->may_administer && !actor->country.len))
        return true;
    return (actor->may_write || actor->may_administer) && is_own(actor, owner);
}

bool policy_is_keeper(const struct actor *actor, str owner)
{
    return actor_is_keeper(actor, owner);
}

/*
 * What the node keeps is for the roles that its `show:` names, and for nobody where it names none:
 * of a credential not even an administrator reads what there is.
 */
static bool is_named(const struct actor *actor, const struct definition *definition)
{
    for (size_t i = 0; i < definition->show_count; i++) {
        str audience = definition->shows[i].audience;
        if (str_eq(audience, actor->role) ||
            (actor->may_administer && str_eq(audience, S("administrator"))))
            return true;
    }
    return false;
}

bool policy_keeps(const struct actor *actor, const struct definition *definition, str owner)
{
    bool is_open = !is_of_node(definition) || actor_is_system(actor) || is_named(actor, definition);
    bool is_given = !actor->is_limited || !definition_is_data(definition) ||
                    definition_set_has(&actor->databases, definition->number);
    return is_open && is_given && actor_is_keeper(actor, owner);
}

/* ---- show rules ---- */

const struct show_rule *show_rule_for(const struct actor *actor,
                                      const struct definition *definition)
{
    const struct show_rule *others = NULL;
    for (size_t i = 0; i < definition->show_count; i++) {
        const struct show_rule *rule = &definition->shows[i];
        if (str_eq(rule->audience, actor->role))
            return rule;
        if (str_eq(rule->audience, S("others")))
            others = rule;
    }
    return others;
}

/* A listed group opens all its fields. */
bool show_rule_has(const struct show_rule *rule, const struct field *field)
{
    if (!rule || rule->kind == SHOW_ALL)
        return true;
    if (rule->kind == SHOW_HIT_ONLY)
        return false;
    if (field->is_shown_always)
        return true;
    for (size_t i = 0; i < rule->field_count; i++)
        if (rule->fields[i] == field || rule->fields[i] == field->parent)
            return true;
    return false;
}

enum disclosure decide_by_show(const struct actor *actor, const struct definition *definition)
{
    const struct show_rule *rule = show_rule_for(actor, definition);
    if (!rule || rule->kind == SHOW_ALL)
        return DISCLOSE_FULL;
    return rule->kind == SHOW_FIELDS ? DISCLOSE_MASKED : DISCLOSE_HIT_ONLY;
}

enum field_access policy_field_access(const struct catalog *catalog, const struct actor *actor,
                                      const struct definition *definition,
                                      const struct field *field)
{
    bool is_shown = actor->may_administer || show_rule_has(show_rule_for(actor, definition), field);
    if (actor_is_system(actor) || (is_shown && field_is_for(catalog, actor, field)))
        return FIELD_OPEN;
    return field->is_blind ? FIELD_BLIND : FIELD_CLOSED;
}

/* ---- audience ---- */

/* "FRA", "FRA/border" for its units too, or the code of a purpose. */
static bool names_actor(const struct catalog *catalog, str entry, const struct actor *actor)
{
    if (str_eq(entry, actor->country) || str_eq(entry, purpose_code(catalog, actor->purpose)))
        return true;
    if (entry.len == 0 || !str_starts(actor->unit, entry))
        return false;
    return actor->unit.len == entry.len || actor->unit.ptr[entry.len] == '/';
}

static bool list_names_actor(const struct catalog *catalog, const str *list, size_t count,
                             const struct actor *actor)
{
    for (size_t i = 0; i < count; i++)
        if (names_actor(catalog, list[i], actor))
            return true;
    return false;
}

static enum disclosure by_audience(const struct catalog *catalog, const struct actor *actor,
                                   const struct facts *facts)
{
    if (is_own(actor, facts->owner))
        return DISCLOSE_FULL;
    if (list_names_actor(catalog, facts->deny, facts->deny_count, actor))
        return DISCLOSE_NONE;
    if (facts->allow_count && !list_names_actor(catalog, facts->allow, facts->allow_count, actor))
        return DISCLOSE_NONE;
    return DISCLOSE_FULL;
}

/* ---- purpose ---- */

/* A purpose may open less than a record would: codes/purposes.csv says so in its column `limit`. */
static enum disclosure by_purpose(const struct catalog *catalog, const struct actor *actor,
                                  const struct facts *facts)
{
    if (actor->purpose >= PURPOSE_MAX)
        return DISCLOSE_NONE;
    purpose_set asked = (purpose_set)1 << actor->purpose;
    if (!(facts->purposes & facts->definition->purposes & asked))
        return DISCLOSE_NONE;
    const struct code_list *list = catalog->purposes;
    if (!list || actor->purpose >= list->count)
        return DISCLOSE_NONE;
    str limit = code_extra(list, &list->codes[actor->purpose], S("limit"));
    if (str_eq(limit, S("test-only")) && !facts->is_test)
        return DISCLOSE_NONE;
    return str_eq(limit, S("hit-only")) ? DISCLOSE_HIT_ONLY : DISCLOSE_FULL;
}

/* ---- confidentiality and sensitive contents ---- */

static enum disclosure by_confidentiality(const struct catalog *catalog, const struct actor *actor,
                                          const struct facts *facts)
{
    (void)catalog;
    if (glass_is_broken(actor, facts->owner)) /* told to the owner, and reviewed */
        return DISCLOSE_FULL;
    bool is_bureau = has_role(actor, "national-bureau");
    bool is_investigator = has_role(actor, "investigator");
    switch (facts->confidentiality) {
    case CONF_OFFICIAL: return DISCLOSE_FULL;
    case CONF_RESTRICTED: return is_bureau || is_investigator ? DISCLOSE_FULL : DISCLOSE_MASKED;
    case CONF_CONFIDENTIAL: break;
    }
    if (is_bureau)
        return DISCLOSE_FULL;
    return is_investigator ? DISCLOSE_HIT_ONLY : DISCLOSE_NONE;
}

/* A victim is known to those who work on the case; to others there is a match, and whom to ask. */
static enum disclosure by_sensitivity(const struct catalog *catalog, const struct actor *actor,
                                      const struct facts *facts)
{
    (void)catalog;
    if (glass_is_broken(actor, facts->owner) || !(facts->sensitive & SENSITIVE_VICTIM))
        return DISCLOSE_FULL;
    if (has_role(actor, "national-bureau") || has_role(actor, "investigator"))
        return DISCLOSE_FULL;
    return DISCLOSE_HIT_ONLY;
}

/* A database that is closed to the actor holds nothing for him, whatever its records say. */
static enum disclosure by_table(const struct catalog *catalog, const struct actor *actor,
                                const struct facts *facts)
{
    return table_ask(catalog, actor, MAY_READ, facts->definition) == TABLE_OPEN ? DISCLOSE_FULL
                                                                                : DISCLOSE_NONE;
}

static enum disclosure by_ceiling(const struct catalog *catalog, const struct actor *actor,
                                  const struct facts *facts)
{
    (void)catalog;
    return is_own(actor, facts->owner) ? DISCLOSE_FULL : facts->ceiling;
}

/* Closed for good, whoever asks: what is deleted, tickets (their parties meet them in src/flow). */
static enum disclosure by_state(const struct catalog *catalog, const struct actor *actor,
                                const struct facts *facts)
{
    (void)catalog;
    if ((facts->state == STATE_DELETED && !actor_is_system(actor)) ||
        definition_is_ticket(facts->definition))
        return DISCLOSE_NONE;
    if (policy_keeps(actor, facts->definition, facts->owner))
        return DISCLOSE_FULL;
    bool is_open = facts->state == STATE_ACTIVE && !is_of_node(facts->definition);
    return is_open ? DISCLOSE_FULL : DISCLOSE_NONE;
}

const struct ceiling ceilings[] = {
    {"state", by_state},
    {"owner's ceiling", by_ceiling},
    {"tables and measures", by_table},
    {"purpose", by_purpose},
    {"audience", by_audience},
    {"confidentiality", by_confidentiality},
    {"sensitive contents", by_sensitivity},
};
const size_t ceiling_count = COUNT_OF(ceilings);

enum disclosure decide_by_record(const struct catalog *catalog, const struct actor *actor,
                                 const struct facts *facts)
{
    enum disclosure result = by_state(catalog, actor, facts);
    if (result == DISCLOSE_NONE || policy_keeps(actor, facts->definition, facts->owner))
        return result;
    for (size_t i = 1; i < ceiling_count && result != DISCLOSE_NONE; i++) {
        enum disclosure ceiling = ceilings[i].decide(catalog, actor, facts);
        result = ceiling < result ? ceiling : result;
    }
    return result;
}

enum disclosure decide(const struct catalog *catalog, const struct actor *actor,
                       const struct facts *facts)
{
    enum disclosure result = decide_by_record(catalog, actor, facts);
    if (result == DISCLOSE_NONE || policy_keeps(actor, facts->definition, facts->owner))
        return result;
    enum disclosure shown = decide_by_show(actor, facts->definition);
    return shown < result ? shown : result;
}
