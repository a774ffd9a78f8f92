/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every durable figure stands beside: what one fdatasync costs on this disk, in this minute.
 */
#ifndef BENCH_DURABLE_H
#define BENCH_DURABLE_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static inline int durable_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The time at a share (0..1) of sorted times, in milliseconds. */
static inline double durable_at(const int64_t *sorted_us, size_t count, double share)
{
    size_t at = (size_t)((double)count * share);
    return (double)sorted_us[at < count ? at : count - 1] / 1000.0;
}

/* Appends 300 blocks of 4 KiB to a file in `directory`, a sync each. */
static inline void durable_probe(const char *directory)
{
    enum { COUNT = 300, BLOCK = 4096 };
    static const char block[BLOCK];
    static int64_t times[COUNT];
    char path[600];
    snprintf(path, sizeof path, "%s/probe", directory);
    struct timespec before, after;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    for (size_t i = 0; i < COUNT; i++) {
        int64_t start = clock_monotonic_us();
        if (pwrite(fd, block, BLOCK, (off_t)(i * BLOCK)) != BLOCK || fdatasync(fd) < 0)
            abort();
        times[i] = clock_monotonic_us() - start;
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    close(fd);
    unlink(path);
    double cpu_us = (double)(after.tv_sec - before.tv_sec) * 1e6 +
                    (double)(after.tv_nsec - before.tv_nsec) / 1e3;
    qsort(times, COUNT, sizeof *times, durable_compare);
    printf("  fdatasync of this minute: p50 %.2f ms, p99 %.2f ms, %.0f us of processor each\n",
           durable_at(times, COUNT, 0.5), durable_at(times, COUNT, 0.99), cpu_us / COUNT);
}

#endif
