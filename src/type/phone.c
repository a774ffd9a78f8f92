/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phone: a telephone number as ITU-T E.164 has it: '+', calling code of the country (1 to 3
 * digits), national number; at most 15 digits. Accepted: "+33 (0)1 23 45 67 89", "0033...",
 * "tel:...", extensions (set aside), and national forms when the context says which country's.
 * Calling codes, the digit dialled before a national number (trunk) and the countries of a code are
 * data: codes/calling-codes.csv, columns `trunk` and `countries`.
 *
 * A national number without a known country keeps its digits as dialled and no '+': it still meets
 * its international form through the PARTIAL key, the last eight digits.
 */
#include "type/internal.h"

extern const struct type type_phone;

enum { DIGITS_MIN = 5, DIGITS_MAX = 15, TAIL_LEN = 8, RAW_MAX = 96, CODE_MAX = 3 };

static const struct code_list *plans_of(const struct type_context *context)
{
    return context->codes ? codes_list(context->codes, S("calling-codes")) : NULL;
}

/* The calling code of a country, by its alpha-3 code. */
static const struct code *plan_of_country(const struct type_context *context, str country)
{
    const struct code_list *plans = plans_of(context);
    for (size_t i = 0; plans && country.len && i < plans->count; i++) {
        str rest = code_extra(plans, &plans->codes[i], S("countries")), one;
        while (str_split(&rest, '|', &one))
            if (str_eq(one, country))
                return &plans->codes[i];
    }
    return NULL;
}

/*
 * Digits of the text before an extension; a '+' or 00 in front sets *ret_is_international. False:
 * not a number.
 */
static bool read_digits(str text, char out[RAW_MAX], size_t *ret_len, bool *ret_is_international,
                        bool *ret_has_extension)
{
    size_t len = 0;
    *ret_is_international = *ret_has_extension = false;
    for (size_t at = 0; at < text.len;) {
        uint32_t original = utf8_next(text, &at), c = fold_character(original);
        if (original == '+' || original == 0xFF0B) {
            if (len || *ret_is_international)
                return false;
            *ret_is_international = true;
        } else if ((c == 'X' || c == 'E' || c == '#' || original == ';') && len >= DIGITS_MIN) {
            *ret_has_extension = true;
            break;
        } else if (c != 0 && (c > 127 || !is_digit((char)c)))
            return false;
        else if (c != 0 && len < RAW_MAX)
            out[len++] = (char)c;
    }
    *ret_len = len;
    return true;
}

/* "+33 (0)1 ..." : the bracketed zero is dialled within the country only. */
static str without_bracketed_zero(str text, struct arena *arena)
{
    for (size_t at = 1; at + 3 <= text.len; at++)
        if (memcmp(text.ptr + at, "(0)", 3) == 0 &&
            (text.ptr[0] == '+' || str_starts(text, S("00"))))
            return arena_printf(arena, "%.*s%.*s", STR(str_slice(text, 0, at)),
                                STR(str_from(text, at + 3)));
    return text;
}

static enum err finish(str digits, bool is_international, const char *extension,
                       struct arena *arena, const struct code *plan, struct value *ret)
{
    if (digits.len < DIGITS_MIN || digits.len > DIGITS_MAX) {
        err_set(ERR_BAD_VALUE, "telephone number '%.*s' has %zu digits, 5 to 15 are expected",
                STR(ret->raw), digits.len);
        return err_hint("%s", type_phone.help);
    }
    ret->norm = arena_printf(arena, "%s%.*s", is_international ? "+" : "", STR(digits));
    if (ret->norm.len == 0)
        return err_last()->code;
    if (plan)
        ret->note =
            arena_printf(arena, "\x02%.*s\x03%s", STR(code_name(plan, LANGUAGE_EN)), extension);
    else
        ret->note = arena_printf(arena, "%s%s",
                                 is_international ? "no country has this calling code"
                                                  : "country not known",
                                 extension);
    ret->detail = plan;
    return OK;
}

/*
 * Digits after '+': a national trunk digit left in after the calling code is a common slip and
 * goes.
 */
static enum err finish_international(const struct type_context *context, str digits,
                                     const char *extension, struct arena *arena, struct value *ret)
{
    const struct code *plan = code_by_prefix(context, S("calling-codes"), digits, 1, CODE_MAX);
    str trunk = plan ? code_extra(plans_of(context), plan, S("trunk")) : STR_EMPTY;
    str rest = plan ? str_from(digits, plan->code.len) : STR_EMPTY;
    if (str_eq(trunk, S("0")) && str_starts(rest, trunk))
        digits = arena_printf(arena, "%.*s%.*s", STR(plan->code), STR(str_from(rest, trunk.len)));
    return finish(digits, true, extension, arena, plan, ret);
}

