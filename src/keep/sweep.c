/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sweep: once a day, as soon as the day begins (UTC), and at the start of the node. First the
 * owners are told what comes to its end, one record of system/reminder.yaml an owner and sweep, so
 * that whoever was away finds it; then what has come to its end is deleted. A record and its
 * certificate are one transaction: neither is there without the other.
 *
 * What the node works with - units, officers, offices, addresses - is declared to last: its end
 * would be the end of somebody's access, without a word. While active it is not deleted, and its
 * owner is reminded ahead, and every month from then on, until a new review date stands in it.
 *
 * A record that is held back while a person's request is examined, or by the hub, outlives its day
 * (keep_on_hold): what is disputed is not destroyed under the dispute. It is blocked, and goes with
 * the sweep that follows the decision at once.
 *
 * Whoever extends a record while it is being deleted wins: the deletion names the version it read,
 * and is refused for another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

#include "keep/internal.h"

enum { LOOK_EVERY_US = 60000000, DUE_PAGE = 4096, DATABASES_MAX = 512, MONTH_DAYS = 30 };

static const char *const reminder_name = "reminder";
static const str PASSED = {"review date passed", 18};
static const str ACHIEVED = {"purpose achieved", 16};
static const str NODE = {"node", 4};

/* ---- deleting ---- */

struct step { /* records deleted in one transaction */
    struct keep *keep;
    struct arena arena;
    struct change changes[2 * KEEP_STEP];
    struct committed done[2 * KEEP_STEP];
    struct record_id ids[KEEP_STEP];
    size_t count, change_count;
    str reason;
};

static bool is_certified(const struct keep *keep, str definition)
{
    const struct definition *known = catalog_find(keep->catalog, definition);
    return !known || !str_eq(known->kind, S("system"));
}

static enum err add_to_step(struct step *step, const struct stored *stored, str reason)
{
    struct change certificate;
    bool is_there = is_certified(step->keep, stored->definition);
    if (is_there)
        TRY(keep_certify(step->keep, stored, reason, NODE, &step->arena, &certificate));
    step->ids[step->count++] = stored->id;
    step->changes[step->change_count++] = (struct change){.kind = CHANGE_ERASE,
                                                          .number = stored->id.number,
                                                          .expect_version = stored->version,
                                                          .state = STATE_DELETED,
                                                          .actor = NODE};
    if (is_there)
        step->changes[step->change_count++] = certificate;
    return OK;
}

static void clear_step(struct step *step)
{
    arena_reset(&step->arena);
    step->count = step->change_count = 0;
}

/* *ret_is_due false: it is another version by now, and due another day. */
static enum err read_due(struct step *step, uint64_t number, struct day today, struct stored *ret,
                         bool *ret_is_due)
{
    struct keep *keep = step->keep;
    struct due due;
    TRY(store_read(keep->store, number, &step->arena, ret));
    pthread_mutex_lock(&keep->lock);
    due = number < keep->table.count ? keep->table.items[number] : (struct due){0};
    pthread_mutex_unlock(&keep->lock);
    const struct definition *known = catalog_find(keep->catalog, ret->definition);
    bool is_lasting =
        known && known->is_lasting && (ret->state == STATE_ACTIVE || ret->state == STATE_SUSPENDED);
    *ret_is_due = !ret->is_erased && due.day && due_day(due) < day_number(today) && !is_lasting;
    step->reason = due.is_achieved ? ACHIEVED : PASSED;
    return OK;
}

static enum err commit_step(struct step *step, struct keep_figures *figures)
{
    struct keep *keep = step->keep;
    if (step->change_count)
        TRY(store_commit(keep->store, step->changes, step->change_count, true, step->done));
    figures->deleted += step->count;
    if (step->count && keep->erased)
        keep->erased(keep->context, step->ids, step->count, "expired");
    return OK;
}

