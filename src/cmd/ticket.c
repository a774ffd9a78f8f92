/* SPDX-License-Identifier: Apache-2.0 */
/* bureau ticket: questions to the owners of records, over the same routes as the pages. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "codec/json.h"

static const char *need_word(struct cli *cli, const char *what)
{
    const char *word = cli_word(cli);
    if (!word)
        err_set(ERR_USAGE, "%s is missing", what);
    return word;
}

/* --field NAME=VALUE, as often as given. */
static enum err read_fields(struct cli *cli, struct node **ret)
{
    *ret = node_map(&cli->arena);
    for (const char *given; (given = cli_option(cli, "--field"));) {
        str text = str_c(given);
        size_t equals = str_find(text, '=');
        if (equals == 0 || equals == text.len)
            return err_set(ERR_USAGE, "--field %s is not of the form NAME=VALUE", given);
        node_put_text(&cli->arena, *ret, str_slice(text, 0, equals), str_from(text, equals + 1));
    }
    return OK;
}

static void add_query(struct cli *cli, struct buf *path, const char *name, const char *value)
{
    if (!value)
        return;
    buf_printf(path, "%c%s=%.*s", memchr(path->ptr, '?', path->len) ? '&' : '?', name,
               STR(url_part(cli, str_c(value))));
}

static enum err get(struct cli *cli, struct buf *path, struct node **ret)
{
    enum err code = cli_done(cli);
    if (!code)
        code = client_get(cli, buf_str(path), ret);
    buf_release(path);
    return code;
}

static str nested(const struct node *map, const char *outer, const char *inner)
{
    return node_get_text(node_get(map, str_c(outer)), str_c(inner));
}

static void print_brief(const struct node *ticket)
{
    const struct node *clock = node_get(ticket, S("clock"));
    printf("%-14.*s %-14.*s %.*s -> %.*s", STR(node_get_text(ticket, S("id"))),
           STR(node_get_text(ticket, S("state"))), STR(nested(ticket, "asker", "unit")),
           STR(nested(ticket, "owner", "unit")));
    if (clock)
        printf("  %.*s until %.*s%s%.*s", STR(node_get_text(clock, S("for"))),
               STR(node_get_text(clock, S("due"))),
               node_as_bool(node_get(clock, S("late")), false) ? "  LATE, " : "",
               STR(node_get_text(clock, S("step"))));
    printf("\n");
}

static void print_ticket(const struct node *ticket)
{
    print_brief(ticket);
    printf("version %.*s  about %.*s  %.*s\n", STR(node_get_text(ticket, S("version"))),
           STR(node_get_text(ticket, S("record"))), STR(node_get_text(ticket, S("title"))));
    node_each(fact, node_get(ticket, S("facts")))
        printf("  %-24.*s %.*s\n", STR(node_get_text(fact, S("title"))),
               STR(node_get_text(fact, S("value"))));
    str say = nested(ticket, "limit", "say");
    if (say.len)
        printf("  %.*s\n", STR(say));
    node_each(step, node_get(ticket, S("history")))
        printf("%.*s  %-14.*s %.*s %.*s %.*s\n", STR(node_get_text(step, S("time"))),
               STR(node_get_text(step, S("state"))), STR(node_get_text(step, S("unit"))),
               STR(node_get_text(step, S("officer"))), STR(node_get_text(step, S("step"))));
    node_each(move, node_get(ticket, S("moves")))
    {
        printf("may be moved to %.*s", STR(node_get_text(move, S("to"))));
        node_each(field, node_get(move, S("needs")))
            printf(" --field %.*s=", STR(node_get_text(field, S("name"))));
        printf("\n");
    }
}

static int finish(struct cli *cli, enum err code, const struct node *answer,
                  void (*print)(const struct node *))
{
    if (code)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        print(answer);
    return EXIT_OK;
}

static void print_list(const struct node *answer)
{
    node_each(ticket, node_get(answer, S("tickets"))) print_brief(ticket);
}

static int list(struct cli *cli)
{
    struct buf path = {.max = 2048};
    struct node *answer = NULL;
    buf_add(&path, S("/v1/tickets"));
    add_query(cli, &path, "open", cli_flag(cli, "--closed") ? "no" : "yes");
    add_query(cli, &path, "state", cli_option(cli, "--state"));
    add_query(cli, &path, "desk", cli_option(cli, "--desk"));
    enum err code = get(cli, &path, &answer);
    return finish(cli, code, answer, print_list);
}

static int show(struct cli *cli)
{
    struct buf path = {.max = 2048};
    struct node *answer = NULL;
    const char *id = need_word(cli, "the ticket's id");
    if (!id)
        return cli_fail();
    buf_printf(&path, "/v1/tickets/%.*s", STR(url_part(cli, str_c(id))));
    enum err code = get(cli, &path, &answer);
    return finish(cli, code, answer, print_ticket);
}

