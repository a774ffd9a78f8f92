/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address: where somebody lives or a firm has its seat - one line, or {street, house, unit,
 * postcode, city, region, country}.
 *
 * Addresses of the world have no common order, so an address is a bag of words and numbers: folded,
 * words for streets, houses and flats brought to one form in any language ("ул.", "str.", "rue";
 * the list street-words), the country taken off the end. The EXACT key is the sorted bag without
 * the words that only name what kind of thing a number counts, the SKELETON key lacks the words for
 * streets and the country too: "12 Lenina" meets "ul. Lenina 12, Utopia".
 *
 * Normal form: the words in the order given, the country at the end: "12 street lenina, UTO".
 */
#include "type/address.h"

#include <stdlib.h>

#include "text/fold.h"
#include "type/internal.h"

extern const struct type type_address;
extern const struct type type_country;

enum { RAW_MAX = 500 };

/* What a word is, from the list street-words. */
static enum address_word kind_of(str code)
{
    static const char *const counters[] = {"house", "apartment", "floor", "room", "building"};
    static const char *const areas[] = {"city", "village", "region", "district"};
    for (size_t i = 0; i < COUNT_OF(counters); i++)
        if (str_eq_c(code, counters[i]))
            return ADDRESS_COUNTER;
    for (size_t i = 0; i < COUNT_OF(areas); i++)
        if (str_eq_c(code, areas[i]))
            return ADDRESS_AREA;
    return ADDRESS_STREET_WORD;
}

static void add_word(struct address *address, str text, const struct code *code)
{
    if (address->count == ADDRESS_WORDS_MAX || !text.len)
        return;
    struct address_token *token = &address->tokens[address->count++];
    if (text.len > 7 && str_ends(text, S("strasse"))) /* glued, and as often cut: Lindenstr. */
        text.len -= 4;
    token->text = code ? code->code : text;
    token->kind = code                     ? kind_of(code->code)
                  : str_count_digits(text) ? ADDRESS_NUMBER
                                           : ADDRESS_WORD;
}

/* The longest term of up to three words that the list knows at the start of *rest ("p o box"). */
static const struct code *cut_term(const struct code_list *words, str *rest)
{
    const struct code *found = NULL;
    str after = *rest, word;
    const char *start = rest->ptr;
    for (int i = 0; words && i < 3 && str_split(&after, ' ', &word); i++) {
        const struct code *code =
            code_find(words, str_of(start, (size_t)(word.ptr + word.len - start)));
        if (code) {
            found = code;
            *rest = after;
        }
    }
    return found;
}

/* One piece between commas, word by word. */
static enum err add_piece(const struct code_list *words, str piece, struct arena *arena,
                          struct address *ret)
{
    char folded[TEXT_FOLD_MAX];
    str rest, word;
    TRY(type_keep(arena, str_of(folded, text_fold(piece, folded)), &rest));
    while (rest.len) {
        const struct code *code = cut_term(words, &rest);
        if (code)
            add_word(ret, code->code, code);
        else if (str_split(&rest, ' ', &word))
            add_word(ret, word, NULL);
    }
    return OK;
}

static bool read_country(const struct type_context *context, str text, struct arena *arena,
                         struct address *ret)
{
    if (text.len < 3 || type_parse_text(&type_country, context, text, arena, &ret->country) != OK) {
        err_clear();
        ret->country.type = NULL;
        return false;
    }
    return true;
}

static enum err read_text(const struct type_context *context, const struct code_list *words,
                          str text, struct arena *arena, struct address *ret)
{
    size_t comma = text.len;
    while (comma > 0 && text.ptr[comma - 1] != ',' && text.ptr[comma - 1] != '\n')
        comma--;
    if (comma > 0 && read_country(context, str_trim(str_from(text, comma)), arena, ret))
        text = str_slice(text, 0, comma - 1);
    return add_piece(words, text, arena, ret);
}

static const str pieces[] = {STR_INIT("text"), STR_INIT("street"), STR_INIT("house"),
                             STR_INIT("unit"), STR_INIT("po_box"), STR_INIT("postcode"),
                             STR_INIT("city"), STR_INIT("region")};

