/* SPDX-License-Identifier: Apache-2.0 */
/*
 * onion: a Tor onion service. Version 3 is base32 of public key (32 bytes), checksum (2), version
 * (1), where the checksum begins SHA3-256(".onion checksum" || key || version) (Tor rend-spec-v3,
 * 6). Version 2 (16 characters) has been dead since 2021 but stands in older files; it has no
 * checksum. Sub-domains are dropped: the service is the key.
 */
#include "type/defang.h"
#include "type/internal.h"

extern const struct type type_onion;

enum { RAW_MAX = 400, V3_LENGTH = 56, V2_LENGTH = 16, V3_BYTES = 35, KEY_BYTES = 32 };

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

/* RFC 4648 base32 of 56 characters; they fill 35 bytes without a rest. */
static bool decode(str text, unsigned char out[V3_BYTES])
{
    uint64_t bits = 0;
    unsigned held = 0;
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *at = strchr(alphabet, text.ptr[i]);
        if (!at || !*at)
            return false;
        bits = bits << 5 | (uint64_t)(at - alphabet);
        held += 5;
        if (held >= 8) {
            held -= 8;
            out[count++] = (unsigned char)(bits >> held);
        }
    }
    return count == V3_BYTES;
}

static void encode(const unsigned char bytes[V3_BYTES], char out[V3_LENGTH])
{
    for (size_t i = 0; i < V3_LENGTH; i++) {
        size_t bit = i * 5, byte = bit / 8;
        unsigned pair = (unsigned)bytes[byte] << 8 | (byte + 1 < V3_BYTES ? bytes[byte + 1] : 0);
        out[i] = alphabet[pair >> (11 - bit % 8) & 31];
    }
}

static void checksum(const unsigned char key[KEY_BYTES], unsigned char version,
                     unsigned char out[2])
{
    static const char prefix[] = ".onion checksum";
    unsigned char hash[32];
    char text[sizeof prefix - 1 + KEY_BYTES + 1];
    memcpy(text, prefix, sizeof prefix - 1);
    memcpy(text + sizeof prefix - 1, key, KEY_BYTES);
    text[sizeof text - 1] = (char)version;
    sha3_256(str_of(text, sizeof text), hash);
    memcpy(out, hash, 2);
}

/*
 * The label before ".onion", without scheme, path, port and sub-domains; empty when it is not of
 * that shape.
 */
static str service_label(str text)
{
    for (size_t at = 0; at + 2 < text.len; at++)
        if (memcmp(text.ptr + at, "://", 3) == 0) {
            text = str_from(text, at + 3);
            break;
        }
    text = str_slice(text, 0, str_find(text, '/'));
    text = str_slice(text, 0, str_find(text, ':'));
    if (text.len && text.ptr[text.len - 1] == '.')
        text.len--;
    if (!str_ends(text, S(".onion")))
        return STR_EMPTY;
    text.len -= 6;
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != '.')
        at--;
    return str_from(text, at);
}

static str lowered(str text, struct arena *arena)
{
    char *out = arena_alloc(arena, text.len);
    for (size_t i = 0; out && i < text.len; i++)
        out[i] = to_lower(text.ptr[i]);
    return out ? str_of(out, text.len) : STR_EMPTY;
}

static enum err refuse(str raw, const char *why)
{
    err_set(ERR_BAD_VALUE, "onion address '%.*s' %s", STR(type_head(raw, 100)), why);
    return err_hint("%s", type_onion.help);
}

static enum err check_v3(str label, struct value *ret)
{
    unsigned char bytes[V3_BYTES], sum[2];
    if (!decode(label, bytes))
        return refuse(ret->raw, "has a character outside a-z and 2-7");
    checksum(bytes, bytes[V3_BYTES - 1], sum);
    bool is_ok = bytes[V3_BYTES - 1] == 3 && memcmp(sum, bytes + KEY_BYTES, 2) == 0;
    ret->check = is_ok ? CHECK_OK : CHECK_FAILED;
    if (!is_ok)
        ret->note = S("the checksum does not agree: a character is wrong");
    return OK;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    (void)context;
    TRY(type_begin(&type_onion, input, RAW_MAX, ret));
    str label = service_label(lowered(defang_undo(ret->raw, arena), arena));
    if (label.len == V3_LENGTH) {
        TRY(check_v3(label, ret));
    } else if (label.len == V2_LENGTH) {
        for (size_t i = 0; i < label.len; i++)
            if (!strchr(alphabet, label.ptr[i]))
                return refuse(ret->raw, "has a character outside a-z and 2-7");
        ret->note = S("version 2 address: out of service since 2021");
    } else {
        return refuse(ret->raw, "is not 56 characters before .onion");
    }
    ret->norm = arena_printf(arena, "%.*s.onion", STR(label));
    return ret->norm.len ? OK : err_last()->code;
}

static void sample(struct random *random, str hint, struct buf *out)
{
    unsigned char bytes[V3_BYTES];
    char text[V3_LENGTH];
    (void)hint;
    for (size_t i = 0; i < KEY_BYTES; i++)
        bytes[i] = (unsigned char)random_below(random, 256);
    bytes[V3_BYTES - 1] = 3;
    checksum(bytes, 3, bytes + KEY_BYTES);
    encode(bytes, text);
    buf_add(out, str_of(text, sizeof text));
    buf_add(out, S(".onion"));
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    bool is_shaped = line.len >= V2_LENGTH + 6 && line.len <= RAW_MAX &&
                     (str_has(line, S("onion")) || str_has(line, S("ONION")));
    return is_shaped ? type_read(&type_onion, context, line, arena, out, max, 100) : 0;
}

const struct type type_onion = {
    .name = "onion",
    .title = "Onion address",
    .help = "a Tor onion address: 56 letters and digits (a-z, 2-7) before .onion",
    .is_key = true,
    .parse = parse,
    .print = type_print_norm,
    .keys = type_keys_exact,
    .compare = type_compare_identifier,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
};
