/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imsi: the number of a mobile subscription (ITU-T E.212): mobile country code (3 digits), network
 * code (2 or 3), subscriber; 14 or 15 digits, no check digit. Which country a code belongs to is
 * data: codes/mobile-countries.csv.
 */
#include "type/internal.h"

extern const struct type type_imsi;

enum { LENGTH_MIN = 14, LENGTH_MAX = 15, RAW_MAX = 64 };

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    TRY(type_begin(&type_imsi, input, RAW_MAX, ret));
    str text = ret->raw;
    (void)str_cut_label(&text, S("IMSI"));
    TRY(fold_identifier(&type_imsi, text, "", &folded));
    str digits = folded_str(&folded);
    if (!str_is_digits(digits) || digits.len < LENGTH_MIN || digits.len > LENGTH_MAX) {
        err_set(ERR_BAD_VALUE, "IMSI '%.*s' has %zu characters, 14 or 15 digits are expected",
                STR(ret->raw), digits.len);
        return err_hint("%s", type_imsi.help);
    }
    const struct code *country = code_by_prefix(context, S("mobile-countries"), digits, 3, 3);
    if (country)
        ret->note = type_note(arena, "network of %.*s", STR(code_name(country, LANGUAGE_EN)));
    else if (context->codes && codes_list(context->codes, S("mobile-countries")))
        ret->note = type_note(arena, "no country has the mobile country code %.*s",
                              STR(str_slice(digits, 0, 3)));
    return type_keep(arena, digits, &ret->norm);
}

static void print(const struct value *value, struct buf *out)
{
    buf_add(out, str_slice(value->norm, 0, 3));
    buf_add_char(out, ' ');
    buf_add(out, str_from(value->norm, 3));
}

/*
 * 001 is the code of test networks, 901 the international one: no country's subscriber is hit by a
 * sample.
 */
static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    buf_add(out, S("00101"));
    sample_digits(random, 10, out);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    str rest = line;
    bool is_labelled = str_cut_label(&rest, S("IMSI"));
    if (rest.len > 20 || str_count_digits(rest) < LENGTH_MIN)
        return 0;
    bool is_known = code_by_prefix(context, S("mobile-countries"), rest, 3, 3) != NULL;
    return type_read(&type_imsi, context, line, arena, out, max,
                     is_labelled ? 97
                     : is_known  ? 40
                                 : 15);
}

const struct type type_imsi = {
    .name = "imsi",
    .title = "IMSI",
    .help = "The subscription's number on the SIM card: 14 or 15 digits, beginning with the mobile "
            "country code",
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
