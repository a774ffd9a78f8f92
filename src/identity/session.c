/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of browsers, in memory: after a restart everybody signs in again. The cookie is 256
 * random bits; here stands its SHA-256, so that what is read out of memory or a core signs nobody
 * in. A session knows up to which change of the store its officer's rights were looked at: when the
 * officer, a grant, a credential or a unit above changed later, it is over.
 *
 * A session made at a shared terminal is good with that terminal's certificate only, and a terminal
 * has one at a time: who takes over ends the one before under the same lock under which sessions
 * are found, so that after it nobody is found as who was there before.
 */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/signin.h"
#include "identity/internal.h"
#include "identity/terminal.h"

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
    if (session->terminal && session->terminal->session == session)
        session->terminal->session = NULL;
    wipe(session, sizeof *session);
    free(session);
}

/* A clock that was set back makes no session younger: what lies in the future is over. */
static bool is_alive(const struct session *session, int64_t now_us)
{
    int64_t used_us = atomic_load_explicit(&session->used_us, memory_order_relaxed);
    return now_us >= session->made_us && now_us - session->made_us < session_life_us &&
           now_us - used_us < session->idle_us;
}

static bool is_current(const struct session *session)
{
    const struct account *account = session->account;
    const struct unit *unit = account->unit;
    const struct terminal *terminal = session->terminal;
    return account->seq <= session->seq && (!unit || unit->effective_seq <= session->seq) &&
           (!terminal || terminal->seq <= session->seq);
}

/* What is over is dropped where it is met: the oldest first, so that memory follows those alive. */
static void sweep(struct identity *identity, int64_t now_us)
{
    for (int i = 0; i < 8 && identity->oldest && !is_alive(identity->oldest, now_us); i++)
        drop(identity, identity->oldest);
}

static void tell(const struct session *session, struct identity_session *ret)
{
    int64_t used_us = atomic_load_explicit(&session->used_us, memory_order_relaxed);
    memcpy(ret->proof, session->proof, COOKIE_TEXT);
    ret->cookie[0] = 0;
    ret->signed_in_us = session->signed_in_us;
    ret->until_us = session->made_us + session_life_us;
    ret->idle_until_us = used_us + session->idle_us;
    ret->before_us = session->before_us;
    ret->tries = session->tries;
    if (ret->idle_until_us > ret->until_us)
        ret->idle_until_us = ret->until_us;
}

/* Under both locks. */
static enum err resolve(struct identity *identity, const struct session *session,
                        const struct terminal *terminal, struct arena *arena, struct actor *ret)
{
    if (!session || !is_alive(session, clock_now_us()) || !is_current(session) ||
        session->terminal != terminal)
        return over();
    TRY(account_resolve(identity, session->account, NULL, arena, ret));
    if (terminal)
        TRY(terminal_narrow(identity, terminal, session->account, ret));
    ret->terminal = arena_str(arena, ret->terminal);
    ret->session = session->number;
    return OK;
}

enum err identity_session_at(struct identity *identity, const struct identity_place *place,
                             enum identity_use use, struct arena *arena, struct actor *ret,
                             struct identity_session *ret_session)
{
    struct hash hash;
    if (place->cookie.len != COOKIE_TEXT - 1)
        return over();
    sha256(place->cookie, &hash);
    pthread_mutex_lock(&identity->sessions_lock);
    pthread_rwlock_rdlock(&identity->lock);
    struct session *session = find(identity, &hash);
    const struct terminal *terminal =
        place->terminal_key.len ? find_terminal(identity, place->terminal_key) : NULL;
    enum err code = resolve(identity, session, terminal, arena, ret);
    if (!code && use == SESSION_USE)
        atomic_store_explicit(&session->used_us, clock_now_us(), memory_order_relaxed);
    if (!code)
        tell(session, ret_session);
    pthread_rwlock_unlock(&identity->lock);
    if (code && session)
        drop(identity, session);
    pthread_mutex_unlock(&identity->sessions_lock);
    return code;
}

