/* SPDX-License-Identifier: Apache-2.0 */
/*
 * card: the number of a payment card (ISO/IEC 7812). The full number is never kept. What is stored
 * instead of the text is
 *
 *   {first: "411111", last: "1111", length: "16", check: "ok", hash: "<64 hexadecimal digits>"}
 *
 * where hash is keyed with the node's own secret: the same card meets itself, and whoever takes the
 * data away can not try all the ten thousand million numbers that first and last leave open. So
 * value.input is this map, not what was given; raw, normal form, notes and errors hold first and
 * last digits at most. That is also why errors here never quote the input. Stars in the middle
 * ("411111******1111", from a receipt) are understood: no hash, PARTIAL key alone.
 */
#include <stdio.h>

#include "type/internal.h"

extern const struct type type_card;

enum {
    FIRST_LEN = 6,
    LAST_LEN = 4,
    LENGTH_MIN = 12,
    LENGTH_MAX = 19,
    RAW_MAX = 64,
    HASH_TEXT = 2 * HASH_SIZE
};

struct card { /* value.detail */
    char first[FIRST_LEN + 1], last[LAST_LEN + 1];
    uint64_t length;
    bool has_hash;
};

enum {
    L13 = 1 << 13,
    L15 = 1 << 15,
    L16 = 1 << 16,
    L19 = 1 << 19,
    L14_19 = 0xFC000,
    L12_19 = 0xFF000
};

/* By issuer identification number, lowest and highest first six digits, and the lengths in use. */
static const struct {
    uint32_t low, high, lengths;
    const char *name;
} schemes[] = {
    {340000, 349999, L15, "American Express"}, {370000, 379999, L15, "American Express"},
    {300000, 305999, L14_19, "Diners Club"},   {360000, 369999, L14_19, "Diners Club"},
    {380000, 399999, L14_19, "Diners Club"},   {352800, 358999, L16 | L19, "JCB"},
    {400000, 499999, L13 | L16 | L19, "Visa"}, {510000, 559999, L16, "Mastercard"},
    {222100, 272099, L16, "Mastercard"},       {220000, 220499, L16 | L19, "Mir"},
    {620000, 629999, L16 | L19, "UnionPay"},   {601100, 601199, L16 | L19, "Discover"},
    {644000, 659999, L16 | L19, "Discover"},   {500000, 509999, L12_19, "Maestro"},
    {560000, 589999, L12_19, "Maestro"},       {630000, 639999, L12_19, "Maestro"},
    {670000, 679999, L12_19, "Maestro"},
};

static const char *scheme_of(const struct card *card)
{
    uint64_t number = 0;
    (void)str_to_u64(str_of(card->first, FIRST_LEN), 999999, &number);
    for (size_t i = 0; i < COUNT_OF(schemes); i++)
        if (number >= schemes[i].low && number <= schemes[i].high &&
            schemes[i].lengths >> card->length & 1)
            return schemes[i].name;
    return NULL;
}

static enum err refuse(void)
{
    err_set(ERR_BAD_VALUE, "not a card number (its digits are not repeated here)");
    return err_hint("%s", type_card.help);
}

static str as_masked(struct arena *arena, const struct card *card)
{
    char stars[LENGTH_MAX + 1];
    size_t hidden = (size_t)card->length - FIRST_LEN - LAST_LEN;
    memset(stars, '*', hidden);
    return arena_printf(arena, "%s%.*s%s", card->first, (int)hidden, stars, card->last);
}

