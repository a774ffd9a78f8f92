/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates: what the parsed form says, and how two dates stand to each other. The table of forms is
 * tests/cases/types/date.tsv.
 */
#include "type/date.h"

#include "plain.h"
#include "test.h"

static struct codes *codes;
static struct type_context context = {.today = {2026, 11, 22}, .country = {"", 0}};
static struct arena arena;

static int load(void **state)
{
    (void)state;
    if (codes_load("codes", &codes))
        return -1;
    context.codes = codes;
    return 0;
}

static int unload(void **state)
{
    (void)state;
    arena_release(&arena);
    codes_free(codes);
    return 0;
}

static struct value read_date(const char *text)
{
    struct value value;
    if (type_parse_text(&type_date, &context, str_c(text), &arena, &value) != OK)
        fail_msg("'%s': %s", text, err_last()->message);
    return value;
}

/* What the index looks for and what a comparison says are one. */
static void days_of_other_calendars(void **state)
{
    (void)state;
    for (int32_t day = -14000; day < 14000; day += 37) {
        int32_t days[CALENDAR_DAYS_MAX];
        struct date own = {.first_day = day, .last_day = day};
        size_t count = calendar_mistaken(day, days);
        assert_true(count >= 2 && count <= CALENDAR_DAYS_MAX);
        for (size_t i = 0; i < count; i++) {
            struct date other = {.first_day = days[i], .last_day = days[i]};
            enum date_level level = date_compare(&own, &other);
            if (level != DATE_OTHER_CALENDAR && level != DATE_SLIP)
                fail_msg("%d and %d: level %d", day, days[i], level);
        }
    }
}

static void levels_of_agreement(void **state)
{
    (void)state;
    static const struct {
        const char *asked, *held;
        enum date_level level;
    } cases[] = {
        {"1974-08-12", "12.08.1974", DATE_SAME},
        {"1974-08", "August 1974", DATE_SAME},
        {"1970/1975", "1970-1975", DATE_SAME},
        {"1974-08-12", "1974-12-08", DATE_SWAPPED},
        {"1974-08-12", "1974-08-13", DATE_SLIP},
        {"1974-08-12", "1974-08-21", DATE_SLIP},
        {"1974-08-12", "1947-08-12", DATE_SLIP},
        {"1974-08-12", "1984-08-12", DATE_SLIP},
        {"1966-12-06", "1974-08-12", DATE_OTHER_CALENDAR},
        {"1974-08-12", "1966-12-06", DATE_OTHER_CALENDAR},
        {"1353-05-21", "1974-08-12", DATE_OTHER_CALENDAR},
        {"1974-08-12", "1394-07-23", DATE_OTHER_CALENDAR},
        {"1394-07-24", "1974-08-12", DATE_OTHER_CALENDAR},
        {"1394-07-26", "1974-08-12", DATE_CONTRADICTION},
        {"12.08.2517", "1974-08-12", DATE_OTHER_CALENDAR},
        {"1974-08-12", "1974-08", DATE_MONTH_AGREES},
        {"1974-08-12", "1974-01-01", DATE_JANUARY},
        {"1974-01-01", "1974-08", DATE_JANUARY},
        {"1974-08-12", "1974", DATE_YEAR_AGREES},
        {"1974", "1974-08", DATE_YEAR_AGREES},
        {"1974-08-12", "1970/1975", DATE_WITHIN},
        {"1976-05-03", "c. 1974", DATE_WITHIN},
        {"1974", "c. 1974", DATE_WITHIN},
        {"1930-05-03", "before 1974", DATE_WITHIN},
        {"1974-08-12", "1974-08-25", DATE_SAME_MONTH},
        {"1974-08-12", "1974-11-25", DATE_SAME_YEAR},
        {"1974-08-12", "1974-09", DATE_SAME_YEAR},
        {"1974-08-12", "1975-03-30", DATE_NEIGHBOUR},
        {"1974-08-12", "1975", DATE_NEIGHBOUR},
        {"1976-05-03", "1970/1975", DATE_NEIGHBOUR},
        {"1974-08-12", "1982-03-30", DATE_CONTRADICTION},
        {"1974-08-12", "1978", DATE_CONTRADICTION},
        {"1980-05-03", "before 1974", DATE_CONTRADICTION},
        {"1980-05-03", "c. 1974", DATE_CONTRADICTION},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct value asked = read_date(cases[i].asked), held = read_date(cases[i].held);
        struct comparison there, back;
        type_date.compare(&asked, &held, &there);
        type_date.compare(&held, &asked, &back);
        if (there.level != cases[i].level)
            fail_msg("%s and %s: %s", cases[i].asked, cases[i].held, there.words);
        assert_int_equal(back.level, there.level);
        assert_true(there.words[0] != '\0' && there.similarity >= 0 && there.similarity <= 1);
    }
}

