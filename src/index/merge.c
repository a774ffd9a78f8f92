/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When parts become fewer. A full delta is sealed by the writer; the merge thread writes all sealed
 * ones into a segment, and as soon as MERGE_FAN segments are of like size (a step is a factor of
 * four) they become one, so n entries are written about log4(n / 65,536) times and a probe meets at
 * most three segments of each size.
 *
 *   1. pick parts, note the published sequence number           (no lock held from here on)
 *   2. write the new segment: what was dead by then is left out
 *   3. replace `current`: from now on a restart begins with it
 *   4. under `writing`: deaths that came meanwhile are looked up in `remap` and repeated in the new
 *   segment; new set
 *
 * Step 4 is the only pause of the writer: it costs a look at each death noted by the unmerged
 * deltas, at most 65,536 each. Readers pause never: they keep the set they have. The merged files
 * are removed when the last of them lets go.
 *
 * A failed merge (disk full) changes nothing and is tried again; the deltas stay in memory until
 * the number of parts is exhausted, then the index falls behind and says so.
 */
#include <stdlib.h>
#include <time.h>

#include "index/internal.h"

enum {
    RETRY_S = 5,
    SCRUB_BLOCKS = 256,
    PURGE_AFTER_S = 900,
    DEAD_MIN = 4096,
    FLUSH_AT_CLOSE = 4096
};

struct merge {
    struct index *index;
    struct index_set *set; /* as it was picked */
    struct segment_plan plan;
    uint64_t flushed_seq; /* once this merge is in */
};

static bool is_picked(const struct segment_plan *plan, uint64_t part)
{
    for (size_t i = 0; i < plan->part_count; i++)
        if (plan->parts[i]->id == part)
            return true;
    return false;
}

static bool is_staying(const void *context, uint64_t part)
{
    const struct merge *merge = context;
    for (size_t i = 0; i < merge->set->count; i++)
        if (merge->set->parts[i]->id == part)
            return !is_picked(&merge->plan, part);
    return false;
}

static const struct segment *segment_of(const struct part *part)
{
    return part->is_delta ? NULL : (const struct segment *)part;
}

static bool is_sealed(const struct index *index, const struct part *part)
{
    return part->is_delta && (const struct delta *)part != index->live;
}

size_t merge_sealed_count(const struct index *index)
{
    size_t count = 0;
    for (size_t i = 0; i < index->set->count; i++)
        count += is_sealed(index, index->set->parts[i]);
    return count;
}

/* ---- one merge ---- */

static void move_deaths(struct delta *delta, const struct segment_plan *plan, struct segment *made)
{
    for (size_t i = 0; i < delta->death_count; i++) {
        struct death *death = &delta->deaths[i];
        for (size_t k = 0; k < plan->part_count; k++) {
            if (plan->parts[k]->id != death->part)
                continue;
            uint32_t entry = plan->remap[k][death->entry];
            death->part = entry == NO_ENTRY || !made ? NO_PART : made->part.id;
            death->entry = entry;
            break;
        }
    }
}

static enum err repeat_deaths(const struct delta *delta, struct segment *made)
{
    for (size_t i = 0; made && i < delta->death_count; i++)
        if (delta->deaths[i].part == made->part.id) {
            TRY(segment_kill(made, delta->deaths[i].entry, delta->deaths[i].seq));
            made->is_purge_due |= delta->deaths[i].is_erased;
        }
    return OK;
}

/* Makes room for all pages of ended entries first: after that nothing can fail half way. */
static enum err install(struct merge *merge, struct segment *made)
{
    struct index *index = merge->index;
    struct part *parts[PART_MAX];
    size_t count = 0;
    enum err code = OK;
    pthread_mutex_lock(&index->writing);
    if (made)
        parts[count++] = &made->part;
    for (size_t i = 0; i < index->set->count; i++)
        if (!is_picked(&merge->plan, index->set->parts[i]->id))
            parts[count++] = index->set->parts[i];
    struct index_set *set = index_set_of(parts, count);
    code = set ? OK : ERR_MEMORY;
    for (size_t i = 0; !code && i < set->count; i++) {
        if (!set->parts[i]->is_delta)
            continue;
        move_deaths((struct delta *)set->parts[i], &merge->plan, made);
        code = repeat_deaths((const struct delta *)set->parts[i], made);
    }
    if (!code) {
        index_publish(index, set, index->seq);
        index->merge_count++;
        for (size_t i = 0; i < merge->plan.part_count; i++)
            if (!merge->plan.parts[i]->is_delta)
                atomic_store(&((struct segment *)merge->plan.parts[i])->is_obsolete, true);
        pthread_cond_broadcast(&index->flushed);
    } else {
        index_set_unref(set);
        atomic_store(&index->is_damaged,
                     true); /* memory and `current` disagree: start from the feed */
    }
    pthread_mutex_unlock(&index->writing);
    return code;
}

