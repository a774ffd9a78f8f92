/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Challenges that passkeys sign. Nothing is kept of one that is given out, so that strangers who
 * ask for millions fill nothing: a challenge carries the moment and 128 random bits, and a keyed
 * hash over these and all it is good for - sign-in or a new passkey, the officer who was named, the
 * browser it was given to, the node's own address. The key lives as long as the process.
 *
 * What comes back is remembered until its time is over, so that it is good once: in sets of eight,
 * where room is made by what was not signed by whoever should. Only who holds a passkey can fill a
 * set with what was; then it takes no more, rather than forget one.
 */
#include <stdlib.h>

#include "crypto/sign.h"
#include "identity/internal.h"

enum { PLACES = 32768, WAYS = 8, NONCE_SIZE = 16, OPEN_SIZE = 8 + NONCE_SIZE };
enum { CHALLENGE_SIZE = OPEN_SIZE + HASH_SIZE };
_Static_assert(CHALLENGE_TEXT >= (CHALLENGE_SIZE * 4 + 2) / 3 + 1, "base64url and NUL");

static const int64_t good_us = (int64_t)300 * 1000000;

struct taken {
    uint64_t key; /* 0: free */
    int64_t until_us;
    bool is_signed;
};
struct challenges {
    pthread_mutex_t mutex;
    struct secret_key key;
    struct taken places[PLACES];
};

enum err challenges_new(struct challenges **ret)
{
    struct challenges *challenges = calloc(1, sizeof *challenges);
    if (!challenges)
        return err_set(ERR_MEMORY, "out of memory for challenges");
    pthread_mutex_init(&challenges->mutex, NULL);
    random_bytes(challenges->key.bytes, KEY_SIZE);
    *ret = challenges;
    return OK;
}

void challenges_free(struct challenges *challenges)
{
    if (!challenges)
        return;
    pthread_mutex_destroy(&challenges->mutex);
    wipe(challenges, sizeof *challenges);
    free(challenges);
}

/* Over each part with its length: no two uses give the same bytes. */
static void hash_use(const struct challenges *challenges, const struct challenge_use *use,
                     const unsigned char open[OPEN_SIZE], struct hash *ret)
{
    const str parts[] = {use->officer, use->binding, use->rp_id, use->origin};
    struct buf bytes = {.max = 4096};
    buf_add_u8(&bytes, (uint8_t)use->kind);
    buf_add(&bytes, str_of((const char *)open, OPEN_SIZE));
    for (size_t i = 0; i < COUNT_OF(parts); i++) /* cut: what is longer was refused before */
        buf_add_block(&bytes, str_slice(parts[i], 0, 512));
    keyed_hash(&challenges->key, buf_str(&bytes), ret);
    buf_release(&bytes);
}

void challenge_make(struct challenges *challenges, const struct challenge_use *use,
                    char ret[CHALLENGE_TEXT])
{
    unsigned char bytes[CHALLENGE_SIZE];
    struct hash hash;
    struct buf text = {.max = 256};
    uint64_t now_us = (uint64_t)clock_now_us();
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(now_us >> 8 * i);
    random_bytes(bytes + 8, NONCE_SIZE);
    hash_use(challenges, use, bytes, &hash);
    memcpy(bytes + OPEN_SIZE, hash.bytes, HASH_SIZE);
    base64url_add(&text, str_of((const char *)bytes, sizeof bytes));
    ensure(!text.failed && text.len < CHALLENGE_TEXT);
    memcpy(ret, text.ptr, text.len);
    ret[text.len] = 0;
    buf_release(&text);
}

static uint64_t key_of(const struct challenges *challenges, str text)
{
    unsigned char key[16];
    memcpy(key, challenges->key.bytes, sizeof key);
    uint64_t hash = keyed_hash64(key, text);
    return hash ? hash : 1;
}

/* A place for it, or NULL: it was taken before, or there is none to be had. Under the mutex. */
static struct taken *find_place(struct challenges *challenges, uint64_t key, int64_t now_us)
{
    struct taken *set = &challenges->places[key % (PLACES / WAYS) * WAYS];
    struct taken *best = NULL;
    for (size_t i = 0; i < WAYS; i++) {
        bool is_over = !set[i].key || set[i].until_us <= now_us;
        if (!is_over && set[i].key == key)
            return NULL;
        bool is_older = !best || best->until_us > set[i].until_us;
        if (is_over || (!set[i].is_signed && is_older))
            best = &set[i];
    }
    return best;
}

bool challenge_take(struct challenges *challenges, const struct challenge_use *use, str text)
{
    unsigned char bytes[CHALLENGE_SIZE];
    struct hash hash;
    size_t len = 0;
    int64_t now_us = clock_now_us();
    uint64_t made_us = 0;
    if (!base64url_read(text, bytes, sizeof bytes, &len) || len != sizeof bytes)
        return false;
    hash_use(challenges, use, bytes, &hash);
    if (!equal_constant_time(hash.bytes, bytes + OPEN_SIZE, HASH_SIZE))
        return false;
    for (unsigned i = 0; i < 8; i++)
        made_us |= (uint64_t)bytes[i] << 8 * i;
    /* A clock that was set back makes none younger: what lies in the future is over. */
    if (now_us < (int64_t)made_us || now_us - (int64_t)made_us >= good_us)
        return false;
    uint64_t key = key_of(challenges, text);
    pthread_mutex_lock(&challenges->mutex);
    struct taken *place = find_place(challenges, key, now_us);
    if (place)
        *place = (struct taken){.key = key, .until_us = (int64_t)made_us + good_us};
    pthread_mutex_unlock(&challenges->mutex);
    return place != NULL;
}

void challenge_keep(struct challenges *challenges, str text)
{
    uint64_t key = key_of(challenges, text);
    struct taken *set = &challenges->places[key % (PLACES / WAYS) * WAYS];
    pthread_mutex_lock(&challenges->mutex);
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].key == key)
            set[i].is_signed = true;
    pthread_mutex_unlock(&challenges->mutex);
}
