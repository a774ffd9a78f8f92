/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names_candidates: for each unit of what is asked, the dictionary's words that may be the
 * same name, each with what it costs to take one for the other, and with its bits:
 *
 *   bits = log2(persons / bearers of this word and of all cheaper ones) - cost
 *
 * The first term is Fellegi and Sunter's u for "as near as this or nearer": a rare misspelling
 * next to a common name is worth no more than the common name. Persons and bearers are those of
 * the frozen table (text/frequency.h), never of this index: a word the table does not list adds
 * nobody, so that entries the asker may not see leave every score as it is.
 *
 * Channels: exact form, short forms (nicknames), one or two letters wrong, consonant skeleton.
 * What a channel brings is only a candidate; word_cost() decides.
 */
#include "index/names_candidates.h"

#include <math.h>
#include <stdlib.h>

#include "text/lexicon.h"

enum {
    SCRATCH_MAX = 1 << 15,
    PROBE_MAX = 1 << 15, /* ids looked at per bucket */
    SEEN_BITS = 16,
    SEEN_SIZE = 1 << SEEN_BITS, /* of the table of ids already compared */
    SEEN_MAX = SEEN_SIZE * 3 / 4,
    SEEN_ROUND_SHIFT = PACKED_ID_BITS + 1,
    SEEN_ROUNDS = 1 << (32 - SEEN_ROUND_SHIFT),
    JOIN_LETTERS_MAX = 24,
    RELATED_MAX = 48,
    RARITY_STEPS_MAX = 128,
};
#define RARITY_STEP_BITS 0.1f
#define LEAST_BITS       0.2f /* a candidate worth less is left out */

struct gather {
    const struct names_part *parts;
    size_t part_count;
    struct names_part frozen; /* the table's words */
    const struct rarity *rarity;
    struct arena *arena;
    struct units *units;
    uint32_t *seen; /* round << SEEN_ROUND_SHIFT | id + 1: what an earlier round left is empty */
    uint32_t seen_round;
    size_t seen_count;
    uint32_t *probe;
};

/* ---- units ---- */

static struct unit *unit_add(struct units *units, const struct word *word, struct word_needs *needs,
                             uint32_t atoms)
{
    if (units->count == UNIT_MAX)
        return NULL;
    struct unit *unit = &units->items[units->count++];
    *unit = (struct unit){.word = *word, .atoms = atoms, .atom_count = 1};
    unit->word.needs = needs;
    unit->limit = word_cost_limit(word->readings[0].len);
    return unit;
}

static enum err unit_token(struct gather *gather, const struct name_token *token, uint32_t atoms,
                           struct unit **ret)
{
    struct word word;
    struct word_needs *needs = arena_new(gather->arena, struct word_needs);
    if (!needs || !word_prepare(token, gather->arena, &word))
        return ERR_LIMIT;
    *ret = unit_add(gather->units, &word, needs, atoms);
    if (*ret)
        (*ret)->rarity.token = token;
    return OK;
}

static str joined(struct arena *arena, str a, str b, str c)
{
    return arena_printf(arena, "%.*s%.*s%.*s", STR(a), STR(b), STR(c));
}

static bool can_join(const struct name_token *a, const struct name_token *b)
{
    return a->script == b->script && a->readings[0].len + b->readings[0].len <= JOIN_LETTERS_MAX &&
           a->role != NAME_INITIAL && b->role != NAME_INITIAL && a->role != NAME_TITLE &&
           b->role != NAME_TITLE;
}

static enum err units_join(struct gather *gather, const struct name *name, size_t at)
{
    struct join join = join_at(name->tokens, name->count, at);
    const struct name_token *a = join.first, *b = join.last, *middle = join.middle;
    if (!can_join(a, b))
        return OK;
    struct name_token token = {.script = a->script, .reading_count = 1};
    token.native = joined(gather->arena, a->native, middle ? middle->native : STR_EMPTY, b->native);
    token.readings[0] = joined(gather->arena, join_reading(join, a), join_reading(join, middle),
                               join_reading(join, b));
    struct unit *unit;
    TRY(unit_token(gather, &token, join_atoms(join, at), &unit));
    if (unit) {
        unit->rarity.token = a;
        unit->rarity.part = NAME_WITH_NEXT;
        unit->atom_count = middle ? 3 : 2;
        unit->extra = name_join_cost(a, b);
        unit->limit = 3.f;
    }
    return OK;
}

