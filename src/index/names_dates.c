/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names_dates: the figures are those of type/date_bits.c, worked out once for a day and not
 * for an entry: thousands of entries are scored in one search, and dates of a million persons
 * fall on few days. Days near the asked ones lie in an array; of the days far away only those
 * count that are a slip of the pen from it, same day and month in another year; the rest
 * contradicts.
 *
 * Few days bring much: the day itself, its month, what is one slip away. They are listed as runs,
 * the best first, so that a search can look at all who were born on them, and expect little from
 * the others.
 */
#include "index/names_dates.h"

#include <stdlib.h>

#define NOT_YET  1000.f
#define RUN_BITS 1.5f /* a day that brings less is no run: same year, neighbour year */
enum { SLIP_YEARS = 100 };

static enum date_precision precision_of(struct date_window window)
{
    int32_t days = window.to - window.from + 1;
    return days == 1 ? DATE_DAY : days <= 31 ? DATE_MONTH : days <= 366 ? DATE_YEAR : DATE_INTERVAL;
}

static struct date date_of_day(int32_t day)
{
    return (
        struct date){.first_day = day, .last_day = day, .alternative = day, .precision = DATE_DAY};
}

static bool run_add(struct names_dates *dates, struct day_run run)
{
    if (dates->run_count == RUNS_MAX)
        return false;
    dates->runs[dates->run_count++] = run;
    return true;
}

/* Worth comparing: one of the year's four figures differs, or two that may be exchanged. */
static bool is_like_year(int32_t a, int32_t b)
{
    int32_t differing = 0, more = 0;
    for (size_t i = 0; i < 4; i++, a /= 10, b /= 10) {
        differing += a % 10 != b % 10;
        more += a % 10 - b % 10;
    }
    return differing == 1 || (differing == 2 && more == 0);
}

static void slips_find(struct names_dates *dates)
{
    struct day day = day_of_number(dates->asked.first_day);
    for (int32_t years = -SLIP_YEARS; years <= SLIP_YEARS; years++) {
        int32_t number = day_number((struct day){day.year + years, day.month, day.day});
        struct date held = date_of_day(number);
        if ((years >= -1 && years <= 1) || !is_like_year(day.year, day.year + years) ||
            date_compare(&dates->asked, &held) != DATE_SLIP)
            continue;
        ensure(run_add(dates, (struct day_run){number, number + 1,
                                               (float)date_bits(&dates->asked, &held)}));
    }
}

/* Days of other calendars entered as they stood weigh as a slip does. */
static void mistaken_find(struct names_dates *dates)
{
    int32_t days[CALENDAR_DAYS_MAX];
    size_t count = calendar_mistaken(dates->asked.first_day, days);
    for (size_t i = 0; i < count; i++) {
        struct date held = date_of_day(days[i]);
        float bits = (float)date_bits(&dates->asked, &held);
        if (days[i] >= dates->near_from && days[i] < dates->near_to)
            dates->near[days[i] - dates->near_from] = bits;
        else
            ensure(run_add(dates, (struct day_run){days[i], days[i] + 1, bits}));
    }
}

/* Days side by side that bring the same; what finds no place counts among the rest. */
static void runs_find(struct names_dates *dates, size_t count)
{
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        float bits = dates->near[i];
        while (end < count && dates->near[end] == bits)
            end++;
        struct day_run run = {dates->near_from + (int32_t)i, dates->near_from + (int32_t)end, bits};
        bool is_run = dates->asked.precision == DATE_DAY && bits > RUN_BITS;
        if ((!is_run || !run_add(dates, run)) && bits > dates->rest_near)
            dates->rest_near = bits;
        dates->best = bits > dates->best ? bits : dates->best;
        i = end;
    }
}

static int run_order(const void *left, const void *right)
{
    const struct day_run *a = left, *b = right;
    if (a->bits != b->bits)
        return a->bits > b->bits ? -1 : 1;
    return (a->from > b->from) - (a->from < b->from);
}

/*
 * Most days of a year bring the same: what is nearer shares the month or the last figure of the
 * day, is the asked one with day and month exchanged, or is the first of January.
 */
