/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `bureau check`: every problem of every file, and the examples, which are a definition's tests as
 * much as its documentation: each must be a record of the definition, each value asked for must be
 * one of its meaning's type.
 */
#include <stdio.h>

#include "model/internal.h"

static void check_example(const struct catalog *catalog, const struct definition *definition,
                          size_t number, struct problems *problems)
{
    const struct example *example = &definition->examples[number];
    struct arena arena = {0};
    struct faults faults;
    struct record record;
    (void)!record_check(catalog, definition, example->body, &arena, &record, &faults);
    for (size_t i = 0; i < faults.count && i < faults.max; i++) {
        const struct fault *fault = &faults.items[i];
        problem_at(problems, fault->code, definition->file, example->body, fault->path,
                   "example %zu: \"%.*s\" %.*s", number + 1, STR(fault->value), STR(fault->reason));
    }
    arena_release(&arena);
}

static void check_asked(const struct catalog *catalog, const struct definition *definition,
                        const struct node *asked, struct problems *problems)
{
    const struct code_list *list = NULL;
    struct value value;
    struct arena arena = {0};
    uint16_t meaning = meaning_number(catalog, asked->key);
    const struct type *type = meaning_type(catalog, meaning, &list);
    if (meaning == 0) /* a line of text is recognised, not parsed */
        return;
    struct type_context context = catalog_context(catalog, NULL);
    context.list = list;
    if (!type)
        problem_at(problems, ERR_UNKNOWN, definition->file, asked, asked->key,
                   "no field has this meaning, so nothing can be asked for by it");
    else if (type->parse(&context, asked, &arena, &value) != OK)
        problem_from_err(problems, definition->file, asked, asked->key);
    arena_release(&arena);
}

static void check_queries(const struct catalog *catalog, const struct definition *definition,
                          const struct example *queries, size_t count, struct problems *problems)
{
    for (size_t i = 0; i < count; i++)
        node_each(asked, queries[i].query) check_asked(catalog, definition, asked, problems);
}

void catalog_check_examples(const struct catalog *catalog, struct problems *problems)
{
    for (size_t i = 0; i < catalog->count; i++) {
        const struct definition *definition = catalog->definitions[i];
        for (size_t k = 0; k < definition->example_count; k++)
            check_example(catalog, definition, k, problems);
        check_queries(catalog, definition, definition->finds, definition->find_count, problems);
        check_queries(catalog, definition, definition->misses, definition->miss_count, problems);
    }
}

enum err catalog_check(const char *home, struct buf *report)
{
    struct problems problems = {.report = report};
    struct catalog *catalog = NULL;
    catalog_load_all(home, &problems, &catalog);
    if (problems.count == 0)
        catalog_check_examples(catalog, &problems);
    if (problems.count > PROBLEM_MAX)
        buf_printf(report, "and %zu more\n", problems.count - PROBLEM_MAX);
    size_t examples = 0;
    size_t definitions = catalog ? catalog->count : 0;
    for (size_t i = 0; problems.count == 0 && i < definitions; i++)
        examples += catalog->definitions[i]->example_count;
    if (problems.count == 0)
        buf_printf(report, "%zu definitions, %zu examples: no faults\n", definitions, examples);
    else
        buf_printf(report, "%zu faults\n", problems.count);
    catalog_free(catalog);
    if (problems.count == 0)
        return OK;
    err_restore(&problems.first);
    return problems.first.code;
}
