/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What officers sign in with. Tokens and certificates are kept as hashes of 256 random bits or of a
 * key: there is nothing to guess. A token can be limited to less than its officer may, and is so
 * wherever it is used; nothing makes it more.
 */
#include <stdlib.h>

#include "crypto/signin.h"
#include "identity/internal.h"

enum { DAYS_MAX = 366 };

static const char *const token_keys[] = {"label", "rights", "purposes", "databases"};
static const int64_t day_us = (int64_t)86400 * 1000000;

void credential_show(const struct identity *identity, const struct credential *credential,
                     struct arena *arena, struct identity_credential *ret)
{
    const struct credential_facts *facts = &credential->facts;
    *ret = (struct identity_credential){.id = {identity->home, credential->number},
                                        .officer = arena_str(arena, facts->officer),
                                        .kind = str_c(credential_words[facts->kind]),
                                        .label = arena_str(arena, facts->label),
                                        .created_us = facts->created_us,
                                        .expires_us = facts->expires_us,
                                        .suspect_us = facts->suspect_us,
                                        .is_scoped = facts->is_scoped,
                                        .rights = facts->rights,
                                        .listed = facts->listed};
}

static bool may_see(const struct identity *identity, const struct actor *by,
                    const struct account *account)
{
    return account_is_there(account) &&
           (str_eq(by->officer, account->id) || reaches_account(identity, by, account));
}

static size_t count_credentials(const struct account *account)
{
    size_t count = 0;
    for (const struct credential *one = account->credentials; one; one = one->next)
        count++;
    return count;
}

enum err identity_credentials(struct identity *identity, const struct actor *by, str officer,
                              struct arena *arena, struct identity_credential **ret,
                              size_t *ret_count)
{
    enum err code = OK;
    size_t count = 0;
    pthread_rwlock_rdlock(&identity->lock);
    const struct account *account = find_account(identity, officer);
    if (!may_see(identity, by, account))
        code = not_there("officer", officer);
    size_t max = code ? 0 : count_credentials(account);
    struct identity_credential *list = arena_array(arena, struct identity_credential, max);
    if (!code && !list)
        code = err_last()->code;
    for (const struct credential *one = code ? NULL : account->credentials; one; one = one->next)
        credential_show(identity, one, arena, &list[count++]);
    pthread_rwlock_unlock(&identity->lock);
    if (code)
        return code;
    *ret = list;
    *ret_count = count;
    return OK;
}

/* ---- a token of one's own ---- */

static bool is_limiting(const struct node *fields)
{
    return node_get(fields, S("rights")) || node_get(fields, S("purposes")) ||
           node_get(fields, S("databases"));
}

enum err credential_commit(struct identity *identity, const struct actor *by, struct node *fields,
                           struct arena *arena, struct identity_credential *ret)
{
    struct committed done;
    struct writing writing = {.change = {.number = 0}};
    const struct account *account = find_account(identity, by->officer);
    if (!account_is_there(account))
        return err_set(ERR_DENIED, "%.*s is no officer of this node", STR(by->officer));
    if (count_credentials(account) >= CREDENTIALS_MAX)
        return err_set(ERR_LIMIT, "an officer has at most %d credentials", CREDENTIALS_MAX);
    struct heading heading = {.definition = "credential",
                              .owner = account->country,
                              .by = by->officer};
    enum err code = writing_put(identity, &writing, &heading, fields, arena);
    if (!code)
        code = writings_commit(identity, &writing, 1, &done);
    writing_release(&writing);
    if (!code)
        credential_show(identity, find_credential(identity, done.id.number), arena, ret);
    return code;
}

enum err identity_token_new(struct identity *identity, const struct actor *by, unsigned days,
                            const struct node *given, struct arena *arena,
                            struct identity_credential *ret, char ret_token[TOKEN_TEXT])
{
    char token[TOKEN_TEXT];
    struct hash hash;
    int64_t now_us = clock_now_us();
    if (days == 0 || days > DAYS_MAX) {
        err_set(ERR_BAD_VALUE, "a token lasts from 1 to %d days, not %u", DAYS_MAX, days);
        return err_field("days");
    }
    TRY(check_databases(identity->catalog, node_get(given, S("databases"))));
    token_new(token);
    sha256(str_c(token), &hash);
    struct node *fields =
        token_fields(arena, by->officer, CREDENTIAL_TOKEN, &hash, now_us, now_us + days * day_us);
    struct node *limits = copy_fields(given, token_keys, COUNT_OF(token_keys), arena);
    node_each(limit, limits) node_put(fields, limit->key, node_copy(arena, limit));
    if (is_limiting(given))
        node_put_bool(arena, fields, S("is_scoped"), true);
    pthread_mutex_lock(&identity->changing);
    enum err code = credential_commit(identity, by, fields, arena, ret);
    pthread_mutex_unlock(&identity->changing);
    if (!code)
        memcpy(ret_token, token, sizeof token);
    wipe(token, sizeof token);
    return code;
}

/* ---- taking away ---- */

enum err identity_revoke(struct identity *identity, const struct actor *by, struct record_id id)
{
    char text[RECORD_ID_TEXT];
    struct writing writing;
    pthread_mutex_lock(&identity->changing);
    const struct credential *credential =
        id.home == identity->home ? find_credential(identity, id.number) : NULL;
    enum err code = OK;
    if (!credential || !may_see(identity, by, credential->account))
        code = not_there("credential", str_c(record_id_format(id, text)));
    if (!code) {
        writing_erase(&writing, id.number, "credential", by->officer);
        code = writings_commit(identity, &writing, 1, NULL);
    }
    pthread_mutex_unlock(&identity->changing);
    return code;
}
