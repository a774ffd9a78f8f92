/* SPDX-License-Identifier: Apache-2.0 */
/* An officer's own name and family, held against what he asks: cases as an auditor would put them. */
#include "codec/json.h"
#include "review/internal.h"

#include "stored.h"
#include "test.h"

static struct {
    struct arena arena;
    struct catalog *catalog;
} t;

#define HE "[{\"given\":\"Hannelore\",\"family\":\"Wrzesniewska\"},\"Kavanagh-Obi, Tadhg\"]"

static const struct {
    const char *declared, *query;
    bool is_flagged;
    const char *why;
} cases[] = {
    {HE, "[{\"name\":[\"WRZESNIEWSKA, Hannelore\"]}]", true, "herself"},
    {HE, "[{\"name\":[\"Hannelore Wrzesniewska\"],\"birth-date\":[\"1980-01-01\"]}]", true,
     "in another order, with a date"},
    {HE, "[{\"name\":[\"Wrzesniewski Piotr\"]}]", true,
     "her brother: an ending is no other family"},
    {HE, "[{\"name\":[\"WRZESNIEWSKA\"]}]", true, "the rare family name alone"},
    {HE, "[{\"name\":[\"Tadhg Kavanagh-Obi\"]}]", true, "the one she is married to"},
    {"[\"Zadornova, Vasilisa\"]", "[{\"name\":[\"Smith, John\"]},{\"name\":[\"Задорнов Пётр\"]}]",
     true, "the second question, of a relative, in another alphabet"},
    {HE, "[{\"relative-name\":[\"Hannelore Wrzesniewska\"]}]", true, "asked for as a relative"},
    {HE, "[{\"name\":[\"Hannelore Mueller\"]}]", false, "who shares her given name"},
    {HE, "[{\"name\":[\"Smith, John\"]}]", false, "somebody else"},
    {HE, "[{\"document-number\":[\"WRZESNIEWSKA\"]}]", false, "no name is asked for"},
    {HE, "{\"record\":\"x\"}", false, "no search by values"},
    {"[{\"given\":\"Ana\",\"family\":\"Garcia\"}]", "[{\"name\":[\"Garcia, Pedro\"]}]", false,
     "a family name that many bear"},
    {"[{\"given\":\"Ana\",\"family\":\"Garcia\"}]", "[{\"name\":[\"Garcia, Ana\"]}]", true,
     "a common name, but all of hers"},
    {"[{\"given\":\"Ana\",\"family\":\"Garcia\"}]", "[{\"name\":[\"Ana\"]}]", false,
     "no more than a common given name"},
};

static int start(void **state)
{
    (void)state;
    return catalog_load(".", &t.catalog);
}

static int stop(void **state)
{
    (void)state;
    catalog_free(t.catalog);
    arena_release(&t.arena);
    return 0;
}

static void flags_himself_and_his_family(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct node *declared = NULL, *query = NULL;
        assert_int_equal(json_parse(str_c(cases[i].declared), &t.arena, &declared), OK);
        assert_int_equal(json_parse(str_c(cases[i].query), &t.arena, &query), OK);
        if (own_is_asked(t.catalog, declared, query, &t.arena) != cases[i].is_flagged)
            fail_msg("%s: %s", cases[i].query, cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(flags_himself_and_his_family)};
    return cmocka_run_group_tests(tests, start, stop);
}
