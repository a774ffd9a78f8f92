/* SPDX-License-Identifier: Apache-2.0 */
/* bureau import: a foreign file in, and what became of it. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "codec/json.h"

/* ---- reports in words ---- */

/* NOLINTNEXTLINE(misc-no-recursion) */
static void print_scalars(const struct node *map, int indent)
{
    node_each(item, map)
    {
        if (node_is_scalar(item) && item->text.len)
            printf("%*s%-14.*s %.*s\n", indent, "", STR(item->key), STR(item->text));
        else if (item->kind == NODE_MAP && item->count && indent < 4) {
            printf("%*s%.*s\n", indent, "", STR(item->key));
            print_scalars(item, indent + 2);
        }
    }
}

enum { ROWS_SHOWN = 20 };

static void print_list(const struct node *list)
{
    unsigned shown = 0;
    node_each(item, list)
    {
        if (shown++ == ROWS_SHOWN) {
            printf("  ... and %u more (--json shows all)\n", list->count - ROWS_SHOWN);
            break;
        }
        printf("  ");
        if (node_is_scalar(item))
            printf("%.*s", STR(item->text));
        node_each(part, item) if (node_is_scalar(part) && part->text.len)
            printf("%.*s %.*s  ", STR(part->key), STR(part->text));
        printf("\n");
    }
}

static void print_report(struct cli *cli, const struct node *report)
{
    if (cli->is_json) {
        print_node(cli, report);
        return;
    }
    if (node_get(report, S("records"))) {
        import_report_print(report);
        return;
    }
    print_scalars(report, 0);
    node_each(item, report)
    {
        if (item->kind != NODE_LIST || item->count == 0)
            continue;
        printf("%.*s (%u)\n", STR(item->key), item->count);
        print_list(item);
    }
}

/* ---- the import itself ---- */

static enum err read_files(struct cli *cli, const char *first, struct node *body)
{
    struct node *files = node_list(&cli->arena);
    for (const char *file = first; file; file = cli_word(cli)) {
        str path;
        TRY(cli_path(cli, file, &path));
        node_add(files, node_text(&cli->arena, path));
    }
    node_put(body, S("files"), files);
    return OK;
}

static enum err read_request(struct cli *cli, const char *format, struct node *body)
{
    const char *owner = cli_option(cli, "--owner");
    const char *unit = cli_option(cli, "--unit");
    const char *annotated = cli_option(cli, "--annotated");
    node_put_text(&cli->arena, body, S("format"), str_c(format));
    node_put_bool(&cli->arena, body, S("dry_run"), cli_flag(cli, "--dry-run"));
    node_put_bool(&cli->arena, body, S("accept"), cli_flag(cli, "--accept"));
    node_put_bool(&cli->arena, body, S("full"), cli_flag(cli, "--full"));
    uint64_t drop_limit;
    TRY(cli_number(cli, "--drop-limit", 0, 100, &drop_limit));
    if (drop_limit)
        node_put_number(&cli->arena, body, S("drop_limit"), (int64_t)drop_limit);
    if (owner)
        node_put_text(&cli->arena, body, S("owner"), str_c(owner));
    if (unit)
        node_put_text(&cli->arena, body, S("unit"), str_c(unit));
    if (annotated) {
        str path;
        TRY(cli_path(cli, annotated, &path));
        node_put_text(&cli->arena, body, S("annotated"), path);
    }
    const char *first = cli_word(cli);
    if (!first)
        return err_set(ERR_USAGE, "no file was named");
    TRY(read_files(cli, first, body));
    return cli_done(cli);
}

static int finish_job(struct cli *cli, const struct node *started)
{
    struct node *status = NULL;
    if (print_if_waiting(cli, started))
        return EXIT_OK;
    if (client_follow(cli, started, &status) != OK)
        return cli_fail();
    const struct node *report = node_get(status, S("result"));
    if (report)
        print_report(cli, report);
    str state = node_get_text(report, S("state"));
    str refused = node_get_text(report, S("refused_rows"));
    bool is_held = str_eq(state, S("held")) || str_eq(state, S("stopped"));
    bool has_refused = refused.len && !str_eq(refused, S("0"));
    return is_held || has_refused ? EXIT_NO : EXIT_OK;
}

static int start(struct cli *cli, const char *format)
{
    struct node *body = node_map(&cli->arena);
    struct node *started = NULL;
    if (read_request(cli, format, body) != OK ||
        client_send(cli, S("POST"), S("/v1/imports"), body, &started) != OK)
        return cli_fail();
    return finish_job(cli, started);
}

/* ---- around it ---- */

