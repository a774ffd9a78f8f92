/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens by itself: clocks that run out, alarms that sound again, time held that is over,
 * and moves of the node that a fall of the power cut off. Due tickets are taken from the heap in
 * batches, changed and committed together. A ticket whose change fails is tried again after a
 * while; one that somebody moved meanwhile has been timed anew by the hook and is left alone.
 *
 * Each time a clock runs out it begins again: after an hour without power nobody is escalated to
 * the hub at once, everyone gets the time that the kind of ticket gives them.
 */
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

#include "flow/internal.h"

enum { BATCH = 256, RETRY_US = 5000000, LOOK_EVERY_US = 10000000 };

struct due {
    struct entry entry; /* as it was */
    bool is_clock, is_limit, is_alarm;
    struct buf body;
    bool is_again; /* of the alarm */
    bool is_step;  /* a change of it is in the batch */
    size_t change; /* its place there */
};

/* ---- taking ---- */

static bool is_due(int64_t at_us, int64_t now_us)
{
    return at_us && at_us <= now_us;
}

static void take_entry(struct flow *flow, struct entry *entry, int64_t now_us, struct due *ret)
{
    const struct life *life = view_definition(flow, entry)->life;
    *ret = (struct due){.entry = *entry,
                        .is_clock = is_due(entry->due_us, now_us),
                        .is_limit = !is_due(entry->due_us, now_us) && /* one step at a time */
                                    is_due(entry->limit_us, now_us),
                        .is_alarm = is_due(entry->alarm_us, now_us)};
    if (ret->is_clock)
        entry->due_us = now_us + RETRY_US; /* the hook sets what is true; this, if that fails */
    if (ret->is_limit)
        entry->limit_us = now_us + RETRY_US;
    if (ret->is_alarm) {
        const struct code *profile =
            entry->profile && life->profiles ? &life->profiles->codes[entry->profile - 1] : NULL;
        int64_t again = life_alarm_us(life, profile);
        entry->alarm_us = again ? now_us + again : 0;
        ret->is_again = entry->is_rung;
        entry->is_rung = true;
    }
    entry_wake(flow, entry);
}

static size_t take_due(struct flow *flow, int64_t now_us, struct due *ret)
{
    size_t count = 0;
    pthread_rwlock_wrlock(&flow->lock);
    while (count < BATCH && flow->heap_count) {
        struct entry *first = &flow->entries[flow->heap[0]];
        if (first->wake_us > now_us)
            break;
        take_entry(flow, first, now_us, &ret[count++]);
    }
    pthread_rwlock_unlock(&flow->lock);
    return count;
}

/* ---- a clock runs out ---- */

static bool is_answered(const struct ticket *ticket)
{
    for (size_t i = 0; i < ticket->life->state_count; i++)
        if (ticket->progress.at_us[i] && ticket->life->states[i].answer != ANSWER_NONE)
            return true;
    return false;
}

static void sign_step(struct progress *progress, const char *what, str step)
{
    progress->what = str_c(what);
    progress->step = step;
    progress->officer = STR_EMPTY;
    progress->by = (struct flow_party){STR_EMPTY, STR_EMPTY};
    progress->tells = 0;
}

/* Into the next step of the clock; false: there is none any more. */
static bool run_out(struct ticket *ticket, int64_t now_us)
{
    struct progress *progress = &ticket->progress;
    uint8_t number = ticket->life->states[progress->state].clock;
    int64_t due = progress_due(ticket->life, progress);
    if (number == LIFE_NONE || !due || due > now_us)
        return false;
    const struct life_clock *clock = &ticket->life->clocks[number];
    enum life_step step = clock->steps[progress->level++];
    progress->clock_us = now_us;
    progress->is_hub |= step == STEP_HUB;
    if (clock->side != PARTY_OWNER || !is_answered(ticket))
        progress->late[clock->side]++;
    sign_step(progress, "clock", str_c(life_step_word(step)));
    return true;
}

/* The time held is over: a step like any other, so that it is told of whatever happens. */
static bool limit_over(struct ticket *ticket, int64_t now_us)
{
    int64_t limit = progress_limit(ticket->life, &ticket->progress, NULL);
    if (!limit || limit > now_us || ticket->progress.is_limit_told)
        return false;
    ticket->progress.is_limit_told = true;
    sign_step(&ticket->progress, "limit", STR_EMPTY);
    return true;
}

struct firing {
    struct flow *flow;
    struct arena arena;
    int64_t now_us;
    struct due *dues;
    size_t count;
    struct change *changes;
    struct committed *done;
    size_t change_count;
};

static enum err fire_one(struct firing *firing, struct due *due)
{
    struct flow *flow = firing->flow;
    struct ticket ticket;
    TRY(ticket_load(flow, due->entry.number, &firing->arena, &ticket));
    due->body.max = STORE_BODY_MAX;
    bool is_step =
        due->is_clock ? run_out(&ticket, firing->now_us) : limit_over(&ticket, firing->now_us);
    if (!is_step)
        return due->is_clock ? move_by_node(flow, due->entry.number) : OK;
    TRY(ticket_write(flow, &ticket, &due->body));
    due->is_step = true;
    due->change = firing->change_count++;
    firing->changes[due->change] = ticket_change(&ticket, &due->body, S("node"));
    return OK;
}

