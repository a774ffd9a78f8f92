/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of the log, and the one walk over them that opening, rebuilding and verifying share.
 * Everything read is treated as hostile: bounded, recomputed, never trusted.
 *
 * How a segment may end. A group is one write and one sync, and the next is not written before the
 * sync returned, so a crash can spoil the last group only, in any way: its pages may be there or be
 * zeros. Behind a good group therefore come zeros (reserved space), the end of the file, or the
 * remains of one group that nobody was told of; those are "torn" and are dropped. A bad group with
 * a later group's header behind it was altered: that is damage.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "audit/internal.h"

enum { NUMBER_DIGITS = 20, READ_CHUNK = 1 << 20 };

static void put(char *out, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (char)(value >> (8 * i) & 0xFF);
}

/* ---- names ---- */

void segment_path(const char *directory, uint64_t first, char out[AUDIT_PATH])
{
    snprintf(out, AUDIT_PATH, "%.4000s/%020llu.log", directory, (unsigned long long)first);
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

enum err segment_list(const char *directory, uint64_t **ret, size_t *ret_count)
{
    DIR *dir = opendir(directory);
    if (!dir)
        return err_errno("cannot open directory %s", directory);
    size_t count = 0;
    size_t size = 16;
    uint64_t *list = malloc(size * sizeof *list);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): safe on a stream of one's own */
    for (struct dirent *entry; list && (entry = readdir(dir));) {
        str name = str_c(entry->d_name);
        uint64_t first = 0;
        if (name.len != NUMBER_DIGITS + 4 || !str_ends(name, S(".log")) ||
            !str_to_u64(str_slice(name, 0, NUMBER_DIGITS), INT64_MAX, &first) || !first)
            continue;
        if (count == size) {
            uint64_t *grown = realloc(list, (size *= 2) * sizeof *list);
            if (!grown)
                free(list);
            list = grown;
        }
        if (list)
            list[count++] = first;
    }
    closedir(dir);
    if (!list)
        return err_set(ERR_MEMORY, "out of memory for the list of audit segments");
    qsort(list, count, sizeof *list, compare_numbers);
    *ret = list;
    *ret_count = count;
    return OK;
}

/* ---- headers ---- */

void segment_header_put(char out[SEGMENT_HEADER], uint64_t first, const struct hash *chain)
{
    memset(out, 0, SEGMENT_HEADER);
    put(out, SEGMENT_MAGIC, 8);
    put(out + 8, first, 8);
    memcpy(out + 16, chain->bytes, HASH_SIZE);
}

void group_header_put(char out[GROUP_HEADER], const struct group_header *header)
{
    put(out, GROUP_MAGIC, 4);
    put(out + 4, header->count, 4);
    put(out + 8, header->first, 8);
    put(out + 16, header->size, 4);
    put(out + 20, 0, 4);
    put(out + 24, (uint64_t)header->time_us, 8);
    memcpy(out + 32, header->chain.bytes, HASH_SIZE);
}

enum err segment_chain_before(const char *directory, uint64_t first, struct hash *ret)
{
    char path[AUDIT_PATH];
    char bytes[SEGMENT_HEADER] = {0};
    int fd = -1;
    segment_path(directory, first, path);
    TRY(io_open(path, O_RDONLY, &fd));
    ssize_t got = pread(fd, bytes, sizeof bytes, 0);
    (void)close(fd);
    memcpy(ret->bytes, bytes + 16, HASH_SIZE);
    return got == sizeof bytes ? OK : err_set(ERR_DAMAGED, "%s has no header", path);
}

bool group_header_get(const char *bytes, struct group_header *ret)
{
    struct cursor c = cursor_of(str_of(bytes, GROUP_HEADER));
    uint32_t magic = cursor_u32(&c);
    ret->count = cursor_u32(&c);
    ret->first = cursor_u64(&c);
    ret->size = cursor_u32(&c);
    uint32_t zero = cursor_u32(&c);
    ret->time_us = (int64_t)cursor_u64(&c);
    memcpy(ret->chain.bytes, cursor_bytes(&c, HASH_SIZE).ptr, HASH_SIZE);
    return magic == GROUP_MAGIC && zero == 0 && ret->count > 0 && ret->count <= QUEUE_ENTRIES &&
           ret->size >= ret->count * (uint32_t)(ENTRY_HEADER + SALT_SIZE) &&
           ret->size <= GROUP_BYTES_MAX;
}

