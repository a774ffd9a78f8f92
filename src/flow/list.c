/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who sees what, lists of it, and figures. A list goes over the shelf of the actor's country (a
 * few thousand tickets, a million at worst) and keeps the first `max` behind the place where the
 * last page ended, so that no sorted index has to be kept for each way of asking. What an actor may
 * not see is passed over before it counts against anything.
 */
#include <stdlib.h>

#include "flow/internal.h"

/* ---- who ---- */

struct onlooker onlooker_of(const struct flow *flow, const struct actor *actor)
{
    return (struct onlooker){
        .country = actor->country.len ? names_find(&flow->names, actor->country) : NO_PLACE,
        .unit = actor->unit.len ? names_find(&flow->names, actor->unit) : NO_PLACE,
        .is_desk = !str_eq(actor->role, S("auditor")) && !str_eq(actor->role, S("administrator")),
        .is_bureau = str_eq(actor->role, S("national-bureau")),
        .is_auditor = str_eq(actor->role, S("auditor")) && actor->may_audit,
        .is_hub = str_eq(actor->role, S("hub")),
        .is_protection = str_eq(actor->role, S("data-protection")),
    };
}

/*
 * The party's desk and its country's bureau; who administers or audits works at neither. What a
 * person has asked about is for bureau and data protection alone, whatever the desk.
 */
static bool is_of(const struct onlooker *onlooker, const struct entry *entry, uint32_t country,
                  uint32_t unit)
{
    if (onlooker->country != country || !onlooker->is_desk)
        return false;
    if (entry->is_request)
        return onlooker->is_bureau || onlooker->is_protection;
    return onlooker->is_bureau || onlooker->unit == unit;
}

unsigned entry_sides(const struct onlooker *onlooker, const struct entry *entry)
{
    unsigned sides = 0;
    if (entry->is_gone)
        return 0;
    if (onlooker->country != NO_PLACE) {
        if (is_of(onlooker, entry, entry->asker_country, entry->asker_unit))
            sides |= FLOW_ASKER;
        if (is_of(onlooker, entry, entry->owner_country, entry->owner_unit))
            sides |= FLOW_OWNER;
        if (onlooker->is_auditor && (entry->asker_country == onlooker->country ||
                                     entry->owner_country == onlooker->country))
            sides |= FLOW_AUDITOR;
    }
    if (onlooker->is_hub && entry->is_hub)
        sides |= FLOW_HUB;
    return sides;
}

/* ---- one in brief ---- */

/* Open ones by when they are due, then those without a clock, then the closed, newest first. */
static int64_t order_of(const struct entry *entry)
{
    if (!entry->is_open)
        return INT64_MAX - entry->since_us;
    return entry->due_us ? entry->due_us : INT64_MAX / 2 + entry->opened_us;
}

static void brief_clock(const struct life *life, const struct entry *entry, unsigned sides,
                        struct flow_brief *ret)
{
    uint8_t clock = life->states[entry->state].clock;
    if (clock == LIFE_NONE || !entry->is_open)
        return;
    static const unsigned side_of[] = {[PARTY_ASKER] = FLOW_ASKER,
                                       [PARTY_OWNER] = FLOW_OWNER,
                                       [PARTY_HUB] = FLOW_HUB,
                                       [PARTY_NODE] = 0};
    ret->clock = &life->clocks[clock];
    ret->profile = entry->profile && life->profiles && entry->profile <= life->profiles->count
                       ? &life->profiles->codes[entry->profile - 1]
                       : NULL;
    ret->due_us = entry->due_us;
    ret->level = entry->level;
    ret->is_late = entry->level > 0;
    ret->is_yours = sides & side_of[ret->clock->side];
}

