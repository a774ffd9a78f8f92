/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When keys are destroyed, and when a clock is not believed. What is destroyed cannot be had back,
 * so a step of the clock - a dead battery, a wrong server - must not do it: keys go only while the
 * wall clock runs with the monotonic one, and not on the first day after more than a month in
 * which nobody looked. DIR/audit/looked holds the last day on which the clock was believed. A node
 * that was off for long destroys a day late; audit_expire(), an operator's own act, waits for
 * nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "audit/internal.h"

#define DAY_US  86400000000ll
#define STEP_US 3600000000ll
enum { GAP_DAYS = 31 };

static uint32_t today(void)
{
    int64_t now = clock_now_us();
    return now > 0 ? (uint32_t)(now / DAY_US) : 0;
}

enum err audit_expire(struct audit *audit, unsigned *ret_keys)
{
    TRY(keyring_expire(&audit->keyring, today(), ret_keys));
    return *ret_keys ? lookup_expire(&audit->lookup) : OK;
}

static void looked_path(const struct audit *audit, char out[AUDIT_PATH])
{
    snprintf(out, AUDIT_PATH, "%.4000s/looked", audit->directory);
}

static uint32_t last_look(const struct audit *audit)
{
    char path[AUDIT_PATH];
    char *text = NULL;
    size_t len = 0;
    uint64_t day = 0;
    looked_path(audit, path);
    if (io_read_file(path, 16, &text, &len) != OK || !str_to_u64(str_of(text, len), 3000000, &day))
        err_clear();
    free(text);
    return (uint32_t)day;
}

static enum err keep_look(const struct audit *audit, uint32_t day)
{
    char path[AUDIT_PATH];
    char text[16];
    int len = snprintf(text, sizeof text, "%u", day);
    looked_path(audit, path);
    return io_replace(path, str_of(text, (size_t)len));
}

static void hold(struct expiry *expiry)
{
    expiry->wall_us = clock_now_us();
    expiry->monotonic_us = clock_monotonic_us();
    expiry->held_until_us = expiry->monotonic_us + DAY_US;
}

/* Whether the wall clock has stepped against the other since the last look. */
static bool is_stepped(const struct expiry *expiry)
{
    int64_t wall = clock_now_us() - expiry->wall_us;
    int64_t run = clock_monotonic_us() - expiry->monotonic_us;
    return wall - run > STEP_US || run - wall > STEP_US;
}

bool expiry_is_held(const struct audit *audit)
{
    return clock_monotonic_us() < audit->expiry.held_until_us;
}

enum err expiry_open(struct audit *audit)
{
    struct expiry *expiry = &audit->expiry;
    uint32_t last = last_look(audit);
    hold(expiry);
    if (last == 0 || (today() >= last && today() - last <= GAP_DAYS))
        expiry->held_until_us = 0;
    return expiry_look(audit);
}

enum err expiry_look(struct audit *audit)
{
    struct expiry *expiry = &audit->expiry;
    uint32_t day = today();
    unsigned keys = 0;
    if (is_stepped(expiry))
        hold(expiry);
    if (day == expiry->done_on || expiry_is_held(audit))
        return OK;
    expiry->wall_us = clock_now_us();
    expiry->monotonic_us = clock_monotonic_us();
    expiry->done_on = day;
    TRY(keep_look(audit, day));
    return audit_expire(audit, &keys);
}
