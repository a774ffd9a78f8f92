/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity: who a credential stands for. In this step DIR/officers.json, a list of {officer,
 * unit, country, role, purposes, token_hash (hex SHA-256 of a 256-bit token) or key_hash (hex
 * SHA-256 of a certificate's public key), created, expires}; made and changed only through these
 * calls, read again when it changes. Tokens look like "bureau_<43 base64url characters>".
 */
#ifndef IDENTITY_IDENTITY_H
#define IDENTITY_IDENTITY_H

#include "crypto/crypto.h"
#include "model/model.h"

struct identity;
enum { TOKEN_TEXT = 64 };
enum err identity_open(const char *directory, const struct catalog *catalog,
                       struct identity **ret) MUST_USE;
void identity_close(struct identity *identity);
/* ERR_UNAUTHENTICATED. actor's texts live in arena; purpose is not set. Constant time in the
 * token. */
enum err identity_by_token(struct identity *identity, str token, struct arena *arena,
                           struct actor *ret) MUST_USE;
/*
 * The same by the key of a client certificate that the caller has verified: key_hash in hex. The
 * certificate says whose key it is; whether that key may do something here, the list says.
 */
enum err identity_by_key(struct identity *identity, str key_hash, struct arena *arena,
                         struct actor *ret) MUST_USE;
/* The local administrator behind the control socket: peer uid equal to the server's, or root. */
enum err identity_by_peer(struct identity *identity, uint32_t uid, struct arena *arena,
                          struct actor *ret) MUST_USE;
/* Adds an officer, gives the token once. ERR_CONFLICT when the id is taken. */
enum err identity_add(struct identity *identity, const struct actor *officer,
                      char ret_token[TOKEN_TEXT]) MUST_USE;
/*
 * A system that signs in with its certificate: no token. ERR_CONFLICT: the id or the key is taken.
 */
enum err identity_add_key(struct identity *identity, const struct actor *officer,
                          const struct hash *key) MUST_USE;
enum err identity_remove(struct identity *identity, str id) MUST_USE;
typedef void identity_visit(void *context, const struct actor *officer);
void identity_each(struct identity *identity, identity_visit *visit, void *context);

#endif
