/* SPDX-License-Identifier: Apache-2.0 */
/* index/names_dates: birth dates of one search: bits by day held. Internal to names_search.c. */
#ifndef INDEX_NAMES_DATES_H
#define INDEX_NAMES_DATES_H

#include "index/names_internal.h"
#include "type/date.h"

enum { DAY_UNKNOWN = INT32_MIN, RUNS_MAX = 128, MIDDLE_YEARS = 10 };

struct day_run { /* days that bring the same, more than most */
    int32_t from, to;
    float bits;
};
struct names_dates {
    bool is_known;
    struct date asked;
    int32_t near_from, near_to; /* days from a year before the asked ones to a year after them */
    int32_t middle_from, middle_to; /* beyond, a date is not even a guess gone wrong */
    float *near;                    /* by day since near_from; NULL: the asked span is of years */
    struct day_run runs[RUNS_MAX];  /* best first: also days outside that are a slip away */
    size_t run_count;
    float best;                             /* most that any day can bring */
    float rest_near, rest_middle, rest_far; /* most of days that are in no run */
};
enum err names_dates_init(struct names_dates *dates, struct date_window asked,
                          struct arena *arena) MUST_USE;
float names_dates_bits(const struct names_dates *dates, int32_t held);

/* First entry of a section born on or after `day`; unknown dates come last. */
uint32_t names_born_bound(const struct names_part *part, int32_t day);
uint32_t names_unknown_bound(const struct names_part *part);

#endif
