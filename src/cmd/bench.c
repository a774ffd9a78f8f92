/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bureau bench: what this node does on this machine now. Searches of fictional values of every kind
 * that can be looked up go through the batch route, each authenticated, answered and on the audit
 * log; beside it stands what one fdatasync costs in the same minute, on which all that depends.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "cmd/cmd.h"
#include "codec/json.h"

enum { SYNCS = 200, BLOCK = 4096, LINES = 4000, SECONDS_MAX = 600 };

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static enum err probe_disk(struct cli *cli, int64_t times[SYNCS])
{
    static const char block[BLOCK];
    int fd = -1;
    str path = arena_printf(&cli->arena, "%s/bench.tmp", cli->data);
    TRY(io_open(path.ptr, O_RDWR | O_CREAT | O_TRUNC, &fd));
    enum err code = OK;
    for (size_t i = 0; i < SYNCS && !code; i++) {
        int64_t start = clock_monotonic_us();
        code = io_write_at(fd, str_of(block, BLOCK), i * BLOCK);
        if (!code)
            code = io_sync(fd);
        times[i] = clock_monotonic_us() - start;
    }
    (void)close(fd);
    TRY(code);
    qsort(times, SYNCS, sizeof *times, by_time);
    return io_remove(path.ptr);
}

/* A search a line: values nobody has, of each type that has keys, in turn. */
static void make_lines(struct cli *cli, struct buf *out)
{
    struct random random;
    struct buf value = {.max = 4096};
    random_seed(&random, (uint64_t)clock_monotonic_us());
    out->max = 64 << 20;
    for (size_t i = 0, made = 0; made < LINES && i < (size_t)LINES * 100; i++) {
        const struct type *type = type_at(i % type_count());
        if (!type->is_key || !type->sample)
            continue;
        buf_clear(&value);
        type->sample(&random, STR_EMPTY, &value);
        buf_add(out, S("{\"similar\":\"no\",\"text\":"));
        json_write_text(out, buf_str(&value));
        buf_printf(out, ",\"purpose\":\"%s\"}\n", cli->purpose);
        made++;
    }
    buf_release(&value);
}

struct counting {
    uint64_t lines, failed;
    struct buf line;  /* the answer that is coming in */
    struct buf first; /* the first failed answer */
};

static enum err count_piece(void *context, str piece)
{
    struct counting *counting = context;
    while (piece.len) {
        size_t end = str_find(piece, '\n');
        buf_add(&counting->line, str_slice(piece, 0, end));
        if (end == piece.len)
            return counting->line.failed;
        piece = str_from(piece, end + 1);
        counting->lines++;
        if (str_starts(buf_str(&counting->line), S("{\"type\":\"about:blank\"")) &&
            counting->failed++ == 0)
            buf_add(&counting->first, buf_str(&counting->line));
        buf_clear(&counting->line);
    }
    return counting->first.failed;
}

static enum err run_batches(struct cli *cli, const struct buf *lines, double seconds,
                            struct counting *counting, double *ret_took)
{
    int64_t start = clock_monotonic_us();
    do {
        struct http_reply reply;
        struct http_call call = {.method = S("POST"),
                                 .path = S("/v1/search/batch"),
                                 .body = buf_str(lines),
                                 .on_piece = count_piece,
                                 .context = counting};
        TRY(client_call(cli, &call, &reply));
        *ret_took = (double)(clock_monotonic_us() - start) / 1e6;
    } while (*ret_took < seconds);
    return OK;
}

/* Runnable tasks of the last minute: a figure means little beside a busy neighbour. */
static double machine_load(void)
{
    double load = 0;
    return getloadavg(&load, 1) == 1 ? load : 0;
}

int command_bench(struct cli *cli)
{
    static int64_t times[SYNCS];
    uint64_t seconds;
    double took = 0;
    struct counting counting = {.line = {.max = 4 << 20}, .first = {.max = 4 << 20}};
    struct node *health = NULL;
    if (cli_number(cli, "--seconds", 3, SECONDS_MAX, &seconds) != OK || cli_done(cli) != OK)
        return cli_fail();
    if (!cli->purpose) {
        err_set(ERR_MISSING, "no purpose was given; every search needs one");
        err_hint("--purpose, or BUREAU_PURPOSE");
        return cli_fail();
    }
    struct buf lines = {0};
    make_lines(cli, &lines);
    enum err code = client_get(cli, S("/healthz"), &health);
    if (!code)
        code = probe_disk(cli, times);
    if (!code)
        code = run_batches(cli, &lines, (double)seconds, &counting, &took);
    buf_release(&lines);
    if (code)
        return cli_fail();
    int64_t p50 = times[SYNCS / 2];
    int64_t p99 = times[SYNCS - SYNCS / 100];
    printf(cli->is_json ? "{\"searches_per_second\":%.0f,\"searches\":%llu,\"failed\":%llu,"
                          "\"fdatasync_p50_ms\":%.2f,\"fdatasync_p99_ms\":%.2f,"
                          "\"load\":%.2f,\"processors\":%ld}\n"
                        : "%.0f searches/s, audited (%llu in all, %llu failed); fdatasync of this "
                          "minute: p50 %.2f ms, p99 %.2f ms; load %.2f on %ld processors\n",
           (double)counting.lines / took, (unsigned long long)counting.lines,
           (unsigned long long)counting.failed, (double)p50 / 1e3, (double)p99 / 1e3,
           machine_load(), sysconf(_SC_NPROCESSORS_ONLN));
    if (counting.failed)
        fprintf(stderr, "bureau: the first of the failed: %.*s\n", STR(buf_str(&counting.first)));
    buf_release(&counting.line);
    buf_release(&counting.first);
    return counting.failed ? EXIT_NO : EXIT_OK;
}
