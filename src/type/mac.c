/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mac: the 48-bit address of a network interface (IEEE 802): 12 hexadecimal digits, written with
 * colons, dashes, dots or nothing. Two bits of the first byte matter to an investigator: a group
 * address names no device, and a locally administered one is, on phones of today, made up at random
 * for each network and proves little.
 */
#include "type/internal.h"

extern const struct type type_mac;

enum { DIGITS = 12, RAW_MAX = 64 };

static unsigned hex_value(char c)
{
    return is_digit(c) ? (unsigned)(c - '0') : (unsigned)(to_upper(c) - 'A' + 10);
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    char text[DIGITS / 2 * 3];
    size_t len = 0;
    (void)context;
    TRY(type_begin(&type_mac, input, RAW_MAX, ret));
    TRY(fold_identifier(&type_mac, ret->raw, "", &folded));
    if (folded.len != DIGITS || !str_is_in(folded_str(&folded), "0123456789ABCDEF")) {
        err_set(ERR_BAD_VALUE, "MAC address '%.*s' is not 12 hexadecimal digits", STR(ret->raw));
        return err_hint("%s", type_mac.help);
    }
    for (size_t i = 0; i < DIGITS; i++) {
        if (i && i % 2 == 0)
            text[len++] = ':';
        text[len++] = to_lower(folded.text[i]);
    }
    unsigned low = hex_value(folded.text[1]);
    if (low & 1)
        ret->note = S("a group address: names no single device");
    else if (low & 2)
        ret->note = S("locally administered: often made up at random by the device");
    return type_keep(arena, str_of(text, len), &ret->norm);
}

/* xA-xx-...: locally administered, so that no maker's device is hit. */
static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    buf_add(out, S("0a:00"));
    for (int i = 0; i < 4; i++) {
        buf_add_char(out, ':');
        sample_characters(random, "0123456789abcdef", 2, out);
    }
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    size_t separators = 0;
    for (size_t i = 0; i < line.len; i++)
        separators += line.ptr[i] == ':' || line.ptr[i] == '-';
    if (line.len < DIGITS || line.len > 20 || (separators != 0 && separators != 5))
        return 0;
    bool is_bare = separators == 0;
    if (is_bare && (str_is_digits(line) || str_count_digits(line) == 0))
        return 0;
    return type_read(&type_mac, context, line, arena, out, max, is_bare ? 30 : 96);
}

const struct type type_mac = {
    .name = "mac",
    .title = "MAC address",
    .help = "The address of a network interface: 12 hexadecimal digits, with or without colons or "
            "dashes",
    .is_key = true,
    .parse = parse,
    .print = type_print_norm,
    .keys = type_keys_exact,
    .compare = type_compare_identifier,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
};