void entry_brief(const struct flow *flow, const struct entry *entry, unsigned sides,
                 struct flow_brief *ret)
{
    const struct definition *definition = view_definition(flow, entry);
    const struct life *life = definition->life;
    const struct names *names = &flow->names;
    *ret = (struct flow_brief){
        .id = {flow->home, entry->number},
        .version = entry->version,
        .news = entry->news,
        .definition = definition,
        .state = &life->states[entry->state],
        .sides = sides,
        .asker = {names_get(names, entry->asker_country), names_get(names, entry->asker_unit)},
        .owner = {names_get(names, entry->owner_country), names_get(names, entry->owner_unit)},
        .subject = {entry->subject_home, entry->subject},
        .database = catalog_find(flow->catalog, names_get(names, entry->database)),
        .opened_us = entry->opened_us,
        .since_us = entry->since_us,
        .is_open = entry->is_open,
        .is_test = entry->is_test,
        .is_alarm = life->states[entry->state].is_alarm && !entry->is_test,
        .waiting = entry->waiting_to == LIFE_NONE ? NULL : &life->states[entry->waiting_to],
        .order = order_of(entry),
    };
    brief_clock(life, entry, sides, ret);
}

/* ---- going over what an actor sees ---- */

typedef enum err visit_entry(void *context, const struct entry *entry, unsigned sides);

static enum err visit_shelf(struct flow *flow, const struct onlooker *onlooker,
                            const struct shelf *shelf, bool is_hub, visit_entry *visit,
                            void *context)
{
    for (size_t i = 0; i < shelf->count; i++) {
        const struct entry *entry = &flow->entries[shelf->items[i]];
        unsigned sides = entry_sides(onlooker, entry);
        if (!sides || (is_hub && sides != FLOW_HUB)) /* those stand on the country's shelf */
            continue;
        TRY(visit(context, entry, sides));
    }
    return OK;
}

static enum err visit_shelves(struct flow *flow, const struct onlooker *onlooker,
                              enum flow_which which, visit_entry *visit, void *context)
{
    const struct shelves *both[] = {NULL, onlooker->is_hub ? &flow->hub : NULL};
    if (onlooker->country < flow->shelf_count)
        both[0] = &flow->shelves[onlooker->country];
    for (size_t i = 0; i < COUNT_OF(both); i++) {
        if (both[i] && which != FLOW_WHICH_CLOSED)
            TRY(visit_shelf(flow, onlooker, &both[i]->open, i == 1, visit, context));
        if (both[i] && which != FLOW_WHICH_OPEN)
            TRY(visit_shelf(flow, onlooker, &both[i]->closed, i == 1, visit, context));
    }
    return OK;
}

/* ---- lists ---- */

struct place {
    int64_t order;
    uint64_t number;
    const struct entry *entry;
    unsigned sides;
};

struct listing {
    const struct flow *flow;
    const struct flow_filter *filter;
    uint32_t desk;
    struct place *places; /* a heap, the last one on top, of at most max + 1 */
    size_t count, max;
};

static bool is_before(const struct place *a, const struct place *b)
{
    return a->order != b->order ? a->order < b->order : a->number < b->number;
}

static bool is_asked_for(const struct listing *listing, const struct entry *entry, unsigned sides)
{
    const struct flow_filter *filter = listing->filter;
    const struct definition *definition = view_definition(listing->flow, entry);
    if ((filter->kind && filter->kind != definition) || (filter->is_request && !entry->is_request))
        return false;
    if (filter->sides && !(filter->sides & sides))
        return false;
    if (filter->state.len && !str_eq(filter->state, definition->life->states[entry->state].name))
        return false;
    return !filter->desk.len || entry->asker_unit == listing->desk ||
           entry->owner_unit == listing->desk;
}

static void heap_sink(struct place *places, size_t count, size_t at)
{
    for (size_t child = 2 * at + 1; child < count; at = child, child = 2 * at + 1) {
        if (child + 1 < count && is_before(&places[child], &places[child + 1]))
            child++;
        if (!is_before(&places[at], &places[child]))
            return;
        struct place moved = places[at];
        places[at] = places[child];
        places[child] = moved;
    }
}

