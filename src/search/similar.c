/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that are nearly the asked one. They never decide a hit: with a million numbers in one
 * issuer's nine-digit space, one innocent number in twelve has a neighbour. So they are looked for
 * only when a check digit fails and nothing exact was found, or on request, and each carries the
 * count to expect by chance.
 *
 *   one slip     type_neighbours(): a character wrong, missing, added, two swapped
 *   confusable   the SKELETON key: O and 0, I and 1, S and 5 ... any number of them
 *   partial      the PARTIAL key: the last characters of a VIN or serial
 *   wildcard     '?' for one character, at most two; '*' before or after what is known, by partial
 *   keys
 *
 * Chance: each probed text is one of a*a*...*a of its length and shape (10 for a digit, 26 for a
 * letter); with n numbers in the keyspace, n divided by that is how many innocent ones to expect
 * there. The sum over all probes is an estimate, said as such.
 */
#include "search/internal.h"

enum { WILD_MAX = 2, PARTIAL_MIN = 4, WILD_TEXT_MAX = 64 };

struct probe_list {
    struct key_sink sink;
    struct arena *arena;
    struct index_key *keys;
    size_t count;
    enum key_kind kind;
    enum err code;
};

static void take_probe(struct key_sink *sink, const struct key *key)
{
    struct probe_list *list = (struct probe_list *)sink;
    if (key->kind != list->kind || list->count == PROBE_MAX || list->code)
        return;
    str text = arena_str(list->arena, key->text);
    if (text.len != key->text.len)
        list->code = err_last()->code;
    else
        list->keys[list->count++] = (struct index_key){key->space, text};
}

/*
 * One list serves all probes of a search in turn: it is the largest thing a search asks memory for.
 */
static enum err probe_list_init(struct probe_list *list, struct search *search, enum key_kind kind)
{
    struct arena *arena = search->plan->arena;
    if (!search->probe_keys) {
        search->probe_keys = arena_array(arena, struct index_key, PROBE_MAX);
        search->probe_hits = arena_array(arena, struct index_hits, PROBE_MAX);
    }
    if (!search->probe_keys || !search->probe_hits)
        return ERR_LIMIT;
    *list = (struct probe_list){.sink = {.add = take_probe},
                                .arena = arena,
                                .keys = search->probe_keys,
                                .kind = kind};
    return OK;
}

/* ---- chance ---- */

static double chance_of(str text, double held)
{
    double possible = 1;
    for (size_t i = 0; i < text.len; i++)
        possible *= is_digit(text.ptr[i]) ? 10 : 26;
    double expected = held / possible;
    return expected < held ? expected : held;
}

/*
 * Among as many numbers as the table of frequencies counted persons: what the index really holds
 * of such numbers would say how much there is that the asker may not see.
 */
static void add_chance(struct search *search, const struct probe_list *list)
{
    double held = (double)search->evidence.population;
    for (size_t i = 0; i < list->count; i++)
        search->expected_by_chance += chance_of(list->keys[i].text, held);
}

/* ---- probing ---- */

static enum err probe_all(struct search *search, struct probe_list *list, uint32_t sets)
{
    struct search_plan *plan = search->plan;
    if (list->code)
        return list->code;
    struct index_hits *hits = search->probe_hits;
    TRY(index_probe_many(search->snapshot, search->scope, plan->databases->bits, list->kind,
                         list->keys, list->count, plan->arena, SIMILAR_READ_MAX, hits));
    for (size_t i = 0; i < list->count; i++)
        for (size_t k = 0; k < hits[i].count; k++) {
            struct candidate candidate = {.number = hits[i].items[k].number,
                                          .definition = hits[i].items[k].definition,
                                          .disclosure = hits[i].items[k].disclosure,
                                          .sets = sets};
            if (candidate.disclosure >
                DISCLOSE_HIT_ONLY) /* "somebody has one like it" would be telling */
                TRY(candidates_add(&search->similar, &candidate));
        }
    add_chance(search, list);
    return OK;
}

static enum err find_near(struct search *search, const struct value *value, uint32_t sets)
{
    static const enum key_kind others[] = {KEY_SKELETON, KEY_PARTIAL};
    struct probe_list list;
    TRY(probe_list_init(&list, search, KEY_EXACT));
    type_neighbours(value, &list.sink);
    TRY(probe_all(search, &list, sets));
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        list.kind = others[i];
        list.count = 0;
        if (value->type->keys)
            value->type->keys(value, &list.sink);
        TRY(probe_all(search, &list, sets));
    }
    return OK;
}

/* ---- wildcards ---- */

/*
 * Letters and digits of the text, upper case; '?' kept; false when anything else but blanks,
 * dashes, dots, '*' is in it.
 */
