/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/compare: two whole names, word by word: the same costs and the same solver as the index's
 * score, with the words to say it in. A word written as two on one side is taken for two pieces
 * of the other side's word.
 */
#include "base/said.h"

#include "text/match.h"

struct ready { /* a side with its sounds; 8 KiB, on the stack */
    struct word words[NAME_TOKEN_MAX];
    struct sound sounds[NAME_TOKEN_MAX][NAME_READING_MAX];
    struct match_side side;
};
struct pairing {
    const struct name *asked, *held;
    const struct name_frequency *frequency;
    struct ready a, h;
    struct agreement_of_words items[MATCH_AGREEMENT_MAX];
    size_t count;
};

#define STRAIN_PIECE 4.f

double name_word_bits(const struct name_frequency *frequency, const struct name_token *token)
{
    if (frequency && frequency->bits)
        return frequency->bits(frequency->context, token);
    /* Long words are rarer; over the world's names the mean of a word of 6 letters is about 11
     * bits. */
    size_t letters = token->readings[0].len;
    if (token->role == NAME_PARTICLE)
        return 5;
    return letters >= 6 ? 11 : letters >= 4 ? 9.5 : letters >= 2 ? 7.5 : 4;
}

float name_rarity_at(const struct name_rarity *rarity, float cost)
{
    size_t low = 0;
    size_t high = rarity->count;
    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (rarity->steps[middle].cost <= cost)
            low = middle;
        else
            high = middle;
    }
    return rarity->count ? rarity->steps[low].bits : 0;
}

/* What it is worth that a held word is so near to the asked one, before the cost is taken off. */
static double near_bits(const struct pairing *p, const struct name_token *asked,
                        enum name_part_of_word part, const struct name_token *held, float cost)
{
    const struct name_frequency *frequency = p->frequency;
    for (size_t i = 0; frequency && i < frequency->near_count; i++) {
        if (frequency->near[i].token == asked && frequency->near[i].part == part)
            return (double)name_rarity_at(&frequency->near[i], cost);
    }
    double held_bits = name_word_bits(frequency, held);
    double asked_bits = part == NAME_WHOLE ? name_word_bits(frequency, asked) : held_bits;
    if (part == NAME_WITH_NEXT && !(frequency && frequency->bits)) {
        const struct name_token *next = asked + 1; /* a particle is never the last */
        return name_word_bits(frequency, asked) +
               name_word_bits(frequency, next + (next->role == NAME_PARTICLE));
    }
    return asked_bits < held_bits ? asked_bits : held_bits;
}

static const struct lifts *lifts_known(const struct name *asked,
                                       const struct name_frequency *frequency)
{
    for (size_t i = 0; frequency && i < frequency->near_count; i++) {
        const struct name_rarity *near = &frequency->near[i];
        if (near->lifts && near->token >= asked->tokens &&
            near->token < asked->tokens + asked->count)
            return near->lifts;
    }
    return NULL;
}

static void ready_make(const struct name *name, struct ready *ret)
{
    ret->side = (struct match_side){.count = name->count};
    for (size_t i = 0; i < name->count; i++) {
        const struct name_token *token = &name->tokens[i];
        struct word *word = &ret->words[i];
        *word = (struct word){.script = token->script,
                              .native = token->native,
                              .reading_count = token->reading_count};
        for (size_t k = 0; k < token->reading_count; k++) {
            sound_of(token->readings[k], &ret->sounds[i][k]);
            word->readings[k] = token->readings[k];
            word->sounds[k] = &ret->sounds[i][k];
        }
        ret->side.roles[i] = token->role;
        ret->side.initials[i] = (uint8_t)token->readings[0].ptr[0];
    }
}

static void item_add(struct pairing *p, struct agreement_of_words item)
{
    if (item.bits > 0 && p->count < MATCH_AGREEMENT_MAX)
        p->items[p->count++] = item;
}

static bool is_spelled_out(const struct name_token *token)
{
    return token->role != NAME_TITLE && token->role != NAME_INITIAL;
}

static void pair_words(struct pairing *p, size_t i, size_t j)
{
    const struct name_token *asked = &p->asked->tokens[i], *held = &p->held->tokens[j];
    enum name_channel channel;
    float cost = word_cost(&p->a.words[i], &p->h.words[j], word_cost_limit(asked->readings[0].len),
                           &channel);
    if (cost >= SOUND_FAR)
        return;
    float bits = (float)near_bits(p, asked, NAME_WHOLE, held, cost) - cost;
    float weight = role_weight(asked->role), held_weight = role_weight(held->role);
    item_add(p, (struct agreement_of_words){1u << i, (uint8_t)j, (uint8_t)channel,
                                            bits * (weight > held_weight ? weight : held_weight),
                                            cost - script_cost(asked->script, held->script)});
}

