/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A million names asked for are made of some ten thousand words. Each is kept once, with its sounds
 * and its forms (text/near.h); a name is their numbers, twelve bytes each:
 *
 *   query -> asked_name -> tokens: 17 | 4711 | ...     asked_word 17: "muhammad", sounds, forms
 *                          pieces: 812 (first half of token 0), ...
 *
 * As long as one record is looked at, a word that is wanted has a row: what it costs to take it for
 * each word of the record, thirty-two words at once. So a word that a hundred of those who are met
 * ask for is compared once. The costs are those of text/match's word_cost(), where they are within
 * its limit for a whole word or a piece; where a short form is dearer than another spelling, less.
 */
#include <stdlib.h>

#include "standing/internal.h"
#include "text/frequency.h"
#include "text/lexicon.h"
#include "text/near.h"

enum { FIRST = 1024, ROWS_MAX = 4096, WORDS_MAX = 1 << 26 };
#define PIECE_LIMIT 4.f /* as text/compare: of what a half may cost */
#define NO_BITS     (-1.f)
#define ANY_BITS    100.f

struct asked_word {
    struct word word;
    const struct near_form *forms; /* of its readings; NULL: one is too long */
    uint64_t hash;
    uint32_t stamp, row;
    uint8_t cuts[NAME_READING_MAX], begins[NAME_READING_MAX];
    bool is_related; /* it has short forms, or is one */
    bool is_piece;
};
struct waiting_words { /* readings of asked words of one script, and whose they are */
    struct near_lanes lanes;
    uint32_t words[NEAR_LANES];
    bool is_variant[NEAR_LANES];
};

void asked_words_release(struct asked_words *words)
{
    free(words->items);
    free(words->slots);
    free(words->rows);
    free(words->waiting);
    arena_release(&words->arena);
}

/* ---- kept once ---- */

static uint64_t token_hash(const struct name_token *token)
{
    uint64_t hash = hash64(token->native, token->script);
    for (size_t i = 0; i < token->reading_count; i++)
        hash = hash64(token->readings[i], hash + token->cuts[i]);
    return hash;
}

static bool is_same(const struct asked_word *held, const struct name_token *token)
{
    bool is_equal = held->word.script == token->script &&
                    held->word.reading_count == token->reading_count &&
                    str_eq(held->word.native, token->native) &&
                    memcmp(held->cuts, token->cuts, sizeof held->cuts) == 0 &&
                    memcmp(held->begins, token->begins, sizeof held->begins) == 0;
    for (size_t i = 0; i < token->reading_count && is_equal; i++)
        is_equal = str_eq(held->word.readings[i], token->readings[i]);
    return is_equal;
}

static uint32_t *slot_of(const struct asked_words *words, uint64_t hash,
                         const struct name_token *token)
{
    uint32_t slot = (uint32_t)hash & (words->slot_count - 1);
    while (words->slots[slot] && (words->items[words->slots[slot]].hash != hash ||
                                  (token && !is_same(&words->items[words->slots[slot]], token))))
        slot = (slot + 1) & (words->slot_count - 1);
    return &words->slots[slot];
}

static enum err grow(struct asked_words *words)
{
    uint32_t max = words->max ? words->max * 2 : FIRST;
    if (max > WORDS_MAX)
        return err_set(ERR_LIMIT, "standing queries ask for more words than can be kept");
    struct asked_word *items = realloc(words->items, max * sizeof *items);
    if (items)
        words->items = items;
    uint32_t *slots = calloc((size_t)max * 2, sizeof *slots);
    if (!items || !slots) {
        free(slots);
        return err_set(ERR_MEMORY, "out of memory for standing queries");
    }
    free(words->slots);
    words->slots = slots;
    words->slot_count = max * 2;
    words->max = max;
    for (uint32_t i = 1; i < words->count; i++) {
        uint32_t slot = (uint32_t)items[i].hash & (words->slot_count - 1);
        while (slots[slot])
            slot = (slot + 1) & (words->slot_count - 1);
        slots[slot] = i;
    }
    return OK;
}

static bool has_relations(const struct word *word)
{
    str related;
    for (size_t i = 0; i < word->reading_count; i++)
        if (lexicon_related(word->readings[i], &related, 1))
            return true;
    return false;
}

