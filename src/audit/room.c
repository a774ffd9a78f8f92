/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room for the log, kept beforehand. DIR/audit/room is a file that is allocated and never written:
 * as large as the log grows in seven days at its present rate. Whatever else fills the disk -
 * imports first - finds it full while the log still has a week; then the committer gives the file
 * back piece by piece, and only when it is used up does a search find no room for its entry and is
 * refused.
 *
 *   disk   |---- used ----|-- free --|---- room: seven days ----|
 *
 * The rate is read off the log itself: what was written since the newest segment that is a week
 * old, over that time (a day at least, so that a first busy hour does not count for a week).
 * Where the file system cannot reserve, nothing is kept, and room says so.
 *
 * The committer calls room_make() when its segment needs more, every eight megabytes, and
 * room_look() once a minute. audit_room() may be called by anybody.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/io.h"

#include "audit/internal.h"

enum {
    ROOM_MIN = 8 << 20,
    SLACK = 4 << 20,  /* free beside a step of the segment: side files, keys, checkpoints */
    BESIDE = 1 << 20, /* of each side file */
    LOOK_EVERY_US = 60000000,
    DAYS_KEPT = AUDIT_ROOM_DAYS,
    ENTRY_BESIDE = 8 + 33 + 36, /* place, tree, three rows of the lookup */
    DAYS_TOLD_MAX = 9999
};
#define DAY_US 86400000000ll

/* ---- the rate ---- */

/* When the first group of the segment was written; 0: it has none yet. */
static int64_t time_of(const struct audit *audit, uint64_t first)
{
    char path[AUDIT_PATH];
    char bytes[GROUP_HEADER] = {0};
    struct group_header header = {0};
    int fd = -1;
    segment_path(audit->directory, first, path);
    if (io_open(path, O_RDONLY, &fd) != OK) {
        err_clear();
        return 0;
    }
    ssize_t got = pread(fd, bytes, sizeof bytes, SEGMENT_HEADER);
    (void)close(fd);
    return got == sizeof bytes && group_header_get(bytes, &header) ? header.time_us : 0;
}

