/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names asked by name alone, in the one box: tests/cases/names/alone.tsv. All forms of the table
 * stand in one node as records, beside each other; every row is asked both ways.
 */
#include "search_fixture.h"
#include "test.h"

enum { ROWS_MAX = 200, ROWS_LEAST = 80, CELLS = 4 };

static const char soul[] = SOULS("identify", "");

struct row {
    str cells[CELLS];
    uint64_t numbers[2]; /* records of the two forms */
};
static char home[HOME_PATH];
static struct node_under_test node;
static struct row rows[ROWS_MAX];
static size_t row_count;
static char *table;

static uint64_t put(str name)
{
    for (size_t i = 0; i < row_count; i++)
        for (size_t k = 0; k < 2; k++)
            if (rows[i].numbers[k] && str_eq(rows[i].cells[k], name))
                return rows[i].numbers[k];
    char fields[2000];
    snprintf(fields, sizeof fields, "\"called\":[\"%.*s\"]", STR(name));
    return node_put_fields(&node, "soul", "UTO", fields);
}

static int setup(void **state)
{
    size_t len = 0;
    (void)state;
    souls_start(&node, home, soul);
    must(io_read_file("tests/cases/names/alone.tsv", 1 << 20, &table, &len), "table");
    str rest = str_of(table, len), line;
    while (row_count < ROWS_MAX && str_split(&rest, '\n', &line)) {
        struct row *row = &rows[row_count];
        if (line.len == 0 || str_starts(line, S("#")))
            continue;
        for (size_t i = 0; i < CELLS; i++)
            must(str_split(&line, '\t', &row->cells[i]) ? OK : ERR_BAD_VALUE, "cells of a row");
        row_count++;
        for (size_t i = 0; i < 2; i++)
            row->numbers[i] = put(row->cells[i]);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    souls_stop(&node, home);
    free(table);
    return 0;
}

static bool is_brought(str asked, uint64_t number)
{
    char text[NAME_TEXT_MAX];
    snprintf(text, sizeof text, "%.*s", STR(asked));
    struct search_answer answer = node_ask(&node, text);
    return hit_with(answer.hits, answer.hit_count, number) != NULL;
}

static void what_a_name_alone_brings(void **state)
{
    size_t wrong = 0;
    (void)state;
    assert_true(row_count >= ROWS_LEAST && row_count < ROWS_MAX);
    for (size_t i = 0; i < row_count; i++) {
        const struct row *row = &rows[i];
        bool is_wanted = str_eq(row->cells[2], S("possible"));
        assert_true(is_wanted || str_eq(row->cells[2], S("apart")));
        for (size_t k = 0; k < 2; k++) {
            if (is_brought(row->cells[k], row->numbers[1 - k]) == is_wanted)
                continue;
            print_error("%.*s -> %.*s: %s (%.*s)\n", STR(row->cells[k]), STR(row->cells[1 - k]),
                        is_wanted ? "not found" : "found", STR(row->cells[3]));
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(what_a_name_alone_brings)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
