/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch is a record of the definition import-batch; its number is the record's. It is written
 * before the first change of the batch and again at the end. One that still says "running" when
 * nobody runs it was cut off: the same files under the same format take it up again. Nothing needs
 * to be remembered for that, because the records it wrote carry its number and are recognised one
 * by one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/json.h"
#include "intake/import.h"

#define DEFINITION "import-batch"
enum { RUNNING_MAX = 64, REVIEW_DAYS = 365, PAGE = 500, REPORT_MAX = 16 << 20 };

/* ---- one at a time ---- */

static struct {
    pthread_mutex_t lock;
    uint64_t hashes[RUNNING_MAX];
    size_t count;
} running = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t running_hash(str format, str owner)
{
    return hash_mix(hash64(format, 11), hash64(owner, 12));
}

enum err running_enter(str format, str owner)
{
    uint64_t hash = running_hash(format, owner);
    enum err code = OK;
    pthread_mutex_lock(&running.lock);
    for (size_t i = 0; i < running.count && !code; i++)
        if (running.hashes[i] == hash)
            code = ERR_BUSY;
    if (running.count == RUNNING_MAX)
        code = ERR_BUSY;
    if (!code)
        running.hashes[running.count++] = hash;
    pthread_mutex_unlock(&running.lock);
    return code ? err_set(ERR_BUSY, "an import of \"%.*s\" is running already", STR(format)) : OK;
}

void running_leave(str format, str owner)
{
    uint64_t hash = running_hash(format, owner);
    pthread_mutex_lock(&running.lock);
    for (size_t i = 0; i < running.count; i++)
        if (running.hashes[i] == hash) {
            running.hashes[i] = running.hashes[--running.count];
            break;
        }
    pthread_mutex_unlock(&running.lock);
}

static bool is_running(str format, str owner)
{
    uint64_t hash = running_hash(format, owner);
    bool is_it = false;
    pthread_mutex_lock(&running.lock);
    for (size_t i = 0; i < running.count; i++)
        is_it = is_it || running.hashes[i] == hash;
    pthread_mutex_unlock(&running.lock);
    return is_it;
}

/* ---- the record ---- */

static void put_time(struct arena *arena, struct node *map, str key)
{
    char text[24];
    node_put_text(arena, map, key, arena_str(arena, str_c(clock_format(clock_now_us(), text))));
}

static void put_count(struct arena *arena, struct node *map, str key, uint64_t count)
{
    node_put_text(arena, map, key, arena_printf(arena, "%llu", (unsigned long long)count));
}

/* "sdn.csv 2013896 2026-11-01T00:00:00Z": what must agree for a batch to be taken up again. */
static struct node *files_node(const struct import *import, struct arena *arena)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < import->mapping->table_count; i++) {
        struct stat info;
        char time[24];
        if (import->fds[i] < 0 || fstat(import->fds[i], &info) != 0)
            continue;
        const char *slash = strrchr(import->paths[i], '/');
        int64_t us = (int64_t)info.st_mtim.tv_sec * 1000000;
        node_add(list,
                 node_text(arena,
                           arena_printf(arena, "%s %lld %s", slash ? slash + 1 : import->paths[i],
                                        (long long)info.st_size, clock_format(us, time))));
    }
    return list;
}

/* Writes a batch's fields: a new record when *number is 0. */
static enum err write_batch(const struct intake_node *node, uint64_t *number, str owner, str actor,
                            struct node *fields, const struct hash *attachment, struct arena *arena)
{
    struct change change;
    struct committed committed;
    TRY(change_make(node->catalog,
                    &(struct made){.definition = DEFINITION,
                                   .owner = owner,
                                   .actor = actor,
                                   .until = day_of_number(day_number(day_today()) + REVIEW_DAYS),
                                   .fields = fields,
                                   .number = *number,
                                   .is_open = true},
                    arena, &change));
    change.attachments = attachment;
    change.attachment_count = attachment ? 1 : 0;
    TRY(store_commit(node->store, &change, 1, true, &committed));
    *number = committed.id.number;
    return OK;
}

/* ---- taking up an interrupted batch ---- */

struct search {
    const struct node *files;
    str format, owner;
    uint64_t found, last;
    size_t seen;
    struct arena *arena;
};

static enum err on_batch(void *context, const struct stored *stored)
{
    struct search *search = context;
    struct node *body = NULL;
    search->last = stored->id.number;
    search->seen++;
    if (stored->is_erased || json_parse(stored->body, search->arena, &body)) {
        err_clear();
        return OK;
    }
    const struct node *fields = node_get(body, S("fields"));
    str state = node_get_text(fields, S("state"));
    if ((str_eq(state, S("running")) || str_eq(state, S("stopped"))) &&
        str_eq(node_get_text(fields, S("format")), search->format) &&
        str_eq(stored->owner, search->owner) &&
        node_equal(node_get(fields, S("files")), search->files))
        search->found = stored->id.number;
    return OK;
}

