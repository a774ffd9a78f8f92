/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as people of many countries write them: 1234.5  1 234,5  1,234.5  1.234,5  1'234.5
 * and in digits of other scripts. Shared by number, money, quantity. What cannot be told apart
 * (1,234: a thousand or one and a bit?) is the caller's to decide by `three`.
 */
#ifndef TYPE_DECIMAL_H
#define TYPE_DECIMAL_H

#include "type/type.h"

enum { DECIMAL_TEXT_MAX = 48 };

struct decimal {
    double value;
    char text[DECIMAL_TEXT_MAX]; /* canonical: "-12.5", no leading or trailing zeros; terminated */
    bool is_three; /* one separator before exactly three digits: read as decimal_three said */
};

/* How one separator before exactly three digits is read. */
enum decimal_three { DECIMAL_THREE_REFUSED, DECIMAL_THREE_THOUSANDS, DECIMAL_THREE_FRACTION };

/* NULL, or why the text is no number. At most 15 digits before the point and 12 after. */
const char *decimal_read(str text, enum decimal_three three, struct decimal *ret);
/*
 * Takes a number off the start of *text (trimmed on the left); the rest stays in it. False when
 * none begins there.
 */
bool decimal_cut(str *text, str *ret_number);
/* Canonical text of a value with at most `digits` significant digits. */
void decimal_format(double value, int digits, char out[DECIMAL_TEXT_MAX]);

#endif
