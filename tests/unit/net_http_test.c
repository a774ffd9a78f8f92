/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server against raw bytes: a table of malformed and borderline requests, slow and half-closed
 * peers, pipelining, streams both ways, answers from other threads, stopping under load.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"

#include "net/http.h"

#include "test.h"

static struct http_server *server;
static struct http_exchange *kept; /* /never: answered at the end, when the peer has long gone */
static atomic_int pieces_gone;
static char big[16 << 20]; /* more than the kernel keeps for a socket */

static void answer_text(struct http_exchange *exchange, str text)
{
    http_respond(exchange, &(struct http_answer){.status = 200,
                                                 .content_type = S("text/plain"),
                                                 .body = text});
}

static void *answer_elsewhere(void *exchange)
{
    answer_text(exchange, S("from elsewhere"));
    return NULL;
}

static void *stream_elsewhere(void *context)
{
    struct http_exchange *exchange = context;
    char line[1000];
    memset(line, 'x', sizeof line);
    enum err code = OK;
    for (int i = 0; i < 5000 && code != ERR_IO; i++)
        while ((code = http_stream_write(exchange, str_of(line, sizeof line))) == ERR_BUSY)
            http_stream_wait_room(exchange, 1000);
    http_stream_end(exchange);
    return NULL;
}

static void in_thread(void *(*work)(void *), struct http_exchange *exchange)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, work, exchange), 0);
    pthread_detach(thread);
}

static void handle(void *context, struct http_exchange *exchange)
{
    (void)context;
    const struct http_request *request = &exchange->request;
    if (str_eq(request->path, S("/never"))) {
        kept = exchange;
    } else if (str_eq(request->path, S("/thread"))) {
        in_thread(answer_elsewhere, exchange);
    } else if (str_eq(request->path, S("/stream"))) {
        http_stream_begin(exchange, &(struct http_answer){.status = 200});
        in_thread(stream_elsewhere, exchange);
    } else if (str_eq(request->path, S("/trust"))) {
        exchange->is_trusted = true;
        answer_text(exchange, S("trusted"));
    } else if (str_eq(request->path, S("/big"))) {
        answer_text(exchange, str_of(big, sizeof big));
    } else if (str_eq(request->path, S("/query"))) {
        str value = STR_EMPTY;
        bool is_there = http_query_get(exchange, S("b"), &value);
        answer_text(exchange, is_there ? value : S("absent"));
    } else {
        answer_text(exchange, request->body.len ? request->body : S("echo"));
    }
}

/* Counts what it is sent. */
static void count_pieces(void *context, struct http_exchange *exchange, str piece, bool is_last)
{
    (void)context;
    exchange->user = (void *)((uintptr_t)exchange->user + piece.len);
    if (exchange->is_peer_gone)
        atomic_fetch_add(&pieces_gone, 1);
    char text[32];
    snprintf(text, sizeof text, "%zu", (size_t)(uintptr_t)exchange->user);
    if (is_last)
        answer_text(exchange, str_c(text));
}

static const struct http_body_route bodies[] = {
    {S("POST"), S("/pieces"), count_pieces, 0},
};

static void start(void)
{
    struct http_options options = {.listen = "127.0.0.1:0",
                                   .loops = 2,
                                   .handler = handle,
                                   .bodies = bodies,
                                   .body_count = COUNT_OF(bodies),
                                   .limits = {.stranger_ms = 400,
                                              .trusted_ms = 60000,
                                              .answer_ms = 400}};
    assert_int_equal(http_server_start(&options, &server), OK);
}

static int set_up(void **state)
{
    (void)state;
    start();
    return 0;
}

static void stop(void)
{
    http_server_stop(server, 3000);
    if (kept)
        answer_text(kept, S("too late")); /* must be dropped, not followed */
    kept = NULL;
    http_server_free(server);
    server = NULL;
}

static int tear_down(void **state)
{
    (void)state;
    stop();
    return 0;
}

static int dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(http_server_port(server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void say(int fd, str bytes)
{
    while (bytes.len) {
        ssize_t got = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (got <= 0)
            return; /* refused early: the answer is what counts */
        bytes = str_from(bytes, (size_t)got);
    }
}

/* Everything until the server closes. */
static void hear_all(int fd, struct buf *out)
{
    char bytes[65536];
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&ready, 1, 20000), 1);
        ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        if (got <= 0)
            break;
        buf_add(out, str_of(bytes, (size_t)got));
    }
}

