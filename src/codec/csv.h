/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV as offices write it: any separator, quotes or none, broken quotes, CR, LF or both, comments,
 * a mark that ends the file. Push text in, pull rows out; rows are slices of the parser's own
 * buffer (quotes are undone in place), valid until the next call. No allocation per row.
 *
 *   struct csv *csv; TRY(csv_open(&(struct csv_options){.separator = S(";"), .quote = '"'}, &csv));
 *   csv_feed(csv, chunk); while (csv_next(csv, &row)) ...
 *   csv_finish(csv);      while (csv_next(csv, &row)) ...
 *
 * row.number counts rows as the sender's spreadsheet does (heading rows and blank lines too, from
 * 1), row.line counts lines as his text editor does.
 */
#ifndef CODEC_CSV_H
#define CODEC_CSV_H

#include "base/base.h"

struct csv;
struct csv_options {
    str separator;           /* one character; empty: comma */
    char quote;              /* 0: quotes are ordinary characters */
    char comment;            /* rows starting with it are skipped (and counted); 0: none */
    str stop_at;             /* a row that starts with it ends the file; empty: none */
    bool is_blank_separated; /* any run of blanks and tabs separates; separator is not looked at */
};
enum { CSV_COLUMN_MAX = 1024, CSV_ROW_MAX = 4 << 20, CSV_QUOTED_MAX = 64 << 10 };
enum csv_fault {
    CSV_OK,
    CSV_BROKEN_QUOTES, /* a quote was never closed: it was taken as an ordinary character */
    CSV_TOO_LONG,      /* more than CSV_ROW_MAX bytes or CSV_COLUMN_MAX columns: cut, not for use */
};
struct csv_row {
    const str *fields;
    size_t count;
    uint64_t number, line;
    enum csv_fault fault;
};

enum err csv_open(const struct csv_options *options, struct csv **ret) MUST_USE;
void csv_close(struct csv *csv);
enum err csv_feed(struct csv *csv, str text) MUST_USE; /* copied */
void csv_finish(struct csv *csv);                      /* no more text comes */
bool csv_next(struct csv *csv,
              struct csv_row *ret); /* false: feed more, or the end after csv_finish() */

/* Which of , ; tab | divides the first lines of text most evenly; comma when none does. */
char csv_guess_separator(str text);
/*
 * Writes one field with quotes where needed; a field a spreadsheet would run as a formula gets a
 * leading apostrophe.
 */
void csv_write_field(struct buf *out, str field);
/* A field without the apostrophe that keeps a spreadsheet from running it. */
str csv_plain(str field);
void csv_write_row(struct buf *out, const str *fields, size_t count);

#endif
