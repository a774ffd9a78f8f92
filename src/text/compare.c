/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/compare: two whole names, word by word: the same costs and the same solver as the index's
 * score, with the words to say it in. A word written as two on one side is taken for two pieces
 * of the other side's word.
 */
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

#define JOIN_COST       0.7f
#define JOIN_COST_LIMIT 3.f

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

static void item_add(struct pairing *p, uint32_t atoms, size_t held, enum name_channel channel,
                     float bits)
{
    if (bits > 0 && p->count < MATCH_AGREEMENT_MAX)
        p->items[p->count++] =
            (struct agreement_of_words){atoms, (uint8_t)held, (uint8_t)channel, bits};
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
    double asked_bits = name_word_bits(p->frequency, asked);
    double held_bits = name_word_bits(p->frequency, held);
    float bits = (float)(asked_bits < held_bits ? asked_bits : held_bits) - cost;
    float weight = role_weight(asked->role), held_weight = role_weight(held->role);
    item_add(p, 1u << i, j, channel, bits * (weight > held_weight ? weight : held_weight));
}

/* a[i] a[i+1] together against b[j]: the cost, or SOUND_FAR. */
static float joined_cost(const struct name *a, size_t i, const struct name *b, size_t j)
{
    const struct name_token *first = &a->tokens[i], *second = &a->tokens[i + 1],
                            *whole = &b->tokens[j];
    char text[2 * NAME_WORD_MAX + 1];
    if (!is_spelled_out(first) || !is_spelled_out(second))
        return SOUND_FAR;
    str one = first->readings[0], two = second->readings[0];
    memcpy(text, one.ptr, one.len);
    memcpy(text + one.len, two.ptr, two.len);
    float best = SOUND_FAR;
    struct sound joined, sound;
    sound_of(str_of(text, one.len + two.len), &joined);
    for (size_t k = 0; k < whole->reading_count; k++) {
        sound_of(whole->readings[k], &sound);
        float cost = sound_cost(&joined, first->script, &sound, whole->script, JOIN_COST_LIMIT);
        best = cost < best ? cost : best;
    }
    return best;
}

static void pair_joins(struct pairing *p)
{
    const struct name *asked = p->asked, *held = p->held;
    for (size_t i = 0; i + 1 < asked->count; i++) {
        for (size_t j = 0; j < held->count; j++) {
            float cost = joined_cost(asked, i, held, j);
            if (cost < SOUND_FAR)
                item_add(p, 3u << i, j, NAME_BY_JOIN,
                         (float)name_word_bits(p->frequency, &held->tokens[j]) - cost - JOIN_COST);
        }
    }
    for (size_t j = 0; j + 1 < held->count; j++) {
        for (size_t i = 0; i < asked->count; i++) {
            float cost = joined_cost(held, j, asked, i);
            if (cost >= SOUND_FAR)
                continue;
            float bits =
                ((float)name_word_bits(p->frequency, &asked->tokens[i]) - cost - JOIN_COST) / 2;
            item_add(p, 1u << (MATCH_PIECE_SHIFT + i), j, NAME_BY_JOIN, bits);
            item_add(p, 1u << (MATCH_PIECE_SHIFT + i) | 1u << i, j + 1, NAME_BY_JOIN, bits);
        }
    }
}

void name_match(const struct name *asked, const struct name *held,
                const struct name_frequency *frequency, struct name_match *ret)
{
    struct pairing p = {.asked = asked, .held = held, .frequency = frequency};
    ready_make(asked, &p.a);
    ready_make(held, &p.h);
    for (size_t i = 0; i < asked->count; i++) {
        for (size_t j = 0; j < held->count; j++) {
            if (is_spelled_out(&asked->tokens[i]) && is_spelled_out(&held->tokens[j]))
                pair_words(&p, i, j);
        }
    }
    pair_joins(&p);
    match_solve(p.items, p.count, &p.a.side, &p.h.side, ret);
    for (size_t i = 0; i < asked->count; i++) {
        const struct name_token *token = &asked->tokens[i];
        ret->bits_max += token->role == NAME_INITIAL
                             ? MATCH_INITIAL_BITS
                             : name_word_bits(frequency, token) * role_weight(token->role);
    }
}

/* ---- in words ---- */

static const char *channel_words(uint8_t channel, bool is_across)
{
    switch ((enum name_channel)channel) {
    case NAME_BY_EXACT: return "same";
    case NAME_BY_READING: return is_across ? "same in Latin letters" : "another spelling";
    case NAME_BY_SOUND: return "sounds alike";
    case NAME_BY_TYPO: return "letters differ";
    case NAME_BY_NICKNAME: return "short form";
    case NAME_BY_INITIAL: return "initial";
    case NAME_BY_JOIN: return "written as one and as two words";
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

static void alone_words(const struct name *name, const struct name_match *match,
                        bool (*is_paired)(const struct name_match *, size_t), const char *title,
                        struct buf *out)
{
    bool is_first = true;
    for (size_t i = 0; i < name->count; i++) {
        uint8_t role = name->tokens[i].role;
        if (is_paired(match, i) || role == NAME_TITLE || role == NAME_PARTICLE)
            continue;
        if (is_first)
            buf_printf(out, "%s%s", out->len ? "; " : "", title);
        buf_printf(out, "%s%.*s", is_first ? " " : ", ", STR(name->tokens[i].native));
        if (role != NAME_PLAIN)
            buf_printf(out, " (%s)", name_role_word(role));
        is_first = false;
    }
}

void name_match_words(const struct name *asked, const struct name *held,
                      const struct name_match *match, struct buf *out)
{
    for (size_t i = 0; i < match->pair_count; i++) {
        const struct name_alignment *pair = &match->pairs[i];
        const struct name_token *a = &asked->tokens[pair->asked], *h = &held->tokens[pair->held];
        buf_printf(out, "%s%.*s", i ? "; " : "", STR(a->native));
        if (pair->channel != NAME_BY_EXACT)
            buf_printf(out, " = %.*s", STR(h->native));
        buf_printf(out, " (%s)", channel_words(pair->channel, a->script != h->script));
    }
    if (match->is_reordered)
        buf_add(out, S("; in another order"));
    bool is_against = match->contradictions > 0;
    alone_words(asked, match, is_asked_paired,
                is_against ? "against it: asked" : "not in the record:", out);
    alone_words(held, match, is_held_paired, is_against ? "held" : "not asked:", out);
}
