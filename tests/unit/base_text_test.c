/* SPDX-License-Identifier: Apache-2.0 */
/* Slices, numbers, UTF-8, dates: tables of what is taken, refused, and just between. */
#include "base/base.h"

#include "test.h"

static void slices_cut_within_their_bounds(void **state)
{
    (void)state;
    str s = S("passport");
    assert_true(str_eq(str_from(s, 4), S("port")));
    assert_true(str_eq(str_from(s, 8), STR_EMPTY));
    assert_true(str_eq(str_from(s, 99), STR_EMPTY));
    assert_true(str_eq(str_slice(s, 4, 2), S("po")));
    assert_true(str_eq(str_slice(s, 6, 99), S("rt")));
    assert_true(str_starts(s, S("pass")) && !str_starts(s, S("port")) && str_starts(s, STR_EMPTY));
    assert_true(str_ends(s, S("port")) && !str_ends(s, S("a passport")));
    assert_true(str_has(s, S("sspo")) && !str_has(s, S("x")) && str_has(STR_EMPTY, STR_EMPTY));
    assert_int_equal(str_find(s, 's'), 2);
    assert_int_equal(str_find(s, 'z'), 8);
    assert_true(str_eq(str_trim(S(" \t\r\n x y \v\f")), S("x y")));
    assert_true(str_is_empty(str_trim(S(" \t "))));
    assert_true(str_eq_nocase(S("UtO"), S("uTo")) && !str_eq_nocase(S("UTO"), S("UT0")));
    assert_true(str_is_empty(str_c(NULL)));
}

static void slices_order_by_bytes(void **state)
{
    (void)state;
    static const char *const ascending[] = {"", "A", "AB", "B", "a", "\xC3\xA9"};
    for (size_t i = 0; i < COUNT_OF(ascending); i++)
        for (size_t k = 0; k < COUNT_OF(ascending); k++) {
            int order = str_compare(str_c(ascending[i]), str_c(ascending[k]));
            assert_int_equal(order > 0, i > k);
            assert_int_equal(order < 0, i < k);
        }
}

static void splitting_gives_every_piece(void **state)
{
    (void)state;
    str rest = S("a,,b,"), piece;
    static const char *const pieces[] = {"a", "", "b", ""};
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        assert_true(str_split(&rest, ',', &piece));
        assert_true(str_eq_c(piece, pieces[i]));
    }
    assert_false(str_split(&rest, ',', &piece));
}

/* text | largest allowed | taken? */
static void whole_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t max, value;
        bool is_taken;
    } cases[] = {
        {"0", 9, 0, true},
        {"007", 9, 7, true},
        {"10", 9, 0, false},
        {"", 9, 0, false},
        {"-1", 9, 0, false},
        {"+1", 9, 0, false},
        {" 1", 9, 0, false},
        {"1x", 9, 0, false},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX, true},
        {"18446744073709551616", UINT64_MAX, 0, false},
        {"99999999999999999999", UINT64_MAX, 0, false},
        {"000000000000000000001", UINT64_MAX, 0, false}, /* 21 characters */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t value = 77;
        bool is_taken = str_to_u64(str_c(cases[i].text), cases[i].max, &value);
        assert_int_equal(is_taken, cases[i].is_taken);
        assert_true(value == (is_taken ? cases[i].value : 77));
    }
    int64_t value = 0;
    assert_true(str_to_i64(S("-9223372036854775807"), &value) && value == -INT64_MAX);
    assert_false(str_to_i64(S("9223372036854775808"), &value));
    assert_false(str_to_i64(S("--1"), &value));
    assert_false(str_to_i64(S("-"), &value));
}

static void real_numbers(void **state)
{
    (void)state;
    static const char *const refused[] = {"",   "-",   ".",  "x",     "inf",   "nan", "0x10",
                                          "1e", "1,5", "1 ", "1e999", "1.2.3", "+1",  "--1"};
    double value = 0;
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        assert_false(str_to_double(str_c(refused[i]), &value));
    assert_true(str_to_double(S("-12.5e1"), &value) && value == -125.0);
    assert_true(str_to_double(S(".5"), &value) && value == 0.5);
    char digits[65];
    memset(digits, '1', sizeof digits);
    assert_false(str_to_double(str_of(digits, 64), &value));
}

