/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recovery, over the control socket only. A key of recovery is drawn and split in the process that
 * shows the shares; here arrives what tells them apart. Whoever presents the shares of two holders
 * speaks for the node where no administrator is left: share holders and not enrolled officers,
 * because what was lost may be the officers' own credentials, and a paper in two safes is not lost
 * with them.
 */
#include "api/internal.h"

enum { SHARE_TEXT_MAX = 400 };

static enum err read_shares(struct call *call, struct key_share shares[SHARE_OF_MAX], size_t *ret)
{
    const struct node *list = node_get(call->body, S("shares"));
    *ret = 0;
    if (!list || list->kind != NODE_LIST || !list->count || list->count > SHARE_OF_MAX) {
        err_set(ERR_MISSING, "shares is a list of the shares of two holders");
        return err_field("shares");
    }
    node_each(item, list)
    {
        if (node_as_text(item).len > SHARE_TEXT_MAX ||
            share_parse(node_as_text(item), &shares[*ret]))
            return err_field("shares");
        ++*ret;
    }
    return OK;
}

/* The body lies in memory of the connection, which others may be given. */
static void forget_shares(struct call *call, struct key_share shares[SHARE_OF_MAX])
{
    wipe(shares, SHARE_OF_MAX * sizeof *shares);
    node_each(item, node_get(call->body, S("shares")))
        /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
        wipe((char *)(uintptr_t)item->text.ptr, item->text.len);
    /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
    wipe((char *)(uintptr_t)call->exchange->request.body.ptr, call->exchange->request.body.len);
}

static enum err vouch(struct call *call, const struct recovery_set *set, str *ret_who)
{
    struct key_share shares[SHARE_OF_MAX] = {{.need = 0}};
    size_t count = 0;
    enum err code = read_shares(call, shares, &count);
    code = code ? code : recovery_vouch(set, shares, count);
    if (!code)
        *ret_who = arena_printf(call->arena, "holders of shares %u and %u", shares[0].index,
                                shares[1].index);
    forget_shares(call, shares);
    return code;
}

enum err run_recovery_get(struct call *call)
{
    struct recovery_set set;
    TRY(recovery_find(call->api->node.store, &set));
    json_write(&call->out, recovery_print(&set, call->arena));
    call_finish(call, OK);
    return OK;
}

/* Whose record it is: who is asked about it is the country of the machine's administrators. */
static enum err read_country(struct call *call, str *ret)
{
    struct identity_officer *list;
    size_t count;
    *ret = node_get_text(call->body, S("country"));
    if (ret->len)
        return OK;
    TRY(identity_officers(call->api->node.identity, NULL, STR_EMPTY, call->arena, &list, &count));
    for (size_t i = 0; i < count && !ret->len; i++)
        if (list[i].rights & RIGHT_ADMINISTER)
            *ret = list[i].country;
    if (ret->len)
        return OK;
    err_set(ERR_MISSING, "there is no administrator yet: name the country");
    return err_field("country");
}

enum err run_recovery_put(struct call *call)
{
    const struct api_node *node = &call->api->node;
    struct recovery_set set, before;
    struct record_id *id = arena_new(call->arena, struct record_id);
    str owner;
    str who = S("the first");
    if (!id)
        return err_last()->code;
    TRY(recovery_read(call->body, &set));
    TRY(read_country(call, &owner));
    enum err code = recovery_find(node->store, &before);
    if (code == OK)
        code = vouch(call, &before, &who);
    else if (code == ERR_NOT_FOUND)
        code = OK;
    TRY(code);
    TRY(recovery_put(node->catalog, node->store, &set, owner, call->actor.officer, id));
    identity_need_two(node->identity, true);
    struct audit_entry entry = call_entry(call, AUDIT_ADMIN);
    entry.query = arena_printf(call->arena, "{\"recovery\":\"%u of %u\",\"by\":\"%.*s\"}", set.need,
                               set.of, STR(who));
    entry.verdict = S("key of recovery split");
    call->state = id;
    return call_finish_audited(call, &entry, call_print_id);
}

/* An administrator who is there, or a new one where a country is named. */
static enum err find_or_enter(struct call *call, str id)
{
    struct identity *identity = call->api->node.identity;
    struct identity_officer held;
    char unused[TOKEN_TEXT];
    str country = node_get_text(call->body, S("country"));
    enum err code = identity_officer_get(identity, &identity_two_holders, id, call->arena, &held);
    if (!code)
        return held.rights & RIGHT_ADMINISTER
                   ? OK
                   : err_set(ERR_CONFLICT, "officer %.*s is no administrator", STR(id));
    if (code != ERR_NOT_FOUND || !country.len)
        return code;
    struct identity_officer_change change = {.id = id, .country = country, .state = STATE_ACTIVE};
    change.fields = administrator_fields(call);
    return identity_officer_put(identity, &identity_two_holders, &change, call->arena, unused);
}

enum err run_recover_administrator(struct call *call)
{
    const struct api_node *node = &call->api->node;
    struct recovery_set set;
    struct identity_invitation invitation;
    struct json json = {.out = &call->out};
    str id, reason;
    str who = STR_EMPTY;
    TRY(call_body_text(call, S("officer"), &id));
    TRY(call_body_text(call, S("reason"), &reason));
    TRY(recovery_find(node->store, &set));
    TRY(vouch(call, &set, &who));
    TRY(find_or_enter(call, id));
    str about = arena_printf(call->arena, "officer %.*s, by the %.*s: %.*s",
                             STR(str_slice(id, 0, 64)), STR(who), STR(str_slice(reason, 0, 500)));
    TRY(audit_change(call, about, "administrator recovered"));
    TRY(identity_invite(node->identity, &identity_two_holders, id, &invitation));
    print_invitation(&json, call, &invitation);
    wipe(&invitation, sizeof invitation);
    call_finish(call, OK);
    return OK;
}
