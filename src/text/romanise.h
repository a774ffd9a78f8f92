/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/romanise: a word of any script in Latin letters. Internal to text.
 *
 * A table's line is: letters, main reading, up to three others. The longest letters that fit at a
 * place win. Reading k is made with column k, or the main column where it is empty; readings that
 * come out equal are dropped. Han goes character by character through ICU's pinyin, after the
 * table of family names.
 */
#ifndef TEXT_ROMANISE_H
#define TEXT_ROMANISE_H

#include "text/name.h"

struct readings {
    uint8_t count;
    uint8_t len[NAME_READING_MAX];
    uint8_t cut[NAME_READING_MAX]; /* end of the first syllable of two; else 0 */
    char text[NAME_READING_MAX][NAME_WORD_MAX + 1];
};
/* A folded word (letters.h) of one script. count 0: nothing to read in it. */
void romanise(enum name_script script, const uint32_t *letters, size_t count, struct readings *ret);
/* A Han or Hangul family name. */
void romanise_surname(enum name_script script, const uint32_t *letters, size_t count,
                      struct readings *ret);
/*
 * Kanji of a Japanese name: Japanese readings where the tables have the word, then Chinese ones.
 */
void romanise_japanese(const uint32_t *letters, size_t count, bool is_family, struct readings *ret);
/* How many Kanji at the start are a Japanese family name; 0: none that is known. */
size_t japanese_surname_length(const uint32_t *letters, size_t count);
/* A Korean family name in Chinese characters as Hangul writes it; 0: not known as one. */
size_t hanja_hangul(const uint32_t *letters, size_t count, uint32_t *ret, size_t max);
/* How many letters at the start are a family name: 0, 1, 2. */
size_t surname_length(enum name_script script, const uint32_t *letters, size_t count);
/* The look-alike of a letter in another script (NAME_LATIN, NAME_CYRILLIC, NAME_GREEK); 0: none. */
uint32_t confusable_in(enum name_script script, uint32_t letter);

#endif
