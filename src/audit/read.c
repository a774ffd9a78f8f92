/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking the log, and destroying bodies in it. What is read is checked against its leaf before it
 * is given out.
 *
 * A body is destroyed where it lies: one write sets the flag and zeros over salt and body, one sync
 * makes it durable. A file `destroying` names the entry meanwhile, so that a crash in between is
 * finished at the next opening, and no half of a body is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "audit/internal.h"

/* The segment an entry lies in. With `destroying` held. */
static uint64_t segment_of(const struct audit *audit, uint64_t number)
{
    size_t low = 0;
    size_t high = audit->segment_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (audit->segments[middle] <= number)
            low = middle;
        else
            high = middle;
    }
    return audit->segments[low];
}

/* Opens the entry's segment and reads its header; checks that it is this entry. */
static enum err find(struct audit *audit, uint64_t number, int flags, int *ret_fd,
                     struct entry_place *ret, uint32_t *ret_length)
{
    char path[AUDIT_PATH];
    char bytes[ENTRY_HEADER + SALT_SIZE];
    uint64_t offset = 0;
    if (number == 0 || number > audit_count(audit))
        return err_set(ERR_NOT_FOUND, "there is no audit entry %llu", (unsigned long long)number);
    TRY(views_place(audit, number, &offset));
    segment_path(audit->directory, segment_of(audit, number), path);
    TRY(io_open(path, flags, ret_fd));
    ssize_t got = pread(*ret_fd, bytes, sizeof bytes, (off_t)offset);
    struct cursor c = cursor_of(str_of(bytes, got > 0 ? (size_t)got : 0));
    *ret = (struct entry_place){.number = cursor_u64(&c), .offset = offset};
    *ret_length = cursor_u32(&c);
    ret->flags = cursor_u32(&c);
    str leaf = cursor_bytes(&c, HASH_SIZE);
    str salt = cursor_bytes(&c, SALT_SIZE);
    if (c.is_bad || ret->number != number || *ret_length > BODY_MAX)
        return err_set(ERR_DAMAGED, "audit entry %llu is damaged", (unsigned long long)number);
    memcpy(ret->leaf.bytes, leaf.ptr, HASH_SIZE);
    memcpy(ret->salt.bytes, salt.ptr, SALT_SIZE);
    return OK;
}

static enum err read_body(int fd, struct entry_place *entry, uint32_t length, struct arena *arena)
{
    char *body = arena_alloc(arena, length + 1u);
    if (!body)
        return ERR_LIMIT; /* said by the arena */
    ssize_t got = pread(fd, body, length, (off_t)(entry->offset + ENTRY_HEADER + SALT_SIZE));
    entry->body = str_of(body, length);
    struct hash leaf;
    salted_hash(&entry->salt, entry->body, &leaf);
    if (got != (ssize_t)length || memcmp(leaf.bytes, entry->leaf.bytes, HASH_SIZE) != 0)
        return err_set(ERR_DAMAGED, "audit entry %llu does not match its hash",
                       (unsigned long long)entry->number);
    return OK;
}

enum err entry_read(struct audit *audit, uint64_t number, struct arena *arena,
                    struct entry_place *ret)
{
    int fd = -1;
    uint32_t length = 0;
    pthread_mutex_lock(&audit->destroying);
    enum err code = find(audit, number, O_RDONLY, &fd, ret, &length);
    if (!code && !(ret->flags & ENTRY_DESTROYED))
        code = read_body(fd, ret, length, arena);
    pthread_mutex_unlock(&audit->destroying);
    if (fd >= 0)
        (void)close(fd);
    return code;
}