void entry_header_put(char out[ENTRY_HEADER], uint64_t number, uint32_t length, uint32_t flags,
                      const struct hash *leaf)
{
    put(out, number, 8);
    put(out + 8, length, 4);
    put(out + 12, flags, 4);
    memcpy(out + 16, leaf->bytes, HASH_SIZE);
}

bool entry_get(str bytes, size_t *at, struct entry_place *ret)
{
    struct cursor c = cursor_of(str_from(bytes, *at));
    *ret = (struct entry_place){.offset = *at};
    ret->number = cursor_u64(&c);
    uint32_t length = cursor_u32(&c);
    ret->flags = cursor_u32(&c);
    str leaf = cursor_bytes(&c, HASH_SIZE);
    str salt = cursor_bytes(&c, SALT_SIZE);
    ret->body = cursor_bytes(&c, length);
    if (c.is_bad || length > BODY_MAX)
        return false;
    memcpy(ret->leaf.bytes, leaf.ptr, HASH_SIZE);
    memcpy(ret->salt.bytes, salt.ptr, SALT_SIZE);
    *at += ENTRY_HEADER + SALT_SIZE + length;
    return true;
}

/*
 * Hashes in runs of entries, so that a group of thousands needs no memory of its own; runs are as
 * fixed as the format.
 */
bool group_chain(const struct group_header *header, str entries, const struct hash *before,
                 struct hash *ret)
{
    enum { RUN = 64, LINK = 16 + HASH_SIZE };
    char fixed[GROUP_HEADER];
    char links[RUN * LINK];
    group_header_put(fixed, header);
    const str start[] = {str_of((const char *)before->bytes, HASH_SIZE),
                         str_of(fixed, GROUP_HEADER - HASH_SIZE)};
    struct hash chain;
    sha256_pieces(start, COUNT_OF(start), &chain);
    size_t at = 0;
    for (uint32_t i = 0; i < header->count;) {
        size_t used = 0;
        for (; i < header->count && used < sizeof links; i++, used += LINK) {
            struct entry_place entry;
            if (!entry_get(entries, &at, &entry) || entry.number != header->first + i)
                return false;
            put(links + used, entry.number, 8);
            put(links + used + 8, entry.body.len, 4);
            put(links + used + 12, entry.flags & ~(uint32_t)ENTRY_DESTROYED, 4);
            memcpy(links + used + 16, entry.leaf.bytes, HASH_SIZE);
        }
        const str next[] = {str_of((const char *)chain.bytes, HASH_SIZE), str_of(links, used)};
        sha256_pieces(next, COUNT_OF(next), &chain);
    }
    *ret = chain;
    return at == entries.len;
}

/* ---- the walk ---- */

struct walk {
    const char *path;
    int fd;
    char *bytes; /* a window of the file from `from` */
    size_t len, size;
    uint64_t from;
    const struct entry_visitor *visitor;
    struct segment_end end;
};

/* Makes `need` bytes at `at` available, or fewer at the end of the file. */
static enum err window(struct walk *walk, uint64_t at, size_t need, str *ret)
{
    if (at < walk->from || at + need > walk->from + walk->len) {
        size_t want = need > READ_CHUNK ? need : READ_CHUNK;
        if (want > walk->size) {
            char *grown = realloc(walk->bytes, want);
            if (!grown)
                return err_set(ERR_MEMORY, "out of memory for %zu bytes of %s", want, walk->path);
            walk->bytes = grown;
            walk->size = want;
        }
        walk->from = at;
        walk->len = 0;
        while (walk->len < want) {
            ssize_t got =
                pread(walk->fd, walk->bytes + walk->len, want - walk->len, (off_t)(at + walk->len));
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return err_errno("cannot read %s", walk->path);
            if (got == 0)
                break;
            walk->len += (size_t)got;
        }
    }
    *ret = str_slice(str_of(walk->bytes, walk->len), (size_t)(at - walk->from), need);
    return OK;
}

