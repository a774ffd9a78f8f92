/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search/evidence: see evidence.h. One function weighs each kind of value; the rest adds up.
 *
 *   names the best pair of an asked and a held name (text/name.h), minus log2 of the names held
 *   dates by level of agreement (type/date_bits.c)
 *   keys (numbers) as many bits as the number is rare, at most 22; another number says little
 *   the rest by level of agreement, and by how many values there are to choose from (codes of a
 *   list); sex agrees in 98 of 100 true pairs
 */
#include "search/evidence.h"

#include <math.h>

#include "base/said.h"

#include "text/match.h"
#include "type/date.h"

/*
 * Cuts over log2(population), set as a budget of alarms on one set of a million persons, stated on
 * others (bench/names, docs/BENCHMARKS.md): at +6 one to five of 1,000 innocents are called a hit,
 * at 0 a hundred and more are called possible.
 *
 * The same set gives the probability: two bits and a fifth of the rest are lost, for what still
 * hangs together among a name's words (text/cultures.h takes off most). With nothing beside the
 * name another bit and a half is lost.
 */
#define HIT_OVER          6.0
#define POSSIBLE_OVER     0.0
#define PROBABILITY_OVER  2.0
#define PROBABILITY_SLOPE 0.8
#define NAME_ALONE_BITS   1.5
#define SHORT_LETTERS     4   /* in so short a word another letter makes another name */
#define WHOLE_NAME        0.8 /* of what the asked name could have: all words agree, near enough */
#define KEY_BITS_MAX      22.0

enum { WORDS_MAX = 2048 };

struct scorer {
    const struct evidence_context *context;
    const struct query_value *asked;
    size_t asked_count;
    const struct field_value *held;
    size_t held_count;
    struct arena *arena;
    double chance_bits;      /* of what agrees: how rare it is to agree so by chance */
    bool has_name, has_date; /* asked */
    bool is_near_name, is_whole_name, is_standard_name, is_contradicted, is_supported;
};

/* ---- one pair of values ---- */

struct weighed {
    double bits;
    double chance_bits;
    enum agreement agreement;
    bool is_near_name, is_whole_name, is_standard_name;
    str words;
};

static bool is_short_word_changed(const struct name *asked, const struct name_match *match)
{
    for (size_t i = 0; i < match->pair_count; i++) {
        enum name_channel channel = match->pairs[i].channel;
        if ((channel == NAME_BY_TYPO || channel == NAME_BY_SOUND) &&
            asked->tokens[match->pairs[i].asked].readings[0].len <= SHORT_LETTERS)
            return true;
    }
    return false;
}

/* Not only words that say what an organisation is. */
static bool has_own_word(const struct name *asked, const struct name_match *match)
{
    for (size_t i = 0; i < match->pair_count; i++) {
        if (asked->tokens[match->pairs[i].asked].role != NAME_PARTICLE)
            return true;
    }
    return false;
}

static bool is_unstrained(const struct name_match *match)
{
    for (size_t i = 0; i < match->pair_count; i++) {
        if (match->pairs[i].strain > STRAIN_STANDARD)
            return false;
    }
    return true;
}

static void weigh_name(const struct scorer *scorer, const struct value *asked,
                       const struct value *held, struct weighed *ret)
{
    struct name_match match;
    const struct name *a = asked->detail, *h = held->detail;
    name_match(a, h, &scorer->context->frequency, &match);
    ret->bits = match.bits;
    for (size_t i = 0; i < match.pair_count; i++)
        ret->chance_bits += (double)match.pairs[i].bits;
    ret->chance_bits -= match.lift; /* words that go together are namesakes' words */
    ret->is_near_name = match.contradictions == 0 && (match.is_whole || has_own_word(a, &match)) &&
                        match.bits >= WHOLE_NAME * match.bits_max &&
                        !is_short_word_changed(a, &match);
    ret->is_whole_name = ret->is_near_name || (match.is_whole && match.held_alone == 0);
    ret->is_standard_name =
        match.is_whole && match.asked_alone + match.held_alone == 0 && is_unstrained(&match);
    struct comparison comparison;
    asked->type->compare(asked, held, &comparison);
    ret->agreement = comparison.agreement;
    struct buf words = {.max = WORDS_MAX};
    name_match_words(a, h, &match, &words);
    ret->words = arena_str(scorer->arena, buf_str(&words));
    buf_release(&words);
}

static void weigh_date(const struct value *asked, const struct value *held, struct weighed *ret)
{
    struct comparison comparison;
    asked->type->compare(asked, held, &comparison);
    ret->agreement = comparison.agreement;
    if (comparison.agreement != AGREE_UNKNOWN)
        ret->bits = date_bits(date_of(asked), date_of(held));
}

