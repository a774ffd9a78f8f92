/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory kept true: from a stored version of a ticket to its entry, its shelves and its timer.
 * Everything here can be thrown away and is made again from the store at open.
 *
 * `news` numbers what an onlooker should know of: it begins at the second in which the process
 * opened, times 2^20, so that what a page remembered before a restart is always older.
 */
#include <stdlib.h>

#include "base/log.h"

#include "codec/json.h"
#include "flow/internal.h"

enum { TICKETS_MAX = 100000000, FIRST_ENTRIES = 1024 };

/* ---- finding ---- */

static uint32_t slot_of(const struct flow *flow, uint64_t number)
{
    uint32_t slot = (uint32_t)hash_mix(number, 0x9E3779B97F4A7C15u) & (flow->slot_count - 1);
    while (flow->slots[slot] && flow->entries[flow->slots[slot] - 1].number != number)
        slot = (slot + 1) & (flow->slot_count - 1);
    return slot;
}

struct entry *view_find(const struct flow *flow, uint64_t number)
{
    uint32_t slot = flow->slot_count ? slot_of(flow, number) : 0;
    uint32_t place = flow->slot_count ? flow->slots[slot] : 0;
    return place && !flow->entries[place - 1].is_gone ? &flow->entries[place - 1] : NULL;
}

const struct definition *view_definition(const struct flow *flow, const struct entry *entry)
{
    return flow->catalog->definitions[entry->definition];
}

static enum err grow(struct flow *flow)
{
    uint32_t max = flow->max ? flow->max * 2 : FIRST_ENTRIES;
    if (max > TICKETS_MAX)
        return err_set(ERR_LIMIT, "more than %d tickets", TICKETS_MAX / 2);
    struct entry *entries = realloc(flow->entries, max * sizeof *entries);
    if (entries)
        flow->entries = entries;
    uint32_t *slots = calloc((size_t)max * 2, sizeof *slots);
    if (!entries || !slots) {
        free(slots);
        return err_set(ERR_MEMORY, "out of memory for %u tickets", max);
    }
    free(flow->slots);
    flow->slots = slots;
    flow->slot_count = max * 2;
    flow->max = max;
    for (uint32_t i = 0; i < flow->count; i++)
        slots[slot_of(flow, flow->entries[i].number)] = i + 1;
    return OK;
}

static enum err find_or_make(struct flow *flow, uint64_t number, struct entry **ret)
{
    uint32_t slot = flow->slot_count ? slot_of(flow, number) : 0;
    if (flow->slot_count && flow->slots[slot]) {
        *ret = &flow->entries[flow->slots[slot] - 1];
        return OK;
    }
    if (flow->count == flow->max)
        TRY(grow(flow));
    *ret = &flow->entries[flow->count++];
    **ret = (struct entry){.number = number,
                           .wake_us = INT64_MAX,
                           .heap_at = NO_PLACE,
                           .shelf_at = {NO_PLACE, NO_PLACE, NO_PLACE}};
    flow->slots[slot_of(flow, number)] = flow->count;
    return OK;
}

/* ---- shelves ---- */

static enum err shelves_of(struct flow *flow, uint32_t country, struct shelves **ret)
{
    if (country >= flow->shelf_count) {
        uint32_t count = country + 64;
        struct shelves *shelves = realloc(flow->shelves, count * sizeof *shelves);
        if (!shelves)
            return err_set(ERR_MEMORY, "out of memory for the shelves of %u countries", count);
        memset(shelves + flow->shelf_count, 0, (count - flow->shelf_count) * sizeof *shelves);
        flow->shelves = shelves;
        flow->shelf_count = count;
    }
    *ret = &flow->shelves[country];
    return OK;
}

struct shelves *entry_shelves(struct flow *flow, const struct entry *entry, int which)
{
    if (which == SHELF_HUB)
        return &flow->hub;
    return &flow->shelves[which == SHELF_ASKER ? entry->asker_country : entry->owner_country];
}

static enum err shelf_add(struct flow *flow, struct shelf *shelf, struct entry *entry, int which)
{
    if (shelf->count == shelf->max) {
        size_t max = shelf->max ? shelf->max * 2 : 64;
        uint32_t *items = realloc(shelf->items, max * sizeof *items);
        if (!items)
            return err_set(ERR_MEMORY, "out of memory for a shelf of %zu tickets", max);
        shelf->items = items;
        shelf->max = max;
    }
    entry->shelf_at[which] = (uint32_t)shelf->count;
    shelf->items[shelf->count++] = (uint32_t)(entry - flow->entries);
    return OK;
}

