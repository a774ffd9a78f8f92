/* SPDX-License-Identifier: Apache-2.0 */
/* YAML: any bytes. */
#include "codec/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct node *node = NULL;
    if (yaml_parse(str_of((const char *)data, size), "fuzz.yaml", &arena, &node) == OK)
        ensure(node != NULL);
    arena_release(&arena);
    return 0;
}
