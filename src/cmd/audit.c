/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bureau audit: who asked what, is the log whole, and what others may hold against it. `check`
 * needs no node: it reads a proof file or a copy of a data directory with a public key.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#include "cmd/cmd.h"
#include "codec/json.h"

static void print_entry(const struct node *item)
{
    const struct node *entry = node_get(item, S("entry"));
    printf("%-9.*s", STR(node_get_text(item, S("number"))));
    if (!entry)
        printf("destroyed");
    node_each(part, entry) if (node_is_scalar(part) && part->text.len)
        printf(" %.*s=%.*s", STR(part->key), STR(part->text));
    printf("\n");
}

static int show(struct cli *cli)
{
    struct node *answer = NULL;
    const char *record = cli_option(cli, "--record");
    uint64_t max;
    uint64_t before;
    if (cli_number(cli, "--max", 100, 500, &max) != OK ||
        cli_number(cli, "--before", 0, INT64_MAX, &before) != OK || cli_done(cli) != OK)
        return cli_fail();
    struct buf path = {.max = 1024};
    buf_printf(&path, "/v1/audit?max=%llu", (unsigned long long)max);
    if (before)
        buf_printf(&path, "&before=%llu", (unsigned long long)before);
    if (record)
        buf_printf(&path, "&record=%.*s", STR(url_part(cli, str_c(record))));
    enum err code = client_get(cli, buf_str(&path), &answer);
    buf_release(&path);
    if (code)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        node_each(item, answer) print_entry(item);
    return EXIT_OK;
}

