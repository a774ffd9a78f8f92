/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grants: more than an officer has otherwise, for a time. An administrator gives them within his
 * reach and within what the officer's unit may, never to himself. In an emergency an officer takes
 * one himself, with a reason, for an hour at most, for the records of one owner: it is in force at
 * once, the owner's people see it in their list, and it stands in the list of open ones until
 * somebody who is not its officer has reviewed it.
 */
#include <stdlib.h>

#include "identity/internal.h"

enum { REASON_MIN = 10, REASON_MAX = 500, OPEN_MAX = 32 };

static const char *const grant_keys[] = {"officer",   "roles", "rights", "purposes",
                                         "databases", "from",  "until",  "reason"};
static const char *const glass_keys[] = {"of", "purposes", "databases", "reason"};
static const int64_t ordinary_us = (int64_t)90 * 86400 * 1000000;

static bool is_in_force(const struct grant_facts *facts, int64_t now_us)
{
    return now_us >= facts->from_us && now_us < facts->until_us;
}

static void show(const struct identity *identity, const struct grant *grant, struct arena *arena,
                 struct identity_grant *ret)
{
    const struct grant_facts *facts = &grant->facts;
    const struct account *account = grant->account;
    *ret = (struct identity_grant){.id = {identity->home, grant->number},
                                   .version = grant->version,
                                   .officer = arena_str(arena, facts->officer),
                                   .unit = arena_str(arena, account->facts.unit),
                                   .country = arena_str(arena, account->country),
                                   .kind = facts->is_break_glass ? S("break-glass") : S("ordinary"),
                                   .of = arena_str(arena, facts->of),
                                   .reason = arena_str(arena, facts->reason),
                                   .given_by = arena_str(arena, facts->given_by),
                                   .reviewed_by = arena_str(arena, facts->reviewed_by),
                                   .review = arena_str(arena, facts->review),
                                   .from_us = facts->from_us,
                                   .until_us = facts->until_us,
                                   .reviewed_us = facts->reviewed_us,
                                   .roles = facts->roles,
                                   .rights = facts->rights,
                                   .listed = facts->listed,
                                   .is_in_force = is_in_force(facts, clock_now_us())};
}

static enum err check_reason(str reason)
{
    if (reason.len >= REASON_MIN && reason.len <= REASON_MAX)
        return OK;
    err_set(reason.len ? ERR_BAD_VALUE : ERR_MISSING, "a grant has a reason of %d to %d bytes",
            REASON_MIN, REASON_MAX);
    return err_field("reason");
}

static enum err check_open(const struct account *account)
{
    size_t count = 0;
    int64_t now_us = clock_now_us();
    for (const struct grant *one = account->grants; one; one = one->next)
        count += one->facts.until_us > now_us;
    return count < OPEN_MAX ? OK
                            : err_set(ERR_LIMIT, "officer %.*s has %d grants already",
                                      STR(account->id), OPEN_MAX);
}

static enum err commit_grant(struct identity *identity, const struct account *account, str by,
                             struct node *fields, struct arena *arena, struct identity_grant *ret)
{
    struct committed done;
    struct writing writing = {.change = {.number = 0}};
    struct heading heading = {.definition = "grant", .owner = account->country, .by = by};
    enum err code = writing_put(identity, &writing, &heading, fields, arena);
    if (!code)
        code = writings_commit(identity, &writing, 1, &done);
    writing_release(&writing);
    if (!code)
        show(identity, find_grant(identity, done.id.number), arena, ret);
    return code;
}

/* ---- given by an administrator ---- */

static enum err check_window(const struct grant_facts *facts, int64_t now_us)
{
    if (facts->until_us > now_us && facts->until_us > facts->from_us &&
        facts->until_us - facts->from_us <= ordinary_us)
        return OK;
    err_set(ERR_BAD_VALUE, "a grant ends after it begins, in the future, and within 90 days; times "
                           "are written 2026-11-22T10:42:03Z");
    return err_field("until");
}

/* With every other grant that is or will be in force, and what he has anyway. */
static enum err check_rights(const struct account *account, const struct grant_facts *facts,
                             int64_t now_us)
{
    unsigned both = RIGHT_ADMINISTER | RIGHT_AUDIT;
    unsigned rights = account->facts.rights | facts->rights;
    for (const struct grant *one = account->grants; one; one = one->next)
        if (one->facts.until_us > now_us)
            rights |= one->facts.rights;
    if ((rights & both) != both)
        return OK;
    err_set(ERR_DENIED, "nobody is administrator and auditor in one");
    return err_field("may");
}

