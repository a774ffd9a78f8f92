/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory kept true. At open all records of identity's definitions are read; afterwards the store's
 * hook brings each change before it is acknowledged. A record that is erased, or no longer active,
 * takes its entry out; accounts and units stay as slots that say so.
 *
 * What units may is worked out down the tree when a unit changes: 10,000 units, each asking the one
 * above once, in the order of a walk upwards that stops at the deepest tree a node may have.
 */
#include <stdlib.h>

#include "codec/json.h"
#include "identity/internal.h"

enum { DEPTH_MAX = 16 };

static const char *const kept[] = {"unit",       "officer", "grant",   "credential",
                                   "invitation", "measure", "terminal"};
enum {
    KEPT_UNIT,
    KEPT_OFFICER,
    KEPT_GRANT,
    KEPT_CREDENTIAL,
    KEPT_INVITATION,
    KEPT_MEASURE,
    KEPT_TERMINAL
};

static int kept_of(str definition)
{
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        if (str_eq_c(definition, kept[i]))
            return (int)i;
    return -1;
}

bool identity_keeps(const struct definition *definition)
{
    return str_eq(definition->kind, S("system")) && kept_of(definition->name) >= 0;
}

/* ---- slots ---- */

static uint64_t hash_of(str id)
{
    return hash64(id, 0x1DE47171u);
}

struct account *find_account(const struct identity *identity, str id)
{
    struct link *link = table_first(&identity->accounts, hash_of(id));
    for (; link; link = table_next(link))
        if (str_eq(((struct account *)link)->id, id))
            return (struct account *)link;
    return NULL;
}

struct unit *find_unit(const struct identity *identity, str id)
{
    struct link *link = table_first(&identity->units, hash_of(id));
    for (; link; link = table_next(link))
        if (str_eq(((struct unit *)link)->id, id))
            return (struct unit *)link;
    return NULL;
}

struct credential *find_credential(const struct identity *identity, uint64_t number)
{
    return (struct credential *)table_first(&identity->credentials, number);
}

struct grant *find_grant(const struct identity *identity, uint64_t number)
{
    return (struct grant *)table_first(&identity->grants, number);
}

enum err keep_texts(str *const *texts, size_t count, char **ret)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        size += texts[i]->len + 1;
    char *at = calloc(1, size);
    if (!at)
        return err_set(ERR_MEMORY, "out of memory for %zu bytes of an officer", size);
    *ret = at;
    for (size_t i = 0; i < count; i++) {
        if (texts[i]->len)
            memcpy(at, texts[i]->ptr, texts[i]->len);
        texts[i]->ptr = at;
        at += texts[i]->len + 1;
    }
    return OK;
}
static enum err slot_account(struct identity *identity, str id, struct account **ret)
{
    *ret = find_account(identity, id);
    if (*ret)
        return OK;
    struct account *account = calloc(1, sizeof *account + id.len + 1);
    if (!account)
        return err_set(ERR_MEMORY, "out of memory for an officer");
    char *text = (char *)(account + 1);
    memcpy(text, id.ptr, id.len);
    account->id = str_of(text, id.len);
    atomic_init(&account->code_step, identity->open_step);
    enum err code = table_add(&identity->accounts, &account->link, hash_of(id));
    if (code) {
        free(account);
        return code;
    }
    *ret = account;
    return OK;
}

enum err slot_unit(struct identity *identity, str id, struct unit **ret)
{
    *ret = id.len ? find_unit(identity, id) : NULL;
    if (*ret || !id.len)
        return OK;
    struct unit *unit = calloc(1, sizeof *unit + id.len + 1);
    if (!unit)
        return err_set(ERR_MEMORY, "out of memory for a unit");
    char *text = (char *)(unit + 1);
    memcpy(text, id.ptr, id.len);
    unit->id = str_of(text, id.len);
    unit->effective.purposes = ~(purpose_set)0;
    enum err code = table_add(&identity->units, &unit->link, hash_of(id));
    if (code) {
        free(unit);
        return code;
    }
    *ret = unit;
    return OK;
}

