/* SPDX-License-Identifier: Apache-2.0 */
/* bureau approval: what waits for a second person, over the routes of the page. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

bool print_if_waiting(struct cli *cli, const struct node *answer)
{
    str id = node_get_text(answer, S("waiting"));
    if (!id.len)
        return false;
    if (cli->is_json) {
        print_node(cli, answer);
        return true;
    }
    printf("%.*s  waits:", STR(id));
    node_each(need, node_get(answer, S("needs"))) printf(" %.*s", STR(node_as_text(need)));
    printf("\n");
    node_each(one, node_get(answer, S("why"))) printf("  %.*s\n", STR(node_as_text(one)));
    return true;
}

static void print_proposal(const struct node *proposal)
{
    str outcome = node_get_text(proposal, S("outcome"));
    printf("%-12.*s %-8.*s %-4.*s %.*s %.*s  by %.*s, %.*s", STR(node_get_text(proposal, S("id"))),
           STR(node_get_text(proposal, S("kind"))), STR(node_get_text(proposal, S("owner"))),
           STR(node_get_text(proposal, S("database"))), STR(node_get_text(proposal, S("record"))),
           STR(node_get_text(proposal, S("officer"))), STR(node_get_text(proposal, S("proposed"))));
    if (outcome.len)
        printf("  %.*s %.*s %.*s", STR(outcome), STR(node_get_text(proposal, S("refusal"))),
               STR(node_get_text(proposal, S("words"))));
    else
        node_each(need, node_get(proposal, S("needs"))) printf("  %.*s", STR(node_as_text(need)));
    printf("\n");
    node_each(one, node_get(proposal, S("why"))) printf("    %.*s\n", STR(node_as_text(one)));
}

static int list(struct cli *cli)
{
    struct node *answer = NULL;
    str path = cli_flag(cli, "--decided") ? S("/v1/approvals?state=decided") : S("/v1/approvals");
    if (cli_done(cli) != OK || client_get(cli, path, &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        node_each(one, node_get(answer, S("proposals"))) print_proposal(one);
    return EXIT_OK;
}

static str path_of(struct cli *cli, const char *id, const char *tail)
{
    return arena_printf(&cli->arena, "/v1/approvals/%.*s%s", STR(url_part(cli, str_c(id))), tail);
}

static int show(struct cli *cli, const char *id)
{
    struct node *answer = NULL;
    if (cli_done(cli) != OK || client_get(cli, path_of(cli, id, ""), &answer) != OK)
        return cli_fail();
    print_node(cli, answer);
    return EXIT_OK;
}

static int decide(struct cli *cli, const char *method, str path, const struct node *body)
{
    struct node *answer = NULL;
    struct node *status = NULL;
    if (cli_done(cli) != OK || client_send(cli, str_c(method), path, body, &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        printf("%.*s  %.*s %.*s  receipt %.*s\n", STR(node_get_text(answer, S("id"))),
               STR(node_get_text(answer, S("outcome"))), STR(node_get_text(answer, S("record"))),
               STR(node_get_text(answer, S("receipt"))));
    if (node_get(answer, S("job")) && client_follow(cli, answer, &status) != OK)
        return cli_fail();
    return EXIT_OK;
}

int command_approval(struct cli *cli)
{
    struct node *body = node_map(&cli->arena);
    const char *what = cli_word(cli);
    if (what && strcmp(what, "list") == 0)
        return list(cli);
    const char *reason = cli_option(cli, "--reason");
    const char *words = cli_option(cli, "--words");
    const char *id = what ? cli_word(cli) : NULL;
    if (what && !id) {
        err_set(ERR_USAGE, "the proposal's id is missing");
        return cli_fail();
    }
    if (what && strcmp(what, "show") == 0)
        return show(cli, id);
    if (what && strcmp(what, "approve") == 0)
        return decide(cli, "POST", path_of(cli, id, "/approve"), NULL);
    if (what && strcmp(what, "withdraw") == 0)
        return decide(cli, "DELETE", path_of(cli, id, ""), NULL);
    if (what && strcmp(what, "refuse") == 0) {
        node_put_text(&cli->arena, body, S("reason"), str_c(reason ? reason : ""));
        if (words)
            node_put_text(&cli->arena, body, S("words"), str_c(words));
        return decide(cli, "POST", path_of(cli, id, "/refuse"), body);
    }
    err_set(ERR_USAGE, "expected approval list, show, approve, refuse or withdraw");
    return cli_fail();
}
