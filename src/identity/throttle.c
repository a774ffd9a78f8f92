/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has failed to sign in waits before the next try. Three budgets, each a count of failures that
 * is forgiven at one in fifteen minutes:
 *
 *   of an account from one address: five, then 1 s, 2 s, 4 s ... 15 minutes
 *   of an address, whatever account: thirty
 *   of a device that has signed in to this account before: five, and nothing else counts
 *
 * There is none of an account by itself: with it anybody could keep an officer out by failing in
 * his name. Guesses from many addresses are met by Argon2id, by one-time codes that are good
 * once, and by the budget of each address (IPv6: of its /64). The table has a fixed size; the
 * entry longest untouched of its eight neighbours makes room.
 */
#include <stdio.h>
#include <stdlib.h>

#include "identity/internal.h"

enum { PLACES = 65536, WAYS = 8, ACCOUNT_FREE = 5, ADDRESS_FREE = 30, WAIT_MAX_S = 900 };

static const int64_t forgive_us = (int64_t)900 * 1000000;

struct entry {
    uint64_t key;
    int64_t at_us, until_us; /* monotonic: of the last failure; nothing is tried before */
    unsigned failures;
};
struct throttle {
    pthread_mutex_t mutex;
    unsigned char key[16];
    struct entry entries[PLACES];
};

enum err throttle_new(struct throttle **ret)
{
    struct throttle *throttle = calloc(1, sizeof *throttle);
    if (!throttle)
        return err_set(ERR_MEMORY, "out of memory for failed sign-ins");
    pthread_mutex_init(&throttle->mutex, NULL);
    random_bytes(throttle->key, sizeof throttle->key);
    *ret = throttle;
    return OK;
}

void throttle_free(struct throttle *throttle)
{
    if (!throttle)
        return;
    pthread_mutex_destroy(&throttle->mutex);
    free(throttle);
}

static struct entry *find(struct throttle *throttle, uint64_t key)
{
    struct entry *set = &throttle->entries[key % (PLACES / WAYS) * WAYS];
    struct entry *oldest = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].at_us < oldest->at_us)
            oldest = &set[i];
    }
    *oldest = (struct entry){.key = key};
    return oldest;
}

static uint64_t key_of(const struct throttle *throttle, char kind, str one, str two)
{
    char text[256];
    int len =
        snprintf(text, sizeof text, "%c%.*s\n%.*s", kind, (int)(one.len < 100 ? one.len : 100),
                 one.ptr, (int)(two.len < 100 ? two.len : 100), two.ptr);
    uint64_t key = keyed_hash64(throttle->key, str_of(text, (size_t)len));
    return key ? key : 1;
}

/* Counts the try as a failure before it is one: a thousand at once are a thousand. */
static unsigned take(struct throttle *throttle, uint64_t key, unsigned free, int64_t now_us)
{
    struct entry *entry = find(throttle, key);
    if (entry->until_us > now_us)
        return (unsigned)((entry->until_us - now_us) / 1000000 + 1);
    unsigned forgiven = (unsigned)((now_us - entry->at_us) / forgive_us);
    entry->failures = forgiven < entry->failures ? entry->failures - forgiven : 0;
    entry->failures++;
    entry->at_us = now_us;
    unsigned over = entry->failures > free ? entry->failures - free : 0;
    int64_t wait_s = !over ? 0 : over > 10 ? WAIT_MAX_S : (int64_t)1 << (over - 1);
    entry->until_us = now_us + (wait_s > WAIT_MAX_S ? WAIT_MAX_S : wait_s) * 1000000;
    return 0;
}

enum err throttle_enter(struct throttle *throttle, int64_t now_us, str officer, str address,
                        bool is_known_device, str device, unsigned *ret_wait_s)
{
    pthread_mutex_lock(&throttle->mutex);
    unsigned wait = 0;
    if (is_known_device)
        wait = take(throttle, key_of(throttle, 'd', officer, device), ACCOUNT_FREE, now_us);
    else {
        wait = take(throttle, key_of(throttle, 'o', officer, address), ACCOUNT_FREE, now_us);
        if (!wait)
            wait = take(throttle, key_of(throttle, 'a', address, STR_EMPTY), ADDRESS_FREE, now_us);
    }
    pthread_mutex_unlock(&throttle->mutex);
    if (!wait)
        return OK;
    *ret_wait_s = wait;
    return err_set(ERR_RATE, "too many failed sign-ins; wait %u s", wait);
}

static void forget(struct throttle *throttle, uint64_t key)
{
    struct entry *entry = find(throttle, key);
    *entry = (struct entry){0};
}

/* The address keeps its failures but this one: one's own account buys no guesses at others'. */
void throttle_succeed(struct throttle *throttle, str officer, str address, bool is_known_device,
                      str device)
{
    pthread_mutex_lock(&throttle->mutex);
    if (is_known_device)
        forget(throttle, key_of(throttle, 'd', officer, device));
    else {
        struct entry *entry = find(throttle, key_of(throttle, 'a', address, STR_EMPTY));
        forget(throttle, key_of(throttle, 'o', officer, address));
        if (entry->failures)
            entry->failures--;
    }
    pthread_mutex_unlock(&throttle->mutex);
}
