/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delegation, grants, sessions, sign-in and throttling, under a clock that the test sets. Who may
 * administer whom is played from tests/cases/identity/delegation.tsv; the store is opened anew in
 * half of the lines, so that nothing hangs on memory.
 */
#include <stdio.h>

#include "base/io.h"

#include "codec/json.h"

#include "identity_fixture.h"

static const str password = {"a long pass phrase", 18};

/* ---- delegation ---- */

static enum err try_fields(struct world *world, const struct actor *by, str what,
                           const struct node *fields)
{
    char token[TOKEN_TEXT];
    struct identity_unit unit;
    struct identity_grant grant;
    struct identity_measure measure;
    str id = node_get_text(fields, S("id"));
    str country = node_get_text(fields, S("country"));
    if (str_eq(what, S("unit")))
        return identity_unit_put(world->identity, by, country, id, 0, fields, &world->arena, &unit);
    if (str_eq(what, S("officer"))) {
        struct identity_officer_change change = {.id = id,
                                                 .country = country,
                                                 .fields = fields,
                                                 .state = STATE_ACTIVE,
                                                 .has_token = true};
        return identity_officer_put(world->identity, by, &change, &world->arena, token);
    }
    if (str_eq(what, S("measure")))
        return identity_measure_new(world->identity, by, fields, &world->arena, &measure);
    assert_true(str_eq(what, S("grant")));
    struct node *timed = node_copy(&world->arena, fields);
    put_moment(&world->arena, timed, S("until"), clock_now_us() + 60 * minute_us);
    return identity_grant_new(world->identity, by, timed, &world->arena, &grant);
}

static enum err try_line(struct world *world, str by_id, str what, str argument)
{
    struct node *fields = NULL;
    struct actor by = who(world, by_id);
    if (str_eq(what, S("remove")))
        return identity_officer_remove(world->identity, &by, argument);
    if (str_eq(what, S("close")))
        return identity_unit_close(world->identity, &by, argument);
    assert_int_equal(json_parse(argument, &world->arena, &fields), OK);
    return try_fields(world, &by, what, fields);
}

static void an_administrator_reaches_his_own_and_no_further(void **state)
{
    struct world *world = *state;
    char *text;
    size_t len, lines = 0;
    str line, part[5];
    assert_int_equal(io_read_file("tests/cases/identity/delegation.tsv", 1 << 20, &text, &len), OK);
    for (str rest = str_of(text, len); str_split(&rest, '\n', &line);) {
        if (!line.len || line.ptr[0] == '#')
            continue;
        for (size_t i = 0; i < COUNT_OF(part); i++)
            if (!str_split(&line, '\t', &part[i]))
                fail_msg("line %zu has %zu parts", lines, i);
        enum err code = try_line(world, part[0], part[1], part[2]);
        const char *word = code ? err_word(code) : "allowed";
        if (!str_eq_c(part[3], word))
            fail_msg("%.*s %.*s %.*s: %s (%s), not %.*s: %.*s", STR(part[0]), STR(part[1]),
                     STR(part[2]), word, code ? err_last()->message : "", STR(part[3]),
                     STR(part[4]));
        if (lines++ % 2) {
            stop(world);
            start(world);
        }
    }
    assert_true(lines > 50);
    free(text);
}

/* ---- people for the other tests ---- */

static void do_it(struct world *world, const char *by, const char *what, const char *fields)
{
    if (try_line(world, str_c(by), str_c(what), str_c(fields)) != OK)
        fail_msg("%s: %s", fields, err_last()->message);
}

static void settle(struct world *world)
{
    do_it(world, "machine", "unit",
          "{\"id\":\"UTO/ncb\",\"country\":\"UTO\",\"name\":\"B\",\"level\":\"national-bureau\"}");
    do_it(world, "machine", "unit",
          "{\"id\":\"UTO/gate\",\"country\":\"UTO\",\"name\":\"G\",\"level\":\"unit\",\"parent\":"
          "\"UTO/ncb\",\"purposes\":[\"border-control\",\"search\"]}");
    do_it(world, "machine", "officer",
          "{\"id\":\"a-1\",\"country\":\"UTO\",\"unit\":\"UTO/ncb\",\"roles\":[\"administrator\"],"
          "\"rights\":[\"administer\"],\"all_purposes\":true}");
    do_it(world, "a-1", "officer",
          "{\"id\":\"o-1\",\"country\":\"UTO\",\"unit\":\"UTO/gate\",\"roles\":[\"frontline\","
          "\"investigator\"],\"purposes\":[\"border-control\"]}");
}

