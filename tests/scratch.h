/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of its own for each test, removed afterwards; in memory where TMPDIR says so. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct scratch {
    char path[512];
};

static inline void scratch_make(struct scratch *scratch)
{
    const char *base = getenv("TMPDIR");
    snprintf(scratch->path, sizeof scratch->path, "%s/bureau-test.XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(scratch->path))
        abort();
}

static inline int scratch_remove_one(const char *path, const struct stat *about, int kind,
                                     struct FTW *place)
{
    (void)about, (void)kind, (void)place;
    return remove(path);
}

static inline void scratch_remove(struct scratch *scratch)
{
    nftw(scratch->path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
