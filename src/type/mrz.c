/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mrz: the machine-readable zone as a field type. Accepts what comes from readers, cameras and
 * keyboards: lines joined by line ends, blanks or nothing, small letters, full-width signs, fillers
 * lost at line ends, a single line. What it says is in its parts, each a value of its own type with
 * its own check result:
 *
 *   P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<
 *   L898902C36UTO7408122F1204159ZE184226B<<<<<10
 *     -> document-class P, issuer UTO, name ERIKSSON<<ANNA<MARIA, document-number L898902C3,
 *        nationality UTO, birth-date 1974-08-12, sex F, expiry-date 2012-04-15,
 *        personal-number ZE184226B
 *
 * The normal form is the lines that were given, whole, with a line feed between. When check digits
 * fail and one reading of misread characters makes all of them agree, value.repair is that reading
 * and the note says which characters.
 */
#include "type/mrz.h"

#include <stdio.h>

#include "base/said.h"

#include "type/internal.h"

extern const struct type type_mrz;

enum { RAW_MAX = 400, FUTURE_YEARS = 30 };

/* Brackets, arrows and guillemets that cameras and keyboards make of '<'. */
static uint32_t as_filler(uint32_t c)
{
    switch (c) {
    case 0xAB:   /* double angle: two fillers */
    case 0x2039: /* single angle */
    case 0x3008:
    case 0x300A:
    case 0x27E8:
    case 0xFF1C: return '<';
    default: return c;
    }
}

/*
 * Upper case, fillers put right, line ends to one line feed, other blanks dropped. False: some
 * other character.
 */
static bool fold_zone(str raw, char out[RAW_MAX], size_t *ret_len)
{
    size_t len = 0;
    for (size_t at = 0; at < raw.len;) {
        uint32_t original = utf8_next(raw, &at), c = as_filler(original);
        if (c == '\r' || c == '\n')
            c = '\n';
        else if (c != '<')
            c = fold_character(c);
        if (c == 0)
            continue;
        if (c > 127 || (c != '<' && c != '\n' && !is_alnum((char)c)))
            return false;
        out[len++] = (char)c;
        if (original == 0xAB || original == 0x300A)
            out[len++] = '<';
    }
    *ret_len = len;
    return true;
}

static str joined_lines(const struct mrz *mrz, struct arena *arena)
{
    const struct mrz_layout *layout = &mrz_layouts[mrz->format];
    char text[MRZ_LENGTH_MAX + 3];
    size_t len = 0;
    for (size_t i = 0; i < layout->lines; i++) {
        if (!mrz->has_line[i])
            continue;
        if (len)
            text[len++] = '\n';
        memcpy(text + len, mrz->zone + i * layout->width, layout->width);
        len += layout->width;
    }
    return arena_str(arena, str_of(text, len));
}

/* "document number and composite check digits do not agree" */
static void list_failures(const struct mrz *mrz, struct buf *out)
{
    struct buf names = {.max = 512};
    size_t failed = 0;
    for (size_t i = 0; i < MRZ_CHECK_COUNT; i++) {
        if (mrz->checks[i] != CHECK_FAILED)
            continue;
        if (failed++)
            buf_add_char(&names, SAID_NEXT);
        buf_printf(&names, "\x04%s", mrz_check_names[i]);
    }
    if (failed == 1)
        said_add(out, "%.*s check digit does not agree", STR(buf_str(&names)));
    else
        said_add(out, "%.*s check digits do not agree", STR(buf_str(&names)));
    buf_release(&names);
}

static void list_repairs(const struct mrz *mrz, const struct mrz *repaired, size_t count,
                         struct buf *out)
{
    unsigned width = mrz_layouts[mrz->format].width;
    struct buf list = {.max = 1024};
    size_t said = 0;
    for (size_t i = 0; i < MRZ_LENGTH_MAX && said < 4; i++) {
        if (mrz->zone[i] == repaired->zone[i])
            continue;
        if (said++)
            buf_add_char(&list, SAID_NEXT);
        said_add(&list, "line %u place %u: %c instead of %c", (unsigned)i / width + 1,
                 (unsigned)i % width + 1, repaired->zone[i], mrz->zone[i]);
    }
    said_begin(out);
    said_add(out, "all agree with %.*s", STR(buf_str(&list)));
    if (count > said) {
        said_begin(out);
        said_add(out, "and %zu more", count - said);
    }
    buf_release(&list);
}

