/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log's readers on hostile bytes. First byte even: the rest is what follows a segment's header. Odd: a log is
 * written from the rest, one byte of it altered at a place the input names, and reading must notice or show less, and
 * never something else. Receipts and entry bodies are read from the same bytes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit/internal.h"
#include "audit/lookup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[64];

static void remove_directory(void)
{
    char path[AUDIT_PATH];
    segment_path(directory, 1, path);
    unlink(path);
    rmdir(directory);
}

static void make_directory(void)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(directory, sizeof directory, "%s/audit-fuzz.XXXXXX", base);
    ensure(mkdtemp(directory));
    atexit(remove_directory);
}

static void write_segment(str groups)
{
    static const struct hash none;
    char path[AUDIT_PATH], header[SEGMENT_HEADER];
    segment_path(directory, 1, path);
    segment_header_put(header, 1, &none);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ensure(fd >= 0);
    ensure(write(fd, header, sizeof header) == sizeof header);
    ensure(write(fd, groups.ptr, groups.len) == (ssize_t)groups.len);
    close(fd);
}

struct seen {
    uint64_t next;
    str bodies; /* what was written, entry after entry */
    bool is_known;
};

static enum err see(void *context, const struct entry_place *entry)
{
    struct seen *seen = context;
    ensure(entry->number == seen->next++);
    if (seen->is_known && !(entry->flags & ENTRY_DESTROYED)) {
        ensure(str_starts(seen->bodies, entry->body));
        seen->bodies = str_from(seen->bodies, entry->body.len);
    }
    return OK;
}

static enum err walk(struct seen *seen, struct segment_end *end)
{
    static const struct hash none;
    *end = (struct segment_end){0};
    const struct entry_visitor visitor = {see, seen};
    return segment_walk(directory, 1, &none, true, &visitor, end);
}

/* Groups of one to four entries whose bodies are the input cut into pieces. */
static void build(str rest, struct buf *out)
{
    struct hash chain = {{0}};
    uint64_t number = 1;
    while (rest.len > 0) {
        struct buf entries = {0};
        struct group_header header = {.first = number};
        uint32_t want = 1 + (uint32_t)((unsigned char)rest.ptr[0] & 3);
        for (; header.count < want && rest.len > 0; header.count++) {
            struct salt salt = {{(unsigned char)number}};
            struct hash leaf;
            char entry[ENTRY_HEADER];
            str body = str_slice(rest, 0, 1 + ((unsigned char)rest.ptr[0] >> 3));
            rest = str_from(rest, body.len);
            salted_hash(&salt, body, &leaf);
            entry_header_put(entry, number++, (uint32_t)body.len, 0, &leaf);
            buf_add(&entries, str_of(entry, sizeof entry));
            buf_add(&entries, str_of((const char *)salt.bytes, SALT_SIZE));
            buf_add(&entries, body);
        }
        header.size = (uint32_t)entries.len;
        ensure(group_chain(&header, buf_str(&entries), &chain, &header.chain));
        chain = header.chain;
        char bytes[GROUP_HEADER];
        group_header_put(bytes, &header);
        buf_add(out, str_of(bytes, sizeof bytes));
        buf_add(out, buf_str(&entries));
        buf_release(&entries);
    }
}

static void alter_one(str rest)
{
    struct buf log = {0};
    struct segment_end whole, altered;
    if (rest.len < 4)
        return;
    size_t at = (unsigned char)rest.ptr[0] | (size_t)(unsigned char)rest.ptr[1] << 8;
    char by = rest.ptr[2] ? rest.ptr[2] : 1;
    str bodies = str_from(rest, 3);
    build(bodies, &log);
    write_segment(buf_str(&log));
    struct seen seen = {.next = 1, .bodies = bodies, .is_known = true};
    ensure(walk(&seen, &whole) == OK);
    ensure(whole.offset == SEGMENT_HEADER + log.len && whole.torn == 0);
    log.ptr[at % log.len] ^= by;
    write_segment(buf_str(&log));
    seen = (struct seen){.next = 1, .bodies = bodies, .is_known = true};
    enum err code = walk(&seen, &altered);
    ensure(code == ERR_DAMAGED || altered.next < whole.next);
    buf_release(&log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct secret_key key = {{7}};
    struct segment_end end;
    struct seen seen = {.next = 1};
    struct buf rows = {.max = 1 << 16};
    static struct keyring keyring;
    struct arena arena = {0};
    str text;
    uint64_t number = 0;
    if (!directory[0]) {
        make_directory();
        ensure(keyring_open(&keyring, directory) == OK);
    }
    if (size == 0 || size > 8192)
        return 0;
    str rest = str_of((const char *)data + 1, size - 1);
    if (data[0] & 1) {
        alter_one(rest);
    } else {
        write_segment(rest);
        if (walk(&seen, &end) == OK)
            ensure(end.next == seen.next && end.offset + end.torn <= SEGMENT_HEADER + rest.len);
    }
    if (receipt_number(&key, rest, 1000, &number) == OK)
        ensure(number >= 1 && number <= 1000);
    if (terms_of_body(&keyring, rest, 1, 20000, &rows))
        err_clear();
    if (unseal_with(&(struct secret_key){{0}}, NULL, rest, &arena, &text) == OK)
        ensure(text.len < rest.len);
    arena_release(&arena);
    buf_release(&rows);
    err_clear();
    return 0;
}
