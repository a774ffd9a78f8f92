/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quantity: a number with its unit - "183 cm", "12,5 kg", "5 ft 11 in", {value: 12.5, unit: kg}.
 * The unit is kept as given; the normal form is in the unit of the International System, so that
 * 183 cm and 1.83 m are the same ("1.83 m"), to six significant digits. A number without unit is
 * refused: 183 of what? Units and their factors are the code list `units`.
 */
#include <math.h>

#include "type/decimal.h"
#include "type/internal.h"

extern const struct type type_quantity;

enum { RAW_MAX = 100, DIGITS = 6 };

struct detail {
    double si; /* in the unit of the system */
    str dimension;
    char shown[DECIMAL_TEXT_MAX]; /* the number as given, canonical */
    const struct code *unit;
};

static const struct code_list *units_of(const struct type_context *context)
{
    return context->codes ? codes_list(context->codes, S("units")) : NULL;
}

/* Signs that no word stands for. */
static const struct code *find_unit(const struct code_list *units, str text)
{
    static const struct {
        str sign, code;
    } signs[] = {
        {STR_INIT("\""), STR_INIT("in")},
        {STR_INIT("''"), STR_INIT("in")},
        {STR_INIT("\xE2\x80\xB3"), STR_INIT("in")},
        {STR_INIT("\xE2\x80\x9D"), STR_INIT("in")},
        {STR_INIT("'"), STR_INIT("ft")},
        {STR_INIT("\xE2\x80\xB2"), STR_INIT("ft")},
        {STR_INIT("\xE2\x80\x99"), STR_INIT("ft")},
        {STR_INIT("%"), STR_INIT("percent")},
    };
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (str_eq(text, signs[i].sign))
            return code_get(units, signs[i].code);
    return code_find(units, text);
}

static double factor_of(const struct code_list *units, const struct code *unit)
{
    double factor = 0;
    ensure(str_to_double(code_extra(units, unit, S("si")), &factor));
    return factor;
}

static str base_unit(str dimension)
{
    static const char *const names[][2] = {{"length", "m"},
                                           {"mass", "kg"},
                                           {"volume", "m3"},
                                           {"area", "m2"},
                                           {"time", "s"},
                                           {"speed", "m/s"},
                                           {"power", "W"},
                                           {"displacement", "m3"},
                                           {"ratio", "1"},
                                           {"temperature", "\xC2\xB0"
                                                           "C"},
                                           {"data", "byte"},
                                           {"activity", "Bq"}};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq_c(dimension, names[i][0]))
            return str_c(names[i][1]);
    return STR_EMPTY;
}

/* Where the unit's text ends: before the next digit. "ft 11 in" -> "ft". */
static str cut_unit(str *text)
{
    size_t end = 0;
    while (end < text->len && !is_digit(text->ptr[end]))
        end++;
    str all = str_slice(*text, 0, end);
    bool has_power = end > 0 && end < text->len && strchr("23", text->ptr[end]) &&
                     (all.ptr[all.len - 1] == 'm' || all.ptr[all.len - 1] == 'M') &&
                     end + 1 == text->len;
    if (has_power)
        all = str_slice(*text, 0, ++end);
    *text = str_trim(str_from(*text, end));
    return str_trim(all);
}

static const char *add_term(const struct code_list *units, str number, str unit_text, bool is_first,
                            struct detail *ret)
{
    struct decimal decimal;
    const char *why = decimal_read(number, DECIMAL_THREE_REFUSED, &decimal);
    if (why)
        return why;
    if (!unit_text.len)
        return "has no unit";
    const struct code *unit = find_unit(units, unit_text);
    if (!unit)
        return "has a unit that is not in the list units";
    str dimension = code_extra(units, unit, S("dimension"));
    if (!is_first && !str_eq(dimension, ret->dimension))
        return "mixes units of different kinds";
    ret->si = (is_first ? 0 : ret->si) + decimal.value * factor_of(units, unit);
    if (is_first) {
        ret->dimension = dimension;
        ret->unit = unit;
        memcpy(ret->shown, decimal.text, sizeof ret->shown);
    }
    return NULL;
}

