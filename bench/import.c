/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Import, end to end: a national CSV of travel documents through parser, mapping, checks,
 * comparison,
 * store and index into a node made for it, with somebody else writing a record twenty times a
 * second.
 *
 *   build/release/bench/import [ROWS]                    1,000,000 by default; then the same file
 *   again
 *   build/release/bench/import FORMAT OWNER FILE...      files of one's own
 *   build/release/bench/import --file PATH ROWS          only writes the CSV, for a peer
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "../bench/durable.h"
#include "codec/json.h"
#include "intake/intake.h"

enum { WRITES_MAX = 100000 };

static void die(const char *what)
{
    char words[1024];
    fprintf(stderr, "%s: %s\n", what, err_format(err_last(), words, sizeof words));
    exit(1);
}

/* ---- the other writer ---- */

struct writer {
    struct store *store;
    atomic_bool is_over;
    int64_t times[WRITES_MAX];
    size_t count;
};

static void *write_records(void *context)
{
    struct writer *writer = context;
    while (!atomic_load(&writer->is_over) && writer->count < WRITES_MAX) {
        struct change change = {.kind = CHANGE_PUT,
                                .definition = S("import-batch"),
                                .definition_version = 1,
                                .owner = S("UTO"),
                                .actor = S("desk"),
                                .body =
                                    S("{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"search\"],"
                                      "\"review_on\":\"2031-01-01\"},\"fields\":{}}")};
        struct committed done;
        int64_t start = clock_monotonic_us();
        if (store_commit(writer->store, &change, 1, true, &done))
            die("interactive write");
        writer->times[writer->count++] = clock_monotonic_us() - start;
        usleep(50000);
    }
    return NULL;
}

/* ---- the file ---- */

/* Numbers nobody has twice, in no order. */
static void number_of(unsigned row, char out[16])
{
    enum {
        DIGITS = 10000000,
        NUMBERS = 26 * DIGITS,
        STEP = 160689883 /* of no factor of NUMBERS */
    };
    unsigned n = (unsigned)((uint64_t)row * STEP % NUMBERS);
    snprintf(out, 16, "%c%07u", (char)('A' + n / DIGITS), n % DIGITS);
}

static void make_file(const char *path, unsigned rows)
{
    FILE *file = fopen(path, "w");
    struct random random;
    random_seed(&random, 1923);
    if (!file)
        exit(1);
    fputs(
        "@ref,doc_class,doc_type,issued_by,doc_no,fraud,stolen_in,stolen_on,issued_on,expires_on\n",
        file);
    for (unsigned i = 0; i < rows; i++) {
        char number[16];
        number_of(i, number);
        fprintf(file,
                "R%u,travel,passport,UTO,%s,stolen,ZZZ,2026-%02u-%02u,2020-01-%02u,2030-01-%02u\n",
                i, number, (unsigned)random_below(&random, 10) + 1,
                (unsigned)random_below(&random, 28) + 1, (unsigned)random_below(&random, 28) + 1,
                (unsigned)random_below(&random, 28) + 1);
    }
    fclose(file);
}

static double seconds(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static double processor(void)
{
    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    return seconds(&own.ru_utime) + seconds(&own.ru_stime);
}

static void run(const struct intake_node *node, const struct intake_request *request)
{
    struct arena arena = {.max_bytes = 512u << 20};
    struct node *report = NULL;
    struct rusage own;
    double before = processor(), rows = 0;
    int64_t start = clock_monotonic_us();
    if (intake_import(node, request, NULL, NULL, &arena, &report))
        die("import");
    double took = (double)(clock_monotonic_us() - start) / 1e6;
    if (!str_to_double(node_get_text(report, S("rows")), &rows))
        rows = 0;
    getrusage(RUSAGE_SELF, &own);
    struct buf out = {0};
    json_write(&out, getenv("REPORT") ? report : node_get(report, S("records")));
    printf(
        "  %.0f rows in %.2f s: %.0f rows/s; %.1f microseconds of processor a row; %ld MiB at most\n  %.*s\n",
        rows, took, rows / took, (processor() - before) * 1e6 / (rows > 0 ? rows : 1),
        own.ru_maxrss / 1024, STR(buf_str(&out)));
    buf_release(&out);
    arena_release(&arena);
}

static void run_with_writer(const struct intake_node *node, const struct intake_request *request)
{
    struct writer *writer = calloc(1, sizeof *writer);
    pthread_t thread;
    if (!writer)
        exit(1);
    writer->store = node->store;
    pthread_create(&thread, NULL, write_records, writer);
    run(node, request);
    atomic_store(&writer->is_over, true);
    pthread_join(thread, NULL);
    qsort(writer->times, writer->count, sizeof writer->times[0], durable_compare);
    if (writer->count)
        printf(
            "  a write of somebody else meanwhile: p50 %.1f ms, p99 %.1f ms, longest %.1f ms (%zu)\n",
            durable_at(writer->times, writer->count, 0.5),
            durable_at(writer->times, writer->count, 0.99),
            (double)writer->times[writer->count - 1] / 1000.0, writer->count);
    free(writer);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--intake-child") == 0)
        return intake_child_main();
    char directory[] = "/tmp/bureau-bench-XXXXXX", command[80], path[80];
    struct catalog *catalog = NULL;
    struct store *store = NULL;
    struct policy_classes *classes = NULL;
    struct index *index = NULL;
    uint64_t rows = 1000000;
    if (argc == 4 && strcmp(argv[1], "--file") == 0) {
        if (!str_to_u64(str_c(argv[3]), 100000000, &rows))
            return 2;
        make_file(argv[2], (unsigned)rows);
        return 0;
    }
    if (!mkdtemp(directory) || (argc == 2 && !str_to_u64(str_c(argv[1]), 100000000, &rows)))
        return 2;
    if (crypto_init() || catalog_load(".", &catalog) ||
        store_open(directory, STORE_OPEN_CREATE, &store) || policy_classes_new(catalog, &classes) ||
        index_open(directory, store, catalog, classes, &index))
        die("open");
    store_set_hook(store, index_follow, index);
    struct intake_node node = {.catalog = catalog, .store = store, .index = index};
    snprintf(path, sizeof path, "%s/documents.csv", directory);
    const char *own = path, *const *given = (const char *const *)(const void *)(argv + 3);
    bool is_given = argc >= 4;
    struct intake_request request = {.format = is_given ? str_c(argv[1]) : S("travel-document"),
                                     .owner = is_given ? str_c(argv[2]) : S("UTO"),
                                     .files = is_given ? given : &own,
                                     .file_count = is_given ? (size_t)argc - 3 : 1,
                                     .actor = S("bench"),
                                     .is_accepted = true};
    printf("import\n");
    durable_probe(directory);
    if (!is_given)
        make_file(path, (unsigned)rows);
    run_with_writer(&node, &request);
    run(&node, &request);
    store_close(store);
    index_close(index);
    policy_classes_free(classes);
    catalog_free(catalog);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command) != 0;
}
