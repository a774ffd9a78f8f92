/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/letters: text to folded letters, and what ICU knows of a letter. Internal to text; the
 * only other file with ICU is letters.c's neighbour romanise.c, through the calls below.
 */
#ifndef TEXT_LETTERS_H
#define TEXT_LETTERS_H

#include "text/name.h"

/* NFKC with case folded, default-ignorable characters (controls of direction, joiners) dropped;
 * Kana to Katakana, Arabic letters to one form each, points dropped. Returns how many letters, at
 * most max. ASCII takes no ICU. */
size_t fold_text(str text, uint32_t *ret, size_t max);
/* Letter of a name (or mark, or digit); what is not separates words. */
bool fold_is_letter(uint32_t letter);
bool fold_is_mark(uint32_t letter);
enum name_script fold_script(uint32_t letter);
/* Base letter of a canonical decomposition, or the letter itself; ret_rest gets the further ones
 * (at most 3). */
size_t fold_decompose(uint32_t letter, uint32_t ret[4]);
/* Pinyin of a Han character without tone, "" if ICU has none; and any word in Latin letters.
 * Per-thread, cached. */
const char *fold_pinyin(uint32_t letter);
size_t fold_any_latin(const uint32_t *letters, size_t count, char *ret, size_t max);

#endif
