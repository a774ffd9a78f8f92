/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log while it is open: appending and the committer.
 *
 *   callers: encode, salt, hash --lock--> buffer being filled
 *                                            ^ swap v
 *   committer:  chain, write, sync, done() -- buffer being written
 *
 * Two buffers change places: while one waits for the disk, callers fill the other. The longer a
 * sync takes, the larger the next group, so throughput hardly depends on the disk; memory is
 * bounded by the buffers.
 *
 * When a group cannot be written (disk full) its entries and all that were queued behind it fail,
 * the next entry takes the first number that did not become durable, and writing is tried again
 * with the next group: numbers have no gaps. When a sync fails nobody knows what the disk holds, so
 * the log refuses until it is opened, and checked, again.
 */
#include "audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/thread.h"

#include "audit/internal.h"

enum { GATHER_US = 1000, BODY_FIRST = 1024, TERMS_FIRST = 256, TERMS_MAX = 1 << 20 };

/* ---- buffers ---- */

static enum err pending_init(struct pending *pending)
{
    pending->bytes.max = GROUP_HEADER + GROUP_BYTES_MAX;
    pending->waiters = calloc(QUEUE_ENTRIES, sizeof *pending->waiters);
    return pending->waiters ? OK : err_set(ERR_MEMORY, "out of memory for the audit queue");
}

static void pending_release(struct pending *pending)
{
    buf_release(&pending->bytes);
    buf_release(&pending->places);
    buf_release(&pending->terms);
    free(pending->waiters);
}

static void pending_clear(struct pending *pending)
{
    buf_clear(&pending->bytes);
    buf_clear(&pending->places);
    buf_clear(&pending->terms);
    pending->count = 0;
}

/* ---- appending ---- */

struct encoded {
    struct salt salt;
    struct hash leaf;
    str body;  /* sealed */
    str terms; /* rows of the lookup, their entry's number still 0 */
    uint32_t flags;
};

static void add_encoded(struct pending *pending, uint64_t number, const struct encoded *encoded)
{
    char header[ENTRY_HEADER];
    if (pending->count == 0) {
        static const char room[GROUP_HEADER];
        buf_add(&pending->bytes, str_of(room, sizeof room));
        pending->first = number;
    }
    buf_add_u64(&pending->places, pending->bytes.len);
    entry_header_put(header, number, (uint32_t)encoded->body.len, encoded->flags, &encoded->leaf);
    buf_add(&pending->bytes, str_of(header, sizeof header));
    buf_add(&pending->bytes, str_of((const char *)encoded->salt.bytes, SALT_SIZE));
    buf_add(&pending->bytes, encoded->body);
}

/* With the lock held: room, a number, the bytes. A failure to grow leaves the buffer as it was. */
static enum err enqueue(struct audit *audit, const struct encoded *encoded, audit_done *done,
                        void *context, uint64_t *ret_number)
{
    struct pending *pending = audit->filling;
    if (audit->failed)
        return err_set(audit->failed, "%s",
                       audit->failed_why[0] ? audit->failed_why
                                            : "the audit log could not be made durable before: it "
                                              "must be opened again");
    if (audit->is_stopping)
        return err_set(ERR_BUSY, "the audit log is closing");
    if (pending->count == QUEUE_ENTRIES || pending->bytes.len + encoded->body.len > QUEUE_BYTES)
        return err_set(ERR_BUSY, "%zu audit entries wait for the disk", pending->count);
    size_t bytes = pending->bytes.len;
    size_t places = pending->places.len;
    size_t terms = pending->terms.len;
    add_encoded(pending, audit->next, encoded);
    for (size_t at = 0; at < encoded->terms.len; at += sizeof(struct term_row)) {
        struct term_row row;
        memcpy(&row, encoded->terms.ptr + at, sizeof row);
        row.entry = audit->next;
        buf_add(&pending->terms, str_of((const char *)&row, sizeof row));
    }
    if (pending->bytes.failed || pending->places.failed || pending->terms.failed) {
        pending->bytes.failed = pending->places.failed = pending->terms.failed = OK;
        pending->bytes.len = bytes;
        pending->places.len = places;
        pending->terms.len = terms;
        return err_set(ERR_MEMORY, "out of memory for an audit entry");
    }
    pending->waiters[pending->count++] = (struct waiter){done, context};
    *ret_number = audit->next++;
    return OK;
}

