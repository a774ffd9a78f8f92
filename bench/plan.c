/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an entry of the audit log takes on disk, file by file, and what compression would take off:
 * the figures of docs/audit-plan.md. Entries vary as those of a network do: 100 countries, 10,000
 * units, 100,000 officers; of a hundred, 95 searches that find nothing, 4 that show, 1 read.
 *   build/release/bench/plan [ENTRIES]
 */
#include <dirent.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <zdict.h>
#include <zstd.h>

#include "base/io.h"

#include "../tests/entries.h"
#include "../tests/scratch.h"
#include "audit/internal.h"

#include "bench.h"

enum { SAMPLES = 20000, DICTIONARY = 112640, OUT_MAX = 1 << 16, LENGTHS = 4096 };

/* ---- sizes ---- */

static uint64_t bytes_in(const char *directory, const char *ending, unsigned *ret_files)
{
    uint64_t sum = 0;
    DIR *dir = opendir(directory);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): safe on a stream of one's own */
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[AUDIT_PATH];
        struct stat about;
        snprintf(path, sizeof path, "%.3000s/%s", directory, entry->d_name);
        if (!str_ends(str_c(entry->d_name), str_c(ending)) || stat(path, &about) < 0 ||
            !S_ISREG(about.st_mode))
            continue;
        sum += (uint64_t)about.st_size;
        ++*ret_files;
    }
    if (dir)
        closedir(dir);
    return sum;
}

static void print_sizes(const char *root, uint64_t entries)
{
    static const struct {
        const char *what, *directory, *ending;
    } parts[] = {{"segments", "audit", ".log"}, {"places", "audit", "places"},
                 {"tree", "audit/tree", ""},    {"lookup", "audit/lookup", ""},
                 {"keys", "audit/keys", ""},    {"checkpoint", "audit", "checkpoint"}};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        char path[1024];
        unsigned files = 0;
        snprintf(path, sizeof path, "%s/%s", root, parts[i].directory);
        uint64_t bytes = bytes_in(path, parts[i].ending, &files);
        printf("  %-12s %12llu bytes in %3u files, %8.3f an entry\n", parts[i].what,
               (unsigned long long)bytes, files, (double)bytes / (double)entries);
    }
}

/* Rows of what showed nothing end with their day, the others with their month. */
static void print_rows(const struct lookup *lookup, uint64_t entries)
{
    uint64_t rows[2] = {0};
    for (size_t i = 0; i < lookup->run_count; i++)
        rows[(lookup->runs[i].period & PERIOD_IS_MONTH) != 0] += lookup->runs[i].count;
    printf("  rows of days %.2f, of months %.2f, for each entry\n",
           (double)rows[0] / (double)entries, (double)rows[1] / (double)entries);
}

/* The lookup is lost, and made again from the log. */
static void make_again(const char *root, uint64_t entries)
{
    struct audit *audit;
    char path[1024];
    snprintf(path, sizeof path, "%s/audit/lookup/manifest", root);
    must(io_remove(path));
    int64_t began = clock_monotonic_us();
    must(audit_open(root, &audit));
    must(lookup_seal(&audit->lookup, entries));
    lookup_settle(&audit->lookup);
    printf("  lookup made again: %.0f entries a second\n",
           (double)entries * 1e6 / (double)(clock_monotonic_us() - began));
    print_rows(&audit->lookup, entries);
    audit_close(audit);
}

/* ---- compression ---- */

struct bodies {
    struct buf bytes;
    size_t *sizes;
    size_t count;
};
struct trial {
    const char *what;
    int level; /* 0: not packed */
    str dictionary;
};

struct lengths {
    size_t of[LENGTHS], count, sum;
};

static void count_length(struct lengths *lengths, size_t len)
{
    lengths->of[len < LENGTHS ? len : LENGTHS - 1]++;
    lengths->count++;
    lengths->sum += len;
}

/* How much a length tells who sees nothing else: its entropy in bits. */
static void print_lengths(const struct lengths *lengths)
{
    double bits = 0, count = (double)lengths->count;
    for (size_t i = 0; i < LENGTHS; i++)
        if (lengths->of[i])
            bits -= (double)lengths->of[i] / count * log2((double)lengths->of[i] / count);
    printf("%6.1f bytes each, a length tells %.1f bits", (double)lengths->sum / count, bits);
}

/* Of this thread: what else the machine does is not in it. */
static double processor_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* Bodies from `from` on: those before it may have trained the dictionary. */
static void compress_each(const struct bodies *bodies, size_t from, const struct trial *trial)
{
    static const size_t steps[] = {1, 16, 32};
    static char out[OUT_MAX];
    struct lengths lengths[COUNT_OF(steps)] = {0};
    size_t at = 0;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CDict *dict = ZSTD_createCDict(trial->dictionary.ptr, trial->dictionary.len, trial->level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, trial->level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0);
    if (trial->dictionary.len)
        ZSTD_CCtx_refCDict(context, dict);
    double began = processor_us();
    for (size_t i = 0; i < bodies->count; at += bodies->sizes[i++]) {
        size_t len = bodies->sizes[i];
        if (i < from)
            continue;
        if (trial->level)
            len = ZSTD_compress2(context, out, sizeof out, bodies->bytes.ptr + at, len) - 4;
        for (size_t k = 0; k < COUNT_OF(steps); k++) /* a byte says where it ends */
            count_length(&lengths[k], steps[k] > 1 ? (len + steps[k]) / steps[k] * steps[k] : len);
    }
    double took = (processor_us() - began) / (double)lengths[0].count;
    for (size_t k = 0; k < COUNT_OF(steps); k++) {
        printf("  %-36s step %2zu: ", trial->what, steps[k]);
        print_lengths(&lengths[k]);
        printf("; %.1f us\n", took);
    }
    ZSTD_freeCDict(dict);
    ZSTD_freeCCtx(context);
}

