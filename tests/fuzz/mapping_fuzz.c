/* SPDX-License-Identifier: Apache-2.0 */
/* Mapping files, and a row through what loads; run in the project's directory, for its definitions. */
#include <stdlib.h>

#include "intake/evaluate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct catalog *catalog;

static void on_unmapped(void *context, const struct code_table *table, const struct take *take,
                        str value)
{
    (void)context;
    (void)table;
    (void)take;
    (void)value;
}

static void evaluate(struct mapping *mapping)
{
    static const str cells[] = {{"36", 2},
                                {"SMITH, Jane", 11},
                                {"DOB 1970; POB Oslo, Norway", 26},
                                {"-0-", 3}};
    struct arena arena = {0};
    struct evaluator evaluator = {.mapping = mapping, .arena = &arena, .unmapped = on_unmapped};
    struct node *tree = node_map(&arena);
    node_put_text(&arena, tree, S("a"), S("x"));
    struct row row = {.number = 1,
                      .cells = cells,
                      .count = COUNT_OF(cells),
                      .tree = mapping->is_tree ? tree : NULL};
    for (const struct map_record *record = mapping->records; record; record = record->next) {
        if (!evaluate_when(&evaluator, &row, record->when))
            continue;
        ensure(evaluate_fields(&evaluator, &row, record) != NULL);
        evaluate_envelope(&evaluator, &row, record, tree);
        ensure(utf8_is_valid(evaluate_id(&evaluator, &row, record)));
    }
    evaluator_release(&evaluator);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mapping *mapping = NULL;
    if (!catalog && (crypto_init() || catalog_load(".", &catalog)))
        abort();
    if (mapping_parse(catalog, "fuzz.yaml", str_of((const char *)data, size), &mapping) == OK)
        evaluate(mapping);
    mapping_free(mapping);
    return 0;
}
