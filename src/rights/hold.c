/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holds a record back although its owner has not withdrawn it: a request that is examined, or
 * the hub. A hold is a record of its own (system/hold.yaml) that points at the one held, committed
 * together with the step that puts that into the state "suspended"; as long as one is active no
 * change of the owner's, by hand or by import, makes the record active again (rights_guard), and
 * the sweep leaves it when its day passes (rights_holds). So histories never fork: the owner goes
 * on correcting, cancelling and deleting what is his.
 *
 * In memory: a table by number, open addressing, filled from the holds at opening. A record is
 * marked before its hold is committed, for the time until the store's hook has seen it.
 */
#include <stdlib.h>

#include "rights/internal.h"

#define HOLD "hold"
enum { FIRST_SLOTS = 256, MARK_US = 60000000, HELD_MAX = 1 << 22 };

static const char *const words[HELD_WHYS] = {[HELD_FOR_REQUEST] = "request", [HELD_BY_HUB] = "hub"};

const char *rights_why_word(enum rights_why why)
{
    return words[why];
}

/* ---- the table; the lock is held ---- */

static size_t slot_of(const struct held_table *table, uint64_t number)
{
    size_t slot = hash_mix(number, 0x9E3779B97F4A7C15u) & (table->slot_count - 1);
    while (table->slots[slot].number && table->slots[slot].number != number)
        slot = (slot + 1) & (table->slot_count - 1);
    return slot;
}

static struct held *held_find(const struct held_table *table, uint64_t number)
{
    size_t slot = table->slot_count ? slot_of(table, number) : 0;
    return table->slot_count && table->slots[slot].number ? &table->slots[slot] : NULL;
}

static bool is_held(const struct held *held)
{
    return held && (held->hold[HELD_FOR_REQUEST] || held->hold[HELD_BY_HUB]);
}

static enum err grow(struct held_table *table)
{
    struct held_table next = {.slot_count =
                                  table->slot_count ? table->slot_count * 2 : FIRST_SLOTS};
    if (next.slot_count > HELD_MAX)
        return err_set(ERR_LIMIT, "more than %d records are held back", HELD_MAX / 2);
    next.slots = calloc(next.slot_count, sizeof *next.slots);
    if (!next.slots)
        return err_set(ERR_MEMORY, "out of memory for records that are held back");
    for (size_t i = 0; i < table->slot_count; i++) {
        const struct held *held = &table->slots[i];
        if (!is_held(held) && !held->marked_until_us)
            continue;
        next.slots[slot_of(&next, held->number)] = *held;
        next.count++;
    }
    free(table->slots);
    *table = next;
    return OK;
}

static enum err held_make(struct held_table *table, uint64_t number, struct held **ret)
{
    if (table->count * 2 >= table->slot_count)
        TRY(grow(table));
    struct held *held = &table->slots[slot_of(table, number)];
    if (!held->number) {
        *held = (struct held){.number = number};
        table->count++;
    }
    *ret = held;
    return OK;
}

/* ---- asking it ---- */

bool rights_held(struct rights *rights, struct record_id id, struct rights_hold *ret)
{
    struct rights_hold hold = {.since_us = 0};
    pthread_rwlock_rdlock(&rights->lock);
    const struct held *held =
        id.home == store_home(rights->node.store) ? held_find(&rights->held, id.number) : NULL;
    bool is_it = is_held(held);
    for (int i = 0; is_it && i < HELD_WHYS; i++) {
        hold.is_held[i] = held->hold[i] != 0;
        if (held->hold[i] && (!hold.since_us || held->since_us[i] < hold.since_us))
            hold.since_us = held->since_us[i];
    }
    pthread_rwlock_unlock(&rights->lock);
    if (ret)
        *ret = hold;
    return is_it;
}

enum err rights_check_free(struct rights *rights, struct record_id id)
{
    char text[RECORD_ID_TEXT];
    struct rights_hold hold;
    if (!rights_held(rights, id, &hold))
        return OK;
    return err_set(ERR_CONFLICT, "record %s is suspended %s", record_id_format(id, text),
                   hold.is_held[HELD_BY_HUB] ? "by the hub"
                                             : "while a person's request is examined");
}

bool rights_holds(void *context, uint64_t number)
{
    struct rights *rights = context;
    pthread_rwlock_rdlock(&rights->lock);
    const struct held *held = held_find(&rights->held, number);
    bool is_it = is_held(held) || (held && held->marked_until_us > clock_monotonic_us());
    pthread_rwlock_unlock(&rights->lock);
    return is_it;
}

enum state rights_guard(void *context, uint64_t number, enum state wanted)
{
    return wanted == STATE_ACTIVE && rights_holds(context, number) ? STATE_SUSPENDED : wanted;
}

/* ---- kept true ---- */

static bool read_why(str word, enum rights_why *ret)
{
    for (int i = 0; i < HELD_WHYS; i++)
        if (str_eq_c(word, words[i])) {
            *ret = (enum rights_why)i;
            return true;
        }
    return false;
}

static enum err take_up(struct rights *rights, const struct stored *stored, uint64_t number,
                        enum rights_why why, enum state before)
{
    struct held *held = NULL;
    bool is_active = stored->state == STATE_ACTIVE, is_free = false;
    pthread_rwlock_wrlock(&rights->lock);
    enum err code = held_make(&rights->held, number, &held);
    if (!code) {
        bool is_first = !is_held(held);
        held->marked_until_us = 0;
        if (is_active && is_first)
            held->before = before;
        if (is_active || held->hold[why] == stored->id.number)
            held->hold[why] = is_active ? stored->id.number : 0;
        held->since_us[why] = stored->entered_us;
        is_free = !is_held(held);
    }
    pthread_rwlock_unlock(&rights->lock);
    if (is_free && keep_is_over(rights->node.keep, number))
        keep_hurry(rights->node.keep);
    return code;
}

