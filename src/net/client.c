/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small client: one request, one answer, blocking, for commands that talk to the running server
 * over its control socket, and for tests. Not for the internet: no TLS, no redirects, no proxies.
 */
#include "net/client.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/internal.h"

enum { REPLY_MAX = 64 << 20, DEFAULT_TIMEOUT_MS = 120000 };

/* ---- the answer ---- */

static int fail(struct reply_reader *reader, enum err code)
{
    reader->failed = code;
    return -1;
}

static int on_field(llhttp_t *parser, const char *at, size_t len)
{
    struct reply_reader *reader = parser->data;
    buf_add(&reader->name, str_of(at, len));
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    struct reply_reader *reader = parser->data;
    buf_add(&reader->value, str_of(at, len));
    return 0;
}

static int on_value_complete(llhttp_t *parser)
{
    struct reply_reader *reader = parser->data;
    if (str_eq_nocase(buf_str(&reader->name), S("content-type")))
        reader->reply->content_type = arena_str(reader->arena, buf_str(&reader->value));
    else if (str_eq_nocase(buf_str(&reader->name), S("etag")))
        reader->reply->etag = arena_str(reader->arena, buf_str(&reader->value));
    buf_clear(&reader->name);
    buf_clear(&reader->value);
    return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct reply_reader *reader = parser->data;
    if (parser->status_code < 100 || parser->status_code > 599)
        return fail(reader,
                    err_set(ERR_SYNTAX, "the answer has the status %d", parser->status_code));
    reader->reply->status = parser->status_code;
    return str_eq(reader->call->method, S("HEAD"));
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct reply_reader *reader = parser->data;
    if (reader->call->on_piece && reader->reply->status == 200) {
        enum err code = reader->call->on_piece(reader->call->context, str_of(at, len));
        return code ? fail(reader, code) : 0;
    }
    buf_add(&reader->body, str_of(at, len));
    return reader->body.failed ? fail(reader, reader->body.failed) : 0;
}

static int on_complete(llhttp_t *parser)
{
    struct reply_reader *reader = parser->data;
    reader->is_done = parser->status_code / 100 != 1; /* 100 Continue is not the answer */
    return reader->is_done ? HPE_PAUSED : 0;
}

static const llhttp_settings_t settings = {
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

void reply_begin(struct reply_reader *reader, const struct http_call *call, struct arena *arena,
                 struct http_reply *reply)
{
    *reply = (struct http_reply){0};
    *reader = (struct reply_reader){.call = call,
                                    .arena = arena,
                                    .reply = reply,
                                    .body = {.max = REPLY_MAX},
                                    .name = {.max = 4096},
                                    .value = {.max = 16384}};
    llhttp_init(&reader->parser, HTTP_RESPONSE, &settings);
    reader->parser.data = reader;
}

enum err reply_feed(struct reply_reader *reader, str bytes)
{
    if (reader->is_done || bytes.len == 0)
        return reader->failed;
    enum llhttp_errno code = llhttp_execute(&reader->parser, bytes.ptr, bytes.len);
    if (reader->failed)
        return reader->failed;
    if (code != HPE_OK && !(code == HPE_PAUSED && reader->is_done))
        return err_set(ERR_SYNTAX, "the answer is not HTTP: %s",
                       llhttp_get_error_reason(&reader->parser));
    return OK;
}

enum err reply_end(struct reply_reader *reader)
{
    if (!reader->is_done)
        llhttp_finish(&reader->parser); /* an answer that ends with the connection */
    if (!reader->is_done)
        return err_set(ERR_IO, "the answer broke off");
    reader->reply->body = arena_str(reader->arena, buf_str(&reader->body));
    bool is_lost = reader->reply->body.len != reader->body.len;
    buf_release(&reader->body);
    buf_release(&reader->name);
    buf_release(&reader->value);
    return is_lost ? err_last()->code : OK;
}

/* ---- the request ---- */

static enum err connect_tcp(const char *target, int *ret_fd)
{
    char host[256];
    const char *colon = strrchr(target, ':');
    size_t len = colon ? (size_t)(colon - target) : sizeof host;
    if (len >= sizeof host)
        return err_set(ERR_USAGE, "%s is not host:port", target);
    snprintf(host, sizeof host, "%.*s", (int)len, target);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(host, colon + 1, &hints, &found);
    if (failed)
        return err_set(ERR_NOT_FOUND, "cannot find %s: %s", target, gai_strerror(failed));
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    enum err code = OK;
    if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) < 0)
        code = err_errno("cannot connect to %s", target);
    freeaddrinfo(found);
    if (code && fd >= 0)
        (void)close(fd);
    if (!code)
        *ret_fd = fd;
    return code;
}

