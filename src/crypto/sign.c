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

static void encode(struct buf *out, str bytes, int variant)
{
    size_t size = sodium_base64_encoded_len(bytes.len, variant);
    char *room = buf_reserve(out, size);
    if (!room)
        return;
    sodium_bin2base64(room, size, (const unsigned char *)bytes.ptr, bytes.len, variant);
    out->len += size - 1;
}

/* libsodium lets bytes above ASCII through: `marks` are those allowed beside letters and digits. */
static bool decode(str text, const char *marks, int variant, void *out, size_t max, size_t *ret_len)
{
    const char *end = NULL;
    for (size_t i = 0; i < text.len; i++)
        if (!is_alnum(text.ptr[i]) && (!text.ptr[i] || !strchr(marks, text.ptr[i])))
            return false;
    return sodium_base642bin(out, max, text.ptr, text.len, NULL, ret_len, &end, variant) == 0 &&
           end == text.ptr + text.len;
}

void base64_add(struct buf *out, str bytes)
{
    encode(out, bytes, sodium_base64_VARIANT_ORIGINAL);
}

bool base64_read(str text, void *out, size_t max, size_t *ret_len)
{
    return decode(text, "+/=", sodium_base64_VARIANT_ORIGINAL, out, max, ret_len);
}

void base64url_add(struct buf *out, str bytes)
{
    encode(out, bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool base64url_read(str text, void *out, size_t max, size_t *ret_len)
{
    return decode(text, "-_", sodium_base64_VARIANT_URLSAFE_NO_PADDING, out, max, ret_len);
}