/* `current` as it will be once the picked parts are one. */
static enum err write_current(struct merge *merge, struct segment *made)
{
    struct part *parts[PART_MAX];
    size_t count = 0;
    if (merge->index->is_private)
        return OK;
    if (made)
        parts[count++] = &made->part;
    for (size_t i = 0; i < merge->set->count; i++)
        if (!is_picked(&merge->plan, merge->set->parts[i]->id))
            parts[count++] = merge->set->parts[i];
    struct index_set *set = index_set_of(parts, count);
    enum err code = set ? index_write_current(merge->index, set, merge->flushed_seq) : ERR_MEMORY;
    index_set_unref(set);
    return code;
}

static enum err write_and_install(struct merge *merge)
{
    struct index *index = merge->index;
    struct segment *made = NULL;
    uint32_t entries = 0;
    char *path = index_segment_path(index, merge->plan.id);
    enum err code = path ? segment_write(&merge->plan, path, &entries) : ERR_MEMORY;
    if (!code && entries)
        code = segment_open(path, index->catalog, index->classes, index->key_id, &made);
    if (!code)
        code = write_current(merge, made);
    if (code && made)
        atomic_store(&made->is_obsolete, true);
    if (!code)
        code = install(merge, made);
    if (!code)
        index->flushed_seq = merge->flushed_seq;
    if (code == ERR_DAMAGED)
        atomic_store(&index->is_damaged, true);
    free(path);
    if (made)
        part_unref(&made->part);
    return code;
}

/* Picks by a rule, merges; *ret_done false: there was nothing to pick. */
typedef void pick_rule(const struct index *index, struct segment_plan *plan);

static enum err merge_by(struct index *index, pick_rule *rule, bool *ret_done)
{
    struct merge merge = {.index = index, .flushed_seq = index->flushed_seq};
    struct segment_plan *plan = &merge.plan;
    plan->key_id = index->key_id;
    plan->large_keys = index->large_keys;
    plan->catalog = index->catalog;
    plan->classes = index->classes;
    plan->is_staying = is_staying;
    plan->context = &merge;
    plan->id = atomic_fetch_add(&index->next_id, 1);
    pthread_mutex_lock(&index->writing);
    rule(index, plan);
    merge.set = index_set_ref(index, &plan->seq);
    pthread_mutex_unlock(&index->writing);
    for (size_t i = 0; i < plan->part_count; i++)
        if (plan->parts[i]->is_delta &&
            ((struct delta *)plan->parts[i])->last_seq > merge.flushed_seq)
            merge.flushed_seq = ((struct delta *)plan->parts[i])->last_seq;
    *ret_done = plan->part_count > 0;
    enum err code = *ret_done ? write_and_install(&merge) : OK;
    segment_plan_release(plan);
    index_set_unref(merge.set);
    return code;
}

/* ---- what to merge ---- */

static void pick_sealed(const struct index *index, struct segment_plan *plan)
{
    for (size_t i = 0; i < index->set->count && plan->part_count < MERGE_MAX; i++)
        if (is_sealed(index, index->set->parts[i]))
            plan->parts[plan->part_count++] = index->set->parts[i];
}

static unsigned tier_of(const struct segment *segment)
{
    unsigned tier = 0;
    for (uint32_t size = segment->meta.entry_count / DELTA_ENTRY_MAX; size; size /= MERGE_FAN)
        tier++;
    return tier;
}

static bool is_mostly_dead(const struct segment *segment)
{
    uint32_t dead = atomic_load(&segment->dead_count);
    return dead > DEAD_MIN && dead > segment->meta.entry_count / 3;
}

static void pick_tier(const struct index *index, struct segment_plan *plan)
{
    for (unsigned tier = 0; tier < 16; tier++) {
        plan->part_count = 0;
        for (size_t i = 0; i < index->set->count && plan->part_count < MERGE_MAX; i++) {
            const struct segment *segment = segment_of(index->set->parts[i]);
            if (segment && tier_of(segment) == tier)
                plan->parts[plan->part_count++] = index->set->parts[i];
        }
        if (plan->part_count >= MERGE_FAN)
            return;
    }
    plan->part_count = 0;
    for (size_t i = 0; i < index->set->count && plan->part_count == 0; i++)
        if (segment_of(index->set->parts[i]) && is_mostly_dead(segment_of(index->set->parts[i])))
            plan->parts[plan->part_count++] = index->set->parts[i];
}

static void pick_purge(const struct index *index, struct segment_plan *plan)
{
    for (size_t i = 0; i < index->set->count && plan->part_count < MERGE_MAX; i++) {
        const struct segment *segment = segment_of(index->set->parts[i]);
        if (is_sealed(index, index->set->parts[i]) || (segment && segment->is_purge_due))
            plan->parts[plan->part_count++] = index->set->parts[i];
    }
}

/* Everything but the live delta, unless that is one clean segment already. */
static void pick_all(const struct index *index, struct segment_plan *plan)
{
    for (size_t i = 0; i < index->set->count && plan->part_count < MERGE_MAX; i++)
        if (segment_of(index->set->parts[i]) || is_sealed(index, index->set->parts[i]))
            plan->parts[plan->part_count++] = index->set->parts[i];
    const struct segment *only = plan->part_count == 1 ? segment_of(plan->parts[0]) : NULL;
    if (only && atomic_load(&only->dead_count) == 0)
        plan->part_count = 0;
}

