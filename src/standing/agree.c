/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who was met by a key is compared with what search asks of a name and a date (search/evidence),
 * and dropped below it; what is left is asked as a search of its asker, which alone decides.
 *
 * Nearly all are dropped, and without comparing names. What two names can bring at most is a sum
 * over their words, each of which stands in one agreement:
 *
 *   asked   petrov   ivan        held   petrov 11.2   sergei 7.1
 *              |        '- nothing near              |
 *              '------------ 11.2 - cost ------------'
 *   at most 11.2 - cost, less what it costs that `ivan` and `sergei` have nobody
 *
 * The costs of words are exact (words.c); joins of two words and cuts are only asked whether they
 * are possible. text/compare's name_match() can bring no more, for it takes one such agreement a
 * word, and the words it leaves alone are at least those that have none here.
 */
#include "search/evidence.h"
#include "standing/internal.h"
#include "text/frequency.h"
#include "type/date.h"
#include "type/name.h"

#define NAME_LEAST_BITS 4.0 /* as index/names_search: a date alone lifts nobody */
#define OTHERS_BITS     8.0 /* that other fields of a question may add */
#define WHOLE_NAME      0.8 /* as search/evidence: of what the name asked for could have */
#define ROUNDING_BITS   0.001

/* ---- what search asks for ---- */

/* Of the dates asked and held, the pair that speaks most for it. */
static double best_date_bits(const struct asked_person *asked, const struct record *record)
{
    const struct field *order = record->definition->order_by;
    double best = -100;
    bool has_date = false;
    for (size_t i = 0; i < record->count; i++) {
        const struct field_value *value = &record->values[i];
        if (value->field != order || value->value.type != &type_date)
            continue;
        has_date = true;
        for (size_t k = 0; k < asked->born_count; k++) {
            double bits = date_bits(&asked->born[k], date_of(&value->value));
            best = bits > best ? bits : best;
        }
    }
    return has_date ? best : 0;
}

static struct bar bar_of(const struct frequencies *frequencies, const struct asked_person *asked,
                         const struct record *record)
{
    double date = best_date_bits(asked, record);
    struct bar bar = {.is_alone = asked->is_alone && record->definition->has_evidence,
                      .is_supported = date > 2};
    bar.bits = evidence_cut(BAND_POSSIBLE, frequencies_persons(frequencies)) - date -
               (bar.is_alone ? ROUNDING_BITS : OTHERS_BITS);
    return bar;
}

static bool is_standard(const struct name_match *match)
{
    for (size_t i = 0; i < match->pair_count; i++)
        if (match->pairs[i].strain > STRAIN_STANDARD)
            return false;
    return match->asked_alone + match->held_alone == 0;
}

bool name_is_near(const struct bar *bar, const struct name_match *match)
{
    if (match->bits >= bar->bits && (match->is_whole || match->bits >= NAME_LEAST_BITS))
        return true;
    if (!bar->is_alone)
        return match->is_whole;
    bool is_near =
        match->contradictions == 0 && match->bits >= WHOLE_NAME * match->bits_max - ROUNDING_BITS;
    return (match->is_whole && is_standard(match)) || (is_near && bar->is_supported);
}

/* ---- names made ready ---- */

void name_ready(struct asked_words *words, const struct name *name, uint16_t meaning,
                struct held_name *ret)
{
    *ret = (struct held_name){.name = name, .meaning = meaning};
    for (size_t i = 0; i < name->count && !ret->is_open; i++) {
        ret->has_initial |= name->tokens[i].role == NAME_INITIAL;
        ret->strong |= (uint16_t)((role_weight(name->tokens[i].role) == 1) << i);
        ret->words[i] = (uint8_t)words_hold(words, &name->tokens[i]);
        ret->is_open = ret->words[i] == HELD_WORD_MAX;
    }
}

