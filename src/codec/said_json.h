/* SPDX-License-Identifier: Apache-2.0 */
/* Marked texts (base/said.h) for who says them in another language. */
#ifndef CODEC_SAID_JSON_H
#define CODEC_SAID_JSON_H

#include "base/buf.h"
#include "base/str.h"

/* The title of a code in the language of the answer; empty: the English one serves. */
struct said_titles {
    str (*title)(const void *context, str list, str code);
    const void *context;
};

/*
 * [{"say": "{1} = {2} ({3})", "with": ["mohamed", "muhammad", {"say": "sounds alike"}]}]: an item
 * for each sentence; a value is a text, a sentence, or a list of these.
 */
void said_json(str text, const struct said_titles *titles, struct buf *out);

#endif
