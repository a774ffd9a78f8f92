/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of due days kept true: read at opening, brought up to date from the feed, followed. Of
 * a change no body is parsed, as a rule: the review date stands in the head of the stored bytes
 * (the store refuses others), and in front of everything that could look like it. Only where the
 * definition asks what the record says of being found, or the envelope says that it was, the body
 * is read.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/log.h"

#include "codec/json.h"
#include "keep/internal.h"

enum { PAGE = 5000, READING_MAX = 64 << 20 };

/* ---- what a version says of its end ---- */

/* The day behind `"key":"` in the envelope's own keys: quotes within texts are escaped. */
static bool head_day(str head, str key, struct day *ret)
{
    const char *at = memmem(head.ptr, head.len, key.ptr, key.len);
    if (!at)
        return false;
    str rest = str_from(head, (size_t)(at - head.ptr) + key.len);
    return day_parse(str_slice(rest, 0, 10), ret);
}

static uint16_t due_number(struct day day)
{
    int32_t number = day_number(day) - DAY_BASE;
    return (uint16_t)(number < 1 ? 1 : number > DAY_NEVER ? DAY_NEVER : number);
}

static int32_t day_of_time(int64_t time_us)
{
    return (int32_t)(time_us / 86400000000ll);
}

/* Found or returned: so many days to delete it, unless the owner has said why not. */
static enum err look_at_achieved(struct keep *keep, const struct definition *definition,
                                 const struct stored *stored, struct arena *arena, struct due *due)
{
    struct node *body = NULL;
    struct record record;
    TRY(json_parse(stored->body, arena, &body));
    TRY(record_read(keep->catalog, definition, body, arena, &record));
    struct day since = record_achieved(&record, day_of_number(day_of_time(stored->time_us)));
    bool is_excused = node_as_bool(node_get(record.envelope.extension, S("achieved")), false);
    if (!since.month || is_excused)
        return OK;
    struct day last = day_of_number(day_number(since) + (int32_t)definition->achieved_days);
    due->is_achieved = true;
    if (due_number(last) < due->day)
        due->day = due_number(last);
    return OK;
}

enum err keep_due_of(struct keep *keep, const struct stored *stored, struct arena *arena,
                     struct due *ret)
{
    struct day review, achieved;
    uint32_t group = 0;
    *ret = (struct due){0};
    if (stored->is_erased || stored->body.len == 0 || stored->kind == CHANGE_ERASE)
        return OK;
    const char *fields = memmem(stored->body.ptr, stored->body.len, ",\"fields\":{", 11);
    str head = str_slice(stored->body, 0, fields ? (size_t)(fields - stored->body.ptr) : SIZE_MAX);
    if (!head_day(head, S("\"review_on\":\""), &review))
        return err_set(ERR_DAMAGED, "a stored record has no review date");
    TRY(due_group(&keep->table, keep->catalog, stored->definition, stored->owner, &group));
    ret->day = due_number(review);
    ret->group = (uint16_t)(group & GROUP_MAX);
    const struct definition *definition = keep->table.groups[group].known;
    if (definition && (definition->achieved || head_day(head, S("\"achieved_on\":\""), &achieved)))
        return look_at_achieved(keep, definition, stored, arena, ret);
    return OK;
}

/* ---- taking up a version; the lock is held ---- */

static struct due due_at(const struct due_table *table, uint64_t number)
{
    return number < table->count ? table->items[number] : (struct due){0};
}

/* Corrections do not put off what was found before. */
static void keep_earlier(const struct due_table *table, uint64_t number, struct due *due)
{
    struct due held = due_at(table, number);
    if (held.day && held.is_achieved && due->is_achieved && held.day < due->day)
        due->day = held.day;
}

/* What the node keeps for itself ends without a word; what is lasting does not end. */
bool group_is_told(const struct group *group)
{
    return !group->is_system || group->is_lasting;
}

/* What comes to be within its time of reminding is told of with the next sweep. */
static void count_late(struct keep *keep, struct due due)
{
    struct group *group = &keep->table.groups[due.group];
    int32_t remind = due_day(due) - (int32_t)group->remind_days;
    if (due.day && group_is_told(group) && (due.is_achieved || remind <= keep->swept))
        group->late++;
}

static enum err take(struct keep *keep, const struct stored *stored, bool is_new)
{
    struct due due;
    TRY(keep_due_of(keep, stored, &keep->reading, &due));
    keep_earlier(&keep->table, stored->id.number, &due);
    struct due held = due_at(&keep->table, stored->id.number);
    TRY(due_set(&keep->table, stored->id.number, due));
    if (is_new && due.day && (due.day != held.day || due.group != held.group))
        count_late(keep, due);
    if (keep->reading.total_bytes > (1 << 20))
        arena_reset(&keep->reading);
    return OK;
}

