/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Screens of imports, as definitions declare them (`screen:`): a batch that withdraws or changes
 * too much of what its owner holds, refuses too many rows, brings many times what is usual, or new
 * records that nearly all say the same, is held for a second person. A first load is nothing to
 * compare with: no screen speaks where the owner holds fewer than `least` records, and none costs
 * such a load its second reading of the file.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "intake/import.h"

enum { BATCHES_LOOKED_AT = 20, BATCHES_NEEDED = 3, PIECE = 1 << 20 };

/* ---- which ---- */

/* A share that is withdrawn is that of a snapshot, which is read twice in any case. */
static bool has_screen(const struct import *import, const struct definition *definition)
{
    const struct screen *screen = &definition->screen;
    bool is_snapshot = import->mapping->feed == FEED_SNAPSHOT;
    return (screen->withdrawn && is_snapshot) || screen->changed || screen->refused ||
           screen->volume || screen->burst;
}

static uint64_t held_by_owner(const struct import *import, const struct definition *definition)
{
    uint64_t count = 0;
    if (store_count(import->node->store, definition->name, import->owner, &count))
        err_clear();
    return count;
}

bool screen_speaks(const struct import *import, const struct definition *definition)
{
    return definition && has_screen(import, definition) &&
           held_by_owner(import, definition) >= definition->screen.least;
}

/* ---- bursts ---- */

static void count_value(struct burst *burst, str norm)
{
    uint64_t hash = hash64(norm, 31) | 1;
    size_t at = hash % BURST_VALUES;
    for (size_t i = 0; i < BURST_VALUES; i++, at = (at + 1) % BURST_VALUES) {
        if (burst->hashes[at] && burst->hashes[at] != hash)
            continue;
        if (!burst->hashes[at]) {
            str kept = str_slice(norm, 0, sizeof burst->words[at] - 1);
            memcpy(burst->words[at], kept.ptr, kept.len);
        }
        burst->hashes[at] = hash;
        burst->counts[at]++;
        return;
    }
}

void screen_new(struct import *import, const struct record *record)
{
    const struct definition *definition = record->definition;
    struct burst **burst = &import->bursts[definition->number];
    if (!definition->screen.burst || import->is_applying)
        return;
    if (!*burst)
        *burst = calloc(1, sizeof **burst);
    for (size_t i = 0; *burst && i < record->count; i++)
        if (record->values[i].field == definition->screen.burst &&
            !str_eq(record->values[i].value.norm, record->envelope.owner)) /* its own is usual */
            count_value(*burst, record->values[i].value.norm);
}

void screen_release(struct import *import)
{
    for (size_t i = 0; import->bursts && i < import->node->catalog->count; i++)
        free(import->bursts[i]);
    free(import->bursts);
    import->bursts = NULL;
}

/* ---- what is usual ---- */

static uint64_t number_of(const struct node *map, str key)
{
    uint64_t value = 0;
    return str_to_u64(node_get_text(map, key), INT64_MAX, &value) ? value : 0;
}

/* New records of the owner's earlier batches on average; 0: too few to say. */
static enum err usual_of(const struct import *import, struct arena *arena, double *ret)
{
    struct node *batches = NULL;
    uint64_t sum = 0;
    unsigned count = 0;
    *ret = 0;
    TRY(intake_batches(import->node, import->owner, BATCHES_LOOKED_AT, arena, &batches));
    node_each(batch, batches)
    {
        uint64_t created = number_of(batch, S("new"));
        bool is_applied = str_eq(node_get_text(batch, S("state")), S("applied"));
        sum += is_applied ? created : 0;
        count += is_applied && created;
    }
    if (count >= BATCHES_NEEDED)
        *ret = (double)sum / count;
    return OK;
}

/* ---- asking ---- */

struct asking {
    struct import *import;
    struct arena *arena;
    struct node *why;
    const struct definition *definition;
    bool is_unusual;
};

static void share(struct asking *asking, const char *what, uint64_t part, uint64_t whole,
                  unsigned bound)
{
    if (!bound || part * 100 <= whole * bound)
        return;
    asking->is_unusual = true;
    node_add(asking->why,
             node_text(asking->arena,
                       arena_printf(asking->arena,
                                    "%.*s: %s %llu of %llu; %u percent are the bound",
                                    STR(asking->definition->name), what, (unsigned long long)part,
                                    (unsigned long long)whole, bound)));
}

