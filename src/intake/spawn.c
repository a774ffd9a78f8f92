/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting a child and reading its frames. posix_spawn runs /proc/self/exe, so a program replaced
 * on disk while it runs still starts its own parser, and no lock or thread of this process is
 * copied. Descriptors are moved above 10 first: the file actions then cannot tread on each other.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codec/json.h"
#include "intake/child.h"

enum { JOB_MAX = 32 << 10, BUFFER_START = 512 << 10, PIPE_BYTES = 1 << 20 };

struct child {
    pid_t pid;
    int fd;
    bool is_over;
    char *bytes;
    size_t at, len, size;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static int move_up(int fd)
{
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    (void)close(fd);
    return moved;
}

struct plumbing {
    int job_in, job_out, rows_in, rows_out, input;
};

static void unplumb(struct plumbing *p)
{
    close_fd(&p->job_in);
    close_fd(&p->job_out);
    close_fd(&p->rows_in);
    close_fd(&p->rows_out);
    close_fd(&p->input);
}

static enum err plumb(int input_fd, struct plumbing *p)
{
    int job[2] = {-1, -1}, rows[2] = {-1, -1};
    *p = (struct plumbing){-1, -1, -1, -1, -1};
    p->input = fcntl(input_fd, F_DUPFD_CLOEXEC, 10);
    if (p->input < 0 || pipe2(job, O_CLOEXEC) != 0)
        return err_errno("cannot prepare a parser");
    p->job_in = move_up(job[0]);
    p->job_out = move_up(job[1]);
    if (pipe2(rows, O_CLOEXEC) != 0)
        return err_errno("cannot prepare a parser");
    p->rows_in = move_up(rows[0]);
    p->rows_out = move_up(rows[1]);
    if (p->job_in < 0 || p->job_out < 0 || p->rows_in < 0 || p->rows_out < 0)
        return err_errno("cannot prepare a parser");
    fcntl(p->rows_out, F_SETPIPE_SZ,
          PIPE_BYTES); /* larger when the system allows: fewer switches between the two */
    return OK;
}

static enum err run(const struct plumbing *p, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return err_set(ERR_MEMORY, "out of memory for starting a parser");
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return err_set(ERR_MEMORY, "out of memory for starting a parser");
    }
    sigset_t none, pipe_only;
    sigemptyset(&none);
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    int failed = posix_spawn_file_actions_adddup2(&actions, p->job_in, 0);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, p->rows_out, 1);
    failed =
        failed ? failed : posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, p->input, 3);
    failed = failed ? failed : posix_spawnattr_setsigmask(&attributes, &none);
    failed = failed ? failed : posix_spawnattr_setsigdefault(&attributes, &pipe_only);
    failed = failed ? failed
                    : posix_spawnattr_setflags(&attributes,
                                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    char name[] = "bureau", option[] = "--intake-child", language[] = "LC_ALL=C";
    char *arguments[] = {name, option, NULL}, *environment[] = {language, NULL};
    failed = failed ? failed
                    : posix_spawn(ret_pid, "/proc/self/exe", &actions, &attributes, arguments,
                                  environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = failed;
    return failed ? err_errno("cannot start a parser") : OK;
}

static enum err send_job(int fd, str job)
{
    size_t sent = 0;
    while (sent < job.len) { /* fits into the pipe: the child need not read yet */
        ssize_t got = write(fd, job.ptr + sent, job.len - sent);
        if (got < 0 && errno != EINTR)
            return err_errno("cannot hand a parser its job");
        sent += got > 0 ? (size_t)got : 0;
    }
    return OK;
}

enum err child_open(int input_fd, str job, struct child **ret)
{
    if (job.len > JOB_MAX)
        return err_set(ERR_LIMIT, "the description of the source has more than %d bytes", JOB_MAX);
    if (lseek(input_fd, 0, SEEK_SET) < 0 && errno != ESPIPE)
        return err_errno("cannot read the input from its start");
    struct child *child = calloc(1, sizeof *child);
    char *bytes = malloc(BUFFER_START);
    struct plumbing p = {-1, -1, -1, -1, -1};
    enum err code = child && bytes ? OK : err_set(ERR_MEMORY, "out of memory for a parser");
    code = code ? code : plumb(input_fd, &p);
    code = code ? code : send_job(p.job_out, job);
    code = code ? code : run(&p, &child->pid);
    if (code) {
        free(child);
        free(bytes);
    } else {
        *child = (struct child){.pid = child->pid,
                                .fd = p.rows_in,
                                .bytes = bytes,
                                .size = BUFFER_START};
        p.rows_in = -1;
        *ret = child;
    }
    unplumb(&p);
    return code;
}

void child_close(struct child *child)
{
    if (!child)
        return;
    close_fd(&child->fd);
    if (child->pid > 0) {
        kill(child->pid, SIGKILL);
        while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    free(child->bytes);
    free(child);
}

/* The pipe ended without an END frame: say how the child ended. */
static enum err died(struct child *child)
{
    int status = 0;
    pid_t got;
    do {
        got = waitpid(child->pid, &status, 0);
    } while (got < 0 && errno == EINTR);
    child->pid = 0;
    if (got > 0 && WIFSIGNALED(status))
        return err_set(ERR_DAMAGED, "the parser was stopped by signal %d%s", WTERMSIG(status),
                       WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL
                           ? " (a limit was reached)"
                       : WTERMSIG(status) == SIGSYS ? " (it tried what it may not)"
                                                    : "");
    return err_set(ERR_DAMAGED, "the parser ended early (exit code %d)",
                   got > 0 ? WEXITSTATUS(status) : -1);
}

/* Makes at least `need` bytes wait at `at`. */
static enum err fill(struct child *child, size_t need)
{
    if (child->len - child->at >= need)
        return OK;
    memmove(child->bytes, child->bytes + child->at, child->len - child->at);
    child->len -= child->at;
    child->at = 0;
    if (need > child->size) {
        char *bigger = realloc(child->bytes, need);
        if (!bigger)
            return err_set(ERR_MEMORY, "out of memory for a row of %zu bytes", need);
        child->bytes = bigger;
        child->size = need;
    }
    while (child->len < need) {
        ssize_t got = read(child->fd, child->bytes + child->len, child->size - child->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno("cannot read from the parser");
        if (got == 0)
            return died(child);
        child->len += (size_t)got;
    }
    return OK;
}

/* The child's own error, as an error of this thread. */
static enum err passed_on(str payload)
{
    struct arena arena = {0};
    struct node *node = NULL;
    enum err code = json_parse(payload, &arena, &node);
    if (!code) {
        str word = node_get_text(node, S("code")), message = node_get_text(node, S("message"));
        uint64_t line = 0;
        if (!str_to_u64(node_get_text(node, S("line")), UINT32_MAX, &line))
            line = 0;
        code = ERR_SYNTAX;
        for (enum err c = ERR_USAGE; c <= ERR_INTERNAL; c++)
            if (str_eq_c(word, err_word(c)))
                code = c;
        err_at(code, NULL, (uint32_t)line, 0, "%.*s", STR(message));
    }
    arena_release(&arena);
    return code;
}

enum err child_next(struct child *child, struct child_frame *ret)
{
    if (child->is_over)
        return err_set(ERR_INTERNAL, "the parser was asked for more after its end");
    TRY(fill(child, FRAME_HEAD));
    struct cursor head = cursor_of(str_of(child->bytes + child->at, FRAME_HEAD));
    uint8_t kind = cursor_u8(&head);
    uint32_t len = cursor_u32(&head);
    if (len > FRAME_MAX)
        return err_set(ERR_DAMAGED, "the parser sent a frame of %u bytes", len);
    TRY(fill(child, FRAME_HEAD + (size_t)len));
    *ret = (struct child_frame){(enum frame_kind)kind,
                                str_of(child->bytes + child->at + FRAME_HEAD, len)};
    child->at += FRAME_HEAD + (size_t)len;
    if (kind == FRAME_ERROR)
        return passed_on(ret->payload);
    child->is_over = kind == FRAME_END;
    return OK;
}

enum err child_row_read(str payload, struct child_row *ret)
{
    struct cursor c = cursor_of(payload);
    ret->number = cursor_varint(&c);
    ret->line = cursor_varint(&c);
    ret->flags = cursor_u8(&c);
    uint64_t count = cursor_varint(&c);
    if (count > CHILD_CELLS_MAX)
        return err_set(ERR_DAMAGED, "the parser sent a row of %llu cells",
                       (unsigned long long)count);
    ret->count = (size_t)count;
    for (size_t i = 0; i < count; i++)
        ret->cells[i] = cursor_block(&c);
    if (c.is_bad || cursor_left(&c))
        return err_set(ERR_DAMAGED, "the parser sent a row that is none");
    for (size_t i = 0; i < count; i++)
        if (!utf8_is_valid(ret->cells[i]))
            return err_set(ERR_DAMAGED, "the parser sent a cell that is not text");
    return OK;
}

enum err child_tree_read(str payload, struct arena *arena, struct child_tree *ret)
{
    struct cursor c = cursor_of(payload);
    ret->number = cursor_varint(&c);
    ret->line = cursor_varint(&c);
    ret->flags = cursor_u8(&c);
    ret->name = cursor_block(&c);
    if (c.is_bad || !utf8_is_valid(ret->name))
        return err_set(ERR_DAMAGED, "the parser sent a tree that is none");
    ret->tree = frame_get_tree(&c, arena);
    if (!ret->tree)
        return err_last()->code ? err_last()->code
                                : err_set(ERR_LIMIT, "a row needs too much memory");
    return OK;
}
