/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Officers and systems: entered, changed, removed, listed. What is entered must lie within what the
 * unit may; nobody changes himself; whoever administers does not audit. The node itself alone may
 * make an officer who does both (a demonstration of one officer; whoever is at the machine has both
 * by the nature of things).
 */
#include <stdlib.h>

#include "crypto/signin.h"
#include "identity/internal.h"

enum { ID_MAX = 64, OFFICER_MAX = 1000000, LIST_BYTES_MAX = 512 << 20 };

static const int64_t lifetime_us = (int64_t)365 * 86400 * 1000000;
static const char *const officer_keys[] = {"unit",         "roles",     "rights",   "purposes",
                                           "all_purposes", "databases", "own_names"};

bool identity_id_is_good(str id)
{
    for (size_t i = 0; i < id.len; i++)
        if (!is_alnum(id.ptr[i]) && !strchr("._-/", id.ptr[i]))
            return false;
    return id.len > 0 && id.len <= ID_MAX;
}

static bool is_node(const struct actor *by)
{
    return is_at_machine(by) && str_eq(by->officer, S("node"));
}

/* ---- may this administrator enter such an officer ---- */

static enum err check_roles(struct identity *identity, const struct actor *by,
                            const struct officer_facts *facts)
{
    uint64_t own = role_bit(identity->catalog, "system");
    uint64_t of_hub = role_bit(identity->catalog, "hub");
    if (facts->roles & own) {
        err_set(ERR_DENIED, "system is the node itself; a system that asks for officers has the "
                            "role integrating-system");
        return err_field("role");
    }
    if (facts->roles & of_hub && !is_at_machine(by) && !is_of_hub(identity, by)) {
        err_set(ERR_DENIED, "the role hub is given by a hub's administrator");
        return err_field("role");
    }
    return OK;
}

enum err officer_fields_check(struct identity *identity, const struct actor *by, str country,
                              const struct officer_facts *facts)
{
    const struct unit *unit = facts->unit.len ? find_unit(identity, facts->unit) : NULL;
    unsigned both = RIGHT_ADMINISTER | RIGHT_AUDIT;
    bool is_known = unit && unit->is_known;
    TRY(check_roles(identity, by, facts));
    if (is_known && !str_eq(unit->country, country))
        return err_set(ERR_DENIED, "the unit %.*s is of %.*s, not of %.*s", STR(facts->unit),
                       STR(unit->country), STR(country));
    if (!reaches_unit(identity, by, country, unit))
        return err_set(ERR_DENIED, "officer %.*s does not administer %.*s of %.*s",
                       STR(by->officer), STR(facts->unit), STR(country));
    TRY(check_not_alone(identity, by, facts->rights));
    if ((facts->rights & both) == both && !is_node(by)) {
        err_set(ERR_DENIED, "nobody is administrator and auditor in one");
        return err_field("may");
    }
    const struct identity_scope *limit = scope_of_unit(unit);
    bool has_all = facts->listed.purposes == ~(purpose_set)0; /* all of the unit's */
    struct identity_scope asked = facts->listed;
    if (has_all)
        asked.purposes &= limit->purposes;
    if (scope_is_within(&asked, limit))
        return OK;
    return err_set(ERR_DENIED,
                   "that is more than the unit %.*s may: its purposes and databases, "
                   "and those of the units above, set the limit",
                   STR(facts->unit));
}

/* ---- entering ---- */

void token_new(char out[TOKEN_TEXT])
{
    static const char prefix[] = "bureau_";
    char secret[SECRET_TEXT];
    _Static_assert(sizeof prefix - 1 + sizeof secret <= TOKEN_TEXT, "a token has its room");
    secret_new(secret);
    memcpy(out, prefix, sizeof prefix); /* each with its NUL */
    memcpy(out + sizeof prefix - 1, secret, sizeof secret);
    wipe(secret, sizeof secret);
}

