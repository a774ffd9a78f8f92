/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A preloaded clock for tests: the wall clock of the program runs $CLOCK_AHEAD_S seconds ahead, or
 * as many as stand in the file $CLOCK_FILE (eight bytes, little-endian, read anew at every look), so
 * that a test can step the clock of a running node. The program itself has no door for that. The
 * older calls are here for the test's own runtime and browser, which tests/suite sets ahead with it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t fixed_s;
static const volatile int64_t *ahead_s = &fixed_s;

__attribute__((constructor)) static void look(void)
{
    const char *text = getenv("CLOCK_AHEAD_S");
    const char *path = getenv("CLOCK_FILE");
    fixed_s = text ? strtol(text, NULL, 10) : 0;
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *map = mmap(NULL, sizeof *ahead_s, PROT_READ, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED)
        ahead_s = map;
    (void)close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
    int got = (int)syscall(SYS_clock_gettime, clock, ret);
    if (got == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        ret->tv_sec += *ahead_s;
    return got;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
    int got = (int)syscall(SYS_gettimeofday, ret, zone);
    if (got == 0)
        ret->tv_sec += *ahead_s;
    return got;
}

time_t time(time_t *ret)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (ret)
        *ret = now.tv_sec;
    return now.tv_sec;
}
