/* SPDX-License-Identifier: Apache-2.0 */
/*
 * container: the number of a freight container (ISO 6346): owner (3 letters), category U, J, Z or
 * R, serial (6 digits), check digit. Ten characters are taken as the number without its check
 * digit, which is added.
 */
#include "type/internal.h"

extern const struct type type_container;

enum { BODY_LEN = 10, LENGTH = 11, RAW_MAX = 64 };

/* Letters count 10 on, leaving out multiples of 11; position i weighs 2^i; mod 11, 10 becomes 0. */
static char check_digit(str body)
{
    unsigned sum = 0;
    for (size_t i = 0; i < BODY_LEN; i++) {
        char c = body.ptr[i];
        unsigned v = is_digit(c) ? (unsigned)(c - '0') : (unsigned)(c - 'A' + 10);
        if (!is_digit(c))
            v += v > 30   ? 3
                 : v > 20 ? 2
                 : v > 10 ? 1
                          : 0; /* A=10, B=12 .. K=21, L=23 .. U=32, V=34 */
        sum += v << i;
    }
    return (char)('0' + sum % 11 % 10);
}

static bool is_shaped(str text)
{
    if (text.len != BODY_LEN && text.len != LENGTH)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (i < 4 ? !is_upper(text.ptr[i]) : !is_digit(text.ptr[i]))
            return false;
    return strchr("UJZR", text.ptr[3]) != NULL;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    (void)context;
    TRY(type_begin(&type_container, input, RAW_MAX, ret));
    TRY(fold_identifier(&type_container, ret->raw, "", &folded));
    if (!is_shaped(folded_str(&folded))) {
        err_set(ERR_BAD_VALUE,
                "container number '%.*s' is not four letters, the fourth U, J, Z or R, and seven "
                "digits",
                STR(ret->raw));
        return err_hint("%s", type_container.help);
    }
    char expected = check_digit(folded_str(&folded));
    if (folded.len == BODY_LEN) {
        folded.text[folded.len++] = expected;
        ret->note = type_note(arena, "given without its check digit, %c", expected);
        return type_keep(arena, folded_str(&folded), &ret->norm);
    }
    ret->check = folded.text[BODY_LEN] == expected ? CHECK_OK : CHECK_FAILED;
    if (ret->check == CHECK_FAILED)
        ret->note = type_note(arena, "check digit is %c, the others give %c", folded.text[BODY_LEN],
                              expected);
    return type_keep(arena, folded_str(&folded), &ret->norm);
}

static void print(const struct value *value, struct buf *out)
{
    str n = value->norm;
    buf_printf(out, "%.*s %.*s %.*s", STR(str_slice(n, 0, 4)), STR(str_slice(n, 4, 6)),
               STR(str_from(n, 10)));
}

static void sample(struct random *random, str hint, struct buf *out)
{
    struct buf body = {0};
    (void)hint;
    buf_add(&body, S("ZZZU"));
    sample_digits(random, 6, &body);
    buf_add(out, buf_str(&body));
    buf_add_char(out, check_digit(buf_str(&body)));
    buf_release(&body);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    static const unsigned confidence[] = {[CHECK_NONE] = 40, [CHECK_OK] = 97, [CHECK_FAILED] = 65};
    if (line.len > 24 || type_read(&type_container, context, line, arena, out, max, 0) == 0)
        return 0;
    out[0].confidence = confidence[out[0].value.check];
    return 1;
}

const struct type type_container = {
    .name = "container",
    .title = "Container number",
    .help = "ISO 6346: three letters of the owner, U, J, Z or R, six digits and the check digit",
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
