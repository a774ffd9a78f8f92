/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an office must know of becomes a ticket of its desk, so that it stands in its list, rings by
 * the same channels, is escalated by the same clocks and handed over with the rest. Which kind of
 * ticket that is a definition declares (`raised:`):
 *
 *   emergency   access taken in an emergency (system/grant.yaml), until it was reviewed
 *   review      review dates that come (system/reminder.yaml)
 *   hit         a silent hit, told by src/review
 *   credential  what an officer of the desk signs in with ends (system/credential-reminder.yaml)
 *
 * The records are the truth, the tickets follow: what has none at opening gets one, what comes with
 * the feed is queued and raised by the thread that keeps the time. A ticket's receipt names what
 * raised it, so that nothing is raised twice.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

#include "codec/json.h"
#include "flow/internal.h"

enum { REVIEW_DAYS = 7 };

struct causes {
    uint64_t *queue; /* numbers of records; of flow->mutex */
    size_t count, max;
};

static const str GRANT = {"grant", 5};
static const str REMINDER = {"reminder", 8};
static const str ENDING = {"credential-reminder", 19};

/* Reminders from then on: older ones were told of, or are known by now. */
static int64_t news_us(void)
{
    return clock_now_us() - (int64_t)REVIEW_DAYS * 86400 * 1000000;
}

/* ---- queued ---- */

enum err causes_take(struct flow *flow, const struct stored *stored)
{
    struct causes *causes = flow->causes;
    enum err code = OK;
    bool is_reminder = str_eq(stored->definition, REMINDER) || str_eq(stored->definition, ENDING);
    bool is_new = is_reminder && stored->entered_us >= news_us();
    if (!str_eq(stored->definition, GRANT) && !is_new)
        return OK;
    pthread_mutex_lock(&flow->mutex);
    if (causes->count == causes->max) {
        size_t max = causes->max ? causes->max * 2 : 64;
        uint64_t *queue = realloc(causes->queue, max * sizeof *queue);
        if (queue) {
            causes->queue = queue;
            causes->max = max;
        } else {
            code = err_set(ERR_MEMORY, "out of memory for %zu records to tell of", max);
        }
    }
    if (!code)
        causes->queue[causes->count++] = stored->id.number;
    pthread_mutex_unlock(&flow->mutex);
    flow_hurry(flow);
    return code;
}

static enum err take_one(void *context, const struct stored *stored)
{
    return causes_take(context, stored);
}

enum err causes_open(struct flow *flow)
{
    flow->causes = calloc(1, sizeof *flow->causes);
    if (!flow->causes)
        return err_set(ERR_MEMORY, "out of memory for what offices are told");
    TRY(store_each(flow->store, GRANT, take_one, flow));
    TRY(store_each(flow->store, ENDING, take_one, flow));
    return store_each(flow->store, REMINDER, take_one, flow);
}

void causes_free(struct flow *flow)
{
    if (!flow->causes)
        return;
    free(flow->causes->queue);
    free(flow->causes);
}

/* The next of the queue; 0: none. */
static uint64_t next_cause(struct flow *flow)
{
    pthread_mutex_lock(&flow->mutex);
    struct causes *causes = flow->causes;
    uint64_t number = causes->count ? causes->queue[--causes->count] : 0;
    pthread_mutex_unlock(&flow->mutex);
    return number;
}

/* ---- the ticket of a cause ---- */

static const struct definition *kind_for(const struct flow *flow, enum life_cause cause)
{
    for (size_t i = 0; i < flow->catalog->count; i++) {
        const struct definition *definition = flow->catalog->definitions[i];
        if (definition->life && definition->life->raised && definition->life->raised->by == cause)
            return definition;
    }
    return NULL;
}

/* Numbers of the tickets of this kind and owner about this record, newest last. */
static size_t find_raised(struct flow *flow, const struct definition *kind, str country,
                          struct record_id subject, uint64_t *ret, size_t max, bool is_open_only)
{
    size_t count = 0;
    pthread_rwlock_rdlock(&flow->lock);
    uint32_t owner = names_find(&flow->names, country);
    const struct shelves *shelves = owner < flow->shelf_count ? &flow->shelves[owner] : NULL;
    for (int which = 0; shelves && which < (is_open_only ? 1 : 2); which++) {
        const struct shelf *shelf = which ? &shelves->closed : &shelves->open;
        for (size_t i = 0; i < shelf->count && count < max; i++) {
            const struct entry *entry = &flow->entries[shelf->items[i]];
            if (entry->subject == subject.number && entry->subject_home == subject.home &&
                !entry->is_gone && view_definition(flow, entry) == kind)
                ret[count++] = entry->number;
        }
    }
    pthread_rwlock_unlock(&flow->lock);
    return count;
}

/* The bureau of a country, where its directory names one; else the country as such. */
static str bureau_of(struct flow *flow, str country, struct arena *arena)
{
    struct flow_office *offices = NULL;
    size_t count = 0;
    if (flow_offices(flow, STR_EMPTY, country, arena, &offices, &count) != OK)
        err_clear();
    for (size_t i = 0; i < count; i++)
        if (offices[i].is_bureau || count == 1)
            return offices[i].unit;
    return STR_EMPTY;
}

