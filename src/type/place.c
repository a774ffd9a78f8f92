/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place: a town, region or landmark, and its country - "Marseille, France", "Lake Miroval, north
 * shore", {city, region, country}. The last piece of a text is read as the country when it is one
 * by its name or three letters; two letters are not, since "CA" and "IN" stand for states too. The
 * first piece is the locality; the comparison reads it in any script as a name, so that
 * Казань meets Kazan.
 *
 * Normal form: "marseille, FRA", pieces folded.
 */
#include "base/said.h"

#include "text/fold.h"
#include "text/name.h"
#include "type/internal.h"

extern const struct type type_place;
extern const struct type type_country;

enum { RAW_MAX = 300, PIECES_MAX = 6 };

struct detail {
    str locality;          /* folded; empty: only the country is known */
    struct name *name;     /* the locality read in Latin letters; NULL when it has no letters */
    struct value country;  /* type NULL: not said */
    str shown[PIECES_MAX]; /* as given, country apart */
    size_t count;
};

static bool read_country(const struct type_context *context, str text, struct arena *arena,
                         struct value *ret)
{
    text = str_trim(text);
    if (text.len < 3 || type_parse_text(&type_country, context, text, arena, ret) != OK) {
        err_clear();
        ret->type = NULL;
        return false;
    }
    return true;
}

/* "Paris (France)" -> "Paris", "France" */
static str cut_brackets(str text, str *ret_inner)
{
    size_t open = str_find(text, '(');
    *ret_inner = STR_EMPTY;
    if (open == 0 || open == text.len || text.ptr[text.len - 1] != ')')
        return text;
    *ret_inner = str_slice(text, open + 1, text.len - open - 2);
    return str_trim(str_slice(text, 0, open));
}

static void cut(const struct type_context *context, str text, struct arena *arena,
                struct detail *ret)
{
    str inner, piece, head = cut_brackets(text, &inner);
    if (inner.len && read_country(context, inner, arena, &ret->country))
        text = head;
    while (ret->count < PIECES_MAX && str_split(&text, ',', &piece)) {
        piece = str_trim(piece);
        if (ret->count == PIECES_MAX - 1 && text.len) /* too many commas: the rest is one piece */
            piece = str_trim(str_of(piece.ptr, (size_t)(text.ptr + text.len - piece.ptr)));
        if (piece.len)
            ret->shown[ret->count++] = piece;
        if (ret->count == PIECES_MAX)
            break;
    }
    str last = ret->count ? ret->shown[ret->count - 1] : STR_EMPTY;
    if (!ret->country.type && read_country(context, last, arena, &ret->country))
        ret->count--;
}

static enum err read_map(const struct type_context *context, const struct node *input,
                         struct arena *arena, struct detail *ret)
{
    static const str names[] = {STR_INIT("text"), STR_INIT("city"), STR_INIT("region")};
    str country = str_trim(node_get_text(input, S("country")));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        str piece = str_trim(node_get_text(input, names[i]));
        if (piece.len > RAW_MAX)
            return err_set(ERR_BAD_VALUE, "place: a piece is longer than %d bytes", RAW_MAX);
        if (piece.len)
            ret->shown[ret->count++] = piece;
    }
    if (country.len)
        TRY(type_parse_text(&type_country, context, country, arena, &ret->country));
    return OK;
}

static str joined(const struct detail *detail, struct arena *arena)
{
    str text = STR_EMPTY;
    for (size_t i = 0; i < detail->count; i++)
        text = i ? arena_printf(arena, "%.*s, %.*s", STR(text), STR(detail->shown[i]))
                 : detail->shown[0];
    if (!detail->country.type)
        return text;
    return text.len ? arena_printf(arena, "%.*s, %.*s", STR(text), STR(detail->country.norm))
                    : detail->country.norm;
}

/* Folds piece by piece, so that the commas stay. */
static enum err make_norm(const struct detail *detail, struct arena *arena, str *ret)
{
    struct buf out = {.max = (size_t)4 * RAW_MAX * PIECES_MAX};
    for (size_t i = 0; i < detail->count; i++) {
        char folded[TEXT_FOLD_MAX];
        size_t len = text_fold(detail->shown[i], folded);
        if (len && out.len)
            buf_add(&out, S(", "));
        buf_add(&out, str_of(folded, len));
    }
    if (detail->country.type)
        buf_printf(&out, out.len ? ", %.*s" : "%.*s", STR(detail->country.norm));
    enum err code = out.failed ? out.failed : type_keep(arena, buf_str(&out), ret);
    buf_release(&out);
    return code;
}