static bool is_plain(struct day asked, struct day held)
{
    bool is_swapped = held.day == asked.month && held.month == asked.day;
    bool is_january = held.day == 1 && held.month == 1;
    return held.month != asked.month && held.day % 10 != asked.day % 10 && !is_swapped &&
           !is_january;
}

static void near_fill(struct names_dates *dates, size_t count)
{
    struct day asked = day_of_number(dates->asked.first_day);
    struct day held = day_of_number(dates->near_from);
    float plain[2] = {NOT_YET, NOT_YET}; /* of another year, of the asked one */
    for (size_t i = 0; i < count; i++) {
        int32_t number = dates->near_from + (int32_t)i;
        bool is_same_year = held.year == asked.year;
        float *kept = &plain[is_same_year], bits = NOT_YET;
        if (dates->asked.precision == DATE_DAY && is_plain(asked, held))
            bits = *kept;
        if (bits == NOT_YET) {
            struct date day = date_of_day(number);
            bits = (float)date_bits(&dates->asked, &day);
        }
        if (is_plain(asked, held))
            *kept = bits;
        dates->near[i] = bits;
        held.day++;
        if (held.day > 28)
            held = day_of_number(number + 1);
    }
}

enum err names_dates_init(struct names_dates *dates, struct date_window asked, struct arena *arena)
{
    *dates = (struct names_dates){.is_known = asked.from <= asked.to};
    if (!dates->is_known)
        return OK;
    dates->asked = (struct date){.first_day = asked.from,
                                 .last_day = asked.to,
                                 .alternative = asked.from,
                                 .precision = precision_of(asked)};
    dates->near_from = day_number((struct day){day_of_number(asked.from).year - 1, 1, 1});
    dates->near_to = day_number((struct day){day_of_number(asked.to).year + 2, 1, 1});
    dates->middle_from = asked.from - MIDDLE_YEARS * 366;
    dates->middle_to = asked.to + MIDDLE_YEARS * 366 + 1;
    struct date far = date_of_day(dates->middle_to), close = date_of_day(dates->middle_to - 1);
    dates->rest_middle = (float)date_apart_bits(&dates->asked, &close);
    dates->rest_far = (float)date_apart_bits(&dates->asked, &far);
    struct date inside = date_of_day(asked.from);
    dates->best = dates->rest_near = (float)date_bits(&dates->asked, &inside);
    if (dates->asked.precision == DATE_INTERVAL)
        return OK;
    size_t count = (size_t)(dates->near_to - dates->near_from);
    dates->rest_near = 0; /* of an unknown date */
    dates->near = arena_array(arena, float, count);
    if (!dates->near)
        return ERR_LIMIT;
    near_fill(dates, count);
    if (dates->asked.precision == DATE_DAY) {
        slips_find(dates);
        mistaken_find(dates);
    }
    runs_find(dates, count);
    qsort(dates->runs, dates->run_count, sizeof *dates->runs, run_order);
    return OK;
}

static float far_bits(const struct names_dates *dates, int32_t held)
{
    for (size_t i = 0; i < dates->run_count; i++) {
        if (dates->runs[i].from == held && held + 1 == dates->runs[i].to)
            return dates->runs[i].bits;
    }
    bool is_middle = held >= dates->middle_from && held < dates->middle_to;
    return is_middle ? dates->rest_middle : dates->rest_far;
}

float names_dates_bits(const struct names_dates *dates, int32_t held)
{
    if (!dates->is_known || held == DAY_UNKNOWN)
        return 0;
    if (held < dates->near_from || held >= dates->near_to)
        return far_bits(dates, held);
    if (dates->near)
        return dates->near[held - dates->near_from];
    struct date day = date_of_day(held);
    return (float)date_bits(&dates->asked, &day);
}

/* First entry of a section born on or after `day`; unknown dates come last. */
uint32_t names_born_bound(const struct names_part *part, int32_t day)
{
    uint32_t low = 0, high = part->entry_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (part->born[middle] != DAY_UNKNOWN && part->born[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t names_unknown_bound(const struct names_part *part)
{
    uint32_t low = 0, high = part->entry_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (part->born[middle] != DAY_UNKNOWN)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