static enum err delete_some(struct step *step, const uint64_t *numbers, size_t count,
                            struct day today, struct keep_figures *figures)
{
    const struct keep *keep = step->keep;
    enum err code = OK;
    for (size_t i = 0; i < count && !code; i++) {
        struct stored stored;
        bool is_due = false;
        code = read_due(step, numbers[i], today, &stored, &is_due);
        if (!code && is_due && keep->holds && keep->holds(keep->holder, numbers[i])) {
            figures->held++;
            continue;
        }
        if (!code && is_due)
            code = add_to_step(step, &stored, step->reason);
    }
    if (!code)
        code = commit_step(step, figures);
    clear_step(step);
    return code;
}

/* One that cannot be deleted keeps the others from nothing; it is tried again tomorrow. */
static void delete_one_by_one(struct step *step, const uint64_t *numbers, size_t count,
                              struct day today, struct keep_figures *figures)
{
    char text[1024];
    for (size_t i = 0; i < count; i++) {
        enum err code = delete_some(step, &numbers[i], 1, today, figures);
        if (code && code != ERR_STALE && code != ERR_GONE) {
            log_write(LOG_WARN, "record %llu is due and could not be deleted: %s",
                      (unsigned long long)numbers[i], err_format(err_last(), text, sizeof text));
            figures->failed++;
        }
        err_clear();
    }
}

/* Up to `max` due numbers behind `after`. */
static size_t find_due(struct keep *keep, uint64_t after, struct day today, uint64_t *ret,
                       size_t max)
{
    size_t count = 0;
    int32_t day = day_number(today) - DAY_BASE;
    pthread_mutex_lock(&keep->lock);
    for (uint64_t i = after + 1; i < keep->table.count && count < max; i++)
        if (keep->table.items[i].day && keep->table.items[i].day < day)
            ret[count++] = i;
    pthread_mutex_unlock(&keep->lock);
    return count;
}

static enum err delete_due(struct keep *keep, struct day today, struct keep_figures *figures)
{
    uint64_t *numbers = calloc(DUE_PAGE, sizeof *numbers);
    struct step *step = calloc(1, sizeof *step);
    enum err code = numbers && step ? OK : err_set(ERR_MEMORY, "out of memory for deleting");
    uint64_t after = 0;
    size_t count = DUE_PAGE;
    if (step)
        step->keep = keep;
    while (!code && count == DUE_PAGE) {
        count = find_due(keep, after, today, numbers, DUE_PAGE);
        for (size_t i = 0; i < count; i += KEEP_STEP) {
            size_t some = count - i < KEEP_STEP ? count - i : KEEP_STEP;
            if (delete_some(step, numbers + i, some, today, figures) != OK)
                delete_one_by_one(step, numbers + i, some, today, figures);
        }
        after = count ? numbers[count - 1] : after;
    }
    if (step)
        arena_release(&step->arena);
    free(step);
    free(numbers);
    return code;
}

/* ---- reminding ---- */

struct reminder { /* of one group */
    uint64_t count;
    int32_t first, last; /* days on which they are due */
};

/* How many months ago it was due; -1: it is not yet. */
static int32_t months_over(int32_t due, int32_t day)
{
    return day <= due ? -1 : (day - due - 1) / MONTH_DAYS;
}

static bool is_to_be_told(const struct keep *keep, const struct group *group, int32_t due,
                          int32_t today)
{
    int32_t remind = due - (int32_t)group->remind_days;
    if (group->is_lasting && due < today)
        return keep->swept == INT32_MIN || months_over(due, today) > months_over(due, keep->swept);
    return group_is_told(group) && due >= today && remind > keep->swept && remind <= today;
}

