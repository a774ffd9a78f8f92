/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code lists: codes/<list>.csv, loaded once, immutable. First lines of a file are comments:
 *   # title: Sex / # source: ISO/IEC 5218, ICAO 9303 / # date: 2026-11-01
 * then a heading row: code, en, fr, es, ar, then any extra columns (alpha2, former, aliases
 * separated by |). A code is found by its code, by any name in any language, or by an alias,
 * ignoring case.
 */
#ifndef TYPE_CODES_H
#define TYPE_CODES_H

#include "base/base.h"

enum language { LANGUAGE_EN, LANGUAGE_FR, LANGUAGE_ES, LANGUAGE_AR, LANGUAGE_COUNT };

struct code {
    str code;
    str names[LANGUAGE_COUNT]; /* en always there; others may be empty */
    const str *extra;          /* one per extra column of the list */
    uint32_t number;           /* position in the file */
};
struct code_list {
    str name, title, source, date;
    const struct code *codes;
    size_t count;
    const str *columns; /* names of the extra columns */
    size_t column_count;
    const void *lookup; /* private */
};
struct codes; /* all lists */

/* Reads every *.csv of a directory. ERR_SYNTAX with file, line. */
enum err codes_load(const char *directory, struct codes **ret) MUST_USE;
void codes_free(struct codes *codes);
/* NULL when there is none. */
const struct code_list *codes_list(const struct codes *codes, str name);
size_t codes_count(const struct codes *codes);
const struct code_list *codes_at(const struct codes *codes, size_t index);
/* By code, name or alias; NULL when unknown. */
const struct code *code_find(const struct code_list *list, str text);
/* By code only. */
const struct code *code_get(const struct code_list *list, str code);
str code_extra(const struct code_list *list, const struct code *code, str column); /* or empty */
str code_name(const struct code *code, enum language language); /* falls back to English */

#endif
