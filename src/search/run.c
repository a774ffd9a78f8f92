/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One search, start to end, on one snapshot of the index and one scope of the asker.
 *
 *   exact keys -> names -> records of the candidates read and compared -> hits in order -> similar
 *   numbers, if they are wanted
 *   -> results per database -> verdict
 *
 * With nothing found by key, which is nearly always, no record is read and only the answer itself
 * is allocated. What goes wrong is said per database: an index that cannot be trusted is NO ANSWER
 * of all, a record that cannot be read of its own database.
 */
#include <stdlib.h>

#include "search/internal.h"

/* ---- hits ---- */

struct hit_list {
    struct hit *items;
    size_t count, size;
};

/* Certain ones first, then by weight of evidence, then the newest. */
static int compare_hits(const void *a, const void *b)
{
    const struct hit *x = a;
    const struct hit *y = b;
    if (x->band != y->band)
        return x->band > y->band ? -1 : 1;
    if (x->bits != y->bits)
        return x->bits > y->bits ? -1 : 1;
    if (x->view.disclosure != y->view.disclosure)
        return x->view.disclosure > y->view.disclosure ? -1 : 1;
    return (x->view.id.number < y->view.id.number) - (x->view.id.number > y->view.id.number);
}

static struct database_answer *database_of(const struct search *search, unsigned definition)
{
    for (size_t i = 0; i < search->plan->databases->count; i++)
        if (search->databases[i].definition->number == definition)
            return &search->databases[i];
    return NULL;
}

static enum err read_candidates(struct search *search, const struct candidates *candidates,
                                bool is_similar, struct hit_list *hits)
{
    if (candidates->count == 0)
        return OK;
    struct hit *grown =
        arena_array(search->plan->arena, struct hit, hits->count + candidates->count);
    if (!grown)
        return ERR_LIMIT;
    if (hits->count)
        memcpy(grown, hits->items, hits->count * sizeof *grown);
    hits->items = grown;
    for (size_t i = 0; i < candidates->count; i++) {
        bool is_hit = false;
        enum err code = compare_candidate(search, &candidates->items[i], is_similar,
                                          &hits->items[hits->count], &is_hit);
        if (code == ERR_MEMORY || code == ERR_LIMIT)
            return code;
        if (code)
            mark_no_answer(
                search, search->plan->engine->catalog->definitions[candidates->items[i].definition],
                code);
        else if (is_hit)
            hits->count++;
    }
    return OK;
}

static void count_hits(const struct search *search, const struct hit_list *hits)
{
    for (size_t i = 0; i < hits->count; i++) {
        struct database_answer *database =
            database_of(search, hits->items[i].view.definition->number);
        if (!database)
            continue;
        database->hit_count++;
        if (database->result == RESULT_NO_HIT)
            database->result = RESULT_HIT;
    }
}

/* Of fifty names compared in full the weakest still counts: there are more behind it. */
static void mark_cut(struct search *search, const struct hit_list *hits)
{
    size_t names = 0;
    for (size_t i = 0; i < search->names.count; i++)
        names += search->names.items[i].is_by_name;
    bool is_full = names >= NAME_CANDIDATE_MAX && hits->count >= names;
    for (size_t i = 0; i < search->plan->databases->count; i++) {
        unsigned number = search->databases[i].definition->number;
        bool is_fuzzy = bit_is_set(search->plan->engine->fuzzy, number);
        if (bit_is_set(search->exact.cut, number) ||
            (is_fuzzy &&
             (is_full || bit_is_set(search->names.cut, number) || search->is_cut_by_names)))
            mark_too_many(search, number);
    }
}

static enum err gather(struct search *search, struct hit_list *hits)
{
    enum err code = find_exact(search);
    if (!code)
        code = find_names(search);
    if (code)
        return code;
    /* a record found both ways is read once */
    for (size_t i = 0; i < search->exact.count; i++)
        for (size_t k = 0; k < search->names.count; k++)
            if (search->names.items[k].number == search->exact.items[i].number) {
                search->exact.items[i].is_by_name = true;
                search->exact.items[i].sets |= search->names.items[k].sets;
                search->names.items[k] = search->names.items[--search->names.count];
                break;
            }
    if (search->exact.count + search->names.count == 0 && !search->is_cut_by_names)
        return OK;
    TRY(read_candidates(search, &search->exact, false, hits));
    TRY(read_candidates(search, &search->names, false, hits));
    mark_cut(search, hits);
    return OK;
}

/* What was found by the very number and is another's goes to the similar ones. */
static enum err set_apart(struct search *search, struct hit_list *hits, struct hit_list *similar)
{
    size_t kept = 0, apart = 0;
    for (size_t i = 0; i < hits->count; i++)
        apart += hits->items[i].is_similar;
    if (apart == 0)
        return OK;
    similar->items = arena_array(search->plan->arena, struct hit, apart);
    if (!similar->items)
        return ERR_LIMIT;
    for (size_t i = 0; i < hits->count; i++)
        if (hits->items[i].is_similar)
            similar->items[similar->count++] = hits->items[i];
        else
            hits->items[kept++] = hits->items[i];
    hits->count = kept;
    return OK;
}

