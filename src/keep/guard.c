/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the clock is not believed. What a sweep deletes cannot be had back, so a clock that jumped -
 * a dead battery, a wrong time server, a hand - must not empty the node. Sweeps wait, and nothing
 * is deleted or told, until the clock is right again or somebody at the machine has confirmed the
 * day, when it is
 *
 *   at the start      more than KEEP_GAP_DAYS later than the day swept last
 *   while it runs     more than a day later than the time this process has run allows, counted by
 *                     the clock that nobody can set (CLOCK_BOOTTIME), from where it was believed
 *   at any time       more than a day earlier than the day swept last
 *
 * The day swept last stands in a note of the store. So a step of a day or two, or of a week over a
 * restart, deletes so much too early and no more: review dates are days of years.
 */
#include <time.h>

#include "base/log.h"

#include "keep/internal.h"

#define DAY_US 86400000000ll

static int64_t run_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now); /* goes on while the machine sleeps */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The last day that is believed now; under the lock. */
static int32_t last_believed(const struct keep *keep)
{
    const struct guard *guard = &keep->guard;
    if (guard->is_anchored)
        return guard->day + 1 + (int32_t)((run_us() - guard->at_us) / DAY_US);
    return keep->swept == INT32_MIN ? INT32_MAX : keep->swept + KEEP_GAP_DAYS;
}

static bool is_believed(const struct keep *keep, int32_t day)
{
    return day <= last_believed(keep) && (keep->swept == INT32_MIN || day >= keep->swept - 1);
}

static void anchor(struct keep *keep, int32_t day)
{
    keep->guard = (struct guard){.is_anchored = true, .day = day, .at_us = run_us()};
}

bool guard_believes(struct keep *keep, struct day today)
{
    char last[16], now[16];
    pthread_mutex_lock(&keep->lock);
    int32_t swept = keep->swept, day = day_number(today);
    bool is_it = is_believed(keep, day);
    bool is_news = !is_it && keep->guard.held_on != day;
    if (is_it && !keep->guard.is_anchored)
        anchor(keep, day);
    keep->guard.held_on = is_it ? 0 : day;
    pthread_mutex_unlock(&keep->lock);
    if (is_news)
        log_write(
            LOG_ERROR,
            "the clock says %s, review dates were looked after on %s last: nothing is deleted "
            "until the clock is right, or: bureau records confirm-day %s",
            day_format(today, now), day_format(day_of_number(swept), last), now);
    return is_it;
}

bool keep_is_held(struct keep *keep, struct day *ret_swept)
{
    pthread_mutex_lock(&keep->lock);
    bool is_held = keep->guard.held_on != 0;
    if (is_held)
        *ret_swept = day_of_number(keep->swept);
    pthread_mutex_unlock(&keep->lock);
    return is_held;
}

enum err keep_confirm(struct keep *keep, struct day day)
{
    char given[16], now[16];
    int32_t today = day_number(day_today());
    if (day_number(day) != today) {
        err_set(ERR_BAD_VALUE, "the clock of this machine says %s, not %s",
                day_format(day_of_number(today), now), day_format(day, given));
        return err_hint("set the clock first, or confirm the day that it says");
    }
    pthread_mutex_lock(&keep->lock);
    bool is_back = keep->swept != INT32_MIN && today < keep->swept;
    if (is_back)
        keep->swept = today;
    anchor(keep, today);
    pthread_mutex_unlock(&keep->lock);
    keep_hurry(keep);
    return OK;
}
