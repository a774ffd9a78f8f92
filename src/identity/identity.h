/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity: who is it, and what may he do now. Units, officers, grants, credentials, invitations
 * and measures are records of system/ definitions; what is in memory is a view of them, filled at
 * open, kept true by the store's hook, so that a token or a session is looked up without reading
 * anything.
 *
 *   TRY(identity_open(directory, catalog, store, &identity));   // store_set_hook(identity_follow)
 *   TRY(identity_by_session(identity, cookie, &arena, &actor, &session));
 *   TRY(identity_unit_put(identity, &administrator, &change, &arena, &unit));
 *
 * What an officer may is what the record says and every unit above allows, and what grants in force
 * add within the country's own scope. An administrator reaches his own country below his own unit;
 * the hub's reaches national bureaux; whoever is at the machine reaches all (country empty). Calls
 * that change are durable when they return, and sessions made before such a change are over.
 * Any thread may call.
 */
#ifndef IDENTITY_IDENTITY_H
#define IDENTITY_IDENTITY_H

#include "codec/node.h"
#include "crypto/crypto.h"
#include "store/store.h"

struct identity;
enum { TOKEN_TEXT = 64 };
/* Takes in DIR/officers.json, once, where an earlier version of the program left one. */
enum err identity_open(const char *directory, const struct catalog *catalog, struct store *store,
                       struct identity **ret) MUST_USE;
void identity_close(struct identity *identity); /* after the store: its hook calls */
void identity_follow(struct identity *identity, uint64_t first_seq, uint64_t last_seq);
/* Is this definition written through identity only? */
bool identity_keeps(const struct definition *definition);

/* ---- who is it ---- */

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
/* What the officer may do now, in this role (empty: his first), with nobody at a terminal. */
enum err identity_by_officer(struct identity *identity, str officer, str role, struct arena *arena,
                             struct actor *ret) MUST_USE;
/* The local administrator behind the control socket: peer uid equal to the server's, or root. */
enum err identity_by_peer(struct identity *identity, uint32_t uid, struct arena *arena,
                          struct actor *ret) MUST_USE;
/* Acts in another of his roles. ERR_DENIED. */
enum err identity_act_as(struct identity *identity, struct actor *actor, str role) MUST_USE;

/* Is this an administrator of a hub: of its national bureaux, and of measures? */
bool identity_is_hub(struct identity *identity, const struct actor *actor);

/* Is he of an open unit of the hub, in whatever role? */
bool identity_is_of_hub(struct identity *identity, const struct actor *actor);

/* Letters, digits and . _ - / up to 64. */
bool identity_id_is_good(str id);

/* ---- sessions ---- */

enum { SESSION_IDLE_US = 900000000, COOKIE_TEXT = 44 };
extern const int64_t session_life_us; /* 12 hours */
struct identity_session {             /* told to the browser once it is made or asked for */
    char cookie[COOKIE_TEXT];         /* empty when asked for */
    char proof[COOKIE_TEXT];
    int64_t idle_until_us, until_us;
    int64_t signed_in_us; /* when the officer last showed who he is */
    int64_t before_us;    /* when he did before that; 0: not since this node is up */
    unsigned tries;       /* that failed in his name between the two */
};
enum err identity_by_session(struct identity *identity, str cookie, struct arena *arena,
                             struct actor *ret, struct identity_session *ret_session) MUST_USE;
/* The same without prolonging it: what a page asks by itself is no sign of its officer. */
enum err identity_look_session(struct identity *identity, str cookie, struct arena *arena,
                               struct actor *ret, struct identity_session *ret_session) MUST_USE;
/* A new session in place of `before` (0: none); of an actor that has just been identified. */
enum err identity_session_new(struct identity *identity, str officer, uint64_t before,
                              struct identity_session *ret) MUST_USE;
void identity_session_end(struct identity *identity, str officer, uint64_t session);

enum { SESSION_ID_TEXT = 17 };
struct identity_open_session {
    uint64_t number;
    char id[SESSION_ID_TEXT]; /* tells nothing of how many there are */
    int64_t signed_in_us, used_us, until_us;
    str terminal; /* empty: at none */
};
/* Those of an officer, the newest first. */
enum err identity_sessions(struct identity *identity, str officer, struct arena *arena,
                           struct identity_open_session **ret, size_t *ret_count) MUST_USE;

/* Password and code, from an address; `device` is the mark an earlier sign-in gave, or empty. */
struct identity_signin {
    str officer, password, code, address, device;
};
/*
 * Are they right? A session is the next step. ERR_UNAUTHENTICATED, in the same words whatever was
 * wrong; ERR_RATE and the seconds to wait.
 */
