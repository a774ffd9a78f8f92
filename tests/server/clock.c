/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A preloaded clock for tests: the wall clock of the program runs $CLOCK_AHEAD_S seconds ahead. The
 * program itself has no door for that.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *ret)
{
    static long ahead_s = -1;
    if (ahead_s < 0) {
        const char *text = getenv("CLOCK_AHEAD_S");
        ahead_s = text ? strtol(text, NULL, 10) : 0;
    }
    int got = (int)syscall(SYS_clock_gettime, clock, ret);
    if (got == 0 && clock == CLOCK_REALTIME)
        ret->tv_sec += ahead_s;
    return got;
}
