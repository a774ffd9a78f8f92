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

enum { OPTIONAL_PERCENT = 30, PIVOT_PERCENT = 60, SAMPLE_MAX = 2000 };

static bool is_type(const struct field *field, const char *name)
{
    return str_eq_c(str_c(field->type->name), name);
}

static bool means(const struct field *field, const char *meaning)
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

/*
 * First row: mostly the native form; second row: the other; further ones: an alias of the same
 * family.
 */
static struct node *fill_name(const struct world *world, const struct field *field,
                              const struct person *person, unsigned row, struct random *random,
                              struct arena *arena)
{
    struct sample_name name = person->name;
    struct random stream = world_stream(world, person, S("name-form"), 0, false);
    bool is_latin = (random_below(&stream, 100) < 30) != (row == 1);
    bool in_parts = random_below(random, 2) == 0;
    if (!means_one_of(field, own_name) || row > 1) {
        struct random other = world_stream(world, person, field->meaning, row, false);
        culture_name(person->culture, random_below(&other, 2) == 0, &other, arena, &name);
        name.native_parts[0] = person->name.native_parts[0];
        name.latin_parts[0] = person->name.latin_parts[0];
        in_parts = name.native_parts[0].len > 0;
    }
    if (in_parts)
        return name_parts(is_latin ? name.latin_parts : name.native_parts, arena);
    return node_text(arena, is_latin ? name.latin : name.native);
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

static struct node *fill_date(const struct world *world, const struct field *field,
                              const struct person *person, struct random *random,
                              struct arena *arena)
{
    char text[16];
    int32_t from = 1, to = 300;
    struct day day = person->born;
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
    day = day_of_number(day_number(world->options->today) - back);
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
    struct random stream = world_stream(world, person, S("document-number"), 0, true);
    struct buf out = {.max = SAMPLE_MAX};
    type->sample(&stream, STR_EMPTY, &out);
    str number = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return number;
}

static struct node *fill_mrz(const struct world *world, const struct person *person,
                             struct arena *arena)
{
    struct buf out = {0}, name = {0};
    struct random stream = world_stream(world, person, S("mrz"), 0, false);
    mrz_put_name(person->name.latin_parts[0], &name);
    buf_add(&name, S("<<"));
    mrz_put_name(person->name.latin_parts[1], &name);
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
    struct node *node = node_text(arena, arena_str(arena, buf_str(&out)));
    buf_release(&out);
    buf_release(&name);
    return node;
}

/* ---- the other types ---- */

static struct node *fill_code(const struct field *field, struct random *random, struct arena *arena)
{
    if (!field->list || field->list->count == 0)
        return NULL;
    return node_text(arena,
                     field->list->codes[(size_t)random_zipf(random, field->list->count)].code);
}

static struct node *fill_country(const struct world *world, const struct field *field,
                                 const struct person *person, struct random *random,
                                 struct arena *arena)
{
    static const char *const own[] = {
        "nationality",      "issuer", "birth-country", "residence-country", "plate-country",
        "register-country", NULL};
    bool is_own = means_one_of(field, own) && random_below(random, 100) < 90;
    return node_text(arena, is_own ? person->country : pick_country(world, random));
}

static struct node *fill_number(const struct field *field, struct random *random,
                                struct arena *arena)
{
    bool is_year = means(field, "model-year") || means(field, "manufacture-year");
    int64_t number =
        is_year ? 1996 + (int64_t)random_below(random, 30) : 6 + (int64_t)random_below(random, 115);
    return node_text(arena, arena_printf(arena, "%lld", (long long)number));
}

/* Quantities of a sensible size and kind; NULL where the meaning says nothing of it. */
static struct node *fill_quantity(const struct field *field, struct random *random,
                                  struct arena *arena)
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
            unsigned amount = ranges[i].from + (unsigned)random_below(random, ranges[i].span);
            return node_text(arena, arena_printf(arena, "%u %s", amount, ranges[i].unit));
        }
    return NULL;
}

/* Some samples are maps written as JSON-like text; every type's sample is input as text. */
static struct node *fill_sample(const struct world *world, const struct field *field,
                                const struct person *person, unsigned row, struct arena *arena)
{
    struct random stream =
        world_stream(world, person, field->meaning.len ? field->meaning : field->path, row,
                     field->is_pivot);
    struct buf out = {.max = SAMPLE_MAX};
    if (!field->type->sample)
        return NULL;
    str hint = is_type(field, "email") ? person->name.latin_parts[0] : STR_EMPTY;
    field->type->sample(&stream, hint, &out);
    struct node *node =
        out.len && !out.failed ? node_text(arena, arena_str(arena, buf_str(&out))) : NULL;
    buf_release(&out);
    return node;
}

struct node *fill_value(const struct world *world, const struct field *field,
                        const struct person *person, unsigned row, struct random *random,
                        struct arena *arena)
{
    str word = words_pick(world->cultures, field->meaning, random, arena);
    if (is_type(field, "link") || is_type(field, "photograph"))
        return NULL;
    if (is_type(field, "name") && word.len == 0)
        return fill_name(world, field, person, row, random, arena);
    if (is_type(field, "date"))
        return fill_date(world, field, person, random, arena);
    if (is_type(field, "sex"))
        return node_text(arena, person->is_female ? S("F") : S("M"));
    if (is_type(field, "country"))
        return fill_country(world, field, person, random, arena);
    if (is_type(field, "mrz"))
        return fill_mrz(world, person, arena);
    if (field->list)
        return fill_code(field, random, arena);
    if (is_type(field, "number"))
        return fill_number(field, random, arena);
    struct node *quantity = is_type(field, "quantity") ? fill_quantity(field, random, arena) : NULL;
    if (quantity)
        return quantity;
    if (word.len)
        return node_text(arena, word);
    if (is_type(field, "text"))
        return node_text(arena, words_pick(world->cultures, S("description"), random, arena));
    return fill_sample(world, field, person, row, arena);
}

