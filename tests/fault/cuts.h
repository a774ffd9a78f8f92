/* SPDX-License-Identifier: Apache-2.0 */
/* One piece of work under a recorder, and the power cut at points of it drawn by lot. */
#ifndef FAULT_CUTS_H
#define FAULT_CUTS_H

#include "../scratch.h"

#include "recorder.h"
#include "round.h"

static inline void fault_cuts(int count, void (*work)(const char *directory),
                              void (*cut)(size_t position))
{
    struct scratch scratch;
    scratch_make(&scratch);
    recorder_start(scratch.path);
    work(scratch.path);
    recorder_stop();
    for (fault.cut = 1; fault.cut <= count; fault.cut++)
        cut(1 + below(recorder_position()));
    recorder_forget();
    scratch_remove(&scratch);
}

#endif