/* How many values a field's code list offers in effect: a few are common, most are not. */
static double list_choice(const struct field *field)
{
    if (!field->list)
        return 16;
    return field->list->count <= 5 ? 2 : (double)field->list->count / 4 + 2;
}

static double other_bits(const struct field *field, const struct value *held,
                         enum agreement agreement)
{
    double choice = list_choice(field), same = log2(choice);
    if (held->type->is_key && !field->list) {
        double letters = (double)held->norm.len * 3.3;
        same = letters < KEY_BITS_MAX ? letters : KEY_BITS_MAX;
    }
    bool is_fixed =
        field->list && field->list->count <= 5; /* such as sex: does not change, seldom wrong */
    switch (agreement) {
    case AGREE_SAME: return same;
    case AGREE_CLOSE: return same * 0.5;
    case AGREE_FAR: return same * 0.2;
    case AGREE_UNKNOWN: return 0;
    case AGREE_DIFFERENT: return is_fixed ? -3.5 : held->type->is_key ? -0.5 : -1.5;
    }
    return 0;
}

static void weigh(const struct scorer *scorer, const struct value *asked,
                  const struct field_value *held, struct weighed *ret)
{
    *ret = (struct weighed){.agreement = AGREE_UNKNOWN, .words = STR_EMPTY};
    if (asked->type != held->value.type)
        return;
    if (asked->type->is_fuzzy) {
        weigh_name(scorer, asked, &held->value, ret);
        return;
    }
    struct comparison comparison;
    asked->type->compare(asked, &held->value, &comparison);
    if (asked->type == &type_date) {
        weigh_date(asked, &held->value, ret);
    } else {
        ret->agreement = comparison.agreement;
        ret->bits = other_bits(held->field, &held->value, comparison.agreement);
    }
    ret->chance_bits = ret->bits > 0 ? ret->bits : 0;
    ret->words = arena_str(scorer->arena, str_c(comparison.words));
}

/* ---- one meaning ---- */

static str printed(const struct scorer *scorer, const struct value *value)
{
    struct buf text = {.max = WORDS_MAX};
    value->type->print(value, &text);
    str kept = arena_str(scorer->arena, buf_str(&text));
    buf_release(&text);
    return kept;
}

static bool is_open(const struct scorer *scorer, const struct field *field)
{
    return !scorer->context->is_open || scorer->context->is_open(scorer->context->context, field);
}

/* The best pair of this meaning; false when the record holds nothing to compare. */
static bool meaning_score(struct scorer *scorer, uint16_t meaning, struct weighed *best,
                          struct why *ret)
{
    size_t held_count = 0;
    const struct value *best_asked = NULL, *best_held = NULL;
    for (size_t h = 0; h < scorer->held_count; h++) {
        const struct field_value *held = &scorer->held[h];
        if (held->field->meaning_number != meaning || !is_open(scorer, held->field))
            continue;
        held_count++;
        for (size_t a = 0; a < scorer->asked_count; a++) {
            struct weighed here;
            if (scorer->asked[a].meaning != meaning)
                continue;
            weigh(scorer, &scorer->asked[a].value, held, &here);
            if (best_held && here.bits <= best->bits)
                continue;
            *best = here;
            best_asked = &scorer->asked[a].value;
            best_held = &held->value;
            ret->meaning = held->field->meaning;
        }
    }
    if (!best_held)
        return false;
    if (held_count > 1 && best->bits > 0) {
        double choice = log2((double)held_count);
        best->bits = best->bits > choice ? best->bits - choice : 0;
    }
    ret->asked = printed(scorer, best_asked);
    ret->held = printed(scorer, best_held);
    ret->agreement = best->agreement;
    ret->bits = best->bits;
    ret->words = best->words;
    return true;
}

static bool is_asked_before(const struct scorer *scorer, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (scorer->asked[i].meaning == scorer->asked[at].meaning)
            return true;
    }
    return false;
}

/* ---- groups ---- */

static bool group_has(const struct evidence_group *group, uint16_t meaning)
{
    for (size_t i = 0; i < group->count; i++) {
        if (group->meanings[i] == meaning)
            return true;
    }
    return false;
}

static str counted_with(str words, str meaning, struct arena *arena)
{
    char code[SAID_TITLE_MAX];
    struct buf out = {.max = WORDS_MAX};
    buf_add(&out, words);
    said_begin(&out);
    said_add(&out, "counted with %s", said_code("meanings", meaning, meaning, code));
    str kept = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return kept;
}

/* Of the members of a group that were compared, the one that says most stays; returns what the
 * others lose. */
