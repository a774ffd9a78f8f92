/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file-hash: MD5, SHA-1, SHA-256, SHA-384 or SHA-512 in hexadecimal, told apart by length; blanks,
 * colons and a leading "sha256:" do not matter. The same keyspace serves files and certificates.
 */
#include "type/internal.h"

extern const struct type type_file_hash;

enum { RAW_MAX = 300, HEX_MAX = 128 };

static const struct {
    size_t length;
    const char *name, *prefix;
} kinds[] = {
    {32, "MD5", "md5"},        {40, "SHA-1", "sha1"},      {64, "SHA-256", "sha256"},
    {96, "SHA-384", "sha384"}, {128, "SHA-512", "sha512"},
};

static size_t kind_of(size_t length)
{
    size_t i = 0;
    while (i < COUNT_OF(kinds) && kinds[i].length != length)
        i++;
    return i;
}

/*
 * "sha256:", "SHA-256 =", "MD5(": a name before the digits; cut when the whole word names a kind.
 */
static str without_name(str text)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        const char *const names[] = {kinds[i].name, kinds[i].prefix};
        for (size_t k = 0; k < COUNT_OF(names); k++) {
            size_t len = strlen(names[k]);
            if (str_eq_nocase(str_slice(text, 0, len), str_c(names[k])) && text.len > len &&
                strchr(":= -(", text.ptr[len]))
                return str_from(text, len + 1);
        }
    }
    return text;
}

static const char *fold(str text, char out[HEX_MAX], size_t *ret_len)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = to_lower(text.ptr[i]);
        if (strchr(" :-=)\t", c) && c)
            continue;
        if (!is_digit(c) && (c < 'a' || c > 'f'))
            return "holds a character that is no hexadecimal digit";
        if (len == HEX_MAX)
            return "is longer than any hash we know";
        out[len++] = c;
    }
    *ret_len = len;
    return kind_of(len) < COUNT_OF(kinds) ? NULL : "has a length that no hash has";
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    char hex[HEX_MAX];
    size_t len = 0;
    (void)context;
    TRY(type_begin(&type_file_hash, input, RAW_MAX, ret));
    const char *why = fold(without_name(ret->raw), hex, &len);
    if (why) {
        err_set(ERR_BAD_VALUE, "hash '%.*s' %s", STR(type_head(ret->raw, 100)), why);
        return err_hint("%s", type_file_hash.help);
    }
    ret->note = str_c(kinds[kind_of(len)].name);
    return type_keep(arena, str_of(hex, len), &ret->norm);
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same hash");
    else if (asked->norm.len != held->norm.len)
        comparison_set(ret, AGREE_UNKNOWN, 1, 0, "hashes of different kinds cannot be compared");
    else
        comparison_set(ret, AGREE_DIFFERENT, 2, 0, "other hash");
}

static void sample(struct random *random, str hint, struct buf *out)
{
    size_t length = str_eq(hint, S("md5")) ? 32 : str_eq(hint, S("sha1")) ? 40 : 64;
    sample_characters(random, "0123456789abcdef", length, out);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len < 32 || line.len > RAW_MAX)
        return 0;
    bool is_grouped = str_find(line, ' ') < line.len && str_find(line, ':') == line.len;
    size_t count = type_read(&type_file_hash, context, line, arena, out, max, is_grouped ? 60 : 92);
    if (count)
        out[0].title = arena_printf(arena, "file hash (%.*s)", STR(out[0].value.note));
    return count;
}

const struct type type_file_hash = {
    .name = "file-hash",
    .title = "File hash",
    .help = "MD5, SHA-1, SHA-256, SHA-384 or SHA-512 in hexadecimal: 32, 40, 64, 96 or 128 digits",
    .is_key = true,
    .parse = parse,
    .print = type_print_norm,
    .keys = type_keys_exact,
    .compare = compare,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
};
