/* SPDX-License-Identifier: Apache-2.0 */
/* What a correction must keep, what makes two records the same, and the days of an envelope. */
#include "model_fixture.h"

static const char badge[] = "definition: badge\n"
                            "title: Badges\n"
                            "purposes: [search]\n"
                            "fields:\n"
                            "  kind: {type: code, codes: sex, required: yes, fixed: yes}\n"
                            "  colours: {type: identifier, list: yes, fixed: yes}\n"
                            "  series: {type: identifier}\n"
                            "  badge_no: {type: identifier, means: file-number}\n"
                            "  remark: {type: text}\n"
                            "unique: [[series, badge_no]]\n"
                            "retain: {first: 2y}\n";

static int set_up(void **state)
{
    (void)state;
    return model_set_up("badge", badge);
}

static struct record record_of(const char *fields)
{
    struct record record = {0};
    const struct node *body = body_with(",\"review_on\":\"2027-05-01\"", fields);
    home_check(record_parse(t.catalog, t.definition, body, &t.arena, &record) == OK, fields);
    return record;
}

static void what_is_fixed_stays(void **state)
{
    (void)state;
    static const struct {
        const char *held, *next, *path; /* path of the fault; NULL: none */
    } cases[] = {
        {"{\"kind\":\"M\"}", "{\"kind\":\"M\",\"remark\":\"seen\"}", NULL},
        {"{\"kind\":\"M\"}", "{\"kind\":\"male\"}", NULL}, /* the same, said otherwise */
        {"{\"kind\":\"M\"}", "{\"kind\":\"F\"}", "kind"},
        {"{\"kind\":\"M\",\"colours\":[\"a\",\"b\"]}", "{\"kind\":\"M\",\"colours\":[\"b\",\"a\"]}",
         NULL},
        {"{\"kind\":\"M\",\"colours\":[\"a\"]}", "{\"kind\":\"M\",\"colours\":[\"a\",\"b\"]}",
         "colours"},
        {"{\"kind\":\"M\",\"colours\":[\"a\",\"b\"]}", "{\"kind\":\"M\",\"colours\":[\"a\"]}",
         "colours"},
        {"{\"kind\":\"M\",\"colours\":[\"a\"]}", "{\"kind\":\"M\"}", "colours"},
        {"{\"kind\":\"M\"}", "{\"kind\":\"M\",\"colours\":[\"a\"]}", NULL}, /* given late */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct record held = record_of(cases[i].held), next = record_of(cases[i].next);
        struct faults faults = {0};
        enum err code = record_check_fixed(&held, &next, &t.arena, &faults);
        assert_int_equal(code, cases[i].path ? ERR_CONFLICT : OK);
        assert_int_equal(faults.count, cases[i].path ? 1 : 0);
        if (cases[i].path)
            assert_true(str_eq_c(faults.items[0].path, cases[i].path));
    }
}

static void a_unique_list_needs_all_its_fields(void **state)
{
    (void)state;
    const struct value *values[UNIQUE_FIELDS_MAX];
    const struct unique *unique = &t.definition->uniques[0];
    struct record whole = record_of("{\"kind\":\"M\",\"series\":\"a 1\",\"badge_no\":\"77\"}");
    struct record part = record_of("{\"kind\":\"M\",\"badge_no\":\"77\"}");
    assert_int_equal(t.definition->unique_count, 1);
    assert_true(record_unique(&whole, unique, values));
    assert_true(str_eq(values[0]->norm, S("A1")));
    assert_true(str_eq(values[1]->norm, S("77")));
    assert_false(record_unique(&part, unique, values));
}

static void the_days_of_an_entry_are_sensible(void **state)
{
    (void)state;
    static const struct {
        const char *envelope, *path, *reason; /* NULL: none */
    } cases[] = {
        {",\"review_on\":\"2027-05-01\"", NULL, NULL},
        {",\"review_on\":\"2026-11-22\"", NULL, NULL}, /* today */
        {",\"review_on\":\"2026-11-21\"", "envelope.review_on", "lies in the past"},
        {",\"review_on\":\"2028-11-22\"", NULL, NULL},
        {",\"review_on\":\"2028-11-24\"", "envelope.review_on", "later than the rules"},
        {",\"review_on\":\"9999-01-01\"", "envelope.review_on", "later than the rules"},
        {",\"review_on\":\"2027-05-01\",\"event_on\":\"2026-11-22\"", NULL, NULL},
        {",\"review_on\":\"2027-05-01\",\"event_on\":\"2026-11-23\"", "envelope.event_on",
         "in the future"},
        {",\"review_on\":\"2027-05-01\",\"event_on\":\"1799-12-31\"", "envelope.event_on",
         "before the year 1800"},
        {",\"review_on\":\"2027-05-01\",\"event_on\":\"yesterday\"", "envelope.event_on",
         "is not a day"},
        {"", "envelope.review_on", "is required"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct record record;
        struct faults faults;
        const struct node *body = body_with(cases[i].envelope, "{\"kind\":\"M\"}");
        enum err code = record_check(t.catalog, t.definition, body, &t.arena, &record, &faults);
        if (!cases[i].path) {
            assert_int_equal(code, OK);
            continue;
        }
        assert_int_not_equal(code, OK);
        assert_int_equal(faults.count, 1);
        assert_true(str_eq_c(faults.items[0].path, cases[i].path));
        assert_true(str_has(faults.items[0].reason, str_c(cases[i].reason)));
    }
}

/* Another node's record was entered on another day, and ours must stay readable when its day has passed. */
static void days_of_stored_bodies_are_not_judged(void **state)
{
    (void)state;
    struct record record;
    const struct node *body =
        body_with(",\"review_on\":\"2020-01-01\",\"event_on\":\"2019-06-30\"", "{\"kind\":\"M\"}");
    assert_int_equal(record_parse(t.catalog, t.definition, body, &t.arena, &record), OK);
    assert_int_equal(record.envelope.event_on.year, 2019);
    assert_int_equal(record_read(t.catalog, t.definition, body, &t.arena, &record), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_fixed_stays),
        cmocka_unit_test(a_unique_list_needs_all_its_fields),
        cmocka_unit_test(the_days_of_an_entry_are_sensible),
        cmocka_unit_test(days_of_stored_bodies_are_not_judged),
    };
    return cmocka_run_group_tests(tests, set_up, model_tear_down);
}