static enum err word_make(struct asked_words *words, const struct name_token *token,
                          struct asked_word *ret)
{
    struct name_token kept = *token;
    struct near_form *forms = arena_array(&words->arena, struct near_form, token->reading_count);
    kept.native = arena_str(&words->arena, token->native);
    for (size_t i = 0; i < token->reading_count; i++)
        kept.readings[i] = arena_str(&words->arena, token->readings[i]);
    if (!forms || !word_prepare(&kept, &words->arena, &ret->word))
        return ERR_LIMIT;
    ret->forms = forms;
    for (size_t i = 0; i < token->reading_count; i++)
        if (!near_form_make(kept.readings[i], ret->word.sounds[i], &forms[i]))
            ret->forms = NULL;
    memcpy(ret->cuts, token->cuts, sizeof ret->cuts);
    memcpy(ret->begins, token->begins, sizeof ret->begins);
    ret->is_related = has_relations(&ret->word);
    return OK;
}

static enum err word_add(struct asked_words *words, const struct name_token *token, uint32_t *ret)
{
    uint64_t hash = token_hash(token);
    if (words->count >= words->max)
        TRY(grow(words));
    words->count += words->count == 0;
    uint32_t *slot = slot_of(words, hash, token);
    if (!*slot) {
        struct asked_word made = {.hash = hash};
        TRY(word_make(words, token, &made));
        words->items[words->count] = made;
        *slot = words->count++;
    }
    *ret = *slot;
    return OK;
}

/* ---- a name asked for ---- */

static bool is_spelled_out(uint8_t role)
{
    return role != NAME_TITLE && role != NAME_INITIAL;
}

/* How long it is with the next written as one: nearly all held words are shorter (agree.c). */
static void join_note(const struct name *name, size_t at, struct asked_name *ret)
{
    struct join join = join_at(name->tokens, name->count, at);
    struct asked_token *token = &ret->tokens[at];
    char letters[JOIN_READINGS][3 * NAME_WORD_MAX];
    str readings[JOIN_READINGS], related;
    struct sound sound;
    if (!is_spelled_out(join.first->role) || !is_spelled_out(join.last->role))
        return;
    size_t count = join_readings(join, letters, readings), len = readings[0].len;
    token->join_letters = (uint8_t)(len < NAME_WORD_MAX ? len : NAME_WORD_MAX);
    token->join_limit = (uint8_t)name_join_limit(join);
    token->is_join_open = count > 1;
    sound_of(readings[0], &sound);
    token->join_sounds = sound.count;
    for (size_t i = 0; i < count; i++)
        ret->is_open |= lexicon_related(readings[i], &related, 1) > 0;
}

/* Of a word that falls in two, as text/compare cuts it. */
static enum err pieces_make(struct asked_words *words, const struct name_token *whole, uint8_t at,
                            struct asked_piece *pieces, uint8_t *count)
{
    for (int second = 0; second < 2; second++) {
        struct name_token token = {.script = whole->script};
        for (size_t k = 0; k < whole->reading_count; k++) {
            str piece = piece_reading(whole, k, second);
            bool is_new = piece.len > 0;
            for (size_t i = 0; i < token.reading_count; i++)
                is_new = is_new && !str_eq(token.readings[i], piece);
            if (is_new)
                token.readings[token.reading_count++] = piece;
        }
        if (token.reading_count == 0)
            continue;
        struct asked_piece *made = &pieces[(*count)++];
        token.native = token.readings[0];
        *made = (struct asked_piece){.token = at, .is_second = second};
        TRY(word_add(words, &token, &made->word));
        words->items[made->word].is_piece = true;
    }
    return OK;
}

