/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hull-number: a boat's hull or craft identification number, molded into the transom:
 *
 *   ISO 10087 (CIN)   CC-MMMSSSSSMYYY   country, maker 3, serial 5, month, year, model year
 *   US (HIN)             MMMSSSSSMYYY   the same without the country
 *
 * The serial has no I, O or Q. There is no check digit. Older layouts exist, so other shapes are
 * kept and said to be other.
 */
#include "type/internal.h"

extern const struct type type_hull_number;

enum { LENGTH_MIN = 6, CORE_LEN = 12, WITH_COUNTRY_LEN = 14, LENGTH_MAX = 17, RAW_MAX = 64 };

/* The twelve characters after the country; month of build A-L for January-December. */
static bool is_core(str core)
{
    return str_is_in(str_slice(core, 0, 3), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") &&
           str_is_in(str_slice(core, 8, 1), "ABCDEFGHIJKL") && str_is_digits(str_from(core, 9));
}

static bool has_forbidden(str serial)
{
    return str_find(serial, 'I') < serial.len || str_find(serial, 'O') < serial.len ||
           str_find(serial, 'Q') < serial.len;
}

static bool is_standard(str norm)
{
    if (norm.len == CORE_LEN)
        return is_core(norm);
    return norm.len == WITH_COUNTRY_LEN && is_upper(norm.ptr[0]) && is_upper(norm.ptr[1]) &&
           is_core(str_from(norm, 2));
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    (void)context;
    TRY(type_begin(&type_hull_number, input, RAW_MAX, ret));
    TRY(fold_identifier(&type_hull_number, ret->raw, "", &folded));
    if (folded.len < LENGTH_MIN || folded.len > LENGTH_MAX) {
        err_set(ERR_BAD_VALUE,
                "hull number '%.*s' has %zu letters and digits, 6 to 17 are expected",
                STR(ret->raw), folded.len);
        return err_hint("%s", type_hull_number.help);
    }
    TRY(type_keep(arena, folded_str(&folded), &ret->norm));
    if (!is_standard(ret->norm))
        ret->note = S("not of the layout in use since 1984");
    else if (has_forbidden(str_slice(ret->norm, ret->norm.len - CORE_LEN + 3, 5)))
        ret->note = S("I, O and Q do not occur in the serial: check the reading");
    return OK;
}

static void print(const struct value *value, struct buf *out)
{
    size_t cut = value->norm.len == WITH_COUNTRY_LEN ? 2 : 0;
    buf_add(out, str_slice(value->norm, 0, cut));
    if (cut)
        buf_add_char(out, '-');
    buf_add(out, str_from(value->norm, cut));
}

/* With and without the country both are met in registers: the twelve are a partial key. */
static void keys(const struct value *value, struct key_sink *sink)
{
    type_keys_identifier(value, sink);
    if (is_standard(value->norm))
        type_add_key(sink, KEY_PARTIAL, str_c(value->type->name),
                     str_from(value->norm, value->norm.len - CORE_LEN));
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    str a = asked->norm, b = held->norm;
    if (a.len != b.len && is_standard(a) && is_standard(b) &&
        str_eq(str_from(a, a.len - CORE_LEN), str_from(b, b.len - CORE_LEN)))
        comparison_set(ret, AGREE_CLOSE, 2, 0.95, "the same but for the country in front");
    else
        type_compare_identifier(asked, held, ret);
}

static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    buf_add(out, S("ZZ-ZZZ"));
    sample_characters(random, "0123456789ABCDEFGHJKLMNPRSTUVWXYZ", 5, out);
    sample_characters(random, "ABCDEFGHIJKL", 1, out);
    unsigned year = (unsigned)random_below(random, 40) + 85;
    buf_printf(out, "%u%02u", year % 10, (year + (unsigned)random_below(random, 2)) % 100);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len < CORE_LEN || line.len > 24 ||
        type_read(&type_hull_number, context, line, arena, out, max, 0) == 0)
        return 0;
    str norm = out[0].value.norm;
    if (!is_standard(norm) || str_is_digits(norm) || !is_alnum(line.ptr[0]))
        return 0;
    bool is_dashed = norm.len == WITH_COUNTRY_LEN && line.len > 2 && line.ptr[2] == '-';
    out[0].confidence = is_dashed ? 75 : norm.len == WITH_COUNTRY_LEN ? 45 : 40;
    return 1;
}

const struct type type_hull_number = {
    .name = "hull-number",
    .title = "Hull number (HIN, CIN)",
    .help =
        "As on the transom: two letters of the country, a dash and 12 characters; or the 12 alone",
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = keys,
    .compare = compare,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
    .alphabet = STR_INIT("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
};
