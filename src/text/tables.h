/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/tables: the data files of this module (codes/romanise, codes/names), compiled into the
 * program, so that index and query can never read by different tables. One X-macro row per file.
 */
#ifndef TEXT_TABLES_H
#define TEXT_TABLES_H

#include "base/base.h"

/* clang-format off */
#define TEXT_TABLES(row) \
    row(TABLE_LATIN, "codes/romanise/latin.tsv") \
    row(TABLE_CYRILLIC, "codes/romanise/cyrillic.tsv") \
    row(TABLE_ARABIC, "codes/romanise/arabic.tsv") \
    row(TABLE_HEBREW, "codes/romanise/hebrew.tsv") \
    row(TABLE_GREEK, "codes/romanise/greek.tsv") \
    row(TABLE_KANA, "codes/romanise/kana.tsv") \
    row(TABLE_HANGUL, "codes/romanise/hangul.tsv") \
    row(TABLE_OTHER, "codes/romanise/other.tsv") \
    row(TABLE_ETHIOPIC, "codes/romanise/ethiopic.tsv") \
    row(TABLE_DEVANAGARI, "codes/romanise/devanagari.tsv") \
    row(TABLE_HAN_SURNAMES, "codes/romanise/han-surnames.tsv") \
    row(TABLE_JAPANESE_SURNAMES, "codes/romanise/japanese-surnames.tsv") \
    row(TABLE_JAPANESE_GIVEN, "codes/romanise/japanese-given.tsv") \
    row(TABLE_KOREAN_HANJA, "codes/romanise/korean-hanja.tsv") \
    row(TABLE_WADE_GILES, "codes/romanise/wade-giles.tsv") \
    row(TABLE_HANGUL_SURNAMES, "codes/romanise/hangul-surnames.tsv") \
    row(TABLE_COSTS, "codes/romanise/costs.tsv") \
    row(TABLE_CONFUSABLES, "codes/romanise/confusables.tsv") \
    row(TABLE_WORDS, "codes/names/words.tsv") \
    row(TABLE_ENDINGS, "codes/names/endings.tsv") \
    row(TABLE_NICKNAMES, "codes/names/nicknames.tsv") \
    row(TABLE_FREQUENCIES, "codes/names/frequencies.tsv")
/* clang-format on */

enum table {
#define TABLE_ENUM(name, file) name,
    TEXT_TABLES(TABLE_ENUM)
#undef TABLE_ENUM
        TABLE_COUNT
};

/* The whole file. */
str table_text(enum table table);
/* The next line that is neither empty nor a comment; false at the end. */
bool table_line(str *rest, str *ret_line);

#endif
