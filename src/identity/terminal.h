/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared terminals: a computer of a desk that officers take over from one another. It is known by
 * the key of its client certificate; its desk fixes the role everybody acts in there and the
 * purpose everybody asks for. Whoever takes over ends the session that was open there; a session
 * made at a terminal is good with its certificate only, and one made elsewhere is not good there.
 *
 *   TRY(identity_terminal_at(identity, client_key, &arena, &terminal));   // ERR_NOT_FOUND: none
 *   TRY(identity_session_at(identity, &place, USE, &arena, &actor, &session));
 *
 * What an officer has begun and not finished is kept here for him, in memory, for twelve hours.
 * Any thread.
 */
#ifndef IDENTITY_TERMINAL_H
#define IDENTITY_TERMINAL_H

#include "identity/identity.h"

enum { TERMINAL_IDLE_S = 120, TERMINAL_IDLE_MIN_S = 30, TERMINAL_IDLE_MAX_S = 900 };
struct identity_terminal {
    str id, label, unit, country, role, purpose;
    str key; /* hex */
    uint32_t idle_s;
    struct record_id record;
};
/* key_hash: of the connection's client certificate, hex, verified. ERR_NOT_FOUND. */
enum err identity_terminal_at(struct identity *identity, str key_hash, struct arena *arena,
                              struct identity_terminal *ret) MUST_USE;

bool identity_is_terminal(struct identity *identity, str key_hash); /* the same, no more said */

/* ---- administering them; fields are those of the definition ---- */

enum err identity_terminal_add(struct identity *identity, const struct actor *by,
                               const struct node *fields, struct arena *arena,
                               struct identity_terminal *ret) MUST_USE;
enum err identity_terminal_remove(struct identity *identity, const struct actor *by,
                                  str id) MUST_USE;
enum err identity_terminals(struct identity *identity, const struct actor *by, struct arena *arena,
                            struct identity_terminal **ret, size_t *ret_count) MUST_USE;

/* ---- sessions at a terminal, or at none ---- */

struct identity_place {
    str cookie, terminal_key; /* the latter hex; empty: at none */
};
enum identity_use { SESSION_LOOK, SESSION_USE }; /* what a page asks by itself is a look */
enum err identity_session_at(struct identity *identity, const struct identity_place *place,
                             enum identity_use use, struct arena *arena, struct actor *ret,
                             struct identity_session *ret_session) MUST_USE;
struct identity_entry {
    str officer;
    uint64_t before;       /* the session that this one goes on from; 0: none */
    bool is_signed_in_now; /* the officer has just shown who he is */
    str terminal_key;
};
/*
 * ERR_DENIED: the desk is not his, or its role or purpose. At a terminal the session open there is
 * over when this returns; ret_left is who had it, empty: nobody, or the same.
 */
enum err identity_session_enter(struct identity *identity, const struct identity_entry *entry,
                                struct arena *arena, struct identity_session *ret,
                                str *ret_left) MUST_USE;
/* Does this session still hold the terminal it was made at? What it asked for is its officer's. */
bool identity_holds_terminal(struct identity *identity, str terminal_key, uint64_t session);

/* ---- unfinished work, of an actor at a terminal, by his desk ---- */

enum { DRAFT_MAX = 64 << 10 };
/* Empty: forget it. ERR_LIMIT, ERR_BUSY. */
enum err identity_draft_put(struct identity *identity, const struct actor *actor,
                            str text) MUST_USE;
/* Empty when there is none. */
enum err identity_draft_get(struct identity *identity, const struct actor *actor,
                            struct arena *arena, str *ret) MUST_USE;

#endif
