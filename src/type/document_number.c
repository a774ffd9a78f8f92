/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document-number: the number of a passport, identity card, visa, permit, licence; or a batch of
 * blanks from-to.
 *
 *   "L 898902 C"                    norm L898902C
 *   "AB000100-AB000499"             norm AB000100-AB000499, a batch: RANGE key AB000100..AB000499
 *   {from: AB000100, to: AB000499}  the same
 *
 * Both ends of a batch have the same length and letters in the same places, so that every number
 * between them by bytes and of that length is in it. The index finds batches whose ends enclose the
 * asked text; compare() then sees to the length, so a shorter number that sorts between the ends is
 * no match.
 *
 * A dash is also a separator within a number. A text is read as a batch when the dash has blanks
 * around it, or is written "..", "to" or as a long dash, or when both sides have at least 6
 * characters and begin with the same one.
 */
#include "type/internal.h"

extern const struct type type_document_number;

enum { NUMBER_MIN = 5, NUMBER_MAX = 25, RAW_MAX = 160 };

struct batch { /* value.detail of a batch; NULL for a single number */
    str from, to;
};

static enum err check_length(const struct type *type, str number, str raw)
{
    if (number.len >= NUMBER_MIN && number.len <= NUMBER_MAX)
        return OK;
    err_set(ERR_BAD_VALUE,
            "document number '%.*s' has %zu letters and digits, between %d and %d are expected",
            (int)(raw.len < 80 ? raw.len : 80), raw.ptr, number.len, NUMBER_MIN, NUMBER_MAX);
    return err_hint("%s", type->help);
}

/* Letters stand where letters stand; and lo <= hi. */
static bool is_batch(str lo, str hi)
{
    if (lo.len != hi.len || str_compare(lo, hi) > 0)
        return false;
    for (size_t i = 0; i < lo.len; i++)
        if (is_digit(lo.ptr[i]) != is_digit(hi.ptr[i]))
            return false;
    return true;
}

static const str separators[] = {STR_INIT(" - "),          STR_INIT(".."),
                                 STR_INIT(" to "),         STR_INIT("\xE2\x80\x93"),
                                 STR_INIT("\xE2\x80\x94"), STR_INIT("-")};

static bool cut_at(str text, str separator, str *ret_from, str *ret_to)
{
    for (size_t at = 1; at + separator.len < text.len; at++) {
        if (memcmp(text.ptr + at, separator.ptr, separator.len) != 0)
            continue;
        *ret_from = str_slice(text, 0, at);
        *ret_to = str_from(text, at + separator.len);
        return true;
    }
    return false;
}

/* Letters and digits only: a single number, as nearly all are. */
static bool is_plain(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_alnum(text.ptr[i]))
            return false;
    return true;
}

/* Whether the text is written as from-to; fills both ends folded. */
static bool read_batch(const struct type *type, str text, struct folded *from, struct folded *to)
{
    for (size_t i = 0; i < COUNT_OF(separators); i++) {
        str left, right;
        if (!cut_at(text, separators[i], &left, &right))
            continue;
        if (fold_identifier(type, left, "", from) || fold_identifier(type, right, "", to)) {
            err_clear();
            return false;
        }
        if (from->len < NUMBER_MIN || from->len > NUMBER_MAX ||
            !is_batch(folded_str(from), folded_str(to)))
            continue;
        bool is_plain_dash = separators[i].len == 1;
        if (!is_plain_dash || (from->len >= 6 && from->text[0] == to->text[0]))
            return true;
    }
    return false;
}

static enum err keep_batch(str from, str to, struct arena *arena, struct value *ret)
{
    struct batch *batch = arena_new(arena, struct batch);
    str norm = arena_printf(arena, "%.*s-%.*s", STR(from), STR(to));
    if (!batch || norm.len == 0)
        return err_last()->code;
    batch->from = str_slice(norm, 0, from.len);
    batch->to = str_from(norm, from.len + 1);
    ret->norm = norm;
    ret->detail = batch;
    ret->note = type_note(arena, "batch from %.*s to %.*s", STR(from), STR(to));
    return OK;
}