static size_t count_of(str text, str what)
{
    size_t count = 0;
    for (size_t i = 0; i + what.len <= text.len; i++)
        count += str_starts(str_from(text, i), what);
    return count;
}

/* ---- the table ---- */

static int hex(char c)
{
    return is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10;
}

static void add_repeated(struct buf *out, str *rest)
{
    size_t comma = str_find(*rest, ',');
    uint64_t count = 0;
    assert_true(str_to_u64(str_slice(*rest, 0, comma), 100000, &count));
    for (uint64_t i = 0; i < count; i++)
        buf_add_char(out, rest->ptr[comma + 1]);
    *rest = str_from(*rest, comma + 2);
}

static void add_headers(struct buf *out, str *rest)
{
    for (int i = 0; i < 70; i++)
        buf_printf(out, "X-%d: 1\r\n", i);
    *rest = str_from(*rest, 2);
}

static void unescape(str text, struct buf *out)
{
    while (text.len) {
        char c = text.ptr[0], next = text.len > 1 ? text.ptr[1] : 0;
        if (c != '\\') {
            buf_add_char(out, c);
            text = str_from(text, 1);
            continue;
        }
        text = str_from(text, 2);
        if (next == 'R') {
            add_repeated(out, &text);
        } else if (next == 'H') {
            add_headers(out, &text);
        } else if (next == 'x') {
            buf_add_char(out, (char)(hex(text.ptr[0]) * 16 + hex(text.ptr[1])));
            text = str_from(text, 2);
        } else {
            buf_add_char(out, next == 'r' ? '\r' : next == 'n' ? '\n' : '\t');
        }
    }
}

static bool run_case(str statuses, str title, str raw)
{
    struct buf request = {0}, answers = {0};
    unescape(raw, &request);
    int fd = dial();
    say(fd, buf_str(&request));
    hear_all(fd, &answers);
    close(fd);
    str rest = buf_str(&answers), wanted = statuses, word;
    bool is_good = true;
    size_t count = 0;
    while (str_split(&wanted, ' ', &word)) {
        if (str_eq(word, S("0")))
            continue;
        char line[16];
        snprintf(line, sizeof line, "HTTP/1.1 %.*s ", STR(word));
        while (rest.len && !str_starts(rest, S("HTTP/1.1 ")))
            rest = str_from(rest, 1);
        is_good &= str_starts(rest, str_c(line));
        rest = str_from(rest, 9);
        count++;
    }
    is_good &= count_of(buf_str(&answers), S("\r\nDate: ")) == count;
    if (!is_good)
        print_error("%.*s: wanted %.*s, got:\n%.*s\n", STR(title), STR(statuses),
                    (int)(answers.len > 400 ? 400 : answers.len), answers.ptr ? answers.ptr : "");
    buf_release(&request);
    buf_release(&answers);
    return is_good;
}

/* Every row in a thread of its own would hide order; half a second each is the deadline's. */
static void table_of_raw_requests(void **state)
{
    (void)state;
    char *text;
    size_t len, rows = 0, failed = 0;
    assert_int_equal(io_read_file("tests/cases/http-requests.txt", 1 << 20, &text, &len), OK);
    str rest = str_of(text, len), line;
    while (str_split(&rest, '\n', &line)) {
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        size_t first = str_find(line, '|');
        str tail = str_from(line, first + 1);
        size_t second = str_find(tail, '|');
        failed += !run_case(str_trim(str_slice(line, 0, first)),
                            str_trim(str_slice(tail, 0, second)), str_from(tail, second + 2));
        rows++;
    }
    free(text);
    assert_true(rows >= 60);
    assert_int_equal(failed, 0);
}

