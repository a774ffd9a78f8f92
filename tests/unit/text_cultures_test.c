/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cultures are learned from names alone: two villages whose names never mix are told apart, words of
 * one are worth less together than apart, words of both are not; the same names give the same bytes
 * in whatever order they came.
 */
#include <stdio.h>

#include "text/cultures.h"
#include "text/frequency.h"
#include "text/name.h"

#include "test.h"

enum { NAMES = 4000, WORDS = 8 };
static const char *const given[2][WORDS] = {{"Aldis", "Berit", "Corin", "Dagny", "Eskil", "Frida",
                                             "Gerda", "Hakon"},
                                            {"Imani", "Jabari", "Kamau", "Lindiwe", "Mosi", "Nuru",
                                             "Omari", "Pendo"}};
static const char *const family[2][WORDS] = {{"Akerholt", "Brekkeby", "Dalskog", "Engvik",
                                              "Fjellberg", "Granvik", "Holmdal", "Isvik"},
                                             {"Abaya", "Bomani", "Chuma", "Dlamani", "Faraji",
                                              "Gathoni", "Kipro", "Mbekela"}};

static void name_at(size_t i, char ret[64])
{
    size_t village = i % 3 == 0; /* a third and two thirds */
    snprintf(ret, 64, "%s %s", given[village][i / 3 * 7 % WORDS], family[village][i / 5 % WORDS]);
}

static void table_of(bool is_backwards, struct buf *out)
{
    struct frequency_counter *counter;
    struct arena arena = {0};
    out->max = 1 << 20;
    assert_int_equal(frequency_counter_new(&counter), OK);
    for (size_t i = 0; i < NAMES; i++) {
        char text[64];
        struct name *name;
        name_at(is_backwards ? NAMES - 1 - i : i, text);
        arena_reset(&arena);
        assert_int_equal(name_parse_text(str_c(text), &arena, &name), OK);
        assert_int_equal(frequency_counter_add(counter, (const struct name *const[]){name}, 1), OK);
    }
    assert_int_equal(frequency_counter_write(counter, 0, out), OK);
    frequency_counter_free(counter);
    arena_release(&arena);
}

static float lift(const struct frequencies *table, const char *one, const char *other)
{
    float shares[2][CULTURES];
    const char *const words[] = {one, other};
    const float *both[] = {shares[0], shares[1]};
    struct lifts lifts;
    for (size_t w = 0; w < 2; w++) {
        const uint8_t *hundredths = frequencies_shares(table, NAME_LATIN, str_c(words[w]));
        assert_non_null(hundredths);
        for (size_t c = 0; c < CULTURES; c++)
            shares[w][c] = (float)hundredths[c] / 100;
    }
    lifts_make(both, 2, frequencies_cultures(table), &lifts);
    assert_true(lifts_of(&lifts, 1) == 0 && lifts_of(&lifts, 2) == 0);
    return lifts_of(&lifts, 3);
}

static void words_that_go_together_are_worth_less(void **state)
{
    (void)state;
    struct buf text = {0};
    struct frequencies *table;
    table_of(false, &text);
    assert_int_equal(frequencies_read(buf_str(&text), &table), OK);
    assert_non_null(frequencies_cultures(table));
    for (size_t i = 0; i < WORDS; i++) {
        assert_true(lift(table, "imani", "abaya") > 0.5f);
        char one[16], same[16], other[16];
        snprintf(one, sizeof one, "%s", given[1][i]);
        snprintf(same, sizeof same, "%s", family[1][(i + 3) % WORDS]);
        snprintf(other, sizeof other, "%s", family[0][(i + 3) % WORDS]);
        one[0] |= 0x20;
        same[0] |= 0x20;
        other[0] |= 0x20;
        assert_true(lift(table, one, same) > 0.5f);
        assert_true(lift(table, one, other) < 0.1f);
    }
    frequencies_free(table);
    buf_release(&text);
}

static void the_order_of_persons_does_not_show(void **state)
{
    (void)state;
    struct buf forwards = {0}, backwards = {0};
    table_of(false, &forwards);
    table_of(true, &backwards);
    assert_true(str_eq(buf_str(&forwards), buf_str(&backwards)));
    buf_release(&forwards);
    buf_release(&backwards);
}

static void the_shipped_table_knows_cultures(void **state)
{
    (void)state;
    assert_non_null(frequencies_cultures(frequencies_shipped()));
    assert_true(lift(frequencies_shipped(), "kim", "park") >= 0);
}

static void what_is_not_known_takes_nothing_off(void **state)
{
    (void)state;
    float persons[CULTURES] = {0.5f, 0.5f}, first[CULTURES] = {1};
    const float *shares[3] = {first, NULL, first};
    struct lifts lifts;
    lifts_make(shares, 3, persons, &lifts);
    assert_true(lifts_of(&lifts, 3) == 0 && lifts_of(&lifts, 6) == 0);
    assert_true(lifts_of(&lifts, 5) > 0);
    assert_true(lifts_of(&lifts, UINT32_MAX) == lifts_of(&lifts, 5));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_that_go_together_are_worth_less),
        cmocka_unit_test(the_order_of_persons_does_not_show),
        cmocka_unit_test(the_shipped_table_knows_cultures),
        cmocka_unit_test(what_is_not_known_takes_nothing_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
