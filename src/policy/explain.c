/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decision in words. The rules and their order are those of decide.c, asked one by one; here is
 * only what each of them looked at, said of this actor and this record.
 */
#include <stdio.h>

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

static const char *sensitive_word(unsigned sensitive)
{
    return sensitive & SENSITIVE_VICTIM ? "victim" : sensitive ? "sensitive" : "nothing";
}

PRINTF(3, 4)
static void put_words(struct policy_step *step, struct arena *arena, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    va_start(args, format);
    say_measure(&step->say, strlen(text), format, args);
    va_end(args);
    step->words = arena_str(arena, str_c(text));
}

static void say_audience(struct policy_step *step, const struct actor *actor,
                         const struct facts *facts, struct arena *arena)
{
    str only = list_words(facts->allow, facts->allow_count, arena);
    str not = list_words(facts->deny, facts->deny_count, arena);
    put_words(step, arena, "%.*s, %.*s; only: %.*s; not: %.*s", STR(actor->country),
              STR(actor->unit), STR(only.len ? only : S("all")), STR(not .len ? not : S("nobody")));
}

static void say_step(struct policy_step *step, const struct catalog *catalog,
                     const struct actor *actor, const struct facts *facts, struct arena *arena)
{
    static const char *const classes[] = {"official-use", "restricted", "confidential"};
    str rule = str_c(step->rule);
    const char *glass = glass_is_broken(actor, facts->owner) ? "; opened in an emergency" : "";
    if (str_eq(rule, S("state")))
        put_words(step, arena, "the record is %s", state_word(facts->state));
    else if (str_eq(rule, S("owner's ceiling")))
        put_words(step, arena, "%.*s gives others at most: %s", STR(facts->owner),
                  disclosure_word(facts->ceiling));
    else if (str_eq(rule, S("tables and measures")))
        put_words(step, arena, "role %.*s, database %.*s", STR(actor->role),
                  STR(facts->definition->name));
    else if (str_eq(rule, S("purpose")))
        put_words(step, arena, "asked for %.*s; the record is for %.*s",
                  STR(purpose_code(catalog, actor->purpose)),
                  STR(purposes_words(catalog, facts->purposes, arena)));
    else if (str_eq(rule, S("audience")))
        say_audience(step, actor, facts, arena);
    else if (str_eq(rule, S("confidentiality")))
        put_words(step, arena, "the record is of the class %s%s", classes[facts->confidentiality],
                  glass);
    else
        put_words(step, arena, "sensitive contents: %s%s", sensitive_word(facts->sensitive), glass);
}

enum disclosure policy_explain(const struct catalog *catalog, const struct actor *actor,
                               const struct record *record, struct arena *arena,
                               struct policy_step ret[POLICY_STEP_MAX], size_t *ret_count)
{
    struct facts facts = facts_of(record);
    const struct definition *definition = record->definition;
    size_t count = 0;
    if (policy_keeps(actor, definition, facts.owner) && facts.state != STATE_DELETED) {
        ret[count] = (struct policy_step){.rule = "keeper", .ceiling = DISCLOSE_FULL};
        put_words(&ret[count++], arena,
                  "officer %.*s keeps the records of %.*s and sees all of them",
                  STR(actor->officer), STR(facts.owner));
    }
    for (size_t i = 0; count == i && i < ceiling_count; i++) {
        ret[count] = (struct policy_step){.rule = ceilings[i].rule,
                                          .ceiling = ceilings[i].decide(catalog, actor, &facts)};
        say_step(&ret[count++], catalog, actor, &facts, arena);
    }
    if (count == ceiling_count) {
        ret[count] =
            (struct policy_step){.rule = "show", .ceiling = decide_by_show(actor, definition)};
        put_words(&ret[count++], arena, "what \"%.*s\" shows to the role %.*s",
                  STR(definition->name), STR(actor->role));
    }
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
