/* SPDX-License-Identifier: Apache-2.0 */
/* Proof files, keys and checkpoints of any bytes: refused or held, never more. */
#include <stdint.h>
#include <stdlib.h>

#include "audit/audit.h"
#include "audit/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char key[] =
        "bureau-node/47c535a6/audit+65ebd35c+AT6FI9i64uG9vh9K2/sfSDKzIvFc5TnY36SRxetue49M";
    str text = str_of((const char *)data, size);
    struct buf report = {.max = 1 << 20};
    struct checkpoint checkpoint;
    struct note_key parsed;
    if (checkpoint_parse(text, &checkpoint) == OK) {
        struct buf again = {.max = 1 << 20};
        checkpoint_print(&checkpoint, &again);
        ensure(str_starts(text, buf_str(&again)));
        buf_release(&again);
    }
    if (note_key_parse(text, &parsed) == OK) {
        struct note_key again;
        note_key_print(&parsed, &report);
        ensure(note_key_parse(buf_str(&report), &again) == OK);
        ensure(memcmp(&again.key, &parsed.key, sizeof again.key) == 0);
    }
    buf_clear(&report);
    if (audit_check_proof(text, str_c(key), &report) == OK)
        ensure(str_starts(buf_str(&report), S("proven")));
    buf_release(&report);
    err_clear();
    return 0;
}
