/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The waiting room: long polls hold no thread. A call enters with a question (is_ready) and a
 * deadline; one thread asks all of them when the feed grew, and ten times a second while somebody
 * is waiting; whoever is ready, or out of time, goes on to a lane.
 */
#include <stdlib.h>
#include <time.h>

#include "api/internal.h"

enum { LOOK_EVERY_MS = 100, WAITING_MAX = 4096 };

struct waiting {
    struct api *api;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_t thread;
    struct call *calls;
    size_t count;
    bool is_stopping, is_news, is_started;
};

/* Takes out of the list whoever need not wait any longer. */
static struct call *take_ready(struct waiting *waiting)
{
    struct call *ready = NULL;
    struct call **at = &waiting->calls;
    int64_t now = clock_monotonic_us();
    while (*at) {
        struct call *call = *at;
        if (!waiting->is_stopping && now < call->deadline_us && !call->is_ready(call)) {
            at = &call->next;
            continue;
        }
        *at = call->next;
        call->next = ready;
        ready = call;
        waiting->count--;
    }
    return ready;
}

static void send_on(struct waiting *waiting, struct call *ready)
{
    while (ready) {
        struct call *next = ready->next;
        enum err code = lane_push(waiting->api->lanes, LANE_STORE, ready);
        if (code)
            call_finish(ready, code);
        ready = next;
    }
}

static void rest(struct waiting *waiting)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_EVERY_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    if (waiting->count)
        pthread_cond_timedwait(&waiting->changed, &waiting->mutex, &until);
    else
        pthread_cond_wait(&waiting->changed, &waiting->mutex);
}

static void *look_after(void *context)
{
    struct waiting *waiting = context;
    pthread_setname_np(pthread_self(), "waiting");
    pthread_mutex_lock(&waiting->mutex);
    while (!waiting->is_stopping || waiting->calls) {
        waiting->is_news = false;
        struct call *ready = take_ready(waiting);
        pthread_mutex_unlock(&waiting->mutex);
        send_on(waiting, ready);
        pthread_mutex_lock(&waiting->mutex);
        if (!waiting->is_stopping && !waiting->is_news)
            rest(waiting);
    }
    pthread_mutex_unlock(&waiting->mutex);
    return NULL;
}

enum err waiting_new(struct api *api, struct waiting **ret)
{
    struct waiting *waiting = calloc(1, sizeof *waiting);
    if (!waiting)
        return err_set(ERR_MEMORY, "out of memory for the waiting room");
    waiting->api = api;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&waiting->mutex, NULL);
    pthread_cond_init(&waiting->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *ret = waiting;
    if (pthread_create(&waiting->thread, NULL, look_after, waiting))
        return err_set(ERR_BUSY, "cannot start the waiting room's thread");
    waiting->is_started = true;
    return OK;
}

void waiting_stop(struct waiting *waiting)
{
    if (!waiting || !waiting->is_started)
        return;
    pthread_mutex_lock(&waiting->mutex);
    waiting->is_stopping = true;
    pthread_cond_signal(&waiting->changed);
    pthread_mutex_unlock(&waiting->mutex);
    pthread_join(waiting->thread, NULL);
    waiting->is_started = false;
}

void waiting_free(struct waiting *waiting)
{
    if (!waiting)
        return;
    waiting_stop(waiting);
    pthread_mutex_destroy(&waiting->mutex);
    pthread_cond_destroy(&waiting->changed);
    free(waiting);
}

enum err waiting_enter(struct waiting *waiting, struct call *call)
{
    pthread_mutex_lock(&waiting->mutex);
    bool is_full = waiting->count >= WAITING_MAX || waiting->is_stopping;
    if (!is_full) {
        call->next = waiting->calls;
        waiting->calls = call;
        waiting->count++;
        pthread_cond_signal(&waiting->changed);
    }
    pthread_mutex_unlock(&waiting->mutex);
    return is_full ? err_set(ERR_BUSY, "too many requests wait already") : OK;
}

void waiting_look(struct waiting *waiting)
{
    pthread_mutex_lock(&waiting->mutex);
    waiting->is_news = true;
    if (waiting->calls)
        pthread_cond_signal(&waiting->changed);
    pthread_mutex_unlock(&waiting->mutex);
}
