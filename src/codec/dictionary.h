/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing short texts that are much alike, each by itself, against a dictionary both sides have:
 * zstd (RFC 8878) with the tables and the contents that `zstd --train` makes. Nothing of one text
 * is in another, and a text is unpacked without any other.
 *
 *   TRY(dictionary_new(bytes, &dictionary));
 *   TRY(dictionary_pack(dictionary, text, &out));      414 bytes -> 104, a microsecond
 *   TRY(dictionary_unpack(dictionary, packed, max, arena, &text));
 *
 * What is packed is one frame without its magic number. A dictionary may be used by any number of
 * threads; each keeps its own working memory, 40 KB for packing, 100 KB for unpacking.
 */
#ifndef CODEC_DICTIONARY_H
#define CODEC_DICTIONARY_H

#include "base/base.h"

struct dictionary;

/* The bytes are copied. ERR_SYNTAX: they are no dictionary. */
enum err dictionary_new(str bytes, struct dictionary **ret) MUST_USE;
void dictionary_free(struct dictionary *dictionary);
size_t dictionary_bound(size_t len); /* room that packing so many bytes may need */
enum err dictionary_pack(const struct dictionary *dictionary, str text, struct buf *out) MUST_USE;
/* ERR_SYNTAX: not one whole frame, or of more than `max` bytes. */
enum err dictionary_unpack(const struct dictionary *dictionary, str packed, size_t max,
                           struct arena *arena, str *ret) MUST_USE;

#endif
