/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an explanation says this, whatever marks stand in it. */
#ifndef TESTS_PLAIN_H
#define TESTS_PLAIN_H

#include "base/said.h"

static inline bool reads(str marked, const char *wanted)
{
    struct buf plain = {0};
    said_plain(marked, &plain);
    bool is_said = str_has(buf_str(&plain), str_c(wanted));
    buf_release(&plain);
    return is_said;
}

#endif
