/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unfinished work at shared terminals: what an officer has typed and not sent, kept by the node
 * while others sit at the desk, given back to him when he takes over again. In memory only - the
 * work of a shift, and nothing of it in any backup or version. One text an officer and desk, at
 * most 64 KiB; 64 MiB in all. When what the officer may has changed since, it is gone: it may show
 * what he may see no more.
 *
 *   account -> draft (desk, text, until) -> draft ...          under sessions_lock
 */
#include <stdlib.h>

#include "identity/internal.h"
#include "identity/terminal.h"

static const int64_t kept_us = (int64_t)12 * 3600 * 1000000;
static const size_t bytes_max = (size_t)64 << 20;

static void draft_free(struct draft *draft)
{
    wipe(draft->text, draft->len);
    free(draft->text);
    free(draft);
}

void drafts_release(struct account *account)
{
    for (struct draft *one = account->drafts, *next; one; one = next) {
        next = one->next;
        draft_free(one);
    }
    account->drafts = NULL;
}

static bool is_good(const struct account *account, const struct draft *draft, int64_t now_us)
{
    return account->seq <= draft->seq && now_us < draft->until_us &&
           draft->until_us - now_us <= kept_us;
}

/* Takes out what is over, and what is of this desk where `desk` is not empty. */
static void drop(struct identity *identity, struct account *account, str desk)
{
    int64_t now_us = clock_now_us();
    for (struct draft **at = &account->drafts; *at;) {
        struct draft *one = *at;
        if (is_good(account, one, now_us) && !(desk.len && str_eq(one->desk, desk))) {
            at = &one->next;
            continue;
        }
        *at = one->next;
        identity->draft_bytes -= one->len + one->desk.len;
        draft_free(one);
    }
}

/* Everybody's that are over: when there is no more room. */
static void drop_all(struct identity *identity)
{
    for (size_t i = 0; i < identity->accounts.slot_count; i++)
        for (struct link *link = identity->accounts.slots[i]; link; link = link->next)
            drop(identity, (struct account *)link, STR_EMPTY);
}

/* The desk of the terminal that this actor has taken over, under both locks; NULL: of none. */
static const struct terminal *terminal_of(const struct account *account, const struct actor *actor)
{
    for (const struct session *one = account ? account->sessions : NULL; one; one = one->next)
        if (one->number == actor->session)
            return one->terminal;
    return NULL;
}

static enum err keep(struct identity *identity, struct account *account, str desk, str text)
{
    struct draft *draft = calloc(1, sizeof *draft);
    char *copy = malloc(text.len + desk.len + 1);
    if (!draft || !copy) {
        free(draft);
        free(copy);
        return err_set(ERR_MEMORY, "out of memory for unfinished work");
    }
    memcpy(copy, text.ptr, text.len);
    memcpy(copy + text.len, desk.ptr, desk.len);
    *draft = (struct draft){.text = copy,
                            .len = text.len,
                            .desk = str_of(copy + text.len, desk.len),
                            .seq = identity->seq,
                            .until_us = clock_now_us() + kept_us,
                            .next = account->drafts};
    account->drafts = draft;
    identity->draft_bytes += text.len + desk.len;
    return OK;
}

static enum err put(struct identity *identity, const struct actor *actor, str text)
{
    struct account *account = find_account(identity, actor->officer);
    const struct terminal *terminal = terminal_of(account, actor);
    if (!terminal)
        return err_set(ERR_DENIED, "unfinished work is kept at shared terminals only");
    drop(identity, account, terminal->facts.unit);
    if (!text.len)
        return OK;
    if (identity->draft_bytes + text.len > bytes_max)
        drop_all(identity);
    if (identity->draft_bytes + text.len > bytes_max)
        return err_set(ERR_BUSY, "there is no more room for unfinished work");
    return keep(identity, account, terminal->facts.unit, text);
}

enum err identity_draft_put(struct identity *identity, const struct actor *actor, str text)
{
    if (text.len > DRAFT_MAX)
        return err_set(ERR_LIMIT, "unfinished work of more than %d bytes", DRAFT_MAX);
    pthread_mutex_lock(&identity->sessions_lock);
    pthread_rwlock_rdlock(&identity->lock);
    enum err code = put(identity, actor, text);
    pthread_rwlock_unlock(&identity->lock);
    pthread_mutex_unlock(&identity->sessions_lock);
    return code;
}

enum err identity_draft_get(struct identity *identity, const struct actor *actor,
                            struct arena *arena, str *ret)
{
    enum err code = OK;
    *ret = STR_EMPTY;
    pthread_mutex_lock(&identity->sessions_lock);
    pthread_rwlock_rdlock(&identity->lock);
    struct account *account = find_account(identity, actor->officer);
    const struct terminal *terminal = terminal_of(account, actor);
    if (terminal)
        drop(identity, account, STR_EMPTY);
    else
        code = err_set(ERR_DENIED, "unfinished work is kept at shared terminals only");
    for (const struct draft *one = terminal ? account->drafts : NULL; one; one = one->next)
        if (str_eq(one->desk, terminal->facts.unit))
            *ret = arena_str(arena, str_of(one->text, one->len));
    pthread_rwlock_unlock(&identity->lock);
    pthread_mutex_unlock(&identity->sessions_lock);
    return code;
}
