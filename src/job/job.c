/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four threads take jobs in the order they were started. All state lies under one mutex: progress
 * is
 * reported a few times a second, so nothing here is hot. Ended jobs are kept, the last 200, so
 * that whoever started one can read its end.
 */
#include "job/job.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/random.h"

enum { RUNNING_MAX = 4, KEPT_MAX = 200, WAITING_MAX = 100, RESULT_MAX = 16 << 20 };

struct job {
    struct jobs *jobs;
    struct job *next; /* oldest first */
    struct job_status status;
    job_work *work;
    void *context;
    void (*release)(void *);
    bool is_cancelled;
    struct buf result;
};
struct jobs {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct job *first, **end;
    size_t waiting, ended;
    bool is_closing;
    pthread_t threads[RUNNING_MAX];
    size_t thread_count;
};

static struct job *find(struct jobs *jobs, uint64_t id)
{
    struct job *job = jobs->first;
    while (job && job->status.id != id)
        job = job->next;
    return job;
}

static struct job *find_waiting(struct jobs *jobs)
{
    struct job *job = jobs->first;
    while (job && job->status.state != JOB_WAITING)
        job = job->next;
    return job;
}

static void free_job(struct job *job)
{
    buf_release(&job->result);
    free(job);
}

static void forget_oldest(struct jobs *jobs)
{
    for (struct job **at = &jobs->first; jobs->ended > KEPT_MAX && *at;) {
        struct job *job = *at;
        if (job->status.state < JOB_DONE) {
            at = &job->next;
            continue;
        }
        *at = job->next;
        if (jobs->end == &job->next)
            jobs->end = at;
        jobs->ended--;
        free_job(job);
    }
}

/* Under the mutex. */
static void end_job(struct job *job, enum err code, const struct err_info *failure)
{
    struct jobs *jobs = job->jobs;
    job->status.ended_us = clock_monotonic_us();
    job->status.state = !code ? JOB_DONE : job->is_cancelled ? JOB_CANCELLED : JOB_FAILED;
    if (code && failure)
        job->status.failure = *failure;
    jobs->ended++;
    forget_oldest(jobs);
    pthread_cond_broadcast(&jobs->changed);
}

static void run(struct jobs *jobs, struct job *job)
{
    job->status.state = JOB_RUNNING;
    job->status.started_us = clock_monotonic_us();
    jobs->waiting--;
    pthread_mutex_unlock(&jobs->mutex);
    err_clear();
    enum err code = job->work(job, job->context);
    struct err_info failure = *err_last();
    if (job->release)
        job->release(job->context);
    pthread_mutex_lock(&jobs->mutex);
    end_job(job, code, &failure);
}

static void *work_off(void *context)
{
    struct jobs *jobs = context;
    pthread_setname_np(pthread_self(), "job");
    pthread_mutex_lock(&jobs->mutex);
    for (;;) {
        struct job *job = jobs->is_closing ? NULL : find_waiting(jobs);
        if (job)
            run(jobs, job);
        else if (jobs->is_closing)
            break;
        else
            pthread_cond_wait(&jobs->changed, &jobs->mutex);
    }
    pthread_mutex_unlock(&jobs->mutex);
    return NULL;
}

enum err jobs_new(struct jobs **ret)
{
    struct jobs *jobs = calloc(1, sizeof *jobs);
    if (!jobs)
        return err_set(ERR_MEMORY, "out of memory for jobs");
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&jobs->mutex, NULL);
    pthread_cond_init(&jobs->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    jobs->end = &jobs->first;
    for (; jobs->thread_count < RUNNING_MAX; jobs->thread_count++)
        if (pthread_create(&jobs->threads[jobs->thread_count], NULL, work_off, jobs)) {
            jobs_free(jobs);
            return err_set(ERR_BUSY, "cannot start threads for jobs");
        }
    *ret = jobs;
    return OK;
}

void jobs_free(struct jobs *jobs)
{
    if (!jobs)
        return;
    pthread_mutex_lock(&jobs->mutex);
    jobs->is_closing = true;
    for (struct job *job = jobs->first; job; job = job->next)
        job->is_cancelled = true;
    pthread_cond_broadcast(&jobs->changed);
    pthread_mutex_unlock(&jobs->mutex);
    for (size_t i = 0; i < jobs->thread_count; i++)
        pthread_join(jobs->threads[i], NULL);
    while (jobs->first) {
        struct job *job = jobs->first;
        jobs->first = job->next;
        if (job->status.state == JOB_WAITING && job->release)
            job->release(job->context);
        free_job(job);
    }
    pthread_mutex_destroy(&jobs->mutex);
    pthread_cond_destroy(&jobs->changed);
    free(jobs);
}