/* The same table, a byte at a time: what is refused must not hang on how it is cut. */
static void byte_by_byte(void **state)
{
    (void)state;
    str request = S("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                    "Connection: close\r\n\r\n5\r\nhello\r\n6\r\n there\r\n0\r\n\r\n");
    int fd = dial();
    for (size_t i = 0; i < request.len; i++)
        say(fd, str_slice(request, i, 1));
    struct buf out = {0};
    hear_all(fd, &out);
    assert_true(str_ends(buf_str(&out), S("\r\n\r\nhello there")));
    buf_release(&out);
    close(fd);
}

/* ---- peers that behave oddly ---- */

static void half_closed_peer_is_answered(void **state)
{
    (void)state;
    const char *paths[] = {"/echo", "/thread", "/stream"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        int fd = dial();
        char request[128];
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", paths[i]);
        say(fd, str_c(request));
        shutdown(fd, SHUT_WR);
        struct buf out = {0};
        hear_all(fd, &out);
        assert_true(str_starts(buf_str(&out), S("HTTP/1.1 200 OK")));
        buf_release(&out);
        close(fd);
    }
}

static void slow_peers_are_gone_and_disturb_nobody(void **state)
{
    (void)state;
    enum { SLOW = 1000 };
    static int slow[SLOW];
    for (int i = 0; i < SLOW; i++) {
        slow[i] = dial();
        say(slow[i], i % 2 ? S("GET /echo HTTP/1.1\r\nHos")
                           : S("POST / HTTP/1.1\r\nHost: a\r\n"
                               "Content-Length: 9\r\n\r\n1"));
    }
    assert_true(run_case(S("200"), S("beside slow ones"),
                         S("GET /echo HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n")));
    for (int i = 0; i < SLOW; i++) {
        struct buf out = {0};
        say(slow[i], S("x")); /* one more byte must buy no time */
        hear_all(slow[i], &out);
        assert_true(str_starts(buf_str(&out), S("HTTP/1.1 408 ")) || out.len == 0);
        buf_release(&out);
        close(slow[i]);
    }
    struct http_stats stats;
    http_server_stats(server, &stats);
    assert_true(stats.timed_out >= SLOW);
}

static void trusted_peer_keeps_its_connection(void **state)
{
    (void)state;
    int trusted = dial(), stranger = dial();
    say(trusted, S("GET /trust HTTP/1.1\r\nHost: a\r\n\r\n"));
    say(stranger, S("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
    struct buf out = {0};
    hear_all(stranger, &out); /* until its idle deadline */
    assert_int_equal(count_of(buf_str(&out), S("HTTP/1.1 200")), 1);
    say(trusted, S("GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    buf_clear(&out);
    hear_all(trusted, &out);
    assert_int_equal(count_of(buf_str(&out), S("HTTP/1.1 200")), 2);
    buf_release(&out);
    close(trusted);
    close(stranger);
}

static uint64_t timed_out(void)
{
    struct http_stats stats;
    http_server_stats(server, &stats);
    return stats.timed_out;
}

/* Reads to the end; fewer bytes when the connection was reset. */
static size_t count_bytes(int fd)
{
    static char bytes[1 << 16];
    size_t total = 0;
    for (ssize_t got; (got = recv(fd, bytes, sizeof bytes, 0)) > 0;)
        total += (size_t)got;
    return total;
}

/* A server of its own: eight places, time enough that only a quarter of it ends within the test. */
static void who_comes_to_a_full_house_has_less_time(void **state)
{
    (void)state;
    enum { PLACES = 8 };
    struct http_server *usual = server;
    struct http_options options = {.listen = "127.0.0.1:0",
                                   .loops = 1, /* accepted in the order they come */
                                   .handler = handle,
                                   .limits = {.connections = PLACES, .stranger_ms = 8000}};
    assert_int_equal(http_server_start(&options, &server), OK);
    int peers[PLACES];
    for (int i = 0; i < PLACES; i++) {
        peers[i] = dial();
        say(peers[i], S("GET /echo HTTP/1.1\r\n"));
    }
    struct buf out = {0};
    hear_all(peers[PLACES - 1], &out);
    assert_true(str_starts(buf_str(&out), S("HTTP/1.1 408 ")));
    for (int i = 0; i < PLACES * 3 / 4; i++) { /* who was there before keeps his place */
        say(peers[i], S("Host: a\r\nConnection: close\r\n\r\n"));
        buf_clear(&out);
        hear_all(peers[i], &out);
        assert_true(str_starts(buf_str(&out), S("HTTP/1.1 200 ")));
    }
    for (int i = 0; i < PLACES; i++)
        close(peers[i]);
    buf_release(&out);
    http_server_stop(server, 100);
    http_server_free(server);
    server = usual;
}

/* Both stop within the body: who had sent much of it is waited for, who dripped is not. */
static void what_has_come_of_a_body_buys_time(void **state)
{
    (void)state;
    enum { BODY = 60000 };
    struct http_server *usual = server;
    struct http_options options = {.listen = "127.0.0.1:0",
                                   .handler = handle,
                                   .limits = {.stranger_ms = 60000, .trusted_ms = 500}};
    assert_int_equal(http_server_start(&options, &server), OK);
    memset(big, 'b', BODY);
    int brisk = dial(), dripping = dial();
    const int both[] = {brisk, dripping};
    for (size_t i = 0; i < COUNT_OF(both); i++)
        say(both[i], S("GET /trust HTTP/1.1\r\nHost: a\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\n"
                       "Connection: close\r\nContent-Length: 60000\r\n\r\n"));
    say(brisk, str_of(big, BODY - 10));
    say(dripping, S("bbb"));
    struct buf out = {0};
    hear_all(dripping, &out);
    assert_int_equal(count_of(buf_str(&out), S("HTTP/1.1 408 ")), 1);
    say(brisk, str_of(big, 10));
    buf_clear(&out);
    hear_all(brisk, &out);
    assert_int_equal(count_of(buf_str(&out), S("HTTP/1.1 200 ")), 2);
    assert_true(out.len > BODY);
    buf_release(&out);
    close(brisk);
    close(dripping);
    http_server_stop(server, 100);
    http_server_free(server);
    server = usual;
}

static void who_reads_slowly_is_waited_for_when_trusted(void **state)
{
    (void)state;
    int trusted = dial(), stranger = dial();
    uint64_t before = timed_out();
    memset(big, 'b', sizeof big);
    say(trusted, S("GET /trust HTTP/1.1\r\nHost: a\r\n\r\n"));
    say(trusted, S("GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    say(stranger, S("GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    while (timed_out() == before) /* neither reads: the stranger's time ends */
        sched_yield();
    assert_true(count_bytes(trusted) > sizeof big);
    assert_true(count_bytes(stranger) < sizeof big);
    assert_int_equal(timed_out(), before + 1);
    close(trusted);
    close(stranger);
}

static void peer_gone_during_pieces_is_told(void **state)
{
    (void)state;
    int before = atomic_load(&pieces_gone);
    int fd = dial();
    say(fd, S("POST /pieces HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"));
    close(fd);
    while (atomic_load(&pieces_gone) == before)
        sched_yield();
}

static void continue_is_said_when_asked(void **state)
{
    (void)state;
    int fd = dial();
    say(fd, S("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\n"
              "Content-Length: 5\r\n\r\n"));
    char bytes[25];
    assert_int_equal(recv(fd, bytes, sizeof bytes, MSG_WAITALL), 25);
    assert_memory_equal(bytes, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    say(fd, S("hello"));
    struct buf out = {0};
    hear_all(fd, &out);
    assert_true(str_ends(buf_str(&out), S("hello")));
    buf_release(&out);
    close(fd);
}

/* ---- the client, in and out of process ---- */

static void check_call(enum err (*run)(const struct http_call *, struct arena *,
                                       struct http_reply *))
{
    struct arena arena = {0};
    struct http_reply reply;
    struct http_call call = {.method = S("POST"), .path = S("/echo"), .body = S("abc")};
    assert_int_equal(run(&call, &arena, &reply), OK);
    assert_int_equal(reply.status, 200);
    assert_true(str_eq(reply.body, S("abc")) && str_eq(reply.content_type, S("text/plain")));
    call = (struct http_call){.method = S("GET"), .path = S("/query?a=1&b=x%20y+z%C3%A9")};
    assert_int_equal(run(&call, &arena, &reply), OK);
    assert_true(str_eq(reply.body, S("x y zé")));
    call = (struct http_call){.method = S("GET"), .path = S("/stream")};
    assert_int_equal(run(&call, &arena, &reply), OK);
    assert_int_equal(reply.body.len, 5000000);
    char *large = calloc(1, 3000000);
    call = (struct http_call){.method = S("POST"),
                              .path = S("/pieces"),
                              .body = str_of(large, 3000000)};
    assert_int_equal(run(&call, &arena, &reply), OK);
    assert_true(str_eq(reply.body, S("3000000")));
    free(large);
    arena_release(&arena);
}

static enum err run_remote(const struct http_call *call, struct arena *arena,
                           struct http_reply *ret)
{
    char target[64];
    snprintf(target, sizeof target, "127.0.0.1:%u", http_server_port(server));
    struct http_call there = *call;
    there.target = target;
    return http_call(&there, arena, ret);
}

static enum err run_here(const struct http_call *call, struct arena *arena, struct http_reply *ret)
{
    struct http_options options = {.handler = handle,
                                   .bodies = bodies,
                                   .body_count = COUNT_OF(bodies)};
    return http_call_here(&options, call, arena, ret);
}

static void client_over_the_network(void **state)
{
    (void)state;
    check_call(run_remote);
}

static void client_in_this_process(void **state)
{
    (void)state;
    check_call(run_here);
}

static void control_socket_knows_its_peer(void **state)
{
    (void)state;
    char path[300], target[310];
    memset(path, 0, sizeof path); /* longer than sun_path takes */
    snprintf(path, sizeof path, "/tmp/bureau-net-%d-%0*d", (int)getpid(), 150, 0);
    assert_int_equal(io_make_dir(path), OK);
    snprintf(path + strlen(path), 20, "/control");
    struct http_options options = {.unix_path = path, .loops = 1, .handler = handle};
    struct http_server *other;
    assert_int_equal(http_server_start(&options, &other), OK);
    snprintf(target, sizeof target, "unix:%s", path);
    struct arena arena = {0};
    struct http_reply reply;
    struct http_call call = {.target = target, .method = S("GET"), .path = S("/echo")};
    assert_int_equal(http_call(&call, &arena, &reply), OK);
    assert_int_equal(reply.status, 200);
    http_server_stop(other, 1000);
    http_server_free(other);
    assert_int_equal(http_call(&call, &arena, &reply), ERR_NOT_FOUND);
    *strrchr(path, '/') = 0;
    rmdir(path);
    arena_release(&arena);
}

/* ---- stopping ---- */

struct load {
    pthread_t thread;
    uint16_t port;
    atomic_int *answered;
    int sent, lost;
};

static void *press(void *context)
{
    struct load *load = context;
    char target[64];
    snprintf(target, sizeof target, "127.0.0.1:%u", load->port);
    for (;;) {
        struct arena arena = {0};
        struct http_reply reply;
        struct http_call call = {.target = target, .method = S("GET"), .path = S("/thread")};
        enum err code = http_call(&call, &arena, &reply);
        arena_release(&arena);
        if (code) { /* refused to connect is fine once it stops; an accepted request is not lost */
            load->lost += strstr(err_last()->message, "cannot connect") == NULL;
            return NULL;
        }
        load->sent++;
        atomic_fetch_add(load->answered, 1);
    }
}

static void stopping_drops_no_accepted_request(void **state)
{
    (void)state;
    struct load loads[8];
    atomic_int answered = 0;
    for (size_t i = 0; i < COUNT_OF(loads); i++) {
        loads[i] = (struct load){.port = http_server_port(server), .answered = &answered};
        assert_int_equal(pthread_create(&loads[i].thread, NULL, press, &loads[i]), 0);
    }
    while (atomic_load(&answered) < 500)
        sched_yield();
    stop();
    int lost = 0;
    for (size_t i = 0; i < COUNT_OF(loads); i++) {
        pthread_join(loads[i].thread, NULL);
        lost += loads[i].lost;
    }
    assert_int_equal(lost, 0);
    start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_raw_requests),
        cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(half_closed_peer_is_answered),
        cmocka_unit_test(slow_peers_are_gone_and_disturb_nobody),
        cmocka_unit_test(trusted_peer_keeps_its_connection),
        cmocka_unit_test(what_has_come_of_a_body_buys_time),
        cmocka_unit_test(who_reads_slowly_is_waited_for_when_trusted),
        cmocka_unit_test(who_comes_to_a_full_house_has_less_time),
        cmocka_unit_test(peer_gone_during_pieces_is_told),
        cmocka_unit_test(continue_is_said_when_asked),
        cmocka_unit_test(client_over_the_network),
        cmocka_unit_test(client_in_this_process),
        cmocka_unit_test(control_socket_knows_its_peer),
        cmocka_unit_test(stopping_drops_no_accepted_request),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
