/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index as a whole: which parts are current, up to which change they are true, and how a reader
 * holds on to them.
 *
 *   DIR/key        16 bytes (of 32) for keyed hashes; without it the segments say nothing and are
 *   rebuilt
 *   DIR/current    text: "bureau-index 1", "seq 1234", "segment 17" ..., "sum 0123456789abcdef";
 *   replaced whole
 *   DIR/17.seg     see segment.c
 *
 * `current` names the segments and the last change they hold; open replays the feed after it. A
 * file it does not name is left from a crash and is removed. A segment that no longer fits (other
 * key, other definitions, damage at open) is no loss: the index starts from nothing and replays the
 * whole feed.
 *
 * A reader takes the pair (set, seq) in one short critical section and from then on no lock: the
 * set keeps its parts alive, entries carry born and died, and a part leaves the set only when its
 * successor holds all that any later seq can see.
 */
#include "index/index.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "index/internal.h"

enum { CURRENT_MAX = 1 << 16, PATH_MAX_BYTES = 4096, CURRENT_VERSION = 1 };

uint64_t index_hash(const unsigned char key[16], unsigned kind, str space, str text)
{
    char bytes[512];
    size_t len = 0;
    bytes[len++] = (char)kind;
    bytes[len++] = (char)space.len;
    size_t space_len = space.len < 64 ? space.len : 64;
    memcpy(bytes + len, space.ptr, space_len);
    len += space_len;
    if (text.len >
        sizeof bytes - len - 16) { /* long texts by their hash: rare, and keyed all the same */
        uint64_t whole[2] = {keyed_hash64(key, text), text.len};
        memcpy(bytes + len, whole, sizeof whole);
        len += sizeof whole;
    } else {
        memcpy(bytes + len, text.ptr, text.len);
        len += text.len;
    }
    return keyed_hash64(key, str_of(bytes, len)) >> (64 - HASH_BITS);
}

uint64_t index_number_hash(uint64_t number)
{
    return hash_mix(number, KIND_NUMBER) >> (64 - HASH_BITS);
}

/* ---- parts and sets ---- */

void part_ref(struct part *part)
{
    atomic_fetch_add_explicit(&part->refs, 1, memory_order_relaxed);
}

