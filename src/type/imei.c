/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imei: the number of a mobile device (3GPP TS 23.003 clause 6): 14 digits and a Luhn check digit;
 * phones also show 16 digits (IMEISV: the 14 and two of the software version) and bills show the 14
 * alone. All three name the same device, so the normal form is the 14 with their check digit; only
 * a 15-digit number whose check fails stays as it was given.
 */
#include "type/internal.h"

extern const struct type type_imei;

enum { BODY_LEN = 14, FULL_LEN = 15, WITH_VERSION_LEN = 16, RAW_MAX = 64 };

static enum err complete(str body, const char *note, struct arena *arena, struct value *ret)
{
    ret->norm = arena_printf(arena, "%.*s%c", STR(body), luhn_digit(body));
    ret->note = str_c(note);
    return ret->norm.len == FULL_LEN ? OK : ERR_LIMIT;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    (void)context;
    TRY(type_begin(&type_imei, input, RAW_MAX, ret));
    str text = ret->raw;
    (void)str_cut_label(&text, S("IMEI"));
    TRY(fold_identifier(&type_imei, text, "", &folded));
    str digits = folded_str(&folded), body = str_slice(digits, 0, BODY_LEN);
    if (!str_is_digits(digits) || digits.len < BODY_LEN || digits.len > WITH_VERSION_LEN) {
        err_set(ERR_BAD_VALUE, "IMEI '%.*s' has %zu characters, 14 to 16 digits are expected",
                STR(ret->raw), digits.len);
        return err_hint("%s", type_imei.help);
    }
    if (digits.len == BODY_LEN)
        return complete(body, "given without its check digit", arena, ret);
    if (digits.len == WITH_VERSION_LEN)
        return complete(body, "given with its software version", arena, ret);
    ret->check = luhn_is_ok(digits) ? CHECK_OK : CHECK_FAILED;
    if (ret->check == CHECK_FAILED)
        ret->note = type_note(arena, "check digit is %c, the others give %c", digits.ptr[BODY_LEN],
                              luhn_digit(body));
    return type_keep(arena, digits, &ret->norm);
}

/* AA-BBBBBB-CCCCCC-D: reporting body, type, serial, check. */
static void print(const struct value *value, struct buf *out)
{
    str n = value->norm;
    buf_printf(out, "%.*s-%.*s-%.*s-%.*s", STR(str_slice(n, 0, 2)), STR(str_slice(n, 2, 6)),
               STR(str_slice(n, 8, 6)), STR(str_from(n, 14)));
}

static void keys(const struct value *value, struct key_sink *sink)
{
    type_keys_exact(value, sink);
}

static void parts(const struct value *value, struct arena *arena, struct part_sink *sink)
{
    struct type_context none = {0};
    type_add_part(sink, &none, arena, S("type-allocation-code"), S("document-number"), STR_EMPTY,
                  str_slice(value->norm, 0, 8));
}

static void sample(struct random *random, str hint, struct buf *out)
{
    struct buf body = {0};
    (void)hint;
    buf_add(&body, S("35"));
    sample_digits(random, BODY_LEN - 2, &body);
    buf_add(out, buf_str(&body));
    buf_add_char(out, luhn_digit(buf_str(&body)));
    buf_release(&body);
}

/*
 * Luhn lets one number in ten through; the reporting bodies in use begin with 01, 35, 86, 99 and a
 * few more.
 */
static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    str rest = line;
    bool is_labelled = str_cut_label(&rest, S("IMEI"));
    if (rest.len > 40 || str_count_digits(rest) < FULL_LEN)
        return 0;
    if (type_read(&type_imei, context, line, arena, out, max, 0) == 0)
        return 0;
    bool is_ok = out[0].value.check == CHECK_OK,
         is_known = str_is_in(str_slice(out[0].value.norm, 0, 1), "03589");
    bool is_long = out[0].value.check == CHECK_NONE;
    out[0].confidence = is_labelled ? 98 : is_ok ? (is_known ? 85 : 60) : is_long ? 30 : 35;
    return 1;
}

const struct type type_imei = {
    .name = "imei",
    .title = "IMEI",
    .help = "The device's number: 15 digits with check digit; 14 without it and 16 with software "
            "version are understood",
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = keys,
    .compare = type_compare_identifier,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
    .parts = parts,
    .alphabet = STR_INIT("0123456789"),
};
