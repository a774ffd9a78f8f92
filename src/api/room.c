/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the disk gets full: imports stop first, so that searches find room for their entries in the
 * audit log as long as possible. Whoever runs the node is told at 30, 7 and 1 days of room left -
 * in the operational log here, by the doctor, and in /metrics.
 */
#include "base/log.h"

#include "api/internal.h"

enum { MIB = 1 << 20, FOLLOW_MAX = 50000 };
#define DAY_US 86400000000ll

str room_words(const struct audit_room *room, struct arena *arena)
{
    return arena_printf(arena,
                        "%u days left at %.1f MiB a day; %.0f MiB kept for the log, %.0f MiB free "
                        "beside them%s",
                        room->days_left, (double)room->a_day / MIB, (double)room->kept / MIB,
                        (double)room->free / MIB, room->is_drawn_on ? "; imports are refused" : "");
}

enum err room_for_imports(void *context)
{
    struct api *api = context;
    struct audit_room room;
    audit_room(api->node.audit, &room);
    if (!room.is_drawn_on)
        return OK;
    err_set(ERR_FULL,
            "what room the disk has left is kept for the audit log (%u days), imports "
            "wait",
            room.days_left);
    return err_hint("free or add space, then start the import again: it goes on where it stopped");
}

/* Said when the level changes, and once a day while there is an alarm. */
void api_look_after(struct api *api)
{
    struct audit_room room;
    struct arena arena = {0};
    int64_t now = clock_monotonic_us();
    audit_room(api->node.audit, &room);
    unsigned alarm = audit_room_alarm(&room);
    bool is_again = alarm && now - api->room_told_us >= DAY_US;
    if (alarm != api->room_alarm || is_again) {
        str words = room_words(&room, &arena);
        enum log_level level = !alarm ? LOG_INFO : alarm == 30 ? LOG_WARN : LOG_ERROR;
        log_write(level, "room for the audit log: %.*s", STR(words));
        api->room_alarm = alarm;
        api->room_told_us = now;
    }
    arena_release(&arena);
    char why[1024];
    if (audit_scrub(api->node.audit)) {
        log_write(LOG_ERROR, "the audit log is damaged, searches are refused: %s",
                  err_format(err_last(), why, sizeof why));
        err_clear();
    }
    size_t told = 0;
    if (identity_remind(api->node.identity, clock_now_us(), &told)) {
        log_write(LOG_WARN, "nobody is told of credentials that end: %s",
                  err_format(err_last(), why, sizeof why));
        err_clear();
    }
    if (review_notify(api->node.review, api->node.flow, clock_now_us(), FOLLOW_MAX)) {
        log_write(LOG_WARN, "owners are not told of hits: %s",
                  err_format(err_last(), why, sizeof why));
        err_clear();
    }
    if (review_follow(api->node.review, FOLLOW_MAX, NULL)) {
        char text[1024];
        log_write(LOG_WARN, "the audit log is not followed for reviews: %s",
                  err_format(err_last(), text, sizeof text));
        err_clear();
    }
}
