/* SPDX-License-Identifier: Apache-2.0 */
/* rename HOME TARGET SEED: a home whose databases and fields have other names, for the server tests. */
#include "rename.h"

#include <stdio.h>

#include "crypto/crypto.h"

int main(int count, char **words)
{
    uint64_t seed;
    if (count != 4 || !str_to_u64(str_c(words[3]), UINT64_MAX, &seed) || crypto_init() != OK) {
        fprintf(stderr, "usage: rename HOME TARGET SEED\n");
        return 2;
    }
    rename_home(words[1], words[2], seed);
    return 0;
}
