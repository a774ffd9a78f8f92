/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fault programs share: rounds from a seed, and a way to fail that says how to see it
 * again: `agree: round 3, cut 7, seed 41, line 268: not so: ...` is seen again with `agree 1 41`.
 */
#ifndef FAULT_ROUND_H
#define FAULT_ROUND_H

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/random.h"
#include "base/str.h"

static struct {
    const char *program;
    uint64_t rounds, round; /* from 1 */
    unsigned long seed;     /* of this round */
    int cut;                /* power failure within the round; 0: none yet */
    struct random random;
} fault;

static inline void fault_end(int line, const char *words, const char *what)
{
    fprintf(stderr, "%s: round %llu, cut %d, seed %lu, line %d: %s%s\n", fault.program,
            (unsigned long long)fault.round, fault.cut, fault.seed, line, words, what);
    exit(1);
}

#define must(code) must_at((code), __LINE__)
static inline void must_at(enum err code, int line)
{
    char text[1024];
    if (code)
        fault_end(line, "", err_format(err_last(), text, sizeof text));
}

#define check(condition) check_at((condition), #condition, __LINE__)
static inline void check_at(bool is_true, const char *what, int line)
{
    if (!is_true)
        fault_end(line, "not so: ", what);
}

static inline uint64_t below(uint64_t bound)
{
    return random_below(&fault.random, bound);
}

/* PROGRAM [ROUNDS [SEED]]: one_round() is called for each, its numbers drawn from SEED + round - 1. */
static inline bool fault_rounds(const char *program, int argc, char **argv, void (*one_round)(void))
{
    uint64_t first_seed = 1;
    fault.program = program;
    fault.rounds = 5;
    if (argc > 3 || (argc > 1 && !str_to_u64(str_c(argv[1]), 1000000, &fault.rounds)) ||
        (argc > 2 && !str_to_u64(str_c(argv[2]), INT64_MAX, &first_seed))) {
        fprintf(stderr, "usage: %s [ROUNDS [SEED]]\n", program);
        return false;
    }
    for (fault.round = 1; fault.round <= fault.rounds; fault.round++) {
        fault.seed = (unsigned long)(first_seed + fault.round - 1);
        fault.cut = 0;
        random_seed(&fault.random, fault.seed);
        one_round();
    }
    return true;
}

#endif
