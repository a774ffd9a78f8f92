/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plate: a vehicle's registration plate.
 *
 *   "AB-123-CD"                              the number alone
 *   "FRA:AB-123-CD"                          a country in front
 *   {number: AB-123-CD, country: FRA, region: 75}
 *
 * Keys are made of the number alone, since officers often know no country; the country then agrees,
 * is missing or speaks against in compare(). The normal form holds both: "AB123CD" or
 * "AB123CD/FRA". Letters of other scripts stay (Chinese and Arabic plates); Cyrillic letters on
 * plates are those that look Latin, and become Latin.
 *
 * What plates of a country look like is data: codes/plate-shapes.csv, columns `country` and
 * `shape`, where A is a letter, 9 a digit, anything else itself. Shapes make recognition honest and
 * say when a plate is unusual; they refuse nothing.
 */
#include "type/internal.h"

extern const struct type type_plate;

enum { NUMBER_MAX = 16, RAW_MAX = 120 };

struct plate { /* value.detail */
    str number, country, region;
};

/* ---- shapes ---- */

static bool fits(str number, str shape)
{
    if (number.len != shape.len)
        return false;
    for (size_t i = 0; i < number.len; i++) {
        bool is_ok = shape.ptr[i] == 'A'   ? is_upper(number.ptr[i])
                     : shape.ptr[i] == '9' ? is_digit(number.ptr[i])
                                           : shape.ptr[i] == number.ptr[i];
        if (!is_ok)
            return false;
    }
    return true;
}

/*
 * How many shapes there are of the country (empty: of all) and how many of them fit; the first
 * fitting one's country.
 */
static size_t count_fits(const struct type_context *context, str number, str country,
                         size_t *ret_shapes, str *ret_first)
{
    const struct code_list *shapes =
        context->codes ? codes_list(context->codes, S("plate-shapes")) : NULL;
    size_t fitting = 0;
    *ret_shapes = 0;
    for (size_t i = 0; shapes && i < shapes->count; i++) {
        str of = code_extra(shapes, &shapes->codes[i], S("country"));
        if (country.len && !str_eq(of, country))
            continue;
        (*ret_shapes)++;
        if (!fits(number, code_extra(shapes, &shapes->codes[i], S("shape"))))
            continue;
        if (fitting++ == 0 && ret_first)
            *ret_first = of;
    }
    return fitting;
}

/* ---- reading ---- */

static str country_code(const struct type_context *context, str text)
{
    const struct code_list *countries =
        context->codes ? codes_list(context->codes, S("countries")) : NULL;
    const struct code *country = countries && text.len ? code_find(countries, text) : NULL;
    return country ? country->code : STR_EMPTY;
}

static enum err finish(const struct type_context *context, str number, str country, str region,
                       struct arena *arena, struct value *ret)
{
    struct folded folded;
    struct plate *plate = arena_new(arena, struct plate);
    size_t shapes = 0;
    TRY(fold_loosely(&type_plate, number, "", &folded));
    size_t length = utf8_length(folded_str(&folded));
    if (length < 1 || length > NUMBER_MAX) {
        err_set(ERR_BAD_VALUE, "plate '%.*s' has %zu letters and digits, 1 to 16 are expected",
                STR(number), length);
        return err_hint("%s", type_plate.help);
    }
    str norm = country.len
                   ? arena_printf(arena, "%.*s/%.*s", STR(folded_str(&folded)), STR(country))
                   : arena_str(arena, folded_str(&folded));
    if (!plate || norm.len == 0)
        return err_last()->code;
    *plate = (struct plate){str_slice(norm, 0, folded.len), country, region};
    ret->norm = norm;
    ret->detail = plate;
    if (country.len && count_fits(context, plate->number, country, &shapes, NULL) == 0 && shapes)
        ret->note = type_note(arena, "not of a shape usual in %.*s",
                              STR(code_title(context, S("countries"), country)));
    return OK;
}

static enum err parse_map(const struct type_context *context, const struct node *input,
                          struct arena *arena, struct value *ret)
{
    str number = node_get_text(input, S("number")),
        given = str_trim(node_get_text(input, S("country")));
    str region = str_trim(node_get_text(input, S("region"))),
        country = country_code(context, given);
    TRY(type_begin_text(&type_plate, input, number, RAW_MAX, ret));
    if (given.len && country.len == 0 && context->codes)
        return err_set(ERR_BAD_VALUE, "country '%.*s' of plate '%.*s' is not known", STR(given),
                       STR(number));
    return finish(context, ret->raw, country.len ? country : given, region, arena, ret);
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    if (input && input->kind == NODE_MAP)
        return parse_map(context, input, arena, ret);
    TRY(type_begin(&type_plate, input, RAW_MAX, ret));
    size_t colon = str_find(ret->raw, ':');
    str country = colon < ret->raw.len
                      ? country_code(context, str_trim(str_slice(ret->raw, 0, colon)))
                      : STR_EMPTY;
    if (country.len)
        return finish(context, str_from(ret->raw, colon + 1), country, STR_EMPTY, arena, ret);
    return finish(context, ret->raw, STR_EMPTY, STR_EMPTY, arena, ret);
}