static bool may(struct world *world, const char *officer, const char *purpose)
{
    uint16_t number;
    struct actor actor = who(world, str_c(officer));
    assert_true(purpose_find(world->catalog, str_c(purpose), &number));
    return actor.purposes >> number & 1;
}

/* ---- grants and time ---- */

static void a_grant_holds_from_its_beginning_to_its_end(void **state)
{
    struct world *world = *state;
    struct identity_grant grant;
    struct node *fields = NULL;
    settle(world);
    struct actor by = who(world, S("a-1"));
    assert_int_equal(json_parse(S("{\"officer\":\"o-1\",\"purposes\":[\"search\"],\"rights\":"
                                  "[\"write\"],\"roles\":[\"analyst\"],\"reason\":\"a week at the "
                                  "desk\",\"from\":\"2026-11-22T11:00:00Z\",\"until\":"
                                  "\"2026-11-22T12:00:00Z\"}"),
                                &world->arena, &fields),
                     OK);
    assert_int_equal(identity_grant_new(world->identity, &by, fields, &world->arena, &grant), OK);
    static const struct {
        int64_t minute;
        bool may;
    } cases[] = {{0, false},   {59, false}, {60, true}, {119, true},
                 {120, false}, {90, true},  {30, false}}; /* the clock goes back, too */
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        clock_pin(start_us + cases[i].minute * minute_us);
        struct actor actor = who(world, S("o-1"));
        assert_int_equal(may(world, "o-1", "search"), cases[i].may);
        assert_int_equal(actor.may_write, cases[i].may);
        assert_int_equal(identity_act_as(world->identity, &actor, S("analyst")),
                         cases[i].may ? OK : ERR_DENIED);
    }
    clock_pin(start_us + 90 * minute_us);
    assert_int_equal(identity_grant_end(world->identity, &by, grant.id), OK);
    assert_false(may(world, "o-1", "search"));
    assert_int_equal(identity_grant_end(world->identity, &by, grant.id), ERR_CONFLICT);
}

static void what_a_unit_loses_its_officers_lose(void **state)
{
    struct world *world = *state;
    struct identity_unit unit;
    struct node *fields = NULL;
    settle(world);
    assert_true(may(world, "o-1", "border-control"));
    assert_int_equal(json_parse(S("{\"name\":\"B\",\"level\":\"national-bureau\",\"purposes\":"
                                  "[\"search\"]}"),
                                &world->arena, &fields),
                     OK);
    assert_int_equal(identity_unit_put(world->identity, &machine, STR_EMPTY, S("UTO/ncb"), 1,
                                       fields, &world->arena, &unit),
                     OK);
    assert_false(may(world, "o-1", "border-control"));
    assert_true(may(world, "a-1", "search"));
    assert_false(may(world, "a-1", "border-control"));
    assert_int_equal(identity_unit_close(world->identity, &machine, S("UTO/ncb")), OK);
    struct actor actor;
    assert_int_equal(account_resolve(world->identity, find_account(world->identity, S("o-1")), NULL,
                                     &world->arena, &actor),
                     ERR_UNAUTHENTICATED);
}

