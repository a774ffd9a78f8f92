/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in with a passkey, and making one (WebAuthn Level 2, 7.1 and 7.2). The node gives a
 * challenge, the browser signs it together with its own address, the authenticator with that of
 * the node: what was signed for another site is of no use here. A passkey counts as two factors,
 * since its authenticator has recognised the person.
 *
 *   identity_passkey_ask(identity, &party, S("o-1"), cookie, &arena, &question);
 *   ... the browser: navigator.credentials.get(...)
 *   TRY(identity_passkey_sign_in(identity, &try, &arena, &who));   // a session is the next step
 *
 * Any thread.
 */
#ifndef IDENTITY_PASSKEY_H
#define IDENTITY_PASSKEY_H

#include "crypto/passkey.h"
#include "identity/identity.h"

/* What the browser says (WebAuthn 5.8.1), out of its JSON; texts live in the arena. */
struct passkey_client {
    str type, challenge, origin;
    bool is_cross_origin;
};
enum { PASSKEY_CLIENT_MAX = 4096 };
/* ERR_SYNTAX, ERR_LIMIT. Pure. */
enum err passkey_read_client(str bytes, struct arena *arena, struct passkey_client *ret) MUST_USE;

struct passkey_party { /* this node, as browsers know it */
    str id, origin;    /* "bureau.example", "https://bureau.example" */
};
struct passkey_question {
    char challenge[80];
    str user;       /* of a new passkey: the handle by which its authenticator knows the officer */
    const str *ids; /* base64url: that may answer, or, of a new one, that there are */
    size_t id_count;
};
/*
 * A challenge for a sign-in. officer: empty, or who was named: then with the ids of his passkeys
 * among ids that look like some, PASSKEYS_MAX in all, the same each time. binding: the mark of
 * the browser that asks.
 */
enum err identity_passkey_ask(struct identity *identity, const struct passkey_party *party,
                              str officer, str binding, struct arena *arena,
                              struct passkey_question *ret) MUST_USE;

struct passkey_try {
    const struct passkey_party *party;
    str officer, binding;                   /* as when the challenge was asked for */
    str address, device;                    /* as in identity_signin */
    str id;                                 /* base64url */
    str client_data, said, signature, user; /* bytes; user may be empty */
};
struct passkey_outcome {
    str officer; /* whose passkey it is, also when it is refused; empty: nobody's */
    unsigned wait_s;
    bool is_suspect; /* its counter went back, now or before */
};
/*
 * ERR_UNAUTHENTICATED, in the same words and about the same time whatever was wrong; ERR_RATE and
 * the seconds to wait.
 */
enum err identity_passkey_sign_in(struct identity *identity, const struct passkey_try *given,
                                  struct arena *arena, struct passkey_outcome *ret) MUST_USE;

/* A challenge for a passkey of the actor's own; binding: of the session. */
enum err identity_passkey_offer(struct identity *identity, const struct passkey_party *party,
                                const struct actor *by, str binding, struct arena *arena,
                                struct passkey_question *ret) MUST_USE;
struct passkey_new {
    const struct passkey_party *party;
    str binding, label;
    str client_data, attested; /* bytes */
};
enum { PASSKEY_LABEL_MAX = 64, PASSKEYS_MAX = 8 };
enum err identity_passkey_new(struct identity *identity, const struct actor *by,
                              const struct passkey_new *given, struct arena *arena,
                              struct identity_credential *ret) MUST_USE;
/* Another label, of one of the actor's own. */
enum err identity_passkey_label(struct identity *identity, const struct actor *by,
                                struct record_id id, str label, struct arena *arena,
                                struct identity_credential *ret) MUST_USE;

#endif