static int open_one(struct cli *cli)
{
    struct node *body = node_map(&cli->arena);
    struct node *fields = NULL;
    struct node *answer = NULL;
    enum err code = read_fields(cli, &fields);
    const char *kind = code ? NULL : need_word(cli, "the kind of ticket");
    const char *record = kind ? need_word(cli, "the record's id") : NULL;
    const char *receipt = record ? need_word(cli, "the receipt of the search") : NULL;
    if (!receipt || cli_done(cli) != OK)
        return cli_fail();
    node_put_text(&cli->arena, body, S("kind"), str_c(kind));
    node_put_text(&cli->arena, body, S("record"), str_c(record));
    node_put_text(&cli->arena, body, S("receipt"), str_c(receipt));
    node_put(body, S("fields"), fields);
    code = client_send(cli, S("POST"), S("/v1/tickets"), body, &answer);
    return finish(cli, code, answer, print_ticket);
}

static int move(struct cli *cli)
{
    struct node *body = node_map(&cli->arena);
    struct node *fields = NULL;
    struct node *answer = NULL;
    enum err code = read_fields(cli, &fields);
    const char *version = cli_option(cli, "--version");
    const char *id = code ? NULL : need_word(cli, "the ticket's id");
    const char *to = id ? need_word(cli, "the state to move it to") : NULL;
    if (!to || cli_done(cli) != OK)
        return cli_fail();
    node_put_text(&cli->arena, body, S("to"), str_c(to));
    if (version)
        node_put_text(&cli->arena, body, S("version"), str_c(version));
    node_put(body, S("fields"), fields);
    str path = arena_printf(&cli->arena, "/v1/tickets/%.*s/moves", STR(url_part(cli, str_c(id))));
    code = client_send(cli, S("POST"), path, body, &answer);
    return finish(cli, code, answer, print_ticket);
}

static void print_offices(const struct node *answer)
{
    node_each(office, answer)
        printf("%-20.*s %.*s  %.*s  %.*s  on duty: %.*s %.*s\n",
               STR(node_get_text(office, S("unit"))), STR(node_get_text(office, S("title"))),
               STR(node_get_text(office, S("telephone"))), STR(node_get_text(office, S("hours"))),
               STR(nested(office, "duty", "officer")), STR(nested(office, "duty", "telephone")));
}

static int offices(struct cli *cli)
{
    struct buf path = {.max = 2048};
    struct node *answer = NULL;
    buf_add(&path, S("/v1/offices"));
    add_query(cli, &path, "unit", cli_option(cli, "--unit"));
    add_query(cli, &path, "country", cli_option(cli, "--country"));
    enum err code = get(cli, &path, &answer);
    return finish(cli, code, answer, print_offices);
}

static void print_figures(const struct node *answer)
{
    printf("owner  asked  answered  confirmed  refused  late  false\n");
    node_each(one, node_get(answer, S("owners")))
        printf("%-6.*s %5.*s %9.*s %10.*s %8.*s %5.*s %6.*s\n",
               STR(node_get_text(one, S("country"))), STR(node_get_text(one, S("asked"))),
               STR(node_get_text(one, S("answered"))), STR(node_get_text(one, S("confirmed"))),
               STR(node_get_text(one, S("refused"))), STR(node_get_text(one, S("late"))),
               STR(node_get_text(one, S("false"))));
}

static int figures(struct cli *cli)
{
    struct buf path = {.max = 2048};
    struct node *answer = NULL;
    buf_add(&path, S("/v1/tickets/figures"));
    add_query(cli, &path, "from", cli_option(cli, "--from"));
    add_query(cli, &path, "to", cli_option(cli, "--to"));
    enum err code = get(cli, &path, &answer);
    return finish(cli, code, answer, print_figures);
}

static void print_scores(const struct node *answer)
{
    printf("month    owner  asked  answered  confirmed  refused  late  false\n");
    node_each(one, answer)
    {
        const struct node *figures = node_get(one, S("figures"));
        printf("%-8.*s %-6.*s %5.*s %9.*s %10.*s %8.*s %5.*s %6.*s\n",
               STR(node_get_text(one, S("month"))), STR(node_get_text(figures, S("country"))),
               STR(node_get_text(figures, S("asked"))), STR(node_get_text(figures, S("answered"))),
               STR(node_get_text(figures, S("confirmed"))),
               STR(node_get_text(figures, S("refused"))), STR(node_get_text(figures, S("late"))),
               STR(node_get_text(figures, S("false"))));
    }
}

static int scorecard(struct cli *cli)
{
    struct buf path = {.max = 2048};
    struct node *answer = NULL;
    buf_add(&path, S("/v1/tickets/scorecard"));
    add_query(cli, &path, "from", cli_option(cli, "--from"));
    add_query(cli, &path, "to", cli_option(cli, "--to"));
    enum err code = get(cli, &path, &answer);
    return finish(cli, code, answer, print_scores);
}

int command_ticket(struct cli *cli)
{
    static const struct {
        const char *word;
        int (*run)(struct cli *cli);
    } all[] = {{"list", list},
               {"show", show},
               {"open", open_one},
               {"move", move},
               {"offices", offices},
               {"figures", figures},
               {"handover", command_handover},
               {"scorecard", scorecard}};
    const char *what = cli_word(cli);
    for (size_t i = 0; what && i < COUNT_OF(all); i++)
        if (strcmp(what, all[i].word) == 0)
            return all[i].run(cli);
    err_set(ERR_USAGE,
            "expected ticket list, show, open, move, offices, figures, scorecard or handover");
    return cli_fail();
}
