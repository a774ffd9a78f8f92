/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows in memory, the list of runs, and the thread that turns the one into the other. Who asks
 * holds the list for reading; who appends holds only the rows' lock, and never waits for a disk
 * unless the thread is LATE_MAX segments behind.
 */
#include "audit/lookup.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "audit/internal.h"

enum {
    MERGE = 8,
    LEVEL_ROWS = 1 << 20,
    LATE_MAX = 4,
    ROWS_FIRST = 1 << 12,
    PERIODS_KNOWN = 64,
    MERGE_MAX = 64
};

/* ---- batches ---- */

static struct batch *new_batch(void)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        err_set(ERR_MEMORY, "out of memory for the audit log's lookup");
    return batch;
}

static void free_batch(struct batch *batch)
{
    if (batch)
        free(batch->rows);
    free(batch);
}

static enum err grow(struct batch *batch, size_t count)
{
    size_t max = batch->max ? batch->max : ROWS_FIRST;
    while (max < batch->count + count)
        max *= 2;
    if (max == batch->max)
        return OK;
    struct term_row *grown = realloc(batch->rows, max * sizeof *grown);
    if (!grown)
        return err_set(ERR_MEMORY, "out of memory for the audit log's lookup");
    batch->rows = grown;
    batch->max = max;
    return OK;
}

enum err lookup_add(struct lookup *lookup, str rows)
{
    size_t count = rows.len / sizeof(struct term_row);
    pthread_mutex_lock(&lookup->lock);
    enum err code = grow(lookup->filling, count);
    if (!code && count) {
        memcpy(lookup->filling->rows + lookup->filling->count, rows.ptr, rows.len);
        lookup->filling->count += count;
    }
    lookup->is_broken |= code != OK;
    pthread_mutex_unlock(&lookup->lock);
    return code;
}

enum err lookup_seal(struct lookup *lookup, uint64_t last)
{
    struct batch *next = new_batch();
    if (!next)
        return ERR_MEMORY;
    pthread_mutex_lock(&lookup->lock);
    while (lookup->sealed_count >= LATE_MAX && lookup->has_thread && !lookup->is_broken)
        pthread_cond_wait(&lookup->changed, &lookup->lock);
    if (lookup->is_broken) { /* made again at the next opening */
        lookup->filling->count = 0;
        pthread_mutex_unlock(&lookup->lock);
        free_batch(next);
        return OK;
    }
    struct batch **end = &lookup->sealed;
    while (*end)
        end = &(*end)->next;
    *end = lookup->filling;
    lookup->filling->last = last;
    lookup->filling = next;
    lookup->sealed_count++;
    pthread_cond_broadcast(&lookup->changed);
    pthread_mutex_unlock(&lookup->lock);
    return OK;
}

/* ---- the list of runs ---- */

static void drop_at(struct lookup *lookup, size_t at)
{
    memmove(&lookup->runs[at], &lookup->runs[at + 1],
            (lookup->run_count - at - 1) * sizeof *lookup->runs);
    lookup->run_count--;
}

/* By period, then by first entry. */
static enum err list_run(struct lookup *lookup, const struct run *run)
{
    if (lookup->run_count == lookup->run_max) {
        size_t max = lookup->run_max ? lookup->run_max * 2 : 64;
        struct run *grown = realloc(lookup->runs, max * sizeof *grown);
        if (!grown)
            return err_set(ERR_MEMORY, "out of memory for the audit log's lookup");
        lookup->runs = grown;
        lookup->run_max = max;
    }
    size_t at = lookup->run_count;
    for (; at > 0; at--) {
        const struct run *before = &lookup->runs[at - 1];
        if (before->period < run->period ||
            (before->period == run->period && before->first < run->first))
            break;
        lookup->runs[at] = *before;
    }
    lookup->runs[at] = *run;
    lookup->run_count++;
    return OK;
}

/* One of the same name was written before a failure, and has been written over. */
static enum err publish(struct lookup *lookup, const struct run *run)
{
    pthread_rwlock_wrlock(&lookup->runs_lock);
    for (size_t i = lookup->run_count; i-- > 0;)
        if (lookup->runs[i].period == run->period && lookup->runs[i].first == run->first &&
            lookup->runs[i].last == run->last) {
            (void)close(lookup->runs[i].fd);
            drop_at(lookup, i);
        }
    enum err code = list_run(lookup, run);
    pthread_rwlock_unlock(&lookup->runs_lock);
    return code;
}