enum err identity_sign_in(struct identity *identity, const struct identity_signin *signin,
                          unsigned *ret_wait_s) MUST_USE;
/* The mark of a device this officer signs in from. */
void identity_device_mark(struct identity *identity, str officer, char ret[COOKIE_TEXT]);

/* ---- one-time links ---- */

enum { INVITATION_SECRET_TEXT = 44, TOTP_TEXT = 40 };
struct identity_invitation {
    str officer;
    char secret[INVITATION_SECRET_TEXT];
    int64_t until_us;
};
enum err identity_invite(struct identity *identity, const struct actor *by, str officer,
                         struct identity_invitation *ret) MUST_USE;
struct identity_enrolment {
    struct actor officer;
    int64_t until_us;
    char totp[TOTP_TEXT]; /* base 32 */
};
enum err identity_enrol_start(struct identity *identity, str secret, struct arena *arena,
                              struct identity_enrolment *ret) MUST_USE;
/* The link is used up, earlier passwords and codes are gone. ret_officer lives in arena. */
enum err identity_enrol(struct identity *identity, str secret, str password, str code,
                        struct arena *arena, str *ret_officer) MUST_USE;
/* Does the operator give a list of breached passwords (DIR/breached.txt)? */
bool identity_has_breached(const struct identity *identity);
enum err identity_password_change(struct identity *identity, const struct actor *actor,
                                  str password, str code, str address, str next,
                                  unsigned *ret_wait_s) MUST_USE;

/* ---- units, officers, credentials, grants, measures: each a list within the actor's reach, and
 * changes whose `fields` are those of the definition, as they came (record_check is theirs) ---- */

/* What is listed of databases and purposes, and what that comes to under the units above. */
struct identity_scope {
    purpose_set purposes;
    bool is_limited; /* to databases */
    struct definition_set databases;
};
struct identity_unit {
    str id, country, name, parent, level;
    uint32_t version;
    struct identity_scope listed, effective;
    bool is_open;
};
enum err identity_unit_put(struct identity *identity, const struct actor *by, str country, str id,
                           uint32_t version, const struct node *fields, struct arena *arena,
                           struct identity_unit *ret) MUST_USE; /* version 0: a new one */
enum err identity_unit_close(struct identity *identity, const struct actor *by, str id) MUST_USE;
enum err identity_units(struct identity *identity, const struct actor *by, struct arena *arena,
                        struct identity_unit **ret, size_t *ret_count) MUST_USE;

enum { RIGHT_WRITE = 1, RIGHT_ADMINISTER = 2, RIGHT_AUDIT = 4 };
struct identity_officer {
    str id, unit, country;
    uint16_t role; /* the first */
    uint64_t roles;
    unsigned rights;
    struct identity_scope listed;
    enum state state;
    uint32_t version;
    unsigned kinds; /* of credentials: bits by number in codes/credential-kinds.csv */
    int64_t invited_until_us;
};
struct identity_officer_change {
    str id, country;  /* country: of a new one */
    uint32_t version; /* 0: a new one */
    const struct node *fields;
    enum state state;
    const struct hash *key; /* of a new one's certificate; NULL: none */
    bool has_token;         /* a new one's token is made */
};
enum err identity_officer_put(struct identity *identity, const struct actor *by,
                              const struct identity_officer_change *change, struct arena *arena,
                              char ret_token[TOKEN_TEXT]) MUST_USE;
enum err identity_officer_remove(struct identity *identity, const struct actor *by,
                                 str id) MUST_USE;
/* Of one unit, or all (empty). by NULL: of the whole node. */
enum err identity_officers(struct identity *identity, const struct actor *by, str unit,
                           struct arena *arena, struct identity_officer **ret,
                           size_t *ret_count) MUST_USE;
enum err identity_officer_get(struct identity *identity, const struct actor *by, str id,
                              struct arena *arena, struct identity_officer *ret) MUST_USE;

/*
 * The names an officer declared as his own and his family's, as they were given: a list;
 * *ret NULL: none, or no such officer. Reads one record where there are any.
 */
enum err identity_own_names(struct identity *identity, str officer, struct arena *arena,
                            const struct node **ret) MUST_USE;

struct identity_credential {
    struct record_id id;
    str officer, kind, label;
    int64_t created_us, expires_us; /* expires 0: never */
    int64_t suspect_us;             /* a passkey that is refused since then; 0: it is not */
    bool is_scoped;
    unsigned rights;
    struct identity_scope listed;
};
enum err identity_credentials(struct identity *identity, const struct actor *by, str officer,
                              struct arena *arena, struct identity_credential **ret,
                              size_t *ret_count) MUST_USE;
