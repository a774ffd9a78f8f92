/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frozen table of name frequencies (text/frequency.h) in its life:
 *
 *   learn   counts the names of all records of the store, in order of databases and numbers, into
 *           DIR/names-candidate.tsv; the same store gives the same bytes
 *   show    what the candidate would change, for a person to look at
 *   use     the candidate becomes DIR/names.tsv and serves from the next search on
 *   forget  both files go; the table shipped with the program serves
 *
 * Beside it goes the table of how crowded numbers are (learn_numbers.c), counted in the same
 * command.
 *
 * Records are read from the store and not from the index: what was erased is not there, and how
 * segments were merged leaves no trace. A search takes the table it began with to its end; tables
 * replaced stay in memory until the engine closes, for want of a reason to count their readers: it
 * happens a few times a year.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "codec/json.h"
#include "search/internal.h"
#include "text/frequency.h"
#include "type/name.h"

enum { PAGE = 500, NAMES_PER_RECORD = 64, SHOWN_MAX = 40, PATH_BYTES = 4096 };

struct table_kept { /* a table that serves or served */
    struct frequencies *table;
    struct rarity *rarity;
    struct table_kept *next;
};

static pthread_mutex_t use_lock = PTHREAD_MUTEX_INITIALIZER;

const struct rarity *search_rarity(const struct search_engine *engine)
{
    return atomic_load_explicit(&engine->rarity, memory_order_acquire);
}

const struct frequencies *search_frequencies(const struct search_engine *engine)
{
    return rarity_frequencies(search_rarity(engine));
}

void search_forget_tables(struct search_engine *engine)
{
    while (engine->tables) {
        struct table_kept *next = engine->tables->next;
        rarity_free(engine->tables->rarity);
        frequencies_free(engine->tables->table);
        free(engine->tables);
        engine->tables = next;
    }
}

static enum err keep(struct search_engine *engine, struct frequencies *table)
{
    struct rarity *rarity = NULL;
    struct table_kept *kept = calloc(1, sizeof *kept);
    enum err code = kept ? rarity_new(table, &rarity)
                         : err_set(ERR_MEMORY, "out of memory for name frequencies");
    if (code) {
        free(kept);
        frequencies_free(table);
        return code;
    }
    pthread_mutex_lock(&use_lock);
    *kept = (struct table_kept){table, rarity, engine->tables};
    engine->tables = kept;
    atomic_store_explicit(&engine->rarity, rarity, memory_order_release);
    pthread_mutex_unlock(&use_lock);
    return OK;
}

/* ---- files ---- */

static const char *serving_path(const char *directory, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/names.tsv", directory);
    return path;
}

static const char *candidate_path(const char *directory, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/names-candidate.tsv", directory);
    return path;
}

static enum err read_table(const char *path, struct frequencies **ret)
{
    char *text;
    size_t len;
    TRY(io_read_file(path, FREQUENCY_BYTES_MAX, &text, &len));
    enum err code = frequencies_read(str_of(text, len), ret);
    free(text);
    return code ? err_file(path) : OK;
}

enum err search_load_frequencies(struct search_engine *engine, const char *directory)
{
    char path[PATH_BYTES];
    struct frequencies *table = NULL;
    TRY(numbers_load(engine, directory));
    if (access(serving_path(directory, path), F_OK) < 0)
        return OK;
    TRY(read_table(path, &table));
    return keep(engine, table);
}

/* ---- learn ---- */

struct learning {
    struct search_engine *engine;
    const struct definition *definition;
    struct frequency_counter *counter;
    struct arena arena;
    uint64_t after, page_count, done, total;
};

static bool is_counted(const struct field_value *value)
{
    return value->field->meaning_number && value->value.type == &type_name && value->value.detail;
}

static enum err learn_record(void *context, const struct stored *stored)
{
    struct learning *learning = context;
    const struct name *names[NAMES_PER_RECORD];
    struct node *body;
    struct record record;
    size_t count = 0;
    learning->after = stored->id.number;
    learning->page_count++;
    if (stored->is_erased || stored->body.len == 0 || stored->state == STATE_DELETED)
        return OK;
    arena_reset(&learning->arena);
    TRY(json_parse(stored->body, &learning->arena, &body));
    TRY(record_read(learning->engine->catalog, learning->definition, body, &learning->arena,
                    &record));
    for (size_t i = 0; i < record.count && count < NAMES_PER_RECORD; i++) {
        if (is_counted(&record.values[i]))
            names[count++] = name_of(&record.values[i].value);
    }
    return frequency_counter_add(learning->counter, names, count);
}

static enum err learn_definition(struct learning *learning, learn_progress *progress, void *context)
{
    struct store *store = learning->engine->store;
    learning->after = 0;
    do {
        learning->page_count = 0;
        TRY(store_list(store, learning->definition->name, STR_EMPTY, learning->after, PAGE,
                       learn_record, learning));
        learning->done += learning->page_count;
        if (progress)
            TRY(progress(context, learning->done, learning->total));
    } while (learning->page_count == PAGE);
    return OK;
}

