/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node in a temporary directory for the tests of intake: store and index wired as the program
 * does, the project's own definitions, formats of the test's own. A program that uses it calls
 * intake_child_first() before anything else.
 */
#ifndef INTAKE_FIXTURE_H
#define INTAKE_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#include "codec/json.h"
#include "intake/intake.h"
#include "policy/policy.h"

#include "canonical.h"
#include "test.h"

struct fixture {
    char directory[64], formats[80];
    struct catalog *catalog;
    struct store *store;
    struct policy_classes *classes;
    struct index *index;
    struct intake_node node;
    struct arena arena;
};

static inline int intake_child_first(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[1], "--intake-child") == 0 ? intake_child_main() : -1;
}

static inline void must(enum err code, const char *what)
{
    char words[1024];
    if (code)
        fail_msg("%s: %s", what, err_format(err_last(), words, sizeof words));
}

static inline void fixture_open_node(struct fixture *f)
{
    must(store_open(f->directory, STORE_OPEN_CREATE, &f->store), "store");
    must(policy_classes_new(f->catalog, &f->classes), "classes");
    must(index_open(f->directory, f->store, f->catalog, f->classes, &f->index), "index");
    store_set_hook(f->store, index_follow, f->index);
    f->node = (struct intake_node){.catalog = f->catalog,
                                   .store = f->store,
                                   .index = f->index,
                                   .formats = f->formats};
}

static inline void fixture_close_node(struct fixture *f)
{
    canonical_check(f->catalog, f->store);
    store_close(f->store);
    index_close(f->index);
    policy_classes_free(f->classes);
}

static inline void fixture_init(struct fixture *f)
{
    *f = (struct fixture){.directory = "/tmp/bureau-intake-XXXXXX"};
    f->arena.max_bytes = 512u << 20;
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->formats, sizeof f->formats, "%s/formats", f->directory);
    assert_int_equal(mkdir(f->formats, 0700), 0);
    must(crypto_init(), "crypto");
    must(catalog_load(".", &f->catalog), "catalog");
    fixture_open_node(f);
}

static inline void fixture_release(struct fixture *f)
{
    char command[160];
    fixture_close_node(f);
    catalog_free(f->catalog);
    arena_release(&f->arena);
    snprintf(command, sizeof command, "rm -rf '%s'", f->directory);
    assert_int_equal(system(command), 0);
}

/* Writes a file into the temporary directory; gives its path. */
static inline const char *fixture_file(struct fixture *f, const char *name, const char *text,
                                       size_t len)
{
    str path = arena_printf(&f->arena, "%s/%s", f->directory, name);
    FILE *file = fopen(path.ptr, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return path.ptr;
}

static inline enum err fixture_try(struct fixture *f, struct intake_request request,
                                   struct node **ret)
{
    if (!request.actor.len)
        request.actor = S("o-1");
    return intake_import(&f->node, &request, NULL, NULL, &f->arena, ret);
}

static inline struct node *fixture_import(struct fixture *f, const char *format, const char *file,
                                          const char *owner)
{
    struct node *report = NULL;
    struct intake_request request = {.format = str_c(format),
                                     .files = &file,
                                     .file_count = 1,
                                     .owner = str_c(owner)};
    must(fixture_try(f, request, &report), "import");
    return report;
}

static inline const struct node *fixture_get(const struct node *node, const char *path)
{
    str rest = str_c(path), step;
    while (node && rest.len && str_split(&rest, '.', &step))
        node = node_get(node, step);
    return node;
}

static inline long long fixture_number(const struct node *node, const char *path)
{
    const struct node *found = fixture_get(node, path);
    int64_t number = -1;
    return found && str_to_i64(node_as_text(found), &number) ? number : -1;
}

static inline uint64_t fixture_batch(const struct intake_node *node, const struct node *report)
{
    uint64_t batch = 0;
    assert_true(intake_batch_find(node, node_get_text(report, S("batch")), &batch));
    return batch;
}

static inline void fixture_print(const struct node *node)
{
    struct buf out = {0};
    json_write_pretty(&out, node);
    printf("%.*s\n", STR(buf_str(&out)));
    buf_release(&out);
}

#endif
