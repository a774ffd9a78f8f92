/* SPDX-License-Identifier: Apache-2.0 */
/* Told before what one signs in with ends: when, of whom, and never twice. */
#include "codec/json.h"

#include "identity_fixture.h"

static const int64_t day_us = (int64_t)86400 * 1000000;

static void found(struct world *world, const char *id, const char *country)
{
    struct node *fields = NULL;
    struct identity_unit unit;
    str text = arena_printf(&world->arena,
                            "{\"id\":\"%s\",\"name\":\"B\",\"level\":\"national-bureau\"}", id);
    assert_int_equal(json_parse(text, &world->arena, &fields), OK);
    if (identity_unit_put(world->identity, &machine, str_c(country), str_c(id), 0, fields,
                          &world->arena, &unit))
        fail_msg("%s: %s", id, err_last()->message);
}

static void enter(struct world *world, const char *id, const char *country, const char *more)
{
    char token[TOKEN_TEXT];
    struct node *fields = NULL;
    str text =
        arena_printf(&world->arena,
                     "{\"id\":\"%s\",\"unit\":\"%s/ncb\",\"roles\":%s,\"all_purposes\":true}", id,
                     country, more);
    assert_int_equal(json_parse(text, &world->arena, &fields), OK);
    struct identity_officer_change change = {.id = str_c(id),
                                             .country = str_c(country),
                                             .fields = fields,
                                             .state = STATE_ACTIVE,
                                             .has_token = true};
    if (identity_officer_put(world->identity, &machine, &change, &world->arena, token))
        fail_msg("%s: %s", id, err_last()->message);
}

static const char bureau[] = "[\"national-bureau\"]";
static const char administrator[] = "[\"administrator\"],\"rights\":[\"administer\"]";

static struct record_id token_for(struct world *world, const char *id, unsigned days)
{
    char token[TOKEN_TEXT];
    struct identity_credential made;
    struct actor officer = who(world, str_c(id));
    assert_int_equal(identity_token_new(world->identity, &officer, days, NULL, &world->arena, &made,
                                        token),
                     OK);
    return made.id;
}

/* How many desks are told on this day after the start, at this hour. */
static size_t told(struct world *world, int day, int hour)
{
    size_t count = 0;
    int64_t now_us = start_us + day * day_us + hour * day_us / 24;
    clock_pin(now_us);
    assert_int_equal(identity_remind(world->identity, now_us, &count), OK);
    return count;
}

static size_t listed(struct world *world, const char *id)
{
    struct identity_credential *list;
    size_t count = 0;
    struct actor by = who(world, str_c(id));
    assert_int_equal(identity_ending(world->identity, &by, &world->arena, &list, &count), OK);
    for (size_t i = 1; i < count; i++)
        assert_true(list[i - 1].expires_us <= list[i].expires_us);
    return count;
}

static void each_step_is_told_once(void **state)
{
    static const struct {
        int day, hour;
        size_t count;
        const char *why;
    } cases[] = {
        {0, 0, 0, "a token for a hundred days has just been made"},
        {69, 23, 0, "more than 30 days are left"},
        {70, 1, 1, "30 days are left"},
        {70, 3, 0, "it was told two hours ago"},
        {80, 0, 0, "between two steps"},
        {93, 0, 1, "a week is left"},
        {98, 0, 0, "two days are left"},
        {99, 0, 1, "a day is left"},
        {101, 0, 0, "it has ended"},
    };
    struct world *world = *state;
    found(world, "UTO/ncb", "UTO");
    enter(world, "u-1", "UTO", bureau);
    token_for(world, "u-1", 100);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t count = told(world, cases[i].day, cases[i].hour);
        if (count != cases[i].count)
            fail_msg("day %d: %zu were told: %s", cases[i].day, count, cases[i].why);
        stop(world); /* a restart tells nothing again */
        start(world);
    }
}

static void a_short_token_is_told_of_late_and_a_node_that_was_off_tells_the_last_step(void **state)
{
    struct world *world = *state;
    found(world, "UTO/ncb", "UTO");
    enter(world, "u-1", "UTO", bureau);
    assert_int_equal(told(world, 0, 0), 0);
    token_for(world, "u-1", 7);
    assert_int_equal(told(world, 1, 0), 0);
    assert_int_equal(told(world, 6, 0), 1);
    struct record_id revoked = token_for(world, "u-1", 40);
    token_for(world, "u-1", 60);
    struct actor officer = who(world, S("u-1"));
    assert_int_equal(identity_revoke(world->identity, &officer, revoked), OK);
    assert_int_equal(told(world, 65, 12), 1); /* three steps were passed meanwhile: one word */
    assert_int_equal(told(world, 65, 14), 0);
}

static void it_is_listed_for_who_holds_it_and_who_administers_him(void **state)
{
    struct world *world = *state;
    found(world, "UTO/ncb", "UTO");
    enter(world, "u-1", "UTO", bureau);
    enter(world, "u-2", "UTO", bureau);
    enter(world, "chief", "UTO", administrator);
    found(world, "FRA/ncb", "FRA");
    enter(world, "f-1", "FRA", administrator);
    token_for(world, "u-1", 32);
    token_for(world, "u-1", 10);
    token_for(world, "u-1", 30);
    token_for(world, "u-1", 300);
    assert_int_equal(listed(world, "u-1"), 0); /* what was made for 30 days has them yet */
    clock_pin(start_us + 4 * day_us);
    assert_int_equal(listed(world, "u-1"), 2); /* of 32 days less than 30, of ten less than 7 */
    assert_int_equal(listed(world, "u-2"), 0);
    assert_int_equal(listed(world, "chief"), 2);
    assert_int_equal(listed(world, "f-1"), 0);
    clock_pin(start_us + 12 * day_us);
    assert_int_equal(listed(world, "u-1"), 2); /* one has ended the day before yesterday */
    clock_pin(start_us + 18 * day_us);
    assert_int_equal(listed(world, "chief"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_step_is_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_short_token_is_told_of_late_and_a_node_that_was_off_tells_the_last_step, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(it_is_listed_for_who_holds_it_and_who_administers_him,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
