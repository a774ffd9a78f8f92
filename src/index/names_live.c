/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names_live: the names of entries not yet in a segment. One writer, any number of readers,
 * no locks: everything is appended to arrays reserved whole at the start (address space, not
 * memory: pages come as they are touched), and becomes reachable by the last store, a release of
 * a chain's head.
 *
 *   bucket heads -> nodes (id, next)          words that a key may lead to
 *   word         -> nodes (entry, next)       entries that bear it, newest first
 *   entry        -> blocks [next, count, packed words ...]   one block per name
 *
 * A reader that meets an entry beyond its snapshot's published length leaves it out.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "index/names_internal.h"

struct chain_node {
    uint32_t item, next; /* next: node number + 1 */
};
struct names_live {
    uint32_t entry_max, word_max, node_max, packed_max, bytes_max;
    _Atomic uint32_t word_count;
    uint32_t node_count, packed_count, bytes_len; /* writer's only */
    uint8_t *bytes;
    uint32_t *word_at;
    _Atomic uint32_t *frequency;
    _Atomic uint32_t *post_head; /* by word */
    uint32_t *last_entry;        /* by word, + 1: writer's only */
    _Atomic uint32_t *bucket_head[NAMES_DIRECTORY_COUNT];
    unsigned bits;
    struct chain_node *nodes;     /* of buckets and postings alike */
    _Atomic uint32_t *entry_head; /* by entry: start of its newest block + 1 */
    uint32_t *packed;
};

enum { WORDS_PER_ENTRY = 8, NODES_PER_WORD = 40, BYTES_PER_WORD = 100 };

