/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imo: the IMO ship identification number: seven digits, the last a check digit (weights 7 to 2
 * over the first six, last digit of the sum). It stays with the hull for life, through names, flags
 * and owners.
 */
#include "type/internal.h"

extern const struct type type_imo;

enum { LENGTH = 7, RAW_MAX = 64 };

static char check_digit(str digits)
{
    unsigned sum = 0;
    for (size_t i = 0; i < LENGTH - 1; i++)
        sum += (unsigned)(digits.ptr[i] - '0') * (unsigned)(LENGTH - i);
    return (char)('0' + sum % 10);
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    (void)context;
    TRY(type_begin(&type_imo, input, RAW_MAX, ret));
    str text = ret->raw;
    (void)str_cut_label(&text, S("IMO"));
    TRY(fold_identifier(&type_imo, text, "", &folded));
    if (folded.len != LENGTH || !str_is_digits(folded_str(&folded))) {
        err_set(ERR_BAD_VALUE, "IMO number '%.*s' is not seven digits", STR(ret->raw));
        return err_hint("%s", type_imo.help);
    }
    char expected = check_digit(folded_str(&folded));
    ret->check = folded.text[LENGTH - 1] == expected ? CHECK_OK : CHECK_FAILED;
    if (ret->check == CHECK_FAILED)
        ret->note = type_note(arena, "check digit is %c, the others give %c",
                              folded.text[LENGTH - 1], expected);
    return type_keep(arena, folded_str(&folded), &ret->norm);
}

static void print(const struct value *value, struct buf *out)
{
    buf_printf(out, "IMO %.*s", STR(value->norm));
}

/* Numbers in use begin with 5 to 9; those beginning with 0 are nobody's. */
static void sample(struct random *random, str hint, struct buf *out)
{
    struct buf body = {0};
    (void)hint;
    buf_add(&body, S("0"));
    sample_digits(random, LENGTH - 2, &body);
    buf_add(out, buf_str(&body));
    buf_add_char(out, check_digit(buf_str(&body)));
    buf_release(&body);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    str rest = line;
    bool is_labelled = str_cut_label(&rest, S("IMO"));
    if (line.len > 20 || type_read(&type_imo, context, line, arena, out, max, 0) == 0)
        return 0;
    bool is_ok = out[0].value.check == CHECK_OK;
    out[0].confidence = is_labelled ? (is_ok ? 99 : 80) : is_ok ? 60 : 0;
    return is_ok || is_labelled;
}

const struct type type_imo = {
    .name = "imo",
    .title = "IMO number",
    .help = "The ship's number for life: seven digits, the last being a check digit",
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = type_keys_exact,
    .compare = type_compare_identifier,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
    .alphabet = STR_INIT("0123456789"),
};
