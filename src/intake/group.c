/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes on their way to the store. A group is filled by the import's thread, handed to the store
 * and forgotten until the store says it is durable; a dozen of them go round, so the writer never
 * waits for the parser nor the parser for the disk. What a group failed on is counted when the
 * group comes back.
 */
#include "intake/import.h"

void groups_init(struct import *import)
{
    pthread_mutex_init(&import->lock, NULL);
    pthread_cond_init(&import->changed, NULL);
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        import->groups[i].import = import;
        import->groups[i].bodies.max = (size_t)GROUP_BYTES_MAX + STORE_BODY_MAX;
    }
}

void groups_release(struct import *import)
{
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        buf_release(&import->groups[i].bodies);
        arena_release(&import->groups[i].beside);
    }
    pthread_cond_destroy(&import->changed);
    pthread_mutex_destroy(&import->lock);
}

static void on_done(void *context, enum err code, struct committed *results, size_t count)
{
    struct group *group = context;
    struct import *import = group->import;
    pthread_mutex_lock(&import->lock);
    group->code = code;
    if (code)
        group->failure = *err_last();
    for (size_t i = 0; i < count; i++) {
        group->failed[i] = results ? results[i].failed : code;
        uint64_t seq = results && !results[i].failed ? results[i].seq : 0;
        group->first_seq =
            seq && (!group->first_seq || seq < group->first_seq) ? seq : group->first_seq;
        group->last_seq = seq > group->last_seq ? seq : group->last_seq;
    }
    group->is_busy = false;
    pthread_cond_broadcast(&import->changed);
    pthread_mutex_unlock(&import->lock);
}

/* A change that lost a race with someone's edit is the sender's to send again. */
static void count_failures(struct import *import, struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        if (!group->failed[i])
            continue;
        struct pending *pending = &group->pending[i];
        struct tally *tally = &import->tallies[pending->definition->number];
        tally->refused++;
        if (pending->is_new)
            tally->created--;
        else if (group->changes[i].kind == CHANGE_STATE)
            tally->gone--;
        else
            tally->changed--;
        import->faults.count = 0;
        import->faults.is_refused = true;
        import->row.number = pending->row;
        import->row.line = pending->line;
        import_fault(import, REASON_CONFLICT, STR_EMPTY, STR_EMPTY, STR_EMPTY,
                     S("the record was changed by someone during the import"),
                     S("send the row again"));
        report_row(import);
    }
}

/* Waits until the group is free and takes up how it ended. */
static enum err settle(struct import *import, struct group *group)
{
    pthread_mutex_lock(&import->lock);
    while (group->is_busy)
        pthread_cond_wait(&import->changed, &import->lock);
    pthread_mutex_unlock(&import->lock);
    if (!group->count)
        return OK;
    enum err code = group->code;
    if (code) {
        group->count = 0;
        err_restore(&group->failure);
        return code;
    }
    struct row_faults faults = import->faults; /* of the row at hand */
    uint64_t row = import->row.number, line = import->row.line;
    count_failures(import, group);
    import->faults = faults;
    import->row.number = row;
    import->row.line = line;
    if (group->first_seq && (!import->first_seq || group->first_seq < import->first_seq))
        import->first_seq = group->first_seq;
    if (group->last_seq > import->last_seq)
        import->last_seq = group->last_seq;
    group->count = 0;
    group->first_seq = group->last_seq = 0;
    buf_clear(&group->bodies);
    arena_reset(&group->beside);
    return OK;
}

/* The store's queue may be full for a moment: the oldest group of ours must come back first. */
static enum err submit(struct import *import, struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct pending *pending = &group->pending[i];
        if (group->changes[i].kind == CHANGE_PUT)
            group->changes[i].body =
                str_slice(buf_str(&group->bodies), pending->body_at, pending->body_len);
    }
    group->is_busy = true;
    group->code = OK;
    enum err code =
        store_submit(import->node->store, group->changes, group->count, false, on_done, group);
    if (code == ERR_BUSY) {
        struct committed results[GROUP_MAX];
        err_clear();
        code = store_commit(import->node->store, group->changes, group->count, false, results);
        on_done(group, code, code ? NULL : results, group->count);
        return OK;
    }
    if (code)
        group->is_busy = false;
    return code;
}

static enum err next_group(struct import *import)
{
    struct group *group = &import->groups[import->group_at];
    if (!group->count)
        return OK;
    TRY(submit(import, group));
    index_snapshot_close(import->snapshot);
    import->snapshot = NULL;
    import->group_at = (import->group_at + 1) % GROUP_COUNT;
    return settle(import, &import->groups[import->group_at]);
}

/* The row's texts go with the row; an owner's code must live as long as the group. */
static enum err keep_owner(struct import *import, str owner, str *ret)
{
    for (size_t i = import->owner_count; i-- > 0;)
        if (str_eq(import->owners[i], owner)) {
            *ret = import->owners[i];
            return OK;
        }
    str copy = arena_str(&import->report.arena, owner);
    if (import->owner_count == OWNERS_MAX || copy.len != owner.len)
        return err_set(ERR_LIMIT, "more than %d owners in one file", OWNERS_MAX);
    *ret = import->owners[import->owner_count++] = copy;
    return OK;
}

enum err group_add(struct import *import, const struct change *change,
                   const struct pending *pending)
{
    struct group *group = &import->groups[import->group_at];
    ensure(group->count < GROUP_MAX && !group->is_busy);
    struct change *place = &group->changes[group->count];
    *place = *change;
    TRY(keep_owner(import, change->owner, &place->owner));
    group->pending[group->count] = *pending;
    group->count++;
    if (group->count < GROUP_MAX && group->bodies.len < GROUP_BYTES_MAX)
        return OK;
    return next_group(import);
}

enum err group_flush(struct import *import)
{
    enum err code = OK;
    struct group *group = &import->groups[import->group_at];
    if (group->count)
        code = submit(import, group);
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        enum err one = settle(import, &import->groups[i]);
        code = code ? code : one;
    }
    index_snapshot_close(import->snapshot);
    import->snapshot = NULL;
    return code;
}
