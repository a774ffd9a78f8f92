/* SPDX-License-Identifier: Apache-2.0 */
/* Names to words: the tables of tests/cases/names, and what must be refused or cut. */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "text/match.h"

#include "test.h"

static char *table_read(const char *path, size_t *ret_len)
{
    char *text = NULL;
    assert_int_equal(io_read_file(path, 1 << 20, &text, ret_len), OK);
    return text;
}

static bool row_next(str *rest, str cells[3])
{
    str line;
    while (str_split(rest, '\n', &line)) {
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        for (size_t i = 0; i < 3; i++)
            assert_true(str_split(&line, '\t', &cells[i]));
        return true;
    }
    return false;
}

static void readings_are_as_the_table_says(void **state)
{
    (void)state;
    size_t len, wrong = 0, rows = 0;
    char *text = table_read("tests/cases/names/readings.tsv", &len);
    str rest = str_of(text, len), cells[3];
    struct arena arena = {0};
    while (row_next(&rest, cells)) {
        struct name *name;
        bool has = false;
        rows++;
        assert_int_equal(name_parse_text(cells[0], &arena, &name), OK);
        for (size_t t = 0; t < name->count; t++) {
            for (size_t i = 0; i < name->tokens[t].reading_count; i++)
                has |= str_eq(name->tokens[t].readings[i], cells[1]);
        }
        if (!has) {
            print_error("%.*s is not read %.*s (%.*s) but %.*s\n", STR(cells[0]), STR(cells[1]),
                        STR(cells[2]), STR(name->tokens[0].readings[0]));
            wrong++;
        }
        arena_reset(&arena);
    }
    assert_true(rows > 30);
    assert_int_equal(wrong, 0);
    arena_release(&arena);
    free(text);
}

static void words_and_roles_are_as_the_table_says(void **state)
{
    (void)state;
    size_t len, wrong = 0;
    char *text = table_read("tests/cases/names/roles.tsv", &len);
    str rest = str_of(text, len), cells[3];
    struct arena arena = {0};
    while (row_next(&rest, cells)) {
        struct name *name;
        struct buf got = {0};
        assert_int_equal(name_parse_text(cells[0], &arena, &name), OK);
        for (size_t i = 0; i < name->count; i++)
            buf_printf(&got, "%s%s%.*s:%s", i ? " " : "", name->tokens[i].is_glued ? "+" : "",
                       STR(name->tokens[i].native), name_role_word(name->tokens[i].role));
        if (!str_eq(buf_str(&got), cells[1])) {
            print_error("%.*s: %.*s\n  instead of %.*s (%.*s)\n", STR(cells[0]), STR(buf_str(&got)),
                        STR(cells[1]), STR(cells[2]));
            wrong++;
        }
        buf_release(&got);
        arena_reset(&arena);
    }
    assert_int_equal(wrong, 0);
    arena_release(&arena);
    free(text);
}

static void what_is_no_name_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",         " ", "12345", "<<<", "-.,'", "\xf0\x9f\x98\x80",
                                      "\xcc\x81", "()"};
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct name *name;
        assert_int_equal(name_parse_text(str_c(bad[i]), &arena, &name), ERR_BAD_VALUE);
    }
    arena_release(&arena);
}

static void long_names_are_bounded(void **state)
{
    (void)state;
    char text[NAME_TEXT_MAX + 1];
    struct arena arena = {0};
    struct name *name;
    memset(text, 'a', sizeof text);
    assert_int_equal(name_parse_text(str_of(text, sizeof text), &arena, &name), ERR_LIMIT);
    assert_int_equal(name_parse_text(str_of(text, NAME_TEXT_MAX), &arena, &name), OK);
    assert_int_equal(name->tokens[0].readings[0].len, NAME_WORD_MAX);
    for (size_t i = 0; i < NAME_TEXT_MAX; i += 2)
        text[i] = ' ';
    assert_int_equal(name_parse_text(str_of(text, NAME_TEXT_MAX), &arena, &name), OK);
    assert_int_equal(name->count, NAME_TOKEN_MAX);
    assert_true(name->is_cut);
    arena_release(&arena);
}

static float cost_of(const char *a, const char *b)
{
    struct arena arena = {0};
    struct name *name_a, *name_b;
    struct word word_a, word_b;
    enum name_channel channel;
    assert_int_equal(name_parse_text(str_c(a), &arena, &name_a), OK);
    assert_int_equal(name_parse_text(str_c(b), &arena, &name_b), OK);
    assert_true(word_prepare(&name_a->tokens[0], &arena, &word_a));
    assert_true(word_prepare(&name_b->tokens[0], &arena, &word_b));
    float cost = word_cost(&word_a, &word_b, 30, &channel);
    arena_release(&arena);
    return cost;
}

/* Nearer pairs cost less: what the ranking stands on. */
static void nearer_words_cost_less(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"johnson", "johnson", "jonson"},    {"johnson", "jonson", "jackson"},
        {"mikhail", "михаил", "михаль"},     {"schmidt", "schmitt", "schulz"},
        {"jeffrey", "geoffrey", "godfrey"},  {"smith", "smiht", "smart"},
        {"muhammad", "محمد", "محسن"},        {"spencer", "スペンサー", "スミス"},
        {"martina", "rnartina", "marianna"}, {"cohen", "כהן", "כץ"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        float near = cost_of(rows[i][0], rows[i][1]), far = cost_of(rows[i][0], rows[i][2]);
        if (near >= far)
            print_error("%s: %s %.1f, %s %.1f\n", rows[i][0], rows[i][1], (double)near, rows[i][2],
                        (double)far);
        assert_true(near < far);
    }
    assert_true(cost_of("anna", "anna") == 0);
}

/* Both ways round the cost of sounds and letters is one, apart from which script is asked. */
static void distances_are_symmetric(void **state)
{
    (void)state;
    static const char *const words[] = {"a", "xx", "katharina", "ekaterina", "shchukin", "oconnor"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        for (size_t j = 0; j < COUNT_OF(words); j++) {
            float forth = cost_of(words[i], words[j]), back = cost_of(words[j], words[i]);
            assert_true(forth - back < 0.001f && back - forth < 0.001f);
        }
    }
}

static void skeletons_meet(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"khrushchev", "chruschtschow"},
                                           {"johannes", "yohannes"},
                                           {"mikhail", "michail"},
                                           {"george", "jorj"}};
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        uint32_t a[SKELETON_MAX], b[SKELETON_MAX];
        size_t a_count = skeletons_of(str_c(pairs[i][0]), a),
               b_count = skeletons_of(str_c(pairs[i][1]), b);
        bool meet = false;
        for (size_t x = 0; x < a_count; x++) {
            assert_int_not_equal(a[x], 0);
            for (size_t y = 0; y < b_count; y++)
                meet |= a[x] == b[y];
        }
        if (!meet)
            print_error("%s and %s share no skeleton\n", pairs[i][0], pairs[i][1]);
        assert_true(meet);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readings_are_as_the_table_says),
        cmocka_unit_test(words_and_roles_are_as_the_table_says),
        cmocka_unit_test(what_is_no_name_is_refused),
        cmocka_unit_test(long_names_are_bounded),
        cmocka_unit_test(nearer_words_cost_less),
        cmocka_unit_test(distances_are_symmetric),
        cmocka_unit_test(skeletons_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
