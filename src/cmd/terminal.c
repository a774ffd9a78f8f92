/* SPDX-License-Identifier: Apache-2.0 */
/* bureau terminal: computers that officers of a desk take over from one another. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "codec/json.h"

static void put(struct cli *cli, struct node *body, const char *option, str key)
{
    const char *value = cli_option(cli, option);
    if (value)
        node_put_text(&cli->arena, body, key, str_c(value));
}

static int send(struct cli *cli, const char *method, str path, const struct node *body)
{
    struct node *answer = NULL;
    if (cli_done(cli) != OK || client_send(cli, str_c(method), path, body, &answer) != OK)
        return cli_fail();
    if (cli->is_json && answer)
        print_node(cli, answer);
    return EXIT_OK;
}

static int add(struct cli *cli, const char *id)
{
    struct node *body = node_map(&cli->arena);
    node_put_text(&cli->arena, body, S("id"), str_c(id));
    put(cli, body, "--unit", S("unit"));
    put(cli, body, "--role", S("role"));
    put(cli, body, "--label", S("label"));
    put(cli, body, "--idle", S("idle_s"));
    if (cli->purpose) /* the common option */
        node_put_text(&cli->arena, body, S("purpose"), str_c(cli->purpose));
    cli->purpose = NULL;
    if (put_certificate(cli, body) != OK)
        return cli_fail();
    return send(cli, "POST", S("/v1/terminals"), body);
}

static int list(struct cli *cli)
{
    static const char *const keys[] = {"id", "unit", "role", "purpose", "idle_s", "label"};
    struct node *answer = NULL;
    if (cli_done(cli) != OK || client_get(cli, S("/v1/terminals"), &answer) != OK)
        return cli_fail();
    if (cli->is_json) {
        print_node(cli, answer);
        return EXIT_OK;
    }
    node_each(item, answer)
    {
        for (size_t i = 0; i < COUNT_OF(keys); i++)
            printf("%s%-14.*s", i ? " " : "", STR(node_get_text(item, str_c(keys[i]))));
        printf("\n");
    }
    return EXIT_OK;
}

int command_terminal(struct cli *cli)
{
    const char *what = cli_word(cli);
    if (what && strcmp(what, "list") == 0)
        return list(cli);
    const char *id = what ? cli_word(cli) : NULL;
    if (id && strcmp(what, "add") == 0)
        return add(cli, id);
    if (id && strcmp(what, "remove") == 0)
        return send(cli, "DELETE",
                    arena_printf(&cli->arena, "/v1/terminals/%.*s", STR(url_part(cli, str_c(id)))),
                    NULL);
    err_set(ERR_USAGE, "expected terminal add ID, remove ID or list");
    return cli_fail();
}
