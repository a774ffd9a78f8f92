/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The field type `date`: what a value's detail holds, for evidence (which wants the level of
 * agreement) and for the index (which orders entries by birth date).
 *
 * A date is the span of days it may mean: one day, a month, a year, an interval. Normal forms are
 * ISO 8601 with the signs of EDTF (ISO 8601-2): 1974-08-12   1974-08   1974   1970/1975   1974~
 * (about)   ../1974 (before or in)   1974/.. (since)
 */
#ifndef TYPE_DATE_H
#define TYPE_DATE_H

#include "type/type.h"

enum date_precision { DATE_DAY, DATE_MONTH, DATE_YEAR, DATE_INTERVAL };

struct date {
    int32_t first_day; /* days since 1970-01-01; an open beginning: 1 January 1 */
    int32_t last_day;  /* included; an open end: 31 December 9999 */
    enum date_precision precision;
    bool is_circa;
    bool is_ambiguous;   /* written in figures with day and month both up to 12 and not the same */
    int32_t alternative; /* the day read the other way; first_day when not ambiguous */
};

/* Levels of comparison, best first (comparison.level of this type). */
enum date_level {
    DATE_SAME,           /* the same day; or the same month, year, interval on both sides */
    DATE_SWAPPED,        /* day and month swapped */
    DATE_SLIP,           /* day, month and year but one digit wrong or two neighbours swapped */
    DATE_OTHER_CALENDAR, /* the figures of one are the day of the other in another calendar */
    DATE_MONTH_AGREES,   /* year and month agree, the day is not known on one side */
    DATE_JANUARY, /* year agrees; one side is 1 January, which often stands for an unknown day */
    DATE_YEAR_AGREES,   /* year agrees, day and month are not known on one side */
    DATE_WITHIN,        /* an interval or "about" on one side, the other lies in it */
    DATE_SAME_MONTH,    /* both days known: same year and month, other day */
    DATE_SAME_YEAR,     /* both days known: same year, other month */
    DATE_NEIGHBOUR,     /* years one apart */
    DATE_CONTRADICTION, /* nothing of these */
    DATE_LEVEL_COUNT,
};

extern const struct type type_date;

static inline const struct date *date_of(const struct value *value)
{
    return (const struct date *)value->detail;
}

/*
 * Reads a date as people write it; month names and words ("about", "between") come from the code
 * list date-words, the order of day and month from the countries list for context->country (day
 * first when unknown). Two-digit years lie in the past: 20xx when that is not after context->today,
 * else 19xx. *ret_note says what was assumed. ERR_BAD_VALUE.
 */
enum err date_read(const struct type_context *context, str text, struct arena *arena,
                   struct date *ret, str *ret_note) MUST_USE;
/* The normal form. */
enum { DATE_TEXT_MAX = 40 };
str date_format(const struct date *date, char out[DATE_TEXT_MAX]);
enum date_level date_compare(const struct date *asked, const struct date *held);
/* Bits for (or against) one person's birth by this comparison; date_bits.c has the table. */
double date_bits(const struct date *asked, const struct date *held);
/* The same for two dates known to contradict each other: at most DATE_CONTRADICTION_BITS. */
double date_apart_bits(const struct date *a, const struct date *b);
#define DATE_CONTRADICTION_BITS (-5.0)

/*
 * Days that stand for this one where a date of the Solar Hijri, Islamic, Ethiopian or Buddhist
 * calendar was entered as it stood, on either side. How many.
 */
enum { CALENDAR_DAYS_MAX = 16 };
size_t calendar_mistaken(int32_t day, int32_t ret[CALENDAR_DAYS_MAX]);

#endif
