/* SPDX-License-Identifier: Apache-2.0 */
/* Explanations in English, and taken apart for another language. */
#include "base/said.h"

#include "codec/said_json.h"

#include "test.h"

static str title(const void *context, str list, str code)
{
    (void)context;
    return str_eq(list, S("meanings")) && str_eq(code, S("birth-date")) ? S("date de naissance")
                                                                        : STR_EMPTY;
}

static void expect(str text, const char *plain, const char *json)
{
    struct buf out = {0};
    said_plain(text, &out);
    buf_add_char(&out, '\0');
    assert_string_equal(out.ptr, plain);
    buf_clear(&out);
    said_json(text, &(struct said_titles){title, NULL}, &out);
    buf_add_char(&out, '\0');
    assert_string_equal(out.ptr, json);
    buf_release(&out);
}

static void test_values_sentences_and_lists(void **state)
{
    (void)state;
    char code[SAID_TITLE_MAX];
    struct buf out = {0};
    said_add(&out, "%s = %.*s (%s)", "a; b", 1, "cd", SAID("sounds alike"));
    said_begin(&out);
    said_add(&out, "not asked: %s", "x\x06\x02y\x03 (\x02\x04patronymic\x03)");
    said_begin(&out);
    said_add(&out, "100%% in place %zu, counted with %s", (size_t)9,
             said_code("meanings", S("birth-date"), S("birth date"), code));
    expect(
        buf_str(&out),
        "a; b = c (sounds alike); not asked: x, y (patronymic); "
        "100% in place 9, counted with birth date",
        "[{\"say\":\"{1} = {2} ({3})\",\"with\":[\"a; b\",\"c\",{\"say\":\"sounds alike\"}]},"
        "{\"say\":\"not asked: {1}\",\"with\":[[\"x\",{\"say\":\"{1} ({2})\",\"with\":[\"y\","
        "{\"say\":\"patronymic\"}]}]]},"
        "{\"say\":\"100% in place {1}, counted with {2}\",\"with\":[\"9\",\"date de naissance\"]}]");
    buf_clear(&out);
    said_add(&out, "add: %s", "x\x06\x04y");
    expect(buf_str(&out), "add: x, y",
           "[{\"say\":\"add: {1}\",\"with\":[[\"x\",{\"say\":\"y\"}]]}]");
    buf_release(&out);
}

static void test_a_text_without_marks_is_a_sentence(void **state)
{
    (void)state;
    expect(S("same number"), "same number", "[{\"say\":\"same number\"}]");
    expect(STR_EMPTY, "", "[]");
}

/* Cut anywhere, or with marks that were never meant so: printed all the same. */
static void test_marks_that_do_not_match(void **state)
{
    (void)state;
    const str whole = S("a \x02 b \x02\x04 c \x03 \x05l:k\x05t \x03 d; e \x03\x06 f");
    for (size_t from = 0; from < whole.len; from++)
        for (size_t len = 0; from + len <= whole.len; len++) {
            struct buf out = {0};
            str text = str_slice(whole, from, len);
            said_plain(text, &out);
            for (size_t i = 0; i < out.len; i++)
                assert_false(said_is_mark(out.ptr[i]));
            buf_clear(&out);
            said_json(text, NULL, &out);
            assert_int_equal(out.failed, OK);
            assert_true(str_ends(buf_str(&out), S("]")));
            buf_release(&out);
        }
}

/* A format too long to be marked is still printed. */
static void test_a_long_format(void **state)
{
    (void)state;
    char format[SAID_FORMAT_MAX + 2];
    char room[SAID_FORMAT_MAX];
    memset(format, 'x', sizeof format - 1);
    format[sizeof format - 1] = '\0';
    assert_ptr_equal(said_format(format, room), format);
    assert_string_equal(said_format("%5.1f%%", room), "\x02%5.1f\x03%%");
}

static void test_an_error_as_a_sentence(void **state)
{
    (void)state;
    struct buf out = {0};
    assert_int_equal(err_set(ERR_NOT_FOUND, "officer %s is not in %.*s", "o-1", 3, "UTO"),
                     ERR_NOT_FOUND);
    said_error(err_last(), &out);
    expect(buf_str(&out), "officer o-1 is not in UTO",
           "[{\"say\":\"officer {1} is not in {2}\",\"with\":[\"o-1\",\"UTO\"]}]");
    err_clear();
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_sentences_and_lists),
        cmocka_unit_test(test_a_text_without_marks_is_a_sentence),
        cmocka_unit_test(test_marks_that_do_not_match),
        cmocka_unit_test(test_a_long_format),
        cmocka_unit_test(test_an_error_as_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