enum err audit_get(struct audit *audit, uint64_t number, struct arena *arena,
                   struct audit_read *ret)
{
    struct entry_place entry;
    str body = STR_EMPTY;
    TRY(entry_read(audit, number, arena, &entry));
    bool is_destroyed = entry.flags & ENTRY_DESTROYED;
    if (!is_destroyed) {
        enum err code =
            keyring_unseal(&audit->keyring, &entry.salt, entry.body, arena, &body, NULL, NULL);
        is_destroyed = code == ERR_GONE;
        if (is_destroyed)
            err_clear();
        else
            TRY(code);
    }
    *ret = (struct audit_read){.number = number,
                               .leaf = entry.leaf,
                               .is_destroyed = is_destroyed,
                               .body = body};
    return OK;
}

enum err audit_by_receipt(struct audit *audit, str receipt, struct arena *arena,
                          struct audit_read *ret)
{
    uint64_t number = 0;
    TRY(receipt_number(&audit->key, receipt, audit_count(audit), &number));
    return audit_get(audit, number, arena, ret);
}

void audit_receipt(const struct audit *audit, uint64_t number, char ret_receipt[RECEIPT_TEXT])
{
    receipt_of_number(&audit->key, number, ret_receipt);
}

/* ---- scanning ---- */

struct scan {
    struct audit *audit;
    struct arena arena;
    uint64_t before;
    size_t left;
    uint64_t tag; /* of the record asked for, on tag_day */
    uint32_t tag_day;
    audit_visit *visit;
    void *context;
};

static enum err visit_one(struct scan *scan, uint64_t number)
{
    struct audit_read entry;
    arena_reset(&scan->arena);
    TRY(audit_get(scan->audit, number, &scan->arena, &entry));
    scan->before = number;
    scan->left--;
    return scan->visit(scan->context, &entry);
}

/* The record's tag on the row's day; 0 when that month's key is gone. */
static enum err tag_on(struct scan *scan, uint32_t day, struct record_id id)
{
    if (day == scan->tag_day)
        return OK;
    enum err code = keyring_tag(&scan->audit->keyring, day, id, &scan->tag);
    if (code == ERR_GONE) {
        err_clear();
        scan->tag = 0;
        code = OK;
    }
    scan->tag_day = day;
    return code;
}

static enum err scan_shown(struct scan *scan, struct record_id id)
{
    enum { BLOCK = 512 };
    struct shown_row rows[BLOCK];
    for (uint64_t end = atomic_load(&scan->audit->shown_rows); end > 0 && scan->left > 0;) {
        uint64_t begin = end > BLOCK ? end - BLOCK : 0;
        size_t got = views_shown(scan->audit, begin, (size_t)(end - begin), rows);
        while (got-- > 0 && scan->left > 0) {
            TRY(tag_on(scan, rows[got].day, id));
            bool is_it = scan->tag && rows[got].tag == scan->tag;
            if (is_it && rows[got].entry < scan->before) /* `before` moves down: visited once */
                TRY(visit_one(scan, rows[got].entry));
        }
        end = begin;
    }
    return OK;
}

enum err audit_scan(struct audit *audit, struct record_id shown, uint64_t before, size_t max,
                    audit_visit *visit, void *context)
{
    uint64_t count = audit_count(audit);
    struct scan scan = {.audit = audit,
                        .before = before && before <= count ? before : count + 1,
                        .left = max,
                        .visit = visit,
                        .context = context};
    enum err code = OK;
    if (shown.number)
        code = scan_shown(&scan, shown);
    else
        while (!code && scan.left > 0 && scan.before > 1)
            code = visit_one(&scan, scan.before - 1);
    arena_release(&scan.arena);
    return code;
}

/* ---- destroying ---- */

/*
 * Where an entry lies, so that destroying it can be finished before anything else of the log is
 * read.
 */
struct intent {
    uint64_t segment, offset, number;
};

static void intent_path(const struct audit *audit, char out[AUDIT_PATH])
{
    snprintf(out, AUDIT_PATH, "%.4000s/destroying", audit->directory);
}