struct node *token_fields(struct arena *arena, str officer, enum credential_kind kind,
                          const struct hash *hash, int64_t now_us, int64_t expires_us)
{
    char hex[2 * HASH_SIZE + 1];
    struct node *fields = node_map(arena);
    hex_encode(hash->bytes, HASH_SIZE, hex);
    node_put_text(arena, fields, S("officer"), officer);
    node_put_text(arena, fields, S("kind"), str_c(credential_words[kind]));
    node_put_text(arena, fields, S("hash"), arena_str(arena, str_c(hex)));
    put_moment(arena, fields, S("created"), now_us);
    put_moment(arena, fields, S("expires"), expires_us);
    return fields;
}

static enum err check_new_id(struct identity *identity, str id)
{
    if (!identity_id_is_good(id)) {
        err_set(ERR_BAD_VALUE, "%.*s is not an officer's id: letters, digits and . _ - / up to 64",
                STR(str_slice(id, 0, 100)));
        return err_field("officer");
    }
    if (account_is_there(find_account(identity, id)))
        return err_set(ERR_CONFLICT, "officer %.*s is there already", STR(id));
    if (identity->officer_count >= OFFICER_MAX)
        return err_set(ERR_LIMIT, "at most %d officers", OFFICER_MAX);
    return OK;
}

static bool key_is_listed(const struct identity *identity, const struct hash *key)
{
    struct link *link = table_first(&identity->hashes, hash_start(key));
    for (; link; link = table_next(link)) {
        const struct credential *one =
            (const struct credential *)((char *)link - offsetof(struct credential, hash_link));
        if (one->facts.kind == CREDENTIAL_CERTIFICATE &&
            memcmp(one->hash.bytes, key->bytes, HASH_SIZE) == 0)
            return true;
    }
    return false;
}

enum err writing_officer(struct identity *identity, struct writing *writing, str country, str by,
                         struct node *fields, struct arena *arena)
{
    struct heading heading = {.definition = "officer", .owner = country, .by = by};
    return writing_put(identity, writing, &heading, fields, arena);
}

static enum err commit_new(struct identity *identity, const struct actor *by,
                           const struct identity_officer_change *change, struct node *fields,
                           struct arena *arena, char ret_token[TOKEN_TEXT])
{
    struct writing writings[2] = {{.change = {.number = 0}}};
    size_t count = 1;
    int64_t now_us = clock_now_us();
    struct hash hash = {{0}};
    char token[TOKEN_TEXT] = "";
    if (change->key)
        hash = *change->key;
    else if (change->has_token) {
        token_new(token);
        sha256(str_c(token), &hash);
    }
    enum err code =
        writing_officer(identity, &writings[0], change->country, by->officer, fields, arena);
    if (!code && (change->key || change->has_token)) {
        struct node *second =
            token_fields(arena, change->id, change->key ? CREDENTIAL_CERTIFICATE : CREDENTIAL_TOKEN,
                         &hash, now_us, now_us + lifetime_us);
        struct heading heading = {.definition = "credential",
                                  .owner = change->country,
                                  .by = by->officer};
        code = writing_put(identity, &writings[count++], &heading, second, arena);
    }
    if (!code)
        code = writings_commit(identity, writings, count, NULL);
    for (size_t i = 0; i < count; i++)
        writing_release(&writings[i]);
    if (!code)
        memcpy(ret_token, token, sizeof token);
    wipe(token, sizeof token);
    return code;
}

static enum err enter(struct identity *identity, const struct actor *by,
                      const struct identity_officer_change *change, struct arena *arena,
                      char ret_token[TOKEN_TEXT])
{
    struct officer_facts facts;
    struct node *fields = copy_fields(change->fields, officer_keys, COUNT_OF(officer_keys), arena);
    node_put_text(arena, fields, S("id"), change->id);
    read_officer(identity->catalog, fields, &facts);
    TRY(check_databases(identity->catalog, node_get(fields, S("databases"))));
    TRY(check_new_id(identity, change->id));
    TRY(officer_fields_check(identity, by, change->country, &facts));
    if (change->key && key_is_listed(identity, change->key))
        return err_set(ERR_CONFLICT, "this certificate's key is listed already");
    return commit_new(identity, by, change, fields, arena, ret_token);
}

/* ---- changing ---- */