static enum err parse_map(const struct node *input, struct arena *arena, struct value *ret)
{
    struct folded from, to;
    str left = node_get_text(input, S("from")), right = node_get_text(input, S("to"));
    TRY(type_begin_text(&type_document_number, input, left, RAW_MAX, ret));
    TRY(fold_identifier(&type_document_number, left, "", &from));
    TRY(check_length(&type_document_number, folded_str(&from), left));
    TRY(type_begin_text(&type_document_number, input, right, RAW_MAX, ret));
    TRY(fold_identifier(&type_document_number, right, "", &to));
    if (!is_batch(folded_str(&from), folded_str(&to)))
        return err_set(
            ERR_BAD_VALUE,
            "'%.*s' to '%.*s' is no batch: both ends need the same length and shape, lower first",
            STR(left), STR(right));
    TRY(keep_batch(folded_str(&from), folded_str(&to), arena, ret));
    ret->raw = ret->norm;
    return OK;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded, to;
    (void)context;
    if (input && input->kind == NODE_MAP)
        return parse_map(input, arena, ret);
    TRY(type_begin(&type_document_number, input, RAW_MAX, ret));
    if (!is_plain(ret->raw) && read_batch(&type_document_number, ret->raw, &folded, &to))
        return keep_batch(folded_str(&folded), folded_str(&to), arena, ret);
    TRY(fold_identifier(&type_document_number, ret->raw, "", &folded));
    TRY(check_length(&type_document_number, folded_str(&folded), ret->raw));
    return type_keep(arena, folded_str(&folded), &ret->norm);
}

static void print(const struct value *value, struct buf *out)
{
    const struct batch *batch = value->detail;
    if (batch)
        buf_printf(out, "%.*s \xE2\x80\x93 %.*s", STR(batch->from), STR(batch->to));
    else
        buf_add(out, value->norm);
}

static void keys(const struct value *value, struct key_sink *sink)
{
    const struct batch *batch = value->detail;
    if (!batch) {
        type_keys_identifier(value, sink);
        return;
    }
    struct key key = {KEY_RANGE, str_c(value->type->name), batch->from, batch->to};
    sink->add(sink, &key);
}

static bool is_within(str number, const struct batch *batch)
{
    return number.len == batch->from.len && str_compare(batch->from, number) <= 0 &&
           str_compare(number, batch->to) <= 0;
}

static bool batches_meet(const struct batch *a, const struct batch *b)
{
    return a->from.len == b->from.len && str_compare(a->from, b->to) <= 0 &&
           str_compare(b->from, a->to) <= 0;
}

/* Whether one character changed, a digit for a digit or a letter for a letter, takes it in. */
static bool is_one_slip_away(str number, const struct batch *batch)
{
    char text[NUMBER_MAX];
    if (number.len != batch->from.len || number.len > NUMBER_MAX)
        return false;
    memcpy(text, number.ptr, number.len);
    for (size_t i = 0; i < number.len; i++) {
        bool is_number = is_digit(number.ptr[i]);
        for (char c = is_number ? '0' : 'A'; c <= (is_number ? '9' : 'Z'); c++) {
            text[i] = c;
            if (is_within(str_of(text, number.len), batch))
                return true;
        }
        text[i] = number.ptr[i];
    }
    return false;
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    const struct batch *a = asked->detail, *b = held->detail;
    if (!a && !b) {
        type_compare_identifier(asked, held, ret);
        return;
    }
    bool meets = a && b ? batches_meet(a, b)
                 : b    ? is_within(asked->norm, b)
                        : is_within(held->norm, a);
    if (meets)
        comparison_set(ret, AGREE_SAME, 0, 1, "within the batch %.*s to %.*s",
                       STR((b ? b : a)->from), STR((b ? b : a)->to));
    else if (b && !a && is_one_slip_away(asked->norm, b))
        comparison_set(ret, AGREE_CLOSE, 2, .9, "one character outside the batch %.*s to %.*s",
                       STR(b->from), STR(b->to));
    else
        comparison_set(ret, AGREE_DIFFERENT, 4, 0, "outside the batch %.*s to %.*s",
                       STR((b ? b : a)->from), STR((b ? b : a)->to));
}

static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    size_t letters = random_below(random, 3);
    sample_characters(random, "ACEFHKLMNPRTVXY", letters, out);
    sample_digits(random, 9 - letters - random_below(random, 2), out);
}

/*
 * A number has digits; one with letters and digits together is hardly anything else than some
 * document's.
 */
static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    struct folded folded;
    if (line.len > RAW_MAX || str_find(line, '\n') != line.len)
        return 0;
    if (fold_identifier(&type_document_number, line, "", &folded)) {
        err_clear();
        return 0;
    }
    size_t digits = str_count_digits(folded_str(&folded));
    if (digits < 3 || (digits * 3 < folded.len && folded.len > 12))
        return 0;
    unsigned confidence = folded.had_letters ? 45 : 35;
    if (folded.len < 6 || folded.len > 14)
        confidence -= 15;
    return type_read(&type_document_number, context, line, arena, out, max, confidence);
}

static const char *const maps[] = {"from", "to", NULL};

const struct type type_document_number = {
    .name = "document-number",
    .title = "Document number",
    .help =
        "5 to 25 letters and digits; blanks, dashes, dots and slashes do not matter. A batch of "
        "blank "
        "documents is written AB000100-AB000499",
    .maps = maps,
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = keys,
    .compare = compare,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
    .alphabet = STR_INIT("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
};