void names_ready(struct asked_words *words, const struct frequencies *frequencies,
                 const struct record *record, struct arena *arena, struct held_names *ret)
{
    *ret = (struct held_names){.record = record,
                               .items = arena_array(arena, struct held_name, record->count + 1)};
    bool is_ready = words_begin(words, frequencies);
    for (size_t i = 0; i < record->count && ret->items; i++) {
        struct held_name *item = &ret->items[ret->count];
        if (record->values[i].value.type != &type_name)
            continue;
        name_ready(words, name_of(&record->values[i].value),
                   record->values[i].field->meaning_number, item);
        item->is_open |= !is_ready;
        ret->count++;
    }
}

/* ---- at most ---- */

struct pairing {
    const struct asked_words *words;
    const struct bar *bar;
    const struct asked_name *asked;
    const struct held_name *held_name;
    const struct name_token *held;
    size_t held_count;
    bool is_open;                                              /* anything may be */
    float by_asked[NAME_TOKEN_MAX], halves[2][NAME_TOKEN_MAX]; /* the most that a word brings */
    float by_held[NAME_TOKEN_MAX];
    uint32_t asked_met, held_met;           /* words that may have a counterpart */
    uint32_t asked_standard, held_standard; /* by a standard reading */
};

static bool is_spelled_out(uint8_t role)
{
    return role != NAME_TITLE && role != NAME_INITIAL;
}

static float higher(float a, float b)
{
    return a > b ? a : b;
}

/* The agreement explains these words of the asked name. */
static void may_pair(struct pairing *p, float *by_asked, uint32_t atoms, size_t held, float bits,
                     float strain)
{
    if (bits <= 0)
        return;
    *by_asked = higher(*by_asked, bits);
    p->by_held[held] = higher(p->by_held[held], bits);
    p->asked_met |= atoms;
    p->held_met |= 1u << held;
    if (strain > STRAIN_STANDARD + (float)ROUNDING_BITS)
        return;
    p->asked_standard |= atoms;
    p->held_standard |= 1u << held;
}

static const struct held_word *held_word(const struct pairing *p, size_t j)
{
    return &p->words->held[p->held_name->words[j]];
}

static void pair_word(struct pairing *p, size_t i)
{
    const struct asked_token *asked = &p->asked->tokens[i];
    const struct asked_row *row = words_row(p->words, asked->word);
    enum name_script script = words_word(p->words, asked->word)->script;
    float weight = role_weight(asked->role);
    for (size_t j = 0; j < p->held_count; j++) {
        float cost = row->costs[p->held_name->words[j]], bits = held_word(p, j)->bits;
        if (cost >= SOUND_FAR || !is_spelled_out(p->held[j].role))
            continue;
        bits = (bits < row->bits ? bits : row->bits) - cost;
        may_pair(p, &p->by_asked[i], 1u << i, j,
                 bits * higher(weight, role_weight(p->held[j].role)),
                 cost - script_cost(script, p->held[j].script));
    }
}

static void pair_initials(struct pairing *p)
{
    bool has_initial = p->asked->has_initial || p->held_name->has_initial;
    for (size_t i = 0; i < p->asked->count && has_initial; i++)
        for (size_t j = 0; j < p->held_count; j++) {
            uint8_t role = p->asked->tokens[i].role, other = p->held[j].role;
            bool is_initial = role == NAME_INITIAL || other == NAME_INITIAL;
            if (is_initial && role_weight(role) == 1 && role_weight(other) == 1)
                may_pair(p, &p->by_asked[i], 1u << i, j, MATCH_INITIAL_BITS, 0);
        }
}

static void pair_pieces(struct pairing *p)
{
    for (size_t k = 0; k < p->asked->piece_count; k++) {
        const struct asked_piece *piece = &p->asked->pieces[k];
        const struct asked_row *row = words_row(p->words, piece->word);
        enum name_script script = words_word(p->words, piece->word)->script;
        for (size_t j = 0; j < p->held_count; j++) {
            float cost = row->costs[p->held_name->words[j]] + PIECE_CUSTOM_COST;
            if (cost < SOUND_FAR && is_spelled_out(p->held[j].role))
                may_pair(p, &p->halves[piece->is_second][piece->token], 1u << piece->token, j,
                         held_word(p, j)->bits - cost,
                         cost - script_cost(script, p->held[j].script));
        }
    }
}

