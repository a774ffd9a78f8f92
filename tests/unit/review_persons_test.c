/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An owner is told again and again about one person: by whichever of its records, until thirty
 * days have passed, and over a restart.
 */
#include "codec/json.h"
#include "review/internal.h"

#include "scratch.h"
#include "test.h"

static struct {
    struct scratch scratch;
    struct arena arena;
    struct catalog *catalog;
    struct review review;
    const struct definition *definition;
    const struct node *bodies[2]; /* of two persons */
} t;

static bool identifies(const struct definition *definition)
{
    for (size_t i = 0; i < definition->all_count; i++)
        if (definition->all[i]->is_pivot && definition->all[i]->meaning_number)
            return definition_is_data(definition) && definition->example_count > 1;
    return false;
}

static int start(void **state)
{
    (void)state;
    scratch_make(&t.scratch);
    if (catalog_load(".", &t.catalog))
        return 1;
    for (size_t i = 0; i < t.catalog->count && !t.definition; i++)
        if (identifies(t.catalog->definitions[i]))
            t.definition = t.catalog->definitions[i];
    for (size_t i = 0; i < 2; i++)
        t.bodies[i] = t.definition->examples[i].body;
    t.review = (struct review){.catalog = t.catalog};
    snprintf(t.review.directory, sizeof t.review.directory, "%s", t.scratch.path);
    return 0;
}

static int end(void **state)
{
    (void)state;
    persons_release(&t.review.persons);
    catalog_free(t.catalog);
    arena_release(&t.arena);
    scratch_remove(&t.scratch);
    return 0;
}

static bool tell(const char *owner, unsigned person, const char *told, int32_t day)
{
    struct record record;
    bool is_many = true;
    if (record_read(t.catalog, t.definition, t.bodies[person], &t.arena, &record))
        fail_msg("%s", err_last()->message);
    record.envelope.owner = str_c(owner);
    assert_int_equal(persons_tell(&t.review, &record, str_c(told), day, &is_many), OK);
    return is_many;
}

static void restart(void)
{
    assert_int_equal(persons_save(&t.review), OK);
    persons_release(&t.review.persons);
    t.review.persons = (struct persons){.count = 0};
}

static void told_of_one_person(void **state)
{
    (void)state;
    assert_false(tell("UTO", 0, "first record, FRA", 100));
    assert_false(tell("UTO", 0, "first record, DEU", 101));
    assert_false(tell("UTO", 0, "first record, DEU", 101)); /* once a day and country */
    assert_false(tell("UTO", 0, "second record, FRA", 102));
    assert_false(tell("UTO", 1, "another person", 102));
    assert_false(tell("ZZZ", 0, "another owner's", 102));
    restart();
    assert_false(tell("UTO", 0, "third record, FRA", 103));
    assert_true(tell("UTO", 0, "fourth record, FRA", 104));
    assert_false(tell("UTO", 0, "fifth record, FRA", 105)); /* said once */
    assert_false(tell("UTO", 1, "another person again", 105));
}

static void what_is_long_ago_is_forgotten(void **state)
{
    (void)state;
    for (int32_t day = 200; day < 500; day += 10)
        assert_false(tell("UTO", 0, "every ten days", day));
    restart();
    for (size_t i = 0; i < t.review.persons.count; i++)
        assert_true(t.review.persons.items[i].day > 490 - 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(told_of_one_person),
                                       cmocka_unit_test(what_is_long_ago_is_forgotten)};
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests(tests, start, end);
}
