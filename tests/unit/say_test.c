/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences apart from their values: what a format made, taken apart without reading the text. */
#include "base/say.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

#include "test.h"

static struct say said;
static char text[256];

PRINTF(1, 2) static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    va_start(args, format);
    say_measure(&said, strlen(text), format, args);
    va_end(args);
}

static void expect(const char *sentence, size_t count, const char *const *values)
{
    struct buf out = {.max = 4096};
    say_sentence(&said, &out);
    assert_int_equal(buf_str(&out).len, strlen(sentence));
    assert_memory_equal(buf_str(&out).ptr, sentence, strlen(sentence));
    buf_release(&out);
    assert_int_equal(said.count, count);
    for (size_t i = 0; i < count; i++) {
        str value = say_value(&said, str_c(text), i);
        assert_int_equal(value.len, strlen(values[i]));
        assert_memory_equal(value.ptr, values[i], value.len);
    }
}

static void test_every_kind_of_value_is_found(void **state)
{
    (void)state;
    str id = S("o-10");
    say("officer %.*s is there already", STR(id));
    expect("officer {1} is there already", 1, (const char *const[]){"o-10"});
    say("%s lasts from %d to %u days, not %zu: %c", "it", -1, 366u, (size_t)1000, 'x');
    expect("{1} lasts from {2} to {3} days, not {4}: {5}", 5,
           (const char *const[]){"it", "-1", "366", "1000", "x"});
    say("%lld of %llu and %ld", -9223372036854775807LL, 18446744073709551615ULL, 0L);
    expect("{1} of {2} and {3}", 3,
           (const char *const[]){"-9223372036854775807", "18446744073709551615", "0"});
    say("100%% of %s%s", "", "all");
    expect("100% of {1}{2}", 2, (const char *const[]){"", "all"});
    say("is required");
    expect("is required", 0, NULL);
    say("%s", "");
    expect("{1}", 1, (const char *const[]){""});
}

static void test_a_text_within_its_bound_is_not_read_behind_it(void **state)
{
    (void)state;
    static const char not_ended[3] = {'a', 'b', 'c'};
    say("<%.*s>", 3, not_ended);
    expect("<{1}>", 1, (const char *const[]){"abc"});
}

static void test_what_is_not_measured_has_no_sentence(void **state)
{
    (void)state;
    say("%.1f of %02x", 0.5, 7u);
    assert_null(said.format);
    say("%d%d%d%d%d%d%d%d%d", 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assert_null(said.format);
    assert_int_equal(said.count, 0);
}

static void test_a_cut_text_has_cut_values(void **state)
{
    (void)state;
    char is_long[2000];
    memset(is_long, 'x', sizeof is_long - 1);
    is_long[sizeof is_long - 1] = 0;
    (void)!err_set(ERR_BAD_VALUE, "%s is too long for %s", is_long, "this");
    const struct err_info *info = err_last();
    assert_int_equal(info->say.count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(info->say.values[i].at + info->say.values[i].len <= strlen(info->message));
}

static void test_an_error_and_its_hint_have_their_sentences(void **state)
{
    (void)state;
    (void)!err_set(ERR_CONFLICT, "unit %s is there already", "UTO/gate");
    (void)!err_hint("close it, or take %d", 2);
    const struct err_info *info = err_last();
    assert_string_equal(info->say.format, "unit %s is there already");
    assert_int_equal(say_value(&info->say, str_c(info->message), 0).len, 8);
    assert_int_equal(info->hint_say.values[0].len, 1);
    (void)!err_set(ERR_CONFLICT, "plain");
    assert_int_equal(err_last()->say.count, 0);
    assert_null(err_last()->hint_say.format);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_value_is_found),
        cmocka_unit_test(test_a_text_within_its_bound_is_not_read_behind_it),
        cmocka_unit_test(test_what_is_not_measured_has_no_sentence),
        cmocka_unit_test(test_a_cut_text_has_cut_values),
        cmocka_unit_test(test_an_error_and_its_hint_have_their_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
