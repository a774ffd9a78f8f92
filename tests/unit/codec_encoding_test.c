/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings: written by iconv, guessed and decoded by us; text encoded twice; bytes that mean nothing. */
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "text/encoding.h"

#include "test.h"

static void encode(const char *name, str text, struct buf *out)
{
    char target[64];
    snprintf(target, sizeof target, "%s", name);
    iconv_t converter = iconv_open(target, "UTF-8");
    assert_true(converter != (iconv_t)-1);
    char *in = (char *)(uintptr_t)text.ptr, *to = buf_reserve(out, text.len * 4 + 16);
    size_t in_left = text.len, to_left = text.len * 4 + 16;
    assert_non_null(to);
    assert_int_equal(iconv(converter, &in, &in_left, &to, &to_left), 0);
    out->len += text.len * 4 + 16 - to_left;
    iconv_close(converter);
}

static void decode(str bytes, const struct encoding_guess *guess, size_t step, struct buf *out)
{
    struct decoder *decoder = NULL;
    assert_int_equal(decoder_open(guess->name, guess->doubled, &decoder), OK);
    for (size_t at = 0; at < bytes.len; at += step)
        assert_int_equal(decoder_feed(decoder, str_slice(bytes, at, step), false, out), OK);
    assert_int_equal(decoder_feed(decoder, STR_EMPTY, true, out), OK);
    decoder_close(decoder);
}

static bool is_one_of(str names, const char *name)
{
    str one;
    while (str_split(&names, ' ', &one))
        if (str_eq_nocase(one, str_c(name)))
            return true;
    return false;
}

static void guessed_and_decoded(void **state)
{
    (void)state;
    char *data;
    size_t len, count = 0;
    assert_int_equal(io_read_file("tests/cases/intake/encodings.tsv", 1 << 20, &data, &len), OK);
    str rest = str_of(data, len), line, encoding, text, expected;
    while (str_split(&rest, '\n', &line)) {
        char name[40];
        if (!line.len || line.ptr[0] == '#' || !str_split(&line, '\t', &encoding) ||
            !str_split(&line, '\t', &text) || !str_split(&line, '\t', &expected))
            continue;
        struct buf bytes = {0}, back = {0};
        struct encoding_guess guess;
        snprintf(name, sizeof name, "%.*s", STR(encoding));
        encode(name, text, &bytes);
        encoding_guess(buf_str(&bytes), &guess);
        if (!is_one_of(expected, guess.name))
            fail_msg("%s was taken for %s (%u): %s", name, guess.name, guess.confidence,
                     guess.reasons);
        decode(buf_str(&bytes), &guess, 3, &back);
        if (!str_eq(buf_str(&back), text))
            fail_msg("%s came back as %.*s", name, STR(buf_str(&back)));
        buf_release(&bytes);
        buf_release(&back);
        count++;
    }
    assert_true(count >= 15);
    free(data);
}

static void encoded_twice_is_repaired(void **state)
{
    (void)state;
    static const struct {
        const char *text, *page;
        enum encoding_doubled doubled;
    } table[] = {
        {"Müller;Strauß;Peña;Zoë;Ærø\n", "WINDOWS-1252", DOUBLED_1252},
        {"Петров;Пётр;Москва\n", "WINDOWS-1251", DOUBLED_1251},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct buf wrong = {0}, back = {0};
        struct encoding_guess guess;
        char page[40];
        snprintf(page, sizeof page, "%s", table[i].page);
        iconv_t converter = iconv_open("UTF-8", page); /* reading UTF-8 as that page */
        char *in = (char *)(uintptr_t)table[i].text, *to = buf_reserve(&wrong, 1000);
        size_t in_left = strlen(in), to_left = 1000;
        iconv(converter, &in, &in_left, &to, &to_left);
        iconv_close(converter);
        wrong.len = 1000 - to_left;
        assert_int_equal(in_left, 0);
        encoding_guess(buf_str(&wrong), &guess);
        assert_int_equal(guess.doubled, table[i].doubled);
        for (size_t step = 1; step < 9; step++) {
            buf_clear(&back);
            decode(buf_str(&wrong), &guess, step, &back);
            assert_true(str_eq_c(buf_str(&back), table[i].text));
        }
        buf_release(&wrong);
        buf_release(&back);
    }
    struct encoding_guess honest;
    encoding_guess(S("Müller;Ångström;Ärger;Ö\n"), &honest);
    assert_int_equal(honest.doubled, DOUBLED_NONE);
}

static void what_means_nothing_is_counted(void **state)
{
    (void)state;
    struct decoder *decoder = NULL;
    struct buf out = {0};
    assert_int_equal(decoder_open("utf-8", DOUBLED_NONE, &decoder), OK);
    assert_int_equal(decoder_feed(decoder,
                                  S("a\xFF"
                                    "b\xC3"),
                                  false, &out),
                     OK);
    assert_int_equal(decoder_feed(decoder,
                                  S("\xA9"
                                    "c\xE2\x82"),
                                  true, &out),
                     OK);
    assert_true(str_eq(buf_str(&out), S("a\xEF\xBF\xBD"
                                        "bé"
                                        "c\xEF\xBF\xBD\xEF\xBF\xBD")));
    assert_int_equal(decoder_bad_count(decoder), 3);
    decoder_close(decoder);
    buf_release(&out);
    assert_int_equal(decoder_open("no-such-encoding", DOUBLED_NONE, &decoder), ERR_UNKNOWN);
}

static void marks_are_dropped(void **state)
{
    (void)state;
    static const str marked[] = {{"\xEF\xBB\xBFhi", 5},
                                 {"\xFF\xFEh\0i\0", 6},
                                 {"\xFE\xFF\0h\0i", 6}};
    for (size_t i = 0; i < COUNT_OF(marked); i++) {
        struct encoding_guess guess;
        struct buf out = {0};
        encoding_guess(marked[i], &guess);
        assert_int_equal(guess.confidence, 100);
        decode(marked[i], &guess, 2, &out);
        assert_true(str_eq(buf_str(&out), S("hi")));
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guessed_and_decoded),
        cmocka_unit_test(encoded_twice_is_repaired),
        cmocka_unit_test(what_means_nothing_is_counted),
        cmocka_unit_test(marks_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