static enum err check_grant(struct identity *identity, const struct actor *by,
                            const struct account *account, const struct grant_facts *facts)
{
    int64_t now_us = clock_now_us();
    struct officer_facts as_officer = {.unit = account->facts.unit,
                                       .roles = facts->roles,
                                       .rights = facts->rights,
                                       .listed = facts->listed};
    if (str_eq(by->officer, account->id))
        return err_set(ERR_DENIED, "officer %.*s cannot grant himself anything", STR(by->officer));
    TRY(check_reason(facts->reason));
    TRY(check_window(facts, now_us));
    TRY(check_open(account));
    TRY(check_rights(account, facts, now_us));
    if (!facts->roles && !facts->rights && !facts->listed.purposes && !facts->listed.is_limited)
        return err_set(ERR_MISSING, "the grant grants nothing: roles, rights, purposes, databases");
    return officer_fields_check(identity, by, account->country, &as_officer);
}

static enum err give(struct identity *identity, const struct actor *by, const struct node *given,
                     struct arena *arena, struct identity_grant *ret)
{
    struct grant_facts facts;
    struct node *fields = copy_fields(given, grant_keys, COUNT_OF(grant_keys), arena);
    if (!node_get(fields, S("from")))
        put_moment(arena, fields, S("from"), clock_now_us());
    node_put_text(arena, fields, S("kind"), S("ordinary"));
    node_put_text(arena, fields, S("given_by"), by->officer);
    read_grant(identity->catalog, fields, &facts);
    const struct account *account = find_account(identity, facts.officer);
    if (!reaches_account(identity, by, account))
        return not_there("officer", facts.officer);
    TRY(check_databases(identity->catalog, node_get(fields, S("databases"))));
    TRY(check_grant(identity, by, account, &facts));
    return commit_grant(identity, account, by->officer, fields, arena, ret);
}

enum err identity_grant_new(struct identity *identity, const struct actor *by,
                            const struct node *fields, struct arena *arena,
                            struct identity_grant *ret)
{
    pthread_mutex_lock(&identity->changing);
    enum err code = give(identity, by, fields, arena, ret);
    pthread_mutex_unlock(&identity->changing);
    return code;
}

/* ---- taken in an emergency ---- */

static enum err take(struct identity *identity, const struct actor *by, unsigned minutes,
                     const struct node *given, struct arena *arena, struct identity_grant *ret)
{
    struct grant_facts facts;
    int64_t now_us = clock_now_us();
    struct node *fields = copy_fields(given, glass_keys, COUNT_OF(glass_keys), arena);
    node_put_text(arena, fields, S("officer"), by->officer);
    node_put_text(arena, fields, S("kind"), S("break-glass"));
    put_moment(arena, fields, S("from"), now_us);
    put_moment(arena, fields, S("until"), now_us + (int64_t)minutes * 60 * 1000000);
    node_put_text(arena, fields, S("given_by"), by->officer);
    read_grant(identity->catalog, fields, &facts);
    const struct account *account = find_account(identity, by->officer);
    if (!account_is_there(account))
        return err_set(ERR_DENIED, "%.*s is no officer of this node", STR(by->officer));
    TRY(check_reason(facts.reason));
    if (!facts.of.len) {
        err_set(ERR_MISSING, "whose records are needed is missing");
        return err_field("of");
    }
    TRY(check_open(account));
    TRY(check_databases(identity->catalog, node_get(fields, S("databases"))));
    return commit_grant(identity, account, by->officer, fields, arena, ret);
}

enum err identity_break_glass(struct identity *identity, const struct actor *by, unsigned minutes,
                              const struct node *fields, struct arena *arena,
                              struct identity_grant *ret)
{
    if (by->is_integrating)
        return err_set(ERR_DENIED, "a system breaks no glass; its officers do");
    if (minutes == 0 || minutes > BREAK_GLASS_MINUTES_MAX) {
        err_set(ERR_BAD_VALUE, "it lasts from 1 to %d minutes, not %u", BREAK_GLASS_MINUTES_MAX,
                minutes);
        return err_field("minutes");
    }
    pthread_mutex_lock(&identity->changing);
    enum err code = take(identity, by, minutes, fields, arena, ret);
    pthread_mutex_unlock(&identity->changing);
    return code;
}

/* ---- seen, ended, reviewed ---- */

/* Those who look after the records of an owner: its bureau, auditor, data-protection officer. */
static bool looks_after(const struct identity *identity, const struct actor *by, str country)
{
    uint64_t roles = role_bit(identity->catalog, "national-bureau") |
                     role_bit(identity->catalog, "data-protection") |
                     role_bit(identity->catalog, "auditor");
    return is_at_machine(by) || (country.len && str_eq(by->country, country) &&
                                 (by->roles & roles || by->may_audit || by->may_administer));
}

static bool may_see(const struct identity *identity, const struct actor *by,
                    const struct grant *grant)
{
    if (str_eq(by->officer, grant->account->id) || reaches_account(identity, by, grant->account))
        return true;
    return grant->facts.is_break_glass && (looks_after(identity, by, grant->facts.of) ||
                                           looks_after(identity, by, grant->account->country));
}

/* NULL: there is none, or it is not for him to see. */
static const struct grant *find_seen(const struct identity *identity, const struct actor *by,
                                     struct record_id id)
{
    const struct grant *grant = id.home == identity->home ? find_grant(identity, id.number) : NULL;
    return grant && may_see(identity, by, grant) ? grant : NULL;
}

