/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Randomness: from the system for keys and salts, seeded (xoshiro256++) for samples and tests: same
 * seed, same bytes.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state[4];
};

/*
 * Fills out from the system's generator; buffered per thread, so that a salt a row costs no system
 * call.
 */
void random_bytes(void *out, size_t size);
void random_seed(struct random *random, uint64_t seed);
uint64_t random_u64(struct random *random);
/* Even in [0, bound); bound 0 gives 0. */
uint64_t random_below(struct random *random, uint64_t bound);
double random_unit(struct random *random); /* [0, 1) */

#endif
