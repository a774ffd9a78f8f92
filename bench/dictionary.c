/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trains the dictionary the audit log begins with (src/audit/dictionary.zdict) on entries that are
 * all made up, and says what it does to others. A new one gets a new file in the source: what was
 * packed with an old one is read with the copy that lies beside the log.
 *
 *   build/release/bench/dictionary FILE [BYTES]      3,072 bytes
 */
#include "codec/dictionary.h"

#include <stdlib.h>
#include <zdict.h>

#include "base/io.h"

#include "../tests/entries.h"
#include "audit/internal.h"

#include "bench.h"

enum { SAMPLES = 40000, TRIED = 20000, SIZE = 3072, SIZE_MAX_BYTES = 112640, SEED = 20261122 };

static void try_on_others(str bytes)
{
    struct dictionary *dictionary = NULL;
    struct random random;
    static struct made made;
    struct buf text = {0}, packed = {0};
    size_t plain = 0, left = 0;
    must(dictionary_new(bytes, &dictionary));
    random_seed(&random, SEED + 1);
    for (unsigned i = 0; i < TRIED; i++) {
        buf_clear(&text);
        buf_clear(&packed);
        make_any_entry(&random, i, &made);
        entry_encode(&made.entry, &text);
        must(dictionary_pack(dictionary, buf_str(&text), &packed));
        plain += text.len;
        left += packed.len;
    }
    printf("a dictionary of %zu bytes: of others, %.1f bytes each, it leaves %.1f\n", bytes.len,
           (double)plain / TRIED, (double)left / TRIED);
    buf_release(&text);
    buf_release(&packed);
    dictionary_free(dictionary);
}

int main(int argc, char **argv)
{
    uint64_t size = SIZE;
    struct random random;
    static struct made made;
    struct buf texts = {.max = 1u << 30};
    static char out[SIZE_MAX_BYTES];
    size_t *sizes = calloc(SAMPLES, sizeof *sizes);
    if (argc < 2 || !sizes || (argc > 2 && !str_to_u64(str_c(argv[2]), SIZE_MAX_BYTES, &size)))
        return 2;
    random_seed(&random, SEED);
    for (unsigned i = 0; i < SAMPLES; i++) {
        size_t before = texts.len;
        make_any_entry(&random, i, &made);
        made.entry.time_us = 1795000000000000 + (int64_t)below(&random, 1u << 31) * 1000;
        entry_encode(&made.entry, &texts);
        sizes[i] = texts.len - before;
    }
    size_t len = ZDICT_trainFromBuffer(out, (size_t)size, texts.ptr, sizes, SAMPLES);
    if (ZDICT_isError(len))
        return 1;
    must(io_replace(argv[1], str_of(out, len)));
    try_on_others(str_of(out, len));
    buf_release(&texts);
    free(sizes);
    return 0;
}
