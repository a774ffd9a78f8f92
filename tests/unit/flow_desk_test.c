/* SPDX-License-Identifier: Apache-2.0 */
/* A desk from one shift to the next: the list both officers sign, and what keeps them from it. */
#include "flow_world.h"

/* Two officers of one desk, and one of another. */
static const struct actor day = {.officer = S("u-2"),
                                 .unit = S("UTO/ncb"),
                                 .country = S("UTO"),
                                 .role = S("investigator")};
static const struct actor night = {.officer = S("u-7"),
                                   .unit = S("UTO/ncb"),
                                   .country = S("UTO"),
                                   .role = S("investigator")};

static struct flow_desk look(struct world *world, const struct actor *actor)
{
    struct flow_desk desk;
    assert_int_equal(flow_desk_list(world->flow, actor, &world->arena, &desk), OK);
    return desk;
}

struct given {
    const char *officer; /* NULL: no taker is named */
    struct record_id ticket;
};

static enum err sign(struct world *world, const struct actor *actor, const struct flow_desk *seen,
                     bool is_taking, struct given given)
{
    struct flow_desk desk;
    struct flow_taker taker = {given.ticket, str_c(given.officer ? given.officer : "")};
    struct flow_signature signature = {
        .id = is_taking ? seen->last.id : (struct record_id){0, 0},
        .version = seen->last.version,
        .digest = is_taking ? seen->last.digest : seen->digest,
        .note = S("quiet"),
        .takers = &taker,
        .taker_count = given.officer ? 1 : 0,
    };
    return flow_hand_over(world->flow, actor, &signature, &world->arena, &desk);
}

static struct record_id ask_one(struct world *world, const char *urgency)
{
    struct flow_ticket ticket;
    str fields = arena_printf(&world->arena, "urgency=%s situation=x", urgency);
    assert_int_equal(ask(world, person(S("finder")), fields, false, &ticket), OK);
    return ticket.brief.id;
}

static const struct given nobody = {.officer = NULL};

static void two_officers_sign_one_list(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    struct record_id urgent = ask_one(&world, "urgent");
    (void)ask_one(&world, "routine");
    struct flow_desk desk = look(&world, &day);
    assert_int_equal(desk.count, 2);
    assert_true(desk.tickets[0].is_urgent && !desk.tickets[1].is_urgent);
    assert_int_equal(desk.last.id.number, 0);
    assert_int_equal(sign(&world, &day, &desk, false, nobody), ERR_CONFLICT);
    char id[RECORD_ID_TEXT]; /* which one is said */
    assert_non_null(strstr(err_last()->message, record_id_format(urgent, id)));
    assert_string_equal(err_last()->field, "takers");
    struct given himself = {"u-2", urgent}, other = {"u-7", urgent};
    assert_int_equal(sign(&world, &day, &desk, false, himself), ERR_CONFLICT); /* he leaves */
    assert_int_equal(sign(&world, &day, &desk, false, other), OK);
    for (int again = 0; again < 2; again++) {
        desk = look(&world, &night);
        assert_true(str_eq(desk.last.left_by, S("u-2")));
        assert_true(desk.last.taken_us == 0);
        assert_true(str_eq(desk.tickets[0].taker, S("u-7")));
        assert_true(str_eq(flow_taker(world.flow, &night, urgent.number, &world.arena), S("u-7")));
        assert_int_equal(
            flow_taker(world.flow, person(S("owner")), urgent.number, &world.arena).len, 0);
        restart(&world);
    }
    assert_int_equal(sign(&world, &day, &desk, true, nobody), ERR_DENIED);      /* from himself */
    assert_int_equal(sign(&world, &night, &desk, false, nobody), ERR_CONFLICT); /* first taken */
    assert_int_equal(sign(&world, &night, &desk, true, nobody), OK);
    desk = look(&world, &night);
    assert_true(str_eq(desk.last.taken_by, S("u-7")));
    assert_int_equal(desk.last.version, 2);
    assert_int_equal(sign(&world, &night, &desk, true, nobody), ERR_CONFLICT); /* once */
    /* the next shift: who had it in hand leaves, so it has no taker again */
    assert_int_equal(sign(&world, &night, &desk, false, nobody), ERR_CONFLICT);
    end(&world);
}