static void an_emergency_opens_what_the_country_may(void **state)
{
    struct world *world = *state;
    struct identity_grant grant;
    struct node *fields = NULL;
    settle(world);
    struct actor officer = who(world, S("o-1"));
    assert_int_equal(json_parse(S("{\"of\":\"FRA\",\"reason\":\"a child is missing\",\"purposes\":"
                                  "[\"investigate\"]}"),
                                &world->arena, &fields),
                     OK);
    assert_int_equal(identity_break_glass(world->identity, &officer, 61, fields, &world->arena,
                                          &grant),
                     ERR_BAD_VALUE);
    assert_int_equal(identity_break_glass(world->identity, &officer, 60, fields, &world->arena,
                                          &grant),
                     OK);
    officer = who(world, S("o-1"));
    assert_true(officer.is_break_glass && str_eq(officer.break_glass_of, S("FRA")));
    assert_true(may(world, "o-1", "investigate")); /* more than the gate may, not more than UTO */
    struct actor french = {.officer = S("f-1"), .country = S("FRA"), .may_audit = true};
    struct actor german = {.officer = S("d-1"), .country = S("DEU"), .may_audit = true};
    struct identity_grant *list;
    size_t count;
    assert_int_equal(identity_grants(world->identity, &german, &world->arena, &list, &count), OK);
    assert_int_equal(count, 0);
    assert_int_equal(identity_grants(world->identity, &french, &world->arena, &list, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(identity_grant_review(world->identity, &german, grant.id, S("fine"),
                                           &world->arena, &grant),
                     ERR_NOT_FOUND);
    assert_int_equal(identity_grant_review(world->identity, &french, grant.id,
                                           S("the child is "
                                             "found"),
                                           &world->arena, &grant),
                     OK);
    clock_pin(start_us + 61 * minute_us);
    assert_false(who(world, S("o-1")).is_break_glass);
    assert_false(may(world, "o-1", "investigate"));
}

static void measures_hold_for_a_country_and_its_time(void **state)
{
    struct world *world = *state;
    const struct definition *database = NULL;
    char text[300];
    for (size_t i = 0; !database && i < world->catalog->count; i++)
        if (definition_is_data(world->catalog->definitions[i]))
            database = world->catalog->definitions[i];
    assert_non_null(database);
    settle(world);
    snprintf(text, sizeof text,
             "{\"country\":\"UTO\",\"kind\":\"read-only\",\"databases\":[\"%.*s\"],\"reason\":"
             "\"deletions\",\"until\":\"2026-11-22T11:00:00Z\"}",
             STR(database->name));
    do_it(world, "machine", "measure", text);
    do_it(world, "machine", "measure",
          "{\"country\":\"UTO\",\"kind\":\"rate-limit\",\"rate\":\"7\",\"reason\":\"bulk\"}");
    do_it(world, "machine", "measure",
          "{\"country\":\"FRA\",\"kind\":\"suspended\",\"reason\":\"left\"}");
    struct actor actor = who(world, S("o-1"));
    assert_true(definition_set_has(&actor.read_only, database->number));
    assert_false(definition_set_has(&actor.read_only, (uint16_t)(database->number + 1)));
    assert_false(definition_set_has(&actor.suspended, database->number));
    assert_int_equal(actor.rate, 7);
    clock_pin(start_us + 60 * minute_us);
    actor = who(world, S("o-1"));
    assert_false(definition_set_has(&actor.read_only, database->number));
    assert_int_equal(actor.rate, 7);
}

/* ---- signing in ---- */

static void read_base32(const char *text, char out[TOTP_SECRET_SIZE])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned held = 0, bits = 0;
    for (size_t at = 0; *text; text++) {
        held = held << 5 | (unsigned)(strchr(letters, *text) - letters);
        bits += 5;
        if (bits >= 8 && at < TOTP_SECRET_SIZE)
            out[at++] = (char)(held >> (bits -= 8));
    }
}

static str code_at(struct world *world, const char secret[TOTP_SECRET_SIZE], int64_t time_us)
{
    uint64_t step = (uint64_t)(time_us / 1000000 / TOTP_STEP_S);
    return arena_printf(&world->arena, "%06u",
                        totp_code(str_of(secret, TOTP_SECRET_SIZE), step, TOTP_DIGITS));
}

static void enrol(struct world *world, const char *officer, char secret[TOTP_SECRET_SIZE])
{
    struct identity_invitation invitation;
    struct identity_enrolment offer;
    str enrolled;
    assert_int_equal(identity_invite(world->identity, &machine, str_c(officer), &invitation), OK);
    str link = str_c(invitation.secret);
    assert_int_equal(identity_enrol_start(world->identity, link, &world->arena, &offer), OK);
    read_base32(offer.totp, secret);
    str code = code_at(world, secret, clock_now_us());
    assert_int_equal(identity_enrol(world->identity, link, password, S("12345"), &world->arena,
                                    &enrolled),
                     ERR_BAD_VALUE);
    assert_int_equal(identity_enrol(world->identity, link, password, code, &world->arena,
                                    &enrolled),
                     OK);
    assert_true(str_eq_c(enrolled, officer));
    assert_int_equal(identity_enrol(world->identity, link, password, code, &world->arena,
                                    &enrolled),
                     ERR_NOT_FOUND); /* once */
}

static enum err sign_in(struct world *world, const char *officer, str pass, str code)
{
    unsigned wait_s = 0;
    struct identity_signin signin = {str_c(officer), pass, code, S("192.0.2.1"), STR_EMPTY};
    return identity_sign_in(world->identity, &signin, &wait_s);
}

/* Whoever is invited anew had lost something: nothing he signed in with before is good. */
static void invited_anew_none_of_what_was_before_is_left(void **state)
{
    struct world *world = *state;
    char secret[TOTP_SECRET_SIZE], token[TOKEN_TEXT];
    struct identity_credential made, *list;
    size_t count = 0;
    settle(world);
    enrol(world, "o-1", secret);
    struct actor officer = who(world, S("o-1"));
    while (identity_token_new(world->identity, &officer, 1, NULL, &world->arena, &made, token) ==
           OK)
        count++;
    assert_true(count > 50);
    clock_pin(start_us + 60 * 1000000);
    enrol(world, "o-1", secret);
    assert_int_equal(identity_credentials(world->identity, &machine, S("o-1"), &world->arena, &list,
                                          &count),
                     OK);
    assert_int_equal(count, 2);
}

static void password_and_code_are_both_needed(void **state)
{
    struct world *world = *state;
    char secret[TOTP_SECRET_SIZE];
    settle(world);
    enrol(world, "o-1", secret);
    str used = code_at(world, secret, start_us);
    str next = code_at(world, secret, start_us + 30000000);
    assert_int_equal(sign_in(world, "o-1", password, used), ERR_UNAUTHENTICATED); /* replayed */
    assert_int_equal(sign_in(world, "o-1", S("another phrase"), next), ERR_UNAUTHENTICATED);
    assert_int_equal(sign_in(world, "o-9", password, next), ERR_UNAUTHENTICATED);
    assert_int_equal(sign_in(world, "o-1", password, next), OK);
    clock_pin(start_us + 60000000);
    stop(world); /* after a restart a code of before may have been used: it is not taken */
    start(world);
    str now = code_at(world, secret, clock_now_us());
    assert_int_equal(sign_in(world, "o-1", password, now), ERR_UNAUTHENTICATED);
    clock_pin(start_us + 90000000);
    now = code_at(world, secret, clock_now_us());
    assert_int_equal(sign_in(world, "o-1", password, now), OK);
    clock_pin(start_us); /* a clock set back makes no used code good */
    assert_int_equal(sign_in(world, "o-1", password, code_at(world, secret, start_us)),
                     ERR_UNAUTHENTICATED);
}

static void a_link_ends_after_three_days(void **state)
{
    struct world *world = *state;
    struct identity_invitation first, second;
    struct identity_enrolment offer;
    settle(world);
    assert_int_equal(identity_invite(world->identity, &machine, S("o-1"), &first), OK);
    assert_int_equal(identity_invite(world->identity, &machine, S("o-1"), &second), OK);
    assert_int_equal(identity_enrol_start(world->identity, str_c(first.secret), &world->arena,
                                          &offer),
                     ERR_NOT_FOUND); /* the second takes its place */
    stop(world);
    start(world);
    assert_int_equal(identity_enrol_start(world->identity, str_c(second.secret), &world->arena,
                                          &offer),
                     OK);
    clock_pin(second.until_us);
    assert_int_equal(identity_enrol_start(world->identity, str_c(second.secret), &world->arena,
                                          &offer),
                     ERR_NOT_FOUND);
}

/* ---- sessions ---- */

static enum err look(struct world *world, const struct identity_session *session)
{
    struct actor actor;
    struct identity_session about;
    return identity_by_session(world->identity, str_c(session->cookie), &world->arena, &actor,
                               &about);
}

static struct identity_session open_session(struct world *world, const char *officer)
{
    struct identity_session session;
    assert_int_equal(identity_session_new(world->identity, str_c(officer), 0, &session), OK);
    assert_int_equal(look(world, &session), OK);
    return session;
}

static void a_session_ends_when_it_is_idle_and_in_any_case(void **state)
{
    struct world *world = *state;
    settle(world);
    struct identity_session idle = open_session(world, "o-1");
    clock_pin(start_us + SESSION_IDLE_US - 1);
    assert_int_equal(look(world, &idle), OK);
    clock_pin(start_us + 2 * (int64_t)SESSION_IDLE_US - 2);
    assert_int_equal(look(world, &idle), OK);
    clock_pin(start_us + 3 * (int64_t)SESSION_IDLE_US - 2);
    assert_int_equal(look(world, &idle), ERR_UNAUTHENTICATED);
    clock_pin(start_us);
    assert_int_equal(look(world, &idle), ERR_UNAUTHENTICATED); /* gone for good */
    struct identity_session busy = open_session(world, "o-1");
    for (int64_t at = 0; at < session_life_us; at += 10 * minute_us) {
        clock_pin(start_us + at);
        assert_int_equal(look(world, &busy), OK);
    }
    clock_pin(start_us + session_life_us);
    assert_int_equal(look(world, &busy), ERR_UNAUTHENTICATED);
}

static void a_page_that_polls_keeps_no_session_alive(void **state)
{
    struct world *world = *state;
    struct actor actor;
    struct identity_session about;
    settle(world);
    struct identity_session session = open_session(world, "o-1");
    for (int minute = 1; minute <= 16; minute++) {
        clock_pin(start_us + minute * minute_us);
        enum err code = identity_look_session(world->identity, str_c(session.cookie), &world->arena,
                                              &actor, &about);
        assert_int_equal(code, minute < 15 ? OK : ERR_UNAUTHENTICATED);
    }
}

static void a_clock_set_back_makes_no_session_younger(void **state)
{
    struct world *world = *state;
    settle(world);
    struct identity_session session = open_session(world, "o-1");
    clock_pin(start_us - 60 * minute_us);
    assert_int_equal(look(world, &session), ERR_UNAUTHENTICATED);
}

static void a_forged_cookie_is_nobodys(void **state)
{
    struct world *world = *state;
    settle(world);
    struct identity_session session = open_session(world, "o-1"), forged = session;
    for (size_t i = 0; i < COOKIE_TEXT - 1; i++) {
        forged = session;
        forged.cookie[i] = forged.cookie[i] == 'A' ? 'B' : 'A';
        assert_int_equal(look(world, &forged), ERR_UNAUTHENTICATED);
    }
    forged.cookie[0] = 0;
    assert_int_equal(look(world, &forged), ERR_UNAUTHENTICATED);
    memcpy(forged.cookie, session.proof, sizeof forged.cookie);
    assert_int_equal(look(world, &forged), ERR_UNAUTHENTICATED);
    assert_int_equal(look(world, &session), OK);
}

static void whatever_changes_ends_the_session(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *by, *what, *argument;
    } changes[] = {
        {"a-1", "grant",
         "{\"officer\":\"o-1\",\"purposes\":[\"search\"],\"reason\":\"for a day or two\"}"},
        {"a-1", "close", "UTO/gate"},
        {"a-1", "remove", "o-1"},
    };
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        if (i == 0)
            settle(world);
        struct identity_session other = open_session(world, "a-1");
        struct identity_session session = {0};
        bool is_open = identity_session_new(world->identity, S("o-1"), 0, &session) == OK;
        assert_int_equal(is_open, i < 2); /* its unit was closed */
        do_it(world, changes[i].by, changes[i].what, changes[i].argument);
        assert_int_equal(look(world, &session), ERR_UNAUTHENTICATED);
        assert_int_equal(look(world, &other), OK); /* nobody else's */
    }
}

