/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The feed held against what stands. A thread follows it from where it was when the node stopped
 * (a note in the store), so that nothing is missed over a restart and a commit waits for nothing.
 * Queries are taken up in the same order: a record entered before one was approved is not met.
 *
 * A match by key is a question, not yet an answer: the asker's search is made, with what he may do
 * at that moment, and only what it shows counts. What counts is put on the audit log, then kept.
 * Should the node fall in between, it is found again; a record meets a query once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

#include "codec/json.h"
#include "standing/internal.h"

enum { PAGE = 1000, FOUND_MAX = 4096, PER_RECORD_MAX = 256, SEARCH_LIMIT = 100, NOTE_EVERY = 5000 };

static const str SEEN = {"standing-seen", 13};

struct candidate {
    uint64_t query;
    struct record_id record;
    uint32_t version;
    const struct definition *definition;
};
struct page {
    struct standing *standing;
    struct arena reading;
    struct candidate found[FOUND_MAX];
    size_t count, seen;
    uint64_t last, published;
    bool is_end;
};

/* ---- a change ---- */

static enum err hold_against(struct page *page, const struct stored *stored,
                             const struct definition *definition)
{
    struct standing *standing = page->standing;
    uint32_t places[PER_RECORD_MAX];
    struct node *body = NULL;
    struct record record;
    TRY(json_parse(stored->body, &page->reading, &body));
    TRY(record_read(standing->catalog, definition, body, &page->reading, &record));
    const struct asked_when when = {stored->time_us, (int32_t)(stored->time_us / 86400000000ll)};
    const struct frequencies *frequencies = search_frequencies(standing->engine);
    pthread_mutex_lock(&standing->lock);
    size_t count = asked_match(&standing->table, &record, when, frequencies, &page->reading, places,
                               PER_RECORD_MAX);
    for (size_t i = 0; i < count && page->count < FOUND_MAX; i++) {
        uint64_t query = standing->table.queries[places[i]].number;
        if (!asked_has_met(&standing->table, query, stored->id.number))
            page->found[page->count++] =
                (struct candidate){query, stored->id, stored->version, definition};
    }
    pthread_mutex_unlock(&standing->lock);
    return OK;
}

static enum err take_met(struct standing *standing, const struct stored *stored,
                         struct arena *arena)
{
    struct met met = {.number = stored->id.number, .time_us = stored->time_us};
    struct node *body = NULL;
    if (stored->is_erased || stored->body.len == 0)
        return OK;
    TRY(json_parse(stored->body, arena, &body));
    const struct node *fields = node_get(body, S("fields"));
    if (!str_to_u64(node_get_text(fields, S("query")), UINT64_MAX, &met.query) ||
        !str_to_u64(node_get_text(fields, S("record")), UINT64_MAX, &met.record))
        return err_set(ERR_DAMAGED, "a hit of a standing query does not name what it met");
    pthread_mutex_lock(&standing->lock);
    enum err code = asked_add_met(&standing->table, &met);
    pthread_mutex_unlock(&standing->lock);
    return code;
}

static enum err take_record(struct page *page, const struct stored *stored)
{
    struct standing *standing = page->standing;
    const struct definition *definition = catalog_find(standing->catalog, stored->definition);
    if (str_eq_c(stored->definition, standing_query_name)) {
        pthread_mutex_lock(&standing->lock);
        enum err code = standing_take_query(standing, stored);
        pthread_mutex_unlock(&standing->lock);
        return code;
    }
    if (str_eq_c(stored->definition, standing_hit_name))
        return take_met(standing, stored, &page->reading);
    bool is_new = stored->kind != CHANGE_ERASE && stored->state == STATE_ACTIVE &&
                  !stored->is_erased && stored->body.len;
    if (!is_new || !definition || !definition_is_data(definition) || !standing->table.key_count)
        return OK;
    return hold_against(page, stored, definition);
}

static enum err take_change(void *context, const struct stored *stored)
{
    struct page *page = context;
    page->is_end = stored->seq > page->published || page->count + PER_RECORD_MAX > FOUND_MAX;
    if (page->is_end)
        return ERR_LIMIT; /* the page ends before this change */
    if (take_record(page, stored) != OK)
        err_clear(); /* what cannot be read cannot be met; the index says so */
    page->seen++;
    page->last = stored->seq;
    if (page->reading.total_bytes > (8 << 20))
        arena_reset(&page->reading);
    return OK;
}

/* ---- a match ---- */

static const struct hit *find_hit(const struct search_answer *answer, struct record_id record)
{
    for (size_t i = 0; i < answer->hit_count; i++)
        if (answer->hits[i].view.id.number == record.number)
            return &answer->hits[i];
    return NULL;
}

