/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A carrier delivers parcels on a thread of its own, each until it is taken: after 5 s, 30 s,
 * 2 min, 10 min, then every hour for a day. When an address does not answer, everything to it
 * waits as long as the parcel that failed, so that one dead machine costs one time-out a round and
 * the others do not stand behind it. Bounded: when 10,000 wait the oldest goes. Nothing is kept on
 * disk: what rings in memory of a ticket rings again after a restart, because the ticket says so.
 */
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

#include "flow/internal.h"

enum { PARCELS_MAX = 10000, DAY_S = 86400 };

static const int64_t backoff_s[] = {5, 30, 120, 600, 3600};

struct carrier {
    deliver_parcel *deliver;
    void *context;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct parcel *first, *last; /* oldest first */
    size_t count;
    bool is_stopping;
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
    parcel->made_us = parcel->next_us = clock_monotonic_us();
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

static void rest_until(struct carrier *carrier, int64_t at_us)
{
    if (at_us == INT64_MAX) {
        pthread_cond_wait(&carrier->changed, &carrier->mutex);
        return;
    }
    struct timespec until = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};
    pthread_cond_timedwait(&carrier->changed, &carrier->mutex, &until);
}

static void settle(struct carrier *carrier, struct parcel *parcel, enum err code)
{
    int64_t now_us = clock_monotonic_us();
    bool is_given_up = code && now_us - parcel->made_us > (int64_t)DAY_S * 1000000;
    pthread_mutex_lock(&carrier->mutex);
    carrier->stats.delivered += !code;
    carrier->stats.failed += code != OK;
    carrier->stats.given_up += is_given_up;
    if (code && !is_given_up && !carrier->is_stopping)
        put_off(carrier, parcel, now_us);
    else
        parcel_free(parcel);
    pthread_mutex_unlock(&carrier->mutex);
}

static void carry(struct carrier *carrier, struct parcel *parcel)
{
    char text[1024];
    err_clear();
    enum err code = carrier->deliver(carrier->context, parcel);
    if (code && parcel->tries == 0)
        log_write(LOG_WARN, "an alarm was not taken, it is tried again: %s",
                  err_format(err_last(), text, sizeof text));
    settle(carrier, parcel, code);
}

static void *work(void *context)
{
    struct carrier *carrier = context;
    pthread_mutex_lock(&carrier->mutex);
    while (!carrier->is_stopping) {
        int64_t next_us;
        struct parcel *parcel = take_due(carrier, clock_monotonic_us(), &next_us);
        if (!parcel) {
            rest_until(carrier, next_us);
            continue;
        }
        pthread_mutex_unlock(&carrier->mutex);
        carry(carrier, parcel);
        pthread_mutex_lock(&carrier->mutex);
    }
    pthread_mutex_unlock(&carrier->mutex);
    return NULL;
}

void carrier_take(struct carrier *carrier, struct parcel *parcel)
{
    struct parcel *oldest = NULL;
    pthread_mutex_lock(&carrier->mutex);
    if (carrier->count == PARCELS_MAX) {
        oldest = carrier->first;
        take_out(carrier, NULL, oldest);
        carrier->stats.given_up++;
    }
    append(carrier, parcel);
    pthread_cond_signal(&carrier->changed);
    pthread_mutex_unlock(&carrier->mutex);
    parcel_free(oldest);
}

enum err carrier_start(const char *name, deliver_parcel *deliver, void *context,
                       struct carrier **ret)
{
    struct carrier *carrier = calloc(1, sizeof *carrier);
    pthread_condattr_t monotonic;
    if (!carrier)
        return err_set(ERR_MEMORY, "out of memory for alarms");
    carrier->deliver = deliver;
    carrier->context = context;
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
    pthread_setname_np(carrier->thread, name);
    *ret = carrier;
    return OK;
}

void carrier_stop(struct carrier *carrier)
{
    if (!carrier)
        return;
    pthread_mutex_lock(&carrier->mutex);
    carrier->is_stopping = true;
    pthread_cond_signal(&carrier->changed);
    pthread_mutex_unlock(&carrier->mutex);
    pthread_join(carrier->thread, NULL);
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