/* Of thirty letters any could be a zone: fillers or dates make it one. */
static bool is_plausible(str zone)
{
    return str_find(zone, '<') < zone.len || str_count_digits(zone) >= 10;
}

static void explain_failure(const struct mrz *mrz, struct arena *arena, struct value *ret)
{
    struct buf note = {.max = 1024};
    struct mrz repaired;
    bool is_open = false;
    list_failures(mrz, &note);
    size_t count = mrz_repair(mrz, &repaired, &is_open);
    str repair = count ? joined_lines(&repaired, arena) : STR_EMPTY;
    if (is_plausible(repair)) {
        list_repairs(mrz, &repaired, count, &note);
        ret->repair = repair;
    } else if (is_open)
        buf_add(&note, S("; several misread characters would explain it"));
    ret->note = arena_str(arena, buf_str(&note));
    buf_release(&note);
}

static enum err refuse(const char *why)
{
    err_set(ERR_BAD_VALUE, "not a machine-readable zone: %s", why);
    return err_hint("%s", type_mrz.help);
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    char text[RAW_MAX + 2];
    size_t len = 0;
    const char *why = "it holds other characters than letters, digits and <";
    struct mrz *mrz = arena_new(arena, struct mrz);
    if (!mrz)
        return err_last()->code;
    TRY(type_begin(&type_mrz, input, RAW_MAX / 2, ret));
    if (!fold_zone(ret->raw, text, &len) || !mrz_read(str_of(text, len), mrz, &why))
        return refuse(why);
    if (!is_plausible(str_of(text, len)))
        return refuse("it has neither fillers nor dates");
    mrz->context = *context;
    ret->detail = mrz;
    ret->norm = joined_lines(mrz, arena);
    ret->check = mrz_verify(mrz);
    if (ret->norm.len == 0)
        return err_last()->code;
    if (ret->check == CHECK_FAILED)
        explain_failure(mrz, arena, ret);
    return OK;
}

/* ---- parts ---- */

/*
 * YYMMDD with '<' for what is unknown, to "1974-08-12", "1974-08", "1974"; empty when nothing is
 * known.
 */
static str date_of(str digits, int this_year, bool is_future, struct arena *arena)
{
    uint64_t year = 0;
    if (digits.len != 6 || !str_to_u64(str_slice(digits, 0, 2), 99, &year))
        return STR_EMPTY;
    int last = is_future ? this_year + FUTURE_YEARS : this_year;
    int full = (last / 100) * 100 + (int)year;
    if (full > last)
        full -= 100;
    if (!str_is_digits(str_slice(digits, 2, 2)))
        return arena_printf(arena, "%04d", full);
    if (!str_is_digits(str_slice(digits, 4, 2)))
        return arena_printf(arena, "%04d-%.*s", full, STR(str_slice(digits, 2, 2)));
    return arena_printf(arena, "%04d-%.*s-%.*s", full, STR(str_slice(digits, 2, 2)),
                        STR(str_slice(digits, 4, 2)));
}

static str cut_fillers(str text)
{
    while (text.len && text.ptr[text.len - 1] == '<')
        text.len--;
    while (text.len && text.ptr[0] == '<')
        text = str_from(text, 1);
    return text;
}

/* Passes parts on with the check result of their own digit. */
struct checked_sink {
    struct part_sink sink;
    struct part_sink *to;
    enum check check;
};

static void add_checked(struct part_sink *sink, str meaning, const struct value *value)
{
    struct checked_sink *checked = (struct checked_sink *)sink;
    struct value copy = *value;
    if (copy.check == CHECK_NONE)
        copy.check = checked->check;
    checked->to->add(checked->to, meaning, &copy);
}

