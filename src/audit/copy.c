/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of the log for whoever wants to check it elsewhere: its segments as they lie on the disk,
 * up to what is durable. What they hold stays sealed; the copy proves that it is whole, and one
 * that was given out before a day's key is destroyed can be opened by nobody afterwards either.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "audit/internal.h"

enum { PIECE_BYTES = 1 << 20 };

static enum err bytes_of_file(int fd, const char *path, uint64_t *ret)
{
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0)
        return err_errno("cannot read %s", path);
    *ret = (uint64_t)end;
    return OK;
}

/* Under the lock that guards the list and keeps bodies from being destroyed meanwhile. */
static enum err open_piece(const struct audit *audit, uint64_t first, int *ret_fd,
                           uint64_t *ret_end)
{
    char path[AUDIT_PATH];
    size_t at = 0;
    while (at < audit->segment_count && audit->segments[at] != first)
        at++;
    if (at == audit->segment_count)
        return err_set(ERR_NOT_FOUND, "no file of the log begins with entry %llu",
                       (unsigned long long)first);
    segment_path(audit->directory, first, path);
    TRY(io_open(path, O_RDONLY, ret_fd));
    enum err code = bytes_of_file(*ret_fd, path, ret_end);
    if (!code && at + 1 == audit->segment_count)
        *ret_end = audit->offset;
    if (code)
        (void)close(*ret_fd);
    return code;
}

static enum err look_at_piece(struct audit *audit, uint64_t first, uint64_t offset, char *room,
                              size_t *ret_len, uint64_t *ret_end)
{
    int fd = -1;
    pthread_mutex_lock(&audit->destroying);
    pthread_mutex_lock(&audit->lock);
    enum err code = open_piece(audit, first, &fd, ret_end);
    pthread_mutex_unlock(&audit->lock);
    if (!code && room && offset < *ret_end) {
        uint64_t left = *ret_end - offset;
        ssize_t got = pread(fd, room, left < PIECE_BYTES ? left : PIECE_BYTES, (off_t)offset);
        *ret_len = got > 0 ? (size_t)got : 0;
        if (got <= 0)
            code = err_set(ERR_IO, "the log's file of entry %llu cannot be read at byte %llu",
                           (unsigned long long)first, (unsigned long long)offset);
    }
    pthread_mutex_unlock(&audit->destroying);
    if (fd >= 0)
        (void)close(fd);
    return code;
}

void audit_file_name(uint64_t first, char out[AUDIT_FILE_NAME])
{
    snprintf(out, AUDIT_FILE_NAME, "%020llu.log", (unsigned long long)first);
}

enum err audit_copy_list(struct audit *audit, struct arena *arena, struct audit_file **ret,
                         size_t *ret_count)
{
    pthread_mutex_lock(&audit->destroying);
    size_t count = audit->segment_count;
    struct audit_file *files = arena_array(arena, struct audit_file, count);
    for (size_t i = 0; files && i < count; i++)
        files[i] = (struct audit_file){.first = audit->segments[i]};
    pthread_mutex_unlock(&audit->destroying);
    if (!files)
        return err_last()->code;
    for (size_t i = 0; i < count; i++)
        TRY(look_at_piece(audit, files[i].first, 0, NULL, NULL, &files[i].bytes));
    *ret = files;
    *ret_count = count;
    return OK;
}

enum err audit_copy(struct audit *audit, uint64_t first, audit_piece *take, void *context)
{
    uint64_t end = 0;
    uint64_t offset = 0;
    char *room = malloc(PIECE_BYTES);
    enum err code = room ? OK : err_set(ERR_MEMORY, "out of memory for a copy of the log");
    if (!code)
        code = look_at_piece(audit, first, 0, NULL, NULL, &end);
    while (!code && offset < end) { /* what is appended meanwhile is not of this copy */
        uint64_t now;
        size_t got = 0;
        code = look_at_piece(audit, first, offset, room, &got, &now);
        got = got < end - offset ? got : (size_t)(end - offset);
        if (!code)
            code = take(context, str_of(room, got));
        offset += got;
    }
    free(room);
    return code;
}