/* `count` runs from `at` on: they are gone from the manifest before they go. */
static enum err remove_runs(struct lookup *lookup, size_t at, size_t count)
{
    struct run gone[MERGE_MAX];
    ensure(count <= MERGE_MAX);
    pthread_rwlock_wrlock(&lookup->runs_lock);
    memcpy(gone, &lookup->runs[at], count * sizeof *gone);
    for (size_t i = 0; i < count; i++)
        drop_at(lookup, at);
    pthread_rwlock_unlock(&lookup->runs_lock);
    enum err code = manifest_write(lookup, lookup->covered);
    for (size_t i = 0; i < count; i++) {
        enum err failed = code ? OK : run_remove(lookup->directory, &gone[i]);
        if (code) /* the file stays, and goes at the next opening */
            (void)close(gone[i].fd);
        code = code ? code : failed;
    }
    return code;
}

static enum err remove_at(struct lookup *lookup, size_t at)
{
    return remove_runs(lookup, at, 1);
}

/* ---- the thread's work ---- */

static enum err write_covered(struct lookup *lookup, uint64_t last)
{
    TRY(manifest_write(lookup, last));
    lookup->covered = last;
    return OK;
}

/* The rows of the first period after `after`, as they came; *ret_count 0: there is none. */
static uint32_t take_period(const struct batch *batch, int64_t after, struct term_row *out,
                            size_t *ret_count)
{
    int64_t period = INT64_MAX;
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->rows[i].period > after && batch->rows[i].period < period)
            period = batch->rows[i].period;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->rows[i].period == period)
            out[count++] = batch->rows[i];
    *ret_count = count;
    return (uint32_t)period;
}

/* Who asks meanwhile may find a row twice: in the batch and in its run. */
static enum err write_batch(struct lookup *lookup, const struct batch *batch)
{
    struct term_row *rows = batch->count ? malloc(batch->count * sizeof *rows) : NULL;
    enum err code = OK;
    if (batch->count && !rows)
        return err_set(ERR_MEMORY, "out of memory for the audit log's lookup");
    for (int64_t after = -1; rows && !code;) {
        struct run run;
        size_t count = 0;
        after = take_period(batch, after, rows, &count);
        if (!count)
            break;
        code = run_write(lookup->directory, rows, count, lookup->covered + 1, batch->last, &run);
        code = code ? code : publish(lookup, &run);
    }
    free(rows);
    return code ? code : write_covered(lookup, batch->last);
}

static unsigned level_of(const struct run *run)
{
    unsigned level = 0;
    for (uint64_t rows = LEVEL_ROWS; rows < run->count; rows *= MERGE)
        level++;
    return level;
}

/* Runs to be made one: the last eight of a level, or all of a period that is over. */
static size_t choose_merge(const struct lookup *lookup, size_t *ret_from)
{
    uint32_t today = (uint32_t)(clock_now_us() / 86400000000);
    for (size_t from = 0, until; from < lookup->run_count; from = until) {
        const struct run *runs = lookup->runs;
        uint32_t period = runs[from].period;
        for (until = from; until < lookup->run_count && runs[until].period == period;)
            until++;
        size_t alike = 1;
        while (alike < until - from &&
               level_of(&runs[until - 1 - alike]) == level_of(&runs[until - 1]))
            alike++;
        uint32_t now = period & PERIOD_IS_MONTH ? keyring_month(today) : today;
        bool is_over = (period & ~PERIOD_IS_MONTH) < now && until - from > 1;
        bool is_short = runs[until - 1].last - runs[from].first < UINT32_MAX;
        *ret_from = is_over ? from : until - (alike < MERGE ? alike : MERGE);
        size_t count = until - *ret_from < MERGE_MAX ? until - *ret_from : MERGE_MAX;
        if (is_short && (is_over || alike >= MERGE))
            return count;
    }
    return 0;
}

