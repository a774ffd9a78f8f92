/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standing queries: wired to identity, which says what their askers may do now, and to the audit
 * log, which gets every match before it is kept; and bureau standing.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "codec/json.h"

/* ---- wiring ---- */

static enum err actor_of(void *context, str officer, str role, struct arena *arena,
                         struct actor *ret)
{
    const struct api_node *node = &((struct running *)context)->node;
    return identity_by_officer(node->identity, officer, role, arena, ret);
}

static enum err on_hit(void *context, const struct standing_hit *hit)
{
    const struct api_node *node = &((struct running *)context)->node;
    char id[RECORD_ID_TEXT], query[64], receipt[RECEIPT_TEXT];
    struct audit_shown shown = {hit->record, hit->version, hit->disclosure};
    snprintf(query, sizeof query, "{\"standing\":\"%s\"}", record_id_format(hit->query, id));
    struct audit_entry entry = {.kind = AUDIT_SEARCH,
                                .time_us = clock_now_us(),
                                .actor = hit->actor,
                                .purpose = purpose_code(node->catalog, hit->actor->purpose),
                                .databases = hit->definition->name,
                                .query = str_c(query),
                                .verdict = S("standing query met"),
                                .catalog = node->catalog->hash,
                                .shown = &shown,
                                .shown_count = 1};
    return audit_append_wait(node->audit, &entry, receipt);
}

enum err standing_queries_open(struct running *running)
{
    struct api_node *node = &running->node;
    TRY(standing_open(running->catalog, node->store, node->engine, &node->standing));
    standing_on(node->standing, actor_of, on_hit, running);
    return OK;
}

/* ---- bureau standing ---- */

static int print_done(struct cli *cli, const struct node *done)
{
    if (cli->is_json)
        print_node(cli, done);
    else
        printf("%.*s  receipt %.*s\n", STR(node_get_text(done, S("id"))),
               STR(node_get_text(done, S("receipt"))));
    return EXIT_OK;
}

/* --field MEANING=VALUE, as often as given; a meaning given twice has a list. */
static enum err read_fields(struct cli *cli, struct node *fields)
{
    const char *text;
    while ((text = cli_option(cli, "--field")) != NULL) {
        str all = str_c(text);
        size_t equals = str_find(all, '=');
        str meaning = str_slice(all, 0, equals);
        if (equals == all.len || !meaning.len)
            return err_set(ERR_USAGE, "--field %s: expected MEANING=VALUE", text);
        /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
        struct node *list = (struct node *)(uintptr_t)node_get(fields, meaning);
        if (!list)
            list = node_put(fields, meaning, node_list(&cli->arena));
        node_add(list, node_text(&cli->arena, str_from(all, equals + 1)));
    }
    return OK;
}

static int add(struct cli *cli)
{
    struct node *body = node_map(&cli->arena);
    struct node *fields = node_put(body, S("fields"), node_map(&cli->arena));
    struct node *databases = node_list(&cli->arena);
    struct node *done = NULL;
    const char *until = cli_option(cli, "--until");
    const char *database;
    enum err code = until ? read_fields(cli, fields)
                          : err_set(ERR_USAGE, "the last day is missing: --until DAY");
    while (!code && (database = cli_option(cli, "--database")) != NULL)
        node_add(databases, node_text(&cli->arena, str_c(database)));
    if (databases->count)
        node_put(body, S("databases"), databases);
    node_put_text(&cli->arena, body, S("until"), str_c(until));
    if (code || cli_done(cli) != OK ||
        client_send(cli, S("POST"), S("/v1/standing"), body, &done) != OK)
        return cli_fail();
    return print_done(cli, done);
}

static void print_query(const struct node *query)
{
    printf("%-14.*s %-9.*s until %.*s  %.*s  %.*s  %.*s\n", STR(node_get_text(query, S("id"))),
           STR(node_get_text(query, S("state"))), STR(node_get_text(query, S("until"))),
           STR(node_get_text(query, S("officer"))), STR(node_get_text(query, S("purpose"))),
           STR(node_get_text(query, S("reference"))));
    node_each(one, node_get(query, S("asked")))
        printf("  %-24.*s %.*s\n", STR(node_get_text(one, S("meaning"))),
               STR(node_get_text(one, S("value"))));
    node_each(met, node_get(query, S("hits")))
    {
        const struct node *hit = node_get(met, S("hit"));
        printf("  met %.*s  %.*s  %.*s of %.*s\n", STR(node_get_text(met, S("time"))),
               STR(node_get_text(hit, S("id"))), STR(node_get_text(hit, S("title"))),
               STR(node_get_text(hit, S("owner"))));
    }
}

static int list(struct cli *cli)
{
    struct node *answer = NULL;
    if (cli_done(cli) != OK || client_get(cli, S("/v1/standing"), &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        node_each(query, node_get(answer, S("queries"))) print_query(query);
    return EXIT_OK;
}

static int change(struct cli *cli, str method, const char *tail, const struct node *body)
{
    struct node *done = NULL;
    const char *id = cli_word(cli);
    if (!id) {
        err_set(ERR_USAGE, "the standing query's id is missing");
        return cli_fail();
    }
    str path =
        arena_printf(&cli->arena, "/v1/standing/%.*s%s", STR(url_part(cli, str_c(id))), tail);
    if (cli_done(cli) != OK || client_send(cli, method, path, body, &done) != OK)
        return cli_fail();
    return print_done(cli, done);
}

static int renew(struct cli *cli)
{
    struct node *body = node_map(&cli->arena);
    const char *until = cli_option(cli, "--until");
    if (!until) {
        err_set(ERR_USAGE, "the last day is missing: --until DAY");
        return cli_fail();
    }
    node_put_text(&cli->arena, body, S("until"), str_c(until));
    return change(cli, S("POST"), "/renew", body);
}

int command_standing(struct cli *cli)
{
    const char *what = cli_word(cli);
    if (what && strcmp(what, "add") == 0)
        return add(cli);
    if (what && strcmp(what, "list") == 0)
        return list(cli);
    if (what && strcmp(what, "approve") == 0)
        return change(cli, S("POST"), "/approve", NULL);
    if (what && strcmp(what, "renew") == 0)
        return renew(cli);
    if (what && strcmp(what, "remove") == 0)
        return change(cli, S("DELETE"), "", NULL);
    err_set(ERR_USAGE, "expected standing add, list, approve, renew or remove");
    return cli_fail();
}
