/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vin: vehicle identification number (ISO 3779, 49 CFR 565): 17 characters of 0-9 A-Z without I, O,
 * Q.
 *
 *   1 M 8 G D M 9 A X K P 0 4 2 7 8 8
 *   '---' maker    ^  ^ model year
 *                  check digit, where the region uses one
 *
 * The check digit binds in North America (first character 1-5) and China (L); elsewhere place 9 is
 * free, and a digit there that happens to agree is still worth saying. A letter other than X in
 * place 9 cannot be a check digit: CHECK_NONE. I, O and Q are kept as given, the note suggests the
 * repaired reading, and the skeleton key finds it.
 *
 * Fewer characters are part of a VIN (an officer reads the last six or eight through a windscreen)
 * or the chassis number of a vehicle built before 1981: the last six and eight are PARTIAL keys of
 * every value.
 */
#include "base/said.h"

#include "type/internal.h"

extern const struct type type_vin;

enum { LENGTH = 17, PART_MIN = 5, CHECK_AT = 8, YEAR_AT = 9, RAW_MAX = 64 };

static const char year_letters[] = "ABCDEFGHJKLMNPRSTVWXY123456789"; /* 1980 + 30 a round */

static unsigned weight_value(char c)
{
    static const unsigned char letters[26] = {1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4,
                                              5, 0, 7, 0, 9, 2, 3, 4, 5, 6, 7, 8, 9};
    if (c >= 'A' && c <= 'Z')
        return letters[c - 'A'];
    return is_digit(c) ? (unsigned)(c - '0') : 0;
}

static char check_digit(str vin)
{
    static const unsigned weights[LENGTH] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
    unsigned sum = 0;
    for (size_t i = 0; i < LENGTH; i++)
        sum += weight_value(vin.ptr[i]) * weights[i];
    return sum % 11 == 10 ? 'X' : (char)('0' + sum % 11);
}

static bool is_binding(str vin)
{
    return (vin.ptr[0] >= '1' && vin.ptr[0] <= '5') || vin.ptr[0] == 'L';
}

/*
 * Model year by place 10; in North America place 7 tells the rounds of thirty years apart. 0: not
 * coded.
 */
static int model_year(str vin, int this_year)
{
    const char *at = strchr(year_letters, vin.ptr[YEAR_AT]);
    if (!at || vin.ptr[YEAR_AT] == '\0' || vin.ptr[YEAR_AT] == '0')
        return 0;
    int year = 1980 + (int)(at - year_letters);
    if (is_binding(vin) && vin.ptr[0] != 'L')
        return is_digit(vin.ptr[6]) ? year : year + 30;
    return year + 30 <= this_year + 1 ? year + 30 : year;
}

/* The reading with I, O, Q replaced; empty when none of them occurs. */
static bool repair(str vin, char out[LENGTH + 1])
{
    bool is_changed = false;
    for (size_t i = 0; i < LENGTH; i++) {
        char c = vin.ptr[i];
        out[i] = c == 'I' ? '1' : c == 'O' || c == 'Q' ? '0' : c;
        is_changed |= out[i] != c;
    }
    out[LENGTH] = '\0';
    return is_changed;
}

static void check_whole(struct arena *arena, struct value *ret)
{
    char repaired[LENGTH + 1], place = ret->norm.ptr[CHECK_AT];
    if (repair(ret->norm, repaired)) {
        bool agrees = check_digit(str_c(repaired)) == repaired[CHECK_AT];
        ret->check = CHECK_FAILED;
        if (agrees || !is_binding(str_c(repaired)))
            ret->repair = arena_str(arena, str_c(repaired));
        ret->note =
            agrees
                ? type_note(arena,
                            "I, O and Q do not occur in a VIN: read as %s, its check digit agrees",
                            repaired)
                : type_note(arena, "I, O and Q do not occur in a VIN: read as %s", repaired);
        return;
    }
    char expected = check_digit(ret->norm);
    if (place == expected)
        ret->check = CHECK_OK;
    else if (is_binding(ret->norm)) {
        ret->check = CHECK_FAILED;
        ret->note =
            type_note(arena, "check digit in place 9 is %c, the others give %c", place, expected);
    } else
        ret->note = S("no check digit scheme");
}

