/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before a credential ends: whoever holds it, and who administers him, see it in a list; and 30, 7
 * and 1 days ahead a record says so, of which src/flow makes a ticket of the holder's desk. Only
 * the step last passed is told, and none that lies before the credential was made: a token for a
 * week is told of a day ahead. Up to when was looked is a note in the store, so that nothing is
 * told twice or left out over a restart.
 */
#include <stdlib.h>

#include "identity/internal.h"

enum { ENDED_DAYS = 7, LISTED_MAX = 1000 };

static const int64_t day_us = (int64_t)86400 * 1000000, look_every_us = (int64_t)3600 * 1000000;
static const int step_days[] = {30, 7, 1};
static const str NOTE = {"credentials-reminded", 20};

typedef enum err visit_credential(void *context, const struct account *account,
                                  const struct credential *credential);

/* Those with an end of officers who are there. Under the lock. */
static enum err each_with_end(const struct identity *identity, visit_credential *visit,
                              void *context)
{
    for (size_t i = 0; i < identity->accounts.slot_count; i++)
        for (struct link *link = identity->accounts.slots[i]; link; link = link->next) {
            const struct account *account = (const struct account *)link;
            const struct credential *one = account_is_there(account) ? account->credentials : NULL;
            for (; one; one = one->next)
                if (one->facts.expires_us)
                    TRY(visit(context, account, one));
        }
    return OK;
}

/* The step passed last by then, in time; 0: none since it was made. */
static int64_t step_passed(const struct credential_facts *facts, int64_t now_us)
{
    int64_t last = 0;
    for (size_t i = 0; i < COUNT_OF(step_days); i++) {
        int64_t at = facts->expires_us - step_days[i] * day_us;
        if (at > facts->created_us && at <= now_us)
            last = at;
    }
    return last;
}

/* ---- the list ---- */

struct listing {
    const struct identity *identity;
    const struct actor *by;
    int64_t now_us;
    struct arena *arena;
    struct identity_credential *items;
    size_t count;
};

static enum err list_one(void *context, const struct account *account,
                         const struct credential *credential)
{
    struct listing *listing = context;
    const struct credential_facts *facts = &credential->facts;
    bool is_near = facts->expires_us > listing->now_us
                       ? step_passed(facts, listing->now_us) != 0
                       : facts->expires_us > listing->now_us - ENDED_DAYS * day_us;
    bool is_own = str_eq(listing->by->officer, account->id);
    if (is_near && listing->count < LISTED_MAX &&
        (is_own || reaches_account(listing->identity, listing->by, account)))
        credential_show(listing->identity, credential, listing->arena,
                        &listing->items[listing->count++]);
    return OK;
}

static int compare_ends(const void *a, const void *b)
{
    const struct identity_credential *one = a, *other = b;
    if (one->expires_us != other->expires_us)
        return one->expires_us < other->expires_us ? -1 : 1;
    return (one->id.number > other->id.number) - (one->id.number < other->id.number);
}

enum err identity_ending(struct identity *identity, const struct actor *by, struct arena *arena,
                         struct identity_credential **ret, size_t *ret_count)
{
    struct listing listing = {.identity = identity,
                              .by = by,
                              .now_us = clock_now_us(),
                              .arena = arena,
                              .items = arena_array(arena, struct identity_credential, LISTED_MAX)};
    if (!listing.items)
        return err_last()->code;
    pthread_rwlock_rdlock(&identity->lock);
    enum err code = each_with_end(identity, list_one, &listing);
    pthread_rwlock_unlock(&identity->lock);
    qsort(listing.items, listing.count, sizeof *listing.items, compare_ends);
    *ret = listing.items;
    *ret_count = listing.count;
    return code;
}

/* ---- telling ---- */

struct telling {
    const struct identity *identity;
    int64_t since_us, now_us;
    struct arena *arena;
    struct change *changes;
    size_t count;
};

/* Was a step passed since the last look? */
static bool has_passed(const struct telling *telling, const struct credential_facts *facts)
{
    return facts->expires_us > telling->now_us &&
           step_passed(facts, telling->now_us) > telling->since_us;
}

static enum err tell_one(void *context, const struct account *account,
                         const struct credential *credential)
{
    char id[RECORD_ID_TEXT];
    struct telling *telling = context;
    struct arena *arena = telling->arena;
    const struct identity *identity = telling->identity;
    if (!account->country.len || telling->count == LISTED_MAX ||
        !has_passed(telling, &credential->facts))
        return OK;
    const struct record_id number = {identity->home, credential->number};
    struct node *fields = node_map(arena);
    node_put_text(arena, fields, S("credential"),
                  arena_str(arena, str_c(record_id_format(number, id))));
    node_put_text(arena, fields, S("officer"), arena_str(arena, account->id));
    node_put_text(arena, fields, S("kind"), str_c(credential_words[credential->facts.kind]));
    put_moment(arena, fields, S("ends"), credential->facts.expires_us);
    return change_make(identity->catalog,
                       &(struct made){.definition = "credential-reminder",
                                      .owner = arena_str(arena, account->country),
                                      .unit = arena_str(arena, account->facts.unit),
                                      .actor = S("node"),
                                      .fields = fields},
                       arena, &telling->changes[telling->count++]);
}

static enum err read_since(const struct identity *identity, struct arena *arena, int64_t *ret)
{
    str text;
    *ret = 0;
    enum err code = store_note_get(identity->store, NOTE, arena, &text);
    if (!code && !str_to_i64(text, ret))
        *ret = 0;
    if (code == ERR_NOT_FOUND)
        err_clear();
    return code == ERR_NOT_FOUND ? OK : code;
}

static enum err tell_all(struct identity *identity, struct telling *telling)
{
    struct arena *arena = telling->arena;
    TRY(read_since(identity, arena, &telling->since_us));
    telling->changes = arena_array(arena, struct change, LISTED_MAX);
    struct committed *done = arena_array(arena, struct committed, LISTED_MAX);
    if (!telling->changes || !done)
        return err_last()->code;
    pthread_rwlock_rdlock(&identity->lock);
    enum err code = each_with_end(identity, tell_one, telling);
    pthread_rwlock_unlock(&identity->lock);
    TRY(code);
    if (telling->count)
        TRY(store_commit(identity->store, telling->changes, telling->count, true, done));
    str text = arena_printf(arena, "%lld", (long long)telling->now_us);
    return telling->now_us > telling->since_us ? store_note_put(identity->store, NOTE, text) : OK;
}

enum err identity_remind(struct identity *identity, int64_t now_us, size_t *ret_count)
{
    struct arena arena = {0};
    struct telling telling = {.identity = identity, .now_us = now_us, .arena = &arena};
    int64_t before = atomic_load(&identity->reminded_us);
    *ret_count = 0;
    if (before && now_us >= before && now_us < before + look_every_us)
        return OK;
    enum err code = tell_all(identity, &telling);
    if (!code)
        atomic_store(&identity->reminded_us, now_us);
    *ret_count = code ? 0 : telling.count;
    arena_release(&arena);
    return code;
}