/* ---- bodies ---- */

static bool is_wanted(const struct field *field, struct random *random)
{
    if (field->is_retired)
        return false;
    bool is_own_name = field->type && means_one_of(field, own_name);
    for (size_t i = 0; !field->type && i < field->field_count; i++)
        is_own_name |= means_one_of(field->fields[i], own_name);
    if (field->is_required || is_own_name || means(field, "birth-date") || means(field, "sex"))
        return true;
    if (means(field, "death-date"))
        return random_below(random, 100) < 2;
    bool is_pivot = field->is_pivot;
    for (size_t i = 0; !field->type && i < field->field_count; i++)
        is_pivot |= field->fields[i]->is_pivot;
    return random_below(random, 100) < (is_pivot ? PIVOT_PERCENT : OPTIONAL_PERCENT);
}

/* One now and then two; names have their second form four times in ten. */
static unsigned count_rows(const struct field *field, struct random *random)
{
    bool has_names = false;
    for (size_t i = 0; i < field->field_count; i++)
        has_names |= means_one_of(field->fields[i], own_name);
    unsigned dice = (unsigned)random_below(random, 100);
    return !field->is_list || means(field, "birth-date") ? 1 : dice < (has_names ? 40 : 15) ? 2 : 1;
}

static struct node *fill_group(const struct world *world, const struct field *const *fields,
                               size_t count, const struct person *person, unsigned row,
                               struct random *random, struct arena *arena);

/* NOLINTBEGIN(misc-no-recursion): groups nest as deep as definitions do */
static struct node *fill_field(const struct world *world, const struct field *field,
                               const struct person *person, unsigned row, struct random *random,
                               struct arena *arena)
{
    return field->type
               ? fill_value(world, field, person, row, random, arena)
               : fill_group(world, field->fields, field->field_count, person, row, random, arena);
}

static struct node *fill_group(const struct world *world, const struct field *const *fields,
                               size_t count, const struct person *person, unsigned row,
                               struct random *random, struct arena *arena)
{
    struct node *map = node_map(arena);
    for (size_t i = 0; map && i < count; i++) {
        if (!is_wanted(fields[i], random))
            continue;
        struct node *list = fields[i]->is_list ? node_list(arena) : NULL;
        unsigned rows = count_rows(fields[i], random);
        for (unsigned k = 0; k < rows; k++) {
            struct node *value =
                fill_field(world, fields[i], person, list ? k : row, random, arena);
            if (!value || (value->kind == NODE_MAP && value->count == 0))
                continue;
            if (list)
                node_add(list, value);
            else
                node_put(map, fields[i]->name, value);
        }
        if (list && list->count)
            node_put(map, fields[i]->name, list);
    }
    return map;
}
/* NOLINTEND(misc-no-recursion) */

static str random_code(const struct world *world, str list_name, struct random *random)
{
    const struct code_list *list = codes_list(world->catalog->codes, list_name);
    return list && list->count ? list->codes[(size_t)random_zipf(random, list->count)].code
                               : STR_EMPTY;
}

static struct node *fill_envelope(const struct world *world, const struct definition *definition,
                                  const struct person *person, uint64_t record,
                                  struct random *random, struct arena *arena)
{
    char text[16];
    struct node *envelope = node_map(arena), *purposes = node_list(arena);
    node_put_text(arena, envelope, S("owner"), person->country);
    node_put_text(arena, envelope, S("unit"),
                  arena_printf(arena, "%.*s/ncb", STR(person->country)));
    node_put_text(arena, envelope, S("ref"),
                  arena_printf(arena, "S-%07llu", (unsigned long long)record + 1));
    for (uint16_t i = 0; i < PURPOSE_MAX; i++)
        if (definition->purposes >> i & 1 && (!purposes || purposes->count < 4))
            node_add(purposes, node_text(arena, purpose_code(world->catalog, i)));
    node_put(envelope, S("purposes"), purposes);
    struct day review =
        day_of_number(day_number(world->options->today) + 60 + (int32_t)random_below(random, 500));
    node_put_text(arena, envelope, S("review_on"),
                  arena_str(arena, str_c(day_format(review, text))));
    str action = random_code(world, S("actions"), random),
        caution = random_code(world, S("cautions"), random);
    if (action.len && random_below(random, 100) < 70)
        node_put_text(arena, envelope, S("action"), action);
    if (caution.len && random_below(random, 100) < 8) {
        struct node *cautions = node_list(arena);
        node_add(cautions, node_text(arena, caution));
        node_put(envelope, S("cautions"), cautions);
    }
    if (person->is_test)
        node_put_bool(arena, envelope, S("test"), true);
    return envelope;
}

struct node *fill_body(const struct world *world, const struct definition *definition,
                       const struct person *person, uint64_t record, unsigned attempt,
                       struct arena *arena)
{
    struct person salted = *person;
    salted.ring = 0;
    struct random random =
        world_stream(world, &salted, definition->name, (unsigned)record * 31 + attempt, false);
    struct node *body = node_map(arena);
    node_put(body, S("envelope"), fill_envelope(world, definition, person, record, &random, arena));
    node_put(body, S("fields"),
             fill_group(world, definition->fields, definition->field_count, person,
                        (unsigned)(record / world->options->persons), &random, arena));
    return body;
}
