/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/match: see match.h. The figures below are log2 of how often it happens to the same
 * person's name against chance; what is left out (a second given name, a patronymic) costs
 * little, what is contradicted costs much: both sides have a word left over.
 */
#include "text/match.h"

#include "text/lexicon.h"

#define SHORT_FORM_COST    1.5f
#define BOTH_SHORT_COST    3.5f
#define ASKED_ALONE_BITS   (-2.0f)
#define HELD_ALONE_BITS    (-1.5f)
#define CONTRADICTION_BITS (-3.0f) /* on top of both */
#define WEAK_ALONE_BITS    (-0.2f) /* particle, generation */
#define REORDER_BITS       (-0.4f)
#define SHUFFLE_BITS       (-3.0f)
#define ROLE_CLASH_BITS    (-0.8f) /* family name for given name */
#define STRAIN_MAX         5.f
#define STRAIN_LETTER      0.55f
#define PIECE_LIMIT        4.f
#define PIECE_LETTER       0.8f

bool word_prepare(const struct name_token *token, struct arena *arena, struct word *ret)
{
    *ret = (struct word){.script = token->script,
                         .native = token->native,
                         .reading_count = token->reading_count};
    for (size_t i = 0; i < token->reading_count; i++) {
        struct sound *sound = arena_new(arena, struct sound);
        if (!sound)
            return false;
        sound_of(token->readings[i], sound);
        ret->readings[i] = token->readings[i];
        ret->sounds[i] = sound;
    }
    return true;
}

/*
 * A person is oftenest on record in the asker's script or in Latin letters, seldom in a third:
 * how seldom, for each of a name's two or three words.
 */
float script_cost(enum name_script asked, enum name_script held)
{
    if (asked == held)
        return 0;
    return held == NAME_LATIN ? 0.4f : asked == NAME_LATIN ? 0.7f : SCRIPT_COST_MAX;
}

float word_cost_limit(size_t letters)
{
    float limit = 1.3f * (float)letters;
    return limit < 2.f ? 2.f : limit > 8.f ? 8.f : limit;
}

float piece_cost_limit(size_t letters)
{
    float limit = PIECE_LETTER * (float)letters;
    return limit < PIECE_LIMIT ? limit : PIECE_LIMIT;
}

float word_strain_max(size_t letters)
{
    float most = STRAIN_LETTER * (float)letters;
    return most < STRAIN_MAX ? most : STRAIN_MAX;
}

static unsigned reading_cost(const struct word *a, size_t i, const struct word *b, size_t j,
                             unsigned limit, enum name_channel *ret)
{
    unsigned variant = (i > 0 ? WORD_VARIANT : 0) + (j > 0 ? WORD_VARIANT : 0);
    *ret = NAME_BY_READING;
    if (str_eq(a->readings[i], b->readings[j]))
        return variant;
    *ret = NAME_BY_SOUND;
    unsigned cost = sound_cost(a->sounds[i], a->script, b->sounds[j], b->script, limit) + variant;
    if (a->script != b->script)
        return cost; /* letters mistyped are met by sounds, at the same price */
    cost += WORD_SPELLED;
    unsigned typed = typo_cost(a->readings[i], b->readings[j], cost < limit ? cost : limit);
    if (typed + variant >= cost)
        return cost;
    *ret = NAME_BY_TYPO;
    return typed + variant;
}

unsigned word_cost_units(float limit)
{
    float units = limit * COST_UNITS + 0.01f;
    return units < COST_UNITS_MAX - 1 ? (unsigned)(units > 0 ? units : 0) : COST_UNITS_MAX - 1;
}

static float related_cost(const struct word *a, const struct word *b)
{
    for (size_t i = 0; i < a->reading_count; i++) {
        for (size_t j = 0; j < b->reading_count; j++) {
            enum lexicon_relation relation = lexicon_relation(a->readings[i], b->readings[j]);
            if (relation != LEXICON_UNRELATED)
                return relation == LEXICON_SHORT_FORM ? SHORT_FORM_COST : BOTH_SHORT_COST;
        }
    }
    return SOUND_FAR;
}