static enum err encode(struct audit *audit, const struct audit_entry *entry, struct buf *text,
                       struct buf *sealed, struct buf *terms, struct encoded *ret)
{
    if (!buf_reserve(text, BODY_FIRST) || !buf_reserve(terms, TERMS_FIRST)) /* grown once */
        return text->failed ? text->failed : terms->failed;
    entry_encode(entry, text);
    TRY(text->failed);
    salt_new(&ret->salt);
    TRY(keyring_seal(&audit->keyring, entry, &ret->salt, buf_str(text), sealed));
    TRY(terms_of_entry(&audit->keyring, entry, 0, terms));
    ret->body = buf_str(sealed);
    ret->terms = buf_str(terms);
    ret->flags = entry->shown_count ? ENTRY_SHOWS : 0;
    salted_hash(&ret->salt, ret->body, &ret->leaf);
    return OK;
}

enum err audit_append(struct audit *audit, const struct audit_entry *entry, audit_done *done,
                      void *context, char ret_receipt[RECEIPT_TEXT])
{
    struct buf text = {.max = BODY_MAX - 128}; /* what is added to it fits, if it does not pack */
    struct buf sealed = {.max = BODY_MAX + 1024}; /* with what packing may need */
    struct buf terms = {.max = TERMS_MAX};
    struct encoded encoded = {0};
    uint64_t number = 0;
    enum err code = encode(audit, entry, &text, &sealed, &terms, &encoded);
    if (!code) {
        pthread_mutex_lock(&audit->lock);
        code = enqueue(audit, &encoded, done, context, &number);
        if (!code && audit->filling->count == 1)
            pthread_cond_signal(&audit->work);
        pthread_mutex_unlock(&audit->lock);
    }
    if (!code)
        receipt_of_number(&audit->key, number, ret_receipt);
    buf_release(&text);
    buf_release(&sealed);
    buf_release(&terms);
    return code;
}

struct waiting {
    sem_t durable;
    enum err code;
    struct err_info info;
};

static void on_durable(void *context, enum err code)
{
    struct waiting *waiting = context;
    waiting->code = code;
    if (code)
        waiting->info = *err_last();
    sem_post(&waiting->durable);
}

enum err audit_append_wait(struct audit *audit, const struct audit_entry *entry,
                           char ret_receipt[RECEIPT_TEXT])
{
    struct waiting waiting = {.code = OK};
    sem_init(&waiting.durable, 0, 0);
    enum err code = audit_append(audit, entry, on_durable, &waiting, ret_receipt);
    if (!code) {
        while (sem_wait(&waiting.durable))
            continue; /* interrupted by a signal */
        code = waiting.code;
        if (code)
            err_restore(&waiting.info);
    }
    sem_destroy(&waiting.durable);
    return code;
}

uint64_t audit_count(const struct audit *audit)
{
    return atomic_load(&audit->durable);
}

/* ---- the committer ---- */

static enum err open_segment(struct audit *audit, uint64_t first)
{
    char path[AUDIT_PATH];
    segment_path(audit->directory, first, path);
    return io_open(path, O_RDWR, &audit->fd);
}

