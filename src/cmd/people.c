/* SPDX-License-Identifier: Apache-2.0 */
/* bureau setup, unit, grant, measure: people and what they may, over the routes of the pages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "codec/json.h"

enum { LIST_BYTES = 16 << 20 };

/* An option and the member of the body it becomes; several where it may be given again. */
struct member {
    const char *option, *key;
    bool is_list;
};
static const struct member members[] = {
    {"--country", "country", false}, {"--name", "name", false},
    {"--parent", "parent", false},   {"--level", "level", false},
    {"--unit", "unit", false},       {"--role", "roles", true},
    {"--may", "may", true},          {"--database", "databases", true},
    {"--purpose", "purposes", true}, {"--from", "from", false},
    {"--until", "until", false},     {"--reason", "reason", false},
    {"--kind", "kind", false},       {"--rate", "rate", false},
    {"--officer", "officer", false}, {"--state", "state", false},
    {"--version", "version", false}, {"--review", "review", false},
};

static void put(struct cli *cli, struct node *body, const struct member *member)
{
    struct node *list = node_list(&cli->arena);
    bool is_purpose = strcmp(member->option, "--purpose") == 0;
    /* The common option: the first --purpose of this command, but not $BUREAU_PURPOSE. */
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    if (is_purpose && cli->purpose && cli->purpose != getenv("BUREAU_PURPOSE"))
        node_add(list, node_text(&cli->arena, str_c(cli->purpose)));
    for (const char *value; (value = cli_option(cli, member->option));)
        node_add(list, node_text(&cli->arena, str_c(value)));
    if (list->count && member->is_list)
        node_put(body, str_c(member->key), list);
    else if (list->count)
        node_put_text(&cli->arena, body, str_c(member->key), list->first->text);
}

static struct node *read_members(struct cli *cli)
{
    struct node *body = node_map(&cli->arena);
    for (size_t i = 0; i < COUNT_OF(members); i++)
        put(cli, body, &members[i]);
    cli->purpose = NULL;
    return body;
}

static const char *need(struct cli *cli, const char *what)
{
    const char *word = cli_word(cli);
    if (!word)
        err_set(ERR_USAGE, "%s is missing", what);
    return word;
}

static int finish(struct cli *cli, const char *method, str path, const struct node *body,
                  const char *key)
{
    struct node *answer = NULL;
    if (cli_done(cli) != OK || client_send(cli, str_c(method), path, body, &answer) != OK)
        return cli_fail();
    if (cli->is_json && answer)
        print_node(cli, answer);
    else if (answer && key)
        printf("%.*s\n", STR(node_get_text(answer, str_c(key))));
    return EXIT_OK;
}

static void print_words(const struct node *list)
{
    node_each(item, list) printf(" %.*s", STR(node_as_text(item)));
}

static int print_list(struct cli *cli, str path, const char *const *keys, size_t count)
{
    struct node *answer = NULL;
    if (cli_done(cli) != OK || client_get(cli, path, &answer) != OK)
        return cli_fail();
    if (cli->is_json) {
        print_node(cli, answer);
        return EXIT_OK;
    }
    node_each(item, answer)
    {
        for (size_t i = 0; i < count; i++)
            printf("%s%-14.*s", i ? " " : "", STR(node_get_text(item, str_c(keys[i]))));
        print_words(node_get(item, S("purposes")));
        print_words(node_get(item, S("databases")));
        printf("\n");
    }
    return EXIT_OK;
}

static str path_of(struct cli *cli, const char *base, const char *id, const char *tail)
{
    return arena_printf(&cli->arena, "%s/%.*s%s", base, STR(url_path(cli, str_c(id))), tail);
}

/* ---- the first administrator ---- */

int command_setup(struct cli *cli)
{
    struct node *answer = NULL;
    const char *id = need(cli, "the administrator's id");
    struct node *body = read_members(cli);
    if (!id)
        return cli_fail();
    node_put_text(&cli->arena, body, S("officer"), str_c(id));
    if (cli_done(cli) != OK || client_send(cli, S("POST"), S("/v1/setup"), body, &answer) != OK)
        return cli_fail();
    if (cli->is_json) {
        print_node(cli, answer);
        return EXIT_OK;
    }
    printf("Open this page of the node once, until %.*s; it sets password and one-time codes:\n"
           "  %.*s\n",
           STR(node_get_text(answer, S("until"))), STR(node_get_text(answer, S("link"))));
    return EXIT_OK;
}

/* ---- units, grants, measures ---- */

