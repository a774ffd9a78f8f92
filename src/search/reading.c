/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a line of text could be. The types answer; here their answers become chips with parts. Reads
 * no record, so it runs while the officer types.
 *
 * A reading far below the best one is switched off, not hidden: the chip is there to be switched
 * on. A long number that proves itself by its check digits needs no second opinion.
 */
#include "search/internal.h"
#include "type/date.h"

enum { SURE = 95, KEEP_WITHIN = 45 };

/* ---- a value and its parts ---- */

struct part_list {
    struct part_sink sink;
    const struct search_engine *engine;
    struct query_value *values;
    size_t count;
};

static void take_part(struct part_sink *sink, str meaning, const struct value *value)
{
    struct part_list *list = (struct part_list *)sink;
    uint16_t number = engine_meaning(list->engine, meaning);
    if (number && list->count < VALUE_MAX)
        list->values[list->count++] = (struct query_value){number, *value};
}

/*
 * Whether one of the parts leads where the whole leads: a machine-readable zone is looked up by its
 * document number.
 */
static enum err is_covered(const struct value *whole, const struct part_list *parts,
                           struct arena *arena, bool *ret)
{
    const struct key *own;
    const struct key *keys;
    size_t own_count;
    size_t count;
    *ret = false;
    TRY(value_keys(whole, arena, &own, &own_count));
    for (size_t i = 0; own_count && i < parts->count && !*ret; i++) {
        TRY(value_keys(&parts->values[i].value, arena, &keys, &count));
        for (size_t k = 0; k < count; k++)
            *ret |= str_eq(keys[k].space, own[0].space) && str_eq(keys[k].text, own[0].text);
    }
    return OK;
}

enum err value_expand(const struct search_engine *engine, const struct query_value *whole,
                      struct arena *arena, struct query_value *values, size_t max, size_t *count)
{
    struct query_value parts[VALUE_MAX];
    struct part_list list = {.sink = {take_part}, .engine = engine, .values = parts};
    bool is_in_parts = false;
    if (whole->value.type->parts) {
        whole->value.type->parts(&whole->value, arena, &list.sink);
        TRY(is_covered(&whole->value, &list, arena, &is_in_parts));
        /* Asked by its own meaning it may meet a field that holds it whole. */
        is_in_parts |= list.count > 0 && !whole->meaning && !whole->value.type->is_key &&
                       !whole->value.type->is_fuzzy;
    }
    if (!is_in_parts && *count < max)
        values[(*count)++] = *whole;
    for (size_t i = 0; i < list.count && *count < max; i++)
        values[(*count)++] = parts[i];
    return OK;
}

static enum err fill_reading(const struct search_engine *engine, struct search_reading *reading,
                             struct arena *arena)
{
    struct query_value values[VALUE_MAX];
    const struct query_value whole = {0, reading->reading.value};
    size_t count = 0;
    TRY(value_expand(engine, &whole, arena, values, VALUE_MAX, &count));
    reading->values = arena_array(arena, struct query_value, count + 1);
    if (!reading->values)
        return ERR_LIMIT;
    memcpy(reading->values, values, count * sizeof *values);
    reading->count = count;
    return OK;
}

/* ---- which readings are on ---- */

static bool is_off(const struct node *off, const struct type *type)
{
    node_each(child, off) if (str_eq_c(node_as_text(child), type->name)) return true;
    return false;
}

static bool can_lead(const struct query_value *value)
{
    return value->value.type->is_key || value->value.type->is_fuzzy;
}

static bool reading_can_lead(const struct search_reading *reading)
{
    for (size_t i = 0; i < reading->count; i++)
        if (can_lead(&reading->values[i]))
            return true;
    return false;
}

/* ---- a name with a date ---- */

/* Digits in one half, letters and no digits in the other; ASCII and beyond. */
static bool could_be(str name, str date)
{
    bool has_digit = false;
    bool has_letter = false;
    for (size_t i = 0; i < date.len; i++)
        has_digit |= is_digit(date.ptr[i]);
    for (size_t i = 0; i < name.len; i++) {
        if (is_digit(name.ptr[i]))
            return false;
        has_letter |= is_alnum(name.ptr[i]) || (unsigned char)name.ptr[i] > 127;
    }
    return has_digit && has_letter && date.len >= 4 && date.len <= 24;
}

static bool read_halves(const struct type_context *context, str name, str date, struct arena *arena,
                        str *ret_name, struct value *ret_date)
{
    if (!could_be(name, date))
        return false;
    if (type_parse_text(&type_date, context, date, arena, ret_date)) {
        err_clear();
        return false;
    }
    while (name.len && name.ptr[name.len - 1] == ',')
        name = str_trim(str_slice(name, 0, name.len - 1));
    *ret_name = name;
    return true;
}

