/* SPDX-License-Identifier: Apache-2.0 */
/*
 * date: a day, or what is known of it. Reading is in date_read.c; here are the normal form and the
 * comparison.
 *
 * Two dates are compared as spans of days, and the level says what kind of difference it is,
 * because the kinds have very different odds: a swapped day and month is a clerk's doing, 1 January
 * stands for "unknown" in many registers, a neighbouring year is what memory does to a birth date,
 * another year altogether speaks against the match.
 */
#include "type/date.h"

#include <stdio.h>

#include "base/said.h"

#include "type/date_tokens.h"
#include "type/internal.h"

enum { RAW_MAX = 120 };

/* ---- normal form ---- */

static void format_point(int32_t day, enum date_precision precision, char out[16])
{
    static const size_t lengths[] = {[DATE_DAY] = 10, [DATE_MONTH] = 7, [DATE_YEAR] = 4};
    (void)day_format(day_of_number(day), out);
    out[lengths[precision]] = '\0';
}

static bool is_first_of_month(int32_t day)
{
    return day_of_number(day).day == 1;
}

/* The widest unit a bound of an interval falls on: 1970-01-01 as beginning is the year 1970. */
static enum date_precision bound_precision(int32_t first, int32_t last)
{
    bool is_month = is_first_of_month(first) && is_first_of_month(last + 1);
    if (!is_month)
        return DATE_DAY;
    return day_of_number(first).month == 1 && day_of_number(last).month == 12 ? DATE_YEAR
                                                                              : DATE_MONTH;
}

static bool is_open_below(const struct date *date)
{
    return date->first_day == day_number((struct day){1, 1, 1});
}

static bool is_open_above(const struct date *date)
{
    return date->last_day == day_number((struct day){9999, 12, 31});
}

static void format_interval(const struct date *date, char out[DATE_TEXT_MAX])
{
    char from[16] = "..", to[16] = "..";
    bool below = is_open_below(date), above = is_open_above(date);
    enum date_precision unit = bound_precision(date->first_day, date->last_day);
    if (below && !above)
        unit = is_first_of_month(date->last_day + 1)
                   ? day_of_number(date->last_day).month == 12 ? DATE_YEAR : DATE_MONTH
                   : DATE_DAY;
    else if (above && !below)
        unit = is_first_of_month(date->first_day)
                   ? day_of_number(date->first_day).month == 1 ? DATE_YEAR : DATE_MONTH
                   : DATE_DAY;
    if (!below)
        format_point(date->first_day, unit, from);
    if (!above)
        format_point(date->last_day, unit, to);
    (void)snprintf(out, DATE_TEXT_MAX, "%s/%s%s", from, to, date->is_circa ? "~" : "");
}

str date_format(const struct date *date, char out[DATE_TEXT_MAX])
{
    if (date->precision == DATE_INTERVAL) {
        format_interval(date, out);
    } else {
        format_point(date->first_day, date->precision, out);
        if (date->is_circa)
            memcpy(out + strlen(out), "~", 2);
    }
    return str_c(out);
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    char text[DATE_TEXT_MAX];
    TRY(type_begin(&type_date, input, RAW_MAX, ret));
    struct date *date = arena_new(arena, struct date);
    if (!date)
        return err_last()->code;
    TRY(date_read(context, ret->raw, arena, date, &ret->note));
    ret->detail = date;
    return type_keep(arena, date_format(date, text), &ret->norm);
}

static void print(const struct value *value, struct buf *out)
{
    const struct date *date = date_of(value);
    struct date plain = *date;
    char text[DATE_TEXT_MAX];
    plain.is_circa = false;
    str norm = date_format(&plain, text), from, to = norm;
    if (date->is_circa)
        buf_add(out, S("about "));
    if (date->precision != DATE_INTERVAL || !str_split(&to, '/', &from)) {
        buf_add(out, norm);
    } else if (is_open_below(date)) {
        buf_add(out, S("until "));
        buf_add(out, to);
    } else if (is_open_above(date)) {
        buf_add(out, S("since "));
        buf_add(out, from);
    } else {
        buf_printf(out, "%.*s to %.*s", STR(from), STR(to));
    }
}

/* ---- comparison ---- */

static bool is_day(const struct date *date)
{
    return date->precision == DATE_DAY && date->first_day == date->last_day;
}

