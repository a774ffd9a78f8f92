/* SPDX-License-Identifier: Apache-2.0 */
/* guess: the kind of a file, from its beginning. The child's. */
#ifndef INTAKE_GUESS_H
#define INTAKE_GUESS_H

#include "base/base.h"

struct guess {
    const char *type; /* csv, fixed, ndjson, json, xml */
    char items[256];  /* where the items of a json or xml file seem to lie; empty: at the top */
    char reason[96];
};
/* text: the beginning of the file as UTF-8; may end anywhere. */
void guess_type(str text, struct guess *ret);

#endif