static enum err not_himself(const struct actor *by, str id)
{
    if (!str_eq(by->officer, id) || is_at_machine(by))
        return OK;
    err_set(ERR_DENIED, "officer %.*s cannot change what he may himself", STR(id));
    return err_hint("another administrator does it");
}

static enum err reach_officer(struct identity *identity, const struct actor *by, str id,
                              struct account **ret)
{
    *ret = find_account(identity, id);
    return reaches_account(identity, by, *ret) ? OK : not_there("officer", id);
}

/* Purposes that are named take the place of all of them. */
static void merge_fields(struct node *fields, const struct node *changes, struct arena *arena)
{
    for (size_t i = 0; i < COUNT_OF(officer_keys); i++) {
        str key = str_c(officer_keys[i]);
        const struct node *next = node_get(changes, key);
        if (!next)
            continue;
        for (struct node *one = fields->first, **at = &fields->first; one;
             at = &one->next, one = one->next)
            if (str_eq(one->key, key)) {
                *at = one->next;
                fields->count--;
                if (fields->last == one) {
                    fields->last = fields->first;
                    while (fields->last && fields->last->next)
                        fields->last = fields->last->next;
                }
                break;
            }
        if (next->kind != NODE_LIST || next->count)
            node_put(fields, key, node_copy(arena, next));
    }
}

static enum err alter(struct identity *identity, const struct actor *by,
                      const struct identity_officer_change *change, struct arena *arena)
{
    struct account *account;
    struct officer_facts facts;
    struct node *fields;
    struct stored stored;
    struct writing writing = {.change = {.number = 0}};
    TRY(not_himself(by, change->id));
    TRY(reach_officer(identity, by, change->id, &account));
    TRY(read_fields_of(identity, account->number, arena, &fields, &stored));
    merge_fields(fields, change->fields, arena);
    read_officer(identity->catalog, fields, &facts);
    TRY(check_databases(identity->catalog, node_get(fields, S("databases"))));
    TRY(officer_fields_check(identity, by, account->country, &facts));
    if (change->state != STATE_ACTIVE && change->state != STATE_SUSPENDED)
        return err_set(ERR_BAD_VALUE, "an officer is active or suspended");
    struct heading heading = {.definition = "officer",
                              .owner = account->country,
                              .by = by->officer,
                              .number = account->number,
                              .version = change->version,
                              .state = change->state};
    enum err code = writing_put(identity, &writing, &heading, fields, arena);
    if (!code)
        code = writings_commit(identity, &writing, 1, NULL);
    writing_release(&writing);
    return code;
}

enum err identity_officer_put(struct identity *identity, const struct actor *by,
                              const struct identity_officer_change *change, struct arena *arena,
                              char ret_token[TOKEN_TEXT])
{
    ret_token[0] = 0;
    pthread_mutex_lock(&identity->changing);
    enum err code = change->version ? alter(identity, by, change, arena)
                                    : enter(identity, by, change, arena, ret_token);
    pthread_mutex_unlock(&identity->changing);
    return code;
}

/* ---- removing: whoever is given the id later inherits nothing ---- */

static size_t write_removal(const struct account *account, str by, struct writing *writings)
{
    size_t count = 0;
    writing_state(&writings[count++], account->number, "officer", account->country, STATE_CANCELLED,
                  by);
    for (const struct credential *one = account->credentials; one; one = one->next)
        writing_erase(&writings[count++], one->number, "credential", by);
    for (const struct grant *one = account->grants; one; one = one->next)
        writing_state(&writings[count++], one->number, "grant", account->country, STATE_CANCELLED,
                      by);
    for (const struct invitation *one = account->invitations; one; one = one->next)
        writing_erase(&writings[count++], one->number, "invitation", by);
    return count;
}

static enum err remove_account(struct identity *identity, const struct account *account, str by)
{
    size_t max = 1;
    for (const struct credential *one = account->credentials; one; one = one->next)
        max++;
    for (const struct grant *one = account->grants; one; one = one->next)
        max++;
    for (const struct invitation *one = account->invitations; one; one = one->next)
        max++;
    struct writing *writings = calloc(max, sizeof *writings);
    if (!writings)
        return err_set(ERR_MEMORY, "out of memory for %zu changes", max);
    size_t count = write_removal(account, by, writings);
    ensure(count == max);
    enum err code = writings_commit(identity, writings, count, NULL);
    free(writings);
    return code;
}