static enum err read_map(const struct type_context *context, const struct code_list *words,
                         const struct node *input, struct arena *arena, struct value *ret,
                         struct address *address)
{
    str all = STR_EMPTY, country = str_trim(node_get_text(input, S("country")));
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        str piece = str_trim(node_get_text(input, pieces[i]));
        if (!piece.len)
            continue;
        if (piece.len > RAW_MAX)
            return err_set(ERR_BAD_VALUE, "address: %.*s is longer than %d bytes", STR(pieces[i]),
                           RAW_MAX);
        TRY(add_piece(words, piece, arena, address));
        bool has_comma = all.len && !str_eq(pieces[i], S("house")) && !str_eq(pieces[i], S("city"));
        all = arena_printf(arena, has_comma ? "%.*s, %.*s" : "%.*s %.*s", STR(all), STR(piece));
    }
    if (country.len)
        TRY(type_parse_text(&type_country, context, country, arena, &address->country));
    if (country.len)
        all = arena_printf(arena, "%.*s, %.*s", STR(all), STR(country));
    return type_begin_text(&type_address, input, all, COUNT_OF(pieces) * RAW_MAX, ret);
}

static str normal_form(const struct address *address, struct arena *arena)
{
    struct buf out = {.max = (size_t)4 * TEXT_FOLD_MAX * COUNT_OF(pieces)};
    str norm = STR_EMPTY;
    for (size_t i = 0; i < address->count; i++)
        buf_printf(&out, i ? " %.*s" : "%.*s", STR(address->tokens[i].text));
    if (address->country.type)
        buf_printf(&out, out.len ? ", %.*s" : "%.*s", STR(address->country.norm));
    if (!out.failed)
        norm = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return norm;
}

static int by_kind_and_text(const void *a, const void *b)
{
    const struct address_token *x = a, *y = b;
    return x->kind != y->kind ? (int)x->kind - (int)y->kind : str_compare(x->text, y->text);
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    const struct code_list *words =
        context->codes ? codes_list(context->codes, S("street-words")) : NULL;
    struct address *address = arena_new(arena, struct address);
    if (!address)
        return err_last()->code;
    if (input && input->kind == NODE_MAP) {
        TRY(read_map(context, words, input, arena, ret, address));
    } else {
        TRY(type_begin(&type_address, input, RAW_MAX, ret));
        TRY(read_text(context, words, ret->raw, arena, address));
    }
    ret->detail = address;
    ret->norm = normal_form(address, arena);
    if (!ret->norm.len)
        return err_set(ERR_BAD_VALUE, "address '%.*s' has neither words nor numbers",
                       STR(type_head(ret->raw, 80)));
    qsort(address->tokens, address->count, sizeof address->tokens[0], by_kind_and_text);
    return OK;
}

static void print(const struct value *value, struct buf *out)
{
    buf_add(out, str_trim(value->raw));
}

/* ---- keys ---- */

static void bag(const struct address *address, bool is_full, struct buf *out)
{
    str before = STR_EMPTY;
    for (size_t i = 0; i < address->count; i++) {
        const struct address_token *token = &address->tokens[i];
        bool is_dropped = token->kind == ADDRESS_COUNTER || token->kind == ADDRESS_AREA ||
                          (!is_full && token->kind == ADDRESS_STREET_WORD) ||
                          str_eq(token->text, before);
        before = token->text;
        if (!is_dropped)
            buf_printf(out, out->len ? " %.*s" : "%.*s", STR(token->text));
    }
    if (is_full && address->country.type)
        buf_printf(out, out->len ? " %.*s" : "%.*s", STR(address->country.norm));
}

static void keys(const struct value *value, struct key_sink *sink)
{
    struct buf text = {.max = 1 << 16};
    bag(value->detail, true, &text);
    type_add_key(sink, KEY_EXACT, str_c(type_address.name),
                 text.len ? buf_str(&text) : value->norm);
    buf_clear(&text);
    bag(value->detail, false, &text);
    if (text.len)
        type_add_key(sink, KEY_SKELETON, str_c(type_address.name), buf_str(&text));
    buf_release(&text);
}

/* ---- comparison ---- */

struct overlap {
    unsigned common, left, right; /* tokens on both sides, on one only */
};