/* Made whole under another name, so that a segment is there with its header or not at all. */
static enum err create_segment(struct audit *audit, uint64_t first)
{
    char path[AUDIT_PATH];
    char header[SEGMENT_HEADER];
    segment_path(audit->directory, first, path);
    segment_header_put(header, first, &audit->chain);
    TRY(io_replace(path, str_of(header, sizeof header)));
    uint64_t *grown = realloc(audit->segments, (audit->segment_count + 1) * sizeof *grown);
    if (!grown)
        return err_set(ERR_MEMORY, "out of memory for the list of audit segments");
    audit->segments = grown;
    TRY(open_segment(audit, first));
    audit->segments[audit->segment_count++] = first;
    pthread_mutex_lock(&audit->lock);
    audit->offset = audit->reserved = SEGMENT_HEADER;
    pthread_mutex_unlock(&audit->lock);
    return OK;
}

static enum err close_segment(struct audit *audit)
{
    struct head head = {atomic_load(&audit->durable), audit->chain};
    TRY(io_truncate(audit->fd, audit->offset));
    TRY(io_sync(audit->fd));
    TRY(views_sync(audit));
    TRY(lookup_seal(&audit->lookup, atomic_load(&audit->durable)));
    TRY(tree_sync(&audit->tree));
    TRY(head_write(audit->directory, &head));
    return checkpoint_write(audit);
}

static enum err roll(struct audit *audit)
{
    TRY(close_segment(audit));
    int old = audit->fd;
    pthread_mutex_lock(&audit->destroying); /* readers look at the list of segments */
    enum err code = create_segment(audit, atomic_load(&audit->durable) + 1);
    pthread_mutex_unlock(&audit->destroying);
    if (!code)
        (void)close(old);
    return code;
}

static enum err reserve(struct audit *audit, uint64_t end)
{
    if (end <= audit->reserved)
        return OK;
    room_make(audit);
    uint64_t size = (end + RESERVE_BYTES - 1) / RESERVE_BYTES * RESERVE_BYTES;
    enum err code = io_reserve(audit->fd, size);
    if (code == ERR_FULL) { /* the last of the disk, to the byte */
        err_clear();
        size = end;
        code = io_reserve(audit->fd, size);
    }
    TRY(code);
    audit->reserved = size;
    return OK;
}

/* Sets *ret_sync when it was the sync that failed. */
static enum err write_group(struct audit *audit, struct pending *group, struct hash *ret_chain,
                            bool *ret_sync)
{
    *ret_sync = false;
    if (audit->offset >= audit->segment_bytes)
        TRY(roll(audit));
    str bytes = buf_str(&group->bytes);
    str entries = str_from(bytes, GROUP_HEADER);
    struct group_header header = {.count = (uint32_t)group->count,
                                  .size = (uint32_t)entries.len,
                                  .first = group->first,
                                  .time_us = clock_now_us()};
    ensure(group->first == atomic_load(&audit->durable) + 1);
    ensure(group_chain(&header, entries, &audit->chain, &header.chain));
    group_header_put(group->bytes.ptr, &header);
    TRY(reserve(audit, audit->offset + bytes.len));
    TRY(io_write_at(audit->fd, bytes, audit->offset));
    *ret_sync = true;
    TRY(keyring_flush(&audit->keyring));
    TRY(io_sync(audit->fd));
    *ret_chain = header.chain;
    return OK;
}

static enum err add_to_views(struct audit *audit, struct pending *group)
{
    for (size_t i = 0; i < group->count;
         i++) { /* offsets in the buffer become offsets in the segment */
        struct cursor c = cursor_of(str_of(group->places.ptr + i * 8, 8));
        uint64_t offset = cursor_u64(&c) + audit->offset;
        for (size_t k = 0; k < 8; k++)
            group->places.ptr[i * 8 + k] = (char)(offset >> (8 * k) & 0xFF);
    }
    TRY(views_add(audit, group->first, buf_str(&group->places)));
    if (lookup_add(&audit->lookup, buf_str(&group->terms)))
        err_clear(); /* it says so when it is asked */
    return OK;
}

