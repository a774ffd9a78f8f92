/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of browsers, in memory: after a restart everybody signs in again. The cookie is 256
 * random bits; here stands its SHA-256, so that what is read out of memory or a core signs nobody
 * in. A session knows up to which change of the store its officer's rights were looked at: when the
 * officer, a grant, a credential or a unit above changed later, it is over.
 */
#include <stdlib.h>

#include "crypto/signin.h"
#include "identity/internal.h"

enum { SESSION_MAX = 1000000, OF_OFFICER_MAX = 16 };

const int64_t session_life_us = (int64_t)12 * 3600 * 1000000;

static enum err over(void)
{
    err_set(ERR_UNAUTHENTICATED, "the session is over");
    return err_hint("sign in again");
}

static struct session *find(const struct identity *identity, const struct hash *hash)
{
    struct link *link = table_first(&identity->sessions, hash_start(hash));
    for (; link; link = table_next(link)) {
        struct session *session = (struct session *)link;
        if (equal_constant_time(session->hash.bytes, hash->bytes, HASH_SIZE))
            return session;
    }
    return NULL;
}

/* Under sessions_lock. */
static void drop(struct identity *identity, struct session *session)
{
    struct session **at = &session->account->sessions;
    table_remove(&identity->sessions, &session->link);
    while (*at != session)
        at = &(*at)->next;
    *at = session->next;
    *(session->newer ? &session->newer->older : &identity->newest) = session->older;
    *(session->older ? &session->older->newer : &identity->oldest) = session->newer;
    wipe(session, sizeof *session);
    free(session);
}

/* A clock that was set back makes no session younger: what lies in the future is over. */
static bool is_alive(const struct session *session, int64_t now_us)
{
    int64_t used_us = atomic_load_explicit(&session->used_us, memory_order_relaxed);
    return now_us >= session->made_us && now_us - session->made_us < session_life_us &&
           now_us - used_us < SESSION_IDLE_US;
}

static bool is_current(const struct session *session)
{
    const struct account *account = session->account;
    const struct unit *unit = account->unit;
    return account->seq <= session->seq && (!unit || unit->effective_seq <= session->seq);
}

/* What is over is dropped where it is met: the oldest first, so that memory follows those alive. */
static void sweep(struct identity *identity, int64_t now_us)
{
    for (int i = 0; i < 8 && identity->oldest && !is_alive(identity->oldest, now_us); i++)
        drop(identity, identity->oldest);
}

static enum err by_session(struct identity *identity, str cookie, bool is_use, struct arena *arena,
                           struct actor *ret, struct identity_session *ret_session)
{
    struct hash hash;
    enum err code = OK;
    int64_t now_us = clock_now_us();
    if (cookie.len != COOKIE_TEXT - 1)
        return over();
    sha256(cookie, &hash);
    pthread_mutex_lock(&identity->sessions_lock);
    pthread_rwlock_rdlock(&identity->lock);
    struct session *session = find(identity, &hash);
    if (!session || !is_alive(session, now_us) || !is_current(session))
        code = over();
    else
        code = account_resolve(identity, session->account, NULL, arena, ret);
    if (!code) {
        if (is_use)
            atomic_store_explicit(&session->used_us, now_us, memory_order_relaxed);
        ret->session = session->number;
        memcpy(ret_session->proof, session->proof, COOKIE_TEXT);
        ret_session->cookie[0] = 0;
        ret_session->until_us = session->made_us + session_life_us;
        ret_session->idle_until_us =
            atomic_load_explicit(&session->used_us, memory_order_relaxed) + SESSION_IDLE_US;
        if (ret_session->idle_until_us > ret_session->until_us)
            ret_session->idle_until_us = ret_session->until_us;
    }
    pthread_rwlock_unlock(&identity->lock);
    if (code && session)
        drop(identity, session);
    pthread_mutex_unlock(&identity->sessions_lock);
    return code;
}

enum err identity_by_session(struct identity *identity, str cookie, struct arena *arena,
                             struct actor *ret, struct identity_session *ret_session)
{
    bool is_use = true;
    return by_session(identity, cookie, is_use, arena, ret, ret_session);
}

enum err identity_look_session(struct identity *identity, str cookie, struct arena *arena,
                               struct actor *ret, struct identity_session *ret_session)
{
    bool is_use = false;
    return by_session(identity, cookie, is_use, arena, ret, ret_session);
}

static void end_number(struct identity *identity, const struct account *account, uint64_t number)
{
    for (struct session *one = account->sessions; number && one; one = one->next)
        if (one->number == number) {
            drop(identity, one);
            return;
        }
}

/* More than these at once: the oldest of the officer's goes. */
static void make_room(struct identity *identity, const struct account *account)
{
    struct session *last = NULL;
    size_t count = 0;
    for (struct session *one = account->sessions; one; one = one->next, count++)
        last = one;
    if (count >= OF_OFFICER_MAX)
        drop(identity, last);
}

static enum err add(struct identity *identity, struct account *account,
                    struct identity_session *ret)
{
    struct session *session = calloc(1, sizeof *session);
    int64_t now_us = clock_now_us();
    if (!session)
        return err_set(ERR_MEMORY, "out of memory for a session");
    secret_new(ret->cookie);
    secret_new(ret->proof);
    sha256(str_of(ret->cookie, COOKIE_TEXT - 1), &session->hash);
    enum err code = table_add(&identity->sessions, &session->link, hash_start(&session->hash));
    if (code) {
        free(session);
        return code;
    }
    memcpy(session->proof, ret->proof, COOKIE_TEXT);
    session->number = ++identity->session_number;
    session->account = account;
    session->seq = identity->seq;
    session->made_us = now_us;
    atomic_init(&session->used_us, now_us);
    session->next = account->sessions;
    account->sessions = session;
    session->older = identity->newest;
    *(identity->newest ? &identity->newest->newer : &identity->oldest) = session;
    identity->newest = session;
    ret->until_us = now_us + session_life_us;
    ret->idle_until_us = now_us + SESSION_IDLE_US;
    return OK;
}

enum err identity_session_new(struct identity *identity, str officer, uint64_t before,
                              struct identity_session *ret)
{
    struct arena arena = {0};
    struct actor actor;
    pthread_mutex_lock(&identity->sessions_lock);
    pthread_rwlock_rdlock(&identity->lock);
    struct account *account = find_account(identity, officer);
    enum err code = account ? account_resolve(identity, account, NULL, &arena, &actor) : over();
    sweep(identity, clock_now_us());
    if (account)
        end_number(identity, account, before);
    if (!code && identity->sessions.count >= SESSION_MAX)
        code = err_set(ERR_BUSY, "more than %d sessions", SESSION_MAX);
    if (!code) {
        make_room(identity, account);
        code = add(identity, account, ret);
    }
    pthread_rwlock_unlock(&identity->lock);
    pthread_mutex_unlock(&identity->sessions_lock);
    arena_release(&arena);
    return code;
}

void identity_session_end(struct identity *identity, str officer, uint64_t session)
{
    pthread_mutex_lock(&identity->sessions_lock);
    pthread_rwlock_rdlock(&identity->lock);
    const struct account *account = find_account(identity, officer);
    if (account)
        end_number(identity, account, session);
    pthread_rwlock_unlock(&identity->lock);
    pthread_mutex_unlock(&identity->sessions_lock);
}
