/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates as people, forms and machines write them, read in three steps:
 *
 *   text     "circa 22. XI 1974 - ..."   digits of any script, words of the list date-words
 *   tokens   ABOUT, NUMBER 22, MONTH 11, NUMBER 1974, RANGE ...      (date_tokens.c)
 *   date     numbers find their places by their digits, their size, and the country's order
 *
 * Day and month in figures are day first unless the country writes otherwise; when the other
 * reading is a date too, it is kept as `alternative` and the comparison knows of it. Nothing is
 * guessed beyond that: 12/08 without a year is refused.
 */
#include <stdio.h>

#include "type/date.h"
#include "type/date_tokens.h"
#include "type/internal.h"

struct reading_of {
    const struct type_context *context;
    struct arena *arena;
    str text; /* for messages */
    str note;
};

/* What one side of an interval says. 0: not said. */
struct parts {
    unsigned year, month, day;
    bool has_short_year; /* two digits */
    bool is_order_open;  /* day and month came as figures next to each other */
};

static enum err bad(const struct reading_of *r, const char *why)
{
    err_set(ERR_BAD_VALUE, "date '%.*s': %s", STR(type_head(r->text, 80)), why);
    return err_hint("%s", type_date.help);
}

static int32_t day_at(unsigned year, unsigned month, unsigned day)
{
    return day_number((struct day){(int32_t)year, (uint8_t)month, (uint8_t)day});
}

static bool is_day(unsigned year, unsigned month, unsigned day)
{
    return month <= 12 && day <= 31 && year <= 9999 &&
           day_is_valid((struct day){(int32_t)year, (uint8_t)month, (uint8_t)day});
}

/* Last day of a month, or of the year for month 0. */
static int32_t last_day_of(unsigned year, unsigned month)
{
    unsigned next_year = month == 0 || month == 12 ? year + 1 : year;
    unsigned next_month = month == 0 || month == 12 ? 1 : month + 1;
    return day_at(next_year, next_month, 1) - 1;
}

/* From 1 January to 31 December of one year is that year, however it was written. */
static enum date_precision span_precision(int32_t first, int32_t last)
{
    struct day from = day_of_number(first);
    unsigned year = (unsigned)from.year, month = from.month;
    if (first == last)
        return DATE_DAY;
    if (from.day == 1 && month == 1 && last == last_day_of(year, 0))
        return DATE_YEAR;
    return from.day == 1 && last == last_day_of(year, month) ? DATE_MONTH : DATE_INTERVAL;
}

/* A two-digit year lies in the past: nobody is born tomorrow. */
static unsigned full_year(struct reading_of *r, unsigned year, unsigned month, unsigned day)
{
    struct day today = r->context->today.year ? r->context->today : day_today();
    unsigned recent = 2000 + year;
    bool is_past = is_day(recent, month ? month : 1, day ? day : 1) &&
                   day_at(recent, month ? month : 1, day ? day : 1) <= day_number(today);
    unsigned full = is_past ? recent : 1900 + year;
    r->note = type_note(r->arena, "two-digit year read as %u", full);
    return full;
}

static enum err set_month_or_year(const struct reading_of *r, const struct parts *p,
                                  struct date *ret)
{
    if (p->day)
        return bad(r, "a day without a month");
    if (p->month > 12)
        return bad(r, "there is no such month");
    ret->precision = p->month ? DATE_MONTH : DATE_YEAR;
    ret->first_day = day_at(p->year, p->month ? p->month : 1, 1);
    ret->last_day = last_day_of(p->year, p->month);
    ret->alternative = ret->first_day;
    return OK;
}

static enum err set_parts(struct reading_of *r, struct parts p, struct date *ret)
{
    if (p.has_short_year)
        p.year = full_year(r, p.year, p.month, p.day);
    if (p.year == 0 || p.year > 9999)
        return bad(r, "the year is not known; leave the field empty");
    if (!p.month || !p.day)
        return set_month_or_year(r, &p, ret);
    if (!is_day(p.year, p.month, p.day))
        return bad(r, "there is no such day");
    int32_t day = day_at(p.year, p.month, p.day);
    *ret = (struct date){.first_day = day, .last_day = day, .alternative = day};
    ret->is_ambiguous = p.is_order_open && p.day <= 12 && p.day != p.month;
    if (ret->is_ambiguous) {
        ret->alternative = day_at(p.year, p.day, p.month);
        r->note = type_note(r->arena, "read as day %u, month %u; could be day %u, month %u", p.day,
                            p.month, p.month, p.day);
    }
    return OK;
}

/* ---- numbers to their places ---- */

static bool is_month_first(const struct type_context *context)
{
    const struct code_list *countries =
        context->codes ? codes_list(context->codes, S("countries")) : NULL;
    const struct code *country = countries ? code_get(countries, context->country) : NULL;
    return country && str_eq(code_extra(countries, country, S("date_order")), S("MDY"));
}

