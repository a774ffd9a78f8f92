/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of name frequencies of any bytes: refused with a line, or read, and then made into a dictionary whose words it lists. */
#include <stdint.h>

#include "index/index.h"
#include "text/frequency.h"

static enum err check_word(void *context, enum name_script script, str native, uint32_t bearers)
{
    ensure(frequencies_listed(context, script, native) == bearers && bearers >= FREQUENCY_FLOOR);
    return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frequencies *table = NULL;
    struct rarity *rarity = NULL;
    if (frequencies_read(str_of((const char *)data, size), &table) == OK) {
        ensure(frequencies_persons(table) > 0);
        ensure(frequencies_each(table, check_word, table) == OK);
        ensure(rarity_new(table, &rarity) == OK);
        rarity_free(rarity);
        frequencies_free(table);
    }
    err_clear();
    return 0;
}