/* A word made up here, with its sounds and its letters. */
struct made_word {
    struct word word;
    struct sound sounds[NAME_READING_MAX];
    char letters[JOIN_READINGS][3 * NAME_WORD_MAX];
};

static void reading_make(struct made_word *made, str reading)
{
    struct word *word = &made->word;
    for (size_t k = 0; k < word->reading_count; k++) {
        if (str_eq(word->readings[k], reading))
            return;
    }
    sound_of(reading, &made->sounds[word->reading_count]);
    word->readings[word->reading_count] = reading;
    word->sounds[word->reading_count] = &made->sounds[word->reading_count];
    word->reading_count++;
    word->native = word->readings[0];
}

/* Two words written as one; as the index makes it. */
static void joined_make(struct join join, struct made_word *ret)
{
    str readings[JOIN_READINGS];
    ret->word = (struct word){.script = join.first->script};
    size_t count = join_readings(join, ret->letters, readings);
    for (size_t i = 0; i < count; i++)
        reading_make(ret, readings[i]);
}

str piece_reading(const struct name_token *token, size_t reading, bool is_second)
{
    str whole = token->readings[reading];
    uint8_t cut = token->cuts[reading];
    if (cut == 0 || cut >= whole.len)
        return STR_EMPTY;
    return is_second ? str_from(whole, token->begins[reading]) : str_slice(whole, 0, cut);
}

/* One of the two syllables of a given name. */
static void syllable_make(const struct name_token *token, bool is_second, struct made_word *ret)
{
    ret->word = (struct word){.script = token->script};
    for (size_t k = 0; k < token->reading_count; k++) {
        str piece = piece_reading(token, k, is_second);
        if (piece.len)
            reading_make(ret, piece);
    }
}

/* Asked word i cut in two, against held words; a half may be missing. */
static void pair_half(struct pairing *p, size_t i, enum name_part_of_word part, size_t j,
                      const struct made_word *half, float extra)
{
    const struct name_token *asked = &p->asked->tokens[i], *held = &p->held->tokens[j];
    enum name_channel channel;
    uint32_t atoms = 1u << (MATCH_PIECE_SHIFT + i) | (part == NAME_SECOND_HALF ? 1u << i : 0);
    if (!is_spelled_out(held))
        return;
    if (half->word.reading_count == 0)
        return;
    float limit = piece_cost_limit(half->word.readings[0].len);
    float cost = word_cost(&half->word, &p->h.words[j], limit, &channel) + extra;
    if (cost < SOUND_FAR)
        item_add(p,
                 (struct agreement_of_words){atoms, (uint8_t)j, NAME_BY_JOIN,
                                             ((float)near_bits(p, asked, part, held, cost) - cost) *
                                                 role_weight(held->role),
                                             cost - script_cost(half->word.script, held->script)});
}

static void pair_syllables(struct pairing *p, size_t i)
{
    struct made_word first, second;
    syllable_make(&p->asked->tokens[i], false, &first);
    syllable_make(&p->asked->tokens[i], true, &second);
    for (size_t j = 0; j < p->held->count; j++) {
        pair_half(p, i, NAME_FIRST_HALF, j, &first, PIECE_CUSTOM_COST);
        pair_half(p, i, NAME_SECOND_HALF, j, &second, PIECE_CUSTOM_COST);
    }
}

/* A word without syllables of its own is cut where the held words say, letter for letter. */
static void pair_cut(struct pairing *p, size_t i, size_t first, size_t second)
{
    const struct name_token *asked = &p->asked->tokens[i], *one = &p->held->tokens[first];
    const struct name_token *two = &p->held->tokens[second];
    str reading = asked->readings[0], head = one->readings[0];
    struct made_word halves[2];
    if (!is_spelled_out(asked) || one->script != NAME_LATIN || two->script != NAME_LATIN ||
        !str_starts(reading, head) || !str_eq(str_from(reading, head.len), two->readings[0]))
        return;
    float extra = one->role == NAME_PARTICLE ? PIECE_CUSTOM_COST : PIECE_COST;
    for (size_t h = 0; h < 2; h++) {
        halves[h].word = (struct word){.script = NAME_LATIN};
        reading_make(&halves[h], h == 0 ? head : str_from(reading, head.len));
    }
    pair_half(p, i, NAME_FIRST_HALF, first, &halves[0], extra);
    pair_half(p, i, NAME_SECOND_HALF, second, &halves[1], extra);
}

