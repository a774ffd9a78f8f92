/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searches over HTTP against a running server: N connections, keep-alive, no pipelining, from one
 * thread and one epoll, so that the client takes as little of the machine as it can.
 *
 *   build/bureau serve --rate 0 &
 *   build/release/bench/http --port 1923 --token bureau_... --connections 64 --seconds 5 \
 *       --hit L898902C3 --every 5000 --pid $! --disk DIR
 *
 * Every request is authenticated and on the audit log before its answer leaves: these are figures
 * of the whole way. --rate N holds the offered load at N a second (open loop: latency counts from
 * when a request was due, so a stall is not hidden); without it each connection asks as fast as
 * it is answered. --pid names the server: then the processor time of a search is told, the server's
 * and this client's apart, which other work on the machine does not blur. --disk DIR: what an
 * fdatasync costs there in this minute. --hits FILE: numbers that are found, one a line, in turn,
 * in place of one and the same. --others FILE --one-in 20: bodies of other requests, one a line, one of
 * them in every twenty requests; their times are told apart too.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"

#include "durable.h"

enum {
    CONNECTIONS_MAX = 4096,
    ANSWER_MAX = 64 << 10,
    REQUEST_MAX = 2048,
    BUCKETS = 400000,
    HITS_MAX = 1 << 20
};

struct client {
    int fd;
    size_t len;      /* of the answer so far */
    size_t expected; /* head and body; 0: head not whole yet */
    size_t body_at;
    int64_t due_us;
    bool is_busy, is_other;
    char answer[ANSWER_MAX];
};
struct bench {
    uint16_t port;
    int pid;
    const char *token, *hit, *path, *disk, *purpose;
    char **hit_list; /* --hits */
    size_t hit_count;
    char **others; /* --others */
    size_t other_count, one_in;
    char request[REQUEST_MAX]; /* the question no record answers; nine characters of it change */
    size_t request_len, number_at;
    size_t connections, every;
    double seconds;
    double rate;
    int epoll;
    struct client *clients;
    uint64_t asked, answered, failed, hits, bytes_up, bytes_down, other_answered, other_hits;
    uint32_t *latencies, *other_latencies; /* by 10 us; of all, of --others */
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
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = client};
    if (epoll_ctl(bench->epoll, EPOLL_CTL_ADD, client->fd, &event) < 0)
        die("epoll");
}

static size_t make_body(const struct bench *bench, const char *body, char out[REQUEST_MAX])
{
    int body_len = (int)strlen(body);
    int len = snprintf(out, REQUEST_MAX,
                       "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                       "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                       bench->path, bench->token, body_len, body);
    if (len < 0 || len >= REQUEST_MAX)
        die("the request is too long");
    return (size_t)len;
}

static size_t make_request(const struct bench *bench, const char *number, char out[REQUEST_MAX])
{
    char body[256];
    snprintf(body, sizeof body,
             "{\"purpose\":\"%.40s\",\"fields\":{\"document-number\":\"%.64s\"}}", bench->purpose,
             number);
    return make_body(bench, body, out);
}

static void prepare(struct bench *bench)
{
    bench->request_len = make_request(bench, "Q00000000", bench->request);
    bench->number_at = bench->request_len - strlen("00000000\"}}");
}

static void ask(struct bench *bench, struct client *client, int64_t due_us)
{
    char other[REQUEST_MAX];
    const char *request = bench->request;
    size_t len = bench->request_len;
    client->is_other = bench->other_count && bench->asked % bench->one_in == 0;
    if (client->is_other) {
        len = make_body(bench, bench->others[bench->asked / bench->one_in % bench->other_count],
                        other);
        request = other;
    } else if ((bench->hit || bench->hit_count) && bench->every &&
               bench->asked % bench->every == 0) {
        const char *hit = bench->hit_count
                              ? bench->hit_list[bench->asked / bench->every % bench->hit_count]
                              : bench->hit;
        len = make_request(bench, hit, other);
        request = other;
    } else {
        uint64_t number = bench->asked * 7919;
        for (size_t i = 8; i-- > 0; number /= 10)
            bench->request[bench->number_at + i] = (char)('0' + number % 10);
    }
    if (send(client->fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
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
    client->body_at = (size_t)(end - client->answer) + 4;
    client->expected = client->body_at + body;
}

static void note(struct bench *bench, const struct client *client, int64_t now)
{
    int64_t slot = (now - client->due_us) / 10;
    slot = slot < 0 ? 0 : slot >= BUCKETS ? BUCKETS - 1 : slot;
    bench->latencies[slot]++;
    bench->other_latencies[slot] += client->is_other;
    bench->other_answered += client->is_other;
    bench->answered++;
    bench->bytes_down += client->len;
    bench->failed += memcmp(client->answer, "HTTP/1.1 200", 12) != 0;
    static const char match[] = "{\"verdict\":\"match\"";
    bool is_hit = memcmp(client->answer + client->body_at, match, sizeof match - 1) == 0;
    bench->hits += is_hit;
    bench->other_hits += is_hit && client->is_other;
}

/* True when an answer is whole. Called once for each edge: reads until there is no more. */
static bool hear(struct bench *bench, struct client *client)
{
    for (;;) {
        ssize_t got =
            recv(client->fd, client->answer + client->len, ANSWER_MAX - client->len, MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN)
            return false;
        if (got <= 0)
            die("the server hung up");
        client->len += (size_t)got;
        if (!client->expected)
            find_end(client);
        if (client->expected && client->len >= client->expected)
            break;
    }
    note(bench, client, clock_monotonic_us());
    client->is_busy = false;
    return true;
}

/* ---- processor time ---- */

static double own_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of all threads of the server: the first figure of each one's schedstat, nanoseconds. */
static double server_seconds(const struct bench *bench)
{
    char path[600];
    snprintf(path, sizeof path, "/proc/%d/task", bench->pid);
    DIR *dir = bench->pid ? opendir(path) : NULL;
    double sum = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char text[100] = "";
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", bench->pid, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "re");
        double ns = 0;
        if (file && fgets(text, sizeof text, file) &&
            str_to_double(str_slice(str_c(text), 0, strcspn(text, " ")), &ns))
            sum += ns / 1e9;
        if (file)
            fclose(file);
    }
    if (dir)
        closedir(dir);
    return sum;
}

/* ---- the run ---- */

static uint64_t percentile_of(const uint32_t *latencies, uint64_t count, double share)
{
    uint64_t wanted = (uint64_t)((double)count * share), seen = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += latencies[i];
        if (seen >= wanted)
            return i * 10;
    }
    return BUCKETS * 10;
}

