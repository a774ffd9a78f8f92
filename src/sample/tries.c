/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Things to try: texts whose search finds something in this world, for the demonstration.
 *
 * Numbers: for each meaning of a list the first record of the database that is at home with it -
 * where it comes first among what links records. Names: for some cultures a person whose record has
 * the name in Latin letters only, asked for in the culture's own, and one the other way round;
 * with the date of birth, as an officer has both. And a missing person with a photograph.
 */
#include "sample/internal.h"

static const char *const wanted_keys[] = {"mrz",
                                          "plate",
                                          "vin",
                                          "iban",
                                          "wallet",
                                          "ip",
                                          "imei",
                                          "aircraft-registration",
                                          "imo",
                                          "firearm-serial",
                                          "handle",
                                          "register-number",
                                          "inventory-number",
                                          "asset-reference",
                                          "phone",
                                          "domain"};
static const char *const wanted_letters[] = {"Arabic", "Cyrillic", "Chinese", "Greek", "Hangul"};

enum {
    LETTERS_AT = COUNT_OF(wanted_keys),
    MISSING_AT = LETTERS_AT + 2 * COUNT_OF(wanted_letters),
    WANTED = MISSING_AT + 1 /* within TRIES_MAX */
};

void tries_begin(const struct world *world, struct tries *tries)
{
    ensure((size_t)WANTED <= (size_t)TRIES_MAX);
    *tries = (struct tries){.left = world->persons ? WANTED : 0};
}

void tries_end(struct tries *tries)
{
    arena_release(&tries->arena);
}

static void keep(struct tries *tries, size_t at, const struct record *record, str what, str text)
{
    if (tries->lines[at].len || str_find(text, '\t') < text.len || str_find(text, '\n') < text.len)
        return;
    tries->lines[at] = arena_printf(&tries->arena, "%.*s: %.*s\t%.*s\t%.*s\t%.*s/%.*s",
                                    STR(record->definition->title[LANGUAGE_EN]), STR(what),
                                    STR(text), STR(record->definition->name),
                                    STR(record->envelope.owner), STR(record->envelope.ref));
    tries->left--;
}

/* ---- numbers ---- */

static size_t place_among_pivots(const struct definition *definition, str meaning)
{
    size_t place = 0;
    for (size_t i = 0; i < definition->all_count; i++) {
        const struct field *field = definition->all[i];
        if (field->is_pivot && str_eq(field->meaning, meaning))
            return place;
        place += field->is_pivot;
    }
    return SIZE_MAX;
}

static bool is_at_home(const struct world *world, const struct definition *definition, str meaning)
{
    size_t own = place_among_pivots(definition, meaning);
    for (size_t i = 0; i < world->catalog->count; i++) {
        const struct definition *other = world->catalog->definitions[i];
        if (other != world->persons && world_is_sampled(other) &&
            place_among_pivots(other, meaning) < own)
            return false;
    }
    return own != SIZE_MAX && definition != world->persons;
}

static void look_for_key(struct tries *tries, const struct world *world,
                         const struct record *record, size_t at)
{
    str meaning = str_c(wanted_keys[at]);
    for (size_t i = 0; i < record->count; i++) {
        const struct field_value *value = &record->values[i];
        if (!value->field->is_pivot || !str_eq(value->field->meaning, meaning) ||
            value->value.check == CHECK_FAILED || !is_at_home(world, record->definition, meaning))
            continue;
        keep(tries, at, record, value->field->title[LANGUAGE_EN], value->value.raw);
        return;
    }
}

static const struct value *value_of(const struct record *record, const char *meaning)
{
    for (size_t i = 0; i < record->count; i++)
        if (str_eq_c(record->values[i].field->meaning, meaning))
            return &record->values[i].value;
    return NULL;
}

static bool has_code(const struct record *record, const char *meaning, const char *code)
{
    const struct value *value = value_of(record, meaning);
    return value && str_eq_c(value->norm, code);
}

