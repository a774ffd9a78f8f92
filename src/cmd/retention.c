/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Review dates: wired to index and audit log, and bureau records, bureau certificate. What a sweep
 * deletes is on the audit log by its numbers; afterwards index, store and log let go of what they
 * hold of it, as after any erasure.
 */
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"

#include "cmd/cmd.h"
#include "codec/json.h"

enum { NOTE_FILE_MAX = 1 << 20 };

/* ---- wiring ---- */

static void log_failure(const char *what)
{
    char text[1024];
    log_write(LOG_ERROR, "%s: %s", what, err_format(err_last(), text, sizeof text));
    err_clear();
}

static void on_erased(void *context, const struct record_id *ids, size_t count, const char *reason)
{
    const struct api_node *node = &((struct running *)context)->node;
    static const struct actor actor = {.officer = S("node"),
                                       .role = S("system"),
                                       .purpose = UINT16_MAX};
    struct audit_shown shown[KEEP_STEP];
    char receipt[RECEIPT_TEXT];
    struct audit_entry entry = {.kind = AUDIT_WRITE,
                                .time_us = clock_now_us(),
                                .actor = &actor,
                                .databases = S("*"),
                                .query = S("{}"),
                                .verdict = str_c(reason),
                                .catalog = node->catalog->hash,
                                .shown = shown,
                                .shown_count = count};
    for (size_t i = 0; i < count && i < KEEP_STEP; i++)
        shown[i] = (struct audit_shown){ids[i], 0, DISCLOSE_NONE};
    if (audit_append_wait(node->audit, &entry, receipt) != OK)
        log_failure("a deletion could not be put on the audit log");
}

static void on_swept(void *context)
{
    const struct api_node *node = &((struct running *)context)->node;
    if (index_merge(node->index) != OK)
        log_failure("what was deleted is still in the index, the next merge takes it out");
}

enum err retention_open(struct running *running)
{
    struct api_node *node = &running->node;
    uint64_t count = 0;
    TRY(keep_open(node->directory, running->catalog, node->store, &node->keep));
    keep_on_erased(node->keep, on_erased, on_swept, running);
    TRY(keep_restore(node->keep, &count));
    if (!count)
        return OK;
    log_write(LOG_WARN, "%llu records that had been deleted were here again, and are deleted",
              (unsigned long long)count);
    return index_merge(node->index);
}

/* ---- lists ---- */

static void add_query(struct cli *cli, struct buf *path, const char *name)
{
    const char *value = cli_option(cli, arena_printf(&cli->arena, "--%s", name).ptr);
    if (!value)
        return;
    bool is_first = str_find(buf_str(path), '?') == path->len;
    buf_printf(path, "%c%s=%.*s", is_first ? '?' : '&', name, STR(url_part(cli, str_c(value))));
}

static void print_due(const struct node *answer)
{
    node_each(record, node_get(answer, S("records")))
        printf("%-14.*s %-24.*s %-5.*s %.*s  in %.*s days%s%s%s\n",
               STR(node_get_text(record, S("id"))), STR(node_get_text(record, S("database"))),
               STR(node_get_text(record, S("owner"))), STR(node_get_text(record, S("due"))),
               STR(node_get_text(record, S("days"))),
               node_as_bool(node_get(record, S("achieved")), false) ? "  found or returned" : "",
               node_get(record, S("held")) ? "  held back" : "",
               node_as_bool(node_get(record, S("reminded")), false) ? "  reminded" : "");
    printf("%.*s in all\n", STR(node_get_text(answer, S("total"))));
    str held = node_get_text(answer, S("held"));
    if (held.len)
        printf("nothing is deleted since %.*s: the clock says %.*s, and is not believed\n",
               STR(held), STR(node_get_text(answer, S("today"))));
}

static void print_certificates(const struct node *answer)
{
    node_each(one, node_get(answer, S("certificates")))
        printf("%-14.*s %-24.*s %.*s  %.*s\n", STR(node_get_text(one, S("record"))),
               STR(node_get_text(one, S("database"))), STR(node_get_text(one, S("deleted"))),
               STR(node_get_text(one, S("reason"))));
}

/* What stands at this address, of which each option given narrows it, printed. */
static int list(struct cli *cli, str from, const char *const *names, size_t count,
                void (*print)(const struct node *answer))
{
    struct buf path = {.max = 2048};
    struct node *answer = NULL;
    buf_add(&path, from);
    for (size_t i = 0; i < count; i++)
        add_query(cli, &path, names[i]);
    enum err code = cli_done(cli);
    if (!code)
        code = client_get(cli, buf_str(&path), &answer);
    buf_release(&path);
    if (code)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        print(answer);
    return EXIT_OK;
}

