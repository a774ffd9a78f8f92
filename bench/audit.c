/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log alone, 256 searches in flight as the server would have them: entries a second on
 * this disk, on the same disk
 * slowed to 270 syncs a second, with one in flight, and what proving the log takes.
 * build/release/bench/audit [ENTRIES]
 */
#include "audit/audit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/io.h"

#include "../tests/scratch.h"

#include "bench.h"
#include "durable.h"

enum { IN_FLIGHT = 256, LATENCIES = 1 << 20 };

struct slot {
    struct flight *flight;
    int64_t start_us;
};
struct flight {
    pthread_mutex_t lock;
    pthread_cond_t landed;
    struct slot slots[IN_FLIGHT];
    struct slot *free[IN_FLIGHT];
    size_t free_count;
    int64_t *latencies;
    size_t landed_count;
};

static void on_durable(void *context, enum err code)
{
    struct slot *slot = context;
    struct flight *flight = slot->flight;
    must(code);
    int64_t took = clock_monotonic_us() - slot->start_us;
    pthread_mutex_lock(&flight->lock);
    flight->latencies[flight->landed_count++ % LATENCIES] = took;
    flight->free[flight->free_count++] = slot;
    if (flight->free_count == 1)
        pthread_cond_signal(&flight->landed);
    pthread_mutex_unlock(&flight->lock);
}

static struct slot *take(struct flight *flight)
{
    pthread_mutex_lock(&flight->lock);
    while (!flight->free_count)
        pthread_cond_wait(&flight->landed, &flight->lock);
    struct slot *slot = flight->free[--flight->free_count];
    pthread_mutex_unlock(&flight->lock);
    return slot;
}

static void run(struct audit *audit, const char *what, size_t entries, size_t in_flight)
{
    static struct actor actor = {.officer = {"o-1043", 6},
                                 .unit = {"FRA/border-cdg", 14},
                                 .country = {"FRA", 3},
                                 .role = {"frontline", 9}};
    struct audit_entry entry = {
        .kind = AUDIT_SEARCH,
        .actor = &actor,
        .purpose = S("border-control"),
        .databases = S("*"),
        .query = S(
            "{\"document-number\":\"L898902C3\",\"birth-date\":\"1974-08-12\",\"issuer\":\"UTO\"}"),
        .verdict = S("nothing-found")};
    static struct flight flight;
    flight = (struct flight){.lock = PTHREAD_MUTEX_INITIALIZER, .landed = PTHREAD_COND_INITIALIZER};
    flight.latencies = calloc(LATENCIES, sizeof *flight.latencies);
    for (size_t i = 0; i < in_flight; i++) {
        flight.slots[i].flight = &flight;
        flight.free[flight.free_count++] = &flight.slots[i];
    }
    char receipt[RECEIPT_TEXT];
    int64_t start = clock_monotonic_us();
    for (size_t i = 0; i < entries; i++) {
        struct slot *slot = take(&flight);
        slot->start_us = clock_monotonic_us();
        entry.time_us = clock_now_us();
        entry.took_us = (uint32_t)i;
        must(audit_append(audit, &entry, on_durable, slot, receipt));
    }
    for (size_t i = 0; i < in_flight; i++)
        take(&flight);
    double seconds = (double)(clock_monotonic_us() - start) / 1e6;
    size_t count = entries < LATENCIES ? entries : LATENCIES;
    qsort(flight.latencies, count, sizeof *flight.latencies, durable_compare);
    printf("  %s, %zu in flight: %.0f entries a second; p50 %.2f ms, p99 %.2f ms\n", what,
           in_flight, (double)entries / seconds, durable_at(flight.latencies, count, 0.5),
           durable_at(flight.latencies, count, 0.99));
    free(flight.latencies);
}

/* Each sync takes at least as long as on a disk that does 270 a second. */
static int slow_sync(void *context, const struct io_event *event)
{
    (void)context;
    const struct timespec delay = {0, 1000000000 / 270};
    if (event->kind == IO_SYNC)
        nanosleep(&delay, NULL);
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t entries = 1000000;
    if (argc > 1 && !str_to_u64(str_c(argv[1]), 100000000, &entries))
        return 2;
    static const struct io_hook slow = {.before = slow_sync};
    struct scratch scratch;
    struct audit *audit = NULL;
    struct buf report = {0};
    scratch_make(&scratch);
    must(audit_open(scratch.path, &audit));
    printf("audit: durable entries\n");
    run(audit, "this disk", entries, IN_FLIGHT);
    durable_probe(scratch.path);
    run(audit, "this disk", entries / 100, 1);
    io_set_hook(&slow);
    run(audit, "held to 270 syncs a second", entries / 10, IN_FLIGHT);
    io_set_hook(NULL);
    durable_probe(scratch.path);
    uint64_t checked = 0;
    int64_t start = clock_monotonic_us();
    must(audit_verify(scratch.path, &checked, &report));
    double seconds = (double)(clock_monotonic_us() - start) / 1e6;
    printf("  verify: %.0f entries a second\n", (double)checked / seconds);
    audit_close(audit);
    start = clock_monotonic_us();
    must(audit_open(scratch.path, &audit));
    printf("  open: %.0f ms with %llu entries\n", (double)(clock_monotonic_us() - start) / 1e3,
           (unsigned long long)checked);
    audit_close(audit);
    buf_release(&report);
    scratch_remove(&scratch);
    return 0;
}
