/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wallet: an address of a blockchain. The text alone tells the chain, mostly:
 *
 *   1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa           base58check: Bitcoin, Litecoin, Dogecoin, Tron
 *   bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4   bech32, and bech32m from witness version 1
 *   0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed   Ethereum; case carries the checksum (EIP-55)
 *   r..., 4..., bitcoincash:q...                 XRP Ledger, Monero, Bitcoin Cash
 *
 * Base58 tells capitals from small letters, so its normal form is the text as given; bech32 and
 * hexadecimal forms are kept in small letters. The skeleton key is all small letters: an address
 * that went through a form that changed its case is still suggested. A failed checksum is kept and
 * shown; a text of no known form is kept when it could be an address.
 */
#include "type/address_codes.h"
#include "type/internal.h"

extern const struct type type_wallet;

enum { LENGTH_MIN = 20, LENGTH_MAX = 128, RAW_MAX = 256, HEX_LEN = 40 };

static const struct {
    unsigned char version[2];
    unsigned char version_len;
    const char *chain, *form;
} base58_versions[] = {
    {{0x00}, 1, "Bitcoin", "public key hash"},
    {{0x05}, 1, "Bitcoin", "script hash"},
    {{0x6F}, 1, "Bitcoin test network", "public key hash"},
    {{0xC4}, 1, "Bitcoin test network", "script hash"},
    {{0x30}, 1, "Litecoin", "public key hash"},
    {{0x32}, 1, "Litecoin", "script hash"},
    {{0x1E}, 1, "Dogecoin", "public key hash"},
    {{0x16}, 1, "Dogecoin", "script hash"},
    {{0x4C}, 1, "Dash", "public key hash"},
    {{0x10}, 1, "Dash", "script hash"},
    {{0x41}, 1, "Tron", "account"},
    {{0x1C, 0xB8}, 2, "Zcash", "transparent, public key hash"},
    {{0x1C, 0xBD}, 2, "Zcash", "transparent, script hash"},
};

static const struct {
    const char *human, *chain;
    bool is_segwit; /* first group is a witness version, which says bech32 or bech32m */
} bech32_chains[] = {
    {"bc", "Bitcoin", true},     {"tb", "Bitcoin test network", true},
    {"ltc", "Litecoin", true},   {"addr", "Cardano", false},
    {"cosmos", "Cosmos", false}, {"bnb", "BNB Beacon Chain", false},
    {"terra", "Terra", false},   {"zs", "Zcash shielded", false},
    {"kaspa", "Kaspa", false},
};

struct address { /* value.detail: static texts */
    const char *chain, *form;
};

static enum err finish(struct arena *arena, enum check check, const char *chain, const char *form,
                       struct value *ret)
{
    struct address *address = arena_new(arena, struct address);
    if (!address)
        return err_last()->code;
    *address = (struct address){chain, form};
    ret->detail = address;
    ret->check = check;
    ret->note = arena_printf(arena, "\x02%s%s%s\x03%s", chain, form[0] ? ", " : "", form,
                             check == CHECK_FAILED ? "; the checksum does not agree" : "");
    return OK;
}

static enum err keep_lower(str text, struct arena *arena, str *ret)
{
    char lower[LENGTH_MAX];
    for (size_t i = 0; i < text.len; i++)
        lower[i] = to_lower(text.ptr[i]);
    return type_keep(arena, str_of(lower, text.len), ret);
}

/* ---- the forms: each says whether the text is of it and fills the value ---- */

static bool is_hex(str text)
{
    return text.len == HEX_LEN + 2 && (str_starts(text, S("0x")) || str_starts(text, S("0X"))) &&
           str_is_in(str_from(text, 2), "0123456789abcdefABCDEF");
}

/*
 * EIP-55: a letter is a capital where the nibble of the hash of the small-letter address is 8 or
 * more.
 */
static enum check mixed_case_check(str digits)
{
    char lower[HEX_LEN];
    unsigned char hash[32];
    bool has_upper = false, has_lower = false, agrees = true;
    for (size_t i = 0; i < HEX_LEN; i++) {
        has_upper |= is_upper(digits.ptr[i]);
        has_lower |= is_lower(digits.ptr[i]);
        lower[i] = to_lower(digits.ptr[i]);
    }
    if (!has_upper || !has_lower)
        return CHECK_NONE;
    keccak256(str_of(lower, HEX_LEN), hash);
    for (size_t i = 0; i < HEX_LEN; i++) {
        unsigned nibble = i % 2 ? hash[i / 2] & 15 : hash[i / 2] >> 4;
        if (!is_digit(digits.ptr[i]) && is_upper(digits.ptr[i]) != (nibble >= 8))
            agrees = false;
    }
    return agrees ? CHECK_OK : CHECK_FAILED;
}

static enum err parse_hex(str text, struct arena *arena, struct value *ret)
{
    TRY(keep_lower(text, arena, &ret->norm));
    return finish(arena, mixed_case_check(str_from(text, 2)), "Ethereum or a chain of its kind", "",
                  ret);
}