/* One of the log's own, without the hash before it. */
static str own_dictionary(const char *root, unsigned number)
{
    char path[1024];
    char *bytes = NULL;
    size_t len = 0;
    snprintf(path, sizeof path, "%.900s/audit/dictionary-%u", root, number);
    must(io_read_file(path, DICTIONARY_BYTES, &bytes, &len));
    return str_from(str_of(bytes, len), HASH_SIZE); /* kept until the end */
}

static void compress_bodies(const struct bodies *bodies, const char *root)
{
    size_t half = bodies->count / 2 < SAMPLES ? bodies->count / 2 : SAMPLES;
    char *trained = malloc(DICTIONARY);
    if (!trained)
        exit(1);
    size_t len = ZDICT_trainFromBuffer(trained, DICTIONARY, bodies->bytes.ptr, bodies->sizes,
                                       (unsigned)half);
    if (ZDICT_isError(len))
        exit(1);
    const struct trial trials[] = {
        {"as they are", 0, STR_EMPTY},
        {"zstd -3, each by itself", 3, STR_EMPTY},
        {"zstd -1, the program's dictionary", 1, own_dictionary(root, 1)},
        {"zstd -1, that and the catalog", 1, own_dictionary(root, 2)},
        {"zstd -19, that and the catalog", 19, own_dictionary(root, 2)},
        {"zstd -1, 110 KiB of these entries", 1, str_of(trained, len)},
    };
    printf("contents before they are sealed\n");
    for (size_t i = 0; i < COUNT_OF(trials); i++)
        compress_each(bodies, half, &trials[i]);
    free(trained);
}

/* The first segment, written or not: zeros reserved behind its end are left out. */
static void compress_segment(const char *root, int level)
{
    char path[AUDIT_PATH], directory[1024];
    char *data = NULL;
    size_t len = 0;
    snprintf(directory, sizeof directory, "%s/audit", root);
    segment_path(directory, 1, path);
    must(io_read_file(path, 1 << 28, &data, &len));
    while (len && !data[len - 1])
        len--;
    size_t max = ZSTD_compressBound(len);
    char *out = malloc(max);
    int64_t began = clock_monotonic_us();
    size_t packed = out ? ZSTD_compress(out, max, data, len, level) : 0;
    printf("  a sealed segment of %zu bytes, zstd -%d: %zu, %.1f in 100; %.0f MB/s\n", len, level,
           packed, 100.0 * (double)packed / (double)len,
           (double)len / (double)(clock_monotonic_us() - began));
    free(out);
    free(data);
}

/* ---- all of it ---- */

static void on_durable(void *context, enum err code)
{
    (void)context;
    must(code);
}

static void append(struct audit *audit, const struct audit_entry *entry)
{
    char receipt[RECEIPT_TEXT];
    while (audit_append(audit, entry, on_durable, NULL, receipt) == ERR_BUSY) {
        err_clear();
        sched_yield();
    }
}

int main(int argc, char **argv)
{
    uint64_t entries = 300000;
    static struct made made;
    struct bodies bodies = {.bytes = {.max = 1u << 31}};
    struct random random;
    struct scratch scratch;
    struct audit *audit;
    if (argc > 1 && !str_to_u64(str_c(argv[1]), 4000000, &entries))
        return 2;
    must(crypto_init());
    scratch_make(&scratch);
    random_seed(&random, 3);
    bodies.sizes = calloc(entries, sizeof *bodies.sizes);
    must(audit_open(scratch.path, &audit));
    for (unsigned i = 0; i < entries && bodies.sizes; i++) {
        size_t before = bodies.bytes.len;
        make_entry(&random, i, &made);
        if (!i)
            must(audit_expect(audit, &made.entry.catalog));
        append(audit, &made.entry);
        if (bodies.count < 3 * SAMPLES) {
            entry_encode(&made.entry, &bodies.bytes);
            bodies.sizes[bodies.count++] = bodies.bytes.len - before;
        }
    }
    audit_close(audit);
    must(audit_open(scratch.path, &audit));
    must(lookup_seal(&audit->lookup, entries)); /* what is in memory lies in runs, too */
    lookup_settle(&audit->lookup);
    audit_close(audit);
    printf("%llu entries: 95 in 100 found nothing, 4 showed one to three, 1 read\n",
           (unsigned long long)entries);
    print_sizes(scratch.path, entries);
    make_again(scratch.path, entries);
    compress_bodies(&bodies, scratch.path);
    compress_segment(scratch.path, 3);
    compress_segment(scratch.path, 19);
    buf_release(&bodies.bytes);
    free(bodies.sizes);
    scratch_remove(&scratch);
    return 0;
}
