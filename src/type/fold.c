/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding of identifiers: what officers type, scanners send and spreadsheets export becomes A-Z
 * 0-9. The same number is written "ab 123-456", "AB123456" in full-width letters, with Arabic
 * digits, or with Cyrillic letters that look Latin (Russian and Belarusian series are printed so);
 * all of them must meet under one key.
 *
 * The skeleton goes further and merges characters that eyes and cameras confuse. It never decides,
 * it only suggests.
 */
#include "type/internal.h"

/* Runs of ten code points that are the digits 0-9 of a script. */
static const uint32_t digit_zeros[] = {
    0x0660, /* Arabic-Indic */
    0x06F0, /* Persian, Urdu */
    0x07C0, /* N'Ko */
    0x0966, /* Devanagari */
    0x09E6, /* Bengali */
    0x0A66, /* Gurmukhi */
    0x0AE6, /* Gujarati */
    0x0BE6, /* Tamil */
    0x0C66, /* Telugu */
    0x0CE6, /* Kannada */
    0x0D66, /* Malayalam */
    0x0E50, /* Thai */
    0x0ED0, /* Lao */
    0x0F20, /* Tibetan */
    0x1040, /* Myanmar */
    0x17E0, /* Khmer */
    0x1810, /* Mongolian */
    0xFF10, /* full width */
};

/* Letters printed like a Latin capital. Lower case stands beside where it too is met in numbers. */
static const struct {
    uint16_t from;
    char to;
} look_alikes[] = {
    {0x0391, 'A'}, {0x0392, 'B'}, {0x0395, 'E'}, {0x0396, 'Z'}, {0x0397, 'H'}, {0x0399, 'I'},
    {0x039A, 'K'}, {0x039C, 'M'}, {0x039D, 'N'}, {0x039F, 'O'}, {0x03A1, 'P'}, {0x03A4, 'T'},
    {0x03A5, 'Y'}, {0x03A7, 'X'}, {0x0405, 'S'}, {0x0406, 'I'}, {0x0408, 'J'}, {0x0410, 'A'},
    {0x0412, 'B'}, {0x0415, 'E'}, {0x041A, 'K'}, {0x041C, 'M'}, {0x041D, 'H'}, {0x041E, 'O'},
    {0x0420, 'P'}, {0x0421, 'C'}, {0x0422, 'T'}, {0x0423, 'Y'}, {0x0425, 'X'}, {0x0430, 'A'},
    {0x0432, 'B'}, {0x0435, 'E'}, {0x043A, 'K'}, {0x043C, 'M'}, {0x043D, 'H'}, {0x043E, 'O'},
    {0x0440, 'P'}, {0x0441, 'C'}, {0x0442, 'T'}, {0x0443, 'Y'}, {0x0445, 'X'}, {0x0456, 'I'},
};

static bool is_dropped_ascii(uint32_t c)
{
    return c <= ' ' || c == 0x7F || strchr("-./\\_<,:;#'\"()", (int)c) != NULL;
}

/* Blanks, dashes, dots and invisible marks outside ASCII. */
static bool is_dropped(uint32_t c)
{
    return c == 0xA0 || c == 0xAD || c == 0xB7 || c == 0xBA || c == 0xB0 ||
           (c >= 0x2000 && c <= 0x206F) || c == 0x061C || c == 0x2116 || c == 0x2212 ||
           c == 0x3000 || c == 0x30FB || c == 0xFEFF || c == 0x00AB || c == 0x00BB;
}

uint32_t fold_character(uint32_t c)
{
    if (c < 128)
        return is_dropped_ascii(c) ? 0 : (uint32_t)to_upper((char)c);
    if (is_dropped(c))
        return 0;
    if (c >= 0xFF21 && c <= 0xFF3A)
        return c - 0xFF21 + 'A';
    if (c >= 0xFF41 && c <= 0xFF5A)
        return c - 0xFF41 + 'A';
    if (c == 0xFF0D || c == 0xFF0E || c == 0xFF0F)
        return 0;
    for (size_t i = 0; i < COUNT_OF(digit_zeros); i++)
        if (c >= digit_zeros[i] && c < digit_zeros[i] + 10)
            return c - digit_zeros[i] + '0';
    for (size_t i = 0; i < COUNT_OF(look_alikes); i++)
        if (look_alikes[i].from == c)
            return (uint32_t)look_alikes[i].to;
    return c;
}

