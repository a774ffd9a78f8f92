/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of identity share: the view. Slots of accounts and units are made when an id is
 * first spoken of, in whatever order records come, and live as long as the process, so that
 * everything may point at them; what a record says of them is replaced whole.
 */
#ifndef IDENTITY_INTERNAL_H
#define IDENTITY_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "crypto/passwords.h"
#include "crypto/signin.h"
#include "identity/identity.h"

/* ---- table.c: chains of links; the link is a struct's first member ---- */

struct link {
    struct link *next;
    uint64_t hash;
};
struct table {
    struct link **slots;
    size_t slot_count, count;
};
enum err table_add(struct table *table, struct link *link, uint64_t hash) MUST_USE;
void table_remove(struct table *table, struct link *link);
struct link *table_first(const struct table *table, uint64_t hash);
struct link *table_next(const struct link *link); /* of the same hash */
void table_release(struct table *table);          /* not the links */
uint64_t hash_start(const struct hash *hash);     /* its first bytes, as a number */

/* ---- what records say (facts.c); texts are borrowed from the body ---- */

struct unit_facts {
    str id, name, parent, level;
    struct identity_scope listed;
};
struct officer_facts {
    uint64_t roles;
    uint16_t role;
    unsigned rights;
    str id, unit;
    bool has_own_names;
    struct identity_scope listed;
};
enum credential_kind {
    CREDENTIAL_PASSWORD,
    CREDENTIAL_TOTP,
    CREDENTIAL_PASSKEY,
    CREDENTIAL_TOKEN,
    CREDENTIAL_CERTIFICATE,
    CREDENTIAL_KIND_COUNT
};
struct credential_facts {
    enum credential_kind kind;
    bool is_scoped;
    int64_t expires_us, created_us, suspect_us;
    uint32_t counter;
    str officer, label, hash, sealed, passkey, key;
    unsigned rights;
    struct identity_scope listed;
};
struct grant_facts {
    str officer, of, reason, given_by, reviewed_by, review;
    bool is_break_glass;
    int64_t from_us, until_us, reviewed_us;
    uint64_t roles;
    unsigned rights;
    struct identity_scope listed;
};
struct invitation_facts {
    str officer, hash, given_by;
    int64_t until_us, used_us;
};
enum measure_kind { MEASURE_RATE, MEASURE_APPROVAL, MEASURE_READ_ONLY, MEASURE_SUSPENDED };
struct measure_facts {
    str country, reason, given_by;
    enum measure_kind kind;
    int64_t from_us, until_us;
    uint32_t rate;
    struct identity_scope listed;
};
void read_unit(const struct catalog *catalog, const struct node *fields, struct unit_facts *ret);
void read_officer(const struct catalog *catalog, const struct node *fields,
                  struct officer_facts *ret);
void read_credential(const struct catalog *catalog, const struct node *fields,
                     struct credential_facts *ret);
void read_grant(const struct catalog *catalog, const struct node *fields, struct grant_facts *ret);
void read_invitation(const struct node *fields, struct invitation_facts *ret);
void read_measure(const struct catalog *catalog, const struct node *fields,
                  struct measure_facts *ret);
extern const char *const credential_words[CREDENTIAL_KIND_COUNT];
extern const char *const measure_words[4];
extern const char *const right_words[3];
uint64_t role_bit(const struct catalog *catalog, const char *role);
/* Every database named is one that is here. */
enum err check_databases(const struct catalog *catalog, const struct node *list) MUST_USE;
struct terminal_facts {
    str id, label, unit, purpose, key;
    uint16_t role;
    uint32_t idle_s;
};
void read_terminal(const struct catalog *catalog, const struct node *fields,
                   struct terminal_facts *ret);

/* ---- the view (roll.c) ---- */

