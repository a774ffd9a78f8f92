/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The project's own databases: no faults, examples that come back from their canonical text unchanged, pages and templates for
 * each; and all of that again when every database and field has another name.
 *
 *   model_databases_test --rename DIR [SEED]     writes such a renamed home to DIR and ends (for tests of the server)
 */
#include "codec/json.h"
#include "model/reference.h"

#include "home.h"
#include "rename.h"
#include "test.h"

static void print_report(const char *home)
{
    struct buf report = {0};
    (void)!catalog_check(home, &report);
    fprintf(stderr, "%.*s", STR(buf_str(&report)));
    buf_release(&report);
}

static struct catalog *load(const char *home)
{
    struct catalog *catalog = NULL;
    if (catalog_load(home, &catalog) != OK) {
        print_report(home);
        fail();
    }
    return catalog;
}

static void check_round_trip(const struct catalog *catalog, const struct definition *definition,
                             const struct node *body)
{
    struct arena arena = {0};
    struct record record, stored, again;
    struct buf first = {0}, second = {0}, third = {0};
    struct node *parsed = NULL;
    assert_int_equal(record_parse(catalog, definition, body, &arena, &record), OK);
    assert_int_equal(record_canonical(catalog, &record, &first), OK);
    assert_int_equal(json_parse(buf_str(&first), &arena, &parsed), OK);
    assert_int_equal(record_parse(catalog, definition, parsed, &arena, &again), OK);
    assert_int_equal(record_canonical(catalog, &again, &second), OK);
    assert_true(str_eq(buf_str(&first), buf_str(&second)));
    assert_int_equal(record_read(catalog, definition, parsed, &arena, &stored), OK);
    assert_int_equal(stored.unreadable_count, 0);
    assert_int_equal(stored.count, record.count);
    assert_int_equal(record_canonical(catalog, &stored, &third), OK);
    assert_true(str_eq(buf_str(&first), buf_str(&third)));
    for (size_t i = 0; i < record.count; i++) {
        assert_ptr_equal(record.values[i].field, again.values[i].field);
        assert_true(str_eq(record.values[i].value.norm, again.values[i].value.norm));
    }
    buf_release(&first);
    buf_release(&second);
    buf_release(&third);
    arena_release(&arena);
}

static bool is_database(const struct definition *definition)
{
    return str_eq(definition->kind, S("record"));
}

static void check_examples(const struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->count; i++)
        for (size_t k = 0; k < catalog->definitions[i]->example_count; k++)
            check_round_trip(catalog, catalog->definitions[i],
                             catalog->definitions[i]->examples[k].body);
}

static void databases_are_complete(void **state)
{
    (void)state;
    struct catalog *catalog = load(".");
    size_t count = 0;
    for (size_t i = 0; i < catalog->count; i++) {
        const struct definition *definition = catalog->definitions[i];
        if (!is_database(definition))
            continue;
        count++;
        for (size_t k = 0; k < LANGUAGE_COUNT; k++)
            assert_true(definition->title[k].len > 0);
        assert_true(definition->example_count >= 3);
        assert_true(definition->find_count >= 4);
        assert_true(definition->miss_count >= 2);
        assert_true(definition->show_count > 0);
        assert_true(definition->sample_per_1000 > 0);
        for (size_t k = 0; k < definition->all_count; k++)
            for (size_t l = 0; l < LANGUAGE_COUNT; l++)
                if (definition->all[k]->title[l].len == 0)
                    fail_msg("%.*s has no title in language %zu", STR(definition->all[k]->path), l);
    }
    assert_true(count >= 2);
    catalog_free(catalog);
}

static void examples_come_back_unchanged(void **state)
{
    (void)state;
    struct catalog *catalog = load(".");
    check_examples(catalog);
    catalog_free(catalog);
}

/* Each key that a pivot makes is of a kind that an index can hold. */
static void pages_and_templates_are_made(void **state)
{
    (void)state;
    struct catalog *catalog = load(".");
    for (size_t i = 0; i < catalog->count; i++) {
        const struct definition *definition = catalog->definitions[i];
        struct arena arena = {0};
        struct buf page = {0}, file = {0};
        struct template_column *columns = NULL;
        size_t count = 0;
        model_reference(catalog, definition, &page);
        assert_int_equal(page.failed, OK);
        for (size_t k = 0; k < definition->all_count; k++) {
            str cell = arena_printf(&arena, "| `%.*s` |", STR(definition->all[k]->path));
            assert_true(str_has(buf_str(&page), cell));
        }
        assert_int_equal(catalog_template(catalog, definition, &arena, &columns, &count), OK);
        assert_int_equal(catalog_template_csv(catalog, definition, &file), OK);
        for (size_t k = 0; k < count; k++)
            assert_true(str_has(buf_str(&file), columns[k].name));
        str rest = buf_str(&file), line;
        size_t headings = 0;
        while (str_split(&rest, '\n', &line))
            headings += line.len > 0 && line.ptr[0] != '#';
        assert_int_equal(headings, 1);
        buf_release(&page);
        buf_release(&file);
        arena_release(&arena);
    }
    catalog_free(catalog);
}

static void names_do_not_matter(void **state)
{
    (void)state;
    char parent[HOME_PATH], home[HOME_PATH];
    struct catalog *catalog = load(".");
    snprintf(home, sizeof home, "%.200s/renamed", home_make(parent));
    rename_home(".", home, 7);
    struct catalog *renamed = load(home);
    assert_int_equal(renamed->count, catalog->count);
    check_examples(renamed);
    for (size_t i = 0; i < catalog->count; i++)
        if (is_database(catalog->definitions[i]))
            assert_null(catalog_find(renamed, catalog->definitions[i]->name));
    catalog_free(renamed);
    catalog_free(catalog);
    home_remove(parent);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(databases_are_complete),
        cmocka_unit_test(examples_come_back_unchanged),
        cmocka_unit_test(pages_and_templates_are_made),
        cmocka_unit_test(names_do_not_matter),
    };
    if (argc >= 3 && strcmp(argv[1], "--rename") == 0) {
        uint64_t seed = 7;
        if (argc > 3 && !str_to_u64(str_c(argv[3]), UINT32_MAX, &seed))
            return 2;
        rename_home(".", argv[2], seed);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
