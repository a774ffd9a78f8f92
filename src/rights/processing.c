/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of processing and the impact assessment. Nobody writes them: what is processed, for
 * what, who sees it, how long it is kept and what it is linked with follow from the definitions
 * that serve and from policy, asked role by role; who acts here and which measures are in force
 * from identity. What differs from the last signature comes from compare.c. A risk is a rule over
 * the same facts, each with what stands against it.
 */
#include <stdlib.h>

#include "rights/internal.h"

enum { LONG_DAYS = 3650, WIDE_ROLES = 4, MANY_LINKS = 5, LISTS_MAX = 64 << 20 };

struct making {
    struct rights *rights;
    const struct catalog *catalog;
    enum language language;
    struct arena *arena;
    str owner; /* whose records are counted; empty: all */
};

static str title_of(const struct making *making, const str titles[LANGUAGE_COUNT], str otherwise)
{
    str title = titles[making->language].len ? titles[making->language] : titles[LANGUAGE_EN];
    return title.len ? title : otherwise;
}

static void put_time(const struct making *making, struct node *map, str key, int64_t time_us)
{
    char text[24];
    node_put_text(making->arena, map, key,
                  arena_str(making->arena, str_c(clock_format(time_us, text))));
}

static str hex_of(const struct making *making, const struct hash *hash)
{
    char hex[2 * HASH_SIZE + 1];
    hex_encode(hash->bytes, HASH_SIZE, hex);
    return arena_str(making->arena, str_c(hex));
}

/* ---- a database ---- */

static struct actor anyone(str role, uint16_t purpose)
{
    return (struct actor){.officer = S("anyone"),
                          .country = S("UTO"),
                          .role = role,
                          .purposes = ~(purpose_set)0,
                          .purpose = purpose};
}

/* The most a role sees of another's records, and of how many fields. */
static enum disclosure seen_by(const struct making *making, const struct definition *definition,
                               str role, unsigned *ret_fields)
{
    enum disclosure best = DISCLOSE_NONE;
    uint64_t open[FIELD_MAX / 64] = {0};
    for (uint16_t purpose = 0; purpose < PURPOSE_MAX; purpose++) {
        struct actor actor = anyone(role, purpose);
        if (!(definition->purposes >> purpose & 1) ||
            policy_allow(making->catalog, &actor, POLICY_READ, definition, STR_EMPTY) != OK)
            continue;
        enum disclosure seen =
            policy_foresee(making->catalog, &actor, definition, STR_EMPTY, CONF_OFFICIAL, 0);
        best = seen > best ? seen : best;
        for (size_t i = 0; seen >= DISCLOSE_MASKED && i < definition->all_count; i++)
            if (definition->all[i]->type && policy_field_access(making->catalog, &actor, definition,
                                                                definition->all[i]) == FIELD_OPEN)
                open[i / 64] |= (uint64_t)1 << i % 64;
    }
    err_clear();
    *ret_fields = 0;
    for (size_t i = 0; i < COUNT_OF(open); i++)
        *ret_fields += (unsigned)__builtin_popcountll(open[i]);
    return best;
}

static bool moves_it(const struct life *life, str role)
{
    for (size_t i = 0; life && i < life->move_count; i++)
        for (int party = 0; party < PARTY_NODE; party++) {
            const struct life_who *who = &life->moves[i].who[party];
            for (size_t k = 0; who->may && k < who->role_count; k++)
                if (str_eq(who->roles[k], role))
                    return true;
        }
    return false;
}

static unsigned put_recipients(const struct making *making, const struct definition *definition,
                               struct node *map)
{
    const struct code_list *roles = codes_list(making->catalog->codes, S("audiences"));
    struct node *list = node_list(making->arena);
    unsigned wide = 0;
    for (size_t i = 0; roles && i < roles->count; i++) {
        unsigned fields = 0;
        if (str_eq(roles->codes[i].code, S("system")))
            continue;
        enum disclosure seen = seen_by(making, definition, roles->codes[i].code, &fields);
        if (moves_it(definition->life, roles->codes[i].code)) { /* of its own country's, whole */
            seen = DISCLOSE_FULL;
            fields = (unsigned)definition->all_count;
        }
        if (seen == DISCLOSE_NONE)
            continue;
        struct node *item = node_map(making->arena);
        node_put_text(making->arena, item, S("role"), roles->codes[i].code);
        node_put_text(making->arena, item, S("title"),
                      code_name(&roles->codes[i], making->language));
        node_put_text(making->arena, item, S("sees"), str_c(disclosure_word(seen)));
        node_put_number(making->arena, item, S("fields"), fields);
        node_add(list, item);
        wide += seen == DISCLOSE_FULL;
    }
    node_put(map, S("recipients"), list);
    return wide;
}

