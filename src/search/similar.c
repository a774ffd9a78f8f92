/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that are nearly the asked one. They never decide a hit: with a million numbers in one
 * issuer's nine-digit space, one innocent number in twelve has a neighbour. So they are looked for
 * only when a check digit fails and nothing exact was found, or on request, and each carries the
 * count to expect by chance.
 *
 *   one slip     type_neighbours(): a character wrong, missing, added, two swapped
 *   a batch      the same against stored ranges: a number one character outside of a stolen batch
 *   confusable   the SKELETON key: O and 0, I and 1, S and 5 ... any number of them
 *   partial      the PARTIAL key: the last characters of a VIN or serial
 *   wildcard     '?' for one character, at most two; '*' before or after what is known, by partial
 *   keys
 *   a range      asked from-to: every number in it, 10,000 at most
 *
 * All of it is bounded work; where a bound is met the answer says so, and what would narrow it.
 *
 * Chance: of the numbers held of a probed text's type, issuer and format, one in as many as the
 * format can tell apart stands at the very text (density.h). The sum over all probes is how many
 * innocent ones to expect: an estimate, said as such.
 */
#include "search/internal.h"

enum { WILD_MAX = 2, PARTIAL_MIN = 4, WILD_TEXT_MAX = 64, RANGE_NUMBERS_MAX = 10000 };

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
    *list = (struct probe_list){.sink = {.add = take_probe, .is_asked = true},
                                .arena = arena,
                                .keys = search->probe_keys,
                                .kind = kind};
    return OK;
}

/* ---- probing ---- */

static void too_many(struct search *search, const char *why)
{
    if (!search->similar_reason.len)
        search->similar_reason = str_c(why);
}

static enum err take_hits(struct search *search, const struct index_hits *hits, uint32_t sets)
{
    if (hits->is_cut)
        too_many(search, SIMILAR_MORE);
    for (size_t k = 0; k < hits->count; k++) {
        struct candidate candidate = {.number = hits->items[k].number,
                                      .definition = hits->items[k].definition,
                                      .disclosure = hits->items[k].disclosure,
                                      .sets = sets};
        if (candidate.disclosure <=
            DISCLOSE_HIT_ONLY) /* "somebody has one like it" would be telling */
            continue;
        if (search->similar.count == SIMILAR_READ_MAX)
            too_many(search, SIMILAR_MORE);
        TRY(candidates_add(&search->similar, &candidate));
    }
    return OK;
}

/* set NULL: of no reading, so no issuer was asked. */
static void add_chance(struct search *search, const struct probe_list *list,
                       const struct query_set *set)
{
    struct chance chance;
    chance_begin(&chance, search, set);
    for (size_t i = 0; i < list->count; i++)
        search->expected_by_chance +=
            list->kind == KEY_PARTIAL
                ? chance_of_ending(&chance, list->keys[i].space, list->keys[i].text)
                : chance_of(&chance, list->keys[i].space, list->keys[i].text);
}

static enum err probe_all(struct search *search, struct probe_list *list,
                          const struct query_set *set)
{
    struct search_plan *plan = search->plan;
    uint32_t sets = set ? (uint32_t)1 << (set - plan->sets) : 0;
    if (list->code)
        return list->code;
    struct index_hits *hits = search->probe_hits;
    TRY(index_probe_many(search->snapshot, search->scope, plan->databases->bits, list->kind,
                         list->keys, list->count, plan->arena, SIMILAR_READ_MAX, hits));
    for (size_t i = 0; i < list->count; i++)
        TRY(take_hits(search, &hits[i], sets));
    if (list->kind != KEY_SKELETON) /* its text is probed, and expected, as an exact one */
        add_chance(search, list, set);
    return OK;
}

/* Letters stand where letters stood: only then can both be of one batch. */
static bool has_shape_of(str text, str asked)
{
    if (text.len != asked.len)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (is_digit(text.ptr[i]) != is_digit(asked.ptr[i]))
            return false;
    return true;
}

static enum err find_batches(struct search *search, const struct value *value,
                             const struct probe_list *near, uint32_t sets)
{
    struct search_plan *plan = search->plan;
    struct index_hits hits;
    for (size_t i = 0; i < near->count; i++) {
        const struct index_key *key = &near->keys[i];
        if (!has_shape_of(key->text, value->norm))
            continue;
        TRY(index_probe_range(search->snapshot, search->scope, plan->databases->bits, key->space,
                              key->text, key->text, plan->arena, SIMILAR_READ_MAX, &hits));
        TRY(take_hits(search, &hits, sets));
    }
    return OK;
}

static enum err find_near(struct search *search, const struct value *value,
                          const struct query_set *set)
{
    /* a number that is its own skeleton is held by its exact key alone */
    static const enum key_kind others[][2] = {{KEY_SKELETON, KEY_SKELETON},
                                              {KEY_SKELETON, KEY_EXACT},
                                              {KEY_PARTIAL, KEY_PARTIAL}};
    struct probe_list list;
    TRY(probe_list_init(&list, search, KEY_EXACT));
    type_neighbours(value, &list.sink);
    TRY(probe_all(search, &list, set));
    TRY(find_batches(search, value, &list, (uint32_t)1 << (set - search->plan->sets)));
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        list.kind = others[i][0];
        list.count = 0;
        if (value->type->keys)
            value->type->keys(value, &list.sink);
        list.kind = others[i][1];
        TRY(probe_all(search, &list, set));
    }
    return OK;
}

/* ---- ranges ---- */

