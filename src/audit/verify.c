/* SPDX-License-Identifier: Apache-2.0 */
/* Proving the log from its bytes alone, and copying it while it is written. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "audit/internal.h"

/* ---- verify ---- */

struct verified {
    uint64_t entries, destroyed, torn;
    struct hash chain;
};

static enum err verify_segments(const char *directory, const uint64_t *segments, size_t count,
                                struct verified *v)
{
    for (size_t i = 0; i < count; i++) {
        struct segment_end end = {0};
        bool is_last = i + 1 == count;
        unsigned long long next = v->entries + 1;
        if (segments[i] != next)
            return err_set(ERR_DAMAGED, "the audit log has no entry %llu", next);
        TRY(segment_walk(directory, segments[i], &v->chain, is_last, NULL, &end));
        v->entries = end.next - 1;
        v->destroyed += end.destroyed;
        v->torn = end.torn;
        v->chain = end.chain;
    }
    return OK;
}

static enum err verify_directory(const char *directory, struct verified *v)
{
    uint64_t *segments = NULL;
    size_t count = 0;
    struct head head;
    TRY(head_read(directory, &head)); /* before the segments, so that it cannot be ahead of them */
    TRY(segment_list(directory, &segments, &count));
    enum err code = verify_segments(directory, segments, count, v);
    free(segments);
    if (code)
        return code;
    if (v->entries < head.count)
        return err_set(ERR_DAMAGED,
                       "the audit log ends at entry %llu, but held %llu when it was last closed",
                       (unsigned long long)v->entries, (unsigned long long)head.count);
    if (v->entries == head.count && head.count &&
        memcmp(v->chain.bytes, head.chain.bytes, HASH_SIZE) != 0)
        return err_set(
            ERR_DAMAGED,
            "the audit log is not the one that was last closed: its hash at entry %llu differs",
            (unsigned long long)head.count);
    return OK;
}

enum err audit_verify(const char *directory, uint64_t *ret_entries, struct buf *report)
{
    char path[AUDIT_PATH];
    char hex[HASH_SIZE * 2 + 1];
    struct verified v = {0};
    snprintf(path, sizeof path, "%.4000s/audit", directory);
    struct buf lookup = {0};
    enum err code = verify_directory(path, &v);
    if (!code)
        code = manifest_check(path, &lookup);
    *ret_entries = v.entries;
    if (code) {
        buf_printf(report, "DAMAGED: %s\nentries before it are whole: %llu\n", err_last()->message,
                   (unsigned long long)v.entries);
        buf_release(&lookup);
        return code;
    }
    hex_encode(v.chain.bytes, HASH_SIZE, hex);
    buf_printf(report, "%llu entries are whole and in order\n", (unsigned long long)v.entries);
    if (v.destroyed)
        buf_printf(report, "the contents of %llu of them were destroyed; their hashes fit\n",
                   (unsigned long long)v.destroyed);
    if (v.torn)
        buf_printf(report,
                   "behind them: %llu bytes of a group not yet finished, or cut off by a crash; "
                   "nobody was told of it\n",
                   (unsigned long long)v.torn);
    buf_add(report, buf_str(&lookup));
    buf_printf(report, "chain: %s\n", hex);
    buf_release(&lookup);
    return report->failed;
}

/* ---- backup ---- */

static enum err copy_bytes(int from, int to, uint64_t size)
{
    enum { CHUNK = 1 << 20 };
    char *chunk = malloc(CHUNK);
    enum err code = chunk ? OK : err_set(ERR_MEMORY, "out of memory for the backup");
    for (uint64_t at = 0; at < size && !code;) {
        size_t want = size - at < CHUNK ? (size_t)(size - at) : CHUNK;
        ssize_t got = pread(from, chunk, want, (off_t)at);
        code = got > 0 ? io_write_at(to, str_of(chunk, (size_t)got), at)
                       : err_set(ERR_IO, "an audit segment is short");
        at += got > 0 ? (uint64_t)got : 0;
    }
    free(chunk);
    return code ? code : io_sync(to);
}