static void what_comes_in_between_is_seen(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    begin(&world);
    struct flow_desk desk = look(&world, &day);
    struct record_id first = ask_one(&world, "urgent");
    struct given other = {"u-7", first};
    assert_int_equal(sign(&world, &day, &desk, false, other), ERR_STALE); /* another list */
    desk = look(&world, &day);
    world.ticket = first; /* how far a ticket has come does not change the list */
    world.version = desk.tickets[0].brief.version;
    moved(&world, "owner", "acknowledged", "", &ticket);
    assert_int_equal(sign(&world, &day, &desk, false, other), OK);
    struct record_id second = ask_one(&world, "urgent");
    desk = look(&world, &night);
    assert_int_equal(desk.count, 2);
    assert_true(desk.tickets[0].is_since != desk.tickets[1].is_since);
    assert_int_equal(sign(&world, &night, &desk, true, nobody), ERR_CONFLICT);
    struct given mine = {"u-7", second};
    assert_int_equal(sign(&world, &night, &desk, true, mine), OK);
    desk = look(&world, &night);
    assert_true(str_eq(desk.tickets[0].taker, S("u-7")) && str_eq(desk.tickets[1].taker, S("u-7")));
    assert_false(desk.tickets[0].is_since || desk.tickets[1].is_since);
    end(&world);
}

/* Who left may correct the list until it is taken over; who saw the one before is told. */
static void a_list_is_signed_again(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    (void)ask_one(&world, "routine");
    struct flow_desk before = look(&world, &day);
    assert_int_equal(sign(&world, &day, &before, false, nobody), OK);
    struct flow_desk seen = look(&world, &night);
    struct record_id urgent = ask_one(&world, "urgent");
    struct flow_desk after = look(&world, &day);
    struct given other = {"u-7", urgent};
    assert_int_equal(sign(&world, &day, &after, false, other), OK);
    assert_int_equal(sign(&world, &night, &seen, true, other), ERR_STALE);
    seen = look(&world, &night);
    assert_int_equal(seen.last.version, 2);
    assert_int_equal(sign(&world, &night, &seen, true, nobody), OK);
    end(&world);
}

static void desks_are_apart(void **state)
{
    (void)state;
    struct world world;
    struct flow_desk desk;
    begin(&world);
    struct record_id urgent = ask_one(&world, "urgent");
    assert_int_equal(look(&world, person(S("finder"))).count,
                     1);                                         /* the asking desk holds it, too */
    assert_int_equal(look(&world, person(S("owner"))).count, 0); /* of another unit */
    assert_int_equal(look(&world, person(S("stranger"))).count, 0);
    assert_int_equal(flow_desk_list(world.flow, person(S("admin")), &world.arena, &desk),
                     ERR_DENIED);
    assert_int_equal(flow_desk_list(world.flow, person(S("auditor-FRA")), &world.arena, &desk),
                     ERR_DENIED);
    desk = look(&world, person(S("stranger")));
    struct given strange = {"z-2", urgent};
    assert_int_equal(sign(&world, person(S("stranger")), &desk, false, strange), ERR_NOT_FOUND);
    assert_int_equal(sign(&world, person(S("stranger")), &desk, false, nobody), OK); /* empty */
    assert_int_equal(look(&world, &day).last.id.number, 0);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_officers_sign_one_list),
        cmocka_unit_test(what_comes_in_between_is_seen),
        cmocka_unit_test(a_list_is_signed_again),
        cmocka_unit_test(desks_are_apart),
    };
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
