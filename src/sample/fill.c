/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills a definition's fields, by type and meaning, around one person. What a person has - names,
 * birth date, documents, telephones - comes from the person's streams, so it is the same in every
 * database; what a record only says - statuses, offences, places - from the record's own
 * randomness, so that another attempt at the same record says something else.
 *
 * Dates keep their order by meaning: born, issued, stolen or happened, last seen, today, valid
 * until. Cross-field rules a definition may have on top are met by trying again (sample.c).
 */
#include <stdio.h>

#include "sample/internal.h"
#include "type/mrz.h"

enum {
    OPTIONAL_PERCENT = 30,
    PIVOT_PERCENT = 60,
    ADDRESS_PERCENT = 50,
    STATUS_PERCENT = 60,
    MISSING_ONE_IN = 16, /* of those whom chance would have missing: 1 in 400 of all */
    RELATIVES_MAX = 4,
    SAMPLE_MAX = 2000
};

/* What all of one record's values are made from. */
struct filling {
    const struct world *world;
    const struct definition *definition;
    const struct person *person;
    struct random *random;
    struct arena *arena;
};

bool is_type(const struct field *field, const char *name)
{
    return str_eq_c(str_c(field->type->name), name);
}

bool means(const struct field *field, const char *meaning)
{
    return str_eq_c(field->meaning, meaning);
}

static bool means_one_of(const struct field *field, const char *const *meanings)
{
    for (; *meanings; meanings++)
        if (means(field, *meanings))
            return true;
    return false;
}

/* ---- names ---- */

static const char *const own_name[] = {"name", "holder-name", "owner-name", NULL};

static struct node *name_parts(const str parts[NAME_ROLES], struct arena *arena)
{
    static const char *const keys[NAME_ROLES] = {"family", "given", "patronymic"};
    struct node *map = node_map(arena);
    for (size_t i = 0; i < NAME_ROLES; i++)
        if (parts[i].len)
            node_put_text(arena, map, str_c(keys[i]), parts[i]);
    return map;
}

/* Somebody of the same family of whom nothing else is known. */
static void invent_relative(const struct filling *f, const struct field *field, unsigned row,
                            struct sample_name *ret)
{
    struct random other = world_stream(f->world, f->person, field->meaning, row, false);
    const struct sample_name *own = &f->person->name;
    culture_name(f->person->culture, random_below(&other, 2) == 0, &other, f->arena, ret);
    ret->native_parts[0] = own->native_parts[0];
    ret->latin_parts[0] = own->latin_parts[0];
}

/*
 * First row: mostly the native form; second row: the other; further ones: an alias of the same
 * family. Relatives and associates of the ring come with their own names.
 */
static struct node *fill_name(const struct filling *f, const struct field *field, unsigned row)
{
    struct person other;
    struct sample_name name = f->person->name;
    struct random stream = world_stream(f->world, f->person, S("name-form"), 0, false);
    bool is_latin = (random_below(&stream, 100) < 30) != (row == 1);
    bool in_parts = random_below(f->random, 2) == 0;
    if (means(field, "relative-name") &&
        link_relative(f->world, f->definition, f->person, row, f->arena, &other)) {
        name = other.name;
    } else if (!means_one_of(field, own_name) || row > 1) {
        invent_relative(f, field, row, &name);
        in_parts = name.native_parts[0].len > 0;
    }
    if (in_parts)
        return name_parts(is_latin ? name.latin_parts : name.native_parts, f->arena);
    return node_text(f->arena, is_latin ? name.latin : name.native);
}

/* ---- dates ---- */

/* Days before today between which a date of a meaning lies; negative: after today. */
static const struct {
    const char *meaning;
    int32_t from, to;
} date_ranges[] = {
    {"issue-date", 500, 3000},
    {"valid-from", 500, 3000},
    {"warrant-date", 200, 1500},
    {"theft-date", 40, 400},
    {"event-date", 40, 400},
    {"first-seen", 40, 400},
    {"last-seen", 1, 39},
    {"valid-until", -900, -100},
    {"expiry-date", -900, -100},
    {"death-date", 1, 300},
    {"production-date", 20000, 140000},
};

static struct node *fill_date(const struct filling *f, const struct field *field)
{
    char text[16];
    int32_t from = 1, to = 300;
    struct arena *arena = f->arena;
    struct random *random = f->random;
    struct day day = f->person->born;
    if (means(field, "birth-date")) {
        unsigned dice = (unsigned)random_below(random, 100);
        if (dice < 6)
            return node_text(arena, arena_printf(arena, "%04d", day.year));
        if (dice < 10)
            return node_text(arena, arena_printf(arena, "%04d-%02d", day.year, day.month));
        return node_text(arena, arena_str(arena, str_c(day_format(day, text))));
    }
    for (size_t i = 0; i < COUNT_OF(date_ranges); i++)
        if (means(field, date_ranges[i].meaning)) {
            from = date_ranges[i].from;
            to = date_ranges[i].to;
        }
    int32_t back = from + (int32_t)random_below(random, (uint64_t)(to - from) + 1);
    day = day_of_number(day_number(f->world->options->today) - back);
    return node_text(arena, arena_str(arena, str_c(day_format(day, text))));
}

