/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real lists, and the same lists broken on purpose. Read from $BUREAU_SHARED (else ../shared); where
 * that is not there, each test says that it is skipped.
 */
#include "intake_fixture.h"

static struct fixture f;

static int open_fixture(void **state)
{
    (void)state;
    fixture_init(&f);
    f.node.formats = "formats";
    return 0;
}

static int close_fixture(void **state)
{
    (void)state;
    fixture_release(&f);
    return 0;
}

static const char *shared(const char *name)
{
    const char *root = getenv("BUREAU_SHARED");
    str path = arena_printf(&f.arena, "%s/data/%s", root ? root : "../shared", name);
    if (access(path.ptr, R_OK) != 0) {
        print_message("skipped: %s is not here\n", path.ptr);
        skip();
    }
    return path.ptr;
}

static struct node *import_files(const char *format, const char *owner, const char *const *files,
                                 size_t count)
{
    struct node *report = NULL;
    struct intake_request request = {.format = str_c(format),
                                     .files = files,
                                     .file_count = count,
                                     .owner = str_c(owner)};
    must(fixture_try(&f, request, &report), format);
    return report;
}

static bool is_state(const struct node *report, const char *state)
{
    return str_eq_c(node_get_text(report, S("state")), state);
}

static void sanctions_of_the_treasury(void **state)
{
    (void)state;
    const char *files[] = {shared("lists/ofac/sdn.csv"), shared("lists/ofac/alt.csv"),
                           shared("lists/ofac/add.csv"), shared("lists/ofac/sdn_comments.csv")};
    struct node *report = import_files("ofac-sdn", "", files, 4);
    assert_true(is_state(report, "applied"));
    assert_int_equal(fixture_number(report, "rows"), 8976);
    assert_true(fixture_number(report, "records.person.new") > 4600);
    assert_true(fixture_number(report, "records.organisation.new") > 3600);
    assert_true(fixture_number(report, "records.vessel.new") > 400);
    assert_true(fixture_number(report, "records.aircraft.new") > 270);
    assert_true(fixture_number(report, "refused_rows") < 10);
    assert_int_equal(fixture_get(report, "unmapped.columns")->count, 0);
    report = import_files("ofac-sdn", "", files, 4);
    assert_int_equal(fixture_number(report, "records.person.changed"), 0);
    assert_int_equal(fixture_number(report, "records.person.gone"), 0);
}

static void sanctions_broken_on_purpose(void **state)
{
    (void)state;
    const char *files[] = {shared("lists/invalid/sdn.csv"), shared("lists/invalid/alt.csv"),
                           shared("lists/invalid/add.csv"),
                           shared("lists/invalid/sdn_comments.csv")};
    struct node *report = NULL;
    struct intake_request request = {.format = S("ofac-sdn"),
                                     .files = files,
                                     .file_count = 4,
                                     .is_dry_run = true,
                                     .actor = S("o-1")};
    must(fixture_try(&f, request, &report), "import");
    assert_int_equal(fixture_number(report, "reasons.columns"),
                     4); /* the line "||||" that ends each file */
    assert_true(fixture_number(report, "records.person.new") > 3000);
    const char *other = shared("lists/invalid/csl.csv");
    request.files = &other;
    request.file_count = 1;
    assert_int_equal(fixture_try(&f, request, &report), ERR_MISSING); /* alt.csv */
}

static void half_a_list_is_held(void **state)
{
    (void)state;
    const char *files[] = {shared("lists/ofac/sdn.csv"), shared("lists/ofac/alt.csv"),
                           shared("lists/ofac/add.csv")};
    char *text;
    size_t len;
    must(io_read_file(files[0], 8 << 20, &text, &len), "read");
    const char *half[] = {fixture_file(&f, "sdn.csv", text, len / 2), files[1], files[2]};
    free(text);
    struct node *report = import_files("ofac-sdn", "", files, 3);
    assert_true(is_state(report, "applied"));
    report = import_files("ofac-sdn", "", half, 3);
    assert_true(is_state(report, "held"));
    uint64_t count = 0;
    must(store_count(f.store, S("person"), S("USA"), &count), "count");
    assert_true(count > 4600);
}

static void sanctions_of_the_united_nations(void **state)
{
    (void)state;
    const char *file = shared("lists/un/consolidated.xml");
    struct node *report = import_files("un-consolidated", "", &file, 1);
    assert_true(is_state(report, "applied"));
    assert_int_equal(fixture_number(report, "records.person.new"), 730);
    assert_int_equal(fixture_number(report, "records.organisation.new"), 273);
    assert_int_equal(fixture_get(report, "unmapped.columns")->count, 0);
}

static void public_notices(void **state)
{
    (void)state;
    const char *file = shared("notices/red-deidentified.json");
    struct node *report = import_files("public-notices", "", &file, 1);
    assert_int_equal(fixture_number(report, "records.person.new"), 6250);
    assert_int_equal(fixture_number(report, "refused_rows"), 0);
    assert_int_equal(fixture_get(report, "unmapped.columns")->count, 0);
}

static void stolen_vehicles(void **state)
{
    (void)state;
    const char *file = shared("vehicles/nz_stolen_vehicles.csv");
    struct node *report = import_files("nz-stolen-vehicles", "", &file, 1);
    assert_int_equal(fixture_number(report, "records.vehicle.new"), 4538);
    assert_int_equal(fixture_number(report, "refused_rows"), 0);
}

static void malicious_addresses(void **state)
{
    (void)state;
    const char *file = shared("cyber/ipsum.txt");
    struct node *report = import_files("ipsum", "UTO", &file, 1);
    assert_true(fixture_number(report, "records.cyber-indicator.new") > 100000);
    assert_int_equal(fixture_number(report, "refused_rows"), 0);
}

int main(int argc, char **argv)
{
    int child = intake_child_first(argc, argv);
    if (child >= 0)
        return child;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sanctions_of_the_treasury, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(sanctions_broken_on_purpose, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(half_a_list_is_held, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(sanctions_of_the_united_nations, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(public_notices, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(stolen_vehicles, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(malicious_addresses, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
