/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One-time links. An invitation is a hash of 256 random bits with an end; whoever holds the bits
 * sets the officer's password and takes up one-time codes. The codes' secret is worked out of the
 * link and the node's key, so that nothing is kept before the link is used; then it is sealed under
 * a key of its own: keyed_hash(node key, nonce), kept as hex of nonce and sealed secret.
 *
 * Passwords are hashed two at a time: 64 MiB each, and a flood of sign-ins takes no more.
 */
#include <stdlib.h>

#include "crypto/seal.h"
#include "crypto/signin.h"
#include "identity/internal.h"

enum {
    SEALED_SIZE = SALT_SIZE + TOTP_SECRET_SIZE + SEAL_EXTRA,
    REPLACED_MAX = CREDENTIALS_MAX + 4
};

static const int64_t invitation_us = (int64_t)3 * 86400 * 1000000;

/* ---- inviting ---- */

enum err writing_invite(struct identity *identity, struct writing *writing, str officer,
                        str country, str by, struct arena *arena, struct identity_invitation *ret)
{
    struct hash hash;
    char hex[2 * HASH_SIZE + 1];
    struct node *fields = node_map(arena);
    secret_new(ret->secret);
    ret->officer = arena_str(arena, officer);
    ret->until_us = clock_now_us() + invitation_us;
    sha256(str_c(ret->secret), &hash);
    hex_encode(hash.bytes, HASH_SIZE, hex);
    node_put_text(arena, fields, S("officer"), officer);
    node_put_text(arena, fields, S("hash"), arena_str(arena, str_c(hex)));
    put_moment(arena, fields, S("until"), ret->until_us);
    node_put_text(arena, fields, S("given_by"), by);
    struct heading heading = {.definition = "invitation", .owner = country, .by = by};
    return writing_put(identity, writing, &heading, fields, arena);
}

/* With those of grants. */
static unsigned rights_of(const struct account *account)
{
    unsigned rights = account->facts.rights;
    for (const struct grant *grant = account->grants; grant; grant = grant->next)
        rights |= grant->facts.rights;
    return rights;
}

/* A new link takes the place of those before. */
static enum err invite(struct identity *identity, const struct actor *by, str officer,
                       struct arena *arena, struct identity_invitation *ret)
{
    struct writing writings[REPLACED_MAX] = {{.change = {.number = 0}}};
    size_t count = 1;
    const struct account *account = find_account(identity, officer);
    if (!reaches_account(identity, by, account))
        return not_there("officer", officer);
    if (str_eq(by->officer, officer))
        return err_set(ERR_DENIED, "officer %.*s cannot invite himself", STR(officer));
    TRY(check_not_alone(identity, by, rights_of(account)));
    enum err code = writing_invite(identity, &writings[0], account->id, account->country,
                                   by->officer, arena, ret);
    for (const struct invitation *one = account->invitations; one && count < REPLACED_MAX;
         one = one->next)
        writing_erase(&writings[count++], one->number, "invitation", by->officer);
    if (!code)
        code = writings_commit(identity, writings, count, NULL);
    writing_release(&writings[0]);
    if (!code)
        ret->officer = account->id;
    return code;
}

enum err identity_invite(struct identity *identity, const struct actor *by, str officer,
                         struct identity_invitation *ret)
{
    struct arena arena = {0};
    pthread_mutex_lock(&identity->changing);
    enum err code = invite(identity, by, officer, &arena, ret);
    pthread_mutex_unlock(&identity->changing);
    arena_release(&arena);
    return code;
}

/* ---- one-time codes ---- */

static void code_secret_of(const struct identity *identity, str link,
                           unsigned char ret[TOTP_SECRET_SIZE])
{
    struct hash hash;
    struct secret_key key;
    keyed_hash(&identity->key, S("one-time codes of a link"), &hash);
    memcpy(key.bytes, hash.bytes, KEY_SIZE);
    keyed_hash(&key, link, &hash);
    memcpy(ret, hash.bytes, TOTP_SECRET_SIZE);
    wipe(&key, sizeof key);
    wipe(&hash, sizeof hash);
}

static void sealing_key(const struct identity *identity, const unsigned char nonce[SALT_SIZE],
                        struct secret_key *ret)
{
    struct hash hash;
    char about[SALT_SIZE + 4] = "seal";
    memcpy(about + 4, nonce, SALT_SIZE);
    keyed_hash(&identity->key, str_of(about, sizeof about), &hash);
    memcpy(ret->bytes, hash.bytes, KEY_SIZE);
    wipe(&hash, sizeof hash);
}

