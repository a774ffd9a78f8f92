/* SPDX-License-Identifier: Apache-2.0 */
/* What the node itself tells an office: emergencies, review dates that come, silent hits. */
#include "flow_world.h"

static struct flow_brief *raised(struct world *world, const char *who, enum flow_which which,
                                 size_t *ret_count)
{
    struct flow_filter filter = {.which = which, .after_order = INT64_MIN};
    struct flow_brief *briefs;
    bool more;
    assert_int_equal(flow_list(world->flow, person(str_c(who)), &filter, &world->arena, &briefs,
                               ret_count, &more),
                     OK);
    return briefs;
}

static str tick(struct world *world, int64_t minute)
{
    buf_clear(&world->told);
    clock_pin(start_us + minute * MINUTE_US);
    while (flow_tick(world->flow, clock_now_us()) <= clock_now_us())
        continue;
    return world->told.len ? buf_str(&world->told) : S("-");
}

/* ---- emergencies ---- */

static struct record_id put_grant(struct world *world, struct record_id id, const char *more)
{
    str body =
        arena_printf(&world->arena,
                     "{\"envelope\":{\"owner\":\"FRA\",\"purposes\":[\"data-quality\"],"
                     "\"review_on\":\"2031-01-01\"},\"fields\":{\"officer\":\"f-1\","
                     "\"kind\":\"break-glass\",\"of\":\"UTO\",\"from\":\"2026-11-22T10:00:00Z\","
                     "\"until\":\"2026-11-22T10:30:00Z\",\"reason\":\"a child is missing\","
                     "\"given_by\":\"f-1\"%s}}",
                     more);
    struct change change = {.kind = CHANGE_PUT,
                            .number = id.number,
                            .definition = S("grant"),
                            .definition_version = 1,
                            .owner = S("FRA"),
                            .actor = S("f-1"),
                            .body = body};
    struct committed done;
    assert_int_equal(store_commit(world->store, &change, 1, true, &done), OK);
    return done.id;
}

static void an_emergency_rings_at_the_owners_until_it_is_reviewed(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    size_t count;
    begin(&world);
    struct record_id grant = put_grant(&world, (struct record_id){0, 0}, "");
    assert_true(str_eq(tick(&world, 0), S("alarm UTO/ncb"))); /* the one office of that country */
    struct flow_brief *briefs = raised(&world, "owner", FLOW_WHICH_OPEN, &count);
    assert_int_equal(count, 1);
    assert_true(briefs[0].subject.number == grant.number);
    assert_true(briefs[0].is_yours && briefs[0].is_alarm);
    (void)raised(&world, "finder-bureau", FLOW_WHICH_ALL, &count);
    assert_int_equal(count, 0); /* who took it has no part in it */
    (void)raised(&world, "stranger", FLOW_WHICH_ALL, &count);
    assert_int_equal(count, 0);
    restart(&world);
    (void)tick(&world, 1);
    (void)raised(&world, "owner", FLOW_WHICH_ALL, &count);
    assert_int_equal(count, 1); /* once */
    world.ticket = briefs[0].id;
    assert_int_equal(flow_read(world.flow, person(S("owner")), world.ticket, &world.arena, &ticket),
                     OK);
    world.version = ticket.brief.version;
    moved(&world, "owner", "seen", "", &ticket);
    assert_int_equal(ticket.move_count, 0); /* it ends with the review, not by hand */
    assert_true(str_eq(tick(&world, 60), S("clock ask-again UTO/ncb")));
    assert_true(str_eq(tick(&world, 120), S("clock deputy UTO/ncb o-deputy")));
    assert_true(str_eq(tick(&world, 180), S("clock head UTO/ncb o-head")));
    assert_true(str_eq(tick(&world, 240), S("clock hub -")));
    (void)raised(&world, "hub", FLOW_WHICH_OPEN, &count);
    assert_int_equal(count, 1);
    (void)put_grant(&world, grant,
                    ",\"reviewed_by\":\"u-1\",\"reviewed_at\":\"2026-11-22T15:00:00Z\","
                    "\"review\":\"in order\"");
    (void)tick(&world, 300);
    (void)raised(&world, "owner", FLOW_WHICH_OPEN, &count);
    assert_int_equal(count, 0);
    (void)raised(&world, "owner", FLOW_WHICH_CLOSED, &count);
    assert_int_equal(count, 1);
    restart(&world);
    assert_true(str_eq(tick(&world, 400), S("-")));
    (void)raised(&world, "owner", FLOW_WHICH_ALL, &count);
    assert_int_equal(count, 1);
    end(&world);
}

/* Taken while the node was about to die: told at the next start. */
static void an_emergency_is_told_after_a_kill(void **state)
{
    (void)state;
    struct world world;
    size_t count;
    begin(&world);
    (void)put_grant(&world, (struct record_id){0, 0}, "");
    (void)raised(&world, "owner", FLOW_WHICH_ALL, &count);
    assert_int_equal(count, 0); /* no tick since */
    restart(&world);
    assert_true(str_eq(tick(&world, 5), S("alarm UTO/ncb")));
    end(&world);
}

