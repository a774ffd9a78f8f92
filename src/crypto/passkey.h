/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passkeys (W3C Web Authentication Level 2): what an authenticator says, read from hostile bytes,
 * and whether it said it. Signatures and attestation statements are checked by libfido2; the bytes
 * are cut here, without copying, because libfido2 wants them in pieces. What the browser says -
 * challenge and origin - is JSON and read above (identity/passkey_read.c); here it is bytes that
 * are hashed.
 *
 *   TRY(passkey_check_new(attestation, client_data, S("bureau.example"), &made));
 *   TRY(passkey_check(&made.key, said, client_data, signature, S("bureau.example"), &counter));
 *
 * Both demand that the person was present and was recognised by the authenticator (PIN, finger,
 * face): what is had and what is known or is, two factors in one.
 */
#ifndef CRYPTO_PASSKEY_H
#define CRYPTO_PASSKEY_H

#include "crypto/crypto.h"

enum {
    PASSKEY_ID_MAX = 1023,       /* bytes: WebAuthn 7.1 step 25 */
    PASSKEY_ID_MIN = 16,         /* WebAuthn 4, credential id: 16 bytes at least */
    PASSKEY_SAID_MAX = 4096,     /* authenticator data */
    PASSKEY_ATTESTED_MAX = 16384 /* attestation object: with a few certificates */
};

/* Authenticator data (WebAuthn 6.1); texts are borrowed from the bytes read. */
struct passkey_said {
    struct hash rp_hash;
    bool is_present, is_verified, is_backed_up;
    uint32_t counter;
    str id, key; /* of a new passkey, its key in COSE; empty else */
};
/* ERR_SYNTAX. Pure: reads every byte, or refuses. */
enum err passkey_read_said(str bytes, struct passkey_said *ret) MUST_USE;

struct passkey_attested { /* WebAuthn 6.5 */
    str format, statement, said;
};
enum err passkey_read_attested(str bytes, struct passkey_attested *ret) MUST_USE;

/* A public key, as COSE numbers algorithms; 0: none. */
enum { PASSKEY_ES256 = -7, PASSKEY_EDDSA = -8, PASSKEY_RS256 = -257, PASSKEY_KEY_MAX = 516 };
struct passkey_key {
    int algorithm;
    size_t len;
    unsigned char bytes[PASSKEY_KEY_MAX];
};
void passkey_key_print(const struct passkey_key *key, struct buf *out); /* "es256 AbC..." */
bool passkey_key_read(str text, struct passkey_key *ret);

struct passkey_made {
    struct passkey_key key;
    str id; /* borrowed from the attestation */
    uint32_t counter;
    bool is_backed_up;
    bool is_attested; /* by a signature; "none" says nothing of the authenticator, and is fine */
};
/*
 * A new passkey: attestation forms none, packed (with certificate or by the passkey itself) and
 * fido-u2f. No maker's root is trusted: a statement is checked, not believed. ERR_SYNTAX,
 * ERR_BAD_VALUE, ERR_DENIED.
 */
enum err passkey_check_new(str attested, str client_data, str rp_id,
                           struct passkey_made *ret) MUST_USE;
/* ERR_SYNTAX, ERR_DENIED. */
enum err passkey_check(const struct passkey_key *key, str said, str client_data, str signature,
                       str rp_id, uint32_t *ret_counter) MUST_USE;

#endif