/* Fills the value from first, last, length and hash: the one place where a card becomes a value. */
static enum err finish(const struct card *card, str hash, struct arena *arena, struct value *ret)
{
    struct card *kept = arena_new(arena, struct card);
    struct node *map = node_map(arena);
    str masked = as_masked(arena, card);
    if (!kept || !map || masked.len == 0)
        return ERR_LIMIT;
    *kept = *card;
    node_put_text(arena, map, S("first"), str_c(kept->first));
    node_put_text(arena, map, S("last"), str_c(kept->last));
    node_put_text(arena, map, S("length"), arena_printf(arena, "%u", (unsigned)card->length));
    if (ret->check != CHECK_NONE)
        node_put_text(arena, map, S("check"), ret->check == CHECK_OK ? S("ok") : S("failed"));
    if (hash.len)
        node_put_text(arena, map, S("hash"), hash);
    const char *scheme = scheme_of(card);
    ret->input = map;
    ret->detail = kept;
    ret->raw = masked;
    ret->norm = hash.len ? hash : masked;
    bool is_wrong = ret->check == CHECK_FAILED;
    if (scheme)
        ret->note = is_wrong ? type_note(arena, "%s; the check digit does not agree", scheme)
                             : type_note(arena, "%s", scheme);
    else
        ret->note = is_wrong ? S("the check digit does not agree") : STR_EMPTY;
    return OK;
}

static enum err keep_number(const struct type_context *context, str digits, struct arena *arena,
                            struct value *ret)
{
    struct card card = {.length = digits.len, .has_hash = true};
    struct hash hash;
    char hex[HASH_TEXT + 1];
    str kept;
    if (!context->hash_key)
        return err_set(ERR_MISSING,
                       "card numbers are kept as keyed hashes and this node has no key yet");
    memcpy(card.first, digits.ptr, FIRST_LEN);
    memcpy(card.last, digits.ptr + digits.len - LAST_LEN, LAST_LEN);
    keyed_hash(context->hash_key, digits, &hash);
    hex_encode(hash.bytes, HASH_SIZE, hex);
    TRY(type_keep(arena, str_of(hex, HASH_TEXT), &kept));
    ret->check = luhn_is_ok(digits) ? CHECK_OK : CHECK_FAILED;
    return finish(&card, kept, arena, ret);
}

/* Digits and the stars of a receipt; false on anything else. */
static bool read_text(str text, char digits[LENGTH_MAX], size_t *ret_len, bool *ret_has_stars)
{
    size_t len = 0;
    *ret_has_stars = false;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = fold_character(utf8_next(text, &at));
        bool is_star = c == '*' || c == 'X' || c == 0x2022 || c == 0xD7;
        if (c == 0)
            continue;
        if (len == LENGTH_MAX || (!is_star && (c > 127 || !is_digit((char)c))))
            return false;
        *ret_has_stars |= is_star;
        digits[len++] = is_star ? '*' : (char)c;
    }
    *ret_len = len;
    return len >= LENGTH_MIN;
}

static enum err parse_text(const struct type_context *context, str text, struct arena *arena,
                           struct value *ret)
{
    char digits[LENGTH_MAX];
    size_t len = 0;
    bool has_stars = false;
    enum err code = OK;
    if (text.len > RAW_MAX || !read_text(text, digits, &len, &has_stars))
        code = refuse();
    else if (!has_stars)
        code = keep_number(context, str_of(digits, len), arena, ret);
    else {
        struct card card = {.length = len};
        memcpy(card.first, digits, FIRST_LEN);
        memcpy(card.last, digits + len - LAST_LEN, LAST_LEN);
        bool is_readable = str_is_digits(str_c(card.first)) && str_is_digits(str_c(card.last));
        code = is_readable ? finish(&card, STR_EMPTY, arena, ret) : refuse();
    }
    wipe(digits, sizeof digits);
    return code;
}

static enum err parse_map(const struct node *input, struct arena *arena, struct value *ret)
{
    struct card card = {0};
    struct hash hash;
    str first = node_get_text(input, S("first")), last = node_get_text(input, S("last")), kept;
    str hex = node_get_text(input, S("hash")), check = node_get_text(input, S("check"));
    bool is_ok = first.len == FIRST_LEN && str_is_digits(first) && last.len == LAST_LEN &&
                 str_is_digits(last) &&
                 str_to_u64(node_get_text(input, S("length")), LENGTH_MAX, &card.length) &&
                 card.length >= LENGTH_MIN &&
                 (hex.len == 0 || hex_decode(hex, hash.bytes, HASH_SIZE));
    if (!is_ok)
        return refuse();
    memcpy(card.first, first.ptr, FIRST_LEN);
    memcpy(card.last, last.ptr, LAST_LEN);
    card.has_hash = hex.len > 0;
    ret->check = str_eq(check, S("ok"))       ? CHECK_OK
                 : str_eq(check, S("failed")) ? CHECK_FAILED
                                              : CHECK_NONE;
    char lower[HASH_TEXT + 1];
    hex_encode(hash.bytes, card.has_hash ? HASH_SIZE : 0, lower);
    TRY(type_keep(arena, str_c(lower), &kept));
    return finish(&card, kept, arena, ret);
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct value value = {.type = &type_card, .note = STR_EMPTY};
    enum err code = OK;
    if (input && input->kind == NODE_MAP)
        code = parse_map(input, arena, &value);
    else if (input && node_is_scalar(input))
        code = parse_text(context, str_trim(node_as_text(input)), arena, &value);
    else
        code = refuse();
    if (code == OK)
        *ret = value;
    return code;
}

