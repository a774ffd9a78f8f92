/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Birth dates as the names search has them: every day held brings what the table of dates says,
 * and no day outside the runs more than the zone it lies in allows. The second is what a proven
 * no-hit stands on.
 */
#include "index/names_dates.h"

#include "test.h"

static struct date date_at(int32_t day)
{
    return (
        struct date){.first_day = day, .last_day = day, .alternative = day, .precision = DATE_DAY};
}

static bool is_in_run(const struct names_dates *dates, int32_t day)
{
    for (size_t i = 0; i < dates->run_count; i++) {
        if (day >= dates->runs[i].from && day < dates->runs[i].to)
            return true;
    }
    return false;
}

static void day_agrees(const struct names_dates *dates, int32_t held)
{
    struct date other = date_at(held);
    float bits = names_dates_bits(dates, held), told = (float)date_bits(&dates->asked, &other);
    bool is_near = held >= dates->near_from && held < dates->near_to;
    bool is_middle = held >= dates->middle_from && held < dates->middle_to;
    assert_true(bits == told);
    assert_true(bits <= dates->best);
    if (!is_in_run(dates, held))
        assert_true(bits <= (is_near     ? dates->rest_near
                             : is_middle ? dates->rest_middle
                                         : dates->rest_far));
}

static void every_day_is_worth_what_the_table_says(void **state)
{
    static const struct day asked[] = {{1974, 8, 12}, {1980, 1, 1},  {1999, 12, 31},
                                       {2000, 2, 29}, {1961, 11, 1}, {1990, 10, 9},
                                       {1985, 5, 5},  {2019, 12, 20}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        struct arena arena = {0};
        struct names_dates dates;
        int32_t day = day_number(asked[i]), from = day_number((struct day){1900, 1, 1});
        int32_t to = day_number((struct day){2026, 1, 1});
        assert_int_equal(names_dates_init(&dates, (struct date_window){day, day}, &arena), OK);
        for (int32_t held = dates.near_from; held < dates.near_to; held++)
            day_agrees(&dates, held);
        for (int32_t held = from; held < to; held++)
            day_agrees(&dates, held);
        arena_release(&arena);
    }
}

static void a_year_or_an_interval_has_no_telling_days(void **state)
{
    (void)state;
    for (int32_t years = 1; years <= 40; years += 39) {
        struct arena arena = {0};
        struct names_dates dates;
        int32_t from = day_number((struct day){1961, 1, 1});
        int32_t to = day_number((struct day){1961 + years, 1, 1}) - 1;
        assert_int_equal(names_dates_init(&dates, (struct date_window){from, to}, &arena), OK);
        assert_int_equal(dates.run_count, 0);
        for (int32_t held = from - 8000; held < to + 8000; held++)
            day_agrees(&dates, held);
        assert_true(names_dates_bits(&dates, DAY_UNKNOWN) == 0);
        arena_release(&arena);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_is_worth_what_the_table_says),
        cmocka_unit_test(a_year_or_an_interval_has_no_telling_days)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