void part_unref(struct part *part)
{
    if (!part || atomic_fetch_sub_explicit(&part->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (part->is_delta)
        delta_free((struct delta *)part);
    else
        segment_free((struct segment *)part);
}

struct index_set *index_set_of(struct part *const *parts, size_t count)
{
    ensure(count <= PART_MAX);
    struct index_set *set = calloc(1, sizeof *set);
    if (!set) {
        err_set(ERR_MEMORY, "out of memory for the index");
        return NULL;
    }
    set->refs = 1;
    set->count = count;
    for (size_t i = 0; i < count; i++)
        part_ref(set->parts[i] = parts[i]);
    return set;
}

void index_set_unref(struct index_set *set)
{
    if (!set || atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < set->count; i++)
        part_unref(set->parts[i]);
    free(set);
}

void index_publish(struct index *index, struct index_set *set, uint64_t seq)
{
    struct index_set *old = NULL;
    pthread_mutex_lock(&index->publishing);
    if (set) {
        old = index->set;
        index->set = set;
    }
    index->seq = seq;
    pthread_mutex_unlock(&index->publishing);
    index_set_unref(old);
}

struct index_set *index_set_ref(struct index *index, uint64_t *ret_seq)
{
    pthread_mutex_lock(&index->publishing);
    struct index_set *set = index->set;
    atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
    *ret_seq = index->seq;
    pthread_mutex_unlock(&index->publishing);
    return set;
}

struct index_snapshot *index_snapshot_open(struct index *index)
{
    struct index_snapshot *snapshot = malloc(sizeof *snapshot);
    if (!snapshot) {
        err_set(ERR_MEMORY, "out of memory for a search");
        return NULL;
    }
    snapshot->index = index;
    snapshot->set = index_set_ref(index, &snapshot->seq);
    return snapshot;
}

void index_snapshot_close(struct index_snapshot *snapshot)
{
    if (!snapshot)
        return;
    index_set_unref(snapshot->set);
    free(snapshot);
}

uint64_t index_snapshot_seq(const struct index_snapshot *snapshot)
{
    return snapshot->seq;
}

uint64_t index_seq(struct index *index)
{
    pthread_mutex_lock(&index->publishing);
    uint64_t seq = index->seq;
    pthread_mutex_unlock(&index->publishing);
    return seq;
}

enum err index_seal(struct index *index)
{
    struct delta *delta = NULL;
    while (merge_sealed_count(index) >= SEALED_MAX && index->has_thread &&
           !atomic_load(&index->is_merge_failing))
        pthread_cond_wait(&index->flushed, &index->writing);
    if (index->set->count + 1 > PART_MAX)
        return err_set(ERR_BUSY, "the index has %d parts that wait to be merged", PART_MAX);
    TRY(delta_new(atomic_fetch_add(&index->next_id, 1), &delta));
    delta->last_seq = index->live->last_seq;
    struct part *parts[PART_MAX];
    for (size_t i = 0; i < index->set->count; i++)
        parts[i] = index->set->parts[i];
    parts[index->set->count] = &delta->part;
    struct index_set *set = index_set_of(parts, index->set->count + 1);
    part_unref(&delta->part); /* the set holds it now */
    if (!set)
        return ERR_MEMORY;
    uint64_t reached = index->live->last_seq > index->seq ? index->live->last_seq : index->seq;
    index->live = delta;
    index_publish(index, set, reached);
    pthread_cond_signal(&index->work);
    return OK;
}

/* ---- the file `current` ---- */

char *index_segment_path(const struct index *index, uint64_t id)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%llu.seg", index->directory, (unsigned long long)id) < 0)
        err_set(ERR_MEMORY, "out of memory for a path");
    return path;
}

enum err index_write_current(struct index *index, const struct index_set *set, uint64_t seq)
{
    char path[PATH_MAX_BYTES];
    struct buf text = {0};
    buf_printf(&text, "bureau-index %d\nseq %llu\n", CURRENT_VERSION, (unsigned long long)seq);
    for (size_t i = 0; i < set->count; i++)
        if (!set->parts[i]->is_delta)
            buf_printf(&text, "segment %llu\n", (unsigned long long)set->parts[i]->id);
    buf_printf(&text, "sum %016llx\n", (unsigned long long)hash64(buf_str(&text), CURRENT_VERSION));
    snprintf(path, sizeof path, "%s/current", index->directory);
    enum err code = text.failed ? text.failed : io_replace(path, buf_str(&text));
    buf_release(&text);
    return code;
}

struct current {
    uint64_t seq, ids[PART_MAX];
    size_t count;
};

static bool read_line(str line, str word, uint64_t *ret)
{
    return str_starts(line, word) && str_to_u64(str_from(line, word.len), UINT64_MAX, ret);
}

static enum err read_current(const struct index *index, struct current *ret)
{
    char path[PATH_MAX_BYTES];
    char sum[32];
    char *bytes = NULL;
    size_t len = 0;
    snprintf(path, sizeof path, "%s/current", index->directory);
    TRY(io_read_file(path, CURRENT_MAX, &bytes, &len));
    str text = str_of(bytes, len);
    str rest = text;
    str line;
    uint64_t version = 0;
    bool is_whole = false, is_good = true;
    *ret = (struct current){0};
    for (size_t i = 0; is_good && !is_whole && str_split(&rest, '\n', &line); i++) {
        size_t at = (size_t)(line.ptr - bytes);
        snprintf(sum, sizeof sum, "sum %016llx",
                 (unsigned long long)hash64(str_slice(text, 0, at), CURRENT_VERSION));
        if (str_eq_c(line, sum))
            is_whole = true;
        else if (i == 0)
            is_good = read_line(line, S("bureau-index "), &version) && version == CURRENT_VERSION;
        else if (i == 1)
            is_good = read_line(line, S("seq "), &ret->seq);
        else
            is_good =
                ret->count < PART_MAX && read_line(line, S("segment "), &ret->ids[ret->count++]);
    }
    free(bytes);
    return is_good && is_whole ? OK : err_set(ERR_DAMAGED, "%s is damaged", path);
}

/* Files that `current` does not name; and the highest number ever given. */
static enum err sweep(struct index *index, const struct current *current)
{
    DIR *directory = opendir(index->directory);
    if (!directory)
        return err_errno("cannot list %s", index->directory);
    enum err code = OK;
    uint64_t highest = 0;
    uint64_t id = 0;
    for (struct dirent *entry;
         !code &&
         (entry = readdir(directory));) { /* NOLINT(concurrency-mt-unsafe): the stream is ours */
        char path[PATH_MAX_BYTES];
        str name = str_c(entry->d_name);
        snprintf(path, sizeof path, "%s/%s", index->directory, entry->d_name);
        bool is_segment = str_ends(name, S(".seg")) &&
                          str_to_u64(str_slice(name, 0, name.len - 4), UINT64_MAX / 2, &id);
        bool is_named = false;
        for (size_t i = 0; is_segment && i < current->count; i++)
            is_named |= current->ids[i] == id;
        highest = is_segment && id > highest ? id : highest;
        if (str_ends(name, S(".tmp")) || (is_segment && !is_named))
            code = io_remove(path);
    }
    closedir(directory);
    atomic_store(&index->next_id, highest + 1);
    return code;
}

/* ---- opening ---- */

static enum err load_key(struct index *index)
{
    char path[PATH_MAX_BYTES];
    struct secret_key key;
    snprintf(path, sizeof path, "%s/key", index->directory);
    TRY(secret_key_load(path, &key));
    memcpy(index->key, key.bytes, sizeof index->key);
    wipe(&key, sizeof key);
    index->key_id = keyed_hash64(index->key, S("bureau index key"));
    return OK;
}

static enum err apply_deaths(struct segment *const *segments, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < segments[i]->meta.death_count; k++) {
            const struct segment_death *death = &segments[i]->deaths[k];
            for (size_t n = 0; n < count; n++)
                if (segments[n]->part.id == death->part &&
                    death->entry < segments[n]->meta.entry_count)
                    TRY(segment_kill(segments[n], death->entry, segments[n]->meta.last_seq + 1));
        }
    return OK;
}

