/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other calendars on documents and in statements: Solar Hijri (Iran, Afghanistan), Islamic
 * (tabular, civil epoch, leap years 2 5 7 10 13 16 18 21 24 26 29 of 30; the observed calendar may
 * differ by a day or two), Ethiopian (twelve months of thirty days and a thirteenth of five or six;
 * seven or eight years behind), Buddhist Era (543 years ahead). Arithmetic after E. M. Reingold and
 * N. Dershowitz, "Calendrical Calculations"; the Solar Hijri leap years by the 33-year cycle, exact
 * for 1178 to 1633 (1799 to 2254 of the common era), which is all a police record needs.
 */
#include <stdlib.h>

#include "base/said.h"

#include "type/date.h"
#include "type/date_tokens.h"

/* 1 Farvardin 1, 1 Muharram 1 and 1 Meskerem 1, in days since 1970-01-01, as counted here. */
enum { PERSIAN_EPOCH = -492268, ISLAMIC_EPOCH = -492148, ETHIOPIAN_EPOCH = -716367 };

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
    int32_t before = (int32_t)(365 * (year - 1) + (8 * (year - 1) + 29) / 33);
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

static unsigned ethiopian_length(unsigned year, unsigned month)
{
    return month <= 12 ? 30 : year % 4 == 3 ? 6 : 5;
}

static int32_t ethiopian_day(unsigned year, unsigned month, unsigned day)
{
    return ETHIOPIAN_EPOCH + (int32_t)(365 * (year - 1) + year / 4 + 30 * (month - 1) + day) - 1;
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
    case CALENDAR_ETHIOPIAN: return ethiopian_length(year, month);
    default: return gregorian_length(year, month);
    }
}

static int32_t day_in(enum calendar calendar, unsigned year, unsigned month, unsigned day)
{
    switch (calendar) {
    case CALENDAR_PERSIAN: return persian_day(year, month, day);
    case CALENDAR_ISLAMIC: return islamic_day(year, month, day);
    case CALENDAR_ETHIOPIAN: return ethiopian_day(year, month, day);
    default: return day_number((struct day){(int32_t)year, (uint8_t)month, (uint8_t)day});
    }
}

bool calendar_span(enum calendar calendar, unsigned year, unsigned month, unsigned day,
                   struct calendar_span *ret)
{
    unsigned months = calendar == CALENDAR_ETHIOPIAN ? 13 : 12;
    if (year > FOREIGN_YEAR_MAX || month > months || (day && !month))
        return false;
    if (calendar == CALENDAR_BUDDHIST)
        year = year > BUDDHIST_YEARS_AHEAD ? year - BUDDHIST_YEARS_AHEAD : 0;
    if (year == 0)
        return false;
    unsigned last_month = month ? month : months;
    unsigned length = month_length(calendar, year, last_month);
    if (day > length)
        return false;
    ret->first_day = day_in(calendar, year, month ? month : 1, day ? day : 1);
    ret->last_day = day_in(calendar, year, last_month, day ? day : length);
    return true;
}

const char *calendar_name(enum calendar calendar)
{
    static const char *const names[] = {SAID("Gregorian"), SAID("Solar Hijri"), SAID("Islamic"),
                                        SAID("Buddhist"), SAID("Ethiopian")};
    return names[calendar];
}

/* ---- figures of one calendar taken for another's ---- */

/* In which years of a calendar people are born; tabular and observed days may differ. */
static const struct {
    uint8_t calendar, tolerance;
    uint16_t from, to;
} mistaken[] = {
    {CALENDAR_PERSIAN, 0, 1250, 1450},
    {CALENDAR_ISLAMIC, 1, 1280, 1500},
    {CALENDAR_ETHIOPIAN, 0, 1860, 2060},
    {CALENDAR_BUDDHIST, 0, 2400, 2620},
};

static bool is_year_of(size_t at, int32_t year)
{
    return year >= mistaken[at].from && year <= mistaken[at].to;
}

bool calendar_explains(struct day figures, int32_t day, enum calendar *ret)
{
    for (size_t i = 0; i < COUNT_OF(mistaken); i++) {
        struct calendar_span span;
        *ret = (enum calendar)mistaken[i].calendar;
        if (is_year_of(i, figures.year) &&
            calendar_span(*ret, (unsigned)figures.year, figures.month, figures.day, &span) &&
            abs(span.first_day - day) <= mistaken[i].tolerance)
            return true;
    }
    return false;
}

/* The figures of a day in one of these calendars, where they also are a day of ours. */
static bool figures_in(size_t at, int32_t day, struct day *ret)
{
    enum calendar calendar = (enum calendar)mistaken[at].calendar;
    struct calendar_span span;
    if (!calendar_span(calendar, mistaken[at].from, 0, 0, &span) || day < span.first_day)
        return false;
    int32_t length = span.last_day - span.first_day + 1;
    unsigned about = mistaken[at].from + (unsigned)((day - span.first_day) / length);
    for (unsigned year = about - 1; year <= about + 1 && year <= mistaken[at].to; year++)
        for (unsigned month = 1; month <= 12; month++) {
            if (!calendar_span(calendar, year, month, 0, &span) || day < span.first_day ||
                day > span.last_day)
                continue;
            *ret = (struct day){(int32_t)year, (uint8_t)month, (uint8_t)(day - span.first_day + 1)};
            return day_is_valid(*ret);
        }
    return false;
}

/* Those around `near` that stand for `day`, or that `day` stands for. */
static void add_days(int32_t near, int32_t tolerance, int32_t day, int32_t *days, size_t *count)
{
    enum calendar calendar;
    for (int32_t other = near - tolerance; other <= near + tolerance; other++)
        if (calendar_explains(day_of_number(other), day, &calendar) ||
            calendar_explains(day_of_number(day), other, &calendar))
            days[(*count)++] = other;
}

size_t calendar_mistaken(int32_t day, int32_t ret[CALENDAR_DAYS_MAX])
{
    struct day own = day_of_number(day), figures;
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(mistaken); i++) {
        enum calendar calendar = (enum calendar)mistaken[i].calendar;
        struct calendar_span span;
        if (is_year_of(i, own.year) &&
            calendar_span(calendar, (unsigned)own.year, own.month, own.day, &span))
            add_days(span.first_day, mistaken[i].tolerance, day, ret, &count);
        if (figures_in(i, day, &figures))
            add_days(day_number(figures), mistaken[i].tolerance, day, ret, &count);
    }
    return count;
}
