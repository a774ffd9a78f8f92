/* SPDX-License-Identifier: Apache-2.0 */
/* One key for one word (text/fold.h), host names and their look-alikes (text/idna.h), the hash of onion addresses. */
/* cmocka.h needs these before it, in this order. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include "crypto/crypto.h"
#include "text/fold.h"
#include "text/idna.h"

static void words_fold_to_one_key(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"CÔTE D’IVOIRE", "cote divoire"},
        {"Cote d'Ivoire", "cote divoire"},
        {"côte-d'ivoire", "cote divoire"},
        {"  two   blanks ", "two blanks"},
        {"Straße", "strasse"},
        {"ŁÓDŹ", "lodz"},
        {"Ærø", "aero"},
        {"İstanbul ılık", "istanbul ilik"},
        {"ЁЖИК", "ежик"},
        {"أحمد", "احمد"},
        {"مُحَمَّد", "محمد"},
        {"7.62x39", "7.62x39"},
        {".45 ACP", "45 acp"},
        {"a.b.c.", "a b c"},
        {"AMBER+STRICT", "amber+strict"},
        {"１２３ ＡＢＣ", "123 abc"},
        {"٤٥", "45"},
        {"한국", "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB\xE1\x84\x80\xE1\x85\xAE\xE1\x86\xA8"},
        {"", ""},
        {"--- !", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char key[TEXT_FOLD_MAX];
        size_t len = text_fold(str_c(cases[i][0]), key);
        if (!str_eq_c(str_of(key, len), cases[i][1]))
            fail_msg("'%s' folds to '%.*s'", cases[i][0], (int)len, key);
    }
}

static void what_does_not_fit_has_no_key(void **state)
{
    (void)state;
    char text[TEXT_FOLD_MAX + 1], key[TEXT_FOLD_MAX];
    memset(text, 'A', sizeof text);
    assert_int_equal(text_fold(str_of(text, TEXT_FOLD_MAX), key), TEXT_FOLD_MAX);
    assert_int_equal(text_fold(str_of(text, TEXT_FOLD_MAX + 1), key), 0);
}

static void host_names(void **state)
{
    (void)state;
    char ascii[DOMAIN_TEXT_MAX], shown[DOMAIN_TEXT_MAX], one[DOMAIN_TEXT_MAX], two[DOMAIN_TEXT_MAX];
    size_t len = idna_to_ascii(S("Bücher.Example."), ascii);
    assert_true(str_eq(str_of(ascii, len), S("xn--bcher-kva.example")));
    size_t shown_len = idna_to_unicode(str_of(ascii, len), shown);
    assert_true(str_eq(str_of(shown, shown_len), S("bücher.example")));
    assert_int_equal(idna_to_ascii(S("a..b"), ascii), 0);
    assert_int_equal(idna_to_ascii(S("under_score.example"), ascii), 0);
    assert_int_equal(idna_to_ascii(S(""), ascii), 0);
    size_t n = idna_skeleton(S("pаypal"), one), m = idna_skeleton(S("paypal"), two);
    assert_true(n && str_eq(str_of(one, n), str_of(two, m)));
    assert_true(idna_mixes_scripts(S("pаypal")));
    assert_false(idna_mixes_scripts(S("paypal")));
    assert_false(idna_mixes_scripts(S("пример")));
}

/* FIPS 202, the empty message; the same by Keccak-256 differs. */
static void sha3_is_not_keccak(void **state)
{
    (void)state;
    unsigned char hash[32];
    char hex[65];
    sha3_256(STR_EMPTY, hash);
    hex_encode(hash, sizeof hash, hex);
    assert_string_equal(hex, "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
    keccak256(STR_EMPTY, hash);
    hex_encode(hash, sizeof hash, hex);
    assert_string_equal(hex, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_fold_to_one_key),
        cmocka_unit_test(what_does_not_fit_has_no_key),
        cmocka_unit_test(host_names),
        cmocka_unit_test(sha3_is_not_keccak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
