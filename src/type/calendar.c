/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other calendars on documents and in statements: Solar Hijri (Iran, Afghanistan), Islamic
 * (tabular, civil epoch, leap years 2 5 7 10 13 16 18 21 24 26 29 of 30; the observed calendar may
 * differ by a day or two), Buddhist Era (543 years ahead). Arithmetic after E. M. Reingold and N.
 * Dershowitz, "Calendrical Calculations"; the Solar Hijri leap years by the 33-year cycle, exact
 * for 1178 to 1633 (1799 to 2254 of the common era), which is all a police record needs.
 */
#include "type/date_tokens.h"

/* 1 Farvardin 1 and 1 Muharram 1 in days since 1970-01-01, as these arithmetics count. */
enum { PERSIAN_EPOCH = -492268, ISLAMIC_EPOCH = -492148 };

static bool is_persian_leap(unsigned year)
{
    return (25 * year + 11) % 33 < 8;
}

static unsigned persian_length(unsigned year, unsigned month)
{
    return month <= 6 ? 31 : month <= 11 ? 30 : is_persian_leap(year) ? 30 : 29;
}

static int32_t persian_day(unsigned year, unsigned month, unsigned day)
{
    int32_t before = 0;
    for (unsigned y = 1; y < year; y++)
        before += 365 + is_persian_leap(y);
    for (unsigned m = 1; m < month; m++)
        before += (int32_t)persian_length(year, m);
    return PERSIAN_EPOCH + before + (int32_t)day - 1;
}

static bool is_islamic_leap(unsigned year)
{
    return (14 + 11 * year) % 30 < 11;
}

static unsigned islamic_length(unsigned year, unsigned month)
{
    return month % 2 ? 30 : month == 12 && is_islamic_leap(year) ? 30 : 29;
}

static int32_t islamic_day(unsigned year, unsigned month, unsigned day)
{
    int32_t before = (int32_t)(year - 1) * 354 + (int32_t)((3 + 11 * year) / 30);
    for (unsigned m = 1; m < month; m++)
        before += (int32_t)islamic_length(year, m);
    return ISLAMIC_EPOCH + before + (int32_t)day - 1;
}

static unsigned gregorian_length(unsigned year, unsigned month)
{
    unsigned day = 31;
    while (!day_is_valid((struct day){(int32_t)year, (uint8_t)month, (uint8_t)day}))
        day--;
    return day;
}

enum { BUDDHIST_YEARS_AHEAD = 543, FOREIGN_YEAR_MAX = 3000 };

static unsigned month_length(enum calendar calendar, unsigned year, unsigned month)
{
    switch (calendar) {
    case CALENDAR_PERSIAN: return persian_length(year, month);
    case CALENDAR_ISLAMIC: return islamic_length(year, month);
    default: return gregorian_length(year, month);
    }
}

static int32_t day_in(enum calendar calendar, unsigned year, unsigned month, unsigned day)
{
    switch (calendar) {
    case CALENDAR_PERSIAN: return persian_day(year, month, day);
    case CALENDAR_ISLAMIC: return islamic_day(year, month, day);
    default: return day_number((struct day){(int32_t)year, (uint8_t)month, (uint8_t)day});
    }
}

bool calendar_span(enum calendar calendar, unsigned year, unsigned month, unsigned day,
                   struct calendar_span *ret)
{
    if (year > FOREIGN_YEAR_MAX || month > 12 || (day && !month))
        return false;
    if (calendar == CALENDAR_BUDDHIST)
        year = year > BUDDHIST_YEARS_AHEAD ? year - BUDDHIST_YEARS_AHEAD : 0;
    if (year == 0)
        return false;
    unsigned last_month = month ? month : 12;
    unsigned length = month_length(calendar, year, last_month);
    if (day > length)
        return false;
    ret->first_day = day_in(calendar, year, month ? month : 1, day ? day : 1);
    ret->last_day = day_in(calendar, year, last_month, day ? day : length);
    return true;
}

const char *calendar_name(enum calendar calendar)
{
    static const char *const names[] = {"Gregorian", "Solar Hijri", "Islamic", "Buddhist"};
    return names[calendar];
}
