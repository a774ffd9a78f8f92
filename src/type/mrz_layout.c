/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layouts of machine-readable zones, their check digits, reading, repairing and writing.
 *
 * A zone is kept as one run of characters; a layout is a table of spans in it, so that every rule
 * below is written once for all formats. Check digits run 7-3-1 over a span, '<' being 0; the
 * composite runs over several spans joined. When the number is longer than nine characters, '<'
 * stands in place of its check digit, the rest follows in the optional field, and the check digit
 * after it (ICAO Doc 9303-5 note j, 9303-6 note j).
 *
 * Repair knows two things a reader gets wrong: a letter where only digits stand, or a digit where
 * only letters do, which can be turned back without doubt; and, where both may stand, single
 * look-alikes, tried one at a time, then two at a time. A reading is only offered when afterwards
 * every check digit agrees, and a guessed one only when no other would do as well.
 */
#include "type/internal.h"
#include "type/mrz.h"

const char *const mrz_check_names[MRZ_CHECK_COUNT] = {
    [MRZ_NUMBER] = "document number", [MRZ_BIRTH] = "date of birth",
    [MRZ_EXPIRY] = "date of expiry",  [MRZ_OPTIONAL] = "optional data",
    [MRZ_COMPOSITE] = "composite",
};

/* clang-format off */
const struct mrz_layout mrz_layouts[MRZ_FORMAT_COUNT] = {
    [MRZ_TD1] = {
        .title = "card machine-readable zone (TD1)", .lines = 3, .width = 30,
        .document_class = {0, 2}, .issuer = {2, 3}, .number = {5, 9}, .optional = {15, 15},
        .birth = {30, 6}, .sex = 37, .expiry = {38, 6}, .nationality = {45, 3},
        .optional2 = {48, 11}, .name = {60, 30},
        .check_at = {[MRZ_NUMBER] = 14, [MRZ_BIRTH] = 36, [MRZ_EXPIRY] = 44, [MRZ_COMPOSITE] = 59},
        .composite = {{5, 25}, {30, 7}, {38, 7}, {48, 11}},
    },
    [MRZ_TD2] = {
        .title = "document machine-readable zone (TD2)", .lines = 2, .width = 36,
        .document_class = {0, 2}, .issuer = {2, 3}, .name = {5, 31}, .number = {36, 9},
        .nationality = {46, 3},
        .birth = {49, 6}, .sex = 56, .expiry = {57, 6}, .optional = {64, 7},
        .check_at = {[MRZ_NUMBER] = 45, [MRZ_BIRTH] = 55, [MRZ_EXPIRY] = 63, [MRZ_COMPOSITE] = 71},
        .composite = {{36, 10}, {49, 7}, {57, 14}},
    },
    [MRZ_TD3] = {
        .title = "passport machine-readable zone (TD3)", .lines = 2, .width = 44,
        .document_class = {0, 2}, .issuer = {2, 3}, .name = {5, 39}, .number = {44, 9},
        .nationality = {54, 3},
        .birth = {57, 6}, .sex = 64, .expiry = {65, 6}, .optional = {72, 14},
        .check_at = {[MRZ_NUMBER] = 53, [MRZ_BIRTH] = 63, [MRZ_EXPIRY] = 71,
                     [MRZ_OPTIONAL] = 86, [MRZ_COMPOSITE] = 87},
        .composite = {{44, 10}, {57, 7}, {65, 22}},
    },
    [MRZ_VISA_A] = {
        .title = "visa machine-readable zone (MRV-A)", .lines = 2, .width = 44,
        .document_class = {0, 2}, .issuer = {2, 3}, .name = {5, 39}, .number = {44, 9},
        .nationality = {54, 3},
        .birth = {57, 6}, .sex = 64, .expiry = {65, 6}, .optional = {72, 16},
        .check_at = {[MRZ_NUMBER] = 53, [MRZ_BIRTH] = 63, [MRZ_EXPIRY] = 71},
    },
    [MRZ_VISA_B] = {
        .title = "visa machine-readable zone (MRV-B)", .lines = 2, .width = 36,
        .document_class = {0, 2}, .issuer = {2, 3}, .name = {5, 31}, .number = {36, 9},
        .nationality = {46, 3},
        .birth = {49, 6}, .sex = 56, .expiry = {57, 6}, .optional = {64, 8},
        .check_at = {[MRZ_NUMBER] = 45, [MRZ_BIRTH] = 55, [MRZ_EXPIRY] = 63},
    },
    [MRZ_TWO_NAMES] = {
        .title = "identity card machine-readable zone (national layout)", .lines = 2, .width = 36,
        .document_class = {0, 2}, .issuer = {2, 3}, .name = {5, 25}, .number = {36, 12},
        .given = {49, 14},
        .birth = {63, 6}, .sex = 70, .optional2 = {30, 6},
        .check_at = {[MRZ_NUMBER] = 48, [MRZ_BIRTH] = 69, [MRZ_COMPOSITE] = 71},
        .composite = {{0, 71}},
    },
};
/* clang-format on */