/*
 * A run was found altered. What is written here outlasts a crash; at the next opening everything
 * from the run's first entry on is made again. Until then who reads the bad block is refused.
 */
static enum err note_damage(const struct lookup *lookup, const struct run *run)
{
    struct err_info why = *err_last();
    char path[AUDIT_PATH], name[RUN_NAME];
    run_name(run, name);
    snprintf(path, sizeof path, "%.4000s/%s.damaged", lookup->directory, name);
    if (access(path, F_OK) != 0 && io_replace(path, STR_EMPTY) != OK)
        err_clear();
    err_restore(&why);
    return why.code;
}

static enum err merge_some(struct lookup *lookup, bool *ret_done)
{
    size_t from = 0, count = choose_merge(lookup, &from);
    struct run merged;
    *ret_done = count > 0;
    if (!count)
        return OK;
    enum err code = run_merge(lookup->directory, lookup->runs + from, count, &merged);
    if (code) /* the first of them begins where all of them do */
        return code == ERR_DAMAGED ? note_damage(lookup, &lookup->runs[from]) : code;
    TRY(publish(lookup, &merged)); /* goes before them: it begins where the first does */
    return remove_runs(lookup, from + 1, count);
}

/* With `working` held. */
static enum err work_on(struct lookup *lookup, struct batch *batch, bool has_time)
{
    bool is_more = has_time;
    TRY(write_batch(lookup, batch));
    while (is_more)
        TRY(merge_some(lookup, &is_more));
    return OK;
}

static void take_from_list(struct lookup *lookup)
{
    struct batch *done = lookup->sealed;
    lookup->sealed = done->next;
    lookup->sealed_count--;
    free_batch(done);
    pthread_cond_broadcast(&lookup->changed);
}

static void *keep_up(void *context)
{
    struct lookup *lookup = context;
    pthread_setname_np(pthread_self(), "audit-lookup");
    pthread_mutex_lock(&lookup->lock);
    for (;;) {
        while (!lookup->sealed && !lookup->is_stopping)
            pthread_cond_wait(&lookup->changed, &lookup->lock);
        if (!lookup->sealed)
            break;
        bool has_time = !lookup->is_stopping;
        pthread_mutex_unlock(&lookup->lock);
        pthread_mutex_lock(&lookup->working);
        enum err code = work_on(lookup, lookup->sealed, has_time);
        pthread_mutex_unlock(&lookup->working);
        pthread_mutex_lock(&lookup->lock);
        bool is_written = lookup->covered >= lookup->sealed->last;
        if (is_written)
            take_from_list(lookup);
        if (code) { /* it is tried with the next segment, and made again at the next opening */
            err_clear();
            lookup->is_broken |= !is_written && lookup->sealed_count >= LATE_MAX;
            pthread_cond_broadcast(&lookup->changed);
            if (lookup->is_stopping)
                break;
            if (!is_written)
                pthread_cond_wait(&lookup->changed, &lookup->lock);
        }
    }
    lookup->has_thread = false;
    pthread_cond_broadcast(&lookup->changed);
    pthread_mutex_unlock(&lookup->lock);
    return NULL;
}

void lookup_settle(struct lookup *lookup)
{
    pthread_mutex_lock(&lookup->lock);
    while (lookup->sealed && lookup->has_thread && !lookup->is_broken)
        pthread_cond_wait(&lookup->changed, &lookup->lock);
    pthread_mutex_unlock(&lookup->lock);
    pthread_mutex_lock(&lookup->working); /* and what it goes on with */
    pthread_mutex_unlock(&lookup->working);
}

/* ---- asking ---- */

struct asking {
    struct lookup *lookup;
    enum audit_term term;
    str text;
    bool is_of_all;
    uint16_t country;
    uint64_t before;
    size_t max;
    struct buf *entries;
    uint32_t periods[PERIODS_KNOWN]; /* of those looked at last */
    uint64_t keys[PERIODS_KNOWN];    /* 0: none, its key is gone */
};