static void a_new_session_takes_the_place_of_the_one_before(void **state)
{
    struct world *world = *state;
    struct actor actor;
    struct identity_session about, next;
    settle(world);
    struct identity_session first = open_session(world, "o-1");
    assert_int_equal(identity_by_session(world->identity, str_c(first.cookie), &world->arena,
                                         &actor, &about),
                     OK);
    assert_string_equal(about.proof, first.proof);
    assert_int_equal(identity_session_new(world->identity, S("o-1"), actor.session, &next), OK);
    assert_int_equal(look(world, &first), ERR_UNAUTHENTICATED);
    assert_int_equal(look(world, &next), OK);
    assert_string_not_equal(first.proof, next.proof);
    identity_session_end(world->identity, S("a-1"), actor.session + 1); /* not his to end */
    assert_int_equal(look(world, &next), OK);
    for (int i = 0; i < 16; i++) /* one officer's seventeenth session ends his oldest */
        open_session(world, "o-1");
    assert_int_equal(look(world, &next), ERR_UNAUTHENTICATED);
}

/* ---- throttling ---- */

static enum err enter(struct throttle *throttle, int64_t now_us, const char *officer,
                      const char *address, bool is_device, unsigned *ret_wait_s)
{
    *ret_wait_s = 0;
    return throttle_enter(throttle, now_us, str_c(officer), str_c(address), is_device, S("mark"),
                          ret_wait_s);
}

