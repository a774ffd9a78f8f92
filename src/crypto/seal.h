/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing: contents under a key that is used for nothing else (XChaCha20-Poly1305), and such keys
 * for
 * those who may open them (sealed boxes: X25519, XSalsa20-Poly1305). By libsodium.
 */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "crypto/crypto.h"

enum { SEAL_EXTRA = 16, BOX_EXTRA = 48 };

/*
 * Many texts under one key, each with a salt of its own: XChaCha20-Poly1305 with the salt and eight
 * zeros for its nonce. salted_key() gives the key that one such text alone is opened with, which
 * tells nothing of `key`: HChaCha20 of the salt, as XChaCha20 itself makes it.
 *
 * A text may lie behind the end of `out`, where it goes, if there is room for it and SEAL_EXTRA.
 */
void seal_salted(const struct secret_key *key, const struct salt *salt, str about, str text,
                 struct buf *out);
void salted_key(const struct secret_key *key, const struct salt *salt, struct secret_key *ret);
bool seal_open_salted(const struct secret_key *own_key, str about, str sealed, char *ret);

/* `key` must never seal a second text. `about` is bound to it, and not hidden. */
void seal_once(const struct secret_key *key, str about, str text, struct buf *out);
/* false: not sealed under this key, or altered. ret: sealed.len - SEAL_EXTRA bytes. */
bool seal_open(const struct secret_key *key, str about, str sealed, char *ret);

struct box_key {
    unsigned char secret[KEY_SIZE], public[KEY_SIZE];
};
/* From a file of 32 random bytes, made (0600) when absent. */
enum err box_key_load(const char *path, struct box_key *ret) MUST_USE;
enum err box_key_of(const struct secret_key *secret, struct box_key *ret) MUST_USE;
/* To whoever holds the secret half of `public`. */
void box_seal(const unsigned char public[KEY_SIZE], str text, struct buf *out);
bool box_open(const struct box_key *key, str sealed, char *ret); /* sealed.len - BOX_EXTRA bytes */

#endif
