/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frozen table of how crowded numbers are (density.h), in the same life as that of names:
 * counted into DIR/numbers-candidate.tsv, taken into service as DIR/numbers.tsv, destroyed with it.
 * learn.c calls these with its own. And what is to be expected by it, for similar numbers.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "codec/json.h"
#include "search/density.h"
#include "search/internal.h"

enum { PAGE = 500, PATH_BYTES = 4096 };

extern const struct type type_country;

struct densities_kept { /* a table that serves or served */
    struct densities *table;
    struct densities_kept *next;
};
static pthread_mutex_t use_lock = PTHREAD_MUTEX_INITIALIZER;

static const char *path_of(const char *directory, bool is_candidate, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s.tsv", directory,
             is_candidate ? "numbers-candidate" : "numbers");
    return path;
}

/* ---- counting ---- */

struct counting {
    struct key_sink sink;
    struct search_engine *engine;
    const struct definition *definition;
    struct density_counter *counter;
    struct arena arena;
    str issuer;
    enum err code;
    uint64_t after, page_count, done, total;
};

static void count_key(struct key_sink *sink, const struct key *key)
{
    struct counting *counting = (struct counting *)sink;
    if (!counting->code && (key->kind == KEY_EXACT || key->kind == KEY_RANGE))
        counting->code = density_counter_add(counting->counter, key->space, counting->issuer,
                                             key->text, key->to);
}

/* The country within which the definition says that the number is unique; "" when there is none. */
static str issuer_of(const struct record *record, const struct field *number)
{
    for (size_t i = 0; i < record->count; i++)
        if (record->values[i].value.type == &type_country &&
            definition_pairs(record->definition, number, record->values[i].field))
            return record->values[i].value.norm;
    return STR_EMPTY;
}

static enum err count_record(void *context, const struct stored *stored)
{
    struct counting *counting = context;
    struct node *body;
    struct record record;
    counting->after = stored->id.number;
    counting->page_count++;
    if (stored->is_erased || stored->body.len == 0 || stored->state == STATE_DELETED)
        return OK;
    arena_reset(&counting->arena);
    TRY(json_parse(stored->body, &counting->arena, &body));
    TRY(record_read(counting->engine->catalog, counting->definition, body, &counting->arena,
                    &record));
    for (size_t i = 0; i < record.count && !counting->code; i++) {
        const struct field_value *held = &record.values[i];
        if (!held->value.type->is_key || !held->value.type->alphabet.len ||
            !held->field->meaning_number)
            continue;
        counting->issuer = issuer_of(&record, held->field);
        held->value.type->keys(&held->value, &counting->sink);
    }
    return counting->code;
}

static bool is_counted(const struct definition *definition)
{
    if (str_eq(definition->kind, S("system")))
        return false;
    for (size_t i = 0; i < definition->all_count; i++) {
        const struct field *field = definition->all[i];
        if (field->type && field->type->is_key && field->type->alphabet.len &&
            field->meaning_number)
            return true;
    }
    return false;
}

static enum err count_definition(struct counting *counting, learn_progress *progress, void *context)
{
    counting->after = 0;
    do {
        counting->page_count = 0;
        TRY(store_list(counting->engine->store, counting->definition->name, STR_EMPTY,
                       counting->after, PAGE, count_record, counting));
        counting->done += counting->page_count;
        if (progress)
            TRY(progress(context, counting->done, counting->total));
    } while (counting->page_count == PAGE);
    return OK;
}

static enum err count_all(struct counting *counting, learn_progress *progress, void *context,
                          struct buf *out)
{
    const struct catalog *catalog = counting->engine->catalog;
    uint64_t seq = store_seq(counting->engine->store);
    for (size_t i = 0; i < catalog->count; i++) {
        uint64_t count = 0;
        if (is_counted(catalog->definitions[i]))
            TRY(store_count(counting->engine->store, catalog->definitions[i]->name, STR_EMPTY,
                            &count));
        counting->total += count;
    }
    for (size_t i = 0; i < catalog->count; i++) {
        counting->definition = catalog->definitions[i];
        if (is_counted(counting->definition))
            TRY(count_definition(counting, progress, context));
    }
    return density_counter_write(counting->counter, seq, out);
}