static void add(struct part_sink *to, const struct mrz *mrz, struct arena *arena, str meaning,
                str type, str text, enum check check)
{
    struct checked_sink sink = {{add_checked}, to, check};
    type_add_part(&sink.sink, &mrz->context, arena, meaning, type, STR_EMPTY, text);
}

/*
 * "PD" is a type of its own in some lists; where it is not, "P" says enough. The type's row names
 * its class.
 */
static void add_document_type(struct part_sink *to, const struct mrz *mrz, struct arena *arena)
{
    const struct code_list *types =
        mrz->context.codes ? codes_list(mrz->context.codes, S("document-types")) : NULL;
    str letters = cut_fillers(mrz_text(mrz, mrz_layouts[mrz->format].document_class));
    const struct code *type = types && letters.len ? code_find(types, letters) : NULL;
    if (!type && types && letters.len)
        type = code_find(types, str_slice(letters, 0, 1));
    if (!type)
        return;
    type_add_part(to, &mrz->context, arena, S("document-type"), S("code"), types->name, type->code);
    type_add_part(to, &mrz->context, arena, S("document-class"), S("code"), S("document-classes"),
                  code_extra(types, type, S("class")));
}

static void add_names(struct part_sink *to, const struct mrz *mrz, struct arena *arena)
{
    const struct mrz_layout *layout = &mrz_layouts[mrz->format];
    str name = cut_fillers(mrz_text(mrz, layout->name));
    if (layout->given.len)
        name = arena_printf(arena, "%.*s<<%.*s", STR(name),
                            STR(cut_fillers(mrz_text(mrz, layout->given))));
    add(to, mrz, arena, S("name"), S("name"), cut_fillers(name), CHECK_NONE);
}

/*
 * A letter in a date, a digit in a name are misread, whatever else is: parts are of what is meant
 * there, so that the person is looked for by it.
 */
static void parts(const struct value *value, struct arena *arena, struct part_sink *sink)
{
    struct mrz *mrz = arena_new(arena, struct mrz); /* values of parts point into it */
    char number[MRZ_NUMBER_MAX];
    if (!mrz)
        return;
    *mrz = *mrz_of(value);
    mrz_turn_certain(mrz);
    (void)mrz_verify(mrz);
    const struct mrz_layout *layout = &mrz_layouts[mrz->format];
    int year = mrz->context.today.year ? mrz->context.today.year : day_today().year;
    str sex = str_of(mrz->zone + layout->sex, 1);
    add(sink, mrz, arena, S("document-number"), S("document-number"),
        arena_str(arena, mrz_number(mrz, number)), mrz->checks[MRZ_NUMBER]);
    add(sink, mrz, arena, S("issuer"), S("country"), cut_fillers(mrz_text(mrz, layout->issuer)),
        CHECK_NONE);
    add_names(sink, mrz, arena);
    add(sink, mrz, arena, S("birth-date"), S("date"),
        date_of(mrz_text(mrz, layout->birth), year, false, arena), mrz->checks[MRZ_BIRTH]);
    add(sink, mrz, arena, S("nationality"), S("country"),
        cut_fillers(mrz_text(mrz, layout->nationality)), CHECK_NONE);
    add(sink, mrz, arena, S("sex"), S("sex"), sex.ptr[0] == '<' ? STR_EMPTY : sex, CHECK_NONE);
    add(sink, mrz, arena, S("expiry-date"), S("date"),
        date_of(mrz_text(mrz, layout->expiry), year, true, arena), mrz->checks[MRZ_EXPIRY]);
    if (mrz->format == MRZ_TD3)
        add(sink, mrz, arena, S("personal-number"), S("document-number"),
            cut_fillers(mrz_text(mrz, layout->optional)), mrz->checks[MRZ_OPTIONAL]);
    add_document_type(sink, mrz, arena);
}

