/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A carrier delivers parcels on a thread of its own, each until it is taken: after 5 s, 30 s,
 * 2 min, 10 min, then every hour until what it tells is a day old. When an address does not answer,
 * everything to it waits as long as the parcel that failed, so that one dead machine costs one
 * time-out a round and the others do not stand behind it. Bounded: it takes 10,000, then no more
 * until there is room. What waits can be listed, so that who started it can note it (alarm.c).
 */
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

#include "flow/internal.h"

enum { PARCELS_MAX = 10000, LOOK_EVERY_US = 60000000 };

static const int64_t day_us = 86400000000;

static const int64_t backoff_s[] = {5, 30, 120, 600, 3600};

struct carrier {
    struct carrying carrying;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct parcel *first, *last; /* oldest first */
    struct parcel *current;      /* under way */
    size_t count;
    bool is_stopping, is_running;
    struct flow_alarm_stats stats;
};

struct parcel *parcel_new(void)
{
    struct parcel *parcel = calloc(1, sizeof *parcel);
    unsigned char bytes[16];
    if (!parcel)
        return NULL;
    random_bytes(bytes, sizeof bytes);
    hex_encode(bytes, sizeof bytes, parcel->id);
    parcel->next_us = clock_monotonic_us();
    parcel->time_us = clock_now_us();
    return parcel;
}

void parcel_free(struct parcel *parcel)
{
    if (!parcel)
        return;
    struct arena arena = parcel->arena;
    free(parcel);
    arena_release(&arena);
}

/* ---- the list; its mutex held ---- */

static void append(struct carrier *carrier, struct parcel *parcel)
{
    parcel->next = NULL;
    if (carrier->last)
        carrier->last->next = parcel;
    else
        carrier->first = parcel;
    carrier->last = parcel;
    carrier->count++;
}

static void take_out(struct carrier *carrier, struct parcel *before, struct parcel *parcel)
{
    if (before)
        before->next = parcel->next;
    else
        carrier->first = parcel->next;
    if (carrier->last == parcel)
        carrier->last = before;
    carrier->count--;
}

/* The first that is due, or NULL and when the next will be. */
static struct parcel *take_due(struct carrier *carrier, int64_t now_us, int64_t *ret_next_us)
{
    struct parcel *before = NULL;
    *ret_next_us = INT64_MAX;
    for (struct parcel *parcel = carrier->first; parcel; before = parcel, parcel = parcel->next) {
        if (parcel->next_us <= now_us) {
            take_out(carrier, before, parcel);
            return parcel;
        }
        if (parcel->next_us < *ret_next_us)
            *ret_next_us = parcel->next_us;
    }
    return NULL;
}

static void put_off(struct carrier *carrier, struct parcel *parcel, int64_t now_us)
{
    size_t step = parcel->tries < COUNT_OF(backoff_s) ? parcel->tries : COUNT_OF(backoff_s) - 1;
    parcel->tries++;
    parcel->next_us = now_us + backoff_s[step] * 1000000;
    append(carrier, parcel);
    for (struct parcel *other = carrier->first; other; other = other->next)
        if (other->address == parcel->address && other->next_us < parcel->next_us)
            other->next_us = parcel->next_us;
}

/* ---- the thread ---- */

/* The mutex held; false: a minute has passed in which nothing happened. */
static bool rest_until(struct carrier *carrier, int64_t at_us)
{
    int64_t latest_us = clock_monotonic_us() + LOOK_EVERY_US;
    bool is_long = at_us > latest_us;
    if (is_long)
        at_us = latest_us;
    struct timespec until = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};
    return pthread_cond_timedwait(&carrier->changed, &carrier->mutex, &until) == 0 || !is_long;
}

static void settle(struct carrier *carrier, struct parcel *parcel, enum err code)
{
    bool is_given_up = code && clock_now_us() - parcel->time_us > day_us;
    pthread_mutex_lock(&carrier->mutex);
    carrier->current = NULL;
    carrier->stats.delivered += !code;
    carrier->stats.failed += code != OK;
    carrier->stats.given_up += is_given_up;
    if (code && !is_given_up)
        put_off(carrier, parcel, clock_monotonic_us());
    else
        parcel_free(parcel);
    pthread_mutex_unlock(&carrier->mutex);
}