/* ---- what units may ---- */

static void narrow(struct identity_scope *scope, const struct identity_scope *limit)
{
    scope->purposes &= limit->purposes;
    if (!limit->is_limited)
        return;
    for (size_t i = 0; i < COUNT_OF(scope->databases.bits); i++)
        scope->databases.bits[i] = scope->is_limited
                                       ? scope->databases.bits[i] & limit->databases.bits[i]
                                       : limit->databases.bits[i];
    scope->is_limited = true;
}

static void work_out(struct unit *unit)
{
    struct identity_scope scope = unit->facts.listed;
    uint64_t seq = unit->seq;
    bool is_open = unit->is_active;
    const struct unit *above = unit->above;
    int depth = 0;
    for (; above && depth < DEPTH_MAX; above = above->above, depth++) {
        narrow(&scope, &above->facts.listed);
        is_open = is_open && above->is_known && above->is_active;
        seq = above->seq > seq ? above->seq : seq;
    }
    unit->effective = scope;
    unit->is_open = is_open && !above; /* a circle ends nowhere, and opens nothing */
    unit->effective_seq = seq;
}

static void work_out_all(struct identity *identity)
{
    for (size_t i = 0; i < identity->units.slot_count; i++)
        for (struct link *link = identity->units.slots[i]; link; link = link->next)
            if (((struct unit *)link)->is_known)
                work_out((struct unit *)link);
}

static enum level level_of(str word)
{
    return str_eq(word, S("hub"))               ? LEVEL_HUB
           : str_eq(word, S("national-bureau")) ? LEVEL_BUREAU
                                                : LEVEL_UNIT;
}

static enum err take_unit(struct identity *identity, const struct stored *stored,
                          const struct node *fields, bool is_active)
{
    struct unit_facts facts;
    struct unit *unit;
    struct unit *above;
    str country = stored->owner;
    char *texts;
    read_unit(identity->catalog, fields, &facts);
    if (!facts.id.len)
        return OK;
    TRY(slot_unit(identity, facts.id, &unit));
    TRY(slot_unit(identity, facts.parent, &above));
    if (!is_active && unit->is_known && unit->number != stored->id.number)
        return OK; /* an older record of a unit that was founded anew */
    TRY(KEEP_TEXTS(&texts, &facts.name, &facts.parent, &facts.level, &country));
    free(unit->texts);
    unit->texts = texts;
    facts.id = unit->id;
    unit->facts = facts;
    unit->country = country;
    unit->level = level_of(facts.level);
    unit->number = stored->id.number;
    unit->version = stored->version;
    unit->seq = stored->seq;
    unit->is_known = true;
    unit->is_active = is_active;
    unit->above = above == unit ? NULL : above;
    return OK;
}

/* ---- officers ---- */

static enum err take_officer(struct identity *identity, const struct stored *stored,
                             const struct node *fields)
{
    struct officer_facts facts;
    struct account *account;
    struct unit *unit;
    str country = stored->owner;
    char *texts;
    bool is_there = stored->state == STATE_ACTIVE || stored->state == STATE_SUSPENDED;
    read_officer(identity->catalog, fields, &facts);
    if (!facts.id.len)
        return OK;
    TRY(slot_account(identity, facts.id, &account));
    TRY(slot_unit(identity, facts.unit, &unit));
    if (!is_there && account->is_known && account->number != stored->id.number)
        return OK;
    TRY(KEEP_TEXTS(&texts, &facts.unit, &country));
    identity->officer_count += is_there;
    identity->officer_count -= account_is_there(account);
    free(account->texts);
    account->texts = texts;
    facts.id = account->id;
    account->facts = facts;
    account->country = country;
    account->unit = unit;
    account->number = stored->id.number;
    account->version = stored->version;
    account->state = stored->state;
    account->seq = stored->seq;
    account->is_known = true;
    return OK;
}

