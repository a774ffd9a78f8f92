/* SPDX-License-Identifier: Apache-2.0 */
/* Machine-readable zones of any bytes; what reads must say the same again when its normal form is read. */
#include <stdint.h>
#include <stdlib.h>

#include "type/mrz.h"

static void take_part(struct part_sink *sink, str meaning, const struct value *value)
{
    (void)sink;
    ensure(meaning.len > 0 && value->type != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {.max_bytes = 4 << 20};
    struct type_context context = {.today = {2026, 11, 22}, .country = {"", 0}};
    const struct type *type = type_find(S("mrz"));
    struct part_sink parts = {take_part};
    struct value value, again;
    str text = str_of((const char *)data, size);
    if (size < 1024 && utf8_is_valid(text) &&
        type_parse_text(type, &context, text, &arena, &value) == OK) {
        ensure(type_parse_text(type, &context, value.norm, &arena, &again) == OK);
        ensure(str_eq(value.norm, again.norm));
        ensure(value.check == again.check);
        if (value.repair.len) {
            ensure(type_parse_text(type, &context, value.repair, &arena, &again) == OK);
            /* a partial zone may, repaired, fit another layout better */
            ensure(again.check == CHECK_OK || mrz_of(&again)->format != mrz_of(&value)->format);
        }
        type->parts(&value, &arena, &parts);
    }
    err_clear();
    arena_release(&arena);
    return 0;
}
