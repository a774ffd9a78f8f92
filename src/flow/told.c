/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is told what. Only offices, ids and words of definitions leave this way: whoever reads an
 * alarm on a wall, in a mailbox or a log learns of no person. Test records ring nowhere.
 */
#include "flow/internal.h"

static void tell(struct flow *flow, const struct definition *definition,
                 const struct flow_told *told)
{
    struct flow_told all = *told;
    all.kind = definition->name;
    if (flow->tell)
        flow->tell(flow->tell_context, &all);
}

static struct flow_party party_of(const struct progress *progress, enum party party)
{
    if (party == PARTY_OWNER)
        return progress->owner;
    return party == PARTY_ASKER ? progress->asker : (struct flow_party){STR_EMPTY, STR_EMPTY};
}

void tell_sides(struct flow *flow, const struct ticket *ticket, const bool tells[PARTY_COUNT],
                const char *what, str step)
{
    const struct progress *progress = &ticket->progress;
    for (int i = 0; i < PARTY_COUNT && !progress->is_test; i++)
        if (tells[i] && (i != PARTY_HUB || progress->is_hub))
            tell(flow, ticket->definition,
                 &(struct flow_told){.id = {flow->home, ticket->stored.id.number},
                                     .what = str_c(what),
                                     .state = ticket->life->states[progress->state].name,
                                     .step = step,
                                     .profile = progress->profile,
                                     .to = party_of(progress, (enum party)i),
                                     .level = progress->level,
                                     .due_us = progress_due(ticket->life, progress),
                                     .time_us = progress->since_us});
}

void tell_entry(struct flow *flow, const struct entry *entry, enum party party, const char *what,
                str step, str person, int64_t now_us)
{
    const struct definition *definition = view_definition(flow, entry);
    const struct life *life = definition->life;
    struct flow_party to = {STR_EMPTY, STR_EMPTY};
    if (entry->is_test)
        return;
    pthread_rwlock_rdlock(&flow->lock);
    if (party == PARTY_OWNER)
        to = (struct flow_party){names_get(&flow->names, entry->owner_country),
                                 names_get(&flow->names, entry->owner_unit)};
    else if (party == PARTY_ASKER)
        to = (struct flow_party){names_get(&flow->names, entry->asker_country),
                                 names_get(&flow->names, entry->asker_unit)};
    pthread_rwlock_unlock(&flow->lock);
    tell(flow, definition,
         &(struct flow_told){
             .id = {flow->home, entry->number},
             .what = str_c(what),
             .state = life->states[entry->state].name,
             .step = step,
             .profile = entry->profile && life->profiles
                            ? life->profiles->codes[entry->profile - 1].code
                            : STR_EMPTY,
             .to = to,
             .person = person,
             .level = entry->level,
             .due_us = entry->due_us,
             .time_us = now_us,
         });
}