static bool is_swapped(const struct date *a, const struct date *b)
{
    struct day x = day_of_number(a->first_day), y = day_of_number(b->first_day);
    return x.year == y.year && x.month == y.day && x.day == y.month;
}

static void figures_of(struct day day, char ret[8])
{
    uint32_t number = (uint32_t)(day.year % 10000) * 10000 + day.month * 100u + day.day;
    for (size_t i = 8; i-- > 0; number /= 10)
        ret[i] = (char)(number % 10);
}

/* One figure wrong or two neighbours swapped among the eight of YYYYMMDD. */
static bool is_slip(struct day a, struct day b)
{
    char x[8], y[8];
    figures_of(a, x);
    figures_of(b, y);
    size_t differing = 0, at = 0;
    for (size_t i = 0; i < 8; i++)
        if (x[i] != y[i]) {
            at = differing ? at : i;
            differing++;
        }
    bool is_neighbour_swap = differing == 2 && x[at] == y[at + 1] && x[at + 1] == y[at];
    return differing == 1 || is_neighbour_swap;
}

static bool is_first_of_january(struct day day)
{
    return day.month == 1 && day.day == 1;
}

static bool is_of_other_calendar(const struct date *a, const struct date *b, enum calendar *ret)
{
    return calendar_explains(day_of_number(a->first_day), b->first_day, ret) ||
           calendar_explains(day_of_number(b->first_day), a->first_day, ret);
}

static enum date_level compare_days(const struct date *asked, const struct date *held)
{
    struct day a = day_of_number(asked->first_day), b = day_of_number(held->first_day);
    if (asked->first_day == held->first_day)
        return DATE_SAME;
    if (is_swapped(asked, held))
        return DATE_SWAPPED;
    if (is_slip(a, b))
        return DATE_SLIP;
    if (a.year == b.year && (is_first_of_january(a) || is_first_of_january(b)))
        return DATE_JANUARY;
    if (a.year == b.year)
        return a.month == b.month ? DATE_SAME_MONTH : DATE_SAME_YEAR;
    enum calendar calendar;
    if (is_of_other_calendar(asked, held, &calendar))
        return DATE_OTHER_CALENDAR;
    return a.year - b.year == 1 || b.year - a.year == 1 ? DATE_NEIGHBOUR : DATE_CONTRADICTION;
}

static bool meets(const struct date *a, const struct date *b)
{
    return a->first_day <= b->last_day && b->first_day <= a->last_day;
}

/* "About 1974" reaches two years to both sides. */
static struct date widened(const struct date *date)
{
    enum { CIRCA_DAYS = 731 };
    struct date wide = *date;
    if (wide.is_circa && !is_open_below(date))
        wide.first_day -= CIRCA_DAYS;
    if (wide.is_circa && !is_open_above(date))
        wide.last_day += CIRCA_DAYS;
    return wide;
}

static bool are_neighbour_years(const struct date *a, const struct date *b)
{
    int32_t gap = a->first_day > b->last_day
                      ? day_of_number(a->first_day).year - day_of_number(b->last_day).year
                      : day_of_number(b->first_day).year - day_of_number(a->last_day).year;
    return gap <= 1;
}

static enum date_level compare_spans(const struct date *asked, const struct date *held)
{
    if (meets(asked, held)) {
        if (asked->precision == DATE_INTERVAL || held->precision == DATE_INTERVAL)
            return DATE_WITHIN;
        return asked->precision == DATE_YEAR || held->precision == DATE_YEAR ? DATE_YEAR_AGREES
                                                                             : DATE_MONTH_AGREES;
    }
    struct date a = widened(asked), b = widened(held);
    if (meets(&a, &b))
        return DATE_WITHIN;
    bool is_year_same = day_of_number(asked->first_day).year == day_of_number(held->first_day).year;
    if (asked->precision != DATE_INTERVAL && held->precision != DATE_INTERVAL && is_year_same) {
        bool is_january = is_first_of_january(day_of_number(asked->first_day)) ||
                          is_first_of_january(day_of_number(held->first_day));
        return is_january ? DATE_JANUARY : DATE_SAME_YEAR;
    }
    return are_neighbour_years(asked, held) ? DATE_NEIGHBOUR : DATE_CONTRADICTION;
}