static void pair_joined(struct pairing *p, size_t i)
{
    struct join join = join_at(p->asked->tokens, p->asked->count, i);
    const struct name_token *first = join.first;
    struct made_word joined;
    if (!is_spelled_out(first) || !is_spelled_out(join.last))
        return;
    joined_make(join, &joined);
    for (size_t j = 0; j < p->held->count; j++) {
        enum name_channel channel;
        if (!is_spelled_out(&p->held->tokens[j]))
            continue;
        float cost = word_cost(&joined.word, &p->h.words[j], name_join_limit(join), &channel) +
                     name_join_cost(join);
        if (cost < SOUND_FAR)
            item_add(p, (struct agreement_of_words){
                            join_atoms(join, i), (uint8_t)j, NAME_BY_JOIN,
                            (float)near_bits(p, first, NAME_WITH_NEXT, &p->held->tokens[j], cost) -
                                cost,
                            cost - script_cost(first->script, p->held->tokens[j].script)});
    }
}

static void pair_joins(struct pairing *p)
{
    for (size_t i = 0; i < p->asked->count; i++) {
        if (i + 1 < p->asked->count)
            pair_joined(p, i);
        if (p->asked->tokens[i].cuts[0] > 0) {
            pair_syllables(p, i);
            continue;
        }
        for (size_t j = 0; j + 1 < p->held->count; j++) {
            pair_cut(p, i, j, j + 1);
            pair_cut(p, i, j + 1, j); /* family name first */
        }
    }
}

static bool is_weak_word(const struct name_token *token)
{
    return role_weight(token->role) < 1;
}

static bool is_patronymic_alone(const struct name *asked, const struct name_match *match)
{
    uint32_t paired = 0;
    for (size_t i = 0; i < match->pair_count; i++)
        paired |= 1u << match->pairs[i].asked;
    for (size_t i = 0; i < asked->count; i++) {
        if (asked->tokens[i].role == NAME_PATRONYMIC && !(paired >> i & 1))
            return true;
    }
    return false;
}

static float strain_most(const struct name *asked, const struct name_alignment *pair)
{
    const struct name_token *token = &asked->tokens[pair->asked];
    size_t letters = token->readings[0].len;
    if (pair->channel != NAME_BY_JOIN)
        return word_strain_max(letters);
    if (pair->asked + 1u < asked->count) /* maybe written as one with the next */
        letters += token[1].readings[0].len;
    float most = word_strain_max(letters) + JOIN_CUSTOM_COST;
    return most > STRAIN_PIECE ? most : STRAIN_PIECE;
}

/*
 * A patronymic may be missing where two words or more stand as they read. Of an organisation of
 * which only its kind was asked, all must be there.
 */
static bool is_whole(const struct name *asked, const struct name *held,
                     const struct name_match *match)
{
    unsigned strong = 0;
    float strain = 0;
    for (size_t i = 0; i < match->pair_count; i++) {
        const struct name_alignment *pair = &match->pairs[i];
        const struct name_token *token = &asked->tokens[pair->asked];
        if (is_weak_word(token))
            continue;
        strain = pair->strain > strain ? pair->strain : strain;
        if (pair->strain > strain_most(asked, pair))
            return false;
        strong += pair->channel != NAME_BY_INITIAL;
    }
    if (match->asked_alone == 1 && match->held_alone == 0)
        return is_patronymic_alone(asked, match) && strong >= 2 && strain <= STRAIN_STANDARD;
    return match->asked_alone == 0 && (strong > 0 || match->pair_count >= held->count);
}

/* Word for word the same. */
static bool reads_alike(const struct name *asked, const struct name *held)
{
    bool is_alike = asked->count == held->count;
    for (size_t i = 0; i < asked->count && is_alike; i++) {
        const struct name_token *a = &asked->tokens[i], *b = &held->tokens[i];
        is_alike = a->role == b->role && a->script == b->script && str_eq(a->native, b->native);
    }
    return is_alike;
}

/* Of two that read alike each word is its own counterpart, whatever else might be seen in them. */
static void pair_all(struct pairing *p)
{
    bool is_alike = reads_alike(p->asked, p->held);
    for (size_t i = 0; i < p->asked->count; i++) {
        for (size_t j = 0; j < p->held->count; j++) {
            bool is_spelled =
                is_spelled_out(&p->asked->tokens[i]) && is_spelled_out(&p->held->tokens[j]);
            if (is_spelled && (i == j || !is_alike))
                pair_words(p, i, j);
        }
    }
    if (!is_alike)
        pair_joins(p);
}