enum err identity_by_session(struct identity *identity, str cookie, struct arena *arena,
                             struct actor *ret, struct identity_session *ret_session)
{
    struct identity_place place = {cookie, STR_EMPTY};
    return identity_session_at(identity, &place, SESSION_USE, arena, ret, ret_session);
}

enum err identity_look_session(struct identity *identity, str cookie, struct arena *arena,
                               struct actor *ret, struct identity_session *ret_session)
{
    struct identity_place place = {cookie, STR_EMPTY};
    return identity_session_at(identity, &place, SESSION_LOOK, arena, ret, ret_session);
}

bool identity_holds_terminal(struct identity *identity, str terminal_key, uint64_t session)
{
    pthread_mutex_lock(&identity->sessions_lock);
    pthread_rwlock_rdlock(&identity->lock);
    const struct terminal *terminal = find_terminal(identity, terminal_key);
    bool is_held = terminal && terminal->session && terminal->session->number == session;
    pthread_rwlock_unlock(&identity->lock);
    pthread_mutex_unlock(&identity->sessions_lock);
    return is_held;
}

static struct session *find_number(const struct account *account, uint64_t number)
{
    struct session *one = account->sessions;
    while (one && one->number != number)
        one = one->next;
    return number ? one : NULL;
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

/* What a session goes on from: the one in whose place it comes, or a sign-in. */
struct beginning {
    int64_t signed_in_us, before_us;
    unsigned tries;
};

static struct beginning begin(struct account *account, const struct session *before,
                              bool is_signed_in_now)
{
    int64_t now_us = clock_now_us();
    if (before && !is_signed_in_now)
        return (struct beginning){before->signed_in_us, before->before_us, before->tries};
    if (!is_signed_in_now)
        return (struct beginning){.signed_in_us = now_us};
    struct beginning beginning = {now_us, account->signed_in_us,
                                  atomic_exchange(&account->tries, 0)};
    account->signed_in_us = now_us;
    return beginning;
}

static enum err add(struct identity *identity, struct account *account, struct terminal *terminal,
                    const struct beginning *beginning, struct identity_session *ret)
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
    session->terminal = terminal;
    session->seq = identity->seq;
    session->made_us = now_us;
    session->signed_in_us = ret->signed_in_us = beginning->signed_in_us;
    session->before_us = ret->before_us = beginning->before_us;
    session->tries = ret->tries = beginning->tries;
    session->idle_us = terminal ? (int64_t)terminal->facts.idle_s * 1000000 : SESSION_IDLE_US;
    atomic_init(&session->used_us, now_us);
    session->next = account->sessions;
    account->sessions = session;
    session->older = identity->newest;
    *(identity->newest ? &identity->newest->newer : &identity->oldest) = session;
    identity->newest = session;
    if (terminal)
        terminal->session = session;
    ret->until_us = now_us + session_life_us;
    ret->idle_until_us = now_us + session->idle_us;
    return OK;
}

/* Under both locks: everything is asked before anything is changed. */
static enum err enter(struct identity *identity, const struct identity_entry *entry,
                      struct arena *arena, struct identity_session *ret, str *ret_left)
{
    struct actor actor;
    struct account *account = find_account(identity, entry->officer);
    struct terminal *terminal =
        entry->terminal_key.len ? find_terminal(identity, entry->terminal_key) : NULL;
    if (!account)
        return over();
    struct session *before = find_number(account, entry->before);
    enum err code = account_resolve(identity, account, NULL, arena, &actor);
    if (!code && terminal)
        code = terminal_narrow(identity, terminal, account, &actor);
    if (code)
        return code;
    bool has_place = before || (terminal && terminal->session);
    if (identity->sessions.count >= SESSION_MAX && !has_place)
        return err_set(ERR_BUSY, "more than %d sessions", SESSION_MAX);
    struct beginning beginning = begin(account, before, entry->is_signed_in_now);
    if (before)
        drop(identity, before);
    struct session *left = terminal ? terminal->session : NULL;
    if (left && left->account != account)
        *ret_left = arena_str(arena, left->account->id);
    if (left)
        drop(identity, left);
    make_room(identity, account);
    return add(identity, account, terminal, &beginning, ret);
}

