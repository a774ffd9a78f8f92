/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was ever deleted: 16 bytes a deletion, number and time of entry, behind a head of 16. It
 * holds nothing of what a record said, so it may lie where backups lie, and longer than they do.
 * Only ever appended to. What a fall of the power left half written at its end is cut off at the
 * next opening; the feed still has it then, and it is written again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#include "keep/internal.h"

#define HEAD S("bureau deleted 1")

enum { ITEM_SIZE = 16, HEAD_SIZE = 16, PAGE_ITEMS = 4096 };

enum err deletions_open(struct deletions *list, const char *path)
{
    struct stat about;
    char head[HEAD_SIZE];
    *list = (struct deletions){.fd = -1};
    TRY(io_open(path, O_RDWR | O_CREAT, &list->fd));
    if (fstat(list->fd, &about) < 0)
        return err_errno("cannot look at %s", path);
    if (about.st_size < HEAD_SIZE) {
        TRY(io_truncate(list->fd, 0));
        TRY(io_write_at(list->fd, HEAD, 0));
        return io_sync(list->fd);
    }
    if (pread(list->fd, head, sizeof head, 0) != sizeof head)
        return err_errno("cannot read %s", path);
    if (!str_eq(str_of(head, sizeof head), HEAD))
        return err_set(ERR_VERSION, "%s is not a list of deletions of this version", path);
    list->count = ((uint64_t)about.st_size - HEAD_SIZE) / ITEM_SIZE;
    if ((uint64_t)about.st_size != HEAD_SIZE + list->count * ITEM_SIZE)
        return io_truncate(list->fd, HEAD_SIZE + list->count * ITEM_SIZE);
    return OK;
}

void deletions_close(struct deletions *list)
{
    if (list->fd >= 0)
        (void)close(list->fd);
    free(list->seen);
    *list = (struct deletions){.fd = -1};
}

enum err deletions_add(struct deletions *list, const struct deleted *items, size_t count)
{
    struct buf out = {.max = (count + 1) * ITEM_SIZE};
    for (size_t i = 0; i < count; i++) {
        buf_add_u64(&out, items[i].number);
        buf_add_u64(&out, (uint64_t)items[i].entered_us);
    }
    enum err code = out.failed;
    if (!code && count)
        code = io_write_at(list->fd, buf_str(&out), HEAD_SIZE + list->count * ITEM_SIZE);
    if (!code && count)
        code = io_sync(list->fd);
    buf_release(&out);
    if (!code)
        list->count += count;
    return code;
}

enum err deletions_each(struct deletions *list, deletions_visit *visit, void *context)
{
    char page[PAGE_ITEMS * ITEM_SIZE];
    uint64_t at = 0;
    uint64_t count = list->count; /* a visit may add */
    while (at < count) {
        uint64_t left = count - at;
        size_t size = (size_t)(left < PAGE_ITEMS ? left : PAGE_ITEMS) * ITEM_SIZE;
        ssize_t got = pread(list->fd, page, size, (off_t)(HEAD_SIZE + at * ITEM_SIZE));
        if (got < 0 && errno == EINTR)
            continue;
        if (got != (ssize_t)size)
            return err_errno("cannot read the list of deletions");
        struct cursor cursor = cursor_of(str_of(page, size));
        for (size_t i = 0; i < size / ITEM_SIZE; i++) {
            struct deleted item = {.number = cursor_u64(&cursor)};
            item.entered_us = (int64_t)cursor_u64(&cursor);
            if (item.number) /* a torn page reads as zeros */
                TRY(visit(context, &item));
        }
        at += size / ITEM_SIZE;
    }
    return OK;
}
