/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Challenges are good once, for what they were given for, and are not forgotten under a flood; what
 * browsers say is read or refused.
 */
#include "identity/internal.h"
#include "identity/passkey.h"

#include "test.h"

static const int64_t start_us = 1795341600000000; /* 2026-11-22T10:00:00Z */
static const int64_t second_us = 1000000;

static struct challenge_use some_use(void)
{
    return (struct challenge_use){CHALLENGE_SIGN_IN, S("o-1"), S("browser"), S("bureau.example"),
                                  S("https://bureau.example")};
}

static int set_up(void **state)
{
    struct challenges *challenges;
    clock_pin(start_us);
    if (challenges_new(&challenges) != OK)
        return -1;
    *state = challenges;
    return 0;
}

static int tear_down(void **state)
{
    clock_pin(-1);
    challenges_free(*state);
    return 0;
}

static void a_challenge_is_good_once(void **state)
{
    char text[CHALLENGE_TEXT], other[CHALLENGE_TEXT];
    struct challenge_use use = some_use();
    challenge_make(*state, &use, text);
    challenge_make(*state, &use, other);
    assert_string_not_equal(text, other);
    assert_true(challenge_take(*state, &use, str_c(text)));
    assert_false(challenge_take(*state, &use, str_c(text)));
    assert_true(challenge_take(*state, &use, str_c(other)));
    challenge_keep(*state, str_c(text));
    assert_false(challenge_take(*state, &use, str_c(text)));
}

static void it_is_good_for_what_it_was_given_for(void **state)
{
    struct challenge_use uses[8];
    for (size_t i = 0; i < COUNT_OF(uses); i++)
        uses[i] = some_use();
    uses[1].kind = CHALLENGE_NEW;
    uses[2].officer = S("o-2");
    uses[3].officer = STR_EMPTY;
    uses[4].binding = S("browse");
    uses[5].rp_id = S("evil.example");
    uses[6].origin = S("https://bureau.example:444");
    uses[7].officer = S("o-1b"); /* what moves from one part to the next makes another */
    uses[7].binding = S("rowser");
    for (size_t i = 0; i < COUNT_OF(uses); i++) {
        char text[CHALLENGE_TEXT];
        struct challenge_use use = some_use();
        challenge_make(*state, &use, text);
        assert_int_equal(challenge_take(*state, &uses[i], str_c(text)), i == 0);
    }
}

static void it_is_good_for_five_minutes(void **state)
{
    static const struct {
        int64_t after_s;
        bool is_good;
    } cases[] = {{0, true}, {299, true}, {300, false}, {100000, false}, {-1, false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[CHALLENGE_TEXT];
        struct challenge_use use = some_use();
        clock_pin(start_us);
        challenge_make(*state, &use, text);
        clock_pin(start_us + cases[i].after_s * second_us);
        assert_int_equal(challenge_take(*state, &use, str_c(text)), cases[i].is_good);
    }
}

static void any_other_letter_makes_it_nobodys(void **state)
{
    char text[CHALLENGE_TEXT];
    struct challenge_use use = some_use();
    challenge_make(*state, &use, text);
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char letter = text[i];
        text[i] = letter == 'A' ? 'B' : 'A';
        assert_false(challenge_take(*state, &use, str_c(text)));
        text[i] = letter;
        assert_false(challenge_take(*state, &use, str_of(text, i)));
    }
    assert_false(challenge_take(*state, &use, S("=")));
    assert_true(challenge_take(*state, &use, str_c(text)));
}

/* Strangers present what they were given, unsigned, ten times what there is room for. */
static void a_flood_makes_nothing_good_again(void **state)
{
    char signed_one[CHALLENGE_TEXT], text[CHALLENGE_TEXT];
    struct challenge_use use = some_use();
    challenge_make(*state, &use, signed_one);
    assert_true(challenge_take(*state, &use, str_c(signed_one)));
    challenge_keep(*state, str_c(signed_one));
    for (int i = 0; i < 330000; i++) {
        challenge_make(*state, &use, text);
        assert_true(challenge_take(*state, &use, str_c(text)));
    }
    assert_false(challenge_take(*state, &use, str_c(signed_one)));
    clock_pin(start_us + 299 * second_us);
    assert_false(challenge_take(*state, &use, str_c(signed_one)));
}

/* ---- what browsers say ---- */

static void client_data_are_read_or_refused(void **state)
{
    static const struct {
        str text;
        enum err code;
        bool is_cross;
    } cases[] = {
        {S("{\"type\":\"webauthn.get\",\"challenge\":\"YQ\",\"origin\":\"https://a\"}"), OK, false},
        {S("{\"type\":\"t\",\"challenge\":\"c\",\"origin\":\"o\",\"crossOrigin\":false,\"more\":[1]"
           "}"),
         OK, false},
        {S("{\"type\":\"t\",\"challenge\":\"c\",\"origin\":\"o\",\"crossOrigin\":true}"), OK, true},
        {S("{\"type\":\"t\",\"challenge\":\"c\",\"origin\":\"o\",\"crossOrigin\":\"no\"}"), OK,
         true},
        {S("{\"type\":\"t\",\"challenge\":\"c\",\"origin\":\"o\",\"topOrigin\":\"https://a\"}"), OK,
         true},
        {S("{\"type\":\"t\",\"challenge\":\"c\"}"), ERR_SYNTAX, false},
        {S("{\"type\":\"t\",\"challenge\":[\"c\"],\"origin\":\"o\"}"), ERR_SYNTAX, false},
        {S("{\"type\":1,\"challenge\":\"c\",\"origin\":\"o\"}"), ERR_SYNTAX, false},
        {S("{\"type\":\"t\",\"type\":\"u\",\"challenge\":\"c\",\"origin\":\"o\"}"), ERR_SYNTAX,
         false},
        {S("[\"type\"]"), ERR_SYNTAX, false},
        {S("{\"type\":\"t\",\"challenge\":\"c\",\"origin\":\"o\"} "), OK, false},
        {S("{\"type\":\"t\",\"challenge\":\"c\",\"origin\":\"o\"}x"), ERR_SYNTAX, false},
        {S("{\"type\":\"\xff\",\"challenge\":\"c\",\"origin\":\"o\"}"), ERR_SYNTAX, false},
        {S(""), ERR_SYNTAX, false},
    };
    static char large[PASSKEY_CLIENT_MAX + 1];
    struct passkey_client client;
    struct arena arena = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum err code = passkey_read_client(cases[i].text, &arena, &client);
        if (code != cases[i].code || (!code && client.is_cross_origin != cases[i].is_cross))
            fail_msg("%.*s: %s", STR(cases[i].text), code ? err_last()->message : "read");
    }
    memset(large, ' ', sizeof large);
    assert_int_equal(passkey_read_client(str_of(large, sizeof large), &arena, &client), ERR_LIMIT);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_challenge_is_good_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_good_for_what_it_was_given_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_good_for_five_minutes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_other_letter_makes_it_nobodys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flood_makes_nothing_good_again, set_up, tear_down),
        cmocka_unit_test(client_data_are_read_or_refused),
    };
    if (crypto_init() != OK)
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
