/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How commands ask: DIR/control when somebody answers there, else the node is opened here and the
 * same
 * dispatcher is called. Which of the two it was shows nowhere else.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "codec/json.h"

enum { HEADERS_MAX = 9 };

/* An answer that is a problem becomes the error at hand. */
static enum err take_problem(struct cli *cli, const struct http_reply *reply)
{
    struct node *problem = NULL;
    if (json_parse(reply->body, &cli->arena, &problem) != OK)
        return err_set(ERR_INTERNAL, "the node answered %d", reply->status);
    enum err code = ERR_INTERNAL;
    str title = node_get_text(problem, S("title"));
    for (int i = 1; i <= ERR_INTERNAL; i++)
        if (str_eq_c(title, err_word((enum err)i)))
            code = (enum err)i;
    err_set(code, "%.*s", STR(node_get_text(problem, S("detail"))));
    str field = node_get_text(problem, S("field"));
    str hint = node_get_text(problem, S("hint"));
    if (field.len)
        err_field("%.*s", STR(field));
    if (hint.len)
        err_hint("%.*s", STR(hint));
    return code;
}

static size_t add_headers(const struct cli *cli, const struct http_call *call,
                          struct http_header headers[HEADERS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < call->header_count && count < HEADERS_MAX - 3; i++)
        headers[count++] = call->headers[i];
    if (cli->token.len)
        headers[count++] = (struct http_header){S("Authorization"), cli->token};
    if (cli->purpose)
        headers[count++] = (struct http_header){S("Bureau-Purpose"), str_c(cli->purpose)};
    if (cli->reference)
        headers[count++] = (struct http_header){S("Bureau-Reference"), str_c(cli->reference)};
    return count;
}

enum err client_call(struct cli *cli, struct http_call *call, struct http_reply *ret)
{
    struct http_header headers[HEADERS_MAX];
    call->header_count = add_headers(cli, call, headers);
    call->headers = headers;
    call->target = arena_printf(&cli->arena, "unix:%s/control", cli->data).ptr;
    enum err code = cli->running ? ERR_NOT_FOUND : http_call(call, &cli->arena, ret);
    if (code == ERR_NOT_FOUND && !cli->running) {
        struct api_options options = {.version = BUREAU_VERSION, .review_share = REVIEW_SHARE};
        TRY(node_open(cli->data, cli->home, NODE_CREATE, &options, &cli->running));
    }
    if (code == ERR_NOT_FOUND)
        code = http_call_here(&cli->running->http, call, &cli->arena, ret);
    TRY(code);
    return ret->status >= 400 ? take_problem(cli, ret) : OK;
}

static enum err read_reply(struct cli *cli, const struct http_reply *reply, struct node **ret)
{
    if (reply->body.len)
        return json_parse(reply->body, &cli->arena, ret);
    *ret = node_map(&cli->arena);
    return OK;
}

enum err client_get(struct cli *cli, str path, struct node **ret)
{
    struct http_reply reply;
    struct http_call call = {.method = S("GET"), .path = path};
    TRY(client_call(cli, &call, &reply));
    return read_reply(cli, &reply, ret);
}

enum err client_send(struct cli *cli, str method, str path, const struct node *body,
                     struct node **ret)
{
    struct http_reply reply;
    struct buf text = {0};
    if (body)
        json_write(&text, body);
    struct http_call call = {.method = method, .path = path, .body = buf_str(&text)};
    enum err code = client_call(cli, &call, &reply);
    buf_release(&text);
    TRY(code);
    return read_reply(cli, &reply, ret);
}

static str percent_encode(struct cli *cli, str text, const char *plain)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = arena_alloc(&cli->arena, text.len * 3 + 1);
    size_t len = 0;
    for (size_t i = 0; out && i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (is_alnum((char)c) || (c && strchr(plain, c))) {
            out[len++] = (char)c;
        } else {
            out[len++] = '%';
            out[len++] = hex[c >> 4];
            out[len++] = hex[c & 15];
        }
    }
    return out ? str_of(out, len) : STR_EMPTY;
}

str url_part(struct cli *cli, str text)
{
    return percent_encode(cli, text, "-._~");
}

str url_path(struct cli *cli, str text)
{
    return percent_encode(cli, text, "-._~/");
}

/* ---- jobs ---- */

static double real_of(const struct node *map, str key)
{
    double value = 0;
    return str_to_double(node_get_text(map, key), &value) ? value : 0;
}

static uint64_t count_of(const struct node *map, str key)
{
    uint64_t value = 0;
    return str_to_u64(node_get_text(map, key), UINT64_MAX, &value) ? value : 0;
}

static bool is_over(const struct node *status)
{
    str state = node_get_text(status, S("state"));
    return !str_eq(state, S("waiting")) && !str_eq(state, S("running"));
}

static enum err job_outcome(const struct node *status)
{
    const struct node *error = node_get(status, S("error"));
    if (str_eq(node_get_text(status, S("state")), S("done")))
        return OK;
    if (!error)
        return err_set(ERR_INTERNAL, "the work ended without an answer");
    return err_set(ERR_INTERNAL, "%.*s", STR(node_get_text(error, S("detail"))));
}

enum err client_follow(struct cli *cli, const struct node *started, struct node **ret)
{
    struct progress progress = {.is_tty = cli->is_tty};
    str id = node_get_text(started, S("job"));
    uint64_t seen = 0;
    for (bool is_ended = false; !is_ended;) {
        TRY(client_get(cli,
                       arena_printf(&cli->arena, "/v1/jobs/%.*s?wait=1&seen=%llu", STR(id),
                                    (unsigned long long)seen),
                       ret));
        seen = count_of(*ret, S("done"));
        is_ended = is_over(*ret);
        progress_show(&progress, seen, count_of(*ret, S("total")), real_of(*ret, S("rate")),
                      real_of(*ret, S("left_s")), node_get_text(*ret, S("unit")),
                      node_get_text(*ret, S("step")));
    }
    progress_end(&progress);
    return job_outcome(*ret);
}
