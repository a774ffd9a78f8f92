/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bic: business identifier code (ISO 9362): bank (4), country (2 letters), place (2), branch (3,
 * optional). XXX names the head office and is the same as no branch, so the normal form has 8
 * characters then.
 */
#include "type/internal.h"

extern const struct type type_bic;

enum { HEAD_LEN = 8, LENGTH = 11, RAW_MAX = 64 };

static bool is_shaped(str text)
{
    return (text.len == HEAD_LEN || text.len == LENGTH) &&
           str_count_digits(str_slice(text, 4, 2)) == 0;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    TRY(type_begin(&type_bic, input, RAW_MAX, ret));
    str text = ret->raw;
    if (!str_cut_label(&text, S("BIC ")))
        (void)str_cut_label(&text, S("SWIFT "));
    TRY(fold_identifier(&type_bic, text, "", &folded));
    if (!is_shaped(folded_str(&folded))) {
        err_set(ERR_BAD_VALUE,
                "BIC '%.*s' is not 8 or 11 characters with the country's letters in places 5 and 6",
                STR(ret->raw));
        return err_hint("%s", type_bic.help);
    }
    if (folded.len == LENGTH && str_ends(folded_str(&folded), S("XXX")))
        folded.len = HEAD_LEN;
    TRY(type_keep(arena, folded_str(&folded), &ret->norm));
    str country = str_slice(ret->norm, 4, 2), title = code_title(context, S("countries"), country);
    if (!str_eq(title, country))
        ret->note = type_note(arena, "bank in %.*s", STR(title));
    return OK;
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    str a = asked->norm, b = held->norm;
    if (!str_eq(a, b) && str_eq(str_slice(a, 0, HEAD_LEN), str_slice(b, 0, HEAD_LEN)))
        comparison_set(ret, AGREE_CLOSE, 2, 0.8, "same bank, another branch");
    else
        type_compare_identifier(asked, held, ret);
}

/* ZZ is nobody's country; a bank whose fourth letter is 0 is a test code. */
static void sample(struct random *random, str hint, struct buf *out)
{
    sample_characters(random, "ABCDEFGHJKLMNPRSTUVWXYZ", 3, out);
    buf_add(out, S("0"));
    buf_add(out, hint.len == 2 && is_upper(hint.ptr[0]) && is_upper(hint.ptr[1]) ? hint : S("ZZ"));
    sample_characters(random, "ABCDEFGHJKLMNPRSTUVWXYZ23456789", 2, out);
}

/* Many words have eight letters; only where places 5 and 6 name a country is it worth a chip. */
static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len < HEAD_LEN || line.len > 20 ||
        type_read(&type_bic, context, line, arena, out, max, 0) == 0)
        return 0;
    bool is_labelled = line.len > LENGTH, is_upper_case = true;
    for (size_t i = 0; i < line.len; i++)
        is_upper_case &= !is_lower(line.ptr[i]);
    if (out[0].value.note.len == 0 || (!is_upper_case && str_count_digits(line) == 0))
        return 0;
    out[0].confidence = is_labelled              ? 70
                        : line.len == LENGTH     ? 62
                        : str_count_digits(line) ? 55
                                                 : 45;
    return 1;
}

const struct type type_bic = {
    .name = "bic",
    .title = "BIC (SWIFT code)",
    .help = "8 or 11 characters: bank, country, place, and branch where there is one",
    .is_key = true,
    .parse = parse,
    .print = type_print_norm,
    .keys = type_keys_identifier,
    .compare = compare,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
    .alphabet = STR_INIT("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
};
