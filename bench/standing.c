/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What standing queries cost each new record, and what a day's sweep over review dates costs.
 *   build/release/bench/standing [QUERIES] [RECORDS]     from the project's root
 * 1,000,000 queries and 10,000,000 review dates unless stated. Of the queries 60 in 100 ask for a
 * name with a birth date (words of the names of 3,000 fictional persons, put together anew; dates
 * over seventy years), 2 for a series of numbers, the others for a number. A record is read from
 * its stored bytes, as the thread does that follows the feed, and held against all of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/io.h"

#include "../tests/scratch.h"
#include "codec/json.h"
#include "keep/internal.h"
#include "sample/sample.h"
#include "standing/internal.h"
#include "type/date.h"
#include "type/name.h"

#include "bench.h"

enum { GROUPS = 200 };

static uint64_t argument(int count, char **words, int at, uint64_t otherwise)
{
    uint64_t value = otherwise;
    return count > at && str_to_u64(str_c(words[at]), 1u << 30, &value) ? value : otherwise;
}

struct keying {
    struct key_sink sink;
    struct table *table;
    uint32_t place;
};

static void take_key(struct key_sink *sink, const struct key *key)
{
    struct keying *keying = (struct keying *)sink;
    if (key->kind == KEY_EXACT || key->kind == KEY_RANGE)
        must(asked_add_key(keying->table, keying->place, key));
}

/* ---- persons ---- */

enum { PERSONS = 3000, BORN_FROM = -7300, BORN_DAYS = 70 * 365 };

struct persons {
    const struct definition *definition;
    struct arena arena;
    str *bodies, *names;
    uint16_t meaning; /* of the names */
    size_t count;
};

static void take_person(const struct catalog *catalog, struct persons *persons, str line)
{
    struct arena arena = {0};
    struct node *node;
    struct record record;
    struct buf body = {.max = 1 << 20};
    must(json_parse(line, &arena, &node));
    must(record_parse(catalog, persons->definition, node, &arena, &record));
    must(record_canonical(catalog, &record, &body));
    for (size_t i = 0; i < record.count; i++)
        if (record.values[i].value.type == &type_name) {
            persons->meaning = record.values[i].field->meaning_number;
            persons->names[persons->count] = arena_str(&persons->arena, record.values[i].value.raw);
            persons->bodies[persons->count++] = arena_str(&persons->arena, buf_str(&body));
            break;
        }
    buf_release(&body);
    arena_release(&arena);
}

static void make_persons(const struct catalog *catalog, struct persons *persons)
{
    struct scratch scratch;
    struct sample_report report;
    char path[700];
    char *bytes;
    size_t len;
    *persons = (struct persons){.arena = {.max_bytes = (size_t)1 << 30}};
    for (size_t i = catalog->count; i-- > 0;)
        if (definition_is_data(catalog->definitions[i]) && catalog->definitions[i]->order_by)
            persons->definition = catalog->definitions[i];
    scratch_make(&scratch);
    struct sample_options options = {.persons = PERSONS,
                                     .seed = 7,
                                     .directory = scratch.path,
                                     .today = {2026, 11, 22}};
    must(sample_write(catalog, &options, &report));
    snprintf(path, sizeof path, "%s/%.*s.ndjson", scratch.path, STR(persons->definition->name));
    must(io_read_file(path, (size_t)1 << 30, &bytes, &len));
    persons->names = calloc(PERSONS * 2, sizeof(str));
    persons->bodies = calloc(PERSONS * 2, sizeof(str));
    str rest = str_of(bytes, len), line;
    while (str_split(&rest, '\n', &line) && persons->count < PERSONS)
        if (line.len)
            take_person(catalog, persons, line);
    free(bytes);
    scratch_remove(&scratch);
}

/* ---- queries ---- */

static void add_name(struct table *table, uint32_t place, str text, uint16_t meaning,
                     struct arena *arena)
{
    struct name *name;
    must(name_parse_text(text, arena, &name));
    must(asked_add_name(table, place, name, meaning));
}

/* The first word of one, the others of another. */
static str put_together(const struct persons *persons, uint64_t i, struct arena *arena)
{
    str one = persons->names[hash_mix(i, 4) % persons->count];
    str other = persons->names[hash_mix(i, 5) % persons->count];
    size_t blank = str_find(other, ' ');
    return blank == other.len
               ? one
               : arena_printf(arena, "%.*s%.*s", STR(str_slice(one, 0, str_find(one, ' '))),
                              STR(str_from(other, blank)));
}

static void add_query(struct table *table, const struct type *type, const struct persons *persons,
                      uint64_t i)
{
    struct arena arena = {0};
    struct type_context context = {.today = day_today()};
    struct value value;
    int32_t day = BORN_FROM + (int32_t)(hash_mix(i, 9) % BORN_DAYS);
    struct date born = {.first_day = day, .last_day = day, .alternative = day};
    bool is_name = i % 100 < 60, is_series = i % 100 < 62;
    str name = put_together(persons, i, &arena);
    struct query query = {.number = i + 1,
                          .officer = S("o-1043"),
                          .country = S("UTO"),
                          .born = &born,
                          .born_count = is_name,
                          .is_alone = is_name,
                          .approved_us = 1,
                          .until = INT32_MAX,
                          .is_there = true};
    char text[40];
    bool is_new;
    struct keying keying = {.sink = {.add = take_key, .is_lookup = true}, .table = table};
    unsigned long long number = hash_mix(i, 3) % 10000000;
    must(asked_put(table, &query, &keying.place, &is_new));
    if (is_name) {
        add_name(table, keying.place, name, persons->meaning, &arena);
    } else {
        snprintf(text, sizeof text, is_series ? "QX%07llu-QX%07llu" : "QX%07llu", number,
                 number + 99);
        must(type_parse_text(type, &context, str_c(text), &arena, &value));
        type->keys(&value, &keying.sink);
    }
    arena_release(&arena);
}

