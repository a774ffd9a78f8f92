/* SPDX-License-Identifier: Apache-2.0 */
/* index/names_dates: birth dates of one search: bits by day held. Internal to names_search.c. */
#ifndef INDEX_NAMES_DATES_H
#define INDEX_NAMES_DATES_H

#include "index/names_internal.h"
#include "type/date.h"

enum { DAY_UNKNOWN = INT32_MIN, SLIPS_MAX = 64 };

struct names_dates {
    bool is_known;
    struct date asked;
    int32_t near_from, near_to; /* days from a year before the asked ones to a year after them */
    float *near;                /* by day since near_from; filled when first asked */
    int32_t slips[SLIPS_MAX];   /* days outside, one slip from the asked one */
    size_t slip_count;
    float slip_bits;
    float best_near,
        best_far; /* most that a day inside, or one outside that is no slip, can bring */
};
enum err names_dates_init(struct names_dates *dates, struct date_window asked,
                          struct arena *arena) MUST_USE;
float names_dates_bits(struct names_dates *dates, int32_t held);

/* First entry of a section born on or after `day`; unknown dates come last. */
uint32_t names_born_bound(const struct names_part *part, int32_t day);
uint32_t names_unknown_bound(const struct names_part *part);

#endif