/* ---- the rest ---- */

static void print(const struct value *value, struct buf *out)
{
    const struct plate *plate = value->detail;
    const struct node *input = value->input;
    buf_add(out, input && input->kind == NODE_MAP ? str_trim(node_get_text(input, S("number")))
                                                  : plate->number);
    if (plate->country.len)
        buf_printf(out, " (%.*s%s%.*s)", STR(plate->country), plate->region.len ? ", " : "",
                   STR(plate->region));
}

static void keys(const struct value *value, struct key_sink *sink)
{
    const struct plate *plate = value->detail;
    struct value number = *value;
    number.norm = plate->number;
    type_keys_identifier(&number, sink);
}

static void neighbours(const struct value *value, struct key_sink *sink)
{
    const struct plate *plate = value->detail;
    type_text_neighbours(str_c(value->type->name), plate->number, value->type->alphabet, sink);
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    const struct plate *a = asked->detail, *b = held->detail;
    struct value one = *asked, two = *held;
    one.norm = a->number;
    two.norm = b->number;
    type_compare_identifier(&one, &two, ret);
    if (ret->agreement != AGREE_SAME || str_eq(a->country, b->country))
        return;
    if (a->country.len == 0 || b->country.len == 0)
        comparison_set(ret, AGREE_SAME, 0, 1, "same number, country not given");
    else
        comparison_set(ret, AGREE_FAR, 3, 0.4,
                       "same number, but of another country: %.*s, not %.*s", STR(b->country),
                       STR(a->country));
}

static void redact(const struct value *value, struct buf *out)
{
    struct value number = *value;
    number.norm = ((const struct plate *)value->detail)->number;
    type_redact_middle(&number, out);
}

static void parts(const struct value *value, struct arena *arena, struct part_sink *sink)
{
    const struct plate *plate = value->detail;
    struct type_context none = {0};
    type_add_part(sink, &none, arena, S("plate-country"), S("country"), STR_EMPTY, plate->country);
}

static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    sample_characters(random, "ABCDEFGHJKLMNPRSTUVWXYZ", 2, out);
    buf_add_char(out, '-');
    sample_digits(random, 3 + random_below(random, 2), out);
    buf_add_char(out, '-');
    sample_characters(random, "ABCDEFGHJKLMNPRSTUVWXYZ", 2, out);
}

/*
 * Letters and digits together, short; a known shape makes it likelier, above all one of the
 * officer's own country.
 */
static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    size_t shapes = 0;
    str first = STR_EMPTY;
    if (line.len > 32 || str_count_digits(line) == 0 ||
        type_read(&type_plate, context, line, arena, out, max, 0) == 0)
        return 0;
    const struct plate *plate = out[0].value.detail;
    bool has_letters = str_count_digits(plate->number) < plate->number.len;
    if (plate->number.len > 11 || (!has_letters && plate->country.len == 0))
        return 0;
    size_t fitting = count_fits(context, plate->number, plate->country, &shapes, &first);
    bool is_cut = str_find(line, '-') < line.len || str_find(line, ' ') < line.len;
    bool is_own = context->country.len &&
                  count_fits(context, plate->number, context->country, &shapes, NULL) > 0;
    out[0].confidence = plate->country.len ? 75
                        : is_own           ? 58
                        : fitting == 1     ? 50
                        : fitting > 1      ? (is_cut ? 48 : 42)
                                           : 18;
    if (fitting == 1 && plate->country.len == 0)
        out[0].title = type_note(arena, "%s (as in %.*s)", type_plate.title,
                                 STR(code_title(context, S("countries"), first)));
    return 1;
}

static const char *const maps[] = {"number", "country", "region", NULL};

const struct type type_plate = {
    .name = "plate",
    .title = "Registration plate",
    .help = "The number as on the plate, with or without a country in front (FRA:AB-123-CD)",
    .maps = maps,
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = keys,
    .compare = compare,
    .redact = redact,
    .sample = sample,
    .recognise = recognise,
    .parts = parts,
    .neighbours = neighbours,
    .alphabet = STR_INIT("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
};
