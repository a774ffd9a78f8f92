/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people sign in with: passwords (Argon2id, RFC 9106) and one-time codes (TOTP, RFC 6238), and
 * secrets that are told once and kept as hashes.
 */
#ifndef CRYPTO_SIGNIN_H
#define CRYPTO_SIGNIN_H

#include "crypto/crypto.h"

enum { PASSWORD_HASH_TEXT = 128, PASSWORD_MIN = 12, PASSWORD_MAX = 256 };
/*
 * Argon2id with 3 passes over 64 MiB, one lane, 16 bytes of salt: the second choice of RFC 9106
 * section 4 but for its four lanes, which libsodium does not do. About 0.1 s of one core.
 */
enum err password_check(str password) MUST_USE; /* of a new one: long enough */
enum err password_hash(str password, char ret[PASSWORD_HASH_TEXT]) MUST_USE;
/* hash: NUL-terminated. A hash that is none costs as much as a good one and fits no password. */
bool password_is_good(const char *hash, str password);

enum { TOTP_SECRET_SIZE = 20, TOTP_SECRET_TEXT = 33, TOTP_STEP_S = 30, TOTP_DIGITS = 6 };
/* HOTP (RFC 4226 5.3) with SHA-1 of the counter `step`, of 6 to 8 digits. */
uint32_t totp_code(str secret, uint64_t step, unsigned digits);
/*
 * Does the code fit the moment, one step before or after it (RFC 6238 5.2), and a step later than
 * `after` (a code is good once)? Gives its step.
 */
bool totp_is_good(str secret, str code, int64_t now_us, uint64_t after, uint64_t *ret_step);
/* RFC 4648 section 6, without padding; size in bytes, ret of at least (size * 8 + 4) / 5 + 1. */
void base32_encode(const void *bytes, size_t size, char *ret);

enum { SECRET_TEXT = 44 }; /* 256 bits in base64url (RFC 4648 section 5) and NUL */
void secret_new(char ret[SECRET_TEXT]);

#endif