static uint64_t percentile(const struct bench *bench, double share)
{
    return percentile_of(bench->latencies, bench->answered, share);
}

static void report_others(const struct bench *bench)
{
    const uint32_t *times = bench->other_latencies;
    uint64_t count = bench->other_answered;
    printf("  of them others: %llu, matches %llu; p50 %llu us, p99 %llu us\n",
           (unsigned long long)count, (unsigned long long)bench->other_hits,
           (unsigned long long)percentile_of(times, count, .5),
           (unsigned long long)percentile_of(times, count, .99));
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
    double own_before = own_seconds(), server_before = server_seconds(bench);
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
    double own = own_seconds() - own_before, server = server_seconds(bench) - server_before;
    printf("%zu connections: %.0f searches/s, p50 %llu us, p99 %llu us, p99.9 %llu us, %llu hits, "
           "%llu failed, %.0f bytes up, %.0f down\n",
           bench->connections, (double)bench->answered / seconds,
           (unsigned long long)percentile(bench, .5), (unsigned long long)percentile(bench, .99),
           (unsigned long long)percentile(bench, .999), (unsigned long long)bench->hits,
           (unsigned long long)bench->failed, (double)bench->bytes_up / (double)bench->asked,
           (double)bench->bytes_down / (double)bench->answered);
    if (bench->other_count)
        report_others(bench);
    double each = 1e6 / (double)bench->answered;
    if (bench->pid)
        printf("  processor a search: server %.1f us, this client %.1f us; the server's share of "
               "one core %.2f%%\n",
               server * each, own * each, server / seconds * 100);
    if (bench->disk)
        durable_probe(bench->disk);
}

static void read_lines(const char *path, char ***ret_lines, size_t *ret_count)
{
    char line[1000];
    FILE *file = fopen(path, "re");
    *ret_lines = calloc(HITS_MAX, sizeof **ret_lines);
    if (!file || !*ret_lines)
        die(path);
    while (*ret_count < HITS_MAX && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\r\n")] = 0;
        (*ret_lines)[*ret_count] = strdup(line);
        if (!(*ret_lines)[(*ret_count)++])
            die("memory");
    }
    fclose(file);
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
        else if (strcmp(name, "--purpose") == 0)
            bench->purpose = value;
        else if (strcmp(name, "--hits") == 0)
            read_lines(value, &bench->hit_list, &bench->hit_count);
        else if (strcmp(name, "--others") == 0)
            read_lines(value, &bench->others, &bench->other_count);
        else if (strcmp(name, "--one-in") == 0)
            bench->one_in = (size_t)number_of(value);
        else if (strcmp(name, "--every") == 0)
            bench->every = (size_t)number_of(value);
        else if (strcmp(name, "--connections") == 0)
            bench->connections = (size_t)number_of(value);
        else if (strcmp(name, "--seconds") == 0)
            bench->seconds = number_of(value);
        else if (strcmp(name, "--pid") == 0)
            bench->pid = (int)number_of(value);
        else if (strcmp(name, "--disk") == 0)
            bench->disk = value;
        else if (strcmp(name, "--rate") == 0)
            bench->rate = number_of(value);
    }
}

int main(int count, char **words)
{
    struct bench bench = {.port = 1923,
                          .path = "/v1/search",
                          .purpose = "border-control",
                          .connections = 64,
                          .every = 5000,
                          .one_in = 20,
                          .seconds = 5};
    read_words(&bench, count, words);
    if (!bench.token || bench.connections == 0 || bench.connections > CONNECTIONS_MAX) {
        fprintf(stderr, "bench: --token and 1 to %d --connections are needed\n", CONNECTIONS_MAX);
        return 2;
    }
    bench.epoll = epoll_create1(EPOLL_CLOEXEC);
    bench.clients = calloc(bench.connections, sizeof *bench.clients);
    bench.latencies = calloc(BUCKETS, sizeof *bench.latencies);
    bench.other_latencies = calloc(BUCKETS, sizeof *bench.other_latencies);
    if (!bench.clients || !bench.latencies || !bench.other_latencies || !bench.one_in)
        die("memory");
    for (size_t i = 0; i < bench.connections; i++)
        dial(&bench, &bench.clients[i]);
    prepare(&bench);
    run(&bench);
    return bench.failed > 0;
}