static enum err key_of(struct asking *asking, uint32_t period, uint64_t *ret)
{
    size_t slot = (period ^ period >> 26) % PERIODS_KNOWN;
    if (asking->periods[slot] != period) {
        uint64_t key = 0;
        enum err code = term_key(asking->lookup->keyring, period, asking->term, asking->text, &key);
        if (code && code != ERR_GONE)
            return code;
        if (code)
            err_clear();
        asking->periods[slot] = period;
        asking->keys[slot] = code ? 0 : key;
    }
    *ret = asking->keys[slot];
    return OK;
}

static enum err look_in_batch(struct asking *asking, const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct term_row *row = &batch->rows[i];
        uint64_t key;
        TRY(key_of(asking, row->period, &key));
        if (key && (row->key ^ key) >> 16 == 0 && row->entry < asking->before &&
            (asking->is_of_all || (uint16_t)row->key == asking->country))
            buf_add_u64(asking->entries, row->entry);
    }
    return asking->entries->failed;
}

static enum err look_in_memory(struct asking *asking)
{
    struct lookup *lookup = asking->lookup;
    pthread_mutex_lock(&lookup->lock);
    enum err code = lookup->is_broken
                        ? err_set(ERR_BUSY, "the audit log cannot be asked before it is opened "
                                            "again: its lookup could not be written")
                        : OK;
    for (const struct batch *batch = lookup->sealed; batch && !code; batch = batch->next)
        code = look_in_batch(asking, batch);
    if (!code)
        code = look_in_batch(asking, lookup->filling);
    pthread_mutex_unlock(&lookup->lock);
    return code;
}

static enum err look_in_runs(struct asking *asking)
{
    struct lookup *lookup = asking->lookup;
    enum err code = OK;
    pthread_rwlock_rdlock(&lookup->runs_lock);
    for (size_t i = 0; i < lookup->run_count && !code; i++) {
        const struct run *run = &lookup->runs[i];
        uint64_t key = 0;
        if (run->first >= asking->before)
            continue;
        code = key_of(asking, run->period, &key);
        uint64_t low = asking->is_of_all ? key : key | asking->country;
        uint64_t high = asking->is_of_all ? key | 0xFFFF : low;
        if (!code && key)
            code = run_find(run, low, high, asking->before, asking->max, asking->entries);
        if (code == ERR_DAMAGED)
            code = note_damage(lookup, run);
    }
    pthread_rwlock_unlock(&lookup->runs_lock);
    return code;
}

