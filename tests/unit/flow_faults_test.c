/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When things fail: a disk without room while a clock runs out, an address that does not answer.
 * Neither loses a step, neither holds up what has nothing to do with it.
 */
#include <errno.h>

#include "flow/internal.h"

#include "home.h"
#include "scratch.h"
#include "test.h"

static const int64_t start_us = 1795341600000000; /* 2026-11-22T10:00:00Z */
enum { SECOND_US = 1000000, MINUTE_US = 60000000 };

/* ---- a full disk ---- */

static struct flow *flow;
static bool is_full;
static unsigned told_clocks;

static void count_told(void *context, const struct flow_told *told)
{
    (void)context;
    told_clocks += str_eq(told->what, S("clock"));
}

static void committed(void *context, uint64_t first_seq, uint64_t last_seq)
{
    (void)context;
    if (flow)
        flow_follow(flow, first_seq, last_seq);
}

static int refuse_writes(void *context, const struct io_event *event)
{
    (void)context;
    return is_full && event->kind == IO_WRITE ? ENOSPC : 0;
}

static void put_ticket(struct store *store)
{
    char id[RECORD_ID_TEXT];
    char body[1000];
    snprintf(body, sizeof body,
             "{\"envelope\":{\"owner\":\"FRA\",\"unit\":\"FRA/gate\",\"purposes\":[\"hit-"
             "confirmation\"],\"review_on\":\"2029-11-01\"},\"fields\":{\"urgency\":\"urgent\","
             "\"situation\":\"x\"},\"flow\":{\"state\":\"sent\",\"since\":%lld,\"at\":{\"opened\":"
             "%lld,\"sent\":%lld},\"asker\":[\"FRA\",\"FRA/gate\"],\"owner\":[\"UTO\",\"UTO/ncb\"],"
             "\"subject\":\"%s\",\"database\":\"parcel\",\"moved\":2,\"clock\":%lld,\"profile\":"
             "\"urgent\"}}",
             (long long)start_us, (long long)start_us, (long long)start_us,
             record_id_format((struct record_id){store_home(store), 1}, id), (long long)start_us);
    struct change change = {.kind = CHANGE_PUT,
                            .definition = S("hit-confirmation"),
                            .definition_version = 1,
                            .owner = S("FRA"),
                            .actor = S("f-1"),
                            .body = str_c(body)};
    struct committed done;
    assert_int_equal(store_commit(store, &change, 1, true, &done), OK);
}

static void a_full_disk_puts_a_clock_off(void **state)
{
    (void)state;
    static const struct io_hook hook = {.before = refuse_writes};
    struct scratch scratch;
    struct catalog *catalog;
    struct store *store;
    struct flow_stats stats;
    scratch_make(&scratch);
    clock_pin(start_us);
    assert_int_equal(catalog_load(".", &catalog), OK);
    assert_int_equal(store_open(scratch.path, STORE_OPEN_CREATE, &store), OK);
    store_set_hook(store, committed, NULL);
    put_ticket(store);
    assert_int_equal(flow_open(catalog, store, &flow), OK);
    flow_on_told(flow, count_told, NULL);
    io_set_hook(&hook);
    is_full = true;
    (void)flow_tick(flow, start_us + 10 * MINUTE_US);
    flow_stats(flow, &stats);
    assert_int_equal(stats.fired, 0);
    assert_true(stats.failed > 0);
    assert_int_equal(told_clocks, 0); /* nobody hears of a step that is not there */
    is_full = false;
    (void)flow_tick(flow, start_us + 10 * MINUTE_US + SECOND_US); /* not yet tried again */
    flow_stats(flow, &stats);
    assert_int_equal(stats.fired, 0);
    (void)flow_tick(flow, start_us + 10 * MINUTE_US + 6 * SECOND_US);
    flow_stats(flow, &stats);
    assert_int_equal(stats.fired, 1);
    assert_int_equal(told_clocks, 2); /* the owner, and the finder who waits */
    io_set_hook(NULL);
    store_close(store);
    flow_close(flow);
    flow = NULL;
    catalog_free(catalog);
    scratch_remove(&scratch);
    clock_pin(-1);
}

/* ---- an address that does not answer ---- */

static atomic_uint taken, tried;

static enum err deliver(void *context, const struct parcel *parcel)
{
    (void)context;
    if (parcel->address != 7) {
        atomic_fetch_add(&taken, 1);
        return OK;
    }
    atomic_fetch_add(&tried, 1);
    return err_set(ERR_IO, "nobody answers");
}

static void send(struct carrier *carrier, uint64_t address)
{
    struct parcel *parcel = parcel_new();
    assert_non_null(parcel);
    parcel->address = address;
    assert_true(carrier_take(carrier, parcel));
}

static const struct carrying carrying = {.name = "test", .deliver = deliver};

static void one_dead_address_holds_up_itself(void **state)
{
    (void)state;
    struct carrier *carrier;
    struct flow_alarm_stats stats = {0};
    assert_int_equal(carrier_start(&carrying, &carrier), OK);
    send(carrier, 7);
    while (atomic_load(&tried) < 1)
        sched_yield();
    while (stats.failed < 1) {
        stats = (struct flow_alarm_stats){0};
        carrier_stats(carrier, &stats);
    }
    for (unsigned i = 0; i < 100; i++)
        send(carrier, i % 2 ? 1 : 2);
    while (atomic_load(&taken) < 100)
        sched_yield();
    do {
        stats = (struct flow_alarm_stats){0};
        carrier_stats(carrier, &stats);
    } while (stats.delivered < 100);
    assert_int_equal(atomic_load(&tried), 1); /* once, and not again for each of the others */
    assert_int_equal(stats.waiting, 1);
    assert_int_equal(stats.given_up, 0);
    carrier_free(carrier);
}

/* What waits is bounded: no more is taken, until there is room. */
static void what_waits_is_bounded(void **state)
{
    (void)state;
    struct carrier *carrier;
    struct flow_alarm_stats stats = {0};
    atomic_store(&tried, 0);
    assert_int_equal(carrier_start(&carrying, &carrier), OK);
    send(carrier, 7);
    while (stats.failed < 1) {
        stats = (struct flow_alarm_stats){0};
        carrier_stats(carrier, &stats);
    }
    unsigned refused = 0;
    for (unsigned i = 0; i < 10050; i++) {
        struct parcel *parcel = parcel_new();
        parcel->address = 7;
        parcel->next_us += 3600ll * SECOND_US;
        if (!carrier_take(carrier, parcel)) {
            parcel_free(parcel);
            refused++;
        }
    }
    assert_false(carrier_has_room(carrier));
    assert_int_equal(refused, 51);
    stats = (struct flow_alarm_stats){0};
    carrier_stats(carrier, &stats);
    assert_int_equal(stats.waiting, 10000);
    assert_int_equal(stats.given_up, 0);
    carrier_free(carrier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_disk_puts_a_clock_off),
        cmocka_unit_test(one_dead_address_holds_up_itself),
        cmocka_unit_test(what_waits_is_bounded),
    };
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