/* A stolen passport, by the two lines at its foot. */
static void look_for_zone(struct tries *tries, const struct world *world,
                          const struct record *record, const struct person *person,
                          struct arena *arena)
{
    static const str meaning = {"mrz", 3};
    const struct value *number = value_of(record, "document-number");
    const struct value *issuer = value_of(record, "issuer");
    if (!number || !issuer || record->definition == world->persons ||
        !has_code(record, "fraud-kind", "stolen") ||
        !has_code(record, "document-type", "passport") || !str_eq(issuer->norm, person->country))
        return;
    const struct code_list *list = world->catalog->meaning_list;
    const struct code *code = list ? code_get(list, meaning) : NULL;
    str zone = fill_zone(world, person, arena);
    size_t end = str_find(zone, '\n');
    str line =
        arena_printf(arena, "%.*s%.*s", STR(str_slice(zone, 0, end)), STR(str_from(zone, end + 1)));
    if (str_has(line, number->norm))
        keep(tries, 0, record, code ? code_name(code, LANGUAGE_EN) : meaning, line);
}

/* ---- names ---- */

static bool has_plain_birth(const struct record *record)
{
    const struct value *born = value_of(record, "birth-date");
    return born && born->raw.len == 10;
}

static bool is_ascii(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] > 127)
            return false;
    return true;
}

/* The one name the record has; NULL: several, for which the other form may be among them. */
static const struct value *only_name(const struct record *record)
{
    const struct value *found = NULL;
    for (size_t i = 0; i < record->count; i++) {
        if (!str_eq(record->values[i].field->meaning, S("name")))
            continue;
        if (found)
            return NULL;
        found = &record->values[i].value;
    }
    return found;
}

/* A name that tells its bearer apart: long enough, and no word of it twice. */
static bool is_telling(const struct sample_name *name)
{
    bool is_one_word = str_find(name->native, ' ') == name->native.len;
    str rest = name->latin, word;
    while (str_split(&rest, ' ', &word))
        if (rest.len && str_has(rest, word))
            return false;
    return name->latin.len >= (is_one_word ? 9 : 14);
}

static void look_for_name(struct tries *tries, const struct record *record,
                          const struct person *person, struct arena *arena)
{
    char born[16];
    str letters = culture_letters(person->culture);
    const struct value *name = letters.len ? only_name(record) : NULL;
    if (!name || !has_plain_birth(record) || !is_telling(&person->name))
        return;
    bool is_latin = is_ascii(name->raw);
    str asked = is_latin ? person->name.native : person->name.latin;
    str what =
        is_latin ? arena_printf(arena, "asked in %.*s, the record in Latin letters", STR(letters))
                 : arena_printf(arena, "asked in Latin letters, the record in %.*s", STR(letters));
    for (size_t i = 0; i < COUNT_OF(wanted_letters); i++)
        if (str_eq_c(letters, wanted_letters[i]) && is_ascii(asked) != is_latin)
            keep(tries, LETTERS_AT + 2 * i + !is_latin, record, what,
                 arena_printf(arena, "%.*s %s", STR(asked), day_format(person->born, born)));
}

static void look_for_missing(struct tries *tries, const struct record *record,
                             const struct person *person, struct arena *arena)
{
    char born[16];
    if (!has_code(record, "person-status", "missing") || !has_plain_birth(record))
        return;
    keep(tries, MISSING_AT, record, S("missing, with a picture"),
         arena_printf(arena, "%.*s %s", STR(person->name.latin), day_format(person->born, born)));
}

/* ---- all ---- */

void tries_look(struct tries *tries, const struct world *world, const struct record *record,
                const struct person *person, bool has_picture, struct arena *arena)
{
    if (tries->left == 0)
        return;
    if (record->definition == world->persons) {
        look_for_name(tries, record, person, arena);
        if (has_picture)
            look_for_missing(tries, record, person, arena);
        return;
    }
    if (!tries->lines[0].len)
        look_for_zone(tries, world, record, person, arena);
    for (size_t i = 1; i < COUNT_OF(wanted_keys); i++)
        if (!tries->lines[i].len)
            look_for_key(tries, world, record, i);
}

void tries_print(const struct tries *tries, struct buf *out)
{
    for (size_t i = 0; i < TRIES_MAX; i++)
        if (tries->lines[i].len)
            buf_printf(out, "%.*s\n", STR(tries->lines[i]));
}
