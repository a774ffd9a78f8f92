/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fields of a record say, for the view and for those who check before it is written. A
 * stored record is read as far as it can be: a name that is no longer known here gives nothing, and
 * a list of which nothing is known any more still is a list.
 */
#include "identity/internal.h"
#include "identity/terminal.h"

const char *const credential_words[CREDENTIAL_KIND_COUNT] = {"password", "totp", "passkey", "token",
                                                             "certificate"};
const char *const measure_words[4] = {"rate-limit", "pre-approval", "read-only", "suspended"};
const char *const right_words[3] = {"write", "administer", "audit"};

/* A field that is a list holds one value, or several: for (item = first_of(list); item; ...). */
static const struct node *first_of(const struct node *list)
{
    if (node_is_scalar(list))
        return list;
    return list ? list->first : NULL;
}

static const struct node *next_of(const struct node *list, const struct node *item)
{
    return item == list ? NULL : item->next;
}

static const struct code_list *roles_of(const struct catalog *catalog)
{
    return codes_list(catalog->codes, S("audiences"));
}

uint64_t role_bit(const struct catalog *catalog, const char *role)
{
    const struct code_list *list = roles_of(catalog);
    const struct code *code = list ? code_get(list, str_c(role)) : NULL;
    return code && code->number < 64 ? (uint64_t)1 << code->number : 0;
}

static int64_t moment_of(const struct node *fields, str key)
{
    int64_t time_us = 0;
    return clock_parse(node_get_text(fields, key), &time_us) ? time_us : 0;
}

static uint64_t number_of(const struct node *fields, str key, uint64_t max, uint64_t otherwise)
{
    uint64_t value = 0;
    return str_to_u64(node_get_text(fields, key), max, &value) ? value : otherwise;
}

static int word_of(str word, const char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (str_eq_c(word, words[i]))
            return i;
    return -1;
}

static struct identity_scope read_scope(const struct catalog *catalog, const struct node *fields,
                                        purpose_set otherwise)
{
    const struct node *purposes = node_get(fields, S("purposes"));
    const struct node *databases = node_get(fields, S("databases"));
    struct identity_scope scope = {.purposes = purposes ? 0 : otherwise,
                                   .is_limited = databases != NULL};
    for (const struct node *item = first_of(purposes); item; item = next_of(purposes, item)) {
        uint16_t number;
        if (purpose_find(catalog, node_as_text(item), &number) && number < PURPOSE_MAX)
            scope.purposes |= (purpose_set)1 << number;
    }
    for (const struct node *item = first_of(databases); item; item = next_of(databases, item)) {
        const struct definition *definition = catalog_find(catalog, node_as_text(item));
        if (definition)
            definition_set_add(&scope.databases, definition->number);
    }
    return scope;
}

enum err check_databases(const struct catalog *catalog, const struct node *list)
{
    for (const struct node *item = first_of(list); item; item = next_of(list, item)) {
        const struct definition *definition = catalog_find(catalog, node_as_text(item));
        if (definition && definition_is_data(definition))
            continue;
        err_set(ERR_UNKNOWN, "%.*s is not a database", STR(str_slice(node_as_text(item), 0, 100)));
        return err_field("databases");
    }
    return OK;
}

static unsigned read_rights(const struct node *fields)
{
    unsigned rights = 0;
    const struct node *list = node_get(fields, S("rights"));
    for (const struct node *item = first_of(list); item; item = next_of(list, item)) {
        int number = word_of(node_as_text(item), right_words, COUNT_OF(right_words));
        if (number >= 0)
            rights |= 1u << number;
    }
    return rights;
}

/* Gives the first of them in *ret_first. */
static uint64_t read_roles(const struct catalog *catalog, const struct node *fields,
                           uint16_t *ret_first)
{
    uint64_t roles = 0;
    const struct code_list *list = roles_of(catalog);
    const struct node *words = node_get(fields, S("roles"));
    for (const struct node *item = first_of(words); item; item = next_of(words, item)) {
        const struct code *code = list ? code_get(list, node_as_text(item)) : NULL;
        if (!code || code->number >= 64)
            continue;
        if (!roles && ret_first)
            *ret_first = (uint16_t)code->number;
        roles |= (uint64_t)1 << code->number;
    }
    return roles;
}

void read_unit(const struct catalog *catalog, const struct node *fields, struct unit_facts *ret)
{
    *ret = (struct unit_facts){.id = node_get_text(fields, S("id")),
                               .name = node_get_text(fields, S("name")),
                               .parent = node_get_text(fields, S("parent")),
                               .level = node_get_text(fields, S("level")),
                               .listed = read_scope(catalog, fields, ~(purpose_set)0)};
}

