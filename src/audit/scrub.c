/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Old segments. Opening walks the newest one only, so that a node with years of log starts within
 * a second; of the others it checks that each is there and ends where its last entry does. Their
 * contents are walked one by one while the node runs, round and round; the first byte that is not
 * what it was stops the log - no search is answered over a damaged one - and names the entry.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#include "audit/internal.h"

/* ---- at opening: lengths ---- */

static enum err size_by_last_entry(struct audit *audit, int fd, uint64_t number, uint64_t *ret)
{
    char bytes[ENTRY_HEADER];
    uint64_t offset = 0;
    TRY(views_place(audit, number, &offset));
    ssize_t got = pread(fd, bytes, sizeof bytes, (off_t)offset);
    struct cursor c = cursor_of(str_of(bytes, got > 0 ? (size_t)got : 0));
    uint64_t found = cursor_u64(&c);
    uint64_t length = cursor_u32(&c);
    *ret = offset + ENTRY_HEADER + SALT_SIZE + length;
    return c.is_bad || found != number ? ERR_DAMAGED : OK;
}

static enum err check_length(struct audit *audit, size_t index)
{
    char path[AUDIT_PATH];
    struct stat about;
    int fd = -1;
    uint64_t size = 0;
    uint64_t last = audit->segments[index + 1] - 1;
    segment_path(audit->directory, audit->segments[index], path);
    TRY(io_open(path, O_RDONLY, &fd));
    enum err code = size_by_last_entry(audit, fd, last, &size);
    bool is_whole = !code && fstat(fd, &about) == 0 && (uint64_t)about.st_size == size;
    (void)close(fd);
    if (is_whole)
        return OK;
    return err_set(ERR_DAMAGED, "audit entry %llu is not where it was, at the end of %s",
                   (unsigned long long)last, path);
}

enum err scrub_lengths(struct audit *audit)
{
    for (size_t i = 0; i + 1 < audit->segment_count; i++)
        TRY(check_length(audit, i));
    return OK;
}

/* ---- while it runs: contents ---- */

static enum err walk_one(struct audit *audit, uint64_t first)
{
    struct hash before;
    struct segment_end end;
    TRY(segment_chain_before(audit->directory, first, &before));
    return segment_walk(audit->directory, first, &before, false, NULL, &end);
}

static void stop_log(struct audit *audit, enum err code)
{
    pthread_mutex_lock(&audit->lock);
    audit->failed = code;
    snprintf(audit->failed_why, sizeof audit->failed_why, "%s", err_last()->message);
    pthread_mutex_unlock(&audit->lock);
}

enum err audit_scrub(struct audit *audit)
{
    pthread_mutex_lock(&audit->destroying);
    size_t count = audit->segment_count;
    size_t index = audit->scrubbed < count - 1 ? audit->scrubbed : 0;
    uint64_t first = audit->segments[index];
    audit->scrubbed = index + 1;
    pthread_mutex_unlock(&audit->destroying);
    if (count < 2)
        return OK;
    enum err code = walk_one(audit, first);
    if (code) { /* an entry may have been destroyed meanwhile: once more, with that held back */
        pthread_mutex_lock(&audit->destroying);
        code = walk_one(audit, first);
        pthread_mutex_unlock(&audit->destroying);
    }
    if (code == ERR_DAMAGED || code == ERR_NOT_FOUND)
        stop_log(audit, ERR_DAMAGED);
    return code;
}