static void keep_place(struct listing *listing, struct place place)
{
    struct place *places = listing->places;
    if (listing->count == listing->max) {
        if (is_before(&place, &places[0])) {
            places[0] = place;
            heap_sink(places, listing->count, 0);
        }
        return;
    }
    size_t at = listing->count++;
    for (; at && is_before(&places[(at - 1) / 2], &place); at = (at - 1) / 2)
        places[at] = places[(at - 1) / 2];
    places[at] = place;
}

static enum err list_entry(void *context, const struct entry *entry, unsigned sides)
{
    struct listing *listing = context;
    struct place place = {order_of(entry), entry->number, entry, sides};
    struct place after = {.order = listing->filter->after_order,
                          .number = listing->filter->after_number};
    if (is_asked_for(listing, entry, sides) && is_before(&after, &place))
        keep_place(listing, place);
    return OK;
}

static int compare_places(const void *a, const void *b)
{
    return is_before(a, b) ? -1 : 1;
}

enum err flow_list(struct flow *flow, const struct actor *actor, const struct flow_filter *filter,
                   struct arena *arena, struct flow_brief **ret, size_t *ret_count, bool *ret_more)
{
    size_t max = filter->max && filter->max < FLOW_LIST_MAX ? filter->max : FLOW_LIST_MAX;
    struct listing listing = {.flow = flow, .filter = filter, .max = max + 1};
    listing.places = arena_array(arena, struct place, max + 1);
    struct flow_brief *briefs = arena_array(arena, struct flow_brief, max);
    if (!listing.places || !briefs)
        return err_last()->code;
    pthread_rwlock_rdlock(&flow->lock);
    struct onlooker onlooker = onlooker_of(flow, actor);
    listing.desk = names_find(&flow->names, filter->desk);
    enum err code = visit_shelves(flow, &onlooker, filter->which, list_entry, &listing);
    qsort(listing.places, listing.count, sizeof *listing.places, compare_places);
    size_t count = listing.count < max ? listing.count : max;
    for (size_t i = 0; i < count; i++)
        entry_brief(flow, listing.places[i].entry, listing.places[i].sides, &briefs[i]);
    pthread_rwlock_unlock(&flow->lock);
    *ret = briefs;
    *ret_count = count;
    *ret_more = listing.count > max;
    return code;
}

/* ---- news ---- */

static enum err newest(void *context, const struct entry *entry, unsigned sides)
{
    uint64_t *best = context;
    (void)sides;
    if (entry->news > *best)
        *best = entry->news;
    return OK;
}

uint64_t flow_news(struct flow *flow, const struct actor *actor, uint64_t *looked)
{
    uint64_t best = 0;
    pthread_rwlock_rdlock(&flow->lock);
    struct onlooker onlooker = onlooker_of(flow, actor);
    uint64_t newer = onlooker.is_hub ? flow->hub.open.news : 0;
    if (onlooker.country < flow->shelf_count && flow->shelves[onlooker.country].open.news > newer)
        newer = flow->shelves[onlooker.country].open.news;
    if (newer > *looked)
        (void)visit_shelves(flow, &onlooker, FLOW_WHICH_ALL, newest, &best);
    *looked = newer;
    pthread_rwlock_unlock(&flow->lock);
    return best;
}

/* ---- figures ---- */

enum { COUNTRIES_MAX = 1024 };

struct answer_time {
    uint32_t at; /* of figures */
    int64_t us;
};

struct counting {
    struct flow *flow;
    struct arena *arena;
    enum party by;
    int64_t from_us, to_us;
    struct flow_figures *figures;
    uint32_t *countries;
    size_t count;
    struct answer_time *times;
    size_t time_count, time_max;
};

