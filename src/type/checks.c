/* SPDX-License-Identifier: Apache-2.0 */
/* Check digit schemes that several types share. */
#include "type/internal.h"

/* Doubling starts at the rightmost digit of the payload, so the parity is counted from there. */
static unsigned luhn_sum(str digits, bool is_doubled_first)
{
    unsigned sum = 0;
    bool is_doubled = is_doubled_first;
    for (size_t i = digits.len; i-- > 0; is_doubled = !is_doubled) {
        unsigned d = (unsigned)(digits.ptr[i] - '0') * (is_doubled ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    return sum;
}

bool luhn_is_ok(str digits)
{
    return digits.len > 1 && luhn_sum(digits, false) % 10 == 0;
}

char luhn_digit(str digits_without_check)
{
    return (char)('0' + (10 - luhn_sum(digits_without_check, true) % 10) % 10);
}

unsigned mod97(str text)
{
    unsigned rest = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        rest =
            is_digit(c) ? rest * 10 + (unsigned)(c - '0') : rest * 100 + (unsigned)(c - 'A' + 10);
        rest %= 97;
    }
    return rest;
}

char icao_digit(str text)
{
    static const unsigned weights[] = {7, 3, 1};
    unsigned sum = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        unsigned v = is_digit(c) ? (unsigned)(c - '0') : is_upper(c) ? (unsigned)(c - 'A' + 10) : 0;
        sum += v * weights[i % 3];
    }
    return (char)('0' + sum % 10);
}
