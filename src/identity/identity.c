/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing, and what the node itself does with officers. */
#include "identity/identity.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/signin.h"
#include "identity/internal.h"

static void init_locks(struct identity *identity)
{
    pthread_rwlock_init(&identity->lock, NULL);
    pthread_mutex_init(&identity->changing, NULL);
    pthread_mutex_init(&identity->sessions_lock, NULL);
    for (size_t i = 0; i < COUNT_OF(identity->hashing); i++)
        pthread_mutex_init(&identity->hashing[i], NULL);
}

static enum err open_passwords(struct identity *identity, const char *directory)
{
    char common[4096], breached[4096];
    snprintf(common, sizeof common, "%.*s/codes/passwords.txt", STR(identity->catalog->home));
    snprintf(breached, sizeof breached, "%.4000s/breached.txt", directory);
    return password_list_open(common, breached, &identity->refused);
}

static enum err open_parts(struct identity *identity, const char *directory)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/identity.key", directory);
    TRY(secret_key_load(path, &identity->key));
    TRY(open_passwords(identity, directory));
    TRY(throttle_new(&identity->throttle));
    TRY(challenges_new(&identity->challenges));
    TRY(roll_fill(identity));
    return take_in_file(identity, directory);
}

enum err identity_open(const char *directory, const struct catalog *catalog, struct store *store,
                       struct identity **ret)
{
    struct identity *identity = calloc(1, sizeof *identity);
    if (!identity)
        return err_set(ERR_MEMORY, "out of memory for officers");
    int64_t now_us = clock_now_us();
    identity->catalog = catalog;
    identity->store = store;
    identity->home = store_home(store);
    identity->roles = codes_list(catalog->codes, S("audiences"));
    identity->integrating = role_bit(catalog, "integrating-system");
    identity->open_step = now_us > 0 ? (uint64_t)now_us / 1000000 / TOTP_STEP_S : 0;
    init_locks(identity);
    enum err code = identity->roles ? open_parts(identity, directory)
                                    : err_set(ERR_MISSING, "codes/audiences.csv is missing");
    if (code) {
        identity_close(identity);
        return code;
    }
    *ret = identity;
    return OK;
}

void identity_close(struct identity *identity)
{
    if (!identity)
        return;
    for (struct session *one = identity->newest, *older; one; one = older) {
        older = one->older;
        free(one);
    }
    table_release(&identity->sessions);
    roll_release(identity);
    terminals_release(identity);
    challenges_free(identity->challenges);
    throttle_free(identity->throttle);
    password_list_free(identity->refused);
    pthread_rwlock_destroy(&identity->lock);
    pthread_mutex_destroy(&identity->changing);
    pthread_mutex_destroy(&identity->sessions_lock);
    for (size_t i = 0; i < COUNT_OF(identity->hashing); i++)
        pthread_mutex_destroy(&identity->hashing[i]);
    wipe(&identity->key, sizeof identity->key);
    free(identity);
}

/* ---- by the node itself ---- */

static const struct actor node_itself = {.officer = {"node", 4},
                                         .role = {"administrator", 13},
                                         .may_administer = true};

const struct actor identity_two_holders = {.officer = {"two-holders", 11},
                                           .role = {"administrator", 13},
                                           .purpose = UINT16_MAX,
                                           .purposes = ~(purpose_set)0,
                                           .may_administer = true};

void identity_need_two(struct identity *identity, bool is_needed)
{
    atomic_store(&identity->needs_two, is_needed);
}

static struct node *fields_of(struct identity *identity, const struct actor *officer,
                              struct arena *arena)
{
    struct node *fields = node_map(arena);
    struct node *roles = node_list(arena);
    struct node *rights = node_list(arena);
    struct node *purposes = node_list(arena);
    const bool has[] = {officer->may_write, officer->may_administer, officer->may_audit};
    node_put_text(arena, fields, S("unit"), officer->unit);
    node_add(roles, node_text(arena, officer->role));
    node_put(fields, S("roles"), roles);
    for (size_t i = 0; i < COUNT_OF(has); i++)
        if (has[i])
            node_add(rights, node_text(arena, str_c(right_words[i])));
    node_put(fields, S("rights"), rights);
    for (unsigned i = 0; i < PURPOSE_MAX && officer->purposes != ~(purpose_set)0; i++)
        if (officer->purposes >> i & 1 && purpose_code(identity->catalog, (uint16_t)i).len)
            node_add(purposes, node_text(arena, purpose_code(identity->catalog, (uint16_t)i)));
    node_put(fields, S("purposes"), purposes);
    if (officer->purposes == ~(purpose_set)0)
        node_put_bool(arena, fields, S("all_purposes"), true);
    return fields;
}

static enum err add(struct identity *identity, const struct actor *officer, const struct hash *key,
                    char ret_token[TOKEN_TEXT])
{
    struct arena arena = {0};
    struct identity_officer_change change = {.id = officer->officer,
                                             .country = officer->country,
                                             .fields = fields_of(identity, officer, &arena),
                                             .state = STATE_ACTIVE,
                                             .key = key,
                                             .has_token = !key};
    enum err code = identity_officer_put(identity, &node_itself, &change, &arena, ret_token);
    arena_release(&arena);
    return code;
}

enum err identity_add(struct identity *identity, const struct actor *officer,
                      char ret_token[TOKEN_TEXT])
{
    return add(identity, officer, NULL, ret_token);
}

enum err identity_add_key(struct identity *identity, const struct actor *officer,
                          const struct hash *key)
{
    char unused[TOKEN_TEXT];
    return add(identity, officer, key, unused);
}

enum err identity_remove(struct identity *identity, str id)
{
    return identity_officer_remove(identity, &node_itself, id);
}

bool identity_is_hub(struct identity *identity, const struct actor *actor)
{
    pthread_rwlock_rdlock(&identity->lock);
    bool is_hub = is_of_hub(identity, actor);
    pthread_rwlock_unlock(&identity->lock);
    return is_hub;
}

size_t identity_count(struct identity *identity)
{
    pthread_rwlock_rdlock(&identity->lock);
    size_t count = identity->officer_count;
    pthread_rwlock_unlock(&identity->lock);
    return count;
}

bool identity_has_administrator(struct identity *identity)
{
    bool has = false;
    pthread_rwlock_rdlock(&identity->lock);
    for (size_t i = 0; !has && i < identity->accounts.slot_count; i++)
        for (struct link *link = identity->accounts.slots[i]; link; link = link->next) {
            const struct account *account = (const struct account *)link;
            has |= account_is_there(account) && account->state == STATE_ACTIVE &&
                   account->facts.rights & RIGHT_ADMINISTER && account->credentials;
        }
    pthread_rwlock_unlock(&identity->lock);
    return has;
}