/* What a search of the asker would show of the record now; DISCLOSE_NONE: nothing. */
static enum err ask_again(struct standing *standing, const struct candidate *candidate,
                          const struct standing_query *query, const struct actor *actor,
                          struct arena *arena, struct standing_hit *ret)
{
    struct search_plan *plan;
    struct search_answer answer = {0};
    struct node *databases = node_list(arena);
    node_add(databases, node_text(arena, candidate->definition->name));
    bool is_asked = !query->databases || query->databases->count == 0;
    node_each(name, query->databases) is_asked |=
        str_eq(node_as_text(name), candidate->definition->name);
    ret->disclosure = DISCLOSE_NONE;
    if (!is_asked)
        return OK;
    struct search_request request = {.fields = standing_fields(query, arena),
                                     .databases = databases,
                                     .similar = SIMILAR_NO,
                                     .limit = SEARCH_LIMIT};
    for (;; request.offset += SEARCH_LIMIT) {
        enum err code = search_plan(standing->engine, actor, &request, arena, &plan);
        if (code) /* he may not any more, or not this */
            return code == ERR_MEMORY || code == ERR_LIMIT ? code : OK;
        TRY(search_run(plan, &answer));
        const struct hit *hit = find_hit(&answer, candidate->record);
        if (hit) {
            ret->disclosure = hit->view.disclosure;
            ret->band = hit->band;
        }
        if (hit || request.offset + SEARCH_LIMIT >= answer.total_count)
            return OK;
    }
}

static enum err keep_hit(struct standing *standing, const struct candidate *candidate, str owner,
                         struct arena *arena)
{
    struct change change;
    struct committed done;
    struct node *fields = node_map(arena);
    node_put_text(arena, fields, S("query"),
                  arena_printf(arena, "%llu", (unsigned long long)candidate->query));
    node_put_text(arena, fields, S("record"),
                  arena_printf(arena, "%llu", (unsigned long long)candidate->record.number));
    node_put_text(arena, fields, S("version"), arena_printf(arena, "%u", candidate->version));
    TRY(change_make(standing->catalog,
                    &(struct made){.definition = standing_hit_name,
                                   .owner = owner,
                                   .actor = S("node"),
                                   .fields = fields},
                    arena, &change));
    return store_commit(standing->store, &change, 1, true, &done);
}

static enum err settle(struct standing *standing, const struct candidate *candidate,
                       struct arena *arena)
{
    struct stored stored;
    struct standing_query query;
    struct actor actor;
    TRY(store_read(standing->store, candidate->query, arena, &stored));
    if (standing_read(standing, &stored, arena, &query) != OK || !query.is_approved)
        return OK;
    if (!standing->actor ||
        standing->actor(standing->context, query.officer, query.role, arena, &actor) != OK ||
        !purpose_find(standing->catalog, query.purpose, &actor.purpose) ||
        !str_eq(actor.country, stored.owner))
        return OK; /* he is not here any more: nothing comes of it */
    actor.reference = query.reference;
    struct standing_hit hit = {.actor = &actor,
                               .query = stored.id,
                               .record = candidate->record,
                               .version = candidate->version,
                               .definition = candidate->definition};
    TRY(ask_again(standing, candidate, &query, &actor, arena, &hit));
    if (hit.disclosure == DISCLOSE_NONE)
        return OK;
    if (standing->found)
        TRY(standing->found(standing->context, &hit));
    return keep_hit(standing, candidate, stored.owner, arena);
}

/* ---- following ---- */

static enum err note_seen(struct standing *standing)
{
    char text[24];
    if (standing->seq == standing->noted_seq)
        return OK;
    snprintf(text, sizeof text, "%llu", (unsigned long long)standing->seq);
    TRY(store_note_put(standing->store, SEEN, str_c(text)));
    standing->noted_seq = standing->seq;
    return OK;
}

static enum err run_page(struct standing *standing, struct page *page)
{
    struct arena arena = {0};
    page->count = page->seen = 0;
    page->is_end = false;
    page->last = standing->seq;
    pthread_mutex_lock(&standing->mutex);
    page->published = standing->published_seq; /* the index holds no later ones yet */
    pthread_mutex_unlock(&standing->mutex);
    enum err code = store_feed(standing->store, standing->seq, PAGE, take_change, page);
    if (page->is_end)
        code = OK;
    arena_reset(&page->reading);
    for (size_t i = 0; i < page->count && !code; i++) {
        code = settle(standing, &page->found[i], &arena);
        arena_reset(&arena);
    }
    arena_release(&arena);
    if (!code)
        standing->seq = page->last;
    if (!code && (page->count || standing->seq >= standing->noted_seq + NOTE_EVERY))
        code = note_seen(standing);
    return code;
}

enum err standing_catch_up(struct standing *standing)
{
    struct page *page = calloc(1, sizeof *page);
    if (!page)
        return err_set(ERR_MEMORY, "out of memory for standing queries");
    page->standing = standing;
    pthread_mutex_lock(&standing->catching_up);
    enum err code;
    do
        code = run_page(standing, page);
    while (!code && page->seen);
    pthread_mutex_unlock(&standing->catching_up);
    arena_release(&page->reading);
    free(page);
    return code;
}

