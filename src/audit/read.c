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

static enum err read_header(int fd, uint64_t offset, uint64_t number, struct entry_place *ret,
                            uint32_t *ret_length)
{
    char bytes[ENTRY_HEADER + SALT_SIZE];
    ssize_t got = pread(fd, bytes, sizeof bytes, (off_t)offset);
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

/* Opens the entry's segment and reads its header; checks that it is this entry. */
static enum err find(struct audit *audit, uint64_t number, int flags, int *ret_fd,
                     struct entry_place *ret, uint32_t *ret_length)
{
    char path[AUDIT_PATH];
    uint64_t offset = 0;
    if (number == 0 || number > audit_count(audit))
        return err_set(ERR_NOT_FOUND, "there is no audit entry %llu", (unsigned long long)number);
    TRY(views_place(audit, number, &offset));
    segment_path(audit->directory, segment_of(audit, number), path);
    TRY(io_open(path, flags, ret_fd));
    return read_header(*ret_fd, offset, number, ret, ret_length);
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
    audit_visit *visit;
    void *context;
};

static enum err visit_one(struct scan *scan, uint64_t number, bool is_looked_up)
{
    struct audit_read entry;
    arena_reset(&scan->arena);
    TRY(audit_get(scan->audit, number, &scan->arena, &entry));
    bool is_silent = is_looked_up && entry.is_destroyed; /* whom it was about went with it */
    return is_silent ? OK : scan->visit(scan->context, &entry);
}

enum err audit_find(struct audit *audit, enum audit_term term, str text, str country,
                    uint64_t before, size_t max, audit_visit *visit, void *context)
{
    struct scan scan = {.audit = audit, .visit = visit, .context = context};
    struct buf entries = {.max = 1 << 28};
    uint64_t count = audit_count(audit);
    before = before && before <= count ? before : count + 1;
    enum err code = lookup_find(&audit->lookup, term, text, country, before, max, &entries);
    struct cursor c = cursor_of(buf_str(&entries));
    while (!code && cursor_left(&c))
        code = visit_one(&scan, cursor_u64(&c), true);
    arena_release(&scan.arena);
    buf_release(&entries);
    return code;
}

enum err audit_scan(struct audit *audit, struct record_id shown, uint64_t before, size_t max,
                    audit_visit *visit, void *context)
{
    struct scan scan = {.audit = audit, .visit = visit, .context = context};
    char term[AUDIT_RECORD_TERM];
    uint64_t count = audit_count(audit);
    enum err code = OK;
    if (shown.number)
        return audit_find(audit, AUDIT_RECORD, audit_record_term(shown, term), STR_EMPTY, before,
                          max, visit, context);
    for (before = before && before <= count ? before : count + 1; !code && max-- > 0 && before > 1;)
        code = visit_one(&scan, --before, false);
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

/* The entry at the intent's place, its body in the arena. */
static enum err read_intended(int fd, const struct intent *intent, struct arena *arena,
                              struct entry_place *ret)
{
    uint32_t length = 0;
    TRY(read_header(fd, intent->offset, intent->number, ret, &length));
    return read_body(fd, ret, length, arena);
}

/* What it was found by goes first, while it can still be read. */
static enum err forget_terms(struct audit *audit, const struct entry_place *entry,
                             struct arena *arena)
{
    struct buf rows = {.max = 16 << 20};
    str body;
    uint32_t day = 0;
    enum err code =
        keyring_unseal(&audit->keyring, &entry->salt, entry->body, arena, &body, &day, NULL);
    if (!code)
        code = terms_of_body(&audit->keyring, body, entry->number, day, &rows);
    if (!code)
        code = lookup_forget(&audit->lookup, buf_str(&rows));
    if (code == ERR_GONE) {
        err_clear();
        code = OK;
    }
    buf_release(&rows);
    return code;
}

static enum err write_zeros(int fd, const struct entry_place *entry)
{
    size_t size = ENTRY_HEADER + SALT_SIZE + entry->body.len;
    char *zeros = calloc(1, size);
    if (!zeros)
        return err_set(ERR_MEMORY, "out of memory for %zu bytes", size);
    entry_header_put(zeros, entry->number, (uint32_t)entry->body.len,
                     entry->flags | ENTRY_DESTROYED, &entry->leaf);
    enum err code = io_write_at(fd, str_of(zeros, size), entry->offset);
    free(zeros);
    return code ? code : io_sync(fd);
}

/* A body half overwritten matches its hash no more: its terms went before. */
static enum err overwrite(struct audit *audit, const struct intent *intent)
{
    char path[AUDIT_PATH];
    struct arena arena = {0};
    struct entry_place entry = {0};
    int fd = -1;
    segment_path(audit->directory, intent->segment, path);
    TRY(io_open(path, O_RDWR, &fd));
    enum err code = read_intended(fd, intent, &arena, &entry);
    bool is_half = code == ERR_DAMAGED && entry.number == intent->number && entry.body.ptr;
    if (!code)
        code = forget_terms(audit, &entry, &arena);
    if (is_half)
        err_clear();
    if (!code || is_half)
        code = write_zeros(fd, &entry);
    (void)close(fd);
    arena_release(&arena);
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

enum err destroy_resume(struct audit *audit)
{
    char path[AUDIT_PATH];
    char *text = NULL;
    size_t len = 0;
    struct intent intent = {0};
    intent_path(audit, path);
    enum err code = io_read_file(path, 80, &text, &len);
    if (code == ERR_NOT_FOUND) {
        err_clear();
        return OK;
    }
    if (!code && parse_intent(str_of(text, len), &intent))
        code = overwrite(audit, &intent);
    free(text);
    return code ? code : io_remove(path);
}
