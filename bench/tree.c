/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree over the audit log alone: growing it, and proofs from it.
 *   build/release/bench/tree [ENTRIES]
 */
#include "audit/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "../tests/scratch.h"
#include "audit/proof.h"

#include "bench.h"
#include "durable.h"

enum { PIECE = 100000, PROOFS = 2000 };

/* Leaf i is known again without being kept. */
static void leaf_of(uint64_t i, struct hash *ret)
{
    for (int k = 0; k < 4; k++) {
        uint64_t word = hash_mix(i + 1, (uint64_t)k);
        memcpy(ret->bytes + 8 * k, &word, 8);
    }
}

static void grow(struct tree *tree, uint64_t entries)
{
    struct hash *leaves = calloc(PIECE, sizeof *leaves);
    int64_t took = 0;
    for (uint64_t at = 0; at < entries; at += PIECE) {
        size_t count = entries - at < PIECE ? (size_t)(entries - at) : PIECE;
        for (size_t i = 0; i < count; i++)
            leaf_of(at + i, &leaves[i]);
        int64_t start = clock_monotonic_us();
        must(tree_add(tree, str_of((const char *)leaves, count * HASH_SIZE)));
        took += clock_monotonic_us() - start;
    }
    printf("%llu entries grown at %.2f million/s\n", (unsigned long long)entries,
           (double)entries / (double)took);
    free(leaves);
}

/* What one proof took of this thread, and what it waited for meanwhile. */
struct took {
    int64_t wall_us, processor_us;
    long put_aside, disk; /* another had the processor; blocks that were read */
};

static struct took now(void)
{
    struct rusage used;
    struct timespec time;
    getrusage(RUSAGE_THREAD, &used);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (struct took){clock_monotonic_us(), time.tv_sec * 1000000 + time.tv_nsec / 1000,
                         used.ru_nivcsw, used.ru_inblock};
}

static void say(const struct took *took, size_t path)
{
    static int64_t walls[PROOFS], processors[PROOFS];
    unsigned slow = 0, put_aside = 0, disk = 0;
    for (size_t i = 0; i < PROOFS; i++) {
        walls[i] = took[i].wall_us;
        processors[i] = took[i].processor_us;
        if (took[i].wall_us < 1000)
            continue;
        slow++;
        disk += took[i].disk > 0;
        put_aside += took[i].disk == 0 && took[i].put_aside > 0;
    }
    qsort(walls, PROOFS, sizeof *walls, durable_compare);
    qsort(processors, PROOFS, sizeof *processors, durable_compare);
    printf(
        "inclusion proof of %zu hashes: median %lld us, p99 %lld us; processor %lld and %lld us\n",
        path, (long long)walls[PROOFS / 2], (long long)walls[PROOFS * 99 / 100],
        (long long)processors[PROOFS / 2], (long long)processors[PROOFS * 99 / 100]);
    printf("above a millisecond: %u of %d; %u read the disk, %u others had the processor\n", slow,
           PROOFS, disk, put_aside);
}

static void prove(const struct tree *tree, uint64_t entries)
{
    static struct took took[PROOFS];
    struct random random;
    struct hash root, leaf, path[PROOF_MAX];
    size_t count = 0;
    random_seed(&random, 7);
    must(tree_root(tree, entries, &root));
    for (size_t i = 0; i < PROOFS; i++) {
        uint64_t index = random_below(&random, entries);
        struct took before = now();
        must(tree_inclusion(tree, index, entries, path, &count));
        struct took after = now();
        took[i] =
            (struct took){after.wall_us - before.wall_us, after.processor_us - before.processor_us,
                          after.put_aside - before.put_aside, after.disk - before.disk};
        leaf_of(index, &leaf);
        if (!inclusion_holds(&leaf, index, entries, path, count, &root))
            must(err_set(ERR_INTERNAL, "a proof does not hold"));
    }
    say(took, count);
}

int main(int argc, char **argv)
{
    uint64_t entries = 10000000;
    static struct tree tree;
    struct scratch scratch;
    bool is_complete;
    if (argc > 1 && !str_to_u64(str_c(argv[1]), UINT32_MAX, &entries))
        return 2;
    must(crypto_init());
    scratch_make(&scratch);
    must(tree_open(&tree, scratch.path, 0, &is_complete));
    grow(&tree, entries);
    prove(&tree, entries);
    tree_close(&tree);
    scratch_remove(&scratch);
    return 0;
}
