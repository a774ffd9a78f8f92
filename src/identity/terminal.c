/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Terminals as the view has them, and as administrators keep them. A slot lives as long as the
 * process, since sessions point at it; one that was taken off the list is in no table of keys, so
 * that its certificate is a stranger's at once.
 *
 * What an officer is at a terminal: himself, in the desk's role, for the desk's purpose, with no
 * more databases than the desk, without the rights of an administrator or auditor. Who may take
 * over: the desk's own officers and those of units above it, who have that role and purpose.
 */
#include "identity/terminal.h"

#include <stdlib.h>

#include "identity/internal.h"

static const char *const terminal_keys[] = {"id",      "label", "unit",  "role",
                                            "purpose", "key",   "idle_s"};

/* ---- the view ---- */

static struct terminal *of_hash_link(struct link *link)
{
    return (struct terminal *)((char *)link - offsetof(struct terminal, hash_link));
}

struct terminal *find_terminal(const struct identity *identity, str key_hash)
{
    struct hash hash;
    if (!hex_decode(key_hash, hash.bytes, HASH_SIZE))
        return NULL;
    struct link *link = table_first(&identity->terminal_keys, hash_start(&hash));
    for (; link; link = table_next(link))
        if (equal_constant_time(of_hash_link(link)->hash.bytes, hash.bytes, HASH_SIZE))
            return of_hash_link(link);
    return NULL;
}

static enum err slot_terminal(struct identity *identity, uint64_t number, struct terminal **ret)
{
    *ret = (struct terminal *)table_first(&identity->terminals, number);
    if (*ret)
        return OK;
    struct terminal *terminal = calloc(1, sizeof *terminal);
    if (!terminal)
        return err_set(ERR_MEMORY, "out of memory for a terminal");
    terminal->number = number;
    enum err code = table_add(&identity->terminals, &terminal->link, number);
    if (code) {
        free(terminal);
        return code;
    }
    *ret = terminal;
    return OK;
}

enum err take_terminal(struct identity *identity, const struct stored *stored,
                       const struct node *fields, bool is_active)
{
    struct terminal *terminal;
    TRY(slot_terminal(identity, stored->id.number, &terminal));
    if (terminal->is_active)
        table_remove(&identity->terminal_keys, &terminal->hash_link);
    terminal->is_active = false;
    terminal->seq = stored->seq;
    if (!is_active)
        return OK;
    struct terminal_facts facts;
    str country = stored->owner;
    char *texts;
    read_terminal(identity->catalog, fields, &facts);
    if (!hex_decode(facts.key, terminal->hash.bytes, HASH_SIZE))
        return OK;
    TRY(slot_unit(identity, facts.unit, &terminal->unit));
    TRY(KEEP_TEXTS(&texts, &facts.id, &facts.label, &facts.unit, &facts.purpose, &facts.key,
                   &country));
    free(terminal->texts);
    terminal->texts = texts;
    terminal->facts = facts;
    terminal->country = country;
    TRY(table_add(&identity->terminal_keys, &terminal->hash_link, hash_start(&terminal->hash)));
    terminal->is_active = true;
    return OK;
}

void terminals_release(struct identity *identity)
{
    for (size_t i = 0; i < identity->terminals.slot_count; i++)
        for (struct link *link = identity->terminals.slots[i], *next; link; link = next) {
            next = link->next;
            free(((struct terminal *)link)->texts);
            free(link);
        }
    table_release(&identity->terminals);
    table_release(&identity->terminal_keys);
}

/* ---- what an officer is there ---- */

/* A sentence of its own for each: pages know them by their words. */
#define NOT_HERE(words)                                                                \
    err_set(ERR_DENIED, "terminal %.*s: officer %.*s " words, STR(terminal->facts.id), \
            STR(actor->officer))

static str role_of(const struct identity *identity, const struct terminal *terminal)
{
    uint16_t role = terminal->facts.role;
    return role < identity->roles->count ? identity->roles->codes[role].code : STR_EMPTY;
}

