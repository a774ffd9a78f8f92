/* SPDX-License-Identifier: Apache-2.0 */
/* How far work has come: a bar on a terminal, a line every five seconds elsewhere. On stderr. */
#include <stdio.h>

#include "cmd/cmd.h"

enum { BAR_WIDTH = 24, TTY_EVERY_US = 100000, LINE_EVERY_US = 5000000 };

static void group_digits(uint64_t value, char out[32])
{
    char plain[24];
    int len = snprintf(plain, sizeof plain, "%llu", (unsigned long long)value);
    int at = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = plain[i];
    }
    out[at] = 0;
}

static void draw_bar(uint64_t done, uint64_t total)
{
    int full = total ? (int)((done > total ? total : done) * BAR_WIDTH / total) : 0;
    fputc('[', stderr);
    for (int i = 0; i < BAR_WIDTH; i++)
        fputc(i < full ? '#' : '.', stderr);
    fprintf(stderr, "] %3llu%% ", total ? (unsigned long long)(done * 100 / total) : 0);
}

/* NOLINTNEXTLINE(readability-function-size) */
void progress_show(struct progress *progress, uint64_t done, uint64_t total, double rate,
                   double left_s, str unit, str step)
{
    int64_t now = clock_monotonic_us();
    int64_t every = progress->is_tty ? TTY_EVERY_US : LINE_EVERY_US;
    if (progress->shown_us && now - progress->shown_us < every)
        return;
    char done_text[32];
    char total_text[32];
    char rate_text[32];
    group_digits(done, done_text);
    group_digits(total, total_text);
    group_digits((uint64_t)rate, rate_text);
    if (progress->is_tty)
        fputs("\r\033[K", stderr);
    if (progress->is_tty && total)
        draw_bar(done, total);
    fprintf(stderr, "%s%s%s %.*s", done_text, total ? " of " : "", total ? total_text : "",
            STR(unit));
    if (rate > 0)
        fprintf(stderr, ", %s/s", rate_text);
    if (left_s > 0)
        fprintf(stderr, ", %.0f s left", left_s);
    fprintf(stderr, "  %.*s%s", STR(step), progress->is_tty ? "" : "\n");
    progress->shown_us = now;
}

void progress_end(struct progress *progress)
{
    if (progress->is_tty && progress->shown_us)
        fputs("\r\033[K", stderr);
}
