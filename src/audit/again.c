/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lookup made again from the log, where it is not there, altered, or was left short by a crash.
 * Opening, unpacking and reading an entry is nearly all of the work and needs no other entry, so
 * closed segments are walked several at once, one a core; what they give is added in their order,
 * and sorted and written by the lookup's own thread meanwhile. The last segment, which is still
 * written to, comes after them.
 */
#include <stdlib.h>
#include <unistd.h>

#include "audit/internal.h"

enum { AT_ONCE_MAX = 8, ROWS_BYTES = 1 << 30 };

/* What cannot be opened any more is in no lookup. */
enum err again_entry(struct again *again, const struct entry_place *entry)
{
    str body;
    uint32_t day = 0;
    if (entry->number <= again->covered || entry->flags & ENTRY_DESTROYED)
        return OK;
    arena_reset(&again->arena);
    enum err code = keyring_unseal(&again->audit->keyring, &entry->salt, entry->body, &again->arena,
                                   &body, &day, NULL);
    if (!code)
        code = terms_of_body(&again->audit->keyring, body, entry->number, day, &again->terms);
    if (code != ERR_GONE)
        return code;
    err_clear();
    return OK;
}

void again_release(struct again *again)
{
    arena_release(&again->arena);
    buf_release(&again->terms);
}

static enum err see(void *context, const struct entry_place *entry)
{
    return again_entry(context, entry);
}

/* ---- several segments at once ---- */

struct walked { /* one segment, on a thread of its own */
    struct again again;
    size_t index;
    uint64_t last;
    bool has_thread;
    pthread_t thread;
    enum err code;
    struct err_info why;
};

static enum err walk(struct walked *walked)
{
    const struct audit *audit = walked->again.audit;
    const struct entry_visitor visitor = {see, &walked->again};
    bool is_last = walked->index + 1 == audit->segment_count;
    uint64_t first = audit->segments[walked->index];
    struct hash before = {{0}};
    struct segment_end end;
    TRY(segment_chain_before(audit->directory, first, &before));
    TRY(segment_walk(audit->directory, first, &before, is_last, &visitor, &end));
    walked->last = end.next - 1;
    return OK;
}

static void *walk_main(void *context)
{
    struct walked *walked = context;
    walked->code = walk(walked);
    if (walked->code)
        walked->why = *err_last();
    return NULL;
}

static void begin(struct walked *walked, struct audit *audit, size_t index, uint64_t covered)
{
    *walked =
        (struct walked){.again = {.audit = audit, .covered = covered, .terms = {.max = ROWS_BYTES}},
                        .index = index};
    walked->has_thread = pthread_create(&walked->thread, NULL, walk_main, walked) == 0;
    if (!walked->has_thread)
        (void)walk_main(walked);
}

static enum err end(struct walked *walked, enum err before)
{
    struct audit *audit = walked->again.audit;
    if (walked->has_thread)
        pthread_join(walked->thread, NULL);
    enum err code = before ? before : walked->code;
    if (!before && walked->code)
        err_restore(&walked->why);
    if (!code)
        code = lookup_add(&audit->lookup, buf_str(&walked->again.terms));
    if (!code && walked->index + 1 < audit->segment_count)
        code = lookup_seal(&audit->lookup, walked->last);
    again_release(&walked->again);
    return code;
}

static size_t at_once(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores < AT_ONCE_MAX ? (size_t)cores : AT_ONCE_MAX;
}

/* Segments from `index` up to `until`. */
static enum err walk_all(struct audit *audit, size_t index, size_t until, uint64_t covered)
{
    enum err code = OK;
    size_t most = at_once();
    struct walked *walked = calloc(most, sizeof *walked);
    if (!walked)
        return err_set(ERR_MEMORY, "out of memory for the audit log's lookup");
    while (index < until && !code) {
        size_t count = until - index < most ? until - index : most;
        for (size_t i = 0; i < count; i++)
            begin(&walked[i], audit, index + i, covered);
        for (size_t i = 0; i < count; i++)
            code = end(&walked[i], code);
        index += count;
    }
    free(walked);
    return code;
}

enum err again_rest(struct audit *audit, uint64_t covered)
{
    size_t index = 0;
    while (index + 1 < audit->segment_count && audit->segments[index + 1] - 1 <= covered)
        index++;
    return walk_all(audit, index, audit->segment_count - 1, covered);
}

enum err again_all(struct audit *audit)
{
    TRY(lookup_empty(&audit->lookup));
    return walk_all(audit, 0, audit->segment_count, 0);
}
