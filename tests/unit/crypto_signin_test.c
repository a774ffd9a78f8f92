/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords and one-time codes: the numbers of RFC 6238 appendix B and RFC 4226 appendix D. */
#include <stdio.h>

#include "crypto/signin.h"

#include "test.h"

static void codes_are_those_of_the_standard(void **state)
{
    static const struct {
        int64_t time_s;
        uint32_t code;
    } cases[] = {{59, 94287082},         {1111111109, 7081804},  {1111111111, 14050471},
                 {1234567890, 89005924}, {2000000000, 69279037}, {20000000000, 65353130}};
    static const uint32_t hotp[] = {755224, 287082, 359152, 969429, 338314,
                                    254676, 287922, 162583, 399871, 520489};
    const str secret = S("12345678901234567890");
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(totp_code(secret, (uint64_t)cases[i].time_s / 30, 8), cases[i].code);
    for (size_t i = 0; i < COUNT_OF(hotp); i++)
        assert_int_equal(totp_code(secret, i, 6), hotp[i]);
}

static void a_code_is_good_for_its_time_and_once(void **state)
{
    const str secret = S("12345678901234567890");
    int64_t now = (int64_t)1795341600 * 1000000;
    uint64_t step = 1795341600 / 30, got = 0;
    char code[16];
    (void)state;
    for (int off = -3; off <= 3; off++) {
        snprintf(code, sizeof code, "%06u", totp_code(secret, step + (uint64_t)off, 6));
        bool is_near = off >= -1 && off <= 1;
        assert_int_equal(totp_is_good(secret, str_c(code), now, 0, &got), is_near);
        if (!is_near)
            continue;
        assert_int_equal(got, step + (uint64_t)off);
        assert_false(totp_is_good(secret, str_c(code), now, got, &got)); /* replayed */
        assert_true(totp_is_good(secret, str_c(code), now, got - 1, &got));
    }
    snprintf(code, sizeof code, "%06u", totp_code(secret, step, 6));
    const str bad[] = {S(""), str_slice(str_c(code), 0, 5), S("      "), S("abcdef"), S("0000000")};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(totp_is_good(secret, bad[i], now, 0, &got));
    assert_false(totp_is_good(secret, str_c(code), -1, 0, &got)); /* a clock before 1970 */
}

static void secrets_are_spelt_in_base_32(void **state)
{
    static const struct {
        const char *bytes, *text;
    } cases[] = {{"", ""},
                 {"f", "MY"},
                 {"fo", "MZXQ"},
                 {"foo", "MZXW6"},
                 {"foob", "MZXW6YQ"},
                 {"fooba", "MZXW6YTB"},
                 {"foobar", "MZXW6YTBOI"}};
    char text[40];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        base32_encode(cases[i].bytes, strlen(cases[i].bytes), text);
        assert_string_equal(text, cases[i].text);
    }
}

static void a_password_is_known_again(void **state)
{
    char hash[PASSWORD_HASH_TEXT], other[PASSWORD_HASH_TEXT];
    (void)state;
    assert_int_equal(password_hash(S("correct horse battery"), hash), OK);
    assert_int_equal(password_hash(S("correct horse battery"), other), OK);
    assert_string_not_equal(hash, other); /* salted */
    assert_non_null(strstr(hash, "$argon2id$v=19$m=65536,t=3,p=1$"));
    assert_true(password_is_good(hash, S("correct horse battery")));
    assert_false(password_is_good(hash, S("correct horse battery ")));
    assert_false(password_is_good(hash, S("")));
    assert_false(password_is_good(NULL, S("correct horse battery")));
    assert_false(password_is_good("", S("")));
    assert_int_equal(password_hash(S("short"), hash), ERR_BAD_VALUE);
}

static void secrets_differ(void **state)
{
    char one[SECRET_TEXT], two[SECRET_TEXT];
    (void)state;
    secret_new(one);
    secret_new(two);
    assert_int_equal(strlen(one), SECRET_TEXT - 1);
    assert_string_not_equal(one, two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_the_standard),
        cmocka_unit_test(a_code_is_good_for_its_time_and_once),
        cmocka_unit_test(secrets_are_spelt_in_base_32),
        cmocka_unit_test(a_password_is_known_again),
        cmocka_unit_test(secrets_differ),
    };
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
