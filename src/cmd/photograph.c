/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bureau photograph LIST: attaches pictures to records, by a list that says which file belongs to
 * whom:
 *
 *   database <TAB> OWNER/REFERENCE <TAB> file, beside the list
 *
 * Each picture takes the way of one from the record desk: kept re-encoded without metadata, then
 * named in a new version of the record. A record that has the picture is left as it is, so that a
 * list may be given again after an interruption. Its own arena for each picture: the list may be
 * long.
 */
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"

#include "cmd/cmd.h"
#include "codec/json.h"

enum { LIST_MAX = 64 << 20, PATH_ROOM = 4096, REFUSED_SHOWN = 20 };

struct attaching {
    struct cli *cli; /* of the command */
    struct cli one;  /* of the picture in hand: the same, with an arena of its own */
    const char *directory;
    char database[64], field[64]; /* where pictures go in the last database asked about */
    uint64_t attached, present, refused;
};

/* ---- one picture ---- */

static enum err find_field(struct attaching *work, str database)
{
    struct node *answer = NULL;
    if (str_eq_c(database, work->database))
        return OK;
    TRY(client_get(&work->one, arena_printf(&work->one.arena, "/v1/databases/%.*s", STR(database)),
                   &answer));
    node_each(field, node_get(answer, S("fields")))
    {
        str name = node_get_text(field, S("name"));
        if (!str_eq(node_get_text(field, S("type")), S("photograph")) ||
            !str_eq(node_get_text(field, S("many")), S("true")))
            continue;
        (void)snprintf(work->field, sizeof work->field, "%.*s", STR(name));
        (void)snprintf(work->database, sizeof work->database, "%.*s", STR(database));
        return OK;
    }
    return err_set(ERR_UNKNOWN, "%.*s has no place for photographs", STR(database));
}

static enum err send_picture(struct attaching *work, str file, struct node **ret)
{
    struct cli *cli = &work->one;
    char path[PATH_ROOM];
    char *bytes = NULL;
    size_t size = 0;
    if (file.len == 0 || file.ptr[0] == '/' || str_has(file, S("..")))
        return err_set(ERR_BAD_VALUE, "%.*s is not a file beside the list", STR(file));
    (void)snprintf(path, sizeof path, "%s/%.*s", work->directory, STR(file));
    TRY(io_read_file(path, INTAKE_PHOTO_BYTES_MAX, &bytes, &size));
    struct http_reply reply;
    struct http_call call = {.method = S("POST"),
                             .path = S("/v1/photographs"),
                             .body = str_of(bytes, size)};
    enum err code = client_call(cli, &call, &reply);
    free(bytes);
    return code ? code : json_parse(reply.body, &cli->arena, ret);
}

static bool has_picture(const struct node *list, str hash)
{
    node_each(item, list)
    {
        str held = item->kind == NODE_MAP ? node_get_text(item, S("sha256")) : node_as_text(item);
        if (str_eq(held, hash))
            return true;
    }
    return false;
}

/* The record's body with the picture at the end of its photographs; NULL: it is there. */
static struct node *with_picture(struct attaching *work, const struct node *record,
                                 const struct node *picture)
{
    struct arena *arena = &work->one.arena;
    struct node *body = node_copy(arena, node_get(record, S("body")));
    struct node *fields = node_map(arena);
    struct node *list = node_list(arena);
    const struct node *held = node_get(node_get(body, S("fields")), str_c(work->field));
    if (has_picture(held, node_get_text(picture, S("sha256"))))
        return NULL;
    node_each(item, held) node_add(list, node_copy(arena, item));
    struct node *entry = node_map(arena);
    node_put_text(arena, entry, S("sha256"), node_get_text(picture, S("sha256")));
    node_put(entry, S("width"), node_copy(arena, node_get(picture, S("width"))));
    node_put(entry, S("height"), node_copy(arena, node_get(picture, S("height"))));
    node_add(list, entry);
    node_each(field, node_get(body, S("fields"))) if (!str_eq_c(field->key, work->field))
        node_put(fields, field->key, node_copy(arena, field));
    node_put(fields, str_c(work->field), list);
    struct node *changed = node_map(arena);
    node_put(changed, S("envelope"), node_copy(arena, node_get(body, S("envelope"))));
    node_put(changed, S("fields"), fields);
    return changed;
}

