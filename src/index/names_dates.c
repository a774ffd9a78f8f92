/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names_dates: the figures are those of type/date_bits.c, worked out once for a day and not
 * for an entry: tens of thousands of entries are scored in one search, and dates of a million
 * persons fall on few days. Days near the asked ones lie in an array; of the days far away only
 * those count that are a slip of the pen from it, same day and month in another year; the rest
 * contradicts.
 */
#include "index/names_dates.h"

#define NOT_YET 1000.f
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

static void slips_find(struct names_dates *dates)
{
    if (dates->asked.precision != DATE_DAY)
        return;
    struct day day = day_of_number(dates->asked.first_day);
    for (int32_t years = -SLIP_YEARS; years <= SLIP_YEARS; years++) {
        struct day other = {day.year + years, day.month, day.day};
        int32_t number = day_number(other);
        struct date held = date_of_day(number);
        bool is_near = years >= -1 && years <= 1;
        if (is_near || dates->slip_count == SLIPS_MAX ||
            date_compare(&dates->asked, &held) != DATE_SLIP)
            continue;
        dates->slips[dates->slip_count++] = number;
        dates->slip_bits = (float)date_bits(&dates->asked, &held);
    }
}

/* Days of other calendars entered as they stood weigh as a slip does. */
static void mistaken_find(struct names_dates *dates)
{
    int32_t days[CALENDAR_DAYS_MAX];
    if (dates->asked.precision != DATE_DAY)
        return;
    size_t count = calendar_mistaken(dates->asked.first_day, days);
    for (size_t i = 0; i < count && dates->slip_count < SLIPS_MAX; i++) {
        struct date held = date_of_day(days[i]);
        if (days[i] >= dates->near_from && days[i] < dates->near_to)
            continue;
        dates->slips[dates->slip_count++] = days[i];
        dates->slip_bits = (float)date_bits(&dates->asked, &held);
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
    size_t count = (size_t)(dates->near_to - dates->near_from);
    dates->near = arena_array(arena, float, count);
    if (!dates->near)
        return ERR_LIMIT;
    for (size_t i = 0; i < count; i++)
        dates->near[i] = NOT_YET;
    slips_find(dates);
    mistaken_find(dates);
    dates->best_near = (float)date_bits(&dates->asked, &dates->asked);
    dates->best_far = (float)DATE_CONTRADICTION_BITS;
    return OK;
}

static float far_bits(const struct names_dates *dates, int32_t held)
{
    for (size_t i = 0; i < dates->slip_count; i++) {
        if (dates->slips[i] == held)
            return dates->slip_bits;
    }
    struct date day = date_of_day(held);
    return (float)date_apart_bits(&dates->asked, &day);
}

float names_dates_bits(struct names_dates *dates, int32_t held)
{
    if (!dates->is_known || held == DAY_UNKNOWN)
        return 0;
    if (held < dates->near_from || held >= dates->near_to)
        return far_bits(dates, held);
    float *bits = &dates->near[held - dates->near_from];
    if (*bits == NOT_YET) {
        struct date day = date_of_day(held);
        *bits = (float)date_bits(&dates->asked, &day);
    }
    return *bits;
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