/* The next number of the same format; false after the last. */
static bool next_number(char *text, size_t len)
{
    while (len--) {
        if (text[len] != '9' && text[len] != 'Z') {
            text[len]++;
            return true;
        }
        text[len] = text[len] == '9' ? '0' : 'A';
    }
    return false;
}

/* The asked range of a value whose numbers can be counted through; NULL: there is none. */
static const struct key *range_of(const struct set_value *asked)
{
    for (size_t i = 0; asked->query.value.type->alphabet.len && i < asked->key_count; i++) {
        const struct key *key = &asked->keys[i];
        bool fits = key->kind == KEY_RANGE && key->text.len <= WILD_TEXT_MAX &&
                    has_shape_of(key->text, key->to);
        for (size_t k = 0; fits && k < key->text.len; k++)
            fits = is_digit(key->text.ptr[k]) || is_upper(key->text.ptr[k]);
        if (fits)
            return key;
    }
    return NULL;
}

static enum err find_in_range(struct search *search, const struct key *range,
                              const struct query_set *set)
{
    struct probe_list list;
    char text[WILD_TEXT_MAX];
    str at = str_of(text, range->text.len);
    struct key key = {KEY_EXACT, range->space, at, STR_EMPTY};
    TRY(probe_list_init(&list, search, KEY_EXACT));
    memcpy(text, range->text.ptr, range->text.len);
    do {
        if (list.count == RANGE_NUMBERS_MAX) {
            too_many(search, SIMILAR_WIDE);
            break;
        }
        list.sink.add(&list.sink, &key);
    } while (!str_eq(at, range->to) && next_number(text, at.len));
    return probe_all(search, &list, set);
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

static enum err find_wild_of_type(struct search *search, const struct type *type, str text)
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
    return probe_all(search, &list, NULL);
}

static enum err find_partial(struct search *search, str text)
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
    return probe_all(search, &list, NULL);
}

static enum err find_wild(struct search *search)
{
    char text[WILD_TEXT_MAX];
    size_t len;
    size_t wild;
    if (!fold_wild(search->plan->wildcard, text, &len, &wild))
        return OK;
    if (wild == 0)
        return find_partial(search, str_of(text, len));
    if (wild > WILD_MAX) {
        too_many(search, SIMILAR_OPEN);
        return OK;
    }
    for (size_t i = 0; i < type_count(); i++)
        TRY(find_wild_of_type(search, type_at(i), str_of(text, len)));
    return OK;
}

/* A key of the held value, beside what was asked. */
struct fitting {
    struct key_sink sink;
    char text[WILD_TEXT_MAX];
    size_t len;
    bool is_wild, is_fit;
};

static void look_at_key(struct key_sink *sink, const struct key *key)
{
    struct fitting *fitting = (struct fitting *)sink;
    enum key_kind kind = fitting->is_wild ? KEY_EXACT : KEY_PARTIAL;
    bool is_it = key->kind == kind && key->text.len == fitting->len;
    for (size_t i = 0; is_it && i < fitting->len; i++)
        is_it =
            fitting->text[i] == key->text.ptr[i] || (fitting->is_wild && fitting->text[i] == '?');
    fitting->is_fit |= is_it;
}

/*
 * The index leads to a record by any of its values; this one must be it: else a number that may
 * not be read would be found out a character at a time.
 */
bool similar_fits(const struct search *search, const struct value *held)
{
    struct fitting fitting = {.sink = {.add = look_at_key}};
    str wildcard = search->plan->wildcard;
    str text = str_trim(search->plan->request->text);
    size_t wild = 0;
    if (!held->type->keys)
        return false;
    if (wildcard.len && !fold_wild(wildcard, fitting.text, &fitting.len, &wild))
        return false;
    if (!wildcard.len && text.len <= sizeof fitting.text) {
        memcpy(fitting.text, text.ptr, text.len);
        fitting.len = text.len;
    }
    fitting.is_wild = wild > 0;
    held->type->keys(held, &fitting.sink);
    return fitting.len && fitting.is_fit;
}

/* ---- when, and all of it ---- */

bool similar_is_wanted(const struct search *search, size_t exact_hits)
{
    const struct search_plan *plan = search->plan;
    if (plan->request->similar == SIMILAR_NO)
        return false;
    if (plan->is_similar_forced || plan->wildcard.len || plan->has_range)
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
        const struct key *range = range_of(&set->values[i]);
        bool is_wanted = search->plan->is_similar_forced || value->check == CHECK_FAILED;
        if (range)
            TRY(find_in_range(search, range, set));
        else if (is_wanted && set->values[i].key_count)
            TRY(find_near(search, value, set));
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
               ? find_partial(search, str_trim(search->plan->request->text))
               : OK;
}

bool similar_has_range(const struct search_plan *plan)
{
    for (size_t i = 0; i < plan->set_count; i++)
        for (size_t k = 0; k < plan->sets[i].count; k++)
            if (range_of(&plan->sets[i].values[k]))
                return true;
    return false;
}

void similar_expect(const struct search *search, struct hit *hits, size_t count)
{
    double expected = search->expected_by_chance;
    for (size_t set = 0; expected <= 0 && set < search->plan->set_count; set++) {
        struct chance chance; /* the number asked is held, by another issuer */
        chance_begin(&chance, search, NULL);
        for (size_t i = 0; i < search->plan->sets[set].count; i++) {
            const struct set_value *asked = &search->plan->sets[set].values[i];
            if (asked->key_count && asked->keys[0].kind == KEY_EXACT)
                expected += chance_of(&chance, asked->keys[0].space, asked->keys[0].text);
        }
    }
    for (size_t i = 0; i < count; i++)
        hits[i].expected_by_chance = expected;
}
