/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number: a count, a percentage, a year, months of a sentence. Normal form without separators:
 * "1234.5". A text that reads as thousands and as a fraction (1,234) is refused, and so is what a
 * spreadsheet made of a long number (1.23E+08).
 */
#include <math.h>

#include "type/decimal.h"
#include "type/internal.h"

extern const struct type type_number;

enum { RAW_MAX = 60 };

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    (void)context;
    TRY(type_begin(&type_number, input, RAW_MAX, ret));
    struct decimal *decimal = arena_new(arena, struct decimal);
    if (!decimal)
        return err_last()->code;
    /* A JSON number has one way to be read. */
    enum decimal_three three =
        input->kind == NODE_NUMBER ? DECIMAL_THREE_FRACTION : DECIMAL_THREE_REFUSED;
    const char *why = decimal_read(ret->raw, three, decimal);
    if (why) {
        err_set(ERR_BAD_VALUE, "number '%.*s' %s", STR(ret->raw), why);
        return err_hint("%s", type_number.help);
    }
    ret->detail = decimal;
    ret->norm = str_c(decimal->text);
    return OK;
}

/* Levels: 0 same, 1 within a twentieth, 2 within a fifth, 3 different. */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    double a = ((const struct decimal *)asked->detail)->value;
    double b = ((const struct decimal *)held->detail)->value;
    double largest = fmax(fabs(a), fabs(b)), gap = fabs(a - b);
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same number");
    else if (gap <= largest / 20)
        comparison_set(ret, AGREE_CLOSE, 1, .8, "nearly the same number");
    else if (gap <= largest / 5)
        comparison_set(ret, AGREE_FAR, 2, .4, "similar number");
    else
        comparison_set(ret, AGREE_DIFFERENT, 3, 0, "other number");
}

static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    buf_printf(out, "%u", (unsigned)random_below(random, 1000));
}

const struct type type_number = {
    .name = "number",
    .title = "Number",
    .help =
        "a number in digits: 12, -3.5, 1 234 567; thousands may be parted by blanks or apostrophes",
    .parse = parse,
    .print = type_print_norm,
    .compare = compare,
    .sample = sample,
};