enum { NUMBER_FIELD = 9 };

/* ---- check digits ---- */

static char digit_over(const struct mrz *mrz, const struct mrz_span *spans, size_t count)
{
    char joined[MRZ_LENGTH_MAX];
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(joined + len, mrz->zone + spans[i].from, spans[i].len);
        len += spans[i].len;
    }
    return icao_digit(str_of(joined, len));
}

static bool is_filler(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '<')
            return false;
    return true;
}

/* Only optional data that are empty may have '<' for their check digit (9303-4, 4.2.2.2). */
static enum check check_field(const struct mrz *mrz, struct mrz_span span, enum mrz_check which)
{
    char found = mrz->zone[mrz_layouts[mrz->format].check_at[which]];
    bool is_unused = which == MRZ_OPTIONAL && found == '<' && is_filler(mrz_text(mrz, span));
    return is_unused || found == digit_over(mrz, &span, 1) ? CHECK_OK : CHECK_FAILED;
}

/*
 * Characters of the number that overflow into the optional field, check digit included; empty when
 * it does not.
 */
static str overflow_of(const struct mrz *mrz)
{
    const struct mrz_layout *layout = &mrz_layouts[mrz->format];
    if (mrz->format != MRZ_TD1 && mrz->format != MRZ_TD2)
        return STR_EMPTY;
    if (mrz->zone[layout->check_at[MRZ_NUMBER]] != '<')
        return STR_EMPTY;
    str rest = mrz_text(mrz, layout->optional);
    rest.len = str_find(rest, '<');
    return rest.len >= 2 ? rest : STR_EMPTY;
}

static enum check check_number(const struct mrz *mrz)
{
    const struct mrz_layout *layout = &mrz_layouts[mrz->format];
    str rest = overflow_of(mrz);
    char joined[MRZ_NUMBER_MAX];
    if (rest.len == 0)
        return check_field(mrz, layout->number, MRZ_NUMBER);
    /* 9303-5 leaves the '<' out of the sum; some issuers count it in. */
    char expected = rest.ptr[rest.len - 1];
    memcpy(joined, mrz->zone + layout->number.from, NUMBER_FIELD);
    memcpy(joined + NUMBER_FIELD, rest.ptr, rest.len - 1);
    bool agrees = icao_digit(str_of(joined, NUMBER_FIELD + rest.len - 1)) == expected;
    joined[NUMBER_FIELD] = '<';
    memcpy(joined + NUMBER_FIELD + 1, rest.ptr, rest.len - 1);
    agrees |= icao_digit(str_of(joined, NUMBER_FIELD + rest.len)) == expected;
    return agrees ? CHECK_OK : CHECK_FAILED;
}

static bool has_span(const struct mrz *mrz, struct mrz_span span)
{
    unsigned width = mrz_layouts[mrz->format].width;
    return span.len == 0 ||
           (mrz->has_line[span.from / width] && mrz->has_line[(span.from + span.len - 1u) / width]);
}

static enum check check_composite(const struct mrz *mrz)
{
    const struct mrz_layout *layout = &mrz_layouts[mrz->format];
    unsigned char at = layout->check_at[MRZ_COMPOSITE];
    for (size_t i = 0; i < COUNT_OF(layout->composite); i++)
        if (!has_span(mrz, layout->composite[i]))
            return CHECK_NONE;
    if (!has_span(mrz, (struct mrz_span){at, 1}))
        return CHECK_NONE;
    return mrz->zone[at] == digit_over(mrz, layout->composite, COUNT_OF(layout->composite))
               ? CHECK_OK
               : CHECK_FAILED;
}