enum level { LEVEL_UNIT, LEVEL_BUREAU, LEVEL_HUB };
struct unit {
    struct link link;
    str id;
    bool is_known; /* there is, or was, a record of it */
    bool is_active;
    /* of it and all above */
    bool is_open;
    uint64_t effective_seq;
    struct identity_scope effective;
    uint64_t number, seq;
    uint32_t version;
    str country;
    enum level level;
    struct unit_facts facts; /* texts in `texts` */
    char *texts;
    struct unit *above; /* NULL: none */
};
struct credential {        /* what a lookup needs stands in its first two cache lines */
    struct link link;      /* by record number */
    struct link hash_link; /* tokens, certificates, passkeys: by the hash's start; else in none */
    struct hash hash;
    struct account *account;
    struct credential_facts facts;
    struct credential *next; /* of the account */
    uint64_t number;
    char *texts;
};
struct grant {
    struct link link;
    uint64_t number;
    uint32_t version;
    struct grant_facts facts;
    char *texts;
    struct account *account;
    struct grant *next;
};
struct invitation {
    struct link link;
    struct link hash_link; /* by the start of the hash */
    uint64_t number;
    struct invitation_facts facts;
    char *texts;
    struct account *account;
    struct invitation *next;
};
struct measure {
    uint64_t number;
    struct measure_facts facts;
    char *texts;
    struct measure *next;
};
struct draft {
    char *text;
    size_t len;
    str desk;
    uint64_t seq; /* what the view knew when it was kept */
    int64_t until_us;
    struct draft *next;
};
struct account { /* the same */
    struct link link;
    str id;
    bool is_known;
    enum state state;
    struct unit *unit; /* NULL: of none */
    uint64_t seq;      /* of the last change of it, its grants and credentials */
    struct grant *grants;
    str country;
    struct officer_facts facts;
    char *texts;
    uint64_t number;
    uint32_t version;
    struct credential *credentials;
    struct invitation *invitations;
    struct session *sessions;   /* under sessions_lock */
    struct draft *drafts;       /* the same */
    _Atomic uint64_t code_step; /* of the last one-time code that was taken */
    _Atomic unsigned tries;     /* that failed since he last signed in */
    int64_t signed_in_us;       /* when that was, since the node is up; under sessions_lock */
};
struct terminal {          /* a slot, as units are */
    struct link link;      /* by record number */
    struct link hash_link; /* while it is active: by the start of its key's hash */
    struct hash hash;
    uint64_t number, seq;
    bool is_active;
    struct terminal_facts facts;
    struct unit *unit;
    str country;
    char *texts;
    struct session *session; /* of whoever has taken it over; under sessions_lock */
};
struct session {
    struct link link; /* by the hash's start */
    struct hash hash;
    uint64_t number;
    struct account *account;
    uint64_t seq; /* what the view knew when it was made */
    int64_t made_us, signed_in_us, idle_us;
    int64_t before_us;         /* the sign-in before this one, 0: not known */
    unsigned tries;            /* that failed between the two */
    struct terminal *terminal; /* NULL: at none */
    _Atomic int64_t used_us;
    char proof[COOKIE_TEXT];
    struct session *newer, *older; /* in the order they were made */
    struct session *next;          /* of the account */
};
struct throttle;
struct challenges;
struct identity {
    const struct catalog *catalog;
    struct store *store;
    struct secret_key key;         /* DIR/identity.key */
    _Atomic int64_t reminded_us;   /* when ends of credentials were looked for last; 0: not yet */
    struct password_list *refused; /* codes/passwords.txt, DIR/breached.txt */
    const struct code_list *roles; /* codes/audiences.csv */
    uint64_t integrating;          /* the bit of that role */
    uint32_t home;
    pthread_rwlock_t lock; /* guards the view */
    struct table accounts, units, credentials, hashes, grants, invitations, links;
    struct table terminals, terminal_keys;
    struct measure *measures;
    size_t officer_count;
    uint64_t seq;             /* the view is true up to here */
    uint64_t open_step;       /* one-time codes of steps up to here may have been used before */
    pthread_mutex_t changing; /* one change at a time is checked and committed */
    pthread_mutex_t sessions_lock;
    struct table sessions;
    struct session *newest, *oldest;
    uint64_t session_number;
    size_t draft_bytes; /* of all; under sessions_lock */
    struct throttle *throttle;
    _Atomic bool needs_two; /* see identity_need_two() */
    struct challenges *challenges;
    pthread_mutex_t hashing[2]; /* passwords at work: 64 MiB each */
    _Atomic unsigned hashing_turn;
};

