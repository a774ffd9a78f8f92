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
 * What a section of the index or of the table holds for a word is the same for every search, and is
 * kept from one to the next (names_memo.h).
 *
 * Channels: exact form, short forms (nicknames), one or two letters wrong, consonant skeleton.
 * What a channel brings is only a candidate; word_cost() decides.
 */
#include "index/names_candidates.h"

#include <math.h>
#include <stdlib.h>

#include "index/names_memo.h"
#include "text/lexicon.h"
#include "text/near.h"

enum {
    COST_STEPS = 1024,
    JOIN_LETTERS_MAX = 24,
    RELATED_MAX = 48,
    RARITY_STEPS_MAX = 128,
};
#define RARITY_STEP_BITS 0.1f
#define SHARES_COST      2.f  /* words dearer than the cheapest by more are other words */
#define LEAST_BITS       0.2f /* a candidate worth less is left out */

struct key_set {
    uint32_t keys[KEY_MAX];
    size_t count;
};
struct waiting { /* readings of held words of one script, and whose they are */
    struct near_lanes lanes;
    uint32_t ids[NEAR_LANES];
};
struct gather {
    const struct names_part *parts;
    size_t part_count;
    struct names_part frozen; /* the table's words */
    const struct rarity *rarity;
    struct arena *arena;
    struct units *units;
    /* of the unit at hand, in the part at hand: */
    struct key_set keys[NAMES_DIRECTORY_COUNT];
    size_t part;
    uint64_t *seen; /* a bit a word */
    uint32_t seen_bound, seen_size;
    size_t seen_count;
    uint32_t *probe, *ids;
    struct waiting waiting[NAME_OTHER + 1];
    struct candidate *found;
    size_t found_count;
    struct names_memo *memo; /* of the thread */
};

static size_t cost_step(float cost)
{
    size_t step = (size_t)(cost * COST_UNITS + 0.5f);
    return step < COST_STEPS - 1 ? step : COST_STEPS - 1;
}

/* ---- units ---- */

static struct unit *unit_add(struct units *units, const struct word *word, uint32_t atoms)
{
    if (units->count == UNIT_MAX)
        return NULL;
    struct unit *unit = &units->items[units->count++];
    *unit = (struct unit){.word = *word, .atoms = atoms, .atom_count = 1};
    unit->limit = word_cost_limit(word->readings[0].len);
    return unit;
}

