/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asn: the number of an autonomous system, a network of the Internet (RFC 6793: 32 bits). Written
 * AS64500, ASN 64500, 64500, or with a dot between its halves, 1.10 (RFC 5396). Normal form: the
 * number without AS. Numbers for documentation and private use are said, never refused: criminals
 * announce what they like.
 */
#include "type/internal.h"

extern const struct type type_asn;

enum { RAW_MAX = 32 };

/* "64500", "1.10"; RFC 5396 calls the second asdot. */
static bool read_number(str text, uint64_t *ret)
{
    size_t dot = str_find(text, '.');
    uint64_t high = 0, low = 0;
    if (dot == text.len)
        return str_to_u64(text, UINT32_MAX, ret);
    if (!str_to_u64(str_slice(text, 0, dot), UINT16_MAX, &high) ||
        !str_to_u64(str_from(text, dot + 1), UINT16_MAX, &low))
        return false;
    *ret = high << 16 | low;
    return true;
}

/* RFC 5398, RFC 6996, RFC 7300, RFC 6793. */
static const struct {
    uint32_t first, last;
    const char *what;
} special[] = {
    {0, 0, "not assigned to anybody"},
    {23456, 23456, "stands for a number of 32 bits"},
    {64496, 64511, "for documentation"},
    {64512, 65534, "private use"},
    {65535, 65535, "reserved"},
    {65536, 65551, "for documentation"},
    {4200000000U, 4294967294U, "private use"},
    {4294967295U, 4294967295U, "reserved"},
};

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    uint64_t number = 0;
    (void)context;
    TRY(type_begin(&type_asn, input, RAW_MAX, ret));
    str text = ret->raw;
    if (!str_cut_label(&text, S("ASN")))
        (void)str_cut_label(&text, S("AS"));
    if (!read_number(text, &number)) {
        err_set(ERR_BAD_VALUE, "'%.*s' is not the number of a network", STR(ret->raw));
        return err_hint("%s", type_asn.help);
    }
    for (size_t i = 0; i < COUNT_OF(special); i++)
        if (number >= special[i].first && number <= special[i].last)
            ret->note = str_c(special[i].what);
    ret->norm = arena_printf(arena, "%llu", (unsigned long long)number);
    return ret->norm.len ? OK : err_last()->code;
}

static void print(const struct value *value, struct buf *out)
{
    buf_printf(out, "AS%.*s", STR(value->norm));
}

/* From those that RFC 5398 keeps for examples. */
static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    buf_printf(out, "AS%u", 64496 + (unsigned)random_below(random, 16));
}

/* A bare number could be anything: only what says AS is taken for one. */
static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    str rest = line;
    bool is_labelled = str_cut_label(&rest, S("ASN")) || str_cut_label(&rest, S("AS"));
    bool is_number = rest.len > 0 && rest.ptr[0] >= '0' && rest.ptr[0] <= '9';
    if (!is_labelled || !is_number || line.len > RAW_MAX)
        return 0;
    return type_read(&type_asn, context, line, arena, out, max, 55);
}

const struct type type_asn = {
    .name = "asn",
    .title = "Network number (AS)",
    .help = "The number of an autonomous system: AS64500, 64500 or, with a dot, 1.10",
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = type_keys_exact,
    .compare = type_compare_exact,
    .sample = sample,
    .recognise = recognise,
    .alphabet = STR_INIT("0123456789"),
};
