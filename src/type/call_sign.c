/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call-sign: of a ship's or aircraft's radio (ITU Radio Regulations, article 19): letters and
 * digits, 3 to 8; the first two say which country's series it is from (codes/call-sign-series.csv,
 * one row a prefix).
 */
#include "type/internal.h"

extern const struct type type_call_sign;

enum { LENGTH_MIN = 3, LENGTH_MAX = 8, RAW_MAX = 64 };

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    TRY(type_begin(&type_call_sign, input, RAW_MAX, ret));
    TRY(fold_identifier(&type_call_sign, ret->raw, "", &folded));
    if (folded.len < LENGTH_MIN || folded.len > LENGTH_MAX || !folded.had_letters) {
        err_set(ERR_BAD_VALUE, "call sign '%.*s' is not 3 to 8 letters and digits", STR(ret->raw));
        return err_hint("%s", type_call_sign.help);
    }
    const struct code *series =
        code_by_prefix(context, S("call-sign-series"), folded_str(&folded), 1, 3);
    if (series)
        ret->note = type_note(arena, "series of %.*s", STR(code_name(series, LANGUAGE_EN)));
    return type_keep(arena, folded_str(&folded), &ret->norm);
}

static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    buf_add(out, S("QQ")); /* Q is no country's: the Q codes begin with it */
    sample_characters(random, "ABCDEFGHJKLMNPRSTUVWXYZ", 2, out);
    sample_digits(random, random_below(random, 3), out);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    bool is_mixed = str_count_digits(line) > 0 && str_count_digits(line) < line.len;
    if (line.len < 4 || line.len > LENGTH_MAX || !is_mixed ||
        !str_is_in(line, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        return 0;
    bool is_known = code_by_prefix(context, S("call-sign-series"), line, 1, 3) != NULL;
    return type_read(&type_call_sign, context, line, arena, out, max, is_known ? 25 : 12);
}

const struct type type_call_sign = {
    .name = "call-sign",
    .title = "Call sign",
    .help = "Radio call sign of a ship or aircraft: 3 to 8 letters and digits",
    .is_key = true,
    .parse = parse,
    .print = type_print_norm,
    .keys = type_keys_identifier,
    .compare = type_compare_identifier,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
    .alphabet = STR_INIT("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
};
