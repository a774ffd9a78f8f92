/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared terminals: who may take over, what he is there, and that nobody is found as who sat there
 * before - by threads that take over and ask at once, each of which knows what it must not see.
 */
#include <pthread.h>
#include <stdio.h>

#include "codec/json.h"
#include "identity/terminal.h"

#include "identity_fixture.h"

enum { TERMINAL_COUNT = 2, OFFICER_COUNT = 4, ROUNDS = 400, ASKERS = 3 };

static const char *const keys[TERMINAL_COUNT] = {
    "1111111111111111111111111111111111111111111111111111111111111111",
    "2222222222222222222222222222222222222222222222222222222222222222"};
static const char *const officers[OFFICER_COUNT] = {"o-1", "o-2", "o-3", "o-4"};

static const struct node *fields_of(struct world *world, const char *text)
{
    struct node *fields = NULL;
    assert_int_equal(json_parse(str_c(text), &world->arena, &fields), OK);
    return fields;
}

static void found(struct world *world, const char *id, const char *fields)
{
    struct identity_unit unit;
    if (identity_unit_put(world->identity, &machine, S("UTO"), str_c(id), 0,
                          fields_of(world, fields), &world->arena, &unit) != OK)
        fail_msg("%s: %s", id, err_last()->message);
}

static void enter_officer(struct world *world, const char *id, const char *country,
                          const char *fields)
{
    char token[TOKEN_TEXT];
    struct identity_officer_change change = {.id = str_c(id),
                                             .country = str_c(country),
                                             .fields = fields_of(world, fields),
                                             .state = STATE_ACTIVE};
    if (identity_officer_put(world->identity, &machine, &change, &world->arena, token) != OK)
        fail_msg("%s: %s", id, err_last()->message);
}

static enum err enrol(struct world *world, const char *id, const char *key, const char *unit)
{
    char text[512];
    struct identity_terminal terminal;
    snprintf(text, sizeof text,
             "{\"id\":\"%s\",\"unit\":\"%s\",\"role\":\"frontline\",\"purpose\":\"border-control\","
             "\"key\":\"%s\",\"idle_s\":\"60\"}",
             id, unit, key);
    return identity_terminal_add(world->identity, &machine, fields_of(world, text), &world->arena,
                                 &terminal);
}

static void settle(struct world *world)
{
    found(world, "UTO/ncb", "{\"id\":\"UTO/ncb\",\"name\":\"B\",\"level\":\"national-bureau\"}");
    found(world, "UTO/gate",
          "{\"id\":\"UTO/gate\",\"name\":\"G\",\"level\":\"unit\",\"parent\":\"UTO/ncb\"}");
    for (size_t i = 0; i < OFFICER_COUNT; i++)
        enter_officer(world, officers[i], "UTO",
                      "{\"unit\":\"UTO/gate\",\"roles\":[\"frontline\",\"investigator\"],"
                      "\"purposes\":[\"border-control\",\"investigate\"],\"rights\":[\"write\"]}");
    assert_int_equal(enrol(world, "gate-1", keys[0], "UTO/gate"), OK);
    assert_int_equal(enrol(world, "gate-2", keys[1], "UTO/gate"), OK);
}

static enum err take_over(struct world *world, const char *officer, const char *key,
                          struct identity_session *ret, str *ret_left)
{
    struct identity_entry entry = {.officer = str_c(officer),
                                   .is_signed_in_now = true,
                                   .terminal_key = str_c(key)};
    return identity_session_enter(world->identity, &entry, &world->arena, ret, ret_left);
}

static enum err look(struct world *world, const struct identity_session *session, const char *key,
                     struct actor *ret)
{
    struct identity_session told;
    struct identity_place place = {str_c(session->cookie), str_c(key)};
    return identity_session_at(world->identity, &place, SESSION_LOOK, &world->arena, ret, &told);
}

/* ---- who, and as what ---- */

static void a_desk_fixes_what_its_officers_are(void **state)
{
    struct world *world = *state;
    struct identity_session session;
    struct actor actor;
    uint16_t purpose;
    str left;
    settle(world);
    assert_int_equal(take_over(world, "o-1", keys[0], &session, &left), OK);
    assert_int_equal(left.len, 0);
    assert_int_equal(look(world, &session, keys[0], &actor), OK);
    assert_true(purpose_find(world->catalog, S("border-control"), &purpose));
    assert_true(actor.purposes == (purpose_set)1 << purpose);
    assert_true(str_eq(actor.role, S("frontline")) && str_eq(actor.terminal, S("gate-1")));
    assert_true(actor.may_write && !actor.may_administer && !actor.may_audit);
    assert_int_equal(identity_act_as(world->identity, &actor, S("investigator")), ERR_DENIED);
}

