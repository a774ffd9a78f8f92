/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one shim for file writes. Everything the program writes to its data directory - audit,
 * segments, attachments and, through the VFS in store, SQLite's files too - goes through these
 * calls, so that a test can record, drop, delay and fail them: see io_fault.h. Reads go straight to
 * the system.
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/* open(2); files are created 0600. `path` names the file in errors. */
enum err io_open(const char *path, int flags, int *ret_fd) MUST_USE;
enum err io_write(int fd, str bytes) MUST_USE; /* all of it, at the descriptor's position */
enum err io_write_at(int fd, str bytes, uint64_t at) MUST_USE; /* all of it */
enum err io_truncate(int fd, uint64_t size) MUST_USE;
/*
 * Allocates the file up to `size`, zeros where nothing was written, so that writes below it need no
 * room and sync faster.
 */
enum err io_reserve(int fd, uint64_t size) MUST_USE;
enum err io_sync(int fd) MUST_USE; /* fdatasync: size and contents are durable when it returns OK */
enum err io_sync_dir(const char *path) MUST_USE;
enum err io_rename(const char *from, const char *to) MUST_USE;
enum err io_remove(const char *path) MUST_USE;   /* absent is OK */
enum err io_make_dir(const char *path) MUST_USE; /* 0700; present is OK */
/* Writes path whole: temporary file beside it, sync, rename, sync of the directory. */
enum err io_replace(const char *path, str bytes) MUST_USE;
/* Reads a whole file of at most max bytes into *ret (free it); ERR_NOT_FOUND, ERR_LIMIT, ERR_IO. */
enum err io_read_file(const char *path, size_t max, char **ret, size_t *ret_len) MUST_USE;

/*
 * What a test installs to stand between the program and the disk. `before` is called for every
 * write, sync, truncate, rename and remove; it returns 0 to go on, or an errno to fail the call
 * with (ENOSPC, EIO), and may sleep. `after` sees what was done. NULL uninstalls.
 */
enum io_kind { IO_OPEN, IO_WRITE, IO_TRUNCATE, IO_SYNC, IO_RENAME, IO_REMOVE };
struct io_event {
    enum io_kind kind;
    int fd;
    const char *path; /* IO_OPEN, IO_RENAME (from), IO_REMOVE; else NULL */
    const char *to;   /* IO_RENAME */
    str bytes;        /* IO_WRITE */
    uint64_t at;      /* IO_WRITE: offset; IO_TRUNCATE: size */
};
struct io_hook {
    int (*before)(void *context, const struct io_event *event);
    void (*after)(void *context, const struct io_event *event);
    void *context;
};
void io_set_hook(const struct io_hook *hook);
/* For shims outside this file (the SQLite VFS): ask `before`, tell `after`. */
int io_hook_before(const struct io_event *event);
void io_hook_after(const struct io_event *event);

#endif