enum err asked_name_make(struct asked_words *words, const struct name *name, uint16_t meaning,
                         struct asked_name **ret)
{
    struct asked_piece pieces[2 * NAME_TOKEN_MAX];
    struct asked_name *made =
        arena_alloc(&words->arena, sizeof *made + name->count * sizeof made->tokens[0]);
    if (!made)
        return ERR_LIMIT;
    made->meaning = meaning;
    made->count = name->count;
    for (uint8_t i = 0; i < name->count; i++) {
        const struct name_token *token = &name->tokens[i];
        made->tokens[i].role = token->role;
        made->has_initial |= token->role == NAME_INITIAL;
        made->has_patronymic |= token->role == NAME_PATRONYMIC;
        made->strong |= (uint16_t)((role_weight(token->role) == 1) << i);
        made->tokens[i].is_glued = token->is_glued;
        TRY(word_add(words, token, &made->tokens[i].word));
        if (i + 1 < name->count)
            join_note(name, i, made);
        if (token->cuts[0] > 0)
            TRY(pieces_make(words, token, i, pieces, &made->piece_count));
    }
    if (made->piece_count) {
        struct asked_piece *kept =
            arena_array(&words->arena, struct asked_piece, made->piece_count);
        if (!kept)
            return ERR_LIMIT;
        memcpy(kept, pieces, made->piece_count * sizeof *kept);
        made->pieces = kept;
    }
    *ret = made;
    return OK;
}

void asked_name_open(const struct asked_words *words, const struct asked_name *asked,
                     struct name_token tokens[NAME_TOKEN_MAX], struct name *ret)
{
    for (size_t i = 0; i < asked->count; i++) {
        const struct asked_word *word = &words->items[asked->tokens[i].word];
        struct name_token *token = &tokens[i];
        *token = (struct name_token){.native = word->word.native,
                                     .reading_count = word->word.reading_count,
                                     .role = asked->tokens[i].role,
                                     .script = (uint8_t)word->word.script,
                                     .is_glued = asked->tokens[i].is_glued};
        memcpy(token->readings, word->word.readings, sizeof token->readings);
        memcpy(token->cuts, word->cuts, sizeof token->cuts);
        memcpy(token->begins, word->begins, sizeof token->begins);
    }
    *ret = (struct name){.tokens = tokens, .count = asked->count};
}

/* ---- rows ---- */

/* Without memory all words are in the one row that is near to all. */
static bool have_rows(struct asked_words *words)
{
    if (!words->rows)
        words->rows = calloc(ROWS_MAX, sizeof *words->rows);
    if (!words->waiting)
        words->waiting = calloc(NAME_OTHER + 1, sizeof *words->waiting);
    if (words->rows)
        words->rows[0].bits = ANY_BITS;
    return words->rows && words->waiting;
}

void words_forget(struct asked_words *words)
{
    words->row_count = 1;
    if (++words->stamp)
        return;
    for (uint32_t i = 0; i < words->count; i++)
        words->items[i].stamp = 0;
    words->stamp = 1;
}

bool words_are_many(const struct asked_words *words)
{
    return words->row_count > ROWS_MAX / 2;
}

bool words_begin(struct asked_words *words, const struct frequencies *frequencies)
{
    words->frequencies = frequencies;
    words->held_count = 0;
    words_forget(words);
    return have_rows(words);
}

static bool is_same_word(const struct held_word *held, const struct name_token *token)
{
    bool is_equal = held->word.script == token->script &&
                    held->word.reading_count == token->reading_count &&
                    str_eq(held->word.native, token->native);
    for (size_t i = 0; i < token->reading_count && is_equal; i++)
        is_equal = str_eq(held->word.readings[i], token->readings[i]);
    return is_equal;
}

size_t words_hold(struct asked_words *words, const struct name_token *token)
{
    for (size_t i = 0; i < words->held_count; i++)
        if (is_same_word(&words->held[i], token))
            return i;
    if (words->held_count == HELD_WORD_MAX)
        return HELD_WORD_MAX;
    struct held_word *held = &words->held[words->held_count];
    *held = (struct held_word){.word = {.script = token->script,
                                        .native = token->native,
                                        .reading_count = token->reading_count},
                               .bits = (float)frequencies_bits(words->frequencies, token)};
    for (size_t i = 0; i < token->reading_count; i++) {
        sound_of(token->readings[i], &held->sounds[i]);
        held->word.readings[i] = token->readings[i];
        held->word.sounds[i] = &held->sounds[i];
    }
    held->is_related = has_relations(&held->word);
    return words->held_count++;
}

static float limit_of(const struct asked_word *asked)
{
    float limit = word_cost_limit(asked->word.readings[0].len);
    return asked->is_piece && limit < PIECE_LIMIT ? PIECE_LIMIT : limit;
}

