/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own CSV parser; why not libcsv stands in docs/decisions/csv.md. The text waits in one buffer;
 * a row is parsed only when it lies there whole, so fields can point into it:
 *
 *   text:  [ done ....|at  row not yet taken .... |len )
 *
 * A quoted field ends at a quote followed by blanks and a separator, a line end or the end of text.
 * A quote followed by anything else is an ordinary character. A quote that is never closed would
 * swallow the rows behind it; it is recognised by what a swallowed row looks like - after a line
 * break inside the field, a separator with a quote that opens the next field - or by running over
 * CSV_QUOTED_MAX bytes or the end of the file. Then the row is read again with its opening quotes
 * as ordinary characters and marked, and the rows behind it are whole.
 */
#include "codec/csv.h"

#include <stdlib.h>

struct csv {
    char *text;
    size_t at, len, size;
    struct csv_options options;
    char separator[4], stop[16];
    bool is_finished, is_stopped;
    bool is_first; /* nothing was taken yet: a byte order mark may stand here */
    uint64_t number, line;
    str fields[CSV_COLUMN_MAX];
};

/* One row being read: nothing of it is kept when it turns out to be incomplete. */
struct reading {
    const char *at, *end;
    size_t count;
    uint64_t lines;
    bool is_whole;
    enum csv_fault fault;
};
enum quoting { QUOTES_MEAN, QUOTES_ARE_PLAIN };

enum err csv_open(const struct csv_options *options, struct csv **ret)
{
    if (options->separator.len > 4 || options->stop_at.len > 16)
        return err_set(ERR_BAD_VALUE, "separator \"%.*s\" is longer than one character",
                       STR(options->separator));
    struct csv *csv = calloc(1, sizeof *csv);
    if (!csv)
        return err_set(ERR_MEMORY, "out of memory for reading CSV");
    csv->options = *options;
    if (!options->separator.len)
        csv->options.separator = S(",");
    memcpy(csv->separator, csv->options.separator.ptr, csv->options.separator.len);
    csv->options.separator.ptr = csv->separator;
    if (options->stop_at.len)
        memcpy(csv->stop, options->stop_at.ptr, options->stop_at.len);
    csv->options.stop_at.ptr = csv->stop;
    csv->line = 1;
    csv->is_first = true;
    *ret = csv;
    return OK;
}

void csv_close(struct csv *csv)
{
    if (!csv)
        return;
    free(csv->text);
    free(csv);
}

enum err csv_feed(struct csv *csv, str text)
{
    if (csv->is_stopped || !text.len)
        return OK;
    size_t left = csv->len - csv->at;
    if (csv->at && left)
        memmove(csv->text, csv->text + csv->at, left);
    csv->at = 0;
    csv->len = left;
    if (left + text.len > csv->size) {
        size_t size = (left + text.len) * 2;
        char *bigger = realloc(csv->text, size);
        if (!bigger)
            return err_set(ERR_MEMORY, "out of memory for a CSV row of %zu bytes", left);
        csv->text = bigger;
        csv->size = size;
    }
    memcpy(csv->text + left, text.ptr, text.len);
    csv->len = left + text.len;
    if (csv->is_first && csv->len >= 3) {
        if (memcmp(csv->text, "\xEF\xBB\xBF", 3) == 0)
            csv->at = 3;
        csv->is_first = false;
    }
    return OK;
}

void csv_finish(struct csv *csv)
{
    csv->is_finished = true;
    csv->is_first = false;
}

static bool at_separator(const struct csv *csv, const char *at, const char *end)
{
    str separator = csv->options.separator;
    if (csv->options.is_blank_separated)
        return at < end && (*at == ' ' || *at == '\t');
    return at < end && *at == separator.ptr[0] && (size_t)(end - at) >= separator.len &&
           memcmp(at, separator.ptr, separator.len) == 0;
}

static void add_field(struct csv *csv, struct reading *r, const char *from, const char *to)
{
    if (r->count == CSV_COLUMN_MAX) {
        r->fault = CSV_TOO_LONG;
        return;
    }
    csv->fields[r->count++] = str_of(from, (size_t)(to - from));
}

/* After a closing quote: blanks, then a separator, a line end or the end of the text. */
static bool ends_field(const struct csv *csv, const char *at, const char *end, const char **ret_at)
{
    while (at < end && (*at == ' ' || *at == '\t') && !at_separator(csv, at, end))
        at++;
    *ret_at = at;
    return at == end || *at == '\n' || *at == '\r' || at_separator(csv, at, end);
}

/* Does an opening quote stand here: separator, quote, and then not the end of a field? */
static bool opens_field(const struct csv *csv, const char *quote, const char *start,
                        const char *end)
{
    size_t len = csv->options.separator.len;
    if ((size_t)(quote - start) < len || !at_separator(csv, quote - len, end) || quote + 1 >= end)
        return false;
    const char *after;
    return !ends_field(csv, quote + 1, end, &after) && quote[1] != csv->options.quote;
}

/*
 * From behind the opening quote. Gives false when the text ends first, or the quote proves to be
 * broken (fault).
 */
