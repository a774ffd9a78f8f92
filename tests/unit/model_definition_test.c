/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every file of tests/cases/definitions is a definition with, in its first lines, what `bureau check` must say of it:
 * "# expect: TEXT" for each fault, in any order, no other fault being there; or "# expect-none".
 */
#include "codec/yaml.h"

#include "home.h"
#include "test.h"

static void list_expected(str text, struct buf *out)
{
    str line;
    while (str_split(&text, '\n', &line))
        if (str_starts(line, S("# expect: ")))
            buf_printf(out, "%.*s\n", STR(str_from(line, 10)));
}

static size_t count_lines(str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '\n';
    return count;
}

static void check_case(const char *name)
{
    char path[HOME_PATH], home[HOME_PATH], *data = NULL;
    size_t len = 0;
    struct buf expected = {0}, report = {0};
    snprintf(path, sizeof path, "tests/cases/definitions/%s", name);
    assert_int_equal(io_read_file(path, 1 << 20, &data, &len), OK);
    list_expected(str_of(data, len), &expected);
    home_write(home_make(home), "databases/case.yaml", str_of(data, len));
    enum err code = catalog_check(home, &report);
    if ((code == OK) != (expected.len == 0) ||
        count_lines(buf_str(&report)) != count_lines(buf_str(&expected)) + 1) {
        fprintf(stderr, "%s: expected\n%.*sbut the report is\n%.*s", name, STR(buf_str(&expected)),
                STR(buf_str(&report)));
        fail();
    }
    str rest = buf_str(&expected), line;
    while (str_split(&rest, '\n', &line))
        if (line.len && !str_has(buf_str(&report), line)) {
            fprintf(stderr, "%s: \"%.*s\" is not in\n%.*s", name, STR(line), STR(buf_str(&report)));
            fail();
        }
    struct catalog *catalog = NULL;
    /* a catalog is loaded with examples that do not hold: they are tried by the check alone */
    assert_true(catalog_load(home, &catalog) == OK || code != OK);
    catalog_free(catalog);
    home_remove(home);
    buf_release(&expected);
    buf_release(&report);
    free(data);
}

static void definition_files_are_checked(void **state)
{
    (void)state;
    DIR *directory = opendir("tests/cases/definitions");
    assert_non_null(directory);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (str_ends(str_c(entry->d_name), S(".yaml"))) {
            check_case(entry->d_name);
            count++;
        }
    closedir(directory);
    assert_true(count >= 8);
}

/* What the guide shows must work as it stands. */
static void the_guide_shows_a_sound_definition(void **state)
{
    (void)state;
    char home[HOME_PATH], *guide = NULL;
    size_t len = 0;
    struct buf report = {0};
    assert_int_equal(io_read_file("docs/definitions.md", 1 << 20, &guide, &len), OK);
    char *start = strstr(guide, "```yaml\n");
    assert_non_null(start);
    char *end = strstr(start + 8, "```");
    assert_non_null(end);
    home_write(home_make(home), "databases/guide.yaml",
               str_of(start + 8, (size_t)(end - start) - 8));
    enum err code = catalog_check(home, &report);
    if (code)
        fprintf(stderr, "%.*s", STR(buf_str(&report)));
    assert_int_equal(code, OK);
    home_remove(home);
    buf_release(&report);
    free(guide);
}

static const char smallest[] = "definition: parcel\ntitle: Parcels\npurposes: [search]\n"
                               "fields:\n  tracking: {type: identifier}\nretain: {first: 1y}\n";

static void a_name_belongs_to_one_file(void **state)
{
    (void)state;
    char home[HOME_PATH];
    struct catalog *catalog = NULL;
    home_make(home);
    home_write(home, "databases/a.yaml", str_c(smallest));
    home_write(home, "databases/b.yaml", str_c(smallest));
    assert_int_equal(catalog_load(home, &catalog), ERR_CONFLICT);
    assert_non_null(strstr(err_last()->file, "b.yaml"));
    home_remove(home);
}

static void an_empty_home_is_refused(void **state)
{
    (void)state;
    char home[HOME_PATH];
    struct catalog *catalog = NULL;
    home_make(home);
    assert_int_equal(catalog_load(home, &catalog), ERR_MISSING);
    assert_non_null(strstr(err_last()->message, "no definition files"));
    home_remove(home);
    assert_int_not_equal(catalog_load("/nonexistent", &catalog), OK);
}

static void the_hash_changes_with_any_file(void **state)
{
    (void)state;
    char home[HOME_PATH];
    struct catalog *catalog = NULL;
    struct hash first, again, changed;
    home_make(home);
    home_write(home, "databases/a.yaml", str_c(smallest));
    assert_int_equal(catalog_load(home, &catalog), OK);
    first = catalog->hash;
    catalog_free(catalog);
    assert_int_equal(catalog_load(home, &catalog), OK);
    again = catalog->hash;
    catalog_free(catalog);
    assert_memory_equal(&first, &again, sizeof first);
    home_write(home, "databases/a.yaml",
               S("# changed\ndefinition: parcel\ntitle: Parcels\npurposes: [search]\n"
                 "fields:\n  tracking: {type: identifier}\nretain: {first: 1y}\n"));
    assert_int_equal(catalog_load(home, &catalog), OK);
    changed = catalog->hash;
    catalog_free(catalog);
    assert_memory_not_equal(&first, &changed, sizeof first);
    home_remove(home);
}

static void definitions_are_numbered_by_name(void **state)
{
    (void)state;
    char home[HOME_PATH];
    struct catalog *catalog = NULL;
    home_make(home);
    home_write(home, "databases/zebra.yaml", str_c(smallest));
    home_write(
        home, "databases/b.yaml",
        S("definition: aardvark\ntitle: A\npurposes: [search]\n"
          "fields:\n  tracking: {type: identifier, means: file-number}\nretain: {first: 1y}\n"));
    assert_int_equal(catalog_load(home, &catalog), OK);
    assert_int_equal(catalog->count, 2);
    assert_int_equal(catalog_find(catalog, S("aardvark"))->number, 0);
    assert_int_equal(catalog_find(catalog, S("parcel"))->number, 1);
    assert_null(catalog_find(catalog, S("person")));
    uint16_t meaning = meaning_number(catalog, S("file-number"));
    assert_true(meaning > 0);
    assert_true(str_eq(meaning_name(catalog, meaning), S("file-number")));
    assert_string_equal(meaning_type(catalog, meaning, NULL)->name, "identifier");
    assert_null(meaning_type(catalog, meaning_number(catalog, S("birth-date")), NULL));
    assert_int_equal(meaning_number(catalog, S("no-such-meaning")), 0);
    catalog_free(catalog);
    home_remove(home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(definition_files_are_checked),
        cmocka_unit_test(the_guide_shows_a_sound_definition),
        cmocka_unit_test(a_name_belongs_to_one_file),
        cmocka_unit_test(an_empty_home_is_refused),
        cmocka_unit_test(the_hash_changes_with_any_file),
        cmocka_unit_test(definitions_are_numbered_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
