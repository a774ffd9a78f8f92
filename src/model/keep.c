/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one record may not do to another: a correction keeps the fields that are `fixed`, and two
 * records of one owner do not agree in all the fields of a `unique` list. Here is what can be said
 * from the records alone; finding the other record is the business of those who have an index.
 */
#include <stdio.h>

#include "model/internal.h"

/* ---- fixed ---- */

static size_t count_of(const struct record *record, const struct field *field)
{
    size_t count = 0;
    for (size_t i = 0; i < record->count; i++)
        count += record->values[i].field == field;
    return count;
}

static bool has_value(const struct record *record, const struct field *field, str norm)
{
    for (size_t i = 0; i < record->count; i++)
        if (record->values[i].field == field && str_eq(record->values[i].value.norm, norm))
            return true;
    return false;
}

/* The first value of `held` that `next` has not; NULL when all are there and none is new. */
static const struct value *changed_value(const struct record *held, const struct record *next,
                                         const struct field *field)
{
    const struct value *first = NULL;
    for (size_t i = 0; i < held->count; i++) {
        if (held->values[i].field != field)
            continue;
        if (!has_value(next, field, held->values[i].value.norm))
            return &held->values[i].value;
        first = first ? first : &held->values[i].value;
    }
    return count_of(held, field) == count_of(next, field) ? NULL : first;
}

enum err record_check_fixed(const struct record *held, const struct record *next,
                            struct arena *arena, struct faults *faults)
{
    const struct definition *definition = next->definition;
    struct checker checker = {.definition = definition, .arena = arena, .faults = faults};
    for (size_t i = 0; definition->has_fixed && i < definition->all_count; i++) {
        const struct field *field = definition->all[i];
        const struct value *was = field->is_fixed ? changed_value(held, next, field) : NULL;
        char path[128], reason[160];
        if (!was)
            continue;
        snprintf(path, sizeof path, "%.*s", STR(field->path));
        snprintf(reason, sizeof reason, "cannot change: it was entered as %.*s",
                 (int)(was->norm.len < 80 ? was->norm.len : 80), was->norm.ptr);
        checker_fault(&checker, ERR_CONFLICT, path, STR_EMPTY, reason,
                      "withdraw the record and enter a new one");
    }
    return faults_as_err(faults);
}

/* ---- unique ---- */

bool record_unique(const struct record *record, const struct unique *unique,
                   const struct value *ret_values[UNIQUE_FIELDS_MAX])
{
    for (size_t f = 0; f < unique->count; f++) {
        ret_values[f] = NULL;
        for (size_t i = 0; i < record->count && !ret_values[f]; i++)
            if (record->values[i].field == unique->fields[f])
                ret_values[f] = &record->values[i].value;
        if (!ret_values[f])
            return false;
    }
    return unique->count > 0;
}