struct taking {
    struct keep *keep;
    uint64_t after;
    size_t seen;
    bool is_feed;
    struct deleted erased[PAGE];
    size_t erased_count;
};

static bool is_listed(const struct deletions *list, uint64_t number)
{
    return list->seen && number < list->seen_max && (list->seen[number / 8] >> number % 8 & 1);
}

static enum err take_change(void *context, const struct stored *stored)
{
    struct taking *taking = context;
    struct keep *keep = taking->keep;
    taking->seen++;
    taking->after = taking->is_feed ? stored->seq : stored->id.number;
    bool is_end = stored->kind == CHANGE_ERASE;
    if (is_end && !is_listed(&keep->deletions, stored->id.number))
        taking->erased[taking->erased_count++] =
            (struct deleted){stored->id.number, stored->entered_us};
    if (take(keep, stored, taking->is_feed) != OK) {
        keep->failures++;
        err_clear();
    }
    return OK;
}

void keep_follow(struct keep *keep, uint64_t first_seq, uint64_t last_seq)
{
    char text[1024];
    struct taking *taking = calloc(1, sizeof *taking);
    enum err code = taking ? OK : err_set(ERR_MEMORY, "out of memory for following the feed");
    pthread_mutex_lock(&keep->lock);
    for (uint64_t seq = first_seq; !code && seq <= last_seq; seq += PAGE) {
        uint64_t left = last_seq - seq + 1;
        *taking = (struct taking){.keep = keep, .is_feed = true};
        code = store_feed(keep->store, seq - 1, (size_t)(left < PAGE ? left : PAGE), take_change,
                          taking);
        if (!code && taking->erased_count)
            code = deletions_add(&keep->deletions, taking->erased, taking->erased_count);
    }
    if (!code)
        keep->table.seq = last_seq; /* else it is read again at the next opening */
    pthread_mutex_unlock(&keep->lock);
    free(taking);
    if (code) {
        log_write(LOG_ERROR, "deletions could not be noted, they are at the next start: %s",
                  err_format(err_last(), text, sizeof text));
        err_clear();
    }
}

/* ---- opening ---- */

static enum err note_listed(void *context, const struct deleted *deleted)
{
    struct deletions *list = context;
    if (deleted->number < list->seen_max)
        list->seen[deleted->number / 8] |= (uint8_t)(1u << deleted->number % 8);
    return OK;
}

struct highest {
    uint64_t number;
};

static enum err note_highest(void *context, const struct deleted *deleted)
{
    struct highest *highest = context;
    if (deleted->number > highest->number)
        highest->number = deleted->number;
    return OK;
}

/* Which numbers the list has, while changes are read that it may have already. */
static enum err load_listed(struct deletions *list)
{
    struct highest highest = {0};
    TRY(deletions_each(list, note_highest, &highest));
    if (highest.number >> 40)
        return err_set(ERR_DAMAGED, "the list of deletions names record %llu",
                       (unsigned long long)highest.number);
    list->seen_max = highest.number + 1;
    list->seen = calloc(list->seen_max / 8 + 1, 1);
    if (!list->seen)
        return err_set(ERR_MEMORY, "out of memory for the list of deletions");
    return deletions_each(list, note_listed, list);
}

static enum err read_pages(struct keep *keep, struct taking *taking)
{
    do {
        taking->seen = taking->erased_count = 0;
        TRY(taking->is_feed ? store_feed(keep->store, taking->after, PAGE, take_change, taking)
                            : store_list(keep->store, STR_EMPTY, STR_EMPTY, taking->after, PAGE,
                                         take_change, taking));
        TRY(deletions_add(&keep->deletions, taking->erased, taking->erased_count));
    } while (taking->seen == PAGE);
    return OK;
}

static enum err bring_up(struct keep *keep)
{
    struct taking *taking = calloc(1, sizeof *taking);
    uint64_t seq = store_seq(keep->store);
    enum err code = due_load(&keep->table, keep->catalog, keep->due_path);
    if (!taking)
        return err_set(ERR_MEMORY, "out of memory for review dates");
    *taking = (struct taking){.keep = keep, .is_feed = true, .after = keep->table.seq};
    if (code || keep->table.seq > seq) { /* none, or of another life of this store */
        due_release(&keep->table);
        *taking = (struct taking){.keep = keep};
    }
    code = load_listed(&keep->deletions);
    if (!code)
        code = read_pages(keep, taking);
    keep->table.seq = seq;
    free(keep->deletions.seen);
    keep->deletions.seen = NULL;
    free(taking);
    return code;
}

