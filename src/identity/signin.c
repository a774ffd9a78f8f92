/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in with password and one-time code. Whatever is wrong - no such officer, no password set,
 * the wrong one, a code that was used - the answer has the same words and takes the time of one
 * Argon2id, so that trying tells nothing. Who is sent away by the throttle costs nothing.
 */
#include "crypto/signin.h"

#include <stdio.h>

#include "identity/internal.h"

static enum err wrong(void)
{
    err_set(ERR_UNAUTHENTICATED, "officer, password or one-time code is wrong");
    return err_hint("a code is good once; who has lost password or codes gets a new link from an "
                    "administrator");
}

void identity_device_mark(struct identity *identity, str officer, char ret[COOKIE_TEXT])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    _Static_assert(COOKIE_TEXT - 1 <= 2 * HASH_SIZE, "each byte gives two letters at most");
    char text[96];
    struct hash hash;
    int len = snprintf(text, sizeof text, "device of %.*s",
                       (int)(officer.len < 64 ? officer.len : 64), officer.ptr);
    keyed_hash(&identity->key, str_of(text, (size_t)len), &hash);
    for (size_t i = 0; i < COOKIE_TEXT - 1; i++)
        ret[i] = letters[hash.bytes[i % HASH_SIZE] >> (i / HASH_SIZE) & 63];
    ret[COOKIE_TEXT - 1] = 0;
}

bool is_known_device(struct identity *identity, str officer, str device)
{
    char mark[COOKIE_TEXT];
    if (device.len != COOKIE_TEXT - 1)
        return false;
    identity_device_mark(identity, officer, mark);
    return equal_constant_time(mark, device.ptr, COOKIE_TEXT - 1);
}

struct kept { /* of the account, taken under the lock */
    char hash[PASSWORD_HASH_TEXT];
    unsigned char codes[TOTP_SECRET_SIZE];
    bool has_codes;
};

static void take_kept(struct identity *identity, str officer, struct kept *ret)
{
    *ret = (struct kept){.hash = ""};
    pthread_rwlock_rdlock(&identity->lock);
    const struct account *account = find_account(identity, officer);
    bool is_active = account_is_there(account) && account->state == STATE_ACTIVE;
    for (const struct credential *one = is_active ? account->credentials : NULL; one;
         one = one->next) {
        if (one->facts.kind == CREDENTIAL_PASSWORD && one->facts.hash.len < PASSWORD_HASH_TEXT)
            memcpy(ret->hash, one->facts.hash.ptr, one->facts.hash.len + 1);
        if (one->facts.kind == CREDENTIAL_TOTP)
            ret->has_codes =
                codes_open(identity, one->facts.officer, one->facts.sealed, ret->codes);
    }
    pthread_rwlock_unlock(&identity->lock);
}

/* A code is taken by whoever is first: of two sign-ins with one code, one fails. */
static bool take_code(struct identity *identity, str officer, const struct kept *kept, str code)
{
    str secret = str_of((const char *)kept->codes, TOTP_SECRET_SIZE);
    uint64_t step = 0;
    pthread_rwlock_rdlock(&identity->lock);
    struct account *account = find_account(identity, officer);
    pthread_rwlock_unlock(&identity->lock); /* accounts stay where they are */
    if (!account || !kept->has_codes)
        return false;
    uint64_t after = atomic_load(&account->code_step);
    do
        if (!totp_is_good(secret, code, clock_now_us(), after, &step))
            return false;
    while (!atomic_compare_exchange_strong(&account->code_step, &after, step));
    return true;
}

enum err identity_sign_in(struct identity *identity, const struct identity_signin *signin,
                          unsigned *ret_wait_s)
{
    struct kept kept;
    bool is_known = is_known_device(identity, signin->officer, signin->device);
    if (!identity_id_is_good(signin->officer))
        return wrong();
    TRY(throttle_enter(identity->throttle, clock_monotonic_us(), signin->officer, signin->address,
                       is_known, signin->device, ret_wait_s));
    take_kept(identity, signin->officer, &kept);
    pthread_mutex_t *turn = &identity->hashing[atomic_fetch_add(&identity->hashing_turn, 1) & 1];
    pthread_mutex_lock(turn);
    bool is_good = password_is_good(kept.hash, signin->password);
    pthread_mutex_unlock(turn);
    is_good = is_good && take_code(identity, signin->officer, &kept, signin->code);
    wipe(&kept, sizeof kept);
    if (!is_good) {
        count_try(identity, signin->officer);
        return wrong();
    }
    throttle_succeed(identity->throttle, signin->officer, signin->address, is_known,
                     signin->device);
    return OK;
}