static str seal_codes(const struct identity *identity, str officer,
                      const unsigned char secret[TOTP_SECRET_SIZE], struct arena *arena)
{
    struct salt nonce;
    struct secret_key key;
    struct buf sealed = {.max = 256};
    char hex[2 * SEALED_SIZE + 1];
    salt_new(&nonce);
    sealing_key(identity, nonce.bytes, &key);
    buf_add(&sealed, str_of((const char *)nonce.bytes, SALT_SIZE));
    seal_once(&key, officer, str_of((const char *)secret, TOTP_SECRET_SIZE), &sealed);
    wipe(&key, sizeof key);
    str text = STR_EMPTY;
    if (!sealed.failed && sealed.len == SEALED_SIZE) {
        hex_encode(sealed.ptr, SEALED_SIZE, hex);
        text = arena_str(arena, str_c(hex));
    }
    buf_release(&sealed);
    return text;
}

bool codes_open(const struct identity *identity, str officer, str sealed,
                unsigned char ret[TOTP_SECRET_SIZE])
{
    unsigned char bytes[SEALED_SIZE];
    struct secret_key key;
    if (!hex_decode(sealed, bytes, SEALED_SIZE))
        return false;
    sealing_key(identity, bytes, &key);
    bool is_open =
        seal_open(&key, officer, str_of((const char *)bytes + SALT_SIZE, SEALED_SIZE - SALT_SIZE),
                  (char *)ret);
    wipe(&key, sizeof key);
    return is_open;
}

/* ---- using a link ---- */

static enum err no_link(void)
{
    err_set(ERR_NOT_FOUND, "this link is not known here, or was used, or its time is over");
    return err_hint("an administrator gives a new one");
}

/* Under the lock, or while changing. */
static const struct invitation *find_link(const struct identity *identity, str secret)
{
    struct hash hash;
    enum { HEX_LEN = 2 * HASH_SIZE };
    char hex[HEX_LEN + 1];
    int64_t now_us = clock_now_us();
    if (secret.len != INVITATION_SECRET_TEXT - 1)
        return NULL;
    sha256(secret, &hash);
    hex_encode(hash.bytes, HASH_SIZE, hex);
    struct link *link = table_first(&identity->links, hash_start(&hash));
    for (; link; link = table_next(link)) {
        const struct invitation *one =
            (const struct invitation *)((char *)link - offsetof(struct invitation, hash_link));
        if (one->facts.hash.len == HEX_LEN && one->facts.until_us > now_us &&
            account_is_there(one->account) &&
            equal_constant_time(one->facts.hash.ptr, hex, HEX_LEN))
            return one;
    }
    return NULL;
}

enum err identity_enrol_start(struct identity *identity, str secret, struct arena *arena,
                              struct identity_enrolment *ret)
{
    unsigned char bytes[TOTP_SECRET_SIZE];
    pthread_rwlock_rdlock(&identity->lock);
    const struct invitation *link = find_link(identity, secret);
    enum err code =
        link ? account_resolve(identity, link->account, NULL, arena, &ret->officer) : no_link();
    if (!code)
        ret->until_us = link->facts.until_us;
    pthread_rwlock_unlock(&identity->lock);
    if (code)
        return code;
    code_secret_of(identity, secret, bytes);
    base32_encode(bytes, sizeof bytes, ret->totp);
    wipe(bytes, sizeof bytes);
    return OK;
}

static struct node *credential_fields(struct arena *arena, str officer, enum credential_kind kind,
                                      str key, str text)
{
    struct node *fields = node_map(arena);
    node_put_text(arena, fields, S("officer"), officer);
    node_put_text(arena, fields, S("kind"), str_c(credential_words[kind]));
    node_put_text(arena, fields, key, text);
    put_moment(arena, fields, S("created"), clock_now_us());
    return fields;
}

enum err new_password_check(const struct identity *identity, str password)
{
    TRY(password_check(password));
    return password_list_check(identity->refused, password);
}

bool identity_has_breached(const struct identity *identity)
{
    return password_list_has_breached(identity->refused);
}

enum err hash_password(struct identity *identity, str password, char ret[PASSWORD_HASH_TEXT])
{
    TRY(new_password_check(identity, password));
    pthread_mutex_t *turn = &identity->hashing[atomic_fetch_add(&identity->hashing_turn, 1) & 1];
    pthread_mutex_lock(turn);
    enum err code = password_hash(password, ret);
    pthread_mutex_unlock(turn);
    return code;
}

