/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File writes through one place. The hook is read once a call; without one the cost is a load and a
 * branch.
 */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"

static _Atomic(const struct io_hook *) current;

void io_set_hook(const struct io_hook *hook)
{
    atomic_store(&current, hook);
}

int io_hook_before(const struct io_event *event)
{
    const struct io_hook *hook = atomic_load_explicit(&current, memory_order_acquire);
    return hook && hook->before ? hook->before(hook->context, event) : 0;
}

void io_hook_after(const struct io_event *event)
{
    const struct io_hook *hook = atomic_load_explicit(&current, memory_order_acquire);
    if (hook && hook->after)
        hook->after(hook->context, event);
}

static bool is_refused(const struct io_event *event)
{
    int number = io_hook_before(event);
    if (number)
        errno = number;
    return number != 0;
}

enum err io_open(const char *path, int flags, int *ret_fd)
{
    struct io_event event = {.kind = IO_OPEN, .fd = -1, .path = path};
    if (is_refused(&event))
        return err_errno("cannot open %s", path);
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd < 0 && errno == ENOENT)
        return err_set(ERR_NOT_FOUND, "%s is not there", path);
    if (fd < 0)
        return err_errno("cannot open %s", path);
    event.fd = fd;
    io_hook_after(&event);
    *ret_fd = fd;
    return OK;
}

static enum err write_all(int fd, str bytes, uint64_t at, bool is_positioned)
{
    struct io_event event = {.kind = IO_WRITE, .fd = fd, .bytes = bytes, .at = at};
    if (is_refused(&event))
        return err_errno("cannot write %zu bytes", bytes.len);
    size_t done = 0;
    while (done < bytes.len) {
        ssize_t got = is_positioned
                          ? pwrite(fd, bytes.ptr + done, bytes.len - done, (off_t)(at + done))
                          : write(fd, bytes.ptr + done, bytes.len - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return err_errno("cannot write %zu bytes", bytes.len - done);
        done += (size_t)got;
    }
    io_hook_after(&event);
    return OK;
}

enum err io_write(int fd, str bytes)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    return write_all(fd, bytes, at < 0 ? 0 : (uint64_t)at, false);
}

enum err io_write_at(int fd, str bytes, uint64_t at)
{
    return write_all(fd, bytes, at, true);
}

enum err io_truncate(int fd, uint64_t size)
{
    struct io_event event = {.kind = IO_TRUNCATE, .fd = fd, .at = size};
    if (is_refused(&event) || ftruncate(fd, (off_t)size) < 0)
        return err_errno("cannot truncate to %llu bytes", (unsigned long long)size);
    io_hook_after(&event);
    return OK;
}

enum err io_reserve(int fd, uint64_t size)
{
    struct io_event event = {.kind = IO_TRUNCATE, .fd = fd, .at = size};
    if (is_refused(&event) ||
        (fallocate(fd, 0, 0, (off_t)size) < 0 && errno != EOPNOTSUPP && errno != ENOSYS))
        return err_errno("cannot reserve %llu bytes", (unsigned long long)size);
    io_hook_after(&event);
    return OK;
}

enum err io_sync(int fd)
{
    struct io_event event = {.kind = IO_SYNC, .fd = fd};
    if (is_refused(&event) || fdatasync(fd) < 0)
        return err_errno("cannot make writes durable");
    io_hook_after(&event);
    return OK;
}

enum err io_sync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno("cannot open directory %s", path);
    struct io_event event = {.kind = IO_SYNC, .fd = fd, .path = path};
    enum err code = is_refused(&event) || fsync(fd) < 0
                        ? err_errno("cannot make directory %s durable", path)
                        : OK;
    if (!code)
        io_hook_after(&event);
    (void)close(fd);
    return code;
}

enum err io_rename(const char *from, const char *to)
{
    struct io_event event = {.kind = IO_RENAME, .fd = -1, .path = from, .to = to};
    if (is_refused(&event) || rename(from, to) < 0)
        return err_errno("cannot rename %s to %s", from, to);
    io_hook_after(&event);
    return OK;
}

enum err io_remove(const char *path)
{
    struct io_event event = {.kind = IO_REMOVE, .fd = -1, .path = path};
    if (is_refused(&event) || (unlink(path) < 0 && errno != ENOENT))
        return err_errno("cannot remove %s", path);
    io_hook_after(&event);
    return OK;
}

static void directory_of(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(out, size, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
}

enum err io_make_dir(const char *path)
{
    if (mkdir(path, 0700) < 0)
        return errno == EEXIST ? OK : err_errno("cannot make directory %s", path);
    char parent[4096];
    directory_of(path, parent, sizeof parent);
    return io_sync_dir(parent); /* what is put into it is lost with it otherwise */
}

enum err io_replace(const char *path, str bytes)
{
    char temporary[4096];
    char directory[4096];
    uint32_t mark;
    random_bytes(&mark, sizeof mark);
    snprintf(temporary, sizeof temporary, "%s.%08x.tmp", path, mark);
    directory_of(path, directory, sizeof directory);
    int fd = -1;
    enum err code = io_open(temporary, O_WRONLY | O_CREAT | O_EXCL, &fd);
    if (!code)
        code = io_write(fd, bytes);
    if (!code)
        code = io_sync(fd);
    if (fd >= 0)
        (void)close(fd);
    if (!code)
        code = io_rename(temporary, path);
    if (code)
        unlink(temporary);
    return code ? code : io_sync_dir(directory);
}

static enum err read_all(const char *path, int fd, size_t max, char **ret, size_t *ret_len)
{
    size_t size = 1 << 16;
    size_t len = 0;
    char *data = malloc(size);
    while (data) {
        ssize_t got = read(fd, data + len, size - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            free(data);
            return err_errno("cannot read %s", path);
        }
        len += (size_t)got;
        if (got == 0 || len > max)
            break;
        if (len == size) {
            char *grown = realloc(data, size *= 2);
            if (!grown)
                free(data);
            data = grown;
        }
    }
    if (!data)
        return err_set(ERR_MEMORY, "out of memory reading %s", path);
    if (len > max) {
        free(data);
        return err_set(ERR_LIMIT, "%s is larger than %zu bytes", path, max);
    }
    *ret = data;
    *ret_len = len;
    return OK;
}

enum err io_read_file(const char *path, size_t max, char **ret, size_t *ret_len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return err_set(ERR_NOT_FOUND, "%s is not there", path);
    if (fd < 0)
        return err_errno("cannot open %s", path);
    enum err code = read_all(path, fd, max, ret, ret_len);
    (void)close(fd);
    return code;
}
