/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two files beside the log that make it quick to ask: `places` holds the offset of each entry
 * within its segment, 8 bytes an entry; `shown` a row of 24 bytes per record shown, ascending by
 * entry, in which a keyed hash stands for the record. They are written without sync behind each
 * durable group, synced when a segment is closed,
 * and made again from the log when they are missing or short. What they say is never trusted:
 * whoever follows a place checks number and hash of what lies there.
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

size_t views_shown(struct audit *audit, uint64_t row, size_t count, struct shown_row *ret)
{
    char bytes[64 * SHOWN_ROW];
    size_t done = 0;
    while (done < count) {
        size_t some = count - done < 64 ? count - done : 64;
        ssize_t got =
            pread(audit->shown_fd, bytes, some * SHOWN_ROW, (off_t)((row + done) * SHOWN_ROW));
        if (got < SHOWN_ROW)
            break;
        struct cursor c = cursor_of(str_of(bytes, (size_t)got));
        for (; cursor_left(&c) >= SHOWN_ROW; done++) {
            ret[done].entry = cursor_u64(&c);
            ret[done].tag = cursor_u64(&c);
            ret[done].day = cursor_u32(&c);
            ret[done].version = cursor_u32(&c);
        }
    }
    return done;
}

/* The first row of an entry >= number. */
static uint64_t find_row(struct audit *audit, uint64_t number)
{
    uint64_t low = 0;
    uint64_t high = atomic_load(&audit->shown_rows);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        struct shown_row row;
        if (views_shown(audit, middle, 1, &row) == 1 && row.entry < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum err views_open(struct audit *audit, uint64_t count, bool *ret_complete)
{
    uint64_t places = 0;
    uint64_t shown = 0;
    bool is_new = false, is_complete = false;
    TRY(open_view(audit, "places", &audit->places_fd, &places, &is_new));
    TRY(open_view(audit, "shown", &audit->shown_fd, &shown, &is_new));
    is_complete = places >= count * 8 && !is_new;
    if (!is_complete)
        count = 0;
    atomic_store(&audit->shown_rows, shown / SHOWN_ROW);
    uint64_t rows = is_complete ? find_row(audit, count + 1) : 0;
    TRY(io_truncate(audit->places_fd, count * 8));
    TRY(io_truncate(audit->shown_fd, rows * SHOWN_ROW));
    atomic_store(&audit->shown_rows, rows);
    *ret_complete = is_complete;
    return OK;
}

enum err views_empty(struct audit *audit)
{
    TRY(io_truncate(audit->places_fd, 0));
    TRY(io_truncate(audit->shown_fd, 0));
    atomic_store(&audit->shown_rows, 0);
    return OK;
}

enum err views_add(struct audit *audit, uint64_t first, str places, str shown)
{
    TRY(io_write_at(audit->places_fd, places, (first - 1) * 8));
    uint64_t rows = atomic_load(&audit->shown_rows);
    if (shown.len)
        TRY(io_write_at(audit->shown_fd, shown, rows * SHOWN_ROW));
    atomic_store(&audit->shown_rows, rows + shown.len / SHOWN_ROW);
    return OK;
}

enum err views_sync(struct audit *audit)
{
    TRY(io_sync(audit->places_fd));
    return io_sync(audit->shown_fd);
}

void views_close(struct audit *audit)
{
    if (audit->places_fd >= 0)
        (void)close(audit->places_fd);
    if (audit->shown_fd >= 0)
        (void)close(audit->shown_fd);
    audit->places_fd = audit->shown_fd = -1;
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

enum err views_forget(struct audit *audit, uint64_t number)
{
    static const char zeros[SHOWN_ROW - 8];
    for (uint64_t row = find_row(audit, number);; row++) {
        struct shown_row shown;
        if (views_shown(audit, row, 1, &shown) == 0 || shown.entry != number)
            return io_sync(audit->shown_fd);
        TRY(io_write_at(audit->shown_fd, str_of(zeros, sizeof zeros), row * SHOWN_ROW + 8));
    }
}