static bool read_quoted(struct csv *csv, struct reading *r)
{
    const char quote = csv->options.quote;
    const char *from = r->at;
    uint64_t lines = 0;
    for (const char *p = from; p < r->end; p++) {
        const char *after;
        if (p - from > CSV_QUOTED_MAX ||
            (*p == quote && lines && opens_field(csv, p, from, r->end))) {
            r->fault = CSV_BROKEN_QUOTES;
            return false;
        }
        lines += *p == '\n';
        if (*p != quote)
            continue;
        if (p + 1 < r->end && p[1] == quote) {
            p++;
        } else if (ends_field(csv, p + 1, r->end, &after)) {
            if (after == r->end && !csv->is_finished)
                return false; /* the next bytes may still tell otherwise */
            add_field(csv, r, from, p);
            r->at = after;
            r->lines += lines;
            return true;
        }
    }
    if (csv->is_finished)
        r->fault = CSV_BROKEN_QUOTES;
    return false;
}

static void read_plain(struct csv *csv, struct reading *r)
{
    const char *from = r->at, *p = from;
    const char first = csv->options.separator.ptr[0];
    bool is_simple = csv->options.separator.len == 1 && !csv->options.is_blank_separated;
    if (is_simple) {
        while (p < r->end && *p != first && *p != '\n' && *p != '\r')
            p++;
    } else {
        while (p < r->end && !at_separator(csv, p, r->end) && *p != '\n' && *p != '\r')
            p++;
    }
    add_field(csv, r, from, p);
    r->at = p;
}

/* At a separator or line end behind a field; true when the row goes on. */
static bool step(const struct csv *csv, struct reading *r)
{
    if (!at_separator(csv, r->at, r->end))
        return false;
    if (!csv->options.is_blank_separated) {
        r->at += csv->options.separator.len;
        return true;
    }
    while (at_separator(csv, r->at, r->end))
        r->at++;
    return r->at < r->end && *r->at != '\n' && *r->at != '\r';
}

static void end_row(const struct csv *csv, struct reading *r)
{
    if (r->at == r->end) {
        r->is_whole = csv->is_finished;
        return;
    }
    r->lines++;
    if (*r->at == '\r') {
        if (r->at + 1 == r->end && !csv->is_finished)
            return; /* a line feed may follow */
        if (r->at + 1 < r->end && r->at[1] == '\n')
            r->at++;
    }
    r->at++;
    r->is_whole = true;
}

static void read_row(struct csv *csv, struct reading *r, enum quoting quoting)
{
    r->at = csv->text + csv->at;
    r->end = csv->text + csv->len;
    r->count = 0;
    r->lines = 0;
    r->is_whole = false;
    do {
        const char *p = r->at;
        while (p < r->end && *p == ' ')
            p++;
        if (quoting == QUOTES_MEAN && csv->options.quote && p < r->end &&
            *p == csv->options.quote) {
            r->at = p + 1;
            if (!read_quoted(csv, r))
                return;
        } else {
            read_plain(csv, r);
        }
    } while (step(csv, r));
    end_row(csv, r);
}

/* Two quotes become one, in place: the buffer is ours. */
static void undouble(struct csv *csv, size_t count)
{
    const char quote = csv->options.quote;
    for (size_t i = 0; i < count && quote; i++) {
        str f = csv->fields[i];
        const char *first = f.len > 1 ? memchr(f.ptr, quote, f.len) : NULL;
        if (!first || f.ptr == csv->text || f.ptr[-1] != quote)
            continue;
        char *base = csv->text + (f.ptr - csv->text);
        size_t to = (size_t)(first - f.ptr);
        for (size_t from = to; from < f.len; from++) {
            base[to++] = base[from];
            if (base[from] == quote && from + 1 < f.len && base[from + 1] == quote)
                from++;
        }
        csv->fields[i].len = to;
    }
}

/*
 * A row longer than any sane one: its first bytes are given, marked, and the rest up to the line
 * end is dropped.
 */
static bool cut_long_row(struct csv *csv, struct csv_row *ret)
{
    char *start = csv->text + csv->at;
    char *end = memchr(start, '\n', csv->len - csv->at);
    csv->fields[0] = str_of(start, 80);
    *ret = (struct csv_row){csv->fields, 1, ++csv->number, csv->line, CSV_TOO_LONG};
    csv->at = end ? (size_t)(end - csv->text) + 1 : csv->len;
    csv->line++;
    return true;
}

static bool is_skipped(const struct csv *csv, const struct reading *r)
{
    const char *start = csv->text + csv->at;
    if (r->count == 1 && str_trim(csv->fields[0]).len == 0 && r->at > start &&
        csv->fields[0].ptr == start)
        return true;
    return csv->options.comment && start < r->end && *start == csv->options.comment;
}

bool csv_next(struct csv *csv, struct csv_row *ret)
{
    while (csv->at < csv->len && !csv->is_stopped && !csv->is_first) {
        str left = str_of(csv->text + csv->at, csv->len - csv->at);
        if (csv->options.stop_at.len && str_starts(left, csv->options.stop_at)) {
            csv->is_stopped = true;
            break;
        }
        struct reading r = {.fault = CSV_OK};
        read_row(csv, &r, QUOTES_MEAN);
        if (r.fault == CSV_BROKEN_QUOTES) {
            read_row(csv, &r, QUOTES_ARE_PLAIN);
            r.fault = CSV_BROKEN_QUOTES;
        }
        if (!r.is_whole)
            return left.len > CSV_ROW_MAX ? cut_long_row(csv, ret) : false;
        csv->number++;
        uint64_t line = csv->line;
        csv->line += r.lines;
        bool is_skipped_row = is_skipped(csv, &r);
        if (r.fault != CSV_BROKEN_QUOTES)
            undouble(csv, r.count);
        csv->at = (size_t)(r.at - csv->text);
        if (is_skipped_row)
            continue;
        *ret = (struct csv_row){csv->fields, r.count, csv->number, line, r.fault};
        return true;
    }
    return false;
}
