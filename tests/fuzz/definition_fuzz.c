/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A definition file of any content: it is read or refused with a problem, and what was read without one serves - its examples are
 * checked, its page and its template are written.
 */
#include <stdint.h>
#include <stdlib.h>

#include "codec/yaml.h"
#include "model/internal.h"
#include "model/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct codes *codes;

static void use(struct catalog *catalog, const struct definition *definition)
{
    const struct definition *const list[] = {definition};
    struct problems problems = {0};
    struct buf out = {.max = 4 << 20};
    catalog->definitions = list;
    catalog->count = 1;
    catalog_check_examples(catalog, &problems);
    model_reference(catalog, definition, &out);
    buf_clear(&out);
    (void)!catalog_template_csv(catalog, definition, &out);
    buf_release(&out);
    ensure(definition->field_count > 0);
    ensure(definition->all_count <= FIELD_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct catalog catalog = {0};
    struct problems problems = {0};
    struct definition definition;
    struct node *root = NULL;
    if (!codes && (crypto_init() || codes_load("codes", &codes)))
        abort();
    catalog.codes = codes;
    catalog.purposes = codes_list(codes, S("purposes"));
    catalog.meaning_list = codes_list(codes, S("meanings"));
    str text = str_of((const char *)data, size);
    if (yaml_parse(text, "fuzz.yaml", &catalog.arena, &root) == OK && root->kind == NODE_MAP) {
        struct definition_reader reader = {.catalog = &catalog,
                                           .problems = &problems,
                                           .arena = &catalog.arena};
        definition_read(&reader, root, S("fuzz.yaml"), &definition);
        if (problems.count == 0)
            use(&catalog, &definition);
        else
            ensure(problems.first.message[0] != '\0');
    }
    arena_release(&catalog.arena);
    return 0;
}