static bool fold_wild(str text, char out[WILD_TEXT_MAX], size_t *ret_len, size_t *ret_wild)
{
    *ret_len = *ret_wild = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = to_upper(text.ptr[i]);
        if (c == ' ' || c == '-' || c == '.' || c == '/' || c == '*')
            continue;
        if ((!is_alnum(c) && c != '?') || *ret_len == WILD_TEXT_MAX)
            return false;
        *ret_wild += c == '?';
        out[(*ret_len)++] = c;
    }
    return true;
}

/*
 * Whether a type can read the text with the wildcards filled; then its normal form, in which they
 * are found again.
 */
static bool read_filled(struct search *search, const struct type *type, str text, char filler,
                        struct value *ret)
{
    char *filled = arena_alloc(search->plan->arena, text.len + 1);
    if (!filled)
        return false;
    memcpy(filled, text.ptr, text.len);
    for (size_t i = 0; i < text.len; i++)
        if (filled[i] == '?')
            filled[i] = filler;
    if (!type_parse_text(type, &search->plan->context, str_of(filled, text.len),
                         search->plan->arena, ret) &&
        ret->norm.len == text.len)
        return true;
    err_clear();
    return false;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as there are wildcards, two */
static void expand(struct probe_list *list, const struct type *type, char *text, size_t len,
                   size_t at)
{
    while (at < len && text[at] != '?')
        at++;
    if (at == len) {
        struct key key = {KEY_EXACT, str_c(type->name), str_of(text, len), STR_EMPTY};
        list->sink.add(&list->sink, &key);
        return;
    }
    for (size_t i = 0; i < type->alphabet.len; i++) {
        text[at] = type->alphabet.ptr[i];
        expand(list, type, text, len, at + 1);
    }
    text[at] = '?';
}

static enum err find_wild_of_type(struct search *search, const struct type *type, str text,
                                  uint32_t sets)
{
    struct probe_list list;
    struct value value;
    char expanded[WILD_TEXT_MAX];
    if (!type->is_key || type->alphabet.len == 0 ||
        (!read_filled(search, type, text, '0', &value) &&
         !read_filled(search, type, text, 'A', &value)))
        return OK;
    TRY(probe_list_init(&list, search, KEY_EXACT));
    memcpy(expanded, text.ptr, text.len);
    expand(&list, type, expanded, text.len, 0);
    return probe_all(search, &list, sets);
}

static enum err find_partial(struct search *search, str text, uint32_t sets)
{
    struct probe_list list;
    if (text.len < PARTIAL_MIN)
        return OK;
    TRY(probe_list_init(&list, search, KEY_PARTIAL));
    for (size_t i = 0; i < type_count(); i++) {
        struct key key = {KEY_PARTIAL, str_c(type_at(i)->name), text, STR_EMPTY};
        if (type_at(i)->is_key)
            list.sink.add(&list.sink, &key);
    }
    return probe_all(search, &list, sets);
}

static enum err find_wild(struct search *search)
{
    char text[WILD_TEXT_MAX];
    size_t len;
    size_t wild;
    if (!fold_wild(search->plan->wildcard, text, &len, &wild))
        return OK;
    if (wild == 0)
        return find_partial(search, str_of(text, len), 0);
    if (wild > WILD_MAX)
        return OK;
    for (size_t i = 0; i < type_count(); i++)
        TRY(find_wild_of_type(search, type_at(i), str_of(text, len), 0));
    return OK;
}

/* ---- when, and all of it ---- */

bool similar_is_wanted(const struct search *search, size_t exact_hits)
{
    const struct search_plan *plan = search->plan;
    if (plan->request->similar == SIMILAR_NO)
        return false;
    if (plan->is_similar_forced || plan->wildcard.len)
        return true;
    for (size_t i = 0; exact_hits == 0 && i < plan->set_count; i++)
        for (size_t k = 0; k < plan->sets[i].count; k++)
            if (plan->sets[i].values[k].query.value.check == CHECK_FAILED)
                return true;
    return false;
}

static enum err find_near_in_set(struct search *search, uint32_t number)
{
    const struct query_set *set = &search->plan->sets[number];
    for (size_t i = 0; i < set->count; i++) {
        const struct value *value = &set->values[i].query.value;
        bool is_wanted = search->plan->is_similar_forced || value->check == CHECK_FAILED;
        if (is_wanted && set->values[i].key_count)
            TRY(find_near(search, value, (uint32_t)1 << number));
    }
    return OK;
}

enum err find_similar(struct search *search)
{
    TRY(candidates_init(&search->similar, search->plan->arena, SIMILAR_READ_MAX));
    if (search->plan->wildcard.len)
        return find_wild(search);
    for (uint32_t set = 0; set < search->plan->set_count; set++)
        TRY(find_near_in_set(search, set));
    return search->plan->is_similar_forced && search->plan->request->text.len
               ? find_partial(search, str_trim(search->plan->request->text), 0)
               : OK;
}
