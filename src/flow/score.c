/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scorecard: of every owner's tickets, by the month in which they were opened, how many were
 * answered, how, how late, and how many alerts were wrong. Counted as tickets change: a version
 * takes away what the one before had added, so that asking goes over a few rows and no ticket. The
 * counts are a view of the records like all else here, made anew at open.
 *
 * Answer times stand in buckets of a quarter of a doubling: the median is told to within a fifth.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "flow/internal.h"

enum { BUCKETS = 96, PER_DOUBLING = 4, FIRST_SLOTS = 256 };

struct score {
    uint32_t owner, month; /* of names, plus 1 (0: a free slot); since year 0 */
    struct flow_figures figures;
    uint32_t times[BUCKETS];
};

struct scores {
    struct score *slots; /* open addressing, at most half full */
    uint32_t count, max;
};

/* ---- the table; flow->lock held ---- */

static struct score *find(const struct scores *scores, uint32_t owner, uint32_t month)
{
    uint32_t at = (uint32_t)hash_mix((uint64_t)owner << 32 | month, 59) & (scores->max - 1);
    while (scores->slots[at].owner &&
           (scores->slots[at].owner != owner || scores->slots[at].month != month))
        at = (at + 1) & (scores->max - 1);
    return &scores->slots[at];
}

static enum err grow(struct scores *scores)
{
    struct scores next = {.max = scores->max ? scores->max * 2 : FIRST_SLOTS,
                          .count = scores->count};
    next.slots = calloc(next.max, sizeof *next.slots);
    if (!next.slots)
        return err_set(ERR_MEMORY, "out of memory for the scorecard");
    for (uint32_t i = 0; i < scores->max; i++)
        if (scores->slots[i].owner)
            *find(&next, scores->slots[i].owner, scores->slots[i].month) = scores->slots[i];
    free(scores->slots);
    *scores = next;
    return OK;
}

static enum err take(struct scores *scores, uint32_t owner, uint32_t month, struct score **ret)
{
    if (scores->count * 2 >= scores->max)
        TRY(grow(scores));
    *ret = find(scores, owner, month);
    if (!(*ret)->owner) {
        (*ret)->owner = owner;
        (*ret)->month = month;
        scores->count++;
    }
    return OK;
}

/* ---- counting ---- */

static uint32_t month_of(int64_t time_us)
{
    struct day day = day_of_number((int32_t)(time_us / 86400000000ll));
    return (uint32_t)(day.year * 12 + day.month - 1);
}

static size_t bucket_of(int64_t us)
{
    double at = PER_DOUBLING * log2((double)us / 1e6 + 1);
    return at < BUCKETS - 1 ? (size_t)at : BUCKETS - 1;
}

static void add(uint64_t *figure, bool is_it, bool is_less)
{
    *figure += is_it ? (is_less ? UINT64_MAX : 1) : 0; /* modulo 2^64: one less */
}

enum err score_entry(struct flow *flow, const struct entry *entry, bool is_less)
{
    struct score *score = NULL;
    if (!entry->version || entry->is_gone || entry->is_test ||
        !life_has_answers(view_definition(flow, entry)->life) ||
        view_definition(flow, entry)->life->request)
        return OK;
    TRY(take(flow->scores, entry->owner_country + 1, month_of(entry->opened_us), &score));
    struct flow_figures *figures = &score->figures;
    add(&figures->asked, true, is_less);
    add(&figures->open, entry->is_open, is_less);
    add(&figures->answered, entry->answer != ANSWER_NONE, is_less);
    add(&figures->confirmed, entry->answer == ANSWER_CONFIRMED, is_less);
    add(&figures->not_confirmed, entry->answer == ANSWER_NOT_CONFIRMED, is_less);
    add(&figures->refused, entry->answer == ANSWER_REFUSED, is_less);
    add(&figures->late, entry->is_late, is_less);
    add(&figures->outcomes, entry->is_outcome, is_less);
    add(&figures->wrong, entry->is_false, is_less);
    if (entry->answer_us > 0)
        score->times[bucket_of(entry->answer_us)] += is_less ? UINT32_MAX : 1;
    return OK;
}

enum err scores_open(struct flow *flow)
{
    flow->scores = calloc(1, sizeof *flow->scores);
    return flow->scores ? OK : err_set(ERR_MEMORY, "out of memory for the scorecard");
}

void scores_free(struct flow *flow)
{
    if (flow->scores)
        free(flow->scores->slots);
    free(flow->scores);
}

/* ---- asked ---- */

static int64_t median_of(const struct score *score)
{
    uint64_t total = 0, seen = 0;
    for (size_t i = 0; i < BUCKETS; i++)
        total += score->times[i];
    for (size_t i = 0; total && i < BUCKETS; i++) {
        seen += score->times[i];
        if (2 * seen >= total)
            return (int64_t)((exp2(((double)i + 0.5) / PER_DOUBLING) - 1) * 1e6);
    }
    return 0;
}

static int compare_scores(const void *a, const void *b)
{
    const struct flow_score *one = a, *other = b;
    if (one->year != other->year)
        return one->year < other->year ? 1 : -1;
    if (one->month != other->month)
        return one->month < other->month ? 1 : -1;
    return str_compare(one->figures.country, other->figures.country);
}

/* The hub and who is at the machine see all owners; a country sees itself. */
static bool sees_all(const struct actor *actor)
{
    return str_eq(actor->role, S("hub")) || (!actor->country.len && actor->may_administer);
}

enum err flow_scorecard(struct flow *flow, const struct actor *actor, int64_t from_us,
                        int64_t to_us, struct arena *arena, struct flow_score **ret,
                        size_t *ret_count)
{
    uint32_t from = month_of(from_us), to = month_of(to_us);
    enum err code = OK;
    pthread_rwlock_rdlock(&flow->lock);
    const struct scores *scores = flow->scores;
    uint32_t own = actor->country.len ? names_find(&flow->names, actor->country) : NO_PLACE;
    struct flow_score *list = arena_array(arena, struct flow_score, scores->count + 1);
    *ret_count = 0;
    for (uint32_t i = 0; list && i < scores->max; i++) {
        const struct score *score = &scores->slots[i];
        bool is_seen = sees_all(actor) || (own != NO_PLACE && score->owner == own + 1);
        if (!score->owner || !score->figures.asked || !is_seen || score->month < from ||
            score->month > to)
            continue;
        struct flow_score *row = &list[(*ret_count)++];
        *row = (struct flow_score){.year = (int)(score->month / 12),
                                   .month = (int)(score->month % 12) + 1,
                                   .figures = score->figures};
        row->figures.country = names_get(&flow->names, score->owner - 1);
        row->figures.median_answer_us = median_of(score);
    }
    pthread_rwlock_unlock(&flow->lock);
    if (!list)
        code = err_last()->code;
    else
        qsort(list, *ret_count, sizeof *list, compare_scores);
    *ret = list;
    return code;
}