enum check mrz_verify(struct mrz *mrz)
{
    const struct mrz_layout *layout = &mrz_layouts[mrz->format];
    const struct mrz_span spans[] = {[MRZ_NUMBER] = layout->number,
                                     [MRZ_BIRTH] = layout->birth,
                                     [MRZ_EXPIRY] = layout->expiry,
                                     [MRZ_OPTIONAL] = layout->optional};
    enum check whole = CHECK_NONE;
    for (size_t i = 0; i < MRZ_CHECK_COUNT; i++) {
        unsigned char at = layout->check_at[i];
        bool is_here = at && has_span(mrz, (struct mrz_span){at, 1});
        if (!is_here)
            mrz->checks[i] = CHECK_NONE;
        else if (i == MRZ_COMPOSITE)
            mrz->checks[i] = check_composite(mrz);
        else
            mrz->checks[i] =
                i == MRZ_NUMBER ? check_number(mrz) : check_field(mrz, spans[i], (enum mrz_check)i);
        if (mrz->checks[i] == CHECK_FAILED || (mrz->checks[i] == CHECK_OK && whole == CHECK_NONE))
            whole = mrz->checks[i];
    }
    return whole;
}

str mrz_number(const struct mrz *mrz, char out[MRZ_NUMBER_MAX])
{
    const struct mrz_layout *layout = &mrz_layouts[mrz->format];
    str number = mrz_text(mrz, layout->number), rest = overflow_of(mrz);
    size_t len = number.len;
    memcpy(out, number.ptr, len);
    if (rest.len) {
        memcpy(out + len, rest.ptr, rest.len - 1);
        len += rest.len - 1;
    }
    while (len && out[len - 1] == '<')
        len--;
    return str_of(out, len);
}

/* ---- repair ---- */

static char as_digit(char c)
{
    switch (c) {
    case 'O':
    case 'Q':
    case 'D': return '0';
    case 'I':
    case 'L': return '1';
    case 'Z': return '2';
    case 'S': return '5';
    case 'G': return '6';
    case 'T': return '7';
    case 'B': return '8';
    default: return c;
    }
}

static char as_letter(char c)
{
    static const char letters[] = "OIZ??SG?B?"; /* 0 1 2 5 6 8 */
    return is_digit(c) && letters[c - '0'] != '?' ? letters[c - '0'] : c;
}

static void turn_span(struct mrz *mrz, struct mrz_span span, char (*turn)(char))
{
    for (size_t i = 0; i < span.len; i++)
        mrz->zone[span.from + i] = turn(mrz->zone[span.from + i]);
}

void mrz_turn_certain(struct mrz *mrz)
{
    const struct mrz_layout *layout = &mrz_layouts[mrz->format];
    turn_span(mrz, layout->birth, as_digit);
    turn_span(mrz, layout->expiry, as_digit);
    for (size_t i = 0; i < MRZ_CHECK_COUNT; i++)
        if (layout->check_at[i])
            turn_span(mrz, (struct mrz_span){layout->check_at[i], 1}, as_digit);
    turn_span(mrz, layout->issuer, as_letter);
    turn_span(mrz, layout->nationality, as_letter);
    turn_span(mrz, layout->name, as_letter);
    turn_span(mrz, layout->given, as_letter);
    turn_span(mrz, (struct mrz_span){layout->document_class.from, 1}, as_letter);
}

/*
 * The look-alikes of a character that may be a letter or a digit: the common six pairs first, then
 * the rarer ones.
 */
static const char *look_alikes(char c, bool is_rare)
{
    static const char *const common[] = {"0O", "1I", "2Z", "5S", "6G", "8B",
                                         "O0", "I1", "Z2", "S5", "G6", "B8"};
    static const char *const rare[] = {"0QD", "1L", "OQD", "Q0O", "D0O", "L1I", "7T",
                                       "T7",  "4A", "A4",  "VY",  "YV",  "UV"};
    const char *const *table = is_rare ? rare : common;
    size_t count = is_rare ? COUNT_OF(rare) : COUNT_OF(common);
    for (size_t i = 0; i < count; i++)
        if (table[i][0] == c)
            return table[i] + 1;
    return "";
}

