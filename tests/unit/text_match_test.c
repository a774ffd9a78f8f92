/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One word against many at once: the cost is that of each pair alone. Words are random, from
 * letters of each script, half of them a slip or two away from the asked one.
 */
#include "text/near.h"

#include "test.h"

enum { ASKED = 400, HELD = 200, LETTERS_MAX = 10 };

static const struct {
    enum name_script script;
    uint32_t first, count;
} alphabets[] = {{NAME_LATIN, 'a', 26},    {NAME_CYRILLIC, 0x430, 32}, {NAME_ARABIC, 0x627, 20},
                 {NAME_HEBREW, 0x5d0, 27}, {NAME_GREEK, 0x3b1, 25},    {NAME_HANGUL, 0xac00, 11172},
                 {NAME_KANA, 0x30ab, 60},  {NAME_OTHER, 0x905, 53}};

static uint64_t state = 1923; /* the same words at every run */

static uint32_t below(uint32_t count)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((state >> 33) % count);
}

struct letters {
    uint32_t items[LETTERS_MAX + 2];
    size_t count, alphabet;
};

static uint32_t any_letter(size_t alphabet)
{
    return alphabets[alphabet].first + below(alphabets[alphabet].count);
}

static struct letters any_letters(void)
{
    struct letters word = {.count = 1 + below(LETTERS_MAX),
                           .alphabet = below(2) ? 0 : below(COUNT_OF(alphabets))};
    for (size_t i = 0; i < word.count; i++)
        word.items[i] = any_letter(word.alphabet);
    return word;
}

static struct letters slipped(struct letters word)
{
    for (uint32_t slips = 1 + below(2); slips > 0; slips--) {
        size_t at = below((uint32_t)word.count);
        if (below(2) || word.count < 2)
            word.items[at] = any_letter(word.alphabet);
        else
            word.items[at] = word.items[--word.count];
    }
    return word;
}

static bool prepared(const struct letters *letters, struct arena *arena, struct word *ret)
{
    char text[4 * (LETTERS_MAX + 2)];
    size_t len = 0;
    struct name_token token;
    for (size_t i = 0; i < letters->count; i++)
        len += utf8_put(letters->items[i], text + len);
    return name_word(alphabets[letters->alphabet].script, str_of(text, len), arena, &token) &&
           word_prepare(&token, arena, ret);
}

static bool lane_add(struct near_lanes *lanes, str reading, const struct sound *sound)
{
    struct near_form form;
    bool is_short = near_form_make(reading, sound, &form);
    if (is_short)
        near_add(lanes, &form);
    return is_short;
}

/* The word asked against all in the lanes: at once, lane by lane, and pair by pair. */
static void lanes_agree(const struct word *asked, enum name_script script, struct near_lanes *lanes,
                        const struct word *held)
{
    for (size_t i = 0; i < asked->reading_count; i++) {
        struct near_result wide, plain;
        near_costs(asked, i, script, lanes, &wide);
        near_costs_plain(asked, i, script, lanes, &plain);
        assert_memory_equal(wide.costs, plain.costs, lanes->count);
        assert_memory_equal(wide.channels, plain.channels, lanes->count);
        for (size_t lane = 0; lane < lanes->count && asked->reading_count == 1; lane++) {
            enum name_channel channel;
            bool is_alone = held[lane].reading_count == 1;
            float cost = word_cost_spelled(asked, &held[lane], 8, &channel);
            if (!is_alone || channel == NAME_BY_EXACT)
                continue;
            assert_true((cost < SOUND_FAR) == (plain.costs[lane] <= word_cost_units(8)));
            assert_true(cost >= SOUND_FAR || cost == (float)plain.costs[lane] / COST_UNITS +
                                                         script_cost(asked->script, script));
        }
    }
}

static void many_at_once_cost_what_each_costs(void **unused)
{
    size_t tried = 0, scripts = 0;
    struct arena arena = {.max_bytes = 64u << 20};
    (void)unused;
    for (size_t a = 0; a < ASKED; a++) {
        struct letters letters = any_letters();
        struct word asked, held[NEAR_LANES];
        struct near_lanes lanes = {0};
        size_t alphabet = below(3) ? letters.alphabet : below(COUNT_OF(alphabets));
        arena_reset(&arena);
        if (!prepared(&letters, &arena, &asked))
            continue;
        for (size_t h = 0; h < HELD && lanes.count < NEAR_LANES; h++) {
            bool is_slip = alphabet == letters.alphabet && below(2);
            struct letters other = is_slip ? slipped(letters) : any_letters();
            struct word *word = &held[lanes.count];
            if (other.alphabet == alphabet && prepared(&other, &arena, word) &&
                word->script == alphabets[alphabet].script)
                tried += lane_add(&lanes, word->readings[0], word->sounds[0]);
        }
        scripts |= 1u << alphabet;
        lanes_agree(&asked, alphabets[alphabet].script, &lanes, held);
    }
    arena_release(&arena);
    assert_true(tried > 500 && scripts == (1u << COUNT_OF(alphabets)) - 1); /* all were tried */
}

static void what_is_too_long_finds_no_lane(void **unused)
{
    struct near_lanes lanes = {0};
    struct sound sound;
    (void)unused;
    sound_of(S("konstantinopoli"), &sound);
    assert_true(lane_add(&lanes, S("konstantinopoli"), &sound));
    sound_of(S("konstantinopolit"), &sound);
    assert_false(lane_add(&lanes, S("konstantinopolit"), &sound));
    assert_int_equal(lanes.count, 1);
}

static void same_is_a_matter_of_letters(void **unused)
{
    (void)unused;
    assert_true(word_strain_max(2) < 1.5f);  /* "Li" is not "Lu" */
    assert_true(word_strain_max(3) >= 1.5f); /* "Jon" is "John" */
    assert_true(word_strain_max(3) < 3.5f);  /* "Kim" is not "Kil" */
    assert_true(word_strain_max(100) == word_strain_max(20));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(many_at_once_cost_what_each_costs),
                                              cmocka_unit_test(what_is_too_long_finds_no_lane),
                                              cmocka_unit_test(same_is_a_matter_of_letters)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