/* Those that are hits already are not also "similar"; nor is one similar twice. */
static void drop_known(struct search *search, struct hit_list *similar, const struct hit_list *hits)
{
    size_t kept = 0;
    for (size_t i = 0; i < similar->count; i++) {
        bool is_known = false;
        for (size_t k = 0; k < hits->count; k++)
            is_known |= hits->items[k].view.id.number == similar->items[i].view.id.number;
        for (size_t k = 0; k < kept; k++)
            is_known |= similar->items[k].view.id.number == similar->items[i].view.id.number;
        if (!is_known)
            similar->items[kept++] = similar->items[i];
    }
    if (kept > SIMILAR_SHOWN_MAX && !search->similar_reason.len)
        search->similar_reason = S(SIMILAR_MORE);
    similar->count = kept < SIMILAR_SHOWN_MAX ? kept : SIMILAR_SHOWN_MAX;
}

static bool is_fatal(enum err code)
{
    return code == ERR_MEMORY || code == ERR_LIMIT;
}

static enum err look(struct search *search, struct search_answer *answer)
{
    struct search_plan *plan = search->plan;
    struct hit_list hits = {0};
    struct hit_list similar = {0};
    enum err code = gather(search, &hits);
    if (!code)
        code = set_apart(search, &hits, &similar);
    if (!code && hits.count) {
        qsort(hits.items, hits.count, sizeof *hits.items, compare_hits);
        count_hits(search, &hits);
    }
    if (!code) {
        if (similar_is_wanted(search, hits.count)) {
            code = find_similar(search);
            if (!code)
                code = read_candidates(search, &search->similar, true, &similar);
            answer->similar_reason = search->similar_reason;
        }
    }
    if (is_fatal(code))
        return code;
    if (code)
        mark_no_answer(search, NULL, code);
    if (similar.count) {
        qsort(similar.items, similar.count, sizeof *similar.items, compare_hits);
        drop_known(search, &similar, &hits);
        similar_expect(search, similar.items, similar.count);
        answer->similar_reason = search->similar_reason;
    }
    size_t from = plan->offset < hits.count ? plan->offset : hits.count;
    size_t left = hits.count - from;
    answer->hits = hits.items ? hits.items + from : NULL;
    answer->hit_count = left < plan->limit ? left : plan->limit;
    answer->total_count = hits.count;
    answer->similar = similar.items;
    answer->similar_count = similar.count;
    for (size_t i = 0; hits.items && i < hits.count && answer->verdict != VERDICT_MATCH; i++)
        answer->verdict = hits.items[i].band == BAND_HIT ? VERDICT_MATCH : VERDICT_POSSIBLE;
    return OK;
}

static enum err run_in_scope(struct search *search, struct search_answer *answer)
{
    struct search_plan *plan = search->plan;
    search->databases = arena_array(plan->arena, struct database_answer, plan->databases->count);
    if (!search->databases)
        return ERR_LIMIT;
    for (size_t i = 0; i < plan->databases->count; i++)
        search->databases[i].definition = plan->databases->items[i];
    TRY(candidates_init(&search->exact, plan->arena, CANDIDATE_MAX));
    TRY(candidates_init(&search->names, plan->arena, (size_t)NAME_CANDIDATE_MAX * 2));
    search->is_proven = true;
    TRY(look(search, answer));
    answer->databases = search->databases;
    answer->database_count = plan->databases->count;
    answer->readings = plan->readings;
    answer->reading_count = plan->reading_count;
    answer->repaired = plan->repaired;
    answer->keyboard = plan->garbled_by;
    answer->feed_seq = index_snapshot_seq(search->snapshot);
    answer->is_proven = search->is_proven;
    judge(search, answer);
    return OK;
}

enum err search_run_then(struct search_plan *plan, struct search_answer *ret, search_then *then,
                         void *context)
{
    struct search_engine *engine = plan->engine;
    struct search search = {.plan = plan, .rarity = search_rarity(engine)};
    *ret = (struct search_answer){.as_of_us = plan->began_us,
                                  .no_hits = engine->no_hits,
                                  .all_no_hits = plan->databases->no_hits};
    search.snapshot = index_snapshot_open(engine->index);
    if (!search.snapshot)
        return ERR_MEMORY;
    find_prefetch(plan, search.snapshot);
    enum err code = policy_scope_open(engine->classes, plan->actor, &search.scope);
    if (!code)
        code = run_in_scope(&search, ret);
    if (!code && then)
        code = then(&search, ret, context);
    index_snapshot_close(search.snapshot);
    policy_scope_close(search.scope);
    return code;
}

enum err search_run(struct search_plan *plan, struct search_answer *ret)
{
    return search_run_then(plan, ret, NULL, NULL);
}