static int compare_newest(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

static void sort_newest(struct buf *entries, size_t max)
{
    size_t count = entries->len / 8, kept = 0;
    uint64_t *list = (uint64_t *)(void *)entries->ptr;
    if (!count)
        return;
    qsort(list, count, sizeof *list, compare_newest);
    for (size_t i = 0; i < count && kept < max; i++)
        if (kept == 0 || list[kept - 1] != list[i])
            list[kept++] = list[i];
    entries->len = kept * 8;
}

enum err lookup_find(struct lookup *lookup, enum audit_term term, str text, str country,
                     uint64_t before, size_t max, struct buf *ret_entries)
{
    struct asking asking = {.lookup = lookup,
                            .term = term,
                            .text = text,
                            .is_of_all = country.len == 0,
                            .country = term_country(country),
                            .before = before,
                            .max = max,
                            .entries = ret_entries};
    TRY(look_in_memory(&asking)); /* first: what is written meanwhile is found in its run */
    TRY(look_in_runs(&asking));
    sort_newest(ret_entries, max);
    return OK;
}

/* ---- forgetting ---- */

static void forget_in_batch(struct batch *batch, const struct term_row *row)
{
    for (size_t i = batch->count; i-- > 0;)
        if (batch->rows[i].entry == row->entry)
            batch->rows[i] = batch->rows[--batch->count];
}

/* One that was altered goes as a whole, and nothing is answered before it is made again. */
static enum err forget_damaged(struct lookup *lookup, size_t at)
{
    (void)note_damage(lookup, &lookup->runs[at]);
    err_clear();
    pthread_mutex_lock(&lookup->lock);
    lookup->is_broken = true;
    pthread_cond_broadcast(&lookup->changed);
    pthread_mutex_unlock(&lookup->lock);
    return remove_at(lookup, at);
}

static enum err forget_in_runs(struct lookup *lookup, const struct term_row *row)
{
    for (size_t i = lookup->run_count; i-- > 0;) {
        const struct run *run = &lookup->runs[i];
        bool is_alone = false;
        if (run->period != row->period || row->entry < run->first || row->entry > run->last)
            continue;
        pthread_rwlock_wrlock(&lookup->runs_lock); /* nobody reads a block half written */
        enum err code = run_forget(run, row, &is_alone);
        pthread_rwlock_unlock(&lookup->runs_lock);
        if (code == ERR_DAMAGED)
            code = forget_damaged(lookup, i);
        if (code)
            return code;
        if (is_alone)
            TRY(remove_at(lookup, i));
    }
    return OK;
}

enum err lookup_forget(struct lookup *lookup, str rows)
{
    enum err code = OK;
    pthread_mutex_lock(&lookup->working);
    for (size_t at = 0; at + sizeof(struct term_row) <= rows.len && !code;
         at += sizeof(struct term_row)) {
        struct term_row row;
        memcpy(&row, rows.ptr + at, sizeof row);
        pthread_mutex_lock(&lookup->lock);
        for (struct batch *batch = lookup->sealed; batch; batch = batch->next)
            forget_in_batch(batch, &row);
        forget_in_batch(lookup->filling, &row);
        pthread_mutex_unlock(&lookup->lock);
        code = forget_in_runs(lookup, &row);
    }
    pthread_mutex_unlock(&lookup->working);
    return code;
}

enum err lookup_expire(struct lookup *lookup)
{
    enum err code = OK;
    pthread_mutex_lock(&lookup->working);
    for (size_t i = lookup->run_count; i-- > 0 && !code;) {
        uint64_t key;
        code = term_key(lookup->keyring, lookup->runs[i].period, AUDIT_OFFICER, STR_EMPTY, &key);
        if (code == ERR_GONE) {
            err_clear();
            code = remove_at(lookup, i);
        }
    }
    pthread_mutex_unlock(&lookup->working);
    return code;
}

/* ---- opening ---- */

/* What is listed and not there, or shorter: made again from its first entry on. */
static enum err miss(void *context, const struct run *listed)
{
    struct lookup *lookup = context;
    char name[RUN_NAME];
    struct run run;
    run_name(listed, name);
    bool is_there = run_open(lookup->directory, name, &run) == OK;
    bool is_whole = is_there && run.count == listed->count;
    if (is_there)
        (void)close(run.fd);
    err_clear();
    if (!is_whole && listed->first - 1 < lookup->kept)
        lookup->kept = listed->first - 1;
    return OK;
}

static void read_covered(struct lookup *lookup)
{
    uint64_t covered = 0;
    lookup->kept = UINT64_MAX;
    if (manifest_read(lookup, &covered, miss, lookup) != OK) {
        err_clear();
        covered = 0;
    }
    lookup->covered = covered < lookup->kept ? covered : lookup->kept;
}

/* Of no use: beyond what is covered, or within another of its period. */
static bool is_stale(const struct lookup *lookup, const struct run *run)
{
    if (run->last > lookup->covered)
        return true;
    for (size_t i = 0; i < lookup->run_count; i++) {
        const struct run *other = &lookup->runs[i];
        if (other != run && other->period == run->period && other->first <= run->first &&
            other->last >= run->last)
            return true;
    }
    return false;
}

/* What was not finished, of which nothing is missed. */
static bool is_leftover(str name)
{
    return str_ends(name, S(".new")) || str_eq(name, S("covered")) ||
           str_starts(name, S("manifest."));
}

/* With one that is not whole, or noted as damaged, goes what is covered from it on. */
static enum err take_file(struct lookup *lookup, const char *name)
{
    struct run run;
    if (run_open(lookup->directory, name, &run) == OK)
        return list_run(lookup, &run);
    err_clear();
    if (is_leftover(str_c(name)))
        return OK;
    uint64_t before =
        run_read_name(str_slice(str_c(name), 0, RUN_NAME - 1), &run) ? run.first - 1 : 0;
    lookup->covered = before < lookup->covered ? before : lookup->covered;
    return OK;
}

/* All but the runs that were taken. */
static enum err remove_file(struct lookup *lookup, const char *name)
{
    char path[AUDIT_PATH], listed[RUN_NAME];
    for (size_t i = 0; i < lookup->run_count; i++) {
        run_name(&lookup->runs[i], listed);
        if (str_eq_c(str_c(name), listed))
            return OK;
    }
    snprintf(path, sizeof path, "%.3900s/%.150s", lookup->directory, name);
    return io_remove(path);
}

static enum err each_file(struct lookup *lookup, enum err take(struct lookup *, const char *name))
{
    DIR *dir = opendir(lookup->directory);
    enum err code = dir ? OK : err_errno("cannot open directory %s", lookup->directory);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): safe on a stream of one's own */
    for (struct dirent *entry; !code && (entry = readdir(dir));)
        if (!str_eq_c(str_c(entry->d_name), "manifest") && entry->d_name[0] != '.')
            code = take(lookup, entry->d_name);
    if (dir)
        closedir(dir);
    return code;
}