/* The tree is a view that may fall behind a full disk; the log itself does not wait for it. */
static void add_to_tree(struct audit *audit, const struct pending *group)
{
    struct buf leaves = {.max = (size_t)QUEUE_ENTRIES * HASH_SIZE};
    size_t at = GROUP_HEADER;
    struct entry_place entry;
    while (entry_get(buf_str(&group->bytes), &at, &entry))
        buf_add(&leaves, str_of((const char *)entry.leaf.bytes, HASH_SIZE));
    audit->tree.is_broken |= leaves.len != group->count * HASH_SIZE;
    if (tree_add(&audit->tree, buf_str(&leaves)))
        err_clear();
    buf_release(&leaves);
}

static void tell(struct pending *group, enum err code)
{
    struct err_info info = *err_last();
    for (size_t i = 0; i < group->count; i++) {
        if (code)
            err_restore(&info);
        group->waiters[i].done(group->waiters[i].context, code);
    }
    pending_clear(group);
}

/* The group failed: so does all that was queued behind it, since its numbers cannot be left out. */
static void fail(struct audit *audit, enum err code, bool is_sync)
{
    struct err_info info = *err_last();
    struct pending *queued;
    if (io_truncate(audit->fd, audit->offset) == OK)
        audit->reserved = audit->offset;
    pthread_mutex_lock(&audit->lock); /* who comes from here on is not concerned */
    queued = audit->filling;
    audit->filling = audit->spare;
    audit->spare = queued;
    audit->next = atomic_load(&audit->durable) + 1;
    if (is_sync)
        audit->failed = code;
    pthread_mutex_unlock(&audit->lock);
    err_restore(&info);
    tell(audit->writing, code);
    err_restore(&info);
    tell(queued, code);
}

static void commit(struct audit *audit)
{
    struct pending *group = audit->writing;
    struct hash chain;
    bool is_sync = false;
    enum err code = write_group(audit, group, &chain, &is_sync);
    if (!code) {
        is_sync = false;
        code = add_to_views(audit, group);
    }
    if (code) {
        fail(audit, code, is_sync);
        return;
    }
    add_to_tree(audit, group);
    pthread_mutex_lock(&audit->lock);
    audit->chain = chain;
    audit->offset += group->bytes.len;
    atomic_fetch_add(&audit->durable, group->count);
    pthread_mutex_unlock(&audit->lock);
    tell(group, OK);
}

/*
 * Where many ask at once, groups follow each other no faster than GATHER_US: on a disk that syncs
 * in 100 microseconds groups would be of two or three entries, and the syncs - a few system calls
 * and two changes of thread each - would cost as much as the searches. Who asks alone never waits.
 */
static void gather(struct audit *audit, int64_t last_us, size_t last_count)
{
    int64_t until = last_us + GATHER_US;
    if (last_count < 2 || audit->is_stopping || clock_monotonic_us() >= until)
        return;
    const struct timespec at = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
    pthread_mutex_unlock(&audit->lock);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    pthread_mutex_lock(&audit->lock);
}

static void *committer_main(void *context)
{
    struct audit *audit = context;
    int64_t last_us = 0;
    size_t last_count = 0;
    thread_prompt("audit");
    pthread_mutex_lock(&audit->lock);
    for (;;) {
        while (!audit->filling->count && !audit->is_stopping)
            pthread_cond_wait(&audit->work, &audit->lock);
        if (!audit->filling->count)
            break;
        gather(audit, last_us, last_count);
        struct pending *filled = audit->filling;
        audit->filling = audit->writing;
        audit->writing = filled;
        last_us = clock_monotonic_us();
        last_count = filled->count;
        pthread_mutex_unlock(&audit->lock);
        commit(audit);
        room_look(audit);
        if (expiry_look(audit))
            err_clear(); /* tried again tomorrow, and at the next opening, which says it */
        pthread_mutex_lock(&audit->lock);
    }
    pthread_mutex_unlock(&audit->lock);
    return NULL;
}

/* ---- opening ---- */

struct refill {
    struct again again;
    struct buf places, leaves;
};

