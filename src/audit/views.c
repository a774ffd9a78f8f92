/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file beside the log that makes it quick to read: `places` holds the offset of each entry within
 * its segment, 8 bytes an entry. It is written without sync behind each durable group, synced when
 * a segment is closed, and made again from the log when it is missing or short. What it says is
 * never trusted: whoever follows a place checks number and hash of what lies there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#include "audit/internal.h"

static enum err open_view(struct audit *audit, const char *name, int *ret_fd, uint64_t *ret_size,
                          bool *ret_is_new)
{
    char path[AUDIT_PATH];
    struct stat about;
    snprintf(path, sizeof path, "%.4000s/%s", audit->directory, name);
    *ret_is_new = access(path, F_OK) != 0;
    TRY(io_open(path, O_RDWR | O_CREAT, ret_fd));
    if (fstat(*ret_fd, &about) < 0)
        return err_errno("cannot read the size of %s", path);
    *ret_size = (uint64_t)about.st_size;
    return OK;
}

enum err views_open(struct audit *audit, uint64_t count, bool *ret_complete)
{
    uint64_t places = 0;
    bool is_new = false;
    TRY(open_view(audit, "places", &audit->places_fd, &places, &is_new));
    bool is_complete = places >= count * 8 && !is_new;
    TRY(io_truncate(audit->places_fd, is_complete ? count * 8 : 0));
    *ret_complete = is_complete;
    return OK;
}

enum err views_empty(struct audit *audit)
{
    return io_truncate(audit->places_fd, 0);
}

enum err views_add(struct audit *audit, uint64_t first, str places)
{
    return io_write_at(audit->places_fd, places, (first - 1) * 8);
}

enum err views_sync(struct audit *audit)
{
    return io_sync(audit->places_fd);
}

void views_close(struct audit *audit)
{
    if (audit->places_fd >= 0)
        (void)close(audit->places_fd);
    audit->places_fd = -1;
}

enum err views_place(struct audit *audit, uint64_t number, uint64_t *ret)
{
    char bytes[8];
    if (pread(audit->places_fd, bytes, sizeof bytes, (off_t)((number - 1) * 8)) != sizeof bytes)
        return err_set(ERR_DAMAGED, "the place of audit entry %llu is not known",
                       (unsigned long long)number);
    struct cursor c = cursor_of(str_of(bytes, sizeof bytes));
    *ret = cursor_u64(&c);
    return OK;
}