enum err roll_fill(struct identity *identity) MUST_USE;
void roll_release(struct identity *identity);
/* NULL when nobody has spoken of it. Under the lock. */
struct account *find_account(const struct identity *identity, str id);
struct unit *find_unit(const struct identity *identity, str id);
struct credential *find_credential(const struct identity *identity, uint64_t number);
struct grant *find_grant(const struct identity *identity, uint64_t number);
/* The officer is there, in whatever state. */
static inline bool account_is_there(const struct account *account)
{
    return account && account->is_known &&
           (account->state == STATE_ACTIVE || account->state == STATE_SUSPENDED);
}

/* ---- who may administer whom (reach.c); under the lock ---- */

bool reaches_unit(const struct identity *identity, const struct actor *by, str country,
                  const struct unit *unit);
bool reaches_account(const struct identity *identity, const struct actor *by,
                     const struct account *account);
bool is_at_machine(const struct actor *by);
/* ERR_DENIED: these rights are not given by one person at the machine alone. */
enum err check_not_alone(const struct identity *identity, const struct actor *by,
                         unsigned rights) MUST_USE;
bool is_of_hub(const struct identity *identity, const struct actor *by);
bool is_below(const struct unit *unit, const struct unit *above); /* or the same */
bool scope_is_within(const struct identity_scope *scope, const struct identity_scope *limit);
/* Of NULL, and of a unit without a record: everything. */
const struct identity_scope *scope_of_unit(const struct unit *unit);
enum err not_there(const char *what, str id);

/* ---- changes (commit.c); under `changing` ---- */

struct writing {
    struct change change;
    struct buf body;
};
/* Of what a record is, whose, and by whom it is written; number and version 0: a new one. */
struct heading {
    const char *definition;
    str owner, by;
    uint64_t number;
    uint32_t version;
    enum state state;
};
/* A record of these fields, checked. Release the writing in any case. */
enum err writing_put(struct identity *identity, struct writing *writing,
                     const struct heading *heading, struct node *fields,
                     struct arena *arena) MUST_USE;
void writing_erase(struct writing *writing, uint64_t number, const char *definition, str by);
void writing_state(struct writing *writing, uint64_t number, const char *definition, str owner,
                   enum state state, str by);
void writing_release(struct writing *writing);
/* All or none; the view knows them when it returns. */
enum err writings_commit(struct identity *identity, struct writing *writings, size_t count,
                         struct committed *ret) MUST_USE;
void put_moment(struct arena *arena, struct node *fields, str key, int64_t time_us);
/* The fields of a stored record, to be changed. */
enum err read_fields_of(struct identity *identity, uint64_t number, struct arena *arena,
                        struct node **ret, struct stored *ret_stored) MUST_USE;
struct node *copy_fields(const struct node *fields, const char *const *keys, size_t count,
                         struct arena *arena);

/* The texts in one piece of memory of their own. */
enum err keep_texts(str *const *texts, size_t count, char **ret) MUST_USE;
#define KEEP_TEXTS(ret, ...) \
    keep_texts((str *const[]){__VA_ARGS__}, COUNT_OF(((str *const[]){__VA_ARGS__})), ret)
enum err slot_unit(struct identity *identity, str id, struct unit **ret) MUST_USE;

/* people.c, credentials.c */
enum err officer_fields_check(struct identity *identity, const struct actor *by, str country,
                              const struct officer_facts *facts) MUST_USE;
