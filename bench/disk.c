/* SPDX-License-Identifier: Apache-2.0 */
/* What an fdatasync costs in a directory, in this minute.   build/release/bench/disk DIR */
#include "durable.h"

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    durable_probe(argv[1]);
    return 0;
}
