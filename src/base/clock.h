/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time. Wall time is UTC microseconds since 1970 and can be pinned in tests; monotonic time is for
 * durations and deadlines.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct day { /* a civil date, proleptic Gregorian */
    int32_t year;
    uint8_t month, day;
};

int64_t clock_now_us(void);
int64_t clock_monotonic_us(void);
/* Pins the wall clock for the whole process (tests, reproducible output); -1 lets it run again. */
void clock_pin(int64_t now_us);
/* "2026-11-22T10:42:03Z" into out (21 bytes). */
const char *clock_format(int64_t time_us, char out[24]);
bool clock_parse(str s, int64_t *ret_us);
/* Days since 1970-01-01 of a civil date, and back. */
int32_t day_number(struct day d);
struct day day_of_number(int32_t number);
bool day_is_valid(struct day d);
struct day day_today(void);
/* "2026-11-22", strict. */
bool day_parse(str s, struct day *ret);
const char *day_format(struct day d, char out[16]);

#endif
