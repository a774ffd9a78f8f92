/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that take care of a node: index, backup, export, doctor; and of definitions: check,
 * template. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "codec/json.h"
#include "model/reference.h"

int command_version(struct cli *cli)
{
    if (cli_done(cli) != OK)
        return cli_fail();
    printf(cli->is_json ? "{\"version\":\"%s\"}\n" : "bureau %s\n", BUREAU_VERSION);
    return EXIT_OK;
}

int command_check(struct cli *cli)
{
    struct buf report = {0};
    if (cli_done(cli) != OK)
        return cli_fail();
    enum err code = catalog_check(cli->home, &report);
    fwrite(report.ptr ? report.ptr : "", 1, report.len, stdout);
    bool is_told = report.len > 0;
    buf_release(&report);
    if (!code)
        return EXIT_OK;
    return is_told ? EXIT_NO : cli_fail();
}

static enum err write_manual(const struct cli *cli, str name, struct buf *out)
{
    struct catalog *catalog = NULL;
    TRY(catalog_load(cli->home, &catalog));
    const struct definition *definition = catalog_find(catalog, name);
    enum err code = OK;
    if (definition)
        model_reference(catalog, definition, out);
    else if (str_eq(name, S("types")))
        model_reference_types(out);
    else
        code = err_set(ERR_UNKNOWN, "there is no database \"%.*s\"", STR(name));
    catalog_free(catalog);
    return code;
}

int command_manual(struct cli *cli)
{
    struct buf out = {0};
    const char *name = cli_word(cli);
    enum err code = name ? OK : err_set(ERR_USAGE, "the database's name is missing");
    if (!code)
        code = cli_done(cli);
    if (!code)
        code = write_manual(cli, str_c(name), &out);
    fwrite(out.ptr ? out.ptr : "", 1, out.len, stdout);
    buf_release(&out);
    return code ? cli_fail() : EXIT_OK;
}

static enum err to_file(void *context, str piece)
{
    return fwrite(piece.ptr, 1, piece.len, context) == piece.len ? OK : err_errno("cannot write");
}

int command_template(struct cli *cli)
{
    struct http_reply reply;
    const char *name = cli_word(cli);
    if (!name) {
        err_set(ERR_USAGE, "the database's name is missing");
        return cli_fail();
    }
    struct http_call call = {.method = S("GET"), .on_piece = to_file, .context = stdout};
    call.path =
        arena_printf(&cli->arena, "/v1/databases/%.*s/template", STR(url_part(cli, str_c(name))));
    if (cli_done(cli) != OK || client_call(cli, &call, &reply) != OK)
        return cli_fail();
    return EXIT_OK;
}

static int follow_post(struct cli *cli, str path, const struct node *body)
{
    struct node *started = NULL;
    struct node *status = NULL;
    if (client_send(cli, S("POST"), path, body, &started) != OK ||
        client_follow(cli, started, &status) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, status);
    else
        printf("%.*s: done\n", STR(node_get_text(status, S("kind"))));
    return EXIT_OK;
}

int command_index(struct cli *cli)
{
    struct node *answer = NULL;
    const char *what = cli_word(cli);
    if (cli_done(cli) != OK)
        return cli_fail();
    if (what && strcmp(what, "merge") == 0)
        return follow_post(cli, S("/v1/index/merge"), NULL);
    if (what && strcmp(what, "rebuild") == 0)
        return follow_post(cli, S("/v1/index/rebuild"), NULL);
    if (what && strcmp(what, "show") != 0) {
        err_set(ERR_USAGE, "expected index show, merge or rebuild");
        return cli_fail();
    }
    if (client_get(cli, S("/v1/index"), &answer) != OK)
        return cli_fail();
    print_node(cli, answer);
    return EXIT_OK;
}

int command_backup(struct cli *cli)
{
    struct node *body = node_map(&cli->arena);
    const char *to = cli_word(cli);
    str path;
    if (!to) {
        err_set(ERR_USAGE, "the directory to copy to is missing");
        return cli_fail();
    }
    if (cli_done(cli) != OK || cli_path(cli, to, &path) != OK)
        return cli_fail();
    node_put_text(&cli->arena, body, S("to"), path);
    return follow_post(cli, S("/v1/backup"), body);
}

int command_export(struct cli *cli)
{
    struct http_reply reply;
    const char *owner = cli_option(cli, "--owner");
    const char *database = cli_option(cli, "--database");
    const char *file = cli_option(cli, "--out");
    if (cli_done(cli) != OK)
        return cli_fail();
    FILE *out = file ? fopen(file, "w") : stdout;
    if (!out) {
        err_errno("cannot write %s", file);
        return cli_fail();
    }
    struct http_call call = {.method = S("GET"), .on_piece = to_file, .context = out};
    call.path = arena_printf(&cli->arena, "/v1/export?owner=%.*s&database=%.*s",
                             STR(url_part(cli, str_c(owner))), STR(url_part(cli, str_c(database))));
    enum err code = client_call(cli, &call, &reply);
    if (file && fclose(out) != 0 && !code)
        code = err_errno("cannot write %s", file);
    return code ? cli_fail() : EXIT_OK;
}

int command_doctor(struct cli *cli)
{
    struct node *answer = NULL;
    if (cli_done(cli) != OK || client_get(cli, S("/v1/doctor"), &answer) != OK)
        return cli_fail();
    bool is_well = true;
    node_each(check, answer)
    {
        bool is_ok = node_as_bool(node_get(check, S("ok")), false);
        is_well &= is_ok;
        if (cli->is_json)
            continue;
        printf("%-6s %-14.*s %.*s\n", is_ok ? "ok" : "WRONG", STR(node_get_text(check, S("what"))),
               STR(node_get_text(check, S("detail"))));
        if (!is_ok)
            printf("       next: %.*s\n", STR(node_get_text(check, S("next"))));
    }
    if (cli->is_json)
        print_node(cli, answer);
    return is_well ? EXIT_OK : EXIT_NO;
}
