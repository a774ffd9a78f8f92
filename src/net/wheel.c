/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of a loop's connections: a hashed wheel, 512 slots of 250 ms (two minutes around).
 *
 * Moving a deadline later, which every request does, is one store: the timer stays in its slot and,
 * when the wheel comes by, is put where it now belongs. Only an earlier deadline relinks. A slot
 * holds a list, so setting and removing are O(1) and a tick costs what lies in its slot. Deadlines
 * beyond the horizon wait in the farthest slot and are looked at again there.
 */
#include "net/internal.h"

static struct timer *slot_of(struct wheel *wheel, int64_t at_ms)
{
    int64_t tick = at_ms / WHEEL_TICK_MS + 1;
    if (tick <= wheel->tick)
        tick = wheel->tick + 1;
    if (tick >= wheel->tick + WHEEL_SLOTS)
        tick = wheel->tick + WHEEL_SLOTS - 1;
    return &wheel->slots[tick % WHEEL_SLOTS];
}

void wheel_init(struct wheel *wheel, int64_t now)
{
    for (size_t i = 0; i < WHEEL_SLOTS; i++) {
        struct timer *head = &wheel->slots[i];
        head->next = head->previous = head;
    }
    wheel->tick = now / WHEEL_TICK_MS;
}

void wheel_remove(struct timer *timer)
{
    if (!timer->next)
        return;
    timer->previous->next = timer->next;
    timer->next->previous = timer->previous;
    timer->next = timer->previous = NULL;
}

static void link_timer(struct wheel *wheel, struct timer *timer)
{
    struct timer *head = slot_of(wheel, timer->deadline_ms);
    timer->slot_ms = timer->deadline_ms;
    timer->next = head->next;
    timer->previous = head;
    head->next->previous = timer;
    head->next = timer;
}

void wheel_set(struct wheel *wheel, struct timer *timer, int64_t deadline_ms)
{
    timer->deadline_ms = deadline_ms;
    if (timer->next && deadline_ms >= timer->slot_ms)
        return;
    wheel_remove(timer);
    link_timer(wheel, timer);
}

static void turn_slot(struct wheel *wheel, int64_t now, wheel_expired *expired, void *context)
{
    struct timer *head = &wheel->slots[wheel->tick % WHEEL_SLOTS];
    struct timer list = {.next = head->next, .previous = head->previous};
    if (list.next == head)
        return;
    list.next->previous = list.previous->next = &list; /* the slot's list is now ours alone */
    head->next = head->previous = head;
    while (list.next != &list) {
        struct timer *timer = list.next;
        wheel_remove(timer);
        if (timer->deadline_ms <= now)
            expired(context, timer);
        else
            link_timer(wheel, timer);
    }
}

void wheel_turn(struct wheel *wheel, int64_t now, wheel_expired *expired, void *context)
{
    int64_t until = now / WHEEL_TICK_MS;
    if (until - wheel->tick > WHEEL_SLOTS) /* the machine slept: once around sees everything */
        wheel->tick = until - WHEEL_SLOTS;
    while (wheel->tick < until) {
        wheel->tick++;
        turn_slot(wheel, now, expired, context);
    }
}
