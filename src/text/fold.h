/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One key for what people write differently and mean the same: "CÔTE D’IVOIRE", "Cote d'Ivoire",
 * "côte-d'ivoire". Compatibility forms and case are folded (NFKC_Casefold), marks dropped, letters
 * with strokes spelled plainly, punctuation becomes one blank; a dot between digits stays ("7.62"),
 * and so does '+'. For code lists and words, not for names of persons: those are romanised with far
 * more care.
 */
#ifndef TEXT_FOLD_H
#define TEXT_FOLD_H

#include "base/str.h"

enum { TEXT_FOLD_MAX = 1024 }; /* bytes of a key; a code's name or a street line is never longer */

/*
 * Writes the key of valid UTF-8 to out; returns its length, 0 when nothing is left or it does not
 * fit.
 */
size_t text_fold(str text, char out[TEXT_FOLD_MAX]);

#endif