static int list_due(struct cli *cli)
{
    static const char *const names[] = {"owner", "within", "database", "max", "after"};
    return list(cli, S("/v1/due"), names, COUNT_OF(names), print_due);
}

static int list_certificates(struct cli *cli)
{
    static const char *const names[] = {"owner", "max", "after"};
    return list(cli, S("/v1/certificates"), names, COUNT_OF(names), print_certificates);
}

/* ---- bureau records ---- */

static int extend(struct cli *cli)
{
    struct node *body = node_map(&cli->arena);
    struct node *done = NULL;
    const char *until = cli_option(cli, "--until");
    const char *reason = cli_option(cli, "--reason");
    const char *id = cli_word(cli);
    if (!id || !until || !reason) {
        err_set(ERR_USAGE, "expected an id, --until DAY and --reason TEXT");
        return cli_fail();
    }
    node_put_text(&cli->arena, body, S("review_on"), str_c(until));
    node_put_text(&cli->arena, body, S("reason"), str_c(reason));
    str path = arena_printf(&cli->arena, "/v1/records/%.*s/extend", STR(url_part(cli, str_c(id))));
    if (cli_done(cli) != OK || client_send(cli, S("POST"), path, body, &done) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, done);
    else
        printf("%.*s  version %.*s  until %s\n", STR(node_get_text(done, S("id"))),
               STR(node_get_text(done, S("version"))), until);
    return EXIT_OK;
}

static int confirm_day(struct cli *cli)
{
    struct node *body = node_map(&cli->arena);
    struct node *done = NULL;
    const char *day = cli_word(cli);
    if (!day) {
        err_set(ERR_USAGE, "expected the day that the clock says, as 2026-11-22");
        return cli_fail();
    }
    node_put_text(&cli->arena, body, S("day"), str_c(day));
    if (cli_done(cli) != OK || client_send(cli, S("POST"), S("/v1/due/day"), body, &done) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, done);
    else
        printf("it is %s: what is due is looked after from now on\n", day);
    return EXIT_OK;
}

int command_records(struct cli *cli)
{
    const char *what = cli_word(cli);
    if (what && strcmp(what, "due") == 0)
        return list_due(cli);
    if (what && strcmp(what, "extend") == 0)
        return extend(cli);
    if (what && strcmp(what, "confirm-day") == 0)
        return confirm_day(cli);
    err_set(ERR_USAGE, "expected records due, extend or confirm-day");
    return cli_fail();
}

/* ---- bureau certificate ---- */

static int print_text(struct cli *cli, str path, const char *file)
{
    struct http_reply reply;
    struct http_call call = {.method = S("GET"), .path = path};
    if (cli_done(cli) != OK || client_call(cli, &call, &reply) != OK ||
        (file && io_replace(file, reply.body) != OK))
        return cli_fail();
    if (!file)
        fwrite(reply.body.ptr, 1, reply.body.len, stdout);
    return EXIT_OK;
}

static int get_certificate(struct cli *cli)
{
    const char *file = cli_option(cli, "--out");
    const char *id = cli_word(cli);
    if (!id) {
        err_set(ERR_USAGE, "the id of the record that was deleted is missing");
        return cli_fail();
    }
    str path = arena_printf(&cli->arena, "/v1/certificates/%.*s", STR(url_part(cli, str_c(id))));
    return print_text(cli, path, file);
}

static int check_certificate(struct cli *cli)
{
    struct buf note = {0};
    struct buf report = {.max = NOTE_FILE_MAX};
    const char *key = cli_option(cli, "--key");
    const char *file = cli_word(cli);
    enum err code =
        file && key ? cli_done(cli) : err_set(ERR_USAGE, "expected a file and --key KEY");
    if (!code)
        code = cli_read(file, NOTE_FILE_MAX, &note);
    if (!code)
        code = keep_check_certificate(buf_str(&note), str_c(key), &report);
    if (!code)
        fwrite(report.ptr, 1, report.len, stdout);
    buf_release(&note);
    buf_release(&report);
    return code ? cli_fail() : EXIT_OK;
}

int command_certificate(struct cli *cli)
{
    const char *what = cli_word(cli);
    if (what && strcmp(what, "get") == 0)
        return get_certificate(cli);
    if (what && strcmp(what, "list") == 0)
        return list_certificates(cli);
    if (what && strcmp(what, "key") == 0)
        return print_text(cli, S("/v1/certificates/key"), NULL);
    if (what && strcmp(what, "check") == 0)
        return check_certificate(cli);
    err_set(ERR_USAGE, "expected certificate get, list, key or check");
    return cli_fail();
}
