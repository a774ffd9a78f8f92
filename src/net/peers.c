/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many connections each address holds, for the cap per peer: open addressing over address keys,
 * grown at three quarters. Touched when a connection comes or goes, so one mutex is enough.
 * An address is a /32 of IPv4 or a /64 of IPv6 (one household or office there), hashed with a seed
 * of this process so that nobody can aim at a bucket.
 */
#include <stdlib.h>

#include "net/internal.h"

struct peer {
    uint64_t key; /* 0: free */
    uint32_t count;
};
struct peers {
    pthread_mutex_t mutex;
    struct peer *slots;
    size_t size, used; /* size: a power of two */
};

struct peers *peers_new(void)
{
    struct peers *peers = calloc(1, sizeof *peers);
    if (!peers)
        return NULL;
    peers->size = 1024;
    peers->slots = calloc(peers->size, sizeof *peers->slots);
    pthread_mutex_init(&peers->mutex, NULL);
    if (!peers->slots) {
        peers_free(peers);
        return NULL;
    }
    return peers;
}

void peers_free(struct peers *peers)
{
    if (!peers)
        return;
    pthread_mutex_destroy(&peers->mutex);
    free(peers->slots);
    free(peers);
}

static struct peer *find(struct peer *slots, size_t size, uint64_t key)
{
    size_t at = (size_t)hash_mix(key, 0x9e3779b97f4a7c15ull) & (size - 1);
    while (slots[at].key && slots[at].key != key)
        at = (at + 1) & (size - 1);
    return &slots[at];
}

/* Copies what is in use into a table of twice that and more: counts that fell to 0 go here. */
static bool rebuild(struct peers *peers)
{
    size_t live = 0;
    for (size_t i = 0; i < peers->size; i++)
        live += peers->slots[i].count > 0;
    size_t size = 1024;
    while (size < live * 4)
        size *= 2;
    struct peer *slots = calloc(size, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < peers->size; i++)
        if (peers->slots[i].count)
            *find(slots, size, peers->slots[i].key) = peers->slots[i];
    free(peers->slots);
    peers->slots = slots;
    peers->size = size;
    peers->used = live;
    return true;
}

bool peers_enter(struct peers *peers, uint64_t key, uint32_t max)
{
    pthread_mutex_lock(&peers->mutex);
    bool is_room = peers->used * 4 < peers->size * 3 || rebuild(peers);
    struct peer *peer = is_room ? find(peers->slots, peers->size, key) : NULL;
    if (peer && !peer->key) {
        peer->key = key;
        peers->used++;
    }
    bool is_in = peer && peer->count < max;
    if (is_in)
        peer->count++;
    pthread_mutex_unlock(&peers->mutex);
    return is_in;
}

void peers_leave(struct peers *peers, uint64_t key)
{
    pthread_mutex_lock(&peers->mutex);
    struct peer *peer = find(peers->slots, peers->size, key);
    ensure(peer->key == key && peer->count > 0);
    peer->count--;
    pthread_mutex_unlock(&peers->mutex);
}