static const str SWEPT = {"keep-swept", 10};

static enum err read_swept(struct keep *keep)
{
    struct arena arena = {0};
    int64_t day = 0;
    str text;
    keep->swept = INT32_MIN;
    enum err code = store_note_get(keep->store, SWEPT, &arena, &text);
    if (!code && str_to_i64(text, &day) && day > INT32_MIN && day < INT32_MAX)
        keep->swept = (int32_t)day;
    arena_release(&arena);
    if (code == ERR_NOT_FOUND)
        err_clear();
    return code == ERR_NOT_FOUND ? OK : code;
}

static enum err open_parts(struct keep *keep, const char *directory)
{
    char path[4096];
    pthread_condattr_t monotonic;
    keep->deletions.fd = -1;
    keep->reading.max_bytes = READING_MAX;
    pthread_mutex_init(&keep->lock, NULL);
    pthread_mutex_init(&keep->sweeping, NULL);
    pthread_mutex_init(&keep->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&keep->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    snprintf(path, sizeof path, "%.4000s/due", directory);
    keep->due_path = strdup(path);
    if (!keep->due_path)
        return err_set(ERR_MEMORY, "out of memory for review dates");
    TRY(signer_open(&keep->signer, directory));
    snprintf(path, sizeof path, "%.4000s/deletions", directory);
    TRY(deletions_open(&keep->deletions, path));
    TRY(read_swept(keep));
    return bring_up(keep);
}

enum err keep_open(const char *directory, const struct catalog *catalog, struct store *store,
                   struct keep **ret)
{
    struct keep *keep = calloc(1, sizeof *keep);
    if (!keep)
        return err_set(ERR_MEMORY, "out of memory for review dates");
    keep->catalog = catalog;
    keep->store = store;
    enum err code = open_parts(keep, directory);
    if (code) {
        struct err_info kept = *err_last();
        keep_close(keep);
        err_restore(&kept);
        return code;
    }
    *ret = keep;
    return OK;
}

void keep_close(struct keep *keep)
{
    if (!keep)
        return;
    keep_stop(keep);
    if (keep->due_path && due_save(&keep->table, keep->due_path) != OK)
        err_clear(); /* it is built again */
    due_release(&keep->table);
    deletions_close(&keep->deletions);
    arena_release(&keep->reading);
    wipe(&keep->signer.key, sizeof keep->signer.key);
    pthread_cond_destroy(&keep->changed);
    pthread_mutex_destroy(&keep->mutex);
    pthread_mutex_destroy(&keep->sweeping);
    pthread_mutex_destroy(&keep->lock);
    free(keep->due_path);
    free(keep);
}

void keep_on_erased(struct keep *keep, keep_erased *erased, keep_swept *swept, void *context)
{
    keep->erased = erased;
    keep->done = swept;
    keep->context = context;
}

void keep_on_hold(struct keep *keep, keep_holds *holds, void *context)
{
    keep->holds = holds;
    keep->holder = context;
}

bool keep_is_over(struct keep *keep, uint64_t number)
{
    pthread_mutex_lock(&keep->lock);
    struct due due = due_at(&keep->table, number);
    pthread_mutex_unlock(&keep->lock);
    return due.day && due_day(due) < day_number(day_today());
}

void keep_hurry(struct keep *keep)
{
    pthread_mutex_lock(&keep->mutex);
    keep->is_hurried = true;
    pthread_cond_signal(&keep->changed);
    pthread_mutex_unlock(&keep->mutex);
}

/* ---- a restored backup ---- */

struct restoring {
    struct keep *keep;
    uint64_t count;
};

static enum err delete_again(void *context, const struct deleted *deleted)
{
    struct restoring *restoring = context;
    struct keep *keep = restoring->keep;
    struct arena arena = {0};
    struct stored stored;
    struct committed done;
    pthread_mutex_lock(&keep->lock);
    struct due due = due_at(&keep->table, deleted->number);
    pthread_mutex_unlock(&keep->lock);
    if (!due.day)
        return OK;
    enum err code = store_read(keep->store, deleted->number, &arena, &stored);
    bool is_it = !code && !stored.is_erased && stored.entered_us == deleted->entered_us;
    arena_release(&arena);
    TRY(code);
    if (!is_it)
        return OK;
    restoring->count++;
    return store_erase(keep->store, deleted->number, S("node"), &done);
}

enum err keep_restore(struct keep *keep, uint64_t *ret_count)
{
    struct restoring restoring = {.keep = keep};
    enum err code = deletions_each(&keep->deletions, delete_again, &restoring);
    *ret_count = restoring.count;
    return code;
}
