/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firearm-serial: the number stamped on a firearm or a part of it. No standard, no check digit;
 * makers reuse numbers, so a serial alone never identifies (the definition asks for make too).
 * Letters of other scripts stay (arsenals stamp Cyrillic). A character that cannot be read is
 * written '?' ("AB12??7"): such a serial is compared where it is readable and found by its
 * skeleton's neighbours or its last six characters, never by an exact key.
 */
#include "type/internal.h"

extern const struct type type_firearm_serial;

enum { LENGTH_MAX = 40, TAIL_LEN = 6, RAW_MAX = 160 };

static bool has_gap(str norm)
{
    return str_find(norm, '?') < norm.len;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    (void)context;
    TRY(type_begin(&type_firearm_serial, input, RAW_MAX, ret));
    str text = ret->raw;
    if (!str_cut_label(&text, S("S/N")))
        (void)str_cut_label(&text, S("SN:"));
    TRY(fold_loosely(&type_firearm_serial, text, "?", &folded));
    if (folded.len == 0 || folded.len > LENGTH_MAX || (!folded.had_digits && !folded.had_letters)) {
        err_set(ERR_BAD_VALUE, "serial number '%.*s' has no or too many characters", STR(ret->raw));
        return err_hint("%s", type_firearm_serial.help);
    }
    TRY(type_keep(arena, folded_str(&folded), &ret->norm));
    if (has_gap(ret->norm))
        ret->note = S("not readable in places");
    return OK;
}

static void keys(const struct value *value, struct key_sink *sink)
{
    str norm = value->norm;
    if (!has_gap(norm))
        type_keys_identifier(value, sink);
    str tail = norm.len > TAIL_LEN ? str_from(norm, norm.len - TAIL_LEN) : norm;
    if (tail.len == TAIL_LEN && !has_gap(tail))
        type_add_key(sink, KEY_PARTIAL, str_c(value->type->name), tail);
    else if (
        has_gap(
            norm)) /* nothing sharper to find it by than what is readable, gaps left as they are */
        type_add_key(sink, KEY_PARTIAL, str_c(value->type->name), norm);
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    str a = asked->norm, b = held->norm;
    size_t readable = 0, agreeing = 0;
    if (str_eq(a, b) || (!has_gap(a) && !has_gap(b)) || a.len != b.len) {
        type_compare_identifier(asked, held, ret);
        return;
    }
    for (size_t i = 0; i < a.len; i++) {
        bool is_readable = a.ptr[i] != '?' && b.ptr[i] != '?';
        readable += is_readable;
        agreeing += is_readable && a.ptr[i] == b.ptr[i];
    }
    if (readable && agreeing == readable)
        comparison_set(ret, AGREE_CLOSE, 2, (double)readable / (double)a.len,
                       "agrees in the %zu readable characters", readable);
    else if (readable)
        comparison_set(ret, AGREE_DIFFERENT, 4, (double)agreeing / (double)a.len,
                       "differs in readable characters");
    else
        comparison_set(ret, AGREE_UNKNOWN, 4, 0, "nothing readable in common");
}

static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    sample_characters(random, "ABCDEFGHJKLMNPRSTUVWXYZ", 1 + random_below(random, 3), out);
    sample_digits(random, 4 + random_below(random, 4), out);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    str rest = line;
    bool is_labelled = str_cut_label(&rest, S("S/N")) || str_cut_label(&rest, S("SN:"));
    size_t digits = str_count_digits(rest);
    if (rest.len < 4 || rest.len > 20 || digits < 2 || str_find(rest, '?') < rest.len)
        return 0;
    return type_read(&type_firearm_serial, context, line, arena, out, max, is_labelled ? 60 : 18);
}

const struct type type_firearm_serial = {
    .name = "firearm-serial",
    .title = "Firearm serial number",
    .help = "As stamped; blanks, dashes, dots and slashes do not matter; write ? for a character "
            "that cannot be read",
    .is_key = true,
    .parse = parse,
    .print = type_print_norm,
    .keys = keys,
    .compare = compare,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
    .alphabet = STR_INIT("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
};