/* Which bech32 chain a text begins like: the row, or COUNT_OF(bech32_chains). */
static size_t bech32_row(str text)
{
    for (size_t i = 0; i < COUNT_OF(bech32_chains); i++) {
        str human = str_c(bech32_chains[i].human);
        str rest = str_from(text, human.len + 1);
        if (text.len > human.len + 8 && text.len <= BECH32_TEXT_MAX && text.ptr[human.len] == '1' &&
            str_eq_nocase(str_slice(text, 0, human.len), human) &&
            str_count_digits(rest) < rest.len)
            return i;
    }
    return COUNT_OF(bech32_chains);
}

/* Witness programs: version 0 in bech32 with 20 or 32 bytes, later ones in bech32m with 2 to 40. */
static bool is_witness(enum bech32_kind kind, const unsigned char *groups, size_t count,
                       const char **ret_form)
{
    unsigned char bytes[BECH32_TEXT_MAX];
    size_t len = 0;
    if (count < 2 || groups[0] > 16 || !bech32_to_bytes(groups + 1, count - 1, bytes, &len) ||
        len < 2 || len > 40)
        return false;
    *ret_form = groups[0] == 0 ? "segwit" : groups[0] == 1 ? "taproot" : "later witness version";
    return groups[0] == 0 ? kind == BECH32_ONE && (len == 20 || len == 32) : kind == BECH32_M;
}

static enum err parse_bech32(str text, size_t row, struct arena *arena, struct value *ret)
{
    unsigned char groups[BECH32_TEXT_MAX];
    size_t human_len = 0, count = 0;
    const char *form = "";
    bool has_upper = false, has_lower = false;
    for (size_t i = 0; i < text.len; i++) {
        has_upper |= is_upper(text.ptr[i]);
        has_lower |= is_lower(text.ptr[i]);
    }
    TRY(keep_lower(text, arena, &ret->norm));
    enum bech32_kind kind = bech32_decode(ret->norm, &human_len, groups, &count);
    bool is_ok = kind != BECH32_BAD && !(has_upper && has_lower);
    if (is_ok && bech32_chains[row].is_segwit)
        is_ok = is_witness(kind, groups, count, &form);
    return finish(arena, is_ok ? CHECK_OK : CHECK_FAILED, bech32_chains[row].chain, form, ret);
}

static bool base58_row(const unsigned char *bytes, size_t len, size_t *ret_row)
{
    for (size_t i = 0; i < COUNT_OF(base58_versions); i++) {
        size_t version_len = base58_versions[i].version_len;
        if (len == 20 + 4 + version_len &&
            memcmp(bytes, base58_versions[i].version, version_len) == 0) {
            *ret_row = i;
            return true;
        }
    }
    return false;
}

/* Ripple's account: version 0 in its own alphabet, 25 bytes, begins with r. */
static bool is_ripple(str text)
{
    unsigned char bytes[BASE58_BYTES_MAX];
    size_t len = 0;
    return text.len && text.ptr[0] == 'r' && base58_decode(text, base58_ripple, bytes, &len) &&
           len == 25 && base58_check_is_ok(bytes, len);
}

static bool is_monero(str text)
{
    unsigned char bytes[BASE58_BYTES_MAX];
    size_t len = 0;
    return (text.len == 95 || text.len == 106) && base58_blocks_decode(text, bytes, &len);
}

static enum err parse_base58(str text, struct arena *arena, struct value *ret)
{
    unsigned char bytes[BASE58_BYTES_MAX];
    size_t len = 0, row = 0;
    TRY(type_keep(arena, text, &ret->norm));
    if (is_ripple(text))
        return finish(arena, CHECK_OK, "XRP Ledger", "account", ret);
    if (is_monero(text))
        return finish(arena, CHECK_OK, "Monero", "", ret);
    bool is_number = base58_decode(text, base58_bitcoin, bytes, &len);
    if (is_number && base58_check_is_ok(bytes, len)) {
        if (base58_row(bytes, len, &row))
            return finish(arena, CHECK_OK, base58_versions[row].chain, base58_versions[row].form,
                          ret);
        return finish(arena, CHECK_OK, "a chain not known here", "base58check", ret);
    }
    if (is_number && len == 32)
        return finish(arena, CHECK_NONE, "Solana or another chain with plain keys", "", ret);
    bool is_bitcoin_like =
        text.len >= 26 && text.len <= 35 && (text.ptr[0] == '1' || text.ptr[0] == '3');
    if (is_bitcoin_like)
        return finish(arena, CHECK_FAILED, "Bitcoin by its shape", "", ret);
    if (text.len == 34 && text.ptr[0] == 'T')
        return finish(arena, CHECK_FAILED, "Tron by its shape", "", ret);
    if (text.len == 95 && (text.ptr[0] == '4' || text.ptr[0] == '8'))
        return finish(arena, CHECK_FAILED, "Monero by its shape", "", ret);
    return finish(arena, CHECK_NONE, "a chain not known here", "", ret);
}

