/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iccid: the number printed on a SIM card (ITU-T E.118): 89, country and issuer, account, Luhn
 * check digit; at most 19 digits by the standard, 20 on many cards, sometimes with a filling F as
 * the card stores it. Cards of 20 digits may carry no check digit at all, so a failure is only
 * called one when the number has 19.
 */
#include "type/internal.h"

extern const struct type type_iccid;

enum { LENGTH_MIN = 18, LENGTH_STANDARD = 19, LENGTH_MAX = 22, RAW_MAX = 64 };

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    (void)context;
    TRY(type_begin(&type_iccid, input, RAW_MAX, ret));
    str text = ret->raw;
    (void)str_cut_label(&text, S("ICCID"));
    TRY(fold_identifier(&type_iccid, text, "", &folded));
    str digits = folded_str(&folded);
    while (digits.len > LENGTH_MIN && digits.ptr[digits.len - 1] == 'F')
        digits.len--;
    if (!str_is_digits(digits) || digits.len < LENGTH_MIN || digits.len > LENGTH_MAX ||
        !str_starts(digits, S("89"))) {
        err_set(ERR_BAD_VALUE, "ICCID '%.*s' is not 18 to 22 digits beginning with 89",
                STR(ret->raw));
        return err_hint("%s", type_iccid.help);
    }
    if (luhn_is_ok(digits))
        ret->check = CHECK_OK;
    else if (digits.len == LENGTH_STANDARD) {
        ret->check = CHECK_FAILED;
        ret->note = type_note(arena, "check digit is %c, the others give %c",
                              digits.ptr[LENGTH_STANDARD - 1],
                              luhn_digit(str_slice(digits, 0, LENGTH_STANDARD - 1)));
    }
    return type_keep(arena, digits, &ret->norm);
}

static void print(const struct value *value, struct buf *out)
{
    type_print_groups(value->norm, 4, out);
}

static void sample(struct random *random, str hint, struct buf *out)
{
    struct buf body = {0};
    (void)hint;
    buf_add(&body, S("89999")); /* 999 is no country's calling code */
    sample_digits(random, 13, &body);
    buf_add(out, buf_str(&body));
    buf_add_char(out, luhn_digit(buf_str(&body)));
    buf_release(&body);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len > 40 || str_count_digits(line) < LENGTH_MIN)
        return 0;
    if (type_read(&type_iccid, context, line, arena, out, max, 0) == 0)
        return 0;
    out[0].confidence = out[0].value.check == CHECK_OK       ? 93
                        : out[0].value.check == CHECK_FAILED ? 55
                                                             : 60;
    return 1;
}

const struct type type_iccid = {
    .name = "iccid",
    .title = "SIM card number (ICCID)",
    .help = "The number printed on a SIM card: 18 to 22 digits beginning with 89",
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