/* One character that may be its look-alike. */
struct guess {
    size_t at;
    char other;
};
enum { GUESS_MAX = 2 * MRZ_LENGTH_MAX };

static size_t list_guesses(const struct mrz *mrz, bool is_rare, struct guess guesses[GUESS_MAX])
{
    const struct mrz_layout *layout = &mrz_layouts[mrz->format];
    const struct mrz_span spans[] = {layout->number, layout->optional, layout->optional2};
    size_t count = 0;
    for (size_t s = 0; s < COUNT_OF(spans); s++)
        for (size_t at = spans[s].from; at < (size_t)spans[s].from + spans[s].len; at++)
            for (const char *other = look_alikes(mrz->zone[at], is_rare);
                 *other && count < GUESS_MAX; other++)
                guesses[count++] = (struct guess){at, *other};
    return count;
}

/* Whether all agrees with these changes; then *ret has them. */
static bool would_agree(const struct mrz *mrz, struct guess one, struct guess two, struct mrz *ret)
{
    struct mrz candidate = *mrz;
    candidate.zone[one.at] = one.other;
    candidate.zone[two.at] = two.other;
    if (mrz_verify(&candidate) != CHECK_OK)
        return false;
    *ret = candidate;
    return true;
}

/* How many single changes make everything agree; the last one is in *ret. */
static size_t try_singles(const struct mrz *mrz, bool is_rare, struct mrz *ret)
{
    struct guess guesses[GUESS_MAX];
    size_t count = list_guesses(mrz, is_rare, guesses), solutions = 0;
    for (size_t i = 0; i < count; i++)
        solutions += would_agree(mrz, guesses[i], guesses[i], ret);
    return solutions;
}

/* The same of two changes, of the common look-alikes: some hundred pairs. */
static size_t try_pairs(const struct mrz *mrz, struct mrz *ret)
{
    struct guess guesses[GUESS_MAX];
    size_t count = list_guesses(mrz, false, guesses), solutions = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            if (guesses[k].at != guesses[i].at)
                solutions += would_agree(mrz, guesses[i], guesses[k], ret);
    return solutions;
}

static size_t places_differing(const struct mrz *a, const struct mrz *b)
{
    size_t count = 0;
    for (size_t i = 0; i < MRZ_LENGTH_MAX; i++)
        count += a->zone[i] != b->zone[i];
    return count;
}

size_t mrz_repair(const struct mrz *mrz, struct mrz *ret, bool *ret_is_open)
{
    struct mrz certain = *mrz;
    *ret_is_open = false;
    mrz_turn_certain(&certain);
    if (mrz_verify(&certain) == CHECK_OK) {
        *ret = certain;
        return places_differing(mrz, ret);
    }
    size_t solutions = try_singles(&certain, false, ret);
    if (solutions == 0)
        solutions = try_singles(&certain, true, ret);
    if (solutions == 0)
        solutions = try_pairs(&certain, ret);
    *ret_is_open = solutions > 1;
    return solutions == 1 ? places_differing(mrz, ret) : 0;
}

/* ---- reading ---- */

void mrz_read_as(enum mrz_format format, str zone, struct mrz *ret)
{
    const struct mrz_layout *layout = &mrz_layouts[format];
    *ret = (struct mrz){.format = format};
    memset(ret->zone, '<', MRZ_LENGTH_MAX);
    ensure(zone.len == (size_t)layout->lines * layout->width);
    memcpy(ret->zone, zone.ptr, zone.len);
    for (size_t i = 0; i < layout->lines; i++)
        ret->has_line[i] = true;
    (void)mrz_verify(ret);
}

/* Lines of a partial zone: which lines of which format a text of this length could be. */
static const struct {
    enum mrz_format format;
    unsigned char first, count;
} fragments[] = {
    {MRZ_TD1, 0, 2}, {MRZ_TD1, 0, 1}, {MRZ_TD1, 1, 1},    {MRZ_TD3, 1, 1}, {MRZ_VISA_A, 1, 1},
    {MRZ_TD3, 0, 1}, {MRZ_TD2, 1, 1}, {MRZ_VISA_B, 1, 1}, {MRZ_TD2, 0, 1},
};