static enum err open_segments(struct index *index, const struct current *current,
                              struct part **parts, size_t *count)
{
    for (size_t i = 0; i < current->count; i++) {
        struct segment *segment = NULL;
        char *path = index_segment_path(index, current->ids[i]);
        enum err code =
            path ? segment_open(path, index->catalog, index->classes, index->key_id, &segment)
                 : ERR_MEMORY;
        free(path);
        TRY(code);
        parts[(*count)++] = &segment->part;
    }
    return apply_deaths((struct segment *const *)parts, *count);
}

/* The first set: segments and an empty delta. From then on parts are held by the set alone. */
static enum err begin(struct index *index, struct part **parts, size_t count, uint64_t seq)
{
    struct delta *delta = NULL;
    enum err code = delta_new(atomic_fetch_add(&index->next_id, 1), &delta);
    struct index_set *set = NULL;
    if (!code) {
        delta->last_seq = seq;
        parts[count++] = &delta->part;
        set = index_set_of(parts, count);
        code = set ? OK : ERR_MEMORY;
    }
    for (size_t i = 0; i < count; i++)
        part_unref(parts[i]);
    if (code)
        return code;
    index->live = delta;
    index->flushed_seq = seq;
    index_publish(index, set, seq);
    return OK;
}

static enum err load(struct index *index)
{
    struct current current = {0};
    struct part *parts[PART_MAX + 1];
    size_t count = 0;
    enum err code = read_current(index, &current);
    if (!code && current.seq > store_seq(index->store))
        code =
            err_set(ERR_DAMAGED, "the index knows change %llu, the store only %llu",
                    (unsigned long long)current.seq, (unsigned long long)store_seq(index->store));
    if (!code)
        code = open_segments(index, &current, parts, &count);
    if (code) { /* a view can always be made again */
        for (size_t i = 0; i < count; i++)
            part_unref(parts[i]);
        if (code == ERR_MEMORY || code == ERR_IO || code == ERR_FULL)
            return code;
        err_clear();
        current = (struct current){0};
        count = 0;
    }
    enum err swept = sweep(index, &current);
    if (swept) {
        for (size_t i = 0; i < count; i++)
            part_unref(parts[i]);
        return swept;
    }
    return begin(index, parts, count, current.seq);
}