static bool is_learned_from(const struct search_engine *engine, size_t definition)
{
    return bit_is_set(engine->fuzzy, (unsigned)definition) &&
           !str_eq(engine->catalog->definitions[definition]->kind, S("system"));
}

static enum err learn_all(struct learning *learning, learn_progress *progress, void *context,
                          struct buf *out)
{
    struct search_engine *engine = learning->engine;
    const struct catalog *catalog = engine->catalog;
    uint64_t seq = store_seq(engine->store);
    for (size_t i = 0; i < catalog->count; i++) {
        uint64_t count = 0;
        if (is_learned_from(engine, i))
            TRY(store_count(engine->store, catalog->definitions[i]->name, STR_EMPTY, &count));
        learning->total += count;
    }
    for (size_t i = 0; i < catalog->count; i++) {
        learning->definition = catalog->definitions[i];
        if (is_learned_from(engine, i))
            TRY(learn_definition(learning, progress, context));
    }
    return frequency_counter_write(learning->counter, seq, out);
}

enum err search_learn(struct search_engine *engine, const char *directory, learn_progress *progress,
                      void *context)
{
    struct learning learning = {.engine = engine};
    struct buf out = {.max = FREQUENCY_BYTES_MAX};
    char path[PATH_BYTES];
    TRY(frequency_counter_new(&learning.counter));
    enum err code = learn_all(&learning, progress, context, &out);
    if (!code)
        code = io_replace(candidate_path(directory, path), buf_str(&out));
    frequency_counter_free(learning.counter);
    arena_release(&learning.arena);
    buf_release(&out);
    return code ? code : numbers_learn(engine, directory, progress, context);
}

/* ---- use, forget ---- */

static enum err read_candidate(const char *directory, struct frequencies **ret)
{
    char path[PATH_BYTES];
    if (access(candidate_path(directory, path), F_OK) < 0) {
        err_set(ERR_NOT_FOUND, "no name frequencies were learned that wait for use");
        return err_hint("learn them first: bureau learn");
    }
    return read_table(path, ret);
}

enum err search_use_learned(struct search_engine *engine, const char *directory)
{
    char from[PATH_BYTES];
    char to[PATH_BYTES];
    struct frequencies *table = NULL;
    TRY(read_candidate(directory, &table));
    enum err code = io_rename(candidate_path(directory, from), serving_path(directory, to));
    if (!code)
        code = io_sync_dir(directory);
    if (code) {
        frequencies_free(table);
        return code;
    }
    TRY(keep(engine, table));
    return numbers_use(engine, directory);
}

enum err search_forget_learned(struct search_engine *engine, const char *directory)
{
    char path[PATH_BYTES];
    TRY(io_remove(candidate_path(directory, path)));
    TRY(io_remove(serving_path(directory, path)));
    TRY(numbers_forget(engine, directory));
    TRY(io_sync_dir(directory));
    atomic_store_explicit(&engine->rarity, rarity_shipped(), memory_order_release);
    return OK;
}

/* ---- show ---- */

static void print_facts(const struct frequencies *table, bool is_shipped, struct buf *out)
{
    struct frequency_facts facts = frequencies_facts(table);
    buf_printf(out,
               "{\"id\":\"%016llx\",\"shipped\":%s,\"persons\":%llu,\"words\":%zu,\"seq\":%llu}",
               (unsigned long long)facts.id, is_shipped ? "true" : "false",
               (unsigned long long)facts.persons, facts.words, (unsigned long long)facts.seq);
}

static void print_change(void *context, str script, str word, uint32_t before, uint32_t after)
{
    struct buf *out = context;
    if (out->ptr[out->len - 1] == '}')
        buf_add_char(out, ',');
    buf_printf(out, "{\"script\":\"%.*s\",\"word\":", STR(script));
    json_write_text(out, word);
    buf_printf(out, ",\"before\":%u,\"after\":%u}", before, after);
}

enum err search_show_learned(const struct search_engine *engine, const char *directory,
                             struct buf *out)
{
    char path[PATH_BYTES];
    struct frequencies *candidate = NULL;
    const struct frequencies *serving = search_frequencies(engine);
    buf_add(out, S("{\"serving\":"));
    print_facts(serving, serving == frequencies_shipped(), out);
    if (access(candidate_path(directory, path), F_OK) == 0) {
        TRY(read_candidate(directory, &candidate));
        buf_add(out, S(",\"candidate\":"));
        print_facts(candidate, false, out);
        buf_add(out, S(",\"changes\":["));
        enum err code = frequencies_compare(serving, candidate, SHOWN_MAX, print_change, out);
        frequencies_free(candidate);
        TRY(code);
        buf_add_char(out, ']');
    }
    buf_add_char(out, '}');
    return out->failed;
}