static void who_fails_waits_longer_and_longer(void **state)
{
    struct throttle *throttle;
    unsigned wait_s = 0, longest = 0;
    int64_t now_us = 1000000000;
    (void)state;
    assert_int_equal(throttle_new(&throttle), OK);
    for (int i = 0; i < 6; i++)
        assert_int_equal(enter(throttle, now_us, "o-1", "192.0.2.1", false, &wait_s), OK);
    for (int i = 0; i < 14; i++) {
        assert_int_equal(enter(throttle, now_us, "o-1", "192.0.2.1", false, &wait_s), ERR_RATE);
        assert_true(wait_s >= longest || wait_s >= 800);
        longest = wait_s > longest ? wait_s : longest;
        assert_int_equal(enter(throttle, now_us, "o-1", "192.0.2.2", false, &wait_s), OK);
        throttle_succeed(throttle, S("o-1"), S("192.0.2.2"), false, STR_EMPTY);
        now_us += (int64_t)longest * 1000000; /* the very moment it is over */
        assert_int_equal(enter(throttle, now_us, "o-1", "192.0.2.1", false, &wait_s), OK);
    }
    assert_true(longest >= 800 && longest <= 901); /* a quarter of an hour, and no more */
    assert_int_equal(enter(throttle, now_us, "o-1", "192.0.2.1", true, &wait_s), OK);
    throttle_free(throttle);
}