static void whoever_is_not_of_the_desk_stays_outside(void **state)
{
    struct world *world = *state;
    struct identity_session held, session;
    struct actor actor;
    str left;
    static const struct {
        const char *id, *country, *fields;
        enum err code;
    } cases[] = {
        {"x-1", "UTO",
         "{\"unit\":\"UTO/port\",\"roles\":[\"frontline\"],\"purposes\":[\"border-control\"]}",
         ERR_DENIED},
        {"x-2", "FRA",
         "{\"unit\":\"FRA/gate\",\"roles\":[\"frontline\"],\"purposes\":[\"border-control\"]}",
         ERR_DENIED},
        {"x-3", "UTO",
         "{\"unit\":\"UTO/gate\",\"roles\":[\"analyst\"],\"purposes\":[\"border-control\"]}",
         ERR_DENIED},
        {"x-4", "UTO",
         "{\"unit\":\"UTO/gate\",\"roles\":[\"frontline\"],\"purposes\":[\"investigate\"]}",
         ERR_DENIED},
        {"x-5", "UTO", "{\"roles\":[\"frontline\"],\"purposes\":[\"border-control\"]}", ERR_DENIED},
        {"x-6", "UTO",
         "{\"unit\":\"UTO/ncb\",\"roles\":[\"frontline\"],\"purposes\":[\"border-control\"]}", OK},
    };
    settle(world);
    found(world, "UTO/port",
          "{\"id\":\"UTO/port\",\"name\":\"P\",\"level\":\"unit\",\"parent\":\"UTO/ncb\"}");
    assert_int_equal(take_over(world, "o-1", keys[0], &held, &left), OK);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enter_officer(world, cases[i].id, cases[i].country, cases[i].fields);
        if (take_over(world, cases[i].id, keys[0], &session, &left) != cases[i].code)
            fail_msg("%s: %s", cases[i].id, err_last()->message);
        assert_int_equal(look(world, &held, keys[0], &actor),
                         cases[i].code ? OK : ERR_UNAUTHENTICATED);
    }
    assert_true(str_eq(left, S("o-1")));
}

static void what_changes_at_the_desk_ends_its_sessions(void **state)
{
    struct world *world = *state;
    struct identity_session session;
    struct actor actor;
    str left;
    settle(world);
    assert_int_equal(take_over(world, "o-1", keys[0], &session, &left), OK);
    clock_pin(start_us + 59 * 1000000);
    assert_int_equal(look(world, &session, keys[0], &actor), OK);
    clock_pin(start_us + 60 * 1000000);
    assert_int_equal(look(world, &session, keys[0], &actor), ERR_UNAUTHENTICATED);
    assert_int_equal(take_over(world, "o-1", keys[0], &session, &left), OK);
    assert_int_equal(identity_terminal_remove(world->identity, &machine, S("gate-1")), OK);
    assert_int_equal(look(world, &session, keys[0], &actor), ERR_UNAUTHENTICATED);
    assert_false(identity_is_terminal(world->identity, str_c(keys[0])));
    assert_int_equal(take_over(world, "o-1", keys[1], &session, &left), OK);
    stop(world); /* terminals outlive the program, sessions do not */
    start(world);
    assert_true(identity_is_terminal(world->identity, str_c(keys[1])));
    assert_false(identity_is_terminal(world->identity, str_c(keys[0])));
    assert_int_equal(look(world, &session, keys[1], &actor), ERR_UNAUTHENTICATED);
    assert_int_equal(enrol(world, "gate-1", keys[0], "UTO/gate"), OK);
    assert_int_equal(take_over(world, "o-1", keys[1], &session, &left), OK);
    assert_int_equal(identity_unit_close(world->identity, &machine, S("UTO/gate")), OK);
    assert_int_equal(look(world, &session, keys[1], &actor), ERR_UNAUTHENTICATED);
}

/* ---- unfinished work ---- */

static void unfinished_work_is_its_officers(void **state)
{
    struct world *world = *state;
    struct identity_session session;
    struct actor first, second, third;
    str left, text;
    settle(world);
    assert_int_equal(take_over(world, "o-1", keys[0], &session, &left), OK);
    assert_int_equal(look(world, &session, keys[0], &first), OK);
    assert_int_equal(identity_draft_put(world->identity, &first, S("a name half typed")), OK);
    assert_int_equal(take_over(world, "o-2", keys[0], &session, &left), OK);
    assert_int_equal(look(world, &session, keys[0], &second), OK);
    assert_int_equal(identity_draft_get(world->identity, &second, &world->arena, &text), OK);
    assert_int_equal(text.len, 0);
    assert_int_equal(identity_draft_put(world->identity, &first, S("late")), ERR_DENIED);
    assert_int_equal(take_over(world, "o-1", keys[1], &session, &left), OK);
    assert_int_equal(look(world, &session, keys[1], &third), OK);
    assert_int_equal(identity_draft_get(world->identity, &third, &world->arena, &text), OK);
    assert_true(str_eq(text, S("a name half typed")));
    assert_int_equal(identity_draft_put(world->identity, &third, STR_EMPTY), OK);
    assert_int_equal(identity_draft_get(world->identity, &third, &world->arena, &text), OK);
    assert_int_equal(text.len, 0);
    assert_int_equal(world->identity->draft_bytes, 0);
}

