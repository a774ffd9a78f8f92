/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job: long work in the background with progress, one thread per running job (at most 4),
 * cancellable. The work calls
 * job_progress() often; it returns ERR_TIMEOUT when the job was cancelled. Results are a JSON
 * text kept until the process
 * ends (durable outcomes are records of their own).
 */
#ifndef JOB_JOB_H
#define JOB_JOB_H

#include "base/base.h"

struct jobs;
struct job;
typedef enum err job_work(struct job *job, void *context);
enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED };
enum { JOB_OWNER_MAX = 80 };
struct job_status {
    uint64_t id;
    char owner[JOB_OWNER_MAX]; /* officer, see job_own(); empty: none */
    char kind[32];
    enum job_state state;
    uint64_t done, total; /* total 0: unknown */
    char unit[16];        /* "rows" */
    char step[96];        /* what it does now */
    int64_t started_us, ended_us;
    struct err_info failure;
};
enum err jobs_new(struct jobs **ret) MUST_USE;
void jobs_free(struct jobs *jobs); /* cancels and joins */
/*
 * release(context) is called when the work has ended. Ids are drawn, below 2^53: a running number
 * would say how much others do.
 */
enum err job_start(struct jobs *jobs, const char *kind, job_work *work, void *context,
                   void (*release)(void *), uint64_t *ret_id) MUST_USE;
/* Whose it is: others are not told of it. */
void job_own(struct jobs *jobs, uint64_t id, str officer);
enum err job_progress(struct job *job, uint64_t done, uint64_t total, const char *unit,
                      const char *step) MUST_USE;
void job_result(struct job *job, str json); /* copied */
enum err job_status(struct jobs *jobs, uint64_t id, struct job_status *ret) MUST_USE;
enum err job_read_result(struct jobs *jobs, uint64_t id, struct arena *arena, str *ret) MUST_USE;
enum err job_cancel(struct jobs *jobs, uint64_t id) MUST_USE;
/* Waits for the end or a change of progress until the deadline (monotonic). */
void job_wait(struct jobs *jobs, uint64_t id, uint64_t seen_done, int64_t deadline_us);

#endif
