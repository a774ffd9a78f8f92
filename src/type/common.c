/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Behaviours that many types share: an identifier is begun, kept, keyed, compared, printed and
 * hidden the same way whatever it identifies; a type's own file holds what is its own.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/said.h"

#include "type/internal.h"

/* ---- beginning and ending a parse ---- */

enum err type_begin(const struct type *type, const struct node *input, size_t max,
                    struct value *ret)
{
    if (!input || !node_is_scalar(input)) {
        err_set(ERR_BAD_VALUE, "%s must be a text", type->title);
        return err_hint("%s", type->help);
    }
    return type_begin_text(type, input, node_as_text(input), max, ret);
}

enum err type_begin_text(const struct type *type, const struct node *input, str text, size_t max,
                         struct value *ret)
{
    str trimmed = str_trim(text);
    if (trimmed.len == 0)
        return err_set(ERR_BAD_VALUE, "%s is empty", type->title);
    if (trimmed.len > max)
        return err_set(ERR_BAD_VALUE, "%s is longer than %zu bytes", type->title, max);
    *ret = (struct value){
        .type = type, .input = input, .raw = trimmed, .norm = STR_EMPTY, .note = STR_EMPTY};
    return OK;
}

enum err type_keep(struct arena *arena, str text, str *ret)
{
    str kept = arena_str(arena, text);
    if (kept.len != text.len)
        return err_last()->code ? err_last()->code : ERR_LIMIT;
    *ret = kept;
    return OK;
}

str type_note(struct arena *arena, const char *format, ...)
{
    char text[320];
    char room[SAID_FORMAT_MAX];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, said_format(format, room), arguments);
    va_end(arguments);
    return len < 0 ? STR_EMPTY : arena_str(arena, str_c(text));
}

/* ---- keys ---- */

void type_add_key(struct key_sink *sink, enum key_kind kind, str space, str text)
{
    struct key key = {.kind = kind, .space = space, .text = text, .to = STR_EMPTY};
    sink->add(sink, &key);
}

void type_keys_exact(const struct value *value, struct key_sink *sink)
{
    type_add_key(sink, KEY_EXACT, str_c(value->type->name), value->norm);
}

void type_keys_identifier(const struct value *value, struct key_sink *sink)
{
    struct folded skeleton;
    type_keys_exact(value, sink);
    if (sink->is_lookup)
        return;
    skeleton_of(value->norm, &skeleton);
    if (!sink->is_asked && str_eq(folded_str(&skeleton), value->norm))
        return;
    type_add_key(sink, KEY_SKELETON, str_c(value->type->name), folded_str(&skeleton));
}

/* ---- comparison ---- */

void comparison_set(struct comparison *ret, enum agreement agreement, unsigned level,
                    double similarity, const char *format, ...)
{
    *ret = (struct comparison){.agreement = agreement,
                               .similarity = similarity,
                               .level = (uint8_t)level};
    char room[SAID_FORMAT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(ret->words, sizeof ret->words, said_format(format, room), arguments);
    va_end(arguments);
}

enum { SLIP_TEXT_MAX = 64 };

/* Edits with swaps of neighbours (optimal string alignment), three rows of the table at a time. */
static unsigned slips_between(str a, str b)
{
    unsigned rows[3][SLIP_TEXT_MAX + 1];
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned best = above[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1] &&
                above2[j - 2] + 1 < best)
                best = above2[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a.len % 3][b.len];
}

static void explain_one_slip(str asked, str held, double similarity, struct comparison *ret)
{
    size_t at = 0;
    while (at < asked.len && at < held.len && asked.ptr[at] == held.ptr[at])
        at++;
    if (asked.len < held.len)
        comparison_set(ret, AGREE_CLOSE, 2, similarity, "one character missing: %c at place %zu",
                       held.ptr[at], at + 1);
    else if (asked.len > held.len)
        comparison_set(ret, AGREE_CLOSE, 2, similarity, "one character too many: %c at place %zu",
                       asked.ptr[at], at + 1);
    else if (at + 1 < held.len && asked.ptr[at] == held.ptr[at + 1] &&
             asked.ptr[at + 1] == held.ptr[at])
        comparison_set(ret, AGREE_CLOSE, 2, similarity,
                       "two characters swapped: places %zu and %zu", at + 1, at + 2);
    else
        comparison_set(ret, AGREE_CLOSE, 2, similarity,
                       "one character differs: %c instead of %c at place %zu", asked.ptr[at],
                       held.ptr[at], at + 1);
}

/*
 * Places that differ in characters one skeleton merges; false when they differ in more than that.
 */
