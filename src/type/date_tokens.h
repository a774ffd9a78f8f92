/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first step of reading a date (see date_read.c): text to numbers, months and words; and other
 * calendars. Private.
 */
#ifndef TYPE_DATE_TOKENS_H
#define TYPE_DATE_TOKENS_H

#include "type/type.h"

struct date_number {
    unsigned value;
    uint8_t digits;  /* as written, unknown ones counted: 6 for "7408<<" */
    uint8_t unknown; /* of a year: trailing X, 1 for "197X", 2 for "19XX" */
};

enum date_bound { DATE_CLOSED, DATE_UNTIL, DATE_SINCE };
enum calendar {
    CALENDAR_GREGORIAN,
    CALENDAR_PERSIAN,
    CALENDAR_ISLAMIC,
    CALENDAR_BUDDHIST,
    CALENDAR_ETHIOPIAN,
};

struct date_side {
    struct date_number numbers[4];
    size_t count;
    unsigned month; /* by name; 0 none */
    bool is_circa, is_century, is_decade;
    enum calendar calendar;
};

struct date_tokens {
    struct date_side sides[2]; /* two: from and to */
    size_t side_count;
    enum date_bound bound;
};

/* NULL, or why the text is no date. */
const char *date_tokenise(const struct type_context *context, str text, struct date_tokens *ret);

struct calendar_span {
    int32_t first_day, last_day;
};
/* Month and day may be 0 (not known). False when there is no such day. */
bool calendar_span(enum calendar calendar, unsigned year, unsigned month, unsigned day,
                   struct calendar_span *ret);
/* Are these figures, read in another calendar, this day? *ret: in which. */
bool calendar_explains(struct day figures, int32_t day, enum calendar *ret);
/* A phrase of base/said.h. */
const char *calendar_name(enum calendar calendar);

#endif