/* ---- the machine-readable zone ---- */

static str yymmdd(struct day day, struct arena *arena)
{
    return arena_printf(arena, "%02d%02d%02d", day.year % 100, day.month, day.day);
}

static str person_document(const struct world *world, const struct person *person,
                           struct arena *arena)
{
    const struct type *type = type_find(S("document-number"));
    struct random stream = world_stream(world, person, S("document-number"), 0, false);
    struct buf out = {.max = SAMPLE_MAX};
    type->sample(&stream, STR_EMPTY, &out);
    str number = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return number;
}

str fill_zone(const struct world *world, const struct person *person, struct arena *arena)
{
    struct buf out = {0}, name = {0};
    struct random stream = world_stream(world, person, S("mrz"), 0, false);
    const str *parts = person->name.latin_parts;
    mrz_put_name(parts[0].len ? parts[0] : parts[1], &name);
    if (parts[0].len) { /* who has no family name has one identifier: Doc 9303-3, 4.6 */
        buf_add(&name, S("<<"));
        mrz_put_name(parts[1], &name);
    }
    struct day expiry = day_of_number(day_number(world->options->today) + 100 +
                                      (int32_t)random_below(&stream, 3000));
    struct mrz_contents contents = {
        .document_class = S("P"),
        .issuer = person->country,
        .nationality = person->country,
        .number = person_document(world, person, arena),
        .birth = yymmdd(person->born, arena),
        .expiry = yymmdd(expiry, arena),
        .name = buf_str(&name),
        .sex = person->is_female ? 'F' : 'M',
    };
    mrz_write(MRZ_TD3, &contents, &out);
    str zone = arena_str(arena, buf_str(&out));
    buf_release(&out);
    buf_release(&name);
    return zone;
}

/* ---- the other types ---- */

static bool is_beside(const struct field *field, const char *meaning)
{
    for (size_t i = 0; field->parent && i < field->parent->field_count; i++)
        if (means(field->parent->fields[i], meaning))
            return true;
    return false;
}

/* The first of a list are the usual ones; few of a world's persons are missing. */
static struct node *fill_code(const struct filling *f, const struct field *field)
{
    if (!field->list || field->list->count == 0)
        return NULL;
    if (means(field, "language") && random_below(f->random, 100) < 80)
        return node_text(f->arena, culture_language(f->person->culture, f->random));
    if (is_beside(field, "relative-name") && str_eq(field->list->name, S("relations")))
        return node_text(f->arena, !f->person->ring             ? S("relative")
                                   : f->person->ring_place == 0 ? S("subordinate")
                                                                : S("accomplice"));
    size_t usual = is_beside(field, "parent-name") ? 2 : field->list->count;
    size_t rank = (size_t)random_zipf(f->random, usual);
    bool is_rare = means(field, "person-status") &&
                   str_eq(field->list->codes[rank].code, S("missing")) &&
                   random_below(f->random, MISSING_ONE_IN) != 0;
    return node_text(f->arena, field->list->codes[is_rare ? 0 : rank].code);
}

static struct node *fill_country(const struct filling *f, const struct field *field)
{
    static const char *const own[] = {
        "nationality",      "issuer", "birth-country", "residence-country", "plate-country",
        "register-country", NULL};
    bool is_own = means_one_of(field, own) && random_below(f->random, 100) < 90;
    return node_text(f->arena, is_own ? f->person->country : pick_country(f->world, f->random));
}

static str country_title(const struct filling *f, str code)
{
    const struct code_list *list = codes_list(f->world->catalog->codes, S("countries"));
    const struct code *country = list ? code_get(list, code) : NULL;
    return country ? code_name(country, LANGUAGE_EN) : code;
}

/* "Central station, Lyon, France"; where a person was born lies in the person's country. */
static struct node *fill_place(const struct filling *f, str word)
{
    bool is_abroad = word.len && random_below(f->random, 100) < 30;
    str country = is_abroad ? pick_country(f->world, f->random) : f->person->country;
    str city = place_pick(f->world->places, country, f->random);
    str title = country_title(f, country);
    if (!city.len)
        return word.len ? node_text(f->arena, word) : NULL;
    return node_text(f->arena, arena_printf(f->arena, "%.*s%s%.*s, %.*s", STR(word),
                                            word.len ? ", " : "", STR(city), STR(title)));
}

