/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the main thread does while others serve: it waits for a signal, and every ten seconds asks
 * the
 * node a question over its own control socket, as a client would. Who was answered tells systemd so
 * (WatchdogSec= of the unit, sd_notify(3)): a node whose loops hang is ended and started again,
 * which a
 * ping from a timer would hide.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

#include "cmd/cmd.h"

enum { LOOK_EVERY_S = 10, ANSWER_WITHIN_MS = 5000 };

static bool is_answering(const struct running *running)
{
    struct arena arena = {0};
    struct http_reply reply = {0};
    char target[4200];
    snprintf(target, sizeof target, "unix:%.4096s/control", running->node.directory);
    const struct http_call call = {.target = target,
                                   .method = S("GET"),
                                   .path = S("/healthz"),
                                   .timeout_ms = ANSWER_WITHIN_MS};
    enum err code = http_call(&call, &arena, &reply);
    bool is_well = !code && reply.status == 200;
    arena_release(&arena);
    if (!is_well)
        log_write(LOG_WARN, "the node does not answer itself: %s",
                  code ? err_last()->message : "no success");
    err_clear();
    return is_well;
}

/* Twice in each watchdog's time, and every ten seconds at least. */
static time_t pause_s(void)
{
    uint64_t watchdog_us = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it */
    const char *set = getenv("WATCHDOG_USEC");
    if (!set || !str_to_u64(str_c(set), INT64_MAX, &watchdog_us) || watchdog_us == 0)
        return LOOK_EVERY_S;
    uint64_t half_s = watchdog_us / 2000000;
    return half_s < 1 ? 1 : half_s < LOOK_EVERY_S ? (time_t)half_s : LOOK_EVERY_S;
}

int watch_node(struct running *running, const sigset_t *stopping)
{
    const struct timespec pause = {.tv_sec = pause_s()};
    api_look_after(running->api);
    for (;;) {
        int number = sigtimedwait(stopping, NULL, &pause);
        if (number > 0)
            return number;
        api_look_after(running->api);
        if (is_answering(running))
            notify_systemd("WATCHDOG=1");
    }
}
