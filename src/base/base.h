/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base: what every other module stands on. Include "base/base.h" and have
 *
 *   str      a borrowed slice of bytes          buf     a growing output with a maximum
 *   arena    memory of one request or batch     cursor  bounds-checked binary reading
 *   err      error codes and the one error text each thread holds
 *   clock    now, settable in tests             random  seeded and system randomness
 *   io       every file write of the program goes through this one shim (io.h)
 *
 * Rules: nothing here knows police. A function that can fail returns `enum err`, is must-use, and
 * has recorded what went wrong with err_set() before it returns; a caller passes the code on, or
 * handles it and err_clear()s.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include "base/arena.h"
#include "base/assert.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "base/str.h"

#endif
