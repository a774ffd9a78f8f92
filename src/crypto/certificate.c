/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate is listed by: its key, so that a renewed certificate is the same system. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/crypto.h"

enum { PEM_MAX = 1 << 20 };

static X509 *read_certificate(str pem)
{
    BIO *bio = pem.len <= PEM_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    return certificate;
}

enum err certificate_key_hash(str pem, struct hash *ret)
{
    X509 *certificate = read_certificate(pem);
    if (!certificate)
        return err_set(ERR_SYNTAX, "this is not a certificate in PEM");
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (len > 0)
        sha256(str_of((const char *)der, (size_t)len), ret);
    OPENSSL_free(der);
    X509_free(certificate);
    return len > 0 ? OK : err_set(ERR_BAD_VALUE, "the certificate has no key that can be read");
}
