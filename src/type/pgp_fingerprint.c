/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pgp-fingerprint: the fingerprint of an OpenPGP key (40 hexadecimal digits, RFC 4880; 64, RFC
 * 9580) or its key id, the last 16 digits of the shorter and the first 16 of the longer one. The
 * key id of 8 digits is refused: it is forged in seconds. Key ids meet their fingerprints through
 * the PARTIAL key.
 */
#include "type/internal.h"

extern const struct type type_pgp_fingerprint;

enum { RAW_MAX = 160, V4_LENGTH = 40, V6_LENGTH = 64, ID_LENGTH = 16 };

static bool is_hex(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_digit(text.ptr[i]) && (text.ptr[i] < 'A' || text.ptr[i] > 'F'))
            return false;
    return true;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    (void)context;
    TRY(type_begin(&type_pgp_fingerprint, input, RAW_MAX, ret));
    str text = ret->raw;
    if (str_starts(text, S("0x")) || str_starts(text, S("0X")))
        text = str_from(text, 2);
    TRY(fold_identifier(&type_pgp_fingerprint, text, "", &folded));
    text = folded_str(&folded);
    if (!is_hex(text) ||
        (text.len != V4_LENGTH && text.len != V6_LENGTH && text.len != ID_LENGTH)) {
        err_set(ERR_BAD_VALUE, "PGP fingerprint '%.*s' is not 40, 64 or 16 hexadecimal digits",
                STR(type_head(ret->raw, 100)));
        return err_hint("%s", type_pgp_fingerprint.help);
    }
    if (text.len == ID_LENGTH)
        ret->note = S("key id only: the whole fingerprint is safer");
    return type_keep(arena, text, &ret->norm);
}

static str key_id(str norm)
{
    return norm.len == V4_LENGTH ? str_from(norm, V4_LENGTH - ID_LENGTH)
                                 : str_slice(norm, 0, ID_LENGTH);
}

static void print(const struct value *value, struct buf *out)
{
    type_print_groups(value->norm, 4, out);
}

static void keys(const struct value *value, struct key_sink *sink)
{
    type_keys_exact(value, sink);
    type_add_key(sink, KEY_PARTIAL, str_c(value->type->name), key_id(value->norm));
}

/* Levels: 0 same, 1 key id agrees, 2 different. */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    bool has_id = asked->norm.len == ID_LENGTH || held->norm.len == ID_LENGTH;
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same fingerprint");
    else if (has_id && str_eq(key_id(asked->norm), key_id(held->norm)))
        comparison_set(ret, AGREE_CLOSE, 1, .95, "the key id agrees");
    else
        comparison_set(ret, AGREE_DIFFERENT, 2, 0, "other key");
}

static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    sample_characters(random, "0123456789ABCDEF", V4_LENGTH, out);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len < ID_LENGTH || line.len > RAW_MAX || str_count_digits(line) == line.len)
        return 0;
    size_t count = type_read(&type_pgp_fingerprint, context, line, arena, out, max, 50);
    bool is_spaced = str_find(line, ' ') < line.len || str_starts(line, S("0x"));
    if (count)
        out[0].confidence = out[0].value.norm.len == ID_LENGTH ? 30 : is_spaced ? 90 : 60;
    return count;
}

const struct type type_pgp_fingerprint = {
    .name = "pgp-fingerprint",
    .title = "PGP fingerprint",
    .help = "40 or 64 hexadecimal digits, blanks do not matter; or the key id of 16 digits",
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = keys,
    .compare = compare,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
};
