/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody asks about himself or his family. What an officer declared is held against the names of
 * his question, word by word, as a search holds them against records:
 *
 *   himself   all that he asked for is in a declared name, and together rare enough to mean it
 *   family    a word of it that is not a given name, and borne by few: one in FAMILY_BITS
 *
 * A common family name alone flags nothing: whoever is called so would be flagged every day, and
 * an auditor who sees that stops looking.
 */
#include "review/internal.h"
#include "text/frequency.h"
#include "text/match.h"
#include "type/name.h"

#define HIMSELF_BITS 12.0 /* one in 4,096 */
#define FAMILY_BITS  10.0 /* one in 1,024 */

/* Of a value without a meaning the entry tells its type. */
static bool is_name(const struct catalog *catalog, str meaning)
{
    if (str_eq_c(meaning, type_name.name))
        return true;
    for (size_t i = 0; i < catalog->count; i++)
        for (size_t k = 0; k < catalog->definitions[i]->all_count; k++) {
            const struct field *field = catalog->definitions[i]->all[k];
            if (field->type == &type_name && str_eq(field->meaning, meaning))
                return true;
        }
    return false;
}

static const struct name *read_name(const struct catalog *catalog, const struct node *node,
                                    struct arena *arena)
{
    const struct type_context context = {.codes = catalog->codes};
    struct value value;
    if (type_name.parse(&context, node, arena, &value) == OK)
        return name_of(&value);
    err_clear();
    return NULL;
}

static bool is_rare_family(const struct name *declared, const struct name_match *match,
                           const struct name_frequency *frequency)
{
    for (size_t i = 0; i < match->pair_count; i++) {
        const struct name_token *word = &declared->tokens[match->pairs[i].held];
        if (word->role != NAME_GIVEN && word->role != NAME_PATRONYMIC &&
            match->pairs[i].strain <= word_strain_max(word->readings[0].len) &&
            name_word_bits(frequency, word) >= FAMILY_BITS)
            return true;
    }
    return false;
}

static bool is_of(const struct name *declared, const struct name *asked)
{
    const struct name_frequency frequency = {.bits = frequencies_bits,
                                             .context = frequencies_shipped()};
    struct name_match match;
    name_match(asked, declared, &frequency, &match);
    if (match.is_whole && match.contradictions == 0 && match.bits >= HIMSELF_BITS)
        return true;
    return is_rare_family(declared, &match, &frequency);
}

static bool is_declared(const struct catalog *catalog, const struct node *declared,
                        const struct name *asked, struct arena *arena)
{
    node_each(one, declared)
    {
        const struct name *name = read_name(catalog, one, arena);
        if (name && is_of(name, asked))
            return true;
    }
    return false;
}

bool own_is_asked(const struct catalog *catalog, const struct node *declared,
                  const struct node *query, struct arena *arena)
{
    if (!query || query->kind != NODE_LIST)
        return false;
    node_each(set, query)
    {
        node_each(values, set)
        {
            if (!is_name(catalog, values->key))
                continue;
            node_each(value, values)
            {
                const struct name *asked = read_name(catalog, value, arena);
                if (asked && is_declared(catalog, declared, asked, arena))
                    return true;
            }
        }
    }
    return false;
}