static void an_address_that_tries_many_names_waits(void **state)
{
    struct throttle *throttle;
    unsigned wait_s;
    char name[16];
    int refused = 0;
    (void)state;
    assert_int_equal(throttle_new(&throttle), OK);
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "o-%d", i);
        refused += enter(throttle, 1000000000, name, "192.0.2.9", false, &wait_s) == ERR_RATE;
    }
    assert_true(refused >= 8);
    assert_int_equal(enter(throttle, 1000000000, "o-1", "192.0.2.10", false, &wait_s), OK);
    throttle_free(throttle);
}

/* ---- a list ---- */

static void a_list_is_entered_whole_or_not_at_all(void **state)
{
    struct world *world = *state;
    struct identity_import import;
    settle(world);
    struct actor by = who(world, S("a-1"));
    str list = S("officer,country,unit,role,purposes\n"
                 "o-5,UTO,UTO/gate,frontline,border-control search\n"
                 "o-6,UTO,UTO/gate,frontline,investigate\n"
                 "o-5,UTO,UTO/gate,frontline,search\n"
                 "f-1,FRA,FRA/gate,frontline,search\n");
    assert_int_equal(identity_import(world->identity, &by, list, false, &world->arena, &import),
                     OK);
    assert_int_equal(import.added, 0);
    assert_int_equal(import.refused_count, 3);
    assert_int_equal(import.refused[0].row, 3);
    assert_null(find_account(world->identity, S("o-5")));
    assert_int_equal(identity_import(world->identity, &by, list, true, &world->arena, &import), OK);
    assert_int_equal(import.added, 1);
    assert_true(may(world, "o-5", "search") && may(world, "o-5", "border-control"));
    struct identity_enrolment offer;
    assert_int_equal(identity_enrol_start(world->identity, str_c(import.invitations[0].secret),
                                          &world->arena, &offer),
                     OK);
    assert_true(str_eq(offer.officer.officer, S("o-5")));
}

#define PEOPLE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PEOPLE_TEST(an_administrator_reaches_his_own_and_no_further),
        PEOPLE_TEST(a_grant_holds_from_its_beginning_to_its_end),
        PEOPLE_TEST(what_a_unit_loses_its_officers_lose),
        PEOPLE_TEST(an_emergency_opens_what_the_country_may),
        PEOPLE_TEST(measures_hold_for_a_country_and_its_time),
        PEOPLE_TEST(invited_anew_none_of_what_was_before_is_left),
        PEOPLE_TEST(password_and_code_are_both_needed),
        PEOPLE_TEST(a_link_ends_after_three_days),
        PEOPLE_TEST(a_session_ends_when_it_is_idle_and_in_any_case),
        PEOPLE_TEST(a_page_that_polls_keeps_no_session_alive),
        PEOPLE_TEST(a_clock_set_back_makes_no_session_younger),
        PEOPLE_TEST(a_forged_cookie_is_nobodys),
        PEOPLE_TEST(whatever_changes_ends_the_session),
        PEOPLE_TEST(a_new_session_takes_the_place_of_the_one_before),
        PEOPLE_TEST(a_list_is_entered_whole_or_not_at_all),
        cmocka_unit_test(who_fails_waits_longer_and_longer),
        cmocka_unit_test(an_address_that_tries_many_names_waits),
    };
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