static enum err find_interrupted(struct import *import, str owner, struct arena *arena)
{
    struct node *files = files_node(import, arena);
    files->key = S("files");
    struct search search = {.files = files,
                            .format = import->mapping->name,
                            .owner = owner,
                            .arena = arena};
    do {
        search.seen = 0;
        TRY(store_list(import->node->store, S(DEFINITION), owner, search.last, PAGE, on_batch,
                       &search));
    } while (search.seen == PAGE);
    import->batch = search.found;
    import->is_resumed = search.found != 0;
    return OK;
}

static struct node *start_fields(const struct import *import, const char *state,
                                 struct arena *arena)
{
    struct node *fields = node_map(arena);
    node_put_text(arena, fields, S("format"), import->mapping->name);
    node_put(fields, S("files"), files_node(import, arena));
    node_put_text(arena, fields, S("state"), str_c(state));
    node_put_text(arena, fields, S("started"), str_c(import->started));
    if (import->request->actor.len)
        node_put_text(arena, fields, S("actor"), import->request->actor);
    return fields;
}

enum err batch_begin(struct import *import, str owner)
{
    struct arena arena = {.max_bytes = 256u << 20};
    import->batch_owner = arena_str(&import->report.arena, owner);
    import->batch = import->request->released;
    import->is_resumed = import->batch != 0;
    enum err code = import->batch ? batch_set_state(import->node, import->batch, "running",
                                                    import->request->actor)
                                  : find_interrupted(import, owner, &arena);
    if (!code && !import->batch)
        code =
            write_batch(import->node, &import->batch, import->batch_owner, import->request->actor,
                        start_fields(import, "running", &arena), NULL, &arena);
    arena_release(&arena);
    return code;
}

static struct tally total_of(const struct import *import)
{
    struct tally total = {0};
    for (size_t i = 0; i < import->node->catalog->count; i++) {
        const struct tally *t = &import->tallies[i];
        total.created += t->created;
        total.changed += t->changed;
        total.same += t->same + t->renewed;
        total.gone += t->gone;
    }
    return total;
}

static enum err keep_report(const struct import *import, const struct node *report,
                            struct hash *ret)
{
    struct buf text = {.max = REPORT_MAX};
    json_write(&text, report);
    enum err code = text.failed ? err_set(text.failed, "the report is too large")
                                : store_blob_put(import->node->store, buf_str(&text),
                                                 S("application/json"), ret);
    buf_release(&text);
    return code;
}

enum err batch_end(struct import *import, const char *state, const struct node *report)
{
    struct arena arena = {0};
    struct hash hash;
    char hex[2 * HASH_SIZE + 1];
    enum err code = keep_report(import, report, &hash);
    if (!code) {
        struct node *fields = start_fields(import, state, &arena);
        struct tally total = total_of(import);
        put_time(&arena, fields, S("ended"));
        put_count(&arena, fields, S("first_seq"), import->first_seq);
        put_count(&arena, fields, S("last_seq"), import->last_seq);
        put_count(&arena, fields, S("rows"), import->report.rows);
        put_count(&arena, fields, S("created"), total.created);
        put_count(&arena, fields, S("changed"), total.changed);
        put_count(&arena, fields, S("same"), total.same);
        put_count(&arena, fields, S("gone"), total.gone);
        put_count(&arena, fields, S("refused"), import->report.refused_rows);
        hex_encode(&hash, sizeof hash, hex);
        node_put_text(&arena, fields, S("report"), str_c(hex));
        code = write_batch(import->node, &import->batch, import->batch_owner,
                           import->request->actor, fields, &hash, &arena);
    }
    arena_release(&arena);
    return code;
}

/* ---- reading batches ---- */

static enum err read_batch(const struct intake_node *node, uint64_t batch, struct arena *arena,
                           struct stored *ret, struct node **ret_fields)
{
    enum err code = store_read(node->store, batch, arena, ret);
    if (code && code != ERR_NOT_FOUND)
        return code;
    if (code || !str_eq(ret->definition, S(DEFINITION)))
        return err_set(ERR_NOT_FOUND, "there is no such import");
    if (ret->is_erased)
        return err_set(ERR_GONE, "the import has been erased");
    struct node *body = NULL;
    TRY(json_parse(ret->body, arena, &body));
    const struct node *fields = node_get(body, S("fields"));
    *ret_fields = fields ? node_copy(arena, fields) : node_map(arena);
    return OK;
}

static bool attached_report(const struct node *fields, struct hash *ret)
{
    return hex_decode(node_get_text(fields, S("report")), ret, sizeof *ret);
}

enum err batch_set_state(const struct intake_node *node, uint64_t batch, const char *state,
                         str actor)
{
    struct arena arena = {0};
    struct stored stored;
    struct node *fields = NULL;
    struct hash hash;
    enum err code = read_batch(node, batch, &arena, &stored, &fields);
    if (!code) {
        for (struct node *child = fields->first; child; child = child->next)
            if (str_eq(child->key, S("state")))
                child->text = str_c(state);
        bool has_report = attached_report(fields, &hash);
        code = write_batch(node, &batch, stored.owner, actor, fields, has_report ? &hash : NULL,
                           &arena);
    }
    arena_release(&arena);
    return code;
}

