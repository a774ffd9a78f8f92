/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Off shift: whoever stands on a roster within a month of a search, and at its time on none. Cases as a
 * supervisor would put them; the roster is that of two offices.
 */
#include "codec/json.h"
#include "review/internal.h"

#include "stored.h"
#include "test.h"

static struct {
    struct scratch scratch;
    struct arena arena;
    struct catalog *catalog;
    struct store *store;
    struct rules rules;
} t;

static const char *const offices[] = {
    "{\"unit\":\"UTO/airport\",\"name\":\"Airport\",\"telephone\":\"+990 5550 1423\",\"duty\":["
    "{\"officer\":\"o-1\",\"from\":\"2026-11-22T06:00:00Z\",\"until\":\"2026-11-22T14:00:00Z\"},"
    "{\"officer\":\"o-2\",\"from\":\"2026-11-22T14:00:00Z\",\"until\":\"2026-11-22T22:00:00Z\"},"
    "{\"officer\":\"o-1\",\"from\":\"2026-11-23T06:00:00Z\",\"until\":\"2026-11-23T14:00:00Z\"}]}",
    "{\"unit\":\"UTO/port\",\"name\":\"Port\",\"telephone\":\"+990 5550 1424\",\"duty\":["
    "{\"officer\":\"o-2\",\"from\":\"2026-11-23T22:00:00Z\",\"until\":\"2026-11-24T06:00:00Z\"}]}",
};

static const struct {
    const char *officer, *time;
    bool is_off;
    const char *why;
} cases[] = {
    {"o-1", "2026-11-22T09:00:00Z", false, "in the middle of his shift"},
    {"o-1", "2026-11-22T06:00:00Z", false, "its first second"},
    {"o-1", "2026-11-22T05:59:59Z", true, "the second before it"},
    {"o-1", "2026-11-22T13:59:59Z", false, "its last second"},
    {"o-1", "2026-11-22T14:00:00Z", true, "when the next one has come"},
    {"o-1", "2026-11-23T10:00:00Z", false, "his second shift"},
    {"o-2", "2026-11-24T05:00:00Z", false, "over midnight, and at another office"},
    {"o-2", "2026-11-23T15:00:00Z", true, "between the two"},
    {"o-1", "2026-12-23T10:00:00Z", true, "within a month after his last"},
    {"o-1", "2027-02-01T10:00:00Z", false, "the roster is long over: he may have another"},
    {"o-1", "2026-09-01T10:00:00Z", false, "long before there was one"},
    {"o-3", "2026-11-22T03:00:00Z", false, "who stands on no roster has no shift to be off"},
    {"O-1", "2026-11-22T03:00:00Z", false, "another id"},
};

static uint64_t enter(const char *fields, uint64_t number, enum state state)
{
    struct node *node = NULL;
    struct change change;
    struct committed done;
    assert_int_equal(json_parse(str_c(fields), &t.arena, &node), OK);
    const struct made made = {.definition = "office",
                              .owner = S("UTO"),
                              .actor = S("o-1"),
                              .fields = node,
                              .number = number,
                              .state = state};
    if (change_make(t.catalog, &made, &t.arena, &change))
        fail_msg("%s", err_last()->message);
    assert_int_equal(store_commit(t.store, &change, 1, true, &done), OK);
    return done.id.number;
}

static bool is_off(const char *officer, const char *time)
{
    int64_t time_us = 0;
    assert_true(clock_parse(str_c(time), &time_us));
    return rules_is_off_shift(&t.rules, str_c(officer), time_us);
}

static int start(void **state)
{
    (void)state;
    scratch_make(&t.scratch);
    return catalog_load(".", &t.catalog) ||
           store_open(t.scratch.path, STORE_OPEN_CREATE, &t.store) ||
           rules_open(&t.rules, t.catalog, t.store);
}

static int end(void **state)
{
    (void)state;
    rules_release(&t.rules);
    store_close(t.store);
    catalog_free(t.catalog);
    arena_release(&t.arena);
    scratch_remove(&t.scratch);
    return 0;
}

static void searches_off_shift_are_flagged(void **state)
{
    (void)state;
    assert_false(is_off("o-1", "2026-11-22T05:00:00Z")); /* there is no roster yet */
    uint64_t first = enter(offices[0], 0, STATE_ACTIVE);
    enter(offices[1], 0, STATE_ACTIVE);
    assert_int_equal(rules_refresh(&t.rules), OK);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (is_off(cases[i].officer, cases[i].time) != cases[i].is_off)
            fail_msg("%s at %s: %s", cases[i].officer, cases[i].time, cases[i].why);
    /* An office that is closed has no roster. */
    enter(offices[0], first, STATE_CANCELLED);
    t.rules.shifts_read_us = 0;
    assert_int_equal(rules_refresh(&t.rules), OK);
    assert_false(is_off("o-1", "2026-11-22T05:59:59Z"));
    assert_true(is_off("o-2", "2026-11-23T15:00:00Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(searches_off_shift_are_flagged)};
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests(tests, start, end);
}
