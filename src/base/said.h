/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An explanation that can be said in any language. say.h measures one sentence of an error; an
 * explanation is put together from several, one within another, and travels through many hands
 * before it is printed. So the text itself carries what is what: English, with marks of one byte
 * around the values, which no value that was read can hold.
 *
 *   said_add(&out, "%s = %s (%s)", "mohamed", "muhammad", SAID("sounds alike"));
 *   plain     mohamed = muhammad (sounds alike)
 *   said      {"say": "{1} = {2} ({3})", "with": ["mohamed", "muhammad", {"say": "sounds alike"}]}
 *
 * Sentences behind each other stand with "; " between them. A text without marks is one sentence
 * without values: whatever has no marks yet can be passed wherever a marked text is wanted. Marks
 * that do not match (a text was cut) are closed at the end.
 */
#ifndef BASE_SAID_H
#define BASE_SAID_H

#include <stdarg.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define SAID_VALUE  '\x02' /* a value begins */
#define SAID_END    '\x03' /* what began last ends */
#define SAID_PHRASE '\x04' /* this value is a sentence itself */
#define SAID_CODE   '\x05' /* this value is a code: mark, "list:code", mark, its English title */
#define SAID_NEXT   '\x06' /* between the values of a list: ", " */

/* A literal that is a sentence, to be given as a value. */
#define SAID(words) "\x04" words

enum { SAID_FORMAT_MAX = 480, SAID_TITLE_MAX = 200 };

/* A code as a value: its title in English here, in the reader's language where it is printed. */
const char *said_code(const char *list, str code, str title, char room[SAID_TITLE_MAX]);

/* The format with marks around its values; one longer than it may be is taken as it is. */
const char *said_format(const char *format, char room[SAID_FORMAT_MAX])
    __attribute__((format_arg(1)));
/* As buf_printf(), every value marked. */
void said_add(struct buf *out, const char *format, ...) PRINTF(2, 3);
/* "; " where something was said before. */
void said_begin(struct buf *out);
/* An error's message, as a text of this kind. */
void said_error(const struct err_info *info, struct buf *out);
/* The English text, without its marks. */
void said_plain(str text, struct buf *out);

/* ---- for printers ---- */

/* Where the mark at `at` ends: the place of its END, or the text's length. */
size_t said_end(str text, size_t at);
/* Where the sentence that begins at `at` ends: at "; " outside all values, or the text's length. */
size_t said_sentence_end(str text, size_t at);
/* The sentence with {1}, {2} in place of its values. */
void said_sentence(str text, struct buf *out);
bool said_is_mark(char c);

#endif
