/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lei: legal entity identifier (ISO 17442): 18 letters and digits, then two check digits, mod 97-10
 * as in an IBAN.
 */
#include "type/internal.h"

extern const struct type type_lei;

enum { LENGTH = 20, RAW_MAX = 64 };

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    (void)context;
    TRY(type_begin(&type_lei, input, RAW_MAX, ret));
    str text = ret->raw;
    (void)str_cut_label(&text, S("LEI"));
    TRY(fold_identifier(&type_lei, text, "", &folded));
    if (folded.len != LENGTH) {
        err_set(ERR_BAD_VALUE, "LEI '%.*s' has %zu letters and digits, 20 are expected",
                STR(ret->raw), folded.len);
        return err_hint("%s", type_lei.help);
    }
    ret->check =
        mod97(folded_str(&folded)) == 1 && str_is_digits(str_from(folded_str(&folded), LENGTH - 2))
            ? CHECK_OK
            : CHECK_FAILED;
    if (ret->check == CHECK_FAILED)
        ret->note = S("the check digits do not agree");
    return type_keep(arena, folded_str(&folded), &ret->norm);
}

static void print(const struct value *value, struct buf *out)
{
    type_print_groups(value->norm, 4, out);
}

/* Prefix 0000 belongs to no issuer. */
static void sample(struct random *random, str hint, struct buf *out)
{
    struct buf body = {0};
    (void)hint;
    buf_add(&body, S("000000"));
    sample_characters(random, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 12, &body);
    buf_add(out, buf_str(&body));
    buf_add(&body, S("00"));
    buf_printf(out, "%02u", 98 - mod97(buf_str(&body)));
    buf_release(&body);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len < LENGTH || line.len > 32 || str_count_digits(line) < 4 ||
        str_find(line, '\n') < line.len)
        return 0;
    if (type_read(&type_lei, context, line, arena, out, max, 98) == 0)
        return 0;
    if (out[0].value.check == CHECK_FAILED)
        out[0].confidence = str_is_digits(out[0].value.norm) ? 5 : 30;
    return 1;
}

const struct type type_lei = {
    .name = "lei",
    .title = "LEI",
    .help = "Legal entity identifier: 20 letters and digits, the last two being check digits",
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