/* ---- what hangs on an account ---- */

static void drop_credential(struct identity *identity, uint64_t number, uint64_t seq)
{
    struct credential *credential = find_credential(identity, number);
    if (!credential)
        return;
    struct credential **at = &credential->account->credentials;
    while (*at != credential)
        at = &(*at)->next;
    *at = credential->next;
    credential->account->seq = seq;
    table_remove(&identity->credentials, &credential->link);
    table_remove(&identity->hashes, &credential->hash_link);
    free(credential->texts);
    free(credential);
}

/* What a request is found by: the hash that is kept, or that of a passkey's id. */
static bool hash_it(const struct credential_facts *facts, struct hash *ret)
{
    if (facts->kind == CREDENTIAL_PASSKEY)
        sha256(facts->passkey, ret);
    return facts->kind == CREDENTIAL_PASSKEY
               ? facts->passkey.len > 0
               : (facts->kind == CREDENTIAL_TOKEN || facts->kind == CREDENTIAL_CERTIFICATE) &&
                     hex_decode(facts->hash, ret->bytes, HASH_SIZE);
}

/* A passkey that only counted on, or has another label, changes nobody's rights. */
static bool is_same_passkey(const struct credential *before, const struct credential_facts *now)
{
    return before && before->facts.kind == CREDENTIAL_PASSKEY && now->kind == CREDENTIAL_PASSKEY &&
           str_eq(before->facts.officer, now->officer) &&
           str_eq(before->facts.passkey, now->passkey) && str_eq(before->facts.key, now->key) &&
           before->facts.suspect_us == now->suspect_us;
}

static enum err take_credential(struct identity *identity, const struct stored *stored,
                                const struct node *fields, bool is_active)
{
    struct credential_facts facts;
    const struct credential *before = find_credential(identity, stored->id.number);
    read_credential(identity->catalog, fields, &facts);
    uint64_t seq =
        is_active && is_same_passkey(before, &facts) ? before->account->seq : stored->seq;
    drop_credential(identity, stored->id.number, seq);
    if (!is_active || !facts.officer.len || facts.kind == CREDENTIAL_KIND_COUNT)
        return OK;
    struct credential *credential = calloc(1, sizeof *credential);
    if (!credential)
        return err_set(ERR_MEMORY, "out of memory for a credential");
    enum err code = slot_account(identity, facts.officer, &credential->account);
    facts.officer = STR_EMPTY;
    if (!code)
        code = KEEP_TEXTS(&credential->texts, &facts.label, &facts.hash, &facts.sealed,
                          &facts.passkey, &facts.key);
    bool has_hash = hash_it(&facts, &credential->hash);
    if (!code)
        code = table_add(&identity->credentials, &credential->link, stored->id.number);
    if (!code && has_hash)
        code = table_add(&identity->hashes, &credential->hash_link, hash_start(&credential->hash));
    if (code) {
        table_remove(&identity->credentials, &credential->link);
        free(credential->texts);
        free(credential);
        return code;
    }
    facts.officer = credential->account->id;
    credential->facts = facts;
    credential->number = stored->id.number;
    credential->next = credential->account->credentials;
    credential->account->credentials = credential;
    credential->account->seq = seq;
    return OK;
}

static void drop_grant(struct identity *identity, uint64_t number, uint64_t seq)
{
    struct grant *grant = find_grant(identity, number);
    if (!grant)
        return;
    struct grant **at = &grant->account->grants;
    while (*at != grant)
        at = &(*at)->next;
    *at = grant->next;
    if (grant->facts.until_us > clock_now_us()) /* one that is over changes nothing any more */
        grant->account->seq = seq;
    table_remove(&identity->grants, &grant->link);
    free(grant->texts);
    free(grant);
}