static bool is_particle_cut(const struct name_token *whole, const uint8_t *cuts)
{
    return lexicon_kind(str_slice(whole->readings[0], 0, cuts[0])) == LEXICON_PARTICLE;
}

/* The two halves of a word as units; readings of half `which` are cut at `cuts`. */
static enum err units_piece(struct gather *gather, const struct name_token *whole, size_t at,
                            int which, const uint8_t *cuts, bool is_exact_only)
{
    struct name_token token = {.script = whole->script};
    for (size_t i = 0; i < whole->reading_count; i++) {
        str reading = whole->readings[i];
        if (cuts[i] == 0 || cuts[i] >= reading.len || (is_exact_only && i > 0))
            continue;
        str half = which == 0 ? str_slice(reading, 0, cuts[i])
                              : str_from(reading, is_exact_only ? cuts[i] : whole->begins[i]);
        bool is_new = true;
        for (size_t j = 0; j < token.reading_count; j++)
            is_new = is_new && !str_eq(token.readings[j], half);
        if (is_new)
            token.readings[token.reading_count++] = half;
    }
    if (token.reading_count == 0)
        return OK;
    token.native = token.readings[0];
    if (is_exact_only)
        token.script = NAME_LATIN;
    uint32_t mask = 1u << (MATCH_PIECE_SHIFT + at) | (which == 1 ? 1u << at : 0);
    struct unit *unit;
    TRY(unit_token(gather, &token, mask, &unit));
    if (unit) {
        unit->rarity.token = whole;
        unit->rarity.part = which == 0 ? NAME_FIRST_HALF : NAME_SECOND_HALF;
        unit->extra =
            is_exact_only && !is_particle_cut(whole, cuts) ? PIECE_COST : PIECE_CUSTOM_COST;
        unit->limit = unit->limit < 4.f ? unit->limit : 4.f;
        unit->is_exact_only = is_exact_only;
    }
    return OK;
}

static bool is_held(const struct gather *gather, str word)
{
    uint32_t id;
    for (size_t i = 0; i < gather->part_count; i++) {
        if (part_find(&gather->parts[i], NAME_LATIN, word, &id))
            return true;
    }
    return false;
}

/* A long word, cut wherever both halves are words that are held. */
static enum err units_split(struct gather *gather, const struct name_token *token, size_t at)
{
    str reading = token->readings[0];
    for (size_t cut = 2; cut + 2 <= reading.len && reading.len >= 5; cut++) {
        if (!is_held(gather, str_slice(reading, 0, cut)) ||
            !is_held(gather, str_from(reading, cut)))
            continue;
        uint8_t cuts[NAME_READING_MAX] = {(uint8_t)cut};
        TRY(units_piece(gather, token, at, 0, cuts, true));
        TRY(units_piece(gather, token, at, 1, cuts, true));
    }
    return OK;
}

static enum err units_make(struct gather *gather, const struct name *name)
{
    struct unit *unit;
    for (size_t i = 0; i < name->count; i++) {
        const struct name_token *token = &name->tokens[i];
        if (token->role != NAME_TITLE && token->role != NAME_INITIAL)
            TRY(unit_token(gather, token, 1u << i, &unit));
    }
    for (size_t i = 0; i < name->count; i++) {
        const struct name_token *token = &name->tokens[i];
        if (i + 1 < name->count)
            TRY(units_join(gather, name, i));
        if (token->cuts[0] > 0) {
            TRY(units_piece(gather, token, i, 0, token->cuts, false));
            TRY(units_piece(gather, token, i, 1, token->cuts, false));
        } else if (token->role != NAME_INITIAL) {
            TRY(units_split(gather, token, i));
        }
    }
    return OK;
}

/* ---- candidates ---- */

static const struct names_part *part_at(const struct gather *gather, size_t part)
{
    return part < gather->part_count ? &gather->parts[part] : &gather->frozen;
}

static bool seen_add(struct gather *gather, uint32_t id)
{
    uint32_t at = (id * 0x9e3779b1u) >> (32 - SEEN_BITS);
    if (id >= PACKED_ID_MASK) /* of a damaged file */
        return false;
    uint32_t mark = gather->seen_round << SEEN_ROUND_SHIFT | (id + 1);
    for (; gather->seen[at] >> SEEN_ROUND_SHIFT == gather->seen_round;
         at = (at + 1) & (SEEN_SIZE - 1)) {
        if (gather->seen[at] == mark)
            return false;
    }
    if (gather->seen_count >= SEEN_MAX) {
        gather->units->is_cut = true;
        return false;
    }
    gather->seen_count++;
    gather->seen[at] = mark;
    return true;
}

