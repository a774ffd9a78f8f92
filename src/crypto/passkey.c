/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passkeys checked by libfido2. What it is not asked is asked here first: that the authenticator
 * speaks to this node (hash of the relying party's id), that a person was present and recognised.
 * libfido2 checks these, too; two readers that must agree cost microseconds.
 *
 * fido_cred_verify() checks a certificate's signature over a packed or fido-u2f statement,
 * fido_cred_verify_self() that of the passkey itself; the form "none" has nothing to check, and
 * then the key is good because its first use will be.
 */
#include "crypto/passkey.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include "crypto/sign.h"

static const struct {
    int algorithm;
    const char *word;
} algorithms[] = {{PASSKEY_ES256, "es256"}, {PASSKEY_EDDSA, "eddsa"}, {PASSKEY_RS256, "rs256"}};

static const unsigned char *bytes_of(str text)
{
    return (const unsigned char *)text.ptr;
}

/* ---- keys as text ---- */

void passkey_key_print(const struct passkey_key *key, struct buf *out)
{
    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        if (algorithms[i].algorithm == key->algorithm)
            buf_printf(out, "%s ", algorithms[i].word);
    base64url_add(out, str_of((const char *)key->bytes, key->len));
}

bool passkey_key_read(str text, struct passkey_key *ret)
{
    size_t blank = str_find(text, ' ');
    struct passkey_key key = {0};
    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        if (str_eq_c(str_slice(text, 0, blank), algorithms[i].word))
            key.algorithm = algorithms[i].algorithm;
    if (!key.algorithm ||
        !base64url_read(str_from(text, blank + 1), key.bytes, sizeof key.bytes, &key.len))
        return false;
    *ret = key;
    return true;
}

/* ---- what both ask ---- */

static enum err check_said(const struct passkey_said *said, str rp_id)
{
    struct hash hash;
    sha256(rp_id, &hash);
    if (!equal_constant_time(hash.bytes, said->rp_hash.bytes, HASH_SIZE))
        return err_set(ERR_DENIED, "the passkey speaks to another node than %.*s", STR(rp_id));
    if (!said->is_present || !said->is_verified)
        return err_set(ERR_DENIED, "the passkey did not recognise the person by PIN or finger");
    return OK;
}

static enum err check_length(str client_data, str rp_id, char name[256])
{
    if (client_data.len == 0 || rp_id.len == 0 || rp_id.len > 255)
        return err_set(ERR_SYNTAX, "a passkey's answer is incomplete");
    memcpy(name, rp_id.ptr, rp_id.len);
    name[rp_id.len] = 0;
    return OK;
}

/* ---- a new one ---- */

static bool take_key(const fido_cred_t *cred, int algorithm, struct passkey_key *ret)
{
    size_t len = fido_cred_pubkey_len(cred);
    const unsigned char *bytes = fido_cred_pubkey_ptr(cred);
    if (!bytes || len == 0 || len > sizeof ret->bytes)
        return false;
    ret->algorithm = algorithm;
    ret->len = len;
    memcpy(ret->bytes, bytes, len);
    return true;
}

static int set_new(fido_cred_t *cred, int algorithm, const struct passkey_attested *attested,
                   const struct hash *client_hash, const char *rp_id)
{
    int code = fido_cred_set_type(cred, algorithm);
    if (!code)
        code = fido_cred_set_clientdata_hash(cred, client_hash->bytes, HASH_SIZE);
    if (!code)
        code = fido_cred_set_rp(cred, rp_id, NULL);
    if (!code)
        code = fido_cred_set_uv(cred, FIDO_OPT_TRUE);
    if (!code) /* refuses a key of another algorithm */
        code = fido_cred_set_authdata_raw(cred, bytes_of(attested->said), attested->said.len);
    return code;
}

static enum err check_statement(fido_cred_t *cred, const struct passkey_attested *attested,
                                bool *ret_is_attested)
{
    bool is_packed = str_eq(attested->format, S("packed"));
    bool is_u2f = str_eq(attested->format, S("fido-u2f"));
    *ret_is_attested = is_packed || is_u2f;
    if (str_eq(attested->format, S("none")))
        return attested->statement.len == 1 /* an empty map */
                   ? OK
                   : err_set(ERR_BAD_VALUE, "an attestation that is none has a statement");
    if (!is_packed && !is_u2f)
        return err_set(ERR_BAD_VALUE, "attestations of the form %.*s are not known here",
                       STR(attested->format));
    int code = fido_cred_set_fmt(cred, is_packed ? "packed" : "fido-u2f");
    if (!code)
        code = fido_cred_set_attstmt(cred, bytes_of(attested->statement), attested->statement.len);
    if (!code)
        code = fido_cred_x5c_ptr(cred) ? fido_cred_verify(cred) : fido_cred_verify_self(cred);
    return code ? err_set(ERR_DENIED, "the attestation of the passkey is not good: %s",
                          fido_strerr(code))
                : OK;
}

/* OK with ret->key.algorithm 0: the key is of another algorithm. */
static enum err try_algorithm(int algorithm, const struct passkey_attested *attested,
                              const struct hash *client_hash, const char *rp_id,
                              struct passkey_made *ret)
{
    fido_cred_t *cred = fido_cred_new();
    enum err code = OK;
    if (!cred)
        return err_set(ERR_MEMORY, "out of memory for a passkey");
    if (set_new(cred, algorithm, attested, client_hash, rp_id) == FIDO_OK) {
        code = check_statement(cred, attested, &ret->is_attested);
        if (!code && !take_key(cred, algorithm, &ret->key))
            code = err_set(ERR_BAD_VALUE, "the key of the passkey is too long");
    }
    fido_cred_free(&cred);
    return code;
}

enum err passkey_check_new(str attested_bytes, str client_data, str rp_id, struct passkey_made *ret)
{
    struct passkey_attested attested;
    struct passkey_said said;
    struct hash client_hash;
    struct passkey_made made = {.key = {.algorithm = 0}};
    char name[256];
    TRY(check_length(client_data, rp_id, name));
    TRY(passkey_read_attested(attested_bytes, &attested));
    TRY(passkey_read_said(attested.said, &said));
    TRY(check_said(&said, rp_id));
    if (!said.id.len)
        return err_set(ERR_SYNTAX, "the attestation is of no new passkey");
    sha256(client_data, &client_hash);
    for (size_t i = 0; !made.key.algorithm && i < COUNT_OF(algorithms); i++)
        TRY(try_algorithm(algorithms[i].algorithm, &attested, &client_hash, name, &made));
    if (!made.key.algorithm)
        return err_set(ERR_BAD_VALUE, "the key of the passkey is none of ES256, EdDSA, RS256");
    made.id = said.id;
    made.counter = said.counter;
    made.is_backed_up = said.is_backed_up;
    *ret = made;
    return OK;
}

/* ---- one that is known ---- */

static int verify_with(const fido_assert_t *assertion, const struct passkey_key *key)
{
    int code = FIDO_ERR_INVALID_ARGUMENT;
    if (key->algorithm == PASSKEY_ES256) {
        es256_pk_t *public_key = es256_pk_new();
        if (public_key && es256_pk_from_ptr(public_key, key->bytes, key->len) == FIDO_OK)
            code = fido_assert_verify(assertion, 0, PASSKEY_ES256, public_key);
        es256_pk_free(&public_key);
    } else if (key->algorithm == PASSKEY_EDDSA) {
        eddsa_pk_t *public_key = eddsa_pk_new();
        if (public_key && eddsa_pk_from_ptr(public_key, key->bytes, key->len) == FIDO_OK)
            code = fido_assert_verify(assertion, 0, PASSKEY_EDDSA, public_key);
        eddsa_pk_free(&public_key);
    } else if (key->algorithm == PASSKEY_RS256) {
        rs256_pk_t *public_key = rs256_pk_new();
        if (public_key && rs256_pk_from_ptr(public_key, key->bytes, key->len) == FIDO_OK)
            code = fido_assert_verify(assertion, 0, PASSKEY_RS256, public_key);
        rs256_pk_free(&public_key);
    }
    return code;
}

static int verify(const struct passkey_key *key, str said, const struct hash *client_hash,
                  str signature, const char *rp_id)
{
    fido_assert_t *assertion = fido_assert_new();
    int code = assertion ? FIDO_OK : FIDO_ERR_INTERNAL;
    if (!code)
        code = fido_assert_set_clientdata_hash(assertion, client_hash->bytes, HASH_SIZE);
    if (!code)
        code = fido_assert_set_rp(assertion, rp_id);
    if (!code)
        code = fido_assert_set_up(assertion, FIDO_OPT_TRUE);
    if (!code)
        code = fido_assert_set_uv(assertion, FIDO_OPT_TRUE);
    if (!code)
        code = fido_assert_set_count(assertion, 1);
    if (!code)
        code = fido_assert_set_authdata_raw(assertion, 0, bytes_of(said), said.len);
    if (!code)
        code = fido_assert_set_sig(assertion, 0, bytes_of(signature), signature.len);
    if (!code)
        code = verify_with(assertion, key);
    fido_assert_free(&assertion);
    return code;
}

enum err passkey_check(const struct passkey_key *key, str said_bytes, str client_data,
                       str signature, str rp_id, uint32_t *ret_counter)
{
    struct passkey_said said;
    struct hash client_hash;
    char name[256];
    TRY(check_length(client_data, rp_id, name));
    TRY(passkey_read_said(said_bytes, &said));
    TRY(check_said(&said, rp_id));
    sha256(client_data, &client_hash);
    if (!signature.len || verify(key, said_bytes, &client_hash, signature, name) != FIDO_OK)
        return err_set(ERR_DENIED, "the signature is not the passkey's");
    *ret_counter = said.counter;
    return OK;
}
