/* SPDX-License-Identifier: Apache-2.0 */
/*
 * code: one entry of a code list (codes/<list>.csv), given by its code, its name in any of the four
 * languages, or an alias. The normal form is the code. Which list is the field's matter and comes
 * with the context.
 */
#include "type/internal.h"

extern const struct type type_code;

enum { RAW_MAX = 200 };

/* The detail of a value is its `const struct code *`. */
static const struct code *code_of(const struct value *value)
{
    return (const struct code *)value->detail;
}

/*
 * The code whose English name begins like the text, for the hint: a cut or mistyped end is the
 * usual fault.
 */
static const struct code *nearest(const struct code_list *list, str text)
{
    const struct code *best = NULL;
    size_t best_length = 2; /* fewer than three letters in common say nothing */
    for (size_t i = 0; i < list->count; i++) {
        str name = list->codes[i].names[LANGUAGE_EN];
        size_t length = 0;
        while (length < name.len && length < text.len &&
               to_lower(name.ptr[length]) == to_lower(text.ptr[length]))
            length++;
        if (length > best_length) {
            best_length = length;
            best = &list->codes[i];
        }
    }
    return best;
}

static enum err unknown(const struct code_list *list, str text)
{
    const struct code *code = nearest(list, text);
    err_set(ERR_BAD_VALUE, "'%.*s' is not in the list \"%.*s\"", STR(type_head(text, 80)),
            STR(list->title));
    if (code)
        return err_hint("did you mean %.*s (%.*s)?", STR(code->code),
                        STR(code->names[LANGUAGE_EN]));
    return err_hint("write a code or a name of the list %.*s", STR(list->name));
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    (void)arena;
    TRY(type_begin(&type_code, input, RAW_MAX, ret));
    if (!context->list)
        return err_set(ERR_BAD_VALUE, "code '%.*s': it is not said of which list", STR(ret->raw));
    const struct code *code = code_get(context->list, ret->raw);
    if (!code)
        code = code_find(context->list, ret->raw);
    if (!code)
        return unknown(context->list, ret->raw);
    ret->detail = code;
    ret->norm = code->code;
    return OK;
}

static void print(const struct value *value, struct buf *out)
{
    buf_add(out, code_name(code_of(value), LANGUAGE_EN));
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same");
    else
        comparison_set(ret, AGREE_DIFFERENT, 1, 0, "%.*s instead of %.*s",
                       STR(code_name(code_of(held), LANGUAGE_EN)),
                       STR(code_name(code_of(asked), LANGUAGE_EN)));
}

/* One of the codes of the hint, which blanks separate; a code that most lists have without one. */
static void sample(struct random *random, str hint, struct buf *out)
{
    str rest = hint.len ? hint : S("other"), word;
    uint64_t blanks = 0;
    for (size_t i = 0; i < rest.len; i++)
        blanks += rest.ptr[i] == ' ';
    uint64_t wanted = random_below(random, blanks + 1);
    while (str_split(&rest, ' ', &word) && wanted > 0)
        wanted--;
    buf_add(out, word);
}

const struct type type_code = {
    .name = "code",
    .title = "Code",
    .help =
        "a code of the field's list, its name in English, French, Spanish or Arabic, or an alias",
    .parse = parse,
    .print = print,
    .compare = compare,
    .sample = sample,
};
