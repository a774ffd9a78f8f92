/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of the internet in reports are written so that nobody clicks on them:
 * hxxps://example[.]org, 192[.]0[.]2[.]1, example(dot)org, fxp://. This puts them back. Blanks
 * inside are dropped too: they come from line breaks in mails.
 */
#ifndef TYPE_DEFANG_H
#define TYPE_DEFANG_H

#include "type/type.h"

/* From the arena; the empty text when the arena is full. */
str defang_undo(str text, struct arena *arena);

#endif