void read_officer(const struct catalog *catalog, const struct node *fields,
                  struct officer_facts *ret)
{
    bool has_all = node_as_bool(node_get(fields, S("all_purposes")), false);
    *ret = (struct officer_facts){.id = node_get_text(fields, S("id")),
                                  .unit = node_get_text(fields, S("unit")),
                                  .role = UINT16_MAX,
                                  .rights = read_rights(fields),
                                  .has_own_names = node_get(fields, S("own_names")) != NULL,
                                  .listed = read_scope(catalog, fields, 0)};
    if (has_all)
        ret->listed.purposes = ~(purpose_set)0;
    ret->roles = read_roles(catalog, fields, &ret->role);
}

void read_credential(const struct catalog *catalog, const struct node *fields,
                     struct credential_facts *ret)
{
    int kind = word_of(node_get_text(fields, S("kind")), credential_words, CREDENTIAL_KIND_COUNT);
    *ret = (struct credential_facts){
        .officer = node_get_text(fields, S("officer")),
        .label = node_get_text(fields, S("label")),
        .hash = node_get_text(fields, S("hash")),
        .sealed = node_get_text(fields, S("sealed")),
        .passkey = node_get_text(fields, S("passkey")),
        .key = node_get_text(fields, S("key")),
        .counter = (uint32_t)number_of(fields, S("counter"), UINT32_MAX, 0),
        .suspect_us = moment_of(fields, S("suspect")),
        .kind = kind < 0 ? CREDENTIAL_KIND_COUNT : (enum credential_kind)kind,
        .created_us = moment_of(fields, S("created")),
        .expires_us = moment_of(fields, S("expires")),
        .is_scoped = node_as_bool(node_get(fields, S("is_scoped")), false),
        .rights = read_rights(fields),
        .listed = read_scope(catalog, fields, ~(purpose_set)0)};
}

void read_grant(const struct catalog *catalog, const struct node *fields, struct grant_facts *ret)
{
    *ret = (struct grant_facts){.officer = node_get_text(fields, S("officer")),
                                .of = node_get_text(fields, S("of")),
                                .reason = node_get_text(fields, S("reason")),
                                .given_by = node_get_text(fields, S("given_by")),
                                .reviewed_by = node_get_text(fields, S("reviewed_by")),
                                .review = node_get_text(fields, S("review")),
                                .is_break_glass =
                                    str_eq(node_get_text(fields, S("kind")), S("break-glass")),
                                .from_us = moment_of(fields, S("from")),
                                .until_us = moment_of(fields, S("until")),
                                .reviewed_us = moment_of(fields, S("reviewed_at")),
                                .roles = read_roles(catalog, fields, NULL),
                                .rights = read_rights(fields),
                                .listed = read_scope(catalog, fields, 0)};
}

void read_invitation(const struct node *fields, struct invitation_facts *ret)
{
    *ret = (struct invitation_facts){.officer = node_get_text(fields, S("officer")),
                                     .hash = node_get_text(fields, S("hash")),
                                     .given_by = node_get_text(fields, S("given_by")),
                                     .until_us = moment_of(fields, S("until")),
                                     .used_us = moment_of(fields, S("used_at"))};
}

void read_measure(const struct catalog *catalog, const struct node *fields,
                  struct measure_facts *ret)
{
    int kind = word_of(node_get_text(fields, S("kind")), measure_words, COUNT_OF(measure_words));
    *ret = (struct measure_facts){.country = node_get_text(fields, S("country")),
                                  .reason = node_get_text(fields, S("reason")),
                                  .given_by = node_get_text(fields, S("given_by")),
                                  .kind = kind < 0 ? MEASURE_SUSPENDED
                                                   : (enum measure_kind)kind, /* the strictest */
                                  .from_us = moment_of(fields, S("from")),
                                  .until_us = moment_of(fields, S("until")),
                                  .rate = (uint32_t)number_of(fields, S("rate"), 1000000, 0),
                                  .listed = read_scope(catalog, fields, 0)};
}

void read_terminal(const struct catalog *catalog, const struct node *fields,
                   struct terminal_facts *ret)
{
    const struct code_list *list = roles_of(catalog);
    const struct code *role = list ? code_get(list, node_get_text(fields, S("role"))) : NULL;
    *ret = (struct terminal_facts){
        .id = node_get_text(fields, S("id")),
        .label = node_get_text(fields, S("label")),
        .unit = node_get_text(fields, S("unit")),
        .purpose = node_get_text(fields, S("purpose")),
        .key = node_get_text(fields, S("key")),
        .role = role && role->number < 64 ? (uint16_t)role->number : UINT16_MAX,
        .idle_s = (uint32_t)number_of(fields, S("idle_s"), TERMINAL_IDLE_MAX_S, TERMINAL_IDLE_S)};
}