static void ask_burst(struct asking *asking, uint64_t created)
{
    const struct screen *screen = &asking->definition->screen;
    const struct burst *burst = asking->import->bursts[asking->definition->number];
    for (size_t i = 0; burst && created >= screen->least && i < BURST_VALUES; i++)
        if (burst->counts[i])
            share(asking,
                  arena_printf(asking->arena, "new with %.*s %s:", STR(screen->burst->path),
                               burst->words[i])
                      .ptr,
                  burst->counts[i], created, screen->burst_share);
}

static void ask_volume(struct asking *asking, uint64_t created, double usual)
{
    const struct screen *screen = &asking->definition->screen;
    if (!screen->volume || usual <= 0 || created < screen->least ||
        (double)created <= usual * screen->volume)
        return;
    asking->is_unusual = true;
    node_add(
        asking->why,
        node_text(asking->arena,
                  arena_printf(asking->arena,
                               "%.*s: %llu new; %.0f are usual, and %u times as many the bound",
                               STR(asking->definition->name), (unsigned long long)created, usual,
                               screen->volume)));
}

static enum err ask(struct asking *asking)
{
    const struct definition *definition = asking->definition;
    const struct screen *screen = &definition->screen;
    const struct tally *tally = &asking->import->tallies[definition->number];
    const struct report *report = &asking->import->report;
    uint64_t held = held_by_owner(asking->import, definition);
    double usual = 0;
    share(asking, "withdrawn", tally->gone, held, screen->withdrawn);
    share(asking, "changed", tally->changed, held, screen->changed);
    if (report->rows >= screen->least)
        share(asking, "rows refused", report->refused_rows, report->rows, screen->refused);
    if (screen->volume)
        TRY(usual_of(asking->import, asking->arena, &usual));
    ask_volume(asking, tally->created, usual);
    ask_burst(asking, tally->created);
    return OK;
}

enum err screens_hold(struct import *import, struct arena *arena, struct node *why,
                      bool *ret_is_unusual)
{
    const struct catalog *catalog = import->node->catalog;
    struct asking asking = {.import = import, .arena = arena, .why = why};
    for (size_t i = 0; i < catalog->count; i++) {
        const struct tally *tally = &import->tallies[i];
        asking.definition = catalog->definitions[i];
        bool is_touched = tally->accepted || tally->gone || tally->refused;
        if (is_touched && screen_speaks(import, asking.definition))
            TRY(ask(&asking));
    }
    *ret_is_unusual = asking.is_unusual;
    return OK;
}

/* ---- files ---- */

static enum err hash_of(int fd, struct hash *ret)
{
    struct sha256_stream *stream = NULL;
    TRY(sha256_begin(&stream));
    char *piece = malloc(PIECE);
    enum err code = piece ? OK : err_set(ERR_MEMORY, "out of memory for a hash");
    for (off_t at = 0; !code;) {
        ssize_t got = pread(fd, piece, PIECE, at);
        if (got < 0)
            code = err_errno("cannot read a file to be imported");
        if (got <= 0)
            break;
        sha256_add(stream, str_of(piece, (size_t)got));
        at += got;
    }
    sha256_end(stream, ret);
    free(piece);
    return code;
}

enum err intake_hash_file(const char *path, struct hash *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return err_errno("cannot read %s", path);
    enum err code = hash_of(fd, ret);
    (void)close(fd);
    return code;
}

/* In the order of the request. */
struct node *files_with_hashes(const struct import *import, struct arena *arena)
{
    struct hash hash;
    char hex[2 * HASH_SIZE + 1];
    struct node *list = node_list(arena);
    for (size_t i = 0; i < import->request->file_count; i++) {
        struct node *map = node_map(arena);
        node_put_text(arena, map, S("path"), arena_str(arena, str_c(import->request->files[i])));
        for (size_t t = 0; t < import->mapping->table_count; t++)
            if (import->paths[t] == import->request->files[i] &&
                hash_of(import->fds[t], &hash) == OK) {
                hex_encode(hash.bytes, HASH_SIZE, hex);
                node_put_text(arena, map, S("sha256"), arena_str(arena, str_c(hex)));
            }
        node_add(list, map);
    }
    return list;
}

enum err files_are_those(const struct import *import)
{
    struct hash hash;
    const struct intake_request *request = import->request;
    for (size_t i = 0; request->hashes && i < request->file_count; i++)
        for (size_t t = 0; t < import->mapping->table_count; t++) {
            if (import->paths[t] != request->files[i])
                continue;
            TRY(hash_of(import->fds[t], &hash));
            if (memcmp(hash.bytes, request->hashes[i].bytes, HASH_SIZE) != 0)
                return err_set(ERR_CONFLICT, "%s is no longer the file that was held",
                               request->files[i]);
        }
    return OK;
}
