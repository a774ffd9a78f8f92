/* SPDX-License-Identifier: Apache-2.0 */
/* Client data: JSON made by the browser, signed by the passkey, sent by whoever sends it. */
#include "codec/json.h"
#include "identity/passkey.h"

static enum err need(const struct node *map, str key, str *ret)
{
    const struct node *node = node_get(map, key);
    if (!node || node->kind != NODE_TEXT)
        return err_set(ERR_SYNTAX, "client data have no %.*s", STR(key));
    *ret = node->text;
    return OK;
}

enum err passkey_read_client(str bytes, struct arena *arena, struct passkey_client *ret)
{
    struct node *map = NULL;
    struct passkey_client client;
    if (bytes.len > PASSKEY_CLIENT_MAX)
        return err_set(ERR_LIMIT, "client data of more than %d bytes", PASSKEY_CLIENT_MAX);
    TRY(json_parse(bytes, arena, &map));
    if (map->kind != NODE_MAP)
        return err_set(ERR_SYNTAX, "client data are no JSON object");
    TRY(need(map, S("type"), &client.type));
    TRY(need(map, S("challenge"), &client.challenge));
    TRY(need(map, S("origin"), &client.origin));
    /* A page within a page of another site is no page of ours, whatever the first says. */
    const struct node *cross = node_get(map, S("crossOrigin"));
    client.is_cross_origin = (cross && !str_eq(node_as_text(cross), S("false"))) ||
                             node_get(map, S("topOrigin")) != NULL;
    *ret = client;
    return OK;
}