/* Unicode 15, table 3-7, at its edges. */
static void utf8_is_well_formed_or_refused(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "abc",
                                       "\x7F",
                                       "\xC2\x80",
                                       "\xDF\xBF",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xEF\xBF\xBF",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "eight characters and \xC3\xA9 behind them"};
    static const char *const bad[] = {"\x80",
                                      "\xBF",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xC2",
                                      "\xC2\x41",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xE2\x82",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xFF",
                                      "eight characters and \xC3"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(utf8_is_valid(str_c(good[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(utf8_is_valid(str_c(bad[i])));
}

static void every_code_point_is_written_and_read(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        char bytes[4];
        size_t at = 0;
        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        str s = str_of(bytes, utf8_put(cp, bytes));
        assert_true(utf8_is_valid(s));
        assert_true(utf8_next(s, &at) == cp && at == s.len);
    }
    assert_int_equal(utf8_length(S("M\xC3\xBCller \xD0\x96")), 8);
}

/* On disk: another result would make every index unreadable. */
static void the_hash_stays_what_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t seed, hash;
    } cases[] = {
        {"", 0, 0x30B400E73CDB643E},
        {"", 1, 0x2FA15125C3374DDA},
        {"a", 0, 0xF3E4A3706B065477},
        {"a", 1, 0xD4ED7788AF7A483A},
        {"L898902C3", 0, 0xAA6174497642A6CE},
        {"L898902C3", 1, 0xBFF4528B4AFFF167},
        {"1234567", 0, 0xB575AD76C3F8923F},
        {"12345678", 0, 0x207D48DE1F21E9D8},
        {"a text longer than thirty-two bytes, to reach the long path", 0, 0xFAB58DA2DA23A2CF},
        {"\xD0\x96\xD0\x96", 0, 0x8C9458B27E7C5588},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_true(hash64(str_c(cases[i].text), cases[i].seed) == cases[i].hash);
}

static void dates_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t number; /* days since 1970-01-01; -1000000: refused */
    } cases[] = {
        {"1970-01-01", 0},         {"1969-12-31", -1},       {"2000-02-29", 11016},
        {"1900-02-29", -1000000},  {"2023-02-29", -1000000}, {"2024-02-29", 19782},
        {"2024-04-31", -1000000},  {"2024-13-01", -1000000}, {"2024-00-10", -1000000},
        {"2024-1-01", -1000000},   {"2024-01-00", -1000000}, {"2024/01/01", -1000000},
        {"2024-01-01 ", -1000000}, {"0001-01-01", -719162},  {"9999-12-31", 2932896},
        {"0000-01-01", -1000000},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct day day;
        char text[16];
        bool is_taken = day_parse(str_c(cases[i].text), &day);
        assert_int_equal(is_taken, cases[i].number != -1000000);
        if (!is_taken)
            continue;
        assert_int_equal(day_number(day), cases[i].number);
        assert_string_equal(day_format(day_of_number(cases[i].number), text), cases[i].text);
    }
}

static void every_day_has_one_number(void **state)
{
    (void)state;
    for (int32_t number = -719162; number <= 2932896; number += 1 + (number & 1)) {
        struct day day = day_of_number(number);
        assert_true(day_is_valid(day));
        assert_int_equal(day_number(day), number);
    }
}

static void moments_are_strict(void **state)
{
    (void)state;
    static const char *const refused[] = {"2026-11-22T10:42:03",
                                          "2026-11-22 10:42:03Z",
                                          "2026-11-22T24:00:00Z",
                                          "2026-11-22T10:60:00Z",
                                          "2026-11-22T10:42:03z",
                                          "2026-02-30T10:42:03Z",
                                          ""};
    int64_t time = 0;
    char text[24];
    assert_true(clock_parse(S("2026-11-22T10:42:03Z"), &time));
    assert_true(time == 1795344123000000);
    assert_string_equal(clock_format(time + 999999, text), "2026-11-22T10:42:03Z");
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        assert_false(clock_parse(str_c(refused[i]), &time));
    clock_pin(1795344123000000);
    assert_true(clock_now_us() == 1795344123000000);
    assert_int_equal(day_today().day, 22);
    clock_pin(-1);
    assert_true(clock_now_us() != 1795344123000000);
    int64_t before = clock_monotonic_us();
    assert_true(clock_monotonic_us() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_cut_within_their_bounds),
        cmocka_unit_test(slices_order_by_bytes),
        cmocka_unit_test(splitting_gives_every_piece),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(real_numbers),
        cmocka_unit_test(utf8_is_well_formed_or_refused),
        cmocka_unit_test(every_code_point_is_written_and_read),
        cmocka_unit_test(the_hash_stays_what_it_is),
        cmocka_unit_test(dates_are_strict),
        cmocka_unit_test(every_day_has_one_number),
        cmocka_unit_test(moments_are_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