static void *reserve(size_t count, size_t element)
{
    void *at = mmap(NULL, count * element, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

static void unreserve(void *at, size_t count, size_t element)
{
    if (at)
        munmap(at, count * element);
}

void names_live_free(struct names_live *live)
{
    if (!live)
        return;
    unreserve(live->bytes, live->bytes_max, 1);
    unreserve(live->word_at, live->word_max, sizeof *live->word_at);
    unreserve(live->frequency, live->word_max, sizeof *live->frequency);
    unreserve(live->post_head, live->word_max, sizeof *live->post_head);
    unreserve(live->last_entry, live->word_max, sizeof *live->last_entry);
    for (size_t d = 0; d < NAMES_DIRECTORY_COUNT; d++)
        unreserve(live->bucket_head[d], (size_t)1 << live->bits, sizeof *live->bucket_head[d]);
    unreserve(live->nodes, live->node_max, sizeof *live->nodes);
    unreserve(live->entry_head, live->entry_max, sizeof *live->entry_head);
    unreserve(live->packed, live->packed_max, sizeof *live->packed);
    free(live);
}

enum err names_live_new(uint32_t entry_max, struct names_live **ret)
{
    if (entry_max == 0 || entry_max > 4000000)
        return err_set(ERR_LIMIT, "a live names part of %u entries: 1 to 4000000 are possible",
                       entry_max);
    struct names_live *live = calloc(1, sizeof *live);
    if (!live)
        return err_set(ERR_MEMORY, "out of memory for live names");
    live->entry_max = entry_max;
    live->word_max = entry_max * WORDS_PER_ENTRY + 64;
    live->node_max = live->word_max * NODES_PER_WORD;
    live->packed_max = live->word_max * 3;
    live->bytes_max = live->word_max * BYTES_PER_WORD;
    for (live->bits = 10; (1u << live->bits) < entry_max * 4; live->bits++)
        ;
    live->bytes = reserve(live->bytes_max, 1);
    live->word_at = reserve(live->word_max, sizeof *live->word_at);
    live->frequency = reserve(live->word_max, sizeof *live->frequency);
    live->post_head = reserve(live->word_max, sizeof *live->post_head);
    live->last_entry = reserve(live->word_max, sizeof *live->last_entry);
    bool is_good =
        live->bytes && live->word_at && live->frequency && live->post_head && live->last_entry;
    for (size_t d = 0; d < NAMES_DIRECTORY_COUNT; d++) {
        live->bucket_head[d] = reserve((size_t)1 << live->bits, sizeof *live->bucket_head[d]);
        is_good = is_good && live->bucket_head[d];
    }
    live->nodes = reserve(live->node_max, sizeof *live->nodes);
    live->entry_head = reserve(entry_max, sizeof *live->entry_head);
    live->packed = reserve(live->packed_max, sizeof *live->packed);
    if (!is_good || !live->nodes || !live->entry_head || !live->packed) {
        names_live_free(live);
        return err_set(ERR_MEMORY, "no address space for live names of %u entries", entry_max);
    }
    *ret = live;
    return OK;
}

/* ---- writing ---- */

static void chain_add(struct names_live *live, _Atomic uint32_t *head, uint32_t item)
{
    ensure(live->node_count < live->node_max);
    live->nodes[live->node_count++] =
        (struct chain_node){item, atomic_load_explicit(head, memory_order_relaxed)};
    atomic_store_explicit(head, live->node_count, memory_order_release);
}

static bool live_find(const struct names_live *live, enum name_script script, str native,
                      uint32_t *ret_id)
{
    uint32_t bucket = names_bucket(names_exact_key(script, native), live->bits);
    uint32_t at =
        atomic_load_explicit(&live->bucket_head[NAMES_EXACT][bucket], memory_order_acquire);
    for (; at; at = live->nodes[at - 1].next) {
        const uint8_t *bytes = live->bytes + live->word_at[live->nodes[at - 1].item];
        if (bytes[0] == script && str_eq(native, str_of((const char *)bytes + 3, bytes[2]))) {
            *ret_id = live->nodes[at - 1].item;
            return true;
        }
    }
    return false;
}

static enum err live_full(const struct names_live *live)
{
    return err_set(ERR_LIMIT, "live names are full at %u words; merge first", live->word_count);
}

static enum err word_add(struct names_live *live, const struct name_token *token, uint32_t *ret_id)
{
    uint8_t bytes[ENCODED_MAX];
    size_t size = names_encode(token, bytes);
    if (live->word_count + 1 >= live->word_max ||
        live->bytes_len + size + ENCODED_MAX > live->bytes_max ||
        live->node_count + NAMES_DIRECTORY_COUNT * KEY_MAX + 1 > live->node_max)
        return live_full(live);
    uint32_t id = live->word_count++;
    live->word_at[id] = live->bytes_len;
    memcpy(live->bytes + live->bytes_len, bytes, size);
    live->bytes_len += (uint32_t)size;
    struct word word;
    ensure(names_decode(live->bytes + live->word_at[id], size, &word));
    for (enum names_directory d = NAMES_EXACT; d < NAMES_DIRECTORY_COUNT; d++) {
        uint32_t keys[KEY_MAX];
        size_t count = names_keys(&word, d, keys);
        for (size_t i = 0; i < count; i++)
            chain_add(live, &live->bucket_head[d][names_bucket(keys[i], live->bits)], id);
    }
    *ret_id = id;
    return OK;
}

enum err names_live_add(struct names_live *live, uint32_t entry, const struct value *value)
{
    const struct name *name = value->detail;
    if (entry >= live->entry_max || !name)
        return entry < live->entry_max ? OK : live_full(live);
    if (live->packed_count + name->count + 2 > live->packed_max)
        return live_full(live);
    uint32_t block = live->packed_count, *packed = live->packed + block + 2;
    for (size_t i = 0; i < name->count; i++) {
        const struct name_token *token = &name->tokens[i];
        uint32_t id;
        str native = str_slice(token->native, 0, 255);
        if (!live_find(live, token->script, native, &id))
            TRY(word_add(live, token, &id));
        packed[i] = packed_word(id, token->role, i == 0);
        if (live->last_entry[id] == entry + 1)
            continue;
        if (live->node_count + 1 >= live->node_max)
            return live_full(live);
        live->last_entry[id] = entry + 1;
        atomic_fetch_add_explicit(&live->frequency[id], 1, memory_order_relaxed);
        chain_add(live, &live->post_head[id], entry);
    }
    live->packed[block] = atomic_load_explicit(&live->entry_head[entry], memory_order_relaxed);
    live->packed[block + 1] = name->count;
    live->packed_count += name->count + 2u;
    atomic_store_explicit(&live->entry_head[entry], block + 1, memory_order_release);
    return OK;
}

/* ---- reading ---- */

const uint8_t *live_bytes(const struct names_live *live, uint32_t id)
{
    return live->bytes + live->word_at[id];
}

bool live_word(const struct names_live *live, uint32_t id, struct word *ret)
{
    return names_decode(live_bytes(live, id), ENCODED_MAX, ret);
}

uint32_t live_word_count(const struct names_live *live)
{
    return atomic_load_explicit(&live->word_count, memory_order_relaxed);
}

uint32_t live_frequency(const struct names_live *live, uint32_t id)
{
    return atomic_load_explicit(&live->frequency[id], memory_order_relaxed);
}

static size_t chain_copy(const struct names_live *live, const _Atomic uint32_t *head, uint32_t *ret,
                         size_t max)
{
    size_t count = 0;
    uint32_t at = atomic_load_explicit(head, memory_order_acquire);
    for (; at && count < max; at = live->nodes[at - 1].next)
        ret[count++] = live->nodes[at - 1].item;
    return count;
}

size_t live_probe(const struct names_live *live, enum names_directory directory, uint32_t key,
                  uint32_t *ret, size_t max)
{
    return chain_copy(live, &live->bucket_head[directory][names_bucket(key, live->bits)], ret, max);
}

size_t live_postings(const struct names_live *live, uint32_t id, struct arena *arena,
                     const uint32_t **ret)
{
    size_t max = live_frequency(live, id);
    uint32_t *entries = arena_array(arena, uint32_t, max + 1);
    if (!entries)
        return 0;
    *ret = entries;
    return chain_copy(live, &live->post_head[id], entries, max);
}

size_t live_entry(const struct names_live *live, uint32_t entry, uint32_t buffer[ENTRY_WORD_MAX])
{
    size_t count = 0;
    if (entry >= live->entry_max)
        return 0;
    uint32_t at = atomic_load_explicit(&live->entry_head[entry], memory_order_acquire);
    for (; at; at = live->packed[at - 1]) {
        uint32_t words = live->packed[at];
        for (uint32_t i = 0; i < words && count < ENTRY_WORD_MAX; i++)
            buffer[count++] = live->packed[at + 1 + i];
    }
    return count;
}
