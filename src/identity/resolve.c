/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a credential to what its officer may do at this moment: the record, under the unit and all
 * above, with grants in force, within what a token was limited to, under the measures against the
 * country. Nothing is scanned: an officer's few grants and the node's few measures are gone over.
 */
#include <unistd.h>

#include "identity/internal.h"

static enum err nobody(const char *why)
{
    err_set(ERR_UNAUTHENTICATED, "%s", why);
    return err_hint("an administrator makes one with: bureau officer add");
}

static void add_databases(struct actor *actor, const struct identity_scope *granted,
                          const struct identity_scope *limit)
{
    for (size_t i = 0;
         actor->is_limited && granted->is_limited && i < COUNT_OF(limit->databases.bits); i++)
        actor->databases.bits[i] |= granted->databases.bits[i] &
                                    (limit->is_limited ? limit->databases.bits[i] : ~(uint64_t)0);
}

static void take_rights(struct actor *actor, unsigned rights)
{
    actor->may_write |= (rights & RIGHT_WRITE) != 0;
    actor->may_administer |= (rights & RIGHT_ADMINISTER) != 0;
    actor->may_audit |= (rights & RIGHT_AUDIT) != 0;
}

/* The country's own scope: of the highest unit of that country above. */
static const struct identity_scope *scope_of_country(const struct unit *unit)
{
    for (int depth = 0; unit && unit->above && unit->above->is_known && depth < 64 &&
                        str_eq(unit->above->country, unit->country);
         depth++)
        unit = unit->above;
    return scope_of_unit(unit);
}

static void apply_grants(const struct account *account, int64_t now_us, struct arena *arena,
                         struct actor *actor)
{
    for (const struct grant *grant = account->grants; grant; grant = grant->next) {
        const struct grant_facts *facts = &grant->facts;
        if (now_us < facts->from_us || now_us >= facts->until_us)
            continue;
        const struct identity_scope *limit =
            facts->is_break_glass ? scope_of_country(account->unit) : scope_of_unit(account->unit);
        actor->purposes |= facts->listed.purposes & limit->purposes;
        add_databases(actor, &facts->listed, limit);
        actor->roles |= facts->roles;
        take_rights(actor, facts->rights);
        if (facts->is_break_glass) {
            actor->is_break_glass = true;
            actor->break_glass_of = arena_str(arena, facts->of);
        }
    }
    /* Nobody is his own auditor: what a grant adds never makes both of one. */
    unsigned both = RIGHT_ADMINISTER | RIGHT_AUDIT;
    if (actor->may_administer && actor->may_audit && (account->facts.rights & both) != both)
        actor->may_audit = false;
}

static void limit_to(struct actor *actor, const struct credential_facts *facts)
{
    if (!facts->is_scoped)
        return;
    actor->purposes &= facts->listed.purposes;
    actor->may_write = actor->may_write && facts->rights & RIGHT_WRITE;
    actor->may_administer = actor->may_administer && facts->rights & RIGHT_ADMINISTER;
    actor->may_audit = actor->may_audit && facts->rights & RIGHT_AUDIT;
    if (!facts->listed.is_limited)
        return;
    for (size_t i = 0; i < COUNT_OF(actor->databases.bits); i++)
        actor->databases.bits[i] = facts->listed.databases.bits[i] &
                                   (actor->is_limited ? actor->databases.bits[i] : ~(uint64_t)0);
    actor->is_limited = true;
}

static void add_all(struct definition_set *set, const struct identity_scope *scope)
{
    for (size_t i = 0; i < COUNT_OF(set->bits); i++)
        set->bits[i] |= scope->is_limited ? scope->databases.bits[i] : ~(uint64_t)0;
}

static void apply_measures(const struct identity *identity, int64_t now_us, struct actor *actor)
{
    for (const struct measure *measure = identity->measures; measure; measure = measure->next) {
        const struct measure_facts *facts = &measure->facts;
        if (!str_eq(facts->country, actor->country) || now_us < facts->from_us ||
            (facts->until_us && now_us >= facts->until_us))
            continue;
        switch (facts->kind) {
        case MEASURE_READ_ONLY: add_all(&actor->read_only, &facts->listed); break;
        case MEASURE_SUSPENDED: add_all(&actor->suspended, &facts->listed); break;
        case MEASURE_APPROVAL: add_all(&actor->pre_approval, &facts->listed); break;
        case MEASURE_RATE:
            if (!actor->rate || facts->rate < actor->rate)
                actor->rate = facts->rate ? facts->rate : 1;
            break;
        }
    }
}

bool identity_has_measures(struct identity *identity)
{
    pthread_rwlock_rdlock(&identity->lock);
    bool has = identity->measures != NULL;
    pthread_rwlock_unlock(&identity->lock);
    return has;
}

void identity_measures_on(struct identity *identity, str country, struct actor *ret)
{
    *ret = (struct actor){.country = country, .purpose = UINT16_MAX};
    pthread_rwlock_rdlock(&identity->lock);
    apply_measures(identity, clock_now_us(), ret);
    pthread_rwlock_unlock(&identity->lock);
}