static void put_data(const struct making *making, const struct definition *definition,
                     struct node *map)
{
    struct node *list = node_list(making->arena);
    for (size_t i = 0; i < definition->field_count; i++)
        if (!definition->fields[i]->is_retired)
            node_add(list, node_text(making->arena, title_of(making, definition->fields[i]->title,
                                                             definition->fields[i]->name)));
    node_put(map, S("data"), list);
}

static void put_purposes(const struct making *making, const struct definition *definition,
                         struct node *map)
{
    struct node *list = node_list(making->arena);
    for (unsigned i = 0; i < PURPOSE_MAX; i++)
        if (definition->purposes >> i & 1)
            node_add(list, node_text(making->arena, code_name(&making->catalog->purposes->codes[i],
                                                              making->language)));
    node_put(map, S("purposes"), list);
}

static unsigned put_retention(const struct making *making, const struct definition *definition,
                              struct node *map)
{
    unsigned longest = 0;
    struct node *list = node_list(making->arena);
    for (size_t i = 0; i < definition->retain_count; i++) {
        const struct retain *retain = &definition->retains[i];
        struct node *item = node_map(making->arena);
        node_put_number(making->arena, item, S("days"), retain->first_days);
        node_put_number(making->arena, item, S("remind_days"), retain->remind_days);
        node_put_bool(making->arena, item, S("conditional"), retain->when != NULL);
        node_add(list, item);
        longest = retain->first_days > longest ? retain->first_days : longest;
    }
    node_put(map, S("retention"), list);
    if (definition->achieved_days)
        node_put_number(making->arena, map, S("achieved_days"), definition->achieved_days);
    return longest;
}

static bool shares_meaning(const struct definition *definition, const struct definition *other)
{
    for (size_t i = 0; i < definition->all_count; i++)
        for (size_t k = 0; definition->all[i]->is_pivot && k < other->all_count; k++)
            if (other->all[k]->is_pivot &&
                other->all[k]->meaning_number == definition->all[i]->meaning_number)
                return true;
    return false;
}

static unsigned put_links(const struct making *making, const struct definition *definition,
                          struct node *map)
{
    unsigned count = 0;
    struct node *list = node_list(making->arena);
    for (size_t i = 0; i < making->catalog->count; i++) {
        const struct definition *other = making->catalog->definitions[i];
        if (other == definition || !definition_is_data(other) || !shares_meaning(definition, other))
            continue;
        node_add(list, node_text(making->arena, title_of(making, other->title, other->name)));
        count++;
    }
    node_put(map, S("links"), list);
    return count;
}

/* ---- risks ---- */

static bool has_type(const struct definition *definition, const char *const *types, size_t count)
{
    for (size_t i = 0; i < definition->all_count; i++)
        for (size_t k = 0; definition->all[i]->type && k < count; k++)
            if (str_eq_c(str_c(definition->all[i]->type->name), types[k]) ||
                str_eq_c(definition->all[i]->meaning, types[k]))
                return true;
    return false;
}

static bool is_moved_in_bulk(const struct making *making, const struct definition *definition)
{
    const struct code_list *roles = codes_list(making->catalog->codes, S("audiences"));
    bool is_it = false;
    for (size_t i = 0; roles && i < roles->count && !is_it; i++) {
        struct actor actor = anyone(roles->codes[i].code, UINT16_MAX);
        actor.may_write = true;
        is_it =
            policy_allow(making->catalog, &actor, POLICY_IMPORT, definition, actor.country) == OK;
    }
    err_clear();
    return is_it;
}

struct facts_of_risk {
    unsigned wide, days, links;
};

static void put_risk(const struct making *making, struct node *list, const char *word)
{
    struct node *item = node_map(making->arena);
    node_put_text(making->arena, item, S("risk"), str_c(word));
    node_add(list, item);
}

