/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that does at most 270 syncs a second, for a server as it is delivered:
 *
 *   make build/release/bench/slow_disk.so
 *   LD_PRELOAD=$PWD/build/release/bench/slow_disk.so build/bureau serve --rate 0
 *
 * Each fdatasync and fsync does its work and then takes a 270th of a second more.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef int sync_call(int fd);

static int held(const char *name, int fd)
{
    const struct timespec delay = {0, 1000000000 / 270};
    void *found = dlsym(RTLD_NEXT, name);
    sync_call *real = NULL;
    if (!found)
        abort();
    *(void **)&real = found;
    nanosleep(&delay, NULL);
    return real(fd);
}

int fdatasync(int fd)
{
    return held("fdatasync", fd);
}

int fsync(int fd)
{
    return held("fsync", fd);
}
