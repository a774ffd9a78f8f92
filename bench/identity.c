/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A nation's officers: entered, opened, looked up by token and by session while others are entered.
 * build/release/bench/identity [OFFICERS [UNITS]]
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../tests/scratch.h"
#include "identity/internal.h"

#include "bench.h"

enum { LOOKUPS = 1000000, AT_ONCE = 5000, SESSIONS = 20000 };

static struct identity *identity;
static size_t officers = 100000, units = 10000;

static void follow(void *context, uint64_t first_seq, uint64_t last_seq)
{
    (void)context;
    if (identity)
        identity_follow(identity, first_seq, last_seq);
}

static double seconds_since(int64_t start_us)
{
    return (double)(clock_monotonic_us() - start_us) / 1e6;
}

/* Of this thread alone: other processes do not count. */
static double processor_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void put_list(struct arena *arena, struct node *fields, str key, str value)
{
    struct node *list = node_list(arena);
    node_add(list, node_text(arena, value));
    node_put(fields, key, list);
}

static void write_unit(size_t i, struct arena *arena, struct writing *writing)
{
    struct node *fields = node_map(arena);
    node_put_text(arena, fields, S("id"), arena_printf(arena, "UTO/unit-%zu", i));
    node_put_text(arena, fields, S("name"), S("Unit"));
    node_put_text(arena, fields, S("level"), i ? S("unit") : S("national-bureau"));
    if (i)
        node_put_text(arena, fields, S("parent"),
                      arena_printf(arena, "UTO/unit-%zu", (i - 1) / 10));
    struct heading heading = {.definition = "unit", .owner = S("UTO"), .by = S("bench")};
    must(writing_put(identity, writing, &heading, fields, arena));
}

static str token_of(size_t i, char text[32])
{
    return str_of(text, (size_t)snprintf(text, 32, "bureau_%zu", i));
}

static void write_officer(size_t i, struct arena *arena, struct writing *writings)
{
    char token[32];
    struct hash hash;
    struct node *fields = node_map(arena);
    str id = arena_printf(arena, "o-%zu", i);
    node_put_text(arena, fields, S("id"), id);
    node_put_text(arena, fields, S("unit"), arena_printf(arena, "UTO/unit-%zu", i % units));
    put_list(arena, fields, S("roles"), S("frontline"));
    put_list(arena, fields, S("purposes"), S("border-control"));
    must(writing_officer(identity, &writings[0], S("UTO"), S("bench"), fields, arena));
    sha256(token_of(i, token), &hash);
    fields = token_fields(arena, id, CREDENTIAL_TOKEN, &hash, clock_now_us(),
                          clock_now_us() + (int64_t)86400 * 1000000);
    struct heading heading = {.definition = "credential", .owner = S("UTO"), .by = S("bench")};
    must(writing_put(identity, &writings[1], &heading, fields, arena));
}

static void enter(size_t count, bool is_unit)
{
    struct writing *writings = calloc(AT_ONCE * 2, sizeof *writings);
    struct arena arena = {.max_bytes = (size_t)1 << 30};
    for (size_t from = 0; writings && from < count; from += AT_ONCE) {
        size_t made = 0;
        for (size_t i = from; i < count && i < from + AT_ONCE; i++) {
            if (is_unit)
                write_unit(i, &arena, &writings[made]);
            else
                write_officer(i, &arena, &writings[made]);
            made += is_unit ? 1 : 2;
        }
        must(writings_commit(identity, writings, made, NULL));
        for (size_t i = 0; i < made; i++)
            writing_release(&writings[i]);
        arena_reset(&arena);
    }
    free(writings);
    arena_release(&arena);
}

static atomic_bool is_over;

/* Somebody founds units all the time: each is a commit, and all rights are worked out anew. */
static void *disturb(void *context)
{
    struct arena arena = {0};
    size_t *count = context;
    while (!atomic_load(&is_over)) {
        struct writing writing;
        write_unit(units + (*count)++, &arena, &writing);
        must(writings_commit(identity, &writing, 1, NULL));
        writing_release(&writing);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return NULL;
}

static void look_up(const char *what, size_t among)
{
    char token[32];
    struct actor actor;
    struct arena arena = {0};
    struct random random;
    random_seed(&random, 7);
    double start = processor_seconds();
    for (size_t i = 0; i < LOOKUPS; i++) {
        must(identity_by_token(identity, token_of(random_below(&random, among), token), &arena,
                               &actor));
        arena_reset(&arena);
    }
    printf("%s: %.0f ns a token\n", what, (processor_seconds() - start) * 1e9 / LOOKUPS);
    arena_release(&arena);
}

static void look_up_sessions(void)
{
    struct arena arena = {0};
    struct actor actor;
    struct identity_session about;
    struct identity_session *sessions = calloc(SESSIONS, sizeof *sessions);
    struct random random;
    char id[32];
    random_seed(&random, 8);
    for (size_t i = 0; sessions && i < SESSIONS; i++) {
        size_t len = (size_t)snprintf(id, sizeof id, "o-%zu", i % officers);
        must(identity_session_new(identity, str_of(id, len), 0, &sessions[i]));
    }
    double start = processor_seconds();
    for (size_t i = 0; sessions && i < LOOKUPS; i++) {
        const struct identity_session *one = &sessions[random_below(&random, SESSIONS)];
        must(identity_by_session(identity, str_c(one->cookie), &arena, &actor, &about));
        arena_reset(&arena);
    }
    printf("%d sessions: %.0f ns each\n", SESSIONS, (processor_seconds() - start) * 1e9 / LOOKUPS);
    free(sessions);
    arena_release(&arena);
}

static void look_up_disturbed(void)
{
    pthread_t thread;
    size_t count = 0;
    if (pthread_create(&thread, NULL, disturb, &count) != 0)
        exit(1);
    look_up("all of them, while units are founded", officers);
    atomic_store(&is_over, true);
    pthread_join(thread, NULL);
    printf("%zu units were founded meanwhile\n", count);
}

int main(int argc, char **argv)
{
    struct scratch scratch;
    struct catalog *catalog;
    struct store *store;
    uint64_t number;
    if (argc > 1 && str_to_u64(str_c(argv[1]), 1000000, &number) && number)
        officers = number;
    if (argc > 2 && str_to_u64(str_c(argv[2]), 100000, &number) && number)
        units = number;
    must(crypto_init());
    must(catalog_load(".", &catalog));
    scratch_make(&scratch);
    must(store_open(scratch.path, STORE_OPEN_CREATE, &store));
    store_set_hook(store, follow, NULL);
    must(identity_open(scratch.path, catalog, store, &identity));
    int64_t start_us = clock_monotonic_us();
    enter(units, true);
    enter(officers, false);
    printf("%zu units and %zu officers with a token: entered in %.1f s\n", units, officers,
           seconds_since(start_us));
    identity_close(identity);
    identity = NULL;
    start_us = clock_monotonic_us();
    must(identity_open(scratch.path, catalog, store, &identity));
    printf("opened in %.2f s\n", seconds_since(start_us));
    look_up("one of 2,000 on duty, by token", officers < 2000 ? officers : 2000);
    look_up("one of all, by token", officers);
    look_up_sessions();
    look_up_disturbed();
    store_close(store);
    identity_close(identity);
    catalog_free(catalog);
    scratch_remove(&scratch);
    return 0;
}
