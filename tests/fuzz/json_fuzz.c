/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: any bytes; what is accepted is written and read back as the same tree. */
#include "codec/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct node *node = NULL, *again = NULL;
    struct buf out = {0};
    if (json_parse(str_of((const char *)data, size), &arena, &node) == OK) {
        json_write(&out, node);
        ensure(json_parse(buf_str(&out), &arena, &again) == OK);
        ensure(node_equal(node, again));
    }
    buf_release(&out);
    arena_release(&arena);
    return 0;
}
