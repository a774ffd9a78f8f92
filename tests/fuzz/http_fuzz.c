/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes a stranger sends, cut at arbitrary places, through guard, parser and a real loop; and the same
 * bytes as an answer to our client. The server lives as long as the fuzzer: what one input leaves
 * behind the next one meets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/client.h"
#include "net/http.h"

static struct http_server *server;
static char path[100];

static void handle(void *context, struct http_exchange *exchange)
{
    str value;
    (void)context;
    if (exchange->request.method.len == 0 || exchange->request.path.len == 0)
        abort();
    for (size_t i = 0; i < exchange->request.path.len; i++)
        if ((unsigned char)exchange->request.path.ptr[i] < 0x20)
            abort();
    struct http_answer answer = {.status = 200, .body = exchange->request.body};
    if (http_query_get(exchange, S("a"), &value))
        answer.body = value;
    http_respond(exchange, &answer);
}

static void start(void)
{
    snprintf(path, sizeof path, "/tmp/bureau-fuzz-%d", (int)getpid());
    struct http_options options = {.unix_path = path,
                                   .loops = 1,
                                   .handler = handle,
                                   .limits = {.body_bytes = 4096}};
    if (http_server_start(&options, &server) != OK)
        abort();
}

static void send_to_server(const uint8_t *data, size_t size)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    char bytes[4096];
    memcpy(to.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        abort();
    size_t cut = size ? data[0] % (size + 1) : 0;
    ssize_t got = send(fd, data, cut, MSG_NOSIGNAL);
    got = send(fd, data + cut, size - cut, MSG_NOSIGNAL);
    (void)got; /* refused early is fine */
    shutdown(fd, SHUT_WR);
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {}
    close(fd);
}

static void read_as_answer(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct http_reply reply;
    struct http_call call = {.method = S("GET")};
    struct reply_reader reader;
    reply_begin(&reader, &call, &arena, &reply);
    size_t cut = size ? data[size - 1] % (size + 1) : 0;
    enum err code = reply_feed(&reader, str_of((const char *)data, cut));
    if (!code)
        code = reply_feed(&reader, str_of((const char *)data + cut, size - cut));
    if (!code)
        code = reply_end(&reader);
    if (!code && reply.status < 200)
        abort();
    buf_release(&reader.body);
    buf_release(&reader.name);
    buf_release(&reader.value);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!server)
        start();
    send_to_server(data, size);
    read_as_answer(data, size);
    return 0;
}