static void cost_take(float *cost, float found)
{
    *cost = found < *cost ? found : *cost;
}

/* What waits in the lanes of a script, against every reading of every word held. */
static void lanes_flush(struct asked_words *words, enum name_script script)
{
    struct waiting_words *waiting = &words->waiting[script];
    for (size_t h = 0; h < words->held_count; h++) {
        const struct word *held = &words->held[h].word;
        bool is_one = held->script == script && script != NAME_LATIN; /* main readings only */
        float more = script_cost(script, held->script);
        if (is_one && script == NAME_HAN)
            continue;
        for (size_t r = 0; r < (is_one ? 1 : held->reading_count); r++) {
            struct near_result result;
            near_costs(held, r, script, &waiting->lanes, &result);
            for (size_t lane = 0; lane < waiting->lanes.count; lane++) {
                const struct asked_word *asked = &words->items[waiting->words[lane]];
                bool is_variant = waiting->is_variant[lane];
                unsigned cost = result.costs[lane] + (is_variant ? WORD_VARIANT : 0);
                if (cost <= word_cost_units(limit_of(asked)) && !(is_one && is_variant))
                    cost_take(&words->rows[asked->row].costs[h], (float)cost / COST_UNITS + more);
            }
        }
    }
    near_clear(&waiting->lanes);
}

static void word_wait(struct asked_words *words, uint32_t number)
{
    const struct asked_word *asked = &words->items[number];
    struct waiting_words *waiting = &words->waiting[asked->word.script];
    for (size_t i = 0; i < asked->word.reading_count; i++) {
        if (waiting->lanes.count == NEAR_LANES)
            lanes_flush(words, asked->word.script);
        waiting->words[waiting->lanes.count] = number;
        waiting->is_variant[waiting->lanes.count] = i > 0;
        near_add(&waiting->lanes, &asked->forms[i]);
    }
}

/* What the lanes do not know: long words, Han by Han, short forms, the very same word. */
static float cost_beside(const struct asked_word *asked, const struct held_word *held)
{
    bool is_same_script = held->word.script == asked->word.script;
    enum name_channel channel;
    if (is_same_script && str_eq(held->word.native, asked->word.native))
        return 0;
    if (!asked->forms || (is_same_script && held->word.script == NAME_HAN))
        return word_cost(&asked->word, &held->word, limit_of(asked), &channel);
    return asked->is_related && held->is_related
               ? word_cost_related(&asked->word, &held->word, limit_of(asked))
               : SOUND_FAR;
}

static void row_begin(struct asked_words *words, const struct asked_word *asked,
                      struct asked_row *row)
{
    const struct name_token token = {.script = (uint8_t)asked->word.script,
                                     .native = asked->word.native,
                                     .readings = {asked->word.readings[0]}};
    row->bits = (float)frequencies_bits(words->frequencies, &token);
    for (size_t h = 0; h < words->held_count; h++)
        row->costs[h] = cost_beside(asked, &words->held[h]);
}

static void word_want(struct asked_words *words, uint32_t number)
{
    struct asked_word *asked = &words->items[number];
    if (asked->stamp == words->stamp)
        return;
    asked->stamp = words->stamp;
    asked->row = 0;
    if (words->row_count == ROWS_MAX)
        return;
    asked->row = words->row_count++;
    row_begin(words, asked, &words->rows[asked->row]);
    if (asked->forms)
        word_wait(words, number);
}

void words_want(struct asked_words *words, const struct asked_name *asked)
{
    for (size_t i = 0; i < asked->count; i++)
        if (is_spelled_out(asked->tokens[i].role))
            word_want(words, asked->tokens[i].word);
    for (size_t i = 0; i < asked->piece_count; i++)
        word_want(words, asked->pieces[i].word);
}

void words_settle(struct asked_words *words)
{
    for (enum name_script script = NAME_LATIN; script <= NAME_OTHER; script++)
        if (words->waiting[script].lanes.count > 0)
            lanes_flush(words, script);
}

const struct asked_row *words_row(const struct asked_words *words, uint32_t word)
{
    const struct asked_word *asked = &words->items[word];
    return &words->rows[asked->stamp == words->stamp ? asked->row : 0];
}

const struct word *words_word(const struct asked_words *words, uint32_t word)
{
    return &words->items[word].word;
}