enum err holds_take(struct rights *rights, const struct stored *stored)
{
    struct arena arena = {0};
    struct node *body = NULL;
    struct record_id record;
    enum rights_why why;
    enum state before = STATE_ACTIVE;
    if (!str_eq(stored->definition, S(HOLD)) || stored->is_erased || !stored->body.len)
        return OK;
    enum err code = json_parse(stored->body, &arena, &body);
    const struct node *fields = node_get(body, S("fields"));
    if (!code && record_id_parse(node_get_text(fields, S("record")), &record) &&
        read_why(node_get_text(fields, S("why")), &why)) {
        (void)state_parse(node_get_text(fields, S("before")), &before);
        code = take_up(rights, stored, record.number, why, before);
    }
    arena_release(&arena);
    return code;
}

static enum err fill_one(void *context, const struct stored *stored)
{
    return holds_take(context, stored);
}

enum err holds_fill(struct rights *rights)
{
    return store_each(rights->node.store, S(HOLD), fill_one, rights);
}

void holds_free(struct rights *rights)
{
    free(rights->held.slots);
}

/* ---- beginning and ending ---- */

enum err changes_add(struct changes *changes, const struct change *change)
{
    if (changes->count == changes->max)
        return err_set(ERR_LIMIT, "more than %zu changes at once", changes->max);
    changes->items[changes->count++] = *change;
    return OK;
}

static enum err mark(struct rights *rights, uint64_t number)
{
    struct held *held = NULL;
    pthread_rwlock_wrlock(&rights->lock);
    enum err code = held_make(&rights->held, number, &held);
    if (!code)
        held->marked_until_us = clock_monotonic_us() + MARK_US;
    pthread_rwlock_unlock(&rights->lock);
    return code;
}

static enum err make_hold(struct rights *rights, const struct stored *record, enum rights_why why,
                          struct record_id ticket, enum state before, str by, struct arena *arena,
                          struct change *ret)
{
    char id[RECORD_ID_TEXT];
    struct node *fields = node_map(arena);
    node_put_text(arena, fields, S("record"),
                  arena_str(arena, str_c(record_id_format(record->id, id))));
    node_put_text(arena, fields, S("why"), str_c(words[why]));
    if (ticket.number)
        node_put_text(arena, fields, S("ticket"),
                      arena_str(arena, str_c(record_id_format(ticket, id))));
    node_put_text(arena, fields, S("before"), str_c(state_word(before)));
    return change_make(
        rights->node.catalog,
        &(struct made){.definition = HOLD, .owner = record->owner, .actor = by, .fields = fields},
        arena, ret);
}

static struct change state_change(const struct stored *record, enum state state, str by)
{
    return (struct change){.kind = CHANGE_STATE,
                           .number = record->id.number,
                           .expect_version = record->version,
                           .definition = record->definition,
                           .owner = record->owner,
                           .state = state,
                           .actor = by,
                           .is_of_holder = true};
}

static struct held held_now(struct rights *rights, uint64_t number)
{
    struct held copy = {.before = STATE_ACTIVE};
    pthread_rwlock_rdlock(&rights->lock);
    const struct held *held = held_find(&rights->held, number);
    if (held)
        copy = *held;
    pthread_rwlock_unlock(&rights->lock);
    return copy;
}

enum err hold_begin(struct rights *rights, const struct stored *record, enum rights_why why,
                    struct record_id ticket, str by, struct arena *arena, struct changes *changes)
{
    struct change hold;
    struct held held = held_now(rights, record->id.number);
    if (held.hold[why])
        return OK;
    enum state before = is_held(&held) ? held.before : record->state;
    TRY(make_hold(rights, record, why, ticket, before, by, arena, &hold));
    TRY(mark(rights, record->id.number));
    TRY(changes_add(changes, &hold));
    if (record->state != STATE_ACTIVE)
        return OK;
    struct change suspended = state_change(record, STATE_SUSPENDED, by);
    return changes_add(changes, &suspended);
}

enum err hold_end(struct rights *rights, const struct stored *record, enum rights_why why,
                  struct change *own, str by, struct changes *changes)
{
    struct held held = held_now(rights, record->id.number);
    if (!held.hold[why])
        return OK;
    struct change ended = {.kind = CHANGE_STATE,
                           .number = held.hold[why],
                           .definition = S(HOLD),
                           .owner = record->owner,
                           .state = STATE_EXPIRED,
                           .actor = by};
    TRY(changes_add(changes, &ended));
    bool is_last = !held.hold[1 - why];
    bool is_freed = is_last && record->state == STATE_SUSPENDED && held.before != record->state;
    if (!is_freed || (own && own->kind == CHANGE_ERASE))
        return OK;
    /* Its day has passed meanwhile: it is not shown again before the sweep takes it. */
    bool is_over = keep_is_over(rights->node.keep, record->id.number);
    enum state after = is_over ? STATE_EXPIRED : held.before;
    if (own) {
        own->state = after;
        own->is_of_holder = true;
        return OK;
    }
    struct change freed = state_change(record, after, by);
    return changes_add(changes, &freed);
}