int command_unit(struct cli *cli)
{
    static const char *const keys[] = {"id", "country", "level", "parent", "name"};
    const char *what = cli_word(cli);
    if (what && strcmp(what, "list") == 0)
        return print_list(cli, S("/v1/units"), keys, COUNT_OF(keys));
    const char *id = need(cli, "the unit's id");
    struct node *body = read_members(cli);
    if (!id)
        return cli_fail();
    if (what && strcmp(what, "add") == 0) {
        node_put_text(&cli->arena, body, S("id"), str_c(id));
        return finish(cli, "POST", S("/v1/units"), body, NULL);
    }
    if (what && strcmp(what, "change") == 0)
        return finish(cli, "PUT", path_of(cli, "/v1/units", id, ""), body, NULL);
    if (what && strcmp(what, "close") == 0)
        return finish(cli, "DELETE", path_of(cli, "/v1/units", id, ""), NULL, NULL);
    err_set(ERR_USAGE, "expected unit add, change, close or list");
    return cli_fail();
}

int command_grant(struct cli *cli)
{
    static const char *const keys[] = {"id", "officer", "kind", "from", "until", "of"};
    const char *what = cli_word(cli);
    if (what && strcmp(what, "list") == 0)
        return print_list(cli, cli_flag(cli, "--open") ? S("/v1/grants?open=yes") : S("/v1/grants"),
                          keys, COUNT_OF(keys));
    const char *id = need(cli, "the id of an officer or a grant");
    struct node *body = read_members(cli);
    if (!id)
        return cli_fail();
    if (what && strcmp(what, "add") == 0) {
        node_put_text(&cli->arena, body, S("officer"), str_c(id));
        return finish(cli, "POST", S("/v1/grants"), body, "id");
    }
    if (what && strcmp(what, "end") == 0)
        return finish(cli, "DELETE", path_of(cli, "/v1/grants", id, ""), NULL, NULL);
    if (what && strcmp(what, "review") == 0)
        return finish(cli, "POST", path_of(cli, "/v1/grants", id, "/review"), body, NULL);
    err_set(ERR_USAGE, "expected grant add, end, review or list");
    return cli_fail();
}

int command_measure(struct cli *cli)
{
    static const char *const keys[] = {"id", "country", "kind", "from", "until"};
    const char *what = cli_word(cli);
    if (what && strcmp(what, "list") == 0)
        return print_list(cli, S("/v1/measures"), keys, COUNT_OF(keys));
    const char *id = need(cli, "the country or the measure's id");
    struct node *body = read_members(cli);
    if (!id)
        return cli_fail();
    if (what && strcmp(what, "add") == 0) {
        node_put_text(&cli->arena, body, S("country"), str_c(id));
        return finish(cli, "POST", S("/v1/measures"), body, "id");
    }
    if (what && strcmp(what, "lift") == 0)
        return finish(cli, "DELETE", path_of(cli, "/v1/measures", id, ""), NULL, NULL);
    err_set(ERR_USAGE, "expected measure add, lift or list");
    return cli_fail();
}

/* ---- officers: what officer.c hands on ---- */

int officer_invite(struct cli *cli)
{
    const char *id = need(cli, "the officer's id");
    if (!id)
        return cli_fail();
    return finish(cli, "POST", path_of(cli, "/v1/officers", id, "/invitation"),
                  node_map(&cli->arena), "link");
}

int officer_change(struct cli *cli)
{
    const char *id = need(cli, "the officer's id");
    struct node *body = read_members(cli);
    if (!id)
        return cli_fail();
    return finish(cli, "PUT", path_of(cli, "/v1/officers", id, ""), body, NULL);
}

static void print_imported(const struct node *answer)
{
    node_each(row, node_get(answer, S("refused")))
        fprintf(stderr, "row %.*s, %.*s: %.*s\n", STR(node_get_text(row, S("row"))),
                STR(node_get_text(row, S("officer"))), STR(node_get_text(row, S("reason"))));
    node_each(one, node_get(answer, S("invitations")))
        printf("%-20.*s %.*s\n", STR(node_get_text(one, S("officer"))),
               STR(node_get_text(one, S("link"))));
    fprintf(stderr, "%.*s officers added\n", STR(node_get_text(answer, S("added"))));
}

int officer_import(struct cli *cli)
{
    struct buf text = {.max = LIST_BYTES};
    struct http_reply reply;
    struct node *answer = NULL;
    const char *file = need(cli, "the list, a CSV file or - for standard input");
    bool is_partly = cli_flag(cli, "--partly");
    if (!file || cli_done(cli) != OK || cli_read(file, LIST_BYTES, &text) != OK)
        return cli_fail();
    struct http_call call = {.method = S("POST"),
                             .path = is_partly ? S("/v1/officers/import?partly=yes")
                                               : S("/v1/officers/import"),
                             .body = buf_str(&text)};
    enum err code = client_call(cli, &call, &reply);
    buf_release(&text);
    if (code || json_parse(reply.body, &cli->arena, &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        print_imported(answer);
    return node_get(answer, S("refused"))->count ? EXIT_NO : EXIT_OK;
}
