/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record's body of any content, the first byte picks the database. It is refused with a fault that says where and why, or its
 * canonical text parses to the same values and to itself again; read as a stored body, it never fails but for its shape.
 */
#include <stdint.h>
#include <stdlib.h>

#include "codec/json.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct catalog *catalog;

static void check_stable(const struct record *record, struct arena *arena)
{
    struct buf first = {0}, second = {0};
    struct node *body = NULL;
    struct record again;
    if (record_canonical(catalog, record, &first) == OK) {
        ensure(json_parse(buf_str(&first), arena, &body) == OK);
        ensure(record_parse(catalog, record->definition, body, arena, &again) == OK);
        ensure(again.count == record->count);
        for (size_t i = 0; i < record->count; i++)
            ensure(str_eq(record->values[i].value.norm, again.values[i].value.norm));
        ensure(record_canonical(catalog, &again, &second) == OK);
        ensure(str_eq(buf_str(&first), buf_str(&second)));
    }
    buf_release(&first);
    buf_release(&second);
}

static void read_as_stored(const struct definition *definition, const struct node *body,
                           struct arena *arena)
{
    struct record record;
    struct buf out = {0};
    struct node *again = NULL;
    if (record_read(catalog, definition, body, arena, &record) == OK &&
        record_canonical(catalog, &record, &out) == OK)
        ensure(json_parse(buf_str(&out), arena, &again) == OK);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct node *body = NULL;
    struct record record;
    struct faults faults;
    if (!catalog && (crypto_init() || catalog_load(".", &catalog)))
        abort();
    if (size == 0)
        return 0;
    const struct definition *definition = catalog->definitions[data[0] % catalog->count];
    str text = str_of((const char *)data + 1, size - 1);
    if (json_parse(text, &arena, &body) == OK) {
        enum err code = record_check(catalog, definition, body, &arena, &record, &faults);
        ensure((code == OK) == (faults.count == 0));
        for (size_t i = 0; i < faults.count && i < faults.max; i++)
            ensure(faults.items[i].reason.len > 0);
        if (code == OK)
            check_stable(&record, &arena);
        read_as_stored(definition, body, &arena);
    }
    arena_release(&arena);
    return 0;
}