enum date_level date_compare(const struct date *asked, const struct date *held)
{
    bool is_same = asked->first_day == held->first_day && asked->last_day == held->last_day;
    if (is_same)
        return asked->is_circa == held->is_circa ? DATE_SAME : DATE_WITHIN;
    if (is_day(asked) && is_day(held) && !asked->is_circa && !held->is_circa)
        return compare_days(asked, held);
    return compare_spans(asked, held);
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    static const struct {
        enum agreement agreement;
        double similarity;
        const char *words;
    } levels[DATE_LEVEL_COUNT] = {
        [DATE_SAME] = {AGREE_SAME, 1, SAID("same date")},
        [DATE_SWAPPED] = {AGREE_CLOSE, .9, SAID("year agrees, day and month swapped")},
        [DATE_SLIP] = {AGREE_CLOSE, .8, SAID("one figure of the date differs")},
        [DATE_OTHER_CALENDAR] = {AGREE_CLOSE, .8, ""},
        [DATE_MONTH_AGREES] = {AGREE_CLOSE, .9, SAID("year and month agree, day not known")},
        [DATE_JANUARY] = {AGREE_CLOSE, .75,
                          SAID("year agrees; 1 January often stands for an unknown day")},
        [DATE_YEAR_AGREES] = {AGREE_CLOSE, .75, SAID("year agrees, day and month not known")},
        [DATE_WITHIN] = {AGREE_CLOSE, .7, SAID("within the interval")},
        [DATE_SAME_MONTH] = {AGREE_FAR, .6, SAID("year and month agree, day differs")},
        [DATE_SAME_YEAR] = {AGREE_FAR, .5, SAID("year agrees, month and day differ")},
        [DATE_NEIGHBOUR] = {AGREE_FAR, .3, SAID("one year apart")},
        [DATE_CONTRADICTION] = {AGREE_DIFFERENT, 0, SAID("another date")},
    };
    const struct date *a = date_of(asked), *b = date_of(held);
    enum date_level level = date_compare(a, b);
    bool is_open_order = level == DATE_SWAPPED && (a->is_ambiguous || b->is_ambiguous);
    bool is_about = level == DATE_WITHIN && (a->is_circa || b->is_circa);
    enum calendar calendar;
    if (level == DATE_OTHER_CALENDAR && is_of_other_calendar(a, b, &calendar)) {
        comparison_set(ret, levels[level].agreement, level, levels[level].similarity,
                       "the same day, if one was written in the %s calendar",
                       calendar_name(calendar));
        return;
    }
    comparison_set(ret, levels[level].agreement, level, levels[level].similarity, "%s",
                   is_open_order ? SAID("same date when day and month are read the other way")
                   : is_about    ? SAID("about the same date")
                                 : levels[level].words);
}

/* A masked view keeps the year. */
static void redact(const struct value *value, struct buf *out)
{
    const struct date *date = date_of(value);
    if (date->precision == DATE_INTERVAL)
        buf_add(out, S("****/****"));
    else
        buf_printf(out, "%04d-**-**", day_of_number(date->first_day).year);
}

static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    enum { FIRST = -10957 /* 1940-01-01 */, SPAN = 68 * 365 };
    char text[16];
    int32_t day = FIRST + (int32_t)random_below(random, SPAN);
    buf_add(out, str_c(day_format(day_of_number(day), text)));
}

/*
 * Digits alone are rarely a date; with separators or a month's name they hardly are anything else.
 */
static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    size_t digits = str_count_digits(line);
    if (line.len > 40 || line.len < 4 || max == 0 || str_find(line, '\n') < line.len)
        return 0;
    unsigned confidence = digits < line.len ? 60 : line.len == 8 ? 30 : line.len == 4 ? 15 : 12;
    size_t count = type_read(&type_date, context, line, arena, out, max, confidence);
    if (count && date_of(&out[0].value)->is_ambiguous)
        out[0].title = S("date (day first)");
    return count;
}

const struct type type_date = {
    .name = "date",
    .title = "Date",
    .help =
        "a day (1974-08-12, 12.08.1974, 12 Aug 1974), a month (1974-08), a year (1974), about (c. "
        "1974), or an interval (1970/1975, before 1974)",
    .parse = parse,
    .print = print,
    .compare = compare,
    .redact = redact,
    .sample = sample,
    .recognise = recognise,
};