enum err numbers_learn(struct search_engine *engine, const char *directory,
                       learn_progress *progress, void *context)
{
    struct counting counting = {.sink = {.add = count_key, .is_lookup = true}, .engine = engine};
    struct buf out = {.max = DENSITY_BYTES_MAX};
    char path[PATH_BYTES];
    TRY(density_counter_new(&counting.counter));
    enum err code = count_all(&counting, progress, context, &out);
    if (!code)
        code = io_replace(path_of(directory, true, path), buf_str(&out));
    density_counter_free(counting.counter);
    arena_release(&counting.arena);
    buf_release(&out);
    return code;
}

/* ---- in service ---- */

static enum err read_table(const char *path, struct densities **ret)
{
    char *text;
    size_t len;
    TRY(io_read_file(path, DENSITY_BYTES_MAX, &text, &len));
    enum err code = densities_read(str_of(text, len), ret);
    free(text);
    return code ? err_file(path) : OK;
}

static enum err keep(struct search_engine *engine, struct densities *table)
{
    struct densities_kept *kept = calloc(1, sizeof *kept);
    if (!kept) {
        densities_free(table);
        return err_set(ERR_MEMORY, "out of memory for counts of numbers");
    }
    pthread_mutex_lock(&use_lock);
    *kept = (struct densities_kept){table, engine->densities_kept};
    engine->densities_kept = kept;
    atomic_store_explicit(&engine->densities, table, memory_order_release);
    pthread_mutex_unlock(&use_lock);
    return OK;
}

enum err numbers_load(struct search_engine *engine, const char *directory)
{
    char path[PATH_BYTES];
    struct densities *table = NULL;
    if (access(path_of(directory, false, path), F_OK) < 0)
        return OK;
    TRY(read_table(path, &table));
    return keep(engine, table);
}

enum err numbers_use(struct search_engine *engine, const char *directory)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    struct densities *table = NULL;
    if (access(path_of(directory, true, from), F_OK) < 0)
        return OK;
    TRY(read_table(from, &table));
    enum err code = io_rename(from, path_of(directory, false, to));
    if (!code)
        code = io_sync_dir(directory);
    if (code) {
        densities_free(table);
        return code;
    }
    return keep(engine, table);
}

enum err numbers_forget(struct search_engine *engine, const char *directory)
{
    char path[PATH_BYTES];
    TRY(io_remove(path_of(directory, true, path)));
    TRY(io_remove(path_of(directory, false, path)));
    atomic_store_explicit(&engine->densities, NULL, memory_order_release);
    return OK;
}

void numbers_close(struct search_engine *engine)
{
    while (engine->densities_kept) {
        struct densities_kept *next = engine->densities_kept->next;
        densities_free(engine->densities_kept->table);
        free(engine->densities_kept);
        engine->densities_kept = next;
    }
}

/* ---- what to expect ---- */

void chance_begin(struct chance *chance, const struct search *search, const struct query_set *set)
{
    const struct search_engine *engine = search->plan->engine;
    *chance = (struct chance){.densities = atomic_load_explicit(&search->plan->engine->densities,
                                                                memory_order_acquire),
                              .population = (double)search->evidence.population};
    for (size_t i = 0; set && i < set->count; i++)
        if (set->values[i].query.meaning == engine->issuer_meaning)
            chance->issuer = set->values[i].query.value.norm;
}

/* Of all who have a number of this format, so many share this very one. */
static double expected_of(const struct chance *chance, str type, str format)
{
    double held = chance->densities
                      ? densities_held(chance->densities, type, chance->issuer, format)
                      : chance->population;
    double expected = held / density_room(format);
    return expected < held ? expected : held;
}

double chance_of_ending(const struct chance *chance, str type, str ending)
{
    double held = chance->densities ? densities_held(chance->densities, type, STR_EMPTY, STR_EMPTY)
                                    : chance->population;
    for (size_t i = 0; i < ending.len; i++)
        held /= is_digit(ending.ptr[i]) ? 10 : 26;
    return held;
}

double chance_of(struct chance *chance, str type, str number)
{
    char format[FORMAT_MAX];
    size_t len = density_format(number, format);
    if (len == 0)
        return 0;
    for (size_t i = 0; i < COUNT_OF(chance->kept); i++)
        if (chance->kept[i].len == len && chance->kept[i].type.ptr == type.ptr &&
            memcmp(chance->kept[i].format, format, len) == 0)
            return chance->kept[i].expected;
    struct chance_kept *place = &chance->kept[chance->next++ % COUNT_OF(chance->kept)];
    *place = (struct chance_kept){.type = type,
                                  .len = len,
                                  .expected = expected_of(chance, type, str_of(format, len))};
    memcpy(place->format, format, len);
    return place->expected;
}