static void count_failure(struct flow *flow, enum err code)
{
    char text[1024];
    if (code == OK || code == ERR_STALE || code == ERR_GONE)
        return;
    if (atomic_fetch_add(&flow->failed, 1) == 0)
        log_write(LOG_WARN, "a ticket's clock could not be carried out, it is tried again: %s",
                  err_format(err_last(), text, sizeof text));
}

static void commit_steps(struct firing *firing)
{
    struct flow *flow = firing->flow;
    enum err code =
        store_commit(flow->store, firing->changes, firing->change_count, false, firing->done);
    count_failure(flow, code);
    for (size_t i = 0; !code && i < firing->count; i++)
        if (firing->dues[i].is_step && !firing->done[firing->dues[i].change].failed)
            atomic_fetch_add(&flow->fired, 1);
}

static void fire(struct firing *firing)
{
    struct flow *flow = firing->flow;
    firing->changes = arena_array(&firing->arena, struct change, firing->count);
    firing->done = arena_array(&firing->arena, struct committed, firing->count);
    bool has_room = firing->changes && firing->done;
    for (size_t i = 0; has_room && i < firing->count; i++)
        if (firing->dues[i].is_clock || firing->dues[i].is_limit)
            count_failure(flow, fire_one(firing, &firing->dues[i]));
    if (firing->change_count)
        commit_steps(firing);
    for (size_t i = 0; i < firing->count; i++)
        buf_release(&firing->dues[i].body);
    err_clear();
}

static int64_t next_wake(struct flow *flow)
{
    pthread_rwlock_rdlock(&flow->lock);
    int64_t next = flow->heap_count ? flow->entries[flow->heap[0]].wake_us : INT64_MAX;
    pthread_rwlock_unlock(&flow->lock);
    return next;
}

int64_t flow_tick(struct flow *flow, int64_t now_us)
{
    causes_raise(flow);
    if (next_wake(flow) > now_us)
        return next_wake(flow);
    struct due *dues = calloc(BATCH, sizeof *dues);
    size_t count = dues ? take_due(flow, now_us, dues) : 0;
    while (count) {
        struct firing firing = {.flow = flow, .now_us = now_us, .dues = dues, .count = count};
        for (size_t i = 0; i < count; i++)
            if (dues[i].is_alarm)
                tell_alarm(flow, &dues[i].entry, dues[i].is_again, now_us);
        fire(&firing);
        arena_release(&firing.arena);
        count = count == BATCH ? take_due(flow, now_us, dues) : 0;
    }
    free(dues);
    return next_wake(flow);
}

/* ---- the thread ---- */

static void rest(struct flow *flow, int64_t next_us)
{
    struct timespec until;
    int64_t wait_us = next_us - clock_now_us();
    if (wait_us > LOOK_EVERY_US || next_us == INT64_MAX) /* somebody may set the wall clock */
        wait_us = LOOK_EVERY_US;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t nanoseconds = until.tv_nsec + (wait_us > 0 ? wait_us : 0) * 1000;
    until.tv_sec += nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    pthread_mutex_lock(&flow->mutex);
    if (!flow->is_hurried && !flow->is_stopping && wait_us > 0)
        pthread_cond_timedwait(&flow->changed, &flow->mutex, &until);
    flow->is_hurried = false;
    pthread_mutex_unlock(&flow->mutex);
}

static bool is_stopping(struct flow *flow)
{
    pthread_mutex_lock(&flow->mutex);
    bool is_it = flow->is_stopping;
    pthread_mutex_unlock(&flow->mutex);
    return is_it;
}

static void *keep_time(void *context)
{
    struct flow *flow = context;
    pthread_setname_np(pthread_self(), "flow");
    while (!is_stopping(flow))
        rest(flow, flow_tick(flow, clock_now_us()));
    return NULL;
}

void flow_hurry(struct flow *flow)
{
    pthread_mutex_lock(&flow->mutex);
    flow->is_hurried = true;
    pthread_cond_signal(&flow->changed);
    pthread_mutex_unlock(&flow->mutex);
}

enum err flow_start(struct flow *flow)
{
    if (pthread_create(&flow->thread, NULL, keep_time, flow))
        return err_set(ERR_BUSY, "cannot start the thread that keeps the clocks of tickets");
    flow->is_started = true;
    return OK;
}

void flow_stop(struct flow *flow)
{
    if (!flow || !flow->is_started)
        return;
    pthread_mutex_lock(&flow->mutex);
    flow->is_stopping = true;
    pthread_cond_signal(&flow->changed);
    pthread_mutex_unlock(&flow->mutex);
    pthread_join(flow->thread, NULL);
    flow->is_started = false;
}
