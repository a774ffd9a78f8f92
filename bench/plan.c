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
#include <zdict.h>
#include <zstd.h>

#include "base/io.h"
#include "base/random.h"

#include "../tests/scratch.h"
#include "audit/internal.h"

#include "bench.h"

enum { SAMPLES = 20000, DICTIONARY = 112640, PAD = 32, OUT_MAX = 1 << 16, LENGTHS = 4096 };

/* ---- entries ---- */

struct made {
    char officer[16], unit[32], country[4], query[320], reference[32], terminal[16];
    struct actor actor;
    struct audit_shown shown[3];
    struct audit_entry entry;
};

static unsigned below(struct random *random, unsigned n)
{
    return (unsigned)random_below(random, n);
}

static void make_word(struct random *random, char *out, unsigned len)
{
    static const char often[] = "eeeeaaaaiioonnrrtslldmucpbgvfhkjyzw";
    for (unsigned i = 0; i < len; i++)
        out[i] = often[below(random, sizeof often - 1)];
    out[len] = '\0';
}

static void make_query(struct random *random, char out[320])
{
    char family[16], given[16], born[16], country[4];
    make_word(random, family, 4 + below(random, 8));
    make_word(random, given, 3 + below(random, 7));
    make_word(random, country, 3);
    snprintf(born, sizeof born, "%u-%02u-%02u", 1940 + below(random, 70), 1 + below(random, 12),
             1 + below(random, 28));
    unsigned kind = below(random, 100);
    if (kind < 60)
        snprintf(out, 320,
                 "[{\"document-number\":[\"%c%c%07u\"],\"issuer\":[\"%s\"],\"birth-date\":[\"%s\"],"
                 "\"name\":[\"%s %s\"]}]",
                 'A' + below(random, 26), 'A' + below(random, 26), below(random, 10000000), country,
                 born, given, family);
    else if (kind < 80)
        snprintf(out, 320, "[{\"name\":[\"%s %s\"],\"birth-date\":[\"%s\"]}]", given, family, born);
    else if (kind < 95)
        snprintf(out, 320, "[{\"registration\":[\"%c%c %03u %c%c\"],\"issuer\":[\"%s\"]}]",
                 'A' + below(random, 26), 'A' + below(random, 26), below(random, 1000),
                 'A' + below(random, 26), 'A' + below(random, 26), country);
    else
        snprintf(out, 320, "[{\"serial-number\":[\"%c%c%08u\"]}]", 'A' + below(random, 26),
                 'A' + below(random, 26), below(random, 100000000));
}

static void make_actor(struct random *random, struct made *made)
{
    unsigned unit = below(random, 10000), country = unit % 100;
    snprintf(made->country, sizeof made->country, "%c%c%c", 'A' + country % 26,
             'A' + country * 7 % 26, 'A' + country * 11 / 26 % 26);
    snprintf(made->officer, sizeof made->officer, "o-%u", 1000 + unit * 10 + below(random, 10));
    snprintf(made->unit, sizeof made->unit, "%s/border-%u", made->country, unit);
    snprintf(made->terminal, sizeof made->terminal, "t-%u", unit * 3 + below(random, 3));
    made->actor = (struct actor){.officer = str_c(made->officer),
                                 .unit = str_c(made->unit),
                                 .country = str_c(made->country),
                                 .role = below(random, 4) ? S("frontline") : S("investigator"),
                                 .session = below(random, 1u << 30),
                                 .terminal = str_c(made->terminal)};
    if (below(random, 4) == 0) {
        snprintf(made->reference, sizeof made->reference, "C-2026-%06u", below(random, 1000000));
        made->actor.reference = str_c(made->reference);
    }
}

static void make_entry(struct random *random, unsigned i, struct made *made)
{
    static const struct hash catalog = {{0x5A, 0x11, 0xC7, 0x90, 0x3E, 0x88, 0x42, 0xD1, 0x6B}};
    unsigned kind = i % 100;
    make_actor(random, made);
    make_query(random, made->query);
    made->entry = (struct audit_entry){.kind = kind < 99 ? AUDIT_SEARCH : AUDIT_READ,
                                       .time_us = clock_now_us(),
                                       .actor = &made->actor,
                                       .purpose = S("border-control"),
                                       .databases = S("*"),
                                       .query = kind < 99 ? str_c(made->query) : STR_EMPTY,
                                       .verdict = kind < 95 ? S("nothing-found") : S("match"),
                                       .catalog = catalog,
                                       .feed_seq = 40000000 + i / 50,
                                       .took_us = 30 + below(random, 400),
                                       .shown = made->shown,
                                       .shown_count = kind < 95   ? 0
                                                      : kind < 99 ? 1 + below(random, 3)
                                                                  : 1};
    for (size_t k = 0; k < made->entry.shown_count; k++)
        made->shown[k] =
            (struct audit_shown){{below(random, 100), random_u64(random) >> 30}, 1, DISCLOSE_FULL};
}

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
    snprintf(path, sizeof path, "%s/audit/lookup/covered", root);
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
    int level;
    bool has_dictionary;
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

/* Bodies from `from` on: those before it trained the dictionary. */
static void compress_each(const struct bodies *bodies, size_t from, const struct trial *trial,
                          const char *dictionary, size_t dictionary_len)
{
    struct lengths plain = {{0}, 0, 0}, padded = {{0}, 0, 0};
    static char out[OUT_MAX];
    size_t at = 0;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CDict *dict = ZSTD_createCDict(dictionary, dictionary_len, trial->level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, trial->level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0);
    if (trial->has_dictionary)
        ZSTD_CCtx_refCDict(context, dict);
    for (size_t i = 0; i < bodies->count; at += bodies->sizes[i++]) {
        size_t len = bodies->sizes[i];
        if (i < from)
            continue;
        if (trial->level)
            len = ZSTD_compress2(context, out, sizeof out, bodies->bytes.ptr + at, len);
        count_length(&plain, len);
        count_length(&padded, (len + PAD - 1) / PAD * PAD);
    }
    printf("  %-34s ", trial->what);
    print_lengths(&plain);
    printf("; padded to %d: ", PAD);
    print_lengths(&padded);
    printf("\n");
    ZSTD_freeCDict(dict);
    ZSTD_freeCCtx(context);
}

static void compress_bodies(const struct bodies *bodies)
{
    static const struct trial trials[] = {{"bodies as they are", 0, false},
                                          {"zstd -3, each by itself", 3, false},
                                          {"zstd -19, each by itself", 19, false},
                                          {"zstd -3, trained dictionary", 3, true},
                                          {"zstd -19, trained dictionary", 19, true}};
    size_t half = bodies->count / 2 < SAMPLES ? bodies->count / 2 : SAMPLES;
    char *dictionary = malloc(DICTIONARY);
    if (!dictionary)
        exit(1);
    size_t len = ZDICT_trainFromBuffer(dictionary, DICTIONARY, bodies->bytes.ptr, bodies->sizes,
                                       (unsigned)half);
    if (ZDICT_isError(len))
        exit(1);
    printf("contents before they are sealed; a dictionary of %zu bytes trained on %zu others\n",
           len, half);
    for (size_t i = 0; i < COUNT_OF(trials); i++)
        compress_each(bodies, half, &trials[i], dictionary, len);
    free(dictionary);
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
    compress_bodies(&bodies);
    compress_segment(scratch.path, 3);
    compress_segment(scratch.path, 19);
    buf_release(&bodies.bytes);
    free(bodies.sizes);
    scratch_remove(&scratch);
    return 0;
}