static enum err copy_file(const char *from_path, const char *to_path, uint64_t size)
{
    int from = -1;
    int to = -1;
    enum err code = io_open(from_path, O_RDONLY, &from);
    if (!code)
        code = io_open(to_path, O_WRONLY | O_CREAT | O_EXCL, &to);
    if (!code)
        code = copy_bytes(from, to, size);
    if (from >= 0)
        (void)close(from);
    if (to >= 0)
        (void)close(to);
    return code;
}

static enum err copy_segment(struct audit *audit, const char *target, uint64_t first, uint64_t size)
{
    char from[AUDIT_PATH];
    char to[AUDIT_PATH];
    segment_path(audit->directory, first, from);
    segment_path(target, first, to);
    pthread_mutex_lock(&audit->destroying); /* no body is half destroyed while it is copied */
    off_t end = 0;
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        end = lseek(fd, 0, SEEK_END);
    if (fd >= 0)
        (void)close(fd);
    enum err code = copy_file(from, to, size && size < (uint64_t)end ? size : (uint64_t)end);
    pthread_mutex_unlock(&audit->destroying);
    return code;
}

/* What is durable now: the segments, and how much of the last. */
struct snapshot {
    uint64_t *segments;
    size_t count;
    uint64_t last_bytes;
    struct head head;
};

static enum err take_snapshot(struct audit *audit, struct snapshot *ret)
{
    pthread_mutex_lock(&audit->destroying);
    pthread_mutex_lock(&audit->lock);
    *ret = (struct snapshot){.segments = malloc(audit->segment_count * sizeof *ret->segments),
                             .count = audit->segment_count,
                             .last_bytes = audit->offset,
                             .head = {atomic_load(&audit->durable), audit->chain}};
    if (ret->segments)
        memcpy(ret->segments, audit->segments, audit->segment_count * sizeof *ret->segments);
    pthread_mutex_unlock(&audit->lock);
    pthread_mutex_unlock(&audit->destroying);
    return ret->segments ? OK : err_set(ERR_MEMORY, "out of memory for the backup");
}

/* What opens and continues the log; the node's key is its seed: the copy goes on under its name. */
static enum err copy_keys(struct audit *audit, const char *target)
{
    const struct {
        const char *name;
        const void *bytes;
    } keys[] = {{"receipt.key", audit->key.bytes},
                {"reader.key", audit->keyring.reader.secret},
                {"../node.key", audit->node_key.now.secret}};
    char path[AUDIT_PATH];
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        snprintf(path, sizeof path, "%.4000s/%s", target, keys[i].name);
        TRY(io_replace(path, str_of(keys[i].bytes, KEY_SIZE)));
    }
    return OK;
}

static enum err copy_log(struct audit *audit, const char *target)
{
    struct snapshot snapshot;
    TRY(take_snapshot(audit, &snapshot));
    enum err code = OK;
    for (size_t i = 0; i < snapshot.count && !code; i++)
        code = copy_segment(audit, target, snapshot.segments[i],
                            i + 1 == snapshot.count ? snapshot.last_bytes : 0);
    free(snapshot.segments);
    if (!code)
        code = packing_copy(&audit->keyring.packing, target);
    if (!code)
        code = keyring_copy(&audit->keyring, target);
    return code ? code : head_write(target, &snapshot.head);
}

enum err audit_backup(struct audit *audit, const char *target_directory, bool has_keys)
{
    char target[AUDIT_PATH];
    struct buf report = {0};
    uint64_t entries = 0;
    if (strlen(target_directory) >= AUDIT_PATH - 200)
        return err_set(ERR_LIMIT, "the path of a backup is limited to %d bytes", AUDIT_PATH - 200);
    TRY(io_make_dir(target_directory));
    snprintf(target, sizeof target, "%s/audit", target_directory);
    if (access(target, F_OK) == 0)
        return err_set(ERR_CONFLICT, "%s holds an audit log already", target_directory);
    TRY(io_make_dir(target));
    TRY(copy_log(audit, target));
    if (has_keys)
        TRY(copy_keys(audit, target));
    enum err code = audit_verify(target_directory, &entries, &report);
    buf_release(&report);
    return code;
}