static void count_reminders(struct keep *keep, int32_t today, struct reminder *counts)
{
    const struct due_table *table = &keep->table;
    for (uint64_t i = 1; i < table->count; i++) {
        struct due due = table->items[i];
        const struct group *group = &table->groups[due.group];
        if (!due.day || !is_to_be_told(keep, group, due_day(due), today))
            continue;
        struct reminder *count = &counts[due.group];
        count->first = count->count && count->first < due_day(due) ? count->first : due_day(due);
        count->last = count->count && count->last > due_day(due) ? count->last : due_day(due);
        count->count++;
    }
    for (uint32_t g = 1; g < table->group_count; g++)
        counts[g].count += table->groups[g].late;
}

static struct node *reminder_fields(struct keep *keep, str owner, const struct reminder *counts,
                                    uint32_t group_count, int32_t today, struct arena *arena)
{
    char day[16];
    uint64_t total = 0;
    int32_t first = INT32_MAX;
    struct node *fields = node_map(arena);
    struct node *databases = node_list(arena);
    for (uint32_t g = 1; g < group_count; g++) {
        if (!counts[g].count || !str_eq(keep->table.groups[g].owner, owner))
            continue;
        node_add(databases, node_text(arena, arena_printf(arena, "%.*s %llu",
                                                          STR(keep->table.groups[g].definition),
                                                          (unsigned long long)counts[g].count)));
        total += counts[g].count;
        if (counts[g].first && counts[g].first < first)
            first = counts[g].first;
    }
    node_put_text(arena, fields, S("day"),
                  arena_str(arena, str_c(day_format(day_of_number(today), day))));
    node_put_text(arena, fields, S("records"),
                  arena_printf(arena, "%llu", (unsigned long long)total));
    if (first != INT32_MAX)
        node_put_text(arena, fields, S("first"),
                      arena_str(arena, str_c(day_format(day_of_number(first), day))));
    node_put(fields, S("databases"), databases);
    return fields;
}

static enum err tell_owner(struct keep *keep, str owner, struct node *fields, struct arena *arena)
{
    struct change change;
    struct committed done;
    TRY(change_make(keep->catalog,
                    &(struct made){.definition = reminder_name,
                                   .owner = owner,
                                   .actor = NODE,
                                   .fields = fields},
                    arena, &change));
    return store_commit(keep->store, &change, 1, true, &done);
}

/* Owners with something to be told of, and the fields of each one's reminder. */
struct telling {
    str owners[DATABASES_MAX];
    struct node *fields[DATABASES_MAX];
    size_t count;
};

static void gather(struct keep *keep, const struct reminder *counts, uint32_t group_count,
                   int32_t today, struct arena *arena, struct telling *ret)
{
    for (uint32_t g = 1; g < group_count; g++) {
        str owner = keep->table.groups[g].owner;
        bool is_known = counts[g].count == 0;
        for (size_t i = 0; i < ret->count && !is_known; i++)
            is_known = str_eq(ret->owners[i], owner);
        if (is_known || ret->count == DATABASES_MAX)
            continue;
        ret->owners[ret->count] = arena_str(arena, owner);
        ret->fields[ret->count++] = reminder_fields(keep, owner, counts, group_count, today, arena);
    }
}

static enum err note_swept(struct keep *keep, int32_t today)
{
    char text[16];
    snprintf(text, sizeof text, "%d", today);
    TRY(store_note_put(keep->store, S("keep-swept"), str_c(text)));
    pthread_mutex_lock(&keep->lock);
    keep->swept = today;
    for (uint32_t g = 1; g < keep->table.group_count; g++)
        keep->table.groups[g].late = 0;
    pthread_mutex_unlock(&keep->lock);
    return OK;
}

