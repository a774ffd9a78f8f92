/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs to show a record's id, and to find its number again, in time of the processor:
 * build/release/bench/ids
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model/model.h"

enum { HOME = 77, COUNT = 3000000 };

static double nanoseconds(clock_t since)
{
    return (double)(clock() - since) * 1e9 / CLOCKS_PER_SEC / COUNT;
}

int main(void)
{
    struct secret_key key;
    struct record_id_mask mask;
    char text[RECORD_ID_TEXT];
    static char texts[1024][RECORD_ID_TEXT];
    uint64_t sum = 0;
    if (crypto_init() != OK)
        return 1;
    random_bytes(key.bytes, KEY_SIZE);
    record_id_mask_init(&mask, HOME, &key);
    record_id_mask_on(&mask);
    for (uint64_t i = 0; i < COUNT_OF(texts); i++)
        record_id_format((struct record_id){HOME, i + 1}, texts[i]);
    clock_t began = clock();
    for (uint64_t i = 1; i <= COUNT; i++)
        sum += (unsigned char)record_id_format((struct record_id){HOME, i}, text)[9];
    printf("an id shown        %6.1f ns\n", nanoseconds(began));
    began = clock();
    for (uint64_t i = 0; i < COUNT; i++) {
        struct record_id id = {0};
        sum += record_id_parse(str_c(texts[i % COUNT_OF(texts)]), &id) + id.number;
    }
    printf("an id read back    %6.1f ns (%llu)\n", nanoseconds(began),
           (unsigned long long)sum % 10);
    record_id_mask_off(&mask);
    return 0;
}
