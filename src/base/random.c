/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System randomness by getrandom in 4 KiB draws, wiped as it is handed out; xoshiro256++ (Blackman,
 * Vigna) when seeded.
 */
#include "base/random.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "base/assert.h"

static _Thread_local struct {
    unsigned char bytes[4096];
    size_t left;
    unsigned generation;
} pool;

/* A forked child must not repeat its parent's draw; asking for the process id is a system call. */
static unsigned forks;

static void count_fork(void)
{
    forks++;
}

static void watch_forks(void)
{
    ensure(pthread_atfork(NULL, NULL, count_fork) == 0);
}

static void draw(void *out, size_t size)
{
    unsigned char *at = out;
    while (size) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        ensure(got > 0);
        at += got;
        size -= (size_t)got;
    }
}

void random_bytes(void *out, size_t size)
{
    if (size > sizeof pool.bytes / 4) {
        draw(out, size);
        return;
    }
    if (pool.left < size || pool.generation != forks) {
        static pthread_once_t once = PTHREAD_ONCE_INIT;
        pthread_once(&once, watch_forks);
        draw(pool.bytes, sizeof pool.bytes);
        pool.left = sizeof pool.bytes;
        pool.generation = forks;
    }
    unsigned char *from = pool.bytes + sizeof pool.bytes - pool.left;
    memcpy(out, from, size);
    explicit_bzero(from, size);
    pool.left -= size;
}

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

void random_seed(struct random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++) { /* splitmix64, as the authors advise */
        seed += 0x9E3779B97F4A7C15ull;
        uint64_t z = seed;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ z >> 27) * 0x94D049BB133111EBull;
        random->state[i] = z ^ z >> 31;
    }
}

uint64_t random_u64(struct random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    return (uint64_t)((__uint128_t)random_u64(random) * bound >> 64);
}

double random_unit(struct random *random)
{
    return (double)(random_u64(random) >> 11) * 0x1.0p-53;
}