static int verify(struct cli *cli)
{
    struct node *answer = NULL;
    if (cli_done(cli) != OK || client_get(cli, S("/v1/audit/verify"), &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        printf("%.*s\n", STR(node_get_text(answer, S("report"))));
    return node_as_bool(node_get(answer, S("ok")), false) ? EXIT_OK : EXIT_NO;
}

/* ---- the log as others check it ---- */

enum { NOTE_MAX = 256 << 10 };

static int print_text(struct cli *cli, const struct http_reply *reply)
{
    const char *out = cli_option(cli, "--out");
    if (out && io_replace(out, reply->body) != OK)
        return cli_fail();
    if (!out)
        printf("%.*s", STR(reply->body));
    return EXIT_OK;
}

/* GET and print, or write to --out. */
static int get_text(struct cli *cli, str path)
{
    struct http_reply reply;
    struct http_call call = {.method = S("GET"), .path = path};
    if (client_call(cli, &call, &reply) != OK)
        return cli_fail();
    int code = print_text(cli, &reply);
    return cli_done(cli) == OK ? code : cli_fail();
}

static int prove(struct cli *cli)
{
    const char *receipt = cli_word(cli);
    bool has_content = cli_flag(cli, "--content");
    if (!receipt) {
        err_set(ERR_USAGE, "the receipt of an answer is missing");
        return cli_fail();
    }
    return get_text(cli, arena_printf(&cli->arena, "/v1/log/proof/%.*s%s",
                                      STR(url_part(cli, str_c(receipt))),
                                      has_content ? "?content=yes" : ""));
}

static int post_file(struct cli *cli, const char *path)
{
    const char *file = cli_word(cli);
    struct buf text = {0};
    struct http_reply reply;
    if (!file || cli_read(file, NOTE_MAX, &text) != OK) {
        if (!file)
            err_set(ERR_USAGE, "the file is missing (- for standard input)");
        buf_release(&text);
        return cli_fail();
    }
    struct http_call call = {.method = S("POST"), .path = str_c(path), .body = buf_str(&text)};
    enum err code = client_call(cli, &call, &reply);
    buf_release(&text);
    return code ? cli_fail() : print_text(cli, &reply);
}

static int trust(struct cli *cli)
{
    const char *key = cli_word(cli);
    struct node *body = node_map(&cli->arena);
    struct node *answer = NULL;
    bool is_replacing = cli_flag(cli, "--replace");
    if (!key) {
        err_set(ERR_USAGE, "the key of the other log is missing");
        return cli_fail();
    }
    node_put_text(&cli->arena, body, S("key"), str_c(key));
    node_put_bool(&cli->arena, body, S("replace"), is_replacing);
    if (cli_done(cli) != OK || client_send(cli, S("POST"), S("/v1/log/trust"), body, &answer) != OK)
        return cli_fail();
    return EXIT_OK;
}

/* Of a key file, or the key itself. */
static enum err read_key(struct cli *cli, const char *key, str *ret)
{
    struct buf text = {0};
    *ret = str_c(key);
    if (!key || strchr(key, '+'))
        return OK;
    enum err code = cli_read(key, 4096, &text);
    *ret = arena_str(&cli->arena, str_trim(buf_str(&text)));
    buf_release(&text);
    return code;
}

static enum err check_either(const char *what, str key, str checkpoint, struct buf *report)
{
    struct stat about;
    struct buf proof = {0};
    uint64_t entries;
    if (stat(what, &about) == 0 && S_ISDIR(about.st_mode))
        return audit_check(what, key, checkpoint, &entries, report);
    if (!key.len)
        return err_set(ERR_USAGE, "a proof is checked with the log's key: --key");
    enum err code = cli_read(what, NOTE_MAX, &proof);
    if (!code)
        code = audit_check_proof(buf_str(&proof), key, report);
    buf_release(&proof);
    return code;
}

static int check(struct cli *cli)
{
    const char *what = cli_word(cli);
    const char *checkpoint = cli_option(cli, "--checkpoint");
    struct buf note = {0};
    struct buf report = {0};
    str key;
    if (read_key(cli, cli_option(cli, "--key"), &key) != OK || cli_done(cli) != OK)
        return cli_fail();
    if (!what) {
        err_set(ERR_USAGE, "a proof file, or a data directory, is missing");
        return cli_fail();
    }
    enum err code = checkpoint ? cli_read(checkpoint, NOTE_MAX, &note) : OK;
    if (!code)
        code = check_either(what, key, buf_str(&note), &report);
    printf("%.*s", STR(buf_str(&report)));
    bool is_false = code == ERR_DAMAGED || code == ERR_DENIED || code == ERR_NOT_FOUND;
    if (code && !report.len)
        (void)cli_fail();
    buf_release(&report);
    buf_release(&note);
    return !code ? EXIT_OK : is_false ? EXIT_NO : EXIT_ERROR;
}

/* ---- a copy to take away ---- */

static enum err to_fd(void *context, str piece)
{
    return io_write(*(const int *)context, piece);
}

static enum err take_file(struct cli *cli, str path, str to)
{
    int fd = -1;
    struct http_reply reply;
    TRY(io_open(to.ptr, O_WRONLY | O_CREAT | O_EXCL, &fd));
    struct http_call call = {.method = S("GET"), .path = path, .on_piece = to_fd, .context = &fd};
    enum err code = client_call(cli, &call, &reply);
    code = code ? code : io_sync(fd);
    (void)close(fd);
    return code;
}

/* The checkpoint first: it covers no more than the files hold. */
static enum err take_copy(struct cli *cli, const char *to)
{
    struct node *files = NULL;
    str place = arena_printf(&cli->arena, "%s/audit", to);
    TRY(io_make_dir(to));
    TRY(io_make_dir(place.ptr));
    TRY(take_file(cli, S("/v1/log/key"), arena_printf(&cli->arena, "%s/log.key", to)));
    TRY(take_file(cli, S("/v1/log/checkpoint"),
                  arena_printf(&cli->arena, "%.*s/checkpoint", STR(place))));
    TRY(client_get(cli, S("/v1/log/files"), &files));
    node_each(file, files)
    {
        uint64_t first;
        str name = node_get_text(file, S("name"));
        if (!str_ends(name, S(".log")) ||
            !str_to_u64(str_slice(name, 0, name.len - 4), INT64_MAX, &first))
            return err_set(ERR_BAD_VALUE, "%.*s is no name of a file of the log", STR(name));
        TRY(take_file(cli,
                      arena_printf(&cli->arena, "/v1/log/files/%.*s", STR(url_part(cli, name))),
                      arena_printf(&cli->arena, "%.*s/%.*s", STR(place), STR(name))));
    }
    return OK;
}

static int copy(struct cli *cli)
{
    const char *to = cli_word(cli);
    if (!to) {
        err_set(ERR_USAGE, "the directory to copy to is missing");
        return cli_fail();
    }
    if (cli_done(cli) != OK || take_copy(cli, to) != OK)
        return cli_fail();
    printf(cli->is_json ? "{\"copy\":\"%s\"}\n" : "%s: bureau audit check %s --key %s/log.key\n",
           to, to, to);
    return EXIT_OK;
}

int command_audit(struct cli *cli)
{
    const char *what = cli_word(cli);
    struct node *answer = NULL;
    static const struct {
        const char *name;
        int (*run)(struct cli *cli);
    } parts[] = {{"show", show},   {"verify", verify}, {"prove", prove},
                 {"check", check}, {"trust", trust},   {"copy", copy}};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (strcmp(what ? what : "show", parts[i].name) == 0)
            return parts[i].run(cli);
    if (strcmp(what, "key") == 0)
        return get_text(cli, S("/v1/log/key"));
    if (strcmp(what, "checkpoint") == 0)
        return get_text(cli, S("/v1/log/checkpoint"));
    if (strcmp(what, "witness") == 0)
        return post_file(cli, "/v1/log/witness");
    if (strcmp(what, "cosigned") == 0)
        return post_file(cli, "/v1/log/cosignature");
    str path = arena_printf(&cli->arena, "/v1/audit/%.*s", STR(url_part(cli, str_c(what))));
    if (cli_done(cli) != OK || client_get(cli, path, &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        print_entry(answer);
    return EXIT_OK;
}