float word_cost_spelled(const struct word *a, const struct word *b, float limit,
                        enum name_channel *ret)
{
    *ret = NAME_BY_EXACT;
    if (a->script == b->script && str_eq(a->native, b->native))
        return 0;
    if (a->script == NAME_HAN && b->script == NAME_HAN) {
        *ret = NAME_BY_READING;
        return str_eq(a->readings[0], b->readings[0]) ? HOMOPHONE_COST : SOUND_FAR;
    }
    unsigned most = word_cost_units(limit), best = COST_UNITS_MAX;
    /* Two words of one script: their main readings stand for their letters. */
    bool is_same = a->script == b->script && a->script != NAME_LATIN;
    for (size_t i = 0; i < (is_same ? 1 : a->reading_count); i++) {
        for (size_t j = 0; j < (is_same ? 1 : b->reading_count); j++) {
            enum name_channel channel;
            unsigned cost = reading_cost(a, i, b, j, best < most ? best : most, &channel);
            if (cost < best) {
                best = cost;
                *ret = channel;
            }
        }
    }
    return best > most ? SOUND_FAR : (float)best / COST_UNITS + script_cost(a->script, b->script);
}

float word_cost_related(const struct word *a, const struct word *b, float limit)
{
    float related = related_cost(a, b);
    return related > limit ? SOUND_FAR : related + script_cost(a->script, b->script);
}

float word_cost(const struct word *a, const struct word *b, float limit, enum name_channel *ret)
{
    float best = word_cost_spelled(a, b, limit, ret);
    float related = best > SHORT_FORM_COST ? related_cost(a, b) : SOUND_FAR;
    if (related >= best || related > limit)
        return best;
    *ret = NAME_BY_NICKNAME;
    return related + script_cost(a->script, b->script);
}

float role_weight(enum name_role role)
{
    switch (role) {
    case NAME_PARTICLE:
    case NAME_GENERATION: return 0.25f;
    case NAME_TITLE: return 0;
    default: return 1;
    }
}

/* ---- a whole name ---- */

static int agreement_order(const struct agreement_of_words *a, const struct agreement_of_words *b)
{
    if (a->bits != b->bits)
        return a->bits > b->bits ? -1 : 1;
    return a->held - b->held;
}

static bool is_weak(uint8_t role)
{
    return role == NAME_PARTICLE || role == NAME_GENERATION || role == NAME_TITLE;
}

/* Words without counterpart; the weak ones cost their little here. */
static unsigned count_alone(const struct match_side *side, uint32_t taken, struct name_match *match)
{
    unsigned alone = 0;
    for (size_t i = 0; i < side->count; i++) {
        if (taken >> i & 1)
            continue;
        if (side->roles[i] == NAME_TITLE)
            continue;
        if (is_weak(side->roles[i]))
            match->bits += WEAK_ALONE_BITS;
        else
            alone++;
    }
    return alone;
}

static void pair_add(struct name_match *match, struct name_alignment pair)
{
    match->bits += (double)pair.bits;
    if (match->pair_count < NAME_TOKEN_MAX)
        match->pairs[match->pair_count++] = pair;
}

/* "J." for "John" on either side, among the words still alone. */
static void match_initials(const struct match_side *asked, const struct match_side *held,
                           uint32_t *asked_taken, uint32_t *held_taken, struct name_match *match)
{
    for (uint8_t i = 0; i < asked->count; i++) {
        for (uint8_t j = 0; j < held->count && !(*asked_taken >> i & 1); j++) {
            bool is_initial = asked->roles[i] == NAME_INITIAL || held->roles[j] == NAME_INITIAL;
            if (!is_initial || *held_taken >> j & 1 || is_weak(held->roles[j]) ||
                is_weak(asked->roles[i]) || asked->initials[i] != held->initials[j])
                continue;
            *asked_taken |= 1u << i;
            *held_taken |= 1u << j;
            pair_add(match, (struct name_alignment){i, j, NAME_BY_INITIAL, MATCH_INITIAL_BITS, 0});
        }
    }
}

static bool is_role_clash(uint8_t a, uint8_t b)
{
    return (a == NAME_GIVEN && b == NAME_FAMILY) || (a == NAME_FAMILY && b == NAME_GIVEN);
}