void name_match(const struct name *asked, const struct name *held,
                const struct name_frequency *frequency, struct name_match *ret)
{
    struct pairing p = {.asked = asked, .held = held, .frequency = frequency};
    ready_make(asked, &p.a);
    ready_make(held, &p.h);
    p.a.side.lifts = lifts_known(asked, frequency);
    pair_all(&p);
    match_solve(p.items, p.count, &p.a.side, &p.h.side, ret);
    ret->is_whole = is_whole(asked, held, ret);
    for (size_t i = 0; i < asked->count; i++) {
        const struct name_token *token = &asked->tokens[i];
        ret->bits_max += token->role == NAME_INITIAL
                             ? MATCH_INITIAL_BITS
                             : name_word_bits(frequency, token) * role_weight(token->role);
    }
    if (p.a.side.lifts)
        ret->bits_max -= (double)lifts_of(p.a.side.lifts, UINT32_MAX);
}

/* ---- in words ---- */

static const char *channel_words(uint8_t channel, bool is_across)
{
    switch ((enum name_channel)channel) {
    case NAME_BY_EXACT: return SAID("same");
    case NAME_BY_READING:
        return is_across ? SAID("same in Latin letters") : SAID("another spelling");
    case NAME_BY_SOUND: return SAID("sounds alike");
    case NAME_BY_TYPO: return SAID("letters differ");
    case NAME_BY_NICKNAME: return SAID("short form");
    case NAME_BY_INITIAL: return SAID("initial");
    case NAME_BY_JOIN: return SAID("written as one and as two words");
    }
    return "";
}

static bool is_asked_paired(const struct name_match *match, size_t i)
{
    for (size_t k = 0; k < match->pair_count; k++) {
        const struct name_alignment *pair = &match->pairs[k];
        if (pair->asked == i || (pair->channel == NAME_BY_JOIN && pair->asked + 1u == i))
            return true;
    }
    return false;
}

static bool is_held_paired(const struct name_match *match, size_t j)
{
    for (size_t k = 0; k < match->pair_count; k++) {
        if (match->pairs[k].held == j)
            return true;
    }
    return false;
}

/* The words without counterpart, as items of a list. */
static void list_alone(const struct name *name, const struct name_match *match,
                       bool (*is_paired)(const struct name_match *, size_t), struct buf *out)
{
    for (size_t i = 0; i < name->count; i++) {
        uint8_t role = name->tokens[i].role;
        if (is_paired(match, i) || role == NAME_TITLE || role == NAME_PARTICLE)
            continue;
        if (out->len)
            buf_add_char(out, SAID_NEXT);
        if (role == NAME_PLAIN)
            buf_add(out, name->tokens[i].native);
        else
            buf_printf(out, "\x02%.*s\x03 (\x02\x04%s\x03)", STR(name->tokens[i].native),
                       name_role_word(role));
    }
}

static void alone_words(const struct name *asked, const struct name *held,
                        const struct name_match *match, struct buf *out)
{
    struct buf list = {.max = 4096};
    bool is_against = match->contradictions > 0;
    list_alone(asked, match, is_asked_paired, &list);
    if (list.len)
        said_begin(out);
    if (list.len && is_against)
        said_add(out, "against it: asked %.*s", STR(buf_str(&list)));
    else if (list.len)
        said_add(out, "not in the record: %.*s", STR(buf_str(&list)));
    buf_clear(&list);
    list_alone(held, match, is_held_paired, &list);
    if (list.len)
        said_begin(out);
    if (list.len && is_against)
        said_add(out, "held %.*s", STR(buf_str(&list)));
    else if (list.len)
        said_add(out, "not asked: %.*s", STR(buf_str(&list)));
    buf_release(&list);
}

void name_match_words(const struct name *asked, const struct name *held,
                      const struct name_match *match, struct buf *out)
{
    for (size_t i = 0; i < match->pair_count; i++) {
        const struct name_alignment *pair = &match->pairs[i];
        const struct name_token *a = &asked->tokens[pair->asked], *h = &held->tokens[pair->held];
        const char *how = channel_words(pair->channel, a->script != h->script);
        said_begin(out);
        if (pair->channel == NAME_BY_EXACT)
            said_add(out, "%.*s (%s)", STR(a->native), how);
        else
            said_add(out, "%.*s = %.*s (%s)", STR(a->native), STR(h->native), how);
    }
    if (match->is_reordered) {
        said_begin(out);
        buf_add(out, S("in another order"));
    }
    alone_words(asked, held, match, out);
}
