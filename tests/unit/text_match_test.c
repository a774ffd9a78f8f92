/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One word against many: bounds that spare an alignment change no cost. Words are random, from
 * letters of each script, half of them a slip or two away from the asked one.
 */
#include "text/match.h"

#include "test.h"

enum { ASKED = 120, HELD = 60, LETTERS_MAX = 10 };

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

static void bounds_change_no_cost(void **unused)
{
    size_t near = 0, far = 0;
    struct arena arena = {.max_bytes = 64u << 20};
    (void)unused;
    for (size_t a = 0; a < ASKED; a++) {
        struct letters letters = any_letters();
        struct word plain, fast, held;
        arena_reset(&arena);
        if (!prepared(&letters, &arena, &plain))
            continue;
        fast = plain;
        fast.needs = arena_new(&arena, struct word_needs);
        assert_non_null(fast.needs);
        for (size_t h = 0; h < HELD; h++) {
            struct letters other = below(2) ? slipped(letters) : any_letters();
            if (!prepared(&other, &arena, &held))
                continue;
            enum name_channel channel = NAME_BY_EXACT, fast_channel = NAME_BY_EXACT;
            float limit = (float)below(90) / 10;
            float cost = word_cost_spelled(&plain, &held, limit, &channel);
            assert_true(word_cost_spelled(&fast, &held, limit, &fast_channel) == cost);
            assert_true(cost >= SOUND_FAR || channel == fast_channel);
            near += cost < SOUND_FAR;
            far += cost >= SOUND_FAR;
        }
    }
    arena_release(&arena);
    assert_true(near > 500 && far > 500); /* both were tried */
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
    static const struct CMUnitTest tests[] = {cmocka_unit_test(bounds_change_no_cost),
                                              cmocka_unit_test(same_is_a_matter_of_letters)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