/*
 * Those that have 30, 7 or 1 days left, of which they had more, or ended within a week: the actor's
 * own and those of whom he administers. By their end. Cost: all officers of the node.
 */
enum err identity_ending(struct identity *identity, const struct actor *by, struct arena *arena,
                         struct identity_credential **ret, size_t *ret_count) MUST_USE;
/* Has each desk told of its officers' credentials that end; looks once an hour. */
enum err identity_remind(struct identity *identity, int64_t now_us, size_t *ret_count) MUST_USE;
/* A token of the actor's own, of no more than `given` lists. */
enum err identity_token_new(struct identity *identity, const struct actor *by, unsigned days,
                            const struct node *given, struct arena *arena,
                            struct identity_credential *ret, char ret_token[TOKEN_TEXT]) MUST_USE;
enum err identity_revoke(struct identity *identity, const struct actor *by,
                         struct record_id id) MUST_USE;

struct identity_grant {
    struct record_id id;
    uint32_t version;
    str officer, unit, country, kind, of, reason, given_by, reviewed_by, review;
    int64_t from_us, until_us, reviewed_us;
    uint64_t roles;
    unsigned rights;
    struct identity_scope listed;
    bool is_in_force;
};
enum err identity_grant_new(struct identity *identity, const struct actor *by,
                            const struct node *fields, struct arena *arena,
                            struct identity_grant *ret) MUST_USE;
enum { BREAK_GLASS_MINUTES_MAX = 60 };
enum err identity_break_glass(struct identity *identity, const struct actor *by, unsigned minutes,
                              const struct node *fields, struct arena *arena,
                              struct identity_grant *ret) MUST_USE;
enum err identity_grant_end(struct identity *identity, const struct actor *by,
                            struct record_id id) MUST_USE;
enum err identity_grant_review(struct identity *identity, const struct actor *by,
                               struct record_id id, str words, struct arena *arena,
                               struct identity_grant *ret) MUST_USE;
enum err identity_grants(struct identity *identity, const struct actor *by, struct arena *arena,
                         struct identity_grant **ret, size_t *ret_count) MUST_USE;

struct identity_measure {
    struct record_id id;
    str country, kind, reason, given_by;
    int64_t from_us, until_us;
    uint32_t rate;
    struct identity_scope listed;
    bool is_in_force;
};
enum err identity_measure_new(struct identity *identity, const struct actor *by,
                              const struct node *fields, struct arena *arena,
                              struct identity_measure *ret) MUST_USE;
enum err identity_measure_end(struct identity *identity, const struct actor *by,
                              struct record_id id) MUST_USE;
bool identity_has_measures(struct identity *identity); /* against anybody, now or later */
/* The sets of measures in force against a country, as its officers are under them. */
void identity_measures_on(struct identity *identity, str country, struct actor *ret);
enum err identity_measures(struct identity *identity, const struct actor *by, struct arena *arena,
                           struct identity_measure **ret, size_t *ret_count) MUST_USE;

/* A list of officers as CSV: all, or none (unless is_partly), with the rows that were refused. */
struct identity_refused {
    uint64_t row;
    str officer, reason;
    struct say say; /* of the reason */
};
struct identity_import {
    struct identity_invitation *invitations;
    struct identity_refused *refused;
    size_t added, refused_count;
};
enum err identity_import(struct identity *identity, const struct actor *by, str text,
                         bool is_partly, struct arena *arena, struct identity_import *ret) MUST_USE;

/* ---- by the node itself: nobody's reach is asked ---- */

/* Adds an officer, gives the token once. ERR_CONFLICT when the id is taken. */
enum err identity_add(struct identity *identity, const struct actor *officer,
                      char ret_token[TOKEN_TEXT]) MUST_USE;
/* A system that signs in with its certificate: no token. ERR_CONFLICT: id or key is taken. */
enum err identity_add_key(struct identity *identity, const struct actor *officer,
                          const struct hash *key) MUST_USE;
enum err identity_remove(struct identity *identity, str id) MUST_USE;
size_t identity_count(struct identity *identity);
/* Is there an officer who may administer and can sign in? */
bool identity_has_administrator(struct identity *identity);
/*
 * From when on whoever is at the machine alone makes no administrator, and gives none a new link:
 * two holders of shares do, see recovery/recovery.h. `by` of theirs is identity_two_holders.
 */
void identity_need_two(struct identity *identity, bool is_needed);
extern const struct actor identity_two_holders;

#endif