/* Letter for letter two words that stand beside each other. */
static bool is_cut(const struct pairing *p, str reading, size_t first, size_t second)
{
    str head = p->held[first].readings[0], rest = p->held[second].readings[0];
    return head.len + rest.len == reading.len && str_starts(reading, head) &&
           str_ends(reading, rest);
}

static void pair_cuts(struct pairing *p, size_t i)
{
    str reading = words_word(p->words, p->asked->tokens[i].word)->readings[0];
    for (size_t j = 0; j + 1 < p->held_count; j++)
        p->is_open |= is_cut(p, reading, j, j + 1) || is_cut(p, reading, j + 1, j);
}

static size_t apart(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

/* By how much longer one side is: what cannot be left out within the limit is no join. */
static bool may_be_join(const struct asked_token *token, enum name_script script,
                        const struct word *held)
{
    unsigned limit = word_cost_units(token->join_limit),
             by_sound = sound_more_cost(script, held->script);
    for (size_t r = 0; r < held->reading_count && !token->is_join_open; r++) {
        size_t sounds = apart(token->join_sounds, held->sounds[r]->count);
        size_t letters = apart(token->join_letters, held->readings[r].len);
        if (by_sound * sounds <= limit ||
            (script == held->script && typo_more_cost() * letters <= limit))
            return true;
    }
    return token->is_join_open;
}

static bool is_join(const struct pairing *p, size_t i, const struct word *held)
{
    struct name_token tokens[NAME_TOKEN_MAX];
    struct name name;
    struct sound sounds[JOIN_READINGS];
    char letters[JOIN_READINGS][3 * NAME_WORD_MAX];
    enum name_channel channel;
    asked_name_open(p->words, p->asked, tokens, &name);
    struct join join = join_at(tokens, name.count, i);
    struct word joined = {.script = tokens[i].script};
    joined.reading_count = (uint8_t)join_readings(join, letters, joined.readings);
    joined.native = joined.readings[0];
    for (size_t k = 0; k < joined.reading_count; k++) {
        sound_of(joined.readings[k], &sounds[k]);
        joined.sounds[k] = &sounds[k];
    }
    return word_cost(&joined, held, name_join_limit(join), &channel) < SOUND_FAR;
}

static double bits_asked(const struct pairing *p, size_t i)
{
    return (double)higher(p->by_asked[i], p->halves[0][i] + p->halves[1][i]);
}

/* As name_match() has it in bits_max. */
static double bits_of_all(const struct pairing *p)
{
    double bits = 0;
    for (size_t i = 0; i < p->asked->count; i++) {
        const struct asked_token *token = &p->asked->tokens[i];
        float weight = role_weight(token->role);
        if (token->role == NAME_INITIAL)
            bits += (double)MATCH_INITIAL_BITS;
        else if (weight > 0)
            bits += (double)words_row(p->words, token->word)->bits * (double)weight;
    }
    return bits;
}

/*
 * A join is never a standard reading: if it counts, it is by its bits and those of the words beside
 * it. Of four words two joins may be made; those are all tried.
 */
static double join_needs(const struct pairing *p)
{
    double needed = p->bar->bits;
    if (!p->bar->is_alone || p->asked->count > 3)
        return -(double)SOUND_FAR;
    if (p->bar->is_supported && WHOLE_NAME * bits_of_all(p) < needed)
        needed = WHOLE_NAME * bits_of_all(p);
    return needed - 2 * ROUNDING_BITS;
}

static void pair_joins(struct pairing *p, size_t i, double needed)
{
    const struct asked_token *asked = &p->asked->tokens[i];
    enum name_script script = words_word(p->words, asked->word)->script;
    double others = 0;
    for (size_t k = 0; k < p->asked->count; k++)
        others += k == i || k == i + 1 ? 0 : bits_asked(p, k);
    for (size_t j = 0; j < p->held_count; j++) {
        const struct held_word *held = held_word(p, j);
        float bits = held->bits - JOIN_CUSTOM_COST;
        if ((double)bits + others >= needed && is_spelled_out(p->held[j].role) &&
            may_be_join(asked, script, &held->word) && is_join(p, i, &held->word))
            may_pair(p, &p->by_asked[i], (i + 2 < p->asked->count ? 7u : 3u) << i, j, bits,
                     JOIN_CUSTOM_COST);
    }
}

static void pair_all(struct pairing *p)
{
    for (size_t i = 0; i < p->asked->count; i++) {
        if (!is_spelled_out(p->asked->tokens[i].role))
            continue;
        pair_word(p, i);
        pair_cuts(p, i);
    }
    pair_pieces(p);
    pair_initials(p);
    double needed = join_needs(p);
    for (size_t i = 0; i < p->asked->count; i++)
        if (p->asked->tokens[i].join_letters)
            pair_joins(p, i, needed);
}

static double bits_most(const struct pairing *p)
{
    double asked = 0, held = 0;
    for (size_t i = 0; i < p->asked->count; i++)
        asked += bits_asked(p, i);
    for (size_t j = 0; j < p->held_count; j++)
        held += (double)p->by_held[j];
    return asked < held ? asked : held;
}

/* Follows name_is_near(), of a match that is as good as it can be. */
static bool may_be_near(const struct pairing *p)
{
    const struct bar *bar = p->bar;
    uint32_t strong = p->asked->strong, other = p->held_name->strong;
    unsigned alone = (unsigned)__builtin_popcount(strong & ~p->asked_met);
    unsigned held_alone = (unsigned)__builtin_popcount(other & ~p->held_met);
    double most = bits_most(p) + match_alone_bits(alone, held_alone) + ROUNDING_BITS;
    bool is_whole = alone == 0 || (alone == 1 && held_alone == 0 && p->asked->has_patronymic);
    if (most >= bar->bits && (is_whole || most >= NAME_LEAST_BITS))
        return true;
    if (!bar->is_alone)
        return is_whole;
    if (is_whole && !(strong & ~p->asked_standard) && !(other & ~p->held_standard))
        return true;
    return bar->is_supported && (alone == 0 || held_alone == 0) &&
           most >= WHOLE_NAME * bits_of_all(p) - ROUNDING_BITS;
}

bool name_may_be_near(const struct asked_words *words, const struct bar *bar,
                      const struct asked_name *asked, const struct held_name *held)
{
    struct pairing p = {.words = words,
                        .bar = bar,
                        .asked = asked,
                        .held = held->name->tokens,
                        .held_name = held,
                        .held_count = held->name->count,
                        .is_open = asked->is_open || held->is_open};
    if (!p.is_open)
        pair_all(&p);
    return p.is_open || may_be_near(&p);
}

/* ---- the names themselves ---- */

bool names_count_by_meaning(const struct frequencies *frequencies, const struct record *record)
{
    static const struct date day = {.precision = DATE_DAY};
    return record->definition->has_evidence &&
           evidence_cut(BAND_POSSIBLE, frequencies_persons(frequencies)) > date_bits(&day, &day);
}

/* Where evidence is weighed a name adds to its own meaning only. */
static bool is_of_other_meaning(const struct bar *bar, const struct record *record,
                                const struct asked_name *asked, const struct held_name *held)
{
    return record->definition->has_evidence && asked->meaning != held->meaning && bar->bits > 0;
}

static bool one_agrees(const struct asked_words *words, const struct bar *bar,
                       const struct asked_name *asked, const struct held_name *held)
{
    const struct name_frequency frequency = {.bits = frequencies_bits,
                                             .context = words->frequencies};
    struct name_token tokens[NAME_TOKEN_MAX];
    struct name_match match;
    struct name name;
    if (!name_may_be_near(words, bar, asked, held))
        return false;
    asked_name_open(words, asked, tokens, &name);
    name_match(&name, held->name, &frequency, &match);
    return name_is_near(bar, &match);
}

bool names_agree(const struct asked_words *words, const struct asked_person *asked,
                 const struct held_names *held)
{
    struct bar bar = bar_of(words->frequencies, asked, held->record);
    for (const struct asked_name *name = asked->names; name; name = name->next)
        for (size_t i = 0; i < held->count; i++)
            if (!is_of_other_meaning(&bar, held->record, name, &held->items[i]) &&
                one_agrees(words, &bar, name, &held->items[i]))
                return true;
    return false;
}