static enum err read_locality(struct detail *detail, struct arena *arena)
{
    char folded[TEXT_FOLD_MAX];
    if (!detail->count)
        return OK;
    TRY(type_keep(arena, str_of(folded, text_fold(detail->shown[0], folded)), &detail->locality));
    if (name_parse_text(detail->shown[0], arena, &detail->name) != OK) {
        err_clear();
        detail->name = NULL;
    }
    return OK;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct detail *detail = arena_new(arena, struct detail);
    if (!detail)
        return err_last()->code;
    detail->locality = STR_EMPTY;
    if (input && input->kind == NODE_MAP) {
        TRY(read_map(context, input, arena, detail));
        TRY(type_begin_text(&type_place, input, joined(detail, arena), (size_t)4 * RAW_MAX, ret));
    } else {
        TRY(type_begin(&type_place, input, RAW_MAX, ret));
        cut(context, ret->raw, arena, detail);
    }
    TRY(read_locality(detail, arena));
    TRY(make_norm(detail, arena, &ret->norm));
    ret->detail = detail;
    if (!ret->norm.len)
        return err_set(ERR_BAD_VALUE, "place '%.*s' has no letters", STR(type_head(ret->raw, 80)));
    return OK;
}

static void print(const struct value *value, struct buf *out)
{
    const struct detail *detail = value->detail;
    for (size_t i = 0; i < detail->count; i++)
        buf_printf(out, i ? ", %.*s" : "%.*s", STR(detail->shown[i]));
    if (detail->country.type) {
        if (detail->count)
            buf_add(out, S(", "));
        type_country.print(&detail->country, out);
    }
}

/* Share of the asked locality's weight that the other agrees to. */
static double likeness(const struct detail *a, const struct detail *b)
{
    struct name_match match;
    struct name_frequency plain = {0};
    if (!a->name || !b->name)
        return 0;
    name_match(a->name, b->name, &plain, &match);
    return match.bits_max > 0 && match.bits > 0 ? match.bits / match.bits_max : 0;
}

static bool has_piece(const struct detail *detail, str folded)
{
    for (size_t i = 0; i < detail->count; i++) {
        char text[TEXT_FOLD_MAX];
        if (str_eq(str_of(text, text_fold(detail->shown[i], text)), folded))
            return true;
    }
    return false;
}

/*
 * Levels: 0 same, 1 country not stated, 2 similar name, 3 same country only, 4 nothing, 5
 * different.
 */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    const struct detail *a = asked->detail, *b = held->detail;
    struct comparison country = {.agreement = AGREE_UNKNOWN};
    if (a->country.type && b->country.type)
        type_country.compare(&a->country, &b->country, &country);
    bool has_both = a->locality.len && b->locality.len;
    bool is_same_town = has_both && (str_eq(a->locality, b->locality) ||
                                     has_piece(b, a->locality) || has_piece(a, b->locality));
    double like = has_both && !is_same_town ? likeness(a, b) : 0;
    if (country.agreement == AGREE_DIFFERENT)
        comparison_set(ret, AGREE_DIFFERENT, 5, 0,
                       is_same_town ? "same name in another country" : "other country");
    else if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same place");
    else if (is_same_town)
        comparison_set(ret, AGREE_SAME, 1, .95, "%s",
                       country.agreement == AGREE_UNKNOWN
                           ? SAID("same place, country not stated on both sides")
                           : SAID("same place"));
    else if (like >= .75)
        comparison_set(ret, AGREE_CLOSE, 2, like * .9, "similar name of the place");
    else if (country.agreement <= AGREE_FAR && !has_both)
        comparison_set(ret, AGREE_FAR, 3, .3, "same country, place not stated on both sides");
    else if (country.agreement <= AGREE_FAR)
        comparison_set(ret, AGREE_FAR, 3, .2, "same country, other place");
    else if (!has_both)
        comparison_set(ret, AGREE_UNKNOWN, 4, 0, "nothing to compare");
    else
        comparison_set(ret, AGREE_DIFFERENT, 5, 0, "other place");
}

static void redact(const struct value *value, struct buf *out)
{
    const struct detail *detail = value->detail;
    if (detail->country.type)
        type_country.print(&detail->country, out);
    else
        buf_add(out, S("***"));
}

static void sample(struct random *random, str hint, struct buf *out)
{
    static const char *const firsts[] = {"New", "Port", "Lower", "Saint", "Old", "Mount"};
    static const char *const seconds[] = {"Galini", "Zarechye", "Miroval",
                                          "Arven",  "Tolda",    "Kestria"};
    buf_printf(out, "%s %s", firsts[random_below(random, COUNT_OF(firsts))],
               seconds[random_below(random, COUNT_OF(seconds))]);
    if (hint.len)
        buf_printf(out, ", %.*s", STR(hint));
}

static const char *const maps[] = {"text", "city", "region", "country", NULL};

const struct type type_place = {
    .name = "place",
    .title = "Place",
    .help = "a town, region or landmark, with its country at the end: Marseille, France",
    .maps = maps,
    .parse = parse,
    .print = print,
    .compare = compare,
    .redact = redact,
    .sample = sample,
};
