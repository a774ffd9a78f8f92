/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many rows a second an import takes, end to end: bench/import FORMAT OWNER FILE... in a node
 * made for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "codec/json.h"
#include "intake/intake.h"

static void die(const char *what)
{
    char words[1024];
    fprintf(stderr, "%s: %s\n", what, err_format(err_last(), words, sizeof words));
    exit(1);
}

static double seconds(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static void run(const struct intake_node *node, int argc, char **argv)
{
    struct arena arena = {.max_bytes = 512u << 20};
    struct node *report = NULL;
    struct rusage own, children;
    const char *const *files = (const char *const *)(const void *)(argv + 3);
    struct intake_request request = {.format = str_c(argv[1]),
                                     .owner = str_c(argv[2]),
                                     .files = files,
                                     .file_count = (size_t)argc - 3,
                                     .actor = S("bench"),
                                     .is_accepted = true};
    int64_t start = clock_monotonic_us();
    if (intake_import(node, &request, NULL, NULL, &arena, &report))
        die("import");
    double took = (double)(clock_monotonic_us() - start) / 1e6;
    double rows = 0;
    if (!str_to_double(node_get_text(report, S("rows")), &rows))
        rows = 0;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    struct buf out = {0};
    if (getenv("REPORT"))
        json_write_pretty(&out, report);
    else
        json_write(&out, node_get(report, S("records")));
    printf(
        "%.0f rows in %.2f s: %.0f rows/s; processor %.2f s here, %.2f s in the parser; %ld MiB at most\n%.*s\n",
        rows, took, rows / took, seconds(&own.ru_utime) + seconds(&own.ru_stime),
        seconds(&children.ru_utime) + seconds(&children.ru_stime), own.ru_maxrss / 1024,
        STR(buf_str(&out)));
    buf_release(&out);
    arena_release(&arena);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--intake-child") == 0)
        return intake_child_main();
    char directory[] = "/tmp/bureau-bench-XXXXXX", command[80];
    struct catalog *catalog;
    struct store *store;
    struct policy_classes *classes;
    struct index *index;
    if (argc < 4 || !mkdtemp(directory))
        return 2;
    if (crypto_init() || catalog_load(".", &catalog) ||
        store_open(directory, STORE_OPEN_CREATE, &store) || policy_classes_new(catalog, &classes) ||
        index_open(directory, store, catalog, classes, &index))
        die("open");
    store_set_hook(store, index_follow, index);
    struct intake_node node = {.catalog = catalog, .store = store, .index = index};
    run(&node, argc, argv);
    if (getenv("TWICE"))
        run(&node, argc, argv);
    store_close(store);
    index_close(index);
    policy_classes_free(classes);
    catalog_free(catalog);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command) != 0;
}