static enum err check_entry(struct walk *walk, const struct entry_place *entry)
{
    if (!(entry->flags & ENTRY_DESTROYED)) {
        struct hash leaf;
        salted_hash(&entry->salt, entry->body, &leaf);
        return memcmp(leaf.bytes, entry->leaf.bytes, HASH_SIZE) != 0 ? ERR_DAMAGED : OK;
    }
    walk->end.destroyed++;
    for (size_t i = 0; i < SALT_SIZE; i++)
        if (entry->salt.bytes[i])
            return ERR_DAMAGED;
    for (size_t i = 0; i < entry->body.len; i++)
        if (entry->body.ptr[i])
            return ERR_DAMAGED;
    return OK;
}

/* The first entry of a group whose content is not what its leaf says; 0: none. */
static uint64_t bad_entry(struct walk *walk, const struct group_header *header, str entries)
{
    struct entry_place entry;
    uint64_t destroyed = walk->end.destroyed;
    for (size_t at = 0;
         entry_get(entries, &at, &entry) && entry.number < header->first + header->count;)
        if (check_entry(walk, &entry)) {
            walk->end.destroyed = destroyed;
            return entry.number;
        }
    return 0;
}

static enum err visit_group(struct walk *walk, const struct group_header *header, str entries)
{
    struct entry_place entry;
    size_t at = 0;
    for (uint32_t i = 0; i < header->count && walk->visitor; i++) {
        ensure(entry_get(entries, &at, &entry));
        entry.offset += walk->end.offset + GROUP_HEADER;
        TRY(walk->visitor->visit(walk->visitor->context, &entry));
    }
    walk->end.next = header->first + header->count;
    walk->end.offset += GROUP_HEADER + entries.len;
    walk->end.chain = header->chain;
    return OK;
}

/* What lies at the end of the good part; `bad` names the entry that is wrong, if anything is. */
enum group_verdict { GROUP_GOOD, GROUP_NONE, GROUP_BAD };
struct found_group {
    enum group_verdict verdict;
    struct group_header header;
    str entries;
    uint64_t bad;
};

static void judge_group(struct walk *walk, struct found_group *found)
{
    struct hash chain = {{0}};
    bool is_linked = group_chain(&found->header, found->entries, &walk->end.chain, &chain) &&
                     memcmp(chain.bytes, found->header.chain.bytes, HASH_SIZE) == 0;
    uint64_t bad = bad_entry(walk, &found->header, found->entries);
    if (bad)
        found->bad = bad;
    else if (is_linked)
        found->verdict = GROUP_GOOD;
}

static enum err next_group(struct walk *walk, struct found_group *ret)
{
    str bytes = STR_EMPTY;
    *ret = (struct found_group){.verdict = GROUP_NONE, .bad = walk->end.next};
    TRY(window(walk, walk->end.offset, GROUP_HEADER, &bytes));
    if (bytes.len == 0)
        return OK;
    ret->verdict = GROUP_BAD;
    if (bytes.len < GROUP_HEADER || !group_header_get(bytes.ptr, &ret->header) ||
        ret->header.first != walk->end.next)
        return OK;
    TRY(window(walk, walk->end.offset + GROUP_HEADER, ret->header.size, &ret->entries));
    if (ret->entries.len == ret->header.size)
        judge_group(walk, ret);
    return OK;
}

/* Behind the good part: how far until only zeros follow, and whether a later group begins in it. */
struct behind {
    uint64_t used;
    bool is_later;
};

static void look_at(const struct walk *walk, str bytes, uint64_t at, struct behind *behind)
{
    for (size_t i = 0; i < bytes.len; i++) {
        struct group_header header;
        if (!bytes.ptr[i])
            continue;
        behind->used = at + i + 1 - walk->end.offset;
        if (bytes.len - i >= GROUP_HEADER && (unsigned char)bytes.ptr[i] == (GROUP_MAGIC & 0xFF) &&
            group_header_get(bytes.ptr + i, &header) && header.first > walk->end.next &&
            header.first - walk->end.next <= SEGMENT_BYTES)
            behind->is_later = true;
    }
}