/* Two figures beside a year, in the order written. */
static void place_day_month(const struct reading_of *r, unsigned first, unsigned second,
                            struct parts *p)
{
    bool is_swapped = is_month_first(r->context) ? first <= 12 : second > 12 && first <= 12;
    p->day = is_swapped ? second : first;
    p->month = is_swapped ? first : second;
    p->is_order_open = first && second;
}

/* 20261122, 22112026 */
static enum err place_eight(struct reading_of *r, unsigned n, struct date *ret)
{
    unsigned year = n / 10000, month = n / 100 % 100, day = n % 100;
    if (year >= 1000 && year < 2200 && (month <= 12) &&
        (is_day(year, month, day) || day == 0 || month == 0))
        return set_parts(r, (struct parts){.year = year, .month = month, .day = day}, ret);
    struct parts p = {.year = n % 10000};
    if (p.year < 1800 || p.year >= 2200)
        return bad(r, "eight figures are read as year, month, day or as day, month, year");
    place_day_month(r, n / 1000000, n / 10000 % 100, &p);
    return set_parts(r, p, ret);
}

/* 740812 as machine-readable zones have it; else 120874; else 197408. */
static enum err place_six(struct reading_of *r, unsigned n, struct date *ret)
{
    unsigned a = n / 10000, b = n / 100 % 100, c = n % 100;
    if (n == 0)
        return bad(r, "nothing is known; leave the field empty");
    if (b <= 12 && c <= 31 && (b || !c) && (!c || is_day(2000 + a, b, c) || is_day(1900 + a, b, c)))
        return set_parts(r, (struct parts){.year = a, .month = b, .day = c, .has_short_year = true},
                         ret);
    if (n / 100 >= 1800 && n / 100 < 2200 && c <= 12)
        return set_parts(r, (struct parts){.year = n / 100, .month = c}, ret);
    return set_parts(r, (struct parts){.year = c, .month = b, .day = a, .has_short_year = true},
                     ret);
}

static enum err place_one(struct reading_of *r, const struct date_number *n, struct date *ret)
{
    if (n->digits == 8)
        return place_eight(r, n->value, ret);
    if (n->digits == 6)
        return place_six(r, n->value, ret);
    if (n->digits != 4 && n->digits != 3)
        return bad(r, "a year has four figures");
    enum err code = set_parts(r, (struct parts){.year = n->value}, ret);
    if (code || !n->unknown)
        return code;
    unsigned span = n->unknown == 1 ? 10 : 100;
    ret->precision = DATE_INTERVAL;
    ret->last_day = last_day_of(n->value + span - 1, 0);
    return OK;
}

static enum err place_two(struct reading_of *r, const struct date_number *n, struct date *ret)
{
    if (n[0].digits >= 3 && n[1].digits <= 2)
        return set_parts(r, (struct parts){.year = n[0].value, .month = n[1].value}, ret);
    if (n[1].digits >= 3 && n[0].digits <= 2)
        return set_parts(r, (struct parts){.year = n[1].value, .month = n[0].value}, ret);
    return bad(r, "the year is missing");
}

static enum err place_three(struct reading_of *r, const struct date_number *n, struct date *ret)
{
    struct parts p = {0};
    if (n[0].digits >= 3) { /* year first: month, day; the other way only when it must be */
        p.year = n[0].value;
        bool is_swapped = n[1].value > 12 && n[2].value <= 12;
        p.month = n[is_swapped ? 2 : 1].value;
        p.day = n[is_swapped ? 1 : 2].value;
        return set_parts(r, p, ret);
    }
    if (n[2].digits >= 3) {
        p.year = n[2].value;
        place_day_month(r, n[0].value, n[1].value, &p);
        return set_parts(r, p, ret);
    }
    if (n[1].digits > 2)
        return bad(r, "the year stands between day and month");
    p.has_short_year = true;
    if (n[0].value > 31) {
        p = (struct parts){n[0].value, n[1].value, n[2].value, true, false};
        return set_parts(r, p, ret);
    }
    p.year = n[2].value;
    place_day_month(r, n[0].value, n[1].value, &p);
    return set_parts(r, p, ret);
}

/* A month by name leaves day and year: the year is what cannot be a day, else what stands last. */
static enum err place_named(struct reading_of *r, const struct date_side *side, struct date *ret)
{
    const struct date_number *n = side->numbers;
    struct parts p = {.month = side->month};
    if (side->count == 0 || side->count > 2)
        return bad(r, side->count ? "too many numbers" : "the year is missing");
    size_t year_at =
        side->count == 2 && (n[0].digits >= 3 || n[0].value > 31) ? 0 : side->count - 1;
    p.year = n[year_at].value;
    p.has_short_year = n[year_at].digits <= 2;
    if (side->count == 2)
        p.day = n[1 - year_at].value;
    else if (p.has_short_year && p.year <= 31)
        return bad(r, "the year is missing");
    return set_parts(r, p, ret);
}