enum err identity_officer_remove(struct identity *identity, const struct actor *by, str id)
{
    struct account *account = NULL;
    pthread_mutex_lock(&identity->changing);
    enum err code = not_himself(by, id);
    if (!code)
        code = reach_officer(identity, by, id, &account);
    if (!code)
        code = remove_account(identity, account, by->officer);
    pthread_mutex_unlock(&identity->changing);
    return code;
}

/* ---- listing ---- */

static void show_account(const struct account *account, struct arena *arena,
                         struct identity_officer *ret)
{
    *ret = (struct identity_officer){.id = arena_str(arena, account->id),
                                     .unit = arena_str(arena, account->facts.unit),
                                     .country = arena_str(arena, account->country),
                                     .role = account->facts.role,
                                     .roles = account->facts.roles,
                                     .rights = account->facts.rights,
                                     .listed = account->facts.listed,
                                     .state = account->state,
                                     .version = account->version};
    for (const struct credential *one = account->credentials; one; one = one->next)
        ret->kinds |= 1u << one->facts.kind;
    for (const struct invitation *one = account->invitations; one; one = one->next)
        if (one->facts.until_us > ret->invited_until_us && one->facts.until_us > clock_now_us())
            ret->invited_until_us = one->facts.until_us;
}

static int compare_officers(const void *a, const void *b)
{
    return str_compare(((const struct identity_officer *)a)->id,
                       ((const struct identity_officer *)b)->id);
}

enum err identity_officers(struct identity *identity, const struct actor *by, str unit,
                           struct arena *arena, struct identity_officer **ret, size_t *ret_count)
{
    size_t count = 0;
    if (!arena->max_bytes)
        arena->max_bytes = LIST_BYTES_MAX;
    pthread_rwlock_rdlock(&identity->lock);
    struct identity_officer *list =
        arena_array(arena, struct identity_officer, identity->officer_count);
    for (size_t i = 0; list && i < identity->accounts.slot_count; i++)
        for (struct link *link = identity->accounts.slots[i]; link; link = link->next) {
            const struct account *account = (const struct account *)link;
            bool is_shown = by ? reaches_account(identity, by, account) : account_is_there(account);
            if (is_shown && (!unit.len || str_eq(unit, account->facts.unit)))
                show_account(account, arena, &list[count++]);
        }
    pthread_rwlock_unlock(&identity->lock);
    if (!list)
        return err_last()->code;
    qsort(list, count, sizeof *list, compare_officers);
    *ret = list;
    *ret_count = count;
    return OK;
}

enum err identity_officer_get(struct identity *identity, const struct actor *by, str id,
                              struct arena *arena, struct identity_officer *ret)
{
    pthread_rwlock_rdlock(&identity->lock);
    struct account *account = find_account(identity, id);
    bool is_reached = reaches_account(identity, by, account);
    if (is_reached)
        show_account(account, arena, ret);
    pthread_rwlock_unlock(&identity->lock);
    return is_reached ? OK : not_there("officer", id);
}

/* ---- his own names ---- */

enum err identity_own_names(struct identity *identity, str officer, struct arena *arena,
                            const struct node **ret)
{
    struct stored stored;
    struct node *fields;
    pthread_rwlock_rdlock(&identity->lock);
    const struct account *account = find_account(identity, officer);
    bool has_names = account_is_there(account) && account->facts.has_own_names;
    uint64_t number = has_names ? account->number : 0;
    pthread_rwlock_unlock(&identity->lock);
    *ret = NULL;
    if (!has_names)
        return OK;
    TRY(read_fields_of(identity, number, arena, &fields, &stored));
    const struct node *names = node_get(fields, S("own_names"));
    if (!names || names->kind == NODE_LIST) {
        *ret = names;
        return OK;
    }
    struct node *list = node_list(arena); /* one is kept without its list */
    node_add(list, node_copy(arena, names));
    *ret = list;
    return OK;
}
