/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identifier: any reference number without rules of its own (file, register, inventory, engine
 * number). Blanks and punctuation do not count; letters of other scripts stay, since registers use
 * them. When nothing better is known of a number it is this, so it recognises nearly everything,
 * with little confidence.
 */
#include "type/internal.h"

extern const struct type type_identifier;

enum { RAW_MAX = 200, LENGTH_MAX = 64 };

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    (void)context;
    TRY(type_begin(&type_identifier, input, RAW_MAX, ret));
    TRY(fold_loosely(&type_identifier, ret->raw, "+&", &folded));
    if (folded.len == 0 || folded.len > LENGTH_MAX)
        return err_set(ERR_BAD_VALUE,
                       "'%.*s' has %zu letters and digits, between 1 and %d are expected",
                       (int)(ret->raw.len < 80 ? ret->raw.len : 80), ret->raw.ptr, folded.len,
                       LENGTH_MAX);
    return type_keep(arena, folded_str(&folded), &ret->norm);
}

static void print(const struct value *value, struct buf *out)
{
    buf_add(out, value->raw);
}

static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    sample_characters(random, "ABCDEFGHJKLMNPRSTUVWXYZ", 2, out);
    buf_add_char(out, '-');
    sample_digits(random, 6 + random_below(random, 3), out);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    size_t words = 1;
    for (size_t i = 0; i < line.len; i++)
        words += line.ptr[i] == ' ';
    if (line.len > 40 || words > 4 || str_count_digits(line) < 2)
        return 0;
    return type_read(&type_identifier, context, line, arena, out, max, 12);
}

const struct type type_identifier = {
    .name = "identifier",
    .title = "Reference number",
    .help = "Any reference: up to 64 letters and digits; blanks and punctuation do not matter",
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = type_keys_identifier,
    .compare = type_compare_identifier,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
    .alphabet = STR_INIT("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
};
