/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of counts of numbers of any bytes: refused with a line, or read and asked. */
#include <stdint.h>

#include "search/density.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct densities *table = NULL;
    char format[FORMAT_MAX];
    str text = str_of((const char *)data, size);
    size_t len = density_format(text, format);
    ensure(len == (size > FORMAT_MAX ? 0 : size));
    ensure(density_room(str_of(format, len)) >= 1);
    if (densities_read(text, &table) == OK) {
        ensure(densities_held(table, S("document-number"), S("UTO"), str_of(format, len)) >= 0);
        ensure(densities_held(table, S("document-number"), STR_EMPTY, STR_EMPTY) >= 0);
        densities_free(table);
    } else {
        ensure(err_last()->line > 0 || err_last()->code != ERR_DAMAGED);
    }
    err_clear();
    return 0;
}
