/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searches over HTTP against a running server: N connections, keep-alive, no pipelining, from one
 * thread and one epoll, so that the client takes as little of the machine as it can.
 *
 *   build/bureau serve --rate 0 &
 *   build/release/bench/http --port 1923 --token bureau_... --connections 64 --seconds 5 \
 *       --hit L898902C3 --every 5000
 *
 * Every request is authenticated and on the audit log before its answer leaves: these are figures
 * of the whole way. --rate N holds the offered load at N a second (open loop: latency counts from
 * when a request was due, so a stall is not hidden); without it each connection asks as fast as
 * it is answered.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"

enum { CONNECTIONS_MAX = 4096, ANSWER_MAX = 64 << 10, REQUEST_MAX = 2048, BUCKETS = 400000 };

struct client {
    int fd;
    size_t len;      /* of the answer so far */
    size_t expected; /* head and body; 0: head not whole yet */
    int64_t due_us;
    bool is_busy;
    char answer[ANSWER_MAX];
};
struct bench {
    uint16_t port;
    const char *token, *hit, *path;
    size_t connections, every;
    double seconds;
    double rate;
    int epoll;
    struct client *clients;
    uint64_t asked, answered, failed, hits, bytes_up, bytes_down;
    uint32_t *latencies; /* by 10 us */
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void dial(struct bench *bench, struct client *client)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(bench->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&to, sizeof to) < 0)
        die("cannot connect");
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(bench->epoll, EPOLL_CTL_ADD, client->fd, &event) < 0)
        die("epoll");
}

static void ask(struct bench *bench, struct client *client, int64_t due_us)
{
    char body[256], request[REQUEST_MAX];
    bool is_hit = bench->hit && bench->every && bench->asked % bench->every == 0;
    int body_len = snprintf(body, sizeof body,
                            "{\"purpose\":\"border-control\",\"fields\":{\"document-number\":\"");
    if (is_hit)
        body_len += snprintf(body + body_len, sizeof body - (size_t)body_len, "%s", bench->hit);
    else
        body_len += snprintf(body + body_len, sizeof body - (size_t)body_len, "Q%08llu",
                             (unsigned long long)(bench->asked * 7919 % 100000000));
    body_len += snprintf(body + body_len, sizeof body - (size_t)body_len, "\"}}");
    int len = snprintf(request, sizeof request,
                       "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                       "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                       bench->path, bench->token, body_len, body);
    if (send(client->fd, request, (size_t)len, MSG_NOSIGNAL) != len)
        die("cannot send");
    client->due_us = due_us;
    client->is_busy = true;
    client->len = client->expected = 0;
    bench->asked++;
    bench->bytes_up += (uint64_t)len;
}

/* Where the answer ends, once its head is whole. */
static void find_end(struct client *client)
{
    const char *end = memmem(client->answer, client->len, "\r\n\r\n", 4);
    const char *length = memmem(client->answer, client->len, "Content-Length: ", 16);
    if (!end || !length)
        return;
    size_t body = 0;
    for (const char *digit = length + 16; is_digit(*digit); digit++)
        body = body * 10 + (size_t)(*digit - '0');
    client->expected = (size_t)(end - client->answer) + 4 + body;
}

static void note(struct bench *bench, const struct client *client, int64_t now)
{
    int64_t slot = (now - client->due_us) / 10;
    bench->latencies[slot < 0 ? 0 : slot >= BUCKETS ? BUCKETS - 1 : slot]++;
    bench->answered++;
    bench->bytes_down += client->len;
    bench->failed += memcmp(client->answer, "HTTP/1.1 200", 12) != 0;
    bench->hits += memmem(client->answer, client->len, "\"verdict\":\"match\"", 17) != NULL;
}

/* True when an answer is whole. */
static bool hear(struct bench *bench, struct client *client)
{
    ssize_t got = recv(client->fd, client->answer + client->len, ANSWER_MAX - client->len, 0);
    if (got <= 0)
        die("the server hung up");
    client->len += (size_t)got;
    if (!client->expected)
        find_end(client);
    if (!client->expected || client->len < client->expected)
        return false;
    note(bench, client, clock_monotonic_us());
    client->is_busy = false;
    return true;
}