static double group_settle(const struct evidence_group *group, const uint16_t *meanings,
                           struct why *why, size_t count, struct arena *arena)
{
    size_t strongest = count;
    double lost = 0;
    for (size_t i = 0; i < count; i++) {
        if (group_has(group, meanings[i]) &&
            (strongest == count || fabs(why[i].bits) > fabs(why[strongest].bits)))
            strongest = i;
    }
    for (size_t i = 0; i < count; i++) {
        if (i == strongest || !group_has(group, meanings[i]) || why[i].bits == 0)
            continue;
        lost += why[i].bits;
        why[i].bits = 0;
        why[i].words = counted_with(why[i].words, why[strongest].meaning, arena);
    }
    return lost;
}

/* ---- all ---- */

static double population_of(uint64_t population)
{
    return population > 1 ? (double)population : 1e6;
}

double evidence_cut(enum band band, uint64_t population)
{
    return log2(population_of(population)) + (band == BAND_HIT ? HIT_OVER : POSSIBLE_OVER);
}

enum band evidence_band(double bits, uint64_t population)
{
    if (bits >= evidence_cut(BAND_HIT, population))
        return BAND_HIT;
    return bits >= evidence_cut(BAND_POSSIBLE, population) ? BAND_POSSIBLE : BAND_NONE;
}

static void conclude(const struct scorer *scorer, struct evidence *ret)
{
    double population = population_of(scorer->context->population);
    double alone = scorer->has_name && !scorer->is_supported ? NAME_ALONE_BITS : 0;
    ret->band = evidence_band(ret->bits, scorer->context->population);
    if (ret->band == BAND_HIT &&
        evidence_band(ret->bits - alone, scorer->context->population) != BAND_HIT)
        ret->band = BAND_POSSIBLE;
    /*
     * however common the words: nothing more was asked, or what was agrees, or all is as it reads
     */
    bool is_whole = scorer->is_standard_name || (scorer->is_near_name && scorer->is_supported) ||
                    (scorer->is_whole_name && !scorer->has_date);
    if (ret->band == BAND_NONE && is_whole && !scorer->is_contradicted)
        ret->band = BAND_POSSIBLE;
    /* a name that is only alike, with nothing else speaking for it, never decides */
    if (ret->band == BAND_HIT && !scorer->is_near_name && !scorer->is_supported)
        ret->band = BAND_POSSIBLE;
    /* nor does a name, however rare, whose bearer was born on quite another day: a namesake */
    if (ret->band == BAND_HIT && scorer->is_contradicted)
        ret->band = BAND_POSSIBLE;
    double over = ret->bits - alone - log2(population) - PROBABILITY_OVER;
    ret->probability = 1 / (1 + exp2(-PROBABILITY_SLOPE * over));
    ret->namesakes = scorer->has_name ? population * exp2(-scorer->chance_bits) : -1;
}

enum err evidence_score(const struct evidence_context *context, const struct definition *definition,
                        const struct query_value *asked, size_t asked_count,
                        const struct field_value *held, size_t held_count, struct arena *arena,
                        struct evidence *ret)
{
    struct scorer scorer = {.context = context,
                            .asked = asked,
                            .asked_count = asked_count,
                            .held = held,
                            .held_count = held_count,
                            .arena = arena};
    struct why *why = arena_array(arena, struct why, asked_count + 1);
    uint16_t *meanings = arena_array(arena, uint16_t, asked_count + 1);
    if (!why || !meanings)
        return ERR_LIMIT;
    *ret = (struct evidence){.why = why};
    for (size_t i = 0; i < asked_count; i++) {
        struct weighed weighed = {0};
        scorer.has_date |= asked[i].value.type == &type_date;
        if (is_asked_before(&scorer, i) ||
            !meaning_score(&scorer, asked[i].meaning, &weighed, &why[ret->why_count]))
            continue;
        meanings[ret->why_count++] = asked[i].meaning;
        ret->bits += weighed.bits;
        scorer.chance_bits += weighed.chance_bits;
        scorer.has_name |= asked[i].value.type->is_fuzzy;
        scorer.is_near_name |= weighed.is_near_name;
        scorer.is_whole_name |= weighed.is_whole_name;
        scorer.is_standard_name |= weighed.is_standard_name;
        scorer.is_supported |= weighed.bits > 2 && !asked[i].value.type->is_fuzzy;
        scorer.is_contradicted |= weighed.bits < -2 && !asked[i].value.type->is_fuzzy;
    }
    for (size_t g = 0; g < definition->group_count; g++)
        ret->bits -= group_settle(&definition->groups[g], meanings, why, ret->why_count, arena);
    conclude(&scorer, ret);
    return OK;
}