static void print(const struct value *value, struct buf *out)
{
    const struct card *card = value->detail;
    buf_printf(out, "%.4s %.2s** **** %s", card->first, card->first + 4, card->last);
}

static void redact(const struct value *value, struct buf *out)
{
    const struct card *card = value->detail;
    buf_printf(out, "**** **** **** %s", card->last);
}

static void keys(const struct value *value, struct key_sink *sink)
{
    const struct card *card = value->detail;
    char text[FIRST_LEN + LAST_LEN + 8];
    if (card->has_hash)
        type_keys_exact(value, sink);
    int len =
        snprintf(text, sizeof text, "%s-%s-%u", card->first, card->last, (unsigned)card->length);
    type_add_key(sink, KEY_PARTIAL, str_c(value->type->name), str_of(text, (size_t)len));
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    const struct card *a = asked->detail, *b = held->detail;
    bool ends_agree = a->length == b->length && memcmp(a->first, b->first, FIRST_LEN) == 0 &&
                      memcmp(a->last, b->last, LAST_LEN) == 0;
    if (str_eq(asked->norm, held->norm) && a->has_hash)
        comparison_set(ret, AGREE_SAME, 0, 1, "same card");
    else if (ends_agree && !(a->has_hash && b->has_hash))
        comparison_set(ret, str_eq(asked->norm, held->norm) ? AGREE_SAME : AGREE_CLOSE, 1, 0.7,
                       "first six and last four digits agree");
    else
        comparison_set(ret, AGREE_DIFFERENT, 2, 0, "different card");
}

/* 999999: an issuer number given to nobody. */
static void sample(struct random *random, str hint, struct buf *out)
{
    struct buf body = {0};
    (void)hint;
    buf_add(&body, S("999999"));
    sample_digits(random, 9, &body);
    buf_add(out, buf_str(&body));
    buf_add_char(out, luhn_digit(buf_str(&body)));
    buf_release(&body);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    struct value value;
    struct node *node = node_text(arena, line);
    if (max == 0 || !node || str_count_digits(line) < FIRST_LEN + LAST_LEN)
        return 0;
    if (parse(context, node, arena, &value) != OK || !value.detail) {
        err_clear();
        return 0;
    }
    const struct card *card = value.detail;
    const char *scheme = scheme_of(card);
    if (!scheme && (value.check != CHECK_OK || card->length < 16))
        return 0;
    unsigned confidence = value.check == CHECK_OK     ? (!scheme              ? 50
                                                         : card->length >= 15 ? 92
                                                                              : 55)
                          : value.check == CHECK_NONE ? 80
                                                      : 40;
    str title = scheme ? arena_printf(arena, "payment card (%s)", scheme) : str_c(type_card.title);
    out[0] = (struct reading){&type_card, value, confidence, title};
    return 1;
}

static const char *const maps[] = {"first", "last", "length", "check", "hash", NULL};

const struct type type_card = {
    .name = "card",
    .title = "Payment card",
    .help = "12 to 19 digits, or first six and last four with stars between; only those ten and a "
            "keyed hash are kept",
    .maps = maps,
    .is_key = true,
    .is_secret = true,
    .parse = parse,
    .print = print,
    .keys = keys,
    .compare = compare,
    .redact = redact,
    .sample = sample,
    .recognise = recognise,
};