static void put_risks(const struct making *making, const struct definition *definition,
                      const struct facts_of_risk *facts, struct node *map)
{
    static const char *const persons[] = {"name"};
    static const char *const biometric[] = {"photograph", "fingerprint-reference", "dna-reference"};
    struct node *list = node_list(making->arena);
    if (has_type(definition, persons, COUNT_OF(persons)))
        put_risk(making, list, "persons");
    if (has_type(definition, biometric, COUNT_OF(biometric)))
        put_risk(making, list, "biometric");
    if (facts->wide >= WIDE_ROLES)
        put_risk(making, list, "wide");
    if (facts->days >= LONG_DAYS)
        put_risk(making, list, "long");
    if (facts->links >= MANY_LINKS)
        put_risk(making, list, "links");
    if (is_moved_in_bulk(making, definition))
        put_risk(making, list, "bulk");
    node_put(map, S("risks"), list);
}

static enum err put_activities(const struct making *making, struct node *map)
{
    struct node *list = node_list(making->arena);
    for (size_t i = 0; i < making->catalog->count; i++) {
        const struct definition *definition = making->catalog->definitions[i];
        struct node *item = node_map(making->arena);
        uint64_t count = 0;
        if (!definition_is_data(definition) && !definition_is_ticket(definition))
            continue;
        TRY(store_count(making->rights->node.store, definition->name, making->owner, &count));
        node_put_text(making->arena, item, S("definition"), definition->name);
        node_put_text(making->arena, item, S("title"),
                      title_of(making, definition->title, definition->name));
        node_put_text(making->arena, item, S("owner"), definition->owner);
        node_put_number(making->arena, item, S("records"), (int64_t)count);
        put_purposes(making, definition, item);
        put_data(making, definition, item);
        struct facts_of_risk facts = {.wide = put_recipients(making, definition, item),
                                      .days = put_retention(making, definition, item),
                                      .links = put_links(making, definition, item)};
        put_risks(making, definition, &facts, item);
        node_add(list, item);
    }
    node_put(map, S("processed"), list);
    return OK;
}

/* ---- people, measures ---- */

/* Of its own officers and measures a country is told; of all, who is at the machine. */
static bool is_told(const struct making *making, str country)
{
    return !making->owner.len || str_eq(making->owner, country);
}

static enum err put_people(const struct making *making, struct node *map)
{
    struct arena lists = {.max_bytes = LISTS_MAX};
    struct identity_officer *officers = NULL;
    size_t count = 0;
    const struct code_list *roles = codes_list(making->catalog->codes, S("audiences"));
    struct node *list = node_list(making->arena);
    enum err code = identity_officers(making->rights->node.identity, NULL, STR_EMPTY, &lists,
                                      &officers, &count);
    for (size_t i = 0; !code && roles && i < roles->count; i++) {
        uint64_t having = 0;
        for (size_t k = 0; k < count; k++)
            having += officers[k].state == STATE_ACTIVE && is_told(making, officers[k].country) &&
                      (officers[k].roles >> roles->codes[i].number & 1);
        if (!having)
            continue;
        struct node *item = node_map(making->arena);
        node_put_text(making->arena, item, S("role"), roles->codes[i].code);
        node_put_text(making->arena, item, S("title"),
                      code_name(&roles->codes[i], making->language));
        node_put_number(making->arena, item, S("officers"), (int64_t)having);
        node_add(list, item);
    }
    arena_release(&lists);
    node_put(map, S("people"), list);
    return code;
}

static enum err put_measures(const struct making *making, struct node *map)
{
    static const struct actor node = {.officer = {"node", 4},
                                      .role = {"system", 6},
                                      .may_administer = true};
    struct identity_measure *measures = NULL;
    size_t count = 0;
    const struct code_list *kinds = codes_list(making->catalog->codes, S("measure-kinds"));
    struct node *list = node_list(making->arena);
    TRY(identity_measures(making->rights->node.identity, &node, making->arena, &measures, &count));
    for (size_t i = 0; i < count; i++) {
        const struct code *kind = kinds ? code_get(kinds, measures[i].kind) : NULL;
        struct node *item = node_map(making->arena);
        if (!measures[i].is_in_force || !is_told(making, measures[i].country))
            continue;
        node_put_text(making->arena, item, S("country"), measures[i].country);
        node_put_text(making->arena, item, S("kind"),
                      kind ? code_name(kind, making->language) : measures[i].kind);
        put_time(making, item, S("from"), measures[i].from_us);
        node_add(list, item);
    }
    node_put(map, S("measures"), list);
    return OK;
}

