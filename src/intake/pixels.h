/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures as plain RGB rows, and what the child does with them: shrink, turn, encode. */
#ifndef INTAKE_PIXELS_H
#define INTAKE_PIXELS_H

#include "base/base.h"

struct pixels {
    uint32_t width, height;
    unsigned char *rgb; /* 3 bytes a pixel, no padding; free() */
};
enum { PIXELS_MAX = 64 << 20, PIXELS_SIDE_MAX = 30000 };

/*
 * Decodes JPEG (scaled down while decoding when far larger than `side`) or PNG. ERR_BAD_VALUE,
 * ERR_LIMIT.
 */
enum err pixels_decode(str content, uint32_t side, struct pixels *ret) MUST_USE;
/* Averages down so that no side is longer than `side`; smaller pictures are copied. */
enum err pixels_shrink(const struct pixels *from, uint32_t side, struct pixels *ret) MUST_USE;
/* Turns in place per EXIF orientation 1..8 (1: nothing to do). */
enum err pixels_turn(struct pixels *pixels, unsigned orientation) MUST_USE;
/* EXIF orientation of a JPEG, 1 when it has none. */
unsigned exif_orientation(str content);
/* JPEG, 4:2:0, no metadata. */
enum err pixels_encode(const struct pixels *pixels, int quality, struct buf *out) MUST_USE;
void pixels_release(struct pixels *pixels);

#endif
