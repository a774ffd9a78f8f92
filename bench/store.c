/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store alone: rows a second in bulk, what an interactive commit costs in the middle of it,
 * single commits by many,
 * reading.   build/release/bench/store [ROWS]
 */
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/io.h"

#include "../tests/scratch.h"

#include "bench.h"
#include "durable.h"

enum { BATCH = 4000, BODY = 250, IN_FLIGHT = 3, SINGLE_MAX = 100000 };

static atomic_bool is_over;
static int64_t single_us[SINGLE_MAX];

static const char head[] = "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"search\"],"
                           "\"review_on\":\"2031-01-01\"},\"fields\":";

static struct change row(char *body)
{
    memcpy(body, head, sizeof head - 1);
    return (struct change){.kind = CHANGE_PUT,
                           .definition = S("a"),
                           .definition_version = 1,
                           .owner = S("UTO"),
                           .actor = S("o-1"),
                           .batch = 1,
                           .body = str_of(body, BODY)};
}

struct flight {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int count;
};

static void on_done(void *context, enum err code, struct committed *results, size_t count)
{
    (void)results, (void)count;
    struct flight *flight = context;
    must(code);
    pthread_mutex_lock(&flight->lock);
    flight->count--;
    pthread_cond_signal(&flight->changed);
    pthread_mutex_unlock(&flight->lock);
}

static double bulk(struct store *store, size_t rows)
{
    static char body[BATCH][BODY];
    static struct change changes[BATCH];
    struct random random;
    random_seed(&random, 1);
    for (size_t i = 0; i < BATCH; i++) {
        for (size_t k = 0; k < BODY; k++)
            body[i][k] = (char)('a' + random_below(&random, 26));
        changes[i] = row(body[i]);
    }
    struct flight flight = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    int64_t start = clock_monotonic_us();
    for (size_t at = 0; at < rows; at += BATCH) {
        pthread_mutex_lock(&flight.lock);
        while (flight.count >= IN_FLIGHT)
            pthread_cond_wait(&flight.changed, &flight.lock);
        flight.count++;
        pthread_mutex_unlock(&flight.lock);
        must(store_submit(store, changes, BATCH, false, on_done, &flight));
    }
    pthread_mutex_lock(&flight.lock);
    while (flight.count)
        pthread_cond_wait(&flight.changed, &flight.lock);
    pthread_mutex_unlock(&flight.lock);
    return (double)rows / ((double)(clock_monotonic_us() - start) / 1e6);
}

static void *interact(void *context)
{
    static char body[BODY] = "interactive";
    size_t count = 0;
    while (!atomic_load(&is_over) && count < SINGLE_MAX) {
        struct change change = row(body);
        struct committed done;
        int64_t start = clock_monotonic_us();
        must(store_commit(context, &change, 1, false, &done));
        single_us[count++] = clock_monotonic_us() - start;
        usleep(5000);
    }
    return (void *)count;
}

static void print_times(const char *what, int64_t *times, size_t count)
{
    qsort(times, count, sizeof *times, durable_compare);
    printf("  %s: %zu, p50 %.2f ms, p99 %.2f ms, longest %.2f ms\n", what, count,
           durable_at(times, count, 0.5), durable_at(times, count, 0.99),
           durable_at(times, count, 1));
}

static void *commit_many(void *context)
{
    static char body[BODY] = "single";
    for (int i = 0; i < 200; i++) {
        struct change change = row(body);
        struct committed done;
        must(store_commit(context, &change, 1, false, &done));
    }
    return NULL;
}

static void singles_by_many(struct store *store)
{
    enum { THREADS = 64 };
    pthread_t threads[THREADS];
    int64_t start = clock_monotonic_us();
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, commit_many, store);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    double seconds = (double)(clock_monotonic_us() - start) / 1e6;
    printf("  single commits by %d threads: %.0f a second\n", THREADS, THREADS * 200 / seconds);
}

/* Each sync takes at least as long as on a disk that does 270 a second. */
static int slow_sync(void *context, const struct io_event *event)
{
    (void)context;
    if (event->kind == IO_SYNC)
        usleep(1000000 / 270);
    return 0;
}

static void bulk_with_an_officer(struct store *store, const char *what, size_t rows)
{
    pthread_t thread;
    void *count = NULL;
    atomic_store(&is_over, false);
    pthread_create(&thread, NULL, interact, store);
    printf("  bulk with an officer writing, %s: %.0f rows a second\n", what, bulk(store, rows));
    atomic_store(&is_over, true);
    pthread_join(thread, &count);
    print_times("single commits during it", single_us, (size_t)count);
}

static enum err count_row(void *context, const struct stored *change)
{
    *(size_t *)context += change->body.len;
    return OK;
}

static void read_back(struct store *store)
{
    size_t bytes = 0, reads = 20000;
    int64_t start = clock_monotonic_us();
    for (uint64_t at = 0; at < store_seq(store); at += 10000)
        must(store_feed(store, at, 10000, count_row, &bytes));
    printf("  feed: %.0f changes a second\n",
           (double)store_seq(store) / ((double)(clock_monotonic_us() - start) / 1e6));
    struct random random;
    struct arena arena = {0};
    random_seed(&random, 2);
    start = clock_monotonic_us();
    for (size_t i = 0; i < reads; i++) {
        struct stored stored;
        must(store_read(store, 1 + random_below(&random, store_seq(store)), &arena, &stored));
        arena_reset(&arena);
    }
    printf("  read: %.1f us a record\n", (double)(clock_monotonic_us() - start) / (double)reads);
    arena_release(&arena);
    uint64_t checked = 0;
    start = clock_monotonic_us();
    must(store_verify(store, &checked));
    printf("  verify: %.0f changes a second\n",
           (double)checked / ((double)(clock_monotonic_us() - start) / 1e6));
}

int main(int argc, char **argv)
{
    uint64_t rows = 1000000;
    if (argc > 1 && !str_to_u64(str_c(argv[1]), 100000000, &rows))
        return 2;
    struct scratch scratch;
    struct store *store = NULL;
    static const struct io_hook slow = {.before = slow_sync};
    scratch_make(&scratch);
    must(store_open(scratch.path, STORE_OPEN_CREATE, &store));
    printf("store: %llu rows with bodies of %d bytes in batches of %d\n", (unsigned long long)rows,
           BODY, BATCH);
    printf("  bulk alone: %.0f rows a second\n", bulk(store, rows));
    durable_probe(scratch.path);
    bulk_with_an_officer(store, "this disk", rows);
    durable_probe(scratch.path);
    io_set_hook(&slow);
    bulk_with_an_officer(store, "held to 270 syncs a second", rows);
    io_set_hook(NULL);
    singles_by_many(store);
    durable_probe(scratch.path);
    read_back(store);
    store_close(store);
    scratch_remove(&scratch);
    return 0;
}
