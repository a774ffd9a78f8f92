/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child's life: read the job, shut every door, parse, say END, leave. The job is JSON:
 *   {"kind": "rows", "type": "csv" | "fixed" | "ndjson" | "json" | "xml" | "auto",
 *    "encoding": "auto" or a name, "separator", "quote", "comment", "stop_at",
 *    "heading": rows, "names": row, "widths": [[from, length]],
 *    "items": [paths]}        or {"kind": "photo"}
 * It leaves by _exit(): nothing that runs at exit needs to, or could, inside the sandbox.
 */
#include "intake/child.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/sandbox.h"

#include "codec/json.h"
#include "intake/intake.h"

enum {
    INPUT_FD = 3,
    JOB_MAX = 64 << 10,
    MEMORY_MAX = 1 << 30,
    CPU_S_MAX = 4 * 3600,
    PHOTO_CPU_S_MAX = 20
};

enum err child_flush(struct buf *out)
{
    if (out->failed)
        return err_set(out->failed, "a row is too large to hand on");
    for (size_t at = 0; at < out->len;) {
        ssize_t got = write(1, out->ptr + at, out->len - at);
        if (got < 0 && errno != EINTR)
            return err_errno("cannot hand on rows");
        at += got > 0 ? (size_t)got : 0;
    }
    buf_clear(out);
    return OK;
}

static enum err read_job(struct arena *arena, struct node **ret)
{
    char *text = arena_alloc(arena, JOB_MAX);
    size_t len = 0;
    for (ssize_t got = 1; text && got != 0 && len < JOB_MAX;) {
        got = read(0, text + len, JOB_MAX - len);
        if (got < 0 && errno != EINTR)
            return err_errno("cannot read the parser's job");
        len += got > 0 ? (size_t)got : 0;
    }
    (void)close(0);
    return text ? json_parse(str_of(text, len), arena, ret) : ERR_MEMORY;
}

static void tell_error(struct buf *out, struct arena *arena)
{
    const struct err_info *info = err_last();
    struct node *map = node_map(arena);
    node_put_text(arena, map, S("code"), str_c(err_word(info->code)));
    node_put_text(arena, map, S("message"), str_c(info->message));
    node_put_number(arena, map, S("line"), info->line);
    out->failed = OK;
    size_t start = frame_begin(out, FRAME_ERROR);
    json_write(out, map);
    frame_end(out, start);
}

static enum err work(struct arena *arena, struct buf *out)
{
    struct node *job = NULL;
    TRY(read_job(arena, &job));
    bool is_photo = str_eq(node_get_text(job, S("kind")), S("photo"));
    struct sandbox_limits limits = {MEMORY_MAX, is_photo ? PHOTO_CPU_S_MAX : CPU_S_MAX};
    TRY(sandbox_enter(&limits, INPUT_FD));
    return is_photo ? child_photo(INPUT_FD, out) : child_rows(job, INPUT_FD, out);
}

int intake_child_main(void)
{
    struct arena arena = {0};
    struct buf out = {.max = FRAME_MAX};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    enum err code = work(&arena, &out);
    if (code)
        tell_error(&out, &arena);
    if (child_flush(&out))
        code = ERR_IO;
    _exit(code ? 1 : 0);
}