/* Under the mutex. */
static uint64_t draw_id(struct jobs *jobs)
{
    uint64_t id = 0;
    while (id == 0 || find(jobs, id)) {
        random_bytes(&id, sizeof id);
        id >>= 11; /* exact in JSON as everybody reads it */
    }
    return id;
}

enum err job_start(struct jobs *jobs, const char *kind, job_work *work, void *context,
                   void (*release)(void *), uint64_t *ret_id)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return err_set(ERR_MEMORY, "out of memory for a job");
    job->jobs = jobs;
    job->work = work;
    job->context = context;
    job->release = release;
    job->result.max = RESULT_MAX;
    snprintf(job->status.kind, sizeof job->status.kind, "%s", kind);
    pthread_mutex_lock(&jobs->mutex);
    bool is_refused = jobs->is_closing || jobs->waiting >= WAITING_MAX;
    if (!is_refused) {
        *ret_id = job->status.id = draw_id(jobs);
        *jobs->end = job;
        jobs->end = &job->next;
        jobs->waiting++;
        pthread_cond_broadcast(&jobs->changed);
    }
    pthread_mutex_unlock(&jobs->mutex);
    if (!is_refused)
        return OK;
    free_job(job);
    return err_set(ERR_BUSY, "%d jobs wait already", WAITING_MAX);
}

void job_own(struct jobs *jobs, uint64_t id, str officer)
{
    pthread_mutex_lock(&jobs->mutex);
    struct job *job = find(jobs, id);
    if (job)
        snprintf(job->status.owner, sizeof job->status.owner, "%.*s", STR(officer));
    pthread_mutex_unlock(&jobs->mutex);
}

enum err job_progress(struct job *job, uint64_t done, uint64_t total, const char *unit,
                      const char *step)
{
    struct jobs *jobs = job->jobs;
    pthread_mutex_lock(&jobs->mutex);
    job->status.done = done;
    job->status.total = total;
    snprintf(job->status.unit, sizeof job->status.unit, "%s", unit ? unit : "");
    snprintf(job->status.step, sizeof job->status.step, "%s", step ? step : "");
    bool is_cancelled = job->is_cancelled;
    pthread_cond_broadcast(&jobs->changed);
    pthread_mutex_unlock(&jobs->mutex);
    return is_cancelled ? err_set(ERR_TIMEOUT, "the job was cancelled") : OK;
}

void job_result(struct job *job, str json)
{
    pthread_mutex_lock(&job->jobs->mutex);
    buf_clear(&job->result);
    buf_add(&job->result, json);
    pthread_mutex_unlock(&job->jobs->mutex);
}

static enum err no_such(uint64_t id)
{
    return err_set(ERR_NOT_FOUND, "there is no job %llu", (unsigned long long)id);
}

enum err job_status(struct jobs *jobs, uint64_t id, struct job_status *ret)
{
    pthread_mutex_lock(&jobs->mutex);
    struct job *job = find(jobs, id);
    if (job)
        *ret = job->status;
    pthread_mutex_unlock(&jobs->mutex);
    return job ? OK : no_such(id);
}

enum err job_read_result(struct jobs *jobs, uint64_t id, struct arena *arena, str *ret)
{
    pthread_mutex_lock(&jobs->mutex);
    struct job *job = find(jobs, id);
    bool is_lost = false;
    if (job) {
        *ret = arena_str(arena, buf_str(&job->result));
        is_lost = ret->len != job->result.len;
    }
    pthread_mutex_unlock(&jobs->mutex);
    if (!job)
        return no_such(id);
    return is_lost ? err_last()->code : OK;
}

enum err job_cancel(struct jobs *jobs, uint64_t id)
{
    pthread_mutex_lock(&jobs->mutex);
    struct job *job = find(jobs, id);
    if (job)
        job->is_cancelled = true;
    if (job && job->status.state == JOB_WAITING) {
        jobs->waiting--;
        struct err_info why = {.code = ERR_TIMEOUT, .message = "cancelled before it began"};
        void (*release)(void *) = job->release;
        void *context = job->context;
        job->release = NULL;
        end_job(job, ERR_TIMEOUT, &why);
        if (release)
            release(context);
    }
    pthread_mutex_unlock(&jobs->mutex);
    return job ? OK : no_such(id);
}

void job_wait(struct jobs *jobs, uint64_t id, uint64_t seen_done, int64_t deadline_us)
{
    struct timespec until = {deadline_us / 1000000, deadline_us % 1000000 * 1000};
    pthread_mutex_lock(&jobs->mutex);
    for (int failed = 0; failed != ETIMEDOUT;) {
        const struct job *job = find(jobs, id);
        if (!job || job->status.state >= JOB_DONE || job->status.done != seen_done)
            break;
        failed = pthread_cond_timedwait(&jobs->changed, &jobs->mutex, &until);
    }
    pthread_mutex_unlock(&jobs->mutex);
}