/* "Maker, country, model year 1989" after what the check found. */
static void describe(const struct type_context *context, struct arena *arena, struct value *ret)
{
    const struct code *maker = code_by_prefix(context, S("vehicle-makers"), ret->norm, 2, 3);
    int year = model_year(ret->norm, context->today.year);
    str name = maker ? code_name(maker, LANGUAGE_EN) : STR_EMPTY;
    struct buf note = {.max = 512};
    buf_add(&note, ret->note);
    if (name.len || year)
        said_begin(&note);
    if (name.len && year)
        said_add(&note, "%.*s, model year %d", STR(name), year);
    else if (name.len)
        said_add(&note, "%.*s", STR(name));
    else if (year)
        said_add(&note, "model year %d", year);
    ret->note = arena_str(arena, buf_str(&note));
    buf_release(&note);
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct folded folded;
    TRY(type_begin(&type_vin, input, RAW_MAX, ret));
    str text = ret->raw;
    (void)str_cut_label(&text, S("VIN"));
    TRY(fold_identifier(&type_vin, text, "*", &folded));
    while (folded.len &&
           folded.text[folded.len - 1] == '*') /* some registers frame the number in stars */
        folded.len--;
    str vin = folded_str(&folded);
    while (vin.len && vin.ptr[0] == '*')
        vin = str_from(vin, 1);
    if (vin.len < PART_MIN || vin.len > LENGTH || str_find(vin, '*') < vin.len) {
        err_set(ERR_BAD_VALUE,
                "VIN '%.*s' has %zu letters and digits, 17 are expected, or at least the last 5",
                STR(ret->raw), vin.len);
        return err_hint("%s", type_vin.help);
    }
    TRY(type_keep(arena, vin, &ret->norm));
    if (vin.len < LENGTH) {
        ret->note = S("part of a VIN, or a chassis number from before 1981");
        return OK;
    }
    check_whole(arena, ret);
    describe(context, arena, ret);
    return OK;
}

static void keys(const struct value *value, struct key_sink *sink)
{
    str norm = value->norm, space = str_c(value->type->name);
    type_keys_identifier(value, sink);
    if (norm.len >= 8)
        type_add_key(sink, KEY_PARTIAL, space, str_from(norm, norm.len - 8));
    if (norm.len >= 6)
        type_add_key(sink, KEY_PARTIAL, space, str_from(norm, norm.len - 6));
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    str a = asked->norm, b = held->norm;
    str shorter = a.len < b.len ? a : b, longer = a.len < b.len ? b : a;
    if (shorter.len < longer.len && shorter.len >= PART_MIN && str_ends(longer, shorter))
        comparison_set(ret, AGREE_CLOSE, 2, (double)shorter.len / (double)longer.len,
                       "the last %zu characters agree", shorter.len);
    else
        type_compare_identifier(asked, held, ret);
}

static void parts(const struct value *value, struct arena *arena, struct part_sink *sink)
{
    struct type_context none = {0};
    int year = value->norm.len == LENGTH ? model_year(value->norm, day_today().year) : 0;
    if (year)
        type_add_part(sink, &none, arena, S("model-year"), S("number"), STR_EMPTY,
                      arena_printf(arena, "%d", year));
}

/* 1ZZ: a region with check digits, a maker nobody is. */
static void sample(struct random *random, str hint, struct buf *out)
{
    struct buf vin = {0};
    (void)hint;
    buf_add(&vin, S("1ZZ"));
    sample_characters(random, "ABCDEFGHJKLMNPRSTUVWXYZ0123456789", 3, &vin);
    sample_characters(random, "ABCDEFGHJK", 1, &vin);
    sample_characters(random, "0123456789", 1, &vin);
    buf_add_char(&vin, '0');
    sample_characters(random, "ABCDEFGH", 1, &vin);
    sample_characters(random, "ABCDEFGHJKLM", 1, &vin);
    sample_digits(random, 6, &vin);
    vin.ptr[CHECK_AT] = check_digit(buf_str(&vin));
    buf_add(out, buf_str(&vin));
    buf_release(&vin);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    str rest = line;
    bool is_labelled = str_cut_label(&rest, S("VIN"));
    if (line.len > 40 || type_read(&type_vin, context, line, arena, out, max, 0) == 0)
        return 0;
    str norm = out[0].value.norm;
    size_t digits = str_count_digits(norm);
    if (!is_labelled && (norm.len != LENGTH || digits < 3 || str_find(line, '\n') < line.len))
        return 0;
    bool has_letters = digits < norm.len;
    static const unsigned confidence[] = {[CHECK_NONE] = 80, [CHECK_OK] = 96, [CHECK_FAILED] = 62};
    out[0].confidence = is_labelled ? 97 : has_letters ? confidence[out[0].value.check] : 20;
    return 1;
}

const struct type type_vin = {
    .name = "vin",
    .title = "Vehicle identification number (VIN)",
    .help =
        "17 letters and digits without I, O and Q; the last 6 or 8 alone are understood as part "
        "of a VIN",
    .is_key = true,
    .parse = parse,
    .print = type_print_norm,
    .keys = keys,
    .compare = compare,
    .redact = type_redact_middle,
    .sample = sample,
    .recognise = recognise,
    .parts = parts,
    .alphabet = STR_INIT("0123456789ABCDEFGHJKLMNPRSTUVWXYZ"),
};
