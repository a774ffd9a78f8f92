/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text: words of people - descriptions, models, names of ships. Kept as given; the normal form has
 * its blanks put in order. Short texts of one line are found by their folded form (case, accents,
 * punctuation do not matter); long ones are read, not searched. Comparison counts common words.
 */
#include "text/fold.h"
#include "type/internal.h"

extern const struct type type_text;

enum {
    RAW_MAX = 64 << 10, /* a statement of thirty pages */
    KEY_MAX = 100,      /* bytes of folded text that still is a name of something */
    WORD_MAX = 32,      /* words looked at in a comparison */
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_control(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' && !is_blank(text.ptr[i]))
            return true;
    return false;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    (void)context;
    TRY(type_begin(&type_text, input, RAW_MAX, ret));
    if (is_control(ret->raw))
        return err_set(ERR_BAD_VALUE, "text holds a control character");
    char *out = arena_alloc(arena, ret->raw.len);
    if (!out)
        return err_last()->code;
    size_t len = 0;
    for (size_t i = 0; i < ret->raw.len; i++) {
        bool is_gap = is_blank(ret->raw.ptr[i]);
        if (!is_gap || (len && out[len - 1] != ' '))
            out[len++] = is_gap ? ' ' : ret->raw.ptr[i];
    }
    ret->norm = str_of(out, len);
    return OK;
}

static void print(const struct value *value, struct buf *out)
{
    buf_add(out, value->raw);
}

static void keys(const struct value *value, struct key_sink *sink)
{
    char folded[TEXT_FOLD_MAX];
    size_t len = value->norm.len <= KEY_MAX ? text_fold(value->norm, folded) : 0;
    if (len && len <= KEY_MAX)
        type_add_key(sink, KEY_EXACT, str_c(type_text.name), str_of(folded, len));
}

static size_t cut_words(str folded, str words[WORD_MAX])
{
    size_t count = 0;
    str word;
    while (count < WORD_MAX && str_split(&folded, ' ', &word))
        words[count++] = word;
    return count;
}

/* Share of common words among all words of both. */
static double common_words(str a, str b)
{
    str left[WORD_MAX], right[WORD_MAX];
    size_t n = cut_words(a, left), m = cut_words(b, right), common = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            if (right[j].len && str_eq(left[i], right[j])) {
                right[j] = STR_EMPTY;
                common++;
                break;
            }
    return n + m ? 2.0 * (double)common / (double)(n + m) : 0;
}

/* Levels: 0 same, 1 most words, 2 some words, 3 none. */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    char a[TEXT_FOLD_MAX], b[TEXT_FOLD_MAX];
    size_t n = text_fold(str_slice(asked->norm, 0, TEXT_FOLD_MAX), a);
    size_t m = text_fold(str_slice(held->norm, 0, TEXT_FOLD_MAX), b);
    bool is_same = str_eq(asked->norm, held->norm) ||
                   (n && str_eq(str_of(a, n), str_of(b, m)) && asked->norm.len <= TEXT_FOLD_MAX &&
                    held->norm.len <= TEXT_FOLD_MAX);
    double share = is_same ? 1 : common_words(str_of(a, n), str_of(b, m));
    if (is_same)
        comparison_set(ret, AGREE_SAME, 0, 1, "same text");
    else if (share >= .6)
        comparison_set(ret, AGREE_CLOSE, 1, share, "most words agree");
    else if (share > 0)
        comparison_set(ret, AGREE_FAR, 2, share, "some words agree");
    else
        comparison_set(ret, AGREE_DIFFERENT, 3, 0, "other text");
}

static void sample(struct random *random, str hint, struct buf *out)
{
    static const char *const words[] = {"north", "harbour", "blue", "old",    "market", "river",
                                        "stone", "silver",  "east", "bridge", "green",  "tower"};
    size_t count = 2 + random_below(random, 3);
    (void)hint;
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%s", i ? " " : "", words[random_below(random, COUNT_OF(words))]);
}

/* Anything may be the name of a thing; the least of all readings. */
static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len < 3 || line.len > KEY_MAX || str_find(line, '\n') < line.len ||
        str_count_digits(line) == line.len)
        return 0;
    return type_read(&type_text, context, line, arena, out, max, 5);
}

const struct type type_text = {
    .name = "text",
    .title = "Text",
    .help = "free text; a short line is found again regardless of case, accents and punctuation",
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = keys,
    .compare = compare,
    .sample = sample,
    .recognise = recognise,
};
