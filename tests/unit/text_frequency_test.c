/* SPDX-License-Identifier: Apache-2.0 */
/* The frozen table of name words: what is counted, rounded, left out, refused. */
#include <math.h>
#include <stdio.h>

#include "text/frequency.h"

#include "test.h"

static void count_person(struct frequency_counter *counter, struct arena *arena, const char *first,
                         const char *second)
{
    const struct name *names[2];
    struct name *name;
    size_t count = 0;
    assert_int_equal(name_parse_text(str_c(first), arena, &name), OK);
    names[count++] = name;
    if (second) {
        assert_int_equal(name_parse_text(str_c(second), arena, &name), OK);
        names[count++] = name;
    }
    assert_int_equal(frequency_counter_add(counter, names, count), OK);
}

/* 123 persons of one family, some with two names on record, and nine with a rarer one. */
static void write_village(struct buf *out, bool is_backwards)
{
    struct frequency_counter *counter;
    struct arena arena = {0};
    assert_int_equal(frequency_counter_new(&counter), OK);
    for (unsigned i = 0; i < 132; i++) {
        unsigned who = is_backwards ? 131 - i : i;
        if (who < 123)
            count_person(counter, &arena, "Anna Farnsworth",
                         who % 2 ? "A. Farnsworth-Vance" : "Фарнсворт Анна");
        else
            count_person(counter, &arena, "Ottoline Quill", NULL);
    }
    assert_int_equal(frequency_counter_write(counter, 77, out), OK);
    frequency_counter_free(counter);
    arena_release(&arena);
}

static void words_are_counted_once_a_person_and_rounded(void **state)
{
    (void)state;
    struct buf text = {0};
    struct frequencies *table;
    write_village(&text, false);
    assert_int_equal(frequencies_read(buf_str(&text), &table), OK);
    assert_int_equal(frequencies_listed(table, NAME_LATIN, S("farnsworth")), 120);
    assert_int_equal(frequencies_listed(table, NAME_LATIN, S("vance")), 60);
    assert_int_equal(frequencies_listed(table, NAME_CYRILLIC, S("анна")), 60);
    assert_int_equal(frequencies_listed(table, NAME_LATIN, S("ottoline")), 0); /* nine bear it */
    assert_false(str_has(buf_str(&text), S("ottoline")));
    assert_int_equal(frequencies_unlisted(table, 8), FREQUENCY_FLOOR);
    struct frequency_facts facts = frequencies_facts(table);
    assert_int_equal(facts.persons, 132);
    assert_int_equal(facts.seq, 77);
    frequencies_free(table);
    buf_release(&text);
}

static void same_persons_give_the_same_bytes(void **state)
{
    (void)state;
    struct buf forwards = {0};
    struct buf backwards = {0};
    write_village(&forwards, false);
    write_village(&backwards, true);
    assert_true(str_eq(buf_str(&forwards), buf_str(&backwards)));
    buf_release(&forwards);
    buf_release(&backwards);
}

static double bits_of(const struct frequencies *table, struct arena *arena, const char *word)
{
    struct name *name;
    assert_int_equal(name_parse_text(str_c(word), arena, &name), OK);
    return frequencies_bits(table, &name->tokens[0]);
}

static void rarity_is_in_bits(void **state)
{
    (void)state;
    struct frequencies *table;
    struct arena arena = {0};
    assert_int_equal(frequencies_read(S("tables\t4\npersons\t1024\nunlisted\t1\t16\n"
                                        "unlisted\t5\t10\nLatin\tanna\t64\n"),
                                      &table),
                     OK);
    assert_true(fabs(bits_of(table, &arena, "Anna") - 4) < 1e-9);
    assert_true(fabs(bits_of(table, &arena, "Ina") - 6) < 1e-9);
    assert_true(fabs(bits_of(table, &arena, "Wilhelmine") - log2(102.4)) < 1e-9);
    frequencies_free(table);
    arena_release(&arena);
}

