/* SPDX-License-Identifier: Apache-2.0 */
/*
 * country: a country, a former one, a body, or one of the codes that travel documents use, by its
 * three letters, two letters, number, or name in many languages; as machine-readable zones print it
 * ("D<<"). The normal form is the three-letter code of the list `countries`; what happened to
 * former ones stands in its columns `until` and `now`.
 */
#include "type/internal.h"

extern const struct type type_country;

enum { RAW_MAX = 200 };

struct detail {
    const struct code *code;
    str now;    /* codes that took its place, separated by '|'; empty: it stands for itself */
    str status; /* current, former, body, document, test, other */
};

static const struct code *find(const struct code_list *countries, str text)
{
    while (text.len && text.ptr[text.len - 1] == '<')
        text.len--;
    const struct code *code = code_find(countries, text);
    size_t open = str_find(text, '(');
    if (!code && open < text.len && str_ends(text, S(")"))) { /* "Germany (DEU)" as we print it */
        code = code_find(countries, str_slice(text, open + 1, text.len - open - 2));
        if (code != code_find(countries, str_trim(str_slice(text, 0, open))))
            code = NULL;
    }
    return code;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    TRY(type_begin(&type_country, input, RAW_MAX, ret));
    const struct code_list *countries =
        context->codes ? codes_list(context->codes, S("countries")) : NULL;
    if (!countries)
        return err_set(ERR_UNKNOWN, "country '%.*s': the list of countries is not loaded",
                       STR(ret->raw));
    const struct code *code = find(countries, ret->raw);
    if (!code) {
        err_set(ERR_BAD_VALUE, "'%.*s' is no country that we know", STR(ret->raw));
        return err_hint("%s", type_country.help);
    }
    struct detail *detail = arena_new(arena, struct detail);
    if (!detail)
        return err_last()->code;
    *detail = (struct detail){code, code_extra(countries, code, S("now")),
                              code_extra(countries, code, S("status"))};
    ret->detail = detail;
    ret->norm = code->code;
    str until = code_extra(countries, code, S("until"));
    if (until.len)
        ret->note = type_note(arena, "no longer in use since %.*s", STR(until));
    else if (str_eq(detail->status, S("test")))
        ret->note = S("for specimen and test documents");
    return OK;
}

static void print(const struct value *value, struct buf *out)
{
    const struct detail *detail = value->detail;
    buf_printf(out, "%.*s (%.*s)", STR(code_name(detail->code, LANGUAGE_EN)),
               STR(detail->code->code));
}

static bool is_among(str codes, str code)
{
    str piece;
    while (str_split(&codes, '|', &piece))
        if (str_eq(piece, code))
            return true;
    return false;
}

/* Both stem from the same former state. */
static bool share_successor(str a, str b)
{
    str piece;
    while (str_split(&a, '|', &piece))
        if (piece.len && is_among(b, piece))
            return true;
    return false;
}

/* Codes of documents that name no country: stateless, refugee, not specified. */
static bool is_no_country(const struct detail *detail)
{
    return str_eq(detail->status, S("document")) && detail->now.len == 0;
}

/* Levels: 0 same, 1 former and successor, 2 nothing to compare, 3 different. */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    const struct detail *a = asked->detail, *b = held->detail;
    str x = a->code->names[LANGUAGE_EN], y = b->code->names[LANGUAGE_EN];
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same country");
    else if (is_among(a->now, held->norm))
        comparison_set(ret, AGREE_CLOSE, 1, .8, "%.*s is today, in part, %.*s", STR(x), STR(y));
    else if (is_among(b->now, asked->norm))
        comparison_set(ret, AGREE_CLOSE, 1, .8, "%.*s is today, in part, %.*s", STR(y), STR(x));
    else if (share_successor(a->now, b->now))
        comparison_set(ret, AGREE_CLOSE, 1, .7, "%.*s and %.*s overlap", STR(x), STR(y));
    else if (is_no_country(a) || is_no_country(b))
        comparison_set(ret, AGREE_UNKNOWN, 2, 0, "no country stated");
    else
        comparison_set(ret, AGREE_DIFFERENT, 3, 0, "%.*s instead of %.*s", STR(y), STR(x));
}

/* The code of the hint, else that of the specimens of ICAO Doc 9303. */
static void sample(struct random *random, str hint, struct buf *out)
{
    (void)random;
    buf_add(out, hint.len ? hint : S("UTO"));
}

const struct type type_country = {
    .name = "country",
    .title = "Country",
    .help = "a country by code (FRA, FR) or name in any common language; former countries, bodies "
            "and codes of travel documents too",
    .parse = parse,
    .print = print,
    .compare = compare,
    .sample = sample,
};
