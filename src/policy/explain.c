/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decision in words. The rules and their order are those of decide.c, asked one by one; here is
 * only what each of them looked at, said of this actor and this record.
 */
#include "policy/internal.h"

static str list_words(const str *list, size_t count, struct arena *arena)
{
    struct buf out = {.max = 4096};
    for (size_t i = 0; i < count; i++)
        buf_printf(&out, "%s%.*s", i ? ", " : "", STR(list[i]));
    str words = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return words;
}

static str purposes_words(const struct catalog *catalog, purpose_set set, struct arena *arena)
{
    str codes[PURPOSE_MAX];
    size_t count = 0;
    for (uint16_t i = 0; i < PURPOSE_MAX; i++)
        if (set >> i & 1)
            codes[count++] = purpose_code(catalog, i);
    return list_words(codes, count, arena);
}

static str sensitive_words(unsigned sensitive)
{
    return sensitive & SENSITIVE_VICTIM ? S("of a victim")
           : sensitive                  ? S("sensitive, not of a victim")
                                        : S("nothing sensitive");
}

static str words_of(const char *rule, const struct catalog *catalog, const struct actor *actor,
                    const struct facts *facts, struct arena *arena)
{
    static const char *const words[] = {"for official use", "restricted", "confidential"};
    str name = str_c(rule);
    if (str_eq(name, S("state")))
        return arena_printf(arena, "the record is %s", state_word(facts->state));
    if (str_eq(name, S("owner's ceiling")))
        return arena_printf(arena, "%.*s gives others at most: %s", STR(facts->owner),
                            disclosure_word(facts->ceiling));
    if (str_eq(name, S("tables and measures")))
        return arena_printf(arena, "role %.*s, database %.*s", STR(actor->role),
                            STR(facts->definition->name));
    if (str_eq(name, S("purpose")))
        return arena_printf(arena, "asked for %.*s; the record is for %.*s",
                            STR(purpose_code(catalog, actor->purpose)),
                            STR(purposes_words(catalog, facts->purposes, arena)));
    if (str_eq(name, S("audience")))
        return arena_printf(
            arena, "%.*s, %.*s; only: %.*s; not: %.*s", STR(actor->country), STR(actor->unit),
            STR(facts->allow_count ? list_words(facts->allow, facts->allow_count, arena)
                                   : S("all")),
            STR(facts->deny_count ? list_words(facts->deny, facts->deny_count, arena)
                                  : S("nobody")));
    if (str_eq(name, S("confidentiality")))
        return arena_printf(arena, "the record is %s%s", words[facts->confidentiality],
                            glass_is_broken(actor, facts->owner) ? "; opened in an emergency" : "");
    return arena_printf(arena, "%.*s%s", STR(sensitive_words(facts->sensitive)),
                        glass_is_broken(actor, facts->owner) ? "; opened in an emergency" : "");
}

enum disclosure policy_explain(const struct catalog *catalog, const struct actor *actor,
                               const struct record *record, struct arena *arena,
                               struct policy_step ret[POLICY_STEP_MAX], size_t *ret_count)
{
    struct facts facts = facts_of(record);
    const struct definition *definition = record->definition;
    size_t count = 0;
    if (policy_keeps(actor, definition, facts.owner) && facts.state != STATE_DELETED)
        ret[count++] = (struct policy_step){
            "keeper", DISCLOSE_FULL,
            arena_printf(arena, "officer %.*s keeps the records of %.*s and sees all of them",
                         STR(actor->officer), STR(facts.owner))};
    for (size_t i = 0; count == i && i < ceiling_count; i++)
        ret[count++] =
            (struct policy_step){ceilings[i].rule, ceilings[i].decide(catalog, actor, &facts),
                                 words_of(ceilings[i].rule, catalog, actor, &facts, arena)};
    if (count == ceiling_count)
        ret[count++] =
            (struct policy_step){"show", decide_by_show(actor, definition),
                                 arena_printf(arena, "what \"%.*s\" shows to the role %.*s",
                                              STR(definition->name), STR(actor->role))};
    *ret_count = count;
    return decide(catalog, actor, &facts);
}

enum disclosure policy_foresee(const struct catalog *catalog, const struct actor *actor,
                               const struct definition *definition, str owner,
                               enum confidentiality confidentiality, unsigned sensitive)
{
    const struct facts facts = {.definition = definition,
                                .owner = owner,
                                .purposes = ~(purpose_set)0,
                                .state = STATE_ACTIVE,
                                .confidentiality = confidentiality,
                                .ceiling = DISCLOSE_FULL,
                                .sensitive = sensitive};
    return decide(catalog, actor, &facts);
}