/* A run that reaches beyond what is covered goes, and with it what it has below. */
static void cover_whole_runs(struct lookup *lookup)
{
    bool is_lower = true;
    while (is_lower) {
        is_lower = false;
        for (size_t i = 0; i < lookup->run_count; i++) {
            const struct run *run = &lookup->runs[i];
            if (run->last <= lookup->covered || run->first > lookup->covered)
                continue;
            lookup->covered = run->first - 1;
            is_lower = true;
        }
    }
}

/* What stays is listed before anything else goes, so that a crash in between hides nothing. */
static enum err read_directory(struct lookup *lookup)
{
    TRY(each_file(lookup, take_file));
    cover_whole_runs(lookup);
    for (size_t i = lookup->run_count; i-- > 0;)
        if (is_stale(lookup, &lookup->runs[i])) {
            (void)close(lookup->runs[i].fd);
            drop_at(lookup, i);
        }
    TRY(write_covered(lookup, lookup->covered));
    return each_file(lookup, remove_file);
}

enum err lookup_empty(struct lookup *lookup)
{
    enum err code = OK;
    pthread_mutex_lock(&lookup->working);
    while (lookup->run_count && !code)
        code = remove_at(lookup, lookup->run_count - 1);
    code = code ? code : write_covered(lookup, 0);
    pthread_mutex_unlock(&lookup->working);
    return code;
}

void lookup_init(struct lookup *lookup)
{
    pthread_mutex_init(&lookup->lock, NULL);
    pthread_cond_init(&lookup->changed, NULL);
    pthread_mutex_init(&lookup->working, NULL);
    pthread_rwlock_init(&lookup->runs_lock, NULL);
}

enum err lookup_open(struct lookup *lookup, const char *audit_directory, struct keyring *keyring,
                     const struct node_key *signer, const char *origin)
{
    snprintf(lookup->directory, sizeof lookup->directory, "%.4000s/lookup", audit_directory);
    lookup->keyring = keyring;
    lookup->signer = signer;
    lookup->origin = origin;
    TRY(io_make_dir(lookup->directory));
    lookup->filling = new_batch();
    if (!lookup->filling)
        return ERR_MEMORY;
    read_covered(lookup);
    TRY(read_directory(lookup));
    lookup->is_started = lookup->has_thread = true;
    if (pthread_create(&lookup->thread, NULL, keep_up, lookup) == 0)
        return OK;
    lookup->is_started = lookup->has_thread = false;
    return err_set(ERR_MEMORY, "cannot start the thread of the audit log's lookup");
}

void lookup_close(struct lookup *lookup)
{
    if (lookup->is_started) {
        pthread_mutex_lock(&lookup->lock);
        lookup->is_stopping = true;
        pthread_cond_broadcast(&lookup->changed);
        pthread_mutex_unlock(&lookup->lock);
        pthread_join(lookup->thread, NULL);
    }
    free_batch(lookup->filling);
    for (struct batch *next; lookup->sealed; lookup->sealed = next) {
        next = lookup->sealed->next;
        free_batch(lookup->sealed);
    }
    for (size_t i = 0; i < lookup->run_count; i++)
        (void)close(lookup->runs[i].fd);
    free(lookup->runs);
}
