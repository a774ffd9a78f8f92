/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes, keyed hashes and secrets. SHA-256 by OpenSSL (2 million leaves a second with SHA
 * extensions); the rest by libsodium.
 */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include "base/base.h"

enum { HASH_SIZE = 32, SALT_SIZE = 16, KEY_SIZE = 32 };

struct hash {
    unsigned char bytes[HASH_SIZE];
};
struct salt {
    unsigned char bytes[SALT_SIZE];
};
struct secret_key {
    unsigned char bytes[KEY_SIZE];
};

/* Once, before threads start. */
enum err crypto_init(void) MUST_USE;
void sha256(str data, struct hash *ret);
void sha256_pieces(const str *pieces, size_t count, struct hash *ret);
/* The same of what comes in pieces. end frees the stream; NULL is accepted. */
struct sha256_stream;
enum err sha256_begin(struct sha256_stream **ret) MUST_USE;
void sha256_add(struct sha256_stream *stream, str piece);
void sha256_end(struct sha256_stream *stream, struct hash *ret);
void md5_sha1(str data, unsigned char md5[16],
              unsigned char sha1[20]); /* for file identifiers, not for security */
/*
 * SHA-256(0x00 || salt || content): an RFC 9162 leaf over salted content. Destroying salt and
 * content leaves nothing to guess against.
 */
void salted_hash(const struct salt *salt, str content, struct hash *ret);
/* RFC 9162 interior node: SHA-256(0x01 || left || right). */
void node_hash(const struct hash *left, const struct hash *right, struct hash *ret);
/*
 * BLAKE2b-256 keyed: for identifiers that must be found but not read back (card numbers, tokens).
 */
void keyed_hash(const struct secret_key *key, str data, struct hash *ret);
/* SipHash-2-4 under a 16-byte key: index keys, 64 bits. */
uint64_t keyed_hash64(const unsigned char key[16], str data);
/*
 * A keyed permutation of the values of 2 * half_bits bits (half_bits up to 32), and its inverse: a
 * Feistel network with SipHash as round function. What it gives tells nothing of the value without
 * the key; from six rounds on whoever has fewer than about 2^half_bits pairs cannot tell it from a
 * drawn permutation (Patarin, "Security of random Feistel schemes with 5 or more rounds", 2004).
 * 11 ns a round.
 */
uint64_t number_permute(const unsigned char key[16], unsigned half_bits, unsigned rounds,
                        uint64_t value);
uint64_t number_restore(const unsigned char key[16], unsigned half_bits, unsigned rounds,
                        uint64_t value);
void salt_new(struct salt *ret);
bool equal_constant_time(const void *a, const void *b, size_t size);
void wipe(void *secret, size_t size);
void sha3_256(str data, unsigned char out[32]); /* FIPS 202; checksums of onion addresses */
/* Keccak-256 as Ethereum uses it (not SHA3-256). */
void keccak256(str data, unsigned char out[32]);
void hex_encode(const void *bytes, size_t size, char *out); /* 2*size + 1 bytes, lower case */
bool hex_decode(str text, void *out, size_t size);          /* text.len must be 2*size */
/*
 * SHA-256 over the public key of a PEM certificate (its SubjectPublicKeyInfo in DER, RFC 5280), the
 * first certificate where there are several. ERR_SYNTAX, ERR_BAD_VALUE.
 */
enum err certificate_key_hash(str pem, struct hash *ret) MUST_USE;
/* Reads a key file of 32 random bytes, makes it (0600) when absent. */
enum err secret_key_load(const char *path, struct secret_key *ret) MUST_USE;

#endif
