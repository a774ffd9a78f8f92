/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes in and out of a connection, plain or through OpenSSL, and the TLS settings: 1.2 and up, no
 * renegotiation, server's cipher order left to the library's defaults, client certificates when a
 * CA is configured. With TLS a read may want to write and the reverse; epoll tells us of both edges
 * and the caller simply tries again.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "net/internal.h"

static ssize_t plain_result(ssize_t got)
{
    if (got >= 0)
        return got;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? -1 : -2;
}

/* The key's hash, not the certificate's: a renewed certificate is the same system. */
static void note_key(struct connection *connection, X509 *certificate)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    unsigned char *der = NULL;
    static const char hex[] = "0123456789abcdef";
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (len > 0 && EVP_Digest(der, (size_t)len, digest, &size, EVP_sha256(), NULL) == 1)
        for (unsigned i = 0; i < size; i++) {
            connection->client_key[(size_t)2 * i] = hex[digest[i] >> 4];
            connection->client_key[(size_t)2 * i + 1] = hex[digest[i] & 15];
        }
    OPENSSL_free(der);
}

/* Once the handshake is through: who is at the other end, if a CA of ours says so. */
static void note_certificate(struct connection *connection)
{
    connection->is_established = true;
    X509 *certificate = SSL_get1_peer_certificate(connection->ssl);
    if (certificate && SSL_get_verify_result(connection->ssl) == X509_V_OK)
        note_key(connection, certificate);
    X509_free(certificate);
}

static ssize_t tls_result(struct connection *connection, int got)
{
    if (!connection->is_established && SSL_is_init_finished(connection->ssl))
        note_certificate(connection);
    if (got > 0)
        return got;
    int reason = SSL_get_error(connection->ssl, got);
    ERR_clear_error();
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE)
        return -1;
    return reason == SSL_ERROR_ZERO_RETURN ? 0 : -2;
}

ssize_t transfer_read(struct connection *connection, char *into, size_t size)
{
    if (connection->ssl)
        return tls_result(connection, SSL_read(connection->ssl, into, (int)size));
    return plain_result(recv(connection->fd, into, size, 0));
}

ssize_t transfer_write(struct connection *connection, const char *bytes, size_t size)
{
    if (size > 1u << 30)
        size = 1u << 30;
    if (connection->ssl)
        return tls_result(connection, SSL_write(connection->ssl, bytes, (int)size));
    return plain_result(send(connection->fd, bytes, size, MSG_NOSIGNAL));
}

void transfer_goodbye(struct connection *connection)
{
    if (connection->ssl && connection->is_established) {
        SSL_shutdown(connection->ssl);
        ERR_clear_error();
    }
    shutdown(connection->fd, SHUT_WR);
}

static enum err tls_error(const char *what, const char *file)
{
    char reason[160];
    ERR_error_string_n(ERR_peek_last_error(), reason, sizeof reason);
    ERR_clear_error();
    return err_set(ERR_BAD_VALUE, "%s %s cannot be used: %s", what, file ? file : "", reason);
}

static enum err load_files(SSL_CTX *context, const struct http_options *options)
{
    if (SSL_CTX_use_certificate_chain_file(context, options->certificate) != 1)
        return tls_error("the certificate", options->certificate);
    if (SSL_CTX_use_PrivateKey_file(context, options->private_key, SSL_FILETYPE_PEM) != 1)
        return tls_error("the private key", options->private_key);
    if (SSL_CTX_check_private_key(context) != 1)
        return tls_error("the private key does not belong to", options->certificate);
    if (!options->client_ca)
        return OK;
    if (SSL_CTX_load_verify_locations(context, options->client_ca, NULL) != 1)
        return tls_error("the client CA", options->client_ca);
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(options->client_ca));
    int must = options->is_client_certificate_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | must, NULL);
    return OK;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *context)
{
    (void)ssl;
    (void)context;
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen = NULL;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

enum err tls_new(const struct http_options *options, SSL_CTX **ret)
{
    if (!options->private_key)
        return err_set(ERR_MISSING, "a certificate needs its private key");
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context)
        return err_set(ERR_MEMORY, "out of memory for TLS");
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    static const unsigned char session[] = "bureau";
    SSL_CTX_set_session_id_context(context, session, sizeof session - 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    enum err code = load_files(context, options);
    if (code) {
        SSL_CTX_free(context);
        return code;
    }
    *ret = context;
    return OK;
}

void tls_free(SSL_CTX *context)
{
    SSL_CTX_free(context);
}

enum err tls_attach(struct connection *connection)
{
    connection->ssl = SSL_new(connection->loop->server->tls);
    if (!connection->ssl || SSL_set_fd(connection->ssl, connection->fd) != 1)
        return err_set(ERR_MEMORY, "out of memory for a TLS connection");
    SSL_set_accept_state(connection->ssl);
    return OK;
}

void tls_detach(struct connection *connection)
{
    SSL_free(connection->ssl);
    connection->ssl = NULL;
}