/* ---- the rest ---- */

static void print(const struct value *value, struct buf *out)
{
    buf_add(out, value->norm);
}

/* A stored zone is found by its document number. */
static void keys(const struct value *value, struct key_sink *sink)
{
    const struct mrz *mrz = mrz_of(value);
    char number[MRZ_NUMBER_MAX];
    str text = mrz_number(mrz, number);
    if (text.len)
        type_add_key(sink, KEY_EXACT, S("document-number"), text);
    type_keys_exact(value, sink);
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    const struct mrz *a = mrz_of(asked), *b = mrz_of(held);
    char one[MRZ_NUMBER_MAX], two[MRZ_NUMBER_MAX];
    bool same_issuer = memcmp(a->zone + mrz_layouts[a->format].issuer.from,
                              b->zone + mrz_layouts[b->format].issuer.from, 3) == 0;
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same zone");
    else if (str_eq(mrz_number(a, one), mrz_number(b, two)))
        comparison_set(ret, AGREE_CLOSE, 1, 0.9,
                       same_issuer ? "same number and issuer" : "same number");
    else
        comparison_set(ret, AGREE_DIFFERENT, 2, 0, "different document");
}

static void sample(struct random *random, str hint, struct buf *out)
{
    static const char *const names[] = {"EXAMPLE<<ANNA", "SPECIMEN<<MARIA<LENA", "MUSTER<<JAN",
                                        "PRUEBA<<LUIS"};
    struct buf number = {0};
    char birth[8], expiry[8];
    (void)hint;
    sample_characters(random, "CFGHJKLMNPRTVWXYZ", 1, &number);
    sample_digits(random, 8, &number);
    (void)snprintf(birth, sizeof birth, "%02u%02u%02u", 40 + (unsigned)random_below(random, 60),
                   1 + (unsigned)random_below(random, 12), 1 + (unsigned)random_below(random, 28));
    (void)snprintf(expiry, sizeof expiry, "%02u%02u%02u", 27 + (unsigned)random_below(random, 9),
                   1 + (unsigned)random_below(random, 12), 1 + (unsigned)random_below(random, 28));
    struct mrz_contents contents = {
        .document_class = S("P"),
        .issuer = S("UTO"),
        .number = buf_str(&number),
        .nationality = S("UTO"),
        .birth = str_of(birth, 6),
        .expiry = str_of(expiry, 6),
        .sex = random_below(random, 2) ? 'F' : 'M',
        .name = str_c(names[random_below(random, COUNT_OF(names))]),
    };
    mrz_write(MRZ_TD3, &contents, out);
    buf_release(&number);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len < 25 || line.len > RAW_MAX / 2 ||
        type_read(&type_mrz, context, line, arena, out, max, 0) == 0)
        return 0;
    const struct value *value = &out[0].value;
    const struct mrz *mrz = mrz_of(value);
    const struct mrz_layout *layout = &mrz_layouts[mrz->format];
    bool is_whole =
        mrz->has_line[0] && mrz->has_line[1] && (layout->lines == 2 || mrz->has_line[2]);
    bool has_fillers = str_find(value->norm, '<') < value->norm.len;
    if (value->check == CHECK_OK)
        out[0].confidence = is_whole ? 100 : has_fillers || layout->width > 30 ? 97 : 40;
    else if (!has_fillers)
        return 0;
    else
        out[0].confidence = value->repair.len            ? 95
                            : is_whole                   ? 88
                            : value->check == CHECK_NONE ? 60
                                                         : 55;
    out[0].title =
        is_whole ? str_c(layout->title) : arena_printf(arena, "part of a %s", layout->title);
    return 1;
}

const struct type type_mrz = {
    .name = "mrz",
    .title = "Machine-readable zone",
    .help = "The two or three lines at the foot of a passport, visa or card: 2 x 44, 2 x 36 or 3 x "
            "30 characters",
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = keys,
    .compare = compare,
    .sample = sample,
    .recognise = recognise,
    .parts = parts,
};