/* Where a person lives, or where the ring meets. */
static struct node *fill_address(const struct filling *f, const struct field *field, unsigned row)
{
    const struct person *person = f->person;
    struct person leader;
    struct random stream = world_stream(f->world, person, field->meaning, row, true);
    bool is_shared = row == 0 && world_shares(f->world, person, field->meaning);
    if (is_shared && person->ring_place > 0 && world_mate(f->world, person, 0, f->arena, &leader))
        person = &leader;
    str street = street_pick(f->world->places, culture_code(person->culture), &stream);
    unsigned house = 1 + (unsigned)random_zipf(&stream, 180);
    unsigned postcode = 10000 + (unsigned)random_below(&stream, 90000);
    str city = place_pick(f->world->places, person->country, &stream);
    str title = country_title(f, person->country);
    if (!street.len || !city.len)
        return NULL;
    return node_text(f->arena, arena_printf(f->arena, "%.*s %u, %u %.*s, %.*s", STR(street), house,
                                            postcode, STR(city), STR(title)));
}

static struct node *fill_number(const struct filling *f, const struct field *field)
{
    bool is_year = means(field, "model-year") || means(field, "manufacture-year");
    int64_t number = is_year ? 1996 + (int64_t)random_below(f->random, 30)
                             : 6 + (int64_t)random_below(f->random, 115);
    return node_text(f->arena, arena_printf(f->arena, "%lld", (long long)number));
}

/* Quantities of a sensible size and kind; NULL where the meaning says nothing of it. */
static struct node *fill_quantity(const struct filling *f, const struct field *field)
{
    static const struct {
        const char *meaning, *unit;
        unsigned from, span;
    } ranges[] = {{"height", "cm", 150, 50},
                  {"weight", "kg", 48, 70},
                  {"length", "m", 5, 120},
                  {"measurement", "mm", 80, 1900}};
    for (size_t i = 0; i < COUNT_OF(ranges); i++)
        if (means(field, ranges[i].meaning)) {
            unsigned amount = ranges[i].from + (unsigned)random_below(f->random, ranges[i].span);
            return node_text(f->arena, arena_printf(f->arena, "%u %s", amount, ranges[i].unit));
        }
    return NULL;
}

/* What a ring has in common: ways to talk, to pay, to be reached; never what is one of its kind. */
static bool may_share(const struct field *field)
{
    static const char *const common[] = {"phone",  "email",  "iban", "account-number",
                                         "wallet", "handle", "ip",   NULL};
    return means_one_of(field, common);
}

/* Some samples are maps written as JSON-like text; every type's sample is input as text. */
static struct node *fill_sample(const struct filling *f, const struct field *field, unsigned row)
{
    str meaning = field->meaning.len ? field->meaning : field->path;
    bool is_shared = may_share(field) && row == 0 && world_shares(f->world, f->person, meaning);
    struct random stream = world_stream(f->world, f->person, meaning, row, may_share(field));
    struct buf out = {.max = SAMPLE_MAX};
    if (!field->type->sample)
        return NULL;
    str hint = is_type(field, "email") && !is_shared ? f->person->name.latin_parts[0] : STR_EMPTY;
    field->type->sample(&stream, hint, &out);
    struct node *node =
        out.len && !out.failed ? node_text(f->arena, arena_str(f->arena, buf_str(&out))) : NULL;
    buf_release(&out);
    return node;
}

static struct node *fill_plain(const struct filling *f, const struct field *field, unsigned row,
                               str word)
{
    if (field->list)
        return fill_code(f, field);
    if (is_type(field, "number"))
        return fill_number(f, field);
    struct node *quantity = is_type(field, "quantity") ? fill_quantity(f, field) : NULL;
    if (quantity)
        return quantity;
    if (word.len)
        return node_text(f->arena, word);
    if (is_type(field, "text") && !field->is_required)
        return NULL; /* nothing fictional to say */
    if (is_type(field, "text"))
        return node_text(f->arena,
                         words_pick(f->world->cultures, S("description"), f->random, f->arena));
    return fill_sample(f, field, row);
}

/* A value for a field; NULL when there is nothing to say. */
static struct node *fill_value(const struct filling *f, const struct field *field, unsigned row)
{
    bool is_of_person = f->definition == f->world->persons && means(field, "description");
    str subject = is_of_person ? S("person-description") : field->meaning;
    str word = words_pick(f->world->cultures, subject, f->random, f->arena);
    if (is_type(field, "photograph"))
        return NULL; /* attached afterwards: the store gives a picture its hash */
    if (is_type(field, "link"))
        return link_in_row(f->world, f->definition, field, f->person, row, f->arena);
    if (is_type(field, "name") && word.len == 0)
        return fill_name(f, field, row);
    if (is_type(field, "date"))
        return fill_date(f, field);
    if (is_type(field, "sex"))
        return node_text(f->arena, f->person->is_female ? S("F") : S("M"));
    if (is_type(field, "country"))
        return fill_country(f, field);
    if (is_type(field, "place"))
        return fill_place(f, word);
    if (is_type(field, "address"))
        return fill_address(f, field, row);
    if (is_type(field, "mrz"))
        return node_text(f->arena, fill_zone(f->world, f->person, f->arena));
    return fill_plain(f, field, row, word);
}