/* ---- all at once ---- */

struct held { /* one session on the board; over: another took its terminal after it */
    struct identity_session session;
    size_t officer, terminal;
    _Atomic bool is_over;
};
struct board {
    struct world *world;
    struct held held[TERMINAL_COUNT][ROUNDS];
    _Atomic size_t count[TERMINAL_COUNT];
    _Atomic bool is_done;
    _Atomic size_t answered, mixed;
};

struct taker {
    struct board *board;
    size_t terminal;
};

static void *take_turns(void *context)
{
    struct taker *taker = context;
    struct board *board = taker->board;
    struct random random;
    random_seed(&random, taker->terminal + 1);
    for (size_t i = 0; i < ROUNDS; i++) {
        struct arena arena = {0};
        str left;
        struct held *held = &board->held[taker->terminal][i];
        held->officer = random_below(&random, OFFICER_COUNT);
        held->terminal = taker->terminal;
        struct identity_entry entry = {.officer = str_c(officers[held->officer]),
                                       .is_signed_in_now = true,
                                       .terminal_key = str_c(keys[taker->terminal])};
        if (identity_session_enter(board->world->identity, &entry, &arena, &held->session, &left) !=
            OK)
            atomic_fetch_add(&board->mixed, 1);
        for (size_t k = 0; k < i; k++)
            atomic_store(&board->held[taker->terminal][k].is_over, true);
        atomic_store(&board->count[taker->terminal], i + 1);
        arena_release(&arena);
    }
    return NULL;
}

/* What is found must be whose it was, where it was, and not of one who was known to be gone. */
static void *ask_around(void *context)
{
    struct board *board = context;
    struct random random;
    random_seed(&random, 99);
    while (!atomic_load(&board->is_done)) {
        struct arena arena = {0};
        struct actor actor;
        struct identity_session told;
        size_t terminal = random_below(&random, TERMINAL_COUNT);
        size_t count = atomic_load(&board->count[terminal]);
        if (!count)
            continue;
        size_t back = random_below(&random, 3);
        struct held *held = &board->held[terminal][count - 1 - (back < count ? back : 0)];
        bool was_over = atomic_load(&held->is_over);
        struct identity_place place = {str_c(held->session.cookie), str_c(keys[terminal])};
        if (identity_session_at(board->world->identity, &place, SESSION_USE, &arena, &actor,
                                &told) == OK) {
            bool is_his = str_eq_c(actor.officer, officers[held->officer]) && actor.terminal.len;
            atomic_fetch_add(&board->answered, 1);
            if (was_over || !is_his)
                atomic_fetch_add(&board->mixed, 1);
        }
        arena_release(&arena);
    }
    return NULL;
}

static void nobody_is_found_as_who_sat_there_before(void **state)
{
    struct world *world = *state;
    struct board *board = calloc(1, sizeof *board);
    struct taker takers[TERMINAL_COUNT];
    pthread_t taking[TERMINAL_COUNT], asking[ASKERS];
    settle(world);
    clock_pin(-1);
    board->world = world;
    for (size_t i = 0; i < ASKERS; i++)
        assert_int_equal(pthread_create(&asking[i], NULL, ask_around, board), 0);
    for (size_t i = 0; i < TERMINAL_COUNT; i++) {
        takers[i] = (struct taker){board, i};
        assert_int_equal(pthread_create(&taking[i], NULL, take_turns, &takers[i]), 0);
    }
    for (size_t i = 0; i < TERMINAL_COUNT; i++)
        pthread_join(taking[i], NULL);
    while (!atomic_load(&board->answered)) /* the last of each are still there to be found */
        sched_yield();
    atomic_store(&board->is_done, true);
    for (size_t i = 0; i < ASKERS; i++)
        pthread_join(asking[i], NULL);
    assert_int_equal(board->mixed, 0);
    assert_int_equal(world->identity->sessions.count, TERMINAL_COUNT);
    free(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_desk_fixes_what_its_officers_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whoever_is_not_of_the_desk_stays_outside, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_changes_at_the_desk_ends_its_sessions, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(unfinished_work_is_its_officers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_is_found_as_who_sat_there_before, set_up, tear_down),
    };
    if (crypto_init() != OK)
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