/* The newest segment begun a week ago or earlier; the first where there is none. */
static size_t segment_a_week_ago(const struct audit *audit, int64_t now_us)
{
    size_t low = 0;
    size_t high = audit->segment_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        int64_t begun = time_of(audit, audit->segments[middle]);
        if (begun && begun <= now_us - DAYS_KEPT * DAY_US)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static uint64_t bytes_a_day(struct audit *audit)
{
    int64_t now_us = clock_now_us();
    pthread_mutex_lock(&audit->destroying); /* guards the list of segments */
    size_t from = segment_a_week_ago(audit, now_us);
    uint64_t first = audit->segments[from];
    uint64_t segments = audit->segment_count - 1 - from;
    int64_t begun = time_of(audit, first);
    pthread_mutex_unlock(&audit->destroying);
    pthread_mutex_lock(&audit->lock);
    uint64_t bytes = segments * audit->segment_bytes + audit->offset;
    pthread_mutex_unlock(&audit->lock);
    bytes += (atomic_load(&audit->durable) + 1 - first) * ENTRY_BESIDE;
    int64_t took = begun && begun < now_us - DAY_US ? now_us - begun : DAY_US;
    return (uint64_t)((double)bytes * (double)DAY_US / (double)took);
}

/* ---- what is there ---- */

static uint64_t free_bytes(const struct audit *audit)
{
    struct statvfs disk;
    if (statvfs(audit->directory, &disk) < 0)
        return 0;
    return (uint64_t)disk.f_bavail * disk.f_frsize;
}

static uint64_t allocated(int fd)
{
    struct stat about;
    return fd >= 0 && fstat(fd, &about) == 0 ? (uint64_t)about.st_blocks * 512 : 0;
}

/* A failure leaves less room kept, which audit_room() tells; the log goes on. */
static void resize(struct room *room, uint64_t size)
{
    enum err code = size > room->kept ? io_reserve(room->fd, size) : io_truncate(room->fd, size);
    if (code)
        err_clear();
    room->kept = allocated(room->fd);
}

/* ---- the committer's part ---- */

/* Seven days at the present rate, but no more than half of what there is. */
static uint64_t wanted(const struct room *room, uint64_t available)
{
    uint64_t size = room->a_day * DAYS_KEPT > ROOM_MIN ? room->a_day * DAYS_KEPT : ROOM_MIN;
    return size < available / 2 ? size : available / 2;
}

static void look(struct audit *audit)
{
    struct room *room = &audit->room;
    room->looked_us = clock_monotonic_us();
    room->a_day = bytes_a_day(audit);
    uint64_t available = free_bytes(audit);
    uint64_t size = wanted(room, available + room->kept);
    bool is_room = available > SLACK + (size > room->kept ? size - room->kept : 0);
    if ((size > room->kept + room->kept / 16 && is_room) || size < room->kept / 2)
        resize(room, size);
}

void room_look(struct audit *audit)
{
    if (clock_monotonic_us() - audit->room.looked_us < LOOK_EVERY_US)
        return;
    pthread_mutex_lock(&audit->room.lock);
    look(audit);
    pthread_mutex_unlock(&audit->room.lock);
}

/*
 * A step of the segment, and what its entries need beside it, are taken in one go: who else waits
 * for room on this disk finds a few microseconds in which it is free, once in eight megabytes.
 */
void room_make(struct audit *audit)
{
    struct room *room = &audit->room;
    const int beside[] = {audit->places_fd, audit->tree.fds[0]};
    if (room->kept == 0 || free_bytes(audit) >= RESERVE_BYTES + SLACK)
        return;
    pthread_mutex_lock(&room->lock);
    resize(room, room->kept > RESERVE_BYTES + SLACK ? room->kept - RESERVE_BYTES - SLACK : 0);
    pthread_mutex_unlock(&room->lock);
    for (size_t i = 0; i < COUNT_OF(beside); i++) {
        off_t end = beside[i] >= 0 ? lseek(beside[i], 0, SEEK_END) : -1;
        if (end >= 0 && fallocate(beside[i], FALLOC_FL_KEEP_SIZE, end, BESIDE) < 0)
            return; /* then they find room when they need it, or the group fails and says so */
    }
}

void room_open(struct audit *audit)
{
    char path[AUDIT_PATH];
    struct room *room = &audit->room;
    snprintf(path, sizeof path, "%.4000s/room", audit->directory);
    if (io_open(path, O_RDWR | O_CREAT, &room->fd) != OK)
        err_clear();
    room->kept = allocated(room->fd);
    if (room->fd >= 0)
        look(audit);
}

void room_close(struct audit *audit)
{
    if (audit->room.fd >= 0)
        (void)close(audit->room.fd);
    audit->room.fd = -1;
}

/* ---- for all ---- */

void audit_room(struct audit *audit, struct audit_room *ret)
{
    struct room *room = &audit->room;
    pthread_mutex_lock(&room->lock);
    *ret = (struct audit_room){.kept = room->kept, .a_day = room->a_day ? room->a_day : 1};
    pthread_mutex_unlock(&room->lock);
    ret->free = free_bytes(audit);
    uint64_t days = (ret->kept + ret->free) / ret->a_day;
    ret->days_left = (unsigned)(days < DAYS_TOLD_MAX ? days : DAYS_TOLD_MAX);
    ret->is_drawn_on = ret->days_left < DAYS_KEPT || ret->free < RESERVE_BYTES + SLACK;
}

unsigned audit_room_alarm(const struct audit_room *room)
{
    static const unsigned levels[] = {1, 7, 30};
    for (size_t i = 0; i < COUNT_OF(levels); i++)
        if (room->days_left < levels[i])
            return levels[i];
    return room->is_drawn_on ? DAYS_KEPT : 0;
}
