/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people type as a share, and a file of sealed keys, of any bytes: refused, or what is printed
 * of it reads the same. First byte even: a share; odd: a file.
 */
#include <stdint.h>
#include <stdio.h>

#include "recovery/recovery.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_again(const struct key_share *share)
{
    char lines[SHARE_LINES][SHARE_LINE_TEXT];
    char text[400];
    size_t len = 0;
    struct key_share again;
    share_print(share, lines);
    for (size_t i = 0; i < SHARE_LINES; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s\n", lines[i]);
    ensure(share_parse(str_of(text, len), &again) == OK);
    ensure(memcmp(&again, share, sizeof again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct key_share share;
    struct recovery_set set;
    str box;
    if (size == 0)
        return 0;
    str text = str_of((const char *)data + 1, size - 1);
    if (data[0] & 1) {
        if (recovery_head(text, &set, &box) == OK)
            ensure(set.need >= SHARE_NEED_MIN && set.of <= SHARE_OF_MAX && box.len < text.len);
    } else if (share_parse(text, &share) == OK) {
        print_again(&share);
    }
    err_clear();
    return 0;
}