enum err account_resolve(struct identity *identity, const struct account *account,
                         const struct credential *credential, struct arena *arena,
                         struct actor *ret)
{
    int64_t now_us = clock_now_us();
    const struct unit *unit = account->unit;
    const struct identity_scope *limit = scope_of_unit(unit);
    if (!account->is_known || account->state != STATE_ACTIVE)
        return nobody("the officer is not active here");
    if (unit && unit->is_known && !unit->is_open)
        return nobody("the officer's unit is closed");
    const struct officer_facts *facts = &account->facts;
    *ret = (struct actor){.officer = arena_str(arena, account->id),
                          .unit = arena_str(arena, facts->unit),
                          .country = arena_str(arena, account->country),
                          .role = facts->role < identity->roles->count
                                      ? identity->roles->codes[facts->role].code
                                      : STR_EMPTY,
                          .roles = facts->roles,
                          .purpose = UINT16_MAX,
                          .purposes = facts->listed.purposes & limit->purposes,
                          .is_limited = facts->listed.is_limited || limit->is_limited,
                          .is_integrating = (facts->roles & identity->integrating) != 0};
    for (size_t i = 0; ret->is_limited && i < COUNT_OF(ret->databases.bits); i++)
        ret->databases.bits[i] =
            (facts->listed.is_limited ? facts->listed.databases.bits[i] : ~(uint64_t)0) &
            (limit->is_limited ? limit->databases.bits[i] : ~(uint64_t)0);
    take_rights(ret, facts->rights);
    apply_grants(account, now_us, arena, ret);
    if (credential)
        limit_to(ret, &credential->facts);
    apply_measures(identity, now_us, ret);
    return OK;
}

/* ---- by what came with the request ---- */

const struct credential *find_by_hash(const struct identity *identity, const struct hash *hash,
                                      enum credential_kind kind)
{
    struct link *link = table_first(&identity->hashes, hash_start(hash));
    for (; link; link = table_next(link)) {
        const struct credential *credential =
            (const struct credential *)((char *)link - offsetof(struct credential, hash_link));
        if (credential->facts.kind == kind &&
            equal_constant_time(credential->hash.bytes, hash->bytes, HASH_SIZE))
            return credential;
    }
    return NULL;
}

static enum err by_hash(struct identity *identity, const struct hash *hash,
                        enum credential_kind kind, struct arena *arena, struct actor *ret)
{
    bool is_token = kind == CREDENTIAL_TOKEN;
    enum err code;
    pthread_rwlock_rdlock(&identity->lock);
    const struct credential *found = find_by_hash(identity, hash, kind);
    int64_t expires_us = found ? found->facts.expires_us : 0;
    if (!found)
        code = nobody(is_token ? "the token is not known here"
                               : "the certificate's key is not listed here");
    else if (expires_us && expires_us < clock_now_us())
        code = nobody(is_token ? "the token has expired"
                               : "the certificate's key was listed for a time that is over");
    else
        code = account_resolve(identity, found->account, found, arena, ret);
    pthread_rwlock_unlock(&identity->lock);
    return code;
}

enum err identity_by_key(struct identity *identity, str key_hash, struct arena *arena,
                         struct actor *ret)
{
    struct hash hash;
    if (!hex_decode(key_hash, hash.bytes, HASH_SIZE))
        return err_set(ERR_UNAUTHENTICATED, "no certificate came with the connection");
    enum err code = by_hash(identity, &hash, CREDENTIAL_CERTIFICATE, arena, ret);
    if (code)
        (void)!err_hint("an administrator lists it with: bureau officer add ID --certificate FILE");
    return code;
}

enum err identity_by_token(struct identity *identity, str token, struct arena *arena,
                           struct actor *ret)
{
    struct hash hash;
    sha256(token, &hash);
    return by_hash(identity, &hash, CREDENTIAL_TOKEN, arena, ret);
}

enum err identity_by_officer(struct identity *identity, str officer, str role, struct arena *arena,
                             struct actor *ret)
{
    pthread_rwlock_rdlock(&identity->lock);
    const struct account *account = find_account(identity, officer);
    enum err code = account ? account_resolve(identity, account, NULL, arena, ret)
                            : nobody("the officer is not known here");
    pthread_rwlock_unlock(&identity->lock);
    return code || !role.len || str_eq(ret->role, role) ? code
                                                        : identity_act_as(identity, ret, role);
}

enum err identity_by_peer(struct identity *identity, uint32_t uid, struct arena *arena,
                          struct actor *ret)
{
    (void)identity;
    (void)arena;
    if (uid != 0 && uid != geteuid())
        return err_set(ERR_UNAUTHENTICATED, "user %u is not the one this node runs as", uid);
    *ret = (struct actor){.officer = S("local"),
                          .unit = S("local"),
                          .country = STR_EMPTY,
                          .role = S("administrator"),
                          .purposes = ~(purpose_set)0,
                          .may_write = true,
                          .may_administer = true,
                          .may_audit = true};
    return OK;
}

enum err identity_act_as(struct identity *identity, struct actor *actor, str role)
{
    const struct code_list *list = codes_list(identity->catalog->codes, S("audiences"));
    const struct code *code = list ? code_get(list, role) : NULL;
    bool is_same = str_eq(actor->role, role);
    if (!is_same && (!code || code->number >= 64 || !(actor->roles >> code->number & 1)))
        return err_set(ERR_DENIED, "officer %.*s has not the role %.*s", STR(actor->officer),
                       STR(str_slice(role, 0, 64)));
    if (!is_same)
        actor->role = code->code;
    return OK;
}
