/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is told what. Only offices, ids and words of definitions leave this way: whoever reads an
 * alarm on a wall, in a mailbox or a log learns of no person. Test records ring nowhere.
 *
 * What a move or a clock tells is read from the version that it made, when the feed brings that
 * version: so nobody hears of a step that is not durable, and what was not delivered when the node
 * died is worked out again from the same version (alarm.c).
 */
#include "flow/internal.h"

static struct flow_party party_of(const struct progress *progress, enum party party)
{
    if (party == PARTY_OWNER)
        return progress->owner;
    return party == PARTY_ASKER ? progress->asker : (struct flow_party){STR_EMPTY, STR_EMPTY};
}

struct telling {
    struct flow *flow;
    const struct flow_teller *teller;
    const struct progress *progress;
    struct flow_told told; /* what all are told */
};

static void tell(const struct telling *telling, enum party party, str person)
{
    struct flow_told told = telling->told;
    told.to = party_of(telling->progress, party);
    told.person = person;
    bool has_name = told.to.country.len || (party == PARTY_HUB && telling->progress->is_hub);
    if (has_name)
        telling->teller->tell(telling->teller->context, &told);
}

static void tell_clock(const struct telling *telling, const struct life_clock *clock)
{
    struct arena arena = {0};
    enum life_step step = STEP_ASK_AGAIN;
    if (!life_step_parse(telling->told.step, &step))
        return;
    str unit = party_of(telling->progress, clock->side).unit;
    str person = office_person(telling->flow, unit, step, &arena);
    tell(telling, step == STEP_HUB ? PARTY_HUB : clock->side, person);
    if (clock->side == PARTY_OWNER) /* who waits knows that it takes longer */
        tell(telling, PARTY_ASKER, STR_EMPTY);
    arena_release(&arena);
}

void tell_version(struct flow *flow, const struct stored *stored,
                  const struct definition *definition, const struct progress *progress,
                  const struct flow_teller *teller)
{
    const struct life *life = definition->life;
    const struct life_state *state = &life->states[progress->state];
    const struct code *profile = progress_profile(life, progress);
    struct telling telling = {
        .flow = flow,
        .teller = teller,
        .progress = progress,
        .told = {.id = stored->id,
                 .seq = stored->seq,
                 .kind = definition->name,
                 .what = progress->what,
                 .state = state->name,
                 .step = progress->step,
                 .profile = profile ? profile->code : STR_EMPTY,
                 .level = progress->level,
                 .due_us = progress_due(life, progress),
                 .time_us = stored->time_us},
    };
    if (progress->is_test || !teller->tell)
        return;
    if (str_eq(progress->what, S("clock")) && state->clock != LIFE_NONE)
        tell_clock(&telling, &life->clocks[state->clock]);
    else if (str_eq(progress->what, S("limit")) && life->limit)
        tell(&telling, life->limit->side, STR_EMPTY);
    telling.told.what = S("told");
    for (int i = 0; i < PARTY_COUNT; i++)
        if (progress->tells >> i & 1)
            tell(&telling, (enum party)i, STR_EMPTY);
}

void tell_alarm(struct flow *flow, const struct entry *entry, bool is_again, int64_t now_us)
{
    const struct definition *definition = view_definition(flow, entry);
    const struct life *life = definition->life;
    struct flow_told told = {
        .id = {flow->home, entry->number},
        .kind = definition->name,
        .what = S("alarm"),
        .state = life->states[entry->state].name,
        .level = entry->level,
        .due_us = entry->due_us,
        .time_us = now_us,
        .is_again = is_again,
    };
    if (entry->is_test || !flow->teller.tell)
        return;
    if (entry->profile && life->profiles)
        told.profile = life->profiles->codes[entry->profile - 1].code;
    pthread_rwlock_rdlock(&flow->lock);
    told.to = (struct flow_party){names_get(&flow->names, entry->owner_country),
                                  names_get(&flow->names, entry->owner_unit)};
    pthread_rwlock_unlock(&flow->lock);
    flow->teller.tell(flow->teller.context, &told);
}
