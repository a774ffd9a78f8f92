/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every benchmark begins with: an error is said, and ends it.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"

static inline void must(enum err code)
{
    char text[1024];
    if (!code)
        return;
    fprintf(stderr, "bench: %s\n", err_format(err_last(), text, sizeof text));
    exit(1);
}

#endif