enum err terminal_narrow(const struct identity *identity, const struct terminal *terminal,
                         const struct account *account, struct actor *actor)
{
    uint16_t purpose = UINT16_MAX;
    const struct unit *desk = terminal->unit;
    str role = role_of(identity, terminal);
    bool is_open = terminal->is_active && desk && desk->is_known && desk->is_open;
    if (!is_open)
        return NOT_HERE("finds it, or its desk, closed");
    if (!str_eq(account->country, terminal->country) || !account->unit ||
        !is_below(desk, account->unit))
        return NOT_HERE("is not of this desk");
    if (!role.len || !(actor->roles >> terminal->facts.role & 1))
        return NOT_HERE("has not the role of this desk");
    if (!purpose_find(identity->catalog, terminal->facts.purpose, &purpose) ||
        !(actor->purposes & desk->effective.purposes & (purpose_set)1 << purpose))
        return NOT_HERE("is not allowed the purpose of this desk");
    actor->role = role;
    actor->roles = (uint64_t)1 << terminal->facts.role;
    actor->purposes = (purpose_set)1 << purpose;
    actor->may_administer = actor->may_audit = false;
    actor->terminal = terminal->facts.id;
    for (size_t i = 0; desk->effective.is_limited && i < COUNT_OF(actor->databases.bits); i++)
        actor->databases.bits[i] = desk->effective.databases.bits[i] &
                                   (actor->is_limited ? actor->databases.bits[i] : ~(uint64_t)0);
    actor->is_limited |= desk->effective.is_limited;
    return OK;
}

/* ---- telling of them ---- */

static void show(const struct identity *identity, const struct terminal *terminal,
                 struct arena *arena, struct identity_terminal *ret)
{
    const struct terminal_facts *facts = &terminal->facts;
    *ret = (struct identity_terminal){.id = arena_str(arena, facts->id),
                                      .label = arena_str(arena, facts->label),
                                      .unit = arena_str(arena, facts->unit),
                                      .country = arena_str(arena, terminal->country),
                                      .role = role_of(identity, terminal),
                                      .purpose = arena_str(arena, facts->purpose),
                                      .key = arena_str(arena, facts->key),
                                      .idle_s = facts->idle_s,
                                      .record = {identity->home, terminal->number}};
}

enum err identity_terminal_at(struct identity *identity, str key_hash, struct arena *arena,
                              struct identity_terminal *ret)
{
    pthread_rwlock_rdlock(&identity->lock);
    const struct terminal *terminal = find_terminal(identity, key_hash);
    if (terminal)
        show(identity, terminal, arena, ret);
    pthread_rwlock_unlock(&identity->lock);
    return terminal ? OK : err_set(ERR_NOT_FOUND, "this is no enrolled terminal");
}

bool identity_is_terminal(struct identity *identity, str key_hash)
{
    pthread_rwlock_rdlock(&identity->lock);
    bool is_terminal = key_hash.len && find_terminal(identity, key_hash);
    pthread_rwlock_unlock(&identity->lock);
    return is_terminal;
}

enum err identity_terminals(struct identity *identity, const struct actor *by, struct arena *arena,
                            struct identity_terminal **ret, size_t *ret_count)
{
    size_t count = 0;
    pthread_rwlock_rdlock(&identity->lock);
    struct identity_terminal *list =
        arena_array(arena, struct identity_terminal, identity->terminals.count);
    for (size_t i = 0; list && i < identity->terminals.slot_count; i++)
        for (struct link *link = identity->terminals.slots[i]; link; link = link->next) {
            const struct terminal *one = (const struct terminal *)link;
            if (one->is_active && reaches_unit(identity, by, one->country, one->unit))
                show(identity, one, arena, &list[count++]);
        }
    pthread_rwlock_unlock(&identity->lock);
    if (!list)
        return err_last()->code;
    *ret = list;
    *ret_count = count;
    return OK;
}

/* ---- keeping them ---- */

/* While changing. */
static const struct terminal *find_id(const struct identity *identity, str id)
{
    for (size_t i = 0; i < identity->terminals.slot_count; i++)
        for (struct link *link = identity->terminals.slots[i]; link; link = link->next) {
            const struct terminal *one = (const struct terminal *)link;
            if (one->is_active && str_eq(one->facts.id, id))
                return one;
        }
    return NULL;
}

static enum err bad(const char *field, const char *why)
{
    err_set(ERR_BAD_VALUE, "%s", why);
    return err_field("%s", field);
}

