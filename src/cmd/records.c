/* SPDX-License-Identifier: Apache-2.0 */
/* bureau get, put, state, erase: single records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "codec/json.h"

enum { BODY_MAX = 4 << 20 };

static const char *need_word(struct cli *cli, const char *what)
{
    const char *word = cli_word(cli);
    if (!word)
        err_set(ERR_USAGE, "%s is missing", what);
    return word;
}

static void print_record(const struct node *record)
{
    printf("%.*s  version %.*s  %.*s  %.*s  owner %.*s\n", STR(node_get_text(record, S("id"))),
           STR(node_get_text(record, S("version"))), STR(node_get_text(record, S("title"))),
           STR(node_get_text(record, S("state"))), STR(node_get_text(record, S("owner"))));
    node_each(fact, node_get(record, S("facts")))
    {
        str note = node_get_text(fact, S("note"));
        printf("  %-24.*s %.*s%s%.*s\n", STR(node_get_text(fact, S("title"))),
               STR(node_get_text(fact, S("value"))), note.len ? "  - " : "", STR(note));
    }
    printf("receipt %.*s\n", STR(node_get_text(record, S("receipt"))));
}

static void print_versions(const struct node *list)
{
    node_each(version, list)
        printf("%4.*s  %.*s  %-6.*s %-10.*s %.*s\n", STR(node_get_text(version, S("version"))),
               STR(node_get_text(version, S("time"))), STR(node_get_text(version, S("kind"))),
               STR(node_get_text(version, S("state"))), STR(node_get_text(version, S("officer"))));
}

int command_get(struct cli *cli)
{
    struct node *answer = NULL;
    bool is_history = cli_flag(cli, "--history");
    const char *version = cli_option(cli, "--version");
    const char *id = need_word(cli, "the record's id");
    if (!id || cli_done(cli) != OK)
        return cli_fail();
    const char *kind = strchr(id, ':') ? "references" : "records";
    str path = arena_printf(&cli->arena, "/v1/%s/%.*s%s%s%s", kind, STR(url_path(cli, str_c(id))),
                            is_history ? "/history" : "", version ? "?version=" : "",
                            version ? version : "");
    if (client_get(cli, path, &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else if (is_history)
        print_versions(answer);
    else
        print_record(answer);
    return EXIT_OK;
}

/* ---- changes ---- */

static enum err call_with_version(struct cli *cli, str method, str path, str body,
                                  const char *version, struct node **ret)
{
    struct http_reply reply;
    struct http_header if_match = {S("If-Match"), STR_EMPTY};
    if (version)
        if_match.value = arena_printf(&cli->arena, "\"%s\"", version);
    struct http_call call = {.method = method,
                             .path = path,
                             .headers = &if_match,
                             .header_count = version ? 1 : 0,
                             .body = body};
    TRY(client_call(cli, &call, &reply));
    return json_parse(reply.body, &cli->arena, ret);
}

static int print_committed(struct cli *cli, const struct node *done)
{
    if (print_if_waiting(cli, done))
        return EXIT_OK;
    if (cli->is_json)
        print_node(cli, done);
    else
        printf("%.*s  version %.*s  receipt %.*s\n", STR(node_get_text(done, S("id"))),
               STR(node_get_text(done, S("version"))), STR(node_get_text(done, S("receipt"))));
    return EXIT_OK;
}

static int print_checked(struct cli *cli, const struct node *checked)
{
    const struct node *faults = node_get(checked, S("faults"));
    if (cli->is_json)
        print_node(cli, checked);
    else
        node_each(fault, faults) printf("%.*s: %.*s%s%.*s\n", STR(node_get_text(fault, S("path"))),
                                        STR(node_get_text(fault, S("reason"))),
                                        node_get_text(fault, S("hint")).len ? " - " : "",
                                        STR(node_get_text(fault, S("hint"))));
    if (!cli->is_json && !(faults && faults->count))
        printf("nothing is wrong with it\n");
    return faults && faults->count ? EXIT_NO : EXIT_OK;
}

int command_put(struct cli *cli)
{
    struct buf bytes = {0};
    struct node *answer = NULL;
    const char *version = cli_option(cli, "--version");
    bool is_check = cli_flag(cli, "--check");
    const char *target = need_word(cli, "the database or the record's id");
    const char *file = target ? need_word(cli, "the file") : NULL;
    if (!file || cli_done(cli) != OK || cli_read(file, BODY_MAX, &bytes) != OK) {
        buf_release(&bytes);
        return cli_fail();
    }
    str path = arena_printf(&cli->arena, "/v1/records/%.*s%s", STR(url_part(cli, str_c(target))),
                            is_check ? "/check" : "");
    enum err code = call_with_version(cli, version ? S("PUT") : S("POST"), path, buf_str(&bytes),
                                      version, &answer);
    buf_release(&bytes);
    if (code)
        return cli_fail();
    return is_check ? print_checked(cli, answer) : print_committed(cli, answer);
}

int command_state(struct cli *cli)
{
    struct node *body = node_map(&cli->arena);
    struct node *answer = NULL;
    const char *reason = cli_option(cli, "--reason");
    const char *id = need_word(cli, "the record's id");
    const char *state = id ? need_word(cli, "the state") : NULL;
    if (!state || cli_done(cli) != OK)
        return cli_fail();
    node_put_text(&cli->arena, body, S("state"), str_c(state));
    if (reason)
        node_put_text(&cli->arena, body, S("reason"), str_c(reason));
    str path = arena_printf(&cli->arena, "/v1/records/%.*s/state", STR(url_part(cli, str_c(id))));
    if (client_send(cli, S("POST"), path, body, &answer) != OK)
        return cli_fail();
    return print_committed(cli, answer);
}

int command_erase(struct cli *cli)
{
    struct node *answer = NULL;
    const char *version = cli_option(cli, "--version");
    const char *id = need_word(cli, "the record's id");
    if (!id || cli_done(cli) != OK)
        return cli_fail();
    str path = arena_printf(&cli->arena, "/v1/records/%.*s", STR(url_part(cli, str_c(id))));
    if (call_with_version(cli, S("DELETE"), path, STR_EMPTY, version, &answer) != OK)
        return cli_fail();
    return print_committed(cli, answer);
}