static enum err parse_cash(str payload, struct arena *arena, struct value *ret)
{
    str prefix = S("bitcoincash"), lower;
    TRY(keep_lower(payload, arena, &lower));
    ret->norm = arena_printf(arena, "%.*s:%.*s", STR(prefix), STR(lower));
    if (ret->norm.len == 0)
        return err_last()->code;
    return finish(arena, cash_address_is_ok(prefix, lower) ? CHECK_OK : CHECK_FAILED,
                  "Bitcoin Cash", "", ret);
}

/*
 * "bitcoin:", "ethereum:" of payment links go, and what follows '?'. Bitcoin Cash keeps its prefix:
 * it is checked.
 */
static str strip_link(str text, bool *ret_is_cash)
{
    size_t colon = str_find(text, ':');
    str scheme = str_slice(text, 0, colon);
    *ret_is_cash = str_eq_nocase(scheme, S("bitcoincash"));
    if (colon < text.len && colon <= 16)
        text = str_from(text, colon + 1);
    return str_slice(text, 0, str_find(text, '?'));
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    static const char allowed[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-";
    bool is_cash = false;
    (void)context;
    TRY(type_begin(&type_wallet, input, RAW_MAX, ret));
    str text = strip_link(ret->raw, &is_cash);
    if (text.len < LENGTH_MIN || text.len > LENGTH_MAX || !str_is_in(text, allowed)) {
        err_set(ERR_BAD_VALUE, "wallet address '%.*s' is not 20 to 128 letters and digits",
                STR(ret->raw));
        return err_hint("%s", type_wallet.help);
    }
    size_t row = bech32_row(text);
    if (is_cash)
        return parse_cash(text, arena, ret);
    if (is_hex(text))
        return parse_hex(text, arena, ret);
    if (row < COUNT_OF(bech32_chains))
        return parse_bech32(text, row, arena, ret);
    return parse_base58(text, arena, ret);
}

static void keys(const struct value *value, struct key_sink *sink)
{
    char lower[LENGTH_MAX + 16];
    size_t len = value->norm.len < sizeof lower ? value->norm.len : sizeof lower;
    type_keys_exact(value, sink);
    for (size_t i = 0; i < len; i++)
        lower[i] = to_lower(value->norm.ptr[i]);
    type_add_key(sink, KEY_SKELETON, str_c(value->type->name), str_of(lower, len));
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    if (!str_eq(asked->norm, held->norm) && str_eq_nocase(asked->norm, held->norm))
        comparison_set(ret, AGREE_CLOSE, 1, 0.95, "differs only in capital and small letters");
    else
        type_compare_identifier(asked, held, ret);
}

static void redact(const struct value *value, struct buf *out)
{
    str norm = value->norm;
    buf_add(out, str_slice(norm, 0, 6));
    buf_add(out, S("..."));
    buf_add(out, str_from(norm, norm.len - 4));
}

/* Random hashes: nobody has the key. */
static void sample(struct random *random, str hint, struct buf *out)
{
    unsigned char bytes[25] = {0}, groups[33] = {0};
    (void)hint;
    switch (random_below(random, 3)) {
    case 0:
        for (size_t i = 1; i < 21; i++)
            bytes[i] = (unsigned char)random_below(random, 256);
        base58_check_make(bytes, 21, bytes + 21);
        base58_encode(bytes, sizeof bytes, out);
        break;
    case 1:
        for (size_t i = 1; i < sizeof groups; i++)
            groups[i] = (unsigned char)random_below(random, 32);
        bech32_encode(S("bc"), groups, sizeof groups, BECH32_ONE, out);
        break;
    default: buf_add(out, S("0x")); sample_characters(random, "0123456789abcdef", HEX_LEN, out);
    }
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len < 25 || line.len > RAW_MAX ||
        type_read(&type_wallet, context, line, arena, out, max, 0) == 0)
        return 0;
    const struct value *value = &out[0].value;
    const struct address *address = value->detail;
    bool is_named = str_starts(value->norm, S("0x")) ||
                    bech32_row(value->norm) < COUNT_OF(bech32_chains) ||
                    str_find(value->norm, ':') < value->norm.len;
    bool is_shaped =
        value->check == CHECK_FAILED && str_count_digits(value->norm) < value->norm.len;
    if (value->check == CHECK_OK)
        out[0].confidence = 100;
    else if (is_named)
        out[0].confidence = value->check == CHECK_NONE ? 92 : 75;
    else if (is_shaped)
        out[0].confidence = 55;
    else if (str_starts(str_c(address->chain), S("Solana")))
        out[0].confidence = 35;
    else
        return 0;
    out[0].title = arena_printf(arena, "wallet (%s)", address->chain);
    return 1;
}

const struct type type_wallet = {
    .name = "wallet",
    .title = "Wallet address",
    .help =
        "An address of a blockchain (Bitcoin, Ethereum, Tron, Monero ...), as shown by the wallet",
    .is_key = true,
    .parse = parse,
    .print = type_print_norm,
    .keys = keys,
    .compare = compare,
    .redact = redact,
    .sample = sample,
    .recognise = recognise,
};