/* ---- bodies ---- */

static bool holds(const struct field *field, const char *const *meanings)
{
    if (field->type)
        return means_one_of(field, meanings);
    for (size_t i = 0; i < field->field_count; i++)
        if (means_one_of(field->fields[i], meanings))
            return true;
    return false;
}

static unsigned count_relatives(const struct filling *f)
{
    struct person other;
    unsigned count = 0;
    while (count < RELATIVES_MAX &&
           link_relative(f->world, f->definition, f->person, count, f->arena, &other))
        count++;
    return count;
}

static const char *const relative_name[] = {"relative-name", NULL};

static bool is_wanted(const struct filling *f, const struct field *field)
{
    static const char *const always[] = {"birth-date", "sex", NULL};
    static const char *const status[] = {"person-status", NULL};
    if (field->is_retired)
        return false;
    if (field->is_required || holds(field, own_name) || means_one_of(field, always))
        return true;
    if (holds(field, relative_name) && count_relatives(f) > 0)
        return true;
    if (means(field, "death-date"))
        return random_below(f->random, 100) < 2;
    if (holds(field, status))
        return random_below(f->random, 100) < STATUS_PERCENT;
    if (means(field, "address"))
        return random_below(f->random, 100) < ADDRESS_PERCENT;
    if (field->type && is_type(field, "link"))
        return true;
    bool is_pivot = field->is_pivot;
    for (size_t i = 0; !field->type && i < field->field_count; i++)
        is_pivot |= field->fields[i]->is_pivot;
    return random_below(f->random, 100) < (is_pivot ? PIVOT_PERCENT : OPTIONAL_PERCENT);
}

/* One now and then two; names have their second form four times in ten. */
static unsigned count_rows(const struct filling *f, const struct field *field)
{
    unsigned dice = (unsigned)random_below(f->random, 100);
    bool is_one = !field->is_list || means(field, "birth-date");
    unsigned relatives = !field->type && holds(field, relative_name) ? count_relatives(f) : 0;
    if (relatives)
        return relatives;
    return !is_one && dice < (!field->type && holds(field, own_name) ? 40 : 15) ? 2 : 1;
}

static struct node *fill_group(const struct filling *f, const struct field *const *fields,
                               size_t count, unsigned row);

/* NOLINTBEGIN(misc-no-recursion): groups nest as deep as definitions do */
static struct node *fill_field(const struct filling *f, const struct field *field, unsigned row)
{
    return field->type ? fill_value(f, field, row)
                       : fill_group(f, field->fields, field->field_count, row);
}

static struct node *fill_list(const struct filling *f, const struct field *field)
{
    if (field->type && is_type(field, "link") && !field->parent)
        return link_list(f->world, f->definition, f->person, f->arena);
    struct node *list = node_list(f->arena);
    unsigned rows = count_rows(f, field);
    for (unsigned k = 0; k < rows; k++) {
        struct node *value = fill_field(f, field, k);
        if (value && (value->kind != NODE_MAP || value->count > 0))
            node_add(list, value);
    }
    return list;
}

static struct node *fill_group(const struct filling *f, const struct field *const *fields,
                               size_t count, unsigned row)
{
    struct node *map = node_map(f->arena);
    for (size_t i = 0; map && i < count; i++) {
        if (!is_wanted(f, fields[i]))
            continue;
        struct node *value =
            fields[i]->is_list ? fill_list(f, fields[i]) : fill_field(f, fields[i], row);
        bool is_empty =
            !value || ((value->kind == NODE_MAP || value->kind == NODE_LIST) && value->count == 0);
        if (!is_empty)
            node_put(map, fields[i]->name, value);
    }
    return map;
}
/* NOLINTEND(misc-no-recursion) */

struct node *fill_body(const struct world *world, const struct definition *definition,
                       const struct person *person, uint64_t record, unsigned attempt,
                       struct arena *arena)
{
    struct person salted = *person;
    salted.ring = 0;
    struct random random =
        world_stream(world, &salted, definition->name, (unsigned)record * 31 + attempt, false);
    const struct filling filling = {world, definition, person, &random, arena};
    struct node *body = node_map(arena);
    struct node *fields = fill_group(&filling, definition->fields, definition->field_count,
                                     (unsigned)(record / world->options->persons));
    node_put(body, S("envelope"),
             fill_envelope(world, definition, person, record, fields, &random, arena));
    node_put(body, S("fields"), fields);
    return body;
}
