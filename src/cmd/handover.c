/* SPDX-License-Identifier: Apache-2.0 */
/* bureau ticket handover: a desk left, and taken over, over the same routes as the pages. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "codec/json.h"

static void print_desk(const struct node *desk)
{
    const struct node *last = node_get(desk, S("last"));
    printf("%.*s\n", STR(node_get_text(node_get(desk, S("desk")), S("unit"))));
    node_each(handed, node_get(desk, S("tickets")))
    {
        const struct node *ticket = node_get(handed, S("ticket"));
        str taker = node_get_text(handed, S("taker"));
        bool is_urgent = node_as_bool(node_get(handed, S("urgent")), false);
        printf("%-14.*s %-14.*s %-20.*s %s%s%.*s%s\n", STR(node_get_text(ticket, S("id"))),
               STR(node_get_text(ticket, S("state"))),
               STR(node_get_text(node_get(ticket, S("clock")), S("due"))),
               is_urgent ? "URGENT  " : "", taker.len ? "taken by " : "", STR(taker),
               node_as_bool(node_get(handed, S("since")), false) ? "  new" : "");
    }
    if (last)
        printf("left by %.*s at %.*s", STR(node_get_text(last, S("left_by"))),
               STR(node_get_text(last, S("left_at"))));
    if (node_get(last, S("taken_by")))
        printf(", taken over by %.*s at %.*s\n", STR(node_get_text(last, S("taken_by"))),
               STR(node_get_text(last, S("taken_at"))));
    else if (last)
        printf(", not taken over yet: handover %.*s\n", STR(node_get_text(last, S("id"))));
}

/* --taker TICKET=OFFICER, as often as given. */
static enum err read_takers(struct cli *cli, struct node **ret)
{
    *ret = node_map(&cli->arena);
    for (const char *given; (given = cli_option(cli, "--taker"));) {
        str text = str_c(given);
        size_t equals = str_find(text, '=');
        if (equals == 0 || equals + 1 >= text.len)
            return err_set(ERR_USAGE, "--taker %s is not of the form TICKET=OFFICER", given);
        node_put_text(&cli->arena, *ret, str_slice(text, 0, equals), str_from(text, equals + 1));
    }
    return OK;
}

/* Signs the list as it stands now: whoever wants another look asks without `leave` or `take`. */
static enum err sign(struct cli *cli, bool is_taking, struct node **ret)
{
    struct node *desk = NULL;
    struct node *takers = NULL;
    struct node *body = node_map(&cli->arena);
    const char *note = cli_option(cli, "--note");
    TRY(read_takers(cli, &takers));
    TRY(cli_done(cli));
    TRY(client_get(cli, S("/v1/handover"), &desk));
    const struct node *last = node_get(desk, S("last"));
    node_put(body, S("takers"), takers);
    if (note)
        node_put_text(&cli->arena, body, S("note"), str_c(note));
    node_put_text(&cli->arena, body, S("digest"),
                  node_get_text(is_taking ? last : desk, S("digest")));
    if (!is_taking)
        return client_send(cli, S("POST"), S("/v1/handover"), body, ret);
    if (!last)
        return err_set(ERR_CONFLICT, "nobody has left this desk to be taken over");
    node_put_text(&cli->arena, body, S("version"), node_get_text(last, S("version")));
    str path = arena_printf(&cli->arena, "/v1/handover/%.*s",
                            STR(url_part(cli, node_get_text(last, S("id")))));
    return client_send(cli, S("POST"), path, body, ret);
}

int command_handover(struct cli *cli)
{
    struct node *answer = NULL;
    const char *what = cli_word(cli);
    bool is_taking = what && strcmp(what, "take") == 0;
    enum err code = OK;
    if (what && !is_taking && strcmp(what, "leave") != 0)
        code = err_set(ERR_USAGE, "expected ticket handover, with leave or take to sign");
    else if (what)
        code = sign(cli, is_taking, &answer);
    else if ((code = cli_done(cli)) == OK)
        code = client_get(cli, S("/v1/handover"), &answer);
    if (code)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        print_desk(answer);
    return EXIT_OK;
}
