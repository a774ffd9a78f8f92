/* SPDX-License-Identifier: Apache-2.0 */
/* bureau officer: who may use this node. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"

#include "cmd/cmd.h"
#include "codec/json.h"
#include "crypto/crypto.h"

enum { CERTIFICATE_MAX = 1 << 20 };

static const char *need_word(struct cli *cli)
{
    const char *word = cli_word(cli);
    if (!word)
        err_set(ERR_USAGE, "the officer's id is missing");
    return word;
}

static void put_option(struct cli *cli, struct node *body, const char *option, str key)
{
    const char *value = cli_option(cli, option);
    if (value)
        node_put_text(&cli->arena, body, key, str_c(value));
}

static void put_options(struct cli *cli, struct node *body, const char *option, str key)
{
    struct node *list = node_list(&cli->arena);
    for (const char *value; (value = cli_option(cli, option));)
        node_add(list, node_text(&cli->arena, str_c(value)));
    if (list && list->count)
        node_put(body, key, list);
}

/* --certificate FILE: what is sent is the hash of its key. */
enum err put_certificate(struct cli *cli, struct node *body)
{
    const char *path = cli_option(cli, "--certificate");
    char *text = NULL;
    size_t len = 0;
    struct hash hash;
    char hex[2 * HASH_SIZE + 1];
    if (!path)
        return OK;
    TRY(io_read_file(path, CERTIFICATE_MAX, &text, &len));
    enum err code = certificate_key_hash(str_of(text, len), &hash);
    free(text);
    if (code)
        return err_file(path);
    hex_encode(hash.bytes, HASH_SIZE, hex);
    node_put_text(&cli->arena, body, S("certificate_key"), arena_str(&cli->arena, str_c(hex)));
    return OK;
}

static int add(struct cli *cli)
{
    struct node *body = node_map(&cli->arena);
    struct node *answer = NULL;
    const char *id = need_word(cli);
    if (!id)
        return cli_fail();
    node_put_text(&cli->arena, body, S("officer"), str_c(id));
    put_option(cli, body, "--country", S("country"));
    put_option(cli, body, "--role", S("role"));
    put_option(cli, body, "--unit", S("unit"));
    put_options(cli, body, "--may", S("may"));
    put_options(cli, body, "--database", S("databases"));
    if (cli_flag(cli, "--invite"))
        node_put_bool(&cli->arena, body, S("invite"), true);
    struct node *purposes = node_list(&cli->arena);
    if (cli->purpose) /* the common option: the first --purpose of this command */
        node_add(purposes, node_text(&cli->arena, str_c(cli->purpose)));
    cli->purpose = NULL;
    for (const char *value; (value = cli_option(cli, "--purpose"));)
        node_add(purposes, node_text(&cli->arena, str_c(value)));
    node_put(body, S("purposes"), purposes);
    if (put_certificate(cli, body) != OK || cli_done(cli) != OK ||
        client_send(cli, S("POST"), S("/v1/officers"), body, &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else if (node_get(answer, S("token")) || node_get(answer, S("link")))
        printf("%.*s\n",
               STR(node_get_text(answer, node_get(answer, S("token")) ? S("token") : S("link"))));
    return EXIT_OK;
}

static int remove_officer(struct cli *cli)
{
    struct node *answer = NULL;
    const char *id = need_word(cli);
    if (!id || cli_done(cli) != OK)
        return cli_fail();
    str path = arena_printf(&cli->arena, "/v1/officers/%.*s", STR(url_part(cli, str_c(id))));
    return client_send(cli, S("DELETE"), path, NULL, &answer) == OK ? EXIT_OK : cli_fail();
}

static int list(struct cli *cli)
{
    struct node *answer = NULL;
    if (cli_done(cli) != OK || client_get(cli, S("/v1/officers"), &answer) != OK)
        return cli_fail();
    if (cli->is_json) {
        print_node(cli, answer);
        return EXIT_OK;
    }
    node_each(officer, answer)
        printf("%-20.*s %-4.*s %-18.*s %.*s\n", STR(node_get_text(officer, S("officer"))),
               STR(node_get_text(officer, S("country"))), STR(node_get_text(officer, S("role"))),
               STR(node_get_text(officer, S("unit"))));
    return EXIT_OK;
}

int command_officer(struct cli *cli)
{
    const char *what = cli_word(cli);
    if (what && strcmp(what, "add") == 0)
        return add(cli);
    if (what && strcmp(what, "remove") == 0)
        return remove_officer(cli);
    if (what && strcmp(what, "list") == 0)
        return list(cli);
    if (what && strcmp(what, "change") == 0)
        return officer_change(cli);
    if (what && strcmp(what, "invite") == 0)
        return officer_invite(cli);
    if (what && strcmp(what, "import") == 0)
        return officer_import(cli);
    err_set(ERR_USAGE, "expected officer add, change, invite, import, remove or list");
    return cli_fail();
}
