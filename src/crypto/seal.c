/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/seal.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>

/* ---- many texts under one key ---- */

static const unsigned char zeros[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

void salted_key(const struct secret_key *key, const struct salt *salt, struct secret_key *ret)
{
    _Static_assert(SALT_SIZE == crypto_core_hchacha20_INPUTBYTES, "a salt is its input");
    crypto_core_hchacha20(ret->bytes, salt->bytes, key->bytes, NULL);
}

/*
 * Every answer waits for one of these. OpenSSL's takes 0.8 microseconds for up to a kilobyte;
 * libsodium's 1.1 for 400 bytes, since it takes what is short of 512 block by block. A context a
 * thread is kept: making one costs as much as the text. It holds the key of its last text.
 */
static pthread_once_t is_ready = PTHREAD_ONCE_INIT;
static pthread_key_t contexts;
static EVP_CIPHER *cipher;

static void free_context(void *context)
{
    EVP_CIPHER_CTX_free(context);
}

static void make_ready(void)
{
    if (pthread_key_create(&contexts, free_context) == 0)
        cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
    if (!cipher)
        ERR_clear_error(); /* a build without it: libsodium's serves */
}

static EVP_CIPHER_CTX *own_context(void)
{
    pthread_once(&is_ready, make_ready);
    EVP_CIPHER_CTX *context = cipher ? pthread_getspecific(contexts) : NULL;
    if (context || !cipher)
        return context;
    context = EVP_CIPHER_CTX_new();
    if (context && (EVP_EncryptInit_ex2(context, cipher, NULL, NULL, NULL) != 1 ||
                    pthread_setspecific(contexts, context) != 0)) {
        EVP_CIPHER_CTX_free(context);
        context = NULL;
    }
    return context;
}

static bool seal_text(EVP_CIPHER_CTX *context, const struct secret_key *own_key, str about,
                      str text, unsigned char *out)
{
    int len;
    return text.len <= INT_MAX &&
           EVP_EncryptInit_ex2(context, NULL, own_key->bytes, zeros, NULL) == 1 &&
           EVP_EncryptUpdate(context, NULL, &len, (const unsigned char *)about.ptr,
                             (int)about.len) == 1 &&
           EVP_EncryptUpdate(context, out, &len, (const unsigned char *)text.ptr, (int)text.len) ==
               1 &&
           EVP_EncryptFinal_ex(context, out + text.len, &len) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEAL_EXTRA, out + text.len) == 1;
}

void seal_salted(const struct secret_key *key, const struct salt *salt, str about, str text,
                 struct buf *out)
{
    struct secret_key own_key;
    EVP_CIPHER_CTX *context = own_context();
    unsigned char *room = (unsigned char *)buf_reserve(out, text.len + SEAL_EXTRA);
    if (!room)
        return;
    salted_key(key, salt, &own_key);
    if (!context || !seal_text(context, &own_key, about, text, room)) {
        ERR_clear_error(); /* of this thread */
        crypto_aead_chacha20poly1305_ietf_encrypt(room, NULL, (const unsigned char *)text.ptr,
                                                  text.len, (const unsigned char *)about.ptr,
                                                  about.len, NULL, zeros, own_key.bytes);
    }
    wipe(&own_key, sizeof own_key);
    out->len += text.len + SEAL_EXTRA;
}

bool seal_open_salted(const struct secret_key *own_key, str about, str sealed, char *ret)
{
    return sealed.len >= SEAL_EXTRA &&
           crypto_aead_chacha20poly1305_ietf_decrypt((unsigned char *)ret, NULL, NULL,
                                                     (const unsigned char *)sealed.ptr, sealed.len,
                                                     (const unsigned char *)about.ptr, about.len,
                                                     zeros, own_key->bytes) == 0;
}

/* ---- a key for one text ---- */

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
