/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damage a spreadsheet does when it "helps". What can be recognised is named, with what it probably
 * was; nothing is put right by itself: 1.23E+08 has lost its last digits for good, and 04/05 was
 * one of two days.
 */
#include "intake/import.h"
#include "type/date.h"

/* 1.23E+08, 4,9E+14, 5E+12 */
static bool is_power_of_ten(str text)
{
    size_t at = 0, digits = 0;
    while (at < text.len &&
           (is_digit(text.ptr[at]) || text.ptr[at] == '.' || text.ptr[at] == ',')) {
        digits += is_digit(text.ptr[at]);
        at++;
    }
    if (!digits || digits > 17 || at + 3 > text.len ||
        (text.ptr[at] != 'E' && text.ptr[at] != 'e') || text.ptr[at + 1] != '+')
        return false;
    for (size_t i = at + 2; i < text.len; i++)
        if (!is_digit(text.ptr[i]))
            return false;
    return text.len - at <= 5;
}

/* A day between 1920 and 2100 as spreadsheets number them. */
static bool is_serial(str text)
{
    uint64_t days;
    return text.len == 5 && str_to_u64(text, 73415, &days) && days >= 7306;
}

bool slip_before(const struct type *type, str text, struct arena *arena, enum reason *ret,
                 str *ret_suggestion)
{
    if (type->is_key && is_power_of_ten(text)) {
        *ret = REASON_DIGITS_LOST;
        *ret_suggestion = S("format the column as text and export it again from the source");
        return true;
    }
    if (type != &type_date || !is_serial(text))
        return false;
    str iso = normaliser_find(S("date-serial"))->run(text, STR_EMPTY, arena);
    *ret = REASON_DATE_SERIAL;
    *ret_suggestion = arena_printf(arena, "%.*s, if the spreadsheet counts from 1900", STR(iso));
    return true;
}

bool slip_zero_lost(const struct type *type, const struct type_context *context, str text,
                    struct arena *arena, str *ret_suggestion)
{
    struct value value;
    if (!type->is_key || text.len < 4 || text.len > 20)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!is_digit(text.ptr[i]))
            return false;
    for (unsigned zeros = 1; zeros <= 2; zeros++) {
        str longer = arena_printf(arena, "%.*s%.*s", (int)zeros, "00", STR(text));
        if (type_parse_text(type, context, longer, arena, &value) == OK &&
            value.check == CHECK_OK) {
            *ret_suggestion = longer;
            return true;
        }
    }
    err_clear();
    return false;
}

/* 12.08.2024: where dots are written the day comes first. */
static bool has_dots(str text)
{
    size_t dots = 0;
    for (size_t i = 0; i < text.len; i++)
        dots += text.ptr[i] == '.';
    return dots == 2;
}

bool slip_ambiguous(const struct value *value, struct arena *arena, str *ret_suggestion)
{
    if (value->type != &type_date || !date_of(value)->is_ambiguous ||
        has_dots(node_as_text(value->input)))
        return false;
    char first[16], other[16];
    *ret_suggestion = arena_printf(arena, "%s or %s: write dates as 2026-11-22",
                                   day_format(day_of_number(date_of(value)->first_day), first),
                                   day_format(day_of_number(date_of(value)->alternative), other));
    return true;
}
