/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: progress, results, failure, cancelling while running and while waiting, four at a time. */
#include "job/job.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "test.h"

struct gate { /* work that goes on when it is let */
    atomic_int started, open, released;
    enum err outcome;
};

static enum err work(struct job *job, void *context)
{
    struct gate *gate = context;
    atomic_fetch_add(&gate->started, 1);
    for (uint64_t i = 1; !atomic_load(&gate->open); i++) {
        enum err code = job_progress(job, i, 0, "steps", "waiting");
        if (code)
            return code;
        sched_yield();
    }
    enum err code = job_progress(job, 7, 7, "steps", "done");
    if (code)
        return code;
    job_result(job, S("{\"a\":1}"));
    return gate->outcome ? err_set(gate->outcome, "it went wrong") : OK;
}

static void release(void *context)
{
    atomic_fetch_add(&((struct gate *)context)->released, 1);
}

static void wait_for_end(struct jobs *jobs, uint64_t id, struct job_status *status)
{
    do {
        assert_int_equal(job_status(jobs, id, status), OK);
        job_wait(jobs, id, status->done, clock_monotonic_us() + 1000000);
    } while (status->state < JOB_DONE);
}

static void a_job_runs_and_tells(void **state)
{
    (void)state;
    struct jobs *jobs;
    struct gate gate = {.open = 1};
    struct job_status status;
    struct arena arena = {0};
    uint64_t id;
    str result;
    assert_int_equal(jobs_new(&jobs), OK);
    assert_int_equal(job_start(jobs, "test", work, &gate, release, &id), OK);
    wait_for_end(jobs, id, &status);
    assert_int_equal(status.state, JOB_DONE);
    assert_int_equal(status.done, 7);
    assert_string_equal(status.kind, "test");
    assert_int_equal(job_read_result(jobs, id, &arena, &result), OK);
    assert_true(str_eq(result, S("{\"a\":1}")));
    assert_int_equal(gate.released, 1);
    assert_int_equal(job_status(jobs, id + 1, &status), ERR_NOT_FOUND);
    jobs_free(jobs);
    arena_release(&arena);
}

static void a_failure_is_kept(void **state)
{
    (void)state;
    struct jobs *jobs;
    struct gate gate = {.open = 1, .outcome = ERR_FULL};
    struct job_status status;
    uint64_t id;
    assert_int_equal(jobs_new(&jobs), OK);
    assert_int_equal(job_start(jobs, "test", work, &gate, release, &id), OK);
    wait_for_end(jobs, id, &status);
    assert_int_equal(status.state, JOB_FAILED);
    assert_int_equal(status.failure.code, ERR_FULL);
    assert_string_equal(status.failure.message, "it went wrong");
    jobs_free(jobs);
}

static void running_and_waiting_jobs_are_cancelled(void **state)
{
    (void)state;
    enum { JOBS = 5 };
    struct jobs *jobs;
    struct gate gates[JOBS] = {{0}};
    struct job_status status;
    uint64_t ids[JOBS];
    assert_int_equal(jobs_new(&jobs), OK);
    for (size_t i = 0; i < JOBS; i++)
        assert_int_equal(job_start(jobs, "test", work, &gates[i], release, &ids[i]), OK);
    for (size_t i = 0; i < 4; i++)
        while (!atomic_load(&gates[i].started))
            sched_yield();
    assert_int_equal(job_cancel(jobs, ids[4]), OK); /* four run, the fifth waits */
    assert_int_equal(atomic_load(&gates[4].started), 0);
    assert_int_equal(gates[4].released, 1);
    for (size_t i = 0; i < JOBS; i++) {
        assert_int_equal(job_cancel(jobs, ids[i]), OK);
        wait_for_end(jobs, ids[i], &status);
        assert_int_equal(status.state, JOB_CANCELLED);
        assert_int_equal(gates[i].released, 1);
    }
    assert_int_equal(job_cancel(jobs, 4711), ERR_NOT_FOUND);
    jobs_free(jobs);
}

static void closing_cancels_what_runs_and_waits(void **state)
{
    (void)state;
    enum { JOBS = 20 };
    struct jobs *jobs;
    static struct gate gates[JOBS];
    uint64_t id;
    assert_int_equal(jobs_new(&jobs), OK);
    for (size_t i = 0; i < JOBS; i++)
        assert_int_equal(job_start(jobs, "test", work, &gates[i], release, &id), OK);
    jobs_free(jobs);
    for (size_t i = 0; i < JOBS; i++)
        assert_int_equal(gates[i].released, 1);
}

static void too_many_are_refused_and_old_ones_forgotten(void **state)
{
    (void)state;
    struct jobs *jobs;
    struct gate gate = {0}, open = {.open = 1};
    struct job_status status;
    uint64_t first = 0, id = 0;
    enum err code = OK;
    assert_int_equal(jobs_new(&jobs), OK);
    for (int i = 0; i < 1000 && !code; i++)
        code = job_start(jobs, "test", work, &gate, NULL, &id);
    assert_int_equal(code, ERR_BUSY);
    atomic_store(&gate.open, 1);
    wait_for_end(jobs, id, &status);
    for (int i = 0; i < 300; i++) {
        while (job_start(jobs, "test", work, &open, NULL, &id) == ERR_BUSY)
            sched_yield();
        first = first ? first : id;
    }
    wait_for_end(jobs, id, &status);
    assert_int_equal(job_status(jobs, first, &status), ERR_NOT_FOUND);
    jobs_free(jobs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_runs_and_tells),
        cmocka_unit_test(a_failure_is_kept),
        cmocka_unit_test(running_and_waiting_jobs_are_cancelled),
        cmocka_unit_test(closing_cancels_what_runs_and_waits),
        cmocka_unit_test(too_many_are_refused_and_old_ones_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
