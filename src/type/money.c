/* SPDX-License-Identifier: Apache-2.0 */
/*
 * money: an amount with its currency - "EUR 1,234.56", "1.234,56 €", "1000 US dollars", {amount:
 * 1234.56, currency: EUR}. Normal form "EUR 1234.56", with as many decimals as the currency has. A
 * separator before exactly three digits parts thousands, as sums of money are written everywhere.
 * Amounts of different currencies are not compared: rates are not facts of a record.
 */
#include <math.h>
#include <stdio.h>

#include "type/decimal.h"
#include "type/internal.h"

extern const struct type type_money;

enum { RAW_MAX = 100 };

struct detail {
    double amount;
    const struct code *currency;
};

static bool is_among(str pieces, str text)
{
    str piece;
    while (str_split(&pieces, '|', &piece))
        if (str_eq_nocase(piece, text))
            return true;
    return false;
}

static const struct code *find_currency(const struct code_list *currencies, str text)
{
    const struct code *code = text.len ? code_find(currencies, text) : NULL;
    for (size_t i = 0; !code && text.len && i < currencies->count; i++)
        if (is_among(code_extra(currencies, &currencies->codes[i], S("signs")), text))
            code = &currencies->codes[i];
    return code;
}

/* Where the first digit of any script stands, or the sign before it. */
static size_t number_start(str text)
{
    size_t from = 0;
    for (size_t at = 0; at < text.len; from = at) {
        uint32_t c = utf8_next(text, &at);
        uint32_t digit = c < 128 ? c : fold_character(c);
        if (digit >= '0' && digit <= '9')
            return from && strchr("+-", text.ptr[from - 1]) ? from - 1 : from;
    }
    return text.len;
}

/* The currency stands before or after the number. */
static bool cut(str text, str *ret_number, str *ret_currency)
{
    size_t at = number_start(text);
    str before = str_trim(str_slice(text, 0, at)), rest = str_from(text, at);
    if (before.len && !rest.len)
        return false;
    if (!decimal_cut(&rest, ret_number))
        return false;
    if (before.len && rest.len) /* "USD 5 million" and the like */
        return false;
    *ret_currency = before.len ? before : rest;
    return true;
}

static const char *read_parts(const struct code_list *currencies, str number, str currency,
                              struct decimal *amount, struct detail *ret)
{
    const char *why = decimal_read(number, DECIMAL_THREE_THOUSANDS, amount);
    if (why)
        return why;
    if (!currency.len)
        return "has no currency";
    ret->currency = find_currency(currencies, currency);
    ret->amount = amount->value;
    return ret->currency ? NULL : "has a currency that is not in the list currencies";
}

static const char *read_input(const struct code_list *currencies, const struct node *input, str raw,
                              struct decimal *amount, struct detail *ret)
{
    str number, currency;
    if (input && input->kind == NODE_MAP)
        return read_parts(currencies, raw, str_trim(node_get_text(input, S("currency"))), amount,
                          ret);
    if (!cut(raw, &number, &currency))
        return "is not a number and a currency";
    return read_parts(currencies, number, currency, amount, ret);
}

/*
 * At least the decimals of the currency: 5 -> 5.00; more stay, they may be a price or a crypto
 * amount.
 */
static str normal_form(const struct code_list *currencies, const struct detail *detail,
                       const struct decimal *amount, struct arena *arena)
{
    uint64_t decimals = 2;
    str text = str_c(amount->text);
    size_t point = str_find(text, '.');
    size_t has = point < text.len ? text.len - point - 1 : 0;
    (void)str_to_u64(code_extra(currencies, detail->currency, S("decimals")), 18, &decimals);
    if (decimals > 3)
        decimals = 0; /* of a crypto-currency nobody writes all places */
    size_t pad = has < decimals ? (size_t)decimals - has : 0;
    return arena_printf(arena, "%.*s %.*s%s%.*s", STR(detail->currency->code), STR(text),
                        pad && !has ? "." : "", (int)pad, "000");
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct decimal amount;
    const struct code_list *currencies =
        context->codes ? codes_list(context->codes, S("currencies")) : NULL;
    struct detail *detail = arena_new(arena, struct detail);
    if (!detail)
        return err_last()->code;
    if (input && input->kind == NODE_MAP)
        TRY(type_begin_text(&type_money, input, node_get_text(input, S("amount")), RAW_MAX, ret));
    else
        TRY(type_begin(&type_money, input, RAW_MAX, ret));
    if (!currencies)
        return err_set(ERR_UNKNOWN, "amount '%.*s': the list of currencies is not loaded",
                       STR(ret->raw));
    const char *why = read_input(currencies, input, ret->raw, &amount, detail);
    if (why) {
        err_set(ERR_BAD_VALUE, "amount '%.*s' %s", STR(type_head(ret->raw, 80)), why);
        return err_hint("%s", type_money.help);
    }
    ret->detail = detail;
    if (amount.is_three)
        ret->note = S("the separator was read as parting thousands");
    ret->norm = normal_form(currencies, detail, &amount, arena);
    return ret->norm.len ? OK : err_last()->code;
}

/* "EUR 1 234 567.89", thousands parted by thin blanks as ISO 80000 has it. */
static void print(const struct value *value, struct buf *out)
{
    str norm = value->norm;
    size_t start = str_find(norm, ' ') + 1, point = str_find(norm, '.');
    for (size_t i = 0; i < norm.len; i++) {
        bool is_gap = i > start && i < point && (point - i) % 3 == 0 && is_digit(norm.ptr[i - 1]);
        if (is_gap)
            buf_add(out, S("\xE2\x80\x89"));
        buf_add_char(out, norm.ptr[i]);
    }
}

/* Levels: 0 same, 1 within 1 in 100, 2 within 10 in 100, 3 other currency, 4 different. */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    const struct detail *a = asked->detail, *b = held->detail;
    double largest = fmax(fabs(a->amount), fabs(b->amount)), gap = fabs(a->amount - b->amount);
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same amount");
    else if (a->currency != b->currency)
        comparison_set(ret, AGREE_UNKNOWN, 3, 0, "different currencies");
    else if (gap <= largest * .01)
        comparison_set(ret, AGREE_CLOSE, 1, .85, "nearly the same amount");
    else if (gap <= largest * .1)
        comparison_set(ret, AGREE_FAR, 2, .4, "similar amount");
    else
        comparison_set(ret, AGREE_DIFFERENT, 4, 0, "other amount");
}

static void redact(const struct value *value, struct buf *out)
{
    buf_printf(out, "%.*s ***", STR(str_slice(value->norm, 0, str_find(value->norm, ' '))));
}

static void sample(struct random *random, str hint, struct buf *out)
{
    unsigned whole = 50 + (unsigned)random_below(random, 50000);
    buf_printf(out, "%.*s %u.%02u", STR(hint.len ? hint : S("EUR")), whole,
               (unsigned)random_below(random, 100));
}

static const char *const maps[] = {"amount", "currency", NULL};

const struct type type_money = {
    .name = "money",
    .title = "Amount of money",
    .help = "an amount with its currency: EUR 1234.56, 1.234,56 €, 1000 USD",
    .maps = maps,
    .parse = parse,
    .print = print,
    .compare = compare,
    .redact = redact,
    .sample = sample,
};