static enum err refill_entry(void *context, const struct entry_place *entry)
{
    struct refill *refill = context;
    buf_add_u64(&refill->places, entry->offset);
    buf_add(&refill->leaves, str_of((const char *)entry->leaf.bytes, HASH_SIZE));
    TRY(again_entry(&refill->again, entry));
    return refill->places.failed ? refill->places.failed : refill->leaves.failed;
}

/* Walks segment `index`, adds it to the views, and leaves the end of the log in *ret. */
static enum err take_segment(struct audit *audit, size_t index, uint64_t covered,
                             struct segment_end *ret)
{
    uint64_t first = audit->segments[index];
    bool is_last = index + 1 == audit->segment_count;
    struct refill refill = {
        .again = {.audit = audit, .covered = covered, .terms = {.max = 1 << 30}}};
    const struct entry_visitor visitor = {refill_entry, &refill};
    struct hash before = {{0}};
    enum err code = segment_chain_before(audit->directory, first, &before);
    if (!code)
        code = segment_walk(audit->directory, first, &before, is_last, &visitor, ret);
    if (!code && !is_last && ret->next != audit->segments[index + 1])
        code =
            err_set(ERR_DAMAGED, "the audit log has no entry %llu", (unsigned long long)ret->next);
    if (!code)
        code = views_add(audit, first, buf_str(&refill.places));
    if (!code)
        code = lookup_add(&audit->lookup, buf_str(&refill.again.terms));
    if (!code)
        code = tree_add(&audit->tree, buf_str(&refill.leaves));
    buf_release(&refill.leaves);
    buf_release(&refill.places);
    again_release(&refill.again);
    return code;
}

static enum err check_head(struct audit *audit, const struct segment_end *end)
{
    struct head head;
    TRY(head_read(audit->directory, &head));
    if (end->next - 1 < head.count)
        return err_set(ERR_DAMAGED,
                       "the audit log ends at entry %llu, but held %llu when it was last closed",
                       (unsigned long long)(end->next - 1), (unsigned long long)head.count);
    return OK;
}

static enum err begin_sides(struct audit *audit)
{
    TRY(views_empty(audit));
    return tree_cut(&audit->tree, 0);
}

/*
 * Brings the side files up to the end of the log, walking only what they do not cover for sure. The
 * lookup of closed segments is brought up first, so that only the last has rows to give.
 */
static enum err take_segments(struct audit *audit, struct segment_end *ret)
{
    size_t last = audit->segment_count - 1;
    uint64_t before = audit->segments[last] - 1, covered = audit->lookup.covered;
    bool is_complete = false;
    bool has_tree = false;
    TRY(views_open(audit, before, &is_complete));
    TRY(tree_open(&audit->tree, audit->directory, before, &has_tree));
    bool is_ready = is_complete && has_tree; /* else both are made from the first entry on */
    TRY(is_ready ? scrub_lengths(audit) : begin_sides(audit));
    TRY(again_rest(audit, covered));
    covered = covered > before ? covered : before;
    for (size_t i = is_ready ? last : 0; i <= last; i++)
        TRY(take_segment(audit, i, covered, ret));
    TRY(check_head(audit, ret));
    if (covered >= ret->next) /* it is another's, or of a log that was longer */
        TRY(again_all(audit));
    return checkpoint_agrees(audit);
}

static enum err go_to_end(struct audit *audit, const struct segment_end *end)
{
    if (audit->fd < 0)
        TRY(open_segment(audit, audit->segments[audit->segment_count - 1]));
    if (end->torn)
        TRY(io_truncate(audit->fd, end->offset));
    audit->offset = audit->reserved = end->offset;
    audit->chain = end->chain;
    audit->next = end->next;
    atomic_store(&audit->durable, end->next - 1);
    return OK;
}