static void seen_clear(struct gather *gather)
{
    gather->seen_count = 0;
    if (++gather->seen_round < SEEN_ROUNDS)
        return;
    memset(gather->seen, 0, SEEN_SIZE * sizeof *gather->seen);
    gather->seen_round = 1;
}

static void candidate_try(struct gather *gather, struct unit *unit, size_t part, uint32_t id,
                          bool is_related, struct candidate *out, size_t *count)
{
    struct word word;
    enum name_channel channel;
    if (!seen_add(gather, id) || !part_word(part_at(gather, part), id, &word))
        return;
    float cost = is_related ? word_cost(&unit->word, &word, unit->limit, &channel)
                            : word_cost_spelled(&unit->word, &word, unit->limit, &channel);
    if (cost >= SOUND_FAR)
        return;
    if (*count == SCRATCH_MAX) {
        gather->units->is_cut = true;
        return;
    }
    out[(*count)++] = (struct candidate){.id = id,
                                         .part = (uint8_t)part,
                                         .channel = (uint8_t)channel,
                                         .cost = cost + unit->extra};
}

static void candidates_by_keys(struct gather *gather, struct unit *unit, size_t part,
                               enum names_directory directory, struct candidate *out, size_t *count)
{
    uint32_t keys[KEY_MAX];
    size_t key_count = names_keys(&unit->word, directory, keys);
    for (size_t k = 0; k < key_count; k++) {
        size_t found =
            part_probe(part_at(gather, part), directory, keys[k], gather->probe, PROBE_MAX);
        gather->units->is_cut |= found == PROBE_MAX;
        const struct names_section *section = part_at(gather, part)->section;
        for (size_t i = 0; i < found; i++) {
            if (section && i + PREFETCH_FAR < found) {
                section_prefetch_word(section, gather->probe[i + PREFETCH_FAR], false);
                section_prefetch_word(section, gather->probe[i + PREFETCH_NEAR], true);
            }
            candidate_try(gather, unit, part, gather->probe[i], false, out, count);
        }
    }
}

static void candidates_related(struct gather *gather, struct unit *unit, size_t part,
                               struct candidate *out, size_t *count)
{
    str related[RELATED_MAX];
    for (size_t i = 0; i < unit->word.reading_count; i++) {
        size_t related_count = lexicon_related(unit->word.readings[i], related, RELATED_MAX);
        for (size_t j = 0; j < related_count; j++) {
            uint32_t id;
            if (part_find(part_at(gather, part), NAME_LATIN, related[j], &id))
                candidate_try(gather, unit, part, id, true, out, count);
        }
    }
}

static void candidates_in_part(struct gather *gather, struct unit *unit, size_t part,
                               struct candidate *out, size_t *count)
{
    seen_clear(gather);
    candidates_by_keys(gather, unit, part, NAMES_EXACT, out, count);
    if (unit->is_exact_only)
        return;
    candidates_related(gather, unit, part, out, count);
    candidates_by_keys(gather, unit, part, NAMES_NEAR, out, count);
    candidates_by_keys(gather, unit, part, NAMES_SKELETON, out, count);
}

