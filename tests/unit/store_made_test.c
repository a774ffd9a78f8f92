/* SPDX-License-Identifier: Apache-2.0 */
/* Records that the node keeps of itself: one of every definition it has for that, as an example of it says. */
#include "canonical.h"
#include "scratch.h"
#include "test.h"

static struct {
    struct scratch scratch;
    struct catalog *catalog;
    struct store *store;
    struct arena arena;
} t;

static struct made made_of(const struct definition *definition, const struct node *fields)
{
    return (struct made){.definition = arena_printf(&t.arena, "%.*s", STR(definition->name)).ptr,
                         .owner = S("UTO"),
                         .actor = S("node"),
                         .fields = node_copy(&t.arena, fields)};
}

static struct record_id commit(const struct made *made)
{
    struct change change;
    struct committed done;
    if (change_make(t.catalog, made, &t.arena, &change))
        fail_msg("%s: %s", made->definition, err_last()->message);
    assert_int_equal(store_commit(t.store, &change, 1, true, &done), OK);
    return done.id;
}

static struct record read_back(uint64_t number)
{
    struct stored stored;
    struct node *body = NULL;
    struct record record;
    assert_int_equal(store_read(t.store, number, &t.arena, &stored), OK);
    assert_int_equal(json_parse(stored.body, &t.arena, &body), OK);
    assert_int_equal(record_read(t.catalog, catalog_find(t.catalog, stored.definition), body,
                                 &t.arena, &record),
                     OK);
    record.state = stored.state;
    return record;
}

static void one_of_every_definition_in_the_one_form(void **state)
{
    size_t count = 0;
    (void)state;
    for (size_t i = 0; i < t.catalog->count; i++) {
        const struct definition *definition = t.catalog->definitions[i];
        if (definition_is_data(definition) || !definition->example_count)
            continue;
        struct made made = made_of(definition, node_get(definition->examples[0].body, S("fields")));
        commit(&made);
        made = (struct made){.definition = made.definition,
                             .owner = made.owner,
                             .unit = S("UTO-1"),
                             .ref = S("its-ref"),
                             .actor = made.actor,
                             .until = day_today(),
                             .fields = node_copy(&t.arena, made.fields),
                             .state = STATE_SUSPENDED,
                             .is_open = true};
        struct record record = read_back(commit(&made).number);
        assert_string_equal(arena_printf(&t.arena, "%.*s", STR(record.envelope.ref)).ptr,
                            "its-ref");
        assert_int_equal(record.envelope.purposes, definition->purposes);
        assert_int_equal(record.envelope.disclose, DISCLOSE_FULL);
        assert_int_equal(day_number(record.envelope.review_on), day_number(day_today()));
        assert_int_equal(record.state, STATE_SUSPENDED);
        count += 2;
    }
    assert_true(count >= 60);
    assert_int_equal(canonical_check(t.catalog, t.store), count);
}

static struct made reminder(const char *fields)
{
    struct node *tree = NULL;
    assert_int_equal(json_parse(str_c(fields), &t.arena, &tree), OK);
    return (struct made){.definition = "reminder",
                         .owner = S("UTO"),
                         .actor = S("node"),
                         .fields = tree};
}

#define REMINDER "{\"day\":\"2026-11-22\",\"records\":\"3\",\"databases\":[\"parcel 3\"]"

static void closed_and_kept_as_long_as_the_rules_allow(void **state)
{
    struct made made = reminder(REMINDER "}");
    (void)state;
    made.until = (struct day){2999, 1, 1}; /* later than they do */
    struct record record = read_back(commit(&made).number);
    const struct record empty = {.definition = record.definition};
    assert_int_equal(record.envelope.disclose, DISCLOSE_NONE);
    assert_int_equal(day_number(record.envelope.review_on),
                     day_number(record_review_max(&empty, day_today())));
}

static void rewritten_only_as_the_version_it_was(void **state)
{
    struct change change;
    struct committed done;
    struct made made = reminder(REMINDER "}");
    (void)state;
    made.number = commit(&made).number;
    made.version = 1;
    commit(&made);
    assert_int_equal(change_make(t.catalog, &made, &t.arena, &change), OK);
    assert_int_equal(store_commit(t.store, &change, 1, true, &done), ERR_STALE);
}

static void fault_is_named(void **state)
{
    static const struct {
        const char *fields, *field;
    } cases[] = {
        {REMINDER ",\"frist\":\"2026-11-23\"}", "frist"},
        {"{\"records\":\"3\"}", "day"},
    };
    struct change change;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct made made = reminder(cases[i].fields);
        assert_int_not_equal(change_make(t.catalog, &made, &t.arena, &change), OK);
        assert_string_equal(err_last()->field, cases[i].field);
        assert_true(str_starts(str_c(err_last()->message), str_c(cases[i].field)));
    }
    struct made made = reminder(REMINDER "}");
    made.definition = "nothing";
    assert_int_equal(change_make(t.catalog, &made, &t.arena, &change), ERR_UNKNOWN);
}

static int start(void **state)
{
    (void)state;
    scratch_make(&t.scratch);
    return catalog_load(".", &t.catalog) || store_open(t.scratch.path, STORE_OPEN_CREATE, &t.store);
}

static int end(void **state)
{
    (void)state;
    arena_release(&t.arena);
    store_close(t.store);
    catalog_free(t.catalog);
    scratch_remove(&t.scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_every_definition_in_the_one_form),
        cmocka_unit_test(closed_and_kept_as_long_as_the_rules_allow),
        cmocka_unit_test(rewritten_only_as_the_version_it_was),
        cmocka_unit_test(fault_is_named),
    };
    return cmocka_run_group_tests(tests, start, end);
}
