/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every definition carries its own tests: examples, and questions that must, and must not, find them.
 * All examples of all databases lie in one node. Then the same on a catalog in which every database and
 * every field has another name: nothing in the engine can have known them.
 */
#include "home.h"
#include "rename.h"
#include "search_fixture.h"
#include "test.h"

enum { ALL_MAX = 4096 };
static struct node_under_test node;
static uint64_t numbers[DEFINITION_MAX][64];

static const char *home = ".";

static int setup(void **state)
{
    (void)state;
    node_start(&node, home);
    for (size_t i = 0; i < node.catalog->count; i++) {
        const struct definition *definition = node.catalog->definitions[i];
        for (size_t k = 0; k < definition->example_count && k < 64; k++)
            numbers[i][k] = node_put_record(&node, definition, definition->examples[k].body);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    node_stop(&node);
    return 0;
}

static struct search_answer ask(const struct definition *definition, const struct example *example)
{
    struct node *fields = node_map(&node.arena), *databases = node_list(&node.arena);
    node_each(child, example->query) if (!str_eq(child->key, S("text")))
        node_put(fields, child->key, node_copy(&node.arena, child));
    node_add(databases, node_text(&node.arena, definition->name));
    struct search_request request = {.text = node_get_text(example->query, S("text")),
                                     .fields = fields,
                                     .databases = databases,
                                     .limit = 100};
    struct search_plan *plan = NULL;
    struct search_answer answer = {0};
    for (size_t i = 0; i < 64; i++) { /* any purpose the database is searched for */
        node.actor.purpose = (uint16_t)i;
        if (definition->purposes >> i & 1 &&
            !policy_allow(node.catalog, &node.actor, POLICY_SEARCH, definition, STR_EMPTY))
            break;
    }
    if (search_plan(node.engine, &node.actor, &request, &node.arena, &plan) ||
        search_run(plan, &answer)) {
        fprintf(stderr, "%.*s \"%.*s\": %s\n", STR(definition->name), STR(example->title),
                err_last()->message);
        err_clear();
    }
    return answer;
}

static bool finds(const struct definition *definition, const struct example *example)
{
    struct search_answer answer = ask(definition, example);
    uint64_t number = numbers[definition->number][example->example];
    return hit_with(answer.hits, answer.hit_count, number) != NULL;
}

static void test_find(void **state)
{
    (void)state;
    unsigned failed = 0, done = 0;
    for (size_t i = 0; i < node.catalog->count; i++) {
        const struct definition *definition = node.catalog->definitions[i];
        for (size_t k = 0; k < definition->find_count; k++) {
            done++;
            if (finds(definition, &definition->finds[k]))
                continue;
            failed++;
            fprintf(stderr, "%.*s: does not find example %zu: %.*s\n", STR(definition->name),
                    definition->finds[k].example + 1, STR(definition->finds[k].title));
        }
    }
    printf("%u questions that must find\n", done);
    assert_int_equal(failed, 0);
}

static void test_miss(void **state)
{
    (void)state;
    unsigned failed = 0, done = 0;
    for (size_t i = 0; i < node.catalog->count; i++) {
        const struct definition *definition = node.catalog->definitions[i];
        for (size_t k = 0; k < definition->miss_count; k++) {
            done++;
            if (!finds(definition, &definition->misses[k]))
                continue;
            failed++;
            fprintf(stderr, "%.*s: finds example %zu and must not: %.*s\n", STR(definition->name),
                    definition->misses[k].example + 1, STR(definition->misses[k].title));
        }
    }
    printf("%u questions that must miss\n", done);
    assert_int_equal(failed, 0);
}

/* The same after a merge and after a rebuild: segments answer as the delta does. */
static void test_after_merge_and_rebuild(void **state)
{
    must(index_merge(node.index), "merge");
    test_find(state);
    test_miss(state);
    must(index_rebuild(node.index), "rebuild");
    test_find(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_miss),
        cmocka_unit_test(test_after_merge_and_rebuild),
    };
    char parent[HOME_PATH], renamed[HOME_PATH];
    int failed = cmocka_run_group_tests_name("as they are", tests, setup, teardown);
    snprintf(renamed, sizeof renamed, "%.200s/renamed", home_make(parent));
    rename_home(".", renamed, 7);
    home = renamed;
    failed += cmocka_run_group_tests_name("renamed", tests, setup, teardown);
    home_remove(parent);
    return failed;
}