static enum err place_century(struct reading_of *r, const struct date_number *n, struct date *ret)
{
    if (n->value < 1 || n->value > 30)
        return bad(r, "there is no such century");
    *ret = (struct date){.first_day = day_at(n->value * 100 - 99, 1, 1),
                         .last_day = last_day_of(n->value * 100, 0),
                         .precision = DATE_INTERVAL};
    ret->alternative = ret->first_day;
    return OK;
}

static enum err place_decade(struct reading_of *r, const struct date_number *n, struct date *ret)
{
    struct date_number decade = *n;
    decade.unknown = 1;
    return place_one(r, &decade, ret);
}

static enum err place_plain(struct reading_of *r, const struct date_side *side, struct date *ret)
{
    const struct date_number *n = side->numbers;
    if (side->month)
        return place_named(r, side, ret);
    if (side->count == 1 && side->is_century)
        return place_century(r, n, ret);
    if (side->count == 1 && side->is_decade && n->digits == 4 && n->value % 10 == 0)
        return place_decade(r, n, ret);
    switch (side->count) {
    case 1: return place_one(r, n, ret);
    case 2: return place_two(r, n, ret);
    case 3: return place_three(r, n, ret);
    default: return bad(r, "no year, month or day in it");
    }
}

/* Years of other calendars run differently; the day is found there and counted here. */
static enum err place_foreign(struct reading_of *r, const struct date_side *side, struct date *ret)
{
    struct date_side own = *side;
    const struct date_number *n = own.numbers;
    bool is_year_last = own.count == 3 && n[2].digits == 4;
    unsigned year = n[is_year_last ? 2 : 0].value;
    unsigned month = own.count > 1 ? n[1].value : 0;
    unsigned day = own.count == 3 ? n[is_year_last ? 0 : 2].value : 0;
    struct calendar_span span;
    if (own.count == 0 || own.count > 3 || own.month || n[is_year_last ? 2 : 0].digits != 4)
        return bad(r, "dates of other calendars are written year, month, day in figures");
    if (!calendar_span(own.calendar, year, month, day, &span))
        return bad(r, "there is no such day in that calendar");
    *ret = (struct date){.first_day = span.first_day,
                         .last_day = span.last_day,
                         .precision = span_precision(span.first_day, span.last_day),
                         .alternative = span.first_day};
    r->note = type_note(r->arena, "converted from the %s calendar", calendar_name(own.calendar));
    return OK;
}

static enum err place_side(struct reading_of *r, const struct date_side *side, struct date *ret)
{
    *ret = (struct date){0};
    TRY(side->calendar ? place_foreign(r, side, ret) : place_plain(r, side, ret));
    ret->is_circa = side->is_circa;
    return OK;
}

/* ---- intervals ---- */

static int32_t beginning_of_time(void)
{
    return day_at(1, 1, 1);
}

static int32_t end_of_time(void)
{
    return day_at(9999, 12, 31);
}

static enum err join(struct reading_of *r, const struct date *from, const struct date *to,
                     struct date *ret)
{
    if (from->first_day > to->last_day)
        return bad(r, "the interval ends before it begins");
    *ret = *from;
    ret->last_day = to->last_day;
    ret->is_circa = from->is_circa || to->is_circa;
    ret->is_ambiguous = false;
    ret->alternative = ret->first_day;
    ret->precision = span_precision(ret->first_day, ret->last_day);
    return OK;
}

static enum err open_end(struct reading_of *r, const struct date_side *side, enum date_bound bound,
                         struct date *ret)
{
    TRY(place_side(r, side, ret));
    if (bound == DATE_UNTIL)
        ret->first_day = beginning_of_time();
    else
        ret->last_day = end_of_time();
    ret->precision = DATE_INTERVAL;
    ret->is_ambiguous = false;
    ret->alternative = ret->first_day;
    return OK;
}

static struct parts parts_of(struct day day)
{
    return (struct parts){.year = (unsigned)day.year, .month = day.month, .day = day.day};
}

enum err date_read(const struct type_context *context, str text, struct arena *arena,
                   struct date *ret, str *ret_note)
{
    struct reading_of r = {context, arena, text, STR_EMPTY};
    struct date_tokens tokens;
    struct date date, to;
    struct day plain;
    if (day_parse(text, &plain)) { /* nine of ten dates of an import: no words to look for */
        *ret_note = STR_EMPTY;
        return set_parts(&r, parts_of(plain), ret);
    }
    const char *why = date_tokenise(context, text, &tokens);
    if (why)
        return bad(&r, why);
    if (tokens.bound != DATE_CLOSED) {
        TRY(open_end(&r, &tokens.sides[0], tokens.bound, &date));
    } else {
        TRY(place_side(&r, &tokens.sides[0], &date));
        if (tokens.side_count == 2) {
            struct date from = date;
            TRY(place_side(&r, &tokens.sides[1], &to));
            TRY(join(&r, &from, &to, &date));
        }
    }
    if (date.first_day == beginning_of_time() && date.last_day == end_of_time())
        return bad(&r, "leaves both ends open");
    *ret = date;
    *ret_note = r.note;
    return OK;
}
