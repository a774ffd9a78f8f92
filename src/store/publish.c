/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From durable to known: the publisher takes the groups the writer has committed, in order, calls
 * the hook (the index takes up the changes), then the jobs' done().
 *
 * The changes of a group are still in memory then, because whoever submitted them keeps them until
 * done(). So the hook's store_feed() is answered from there: reading an import back through SQL
 * cost more than writing it. Only when every change of the group is a PUT: what a change of state
 * stands on, and what an erasure destroyed, the store has to say.
 */
#include <stdlib.h>

#include "store/internal.h"

/* ---- what a group holds ---- */

void recent_begin(struct group *group, int64_t time_us)
{
    group->recent_count = 0;
    group->is_whole = true;
    group->time_us = time_us;
}

void recent_add(struct group *group, const struct recent *recent)
{
    if (recent->change->kind != CHANGE_PUT)
        group->is_whole = false;
    if (!group->is_whole)
        return;
    if (group->recent_count == group->recent_size) {
        size_t size = group->recent_size ? group->recent_size * 2 : 256;
        struct recent *grown = realloc(group->recent, size * sizeof *grown);
        if (!grown) { /* then the hook reads the store */
            group->is_whole = false;
            return;
        }
        group->recent = grown;
        group->recent_size = size;
    }
    group->recent[group->recent_count++] = *recent;
}

void recent_cut(struct group *group, size_t count)
{
    if (group->recent_count > count)
        group->recent_count = count;
}

static void stored_of(const struct store *store, const struct group *group, size_t at,
                      struct stored *ret)
{
    const struct recent *recent = &group->recent[at];
    const struct change *change = recent->change;
    *ret = (struct stored){
        .seq = group->first_seq + at,
        .id = {store->home, recent->number},
        .version = recent->version,
        .state = recent->state,
        .kind = change->kind,
        .definition = change->definition,
        .definition_version = change->definition_version,
        .owner = change->owner,
        .actor = change->actor,
        .batch = change->batch,
        .time_us = group->time_us,
        .entered_us = recent->entered_us ? recent->entered_us : group->time_us,
        .hash = recent->hash,
        .body = change->body,
        .prepared = change->prepared,
    };
}

bool recent_feed(struct store *store, uint64_t after, size_t max, store_visit *visit, void *context,
                 enum err *ret)
{
    if (!pthread_equal(pthread_self(), store->publisher_thread) || !store->publishing)
        return false;
    const struct group *group = store->publishing;
    bool is_here = group->is_whole && after + 1 >= group->first_seq && after < group->last_seq &&
                   max <= group->last_seq - after;
    if (!is_here)
        return false;
    ensure(group->recent_count == group->last_seq - group->first_seq + 1);
    *ret = OK;
    for (size_t i = 0; i < max && !*ret; i++) {
        struct stored stored;
        stored_of(store, group, (size_t)(after + 1 - group->first_seq) + i, &stored);
        *ret = visit(context, &stored);
    }
    return true;
}

/* ---- the thread ---- */

static void finish(struct job *job)
{
    if (!job->done) {
        sem_post(&job->finished);
        return;
    }
    if (job->code)
        err_restore(&job->info);
    job->done(job->context, job->code, job->results, job->count);
    free(job);
}

static void publish(struct store *store, struct group *group)
{
    store->publishing = group;
    if (store->hook && group->first_seq <= group->last_seq)
        store->hook(store->hook_context, group->first_seq, group->last_seq);
    store->publishing = NULL;
    struct job *job;
    while ((job = job_list_pop(&group->jobs)))
        finish(job);
}

static void *publisher_main(void *context)
{
    struct store *store = context;
    pthread_mutex_lock(&store->lock);
    for (;;) {
        while (!store->group_count && !store->is_writer_done)
            pthread_cond_wait(&store->published, &store->lock);
        if (!store->group_count)
            break;
        struct group *group = &store->groups[store->group_first];
        pthread_mutex_unlock(&store->lock);
        publish(store, group);
        pthread_mutex_lock(&store->lock);
        store->group_first = (store->group_first + 1) % GROUPS_BEHIND_MAX;
        store->group_count--;
        pthread_cond_signal(&store->work);
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

enum err publisher_start(struct store *store)
{
    if (pthread_create(&store->publisher_thread, NULL, publisher_main, store))
        return err_set(ERR_MEMORY, "cannot start the store's publisher thread");
    store->has_publisher = true;
    return OK;
}