static enum err replay(struct index *index)
{
    pthread_mutex_lock(&index->writing);
    enum err code = follow_to(index, store_seq(index->store));
    pthread_mutex_unlock(&index->writing);
    return code;
}

static struct index *index_make(const char *directory, struct store *store,
                                const struct catalog *catalog, struct policy_classes *classes)
{
    struct index *index = calloc(1, sizeof *index);
    if (!index || !(index->directory = strdup(directory))) {
        free(index);
        err_set(ERR_MEMORY, "out of memory for the index");
        return NULL;
    }
    index->store = store;
    index->catalog = catalog;
    index->classes = classes;
    index->next_id = 1;
    index->delta_max = DELTA_ENTRY_MAX;
    index->large_keys = LARGE_KEYS;
    pthread_mutex_init(&index->merging, NULL);
    pthread_mutex_init(&index->writing, NULL);
    pthread_mutex_init(&index->publishing, NULL);
    pthread_mutex_init(&index->erased_lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&index->work, &monotonic);
    pthread_cond_init(&index->flushed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return index;
}

enum err index_open(const char *directory, struct store *store, const struct catalog *catalog,
                    struct policy_classes *classes, struct index **ret)
{
    TRY(io_make_dir(directory));
    struct index *index = index_make(directory, store, catalog, classes);
    if (!index)
        return ERR_MEMORY;
    enum err code = load_key(index);
    if (!code)
        code = load(index);
    if (!code)
        code = merge_start_thread(index);
    if (!code)
        code = replay(index);
    if (code) {
        struct err_info kept = *err_last();
        index_close(index);
        err_restore(&kept);
        return code;
    }
    *ret = index;
    return OK;
}

void index_close(struct index *index)
{
    if (!index)
        return;
    merge_stop_thread(index);
    index_set_unref(index->set);
    arena_release(&index->scratch);
    pthread_cond_destroy(&index->work);
    pthread_cond_destroy(&index->flushed);
    pthread_mutex_destroy(&index->merging);
    pthread_mutex_destroy(&index->writing);
    pthread_mutex_destroy(&index->publishing);
    wipe(index->key, sizeof index->key);
    free(index->directory);
    free(index);
}

/*
 * The error stays in is_behind: searches say NO ANSWER, and the next change tries again from where
 * this one stopped.
 */
void index_follow(void *context, uint64_t first_seq, uint64_t last_seq)
{
    struct index *index = context;
    (void)first_seq;
    pthread_mutex_lock(&index->writing);
    if (follow_to(index, last_seq))
        err_clear();
    pthread_mutex_unlock(&index->writing);
}

enum err index_merge(struct index *index)
{
    pthread_mutex_lock(&index->merging);
    enum err code = merge_all(index);
    pthread_mutex_unlock(&index->merging);
    return code;
}

/* ---- rebuilding ---- */

/*
 * A second index of nothing is filled beside the first, from the feed, and changes places with it
 * once it has caught up: readers and the writer go on meanwhile, except for the last few changes.
 */
static enum err fill(struct index *fresh, struct index *index)
{
    while (fresh->seq + DELTA_ENTRY_MAX / 4 < store_seq(index->store)) {
        uint64_t target = fresh->seq + DELTA_ENTRY_MAX;
        uint64_t last = store_seq(index->store);
        pthread_mutex_lock(&fresh->writing);
        enum err code = follow_to(fresh, target < last ? target : last);
        pthread_mutex_unlock(&fresh->writing);
        TRY(code);
        TRY(merge_due(fresh));
    }
    return OK;
}

static void retire_segments(struct index_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (!set->parts[i]->is_delta)
            atomic_store(&((struct segment *)set->parts[i])->is_obsolete, true);
}

static enum err change_places(struct index *index, struct index *fresh)
{
    pthread_mutex_lock(&index->writing);
    uint64_t last = store_seq(index->store);
    enum err code = follow_to(fresh, last > index->seq ? last : index->seq);
    struct index_set *old = index->set;
    if (!code)
        code = index_write_current(index, fresh->set, fresh->flushed_seq);
    if (!code) {
        retire_segments(old);
        atomic_fetch_add_explicit(&fresh->set->refs, 1, memory_order_relaxed);
        index->live = fresh->live;
        index->flushed_seq = fresh->flushed_seq;
        atomic_store(&index->is_damaged, false);
        atomic_store(&index->is_behind, false);
        index->unreadable = fresh->unreadable;
        index->is_erasing_due = false;
        index_publish(index, fresh->set, fresh->seq);
    } else {
        retire_segments(fresh->set);
    }
    pthread_mutex_unlock(&index->writing);
    return code;
}

enum err index_rebuild(struct index *index)
{
    pthread_mutex_lock(&index->merging);
    struct index *fresh =
        index_make(index->directory, index->store, index->catalog, index->classes);
    enum err code = fresh ? OK : ERR_MEMORY;
    struct part *parts[PART_MAX];
    if (!code) {
        memcpy(fresh->key, index->key, sizeof fresh->key);
        fresh->key_id = index->key_id;
        fresh->is_private = true;
        fresh->large_keys = index->large_keys;
        atomic_store(&fresh->next_id, atomic_fetch_add(&index->next_id, (uint64_t)1 << 32));
        code = begin(fresh, parts, 0, 0);
    }
    if (!code)
        code = fill(fresh, index);
    if (!code)
        code = change_places(index, fresh);
    index_close(fresh);
    pthread_mutex_unlock(&index->merging);
    return code;
}

/* ---- report ---- */

void index_report(struct index *index, struct buf *out)
{
    uint64_t seq = 0;
    uint64_t entries = 0;
    uint64_t keys = 0;
    uint64_t bytes = 0;
    uint64_t ended = 0;
    uint64_t recent = 0;
    uint64_t segments = 0;
    struct index_set *set = index_set_ref(index, &seq);
    for (size_t i = 0; i < set->count; i++) {
        if (set->parts[i]->is_delta) {
            recent += atomic_load(&((struct delta *)set->parts[i])->count);
            continue;
        }
        const struct segment *segment = (const struct segment *)set->parts[i];
        segments++;
        entries += segment->meta.entry_count;
        keys += segment->meta.key_count;
        bytes += segment->map_size;
        ended += atomic_load(&segment->dead_count);
    }
    index_set_unref(set);
    pthread_mutex_lock(&index->writing);
    uint64_t unreadable = index->unreadable;
    uint64_t merges = index->merge_count;
    pthread_mutex_unlock(&index->writing);
    buf_printf(out,
               "{\"seq\":%llu,\"segments\":%llu,\"entries\":%llu,\"recent\":%llu,\"ended\":%llu,"
               "\"keys\":%llu,\"bytes\":%llu,\"merges\":%llu,\"unreadable\":%llu,\"behind\":%s,"
               "\"damaged\":%s,\"merge_failing\":%s}",
               (unsigned long long)seq, (unsigned long long)segments, (unsigned long long)entries,
               (unsigned long long)recent, (unsigned long long)ended, (unsigned long long)keys,
               (unsigned long long)bytes, (unsigned long long)merges,
               (unsigned long long)unreadable, atomic_load(&index->is_behind) ? "true" : "false",
               atomic_load(&index->is_damaged) ? "true" : "false",
               atomic_load(&index->is_merge_failing) ? "true" : "false");
}