/* "Anna Petrova 12.08.1974": a name with a birth date before or behind it. */
static bool split_date(const struct type_context *context, str line, struct arena *arena,
                       str *ret_name, struct value *ret_date)
{
    for (size_t at = 1; at + 1 < line.len; at++) {
        if (line.ptr[at] != ' ' && line.ptr[at] != ',')
            continue;
        str left = str_trim(str_slice(line, 0, at));
        str right = str_trim(str_from(line, at + 1));
        if (read_halves(context, left, right, arena, ret_name, ret_date) ||
            read_halves(context, right, left, arena, ret_name, ret_date))
            return true;
    }
    return false;
}

/* Which meaning the dates have that order entries: birth, as the definitions say it. */
static uint16_t order_meaning(const struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (catalog->definitions[i]->has_evidence && catalog->definitions[i]->order_by)
            return catalog->definitions[i]->order_by->meaning_number;
    return 0;
}

static size_t read_name_and_date(const struct catalog *catalog, const struct type_context *context,
                                 str text, struct arena *arena, struct reading *out,
                                 struct value *ret_date)
{
    struct reading found[READING_MAX];
    str name;
    if (!order_meaning(catalog) || !split_date(context, text, arena, &name, ret_date))
        return 0;
    size_t count = type_recognise(context, name, arena, found, READING_MAX);
    for (size_t i = 0; i < count; i++)
        if (found[i].value.type->is_fuzzy) {
            *out = found[i];
            return 1;
        }
    return 0;
}

static enum err add_date(const struct catalog *catalog, struct search_reading *reading,
                         const struct value *date, struct arena *arena)
{
    struct query_value *values = arena_array(arena, struct query_value, reading->count + 1);
    if (!values)
        return ERR_LIMIT;
    memcpy(values, reading->values, reading->count * sizeof *values);
    values[reading->count] = (struct query_value){order_meaning(catalog), *date};
    reading->values = values;
    reading->count++;
    return OK;
}

/* ---- all readings ---- */

enum err search_recognise(const struct search_engine *engine, const struct actor *actor,
                          const struct search_request *request, struct arena *arena,
                          const struct search_reading **ret, size_t *ret_count)
{
    str text = str_trim(request->text);
    struct reading found[READING_MAX];
    struct type_context context = catalog_context(engine->catalog, NULL);
    struct value date;
    context.country = actor->country;
    if (text.len > TEXT_MAX)
        return err_set(ERR_LIMIT, "the text has %zu bytes, at most %d are read", text.len,
                       TEXT_MAX);
    size_t with_date = read_name_and_date(engine->catalog, &context, text, arena, found, &date);
    size_t count = with_date + type_recognise(&context, text, arena, found + with_date,
                                              READING_MAX - with_date);
    struct search_reading *readings = arena_array(arena, struct search_reading, count + 1);
    if (!readings)
        return ERR_LIMIT;
    unsigned best = 0;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (i >= with_date && with_date && found[i].type->is_fuzzy)
            continue; /* the same words, date and all, as a name */
        readings[kept].reading = found[i];
        TRY(fill_reading(engine, &readings[kept], arena));
        if (i < with_date)
            TRY(add_date(engine->catalog, &readings[kept], &date, arena));
        bool is_leading =
            reading_can_lead(&readings[kept]) && !is_off(request->off, readings[kept].reading.type);
        best = is_leading && found[i].confidence > best ? found[i].confidence : best;
        /* "Kim Hachul 1988-06-05" is no vehicle number, even if it has as many characters */
        bool is_stray = with_date && i >= with_date && found[i].value.check == CHECK_FAILED;
        readings[kept].is_on = is_leading && !is_stray;
        kept++;
    }
    for (size_t i = 0; i < kept; i++) {
        unsigned confidence = readings[i].reading.confidence;
        readings[i].is_on &= best >= SURE ? confidence == best : confidence + KEEP_WITHIN >= best;
    }
    *ret = readings;
    *ret_count = kept;
    return OK;
}

str search_repair(const struct search_engine *engine, str text,
                  const struct search_reading *readings, size_t count, struct arena *arena,
                  str *ret_keyboard)
{
    unsigned best = count ? readings[0].reading.confidence : 0;
    str repaired = STR_EMPTY;
    *ret_keyboard = STR_EMPTY;
    if (garbled_repair(&engine->context, text, best, arena, &repaired, ret_keyboard))
        return repaired;
    for (size_t i = 0; i < count; i++)
        if (readings[i].is_on) /* the likeliest; a lesser one that fails is no reason to doubt */
            return readings[i].reading.value.repair;
    return repaired;
}