/* What is still to be sent: the head, then the body. */
struct outgoing {
    str head, body;
};

static void request_head(const struct http_call *call, struct buf *out)
{
    buf_printf(out, "%.*s %.*s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
               STR(call->method), STR(call->path));
    for (size_t i = 0; i < call->header_count; i++)
        buf_printf(out, "%.*s: %.*s\r\n", STR(call->headers[i].name), STR(call->headers[i].value));
    if (call->body.len || !str_eq(call->method, S("GET")))
        buf_printf(out, "Content-Length: %zu\r\n", call->body.len);
    buf_add(out, S("\r\n"));
}

/* As much as there is room for. A peer that takes no more may have said why: reading goes on. */
static void send_some(int fd, struct outgoing *outgoing)
{
    str *bytes = outgoing->head.len ? &outgoing->head : &outgoing->body;
    ssize_t got = send(fd, bytes->ptr, bytes->len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (got >= 0)
        *bytes = str_from(*bytes, (size_t)got);
    else if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
        *outgoing = (struct outgoing){0};
}

static enum err read_some(int fd, struct reply_reader *reader, bool *is_end)
{
    char bytes[16384];
    ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
        return OK;
    if (got < 0)
        return err_errno("cannot read the answer");
    *is_end = got == 0;
    return reply_feed(reader, str_of(bytes, (size_t)got));
}

/* Both ways at once: a streaming answer must be taken while its request is still being sent. */
static enum err converse(int fd, const struct http_call *call, struct outgoing *outgoing,
                         struct reply_reader *reader)
{
    int timeout_ms = (int)(call->timeout_ms ? call->timeout_ms : DEFAULT_TIMEOUT_MS);
    bool is_end = false;
    while (!reader->is_done && !is_end) {
        bool is_more = outgoing->head.len || outgoing->body.len;
        struct pollfd ready = {.fd = fd, .events = (short)(POLLIN | (is_more ? POLLOUT : 0))};
        int count = poll(&ready, 1, timeout_ms);
        if (count == 0)
            return err_set(ERR_TIMEOUT, "no answer within %d ms", timeout_ms);
        if (count < 0 && errno != EINTR)
            return err_errno("cannot wait for the answer");
        if (count < 0)
            continue;
        if (ready.revents & POLLOUT)
            send_some(fd, outgoing);
        if (ready.revents & ~POLLOUT)
            TRY(read_some(fd, reader, &is_end));
    }
    return reply_end(reader);
}

enum err http_call(const struct http_call *call, struct arena *arena, struct http_reply *ret)
{
    int fd = -1;
    bool is_unix = str_starts(str_c(call->target), S("unix:"));
    TRY(is_unix ? connect_unix(call->target + 5, &fd) : connect_tcp(call->target, &fd));
    struct reply_reader reader;
    reply_begin(&reader, call, arena, ret);
    struct buf head = {.max = 64 << 10};
    request_head(call, &head);
    struct outgoing outgoing = {buf_str(&head), call->body};
    enum err code = head.failed ? head.failed : converse(fd, call, &outgoing, &reader);
    buf_release(&head);
    buf_release(&reader.body);
    buf_release(&reader.name);
    buf_release(&reader.value);
    (void)close(fd);
    return code;
}
