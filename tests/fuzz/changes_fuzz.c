/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of a node's key as a stranger hands them over, followed from a key of his choice. */
#include <stdint.h>

#include "crypto/node_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str changes = str_of((const char *)data, size), line;
    struct buf keys = {.max = 1 << 20};
    if (str_split(&changes, '\n', &line) && node_key_follow(changes, line, &keys) == OK)
        ensure(keys.len > 0);
    buf_release(&keys);
    err_clear();
    return 0;
}
