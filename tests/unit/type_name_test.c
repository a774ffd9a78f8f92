/* SPDX-License-Identifier: Apache-2.0 */
/* The type `name`: pairs as an officer would judge them, maps, masks, what is recognised. */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "type/name.h"

#include "plain.h"
#include "test.h"

static const struct type_context context;

static void parse(struct arena *arena, str text, struct value *ret)
{
    assert_int_equal(type_parse_text(&type_name, &context, text, arena, ret), OK);
}

static const char *agreement_word(enum agreement agreement)
{
    static const char *const words[] = {"same", "close", "far", "unknown", "different"};
    return words[agreement];
}

static void pairs_are_as_the_table_says(void **state)
{
    (void)state;
    char *text;
    size_t len, wrong = 0, rows = 0;
    assert_int_equal(io_read_file("tests/cases/names/pairs.tsv", 1 << 20, &text, &len), OK);
    str rest = str_of(text, len), line;
    struct arena arena = {0};
    while (str_split(&rest, '\n', &line)) {
        str cells[4];
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        for (size_t i = 0; i < 4; i++)
            assert_true(str_split(&line, '\t', &cells[i]));
        struct value asked, held;
        struct comparison got;
        parse(&arena, cells[0], &asked);
        parse(&arena, cells[1], &held);
        type_name.compare(&asked, &held, &got);
        rows++;
        if (!str_eq_c(cells[2], agreement_word(got.agreement))) {
            print_error("%.*s / %.*s: %s (%s), not %.*s: %.*s\n", STR(cells[0]), STR(cells[1]),
                        agreement_word(got.agreement), got.words, STR(cells[2]), STR(cells[3]));
            wrong++;
        }
        assert_true(got.similarity >= 0 && got.similarity <= 1);
        arena_reset(&arena);
    }
    assert_true(rows > 20);
    assert_int_equal(wrong, 0);
    arena_release(&arena);
    free(text);
}

static void words_say_what_is_missing_and_what_contradicts(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct value asked, held;
    struct comparison got;
    parse(&arena, S("Ivan Ivanovich Petrov"), &asked);
    parse(&arena, S("Ivan Petrov"), &held);
    type_name.compare(&asked, &held, &got);
    assert_true(reads(str_c(got.words), "not in the record: ivanovich (patronymic)"));
    parse(&arena, S("Ivan Sergeevich Petrov"), &held);
    type_name.compare(&asked, &held, &got);
    assert_true(reads(str_c(got.words), "against it: asked ivanovich"));
    assert_true(reads(str_c(got.words), "held sergeevich"));
    arena_release(&arena);
}

/* An omission must cost less than a contradiction. */
static void omission_is_not_contradiction(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct name *asked, *without, *against;
    struct name_match omitted, contradicted;
    assert_int_equal(name_parse_text(S("Ivan Ivanovich Petrov"), &arena, &asked), OK);
    assert_int_equal(name_parse_text(S("Ivan Petrov"), &arena, &without), OK);
    assert_int_equal(name_parse_text(S("Ivan Sergeevich Petrov"), &arena, &against), OK);
    name_match(asked, without, NULL, &omitted);
    name_match(asked, against, NULL, &contradicted);
    assert_int_equal(omitted.contradictions, 0);
    assert_int_equal(contradicted.contradictions, 1);
    assert_true(omitted.bits > contradicted.bits + 2);
    arena_release(&arena);
}

static void a_map_gives_roles(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct node *map = node_map(&arena);
    node_put_text(&arena, map, S("given"), S("Anna Maria"));
    node_put_text(&arena, map, S("family"), S("Berg"));
    struct value value;
    assert_int_equal(type_name.parse(&context, map, &arena, &value), OK);
    assert_true(str_eq(value.raw, S("Berg, Anna Maria")));
    assert_int_equal(name_of(&value)->count, 3);
    assert_int_equal(name_of(&value)->tokens[0].role, NAME_FAMILY);
    assert_int_equal(name_of(&value)->tokens[2].role, NAME_GIVEN);
    struct node *empty = node_map(&arena);
    assert_int_equal(type_name.parse(&context, empty, &arena, &value), ERR_BAD_VALUE);
    arena_release(&arena);
}

static void masks_keep_first_letters_only(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct buf out = {0};
    struct value value;
    parse(&arena, S("Anna Щукина"), &value);
    type_name.redact(&value, &out);
    assert_true(str_eq(buf_str(&out), S("A*** щ***")));
    buf_release(&out);
    arena_release(&arena);
}

static void names_are_recognised_with_little_confidence(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct reading reading;
    assert_int_equal(type_name.recognise(&context, S("Anna Berg"), &arena, &reading, 1), 1);
    assert_true(reading.confidence >= 20 && reading.confidence <= 50);
    assert_int_equal(type_name.recognise(&context, S("김정은"), &arena, &reading, 1), 1);
    assert_non_null(strstr(reading.title.ptr, "Hangul"));
    assert_int_equal(type_name.recognise(&context, S("L898902C3"), &arena, &reading, 1), 0);
    assert_int_equal(type_name.recognise(&context, S("a@b.example"), &arena, &reading, 1), 0);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_as_the_table_says),
        cmocka_unit_test(words_say_what_is_missing_and_what_contradicts),
        cmocka_unit_test(omission_is_not_contradiction),
        cmocka_unit_test(a_map_gives_roles),
        cmocka_unit_test(masks_keep_first_letters_only),
        cmocka_unit_test(names_are_recognised_with_little_confidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