/* ---- what differs ---- */

static void put_difference(const struct making *making, const struct rights_difference *difference,
                           struct node *list)
{
    struct node *item = node_map(making->arena);
    node_put_text(making->arena, item, S("definition"),
                  arena_str(making->arena, difference->definition));
    node_put_text(making->arena, item, S("what"), str_c(difference->what));
    node_put_text(making->arena, item, S("role"), arena_str(making->arena, difference->role));
    node_put_text(making->arena, item, S("before"), arena_str(making->arena, difference->before));
    node_put_text(making->arena, item, S("after"), arena_str(making->arena, difference->after));
    node_put_bool(making->arena, item, S("wider"), difference->is_wider);
    node_put_bool(making->arena, item, S("program"), difference->is_of_program);
    node_put_bool(making->arena, item, S("waits"),
                  difference->is_wider && !difference->is_of_program);
    node_add(list, item);
}

static enum err put_differences(const struct making *making, unsigned since, struct node *map)
{
    const struct rights_node *node = &making->rights->node;
    struct rights_difference *items = NULL;
    size_t count = 0;
    struct catalog *now = NULL, *then = NULL;
    struct node *list = node_list(making->arena);
    str home = arena_str(making->arena, node->catalog->home);
    TRY(catalog_load(home.ptr, &now));
    enum err code = rights_signed_load(node->store, node->directory, since, &then);
    if (!code) {
        code = rights_compare(then, now, making->arena, &items, &count);
        if (code == ERR_LIMIT)
            code = OK;
        for (size_t i = 0; !code && i < count; i++)
            put_difference(making, &items[i], list);
        node_put_text(making->arena, map, S("hash"), hex_of(making, &now->hash));
        node_put_bool(making->arena, map, S("serves"),
                      memcmp(&now->hash, &node->catalog->hash, sizeof now->hash) == 0);
    }
    catalog_free(now);
    catalog_free(then);
    node_put(map, S("differences"), list);
    return code;
}

static void put_signature(const struct making *making, const struct rights_signature *signature,
                          struct node *map)
{
    struct node *item = node_map(making->arena);
    node_put_number(making->arena, item, S("version"), signature->version);
    node_put_text(making->arena, item, S("hash"), signature->hash);
    node_put_text(making->arena, item, S("by"), signature->by);
    put_time(making, item, S("at"), signature->at_us);
    node_put(map, S("signed"), item);
}

enum err rights_processing(struct rights *rights, unsigned since, str owner, enum language language,
                           struct arena *arena, struct node **ret)
{
    struct making making = {rights, rights->node.catalog, language, arena, owner};
    struct rights_signature signature;
    struct node *map = node_map(arena);
    TRY(rights_signed(rights->node.store, arena, &signature));
    put_time(&making, map, S("made"), clock_now_us());
    node_put_text(arena, map, S("catalogue"), hex_of(&making, &making.catalog->hash));
    put_signature(&making, &signature, map);
    node_put_number(arena, map, S("since"), since ? since : signature.version);
    TRY(put_differences(&making, since ? since : signature.version, map));
    TRY(put_activities(&making, map));
    TRY(put_people(&making, map));
    TRY(put_measures(&making, map));
    *ret = map;
    return OK;
}

enum err rights_waiting(struct rights *rights, struct rights_waiting *ret)
{
    struct arena arena = {.max_bytes = LISTS_MAX};
    struct node *map = node_map(&arena);
    struct making making = {rights, rights->node.catalog, LANGUAGE_EN, &arena, STR_EMPTY};
    struct rights_signature signature;
    *ret = (struct rights_waiting){.is_served = true};
    enum err code = rights_signed(rights->node.store, &arena, &signature);
    if (!code)
        code = put_differences(&making, signature.version, map);
    node_each(item, node_get(map, S("differences"))) ret->wider +=
        node_as_bool(node_get(item, S("waits")), false);
    ret->is_served = ret->wider || node_as_bool(node_get(map, S("serves")), true);
    arena_release(&arena);
    return code;
}