/* For a unit of the country; empty: its bureau. */
static enum err raise(struct flow *flow, enum life_cause cause, const struct stored *stored,
                      struct flow_party owner, const struct node *fields, struct arena *arena)
{
    uint64_t there = 0;
    const struct definition *kind = kind_for(flow, cause);
    str country = owner.country;
    if (!kind || !country.len || find_raised(flow, kind, country, stored->id, &there, 1, false))
        return OK;
    if (!owner.unit.len)
        owner.unit = bureau_of(flow, country, arena);
    struct flow_question question = {
        .kind = kind,
        .subject = stored->id,
        .owner = owner,
        .receipt = stored->definition,
        .fields = node_map(arena),
    };
    return move_raise(flow, &question, fields, arena);
}

/* Access taken in an emergency: told until it was reviewed. */
static enum err raise_grant(struct flow *flow, const struct stored *stored,
                            const struct node *fields, struct arena *arena)
{
    const struct definition *kind = kind_for(flow, CAUSE_EMERGENCY);
    str country = node_get_text(fields, S("of"));
    uint64_t number = 0;
    if (!kind || !str_eq(node_get_text(fields, S("kind")), S("break-glass")))
        return OK;
    if (stored->state == STATE_ACTIVE && !node_get(fields, S("reviewed_at")))
        return raise(flow, CAUSE_EMERGENCY, stored, (struct flow_party){country, STR_EMPTY}, fields,
                     arena);
    if (find_raised(flow, kind, country, stored->id, &number, 1, true))
        return move_over(flow, number);
    return OK;
}

static enum err raise_reminder(struct flow *flow, const struct stored *stored,
                               const struct node *body, struct arena *arena)
{
    bool is_ending = str_eq(stored->definition, ENDING);
    str unit = is_ending ? node_get_text(node_get(body, S("envelope")), S("unit")) : STR_EMPTY;
    if (stored->state != STATE_ACTIVE)
        return OK;
    return raise(flow, is_ending ? CAUSE_CREDENTIAL : CAUSE_REVIEW, stored,
                 (struct flow_party){stored->owner, unit}, node_get(body, S("fields")), arena);
}

static enum err raise_one(struct flow *flow, uint64_t number, struct arena *arena)
{
    struct stored stored;
    struct node *body = NULL;
    TRY(store_read(flow->store, number, arena, &stored));
    if (stored.is_erased || stored.body.len == 0)
        return OK;
    TRY(json_parse(stored.body, arena, &body));
    return str_eq(stored.definition, GRANT)
               ? raise_grant(flow, &stored, node_get(body, S("fields")), arena)
               : raise_reminder(flow, &stored, body, arena);
}

/* What fails is raised at the next start: the records are there. */
void causes_raise(struct flow *flow)
{
    struct arena arena = {0};
    char text[1024];
    for (uint64_t number; (number = next_cause(flow)) != 0;) {
        if (raise_one(flow, number, &arena) != OK) {
            atomic_fetch_add(&flow->failed, 1);
            log_write(LOG_WARN, "an office could not be told of record %llu: %s",
                      (unsigned long long)number, err_format(err_last(), text, sizeof text));
            err_clear();
        }
        arena_reset(&arena);
    }
    arena_release(&arena);
}

/* ---- silent hits ---- */

static enum err count_days(struct flow *flow, const uint64_t *numbers, size_t count, str key,
                           int64_t within_us, struct arena *arena, bool *ret_is_there,
                           unsigned *ret_days)
{
    *ret_is_there = false;
    *ret_days = 0;
    for (size_t i = 0; i < count; i++) {
        struct ticket ticket;
        if (ticket_load(flow, numbers[i], arena, &ticket) != OK) {
            err_clear();
            continue;
        }
        *ret_is_there |= str_eq(ticket.progress.receipt, key);
        *ret_days += ticket.stored.entered_us >= clock_now_us() - within_us;
    }
    return OK;
}

enum err flow_notify(struct flow *flow, const struct flow_hit *hit, int64_t within_us,
                     unsigned *ret_days)
{
    enum { TOLD_MAX = 256 };
    uint64_t numbers[TOLD_MAX];
    struct arena arena = {0};
    bool is_there = false;
    const struct definition *kind = kind_for(flow, CAUSE_HIT);
    struct node *source = node_map(&arena);
    str key =
        arena_printf(&arena, "%.*s %.*s %.*s", STR(hit->country), STR(hit->purpose), STR(hit->day));
    size_t count =
        kind ? find_raised(flow, kind, hit->owner.country, hit->record, numbers, TOLD_MAX, false)
             : 0;
    enum err code = count_days(flow, numbers, count, key, within_us, &arena, &is_there, ret_days);
    if (!code && kind && !is_there) {
        struct flow_question question = {
            .kind = kind,
            .database = hit->database,
            .subject = hit->record,
            .owner = hit->owner,
            .is_test = hit->is_test,
            .receipt = key,
            .fields = node_map(&arena),
        };
        node_put_text(&arena, source, S("country"), hit->country);
        node_put_text(&arena, source, S("purpose"), hit->purpose);
        node_put_text(&arena, source, S("day"), hit->day);
        code = move_raise(flow, &question, source, &arena);
        ++*ret_days;
    }
    arena_release(&arena);
    return code;
}
