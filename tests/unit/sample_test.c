/* SPDX-License-Identifier: Apache-2.0 */
/* The fictional world: the same seed gives the same bytes, every line is a valid record, things are shared, truth is told. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "sample/sample.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "codec/json.h"

static struct catalog *catalog;

static int setup(void **state)
{
    (void)state;
    return crypto_init() || catalog_load(".", &catalog) ? -1 : 0;
}
static int teardown(void **state)
{
    (void)state;
    catalog_free(catalog);
    return 0;
}

static void make_world(const char *directory, uint64_t persons, uint64_t seed,
                       struct sample_report *ret)
{
    struct sample_options options = {.persons = persons,
                                     .seed = seed,
                                     .directory = directory,
                                     .today = {2026, 11, 22}};
    if (sample_write(catalog, &options, ret) != OK)
        fail_msg("%s", err_last()->message);
}

static void remove_world(const char *directory)
{
    char command[512];
    (void)snprintf(command, sizeof command, "rm -rf '%.400s'", directory);
    assert_int_equal(system(command), 0);
}

static str read_whole(const char *directory, str name, const char *tail)
{
    char path[512], *data = NULL;
    size_t len = 0;
    (void)snprintf(path, sizeof path, "%.300s/%.*s%s", directory, STR(name), tail);
    if (io_read_file(path, 256 << 20, &data, &len) != OK)
        fail_msg("%s", err_last()->message);
    return str_of(data, len);
}

static void free_whole(str text)
{
    free((void *)(uintptr_t)text.ptr);
}

static void same_seed_same_bytes(void **state)
{
    char one[] = "/tmp/bureau-sample-XXXXXX", two[] = "/tmp/bureau-sample-XXXXXX",
         three[] = "/tmp/bureau-sample-XXXXXX";
    struct sample_report a, b, c;
    (void)state;
    assert_true(mkdtemp(one) && mkdtemp(two) && mkdtemp(three));
    make_world(one, 60, 7, &a);
    make_world(two, 60, 7, &b);
    make_world(three, 60, 8, &c);
    assert_memory_equal(&a, &b, sizeof a);
    for (size_t i = 0; i < catalog->count; i++) {
        const struct definition *definition = catalog->definitions[i];
        if (definition->sample_per_1000 == 0)
            continue;
        str first = read_whole(one, definition->name, ".ndjson"),
            second = read_whole(two, definition->name, ".ndjson");
        str other = read_whole(three, definition->name, ".ndjson");
        assert_true(str_eq(first, second));
        assert_false(str_eq(first, other));
        free_whole(first);
        free_whole(second);
        free_whole(other);
    }
    str truth = read_whole(one, S("truth"), ".tsv"), again = read_whole(two, S("truth"), ".tsv");
    assert_true(str_eq(truth, again));
    free_whole(truth);
    free_whole(again);
    remove_world(one);
    remove_world(two);
    remove_world(three);
}

/* Lines of a database parse as records of it; how many key values of linking fields are in more than one record is counted. */
struct seen {
    uint64_t hashes[1 << 16];
    size_t repeated;
};

static void note_value(struct seen *seen, const struct field_value *value)
{
    uint64_t hash = hash64(value->value.norm, 5) | 1;
    size_t at = (size_t)(hash % COUNT_OF(seen->hashes));
    seen->repeated += seen->hashes[at] == hash;
    seen->hashes[at] = hash;
}

static size_t check_database(const char *directory, const struct definition *definition,
                             struct seen *seen)
{
    struct arena arena = {0};
    str text = read_whole(directory, definition->name, ".ndjson"), rest = text, line;
    size_t count = 0;
    while (str_split(&rest, '\n', &line)) {
        struct node *body = NULL;
        struct record record;
        if (line.len == 0)
            continue;
        assert_int_equal(json_parse(line, &arena, &body), OK);
        if (record_parse(catalog, definition, body, &arena, &record) != OK)
            fail_msg("%.*s: %s", STR(definition->name), err_last()->message);
        assert_true(record.envelope.ref.len > 0);
        for (size_t i = 0; i < record.count; i++)
            if (record.values[i].field->is_pivot)
                note_value(seen, &record.values[i]);
        count++;
        arena_reset(&arena);
    }
    arena_release(&arena);
    free_whole(text);
    return count;
}

static void worlds_are_valid_and_linked(void **state)
{
    char directory[] = "/tmp/bureau-sample-XXXXXX";
    struct sample_report report;
    struct seen *seen = calloc(1, sizeof *seen);
    size_t records = 0;
    (void)state;
    assert_non_null(seen);
    assert_non_null(mkdtemp(directory));
    make_world(directory, 600, 42, &report);
    for (size_t i = 0; i < catalog->count; i++)
        if (catalog->definitions[i]->sample_per_1000)
            records += check_database(directory, catalog->definitions[i], seen);
    assert_int_equal(records, report.records);
    assert_int_equal(report.given_up, 0);
    assert_true(report.records >= 600);
    assert_true(report.truths > 10);
    assert_true(report.photographs >= 1);
    assert_true(seen->repeated > 10);
    free(seen);
    remove_world(directory);
}

static void truth_lines_have_their_five_cells(void **state)
{
    char directory[] = "/tmp/bureau-sample-XXXXXX";
    struct sample_report report;
    size_t lines = 0;
    (void)state;
    assert_non_null(mkdtemp(directory));
    make_world(directory, 1500, 3, &report);
    str text = read_whole(directory, S("truth"), ".tsv"), rest = text, line;
    while (str_split(&rest, '\n', &line)) {
        size_t tabs = 0;
        if (line.len == 0)
            continue;
        for (size_t i = 0; i < line.len; i++)
            tabs += line.ptr[i] == '\t';
        assert_int_equal(tabs, 4);
        assert_true(utf8_is_valid(line));
        lines++;
    }
    assert_int_equal(lines, report.truths);
    free_whole(text);
    remove_world(directory);
}

static void bad_options_are_refused(void **state)
{
    struct sample_options options = {.persons = 0,
                                     .seed = 1,
                                     .directory = "/tmp/x",
                                     .today = {2026, 11, 22}};
    struct sample_report report;
    (void)state;
    assert_int_equal(sample_write(catalog, &options, &report), ERR_USAGE);
    options.persons = 10;
    options.directory = "";
    assert_int_equal(sample_write(catalog, &options, &report), ERR_USAGE);
    options.directory = "/proc/nowhere/at/all";
    assert_int_not_equal(sample_write(catalog, &options, &report), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_bytes),
        cmocka_unit_test(worlds_are_valid_and_linked),
        cmocka_unit_test(truth_lines_have_their_five_cells),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
