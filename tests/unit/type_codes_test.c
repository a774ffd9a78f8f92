/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code lists: how a list is read, what is refused, how a code is found; and that the lists of the
 * tree are sound.
 */
/* cmocka.h needs these before it, in this order. */
/* clang-format off */
/* clang-format on */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "type/codes.h"

#include "test.h"

/* Writes one list into a fresh directory and loads it. */
static enum err load_text(const char *text, struct codes **ret)
{
    char directory[] = "/tmp/bureau-codes-XXXXXX", path[64];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/colours.csv", directory);
    assert_int_equal(io_replace(path, str_c(text)), OK);
    enum err code = codes_load(directory, ret);
    unlink(path);
    rmdir(directory);
    return code;
}

static void reads_title_names_extras_and_finds(void **state)
{
    (void)state;
    struct codes *codes = NULL;
    assert_int_equal(load_text("# title: Colours\n# source: own\n# date: 2026-11-01\n"
                               "code,en,fr,es,ar,aliases,tone\n"
                               "RED,Red,Rouge,Rojo,أحمر,crimson|scarlet,warm\n"
                               "CLR,\"Clear, \"\"none\"\"\",Transparent,,,,\n",
                               &codes),
                     OK);
    const struct code_list *list = codes_list(codes, S("colours"));
    assert_non_null(list);
    assert_true(str_eq(list->title, S("Colours")) && str_eq(list->date, S("2026-11-01")));
    const struct code *red = code_get(list, S("RED"));
    assert_non_null(red);
    assert_int_equal(red->number, 0);
    assert_null(code_get(list, S("red")));
    static const char *const ways[] = {"RED",  "red",     "rouge",    "ROJO",
                                       "أحمر", "Scarlet", " Crimson "};
    for (size_t i = 0; i < COUNT_OF(ways); i++)
        assert_ptr_equal(code_find(list, str_c(ways[i])), red);
    assert_null(code_find(list, S("reddish")));
    assert_null(code_find(list, S("")));
    assert_true(str_eq(code_extra(list, red, S("tone")), S("warm")));
    assert_true(str_is_empty(code_extra(list, red, S("weight"))));
    const struct code *clear = code_get(list, S("CLR"));
    assert_true(str_eq(code_name(clear, LANGUAGE_EN), S("Clear, \"none\"")));
    assert_true(str_eq(code_name(clear, LANGUAGE_AR), S("Clear, \"none\"")));
    codes_free(codes);
}

static void refuses_faulty_lists_with_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
        const char *why;
    } cases[] = {
        {"name,en\nA,a\n", 1, "must start with code,en"},
        {"code,en\nA,a\nA,b\n", 0, "stands twice"},
        {"code,en\nA,a\na,b\n", 0, "stands twice"},
        {"code,en\nA,a,b\n", 2, "more or fewer columns"},
        {"code,en\nA\n", 2, "more or fewer columns"},
        {"code,en\nA,\n", 2, "without an English name"},
        {"code,en\n,a\n", 2, "1 to 64 bytes"},
        {"code,en\nA,\"a\nB,b\n", 2, "not closed"},
        {"code,en\nA,\"a\"b\n", 2, "after a closing quote"},
        {"code,en\nA,a\"b\n", 2, "a quote inside"},
        {"code,en\nA,\xff\n", 1, "UTF-8"},
        {"code,en\nA,a\rB,b\n", 2, "carriage return"},
        {"code,en\n<>,a\n", 2, "signs only"},
        {"code,en\n", 0, "no codes"},
        {"", 1, "heading"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct codes *codes = NULL;
        assert_int_equal(load_text(cases[i].text, &codes), ERR_SYNTAX);
        assert_null(codes);
        assert_non_null(strstr(err_last()->message, cases[i].why));
        if (cases[i].line)
            assert_int_equal(err_last()->line, cases[i].line);
        assert_non_null(strstr(err_last()->file, "colours.csv"));
        err_clear();
    }
}

static void an_absent_directory_is_an_error(void **state)
{
    (void)state;
    struct codes *codes = NULL;
    assert_int_not_equal(codes_load("/nonexistent/codes", &codes), OK);
    assert_null(codes);
    err_clear();
}

static const char *home_codes(void)
{
    const char *home = getenv("BUREAU_HOME");
    static char path[512];
    snprintf(path, sizeof path, "%s/codes", home ? home : ".");
    return path;
}

/* A way to name a code that leads to another code would file records under the wrong heading. */
static void assert_leads_to(const struct code_list *list, const struct code *code, str text)
{
    const struct code *found = text.len ? code_find(list, text) : code;
    bool is_namesake =
        found && str_eq(found->names[LANGUAGE_EN], text); /* two prefixes of one state */
    if (found != code && !is_namesake)
        fail_msg("%.*s: \"%.*s\" of code %.*s leads to %.*s", STR(list->name), STR(text),
                 STR(code->code), STR(found ? found->code : S("nothing")));
}

/* Tables of prefixes (column `country`) are read by code alone: many codes lead to one name. */
static bool is_read_by_name(const struct code_list *list)
{
    for (size_t i = 0; i < list->column_count; i++)
        if (str_eq(list->columns[i], S("country")) || str_eq(list->columns[i], S("countries")))
            return false;
    return true;
}

static void every_list_of_the_tree_is_sound(void **state)
{
    (void)state;
    struct codes *codes = NULL;
    assert_int_equal(codes_load(home_codes(), &codes), OK);
    assert_true(codes_count(codes) >= 2);
    for (size_t l = 0; l < codes_count(codes); l++) {
        const struct code_list *list = codes_at(codes, l);
        assert_ptr_equal(codes_list(codes, list->name), list);
        assert_true(list->title.len && list->source.len && list->date.len == 10);
        for (size_t i = 0; i < list->count; i++) {
            const struct code *code = &list->codes[i];
            assert_leads_to(list, code, code->code);
            if (!is_read_by_name(list))
                continue;
            assert_leads_to(list, code, code_extra(list, code, S("alpha2")));
            assert_leads_to(list, code, code->names[LANGUAGE_EN]);
            str aliases = code_extra(list, code, S("aliases")), alias;
            while (str_split(&aliases, '|', &alias))
                assert_leads_to(list, code, alias);
        }
    }
    assert_null(codes_list(codes, S("no-such-list")));
    codes_free(codes);
}

static void purposes_fit_a_set(void **state)
{
    (void)state;
    struct codes *codes = NULL;
    assert_int_equal(codes_load(home_codes(), &codes), OK);
    const struct code_list *purposes = codes_list(codes, S("purposes"));
    assert_non_null(purposes);
    assert_true(purposes->count <= 64);
    assert_non_null(code_get(purposes, S("border-control")));
    codes_free(codes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_title_names_extras_and_finds),
        cmocka_unit_test(refuses_faulty_lists_with_line),
        cmocka_unit_test(an_absent_directory_is_an_error),
        cmocka_unit_test(every_list_of_the_tree_is_sound),
        cmocka_unit_test(purposes_fit_a_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