/* Roles of those who watch over others have no place where others sit down. */
static bool is_role_shared(const struct identity *identity, uint16_t role)
{
    uint64_t others = role_bit(identity->catalog, "administrator") |
                      role_bit(identity->catalog, "auditor") |
                      role_bit(identity->catalog, "data-protection") |
                      role_bit(identity->catalog, "system") | identity->integrating;
    return role < 64 && !(others >> role & 1);
}

static enum err check_new(const struct identity *identity, const struct actor *by,
                          const struct terminal_facts *facts, const struct unit **ret_desk)
{
    struct hash key;
    uint16_t purpose;
    const struct unit *desk = find_unit(identity, facts->unit);
    if (!identity_id_is_good(facts->id) || str_has(facts->id, S("/")))
        return bad("id", "a terminal's id is of letters, digits and . _ - up to 64");
    if (!desk || !desk->is_known || !reaches_unit(identity, by, desk->country, desk))
        return not_there("unit", facts->unit);
    if (!is_role_shared(identity, facts->role))
        return bad("role", "a desk is of a role that its officers share");
    if (!purpose_find(identity->catalog, facts->purpose, &purpose))
        return bad("purpose", "a desk has a purpose");
    if (!(desk->effective.purposes & (purpose_set)1 << purpose))
        return bad("purpose", "this is no purpose of the unit's");
    if (facts->idle_s < TERMINAL_IDLE_MIN_S)
        return bad("idle_s", "a terminal locks after 30 to 900 seconds");
    if (!hex_decode(facts->key, key.bytes, HASH_SIZE))
        return bad("key", "the key is not 64 hex digits");
    if (find_id(identity, facts->id))
        return err_set(ERR_CONFLICT, "terminal %.*s is there already", STR(facts->id));
    if (find_terminal(identity, facts->key) || find_by_hash(identity, &key, CREDENTIAL_CERTIFICATE))
        return err_set(ERR_CONFLICT, "this key is another terminal's, or a system's");
    *ret_desk = desk;
    return OK;
}

static enum err add(struct identity *identity, const struct actor *by, const struct node *given,
                    struct arena *arena, struct identity_terminal *ret)
{
    struct terminal_facts facts;
    struct committed done;
    const struct unit *desk = NULL;
    struct writing writing = {.change = {.number = 0}};
    struct node *fields = copy_fields(given, terminal_keys, COUNT_OF(terminal_keys), arena);
    read_terminal(identity->catalog, fields, &facts);
    uint64_t idle_s = 0;
    const struct node *idle = node_get(fields, S("idle_s"));
    if (idle && !str_to_u64(node_as_text(idle), TERMINAL_IDLE_MAX_S, &idle_s))
        return bad("idle_s", "a terminal locks after 30 to 900 seconds");
    TRY(check_new(identity, by, &facts, &desk));
    ensure(desk);
    struct heading heading = {.definition = "terminal", .owner = desk->country, .by = by->officer};
    enum err code = writing_put(identity, &writing, &heading, fields, arena);
    if (!code)
        code = writings_commit(identity, &writing, 1, &done);
    writing_release(&writing);
    if (!code)
        show(identity, (struct terminal *)table_first(&identity->terminals, done.id.number), arena,
             ret);
    return code;
}

enum err identity_terminal_add(struct identity *identity, const struct actor *by,
                               const struct node *fields, struct arena *arena,
                               struct identity_terminal *ret)
{
    pthread_mutex_lock(&identity->changing);
    enum err code = add(identity, by, fields, arena, ret);
    pthread_mutex_unlock(&identity->changing);
    return code;
}

enum err identity_terminal_remove(struct identity *identity, const struct actor *by, str id)
{
    struct writing writing;
    enum err code = OK;
    pthread_mutex_lock(&identity->changing);
    const struct terminal *terminal = find_id(identity, id);
    if (!terminal || !reaches_unit(identity, by, terminal->country, terminal->unit)) {
        code = not_there("terminal", id);
    } else {
        writing_state(&writing, terminal->number, "terminal", terminal->country, STATE_CANCELLED,
                      by->officer);
        code = writings_commit(identity, &writing, 1, NULL);
    }
    pthread_mutex_unlock(&identity->changing);
    return code;
}
