/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of the index that is in memory: what changed since the newest segment.
 *
 *   entries   chunks of DELTA_CHUNK, never moved; `died` alone changes after publication
 *   keys      heads[hash mod DELTA_HEADS] -> node -> node: newest first; a node is written, then
 *   the head is stored (release)
 *   ranges    a short array, scanned
 *   names     a names_live, see names.h
 *
 * One writer; readers follow heads (acquire) and meet only nodes and entries complete when the head
 * was stored. What is newer than a reader's snapshot is told by `born`. Nothing is ever taken out:
 * a full delta is sealed and becomes a segment.
 */
#include <stdlib.h>

#include "index/internal.h"

static enum err no_memory(void)
{
    return err_set(ERR_MEMORY, "out of memory for the index of recent changes");
}

enum err delta_new(uint64_t id, struct delta **ret)
{
    struct delta *delta = calloc(1, sizeof *delta);
    if (!delta)
        return no_memory();
    delta->part = (struct part){.refs = 1, .is_delta = true, .id = id};
    delta->node_count = 1;
    delta->heads = calloc(DELTA_HEADS, sizeof *delta->heads);
    delta->ranges = calloc(DELTA_RANGE_MAX, sizeof *delta->ranges);
    delta->days = calloc(DELTA_ENTRY_MAX, sizeof *delta->days);
    if (!delta->heads || !delta->ranges || !delta->days) {
        delta_free(delta);
        return no_memory();
    }
    *ret = delta;
    return OK;
}

void delta_free(struct delta *delta)
{
    if (!delta)
        return;
    for (size_t i = 0; i < COUNT_OF(delta->entries); i++)
        free(delta->entries[i]);
    for (size_t i = 0; i < COUNT_OF(delta->nodes); i++)
        free(delta->nodes[i]);
    for (uint32_t i = 0; delta->ranges && i < delta->range_count; i++)
        free(delta->ranges[i].text);
    names_live_free(atomic_load(&delta->names));
    free(delta->ranges);
    free(delta->days);
    free(delta->heads);
    free(delta->deaths);
    free(delta);
}

/*
 * A record has at most ENTRY_DATES_MAX entries and a bounded number of keys: there is always room
 * for one more record.
 */
bool delta_is_full(const struct delta *delta, uint32_t entry_max)
{
    return delta->count + ENTRY_DATES_MAX > entry_max || delta->range_count > DELTA_RANGE_MAX / 2 ||
           delta->node_count > DELTA_NODE_MAX / 2 || delta->death_count >= DELTA_ENTRY_MAX ||
           delta->change_count >= (uint64_t)2 * DELTA_ENTRY_MAX;
}

enum err delta_add_entry(struct delta *delta, const struct delta_entry *entry, uint32_t *ret)
{
    uint32_t at = atomic_load_explicit(&delta->count, memory_order_relaxed);
    if (at >= DELTA_ENTRY_MAX)
        return err_set(ERR_LIMIT, "the index of recent changes holds %d entries", DELTA_ENTRY_MAX);
    struct delta_entry **chunk = &delta->entries[at / DELTA_CHUNK];
    if (!*chunk && !(*chunk = calloc(DELTA_CHUNK, sizeof **chunk)))
        return no_memory();
    struct delta_entry *place = &(*chunk)[at % DELTA_CHUNK];
    place->number = entry->number;
    place->born = entry->born;
    place->day = delta->days[at] = entry->day;
    place->definition = entry->definition;
    place->class_number = entry->class_number;
    place->has_names = entry->has_names;
    atomic_store_explicit(&delta->count, at + 1, memory_order_release);
    *ret = at;
    return OK;
}

enum err delta_add_key(struct delta *delta, uint64_t hash, uint32_t entry, uint8_t field,
                       bool is_number)
{
    uint32_t at = delta->node_count;
    if (at >= DELTA_NODE_MAX)
        return err_set(ERR_LIMIT, "the index of recent changes holds %d keys", DELTA_NODE_MAX);
    struct delta_node **chunk = &delta->nodes[at / DELTA_CHUNK];
    if (!*chunk && !(*chunk = calloc(DELTA_CHUNK, sizeof **chunk)))
        return no_memory();
    _Atomic uint32_t *head = &delta->heads[hash % DELTA_HEADS];
    (*chunk)[at % DELTA_CHUNK] =
        (struct delta_node){.hash = hash,
                            .entry = entry,
                            .field = field,
                            .is_number = is_number,
                            .next = atomic_load_explicit(head, memory_order_relaxed)};
    delta->node_count++;
    atomic_store_explicit(head, at, memory_order_release);
    return OK;
}

enum err delta_add_range(struct delta *delta, uint64_t space, str from, str to, uint32_t entry,
                         uint8_t field)
{
    uint32_t at = atomic_load_explicit(&delta->range_count, memory_order_relaxed);
    if (at >= DELTA_RANGE_MAX)
        return err_set(ERR_LIMIT, "the index of recent changes holds %d ranges", DELTA_RANGE_MAX);
    char *text = malloc(from.len + to.len + 1);
    if (!text)
        return no_memory();
    memcpy(text, from.ptr, from.len);
    memcpy(text + from.len, to.ptr, to.len);
    delta->ranges[at] = (struct delta_range){.space = space,
                                             .entry = entry,
                                             .field = field,
                                             .from = str_of(text, from.len),
                                             .to = str_of(text + from.len, to.len),
                                             .text = text};
    atomic_store_explicit(&delta->range_count, at + 1, memory_order_release);
    return OK;
}

enum err delta_add_name(struct delta *delta, uint32_t entry, const struct value *name)
{
    struct names_live *names = atomic_load_explicit(&delta->names, memory_order_relaxed);
    if (!names) {
        TRY(names_live_new(DELTA_ENTRY_MAX, &names));
        atomic_store_explicit(&delta->names, names, memory_order_release);
    }
    return names_live_add(names, entry, name);
}

enum err delta_add_death(struct delta *delta, const struct death *death)
{
    if (delta->death_count == delta->death_size) {
        size_t size = delta->death_size ? delta->death_size * 2 : 64;
        struct death *grown = realloc(delta->deaths, size * sizeof *grown);
        if (!grown)
            return no_memory();
        delta->deaths = grown;
        delta->death_size = size;
    }
    delta->deaths[delta->death_count++] = *death;
    return OK;
}

/* Spaces beyond DELTA_SPACE_MAX are not counted: the figure serves an estimate. */
void delta_count_space(struct delta *delta, uint64_t space)
{
    uint32_t count = atomic_load_explicit(&delta->space_count, memory_order_relaxed);
    for (uint32_t i = 0; i < count; i++)
        if (delta->spaces[i].space == space) {
            atomic_fetch_add_explicit(&delta->spaces[i].count, 1, memory_order_relaxed);
            return;
        }
    if (count == DELTA_SPACE_MAX)
        return;
    delta->spaces[count].space = space;
    atomic_store_explicit(&delta->spaces[count].count, 1, memory_order_relaxed);
    atomic_store_explicit(&delta->space_count, count + 1, memory_order_release);
}