/* The last one takes the place; it may stand on this shelf by another of its own places. */
static void shelf_remove(struct flow *flow, struct entry *entry, int which)
{
    uint32_t at = entry->shelf_at[which];
    if (at == NO_PLACE)
        return;
    struct shelves *shelves = entry_shelves(flow, entry, which);
    struct shelf *shelf = entry->is_open ? &shelves->open : &shelves->closed;
    struct entry *last = &flow->entries[shelf->items[--shelf->count]];
    shelf->items[at] = (uint32_t)(last - flow->entries);
    for (int i = 0; i < SHELF_COUNT; i++)
        if (last->shelf_at[i] == shelf->count && entry_shelves(flow, last, i) == shelves)
            last->shelf_at[i] = at;
    entry->shelf_at[which] = NO_PLACE;
}

static void leave_shelves(struct flow *flow, struct entry *entry)
{
    for (int i = 0; i < SHELF_COUNT; i++)
        shelf_remove(flow, entry, i);
}

static enum err enter_shelves(struct flow *flow, struct entry *entry)
{
    for (int i = 0; i < SHELF_COUNT; i++) {
        struct shelves *shelves = &flow->hub;
        if (i == SHELF_HUB ? !entry->is_hub
                           : i == SHELF_OWNER && entry->owner_country == entry->asker_country)
            continue;
        if (i != SHELF_HUB)
            TRY(shelves_of(flow, i == SHELF_ASKER ? entry->asker_country : entry->owner_country,
                           &shelves));
        struct shelf *shelf = entry->is_open ? &shelves->open : &shelves->closed;
        TRY(shelf_add(flow, shelf, entry, i));
        shelves->open.news = shelves->closed.news = entry->news;
    }
    return OK;
}

/* ---- from a version to an entry ---- */

static int64_t first_answer(const struct life *life, const struct progress *progress,
                            uint8_t *ret_answer)
{
    int64_t best = 0;
    for (size_t i = 0; i < life->state_count; i++) {
        int64_t at = progress->at_us[i];
        if (!at || life->states[i].answer == ANSWER_NONE || (best && at >= best))
            continue;
        best = at;
        *ret_answer = (uint8_t)life->states[i].answer;
    }
    return best;
}

/* When the owner's clock began to run: with the first state that has one of theirs. */
static int64_t asked_at(const struct life *life, const struct progress *progress)
{
    int64_t best = 0;
    for (size_t i = 0; i < life->state_count; i++) {
        uint8_t clock = life->states[i].clock;
        int64_t at = progress->at_us[i];
        if (at && clock != LIFE_NONE && life->clocks[clock].side == PARTY_OWNER &&
            (!best || at < best))
            best = at;
    }
    return best;
}

static enum err name_entry(struct flow *flow, const struct progress *progress, struct entry *entry)
{
    TRY(names_put(&flow->names, progress->asker.country, &entry->asker_country));
    TRY(names_put(&flow->names, progress->asker.unit, &entry->asker_unit));
    TRY(names_put(&flow->names, progress->owner.country, &entry->owner_country));
    TRY(names_put(&flow->names, progress->owner.unit, &entry->owner_unit));
    return names_put(&flow->names, progress->database, &entry->database);
}

void entry_wake(struct flow *flow, struct entry *entry)
{
    const int64_t times[] = {entry->due_us, entry->limit_us, entry->alarm_us};
    entry->wake_us = INT64_MAX;
    for (size_t i = 0; i < COUNT_OF(times); i++)
        if (times[i] && times[i] < entry->wake_us && !entry->is_gone)
            entry->wake_us = times[i];
    heap_set(flow, (uint32_t)(entry - flow->entries));
}

static bool node_moves(const struct life *life, uint8_t state)
{
    for (size_t i = 0; i < life->move_count; i++)
        if (move_is_nodes(life, &life->moves[i], state))
            return true;
    return false;
}

static void time_entry(const struct life *life, const struct progress *progress, bool is_new_state,
                       struct entry *entry)
{
    const struct life_state *state = &life->states[progress->state];
    int64_t limit = progress->is_limit_told ? 0 : progress_limit(life, progress, NULL);
    int64_t now = clock_now_us();
    bool sounds = state->is_alarm && !progress->is_test;
    entry->since_us = progress->since_us;
    entry->due_us = progress_due(life, progress);
    if (node_moves(life, progress->state)) /* cut off between two moves: go on */
        entry->due_us = progress->since_us;
    entry->limit_us = state->is_end ? 0 : limit; /* also one that passed while the node was down */
    if (!sounds)
        entry->alarm_us = 0;
    else if (is_new_state)
        entry->alarm_us = now, entry->is_rung = false;
    entry->opened_us = progress->at_us[life->moves[0].to];
}