static void read_fragment(size_t row, str text, struct mrz *ret)
{
    const struct mrz_layout *layout = &mrz_layouts[fragments[row].format];
    *ret = (struct mrz){.format = fragments[row].format};
    memset(ret->zone, '<', MRZ_LENGTH_MAX);
    memcpy(ret->zone + (size_t)fragments[row].first * layout->width, text.ptr, text.len);
    for (size_t i = 0; i < fragments[row].count; i++)
        ret->has_line[fragments[row].first + i] = true;
    (void)mrz_verify(ret);
}

static bool is_visa(const struct mrz *mrz)
{
    return mrz->format == MRZ_VISA_A || mrz->format == MRZ_VISA_B;
}

/* What the first letters say of the format: P a passport, V a visa. */
static int fitness_of_class(const struct mrz *mrz)
{
    char first = mrz->zone[mrz_layouts[mrz->format].document_class.from];
    if (!mrz->has_line[0])
        return is_visa(mrz) ? -1 : 0;
    int points = is_visa(mrz) == (first == 'V') ? 6 : -6;
    if (mrz->format == MRZ_TD3)
        points += first == 'P' ? 4 : -4;
    return points - is_digit(first) * 4;
}

/*
 * How well a text fits a format, after misread characters were turned back where that is certain:
 * right checks count, wrong ones against, and so does every character that had to be turned or
 * cannot stand where it does.
 */
static int fitness(const struct mrz *mrz)
{
    const struct mrz_layout *layout = &mrz_layouts[mrz->format];
    const struct mrz_span letters[] = {layout->name, layout->given, layout->nationality};
    const struct mrz_span digits[] = {layout->birth, layout->expiry};
    struct mrz turned = *mrz;
    int points = fitness_of_class(mrz);
    mrz_turn_certain(&turned);
    (void)mrz_verify(&turned);
    points -= (int)places_differing(mrz, &turned);
    for (size_t i = 0; i < MRZ_CHECK_COUNT; i++)
        points += turned.checks[i] == CHECK_OK ? 4 : turned.checks[i] == CHECK_FAILED ? -3 : 0;
    for (size_t i = 0; i < COUNT_OF(letters); i++)
        points -=
            has_span(mrz, letters[i]) ? (int)str_count_digits(mrz_text(&turned, letters[i])) : 0;
    for (size_t i = 0; i < COUNT_OF(digits); i++)
        for (size_t k = 0; has_span(mrz, digits[i]) && k < digits[i].len; k++)
            points -= is_upper(turned.zone[digits[i].from + k]);
    return points;
}

static bool best_of_length(str text, struct mrz *ret)
{
    int best = -1000;
    struct mrz candidate;
    for (size_t i = 0; i < MRZ_FORMAT_COUNT; i++) {
        if (text.len != (size_t)mrz_layouts[i].lines * mrz_layouts[i].width)
            continue;
        mrz_read_as((enum mrz_format)i, text, &candidate);
        if (fitness(&candidate) > best) {
            best = fitness(&candidate);
            *ret = candidate;
        }
    }
    for (size_t i = 0; i < COUNT_OF(fragments); i++) {
        if (text.len != (size_t)fragments[i].count * mrz_layouts[fragments[i].format].width)
            continue;
        read_fragment(i, text, &candidate);
        if (fitness(&candidate) > best) {
            best = fitness(&candidate);
            *ret = candidate;
        }
    }
    return best > -1000;
}

