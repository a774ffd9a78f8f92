/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords that are refused: tests/cases/passwords.tsv, and a list of breached ones of any size. */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "crypto/crypto.h"
#include "crypto/passwords.h"

#include "scratch.h"
#include "test.h"

enum { BREACHED = 1000 };

static int start(void **state)
{
    struct scratch *scratch = calloc(1, sizeof *scratch);
    scratch_make(scratch);
    *state = scratch;
    return 0;
}

static int end(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

static const char *path_of(const struct scratch *scratch, const char *name)
{
    static char path[600];
    (void)snprintf(path, sizeof path, "%s/%s", scratch->path, name);
    return path;
}

static void cases_as_they_say(void **state)
{
    struct password_list *list = NULL;
    char *text = NULL;
    size_t len = 0, count = 0;
    (void)state;
    assert_int_equal(password_list_open("codes/passwords.txt", NULL, &list), OK);
    assert_false(password_list_has_breached(list));
    assert_int_equal(io_read_file("tests/cases/passwords.tsv", 1 << 16, &text, &len), OK);
    str rest = str_of(text, len), line, password, verdict;
    while (str_split(&rest, '\n', &line)) {
        if (!line.len || line.ptr[0] == '#')
            continue;
        assert_true(str_split(&line, '\t', &password) && str_split(&line, '\t', &verdict));
        bool is_refused = password_list_check(list, password) != OK;
        if (is_refused != str_eq(verdict, S("refused")))
            fail_msg("%.*s is %s: %.*s", STR(password), is_refused ? "refused" : "good", STR(line));
        if (is_refused)
            assert_false(str_has(str_c(err_last()->message), password));
        count++;
    }
    assert_true(count >= 19);
    free(text);
    password_list_free(list);
}

static str phrase(unsigned i, char text[32])
{
    (void)snprintf(text, 32, "kestrel orchid %u", i);
    return str_c(text);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* What can be downloaded: upper case, a count behind a colon; with either end of line. */
static void write_breached(const char *path, unsigned count, const char *end_of_line)
{
    static char lines[BREACHED][48];
    char text[32];
    unsigned char md5[16], sha1[20];
    struct buf out = {.max = 1 << 20};
    for (unsigned i = 0; i < count; i++) {
        md5_sha1(phrase(2 * i, text), md5, sha1);
        hex_encode(sha1, sizeof sha1, lines[i]);
        for (char *c = lines[i]; *c; c++)
            *c = (char)(*c >= 'a' ? *c - 32 : *c);
    }
    qsort(lines, count, sizeof lines[0], compare_lines);
    for (unsigned i = 0; i < count; i++)
        buf_printf(&out, "%s:%u%s", lines[i], i * i * 7 + 1, end_of_line);
    assert_int_equal(io_replace(path, buf_str(&out)), OK);
    buf_release(&out);
}

static void breached_ones_are_found_wherever_they_stand(void **state)
{
    static const unsigned counts[] = {1, 2, 3, 10, BREACHED};
    char text[32];
    for (size_t n = 0; n < COUNT_OF(counts); n++) {
        struct password_list *list = NULL;
        const char *path = path_of(*state, "breached.txt");
        write_breached(path, counts[n], n % 2 ? "\r\n" : "\n");
        assert_int_equal(password_list_open("codes/passwords.txt", path, &list), OK);
        assert_true(password_list_has_breached(list));
        for (unsigned i = 0; i < counts[n]; i++) {
            assert_int_equal(password_list_check(list, phrase(2 * i, text)), ERR_BAD_VALUE);
            assert_int_equal(password_list_check(list, phrase(2 * i + 1, text)), OK);
        }
        password_list_free(list);
    }
}

static void a_list_that_is_none_is_said(void **state)
{
    static const char *const breached[] = {"", "password\n", "00112233\n",
                                           "zz000000000000000000000000000000000000zz:1\n"};
    struct password_list *list = NULL;
    for (size_t i = 0; i < COUNT_OF(breached); i++) {
        const char *path = path_of(*state, "none.txt");
        assert_int_equal(io_replace(path, str_c(breached[i])), OK);
        assert_int_equal(password_list_open("codes/passwords.txt", path, &list), ERR_BAD_VALUE);
    }
    assert_int_equal(password_list_open("codes/passwords.txt", path_of(*state, "nowhere"), &list),
                     OK);
    password_list_free(list);
    const char *path = path_of(*state, "common.txt");
    assert_int_equal(io_replace(path, S("# a list\nb\na\n")), OK);
    assert_int_equal(password_list_open(path, NULL, &list), ERR_BAD_VALUE);
    assert_int_not_equal(password_list_open(path_of(*state, "gone"), NULL, &list), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_as_they_say),
        cmocka_unit_test(breached_ones_are_found_wherever_they_stand),
        cmocka_unit_test(a_list_that_is_none_is_said),
    };
    return cmocka_run_group_tests(tests, start, end);
}
