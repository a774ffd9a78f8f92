/* SPDX-License-Identifier: Apache-2.0 */
/* Ids that tell nothing: what is shown of a home's running numbers, and what comes back. */
#include <stdio.h>
#include <stdlib.h>

#include "model/model.h"

#include "test.h"

enum { HOME = 0x1234567, OTHER_HOME = 0x7654321, SOME = 4096 };

static struct record_id_mask mask_of_home(uint32_t home, unsigned char first)
{
    struct secret_key key = {{first, 2, 3, 4, 5}};
    struct record_id_mask mask;
    record_id_mask_init(&mask, home, &key);
    return mask;
}

static void a_permutation_is_one(void **state)
{
    (void)state;
    static const unsigned char keys[2][16] = {{1, 2, 3}, {1, 2, 4}};
    static bool is_taken[1 << 16];
    size_t fixed = 0, agreeing = 0;
    for (uint64_t i = 0; i < 1 << 16; i++) {
        uint64_t shown = number_permute(keys[0], 8, 6, i);
        assert_true(shown < 1 << 16 && !is_taken[shown]);
        is_taken[shown] = true;
        assert_true(number_restore(keys[0], 8, 6, shown) == i);
        fixed += shown == i;
        agreeing += shown == number_permute(keys[1], 8, 6, i);
    }
    assert_true(fixed < 10 && agreeing < 10); /* one of each is what chance gives */
    assert_true(number_restore(keys[0], 32, 6, number_permute(keys[0], 32, 6, UINT64_MAX)) ==
                UINT64_MAX);
    assert_true(number_permute(keys[0], 30, 6, 5) < 1ull << 60);
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Half of the neighbours go up, none is near the other, all are different, each comes back. */
static void two_ids_do_not_tell_what_lies_between(void **state)
{
    (void)state;
    static char texts[SOME][RECORD_ID_TEXT];
    struct record_id_mask mask = mask_of_home(HOME, 1);
    size_t rising = 0, alike = 0;
    record_id_mask_on(&mask);
    for (uint64_t i = 0; i < SOME; i++) {
        struct record_id back;
        record_id_format((struct record_id){HOME, 1000 + i}, texts[i]);
        assert_true(record_id_parse(str_c(texts[i]), &back));
        assert_true(back.home == HOME && back.number == 1000 + i);
        if (i) {
            rising += strcmp(texts[i - 1], texts[i]) < 0;
            alike += strncmp(texts[i - 1], texts[i], 10) == 0; /* the home, and two of the number */
        }
    }
    assert_in_range(rising, SOME / 2 - 200, SOME / 2 + 200);
    assert_in_range(alike, 0, 20);
    qsort(texts, SOME, sizeof *texts, compare);
    for (size_t i = 1; i < SOME; i++)
        assert_string_not_equal(texts[i - 1], texts[i]);
    record_id_mask_off(&mask);
}

static void an_id_never_given_is_a_number_never_used(void **state)
{
    (void)state;
    struct record_id_mask mask = mask_of_home(HOME, 1);
    struct record_id id;
    char text[RECORD_ID_TEXT];
    record_id_mask_on(&mask);
    record_id_format((struct record_id){HOME, 1}, text);
    char *last = &text[strlen(text) - 1];
    for (const char *c = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; *c; c++) {
        char written = *last;
        *last = *c;
        bool is_same = *c == written;
        if (record_id_parse(str_c(text), &id) && !is_same)
            assert_true(id.number > 1ull << 30); /* by chance one in a thousand million is below */
        *last = written;
    }
    assert_false(record_id_parse(S("0J6HB7-1"), &id));
    snprintf(text + 8, sizeof text - 8, "G000000000000"); /* above 60 bits */
    assert_false(record_id_parse(str_c(text), &id));
    record_id_mask_off(&mask);
}

static void other_homes_are_shown_as_they_came(void **state)
{
    (void)state;
    struct record_id_mask mask = mask_of_home(HOME, 1), other = mask_of_home(OTHER_HOME, 9);
    char here[RECORD_ID_TEXT], there[RECORD_ID_TEXT], again[RECORD_ID_TEXT];
    struct record_id id, theirs;
    record_id_mask_on(&other);
    record_id_format((struct record_id){OTHER_HOME, 7}, there);
    record_id_mask_off(&other); /* from here on this process is another node */
    record_id_mask_on(&mask);
    assert_true(record_id_parse(str_c(there), &theirs));
    assert_true(theirs.home == OTHER_HOME && theirs.number != 7);
    assert_string_equal(record_id_format(theirs, again), there);
    record_id_format((struct record_id){HOME, 7}, here);
    assert_string_not_equal(here + 8, there + 8); /* each home has a key of its own */
    record_id_mask_off(&mask);
    record_id_format((struct record_id){HOME, 7}, again);
    assert_string_equal(again + 7, "-7");
    assert_true(record_id_parse(str_c(here), &id) && id.number != 7);
}

/* The same home twice, as when a copy is opened beside it: either may go first. */
static void masks_come_and_go(void **state)
{
    (void)state;
    struct record_id_mask first = mask_of_home(HOME, 1), copy = mask_of_home(HOME, 1);
    char text[RECORD_ID_TEXT], again[RECORD_ID_TEXT];
    record_id_mask_on(&first);
    record_id_mask_on(&copy);
    record_id_format((struct record_id){HOME, 7}, text);
    record_id_mask_off(&first);
    assert_string_equal(record_id_format((struct record_id){HOME, 7}, again), text);
    record_id_mask_off(&copy);
    record_id_mask_off(&copy);
    for (size_t i = 0; i < 1000; i++) {
        record_id_mask_on(&first);
        record_id_mask_off(&first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_permutation_is_one),
        cmocka_unit_test(two_ids_do_not_tell_what_lies_between),
        cmocka_unit_test(an_id_never_given_is_a_number_never_used),
        cmocka_unit_test(other_homes_are_shown_as_they_came),
        cmocka_unit_test(masks_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
