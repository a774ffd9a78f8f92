/* SPDX-License-Identifier: Apache-2.0 */
/* Imports from end to end on a node of their own: national template, resumption, undo, expectations, faults. */
#include "intake_fixture.h"

static struct fixture f;

static int open_fixture(void **state)
{
    (void)state;
    fixture_init(&f);
    return 0;
}

static int close_fixture(void **state)
{
    (void)state;
    fixture_release(&f);
    return 0;
}

static const char documents[] =
    "@ref,doc_class,doc_type,issued_by,doc_no,fraud,stolen_in,stolen_on\n"
    "A-1,travel,passport,UTO,L898902C3,stolen,UTO,2026-03-14\n"
    "A-2,travel,passport,UTO,L898902C4,stolen,UTO,2026-03-15\n"
    "A-3,travel,passport,UTO,,stolen,UTO,2026-03-15\n"
    "A-4,travel,passport,UTO,1.23E+08,stolen,UTO,2026-03-15\n"
    "A-5,travel,passport,UTO,X1234567,stolen,UTO,03/04/2026\n"
    "A-6,travel,passport,UTO,X1234567,stolen,UTO,46095\n"
    "A-1,travel,passport,UTO,X7777777,stolen,UTO,2026-03-15\n";

static void national_template(void **state)
{
    (void)state;
    const char *path = fixture_file(&f, "documents.csv", documents, sizeof documents - 1);
    struct node *report = fixture_import(&f, "travel-document", path, "UTO");
    fixture_print(report);
    assert_int_equal(fixture_number(report, "rows"), 7);
    assert_int_equal(fixture_number(report, "records.travel-document.new"), 2);
    assert_int_equal(fixture_number(report, "refused_rows"), 5);
    report = fixture_import(&f, "travel-document", path, "UTO");
    assert_int_equal(fixture_number(report, "records.travel-document.new"), 0);
    assert_int_equal(fixture_number(report, "records.travel-document.same"), 2);
}

int main(int argc, char **argv)
{
    int child = intake_child_first(argc, argv);
    if (child >= 0)
        return child;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(national_template, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