/* Lines cut at line feeds, each filled up to the width their number and longest length call for. */
static bool fill_lines(str text, char out[MRZ_LENGTH_MAX], size_t *ret_len)
{
    str lines[3], line;
    size_t count = 0, longest = 0, width;
    while (str_split(&text, '\n', &line)) {
        if (line.len == 0)
            continue;
        if (count == COUNT_OF(lines))
            return false;
        lines[count++] = line;
        longest = line.len > longest ? line.len : longest;
    }
    width = count == 3 ? 30 : longest <= 30 && count == 1 ? 30 : longest <= 36 ? 36 : 44;
    if (count == 2 && longest <= 30 && lines[0].len == 30) /* the first two of three */
        width = 30;
    bool ends_in_fillers = count == 2 && lines[0].ptr[0] == 'V'; /* visas have no last digit */
    if (count < 2 || longest > width || (lines[1].len < width && !ends_in_fillers))
        return false;
    memset(out, '<', count * width);
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * width, lines[i].ptr, lines[i].len);
    *ret_len = count * width;
    return true;
}

bool mrz_read(str text, struct mrz *ret, const char **ret_why)
{
    char plain[MRZ_LENGTH_MAX * 2], filled[MRZ_LENGTH_MAX];
    size_t len = 0, filled_len = 0;
    if (text.len > sizeof plain) {
        *ret_why = "it is longer than any zone";
        return false;
    }
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '\n')
            plain[len++] = text.ptr[i];
    if (best_of_length(str_of(plain, len), ret))
        return true;
    if (fill_lines(text, filled, &filled_len) && best_of_length(str_of(filled, filled_len), ret))
        return true;
    *ret_why =
        "zones have 90 (3 x 30), 88 (2 x 44) or 72 (2 x 36) characters: one was lost or added, "
        "read again";
    return false;
}

/* ---- writing ---- */

static void put(char *zone, struct mrz_span span, str text)
{
    if (text.len) /* the empty text may have no address */
        memcpy(zone + span.from, text.ptr, text.len < span.len ? text.len : span.len);
}

/* Nine characters, '<' for the check digit, the rest and the check digit in the optional field. */
static void put_number(struct mrz *mrz, const struct mrz_layout *layout, str number)
{
    put(mrz->zone, layout->number, number);
    bool overflows =
        number.len > layout->number.len && (mrz->format == MRZ_TD1 || mrz->format == MRZ_TD2);
    if (!overflows) {
        mrz->zone[layout->check_at[MRZ_NUMBER]] = digit_over(mrz, &layout->number, 1);
        return;
    }
    str rest = str_slice(str_from(number, layout->number.len), 0, layout->optional.len - 2u);
    put(mrz->zone, layout->optional, rest);
    mrz->zone[layout->optional.from + rest.len] =
        icao_digit(str_slice(number, 0, layout->number.len + rest.len));
}

void mrz_write(enum mrz_format format, const struct mrz_contents *contents, struct buf *out)
{
    const struct mrz_layout *layout = &mrz_layouts[format];
    struct mrz mrz = {.format = format};
    memset(mrz.zone, '<', MRZ_LENGTH_MAX);
    put(mrz.zone, layout->optional, contents->optional);
    put(mrz.zone, layout->document_class, contents->document_class);
    put(mrz.zone, layout->issuer, contents->issuer);
    put(mrz.zone, layout->nationality, contents->nationality);
    put(mrz.zone, layout->birth, contents->birth);
    put(mrz.zone, layout->expiry, contents->expiry);
    put(mrz.zone, layout->name, contents->name);
    mrz.zone[layout->sex] = contents->sex == 'M' || contents->sex == 'F' ? contents->sex : '<';
    put_number(&mrz, layout, contents->number);
    mrz.zone[layout->check_at[MRZ_BIRTH]] = digit_over(&mrz, &layout->birth, 1);
    if (layout->check_at[MRZ_EXPIRY])
        mrz.zone[layout->check_at[MRZ_EXPIRY]] = digit_over(&mrz, &layout->expiry, 1);
    if (layout->check_at[MRZ_OPTIONAL])
        mrz.zone[layout->check_at[MRZ_OPTIONAL]] = digit_over(&mrz, &layout->optional, 1);
    if (layout->check_at[MRZ_COMPOSITE])
        mrz.zone[layout->check_at[MRZ_COMPOSITE]] =
            digit_over(&mrz, layout->composite, COUNT_OF(layout->composite));
    for (size_t i = 0; i < layout->lines; i++) {
        if (i)
            buf_add_char(out, '\n');
        buf_add(out, str_of(mrz.zone + i * layout->width, layout->width));
    }
}