/* "5 ft 11 in": terms of one dimension add up; "183 cm" is one of them. */
static const char *read_terms(const struct code_list *units, str text, struct detail *ret)
{
    size_t count = 0;
    str number;
    while (text.len) {
        if (count == 3 || !decimal_cut(&text, &number))
            return count ? "has something after the unit" : "does not begin with a number";
        const char *why = add_term(units, number, cut_unit(&text), count == 0, ret);
        if (why)
            return why;
        count++;
    }
    if (count > 1)
        ret->shown[0] = '\0'; /* printed as given */
    return count ? NULL : "is empty";
}

static const char *read_input(const struct code_list *units, const struct node *input, str raw,
                              struct detail *ret)
{
    if (input && input->kind == NODE_MAP)
        return add_term(units, raw, str_trim(node_get_text(input, S("unit"))), true, ret);
    return read_terms(units, raw, ret);
}

static str normal_form(const struct detail *detail, struct arena *arena)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_format(detail->si, DIGITS, text);
    str unit = base_unit(detail->dimension);
    if (!unit.len) /* counts, tonnages: rounds are not pieces */
        unit = detail->unit->code;
    return arena_printf(arena, "%s %.*s", text, STR(unit));
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    const struct code_list *units = units_of(context);
    struct detail *detail = arena_new(arena, struct detail);
    if (!detail)
        return err_last()->code;
    if (input && input->kind == NODE_MAP)
        TRY(type_begin_text(&type_quantity, input, node_get_text(input, S("value")), RAW_MAX, ret));
    else
        TRY(type_begin(&type_quantity, input, RAW_MAX, ret));
    if (!units)
        return err_set(ERR_UNKNOWN, "quantity '%.*s': the list of units is not loaded",
                       STR(ret->raw));
    const char *why = read_input(units, input, ret->raw, detail);
    if (why) {
        err_set(ERR_BAD_VALUE, "quantity '%.*s' %s", STR(type_head(ret->raw, 80)), why);
        return err_hint("%s", type_quantity.help);
    }
    ret->detail = detail;
    ret->norm = normal_form(detail, arena);
    return ret->norm.len ? OK : err_last()->code;
}

static void print(const struct value *value, struct buf *out)
{
    const struct detail *detail = value->detail;
    if (detail->shown[0])
        buf_printf(out, "%s %.*s", detail->shown, STR(detail->unit->code));
    else
        buf_add(out, value->raw);
}

/*
 * Levels: 0 same, 1 within 3 in 100 (how well people measure), 2 within 10 in 100, 3 not
 * comparable, 4 different.
 */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    const struct detail *a = asked->detail, *b = held->detail;
    double largest = fmax(fabs(a->si), fabs(b->si)), gap = fabs(a->si - b->si);
    bool is_count = str_eq(a->dimension, S("count")) || str_eq(a->dimension, S("tonnage"));
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same quantity");
    else if (!str_eq(a->dimension, b->dimension) || (is_count && a->unit != b->unit))
        comparison_set(ret, AGREE_UNKNOWN, 3, 0, "%.*s cannot be compared with %.*s",
                       STR(a->unit->code), STR(b->unit->code));
    else if (gap <= largest * .03)
        comparison_set(ret, AGREE_CLOSE, 1, .85, "nearly the same quantity");
    else if (gap <= largest * .1)
        comparison_set(ret, AGREE_FAR, 2, .4, "similar quantity");
    else
        comparison_set(ret, AGREE_DIFFERENT, 4, 0, "other quantity");
}

static void sample(struct random *random, str hint, struct buf *out)
{
    if (hint.len)
        buf_printf(out, "%u %.*s", 1 + (unsigned)random_below(random, 500), STR(hint));
    else
        buf_printf(out, "%u cm", 150 + (unsigned)random_below(random, 50));
}

static const char *const maps[] = {"value", "unit", NULL};

const struct type type_quantity = {
    .name = "quantity",
    .title = "Quantity",
    .help = "a number with its unit: 183 cm, 12.5 kg, 5 ft 11 in, 200 rounds",
    .maps = maps,
    .parse = parse,
    .print = print,
    .compare = compare,
    .sample = sample,
};
