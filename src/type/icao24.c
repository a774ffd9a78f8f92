/* SPDX-License-Identifier: Apache-2.0 */
/*
 * icao24: the 24-bit address an aircraft's transponder sends (ICAO Annex 10 volume III): six
 * hexadecimal digits. All zeros and all ones are given to no aircraft.
 */
#include "type/internal.h"

extern const struct type type_icao24;

enum { LENGTH = 6, RAW_MAX = 64 };

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    (void)context;
    TRY(type_begin(&type_icao24, input, RAW_MAX, ret));
    str text = ret->raw;
    if (!str_cut_label(&text, S("ICAO24")))
        (void)str_cut_label(&text, S("0x"));
    TRY(fold_identifier(&type_icao24, text, "", &folded));
    if (folded.len != LENGTH || !str_is_in(folded_str(&folded), "0123456789ABCDEF")) {
        err_set(ERR_BAD_VALUE, "ICAO address '%.*s' is not six hexadecimal digits", STR(ret->raw));
        return err_hint("%s", type_icao24.help);
    }
    if (str_is_in(folded_str(&folded), "0") || str_is_in(folded_str(&folded), "F"))
        ret->note = S("an address given to no aircraft");
    return type_keep(arena, folded_str(&folded), &ret->norm);
}

/* F00000-FFFFFF is reserved by ICAO for temporary use. */
static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    buf_add(out, S("F0"));
    sample_characters(random, "0123456789ABCDEF", LENGTH - 2, out);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    str rest = line;
    bool is_labelled = str_cut_label(&rest, S("ICAO24"));
    size_t digits = str_count_digits(rest);
    if (rest.len != LENGTH || (!is_labelled && (digits == 0 || digits == LENGTH)))
        return 0;
    return type_read(&type_icao24, context, line, arena, out, max, is_labelled ? 97 : 28);
}

const struct type type_icao24 = {
    .name = "icao24",
    .title = "ICAO 24-bit address",
    .help = "The address an aircraft's transponder sends: six hexadecimal digits",
    .is_key = true,
    .parse = parse,
    .print = type_print_norm,
    .keys = type_keys_exact,
    .compare = type_compare_identifier,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
    .alphabet = STR_INIT("0123456789ABCDEF"),
};