static uint64_t percentile(const struct bench *bench, double share)
{
    uint64_t wanted = (uint64_t)((double)bench->answered * share), seen = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += bench->latencies[i];
        if (seen >= wanted)
            return i * 10;
    }
    return BUCKETS * 10;
}

static void start_due(struct bench *bench, int64_t begun, int64_t now)
{
    for (size_t i = 0; i < bench->connections; i++) {
        int64_t due = begun + (int64_t)((double)bench->asked / bench->rate * 1e6);
        if (due > now)
            return;
        if (!bench->clients[i].is_busy)
            ask(bench, &bench->clients[i], due);
    }
}

static void run(struct bench *bench)
{
    struct epoll_event events[256];
    int64_t begun = clock_monotonic_us(), until = begun + (int64_t)(bench->seconds * 1e6);
    for (size_t i = 0; bench->rate <= 0 && i < bench->connections; i++)
        ask(bench, &bench->clients[i], begun);
    while (clock_monotonic_us() < until) {
        int count = epoll_wait(bench->epoll, events, 256, bench->rate > 0 ? 1 : 100);
        for (int i = 0; i < count; i++) {
            struct client *client = events[i].data.ptr;
            if (hear(bench, client) && bench->rate <= 0)
                ask(bench, client, clock_monotonic_us());
        }
        if (bench->rate > 0)
            start_due(bench, begun, clock_monotonic_us());
    }
    double seconds = (double)(clock_monotonic_us() - begun) / 1e6;
    printf("%zu connections: %.0f searches/s, p50 %llu us, p99 %llu us, p99.9 %llu us, %llu hits, "
           "%llu failed, %.0f bytes up, %.0f down\n",
           bench->connections, (double)bench->answered / seconds,
           (unsigned long long)percentile(bench, .5), (unsigned long long)percentile(bench, .99),
           (unsigned long long)percentile(bench, .999), (unsigned long long)bench->hits,
           (unsigned long long)bench->failed, (double)bench->bytes_up / (double)bench->asked,
           (double)bench->bytes_down / (double)bench->answered);
}

static double number_of(const char *text)
{
    double value = 0;
    if (!text || !str_to_double(str_c(text), &value) || value < 0) {
        fprintf(stderr, "bench: %s is not a number\n", text ? text : "nothing");
        exit(2);
    }
    return value;
}

static void read_words(struct bench *bench, int count, char **words)
{
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = words[i], *value = words[i + 1];
        if (strcmp(name, "--port") == 0)
            bench->port = (uint16_t)number_of(value);
        else if (strcmp(name, "--token") == 0)
            bench->token = value;
        else if (strcmp(name, "--path") == 0)
            bench->path = value;
        else if (strcmp(name, "--hit") == 0)
            bench->hit = value;
        else if (strcmp(name, "--every") == 0)
            bench->every = (size_t)number_of(value);
        else if (strcmp(name, "--connections") == 0)
            bench->connections = (size_t)number_of(value);
        else if (strcmp(name, "--seconds") == 0)
            bench->seconds = number_of(value);
        else if (strcmp(name, "--rate") == 0)
            bench->rate = number_of(value);
    }
}

int main(int count, char **words)
{
    struct bench bench = {
        .port = 1923, .path = "/v1/search", .connections = 64, .every = 5000, .seconds = 5};
    read_words(&bench, count, words);
    if (!bench.token || bench.connections == 0 || bench.connections > CONNECTIONS_MAX) {
        fprintf(stderr, "bench: --token and 1 to %d --connections are needed\n", CONNECTIONS_MAX);
        return 2;
    }
    bench.epoll = epoll_create1(EPOLL_CLOEXEC);
    bench.clients = calloc(bench.connections, sizeof *bench.clients);
    bench.latencies = calloc(BUCKETS, sizeof *bench.latencies);
    if (!bench.clients || !bench.latencies)
        die("memory");
    for (size_t i = 0; i < bench.connections; i++)
        dial(&bench, &bench.clients[i]);
    run(&bench);
    return bench.failed > 0;
}