static bool explain_confusables(str asked, str held, struct comparison *ret)
{
    size_t differing = 0, first = 0;
    if (asked.len != held.len)
        return false;
    for (size_t i = asked.len; i-- > 0;) {
        if (asked.ptr[i] == held.ptr[i])
            continue;
        if (skeleton_character(asked.ptr[i]) != skeleton_character(held.ptr[i]))
            return false;
        differing++;
        first = i;
    }
    comparison_set(ret, AGREE_CLOSE, 1, 1.0 - (double)differing * 0.25 / (double)asked.len,
                   "differs only in characters that are easily confused: %c and %c at place %zu",
                   asked.ptr[first], held.ptr[first], first + 1);
    return true;
}

void type_compare_identifier(const struct value *asked, const struct value *held,
                             struct comparison *ret)
{
    str a = asked->norm, b = held->norm;
    size_t longest = a.len > b.len ? a.len : b.len;
    if (str_eq(a, b)) {
        comparison_set(ret, AGREE_SAME, 0, 1, "same number");
        return;
    }
    if (longest > SLIP_TEXT_MAX) {
        comparison_set(ret, AGREE_DIFFERENT, 4, 0, "different number");
        return;
    }
    if (explain_confusables(a, b, ret))
        return;
    unsigned slips = slips_between(a, b);
    double similarity = 1.0 - (double)slips / (double)longest;
    if (slips == 1)
        explain_one_slip(a, b, similarity, ret);
    else if (slips == 2 && longest >= 6)
        comparison_set(ret, AGREE_FAR, 3, similarity, "two characters differ");
    else
        comparison_set(ret, AGREE_DIFFERENT, 4, similarity, "different number");
}

void type_compare_exact(const struct value *asked, const struct value *held, struct comparison *ret)
{
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same");
    else
        comparison_set(ret, AGREE_DIFFERENT, 1, 0, "different");
}

/* ---- printing and hiding ---- */

void type_print_norm(const struct value *value, struct buf *out)
{
    buf_add(out, value->norm);
}

void type_print_groups(str text, size_t group, struct buf *out)
{
    for (size_t at = 0; at < text.len; at += group) {
        if (at)
            buf_add_char(out, ' ');
        buf_add(out, str_slice(text, at, group));
    }
}

void type_redact_middle(const struct value *value, struct buf *out)
{
    size_t shown = value->norm.len < 6 ? 0 : 2, place = 0, length = utf8_length(value->norm);
    for (size_t at = 0; at < value->norm.len; place++) {
        size_t from = at;
        (void)utf8_next(value->norm, &at);
        if (place < shown || place + shown >= length)
            buf_add(out, str_slice(value->norm, from, at - from));
        else
            buf_add_char(out, '*');
    }
}

/* ---- recognition and parts ---- */

size_t type_read(const struct type *type, const struct type_context *context, str line,
                 struct arena *arena, struct reading *out, size_t max, unsigned confidence)
{
    if (max == 0)
        return 0;
    struct value value;
    str kept = arena_str(arena, line);
    if (kept.len != line.len || type_parse_text(type, context, kept, arena, &value) != OK) {
        err_clear();
        return 0;
    }
    out[0] = (struct reading){type, value, confidence, str_c(type->title)};
    return 1;
}

void type_add_part(struct part_sink *sink, const struct type_context *context, struct arena *arena,
                   str meaning, str type_name, str list, str text)
{
    const struct type *type = type_find(type_name);
    struct type_context own = *context;
    struct value value;
    if (!type || text.len == 0)
        return;
    own.list = list.len && context->codes ? codes_list(context->codes, list) : NULL;
    if (list.len && !own.list)
        return;
    if (type_parse_text(type, &own, text, arena, &value) == OK)
        sink->add(sink, meaning, &value);
    else
        err_clear();
}

/* ---- code lists ---- */

const struct code *code_by_prefix(const struct type_context *context, str list, str text,
                                  size_t min, size_t max)
{
    const struct code_list *codes = context->codes ? codes_list(context->codes, list) : NULL;
    for (size_t len = max < text.len ? max : text.len; codes && len >= min && len > 0; len--) {
        const struct code *code = code_get(codes, str_slice(text, 0, len));
        if (code)
            return code;
    }
    return NULL;
}

str code_title(const struct type_context *context, str list, str code)
{
    const struct code_list *codes = context->codes ? codes_list(context->codes, list) : NULL;
    const struct code *found = codes ? code_find(codes, code) : NULL;
    return found ? code_name(found, LANGUAGE_EN) : code;
}

/* ---- samples ---- */

void sample_characters(struct random *random, const char *alphabet, size_t count, struct buf *out)
{
    size_t size = strlen(alphabet);
    for (size_t i = 0; i < count; i++)
        buf_add_char(out, alphabet[random_below(random, size)]);
}

void sample_digits(struct random *random, size_t count, struct buf *out)
{
    sample_characters(random, "0123456789", count, out);
}