static enum err take_grant(struct identity *identity, const struct stored *stored,
                           const struct node *fields, bool is_active)
{
    drop_grant(identity, stored->id.number, stored->seq);
    struct grant_facts facts;
    read_grant(identity->catalog, fields, &facts);
    if (!is_active || !facts.officer.len)
        return OK;
    struct grant *grant = calloc(1, sizeof *grant);
    if (!grant)
        return err_set(ERR_MEMORY, "out of memory for a grant");
    enum err code = slot_account(identity, facts.officer, &grant->account);
    facts.officer = STR_EMPTY;
    if (!code)
        code = KEEP_TEXTS(&grant->texts, &facts.of, &facts.reason, &facts.given_by,
                          &facts.reviewed_by, &facts.review);
    if (!code)
        code = table_add(&identity->grants, &grant->link, stored->id.number);
    if (code) {
        free(grant->texts);
        free(grant);
        return code;
    }
    facts.officer = grant->account->id;
    grant->facts = facts;
    grant->number = stored->id.number;
    grant->version = stored->version;
    grant->next = grant->account->grants;
    grant->account->grants = grant;
    if (facts.until_us > clock_now_us())
        grant->account->seq = stored->seq;
    return OK;
}

static void drop_invitation(struct identity *identity, uint64_t number)
{
    struct invitation *gone = (struct invitation *)table_first(&identity->invitations, number);
    if (!gone)
        return;
    struct invitation **at = &gone->account->invitations;
    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    table_remove(&identity->invitations, &gone->link);
    table_remove(&identity->links, &gone->hash_link);
    free(gone->texts);
    free(gone);
}

static enum err take_invitation(struct identity *identity, const struct stored *stored,
                                const struct node *fields, bool is_active)
{
    drop_invitation(identity, stored->id.number);
    struct invitation_facts facts;
    struct hash hash;
    read_invitation(fields, &facts);
    if (!is_active || !facts.officer.len || facts.used_us)
        return OK;
    struct invitation *invitation = calloc(1, sizeof *invitation);
    if (!invitation)
        return err_set(ERR_MEMORY, "out of memory for an invitation");
    enum err code = slot_account(identity, facts.officer, &invitation->account);
    facts.officer = STR_EMPTY;
    if (!code)
        code = KEEP_TEXTS(&invitation->texts, &facts.hash, &facts.given_by);
    if (!code)
        code = table_add(&identity->invitations, &invitation->link, stored->id.number);
    if (!code && hex_decode(facts.hash, hash.bytes, HASH_SIZE))
        code = table_add(&identity->links, &invitation->hash_link, hash_start(&hash));
    if (code) {
        table_remove(&identity->invitations, &invitation->link);
        free(invitation->texts);
        free(invitation);
        return code;
    }
    facts.officer = invitation->account->id;
    invitation->facts = facts;
    invitation->number = stored->id.number;
    invitation->next = invitation->account->invitations;
    invitation->account->invitations = invitation;
    return OK;
}

static enum err take_measure(struct identity *identity, const struct stored *stored,
                             const struct node *fields, bool is_active)
{
    struct measure **at = &identity->measures;
    while (*at && (*at)->number != stored->id.number)
        at = &(*at)->next;
    struct measure *gone = *at;
    if (gone) {
        *at = gone->next;
        free(gone->texts);
        free(gone);
    }
    struct measure_facts facts;
    read_measure(identity->catalog, fields, &facts);
    if (!is_active)
        return OK;
    struct measure *measure = calloc(1, sizeof *measure);
    if (!measure)
        return err_set(ERR_MEMORY, "out of memory for a measure");
    enum err code = KEEP_TEXTS(&measure->texts, &facts.country, &facts.reason, &facts.given_by);
    if (code) {
        free(measure);
        return code;
    }
    measure->facts = facts;
    measure->number = stored->id.number;
    measure->next = identity->measures;
    identity->measures = measure;
    return OK;
}