static enum err put_body(struct cli *cli, const struct node *record, const struct node *body)
{
    struct http_reply reply;
    struct buf text = {0};
    str version = node_get_text(record, S("version"));
    struct http_header if_match = {S("If-Match"),
                                   arena_printf(&cli->arena, "\"%.*s\"", STR(version))};
    json_write(&text, body);
    struct http_call call = {.method = S("PUT"),
                             .path = arena_printf(&cli->arena, "/v1/records/%.*s",
                                                  STR(node_get_text(record, S("id")))),
                             .headers = &if_match,
                             .header_count = 1,
                             .body = buf_str(&text)};
    enum err code = client_call(cli, &call, &reply);
    buf_release(&text);
    return code;
}

static enum err attach(struct attaching *work, str line)
{
    struct cli *cli = &work->one;
    struct node *record = NULL;
    struct node *picture = NULL;
    str database, reference, file;
    if (!str_split(&line, '\t', &database) || !str_split(&line, '\t', &reference) ||
        !str_split(&line, '\t', &file))
        return err_set(ERR_SYNTAX, "a line has a database, OWNER/REFERENCE and a file");
    TRY(find_field(work, database));
    TRY(client_get(cli,
                   arena_printf(&cli->arena, "/v1/references/%.*s:%.*s", STR(database),
                                STR(reference)),
                   &record));
    if (!node_get(record, S("body")))
        return err_set(ERR_DENIED, "the record is not yours to change");
    TRY(send_picture(work, file, &picture));
    struct node *body = with_picture(work, record, picture);
    work->present += body == NULL;
    if (!body)
        return OK;
    TRY(put_body(cli, record, body));
    work->attached++;
    return OK;
}

/* ---- the list ---- */

static void attach_line(struct attaching *work, str line, uint64_t number)
{
    work->one = *work->cli;
    work->one.arena = (struct arena){0};
    if (attach(work, line) != OK) {
        if (++work->refused <= REFUSED_SHOWN)
            fprintf(stderr, "line %llu: %s\n", (unsigned long long)number, err_last()->message);
        err_clear();
    }
    work->cli->running = work->one.running; /* opened with the first picture */
    arena_release(&work->one.arena);
}

static void attach_all(struct attaching *work, str text)
{
    struct progress progress = {.is_tty = work->cli->is_tty};
    uint64_t total = 0, done = 0;
    for (size_t i = 0; i < text.len; i++)
        total += text.ptr[i] == '\n';
    for (str line; str_split(&text, '\n', &line);) {
        done++;
        if (line.len == 0)
            continue;
        attach_line(work, line, done);
        progress_show(&progress, done, total, -1, -1, S("pictures"), S("attaching"));
    }
    progress_end(&progress);
}

static int report(struct cli *cli, const struct attaching *work)
{
    struct node *map = node_map(&cli->arena);
    node_put_number(&cli->arena, map, S("attached"), (int64_t)work->attached);
    node_put_number(&cli->arena, map, S("present"), (int64_t)work->present);
    node_put_number(&cli->arena, map, S("refused"), (int64_t)work->refused);
    if (cli->is_json)
        print_node(cli, map);
    else
        printf("%llu photographs attached, %llu were there, %llu refused\n",
               (unsigned long long)work->attached, (unsigned long long)work->present,
               (unsigned long long)work->refused);
    return work->refused ? EXIT_NO : EXIT_OK;
}

int command_photograph(struct cli *cli)
{
    struct buf list = {0};
    const char *file = cli_word(cli);
    if (!file) {
        (void)err_set(ERR_USAGE, "the list of photographs is missing");
        return cli_fail();
    }
    if (cli_done(cli) != OK || cli_read(file, LIST_MAX, &list) != OK) {
        buf_release(&list);
        return cli_fail();
    }
    str copy = arena_str(&cli->arena, str_c(file));
    char *path = strdup(copy.ptr);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): cuts its own copy */
    struct attaching work = {.cli = cli, .directory = path ? dirname(path) : "."};
    attach_all(&work, buf_str(&list));
    free(path);
    buf_release(&list);
    return report(cli, &work);
}