static enum err unit_token(struct gather *gather, const struct name_token *token, uint32_t atoms,
                           struct unit **ret)
{
    struct word word;
    if (!word_prepare(token, gather->arena, &word))
        return ERR_LIMIT;
    *ret = unit_add(gather->units, &word, atoms);
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

/* A word made of two that the table does not list is as rare as the two together. */
static double bearers_of_both(const struct gather *gather, const struct name_token *a,
                              const struct name_token *b)
{
    const struct frequencies *frequencies = gather->rarity->frequencies;
    double bits = frequencies_bits(frequencies, a) + frequencies_bits(frequencies, b);
    double bearers = (double)frequencies_persons(frequencies) * exp2(-bits);
    return bearers > 1 ? bearers : 1;
}

static enum err units_join(struct gather *gather, const struct name *name, size_t at)
{
    struct join join = join_at(name->tokens, name->count, at);
    const struct name_token *a = join.first, *b = join.last, *middle = join.middle;
    if (!can_join(a, b))
        return OK;
    struct name_token token = {.script = a->script};
    char letters[JOIN_READINGS][3 * NAME_WORD_MAX];
    token.native = joined(gather->arena, a->native, middle ? middle->native : STR_EMPTY, b->native);
    token.reading_count = (uint8_t)join_readings(join, letters, token.readings);
    for (size_t i = 0; i < token.reading_count; i++)
        token.readings[i] = arena_str(gather->arena, token.readings[i]);
    struct unit *unit;
    TRY(unit_token(gather, &token, join_atoms(join, at), &unit));
    if (unit) {
        unit->rarity.token = a;
        unit->rarity.part = NAME_WITH_NEXT;
        unit->atom_count = middle ? 3 : 2;
        unit->extra = name_join_cost(join);
        unit->limit = name_join_limit(join);
        unit->by_words = bearers_of_both(gather, a, b);
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
        unit->limit = piece_cost_limit(token.readings[0].len);
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

/* A word's readings come one after the other: the cheapest stays. */
static void candidate_add(struct gather *gather, struct candidate candidate)
{
    struct candidate *last = gather->found_count ? &gather->found[gather->found_count - 1] : NULL;
    if (last && last->id == candidate.id && last->part == candidate.part)
        *last = candidate.cost < last->cost ? candidate : *last;
    else if (gather->found_count == FOUND_MAX)
        gather->units->is_cut = true;
    else
        gather->found[gather->found_count++] = candidate;
}

static void candidate_try(struct gather *gather, const struct unit *unit, uint32_t id,
                          const struct word *word, bool is_related)
{
    enum name_channel channel;
    float cost = is_related ? word_cost(&unit->word, word, unit->limit, &channel)
                            : word_cost_spelled(&unit->word, word, unit->limit, &channel);
    if (cost < SOUND_FAR)
        candidate_add(gather, (struct candidate){.id = id,
                                                 .part = (uint8_t)gather->part,
                                                 .channel = (uint8_t)channel,
                                                 .cost = cost + unit->extra});
}

/* What waits in the lanes of a script. */
static void lanes_flush(struct gather *gather, const struct unit *unit, enum name_script script)
{
    struct waiting *waiting = &gather->waiting[script];
    const struct word *asked = &unit->word;
    bool is_same = asked->script == script && script != NAME_LATIN;
    struct near_result best, other;
    near_costs(asked, 0, script, &waiting->lanes, &best);
    for (size_t i = 1; i < asked->reading_count && !is_same; i++) {
        near_costs(asked, i, script, &waiting->lanes, &other);
        for (size_t lane = 0; lane < NEAR_LANES; lane++) {
            bool is_better = other.costs[lane] < best.costs[lane];
            best.channels[lane] = is_better ? other.channels[lane] : best.channels[lane];
            best.costs[lane] = is_better ? other.costs[lane] : best.costs[lane];
        }
    }
    float more = script_cost(asked->script, script) + unit->extra;
    unsigned limit = word_cost_units(unit->limit);
    for (size_t lane = 0; lane < waiting->lanes.count; lane++) {
        if (best.costs[lane] > limit)
            continue;
        uint32_t id = waiting->ids[lane];
        bool is_first = waiting->lanes.forms[lane].kind & FORM_FIRST;
        unsigned cost = best.costs[lane] + (is_first ? 0 : WORD_VARIANT);
        if (cost <= limit)
            candidate_add(gather, (struct candidate){.id = id,
                                                     .part = (uint8_t)gather->part,
                                                     .channel = best.channels[lane],
                                                     .cost = (float)cost / COST_UNITS + more});
    }
    near_clear(&waiting->lanes);
}

/* A word that a key led to: into the lanes of its script, or compared alone if it is too long. */
static void word_wait(struct gather *gather, const struct unit *unit, uint32_t id)
{
    const struct names_part *part = part_at(gather, gather->part);
    const struct near_form *forms;
    struct near_form buffer[NAME_READING_MAX];
    size_t readings = part_forms(part, id, buffer, &forms);
    enum name_script script = readings > 0 ? forms->kind & FORM_SCRIPT : NAME_OTHER;
    bool is_same = unit->word.script == script && script != NAME_LATIN;
    if (readings == 0 || (is_same && script == NAME_HAN)) {
        struct word word;
        if (part_word(part, id, &word))
            candidate_try(gather, unit, id, &word, false);
        return;
    }
    struct waiting *waiting = &gather->waiting[script];
    if (is_same)
        readings = 1;
    if (waiting->lanes.count + readings > NEAR_LANES)
        lanes_flush(gather, unit, script);
    for (size_t i = 0; i < readings; i++) {
        waiting->ids[waiting->lanes.count] = id;
        near_add(&waiting->lanes, &forms[i]);
    }
}

/* False: compared already, or of a damaged file, or one too many. */
static bool seen_add(struct gather *gather, uint32_t id)
{
    if (id >= gather->seen_bound || gather->seen[id / 64] >> (id % 64) & 1)
        return false;
    if (gather->seen_count >= SEEN_MAX) {
        gather->units->is_cut = true;
        return false;
    }
    gather->seen_count++;
    gather->seen[id / 64] |= 1ull << (id % 64);
    return true;
}

/* All buckets are on their way from memory before the first is read. */
static void candidates_by_keys(struct gather *gather, const struct unit *unit,
                               enum names_directory directory)
{
    const struct names_part *part = part_at(gather, gather->part);
    const struct key_set *set = &gather->keys[directory];
    size_t count = 0;
    for (size_t k = 0; k < set->count; k++)
        part_prefetch_bucket(part, directory, set->keys[k], false);
    for (size_t k = 0; k < set->count; k++)
        part_prefetch_bucket(part, directory, set->keys[k], true);
    for (size_t k = 0; k < set->count; k++) {
        size_t found = part_probe(part, directory, set->keys[k], gather->probe, PROBE_MAX);
        gather->units->is_cut |= found == PROBE_MAX;
        for (size_t i = 0; i < found; i++) {
            if (!seen_add(gather, gather->probe[i]))
                continue;
            gather->ids[count++] = gather->probe[i];
        }
    }
    for (size_t i = 0; i < count && i < PREFETCH_FAR && part->section; i++)
        section_prefetch_form(part->section, gather->ids[i]);
    for (size_t i = 0; i < count; i++) {
        if (i + PREFETCH_FAR < count && part->section)
            section_prefetch_form(part->section, gather->ids[i + PREFETCH_FAR]);
        word_wait(gather, unit, gather->ids[i]);
    }
    for (enum name_script script = NAME_LATIN; script <= NAME_OTHER; script++) {
        if (gather->waiting[script].lanes.count > 0)
            lanes_flush(gather, unit, script);
    }
}

/* The word itself, and what is a short form of it or has it for one. */
static void candidates_by_form(struct gather *gather, const struct unit *unit)
{
    const struct names_part *part = part_at(gather, gather->part);
    str related[RELATED_MAX];
    struct word word;
    uint32_t id;
    if (part_find(part, unit->word.script, unit->word.native, &id) && seen_add(gather, id) &&
        part_word(part, id, &word))
        candidate_try(gather, unit, id, &word, false);
    for (size_t i = 0; i < unit->word.reading_count && !unit->is_exact_only; i++) {
        size_t count = lexicon_related(unit->word.readings[i], related, RELATED_MAX);
        for (size_t j = 0; j < count; j++) {
            if (part_find(part, NAME_LATIN, related[j], &id) && seen_add(gather, id) &&
                part_word(part, id, &word))
                candidate_try(gather, unit, id, &word, true);
        }
    }
}

static enum err candidates_look(struct gather *gather, const struct unit *unit)
{
    gather->seen_bound = part_word_count(part_at(gather, gather->part));
    gather->seen_count = 0;
    if (gather->seen_bound > gather->seen_size) {
        gather->seen_size = gather->seen_bound;
        gather->seen = arena_array(gather->arena, uint64_t, gather->seen_size / 64 + 1);
        if (!gather->seen)
            return ERR_LIMIT;
    }
    memset(gather->seen, 0, ((size_t)gather->seen_bound / 64 + 1) * sizeof *gather->seen);
    candidates_by_form(gather, unit);
    if (unit->is_exact_only)
        return OK;
    candidates_by_keys(gather, unit, NAMES_NEAR);
    candidates_by_keys(gather, unit, NAMES_SKELETON);
    return OK;
}

/* What an earlier search has found in this section. */
static void candidates_recall(struct gather *gather, struct memo_found known)
{
    size_t room = FOUND_MAX - gather->found_count;
    size_t count = known.count < room ? known.count : room;
    struct candidate *to = &gather->found[gather->found_count];
    for (size_t i = 0; i < count; i++) {
        to[i] = known.items[i];
        to[i].part = (uint8_t)gather->part;
    }
    gather->found_count += count;
    gather->units->is_cut |= count < known.count;
}

/* A live part changes, and words that must be there as they are are found at once. */
static enum err candidates_in_part(struct gather *gather, const struct unit *unit, size_t part)
{
    gather->part = part;
    const struct names_section *section = part_at(gather, part)->section;
    struct memo_found found;
    if (!section || unit->is_exact_only)
        return candidates_look(gather, unit);
    const struct memo_key key = memo_key_of(gather->memo, section_number(section), unit);
    if (memo_find(gather->memo, &key, &found)) {
        candidates_recall(gather, found);
        return OK;
    }
    size_t from = gather->found_count;
    bool was_cut = gather->units->is_cut;
    gather->units->is_cut = false;
    TRY(candidates_look(gather, unit));
    found = (struct memo_found){gather->found + from, gather->found_count - from};
    if (!gather->units->is_cut)
        memo_keep(gather->memo, &key, found);
    gather->units->is_cut |= was_cut;
    return OK;
}

/* By cost, which is a whole number of units: put in order by counting. */
static void candidates_order(const struct gather *gather, struct candidate *ret)
{
    uint32_t starts[COST_STEPS + 1] = {0};
    for (size_t i = 0; i < gather->found_count; i++)
        starts[cost_step(gather->found[i].cost) + 1]++;
    for (size_t i = 0; i < COST_STEPS; i++)
        starts[i + 1] += starts[i];
    for (size_t i = 0; i < gather->found_count; i++)
        ret[starts[cost_step(gather->found[i].cost)]++] = gather->found[i];
}

/*
 * See the head: of the table's words (by cost) those as near or nearer, taken together. A step is
 * kept where rarity has fallen enough to matter.
 */
static enum err unit_rarity(struct gather *gather, struct unit *unit, const struct candidate *found,
                            size_t count)
{
    const struct rarity *rarity = gather->rarity;
    double persons = (double)frequencies_persons(rarity->frequencies);
    double bearers = frequencies_unlisted(rarity->frequencies, unit->word.readings[0].len);
    if (unit->by_words > 0 && unit->by_words < bearers)
        bearers = unit->by_words;
    struct name_rarity_step *steps =
        arena_array(gather->arena, struct name_rarity_step, RARITY_STEPS_MAX);
    if (!steps)
        return ERR_LIMIT;
    uint64_t listed = 0;
    size_t step_count = 0;
    steps[step_count++] =
        (struct name_rarity_step){0, persons > bearers ? (float)log2(persons / bearers) : 0};
    for (size_t i = 0; i < count; i++) {
        listed += found[i].id < rarity->count ? rarity->bearers[found[i].id] : 0;
        bool is_last_of_cost = i + 1 == count || found[i + 1].cost > found[i].cost;
        if (!is_last_of_cost || (double)listed <= bearers)
            continue;
        float bits = persons > (double)listed ? (float)log2(persons / (double)listed) : 0;
        struct name_rarity_step *last = &steps[step_count - 1];
        if (bits > last->bits - RARITY_STEP_BITS && found[i].cost > 0)
            continue;
        if (found[i].cost <= last->cost || step_count == RARITY_STEPS_MAX)
            last->bits = bits;
        else
            steps[step_count++] = (struct name_rarity_step){found[i].cost, bits};
    }
    unit->rarity.steps = steps;
    unit->rarity.count = step_count;
    return OK;
}

/*
 * Of which cultures those are that bear this word or, each step of cost for half, another near it.
 * Weak words and parts of words say nothing of it.
 */
static enum err unit_shares(struct gather *gather, struct unit *unit, size_t count)
{
    const struct rarity *rarity = gather->rarity;
    float *shares = arena_array(gather->arena, float, CULTURES), sum = 0;
    if (!shares)
        return ERR_LIMIT;
    for (size_t i = 0; i < count && unit->items[i].cost <= unit->items[0].cost + SHARES_COST; i++) {
        const struct candidate *item = &unit->items[i];
        const uint8_t *of = item->id < rarity->count ? rarity->shares[item->id] : NULL;
        float weight = of ? (float)rarity->bearers[item->id] * exp2f(-2 * item->cost) : 0;
        for (size_t c = 0; of && c < CULTURES; c++)
            shares[c] += weight * (float)of[c];
    }
    for (size_t c = 0; c < CULTURES; c++)
        sum += shares[c];
    for (size_t c = 0; c < CULTURES && sum > 0; c++)
        shares[c] /= sum;
    unit->shares = sum > 0 ? shares : NULL;
    return OK;
}

static enum err lifts_of_name(struct gather *gather, const struct name *name)
{
    const float *persons = frequencies_cultures(gather->rarity->frequencies);
    const float *shares[NAME_TOKEN_MAX] = {0};
    struct units *units = gather->units;
    if (!persons)
        return OK;
    units->lifts = arena_new(gather->arena, struct lifts);
    if (!units->lifts)
        return ERR_LIMIT;
    for (size_t i = 0; i < name->count; i++) {
        for (size_t u = 0; u < units->count; u++) {
            if (units->items[u].atoms == 1u << i && role_weight(name->tokens[i].role) == 1)
                shares[i] = units->items[u].shares;
        }
    }
    lifts_make(shares, name->count, persons, units->lifts);
    for (size_t u = 0; u < units->count; u++)
        units->items[u].rarity.lifts = units->lifts;
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

/*
 * Initials of an asked word are found by the solver (text/match.h), once an entry is met; so that
 * no entry is left unmet, their lists are among the unit's, at what an initial is worth.
 */
static enum err unit_initials(struct gather *gather, struct unit *unit)
{
    bool is_word = unit->atom_count == 1 && unit->atoms >> MATCH_PIECE_SHIFT == 0;
    char letter = unit->word.readings[0].ptr[0];
    size_t at = unit->count;
    gather->found_count = 0;
    for (size_t p = 0; is_word && p < gather->part_count; p++) {
        size_t count = part_probe(&gather->parts[p], NAMES_NEAR, names_initial_key(letter),
                                  gather->probe, PROBE_MAX);
        for (size_t i = 0; i < count; i++)
            candidate_add(gather, (struct candidate){.id = gather->probe[i],
                                                     .part = (uint8_t)p,
                                                     .channel = NAME_BY_INITIAL,
                                                     .bits = MATCH_INITIAL_BITS});
    }
    if (gather->found_count == 0)
        return OK;
    struct candidate *items =
        arena_array(gather->arena, struct candidate, unit->count + gather->found_count);
    if (!items)
        return ERR_LIMIT;
    while (at > 0 && unit->items[at - 1].bits < MATCH_INITIAL_BITS)
        at--;
    memcpy(items, unit->items, at * sizeof *items);
    memcpy(items + at, gather->found, gather->found_count * sizeof *items);
    memcpy(items + at + gather->found_count, unit->items + at, (unit->count - at) * sizeof *items);
    unit->items = items;
    unit->count += gather->found_count;
    gather->found_count = 0;
    return OK;
}

/* What gather has found of a unit, by cost. */
static enum err unit_take(struct gather *gather, struct unit *unit)
{
    unit->items = arena_array(gather->arena, struct candidate, gather->found_count + 1);
    if (!unit->items)
        return ERR_LIMIT;
    unit->count = gather->found_count;
    candidates_order(gather, unit->items);
    gather->found_count = 0;
    return OK;
}

static enum err unit_gather(struct gather *gather, struct unit *unit)
{
    for (enum names_directory d = NAMES_NEAR; d < NAMES_DIRECTORY_COUNT; d++)
        gather->keys[d].count = names_keys(&unit->word, d, gather->keys[d].keys);
    unit_tighten(gather, unit);
    TRY(candidates_in_part(gather, unit, gather->part_count));
    TRY(unit_take(gather, unit));
    TRY(unit_rarity(gather, unit, unit->items, unit->count));
    TRY(unit_shares(gather, unit, unit->count));
    unit_limit(unit);
    for (size_t part = 0; part < gather->part_count; part++)
        TRY(candidates_in_part(gather, unit, part));
    TRY(unit_take(gather, unit));
    candidates_weigh(unit);
    return unit_initials(gather, unit);
}

enum err names_candidates(const struct names_part *parts, size_t part_count,
                          const struct rarity *rarity, const struct name *name, struct arena *arena,
                          struct units *ret)
{
    struct gather *gather = arena_new(arena, struct gather);
    if (!gather)
        return ERR_LIMIT;
    gather->parts = parts;
    gather->part_count = part_count;
    gather->frozen.section = rarity->section;
    gather->rarity = rarity;
    gather->arena = arena;
    gather->units = ret;
    TRY(names_memo(&gather->memo));
    struct names_room *room = memo_room(gather->memo);
    gather->probe = room->probe;
    gather->ids = room->ids;
    gather->found = room->found;
    ret->count = 0;
    ret->is_cut = false;
    ret->lifts = NULL;
    TRY(units_make(gather, name));
    for (size_t i = 0; i < ret->count; i++)
        TRY(unit_gather(gather, &ret->items[i]));
    return lifts_of_name(gather, name);
}
