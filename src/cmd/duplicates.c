/* SPDX-License-Identifier: Apache-2.0 */
/* bureau duplicates: one person recorded twice, within an owner's records or across owners. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "codec/json.h"

static void print_pair(const struct node *pair)
{
    const struct node *hit = node_get(pair, S("hit"));
    str bits = node_get_text(hit, S("bits"));
    printf("%.*s  %.*s  owner %.*s  %.*s", STR(node_get_text(pair, S("record"))),
           STR(node_get_text(hit, S("id"))), STR(node_get_text(hit, S("owner"))),
           STR(node_get_text(hit, S("band"))));
    printf(bits.len ? "  %.*s bits\n" : "\n", STR(bits));
    node_each(why, node_get(hit, S("why")))
        printf("    %-22.*s %.*s = %.*s  (%.*s)\n", STR(node_get_text(why, S("title"))),
               STR(node_get_text(why, S("asked"))), STR(node_get_text(why, S("held"))),
               STR(node_get_text(why, S("agreement"))));
}

static enum err read_wanted(struct cli *cli, struct node *body)
{
    uint64_t max;
    const char *database = cli_option(cli, "--database"), *owner = cli_option(cli, "--owner");
    bool is_across = cli_flag(cli, "--across"), is_possible = cli_flag(cli, "--possible");
    TRY(cli_number(cli, "--max", 0, UINT32_MAX, &max));
    TRY(cli_done(cli));
    if (!database)
        return err_set(ERR_USAGE, "--database is missing");
    node_put_text(&cli->arena, body, S("database"), str_c(database));
    if (owner)
        node_put_text(&cli->arena, body, S("owner"), str_c(owner));
    if (max)
        node_put_number(&cli->arena, body, S("max"), (int64_t)max);
    node_put_bool(&cli->arena, body, S("across"), is_across);
    node_put_bool(&cli->arena, body, S("possible"), is_possible);
    return OK;
}

int command_duplicates(struct cli *cli)
{
    struct node *body = node_map(&cli->arena), *started = NULL, *status = NULL;
    if (read_wanted(cli, body) != OK ||
        client_send(cli, S("POST"), S("/v1/duplicates"), body, &started) != OK ||
        client_follow(cli, started, &status) != OK)
        return cli_fail();
    const struct node *result = node_get(status, S("result")),
                      *pairs = node_get(result, S("pairs"));
    if (cli->is_json) {
        print_node(cli, result);
    } else {
        node_each(pair, pairs) print_pair(pair);
        printf("%.*s records, %u pairs%s\n", STR(node_get_text(result, S("examined"))),
               pairs ? (unsigned)pairs->count : 0,
               node_as_bool(node_get(result, S("cut")), false) ? ", and more: see --max" : "");
    }
    return pairs && pairs->count ? EXIT_OK : EXIT_NO;
}