static enum err overwrite_in(int fd, const struct intent *intent)
{
    char bytes[ENTRY_HEADER];
    ssize_t got = pread(fd, bytes, sizeof bytes, (off_t)intent->offset);
    struct cursor c = cursor_of(str_of(bytes, got > 0 ? (size_t)got : 0));
    uint64_t number = cursor_u64(&c);
    uint32_t length = cursor_u32(&c);
    uint32_t flags = cursor_u32(&c);
    struct hash leaf;
    str leaf_bytes = cursor_bytes(&c, HASH_SIZE);
    if (c.is_bad || number != intent->number || length > BODY_MAX)
        return err_set(ERR_DAMAGED, "audit entry %llu is damaged",
                       (unsigned long long)intent->number);
    memcpy(leaf.bytes, leaf_bytes.ptr, HASH_SIZE);
    size_t size = ENTRY_HEADER + SALT_SIZE + (size_t)length;
    char *zeros = calloc(1, size);
    if (!zeros)
        return err_set(ERR_MEMORY, "out of memory for %zu bytes", size);
    entry_header_put(zeros, number, length, flags | ENTRY_DESTROYED, &leaf);
    enum err code = io_write_at(fd, str_of(zeros, size), intent->offset);
    free(zeros);
    return code ? code : io_sync(fd);
}

static enum err overwrite(const struct audit *audit, const struct intent *intent)
{
    char path[AUDIT_PATH];
    int fd = -1;
    segment_path(audit->directory, intent->segment, path);
    TRY(io_open(path, O_RDWR, &fd));
    enum err code = overwrite_in(fd, intent);
    (void)close(fd);
    return code;
}

static enum err destroy(struct audit *audit, const struct intent *intent)
{
    char path[AUDIT_PATH];
    char text[80];
    intent_path(audit, path);
    int len = snprintf(text, sizeof text, "%llu %llu %llu", (unsigned long long)intent->segment,
                       (unsigned long long)intent->offset, (unsigned long long)intent->number);
    TRY(io_replace(path, str_of(text, (size_t)len)));
    TRY(overwrite(audit, intent));
    TRY(views_forget(audit, intent->number));
    return io_remove(path);
}

enum err audit_destroy_body(struct audit *audit, uint64_t number)
{
    int fd = -1;
    struct entry_place entry = {0};
    uint32_t length = 0;
    pthread_mutex_lock(&audit->destroying);
    enum err code = find(audit, number, O_RDONLY, &fd, &entry, &length);
    if (fd >= 0)
        (void)close(fd);
    if (!code && !(entry.flags & ENTRY_DESTROYED)) {
        const struct intent intent = {segment_of(audit, number), entry.offset, number};
        code = destroy(audit, &intent);
    }
    pthread_mutex_unlock(&audit->destroying);
    return code;
}

static bool parse_intent(str text, struct intent *ret)
{
    str piece;
    return str_split(&text, ' ', &piece) && str_to_u64(piece, INT64_MAX, &ret->segment) &&
           str_split(&text, ' ', &piece) && str_to_u64(piece, INT64_MAX, &ret->offset) &&
           str_to_u64(text, INT64_MAX, &ret->number);
}

enum err destroy_resume(const struct audit *audit, uint64_t *ret_number)
{
    char path[AUDIT_PATH];
    char *text = NULL;
    size_t len = 0;
    struct intent intent = {0};
    *ret_number = 0;
    intent_path(audit, path);
    enum err code = io_read_file(path, 80, &text, &len);
    if (code == ERR_NOT_FOUND) {
        err_clear();
        return OK;
    }
    if (!code && parse_intent(str_of(text, len), &intent))
        code = overwrite(audit, &intent);
    free(text);
    *ret_number = intent.number;
    return code;
}

enum err destroy_finish(struct audit *audit, uint64_t number)
{
    char path[AUDIT_PATH];
    if (!number)
        return OK;
    intent_path(audit, path);
    TRY(views_forget(audit, number));
    return io_remove(path);
}