static enum err look_behind(struct walk *walk, struct behind *ret)
{
    uint64_t at = walk->end.offset;
    *ret = (struct behind){0};
    walk->len = 0;
    for (;;) {
        str bytes = STR_EMPTY;
        TRY(window(walk, at, READ_CHUNK, &bytes));
        look_at(walk, bytes, at, ret);
        if (bytes.len < READ_CHUNK)
            return OK;
        at += READ_CHUNK - GROUP_HEADER; /* a header may lie across the border */
    }
}

/* After a bad group; it is read afresh, for a writer at work may have finished it meanwhile. */
static enum err look_again(struct walk *walk, struct found_group *found, struct behind *behind)
{
    TRY(look_behind(walk, behind));
    walk->len = 0;
    return next_group(walk, found);
}

static enum err walk_groups(struct walk *walk, bool is_last)
{
    struct found_group found = {.verdict = GROUP_NONE};
    struct behind behind = {0};
    TRY(next_group(walk, &found));
    while (found.verdict != GROUP_NONE) {
        if (found.verdict == GROUP_BAD)
            TRY(look_again(walk, &found, &behind));
        if (found.verdict != GROUP_GOOD)
            break;
        TRY(visit_group(walk, &found.header, found.entries));
        behind = (struct behind){0};
        TRY(next_group(walk, &found));
    }
    if (behind.is_later || (behind.used && !is_last))
        return err_set(ERR_DAMAGED,
                       "audit entry %llu does not match its hash (%s, group at byte %llu)",
                       (unsigned long long)found.bad, walk->path,
                       (unsigned long long)walk->end.offset);
    walk->end.torn = behind.used;
    return OK;
}

static enum err check_header(struct walk *walk, uint64_t first, const struct hash *chain_before)
{
    str bytes = STR_EMPTY;
    char expected[SEGMENT_HEADER];
    TRY(window(walk, 0, SEGMENT_HEADER, &bytes));
    segment_header_put(expected, first, chain_before);
    if (!str_eq(bytes, str_of(expected, SEGMENT_HEADER)))
        return err_set(ERR_DAMAGED, "%s does not continue the audit log before it", walk->path);
    walk->end.next = first;
    walk->end.offset = SEGMENT_HEADER;
    walk->end.chain = *chain_before;
    return OK;
}

enum err segment_walk(const char *directory, uint64_t first, const struct hash *chain_before,
                      bool is_last, const struct entry_visitor *visitor, struct segment_end *ret)
{
    char path[AUDIT_PATH];
    segment_path(directory, first, path);
    struct walk walk = {.path = path, .visitor = visitor};
    TRY(io_open(path, O_RDONLY, &walk.fd));
    enum err code = check_header(&walk, first, chain_before);
    if (!code)
        code = walk_groups(&walk, is_last);
    (void)close(walk.fd);
    free(walk.bytes);
    *ret = walk.end;
    return code;
}

/* ---- the head ---- */

enum { HEAD_SIZE = 8 + HASH_SIZE };

enum err head_write(const char *directory, const struct head *head)
{
    char path[AUDIT_PATH];
    char bytes[HEAD_SIZE];
    snprintf(path, sizeof path, "%.4000s/head", directory);
    put(bytes, head->count, 8);
    memcpy(bytes + 8, head->chain.bytes, HASH_SIZE);
    return io_replace(path, str_of(bytes, sizeof bytes));
}

enum err head_read(const char *directory, struct head *ret)
{
    char path[AUDIT_PATH];
    char *bytes = NULL;
    size_t len = 0;
    snprintf(path, sizeof path, "%.4000s/head", directory);
    *ret = (struct head){0};
    enum err code = io_read_file(path, HEAD_SIZE, &bytes, &len);
    if (code == ERR_NOT_FOUND) {
        err_clear();
        return OK;
    }
    if (code)
        return code;
    struct cursor c = cursor_of(str_of(bytes, len));
    ret->count = cursor_u64(&c);
    str chain = cursor_bytes(&c, HASH_SIZE);
    if (chain.len == HASH_SIZE)
        memcpy(ret->chain.bytes, chain.ptr, HASH_SIZE);
    free(bytes);
    return c.is_bad ? err_set(ERR_DAMAGED, "%s is damaged", path) : OK;
}