static enum err finish_national(const struct type_context *context, str digits,
                                const char *extension, struct arena *arena, struct value *ret)
{
    const struct code *plan = plan_of_country(context, context->country);
    str trunk = plan ? code_extra(plans_of(context), plan, S("trunk")) : STR_EMPTY;
    if (!plan)
        return finish(digits, false, extension, arena, NULL, ret);
    if (trunk.len && str_starts(digits, trunk) && digits.len > trunk.len + 4)
        digits = str_from(digits, trunk.len);
    return finish(arena_printf(arena, "%.*s%.*s", STR(plan->code), STR(digits)), true, extension,
                  arena, plan, ret);
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    char digits[RAW_MAX];
    size_t len = 0;
    bool is_international = false, has_extension = false;
    TRY(type_begin(&type_phone, input, RAW_MAX, ret));
    str text = ret->raw;
    if (!str_cut_label(&text, S("TEL")))
        (void)str_cut_label(&text, S("PHONE"));
    text = without_bracketed_zero(text, arena);
    if (!read_digits(text, digits, &len, &is_international, &has_extension)) {
        err_set(ERR_BAD_VALUE, "'%.*s' is not a telephone number", STR(ret->raw));
        return err_hint("%s", type_phone.help);
    }
    const char *extension = has_extension ? "; extension set aside" : "";
    str number = arena_str(arena, str_of(digits, len));
    if (is_international)
        return finish_international(context, number, extension, arena, ret);
    if (str_starts(number, S("00")) && len > 8)
        return finish_international(context, str_from(number, 2), extension, arena, ret);
    return finish_national(context, number, extension, arena, ret);
}

/* "+33 123 456 789": the calling code apart, then groups of three. */
static void print(const struct value *value, struct buf *out)
{
    const struct code *plan = value->detail;
    str rest = value->norm;
    if (plan && str_starts(rest, S("+"))) {
        buf_printf(out, "+%.*s ", STR(plan->code));
        rest = str_from(rest, 1 + plan->code.len);
    }
    size_t head = rest.len % 3 == 1 && rest.len > 4 ? rest.len - 4
                                                    : rest.len; /* no single digit at the end */
    type_print_groups(str_slice(rest, 0, head), 3, out);
    if (head < rest.len) {
        buf_add_char(out, ' ');
        type_print_groups(str_from(rest, head), 2, out);
    }
}

static str tail_of(str norm)
{
    return norm.len > TAIL_LEN ? str_from(norm, norm.len - TAIL_LEN) : STR_EMPTY;
}

static void keys(const struct value *value, struct key_sink *sink)
{
    str tail = tail_of(value->norm);
    type_keys_exact(value, sink);
    if (tail.len)
        type_add_key(sink, KEY_PARTIAL, str_c(value->type->name), tail);
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    bool one_is_national = str_starts(asked->norm, S("+")) != str_starts(held->norm, S("+"));
    str a = tail_of(asked->norm), b = tail_of(held->norm);
    if (one_is_national && a.len && str_eq(a, b))
        comparison_set(ret, AGREE_CLOSE, 1, 0.9,
                       "the last %d digits agree, one has no calling code", TAIL_LEN);
    else if (!str_eq(asked->norm, held->norm) && a.len && str_eq(a, b))
        comparison_set(ret, AGREE_FAR, 3, 0.5, "the last %d digits agree, the calling code differs",
                       TAIL_LEN);
    else
        type_compare_identifier(asked, held, ret);
}

/* Calling code 999 is given to nobody. hint: digits of a calling code. */
static void sample(struct random *random, str hint, struct buf *out)
{
    bool has_code = hint.len && hint.len <= CODE_MAX && str_is_digits(hint);
    buf_printf(out, "+%.*s", STR(has_code ? hint : S("999")));
    sample_characters(random, "6789", 1, out);
    sample_digits(random, 8, out);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len < 6 || line.len > 40 || str_find(line, '\n') < line.len || str_find(line, ':') < 3)
        return 0;
    if (type_read(&type_phone, context, line, arena, out, max, 0) == 0)
        return 0;
    str norm = out[0].value.norm;
    bool has_plus = line.ptr[0] == '+', has_zeros = str_starts(line, S("00")),
         is_known = out[0].value.detail != NULL;
    bool is_spaced = str_find(line, ' ') < line.len || str_find(line, '-') < line.len;
    if (norm.len < 8 && !has_plus)
        return 0;
    if (has_plus || has_zeros)
        out[0].confidence = is_known ? (has_plus ? 95 : 60) : 40;
    else
        out[0].confidence = line.ptr[0] == '0' ? (is_spaced ? 45 : 35) : is_spaced ? 25 : 15;
    return 1;
}

const struct type type_phone = {
    .name = "phone",
    .title = "Telephone number",
    .help = "International form with + and calling code; a national number is understood where the "
            "country is known",
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = keys,
    .compare = compare,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
    .alphabet = STR_INIT("0123456789"),
};
