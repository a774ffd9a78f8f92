/* SPDX-License-Identifier: Apache-2.0 */
/* Slices of bytes, UTF-8 and the stable 64-bit hash. */
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>

#include "base/assert.h"

bool str_eq_nocase(str a, str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (to_lower(a.ptr[i]) != to_lower(b.ptr[i]))
            return false;
    return true;
}

int str_compare(str a, str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;
    if (order)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_has(str s, str part)
{
    return part.len == 0 || (s.len >= part.len && memmem(s.ptr, s.len, part.ptr, part.len) != NULL);
}

size_t str_find(str s, char c)
{
    const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : s.len;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

str str_trim(str s)
{
    while (s.len && is_blank(s.ptr[0]))
        s.ptr++, s.len--;
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool str_split(str *rest, char sep, str *ret_piece)
{
    if (!rest->ptr)
        return false;
    size_t at = str_find(*rest, sep);
    *ret_piece = str_of(rest->ptr, at);
    *rest = at == rest->len ? str_of(NULL, 0) : str_of(rest->ptr + at + 1, rest->len - at - 1);
    return true;
}

bool str_to_u64(str s, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;
    if (s.len == 0 || s.len > 20)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.ptr[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.ptr[i] - '0'), &value))
            return false;
    }
    if (value > max)
        return false;
    *ret = value;
    return true;
}

bool str_to_i64(str s, int64_t *ret)
{
    bool is_negative = s.len && s.ptr[0] == '-';
    uint64_t size = 0;
    if (!str_to_u64(is_negative ? str_from(s, 1) : s, INT64_MAX, &size))
        return false;
    *ret = is_negative ? -(int64_t)size : (int64_t)size;
    return true;
}

bool str_to_double(str s, double *ret)
{
    char copy[64];
    if (s.len == 0 || s.len >= sizeof copy ||
        !(is_digit(s.ptr[0]) || s.ptr[0] == '-' || s.ptr[0] == '.'))
        return false;
    for (size_t i = 0; i < s.len; i++) /* no hexadecimal floats, no inf, no nan */
        if (!is_digit(s.ptr[i]) && !strchr("+-.eE", s.ptr[i]))
            return false;
    memcpy(copy, s.ptr, s.len);
    copy[s.len] = 0;
    char *end = NULL;
    errno = 0;
    double value = strtod(copy, &end);
    if (errno || *end)
        return false;
    *ret = value;
    return true;
}

/* Length of the well-formed sequence at s[at], or 0. */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    size_t need = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (left < need)
        return 0;
    for (size_t i = 1; i < need; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return need;
}

bool utf8_is_valid(str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    for (size_t at = 0; at < s.len;) {
        uint64_t word;
        if (s.len - at >= sizeof word) { /* eight ASCII characters at a time: most text is that */
            memcpy(&word, p + at, sizeof word);
            if (!(word & 0x8080808080808080u)) {
                at += sizeof word;
                continue;
            }
        }
        size_t step = utf8_sequence(p + at, s.len - at);
        if (!step)
            return false;
        at += step;
    }
    return true;
}

uint32_t utf8_next(str s, size_t *at)
{
    ensure(*at < s.len);
    const unsigned char *p = (const unsigned char *)s.ptr + *at;
    size_t step = utf8_sequence(p, s.len - *at);
    if (!step) { /* not reached with checked text; never stands still */
        (*at)++;
        return 0xFFFD;
    }
    *at += step;
    switch (step) {
    case 1: return p[0];
    case 2: return (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
    case 3: return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    default:
        return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
               (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
    }
}

size_t utf8_put(uint32_t cp, char out[4])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

size_t utf8_length(str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    return count;
}

uint64_t hash_mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)(a ^ 0xA0761D6478BD642Full) * (b ^ 0xE7037ED1A0B428DBull);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The last 0 to 8 bytes, lowest first: by reads of fixed width that overlap, not by a call. */
static uint64_t last_word(const char *p, size_t left)
{
    const unsigned char *at = (const unsigned char *)p;
    uint32_t low, high;
    if (left >= 4) {
        memcpy(&low, p, 4);
        memcpy(&high, p + left - 4, 4);
        return low | (uint64_t)high << (8 * (left - 4));
    }
    if (left == 0)
        return 0;
    return at[0] | (uint64_t)at[left / 2] << (8 * (left / 2)) |
           (uint64_t)at[left - 1] << (8 * (left - 1));
}

uint64_t hash64(str s, uint64_t seed)
{
    const char *p = s.ptr;
    size_t left = s.len;
    uint64_t state = hash_mix(seed, s.len + 0x9E3779B97F4A7C15ull);
    while (left > 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        state = hash_mix(state, word);
        p += 8, left -= 8;
    }
    return hash_mix(state ^ last_word(p, left), 0x8EBC6AF09C88C6E3ull);
}

const char crockford_letters[33] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

int crockford_digit(char c)
{
    c = to_upper(c);
    if (c == 'O')
        return 0;
    if (c == 'I' || c == 'L')
        return 1;
    const char *found = c ? strchr(crockford_letters, c) : NULL;
    return found ? (int)(found - crockford_letters) : -1;
}
