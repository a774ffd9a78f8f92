/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aircraft-registration: nationality mark and registration mark (ICAO Annex 7). The dash between
 * them is painted on some aircraft, left out in flight plans and on radar, so the normal form has
 * none; people get it back where the country's marks have one (codes/aircraft-prefixes.csv: code =
 * nationality mark, column `dash` = yes or no).
 */
#include "type/internal.h"

extern const struct type type_aircraft_registration;

enum { LENGTH_MIN = 3, LENGTH_MAX = 8, PREFIX_MAX = 4, RAW_MAX = 64 };

struct marks {              /* value.detail */
    size_t nationality_len; /* 0: not known */
    bool has_dash;
};

static enum err refuse(const struct value *value)
{
    err_set(ERR_BAD_VALUE, "aircraft registration '%.*s' is not 3 to 8 letters and digits",
            STR(value->raw));
    return err_hint("%s", type_aircraft_registration.help);
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    TRY(type_begin(&type_aircraft_registration, input, RAW_MAX, ret));
    TRY(fold_identifier(&type_aircraft_registration, ret->raw, "", &folded));
    if (folded.len < LENGTH_MIN || folded.len > LENGTH_MAX)
        return refuse(ret);
    struct marks *marks = arena_new(arena, struct marks);
    if (!marks)
        return err_last()->code;
    const struct code *prefix =
        code_by_prefix(context, S("aircraft-prefixes"), folded_str(&folded), 1, PREFIX_MAX);
    size_t typed_dash = str_find(ret->raw, '-');
    if (prefix) {
        const struct code_list *list = codes_list(context->codes, S("aircraft-prefixes"));
        marks->nationality_len = prefix->code.len;
        marks->has_dash = str_eq(code_extra(list, prefix, S("dash")), S("yes"));
        ret->note = type_note(arena, "%.*s", STR(code_name(prefix, LANGUAGE_EN)));
    } else if (typed_dash > 0 && typed_dash <= PREFIX_MAX && typed_dash < ret->raw.len) {
        *marks = (struct marks){typed_dash, true};
    }
    ret->detail = marks;
    return type_keep(arena, folded_str(&folded), &ret->norm);
}

static void print(const struct value *value, struct buf *out)
{
    const struct marks *marks = value->detail;
    size_t cut = marks && marks->has_dash && marks->nationality_len < value->norm.len
                     ? marks->nationality_len
                     : 0;
    buf_add(out, str_slice(value->norm, 0, cut));
    if (cut)
        buf_add_char(out, '-');
    buf_add(out, str_from(value->norm, cut));
}

static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    buf_add(out, S("F-Z")); /* a known mark, for recognition; a series that no register gives out */
    sample_characters(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 3, out);
}

/* Only a dash after a known nationality mark speaks clearly for an aircraft. */
static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    size_t dash = str_find(line, '-');
    if (line.len < LENGTH_MIN + 1 || line.len > LENGTH_MAX + 1 || str_find(line, ' ') < line.len)
        return 0;
    const struct code *prefix =
        code_by_prefix(context, S("aircraft-prefixes"), line, 1, PREFIX_MAX);
    if (!prefix)
        return 0;
    str mark = str_from(line, dash + 1); /* no register's marks are longer than five */
    bool is_dashed = dash == prefix->code.len && mark.len <= 5 && str_find(mark, '-') == mark.len;
    bool is_plain = dash == line.len && str_count_digits(line) > 0;
    if (!is_dashed && !is_plain)
        return 0;
    return type_read(&type_aircraft_registration, context, line, arena, out, max,
                     is_dashed ? 60 : 20);
}

const struct type type_aircraft_registration = {
    .name = "aircraft-registration",
    .title = "Aircraft registration",
    .help =
        "Nationality and registration mark as painted on the aircraft, with or without the dash",
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
