/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The truth file: for one record in twenty, a query as a careless world would put it, and what was
 * done to it. Each class is one kind of damage, so that recall can be told apart by kind.
 *
 *   database <TAB> owner and reference <TAB> class <TAB> query text <TAB> date of birth or nothing
 *
 * Persons are asked for by name: exact, typo, transliteration (the script or spelling the record
 * does not have), swapped (order of the parts), missing-part, initial, day-month (name right, day
 * and month of birth swapped), year-off. Things are asked for by their first linking number: exact,
 * misread (0 for O ...), and with a character wrong, missing, or two swapped.
 */
#include "sample/internal.h"
#include "type/mrz.h"

enum { QUERY_MAX = 256 };

struct damaged {
    struct buf text;
    struct day born;
    bool has_born;
};

/* ---- names ---- */

static void slip_at(str word, size_t at, struct random *random, struct buf *out)
{
    static const char letters[] = "aeinorstl";
    unsigned kind = (unsigned)random_below(random, 4);
    buf_add(out, str_slice(word, 0, at));
    if (kind == 0 && at + 1 < word.len) {
        buf_add_char(out, word.ptr[at + 1]);
        buf_add_char(out, word.ptr[at]);
        buf_add(out, str_from(word, at + 2));
        return;
    }
    if (kind == 1)
        buf_add_char(out, word.ptr[at]);
    if (kind <= 2)
        buf_add_char(out,
                     kind == 1 ? word.ptr[at] : letters[random_below(random, sizeof letters - 1)]);
    buf_add(out, str_from(word, at + 1)); /* kind 3: the letter is missing */
}

/* One slip in an ASCII letter that is not the first of the text. */
static bool add_typo(str text, struct random *random, struct buf *out)
{
    for (unsigned tries = 0; tries < 20 && text.len > 4; tries++) {
        size_t at = 1 + (size_t)random_below(random, text.len - 2);
        bool is_plain = is_lower(text.ptr[at]) && is_lower(text.ptr[at + 1]) &&
                        text.ptr[at] != text.ptr[at + 1];
        if (!is_plain)
            continue;
        slip_at(text, at, random, out);
        return true;
    }
    return false;
}

static bool add_parts(const str parts[NAME_ROLES], const uint8_t *order, size_t count,
                      struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[order[i]].len == 0)
            continue;
        if (out->len)
            buf_add_char(out, ' ');
        buf_add(out, parts[order[i]]);
    }
    return out->len > 0;
}

/* Letters with marks lose them, as a spelling in a register of another country would. */
static void add_plain_latin(str latin, struct arena *arena, struct buf *out)
{
    struct buf zone = {0};
    mrz_put_name(latin, &zone);
    str upper = arena_str(arena, buf_str(&zone));
    for (size_t i = 0; i < upper.len; i++)
        buf_add_char(out, upper.ptr[i] == '<' ? ' ' : upper.ptr[i]);
    buf_release(&zone);
}

static bool holds_latin(const struct record *record, const struct person *person)
{
    for (size_t i = 0; i < record->count; i++) {
        str raw = record->values[i].value.raw;
        if (str_has(raw, person->name.latin) ||
            (person->name.latin_parts[1].len && str_has(raw, person->name.latin_parts[1])))
            return true;
    }
    return false;
}

typedef bool name_damage(const struct record *record, const struct person *person,
                         struct random *random, struct arena *arena, struct damaged *out);

static bool name_exact(const struct record *record, const struct person *person,
                       struct random *random, struct arena *arena, struct damaged *out)
{
    (void)random;
    (void)arena;
    buf_add(&out->text, holds_latin(record, person) ? person->name.latin : person->name.native);
    return true;
}
static bool name_typo(const struct record *record, const struct person *person,
                      struct random *random, struct arena *arena, struct damaged *out)
{
    (void)record;
    (void)arena;
    return add_typo(person->name.latin, random, &out->text);
}
static bool name_transliteration(const struct record *record, const struct person *person,
                                 struct random *random, struct arena *arena, struct damaged *out)
{
    (void)random;
    if (!holds_latin(record, person) || str_eq(person->name.latin, person->name.native))
        add_plain_latin(person->name.latin, arena, &out->text);
    else
        buf_add(&out->text, person->name.native);
    return true;
}
static bool name_swapped(const struct record *record, const struct person *person,
                         struct random *random, struct arena *arena, struct damaged *out)
{
    static const uint8_t family_first[] = {0, 1, 2}, given_first[] = {1, 2, 0};
    (void)record;
    (void)random;
    (void)arena;
    bool is_given_first = str_starts(person->name.latin, person->name.latin_parts[1]);
    return add_parts(person->name.latin_parts, is_given_first ? family_first : given_first,
                     NAME_ROLES, &out->text);
}
static bool name_missing_part(const struct record *record, const struct person *person,
                              struct random *random, struct arena *arena, struct damaged *out)
{
    const str *parts = person->name.latin_parts;
    static const uint8_t order[] = {1, 0};
    (void)record;
    (void)random;
    (void)arena;
    if (parts[2].len) /* without the patronymic */
        return add_parts(parts, order, 2, &out->text);
    size_t blank = str_find(parts[0], ' '); /* one of two family names */
    if (blank == parts[0].len)
        return false;
    buf_add(&out->text, parts[1]);
    buf_add_char(&out->text, ' ');
    buf_add(&out->text, str_slice(parts[0], 0, blank));
    return true;
}
static bool name_initial(const struct record *record, const struct person *person,
                         struct random *random, struct arena *arena, struct damaged *out)
{
    size_t first = 0;
    (void)record;
    (void)random;
    (void)arena;
    if (person->name.latin_parts[0].len == 0 || person->name.latin_parts[1].len == 0)
        return false;
    (void)utf8_next(person->name.latin_parts[1], &first);
    buf_add(&out->text, str_slice(person->name.latin_parts[1], 0, first));
    buf_add(&out->text, S(". "));
    buf_add(&out->text, person->name.latin_parts[0]);
    return true;
}
static bool name_day_month(const struct record *record, const struct person *person,
                           struct random *random, struct arena *arena, struct damaged *out)
{
    if (!out->has_born || out->born.day > 12 || out->born.day == out->born.month)
        return false;
    uint8_t day = out->born.day;
    out->born.day = out->born.month;
    out->born.month = day;
    return name_exact(record, person, random, arena, out);
}
static bool name_year_off(const struct record *record, const struct person *person,
                          struct random *random, struct arena *arena, struct damaged *out)
{
    if (!out->has_born || (out->born.month == 2 && out->born.day == 29))
        return false;
    out->born.year += random_below(random, 2) ? 1 : -1;
    return name_exact(record, person, random, arena, out);
}

