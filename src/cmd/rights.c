/* SPDX-License-Identifier: Apache-2.0 */
/* Rights of persons: wired to flow, which carries their requests, and to the store, which asks what
 * is held back; bureau rights. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "codec/json.h"

enum err rights_of_persons_open(struct running *running)
{
    struct api_node *node = &running->node;
    const struct rights_node parts = {.directory = node->directory,
                                      .catalog = running->catalog,
                                      .store = node->store,
                                      .flow = node->flow,
                                      .keep = node->keep,
                                      .audit = node->audit,
                                      .identity = node->identity};
    TRY(rights_open(&parts, &node->rights));
    store_set_guard(node->store, rights_guard, node->rights);
    flow_on_effect(node->flow, rights_do, rights_did, node->rights);
    flow_on_look(node->flow, rights_look);
    return OK;
}

/* ---- bureau rights ---- */

static int print_form(struct cli *cli, str path)
{
    struct http_reply reply;
    struct http_call call = {.method = S("GET"), .path = path};
    if (cli_done(cli) != OK || client_call(cli, &call, &reply) != OK)
        return cli_fail();
    fwrite(reply.body.ptr, 1, reply.body.len, stdout);
    if (reply.body.len && reply.body.ptr[reply.body.len - 1] != '\n')
        putchar('\n');
    return EXIT_OK;
}

static str form_path(struct cli *cli, const char *path, const char *otherwise)
{
    const char *form = cli_option(cli, "--form");
    form = form ? form : cli->is_json ? "json" : otherwise;
    return arena_printf(&cli->arena, "%s?form=%.*s", path, STR(url_part(cli, str_c(form))));
}

static int processing(struct cli *cli)
{
    const char *since = cli_option(cli, "--since");
    str path = form_path(cli, "/v1/rights/processing", "markdown");
    if (since)
        path = arena_printf(&cli->arena, "%.*s&since=%.*s", STR(path),
                            STR(url_part(cli, str_c(since))));
    return print_form(cli, path);
}

static int report(struct cli *cli)
{
    static const char *const options[] = {"from", "to"};
    str path = form_path(cli, "/v1/rights/report", "csv");
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        str name = arena_printf(&cli->arena, "--%s", options[i]);
        const char *value = cli_option(cli, name.ptr);
        if (value)
            path = arena_printf(&cli->arena, "%.*s&%s=%.*s", STR(path), options[i],
                                STR(url_part(cli, str_c(value))));
    }
    return print_form(cli, path);
}

/* The hash that was read is signed: without one, what lies there now. */
static int sign(struct cli *cli)
{
    const char *hash = cli_option(cli, "--hash");
    struct node *answer = NULL, *body = node_map(&cli->arena);
    if (cli_done(cli) != OK)
        return cli_fail();
    if (!hash && client_get(cli, S("/v1/rights/processing"), &answer) != OK)
        return cli_fail();
    node_put_text(&cli->arena, body, S("hash"),
                  hash ? str_c(hash) : node_get_text(answer, S("hash")));
    if (client_send(cli, S("POST"), S("/v1/rights/processing/sign"), body, &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        printf("version %.*s signed by %.*s%s\n", STR(node_get_text(answer, S("version"))),
               STR(node_get_text(answer, S("by"))),
               node_as_bool(node_get(answer, S("serves")), false)
                   ? ""
                   : "; it serves from the next start on");
    return EXIT_OK;
}

static int list_requests(struct cli *cli)
{
    struct node *answer = NULL;
    bool is_all = cli_flag(cli, "--all");
    if (cli_done(cli) != OK || client_get(cli,
                                          is_all ? S("/v1/rights/requests?open=all&max=200")
                                                 : S("/v1/rights/requests?max=200"),
                                          &answer) != OK)
        return cli_fail();
    if (cli->is_json) {
        print_node(cli, answer);
        return EXIT_OK;
    }
    node_each(one, node_get(answer, S("requests")))
    {
        const struct node *clock = node_get(one, S("clock"));
        printf("%-14.*s %-24.*s %-16.*s %.*s%s\n", STR(node_get_text(one, S("id"))),
               STR(node_get_text(one, S("title"))), STR(node_get_text(one, S("state"))),
               STR(node_get_text(clock, S("due"))),
               node_as_bool(node_get(clock, S("late")), false) ? "  late" : "");
    }
    return EXIT_OK;
}

static int print_answer(struct cli *cli, const struct node *answer)
{
    if (cli->is_json) {
        print_node(cli, answer);
        return EXIT_OK;
    }
    printf("%.*s\n%.*s\n", STR(node_get_text(answer, S("title"))),
           STR(node_get_text(answer, S("day"))));
    node_each(part, node_get(answer, S("parts")))
    {
        printf("\n%.*s\n", STR(node_get_text(part, S("heading"))));
        node_each(line, node_get(part, S("lines"))) printf("  %.*s\n", STR(node_as_text(line)));
    }
    return EXIT_OK;
}

static int of_request(struct cli *cli, const char *what)
{
    struct node *answer = NULL;
    const char *language = cli_option(cli, "--language");
    const char *id = cli_word(cli);
    if (!id) {
        err_set(ERR_USAGE, "the request's id is missing");
        return cli_fail();
    }
    str path = arena_printf(&cli->arena, "/v1/rights/requests/%.*s/%s%s%.*s",
                            STR(url_part(cli, str_c(id))), what, language ? "?language=" : "",
                            STR(url_part(cli, str_c(language ? language : ""))));
    if (strcmp(what, "evidence") == 0)
        return print_form(cli, path);
    if (cli_done(cli) != OK || client_get(cli, path, &answer) != OK)
        return cli_fail();
    return print_answer(cli, answer);
}

int command_rights(struct cli *cli)
{
    const char *what = cli_word(cli);
    if (what && strcmp(what, "processing") == 0)
        return processing(cli);
    if (what && strcmp(what, "report") == 0)
        return report(cli);
    if (what && strcmp(what, "sign") == 0)
        return sign(cli);
    if (what && strcmp(what, "list") == 0)
        return list_requests(cli);
    if (what && (strcmp(what, "evidence") == 0 || strcmp(what, "answer") == 0))
        return of_request(cli, what);
    err_set(ERR_USAGE, "expected rights list, evidence, answer, processing, sign or report");
    return cli_fail();
}
