/* SPDX-License-Identifier: Apache-2.0 */
/* bureau policy: why an officer sees a record as he does; all that he can reach. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "codec/json.h"

static int explain(struct cli *cli)
{
    struct node *answer = NULL, *body = node_map(&cli->arena);
    const char *officer = cli_option(cli, "--as"), *role = cli_option(cli, "--role");
    const char *record = cli_option(cli, "--record");
    if (!record)
        err_set(ERR_USAGE, "--record is missing");
    if (!record || cli_done(cli) != OK)
        return cli_fail();
    node_put_text(&cli->arena, body, S("record"), str_c(record));
    if (officer)
        node_put_text(&cli->arena, body, S("officer"), str_c(officer));
    if (role)
        node_put_text(&cli->arena, body, S("role"), str_c(role));
    if (cli->purpose)
        node_put_text(&cli->arena, body, S("purpose"), str_c(cli->purpose));
    if (client_send(cli, S("POST"), S("/v1/policy/explain"), body, &answer) != OK)
        return cli_fail();
    if (cli->is_json) {
        print_node(cli, answer);
        return EXIT_OK;
    }
    printf("%.*s sees: %.*s\n", STR(node_get_text(answer, S("officer"))),
           STR(node_get_text(answer, S("disclosure"))));
    node_each(step, node_get(answer, S("steps")))
        printf("  %-20.*s %-9.*s %.*s\n", STR(node_get_text(step, S("rule"))),
               STR(node_get_text(step, S("at_most"))), STR(node_get_text(step, S("words"))));
    return EXIT_OK;
}

static void print_words(const struct node *list)
{
    bool is_first = true;
    node_each(item, list)
    {
        printf("%s%.*s", is_first ? "" : ",", STR(node_as_text(item)));
        is_first = false;
    }
}

static void print_reach(const struct node *reach)
{
    const struct node *others = node_get(reach, S("others")), *own = node_get(reach, S("own"));
    printf("%.*s for %.*s\n  may      ", STR(node_get_text(reach, S("database"))),
           STR(node_get_text(reach, S("purpose"))));
    print_words(node_get(reach, S("may")));
    printf("\n  of others");
    node_each(item, others) printf(" %.*s:%.*s", STR(item->key), STR(node_as_text(item)));
    printf("\n  of own   ");
    node_each(item, own) printf(" %.*s:%.*s", STR(item->key), STR(node_as_text(item)));
    printf("\n  fields   ");
    print_words(node_get(reach, S("fields")));
    printf("\n");
}

static int reach(struct cli *cli)
{
    struct node *answer = NULL;
    const char *officer = cli_option(cli, "--as"), *role = cli_option(cli, "--role");
    if (cli_done(cli) != OK)
        return cli_fail();
    str path = arena_printf(&cli->arena, "/v1/policy/audit?officer=%.*s&role=%.*s",
                            STR(url_part(cli, str_c(officer ? officer : ""))),
                            STR(url_part(cli, str_c(role ? role : ""))));
    if (client_get(cli, path, &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        node_each(one, node_get(answer, S("reach"))) print_reach(one);
    return EXIT_OK;
}

int command_policy(struct cli *cli)
{
    const char *word = cli_word(cli);
    if (word && strcmp(word, "explain") == 0)
        return explain(cli);
    if (word && strcmp(word, "audit") == 0)
        return reach(cli);
    err_set(ERR_USAGE, "policy explain or policy audit");
    return cli_fail();
}
