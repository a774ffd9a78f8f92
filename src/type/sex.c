/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sex: M, F, X (document says unspecified; '<' in machine-readable zones), U (not known to the
 * owner), by letter or by word of the list `sex`. X and U contradict nothing: the one is a choice
 * of the document, the other ignorance.
 */
#include "type/internal.h"

extern const struct type type_sex;

enum { RAW_MAX = 60 };

static str from_letter(str text)
{
    static const char letters[] = "MFXU";
    const char *at = text.len == 1 ? strchr(letters, to_upper(text.ptr[0])) : NULL;
    if (text.len == 1 && text.ptr[0] == '<')
        at = letters + 2;
    return at && *at ? str_of(at, 1) : STR_EMPTY;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    TRY(type_begin(&type_sex, input, RAW_MAX, ret));
    const struct code_list *list = context->codes ? codes_list(context->codes, S("sex")) : NULL;
    const struct code *code = list ? code_find(list, ret->raw) : NULL;
    str letter = code ? code->code : from_letter(ret->raw);
    if (!letter.len) {
        err_set(ERR_BAD_VALUE, "'%.*s' is not one of M, F, X, U", STR(ret->raw));
        return err_hint("%s", type_sex.help);
    }
    return type_keep(arena, letter, &ret->norm);
}

static void print(const struct value *value, struct buf *out)
{
    switch (value->norm.ptr[0]) {
    case 'M': buf_add(out, S("male")); break;
    case 'F': buf_add(out, S("female")); break;
    case 'X': buf_add(out, S("unspecified")); break;
    default: buf_add(out, S("unknown")); break;
    }
}

static bool is_stated(const struct value *value)
{
    return value->norm.ptr[0] == 'M' || value->norm.ptr[0] == 'F';
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    if (str_eq(asked->norm, held->norm) && is_stated(asked))
        comparison_set(ret, AGREE_SAME, 0, 1, "same sex");
    else if (str_eq(asked->norm, held->norm) && asked->norm.ptr[0] == 'X')
        comparison_set(ret, AGREE_SAME, 0, 1, "unspecified on both sides");
    else if (!is_stated(asked) || !is_stated(held))
        comparison_set(ret, AGREE_UNKNOWN, 1, 0, "sex not known or not specified");
    else
        comparison_set(ret, AGREE_DIFFERENT, 2, 0, "other sex");
}

static void sample(struct random *random, str hint, struct buf *out)
{
    if (hint.len)
        buf_add(out, hint);
    else
        buf_add_char(out, random_below(random, 2) ? 'F' : 'M');
}

const struct type type_sex = {
    .name = "sex",
    .title = "Sex",
    .help =
        "M, F, X (unspecified in the document) or U (unknown), or the word in a common language",
    .parse = parse,
    .print = print,
    .compare = compare,
    .sample = sample,
};