void token_new(char out[TOKEN_TEXT]);
enum { CREDENTIALS_MAX = 64 }; /* of an officer */
void credential_show(const struct identity *identity, const struct credential *credential,
                     struct arena *arena, struct identity_credential *ret);
/* A new credential of the officer's own, at most 64 of them. */
enum err credential_commit(struct identity *identity, const struct actor *by, struct node *fields,
                           struct arena *arena, struct identity_credential *ret) MUST_USE;
struct node *token_fields(struct arena *arena, str officer, enum credential_kind kind,
                          const struct hash *hash, int64_t now_us, int64_t expires_us);
/* An invitation to be committed, with its secret. */
enum err writing_invite(struct identity *identity, struct writing *writing, str officer,
                        str country, str by, struct arena *arena,
                        struct identity_invitation *ret) MUST_USE;
enum err writing_officer(struct identity *identity, struct writing *writing, str country, str by,
                         struct node *fields, struct arena *arena) MUST_USE;
/* session.c: a sign-in in this name has failed */
void count_try(struct identity *identity, str officer);
/* enrol.c */
bool codes_open(const struct identity *identity, str officer, str sealed,
                unsigned char ret[TOTP_SECRET_SIZE]);
enum err new_password_check(const struct identity *identity, str password) MUST_USE;
enum err hash_password(struct identity *identity, str password,
                       char ret[PASSWORD_HASH_TEXT]) MUST_USE;
/* resolve.c */
enum err account_resolve(struct identity *identity, const struct account *account,
                         const struct credential *credential, struct arena *arena,
                         struct actor *ret) MUST_USE;
/* A token, certificate or passkey by its hash; NULL. Under the lock. */
const struct credential *find_by_hash(const struct identity *identity, const struct hash *hash,
                                      enum credential_kind kind);
/* signin.c: has this officer signed in from the browser with this mark? */
bool is_known_device(struct identity *identity, str officer, str device);
/* terminal.c; under the lock, the last two while changing */
enum err take_terminal(struct identity *identity, const struct stored *stored,
                       const struct node *fields, bool is_active) MUST_USE;
struct terminal *find_terminal(const struct identity *identity, str key_hash); /* hex; active */
/* May the officer act here, and as what? ERR_DENIED; else the actor is no more than the desk. */
enum err terminal_narrow(const struct identity *identity, const struct terminal *terminal,
                         const struct account *account, struct actor *actor) MUST_USE;
void terminals_release(struct identity *identity);
/* draft.c */
void drafts_release(struct account *account);
/* challenge.c: random texts that were given out, and are good once, for five minutes */
enum challenge_kind { CHALLENGE_SIGN_IN, CHALLENGE_NEW };
struct challenge_use {
    enum challenge_kind kind;
    str officer, binding, rp_id, origin;
};
enum { CHALLENGE_TEXT = 76 };
enum err challenges_new(struct challenges **ret) MUST_USE;
void challenges_free(struct challenges *challenges);
void challenge_make(struct challenges *challenges, const struct challenge_use *use,
                    char ret[CHALLENGE_TEXT]);
/* Takes it: it is good no more. false: it was not given out for this, or is over, or was taken. */
bool challenge_take(struct challenges *challenges, const struct challenge_use *use, str text);
/* What was signed by whoever should is remembered before what was not. */
void challenge_keep(struct challenges *challenges, str text);
/* throttle.c */
enum err throttle_new(struct throttle **ret) MUST_USE;
void throttle_free(struct throttle *throttle);
/* ERR_RATE with the seconds to wait; counts one try. now_us: monotonic. */
enum err throttle_enter(struct throttle *throttle, int64_t now_us, str officer, str address,
                        bool is_known_device, str device, unsigned *ret_wait_s) MUST_USE;
void throttle_succeed(struct throttle *throttle, str officer, str address, bool is_known_device,
                      str device);
/* taken.c */
enum err take_in_file(struct identity *identity, const char *directory) MUST_USE;

#endif