static enum err no_grant(struct record_id id)
{
    char text[RECORD_ID_TEXT];
    return not_there("grant", str_c(record_id_format(id, text)));
}

static enum err write_again(struct identity *identity, const struct actor *by,
                            const struct grant *grant, str key, str text, str moment_key,
                            struct arena *arena)
{
    struct node *fields;
    struct stored stored;
    struct writing writing = {.change = {.number = 0}};
    TRY(read_fields_of(identity, grant->number, arena, &fields, &stored));
    struct node *next = node_map(arena);
    node_each(field, fields) if (!str_eq(field->key, key) && !str_eq(field->key, moment_key))
        node_put(next, field->key, node_copy(arena, field));
    if (key.len) {
        node_put_text(arena, next, key, text);
        node_put_text(arena, next, S("reviewed_by"), by->officer);
    }
    put_moment(arena, next, moment_key, clock_now_us());
    struct heading heading = {.definition = "grant",
                              .owner = stored.owner,
                              .by = by->officer,
                              .number = grant->number,
                              .version = stored.version};
    enum err code = writing_put(identity, &writing, &heading, next, arena);
    if (!code)
        code = writings_commit(identity, &writing, 1, NULL);
    writing_release(&writing);
    return code;
}

static enum err end(struct identity *identity, const struct actor *by, struct record_id id,
                    struct arena *arena)
{
    struct writing writing;
    int64_t now_us = clock_now_us();
    const struct grant *grant = find_seen(identity, by, id);
    if (!grant)
        return no_grant(id);
    if (!str_eq(by->officer, grant->account->id) && !reaches_account(identity, by, grant->account))
        return err_set(ERR_DENIED, "officer %.*s does not administer officer %.*s",
                       STR(by->officer), STR(grant->account->id));
    if (grant->facts.until_us <= now_us)
        return err_set(ERR_CONFLICT, "the grant is over already");
    if (grant->facts.from_us <= now_us)
        return write_again(identity, by, grant, STR_EMPTY, STR_EMPTY, S("until"), arena);
    writing_state(&writing, grant->number, "grant", grant->account->country, STATE_CANCELLED,
                  by->officer); /* it never began */
    return writings_commit(identity, &writing, 1, NULL);
}

enum err identity_grant_end(struct identity *identity, const struct actor *by, struct record_id id)
{
    struct arena arena = {0};
    pthread_mutex_lock(&identity->changing);
    enum err code = end(identity, by, id, &arena);
    pthread_mutex_unlock(&identity->changing);
    arena_release(&arena);
    return code;
}

static enum err review(struct identity *identity, const struct actor *by, struct record_id id,
                       str words, struct arena *arena, struct identity_grant *ret)
{
    const struct grant *grant = find_seen(identity, by, id);
    if (!grant)
        return no_grant(id);
    if (!grant->facts.is_break_glass)
        return err_set(ERR_CONFLICT, "only what was taken in an emergency is reviewed");
    if (str_eq(by->officer, grant->account->id))
        return err_set(ERR_DENIED, "officer %.*s cannot review himself", STR(by->officer));
    if (grant->facts.reviewed_us)
        return err_set(ERR_CONFLICT, "it was reviewed by %.*s", STR(grant->facts.reviewed_by));
    if (!words.len || words.len > REASON_MAX) {
        err_set(ERR_MISSING, "a review says in words what it found, in %d bytes at most",
                REASON_MAX);
        return err_field("review");
    }
    TRY(write_again(identity, by, grant, S("review"), words, S("reviewed_at"), arena));
    show(identity, find_grant(identity, id.number), arena, ret);
    return OK;
}

enum err identity_grant_review(struct identity *identity, const struct actor *by,
                               struct record_id id, str words, struct arena *arena,
                               struct identity_grant *ret)
{
    pthread_mutex_lock(&identity->changing);
    enum err code = review(identity, by, id, words, arena, ret);
    pthread_mutex_unlock(&identity->changing);
    return code;
}

static int compare_grants(const void *a, const void *b)
{
    const struct identity_grant *left = a, *right = b;
    return left->from_us < right->from_us ? 1 : left->from_us > right->from_us ? -1 : 0;
}

enum err identity_grants(struct identity *identity, const struct actor *by, struct arena *arena,
                         struct identity_grant **ret, size_t *ret_count)
{
    size_t count = 0;
    pthread_rwlock_rdlock(&identity->lock);
    struct identity_grant *list = arena_array(arena, struct identity_grant, identity->grants.count);
    for (size_t i = 0; list && i < identity->grants.slot_count; i++)
        for (struct link *link = identity->grants.slots[i]; link; link = link->next)
            if (may_see(identity, by, (struct grant *)link))
                show(identity, (struct grant *)link, arena, &list[count++]);
    pthread_rwlock_unlock(&identity->lock);
    if (!list)
        return err_last()->code;
    qsort(list, count, sizeof *list, compare_grants);
    *ret = list;
    *ret_count = count;
    return OK;
}
