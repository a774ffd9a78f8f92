/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this module share: the facts of a decision, and the function that decides. */
#ifndef POLICY_INTERNAL_H
#define POLICY_INTERNAL_H

#include "policy/policy.h"

/* Of a record's class. Texts are borrowed. */
struct facts {
    const struct definition *definition;
    str owner;
    purpose_set purposes;
    enum state state;
    enum confidentiality confidentiality;
    enum disclosure ceiling;
    unsigned sensitive;
    bool is_test;
    const str *allow, *deny;
    size_t allow_count, deny_count;
};
struct facts facts_of(const struct record *record);
enum disclosure decide(const struct catalog *catalog, const struct actor *actor,
                       const struct facts *facts);
/* The same without the definition's show rules: what the record itself closes to the actor. */
enum disclosure decide_by_record(const struct catalog *catalog, const struct actor *actor,
                                 const struct facts *facts);

/* table.c: role x purpose x database x action, without a record. NULL definition: any. */
enum table_answer {
    TABLE_OPEN,
    TABLE_ROLE,
    TABLE_DATABASE,
    TABLE_PURPOSE,
    TABLE_SCOPE,
    TABLE_SUSPENDED,
    TABLE_READ_ONLY
};
enum table_answer table_ask(const struct catalog *catalog, const struct actor *actor,
                            enum database_action action, const struct definition *definition);
bool field_is_for(const struct catalog *catalog, const struct actor *actor,
                  const struct field *field);
/* Taken in an emergency, for the records of this owner. */
bool glass_is_broken(const struct actor *actor, str owner);

/* The rules of a decision, each a ceiling; decided and explained from the one table. */
struct ceiling {
    const char *rule;
    enum disclosure (*decide)(const struct catalog *catalog, const struct actor *actor,
                              const struct facts *facts);
};
extern const struct ceiling ceilings[];
extern const size_t ceiling_count;
enum disclosure decide_by_show(const struct actor *actor, const struct definition *definition);

/* One of those who look after the record: sees all of it, in any state, whatever the purpose. */
bool actor_is_keeper(const struct actor *actor, str owner);
bool actor_is_system(const struct actor *actor);
/* The show rule for the actor's role, else the one for others; NULL: none, all is shown. */
const struct show_rule *show_rule_for(const struct actor *actor,
                                      const struct definition *definition);
bool show_rule_has(const struct show_rule *rule, const struct field *field);

#endif