static int candidate_order(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

/*
 * See the head: of the table's words (by cost) those as near or nearer, taken together. A step is
 * kept where rarity has fallen enough to matter.
 */
static enum err unit_rarity(struct gather *gather, struct unit *unit,
                            const struct candidate *scratch, size_t count)
{
    const struct rarity *rarity = gather->rarity;
    double persons = (double)frequencies_persons(rarity->frequencies);
    double bearers = frequencies_unlisted(rarity->frequencies, unit->word.readings[0].len);
    struct name_rarity_step *steps =
        arena_array(gather->arena, struct name_rarity_step, RARITY_STEPS_MAX);
    if (!steps)
        return ERR_LIMIT;
    uint64_t listed = 0;
    size_t step_count = 0;
    steps[step_count++] =
        (struct name_rarity_step){0, persons > bearers ? (float)log2(persons / bearers) : 0};
    for (size_t i = 0; i < count; i++) {
        listed += scratch[i].id < rarity->count ? rarity->bearers[scratch[i].id] : 0;
        bool is_last_of_cost = i + 1 == count || scratch[i + 1].cost > scratch[i].cost;
        if (!is_last_of_cost || (double)listed <= bearers)
            continue;
        float bits = persons > (double)listed ? (float)log2(persons / (double)listed) : 0;
        struct name_rarity_step *last = &steps[step_count - 1];
        if (bits > last->bits - RARITY_STEP_BITS && scratch[i].cost > 0)
            continue;
        if (scratch[i].cost <= last->cost || step_count == RARITY_STEPS_MAX)
            last->bits = bits;
        else
            steps[step_count++] = (struct name_rarity_step){scratch[i].cost, bits};
    }
    unit->rarity.steps = steps;
    unit->rarity.count = step_count;
    return OK;
}

/*
 * The highest cost at which a word is still worth something: what is dearer need not be looked
 * for among the many words of the index.
 */
static void unit_limit(struct unit *unit)
{
    float highest = 0;
    for (size_t i = 0; i < unit->rarity.count; i++) {
        const struct name_rarity_step *step = &unit->rarity.steps[i];
        float worth = step->bits - LEAST_BITS;
        float end = i + 1 < unit->rarity.count ? step[1].cost : SOUND_FAR;
        if (worth > step->cost)
            highest = worth < end ? worth : end;
    }
    highest -= unit->extra;
    if (highest < unit->limit)
        unit->limit = highest > 0 ? highest : 0;
}

static void candidates_weigh(struct unit *unit)
{
    for (size_t i = 0; i < unit->count; i++)
        unit->items[i].bits =
            name_rarity_at(&unit->rarity, unit->items[i].cost) - unit->items[i].cost;
    while (unit->count > 0 && unit->items[unit->count - 1].bits <= LEAST_BITS)
        unit->count--;
    unit->residual = unit->count > CANDIDATE_MAX ? unit->items[CANDIDATE_MAX].bits : 0;
    if (unit->count > CANDIDATE_MAX)
        unit->count = CANDIDATE_MAX;
}

/* What costs more than the exact word's rarity is worth nothing: common words need not look far. */
static void unit_tighten(struct gather *gather, struct unit *unit)
{
    const struct frequencies *frequencies = gather->rarity->frequencies;
    uint32_t bearers = frequencies_listed(frequencies, unit->word.script, unit->word.native);
    if (bearers == 0)
        bearers = frequencies_unlisted(frequencies, unit->word.readings[0].len);
    double share = (double)frequencies_persons(frequencies) / (double)bearers;
    float worth = (float)log2(share) - unit->extra - LEAST_BITS;
    if (worth < unit->limit)
        unit->limit = worth > 0 ? worth : 0;
}

static enum err unit_gather(struct gather *gather, struct unit *unit, struct candidate *scratch)
{
    size_t count = 0;
    unit_tighten(gather, unit);
    candidates_in_part(gather, unit, gather->part_count, scratch, &count);
    qsort(scratch, count, sizeof *scratch, candidate_order);
    TRY(unit_rarity(gather, unit, scratch, count));
    unit_limit(unit);
    count = 0;
    for (size_t part = 0; part < gather->part_count; part++)
        candidates_in_part(gather, unit, part, scratch, &count);
    qsort(scratch, count, sizeof *scratch, candidate_order);
    unit->items = arena_array(gather->arena, struct candidate, count + 1);
    if (!unit->items)
        return ERR_LIMIT;
    memcpy(unit->items, scratch, count * sizeof *scratch);
    unit->count = count;
    candidates_weigh(unit);
    return OK;
}

enum err names_candidates(const struct names_part *parts, size_t part_count,
                          const struct rarity *rarity, const struct name *name, struct arena *arena,
                          struct units *ret)
{
    struct gather gather = {.parts = parts,
                            .part_count = part_count,
                            .frozen = {.section = rarity->section},
                            .rarity = rarity,
                            .arena = arena,
                            .units = ret};
    gather.seen = arena_array(arena, uint32_t, SEEN_SIZE);
    gather.probe = arena_array(arena, uint32_t, PROBE_MAX);
    struct candidate *scratch = arena_array(arena, struct candidate, SCRATCH_MAX);
    if (!gather.seen || !gather.probe || !scratch)
        return ERR_LIMIT;
    ret->count = 0;
    ret->is_cut = false;
    TRY(units_make(&gather, name));
    for (size_t i = 0; i < ret->count; i++)
        TRY(unit_gather(&gather, &ret->items[i], scratch));
    return OK;
}
