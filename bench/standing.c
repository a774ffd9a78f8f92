/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What standing queries cost each new record, and what a day's sweep over review dates costs.
 *   build/release/bench/standing [QUERIES] [RECORDS]     from the project's root
 * 1,000,000 queries and 10,000,000 review dates unless stated. A record is read from its stored
 * bytes, as the thread does that follows the feed, and held against all of them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "keep/internal.h"
#include "standing/internal.h"

enum { ROUNDS = 100000, GROUPS = 200 };

static void must(enum err code)
{
    char text[1024];
    if (!code)
        return;
    fprintf(stderr, "bench: %s\n", err_format(err_last(), text, sizeof text));
    exit(1);
}

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
    if (key->kind == KEY_EXACT)
        must(asked_add_key(keying->table, keying->place, key->space, key->text));
}

static void add_query(struct table *table, const struct type *type, uint64_t i)
{
    struct arena arena = {0};
    struct type_context context = {.today = day_today()};
    struct value value;
    struct query query = {.number = i + 1,
                          .officer = S("o-1043"),
                          .country = S("UTO"),
                          .approved_us = 1,
                          .until = INT32_MAX,
                          .is_there = true};
    char text[24];
    bool is_new;
    struct keying keying = {.sink = {.add = take_key, .is_lookup = true}, .table = table};
    snprintf(text, sizeof text, "QX%07llu", (unsigned long long)(hash_mix(i, 3) % 100000000));
    must(asked_put(table, &query, &keying.place, &is_new));
    must(type_parse_text(type, &context, str_c(text), &arena, &value));
    type->keys(&value, &keying.sink);
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

static void match(const struct catalog *catalog, const struct table *table,
                  const struct definition *definition)
{
    struct arena kept = {0}, arena = {0};
    uint32_t found[16];
    size_t met = 0;
    int64_t matching = 0;
    str body = example_body(catalog, definition, &kept);
    int64_t began = clock_monotonic_us();
    for (int i = 0; i < ROUNDS / 10; i++) {
        struct node *node;
        struct record record;
        must(json_parse(body, &arena, &node));
        must(record_read(catalog, definition, node, &arena, &record));
        int64_t before = clock_monotonic_us();
        for (int k = 0; k < 10; k++)
            met += asked_match(table, &record, INT64_MAX, 0, found, COUNT_OF(found));
        matching += clock_monotonic_us() - before;
        arena_reset(&arena);
    }
    int64_t took = clock_monotonic_us() - began - matching;
    printf("%-20.*s %6.2f us read, %5.2f us held against all (%zu met)\n", STR(definition->name),
           (double)took * 10 / ROUNDS, (double)matching / ROUNDS, met);
    arena_release(&arena);
    arena_release(&kept);
}

static void bench_standing(uint64_t count)
{
    struct catalog *catalog;
    struct table table;
    must(catalog_load(".", &catalog));
    asked_init(&table);
    const struct type *type = type_find(S("document-number"));
    int64_t began = clock_monotonic_us();
    for (uint64_t i = 0; i < count; i++)
        add_query(&table, type, i);
    printf("%llu standing queries taken up in %.2f s\n", (unsigned long long)count,
           (double)(clock_monotonic_us() - began) / 1e6);
    for (size_t i = 0; i < catalog->count; i++)
        if (definition_is_data(catalog->definitions[i]) && catalog->definitions[i]->example_count)
            match(catalog, &table, catalog->definitions[i]);
    asked_release(&table);
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