/* ---- records, in any order ---- */

static enum err take(struct identity *identity, int what, const struct stored *stored)
{
    struct arena arena = {0};
    struct node *body = NULL;
    bool is_active = stored->state == STATE_ACTIVE && !stored->is_erased && stored->body.len;
    enum err code = stored->body.len ? json_parse(stored->body, &arena, &body) : OK;
    const struct node *fields = node_get(body, S("fields"));
    if (!code)
        switch (what) {
        case KEPT_UNIT: code = take_unit(identity, stored, fields, is_active); break;
        case KEPT_OFFICER: code = take_officer(identity, stored, fields); break;
        case KEPT_GRANT: code = take_grant(identity, stored, fields, is_active); break;
        case KEPT_CREDENTIAL: code = take_credential(identity, stored, fields, is_active); break;
        case KEPT_INVITATION: code = take_invitation(identity, stored, fields, is_active); break;
        case KEPT_TERMINAL: code = take_terminal(identity, stored, fields, is_active); break;
        default: code = take_measure(identity, stored, fields, is_active); break;
        }
    arena_release(&arena);
    return code;
}

struct filling {
    struct identity *identity;
    int what; /* -1: whatever comes */
    bool has_units;
};

static enum err take_one(void *context, const struct stored *stored)
{
    struct filling *filling = context;
    int what = filling->what < 0 ? kept_of(stored->definition) : filling->what;
    filling->has_units |= what == KEPT_UNIT;
    return what < 0 ? OK : take(filling->identity, what, stored);
}

enum err roll_fill(struct identity *identity)
{
    identity->seq = store_seq(identity->store);
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        struct filling filling = {.identity = identity, .what = (int)i};
        TRY(store_each(identity->store, str_c(kept[i]), take_one, &filling));
    }
    work_out_all(identity);
    return OK;
}

void identity_follow(struct identity *identity, uint64_t first_seq, uint64_t last_seq)
{
    struct filling filling = {.identity = identity, .what = -1};
    pthread_rwlock_wrlock(&identity->lock);
    uint64_t after = identity->seq > first_seq - 1 ? identity->seq : first_seq - 1;
    if (last_seq > after) {
        enum err code = store_feed(identity->store, after, last_seq - after, take_one, &filling);
        /* Nothing is worse than to go on with rights that were taken away. */
        ensure(code == OK);
        identity->seq = last_seq;
        if (filling.has_units)
            work_out_all(identity);
    }
    pthread_rwlock_unlock(&identity->lock);
}

/* ---- the end ---- */

static void release_account(struct account *account)
{
    for (struct credential *one = account->credentials, *next; one; one = next) {
        next = one->next;
        free(one->texts);
        free(one);
    }
    for (struct grant *one = account->grants, *next; one; one = next) {
        next = one->next;
        free(one->texts);
        free(one);
    }
    for (struct invitation *one = account->invitations, *next; one; one = next) {
        next = one->next;
        free(one->texts);
        free(one);
    }
    drafts_release(account);
    free(account->texts);
    free(account);
}

void roll_release(struct identity *identity)
{
    for (size_t i = 0; i < identity->accounts.slot_count; i++)
        for (struct link *link = identity->accounts.slots[i], *next; link; link = next) {
            next = link->next;
            release_account((struct account *)link);
        }
    for (size_t i = 0; i < identity->units.slot_count; i++)
        for (struct link *link = identity->units.slots[i], *next; link; link = next) {
            next = link->next;
            free(((struct unit *)link)->texts);
            free(link);
        }
    for (struct measure *one = identity->measures, *next; one; one = next) {
        next = one->next;
        free(one->texts);
        free(one);
    }
    table_release(&identity->accounts);
    table_release(&identity->units);
    table_release(&identity->credentials);
    table_release(&identity->hashes);
    table_release(&identity->grants);
    table_release(&identity->invitations);
    table_release(&identity->links);
}
