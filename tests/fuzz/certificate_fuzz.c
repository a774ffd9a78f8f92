/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of deletion of any bytes, also well signed ones: refused, or all they must say. */
#include <stdint.h>
#include <stdlib.h>

#include "keep/keep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct signing_key no_key;
    struct signing_key key = no_key;
    struct buf note = {.max = 1 << 20}, line = {.max = 1024}, report = {.max = 1 << 20};
    str text = str_of((const char *)data, size);
    if (crypto_init() != OK || signing_key_load("/tmp/bureau-fuzz.key", &key) != OK)
        abort();
    struct note_key public_key = {S("bureau-node/0/deletions"), NOTE_SIGNATURE, key.public_key};
    note_key_print(&public_key, &line);
    (void)!keep_check_certificate(text, buf_str(&line), &report);
    buf_add(&note, text);
    buf_add_char(&note, '\n');
    note_sign(text, public_key.name, &key, &note);
    buf_clear(&report);
    if (keep_check_certificate(buf_str(&note), buf_str(&line), &report) == OK)
        ensure(str_has(buf_str(&report), S("was deleted")));
    buf_release(&note);
    buf_release(&line);
    buf_release(&report);
    err_clear();
    return 0;
}
