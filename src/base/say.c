/* SPDX-License-Identifier: Apache-2.0 */
/* Formats walked beside their arguments: only lengths are worked out, the text is there already. */
#include "base/say.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

struct walk {
    const char *at; /* in the format */
    va_list args;
    size_t len; /* of the value met, or of the letters before it */
};

static size_t digits(unsigned long long number)
{
    size_t count = 1;
    while (number >= 10) {
        number /= 10;
        count++;
    }
    return count;
}

static size_t signed_digits(long long number)
{
    unsigned long long size =
        number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;
    return digits(size) + (number < 0);
}

/* "ll", "l", "z" and what follows them: 2, 1, 1, or 0 for an int. */
static int read_size(struct walk *walk)
{
    int size = 0;
    while (*walk->at == 'l' || *walk->at == 'z') {
        size += *walk->at == 'l' ? 1 : 2;
        walk->at++;
    }
    return size;
}

static bool read_number(struct walk *walk)
{
    int size = read_size(walk);
    char kind = *walk->at++;
    if (kind == 'd' || kind == 'i') {
        walk->len = signed_digits(size ? va_arg(walk->args, long long) : va_arg(walk->args, int));
        return true;
    }
    if (kind == 'u') {
        walk->len =
            digits(size ? va_arg(walk->args, unsigned long long) : va_arg(walk->args, unsigned));
        return true;
    }
    if (kind == 'c' && !size) {
        (void)va_arg(walk->args, int);
        walk->len = 1;
        return true;
    }
    return false;
}

/* Behind a %. */
static bool read_value(struct walk *walk)
{
    _Static_assert(sizeof(long) == sizeof(long long) && sizeof(size_t) == sizeof(long long),
                   "one size of long numbers");
    size_t most = SIZE_MAX;
    if (strncmp(walk->at, ".*", 2) == 0) {
        int precision = va_arg(walk->args, int);
        most = precision < 0 ? SIZE_MAX : (size_t)precision;
        walk->at += 2;
        if (*walk->at != 's')
            return false;
    }
    if (*walk->at != 's')
        return read_number(walk);
    const char *text = va_arg(walk->args, const char *);
    walk->at++;
    walk->len = most == SIZE_MAX ? strlen(text) : strnlen(text, most);
    return true;
}

static bool measure(struct say *say, struct walk *walk, size_t len)
{
    size_t at = 0;
    for (; *walk->at; walk->at++, at++) {
        if (*walk->at != '%')
            continue;
        walk->at++;
        if (*walk->at == '%')
            continue;
        if (!read_value(walk) || say->count == SAY_VALUES_MAX)
            return false;
        size_t end = at + walk->len > len ? len : at + walk->len;
        say->values[say->count].at = (uint16_t)(at > len ? len : at);
        say->values[say->count].len = (uint16_t)(at > len ? 0 : end - at);
        say->count++;
        at += walk->len - 1;
        walk->at--;
    }
    return true;
}

void say_measure(struct say *ret, size_t len, const char *format, va_list args)
{
    struct walk walk = {.at = format};
    *ret = (struct say){.format = format};
    va_copy(walk.args, args);
    if (len > UINT16_MAX || !measure(ret, &walk, len))
        *ret = (struct say){.format = NULL};
    va_end(walk.args);
}

void say_sentence(const struct say *say, struct buf *out)
{
    unsigned number = 0;
    for (const char *at = say->format; at && *at; at++) {
        if (*at != '%') {
            buf_add_char(out, *at);
            continue;
        }
        if (*++at == '%') {
            buf_add_char(out, '%');
            continue;
        }
        at += strspn(at, ".*lz"); /* up to the letter that ends it */
        buf_printf(out, "{%u}", ++number);
    }
}

str say_value(const struct say *say, str text, size_t number)
{
    return str_slice(text, say->values[number].at, say->values[number].len);
}
