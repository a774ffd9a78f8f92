/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign.h"

#include <sodium.h>

enum err signing_key_load(const char *path, struct signing_key *ret)
{
    struct secret_key seed;
    TRY(secret_key_load(path, &seed));
    int failed = crypto_sign_seed_keypair(ret->public_key.bytes, ret->secret, seed.bytes);
    wipe(&seed, sizeof seed);
    return failed ? err_set(ERR_INTERNAL, "cannot make a signing key of %s", path) : OK;
}

void sign_bytes(const struct signing_key *key, str message, unsigned char ret[SIGNATURE_SIZE])
{
    ensure(crypto_sign_detached(ret, NULL, (const unsigned char *)message.ptr, message.len,
                                key->secret) == 0);
}

bool signature_is_good(const struct public_key *key, str message,
                       const unsigned char signature[SIGNATURE_SIZE])
{
    return crypto_sign_verify_detached(signature, (const unsigned char *)message.ptr, message.len,
                                       key->bytes) == 0;
}

void base64_add(struct buf *out, str bytes)
{
    size_t size = sodium_base64_ENCODED_LEN(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *room = buf_reserve(out, size);
    if (!room)
        return;
    sodium_bin2base64(room, size, (const unsigned char *)bytes.ptr, bytes.len,
                      sodium_base64_VARIANT_ORIGINAL);
    out->len += size - 1;
}

bool base64_read(str text, void *out, size_t max, size_t *ret_len)
{
    const char *end = NULL;
    for (size_t i = 0; i < text.len; i++) /* libsodium lets bytes above ASCII through */
        if (!is_alnum(text.ptr[i]) && !strchr("+/=", text.ptr[i]))
            return false;
    return sodium_base642bin(out, max, text.ptr, text.len, NULL, ret_len, &end,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           end == text.ptr + text.len;
}
