/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes: bounded queues with a few threads each, for what may block or compute for long.
 *
 * Fair share: a lane is 64 short queues, an actor's calls all go to the one its id hashes to, and
 * threads take from them in turn. Who sends a thousand requests waits behind his own thousand,
 * not in
 * front of everybody; a full queue is that actor's ERR_BUSY. A call that has waited past its
 * deadline is answered ERR_BUSY without being run: its sender has long asked again.
 */
#include <stdlib.h>
#include <unistd.h>

#include "api/internal.h"

enum { SHARES = 64, SHARE_MAX = 256, LANE_MAX = 4096 };

static const int64_t lane_wait_us[LANE_COUNT] = {
    [LANE_NAMES] = 10000000, [LANE_STORE] = 10000000, [LANE_LONG] = 60000000};
static const char *const lane_names[LANE_COUNT] = {
    [LANE_HERE] = "here", [LANE_NAMES] = "names", [LANE_STORE] = "store", [LANE_LONG] = "long"};

struct share {
    struct call *first, **end;
    size_t count;
};
struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    struct share shares[SHARES];
    size_t count, turn;
    uint64_t done, refused;
    bool is_stopping;
    pthread_t *threads;
    unsigned thread_count;
};
struct lanes {
    struct queue queues[LANE_COUNT];
};

static struct call *take_next(struct queue *queue)
{
    for (size_t i = 0; i < SHARES; i++) {
        struct share *share = &queue->shares[(queue->turn + i) % SHARES];
        struct call *call = share->first;
        if (!call)
            continue;
        share->first = call->next;
        if (!share->first)
            share->end = &share->first;
        share->count--;
        queue->count--;
        queue->turn = (queue->turn + i + 1) % SHARES;
        queue->done++;
        return call;
    }
    return NULL;
}

static void *work_off(void *context)
{
    struct queue *queue = context;
    pthread_setname_np(pthread_self(), "lane");
    pthread_mutex_lock(&queue->mutex);
    for (;;) {
        struct call *call = take_next(queue);
        if (call) {
            pthread_mutex_unlock(&queue->mutex);
            call->next = NULL;
            if (clock_monotonic_us() > call->deadline_us)
                call_finish(call, err_set(ERR_BUSY, "the request waited too long for its turn"));
            else
                call_run_now(call);
            pthread_mutex_lock(&queue->mutex);
        } else if (queue->is_stopping) {
            break;
        } else {
            pthread_cond_wait(&queue->filled, &queue->mutex);
        }
    }
    pthread_mutex_unlock(&queue->mutex);
    return NULL;
}

static enum err start_queue(struct queue *queue, unsigned threads)
{
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->filled, NULL);
    for (size_t i = 0; i < SHARES; i++)
        queue->shares[i].end = &queue->shares[i].first;
    queue->threads = calloc(threads, sizeof *queue->threads);
    for (; queue->threads && queue->thread_count < threads; queue->thread_count++)
        if (pthread_create(&queue->threads[queue->thread_count], NULL, work_off, queue))
            break;
    return queue->thread_count == threads ? OK : err_set(ERR_BUSY, "cannot start a lane's threads");
}

enum err lanes_new(struct api *api, unsigned threads, struct lanes **ret)
{
    struct lanes *lanes = calloc(1, sizeof *lanes);
    if (!lanes)
        return err_set(ERR_MEMORY, "out of memory for lanes");
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (!threads)
        threads = cores > 0 ? (unsigned)cores : 1;
    api->lanes = lanes;
    enum err code = OK;
    for (int i = LANE_NAMES; i < LANE_COUNT; i++) { /* all are made ready, even after a failure */
        enum err failed = start_queue(&lanes->queues[i], threads);
        code = code ? code : failed;
    }
    *ret = lanes;
    return code;
}

void lanes_stop(struct lanes *lanes)
{
    for (int i = LANE_NAMES; lanes && i < LANE_COUNT; i++) {
        struct queue *queue = &lanes->queues[i];
        pthread_mutex_lock(&queue->mutex);
        queue->is_stopping = true;
        pthread_cond_broadcast(&queue->filled);
        pthread_mutex_unlock(&queue->mutex);
        for (unsigned k = 0; k < queue->thread_count; k++)
            pthread_join(queue->threads[k], NULL);
        queue->thread_count = 0;
    }
}

void lanes_free(struct lanes *lanes)
{
    if (!lanes)
        return;
    lanes_stop(lanes);
    for (int i = LANE_NAMES; i < LANE_COUNT; i++) {
        pthread_mutex_destroy(&lanes->queues[i].mutex);
        pthread_cond_destroy(&lanes->queues[i].filled);
        free(lanes->queues[i].threads);
    }
    free(lanes);
}

enum err lane_push(struct lanes *lanes, enum lane lane, struct call *call)
{
    ensure(lane > LANE_HERE && lane < LANE_COUNT);
    struct queue *queue = &lanes->queues[lane];
    struct share *share = &queue->shares[hash64(call->actor.officer, 0) % SHARES];
    call->deadline_us = clock_monotonic_us() + lane_wait_us[lane];
    call->next = NULL;
    pthread_mutex_lock(&queue->mutex);
    bool is_full = queue->is_stopping || share->count >= SHARE_MAX || queue->count >= LANE_MAX;
    if (is_full) {
        queue->refused++;
    } else {
        *share->end = call;
        share->end = &call->next;
        share->count++;
        queue->count++;
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->mutex);
    return is_full ? err_set(ERR_BUSY, "too many requests wait already") : OK;
}

void lanes_report(struct lanes *lanes, struct buf *out)
{
    for (int i = LANE_NAMES; i < LANE_COUNT; i++) {
        struct queue *queue = &lanes->queues[i];
        pthread_mutex_lock(&queue->mutex);
        buf_printf(
            out,
            "bureau_lane_waiting{lane=\"%s\"} %zu\nbureau_lane_done_total{lane=\"%s\"} %llu\n"
            "bureau_lane_refused_total{lane=\"%s\"} %llu\n",
            lane_names[i], queue->count, lane_names[i], (unsigned long long)queue->done,
            lane_names[i], (unsigned long long)queue->refused);
        pthread_mutex_unlock(&queue->mutex);
    }
}
