/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The negative-match memory, as a search sees it: a traveller who was once taken for somebody else
 * presents the same document again, and the alert is shown as what it is for them - looked at, not
 * this person. An alert that names the document itself is never lowered: there the document is what
 * is looked for.
 */
#include "search/internal.h"

void search_on_cleared(struct search_engine *engine, search_is_cleared *is_cleared, void *context)
{
    engine->is_cleared = is_cleared;
    engine->cleared_context = context;
}

static str asked_value(const struct query_set *set, uint16_t meaning)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->values[i].query.meaning == meaning)
            return set->values[i].query.value.norm;
    return STR_EMPTY;
}

void hit_lower(const struct search *search, const struct candidate *candidate, struct hit *hit)
{
    const struct search_plan *plan = search->plan;
    const struct search_engine *engine = plan->engine;
    struct search_cleared cleared;
    if (!engine->is_cleared || candidate->is_exact || hit->is_similar)
        return;
    for (size_t i = 0; i < plan->set_count && !hit->cleared; i++) {
        str number = asked_value(&plan->sets[i], engine->document_meaning);
        str issuer = asked_value(&plan->sets[i], engine->issuer_meaning);
        if (!number.len || !issuer.len ||
            !engine->is_cleared(engine->cleared_context, hit->view.id, number, issuer, plan->arena,
                                &cleared))
            continue;
        struct search_cleared *kept = arena_new(plan->arena, struct search_cleared);
        if (kept)
            *kept = cleared;
        hit->cleared = kept;
        if (hit->band == BAND_HIT)
            hit->band = BAND_POSSIBLE;
    }
}