static int show_path(struct cli *cli, str path)
{
    struct node *answer = NULL;
    if (cli_done(cli) != OK || client_get(cli, path, &answer) != OK)
        return cli_fail();
    const struct node *report = node_get(answer, S("report"));
    if (report && !cli->is_json)
        print_report(cli, report);
    else if (answer->kind == NODE_LIST && !cli->is_json)
        print_list(answer);
    else
        print_report(cli, answer);
    return EXIT_OK;
}

static const char *need_word(struct cli *cli, const char *what)
{
    const char *word = cli_word(cli);
    if (!word)
        err_set(ERR_USAGE, "%s is missing", what);
    return word;
}

static int undo(struct cli *cli)
{
    struct node *started = NULL;
    const char *batch = need_word(cli, "the batch's number");
    if (!batch || cli_done(cli) != OK ||
        client_send(cli, S("POST"),
                    arena_printf(&cli->arena, "/v1/imports/%.*s/undo",
                                 STR(url_part(cli, str_c(batch)))),
                    NULL, &started) != OK)
        return cli_fail();
    return finish_job(cli, started);
}

static int forget(struct cli *cli)
{
    struct node *answer = NULL;
    const char *batch = need_word(cli, "the batch's number");
    if (!batch || cli_done(cli) != OK ||
        client_send(cli, S("DELETE"),
                    arena_printf(&cli->arena, "/v1/imports/%.*s", STR(url_part(cli, str_c(batch)))),
                    NULL, &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        printf("import %s is forgotten: its report and what it quoted; its records stay\n", batch);
    return EXIT_OK;
}

/* ---- a file before anything is done with it ---- */

static void print_columns(const struct node *columns)
{
    node_each(column, columns)
    {
        printf("  %-24.*s %.*s", STR(node_get_text(column, S("column"))),
               STR(node_get_text(column, S("use"))));
        const char *before = ": ";
        node_each(target, node_get(column, S("to")))
        {
            printf("%s%.*s", before, STR(target->text));
            before = ", ";
        }
        printf("\n");
    }
}

static void print_rows(const struct node *rows)
{
    node_each(row, rows)
    {
        struct buf line = {0};
        const char *before = "";
        if (row->kind != NODE_LIST)
            json_write(&line, row);
        for (const struct node *cell = row->kind == NODE_LIST ? row->first : NULL; cell;
             cell = cell->next) {
            buf_printf(&line, "%s%.*s", before, STR(cell->text));
            before = " | ";
        }
        printf("  %.*s\n", STR(buf_str(&line)));
        buf_release(&line);
    }
}

static void print_preview(const struct node *answer)
{
    const struct node *columns = node_get(answer, S("columns"));
    print_scalars(answer, 0);
    if (columns && columns->count) {
        printf("columns (%u)\n", columns->count);
        print_columns(columns);
    }
    const struct node *rows = node_get(answer, S("rows"));
    printf("rows (the first %u)\n", rows ? rows->count : 0);
    print_rows(rows);
}

/* format NULL: guessed, unless --format says it. */
static int preview(struct cli *cli, const char *format)
{
    struct node *body = node_map(&cli->arena);
    struct node *answer = NULL;
    const char *encoding = cli_option(cli, "--encoding");
    const char *stated = cli_option(cli, "--format");
    const char *file = need_word(cli, "the file");
    str path;
    if (!file || cli_path(cli, file, &path) != OK || cli_done(cli) != OK)
        return cli_fail();
    node_put_text(&cli->arena, body, S("file"), path);
    if (format || stated)
        node_put_text(&cli->arena, body, S("format"), str_c(format ? format : stated));
    if (encoding)
        node_put_text(&cli->arena, body, S("encoding"), str_c(encoding));
    if (client_send(cli, S("POST"), S("/v1/imports/preview"), body, &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        print_preview(answer);
    return EXIT_OK;
}

int command_import(struct cli *cli)
{
    const char *word = need_word(cli, "the format");
    if (!word)
        return cli_fail();
    if (strcmp(word, "formats") == 0)
        return show_path(cli, S("/v1/formats"));
    if (strcmp(word, "list") == 0)
        return show_path(cli, S("/v1/imports"));
    if (strcmp(word, "undo") == 0)
        return undo(cli);
    if (strcmp(word, "forget") == 0)
        return forget(cli);
    if (strcmp(word, "preview") == 0)
        return preview(cli, NULL);
    if (strcmp(word, "show") != 0)
        return cli_flag(cli, "--preview") ? preview(cli, word) : start(cli, word);
    const char *batch = need_word(cli, "the batch's number");
    if (!batch)
        return cli_fail();
    return show_path(cli, arena_printf(&cli->arena, "/v1/imports/%.*s",
                                       STR(url_part(cli, str_c(batch)))));
}
