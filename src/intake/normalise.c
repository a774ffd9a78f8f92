/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The closed list of what a mapping may do to a text before its field's type reads it. The types
 * themselves understand most spellings; what is here undoes habits of one sender (month before day,
 * metres instead of centimetres). A text that is not of the expected shape comes back unchanged and
 * is then refused by its type, with the sender's own words in the report.
 */
#include "intake/mapping.h"

static str run_upper(str text, str argument, struct arena *arena)
{
    (void)argument;
    str copy = arena_str(arena, text);
    char *bytes = (char *)(uintptr_t)copy.ptr;
    for (size_t i = 0; i < copy.len; i++)
        bytes[i] = to_upper(bytes[i]);
    return copy;
}

static str run_lower(str text, str argument, struct arena *arena)
{
    (void)argument;
    str copy = arena_str(arena, text);
    char *bytes = (char *)(uintptr_t)copy.ptr;
    for (size_t i = 0; i < copy.len; i++)
        bytes[i] = to_lower(bytes[i]);
    return copy;
}

static str run_squeeze(str text, str argument, struct arena *arena)
{
    (void)argument;
    str copy = arena_str(arena, str_trim(text));
    char *bytes = (char *)(uintptr_t)copy.ptr;
    size_t to = 0;
    for (size_t i = 0; i < copy.len; i++) {
        bool is_blank = strchr(" \t\r\n", bytes[i]) != NULL;
        if (is_blank && to && bytes[to - 1] == ' ')
            continue;
        bytes[to++] = is_blank ? ' ' : bytes[i];
    }
    return str_slice(copy, 0, to);
}

static str run_digits(str text, str argument, struct arena *arena)
{
    (void)argument;
    str copy = arena_str(arena, text);
    char *bytes = (char *)(uintptr_t)copy.ptr;
    size_t to = 0;
    for (size_t i = 0; i < copy.len; i++)
        if (is_digit(bytes[i]))
            bytes[to++] = bytes[i];
    return str_slice(copy, 0, to);
}

/* Any of the argument's bytes (quotes and blanks when there is none) off both ends. */
static str run_strip(str text, str argument, struct arena *arena)
{
    (void)arena;
    str drop = argument.len ? argument : S("'\" ");
    while (text.len && memchr(drop.ptr, text.ptr[0], drop.len))
        text = str_from(text, 1);
    while (text.len && memchr(drop.ptr, text.ptr[text.len - 1], drop.len))
        text = str_slice(text, 0, text.len - 1);
    return text;
}

/*
 * Up to three runs of digits; anything but digits separates; a time of day behind a blank or T is
 * left out.
 */
static size_t numbers_of(str text, uint64_t numbers[3])
{
    size_t count = 0;
    for (size_t i = 0; i < text.len && count < 3;) {
        size_t from = i;
        while (i < text.len && is_digit(text.ptr[i]))
            i++;
        if (i > from && !str_to_u64(str_slice(text, from, i - from), 9999, &numbers[count++]))
            return 0;
        if (i < text.len && !strchr("/.-, ", text.ptr[i]))
            return count == 3 ? 3 : 0;
        i += i < text.len;
    }
    return count;
}

static str iso_date(str text, const unsigned place[3], struct arena *arena)
{
    uint64_t n[3] = {0, 0, 0};
    if (numbers_of(text, n) != 3)
        return text;
    struct day day = {(int32_t)n[place[0]], (uint8_t)(n[place[1]] & 0xFF),
                      (uint8_t)(n[place[2]] & 0xFF)};
    if (n[place[1]] > 12 || n[place[2]] > 31 || n[place[0]] < 100 || !day_is_valid(day))
        return text;
    char out[16];
    return arena_str(arena, str_c(day_format(day, out)));
}

static str run_mdy(str text, str argument, struct arena *arena)
{
    (void)argument;
    return iso_date(text, (const unsigned[]){2, 0, 1}, arena);
}

static str run_dmy(str text, str argument, struct arena *arena)
{
    (void)argument;
    return iso_date(text, (const unsigned[]){2, 1, 0}, arena);
}

static str run_ymd(str text, str argument, struct arena *arena)
{
    (void)argument;
    return iso_date(text, (const unsigned[]){0, 1, 2}, arena);
}

/* Days since 1899-12-30, as spreadsheets count them. */
static str run_serial(str text, str argument, struct arena *arena)
{
    (void)argument;
    uint64_t days;
    char out[16];
    if (!str_to_u64(text, 109573, &days) || days < 1)
        return text;
    int32_t start = day_number((struct day){1899, 12, 30});
    return arena_str(arena, str_c(day_format(day_of_number(start + (int32_t)days), out)));
}

static str run_scale(str text, str argument, struct arena *arena)
{
    double value, factor;
    if (!str_to_double(text, &value) || !str_to_double(argument, &factor))
        return text;
    double scaled = value * factor;
    return arena_printf(arena, "%.0f", scaled);
}

static str run_prefix(str text, str argument, struct arena *arena)
{
    return text.len ? arena_printf(arena, "%.*s%.*s", STR(argument), STR(text)) : text;
}

static str run_suffix(str text, str argument, struct arena *arena)
{
    return text.len ? arena_printf(arena, "%.*s%.*s", STR(text), STR(argument)) : text;
}

/* The argument is a value that means "none". */
static str run_none(str text, str argument, struct arena *arena)
{
    (void)arena;
    return str_eq_nocase(text, argument) ? STR_EMPTY : text;
}

static const struct normaliser normalisers[] = {
    {"upper", false, "a to z in capitals", run_upper},
    {"lower", false, "A to Z in small letters", run_lower},
    {"squeeze", false, "runs of blanks and line breaks become one blank", run_squeeze},
    {"digits", false, "everything but digits is left out", run_digits},
    {"strip", true, "these characters off both ends; without any: quotes and blanks", run_strip},
    {"date-mdy", false, "month, day, year in figures become an ISO date", run_mdy},
    {"date-dmy", false, "day, month, year in figures become an ISO date", run_dmy},
    {"date-ymd", false, "year, month, day in figures become an ISO date", run_ymd},
    {"date-serial", false, "a spreadsheet's day number becomes an ISO date", run_serial},
    {"scale", true, "a number times this, rounded: 100 makes centimetres of metres", run_scale},
    {"prefix", true, "this text before the value", run_prefix},
    {"suffix", true, "this text behind the value", run_suffix},
    {"none-if", true, "a value equal to this is no value", run_none},
};

const struct normaliser *normaliser_find(str name)
{
    for (size_t i = 0; i < COUNT_OF(normalisers); i++)
        if (str_eq_c(name, normalisers[i].name))
            return &normalisers[i];
    return NULL;
}

size_t normaliser_count(void)
{
    return COUNT_OF(normalisers);
}

const struct normaliser *normaliser_at(size_t index)
{
    ensure(index < COUNT_OF(normalisers));
    return &normalisers[index];
}