/* Password and codes anew, in place of whatever there was. */
static enum err commit_signin(struct identity *identity, const struct account *account,
                              const struct invitation *link, str hash, str sealed,
                              struct arena *arena)
{
    struct writing writings[REPLACED_MAX] = {{.change = {.number = 0}}};
    size_t count = 0;
    str by = account->id;
    struct heading heading = {.definition = "credential", .owner = account->country, .by = by};
    struct node *fields = credential_fields(arena, by, CREDENTIAL_PASSWORD, S("hash"), hash);
    enum err code = writing_put(identity, &writings[count++], &heading, fields, arena);
    if (!code && sealed.len) {
        fields = credential_fields(arena, by, CREDENTIAL_TOTP, S("sealed"), sealed);
        code = writing_put(identity, &writings[count++], &heading, fields, arena);
    }
    size_t written = count;
    for (const struct credential *one = account->credentials; one && count < REPLACED_MAX - 1;
         one = one->next)
        if (one->facts.kind == CREDENTIAL_PASSWORD ||
            (sealed.len && one->facts.kind != CREDENTIAL_CERTIFICATE))
            writing_erase(&writings[count++], one->number, "credential", by);
    if (link)
        writing_erase(&writings[count++], link->number, "invitation", by);
    if (!code)
        code = writings_commit(identity, writings, count, NULL);
    for (size_t i = 0; i < written; i++)
        writing_release(&writings[i]);
    return code;
}

static enum err use_link(struct identity *identity, str secret, str hash,
                         const unsigned char codes[TOTP_SECRET_SIZE], uint64_t step,
                         struct arena *arena, str *ret_officer)
{
    const struct invitation *link = find_link(identity, secret);
    if (!link)
        return no_link();
    struct account *account = link->account;
    *ret_officer = arena_str(arena, account->id);
    str sealed = seal_codes(identity, account->id, codes, arena);
    if (!sealed.len)
        return err_set(ERR_INTERNAL, "one-time codes could not be sealed");
    TRY(commit_signin(identity, account, link, hash, sealed, arena));
    atomic_store(&account->code_step, step);
    return OK;
}

enum err identity_enrol(struct identity *identity, str secret, str password, str code_text,
                        struct arena *arena, str *ret_officer)
{
    unsigned char codes[TOTP_SECRET_SIZE];
    char hash[PASSWORD_HASH_TEXT];
    uint64_t step = 0;
    pthread_rwlock_rdlock(&identity->lock);
    bool is_known = find_link(identity, secret) != NULL;
    pthread_rwlock_unlock(&identity->lock);
    if (!is_known) /* before the hashing: strangers cost nothing */
        return no_link();
    code_secret_of(identity, secret, codes);
    str key = str_of((const char *)codes, sizeof codes);
    if (!totp_is_good(key, code_text, clock_now_us(), 0, &step)) {
        wipe(codes, sizeof codes);
        err_set(ERR_BAD_VALUE, "the one-time code does not fit");
        (void)!err_field("code");
        return err_hint("is the clock of the telephone right");
    }
    enum err code = hash_password(identity, password, hash);
    if (code) {
        (void)!err_field("password");
    } else {
        pthread_mutex_lock(&identity->changing);
        code = use_link(identity, secret, str_c(hash), codes, step, arena, ret_officer);
        pthread_mutex_unlock(&identity->changing);
    }
    wipe(codes, sizeof codes);
    return code;
}

enum err identity_password_change(struct identity *identity, const struct actor *actor,
                                  str password, str code_text, str address, str next,
                                  unsigned *ret_wait_s)
{
    char hash[PASSWORD_HASH_TEXT];
    struct arena arena = {0};
    struct identity_signin signin = {actor->officer, password, code_text, address, STR_EMPTY};
    if (new_password_check(identity, next)) /* before a code is used up */
        return err_field("new");
    TRY(identity_sign_in(identity, &signin, ret_wait_s));
    TRY(hash_password(identity, next, hash));
    pthread_mutex_lock(&identity->changing);
    const struct account *account = find_account(identity, actor->officer);
    enum err code = account_is_there(account)
                        ? commit_signin(identity, account, NULL, str_c(hash), STR_EMPTY, &arena)
                        : not_there("officer", actor->officer);
    pthread_mutex_unlock(&identity->changing);
    arena_release(&arena);
    return code;
}