static void the_shipped_table_is_good(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct frequencies *shipped = frequencies_shipped();
    assert_true(frequencies_facts(shipped).words > 1000);
    assert_true(bits_of(shipped, &arena, "Muhammad") < bits_of(shipped, &arena, "Ottoline"));
    assert_true(bits_of(shipped, &arena, "محمد") < 7);
    arena_release(&arena);
}

static const struct {
    const char *text;
    enum err code;
    uint32_t line;
    const char *why;
} bad[] = {
    {"tables\t4\n", ERR_DAMAGED, 0, "no persons"},
    {"persons\tmany\n", ERR_DAMAGED, 1, "not a number"},
    {"persons\t10\ntables\t999\n", ERR_VERSION, 2, "other tables"},
    {"persons\t10\nLatin\tanna\t3\n", ERR_DAMAGED, 2, "below the floor"},
    {"persons\t10\nKlingon\tworf\t30\n", ERR_DAMAGED, 2, "no such script"},
    {"persons\t10\n\nLatin\t\t30\n", ERR_DAMAGED, 3, "no word"},
    {"persons\t10\nLatin\n", ERR_DAMAGED, 2, "no tab"},
    {"persons\t10\nunlisted\t99\t30\n", ERR_DAMAGED, 2, "longer than words are"},
    {"persons\t10\ncats\t30\n", ERR_DAMAGED, 2, "not known"},
    {"persons\t10\nLatin\tanna\t30\nLatin\tanna\t40\n", ERR_DAMAGED, 3, "twice"},
    {"persons\t10\nLatin\t\xff\t30\n", ERR_DAMAGED, 0, "not UTF-8"},
    {"persons\t10\nculture\t?\t30\n", ERR_DAMAGED, 2, "not a culture's letter"},
    {"persons\t10\nculture\ta\t3\n", ERR_DAMAGED, 2, "a culture below the floor"},
    {"persons\t10\nLatin\tanna\t30\ta90\n", ERR_DAMAGED, 2, "a culture that is not there"},
    {"persons\t10\nculture\ta\t30\nLatin\tanna\t30\ta900\n", ERR_DAMAGED, 3, "of a hundred"},
    {"", ERR_DAMAGED, 0, "empty"},
};

static void bad_tables_are_refused_with_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct frequencies *table = NULL;
        enum err code = frequencies_read(str_c(bad[i].text), &table);
        if (code != bad[i].code || (bad[i].line && err_last()->line != bad[i].line))
            fail_msg("%s: code %d, line %u", bad[i].why, (int)code, err_last()->line);
    }
}

static void note_change(void *context, str script, str word, uint32_t before, uint32_t after)
{
    char *out = context;
    size_t len = strlen(out);
    snprintf(out + len, 200 - len, "%.*s %.*s %u %u;", STR(script), STR(word), before, after);
}

static void changes_come_largest_first(void **state)
{
    (void)state;
    struct frequencies *from;
    struct frequencies *to;
    char said[200] = "";
    assert_int_equal(frequencies_read(S("persons\t1000\nLatin\tanna\t100\nLatin\tbert\t100\n"
                                        "Latin\tcora\t40\n"),
                                      &from),
                     OK);
    assert_int_equal(frequencies_read(S("persons\t1000\nLatin\tanna\t120\nLatin\tbert\t100\n"
                                        "Greek\tνικος\t160\n"),
                                      &to),
                     OK);
    assert_int_equal(frequencies_compare(from, to, 10, note_change, said), OK);
    assert_string_equal(said, "Greek νικος 0 160;Latin cora 40 0;Latin anna 100 120;");
    frequencies_free(from);
    frequencies_free(to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_counted_once_a_person_and_rounded),
        cmocka_unit_test(same_persons_give_the_same_bytes),
        cmocka_unit_test(rarity_is_in_bits),
        cmocka_unit_test(the_shipped_table_is_good),
        cmocka_unit_test(bad_tables_are_refused_with_their_line),
        cmocka_unit_test(changes_come_largest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
