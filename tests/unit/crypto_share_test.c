/* SPDX-License-Identifier: Apache-2.0 */
/* A key split on paper: any m of n restore it, fewer do not, slips are found in their line. */
#include <stdio.h>

#include "base/random.h"

#include "crypto/share.h"

#include "test.h"

static struct secret_key key;
static struct key_share shares[SHARE_OF_MAX];

static bool restores(const struct key_share *some, size_t count)
{
    struct secret_key got = {{0}};
    return share_combine(some, count, &got) == OK && memcmp(&got, &key, sizeof key) == 0;
}

static str text_of(const struct key_share *share, char out[400])
{
    char lines[SHARE_LINES][SHARE_LINE_TEXT];
    size_t len = 0;
    share_print(share, lines);
    for (size_t i = 0; i < SHARE_LINES; i++)
        len += (size_t)snprintf(out + len, 400 - len, "%zu  %s\n", i + 1, lines[i]);
    return str_of(out, len);
}

static void any_m_of_n_restore_the_key(void **state)
{
    (void)state;
    random_bytes(key.bytes, sizeof key.bytes);
    for (unsigned of = 2; of <= 6; of++)
        for (unsigned need = 2; need <= of; need++) {
            assert_int_equal(share_split(&key, need, of, shares), OK);
            for (unsigned bits = 0; bits < 1u << of; bits++) {
                struct key_share some[SHARE_OF_MAX];
                size_t count = 0;
                for (unsigned i = 0; i < of; i++)
                    if (bits >> i & 1)
                        some[count++] = shares[i];
                assert_int_equal(restores(some, count), count >= need);
            }
        }
    assert_int_equal(share_split(&key, 20, 20, shares), OK);
    assert_true(restores(shares, 20));
    assert_false(restores(shares, 19));
}

static void bounds_are_kept(void **state)
{
    static const unsigned cases[][2] = {{0, 0}, {1, 1}, {1, 5}, {3, 2}, {2, 21}, {0, 3}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(share_split(&key, cases[i][0], cases[i][1], shares), ERR_BAD_VALUE);
}

/* Whatever is wrong with a handful of shares, the words are the same. */
static void wrong_handfuls_are_told_apart_by_nobody(void **state)
{
    struct key_share other[SHARE_OF_MAX];
    struct secret_key got;
    char words[512];
    (void)state;
    assert_int_equal(share_split(&key, 3, 5, shares), OK);
    assert_int_equal(share_split(&key, 3, 5, other), OK);
    const struct key_share few[] = {shares[0], shares[1]};
    const struct key_share twice[] = {shares[0], shares[1], shares[0]};
    const struct key_share mixed[] = {shares[0], shares[1], other[2]};
    assert_int_equal(share_combine(few, 2, &got), ERR_DENIED);
    snprintf(words, sizeof words, "%s", err_last()->message);
    assert_int_equal(share_combine(twice, 3, &got), ERR_DENIED);
    assert_string_equal(err_last()->message, words);
    assert_int_equal(share_combine(mixed, 3, &got), ERR_DENIED);
    assert_string_equal(err_last()->message, words);
    assert_string_equal(err_last()->hint, "");
    struct key_share lying[] = {shares[0], shares[1], shares[2]};
    lying[2].part[7] ^= 1; /* whole in itself: what comes out is not the key */
    assert_false(restores(lying, 3));
}

static void what_is_printed_is_read(void **state)
{
    char text[400];
    struct key_share got;
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(share_parse(text_of(&shares[i], text), &got), OK);
        assert_memory_equal(&got, &shares[i], sizeof got);
    }
    /* As people type: small letters, no dashes, no numbers, O for 0, blank lines. */
    str given = text_of(&shares[0], text);
    char typed[400];
    size_t len = 0;
    str line;
    while (str_split(&given, '\n', &line)) {
        for (size_t i = 3; i < line.len; i++)
            if (line.ptr[i] != '-')
                typed[len++] = line.ptr[i] == '0'   ? 'o'
                               : line.ptr[i] == '1' ? 'l'
                                                    : to_lower(line.ptr[i]);
        typed[len++] = '\r';
        typed[len++] = '\n';
        typed[len++] = '\n';
    }
    assert_int_equal(share_parse(str_of(typed, len), &got), OK);
    assert_memory_equal(&got, &shares[0], sizeof got);
}

/* Every letter of every line, exchanged for every other: refused, and nearly always in its line. */
static void a_slip_is_found_in_its_line(void **state)
{
    char text[400], said[64];
    struct key_share got;
    size_t slips = 0, located = 0;
    (void)state;
    str whole = text_of(&shares[1], text);
    for (size_t at = 0, line = 1; at < whole.len; at++) {
        char was = text[at];
        size_t column = at % 16;
        line = at / 16 + 1;
        if (column < 3 || was == '-' || was == '\n')
            continue;
        for (size_t i = 0; i < 32; i++) {
            if (crockford_letters[i] == was)
                continue;
            text[at] = crockford_letters[i];
            slips++;
            assert_int_not_equal(share_parse(whole, &got), OK);
            snprintf(said, sizeof said, "line %zu ", line);
            located += strncmp(err_last()->message, said, strlen(said)) == 0;
        }
        text[at] = was;
    }
    assert_int_equal(slips, 9 * 10 * 31);
    assert_true(located * 100 >= slips * 99);
}

static void lines_missing_doubled_or_swapped_are_refused(void **state)
{
    char text[400], other[400];
    struct key_share got;
    (void)state;
    str whole = text_of(&shares[2], text);
    assert_int_equal(share_parse(str_slice(whole, 0, 16 * 8), &got), ERR_SYNTAX);
    snprintf(other, sizeof other, "%.*s%.*s", STR(whole), STR(str_slice(whole, 0, 16)));
    assert_int_equal(share_parse(str_c(other), &got), ERR_SYNTAX);
    snprintf(other, sizeof other, "%.16s%.16s%.16s%s", text, text + 32, text + 16, text + 48);
    for (size_t i = 0; i < 3; i++) /* without their numbers */
        memset(other + i * 16, ' ', 3);
    assert_int_equal(share_parse(str_c(other), &got), ERR_BAD_VALUE);
    assert_true(str_starts(str_c(err_last()->message), S("line 2 ")));
    assert_int_equal(share_parse(STR_EMPTY, &got), ERR_SYNTAX);
}

static void a_share_of_another_is_not_vouched_for(void **state)
{
    struct hash one, two;
    (void)state;
    struct key_share altered = shares[3];
    altered.part[0] ^= 1;
    share_commit(&shares[3], &one);
    share_commit(&altered, &two);
    assert_memory_not_equal(&one, &two, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_m_of_n_restore_the_key),
        cmocka_unit_test(bounds_are_kept),
        cmocka_unit_test(wrong_handfuls_are_told_apart_by_nobody),
        cmocka_unit_test(what_is_printed_is_read),
        cmocka_unit_test(a_slip_is_found_in_its_line),
        cmocka_unit_test(lines_missing_doubled_or_swapped_are_refused),
        cmocka_unit_test(a_share_of_another_is_not_vouched_for),
    };
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