enum err identity_session_enter(struct identity *identity, const struct identity_entry *entry,
                                struct arena *arena, struct identity_session *ret, str *ret_left)
{
    *ret_left = STR_EMPTY;
    pthread_mutex_lock(&identity->sessions_lock);
    pthread_rwlock_rdlock(&identity->lock);
    sweep(identity, clock_now_us());
    enum err code = enter(identity, entry, arena, ret, ret_left);
    pthread_rwlock_unlock(&identity->lock);
    pthread_mutex_unlock(&identity->sessions_lock);
    return code;
}

enum err identity_session_new(struct identity *identity, str officer, uint64_t before,
                              struct identity_session *ret)
{
    struct arena arena = {0};
    struct identity_entry entry = {.officer = officer, .before = before, .is_signed_in_now = true};
    str left;
    enum err code = identity_session_enter(identity, &entry, &arena, ret, &left);
    arena_release(&arena);
    return code;
}

void identity_session_end(struct identity *identity, str officer, uint64_t session)
{
    pthread_mutex_lock(&identity->sessions_lock);
    pthread_rwlock_rdlock(&identity->lock);
    const struct account *account = find_account(identity, officer);
    struct session *one = account ? find_number(account, session) : NULL;
    if (one)
        drop(identity, one);
    pthread_rwlock_unlock(&identity->lock);
    pthread_mutex_unlock(&identity->sessions_lock);
}

/* ---- what an officer sees of his own ---- */

void count_try(struct identity *identity, str officer)
{
    pthread_rwlock_rdlock(&identity->lock);
    struct account *account = find_account(identity, officer);
    if (account)
        atomic_fetch_add(&account->tries, 1);
    pthread_rwlock_unlock(&identity->lock);
}

static void show(const struct identity *identity, const struct session *session,
                 struct arena *arena, struct identity_open_session *ret)
{
    char text[40];
    struct hash hash;
    int len = snprintf(text, sizeof text, "session %llu", (unsigned long long)session->number);
    keyed_hash(&identity->key, str_of(text, (size_t)len), &hash);
    *ret = (struct identity_open_session){
        .number = session->number,
        .signed_in_us = session->signed_in_us,
        .used_us = atomic_load_explicit(&session->used_us, memory_order_relaxed),
        .until_us = session->made_us + session_life_us,
        .terminal = session->terminal ? arena_str(arena, session->terminal->facts.label.len
                                                             ? session->terminal->facts.label
                                                             : session->terminal->facts.id)
                                      : STR_EMPTY};
    hex_encode(hash.bytes, (SESSION_ID_TEXT - 1) / 2, ret->id);
}

enum err identity_sessions(struct identity *identity, str officer, struct arena *arena,
                           struct identity_open_session **ret, size_t *ret_count)
{
    size_t count = 0;
    *ret = arena_array(arena, struct identity_open_session, OF_OFFICER_MAX);
    if (!*ret)
        return err_last()->code;
    pthread_mutex_lock(&identity->sessions_lock);
    pthread_rwlock_rdlock(&identity->lock);
    const struct account *account = find_account(identity, officer);
    const struct session *one = account ? account->sessions : NULL;
    for (; one && count < OF_OFFICER_MAX; one = one->next)
        if (is_alive(one, clock_now_us()) && is_current(one))
            show(identity, one, arena, &(*ret)[count++]);
    pthread_rwlock_unlock(&identity->lock);
    pthread_mutex_unlock(&identity->sessions_lock);
    *ret_count = count;
    return OK;
}