static enum err remind(struct keep *keep, struct day today, struct keep_figures *figures)
{
    struct arena arena = {0};
    struct telling *telling = arena_new(&arena, struct telling);
    pthread_mutex_lock(&keep->lock);
    uint32_t group_count = keep->table.group_count;
    struct reminder *counts = arena_array(&arena, struct reminder, group_count + 1);
    enum err code = telling && counts ? OK : err_last()->code;
    if (!code) {
        count_reminders(keep, day_number(today), counts);
        gather(keep, counts, group_count, day_number(today), &arena, telling);
    }
    pthread_mutex_unlock(&keep->lock);
    for (size_t i = 0; !code && i < telling->count; i++)
        code = tell_owner(keep, telling->owners[i], telling->fields[i], &arena);
    for (uint32_t g = 1; !code && g < group_count; g++)
        figures->reminded += counts[g].count;
    arena_release(&arena);
    return code ? code : note_swept(keep, day_number(today));
}

enum err keep_sweep(struct keep *keep, struct day today, struct keep_figures *ret)
{
    *ret = (struct keep_figures){0};
    pthread_mutex_lock(&keep->sweeping);
    enum err code = remind(keep, today, ret);
    if (!code)
        code = delete_due(keep, today, ret);
    if (ret->deleted && keep->done)
        keep->done(keep->context);
    pthread_mutex_lock(&keep->lock);
    if (!code)
        code = due_save(&keep->table, keep->due_path);
    pthread_mutex_unlock(&keep->lock);
    pthread_mutex_unlock(&keep->sweeping);
    return code;
}

enum err keep_look(struct keep *keep, struct day today, struct keep_figures *ret, bool *ret_is_held)
{
    *ret = (struct keep_figures){0};
    *ret_is_held = !guard_believes(keep, today);
    return *ret_is_held ? OK : keep_sweep(keep, today, ret);
}

/* ---- the thread ---- */

/* false: it is time to stop. */
static bool rest(struct keep *keep, bool *ret_is_hurried)
{
    struct timespec until;
    int64_t now_us = clock_now_us();
    int64_t wait_us = 86400000000ll - now_us % 86400000000ll;
    if (wait_us > LOOK_EVERY_US) /* somebody may set the clock */
        wait_us = LOOK_EVERY_US;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t nanoseconds = until.tv_nsec + wait_us % 1000000 * 1000;
    until.tv_sec += wait_us / 1000000 + nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    pthread_mutex_lock(&keep->mutex);
    if (!keep->is_stopping && !keep->is_hurried)
        pthread_cond_timedwait(&keep->changed, &keep->mutex, &until);
    *ret_is_hurried = keep->is_hurried;
    keep->is_hurried = false;
    bool is_going_on = !keep->is_stopping;
    pthread_mutex_unlock(&keep->mutex);
    return is_going_on;
}

static void *keep_days(void *context)
{
    struct keep *keep = context;
    struct keep_figures figures;
    char text[1024];
    int32_t swept = INT32_MIN;
    bool is_hurried = true;
    pthread_setname_np(pthread_self(), "keep");
    do {
        struct day since;
        bool is_held = false;
        int32_t today = day_number(day_today());
        if (today == swept && !is_hurried && !keep_is_held(keep, &since))
            continue;
        if (keep_look(keep, day_of_number(today), &figures, &is_held) == OK)
            swept = is_held ? swept : today;
        else
            log_write(LOG_ERROR, "review dates could not be looked after: %s",
                      err_format(err_last(), text, sizeof text));
        if (figures.deleted)
            log_write(LOG_INFO, "%llu records were deleted, their review date has passed",
                      (unsigned long long)figures.deleted);
        err_clear();
    } while (rest(keep, &is_hurried));
    return NULL;
}

enum err keep_start(struct keep *keep)
{
    if (pthread_create(&keep->thread, NULL, keep_days, keep))
        return err_set(ERR_BUSY, "cannot start the thread that looks after review dates");
    keep->is_started = true;
    return OK;
}

void keep_stop(struct keep *keep)
{
    if (!keep || !keep->is_started)
        return;
    pthread_mutex_lock(&keep->mutex);
    keep->is_stopping = true;
    pthread_cond_signal(&keep->changed);
    pthread_mutex_unlock(&keep->mutex);
    pthread_join(keep->thread, NULL);
    keep->is_started = false;
}