/* Numbers of the held words in order of the asked ones, weak words apart. */
static size_t held_in_order(const struct match_side *asked, const struct name_match *match,
                            uint32_t second_pieces, uint8_t ret[NAME_TOKEN_MAX])
{
    uint8_t keys[NAME_TOKEN_MAX];
    size_t count = 0;
    for (size_t i = 0; i < match->pair_count; i++) {
        const struct name_alignment *pair = &match->pairs[i];
        if (is_weak(asked->roles[pair->asked]))
            continue;
        uint8_t key = (uint8_t)(2 * pair->asked + (second_pieces >> i & 1));
        size_t at = count++;
        for (; at > 0 && keys[at - 1] > key; at--) {
            keys[at] = keys[at - 1];
            ret[at] = ret[at - 1];
        }
        keys[at] = key;
        ret[at] = pair->held;
    }
    return count;
}

/*
 * Family name first or last is custom: the words then come in the same order, begun elsewhere. Any
 * other order (the given name for the father's, two given names, two syllables) is another person's
 * rather than a clerk's.
 */
static unsigned falls(const uint8_t *held, size_t count)
{
    unsigned falls = 0;
    for (size_t i = 0; i < count; i++)
        falls += held[i] > held[(i + 1) % count];
    return falls;
}

static void match_order(const struct match_side *asked, const struct match_side *held,
                        uint32_t second_pieces, struct name_match *match)
{
    uint8_t order[NAME_TOKEN_MAX];
    bool is_clash = false;
    size_t count = held_in_order(asked, match, second_pieces, order);
    for (size_t i = 0; i < match->pair_count; i++) {
        const struct name_alignment *pair = &match->pairs[i];
        is_clash |= is_role_clash(asked->roles[pair->asked], held->roles[pair->held]);
    }
    for (size_t i = 1; i < count; i++)
        match->is_reordered |= order[i] < order[i - 1];
    if (match->is_reordered)
        match->bits += REORDER_BITS;
    match->is_shuffled = falls(order, count) > 1;
    if (match->is_shuffled)
        match->bits += SHUFFLE_BITS;
    if (is_clash)
        match->bits += ROLE_CLASH_BITS;
}

double match_alone_bits(unsigned asked, unsigned held)
{
    return (double)asked * (double)ASKED_ALONE_BITS + (double)held * (double)HELD_ALONE_BITS +
           (double)(asked < held ? asked : held) * (double)CONTRADICTION_BITS;
}

/* By falling bits; few, so that inserting is fastest. */
static void agreements_order(struct agreement_of_words *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct agreement_of_words item = items[i];
        size_t at = i;
        for (; at > 0 && agreement_order(&item, &items[at - 1]) < 0; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

void match_solve(struct agreement_of_words *items, size_t count, const struct match_side *asked,
                 const struct match_side *held, struct name_match *ret)
{
    agreements_order(items, count);
    memset(ret, 0, sizeof *ret);
    uint32_t whole = 0, first_half = 0, second_half = 0, held_taken = 0, second_pieces = 0;
    for (size_t i = 0; i < count; i++) {
        const struct agreement_of_words *item = &items[i];
        uint32_t atoms = match_whole_atoms(item->atoms), pieces = item->atoms >> MATCH_PIECE_SHIFT;
        bool is_second =
            (item->atoms & 0xffff) != 0 && pieces != 0; /* second pieces set both bits */
        uint32_t busy = pieces ? whole | (is_second ? second_half : first_half)
                               : whole | first_half | second_half;
        if (busy & atoms || held_taken >> item->held & 1)
            continue;
        if (!pieces)
            whole |= atoms;
        else if (is_second)
            second_half |= atoms;
        else
            first_half |= atoms;
        held_taken |= 1u << item->held;
        second_pieces |= (uint32_t)is_second << ret->pair_count;
        pair_add(ret, (struct name_alignment){(uint8_t)__builtin_ctz(atoms), item->held,
                                              item->channel, item->bits, item->strain});
    }
    uint32_t asked_taken = whole | first_half | second_half;
    if (asked->lifts) {
        ret->lift = (double)lifts_of(asked->lifts, asked_taken);
        ret->bits -= ret->lift;
    }
    match_initials(asked, held, &asked_taken, &held_taken, ret);
    ret->asked_alone = (uint8_t)count_alone(asked, asked_taken, ret);
    ret->held_alone = (uint8_t)count_alone(held, held_taken, ret);
    ret->contradictions = ret->asked_alone < ret->held_alone ? ret->asked_alone : ret->held_alone;
    ret->bits += match_alone_bits(ret->asked_alone, ret->held_alone);
    match_order(asked, held, second_pieces, ret);
}