static void day_and_month_in_figures_keep_the_other_reading(void **state)
{
    (void)state;
    struct value value = read_date("04/05/1970");
    const struct date *date = date_of(&value);
    assert_true(date->is_ambiguous);
    assert_int_equal(date->first_day, day_number((struct day){1970, 5, 4}));
    assert_int_equal(date->alternative, day_number((struct day){1970, 4, 5}));
    assert_true(reads(value.note, "could be day 5, month 4"));
    static const char *const clear[] = {"1970-05-04", "4 May 1970", "05/05/1970",
                                        "14/05/1970", "1970",       "700504"};
    for (size_t i = 0; i < COUNT_OF(clear); i++) {
        value = read_date(clear[i]);
        assert_false(date_of(&value)->is_ambiguous);
    }
}

static void the_country_s_order_decides(void **state)
{
    (void)state;
    const struct code_list *countries = codes_list(codes, S("countries"));
    if (!countries)
        skip();
    context.country = S("USA");
    struct value value = read_date("04/05/1970");
    assert_true(str_eq(value.norm, S("1970-04-05")));
    assert_true(date_of(&value)->is_ambiguous);
    value = read_date("22/05/1970");
    assert_true(str_eq(value.norm, S("1970-05-22")));
    context.country = STR_EMPTY;
}

static void spans_of_days(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct day first, last;
        enum date_precision precision;
    } cases[] = {
        {"1974-02", {1974, 2, 1}, {1974, 2, 28}, DATE_MONTH},
        {"2024-02", {2024, 2, 1}, {2024, 2, 29}, DATE_MONTH},
        {"1974", {1974, 1, 1}, {1974, 12, 31}, DATE_YEAR},
        {"1974-12", {1974, 12, 1}, {1974, 12, 31}, DATE_MONTH},
        {"1970/1975-02", {1970, 1, 1}, {1975, 2, 28}, DATE_INTERVAL},
        {"before 1974", {1, 1, 1}, {1974, 12, 31}, DATE_INTERVAL},
        {"9999", {9999, 1, 1}, {9999, 12, 31}, DATE_YEAR},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct value value = read_date(cases[i].text);
        assert_int_equal(date_of(&value)->first_day, day_number(cases[i].first));
        assert_int_equal(date_of(&value)->last_day, day_number(cases[i].last));
        assert_int_equal(date_of(&value)->precision, cases[i].precision);
    }
}

static void printed_for_people(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"12 Aug 1974", "1974-08-12"}, {"c. 1974", "about 1974"},    {"1970-1975", "1970 to 1975"},
        {"before 1974", "until 1974"}, {"after 1974", "since 1974"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct value value = read_date(cases[i][0]);
        struct buf out = {0};
        type_date.print(&value, &out);
        assert_true(str_eq_c(buf_str(&out), cases[i][1]));
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_of_agreement),
        cmocka_unit_test(days_of_other_calendars),
        cmocka_unit_test(day_and_month_in_figures_keep_the_other_reading),
        cmocka_unit_test(the_country_s_order_decides),
        cmocka_unit_test(spans_of_days),
        cmocka_unit_test(printed_for_people),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
