/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two dates, one a line. What is read prints a normal form that reads as the same days; the comparison is the same both ways.
 */
#include <stdint.h>
#include <stdlib.h>

#include "type/date.h"

static struct type_context context = {.today = {2026, 11, 22}, .country = {"", 0}};

static void start(void)
{
    static struct codes *codes;
    if (!codes && codes_load("codes", &codes))
        abort();
    context.codes = codes;
}

static bool read_one(str text, struct arena *arena, struct value *ret)
{
    struct value again;
    if (type_parse_text(&type_date, &context, text, arena, ret) != OK)
        return false;
    const struct date *date = date_of(ret);
    ensure(date->first_day <= date->last_day);
    ensure(type_parse_text(&type_date, &context, ret->norm, arena, &again) == OK);
    ensure(str_eq(again.norm, ret->norm));
    ensure(date_of(&again)->first_day == date->first_day);
    ensure(date_of(&again)->last_day == date->last_day);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {.max_bytes = 4 << 20};
    str text = str_of((const char *)data, size), first;
    struct value a, b;
    start();
    if (size > 400 || !utf8_is_valid(text) || !str_split(&text, '\n', &first))
        return 0;
    bool has_a = read_one(first, &arena, &a), has_b = read_one(text, &arena, &b);
    if (has_a && has_b)
        ensure(date_compare(date_of(&a), date_of(&b)) == date_compare(date_of(&b), date_of(&a)));
    err_clear();
    arena_release(&arena);
    return 0;
}
