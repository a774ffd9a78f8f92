/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A million open tickets: what it costs to open them, to keep their clocks, to list a desk's.
 *   build/release/bench/flow [TICKETS]      from the project's root; 1,000,000 unless stated
 *
 * The clocks of three days run out evenly. Time is simulated, second by second for an hour; what is
 * reported is the processor time of the whole process in it - timers, reading the tickets, new
 * versions of them, the store's threads - against that hour.
 */
#include "flow/flow.h"

#include <sys/resource.h>

#include "../tests/scratch.h"

#include "bench.h"
#include "durable.h"

enum { BATCH = 4000, BODY_MAX = 1200, COUNTRIES = 200, HOUR_S = 3600, DAYS = 3 };

static const int64_t start_us = 1795341600000000; /* 2026-11-22T10:00:00Z */

static struct flow *flow;

static void committed(void *context, uint64_t first_seq, uint64_t last_seq)
{
    (void)context;
    if (flow)
        flow_follow(flow, first_seq, last_seq);
}

static double processor_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double resident_mib(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (file)
        fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static void country(uint64_t i, char out[4])
{
    out[0] = 'A';
    out[1] = (char)('A' + i / 26 % 26);
    out[2] = (char)('A' + i % 26);
    out[3] = 0;
}

/* Confirmed, the finder's outcome due within three days: most open tickets wait for that. */
static int write_ticket(uint64_t i, char *out)
{
    char asker[4];
    char owner[4];
    char subject[RECORD_ID_TEXT];
    int64_t clock = start_us - (int64_t)(hash_mix(i, 7) % (DAYS * 86400ull)) * 1000000;
    country(i % COUNTRIES, asker);
    country(i * 7 / COUNTRIES % COUNTRIES, owner);
    return snprintf(
        out, BODY_MAX,
        "{\"envelope\":{\"owner\":\"%s\",\"unit\":\"%s/gate\",\"purposes\":[\"hit-confirmation\"],"
        "\"review_on\":\"2029-11-01\"},\"fields\":{\"urgency\":\"routine\",\"situation\":\"a "
        "traveller at the gate\",\"owner_reply\":\"current\"},\"flow\":{\"state\":\"confirmed\","
        "\"since\":%lld,\"at\":{\"opened\":%lld,\"sent\":%lld,\"confirmed\":%lld},\"asker\":[\"%s\","
        "\"%s/gate\"],\"owner\":[\"%s\",\"%s/ncb\"],\"subject\":\"%s\",\"database\":\"x\","
        "\"receipt\":\"7K3M-9QXR\",\"moved\":3,\"clock\":%lld,\"by\":{\"what\":\"move\",\"officer\":"
        "\"o-1\",\"party\":[\"%s\",\"%s/ncb\"]}}}",
        asker, asker, (long long)clock, (long long)clock - 9, (long long)clock - 8,
        (long long)clock, asker, asker, owner, owner,
        record_id_format((struct record_id){1, i + 1}, subject), (long long)clock, owner, owner);
}

static void fill(struct store *store, uint64_t count)
{
    static char bodies[BATCH][BODY_MAX];
    static struct change changes[BATCH];
    static struct committed done[BATCH];
    for (uint64_t from = 0; from < count; from += BATCH) {
        size_t some = count - from < BATCH ? (size_t)(count - from) : BATCH;
        for (size_t i = 0; i < some; i++) {
            int len = write_ticket(from + i, bodies[i]);
            changes[i] = (struct change){.kind = CHANGE_PUT,
                                         .definition = S("hit-confirmation"),
                                         .definition_version = 1,
                                         .owner = str_of(bodies[i] + 22, 3),
                                         .actor = S("o-1"),
                                         .body = str_of(bodies[i], (size_t)len)};
        }
        must(store_commit(store, changes, some, false, done));
    }
}

static void measure_hour(void)
{
    struct flow_stats before, after;
    flow_stats(flow, &before);
    int64_t wall = clock_monotonic_us();
    double used = processor_s();
    for (int second = 1; second <= HOUR_S; second++) {
        clock_pin(start_us + second * 1000000ll);
        (void)flow_tick(flow, clock_now_us());
    }
    used = processor_s() - used;
    flow_stats(flow, &after);
    uint64_t fired = after.fired - before.fired;
    printf("an hour of clocks: %llu ran out (%llu steps failed), %.2f s of processor: %.3f%% of a "
           "core, %.0f us each; done in %.1f s\n",
           (unsigned long long)fired, (unsigned long long)(after.failed - before.failed), used,
           used / HOUR_S * 100, used / (double)(fired ? fired : 1) * 1e6,
           (double)(clock_monotonic_us() - wall) / 1e6);
}

static void measure_idle(void)
{
    enum { ROUNDS = 200000 };
    int64_t begin = clock_monotonic_us();
    for (int i = 0; i < ROUNDS; i++)
        (void)flow_tick(flow, start_us);
    printf("a look when nothing is due: %.2f us\n",
           (double)(clock_monotonic_us() - begin) / ROUNDS);
}

static void measure_list(uint64_t tickets)
{
    enum { ROUNDS = 200 };
    struct actor actor = {.officer = S("o-9"),
                          .unit = S("AAA/ncb"),
                          .country = S("AAA"),
                          .role = S("national-bureau")};
    struct flow_filter filter = {.max = 50, .after_order = INT64_MIN};
    struct flow_brief *briefs;
    size_t count = 0;
    bool more;
    int64_t begin = clock_monotonic_us();
    for (int i = 0; i < ROUNDS; i++) {
        struct arena arena = {0};
        must(flow_list(flow, &actor, &filter, &arena, &briefs, &count, &more));
        arena_release(&arena);
    }
    printf("the %zu most urgent of a bureau's %llu: %.0f us\n", count,
           (unsigned long long)(tickets / COUNTRIES * 2),
           (double)(clock_monotonic_us() - begin) / ROUNDS);
}

int main(int count, char **words)
{
    uint64_t tickets = 1000000;
    struct scratch scratch;
    struct catalog *catalog;
    struct store *store;
    if (count > 1 &&
        (strcmp(words[1], "--help") == 0 || !str_to_u64(str_c(words[1]), 20000000, &tickets))) {
        printf("flow [TICKETS]: what a million open tickets cost\n");
        return 0;
    }
    must(crypto_init());
    clock_pin(start_us);
    scratch_make(&scratch);
    durable_probe(scratch.path);
    must(catalog_load(".", &catalog));
    must(store_open(scratch.path, STORE_OPEN_CREATE, &store));
    store_set_hook(store, committed, NULL);
    fill(store, tickets);
    double before = resident_mib();
    int64_t begin = clock_monotonic_us();
    must(flow_open(catalog, store, &flow));
    struct flow_stats stats;
    flow_stats(flow, &stats);
    printf("%llu tickets, %llu open, %llu timers: opened in %.1f s, %.0f bytes each\n",
           (unsigned long long)stats.tickets, (unsigned long long)stats.open,
           (unsigned long long)stats.timers, (double)(clock_monotonic_us() - begin) / 1e6,
           (resident_mib() - before) * 1048576 / (double)tickets);
    measure_idle();
    measure_list(tickets);
    measure_hour();
    store_close(store);
    flow_close(flow);
    catalog_free(catalog);
    scratch_remove(&scratch);
    return 0;
}
