/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/seal.h"

#include <sodium.h>

/* A key that is used once needs no number: all zeros. */
static const unsigned char once[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];

void seal_once(const struct secret_key *key, str about, str text, struct buf *out)
{
    char *room = buf_reserve(out, text.len + SEAL_EXTRA);
    if (!room)
        return;
    crypto_aead_xchacha20poly1305_ietf_encrypt((unsigned char *)room, NULL,
                                               (const unsigned char *)text.ptr, text.len,
                                               (const unsigned char *)about.ptr, about.len, NULL,
                                               once, key->bytes);
    out->len += text.len + SEAL_EXTRA;
}

bool seal_open(const struct secret_key *key, str about, str sealed, char *ret)
{
    return sealed.len >= SEAL_EXTRA &&
           crypto_aead_xchacha20poly1305_ietf_decrypt((unsigned char *)ret, NULL, NULL,
                                                      (const unsigned char *)sealed.ptr, sealed.len,
                                                      (const unsigned char *)about.ptr, about.len,
                                                      once, key->bytes) == 0;
}

enum err box_key_of(const struct secret_key *secret, struct box_key *ret)
{
    memcpy(ret->secret, secret->bytes, KEY_SIZE);
    return crypto_scalarmult_base(ret->public, ret->secret) == 0
               ? OK
               : err_set(ERR_INTERNAL, "cannot make a key pair");
}

enum err box_key_load(const char *path, struct box_key *ret)
{
    struct secret_key secret;
    TRY(secret_key_load(path, &secret));
    enum err code = box_key_of(&secret, ret);
    wipe(&secret, sizeof secret);
    return code;
}

void box_seal(const unsigned char public[KEY_SIZE], str text, struct buf *out)
{
    char *room = buf_reserve(out, text.len + BOX_EXTRA);
    if (!room)
        return;
    ensure(crypto_box_seal((unsigned char *)room, (const unsigned char *)text.ptr, text.len,
                           public) == 0);
    out->len += text.len + BOX_EXTRA;
}

bool box_open(const struct box_key *key, str sealed, char *ret)
{
    return sealed.len >= BOX_EXTRA &&
           crypto_box_seal_open((unsigned char *)ret, (const unsigned char *)sealed.ptr, sealed.len,
                                key->public, key->secret) == 0;
}
