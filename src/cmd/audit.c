/* SPDX-License-Identifier: Apache-2.0 */
/* bureau audit: who asked what, and is the log whole. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "codec/json.h"

static void print_entry(const struct node *item)
{
    const struct node *entry = node_get(item, S("entry"));
    printf("%-9.*s", STR(node_get_text(item, S("number"))));
    if (!entry)
        printf("destroyed");
    node_each(part, entry) if (node_is_scalar(part) && part->text.len)
        printf(" %.*s=%.*s", STR(part->key), STR(part->text));
    printf("\n");
}

static int show(struct cli *cli)
{
    struct node *answer = NULL;
    const char *record = cli_option(cli, "--record");
    uint64_t max;
    uint64_t before;
    if (cli_number(cli, "--max", 100, 500, &max) != OK ||
        cli_number(cli, "--before", 0, INT64_MAX, &before) != OK || cli_done(cli) != OK)
        return cli_fail();
    struct buf path = {.max = 1024};
    buf_printf(&path, "/v1/audit?max=%llu", (unsigned long long)max);
    if (before)
        buf_printf(&path, "&before=%llu", (unsigned long long)before);
    if (record)
        buf_printf(&path, "&record=%.*s", STR(url_part(cli, str_c(record))));
    enum err code = client_get(cli, buf_str(&path), &answer);
    buf_release(&path);
    if (code)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        node_each(item, answer) print_entry(item);
    return EXIT_OK;
}

static int verify(struct cli *cli)
{
    struct node *answer = NULL;
    if (cli_done(cli) != OK || client_get(cli, S("/v1/audit/verify"), &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        printf("%.*s\n", STR(node_get_text(answer, S("report"))));
    return node_as_bool(node_get(answer, S("ok")), false) ? EXIT_OK : EXIT_NO;
}

int command_audit(struct cli *cli)
{
    const char *what = cli_word(cli);
    struct node *answer = NULL;
    if (!what || strcmp(what, "show") == 0)
        return show(cli);
    if (strcmp(what, "verify") == 0)
        return verify(cli);
    str path = arena_printf(&cli->arena, "/v1/audit/%.*s", STR(url_part(cli, str_c(what))));
    if (cli_done(cli) != OK || client_get(cli, path, &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        print_entry(answer);
    return EXIT_OK;
}