/* A definition with examples, so that the record has the shape of real ones. */
static str example_body(const struct catalog *catalog, const struct definition *definition,
                        struct arena *arena)
{
    struct record record;
    struct buf out = {.max = 1 << 20};
    must(record_parse(catalog, definition, definition->examples[0].body, arena, &record));
    must(record_canonical(catalog, &record, &out));
    str kept = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return kept;
}

/* Each body once or as often as it takes; what is read is the same as what follows the feed. */
static void match(const struct catalog *catalog, struct table *table,
                  const struct definition *definition, const str *bodies, size_t count,
                  size_t rounds)
{
    const struct frequencies *frequencies = rarity_frequencies(rarity_shipped());
    const struct asked_when when = {INT64_MAX, 0};
    struct arena arena = {.max_bytes = (size_t)1 << 30};
    static uint32_t found[256];
    size_t met = 0;
    uint64_t answers = 0;            /* of whom was met */
    clock_t matching = 0, worst = 0; /* of the processor: others may be at work */
    clock_t began = clock();
    for (size_t i = 0; i < rounds; i++) {
        struct node *node;
        struct record record;
        must(json_parse(bodies[i % count], &arena, &node));
        must(record_read(catalog, definition, node, &arena, &record));
        clock_t before = clock();
        size_t here = 0;
        for (int k = 0; k < 4; k++)
            here = asked_match(table, &record, when, frequencies, &arena, found, COUNT_OF(found));
        clock_t one = clock() - before;
        met += here;
        for (size_t k = 0; k < here; k++)
            answers = hash_mix(answers, found[k] + i);
        matching += one;
        worst = one > worst ? one : worst;
        arena_reset(&arena);
    }
    clock_t took = clock() - began - matching;
    printf(
        "%-20.*s %6.2f us read, %6.2f us held against all (worst %.0f), %.3f met each, %016llx\n",
        STR(definition->name), (double)took / (double)rounds, (double)matching / (double)rounds / 4,
        (double)worst / 4, (double)met / (double)rounds, (unsigned long long)answers);
    arena_release(&arena);
}

static void bench_standing(uint64_t count)
{
    struct catalog *catalog;
    struct table table;
    struct persons persons;
    must(catalog_load(".", &catalog));
    make_persons(catalog, &persons);
    asked_init(&table);
    const struct type *type = type_find(S("document-number"));
    int64_t began = clock_monotonic_us();
    for (uint64_t i = 0; i < count; i++)
        add_query(&table, type, &persons, i);
    printf("%llu standing queries taken up in %.2f s: %zu keys, %.0f MB\n",
           (unsigned long long)count, (double)(clock_monotonic_us() - began) / 1e6, table.key_count,
           ((double)table.key_max * sizeof *table.keys +
            (double)table.link_max * sizeof *table.links +
            (double)(table.points.max + table.series.max) * sizeof *table.points.items +
            (double)table.arena.total_bytes + (double)table.words.arena.total_bytes +
            (double)table.max * sizeof *table.queries) /
               1e6);
    match(catalog, &table, persons.definition, persons.bodies, persons.count, 3000);
    for (size_t i = 0; i < catalog->count; i++) {
        const struct definition *definition = catalog->definitions[i];
        struct arena kept = {0};
        if (!definition_is_data(definition) || !definition->example_count)
            continue;
        str body = example_body(catalog, definition, &kept);
        match(catalog, &table, definition, &body, 1, 500);
        arena_release(&kept);
    }
    asked_release(&table);
    arena_release(&persons.arena);
    free(persons.names);
    free(persons.bodies);
    catalog_free(catalog);
}

/* ---- review dates ---- */

static void bench_due(uint64_t count)
{
    struct due_table table = {0};
    struct catalog *catalog;
    const char *path = "/tmp/bureau-bench-due";
    uint32_t groups[GROUPS];
    uint64_t due = 0;
    must(catalog_load(".", &catalog));
    for (uint32_t i = 0; i < GROUPS; i++) {
        char owner[4] = {'A', (char)('A' + i / 26), (char)('A' + i % 26), 0};
        must(due_group(&table, catalog, catalog->definitions[0]->name, str_c(owner), &groups[i]));
    }
    for (uint64_t i = 1; i <= count; i++)
        must(due_set(&table, i,
                     (struct due){.day = (uint16_t)(9800 + hash_mix(i, 5) % 1826),
                                  .group = (uint16_t)(groups[i % GROUPS] & GROUP_MAX)}));
    int64_t began = clock_monotonic_us();
    for (uint64_t i = 1; i < table.count; i++)
        due += table.items[i].day && table.items[i].day < 9801;
    int64_t scanned = clock_monotonic_us() - began;
    began = clock_monotonic_us();
    must(due_save(&table, path));
    int64_t saved = clock_monotonic_us() - began;
    due_release(&table);
    began = clock_monotonic_us();
    must(due_load(&table, catalog, path));
    printf("%llu review dates: a day's sweep %.1f ms (%llu due), saved %.0f ms, read %.0f ms\n",
           (unsigned long long)count, (double)scanned / 1e3, (unsigned long long)due,
           (double)saved / 1e3, (double)(clock_monotonic_us() - began) / 1e3);
    due_release(&table);
    (void)remove(path);
    catalog_free(catalog);
}

int main(int count, char **words)
{
    must(crypto_init());
    bench_standing(argument(count, words, 1, 1000000));
    bench_due(argument(count, words, 2, 10000000));
    return 0;
}