/* Both sides are sorted by kind and text. */
static struct overlap overlap_of(const struct address *a, const struct address *b,
                                 enum address_word kind)
{
    struct overlap o = {0};
    size_t i = 0, j = 0;
    while (i < a->count || j < b->count) {
        if (i < a->count && a->tokens[i].kind != kind) {
            i++;
        } else if (j < b->count && b->tokens[j].kind != kind) {
            j++;
        } else {
            int order = i == a->count   ? 1
                        : j == b->count ? -1
                                        : str_compare(a->tokens[i].text, b->tokens[j].text);
            o.common += order == 0;
            o.left += order < 0;
            o.right += order > 0;
            i += order <= 0;
            j += order >= 0;
        }
    }
    return o;
}

static double share(struct overlap o)
{
    unsigned all = 2 * o.common + o.left + o.right;
    return all ? 2.0 * o.common / all : 1;
}

static bool is_one_within_other(struct overlap o)
{
    return o.left == 0 || o.right == 0;
}

/*
 * Levels: 0 same, 1 less is said, 2 nearly the same words, 3 other number, 4 some words, 5
 * different.
 */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    const struct address *a = asked->detail, *b = held->detail;
    struct overlap words = overlap_of(a, b, ADDRESS_WORD),
                   numbers = overlap_of(a, b, ADDRESS_NUMBER);
    bool is_other_country =
        a->country.type && b->country.type && !str_eq(a->country.norm, b->country.norm);
    bool has_words = words.common > 0;
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same address");
    else if (is_other_country)
        comparison_set(ret, AGREE_DIFFERENT, 5, 0, "other country");
    else if (share(words) >= 1 && share(numbers) >= 1 && (has_words || numbers.common))
        comparison_set(ret, AGREE_SAME, 0, .98, "same address, written differently");
    else if (has_words && is_one_within_other(words) && is_one_within_other(numbers) &&
             words.common * 2 >= words.left + words.right)
        comparison_set(ret, AGREE_CLOSE, 1, .8, "one address says more than the other");
    else if (share(words) >= .7 && share(numbers) >= .99)
        comparison_set(ret, AGREE_CLOSE, 2, .75, "numbers agree, words nearly");
    else if (share(words) >= .7)
        comparison_set(ret, AGREE_FAR, 3, .4, "same street or town, other number");
    else if (has_words)
        comparison_set(ret, AGREE_FAR, 4, .2, "some words agree");
    else
        comparison_set(ret, AGREE_DIFFERENT, 5, 0, "other address");
}

static void redact(const struct value *value, struct buf *out)
{
    const struct address *address = value->detail;
    buf_add(out, S("***"));
    if (address->country.type)
        buf_printf(out, ", %.*s", STR(address->country.norm));
}

static void sample(struct random *random, str hint, struct buf *out)
{
    static const char *const streets[] = {"Harbour Street", "Rue du Moulin", "Calle Mayor",
                                          "ul. Zarechnaya", "Lindenstrasse", "Old Mill Road"};
    static const char *const towns[] = {"Port Galini", "Miroval", "Arven", "Tolda", "Ust-Zarechye"};
    buf_printf(out, "%s %u, %05u %s", streets[random_below(random, COUNT_OF(streets))],
               1 + (unsigned)random_below(random, 200), (unsigned)random_below(random, 100000),
               towns[random_below(random, COUNT_OF(towns))]);
    if (hint.len)
        buf_printf(out, ", %.*s", STR(hint));
}

/* A number, a word for a street, and two words more. */
static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len < 8 || line.len > 200 || !str_count_digits(line) ||
        str_find(line, ' ') == line.len)
        return 0;
    size_t count = type_read(&type_address, context, line, arena, out, max, 20);
    const struct address *address = count ? out[0].value.detail : NULL;
    size_t kinds[ADDRESS_WORD_COUNT] = {0};
    for (size_t i = 0; address && i < address->count; i++)
        kinds[address->tokens[i].kind]++;
    if (!kinds[ADDRESS_WORD] || !kinds[ADDRESS_NUMBER])
        return 0;
    if (count && kinds[ADDRESS_STREET_WORD])
        out[0].confidence = 55;
    return count;
}

static const char *const maps[] = {"text",     "street", "house",  "unit",    "po_box",
                                   "postcode", "city",   "region", "country", NULL};

const struct type type_address = {
    .name = "address",
    .title = "Address",
    .help = "one line with the country at the end, or street, house, unit, postcode, city, region, "
            "country",
    .maps = maps,
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = keys,
    .compare = compare,
    .redact = redact,
    .sample = sample,
    .recognise = recognise,
};
