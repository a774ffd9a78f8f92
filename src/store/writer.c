/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One writer, group commit. Submitting threads salt and hash bodies, then queue a job; the writer
 * takes what is queued into one transaction, commits it (one sync of the WAL), and hands the group
 * to the publisher, which calls the hook and then the jobs' done(). While the publisher works on
 * one group the writer is at the next.
 *
 *   submit --> small jobs --+--> writer: BEGIN, apply up to 25 ms, COMMIT
 *         \--> large jobs --+      --> ring of 4 groups --> publisher: hook, done
 *
 * A large job that is not all-or-none is cut where the time is up and goes on in the next
 * transaction, behind the small jobs that came meanwhile: so an import of millions of rows never
 * delays an officer's entry by more than a few milliseconds of applying and one sync.
 *
 * When a transaction fails (disk full, I/O) every job in it fails with that error, all running
 * state goes back to the last commit, and the next group starts afresh: when there is room again,
 * writing goes on.
 */
#include <stdlib.h>
#include <time.h>

#include "store/internal.h"

enum { CHUNK = 128 /* changes between looks at the clock */ };

static void list_init(struct job_list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static void list_push(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->last = job;
    list->last = &job->next;
}

struct job *job_list_pop(struct job_list *list)
{
    struct job *job = list->first;
    if (!job)
        return NULL;
    list->first = job->next;
    if (!list->first)
        list->last = &list->first;
    job->next = NULL;
    return job;
}

static bool is_small(const struct job *job)
{
    return job->count <= SMALL_JOB_MAX;
}

/* ---- the transaction ---- */

static int on_wal(void *context, sqlite3 *db, const char *name, int frames)
{
    (void)db, (void)name;
    struct store *store = context;
    store->wal_frames = frames;
    return SQLITE_OK;
}

static void fail_job(struct job *job, const struct err_info *info)
{
    job->code = info->code;
    job->info = *info;
    for (size_t i = job->settled; i < job->count; i++)
        job->results[i] = (struct committed){.failed = info->code};
}

static void roll_back(struct store *store)
{
    struct err_info kept = *err_last();
    if (!sqlite3_get_autocommit(store->writer->db) && connection_run(store->writer, SQL_ROLLBACK))
        err_clear(); /* nothing open any more: the error at hand says why */
    words_truncate(&store->words, store->word_count);
    tally_settle(&store->tally, false);
    store->head = store->committed;
    store->delta_count = 0;
    store->span_count = 0;
    err_restore(&kept);
}

static enum err commit(struct store *store)
{
    enum err code = OK;
    for (size_t i = 0; i < store->delta_count && !code; i++) {
        const struct delta *delta = &store->deltas[i];
        code = tally_add(&store->tally, delta->definition, delta->owner, (enum state)delta->state,
                         delta->by);
    }
    if (!code)
        code = tally_write(&store->tally, store->writer);
    if (!code)
        code = connection_run(store->writer, SQL_COMMIT);
    if (code)
        return code;
    tally_settle(&store->tally, true);
    store->delta_count = 0;
    store->word_count = store->words.count;
    store->committed = store->head;
    store->is_dirty_since_scrub = true;
    return OK;
}

/* How long a transaction has worked for whom. */
struct share {
    int64_t small_us, large_us, budget_us;
};

/*
 * The next job for this transaction. Small ones go first and, once one has come, the transaction
 * ends as soon as both kinds had their half of a short one: what came while a large job was already
 * at work for longer than that is committed with it at once. Stays queued.
 */
static struct job *peek(struct store *store, struct share *share)
{
    pthread_mutex_lock(&store->lock);
    struct job *small = store->small.first;
    struct job *large = store->large.first;
    pthread_mutex_unlock(&store->lock);
    if (small && small->is_exclusive)
        return NULL;
    if (!small || share->small_us >= SHORT_US / 2)
        small = NULL;
    else
        share->budget_us = SHORT_US / 2;
    return small ? small : share->large_us < share->budget_us ? large : NULL;
}

static void unqueue(struct store *store, struct job *job)
{
    pthread_mutex_lock(&store->lock);
    ensure(job_list_pop(is_small(job) ? &store->small : &store->large) == job);
    store->queued -= job->count;
    pthread_cond_broadcast(&store->room);
    pthread_mutex_unlock(&store->lock);
}

static enum err apply_jobs(struct store *store, struct group *group)
{
    struct share share = {.budget_us = TRANSACTION_US};
    int64_t before = clock_monotonic_us();
    struct job *job;
    while ((job = peek(store, &share))) {
        size_t upto = job->count - job->applied > CHUNK ? job->applied + CHUNK : job->count;
        enum err code = job->run ? job->run(store, job) : job_apply(store, job, upto);
        bool is_short = is_small(job);
        if (code || job->run || job->applied == job->count) {
            unqueue(store, job);
            list_push(&group->jobs, job); /* on an error it fails with the others */
        }
        if (code)
            return code;
        int64_t now = clock_monotonic_us();
        *(is_short ? &share.small_us : &share.large_us) += now - before;
        before = now;
    }
    return OK;
}

/* No transaction can begin: whoever waits is told. */
static void take_all(struct store *store, struct group *group)
{
    struct job *job;
    while ((job = peek(store, &(struct share){.budget_us = TRANSACTION_US}))) {
        unqueue(store, job);
        list_push(&group->jobs, job);
    }
}

/* What a cut large job has so far is durable, or is lost with the transaction. */
static void settle_cut(struct store *store, struct group *group, enum err code)
{
    pthread_mutex_lock(&store->lock);
    struct job *cut = store->large.first;
    pthread_mutex_unlock(&store->lock);
    if (!cut || cut->applied == cut->settled)
        return;
    if (!code) {
        cut->settled = cut->applied;
        return;
    }
    unqueue(store, cut);
    list_push(&group->jobs, cut);
}

static void run_exclusive(struct store *store, struct group *group)
{
    struct job *job = store->small.first;
    unqueue(store, job);
    job->code = job->run(store, job);
    if (job->code)
        job->info = *err_last();
    list_push(&group->jobs, job);
}

static void run_group(struct store *store, struct group *group)
{
    list_init(&group->jobs);
    group->first_seq = store->committed.seq + 1;
    group->last_seq = store->committed.seq;
    group->is_whole = false;
    pthread_mutex_lock(&store->lock);
    bool is_exclusive = store->small.first && store->small.first->is_exclusive;
    pthread_mutex_unlock(&store->lock);
    if (is_exclusive) {
        run_exclusive(store, group);
        return;
    }
    store->transaction_time_us = clock_now_us();
    store->filling = group;
    recent_begin(group, store->transaction_time_us);
    enum err code = connection_run(store->writer, SQL_BEGIN);
    if (code)
        take_all(store, group);
    else if ((code = apply_jobs(store, group)) == OK)
        code = commit(store);
    if (code)
        roll_back(store);
    struct err_info info = *err_last();
    settle_cut(store, group, code);
    for (struct job *job = group->jobs.first; job && code; job = job->next)
        fail_job(job, &info);
    group->last_seq = store->committed.seq;
}

/* ---- threads ---- */

static void hand_over(struct store *store)
{
    uint64_t seq = store->committed.seq;
    pthread_mutex_lock(&store->lock);
    store->group_count++;
    if (seq > atomic_load(&store->durable_seq)) {
        atomic_store(&store->durable_seq, seq);
        pthread_cond_broadcast(&store->advanced);
    }
    pthread_cond_signal(&store->published);
    pthread_mutex_unlock(&store->lock);
}

static struct group *wait_for_work(struct store *store)
{
    struct group *group = NULL;
    pthread_mutex_lock(&store->lock);
    while (!store->small.first && !store->large.first && !store->is_stopping)
        pthread_cond_wait(&store->work, &store->lock);
    while (store->group_count == GROUPS_BEHIND_MAX)
        pthread_cond_wait(&store->work, &store->lock);
    if (store->small.first || store->large.first) {
        group = &store->groups[(store->group_first + store->group_count) % GROUPS_BEHIND_MAX];
    } else {
        store->is_writer_done = true;
        pthread_cond_signal(&store->published);
    }
    pthread_mutex_unlock(&store->lock);
    return group;
}

static void *writer_main(void *context)
{
    struct store *store = context;
    struct group *group;
    while ((group = wait_for_work(store))) {
        run_group(store, group);
        hand_over(store);
        checkpoint(store);
    }
    return NULL;
}

enum err writer_start(struct store *store)
{
    list_init(&store->small);
    list_init(&store->large);
    store->word_count = store->words.count;
    store->committed = store->head;
    store->is_dirty_since_scrub = true; /* who knows how the last run ended */
    atomic_store(&store->durable_seq, store->head.seq);
    sqlite3_wal_hook(store->writer->db, on_wal, store);
    if (pthread_create(&store->writer_thread, NULL, writer_main, store))
        return err_set(ERR_MEMORY, "cannot start the store's writer thread");
    store->has_writer = true;
    TRY(publisher_start(store));
    return checkpointer_start(store);
}

void writer_stop(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    store->is_stopping = true;
    pthread_cond_broadcast(&store->work);
    pthread_cond_broadcast(&store->room);
    pthread_cond_broadcast(&store->advanced);
    pthread_cond_broadcast(&store->due);
    pthread_mutex_unlock(&store->lock);
    if (store->has_writer)
        pthread_join(store->writer_thread, NULL);
    if (store->has_publisher)
        pthread_join(store->publisher_thread, NULL);
    store->has_writer = store->has_publisher = false;
    checkpointer_stop(store);
}

/* ---- submitting ---- */

static void prepare(const struct change *changes, size_t count, struct prepared *ret)
{
    for (size_t i = 0; i < count; i++) {
        if (changes[i].kind != CHANGE_PUT)
            continue;
        salt_new(&ret[i].salt);
        salted_hash(&ret[i].salt, changes[i].body, &ret[i].hash);
    }
}

static enum err queue(struct store *store, struct job *job, bool is_waiting)
{
    pthread_mutex_lock(&store->lock);
    while (is_waiting && store->queued && store->queued + job->count > QUEUE_MAX &&
           !store->is_stopping)
        pthread_cond_wait(&store->room, &store->lock);
    enum err code = OK;
    if (store->is_stopping) {
        code = err_set(ERR_BUSY, "the store is closing");
    } else if (store->queued && store->queued + job->count > QUEUE_MAX) {
        code = err_set(ERR_BUSY, "%zu changes are waiting to be written", store->queued);
    } else {
        list_push(is_small(job) ? &store->small : &store->large, job);
        store->queued += job->count;
        pthread_cond_signal(&store->work);
    }
    pthread_mutex_unlock(&store->lock);
    return code;
}

static enum err check_count(size_t count)
{
    return count <= STORE_BATCH_MAX
               ? OK
               : err_set(ERR_LIMIT, "one commit is limited to %d changes, this one has %zu",
                         STORE_BATCH_MAX, count);
}

static enum err queue_and_wait(struct store *store, struct job *job)
{
    sem_init(&job->finished, 0, 0);
    enum err code = queue(store, job, true);
    if (!code) {
        while (sem_wait(&job->finished))
            continue; /* interrupted by a signal */
        code = job->code;
        if (code)
            err_restore(&job->info);
    }
    sem_destroy(&job->finished);
    return code;
}

enum err store_commit(struct store *store, const struct change *changes, size_t count,
                      bool is_all_or_none, struct committed *ret)
{
    TRY(check_count(count));
    if (!count)
        return OK;
    struct prepared few[SMALL_JOB_MAX];
    struct prepared *prepared = count <= SMALL_JOB_MAX ? few : malloc(count * sizeof *prepared);
    if (!prepared)
        return err_set(ERR_MEMORY, "out of memory for %zu changes", count);
    prepare(changes, count, prepared);
    struct job job = {.changes = changes,
                      .count = count,
                      .is_all_or_none = is_all_or_none,
                      .prepared = prepared,
                      .results = ret};
    enum err code = queue_and_wait(store, &job);
    if (prepared != few)
        free(prepared);
    return code;
}

enum err store_submit(struct store *store, const struct change *changes, size_t count,
                      bool is_all_or_none, store_done *done, void *context)
{
    TRY(check_count(count));
    ensure(done && count);
    struct job *job =
        calloc(1, sizeof *job + count * (sizeof(struct prepared) + sizeof(struct committed)));
    if (!job)
        return err_set(ERR_MEMORY, "out of memory for %zu changes", count);
    job->changes = changes;
    job->count = count;
    job->is_all_or_none = is_all_or_none;
    job->results = (struct committed *)(void *)(job + 1);
    job->prepared = (struct prepared *)(void *)(job->results + count);
    job->done = done;
    job->context = context;
    prepare(changes, count, job->prepared);
    enum err code = queue(store, job, false);
    if (code)
        free(job);
    return code;
}

enum err writer_call(struct store *store, enum err (*run)(struct store *, struct job *),
                     void *argument, bool is_exclusive)
{
    struct job job = {.run = run, .argument = argument, .is_exclusive = is_exclusive};
    return queue_and_wait(store, &job);
}
