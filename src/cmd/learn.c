/* SPDX-License-Identifier: Apache-2.0 */
/* bureau learn: counts how rare names are, shows what that changes, takes it into service. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "codec/json.h"

static void print_table(const char *title, const struct node *table)
{
    bool is_shipped = node_as_bool(node_get(table, S("shipped")), false);
    printf("%-10s %.*s: %.*s persons, %.*s words%s\n", title, STR(node_get_text(table, S("id"))),
           STR(node_get_text(table, S("persons"))), STR(node_get_text(table, S("words"))),
           is_shipped ? ", shipped with the program" : "");
}

static void print_report(struct cli *cli, const struct node *report)
{
    const struct node *candidate = node_get(report, S("candidate"));
    if (cli->is_json) {
        print_node(cli, report);
        return;
    }
    print_table("serves", node_get(report, S("serving")));
    if (!candidate) {
        printf("nothing learned waits for use\n");
        return;
    }
    print_table("waits", candidate);
    printf("%-10s %-24s %10s %10s   (0: not listed)\n", "script", "word", "bearers", "learned");
    node_each(change, node_get(report, S("changes")))
    {
        printf("%-10.*s %-24.*s %10.*s %10.*s\n", STR(node_get_text(change, S("script"))),
               STR(node_get_text(change, S("word"))), STR(node_get_text(change, S("before"))),
               STR(node_get_text(change, S("after"))));
    }
}

static int show(struct cli *cli)
{
    struct node *report = NULL;
    if (client_get(cli, S("/v1/frequencies"), &report) != OK)
        return cli_fail();
    print_report(cli, report);
    return EXIT_OK;
}

static int learn(struct cli *cli)
{
    struct node *started = NULL;
    struct node *status = NULL;
    if (client_send(cli, S("POST"), S("/v1/frequencies/learn"), NULL, &started) != OK ||
        client_follow(cli, started, &status) != OK)
        return cli_fail();
    int code = show(cli);
    if (code == EXIT_OK && !cli->is_json)
        printf("take it into service with: bureau learn --use\n");
    return code;
}

static int use(struct cli *cli)
{
    struct node *report = NULL;
    if (client_send(cli, S("POST"), S("/v1/frequencies/use"), NULL, &report) != OK)
        return cli_fail();
    print_report(cli, report);
    return EXIT_OK;
}

static int forget(struct cli *cli)
{
    struct node *nothing = NULL;
    if (client_send(cli, S("DELETE"), S("/v1/frequencies"), NULL, &nothing) != OK)
        return cli_fail();
    return show(cli);
}

int command_learn(struct cli *cli)
{
    bool is_show = cli_flag(cli, "--show");
    bool is_use = cli_flag(cli, "--use");
    bool is_forget = cli_flag(cli, "--forget");
    if (cli_done(cli) != OK)
        return cli_fail();
    if (is_show + is_use + is_forget > 1) {
        err_set(ERR_USAGE, "expected one of --show, --use and --forget");
        return cli_fail();
    }
    return is_show ? show(cli) : is_use ? use(cli) : is_forget ? forget(cli) : learn(cli);
}