static enum err fill_entry(struct flow *flow, const struct stored *stored,
                           const struct definition *definition, const struct progress *progress,
                           struct entry *entry)
{
    const struct life *life = definition->life;
    const struct code *profile = progress_profile(life, progress);
    bool is_new_state = entry->version == 0 || entry->state != progress->state;
    TRY(name_entry(flow, progress, entry));
    entry->definition = definition->number;
    entry->version = stored->version;
    entry->subject = progress->subject.number;
    entry->subject_home = progress->subject.home;
    entry->state = progress->state;
    entry->level = (uint8_t)(progress->level < UINT8_MAX ? progress->level : UINT8_MAX);
    entry->profile = profile ? (uint16_t)(profile->number + 1) : 0;
    entry->waiting_to = progress->waiting_to;
    entry->is_test = progress->is_test;
    entry->is_request = life->request != NULL;
    entry->is_hub = progress->is_hub;
    entry->is_false = progress->is_false;
    entry->is_late = progress->late[PARTY_OWNER] > 0;
    entry->is_open = !life->states[progress->state].is_end && stored->state != STATE_DELETED;
    int64_t answered = first_answer(life, progress, &entry->answer);
    int64_t asked = asked_at(life, progress);
    entry->answer_us = answered && asked ? answered - asked : 0;
    const struct life_state *state = &life->states[progress->state];
    entry->is_outcome = state->answer == ANSWER_NONE && (answered || state->is_end);
    time_entry(life, progress, is_new_state, entry);
    return OK;
}

static enum err apply(struct flow *flow, const struct stored *stored,
                      const struct definition *definition, const struct progress *progress)
{
    struct entry *entry = NULL;
    TRY(heap_reserve(flow));
    TRY(find_or_make(flow, stored->id.number, &entry));
    if (entry->version >= stored->version) /* taken already */
        return OK;
    TRY(score_entry(flow, entry, true));
    leave_shelves(flow, entry);
    entry->news = ++flow->news;
    entry->is_gone = !progress;
    if (progress)
        TRY(fill_entry(flow, stored, definition, progress, entry));
    TRY(score_entry(flow, entry, false));
    entry_wake(flow, entry);
    return progress ? enter_shelves(flow, entry) : OK;
}

static enum err parse(const struct stored *stored, const struct definition *definition,
                      struct arena *arena, struct progress *ret)
{
    struct node *body = NULL;
    TRY(json_parse(stored->body, arena, &body));
    return progress_read(definition->life, node_get(body, S("flow")), arena, ret);
}

enum err view_take(struct flow *flow, const struct stored *stored, bool is_told)
{
    const struct definition *definition = catalog_find(flow->catalog, stored->definition);
    struct arena arena = {0};
    struct progress progress;
    if (!definition || !definition_is_ticket(definition))
        return OK;
    bool is_erased = stored->is_erased || stored->body.len == 0;
    enum err code = is_erased ? OK : parse(stored, definition, &arena, &progress);
    if (!code) {
        pthread_rwlock_wrlock(&flow->lock);
        code = apply(flow, stored, definition, is_erased ? NULL : &progress);
        pthread_rwlock_unlock(&flow->lock);
    }
    if (!code && !is_erased && is_told)
        tell_version(flow, stored, definition, &progress, &flow->teller);
    arena_release(&arena);
    flow_hurry(flow); /* its timer may be the next */
    return code;
}

enum err view_tell(struct flow *flow, const struct stored *stored, const struct flow_teller *teller)
{
    const struct definition *definition = catalog_find(flow->catalog, stored->definition);
    struct arena arena = {0};
    struct progress progress;
    if (!definition || !definition_is_ticket(definition) || stored->is_erased ||
        stored->body.len == 0)
        return OK;
    enum err code = parse(stored, definition, &arena, &progress);
    if (!code)
        tell_version(flow, stored, definition, &progress, teller);
    arena_release(&arena);
    return code;
}

/* ---- at open ---- */

struct filling {
    struct flow *flow;
    uint64_t left_out;
};

static enum err fill_one(void *context, const struct stored *stored)
{
    struct filling *filling = context;
    char id[RECORD_ID_TEXT];
    char text[1024];
    if (view_take(filling->flow, stored, false) == OK)
        return OK;
    if (filling->left_out++ == 0) /* one tells what is wrong; a million would hide it */
        log_write(LOG_WARN, "ticket %s is left out: %s", record_id_format(stored->id, id),
                  err_format(err_last(), text, sizeof text));
    err_clear();
    return OK;
}

enum err view_fill(struct flow *flow)
{
    for (size_t i = 0; i < flow->catalog->count; i++) {
        const struct definition *definition = flow->catalog->definitions[i];
        struct filling filling = {.flow = flow};
        if (!definition_is_ticket(definition))
            continue;
        TRY(store_each(flow->store, definition->name, fill_one, &filling));
        if (filling.left_out > 1)
            log_write(LOG_WARN, "%llu tickets of \"%.*s\" are left out",
                      (unsigned long long)filling.left_out, STR(definition->name));
    }
    return OK;
}

static void shelves_free(struct shelves *shelves)
{
    free(shelves->open.items);
    free(shelves->closed.items);
}

void view_free(struct flow *flow)
{
    for (uint32_t i = 0; i < flow->shelf_count; i++)
        shelves_free(&flow->shelves[i]);
    shelves_free(&flow->hub);
    free(flow->shelves);
    free(flow->entries);
    free(flow->slots);
    free(flow->heap);
    names_release(&flow->names);
}
