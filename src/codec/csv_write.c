/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing CSV that a spreadsheet opens without running anything, and guessing how a foreign file is
 * divided.
 */
#include "codec/csv.h"

/*
 * A spreadsheet takes a cell for a formula when it begins with = + - @, a tab or a carriage return.
 * A signed number is left alone: it is a number to the spreadsheet too, and a telephone number is
 * still one when it comes back.
 */
static bool is_formula_like(str field)
{
    if (!field.len || !strchr("=+-@\t\r", field.ptr[0]))
        return false;
    if (field.ptr[0] != '+' && field.ptr[0] != '-')
        return true;
    for (size_t i = 1; i < field.len; i++)
        if (!is_digit(field.ptr[i]) && field.ptr[i] != '.' && field.ptr[i] != ' ')
            return true;
    return field.len == 1;
}

void csv_write_field(struct buf *out, str field)
{
    bool is_neutralised = is_formula_like(field);
    bool needs_quotes = is_neutralised;
    for (size_t i = 0; i < field.len && !needs_quotes; i++)
        needs_quotes = strchr(",;\"\r\n\t", field.ptr[i]) != NULL;
    if (!needs_quotes && !(field.len && (field.ptr[0] == ' ' || field.ptr[field.len - 1] == ' '))) {
        buf_add(out, field);
        return;
    }
    buf_add_char(out, '"');
    if (is_neutralised)
        buf_add_char(out, '\'');
    for (size_t from = 0; from < field.len;) {
        str rest = str_from(field, from);
        size_t at = str_find(rest, '"');
        buf_add(out, str_slice(rest, 0, at));
        if (at < rest.len)
            buf_add(out, S("\"\""));
        from += at + 1;
    }
    buf_add_char(out, '"');
}

str csv_plain(str field)
{
    bool is_marked = field.len > 1 && field.ptr[0] == '\'' && is_formula_like(str_from(field, 1));
    return is_marked ? str_from(field, 1) : field;
}

void csv_write_row(struct buf *out, const str *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(out, ',');
        csv_write_field(out, fields[i]);
    }
    buf_add(out, S("\r\n"));
}

enum { GUESS_LINES = 32 };

/*
 * How many fields the lines have on average, halved for every line that has another number than the
 * first.
 */
static double evenness(str text, char separator)
{
    size_t first = 0, lines = 0, uneven = 0, total = 0;
    bool is_quoted = false;
    size_t here = 0;
    for (size_t i = 0; i < text.len && lines < GUESS_LINES; i++) {
        char c = text.ptr[i];
        if (c == '"')
            is_quoted = !is_quoted;
        else if (c == separator && !is_quoted)
            here++;
        else if (c == '\n' && !is_quoted) {
            if (lines == 0)
                first = here;
            uneven += here != first;
            total += here;
            lines++;
            here = 0;
        }
    }
    if (lines == 0)
        return (double)here;
    return (double)total / (double)lines / (double)(1 + uneven);
}

char csv_guess_separator(str text)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    char best = ',';
    double best_score = 0;
    for (size_t i = 0; i < COUNT_OF(candidates); i++) {
        double score = evenness(text, candidates[i]);
        if (score > best_score) {
            best = candidates[i];
            best_score = score;
        }
    }
    return best;
}