static void tell_settled(struct carrier *carrier)
{
    if (carrier->carrying.settled)
        carrier->carrying.settled(carrier->carrying.context);
}

static void carry(struct carrier *carrier, struct parcel *parcel)
{
    char text[1024];
    err_clear();
    enum err code = carrier->carrying.deliver(carrier->carrying.context, parcel);
    if (code && parcel->tries == 0)
        log_write(LOG_WARN, "an alarm was not taken, it is tried again: %s",
                  err_format(err_last(), text, sizeof text));
    settle(carrier, parcel, code);
    tell_settled(carrier);
}

static void *work(void *context)
{
    struct carrier *carrier = context;
    pthread_mutex_lock(&carrier->mutex);
    while (!carrier->is_stopping) {
        int64_t next_us;
        struct parcel *parcel = take_due(carrier, clock_monotonic_us(), &next_us);
        if (!parcel && rest_until(carrier, next_us))
            continue;
        carrier->current = parcel;
        pthread_mutex_unlock(&carrier->mutex);
        if (parcel)
            carry(carrier, parcel);
        else
            tell_settled(carrier);
        pthread_mutex_lock(&carrier->mutex);
    }
    pthread_mutex_unlock(&carrier->mutex);
    return NULL;
}

bool carrier_take(struct carrier *carrier, struct parcel *parcel)
{
    pthread_mutex_lock(&carrier->mutex);
    bool is_taken = carrier->count < PARCELS_MAX;
    if (is_taken)
        append(carrier, parcel);
    pthread_cond_signal(&carrier->changed);
    pthread_mutex_unlock(&carrier->mutex);
    return is_taken;
}

bool carrier_has_room(struct carrier *carrier)
{
    pthread_mutex_lock(&carrier->mutex);
    bool has_room = carrier->count <= PARCELS_MAX / 2;
    pthread_mutex_unlock(&carrier->mutex);
    return has_room;
}

void carrier_each(struct carrier *carrier, visit_parcel *visit, void *context)
{
    pthread_mutex_lock(&carrier->mutex);
    if (carrier->current)
        visit(context, carrier->current);
    for (const struct parcel *parcel = carrier->first; parcel; parcel = parcel->next)
        visit(context, parcel);
    pthread_mutex_unlock(&carrier->mutex);
}

enum err carrier_start(const struct carrying *carrying, struct carrier **ret)
{
    struct carrier *carrier = calloc(1, sizeof *carrier);
    pthread_condattr_t monotonic;
    if (!carrier)
        return err_set(ERR_MEMORY, "out of memory for alarms");
    carrier->carrying = *carrying;
    pthread_mutex_init(&carrier->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&carrier->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&carrier->thread, NULL, work, carrier)) {
        pthread_cond_destroy(&carrier->changed);
        pthread_mutex_destroy(&carrier->mutex);
        free(carrier);
        return err_set(ERR_BUSY, "cannot start the thread that delivers alarms");
    }
    pthread_setname_np(carrier->thread, carrying->name);
    carrier->is_running = true;
    *ret = carrier;
    return OK;
}

void carrier_halt(struct carrier *carrier)
{
    if (!carrier || !carrier->is_running)
        return;
    pthread_mutex_lock(&carrier->mutex);
    carrier->is_stopping = true;
    pthread_cond_signal(&carrier->changed);
    pthread_mutex_unlock(&carrier->mutex);
    pthread_join(carrier->thread, NULL);
    carrier->is_running = false;
}

void carrier_free(struct carrier *carrier)
{
    if (!carrier)
        return;
    carrier_halt(carrier);
    for (struct parcel *parcel = carrier->first; parcel;) {
        struct parcel *next = parcel->next;
        parcel_free(parcel);
        parcel = next;
    }
    pthread_cond_destroy(&carrier->changed);
    pthread_mutex_destroy(&carrier->mutex);
    free(carrier);
}

void carrier_stats(struct carrier *carrier, struct flow_alarm_stats *add)
{
    if (!carrier)
        return;
    pthread_mutex_lock(&carrier->mutex);
    add->delivered += carrier->stats.delivered;
    add->failed += carrier->stats.failed;
    add->given_up += carrier->stats.given_up;
    add->waiting += carrier->count;
    pthread_mutex_unlock(&carrier->mutex);
}
