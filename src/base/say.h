/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sentence and what was put into it. A text made by a format is English; who shows it in another
 * language needs the sentence apart from the values in it. A say remembers the format and where in
 * the finished text each value lies, so that nothing is kept twice and nothing is parsed back:
 *
 *   text    "officer o-10 is there already"      format  "officer %.*s is there already"
 *   say     "officer {1} is there already"       with    o-10
 */
#ifndef BASE_SAY_H
#define BASE_SAY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf;

enum { SAY_VALUES_MAX = 8 };
struct say {
    const char *format; /* NULL: the text stands for itself */
    uint16_t count;
    struct {
        uint16_t at, len; /* in the finished text */
    } values[SAY_VALUES_MAX];
};

/*
 * Measures what `format` made of `args`, in a text of `len` bytes (a longer one was cut). A format
 * with more values, or of a kind not measured here (widths, %f, %x), leaves *ret without one.
 */
void say_measure(struct say *ret, size_t len, const char *format, va_list args);
/* The sentence with {1}, {2} in place of its values; nothing where there is no format. */
void say_sentence(const struct say *say, struct buf *out);
/* The value numbered from 0, in the text that was measured. */
str say_value(const struct say *say, str text, size_t number);

#endif
