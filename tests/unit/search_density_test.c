/* SPDX-License-Identifier: Apache-2.0 */
/* How crowded numbers are: counted by issuer and format, rounded, frozen, read back. */
#include <stdio.h>

#include "base/buf.h"

#include "search/density.h"

#include "test.h"

static void formats(void **state)
{
    (void)state;
    static const struct {
        const char *number, *format;
        double room;
    } cases[] = {
        {"123456789", "999999999", 1e9},   {"C12345678", "C99999999", 1e8},
        {"AB123456", "AB999999", 1e6},     {"ABC12345", "ABA99999", 26e5},
        {"C1X00T478", "C9A99A999", 676e6}, {"12AB34", "99AA99", 676e4},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char format[FORMAT_MAX];
        size_t len = density_format(str_c(cases[i].number), format);
        assert_true(str_eq_c(str_of(format, len), cases[i].format));
        assert_true(density_room(str_of(format, len)) == cases[i].room);
    }
}

static void counted_and_read_back(void **state)
{
    (void)state;
    struct density_counter *counter = NULL;
    struct densities *table = NULL;
    struct buf out = {0};
    str type = S("document-number");
    assert_int_equal(density_counter_new(&counter), OK);
    for (unsigned i = 0; i < 1234; i++) {
        char number[16];
        snprintf(number, sizeof number, "C%08u", i * 7);
        assert_int_equal(density_counter_add(counter, type, S("UTO"), str_c(number), STR_EMPTY),
                         OK);
    }
    assert_int_equal(density_counter_add(counter, type, S("FRA"), S("C00001000"), S("C00003499")),
                     OK); /* a batch of 2,500 */
    assert_int_equal(density_counter_add(counter, type, S("UTO"), S("12345"), STR_EMPTY), OK);
    assert_int_equal(density_counter_write(counter, 9, &out), OK);
    density_counter_free(counter);
    assert_int_equal(densities_read(buf_str(&out), &table), OK);
    assert_true(densities_held(table, type, S("UTO"), S("C99999999")) == 1200);
    assert_true(densities_held(table, type, S("FRA"), S("C99999999")) == 2500);
    assert_true(densities_held(table, type, STR_EMPTY, S("C99999999")) == 3700);
    assert_true(densities_held(table, type, STR_EMPTY, STR_EMPTY) == 3700);
    /* one number alone is not listed, and cannot be told from none */
    assert_true(densities_held(table, type, S("UTO"), S("99999")) == DENSITY_FLOOR / 2.0);
    densities_free(table);
    buf_release(&out);
}

static void bad_tables(void **state)
{
    (void)state;
    static const char *const bad[] = {"document-number\tUTO\t99\n", "a\tb\tc\tmany\n",
                                      "a\tb\t\t100\n", "a\tb\tc\t1\tmore\n"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct densities *table = NULL;
        assert_int_equal(densities_read(str_c(bad[i]), &table), ERR_DAMAGED);
        assert_int_equal(err_last()->line, 1);
        err_clear();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),
        cmocka_unit_test(counted_and_read_back),
        cmocka_unit_test(bad_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
