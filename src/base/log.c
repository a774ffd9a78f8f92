/* SPDX-License-Identifier: Apache-2.0 */
/* One line per message, written with one call so that lines of threads do not mix. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

static _Atomic int lowest_level = LOG_INFO;

void log_set_level(enum log_level lowest)
{
    atomic_store(&lowest_level, (int)lowest);
}

void log_write(enum log_level level, const char *format, ...)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};
    if ((int)level < atomic_load(&lowest_level))
        return;
    char line[1024];
    char time[24];
    int used =
        snprintf(line, sizeof line, "%s %s ", clock_format(clock_now_us(), time), words[level]);
    va_list args;
    va_start(args, format);
    int more = vsnprintf(line + used, sizeof line - (size_t)used - 1, format, args);
    va_end(args);
    size_t len = (size_t)used + (size_t)(more < 0 ? 0 : more);
    if (len > sizeof line - 2)
        len = sizeof line - 2;
    line[len++] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, len);
    (void)ignored;
}
