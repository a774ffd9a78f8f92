/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a record adds to the index is the same whether it is worked out from the values as they were
 * entered (an import does that ahead) or from the body that was stored of them (a rebuild does). For
 * every example of every database, and for records of sampled values.
 */
#include "base/random.h"

#include "codec/json.h"
#include "index/internal.h"

#include "test.h"

enum { SAMPLES = 30 };

static struct catalog *catalog;
static struct policy_classes *classes;
static struct index node_index;

static void assert_same(const struct index_prepared *a, const struct index_prepared *b)
{
    assert_int_equal(a->definition, b->definition);
    assert_int_equal(a->class_number, b->class_number);
    assert_int_equal(a->has_names, b->has_names);
    assert_int_equal(a->day_count, b->day_count);
    assert_memory_equal(a->days, b->days, sizeof a->days);
    assert_int_equal(a->key_count, b->key_count);
    for (size_t i = 0; i < a->key_count; i++) {
        assert_int_equal(a->keys[i].hash, b->keys[i].hash);
        assert_int_equal(a->keys[i].space, b->keys[i].space);
        assert_int_equal(a->keys[i].field, b->keys[i].field);
    }
    const struct prepared_range *x = a->ranges, *y = b->ranges;
    for (; x && y; x = x->next, y = y->next) {
        assert_int_equal(x->space, y->space);
        assert_int_equal(x->field, y->field);
        assert_true(str_eq(x->from, y->from) && str_eq(x->to, y->to));
    }
    assert_true(!x && !y);
}

/* False: the body is refused, so it would never be stored. */
static bool check_body(const struct definition *definition, const struct node *body)
{
    struct arena arena = {0};
    struct record entered, stored;
    struct faults faults;
    struct index_prepared *a = NULL, *b = NULL;
    struct buf text = {0};
    struct node *tree = NULL;
    bool is_good = record_check(catalog, definition, body, &arena, &entered, &faults) == OK;
    if (is_good) {
        assert_int_equal(record_canonical(catalog, &entered, &text), OK);
        assert_int_equal(json_parse(buf_str(&text), &arena, &tree), OK);
        assert_int_equal(record_read(catalog, definition, tree, &arena, &stored), OK);
        stored.state = entered.state = STATE_ACTIVE;
        assert_int_equal(index_prepare_all(&node_index, &entered, &arena, &a), OK);
        assert_int_equal(index_prepare_all(&node_index, &stored, &arena, &b), OK);
        assert_same(a, b);
    }
    err_clear();
    buf_release(&text);
    arena_release(&arena);
    return is_good;
}

static void examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < catalog->count; i++)
        for (size_t k = 0; k < catalog->definitions[i]->example_count; k++)
            assert_true(
                check_body(catalog->definitions[i], catalog->definitions[i]->examples[k].body));
}

/* ---- sampled ---- */

static void put_sample(struct random *random, struct arena *arena, const struct field *field,
                       struct node *map)
{
    struct buf value = {.max = 4096};
    if (field->list && field->list->count)
        buf_add(&value, field->list->codes[random_below(random, field->list->count)].code);
    else if (field->type->sample)
        field->type->sample(random, STR_EMPTY, &value);
    if (value.len)
        node_put_text(arena, map, field->name, arena_str(arena, buf_str(&value)));
    buf_release(&value);
}

static struct node *sampled_fields(struct random *random, struct arena *arena,
                                   const struct field *const *fields, size_t count)
{
    struct node *map = node_map(arena);
    for (size_t i = 0; i < count; i++) {
        const struct field *field = fields[i];
        if (!field->is_required && random_below(random, 3) == 0)
            continue;
        if (field->type) {
            put_sample(random, arena, field, map);
            continue;
        }
        struct node *entry = node_map(arena);
        for (size_t k = 0; k < field->field_count; k++)
            put_sample(random, arena, field->fields[k], entry);
        struct node *list = node_list(arena);
        node_add(list, entry);
        node_put(map, field->name, list);
    }
    return map;
}

static struct node *sampled_body(struct random *random, struct arena *arena,
                                 const struct definition *definition)
{
    struct node *body = node_map(arena), *envelope = node_map(arena), *purposes = node_list(arena);
    for (unsigned i = 0; i < PURPOSE_MAX; i++)
        if (definition->purposes >> i & 1)
            node_add(purposes, node_text(arena, purpose_code(catalog, (uint16_t)i)));
    node_put_text(arena, envelope, S("owner"), S("UTO"));
    node_put_text(arena, envelope, S("ref"), S("S-1"));
    node_put(envelope, S("purposes"), purposes);
    node_put_text(arena, envelope, S("review_on"), S("2026-12-01"));
    node_put(body, S("envelope"), envelope);
    node_put(body, S("fields"),
             sampled_fields(random, arena, definition->fields, definition->field_count));
    return body;
}

static void samples(void **state)
{
    (void)state;
    struct random random;
    size_t good = 0;
    random_seed(&random, 7);
    clock_pin(1795341600000000); /* 2026-11-22: dates of bodies drawn by lot are about it */
    for (size_t i = 0; i < catalog->count; i++)
        for (size_t k = 0; k < SAMPLES; k++) {
            struct arena arena = {0};
            good += check_body(catalog->definitions[i],
                               sampled_body(&random, &arena, catalog->definitions[i]));
            arena_release(&arena);
        }
    clock_pin(-1);
    assert_true(good > catalog->count * SAMPLES / 4); /* else the test says nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(examples), cmocka_unit_test(samples)};
    if (crypto_init() || catalog_load(".", &catalog) || policy_classes_new(catalog, &classes))
        return 1;
    node_index = (struct index){.catalog = catalog, .classes = classes, .key = "fifteen letters"};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    policy_classes_free(classes);
    catalog_free(catalog);
    return failed;
}
