/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sandbox for code that reads hostile bytes. After sandbox_enter() the process has the
 * descriptors it was told to keep and nothing else: it can read, write, close them, map memory and
 * exit. Opening a file, a socket or another program fails or kills it. There is no way back; enter
 * it in a process of its own.
 *
 *   struct sandbox_limits limits = {.memory_bytes = 1u << 30, .cpu_s = 3600};
 *   TRY(sandbox_enter(&limits, 3));   // keeps 0, 1, 2 and 3
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdint.h>

#include "base/err.h"

struct sandbox_limits {
    uint64_t memory_bytes; /* address space; 0: unlimited. Sanitizers reserve terabytes: ignored */
    uint32_t cpu_s;        /* processor seconds; 0: unlimited */
};

/*
 * Closes every descriptor above last_fd, sets limits, forbids new privileges and installs the
 * filter. ERR_IO.
 */
enum err sandbox_enter(const struct sandbox_limits *limits, int last_fd) MUST_USE;
/*
 * Its fence around files and network alone, by Landlock: whatever is open stays, nothing else is
 * reachable any more. Does nothing on a kernel without Landlock. ERR_IO.
 */
enum err sandbox_shut_files(void) MUST_USE;
/* The kernel's Landlock; 0: it has none, or it is switched off, and the filter stands alone. */
unsigned sandbox_landlock_version(void);

#endif
