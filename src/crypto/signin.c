/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/signin.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdio.h>

enum { ARGON_PASSES = 3, ARGON_BYTES = 64 << 20, SECRET_BYTES = 32 };

enum err password_check(str password)
{
    if (password.len >= PASSWORD_MIN && password.len <= PASSWORD_MAX)
        return OK;
    return err_set(ERR_BAD_VALUE, "a password has %d to %d bytes, this one %zu", PASSWORD_MIN,
                   PASSWORD_MAX, password.len);
}

enum err password_hash(str password, char ret[PASSWORD_HASH_TEXT])
{
    TRY(password_check(password));
    if (crypto_pwhash_str_alg(ret, password.ptr, password.len, ARGON_PASSES, ARGON_BYTES,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return err_set(ERR_MEMORY, "no memory to hash a password");
    return OK;
}

/* Of nobody's password: what an account without one is compared with, so that it takes as long. */
static const char *const nobody = "$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA"
                                  "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

bool password_is_good(const char *hash, str password)
{
    bool is_hash = hash && hash[0] == '$';
    if (password.len > PASSWORD_MAX)
        return false;
    bool fits = crypto_pwhash_str_verify(is_hash ? hash : nobody, password.ptr, password.len) == 0;
    return is_hash && fits;
}

uint32_t totp_code(str secret, uint64_t step, unsigned digits)
{
    unsigned char counter[8], mac[20];
    unsigned size = 0;
    uint32_t modulus = 1;
    for (int i = 0; i < 8; i++)
        counter[i] = (unsigned char)(step >> (56 - 8 * i));
    ensure(digits >= 6 && digits <= 8);
    ensure(HMAC(EVP_sha1(), secret.ptr, (int)secret.len, counter, sizeof counter, mac, &size));
    ensure(size == sizeof mac);
    unsigned at = mac[19] & 15;
    uint32_t number = (uint32_t)(mac[at] & 127) << 24 | (uint32_t)mac[at + 1] << 16 |
                      (uint32_t)mac[at + 2] << 8 | mac[at + 3];
    while (digits-- > 0)
        modulus *= 10;
    return number % modulus;
}

bool totp_is_good(str secret, str code, int64_t now_us, uint64_t after, uint64_t *ret_step)
{
    char text[16];
    bool is_good = false;
    if (now_us < 0 || code.len != TOTP_DIGITS)
        return false;
    uint64_t now = (uint64_t)now_us / 1000000 / TOTP_STEP_S;
    for (uint64_t step = now ? now - 1 : 0; step <= now + 1; step++) { /* all, whatever fits */
        snprintf(text, sizeof text, "%06u", totp_code(secret, step, TOTP_DIGITS));
        bool fits = equal_constant_time(text, code.ptr, TOTP_DIGITS);
        if (!fits || step <= after || is_good)
            continue;
        is_good = true;
        *ret_step = step;
    }
    wipe(text, sizeof text);
    return is_good;
}

void base32_encode(const void *bytes, size_t size, char *ret)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const unsigned char *from = bytes;
    for (size_t bit = 0; bit < size * 8; bit += 5) {
        unsigned pair = (unsigned)from[bit / 8] << 8;
        if (bit / 8 + 1 < size)
            pair |= from[bit / 8 + 1];
        *ret++ = letters[pair >> (11 - bit % 8) & 31];
    }
    *ret = 0;
}

void secret_new(char ret[SECRET_TEXT])
{
    unsigned char bytes[SECRET_BYTES];
    random_bytes(bytes, sizeof bytes);
    sodium_bin2base64(ret, SECRET_TEXT, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    wipe(bytes, sizeof bytes);
}
