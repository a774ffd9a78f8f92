/* SPDX-License-Identifier: Apache-2.0 */
/* See decimal.h. Digits of other scripts count as digits; the sign may be '-', '+' or U+2212. */
#include "type/decimal.h"

#include <math.h>
#include <stdio.h>

#include "type/internal.h"

enum { WHOLE_MAX = 15, FRACTION_MAX = 12, PLAIN_MAX = 64 };

/* The text in ASCII: digits, '.', ',' and '_' for every separator that can only part thousands. */
struct plain {
    char text[PLAIN_MAX];
    size_t len;
    bool is_negative;
};

static char plain_character(uint32_t c)
{
    if (c == ' ' || c == 0xA0 || c == 0x202F || c == 0x2009 || c == '\'' || c == 0x2019 ||
        c == '_' || c == 0x066C)
        return '_';
    if (c == '.' || c == ',')
        return (char)c;
    if (c == 0x066B) /* Arabic decimal separator */
        return '.';
    uint32_t digit = c < 128 ? c : fold_character(c);
    return digit >= '0' && digit <= '9' ? (char)digit : '\0';
}

static const char *make_plain(str text, struct plain *ret)
{
    *ret = (struct plain){0};
    for (size_t at = 0; at < text.len;) {
        size_t from = at;
        uint32_t c = utf8_next(text, &at);
        if (from == 0 && (c == '-' || c == '+' || c == 0x2212)) {
            ret->is_negative = c != '+';
            continue;
        }
        char p = plain_character(c);
        if (!p)
            return "holds a character that is not of a number";
        if (ret->len == PLAIN_MAX)
            return "has too many digits";
        ret->text[ret->len++] = p;
    }
    return NULL;
}

static size_t count_of(const struct plain *p, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < p->len; i++)
        count += p->text[i] == c;
    return count;
}

static size_t last_of(const struct plain *p, char c)
{
    for (size_t i = p->len; i-- > 0;)
        if (p->text[i] == c)
            return i;
    return p->len;
}

/* Where the fraction begins: p->len when there is none. NULL or why it cannot be said. */
static const char *find_point(const struct plain *p, enum decimal_three three, size_t *ret_point,
                              bool *ret_is_three)
{
    size_t dots = count_of(p, '.'), commas = count_of(p, ',');
    size_t dot = last_of(p, '.'), comma = last_of(p, ',');
    *ret_point = p->len;
    *ret_is_three = false;
    if (dots > 1 && commas > 1)
        return "has too many separators";
    if (dots && commas) {
        size_t last = dot > comma ? dot : comma;
        if (count_of(p, p->text[last]) > 1)
            return "has separators in the wrong order";
        *ret_point = last;
        return NULL;
    }
    if (dots + commas != 1) /* none, or several of one kind: thousands */
        return NULL;
    size_t at = dots ? dot : comma;
    *ret_is_three = p->len - at == 4 && at > 0 && at <= 3 && p->text[0] != '0' && !count_of(p, '_');
    if (*ret_is_three && three == DECIMAL_THREE_REFUSED)
        return "can be read as thousands or as a fraction; write it without the separator, or with "
               "another zero";
    if (!*ret_is_three || three == DECIMAL_THREE_FRACTION)
        *ret_point = at;
    return NULL;
}

/* Groups after the first have three digits (two in the Indian way of writing, but the last). */
static bool groups_are_sound(const struct plain *p, size_t point)
{
    size_t run = 0;
    bool has_separator = false;
    for (size_t i = 0; i < point; i++) {
        if (is_digit(p->text[i])) {
            run++;
            continue;
        }
        if (run == 0 || run > 3 || (has_separator && run < 2))
            return false;
        has_separator = true;
        run = 0;
    }
    return !has_separator || run == 3;
}

static const char *collect(const struct plain *p, size_t point, struct decimal *ret)
{
    char *out = ret->text;
    size_t whole = 0, fraction = 0;
    if (p->is_negative)
        *out++ = '-';
    for (size_t i = 0; i < point; i++)
        if (is_digit(p->text[i]) && (whole || p->text[i] != '0')) {
            if (++whole > WHOLE_MAX)
                return "has too many digits";
            *out++ = p->text[i];
        }
    if (!whole)
        *out++ = '0';
    char *end = out;
    *out++ = '.';
    for (size_t i = point + 1; i < p->len; i++) {
        if (!is_digit(p->text[i]))
            return "has a separator after the point";
        if (++fraction > FRACTION_MAX)
            return "has too many digits after the point";
        *out++ = p->text[i];
        end = p->text[i] == '0' ? end : out;
    }
    *end = '\0';
    if (strcmp(ret->text, "-0") == 0)
        memcpy(ret->text, "0", 2);
    return NULL;
}

const char *decimal_read(str text, enum decimal_three three, struct decimal *ret)
{
    struct plain plain;
    size_t point;
    text = str_trim(text);
    const char *why = make_plain(text, &plain);
    if (!why)
        why = find_point(&plain, three, &point, &ret->is_three);
    if (why)
        return why;
    if (plain.len == count_of(&plain, '.') + count_of(&plain, ',') + count_of(&plain, '_'))
        return "has no digit";
    if (!groups_are_sound(&plain, point))
        return "has digits in unequal groups";
    why = collect(&plain, point, ret);
    if (!why && !str_to_double(str_c(ret->text), &ret->value))
        why = "is no number";
    return why;
}

/* Three digits and no fourth: what a blank or an apostrophe within a number parts. */
static bool group_follows(str text, size_t at)
{
    size_t digits = 0;
    while (at < text.len && digits < 4 && is_digit(plain_character(utf8_next(text, &at))))
        digits++;
    return digits == 3;
}

bool decimal_cut(str *text, str *ret_number)
{
    str rest = str_trim(*text);
    size_t end = 0, digits = 0;
    for (size_t at = 0; at < rest.len;) {
        uint32_t c = utf8_next(rest, &at);
        bool is_sign = end == 0 && (c == '-' || c == '+' || c == 0x2212);
        char p = plain_character(c);
        if ((!is_sign && !p) || (p == '_' && !group_follows(rest, at)) ||
            (!digits && p && !is_digit(p)))
            break;
        digits += is_digit(p);
        end = at;
    }
    while (end && (rest.ptr[end - 1] == ',' || rest.ptr[end - 1] == '.'))
        end--;
    if (!digits)
        return false;
    *ret_number = str_slice(rest, 0, end);
    *text = str_trim(str_from(rest, end));
    return true;
}

void decimal_format(double value, int digits, char out[DECIMAL_TEXT_MAX])
{
    int magnitude = value == 0 ? 0 : (int)floor(log10(fabs(value)));
    int decimals = digits - 1 - magnitude;
    decimals = decimals < 0 ? 0 : decimals > FRACTION_MAX ? FRACTION_MAX : decimals;
    (void)snprintf(out, DECIMAL_TEXT_MAX, "%.*f", decimals, value);
    if (!strchr(out, '.'))
        return;
    size_t len = strlen(out);
    while (out[len - 1] == '0')
        len--;
    len -= out[len - 1] == '.';
    out[len] = '\0';
}
