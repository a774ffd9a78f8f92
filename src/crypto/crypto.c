/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes and secrets: thin, allocation-free faces of OpenSSL and libsodium. */
#include "crypto/crypto.h"

#include <fcntl.h>
#include <libgfshare.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

static void fill_random(unsigned char *out, unsigned size)
{
    random_bytes(out, size);
}

enum err crypto_init(void)
{
    gfshare_fill_rand = fill_random;
    return sodium_init() < 0 ? err_set(ERR_INTERNAL, "libsodium does not start") : OK;
}

void sha256(str data, struct hash *ret)
{
    sha256_pieces(&data, 1, ret);
}

/*
 * The low-level calls cost no allocation a hash and fetch no algorithm by its name; they are
 * deprecated in OpenSSL 3 in favour of EVP, which does both.
 */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
void sha256_pieces(const str *pieces, size_t count, struct hash *ret)
{
    SHA256_CTX context;
    SHA256_Init(&context);
    for (size_t i = 0; i < count; i++)
        SHA256_Update(&context, pieces[i].ptr, pieces[i].len);
    SHA256_Final(ret->bytes, &context);
}
#pragma GCC diagnostic pop

struct sha256_stream {
    EVP_MD_CTX *context;
};

enum err sha256_begin(struct sha256_stream **ret)
{
    struct sha256_stream *stream = calloc(1, sizeof *stream);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!stream || !context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(context);
        free(stream);
        return err_set(ERR_MEMORY, "out of memory for a hash");
    }
    stream->context = context;
    *ret = stream;
    return OK;
}

void sha256_add(struct sha256_stream *stream, str piece)
{
    ensure(EVP_DigestUpdate(stream->context, piece.ptr, piece.len) == 1);
}

void sha256_end(struct sha256_stream *stream, struct hash *ret)
{
    unsigned size = 0;
    if (!stream)
        return;
    ensure(EVP_DigestFinal_ex(stream->context, ret->bytes, &size) == 1 && size == HASH_SIZE);
    EVP_MD_CTX_free(stream->context);
    free(stream);
}

void md5_sha1(str data, unsigned char md5[16], unsigned char sha1[20])
{
    unsigned size = 0;
    ensure(EVP_Digest(data.ptr, data.len, md5, &size, EVP_md5(), NULL) == 1);
    ensure(EVP_Digest(data.ptr, data.len, sha1, &size, EVP_sha1(), NULL) == 1);
}

void sha3_256(str data, unsigned char out[32])
{
    unsigned size = 0;
    ensure(EVP_Digest(data.ptr, data.len, out, &size, EVP_sha3_256(), NULL) == 1 && size == 32);
}

void salted_hash(const struct salt *salt, str content, struct hash *ret)
{
    const str pieces[] = {str_of("\0", 1), str_of((const char *)salt->bytes, SALT_SIZE), content};
    sha256_pieces(pieces, COUNT_OF(pieces), ret);
}

void node_hash(const struct hash *left, const struct hash *right, struct hash *ret)
{
    const str pieces[] = {S("\1"), str_of((const char *)left->bytes, HASH_SIZE),
                          str_of((const char *)right->bytes, HASH_SIZE)};
    sha256_pieces(pieces, COUNT_OF(pieces), ret);
}

void keyed_hash(const struct secret_key *key, str data, struct hash *ret)
{
    ensure(crypto_generichash(ret->bytes, HASH_SIZE, (const unsigned char *)data.ptr, data.len,
                              key->bytes, KEY_SIZE) == 0);
}

uint64_t keyed_hash64(const unsigned char key[16], str data)
{
    unsigned char out[crypto_shorthash_BYTES];
    crypto_shorthash(out, (const unsigned char *)data.ptr, data.len, key);
    uint64_t value;
    memcpy(&value, out, sizeof value);
    return value;
}

void salt_new(struct salt *ret)
{
    random_bytes(ret->bytes, SALT_SIZE);
}

bool equal_constant_time(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}

void wipe(void *secret, size_t size)
{
    sodium_memzero(secret, size);
}

void hex_encode(const void *bytes, size_t size, char *out)
{
    sodium_bin2hex(out, size * 2 + 1, bytes, size);
}

bool hex_decode(str text, void *out, size_t size)
{
    size_t got = 0;
    return text.len == size * 2 &&
           sodium_hex2bin(out, size, text.ptr, text.len, NULL, &got, NULL) == 0 && got == size;
}

enum err secret_key_load(const char *path, struct secret_key *ret)
{
    char *data = NULL;
    size_t len = 0;
    enum err code = io_read_file(path, KEY_SIZE, &data, &len);
    if (code == ERR_NOT_FOUND) {
        random_bytes(ret->bytes, KEY_SIZE);
        return io_replace(path, str_of((const char *)ret->bytes, KEY_SIZE));
    }
    if (code)
        return code;
    if (len == KEY_SIZE)
        memcpy(ret->bytes, data, KEY_SIZE);
    else
        code = err_set(ERR_DAMAGED, "%s holds %zu bytes, a key has %d", path, len, KEY_SIZE);
    wipe(data, len);
    free(data);
    return code;
}