void standing_follow(struct standing *standing, uint64_t last_seq)
{
    pthread_mutex_lock(&standing->mutex);
    standing->is_news = true;
    standing->published_seq = last_seq;
    pthread_cond_signal(&standing->changed);
    pthread_mutex_unlock(&standing->mutex);
}

/* false: it is time to stop. After a failure it is tried again soon. */
static bool rest(struct standing *standing, bool has_failed)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += has_failed ? 1 : 10;
    pthread_mutex_lock(&standing->mutex);
    while (!standing->is_stopping && (has_failed || !standing->is_news) &&
           pthread_cond_timedwait(&standing->changed, &standing->mutex, &until) == 0)
        continue;
    standing->is_news = false;
    bool is_going_on = !standing->is_stopping;
    pthread_mutex_unlock(&standing->mutex);
    return is_going_on;
}

static void *follow(void *context)
{
    struct standing *standing = context;
    char text[1024];
    bool has_failed = false;
    pthread_setname_np(pthread_self(), "standing");
    do {
        bool failed_before = has_failed;
        has_failed = standing_catch_up(standing) != OK;
        if (has_failed && !failed_before)
            log_write(LOG_ERROR, "standing queries cannot be answered, it is tried again: %s",
                      err_format(err_last(), text, sizeof text));
        err_clear();
    } while (rest(standing, has_failed));
    return NULL;
}

enum err standing_start(struct standing *standing)
{
    if (pthread_create(&standing->thread, NULL, follow, standing))
        return err_set(ERR_BUSY, "cannot start the thread of standing queries");
    standing->is_started = true;
    return OK;
}

void standing_stop(struct standing *standing)
{
    if (!standing || !standing->is_started)
        return;
    pthread_mutex_lock(&standing->mutex);
    standing->is_stopping = true;
    pthread_cond_signal(&standing->changed);
    pthread_mutex_unlock(&standing->mutex);
    pthread_join(standing->thread, NULL);
    standing->is_started = false;
    if (note_seen(standing) != OK)
        err_clear(); /* it is read again */
}

void standing_on(struct standing *standing, standing_actor *actor, standing_hit_found *found,
                 void *context)
{
    standing->actor = actor;
    standing->found = found;
    standing->context = context;
}

/* ---- opening ---- */

struct filling {
    struct standing *standing;
    struct arena arena;
};

static enum err fill_one(void *context, const struct stored *stored)
{
    struct filling *filling = context;
    arena_reset(&filling->arena);
    enum err code = str_eq_c(stored->definition, standing_query_name)
                        ? standing_take_query(filling->standing, stored)
                        : take_met(filling->standing, stored, &filling->arena);
    if (code)
        err_clear(); /* one that cannot be read stands for nobody */
    return OK;
}

static enum err fill(struct standing *standing, const char *definition)
{
    struct filling filling = {.standing = standing};
    enum err code = store_each(standing->store, str_c(definition), fill_one, &filling);
    arena_release(&filling.arena);
    return code;
}

static enum err read_seen(struct standing *standing)
{
    struct arena arena = {0};
    str text;
    enum err code = store_note_get(standing->store, SEEN, &arena, &text);
    standing->seq = standing->published_seq = store_seq(standing->store);
    if (!code && (!str_to_u64(text, UINT64_MAX, &standing->noted_seq) ||
                  standing->noted_seq > standing->seq))
        standing->noted_seq = standing->seq;
    if (!code)
        standing->seq = standing->noted_seq;
    arena_release(&arena);
    if (code == ERR_NOT_FOUND)
        err_clear();
    return code == ERR_NOT_FOUND ? note_seen(standing) : code;
}

enum err standing_open(const struct catalog *catalog, struct store *store,
                       struct search_engine *engine, struct standing **ret)
{
    struct standing *standing = calloc(1, sizeof *standing);
    pthread_condattr_t monotonic;
    if (!standing)
        return err_set(ERR_MEMORY, "out of memory for standing queries");
    standing->catalog = catalog;
    standing->store = store;
    standing->engine = engine;
    pthread_mutex_init(&standing->lock, NULL);
    pthread_mutex_init(&standing->catching_up, NULL);
    pthread_mutex_init(&standing->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&standing->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    asked_init(&standing->table);
    enum err code = read_seen(standing);
    if (!code)
        code = fill(standing, standing_query_name);
    if (!code)
        code = fill(standing, standing_hit_name);
    if (code) {
        struct err_info kept = *err_last();
        standing_close(standing);
        err_restore(&kept);
        return code;
    }
    *ret = standing;
    return OK;
}

void standing_close(struct standing *standing)
{
    if (!standing)
        return;
    asked_release(&standing->table);
    pthread_cond_destroy(&standing->changed);
    pthread_mutex_destroy(&standing->mutex);
    pthread_mutex_destroy(&standing->catching_up);
    pthread_mutex_destroy(&standing->lock);
    free(standing);
}
