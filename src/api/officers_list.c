/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Officers looked up: those an administrator reaches, a page at a time, and one of them with what
 * he comes to now, under the units above him and with the grants in force.
 */
#include "api/internal.h"
#include "type/name.h"

enum { PAGE_MAX = 1000 };

static void print_kinds(struct json *json, unsigned kinds)
{
    static const str words[] = {S("password"), S("totp"), S("passkey"), S("token"),
                                S("certificate")};
    json_key(json, S("signs_in_with"));
    json_open(json, '[');
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (kinds >> i & 1)
            json_text(json, STR_EMPTY, words[i]);
    json_close(json, ']');
}

static str role_word(struct call *call, uint16_t number)
{
    const struct code_list *list = codes_list(call->api->node.catalog->codes, S("audiences"));
    return list && number < list->count ? list->codes[number].code : STR_EMPTY;
}

static void print_members(struct json *json, struct call *call,
                          const struct identity_officer *officer)
{
    json_text(json, S("officer"), officer->id);
    json_text(json, S("unit"), officer->unit);
    json_text(json, S("country"), officer->country);
    json_text(json, S("role"), role_word(call, officer->role));
    print_roles(json, call, officer->roles, false);
    print_rights(json, officer->rights);
    print_purposes(json, call, S("purposes"), officer->listed.purposes, false);
    print_databases(json, call, officer->listed.is_limited, &officer->listed.databases);
    json_text(json, S("state"), str_c(state_word(officer->state)));
    json_number(json, S("version"), officer->version);
    print_kinds(json, officer->kinds);
    if (officer->invited_until_us)
        json_time(json, S("invited_until"), officer->invited_until_us);
}

void print_officer(struct json *json, struct call *call, const struct identity_officer *officer)
{
    json_open(json, '{');
    print_members(json, call, officer);
    json_close(json, '}');
}

/* ---- a page of them ---- */

struct wanted_officers {
    str find, after;
    uint64_t systems; /* role bits that make a system of an officer */
    bool is_kind_asked, is_system;
};

static bool has_nocase(str text, str part)
{
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (str_eq_nocase(str_slice(text, i, part.len), part))
            return true;
    return false;
}

static uint64_t system_roles(const struct call *call)
{
    const struct code_list *list = codes_list(call->api->node.catalog->codes, S("audiences"));
    uint64_t bits = 0;
    for (size_t i = 0; list && i < list->count && i < 64; i++)
        if (str_eq(list->codes[i].code, S("integrating-system")) ||
            str_eq(list->codes[i].code, S("system")))
            bits |= (uint64_t)1 << i;
    return bits;
}

static enum err read_wanted(struct call *call, struct wanted_officers *ret)
{
    str kind = call_query(call, S("kind"));
    *ret = (struct wanted_officers){.find = call_query(call, S("find")),
                                    .after = call_query(call, S("after")),
                                    .systems = system_roles(call),
                                    .is_kind_asked = kind.len,
                                    .is_system = str_eq(kind, S("system"))};
    if (!kind.len || ret->is_system || str_eq(kind, S("officer")))
        return OK;
    err_set(ERR_BAD_VALUE, "%.*s is neither officer nor system", STR(str_slice(kind, 0, 40)));
    return err_field("kind");
}

static bool is_wanted(const struct wanted_officers *wanted, const struct identity_officer *officer)
{
    bool is_system = (officer->roles & wanted->systems) != 0;
    if (wanted->is_kind_asked && is_system != wanted->is_system)
        return false;
    if (wanted->after.len && str_compare(officer->id, wanted->after) <= 0)
        return false;
    return !wanted->find.len || has_nocase(officer->id, wanted->find) ||
           has_nocase(officer->unit, wanted->find);
}

enum err run_officers_list(struct call *call)
{
    struct json json = {.out = &call->out};
    struct wanted_officers wanted;
    struct identity_officer *list;
    size_t count;
    uint64_t max, shown = 0;
    str last = STR_EMPTY;
    TRY(read_wanted(call, &wanted));
    TRY(call_query_number(call, S("max"), UINT64_MAX, PAGE_MAX, &max));
    TRY(identity_officers(call->api->node.identity, &call->actor, call_query(call, S("unit")),
                          call->arena, &list, &count));
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++) {
        if (!is_wanted(&wanted, &list[i]))
            continue;
        if (shown++ == max) {
            call_header(call, S("Bureau-Officers-After"), last);
            break;
        }
        print_officer(&json, call, &list[i]);
        last = list[i].id;
    }
    json_close(&json, ']');
    call_finish(call, OK);
    return OK;
}

/* ---- one ---- */

/* Nothing where he can do nothing: suspended, or in a closed unit. */
static void print_effective(struct json *json, struct call *call, str officer)
{
    struct actor actor;
    enum err code =
        identity_by_officer(call->api->node.identity, officer, STR_EMPTY, call->arena, &actor);
    err_clear();
    if (code)
        return;
    json_key(json, S("effective"));
    json_open(json, '{');
    print_roles(json, call, actor.roles, false);
    print_rights(json, (actor.may_write ? RIGHT_WRITE : 0u) |
                           (actor.may_administer ? RIGHT_ADMINISTER : 0u) |
                           (actor.may_audit ? RIGHT_AUDIT : 0u));
    print_purposes(json, call, S("purposes"), actor.purposes, false);
    print_databases(json, call, actor.is_limited, &actor.databases);
    json_close(json, '}');
}

/* Each in one line, as a form takes it back. */
static enum err print_own_names(struct json *json, struct call *call, str officer)
{
    const struct type_context context = {.codes = call->api->node.catalog->codes};
    const struct node *names;
    TRY(identity_own_names(call->api->node.identity, officer, call->arena, &names));
    if (!names)
        return OK;
    json_key(json, S("own_names"));
    json_open(json, '[');
    node_each(one, names)
    {
        struct value value;
        if (type_name.parse(&context, one, call->arena, &value) == OK)
            json_text(json, STR_EMPTY, value.raw);
    }
    json_close(json, ']');
    err_clear();
    return OK;
}

enum err run_officer_get(struct call *call)
{
    struct json json = {.out = &call->out};
    struct identity_officer officer;
    TRY(identity_officer_get(call->api->node.identity, &call->actor, call->args[0], call->arena,
                             &officer));
    json_open(&json, '{');
    print_members(&json, call, &officer);
    TRY(print_own_names(&json, call, officer.id));
    print_effective(&json, call, officer.id);
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}