static enum err figures_for(struct counting *counting, uint32_t country, size_t *ret)
{
    size_t at = 0;
    while (at < counting->count && counting->countries[at] != country)
        at++;
    if (at == COUNTRIES_MAX)
        return err_set(ERR_LIMIT, "figures of more than %d countries", COUNTRIES_MAX);
    if (at == counting->count) {
        counting->countries[counting->count++] = country;
        counting->figures[at].country = names_get(&counting->flow->names, country);
    }
    *ret = at;
    return OK;
}

static enum err keep_time(struct counting *counting, size_t at, int64_t us)
{
    if (counting->time_count == counting->time_max) {
        size_t max = counting->time_max ? counting->time_max * 2 : 256;
        struct answer_time *times = realloc(counting->times, max * sizeof *times);
        if (!times)
            return err_set(ERR_MEMORY, "out of memory for figures");
        counting->times = times;
        counting->time_max = max;
    }
    counting->times[counting->time_count++] = (struct answer_time){(uint32_t)at, us};
    return OK;
}

static enum err count_entry(void *context, const struct entry *entry, unsigned sides)
{
    struct counting *counting = context;
    size_t at = 0;
    (void)sides;
    if (entry->is_test || !life_has_answers(view_definition(counting->flow, entry)->life) ||
        entry->opened_us < counting->from_us || entry->opened_us >= counting->to_us)
        return OK;
    TRY(figures_for(counting,
                    counting->by == PARTY_OWNER ? entry->owner_country : entry->asker_country,
                    &at));
    struct flow_figures *figures = &counting->figures[at];
    figures->asked++;
    figures->open += entry->is_open;
    figures->answered += entry->answer != ANSWER_NONE;
    figures->confirmed += entry->answer == ANSWER_CONFIRMED;
    figures->not_confirmed += entry->answer == ANSWER_NOT_CONFIRMED;
    figures->refused += entry->answer == ANSWER_REFUSED;
    figures->late += entry->is_late;
    figures->outcomes += entry->is_outcome;
    figures->wrong += entry->is_false;
    return entry->answer_us > 0 ? keep_time(counting, at, entry->answer_us) : OK;
}

static int compare_times(const void *a, const void *b)
{
    const struct answer_time *one = a;
    const struct answer_time *other = b;
    if (one->at != other->at)
        return one->at < other->at ? -1 : 1;
    return (one->us > other->us) - (one->us < other->us);
}

static void take_medians(struct counting *counting)
{
    if (counting->time_count)
        qsort(counting->times, counting->time_count, sizeof *counting->times, compare_times);
    for (size_t from = 0, to; from < counting->time_count; from = to) {
        to = from;
        while (to < counting->time_count && counting->times[to].at == counting->times[from].at)
            to++;
        counting->figures[counting->times[from].at].median_answer_us =
            counting->times[from + (to - from - 1) / 2].us;
    }
}

static int compare_figures(const void *a, const void *b)
{
    return str_compare(((const struct flow_figures *)a)->country,
                       ((const struct flow_figures *)b)->country);
}

enum err flow_figures(struct flow *flow, const struct actor *actor, enum party by, int64_t from_us,
                      int64_t to_us, struct arena *arena, struct flow_figures **ret,
                      size_t *ret_count)
{
    struct counting counting = {
        .flow = flow, .arena = arena, .by = by, .from_us = from_us, .to_us = to_us};
    counting.figures = arena_array(arena, struct flow_figures, COUNTRIES_MAX);
    counting.countries = arena_array(arena, uint32_t, COUNTRIES_MAX);
    if (!counting.figures || !counting.countries)
        return err_last()->code;
    pthread_rwlock_rdlock(&flow->lock);
    struct onlooker onlooker = onlooker_of(flow, actor);
    enum err code = visit_shelves(flow, &onlooker, FLOW_WHICH_ALL, count_entry, &counting);
    pthread_rwlock_unlock(&flow->lock);
    take_medians(&counting);
    qsort(counting.figures, counting.count, sizeof *counting.figures, compare_figures);
    free(counting.times);
    *ret = counting.figures;
    *ret_count = counting.count;
    return code;
}