/* ---- review dates ---- */

static void review_dates_ring_once(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    size_t count;
    begin(&world);
    put(&world, S("reminder"), S("UTO"),
        "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"data-quality\"],"
        "\"review_on\":\"2027-01-01\"},\"fields\":{\"day\":\"2026-11-22\",\"records\":\"12\","
        "\"first\":\"2027-05-22\"}}");
    assert_true(str_eq(tick(&world, 0), S("alarm UTO/ncb")));
    struct flow_brief *briefs = raised(&world, "owner", FLOW_WHICH_OPEN, &count);
    assert_int_equal(count, 1);
    world.ticket = briefs[0].id;
    world.version = briefs[0].version;
    moved(&world, "owner", "seen", "remark=extended", &ticket);
    assert_false(ticket.brief.is_open);
    restart(&world);
    assert_true(str_eq(tick(&world, 10), S("-")));
    (void)raised(&world, "owner", FLOW_WHICH_OPEN, &count);
    assert_int_equal(count, 0);
    end(&world);
}

/* ---- what is signed in with ---- */

static void a_credential_that_ends_rings_at_the_desk_of_who_holds_it(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    size_t count;
    begin(&world);
    put(&world, S("credential-reminder"), S("UTO"),
        "{\"envelope\":{\"owner\":\"UTO\",\"unit\":\"UTO/ncb\",\"purposes\":[\"data-quality\"],"
        "\"review_on\":\"2027-01-01\"},\"fields\":{\"credential\":\"4D2KX9A-1F\","
        "\"officer\":\"o-7\",\"kind\":\"token\",\"ends\":\"2026-11-29T10:00:00Z\"}}");
    assert_true(str_eq(tick(&world, 0), S("alarm UTO/ncb")));
    struct flow_brief *briefs = raised(&world, "owner", FLOW_WHICH_OPEN, &count);
    assert_int_equal(count, 1);
    world.ticket = briefs[0].id;
    world.version = briefs[0].version;
    moved(&world, "owner", "seen", "remark=renewed", &ticket);
    assert_int_equal(ticket.record.count, 4); /* whose, which kind, until when; the remark */
    (void)raised(&world, "finder", FLOW_WHICH_ALL, &count);
    assert_int_equal(count, 0); /* of another country */
    end(&world);
}

/* ---- silent hits ---- */

static unsigned notify(struct world *world, const char *country, const char *day)
{
    unsigned days = 0;
    struct flow_hit hit = {.record = world->subject,
                           .database = catalog_find(world->catalog, S("parcel")),
                           .owner = {S("UTO"), S("UTO/ncb")},
                           .country = str_c(country),
                           .purpose = S("border-control"),
                           .day = str_c(day)};
    assert_int_equal(flow_notify(world->flow, &hit, 30 * 24 * 60 * (int64_t)MINUTE_US, &days), OK);
    return days;
}

static void a_silent_hit_is_told_once_a_day(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    struct flow_figures *figures;
    size_t count;
    begin(&world);
    assert_int_equal(notify(&world, "FRA", "2026-11-22"), 1);
    assert_int_equal(notify(&world, "FRA", "2026-11-22"), 1);
    restart(&world);
    assert_int_equal(notify(&world, "FRA", "2026-11-22"), 1);
    assert_int_equal(notify(&world, "FRA", "2026-11-23"), 2);
    assert_int_equal(notify(&world, "DEU", "2026-11-22"), 3);
    struct flow_brief *briefs = raised(&world, "owner-desk", FLOW_WHICH_OPEN, &count);
    assert_int_equal(count, 3);
    assert_int_equal(flow_read(world.flow, person(S("owner-desk")), briefs[0].id, &world.arena,
                               &ticket),
                     OK);
    assert_int_equal(ticket.record.count, 3); /* country, purpose, day */
    assert_int_equal(ticket.brief.asker.country.len + ticket.brief.asker.unit.len, 0);
    (void)raised(&world, "finder", FLOW_WHICH_ALL, &count);
    assert_int_equal(count, 0);
    (void)raised(&world, "finder-bureau", FLOW_WHICH_ALL, &count);
    assert_int_equal(count, 0);
    /* nobody asked, so nobody is late with an answer */
    assert_int_equal(flow_figures(world.flow, person(S("owner")), PARTY_OWNER, 0, INT64_MAX,
                                  &world.arena, &figures, &count),
                     OK);
    assert_int_equal(count, 0);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_emergency_rings_at_the_owners_until_it_is_reviewed),
        cmocka_unit_test(an_emergency_is_told_after_a_kill),
        cmocka_unit_test(review_dates_ring_once),
        cmocka_unit_test(a_credential_that_ends_rings_at_the_desk_of_who_holds_it),
        cmocka_unit_test(a_silent_hit_is_told_once_a_day),
    };
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