static enum err load(struct audit *audit)
{
    struct segment_end end = {0};
    TRY(segment_list(audit->directory, &audit->segments, &audit->segment_count));
    if (audit->segment_count == 0)
        TRY(create_segment(audit, 1));
    if (audit->segments[0] != 1)
        return err_set(ERR_DAMAGED, "the audit log begins at entry %llu",
                       (unsigned long long)audit->segments[0]);
    TRY(destroy_resume(audit));
    TRY(take_segments(audit, &end));
    return go_to_end(audit, &end);
}

static enum err start(struct audit *audit)
{
    for (size_t i = 0; i < COUNT_OF(audit->buffers); i++)
        TRY(pending_init(&audit->buffers[i]));
    audit->filling = &audit->buffers[0];
    audit->writing = &audit->buffers[1];
    audit->spare = &audit->buffers[2];
    if (pthread_create(&audit->committer, NULL, committer_main, audit))
        return err_set(ERR_MEMORY, "cannot start the audit log's thread");
    audit->has_committer = true;
    return OK;
}

enum err audit_open(const char *directory, struct audit **ret)
{
    if (strlen(directory) >= AUDIT_PATH - 200)
        return err_set(ERR_LIMIT, "the path of the data directory is limited to %d bytes",
                       AUDIT_PATH - 200);
    struct audit *audit = calloc(1, sizeof *audit);
    if (!audit)
        return err_set(ERR_MEMORY, "out of memory for the audit log");
    audit->fd = audit->places_fd = audit->room.fd = -1;
    audit->segment_bytes = SEGMENT_BYTES;
    pthread_mutex_init(&audit->lock, NULL);
    pthread_cond_init(&audit->work, NULL);
    pthread_mutex_init(&audit->destroying, NULL);
    pthread_mutex_init(&audit->witnessing, NULL);
    pthread_mutex_init(&audit->room.lock, NULL);
    lookup_init(&audit->lookup);
    for (size_t i = 0; i < TREE_LEVELS; i++)
        audit->tree.fds[i] = -1;
    char path[AUDIT_PATH];
    snprintf(audit->directory, sizeof audit->directory, "%s/audit", directory);
    snprintf(path, sizeof path, "%.4000s/receipt.key", audit->directory);
    enum err code = io_make_dir(audit->directory);
    if (!code)
        code = secret_key_load(path, &audit->key);
    if (!code)
        code = checkpoint_open(audit, directory);
    if (!code)
        code = keyring_open(&audit->keyring, audit->directory);
    if (!code)
        code = lookup_open(&audit->lookup, audit->directory, &audit->keyring, &audit->node_key,
                           audit->origin);
    if (!code)
        code = load(audit);
    if (!code)
        code = expiry_open(audit);
    if (!code)
        code = checkpoint_write(audit);
    if (!code)
        room_open(audit);
    if (!code)
        code = start(audit);
    if (code)
        audit_close(audit);
    else
        *ret = audit;
    return code;
}

enum err audit_expect(struct audit *audit, const struct hash *catalog)
{
    return packing_expect(&audit->keyring.packing, catalog);
}

void audit_close(struct audit *audit)
{
    if (!audit)
        return;
    struct err_info kept = *err_last();
    if (audit->has_committer) {
        pthread_mutex_lock(&audit->lock);
        audit->is_stopping = true;
        pthread_cond_signal(&audit->work);
        pthread_mutex_unlock(&audit->lock);
        pthread_join(audit->committer, NULL);
        if (close_segment(audit))
            err_clear(); /* only a head less: the next opening walks the last segment anyway */
    }
    room_close(audit);
    views_close(audit);
    lookup_close(&audit->lookup);
    tree_close(&audit->tree);
    keyring_close(&audit->keyring);
    wipe(&audit->node_key, sizeof audit->node_key);
    if (audit->fd >= 0)
        (void)close(audit->fd);
    for (size_t i = 0; i < COUNT_OF(audit->buffers); i++)
        pending_release(&audit->buffers[i]);
    wipe(&audit->key, sizeof audit->key);
    free(audit->segments);
    free(audit);
    err_restore(&kept);
}
