/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iban: international bank account number (ISO 13616): country (2 letters), two check digits (mod
 * 97-10), account. How long a country's are is data: codes/iban-countries.csv, column `length`.
 * Blanks, and "IBAN" in front, do not matter.
 */
#include <stdio.h>

#include "type/internal.h"

extern const struct type type_iban;

enum { LENGTH_MIN = 15, LENGTH_MAX = 34, RAW_MAX = 96 };

static bool agrees(str iban)
{
    char turned[LENGTH_MAX];
    memcpy(turned, iban.ptr + 4, iban.len - 4);
    memcpy(turned + iban.len - 4, iban.ptr, 4);
    return mod97(str_of(turned, iban.len)) == 1;
}

static bool is_shaped(str text)
{
    return text.len >= LENGTH_MIN && text.len <= LENGTH_MAX && is_upper(text.ptr[0]) &&
           is_upper(text.ptr[1]) && is_digit(text.ptr[2]) && is_digit(text.ptr[3]);
}

static const struct code *country_of(const struct type_context *context, str iban)
{
    return code_by_prefix(context, S("iban-countries"), iban, 2, 2);
}

/* 0: the country is not in the list. */
static uint64_t length_of(const struct type_context *context, const struct code *country)
{
    uint64_t length = 0;
    if (country)
        (void)str_to_u64(code_extra(codes_list(context->codes, S("iban-countries")), country,
                                    S("length")),
                         LENGTH_MAX, &length);
    return length;
}

static void check(const struct type_context *context, struct arena *arena, struct value *ret)
{
    const struct code *country = country_of(context, ret->norm);
    uint64_t length = length_of(context, country);
    ret->check = agrees(ret->norm) ? CHECK_OK : CHECK_FAILED;
    if (ret->check == CHECK_FAILED)
        ret->note = S("the check digits do not agree");
    if (length && length != ret->norm.len) {
        ret->check = CHECK_FAILED;
        ret->note = type_note(arena, "has %zu characters, those of %.*s have %u", ret->norm.len,
                              STR(code_name(country, LANGUAGE_EN)), (unsigned)length);
    } else if (country && ret->check == CHECK_OK)
        ret->note = type_note(arena, "account in %.*s", STR(code_name(country, LANGUAGE_EN)));
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    TRY(type_begin(&type_iban, input, RAW_MAX, ret));
    str text = ret->raw;
    (void)str_cut_label(&text, S("IBAN "));
    TRY(fold_identifier(&type_iban, text, "", &folded));
    str iban = folded_str(&folded);
    if (str_starts(iban, S("IBAN")))
        iban = str_from(iban, 4);
    if (!is_shaped(iban)) {
        err_set(ERR_BAD_VALUE,
                "IBAN '%.*s' is not two letters, two digits and 11 to 30 letters and digits",
                STR(ret->raw));
        return err_hint("%s", type_iban.help);
    }
    TRY(type_keep(arena, iban, &ret->norm));
    check(context, arena, ret);
    return OK;
}

static void print(const struct value *value, struct buf *out)
{
    type_print_groups(value->norm, 4, out);
}

/* Country and last four stay readable, as on receipts. */
static void redact(const struct value *value, struct buf *out)
{
    buf_add(out, str_slice(value->norm, 0, 2));
    for (size_t i = 2; i + 4 < value->norm.len; i++)
        buf_add_char(out, '*');
    buf_add(out, str_from(value->norm, value->norm.len - 4));
}

/* hint: a country's two letters; a bank code of zeros belongs to no bank. */
static void sample(struct random *random, str hint, struct buf *out)
{
    char turned[LENGTH_MAX + 1];
    struct buf account = {0};
    bool has_country = hint.len == 2 && is_upper(hint.ptr[0]) && is_upper(hint.ptr[1]);
    str country = has_country ? hint : S("ZZ");
    buf_add(&account, S("00000000"));
    sample_digits(random, 10, &account);
    int len = snprintf(turned, sizeof turned, "%.*s%.*s00", STR(buf_str(&account)), STR(country));
    unsigned rest = mod97(str_of(turned, (size_t)len));
    buf_printf(out, "%.*s%02u%.*s", STR(country), 98 - rest, STR(buf_str(&account)));
    buf_release(&account);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len < LENGTH_MIN || line.len > 48 || str_count_digits(line) < 6 ||
        str_find(line, '\n') < line.len)
        return 0;
    if (type_read(&type_iban, context, line, arena, out, max, 0) == 0)
        return 0;
    const struct code *country = country_of(context, out[0].value.norm);
    bool is_ok = out[0].value.check == CHECK_OK;
    out[0].confidence = is_ok ? (country ? 100 : 90) : country ? 60 : 15;
    if (country)
        out[0].title = arena_printf(arena, "IBAN (%.*s)", STR(code_name(country, LANGUAGE_EN)));
    return 1;
}

const struct type type_iban = {
    .name = "iban",
    .title = "IBAN",
    .help = "International bank account number; blanks do not matter",
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = type_keys_identifier,
    .compare = type_compare_identifier,
    .redact = redact,
    .sample = sample,
    .recognise = recognise,
    .alphabet = STR_INIT("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
};
