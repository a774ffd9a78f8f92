/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 signatures (RFC 8032, by libsodium) and base64, for what others must be able to check. */
#ifndef CRYPTO_SIGN_H
#define CRYPTO_SIGN_H

#include "crypto/crypto.h"

enum { SIGNATURE_SIZE = 64, PUBLIC_KEY_SIZE = 32 };

struct public_key {
    unsigned char bytes[PUBLIC_KEY_SIZE];
};
struct signing_key {
    unsigned char secret[64];
    struct public_key public_key;
};

/* From a file of 32 random bytes (the seed), made (0600) when absent. */
enum err signing_key_load(const char *path, struct signing_key *ret) MUST_USE;
void sign_bytes(const struct signing_key *key, str message, unsigned char ret[SIGNATURE_SIZE]);
bool signature_is_good(const struct public_key *key, str message,
                       const unsigned char signature[SIGNATURE_SIZE]);

/* RFC 4648 section 4, with padding. */
void base64_add(struct buf *out, str bytes);
/* false: not base64, or more than `max` bytes. */
bool base64_read(str text, void *out, size_t max, size_t *ret_len);
/* The same of RFC 4648 section 5, without padding. */
void base64url_add(struct buf *out, str bytes);
bool base64url_read(str text, void *out, size_t max, size_t *ret_len);

#endif