/* Latin-1, Greek and Cyrillic: the cases that occur in serials and plates. */
static uint32_t upper_case(uint32_t c)
{
    if ((c >= 0xE0 && c <= 0xFE && c != 0xF7) || (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) ||
        (c >= 0x430 && c <= 0x44F))
        return c - 0x20;
    return c >= 0x450 && c <= 0x45F ? c - 0x50 : c;
}

static enum err foreign_character(const struct type *type, str text, uint32_t c)
{
    char shown[4];
    size_t len = utf8_put(c, shown);
    err_set(ERR_BAD_VALUE, "%s '%.*s' holds '%.*s', which is neither a letter A-Z nor a digit",
            type->title, (int)(text.len < 80 ? text.len : 80), text.ptr, (int)len, shown);
    return err_hint("%s", type->help);
}

static enum err fold(const struct type *type, str text, const char *keep, bool is_loose,
                     struct folded *ret)
{
    size_t len = 0;
    bool had_digits = false, had_letters = false;
    ret->len = 0;
    ret->text[0] = 0;
    ret->had_digits = ret->had_letters = false;
    for (size_t at = 0; at < text.len;) {
        char plain = text.ptr[at];
        if (is_alnum(plain) && len + 4 <= FOLD_MAX) { /* nearly always, and twice as fast */
            ret->text[len++] = to_upper(plain);
            had_digits |= is_digit(plain);
            had_letters |= !is_digit(plain);
            at++;
            continue;
        }
        uint32_t original = utf8_next(text, &at);
        uint32_t c = fold_character(original);
        bool is_foreign = c > 127;
        if (original && original < 128 && strchr(keep, (int)original))
            c = original;
        else if (c == 0)
            continue;
        else if (is_foreign ? !is_loose : !is_alnum((char)c))
            return foreign_character(type, text, original);
        if (len + 4 > FOLD_MAX)
            return err_set(ERR_BAD_VALUE, "%s is longer than %d characters", type->title,
                           FOLD_MAX - 4);
        had_digits |= !is_foreign && is_digit((char)c);
        had_letters |= is_foreign || is_upper((char)c);
        len += utf8_put(is_foreign ? upper_case(c) : c, ret->text + len);
    }
    ret->text[len] = 0;
    ret->len = len;
    ret->had_digits = had_digits;
    ret->had_letters = had_letters;
    return OK;
}

enum err fold_identifier(const struct type *type, str text, const char *keep, struct folded *ret)
{
    return fold(type, text, keep, false, ret);
}

enum err fold_loosely(const struct type *type, str text, const char *keep, struct folded *ret)
{
    return fold(type, text, keep, true, ret);
}

char skeleton_character(char c)
{
    switch (c) {
    case 'O':
    case 'Q': return '0';
    case 'I':
    case 'L': return '1';
    case 'S': return '5';
    case 'B': return '8';
    case 'Z': return '2';
    case 'G': return '6';
    default: return c;
    }
}

void skeleton_of(str text, struct folded *ret)
{
    ret->len = text.len < FOLD_MAX ? text.len : FOLD_MAX;
    for (size_t i = 0; i < ret->len; i++)
        ret->text[i] = skeleton_character(text.ptr[i]);
    ret->text[ret->len] = '\0';
}

bool str_is_digits(str text)
{
    return text.len > 0 && str_count_digits(text) == text.len;
}

size_t str_count_digits(str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += is_digit(text.ptr[i]);
    return count;
}

bool str_is_in(str text, const char *alphabet)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\0' || !strchr(alphabet, text.ptr[i]))
            return false;
    return text.len > 0;
}

bool str_cut_label(str *text, str label)
{
    if (text->len <= label.len || !str_eq_nocase(str_slice(*text, 0, label.len), label))
        return false;
    str rest = str_trim(str_from(*text, label.len));
    bool is_word_end = label.ptr[label.len - 1] == ' ' || rest.len < text->len - label.len ||
                       !is_alnum(rest.ptr[0]) || is_digit(rest.ptr[0]);
    if (!is_word_end)
        return false;
    while (rest.len &&
           (rest.ptr[0] == ':' || rest.ptr[0] == '#' || rest.ptr[0] == '.' || rest.ptr[0] == '='))
        rest = str_trim(str_from(rest, 1));
    if (rest.len == 0)
        return false;
    *text = rest;
    return true;
}