enum err merge_due(struct index *index)
{
    bool is_more = true;
    TRY(merge_by(index, pick_sealed, &is_more));
    for (is_more = true; is_more;)
        TRY(merge_by(index, pick_tier, &is_more));
    return OK;
}

static enum err seal_live(struct index *index, bool *ret_is_erasing)
{
    pthread_mutex_lock(&index->writing);
    enum err code = index->live->change_count ? index_seal(index) : OK;
    *ret_is_erasing = index->is_erasing_due;
    index->is_erasing_due = false;
    pthread_mutex_unlock(&index->writing);
    return code;
}

void index_set_erased_hook(struct index *index, index_erased *hook, void *context)
{
    pthread_mutex_lock(&index->erased_lock);
    index->erased_hook = hook;
    index->erased_context = context;
    pthread_mutex_unlock(&index->erased_lock);
}

static enum err tell_erased(struct index *index)
{
    pthread_mutex_lock(&index->erased_lock);
    enum err code = index->erased_hook ? index->erased_hook(index->erased_context) : OK;
    pthread_mutex_unlock(&index->erased_lock);
    return code;
}

/*
 * Afterwards no file holds anything of what was erased before: neither ours nor the store's
 * write-ahead log.
 */
static enum err merge_until(struct index *index, pick_rule *rule)
{
    bool is_erasing = false, is_more = true;
    enum err code = seal_live(index, &is_erasing);
    while (!code && is_more)
        code = merge_by(index, rule, &is_more);
    if (!code && is_erasing)
        code = tell_erased(index);
    if (!code && is_erasing)
        code = store_scrub(index->store);
    if (code && is_erasing) {
        pthread_mutex_lock(&index->writing);
        index->is_erasing_due = true;
        pthread_mutex_unlock(&index->writing);
    }
    return code;
}

enum err merge_all(struct index *index)
{
    return merge_until(index, pick_all);
}

/* ---- the thread ---- */

static void wait_for_work(struct index *index, int seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    if (!index->is_stopping)
        pthread_cond_timedwait(&index->work, &index->writing, &until);
}

/*
 * Unseen blocks of a segment, a few megabytes a second, so that damage is found before it is
 * needed.
 */
static void scrub(struct index *index)
{
    uint64_t seq;
    struct index_set *set = index_set_ref(index, &seq);
    for (size_t i = 0; i < set->count; i++)
        if (!set->parts[i]->is_delta &&
            segment_scrub((struct segment *)set->parts[i], SCRUB_BLOCKS))
            break;
    index_set_unref(set);
}

static enum err work(struct index *index, int64_t *last_purge_us)
{
    if (atomic_load(&index->is_damaged))
        return index_rebuild(index);
    pthread_mutex_lock(&index->merging);
    enum err code = merge_due(index);
    pthread_mutex_lock(&index->writing);
    bool is_purge_due =
        index->is_erasing_due && clock_monotonic_us() - *last_purge_us > PURGE_AFTER_S * 1000000ll;
    pthread_mutex_unlock(&index->writing);
    if (!code && is_purge_due) {
        *last_purge_us = clock_monotonic_us();
        code = merge_until(index, pick_purge);
    }
    pthread_mutex_unlock(&index->merging);
    return code;
}

static void *run(void *context)
{
    struct index *index = context;
    int64_t last_purge_us = clock_monotonic_us();
    pthread_mutex_lock(&index->writing);
    while (!index->is_stopping) {
        pthread_mutex_unlock(&index->writing);
        enum err code = work(index, &last_purge_us);
        atomic_store(&index->is_merge_failing, code != OK);
        err_clear();
        if (!code)
            scrub(index);
        pthread_mutex_lock(&index->writing);
        if (code)
            pthread_cond_broadcast(&index->flushed);
        if (code || merge_sealed_count(index) == 0)
            wait_for_work(index, code ? RETRY_S : 1);
    }
    pthread_mutex_unlock(&index->writing);
    return NULL;
}

enum err merge_start_thread(struct index *index)
{
    if (pthread_create(&index->thread, NULL, run, index))
        return err_set(ERR_MEMORY, "cannot start the index's merge thread");
    index->has_thread = true;
    return OK;
}

/*
 * What is in memory is written if replaying it would be felt at the next start; failing that, the
 * feed has it.
 */
void merge_stop_thread(struct index *index)
{
    if (!index->has_thread)
        return;
    pthread_mutex_lock(&index->writing);
    index->is_stopping = true;
    pthread_cond_broadcast(&index->work);
    pthread_mutex_unlock(&index->writing);
    pthread_join(index->thread, NULL);
    index->has_thread = false;
    bool is_done = false, is_erasing = false;
    if (index->live->change_count + DELTA_ENTRY_MAX * merge_sealed_count(index) < FLUSH_AT_CLOSE)
        return;
    if (seal_live(index, &is_erasing) || merge_by(index, pick_sealed, &is_done))
        err_clear();
}
