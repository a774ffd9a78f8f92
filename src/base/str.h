/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A str is a pointer and a length: borrowed, not terminated, valid UTF-8 once it has passed the
 * edge (codec and net check it there). Passed by value. The empty str has len 0 and any ptr.
 *
 *   str s = S("passport");   if (str_eq(s, S("visa"))) ...   printf("%.*s", STR(s));
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const char *ptr;
    size_t len;
} str;

#define S(literal) ((str){"" literal, sizeof(literal) - 1})
#define STR(s)     (int)(s).len, (s).ptr
#define STR_EMPTY  ((str){"", 0})

static inline str str_of(const char *ptr, size_t len)
{
    return (str){ptr, len};
}
/* From a C string; NULL gives the empty str. */
static inline str str_c(const char *c)
{
    return c ? (str){c, strlen(c)} : STR_EMPTY;
}
static inline bool str_eq(str a, str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
static inline bool str_eq_c(str a, const char *b)
{
    return str_eq(a, str_c(b));
}
static inline bool str_is_empty(str s)
{
    return s.len == 0;
}
static inline bool str_starts(str s, str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}
static inline bool str_ends(str s, str tail)
{
    return s.len >= tail.len &&
           (tail.len == 0 || memcmp(s.ptr + s.len - tail.len, tail.ptr, tail.len) == 0);
}
/* From byte `from` (clamped) to the end, or `len` bytes of it. */
static inline str str_from(str s, size_t from)
{
    return from >= s.len ? STR_EMPTY : (str){s.ptr + from, s.len - from};
}
static inline str str_slice(str s, size_t from, size_t len)
{
    str tail = str_from(s, from);
    return len < tail.len ? (str){tail.ptr, len} : tail;
}
bool str_eq_nocase(str a, str b); /* ASCII case only */
int str_compare(str a, str b);    /* by bytes, shorter first: <0, 0, >0 */
bool str_has(str s, str part);
/* Index of the first byte `c`, or s.len. */
size_t str_find(str s, char c);
/* ASCII blanks (space, tab, CR, LF, VT, FF) off both ends. */
str str_trim(str s);
/*
 * Cuts the next piece off *rest at byte `sep`; false when nothing is left. "a,,b" gives a, "", b.
 */
bool str_split(str *rest, char sep, str *ret_piece);
/* Whole string as a decimal number without sign in [0, max]. */
bool str_to_u64(str s, uint64_t max, uint64_t *ret);
bool str_to_i64(str s, int64_t *ret);
bool str_to_double(str s, double *ret);
/*
 * Well-formed UTF-8 per Unicode 15 table 3-7: no surrogates, no overlong forms, nothing above
 * U+10FFFF.
 */
bool utf8_is_valid(str s);
/* Decodes one code point at *at (< s.len) and moves *at past it; s must be valid. */
uint32_t utf8_next(str s, size_t *at);
/* Writes cp (a scalar value) to out, returns 1..4. */
size_t utf8_put(uint32_t cp, char out[4]);
size_t utf8_length(str s); /* in code points */
/*
 * 64-bit non-cryptographic hash (wyhash-like mixing), seedable; stable across machines and
 * versions: it is on disk.
 */
uint64_t hash64(str s, uint64_t seed);
uint64_t hash_mix(uint64_t a, uint64_t b);

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}
static inline bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}
static inline bool is_alnum(char c)
{
    return is_digit(c) || is_upper(c) || is_lower(c);
}
static inline char to_upper(char c)
{
    if (is_lower(c))
        return (char)(c - 32);
    return c;
}
static inline char to_lower(char c)
{
    if (is_upper(c))
        return (char)(c + 32);
    return c;
}

/*
 * Crockford's base 32, for what people read out and type: letters in either case, O is 0, I and L
 * are 1, U is none. The digit of a letter, 0..31, or -1.
 */
extern const char crockford_letters[33];
int crockford_digit(char c);

#endif