enum err batch_read(const struct intake_node *node, uint64_t batch, struct arena *arena,
                    struct batch_facts *ret)
{
    struct stored stored;
    struct node *fields = NULL;
    TRY(read_batch(node, batch, arena, &stored, &fields));
    *ret = (struct batch_facts){.state = node_get_text(fields, S("state")),
                                .owner = stored.owner,
                                .seq = stored.seq};
    return OK;
}

str intake_batch_name(const struct intake_node *node, uint64_t batch, struct arena *arena)
{
    char text[RECORD_ID_TEXT];
    struct record_id id = {store_home(node->store), batch};
    return arena_str(arena, str_c(record_id_format(id, text)));
}

bool intake_batch_find(const struct intake_node *node, str name, uint64_t *ret)
{
    struct record_id id;
    if (!record_id_parse(name, &id) || id.home != store_home(node->store))
        return false;
    *ret = id.number;
    return true;
}

/* Without the positions in the feed: they count what others enter. */
static struct node *summary(const struct stored *stored, const struct node *fields,
                            struct arena *arena)
{
    char id[RECORD_ID_TEXT];
    struct node *map = node_map(arena);
    node_put_text(arena, map, S("batch"),
                  arena_str(arena, str_c(record_id_format(stored->id, id))));
    node_put_text(arena, map, S("owner"), arena_str(arena, stored->owner));
    node_each(child, fields)
    {
        uint64_t number;
        str text = node_as_text(child);
        if (str_eq(child->key, S("report")) || str_ends(child->key, S("_seq")))
            continue;
        str key = str_eq(child->key, S("created")) ? S("new") : arena_str(arena, child->key);
        if (str_eq(key, S("state")) && str_eq(text, S("running")) &&
            !is_running(node_get_text(fields, S("format")), stored->owner)) {
            node_put_text(arena, map, key, S("interrupted")); /* its process is gone */
            continue;
        }
        if (child->kind == NODE_TEXT && str_to_u64(text, INT64_MAX, &number))
            node_put_number(arena, map, key, (int64_t)number);
        else
            node_put(map, key, node_copy(arena, child));
    }
    return map;
}

enum err intake_forget(const struct intake_node *node, uint64_t batch, str actor,
                       struct committed *ret)
{
    struct arena arena = {0};
    struct stored stored;
    struct node *fields = NULL;
    enum err code = read_batch(node, batch, &arena, &stored, &fields);
    if (!code && str_eq(node_get_text(fields, S("state")), S("running")))
        code = err_set(ERR_BUSY, "the import is running, or was cut off: take it up again first");
    arena_release(&arena);
    return code ? code : store_erase(node->store, batch, actor, ret);
}

struct listing {
    struct arena *arena;
    struct node **items; /* a ring of the newest */
    size_t max, seen, page;
    uint64_t last;
};

static enum err on_listed(void *context, const struct stored *stored)
{
    struct listing *listing = context;
    struct node *body = NULL;
    listing->last = stored->id.number;
    listing->page++;
    if (stored->is_erased || json_parse(stored->body, listing->arena, &body)) {
        err_clear();
        return OK;
    }
    listing->items[listing->seen++ % listing->max] =
        summary(stored, node_get(body, S("fields")), listing->arena);
    return OK;
}

enum err intake_batches(const struct intake_node *node, str owner, size_t max, struct arena *arena,
                        struct node **ret)
{
    struct listing listing = {.arena = arena, .max = max ? (max < 1000 ? max : 1000) : 100};
    listing.items = arena_array(arena, struct node *, listing.max);
    struct node *list = node_list(arena);
    if (!listing.items || !list)
        return ERR_LIMIT;
    do {
        listing.page = 0;
        TRY(store_list(node->store, S(DEFINITION), owner, listing.last, PAGE, on_listed, &listing));
    } while (listing.page == PAGE);
    size_t count = listing.seen < listing.max ? listing.seen : listing.max;
    for (size_t i = 0; i < count; i++)
        node_add(list, listing.items[(listing.seen - 1 - i) % listing.max]);
    *ret = list;
    return OK;
}

enum err intake_batch(const struct intake_node *node, uint64_t batch, struct arena *arena,
                      struct node **ret)
{
    struct stored stored;
    struct node *fields = NULL, *report = NULL;
    struct hash hash;
    str content, mime;
    TRY(read_batch(node, batch, arena, &stored, &fields));
    struct node *map = summary(&stored, fields, arena);
    if (attached_report(fields, &hash)) {
        TRY(store_blob_get(node->store, &hash, arena, &content, &mime));
        TRY(json_parse(content, arena, &report));
        node_put(map, S("report"), report);
    }
    *ret = map;
    return OK;
}
