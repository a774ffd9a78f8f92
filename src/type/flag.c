/* SPDX-License-Identifier: Apache-2.0 */
/* flag: yes or no, as a word of a common language, a tick, or a JSON boolean. */
#include "type/internal.h"

extern const struct type type_flag;

enum { RAW_MAX = 40 };

static bool is_one_of(str text, const char *const *words)
{
    for (; *words; words++)
        if (str_eq_nocase(text, str_c(*words)))
            return true;
    return false;
}

static str from_list(const struct type_context *context, str text)
{
    const struct code_list *list = context->codes ? codes_list(context->codes, S("yes-no")) : NULL;
    const struct code *code = list ? code_find(list, text) : NULL;
    return code ? code->code : STR_EMPTY;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    static const char *const yes[] = {"yes",          "true",         "y", "1",
                                      "\xE2\x9C\x93", "\xE2\x9C\x94", NULL};
    static const char *const no[] = {"no", "false", "n", "0", "\xE2\x9C\x97", "\xE2\x9C\x98", NULL};
    (void)arena;
    TRY(type_begin(&type_flag, input, RAW_MAX, ret));
    str word = from_list(context, ret->raw);
    if (is_one_of(ret->raw, yes) || str_eq(word, S("yes")))
        ret->norm = S("yes");
    else if (is_one_of(ret->raw, no) || str_eq(word, S("no")))
        ret->norm = S("no");
    else
        return err_set(ERR_BAD_VALUE, "'%.*s' is neither yes nor no", STR(ret->raw));
    return OK;
}

static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    buf_add(out, random_below(random, 2) ? S("yes") : S("no"));
}

const struct type type_flag = {
    .name = "flag",
    .title = "Yes or no",
    .help = "yes or no; when it is not known the field stays empty",
    .parse = parse,
    .print = type_print_norm,
    .compare = type_compare_exact,
    .sample = sample,
};
