/* SPDX-License-Identifier: Apache-2.0 */
/* index/names_memo: an open table of keys, and an arena that is emptied with it. */
#include "index/names_memo.h"

#include <pthread.h>
#include <stdlib.h>

enum { SLOTS = 1 << 13, KEPT_MAX = SLOTS / 2, BYTES_MAX = 12 << 20 };

struct slot {
    struct memo_key key; /* section 0: free */
    struct memo_found found;
};
struct names_memo {
    uint64_t seeds[2];
    size_t kept, bytes;
    struct arena arena;
    struct slot slots[SLOTS];
    struct names_room room;
};
static pthread_key_t memo_key;
static pthread_once_t memo_once = PTHREAD_ONCE_INIT;

static void memo_free(void *pointer)
{
    struct names_memo *memo = pointer;
    arena_release(&memo->arena);
    free(memo);
}

static void memo_key_make(void)
{
    ensure(pthread_key_create(&memo_key, memo_free) == 0);
}

enum err names_memo(struct names_memo **ret)
{
    pthread_once(&memo_once, memo_key_make);
    struct names_memo *memo = pthread_getspecific(memo_key);
    if (!memo) {
        memo = calloc(1, sizeof *memo);
        if (!memo || pthread_setspecific(memo_key, memo) != 0) {
            free(memo);
            return err_set(ERR_MEMORY, "out of memory for a search by name");
        }
        random_bytes(memo->seeds, sizeof memo->seeds);
    }
    *ret = memo;
    return OK;
}

struct names_room *memo_room(struct names_memo *memo)
{
    return &memo->room;
}

static uint64_t word_hash(const struct unit *unit, uint64_t seed)
{
    const struct word *word = &unit->word;
    const float costs[] = {unit->limit, unit->extra};
    uint64_t hash = hash64(str_of((const char *)costs, sizeof costs), seed);
    hash = hash64(word->native, hash_mix(hash, word->script));
    for (size_t i = 0; i < word->reading_count; i++)
        hash = hash64(word->readings[i], hash);
    return hash;
}

struct memo_key memo_key_of(const struct names_memo *memo, uint64_t section,
                            const struct unit *unit)
{
    return (struct memo_key){section, word_hash(unit, memo->seeds[0]),
                             word_hash(unit, memo->seeds[1])};
}

static size_t slot_of(const struct names_memo *memo, const struct memo_key *key)
{
    size_t at = key->word % SLOTS;
    while (memo->slots[at].key.section &&
           (memo->slots[at].key.section != key->section || memo->slots[at].key.word != key->word ||
            memo->slots[at].key.again != key->again))
        at = (at + 1) % SLOTS;
    return at;
}

bool memo_find(const struct names_memo *memo, const struct memo_key *key, struct memo_found *ret)
{
    const struct slot *slot = &memo->slots[slot_of(memo, key)];
    *ret = slot->found;
    return slot->key.section != 0;
}

void memo_keep(struct names_memo *memo, const struct memo_key *key, struct memo_found found)
{
    size_t size = found.count * sizeof *found.items;
    if (memo->kept == KEPT_MAX || memo->bytes + size > BYTES_MAX) {
        arena_reset(&memo->arena);
        memset(memo->slots, 0, sizeof memo->slots);
        memo->kept = memo->bytes = 0;
    }
    struct candidate *items = arena_array(&memo->arena, struct candidate, found.count + 1);
    if (!items) {
        err_clear();
        return;
    }
    if (size)
        memcpy(items, found.items, size);
    struct slot *slot = &memo->slots[slot_of(memo, key)];
    memo->kept += !slot->key.section;
    memo->bytes += size;
    *slot = (struct slot){*key, {items, found.count}};
}
