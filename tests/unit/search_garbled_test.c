/* SPDX-License-Identifier: Apache-2.0 */
/* tests/cases/search/garbled.txt: what is offered repaired, and what must be left alone. */
#include <stdio.h>

#include "search/internal.h"

#include "test.h"

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

static bool check_row(str given, str layout, str meant)
{
    struct arena arena = {0};
    struct type_context context = catalog_context(catalog, NULL);
    struct reading readings[READING_MAX];
    str text = STR_EMPTY, named = STR_EMPTY;
    size_t count = type_recognise(&context, given, &arena, readings, READING_MAX);
    unsigned confidence = count ? readings[0].confidence : 0;
    bool is_offered = garbled_repair(&context, given, confidence, &arena, &text, &named);
    bool is_right = str_eq(layout, S("-"))
                        ? !is_offered
                        : is_offered && str_has(named, layout) && str_eq(text, meant);
    if (!is_right)
        fprintf(stderr, "%.*s: got %.*s (%.*s)\n", STR(given), STR(text), STR(named));
    arena_release(&arena);
    return is_right;
}

static void test_rows(void **state)
{
    (void)state;
    char line[1000];
    unsigned rows = 0, wrong = 0;
    FILE *file = fopen("tests/cases/search/garbled.txt", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        str rest = str_trim(str_c(line)), given, layout = STR_EMPTY, meant = STR_EMPTY;
        if (rest.len == 0 || rest.ptr[0] == '#')
            continue;
        assert_true(str_split(&rest, '|', &given));
        if (str_split(&rest, '|', &layout) && !str_split(&rest, '|', &meant))
            meant = STR_EMPTY;
        wrong += !check_row(str_trim(given), str_trim(layout), str_trim(meant));
        rows++;
    }
    fclose(file);
    assert_true(rows > 10);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
