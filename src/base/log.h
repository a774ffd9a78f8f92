/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operational log: one line to stderr (journald reads it), never personal data, queries or secrets.
 * Only `net`, `api`, `job` and `cmd` log; lower layers return errors.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/assert.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
void log_set_level(enum log_level lowest);
void log_write(enum log_level level, const char *format, ...) PRINTF(2, 3);

#endif