static const struct {
    const char *class;
    name_damage *make;
} name_classes[] = {
    {"exact", name_exact},
    {"typo", name_typo},
    {"transliteration", name_transliteration},
    {"swapped", name_swapped},
    {"missing-part", name_missing_part},
    {"initial", name_initial},
    {"day-month", name_day_month},
    {"year-off", name_year_off},
};

/* ---- numbers ---- */

static const char *const number_classes[] = {"number-exact", "misread", "number-wrong",
                                             "number-missing", "number-swapped"};

static bool add_misread(str number, struct buf *out)
{
    static const char pairs[] = "0O1I5S8B2Z6GO0I1S5B8Z2G6";
    for (size_t at = number.len; at-- > 0;)
        for (size_t i = 0; i + 1 < sizeof pairs; i += 2)
            if (pairs[i] == number.ptr[at]) {
                buf_add(out, str_slice(number, 0, at));
                buf_add_char(out, pairs[i + 1]);
                buf_add(out, str_from(number, at + 1));
                return true;
            }
    return false;
}

static bool damage_number(str number, size_t class, struct random *random, struct buf *out)
{
    size_t at = number.len > 2 ? 1 + (size_t)random_below(random, number.len - 2) : 0;
    char c = number.len ? number.ptr[at] : 0;
    switch (class) {
    case 0: buf_add(out, number); return true;
    case 1: return add_misread(number, out);
    case 2:
        if (!is_digit(c))
            return false;
        buf_add(out, str_slice(number, 0, at));
        buf_add_char(out, (char)('0' + (c - '0' + 1 + (int)random_below(random, 8)) % 10));
        buf_add(out, str_from(number, at + 1));
        return true;
    case 3:
        buf_add(out, str_slice(number, 0, at));
        buf_add(out, str_from(number, at + 1));
        return number.len > 5;
    default:
        if (number.len < 3 || number.ptr[at] == number.ptr[at + 1])
            return false;
        buf_add(out, str_slice(number, 0, at));
        buf_add_char(out, number.ptr[at + 1]);
        buf_add_char(out, number.ptr[at]);
        buf_add(out, str_from(number, at + 2));
        return true;
    }
}

/* ---- lines ---- */

static const struct field_value *first_name(const struct record *record)
{
    for (size_t i = 0; i < record->count; i++)
        if (record->values[i].value.type->is_fuzzy &&
            str_eq(record->values[i].field->meaning, S("name")))
            return &record->values[i];
    return NULL;
}

static const struct field_value *first_number(const struct record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        const struct field_value *value = &record->values[i];
        if (value->field->is_pivot && value->value.type->is_key &&
            value->value.type->alphabet.len && value->value.norm.len >= 5)
            return value;
    }
    return NULL;
}

static void add_line(const struct record *record, const char *class, const struct damaged *damaged,
                     struct buf *out)
{
    char born[16];
    buf_printf(out, "%.*s\t%.*s/%.*s\t%s\t%.*s\t%s\n", STR(record->definition->name),
               STR(record->envelope.owner), STR(record->envelope.ref), class,
               STR(buf_str(&damaged->text)),
               damaged->has_born ? day_format(damaged->born, born) : "");
}

static bool has_meaning(const struct record *record, str meaning)
{
    for (size_t i = 0; i < record->count; i++)
        if (str_eq(record->values[i].field->meaning, meaning))
            return true;
    return false;
}

bool damage_line(const struct world *world, const struct record *record,
                 const struct person *person, uint64_t number, struct arena *arena, struct buf *out)
{
    struct random random = world_stream(world, person, S("damage"), (unsigned)number, false);
    struct damaged damaged = {.text = {.max = QUERY_MAX}, .born = person->born};
    const struct field_value *held = first_number(record);
    bool is_made = false;
    if (first_name(record)) {
        size_t class = (size_t)random_below(&random, COUNT_OF(name_classes));
        damaged.has_born = has_meaning(record, S("birth-date"));
        is_made = name_classes[class].make(record, person, &random, arena, &damaged);
        if (is_made && !damaged.text.failed)
            add_line(record, name_classes[class].class, &damaged, out);
    } else if (held) {
        size_t class = (size_t)random_below(&random, COUNT_OF(number_classes));
        is_made = damage_number(held->value.norm, class, &random, &damaged.text);
        if (is_made && !damaged.text.failed)
            add_line(record, number_classes[class], &damaged, out);
    }
    is_made = is_made && !damaged.text.failed;
    buf_release(&damaged.text);
    return is_made;
}
