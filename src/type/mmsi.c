/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mmsi: maritime mobile service identity (ITU-R M.585): nine digits without check digit. The first
 * digits say what sends; three of them, the maritime identification digits (201-775,
 * codes/maritime-ids.csv), say under which country's licence. Transmitters set wrong or on purpose
 * send numbers that no country gave out; these are kept, and said so.
 */
#include "base/said.h"

#include "type/internal.h"

extern const struct type type_mmsi;

enum { LENGTH = 9, RAW_MAX = 64 };

/*
 * What sends, by the digits before the country; the country's digits begin at `country_at`, 0xFF:
 * there are none.
 */
static const struct {
    const char *prefix, *what;
    unsigned char country_at;
} stations[] = {
    {"00", SAID("coast station"), 2},
    {"0", SAID("group of ships"), 1},
    {"111", SAID("search-and-rescue aircraft"), 3},
    {"8", SAID("handheld set"), 1},
    {"98", SAID("craft of a ship"), 2},
    {"99", SAID("aid to navigation"), 2},
    {"970", SAID("rescue transmitter"), 0xFF},
    {"972", SAID("man-overboard device"), 0xFF},
    {"974", SAID("distress beacon"), 0xFF},
    {"", SAID("ship"), 0},
};

static str describe(const struct type_context *context, str digits, struct arena *arena)
{
    for (size_t i = 0; i < COUNT_OF(stations); i++) {
        if (!str_starts(digits, str_c(stations[i].prefix)))
            continue;
        if (stations[i].country_at == 0xFF)
            return str_c(stations[i].what);
        str country = str_slice(digits, stations[i].country_at, 3);
        const struct code *found = code_by_prefix(context, S("maritime-ids"), country, 3, 3);
        if (found)
            return type_note(arena, "%s, %.*s", stations[i].what,
                             STR(code_name(found, LANGUAGE_EN)));
        if (str_compare(country, S("201")) < 0 || str_compare(country, S("775")) > 0)
            return type_note(arena, "%.*s is no country's maritime identification", STR(country));
        return str_c(stations[i].what);
    }
    return STR_EMPTY;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    TRY(type_begin(&type_mmsi, input, RAW_MAX, ret));
    str text = ret->raw;
    (void)str_cut_label(&text, S("MMSI"));
    TRY(fold_identifier(&type_mmsi, text, "", &folded));
    if (folded.len != LENGTH || !str_is_digits(folded_str(&folded))) {
        err_set(ERR_BAD_VALUE, "MMSI '%.*s' is not nine digits", STR(ret->raw));
        return err_hint("%s", type_mmsi.help);
    }
    TRY(type_keep(arena, folded_str(&folded), &ret->norm));
    ret->note = describe(context, ret->norm, arena);
    return OK;
}

/* 200 and 776-799 are nobody's. */
static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    buf_add(out, S("799"));
    sample_digits(random, LENGTH - 3, out);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    str rest = line;
    bool is_labelled = str_cut_label(&rest, S("MMSI"));
    bool is_known = code_by_prefix(context, S("maritime-ids"), rest, 3, 3) != NULL;
    if (line.len > 20 || (!is_labelled && !str_is_digits(rest)))
        return 0;
    return type_read(&type_mmsi, context, line, arena, out, max,
                     is_labelled ? 97
                     : is_known  ? 40
                                 : 15);
}

const struct type type_mmsi = {
    .name = "mmsi",
    .title = "MMSI",
    .help = "Maritime mobile service identity: nine digits, as a ship's radio and AIS send it",
    .is_key = true,
    .parse = parse,
    .print = type_print_norm,
    .keys = type_keys_exact,
    .compare = type_compare_identifier,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
    .alphabet = STR_INIT("0123456789"),
};
