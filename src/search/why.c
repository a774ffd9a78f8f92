/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a record is, or is not, in an answer. The whole search is run as it would be; then the one
 * record is compared with the question whether anything led to it or not, and the first thing
 * that keeps it out is named. A scored search says how many bits were missing, and where.
 */
#include "search/internal.h"

struct explaining {
    struct record_id record;
    struct search_why *why;
    bool is_there;
};

const char *why_not_word(enum why_not why)
{
    static const char *const words[] = {
        [WHY_SHOWN] = "shown",     [WHY_NOT_ASKED] = "not-asked", [WHY_NOT_CURRENT] = "not-current",
        [WHY_NOTHING] = "nothing", [WHY_WEAK] = "weak",           [WHY_NOT_LED] = "not-led",
        [WHY_CROWDED] = "crowded",
    };
    return words[why];
}

static const struct candidate *candidate_of(const struct candidates *list, uint64_t number)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].number == number)
            return &list->items[i];
    return NULL;
}

static void say_how_reached(const struct search *search, uint64_t number, struct search_why *why)
{
    const struct candidate *exact = candidate_of(&search->exact, number);
    const struct candidate *named = candidate_of(&search->names, number);
    why->by_key = exact != NULL;
    why->by_name = named || (exact && exact->is_by_name);
}

static bool is_crowded(const struct search *search, const struct definition *definition)
{
    for (size_t i = 0; i < search->plan->databases->count; i++)
        if (search->databases[i].definition == definition)
            return search->databases[i].result == RESULT_TOO_MANY;
    return false;
}

static enum why_not first_reason(const struct search *search, const struct search_why *why)
{
    const struct definition *definition = why->hit.view.definition;
    if (why->place)
        return WHY_SHOWN;
    if (!bit_is_set(search->plan->databases->bits, definition->number))
        return WHY_NOT_ASKED;
    if (why->hit.view.state != STATE_ACTIVE)
        return WHY_NOT_CURRENT;
    if (why->hit.why_count == 0)
        return WHY_NOTHING;
    if (why->hit.band == BAND_NONE)
        return WHY_WEAK;
    return is_crowded(search, definition) ? WHY_CROWDED : WHY_NOT_LED;
}

/* In full, and in a database that may be searched: else there is nothing to be told. */
static bool is_open_to(const struct search *search, const struct view *view)
{
    const struct databases *all;
    const struct search_plan *plan = search->plan;
    if (view->disclosure != DISCLOSE_FULL ||
        engine_databases(plan->engine, plan->actor, plan->arena, &all) != OK)
        return false;
    return bit_is_set(all->bits, view->definition->number);
}

static enum err explain(struct search *search, struct search_answer *answer, void *context)
{
    struct explaining *explaining = context;
    struct search_why *why = explaining->why;
    const struct candidate candidate = {.number = explaining->record.number,
                                        .is_by_name = true,
                                        .sets = ((uint32_t)1 << search->plan->set_count) - 1};
    TRY(compare_anyhow(search, &candidate, &why->hit, &explaining->is_there));
    explaining->is_there = explaining->is_there && is_open_to(search, &why->hit.view);
    if (!explaining->is_there)
        return OK;
    for (size_t i = 0; i < answer->hit_count; i++)
        if (answer->hits[i].view.id.number == candidate.number) {
            why->place = (uint32_t)i + 1;
            why->hit = answer->hits[i];
        }
    say_how_reached(search, candidate.number, why);
    why->is_scored = why->hit.view.definition->has_evidence;
    why->possible_from = evidence_cut(BAND_POSSIBLE, search->evidence.population);
    why->hit_from = evidence_cut(BAND_HIT, search->evidence.population);
    why->why = first_reason(search, why);
    return OK;
}

enum err search_why(struct search_plan *plan, struct record_id record,
                    struct search_answer *ret_answer, struct search_why *ret)
{
    struct explaining explaining = {.record = record, .why = ret};
    *ret = (struct search_why){0};
    plan->limit = UINT32_MAX; /* of all that would be paged through */
    plan->offset = 0;
    TRY(search_run_then(plan, ret_answer, explain, &explaining));
    if (!explaining.is_there)
        return err_set(ERR_NOT_FOUND, "there is no such record");
    ret_answer->hits = &ret->hit;
    ret_answer->hit_count = 1;
    ret_answer->similar_count = 0;
    return OK;
}
