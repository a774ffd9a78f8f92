/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http: HTTP/1.1 over epoll loops, TLS by OpenSSL, requests parsed by llhttp. Knows no police.
 *
 * A handler gets a whole request (head and body, within limits) on a loop thread and must not
 * block; it answers at once or keeps the exchange and answers later from any thread with
 * http_respond(). Request memory lives in exchange->arena until the answer is sent or the peer is
 * gone; when the peer has gone the answer is dropped, never the handler's pointer.
 *
 *   static void hello(void *context, struct http_exchange *exchange)
 *   {
 *       http_respond(exchange, &(struct http_answer){.status = 200, .content_type =
 *                    S("text/plain"), .body = S("hello")});
 *   }
 *   struct http_options options = {.listen = "127.0.0.1:0", .handler = hello};
 *   TRY(http_server_start(&options, &server));  ...  http_server_stop(server, 5000);
 *   http_server_free(server);
 *
 * One request at a time is open on a connection: pipelined ones wait in the socket, so answers
 * leave in order without a queue. Budgets are short for a connection until the handler says
 * exchange->is_trusted (a credential was good), long from then on: a post on a weak line finishes,
 * a thousand idle strangers are gone after seconds. A stranger's budget is one and absolute: it
 * runs from the connection, or the last answer, to the end of the next request, and again over the
 * taking of the answer; no byte prolongs it. See docs/decisions/slow-lines.md.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/base.h"

enum { HTTP_HEADER_MAX = 64 };
struct http_header {
    str name; /* as sent; compare with str_eq_nocase */
    str value;
};
struct http_request {
    str method, path, query; /* path percent-decoded once, no "..", no NUL; query raw */
    struct http_header headers[HTTP_HEADER_MAX];
    size_t header_count;
    str body;
    str peer;          /* "127.0.0.1:53412", or "unix" */
    uint32_t peer_uid; /* Unix socket only */
    bool is_unix, is_tls, is_loopback;
    str client_key;     /* of a verified client certificate: SHA-256 of its public key, hex */
    int64_t arrived_us; /* monotonic */
};
struct http_exchange {
    struct http_request request;
    struct arena arena;
    void *user;          /* the handler's */
    bool is_trusted;     /* the handler's, on the loop thread: this connection gets long budgets */
    bool is_peer_gone;   /* pieces only: the body broke off; answer anyway, it is dropped */
    bool is_body_paused; /* pieces only, set on the loop thread: no more until http_body_resume */
};
struct http_server;
typedef void http_handler(void *context, struct http_exchange *exchange);
/* Streaming request bodies: called with an empty first piece when the head is there. */
typedef void http_body_piece(void *context, struct http_exchange *exchange, str piece,
                             bool is_last);
/*
 * Routes whose bodies are not ordinary. on_piece answers on the loop thread, or from elsewhere
 * after
 * the last piece only. on_piece NULL: gathered whole, up to max_bytes, for the handler.
 */
struct http_body_route {
    str method, path; /* path: a whole one */
    http_body_piece *on_piece;
    uint32_t max_bytes;
};

struct http_limits {               /* 0 takes the default in brackets */
    uint32_t header_bytes;         /* [8 KiB] 431 */
    uint32_t body_bytes;           /* [1 MiB] 413 */
    uint32_t stranger_body_bytes;  /* [64 KiB] all bodies of a connection before sign-in: 401 */
    uint32_t connections;          /* [20,000] accepted and refused with 503 beyond */
    uint32_t connections_per_peer; /* [1,000; loopback exempt up to connections] 429 */
    uint32_t stranger_ms;          /* [14,000] connection or last answer to the end of a request */
    uint32_t trusted_ms;           /* [120,000] the same once trusted; each KiB buys a second */
    uint32_t answer_ms;            /* [120,000] handler's deadline: 504 */
};
struct http_options {
    const char *listen;                    /* "127.0.0.1:1923", "[::]:443"; NULL: none */
    const char *unix_path;                 /* control socket, 0600; NULL: none */
    const char *certificate, *private_key; /* PEM; NULL: plain */
    const char *client_ca;                 /* PEM; set: client certificates asked for, verified */
    bool is_client_certificate_required;
    unsigned loops; /* [number of cores] */
    struct http_limits limits;
    http_handler *handler;
    const struct http_body_route *bodies;
    size_t body_count;
    /* May this head's sender have long budgets while its body is still under way? NULL: no. */
    bool (*is_trusted)(void *context, const struct http_request *request);
    void *context;
};
enum err http_server_start(const struct http_options *options, struct http_server **ret) MUST_USE;
/*
 * Stops accepting, answers what was accepted (telling peers to close), closes idle connections;
 * cuts
 * the rest at the deadline. Afterwards answers are dropped. Exchanges that handlers still hold stay
 * valid until http_server_free().
 */
void http_server_stop(struct http_server *server, uint32_t deadline_ms);
void http_server_free(struct http_server *server);
uint16_t http_server_port(const struct http_server *server); /* when asked to listen on port 0 */

const struct http_header *http_header_find(const struct http_request *request, str name);
/* One query parameter, percent-decoded into the arena; false when absent. */
bool http_query_get(struct http_exchange *exchange, str name, str *ret);
/* One bad escape, NUL, control character or invalid UTF-8 makes it false. */
bool http_percent_decode(str text, bool is_plus_blank, struct arena *arena, str *ret);

enum { HTTP_ANSWER_HEADER_MAX = 16 };
struct http_answer {
    int status;
    str content_type;
    struct http_header headers[HTTP_ANSWER_HEADER_MAX];
    size_t header_count;
    str lines; /* more of them, constants of the program, as they are sent: each ends in CRLF */
    str body;  /* must live until http_respond returns */
};
/* Exactly once per exchange, any thread; the exchange is gone afterwards. */
void http_respond(struct http_exchange *exchange, const struct http_answer *answer);
/*
 * Streaming answers (NDJSON, server-sent events), chunked: begin, then write from any one thread,
 * then end (exchange gone). write returns ERR_BUSY when more than 1 MiB waits unsent (stop
 * producing, wait for room, try again), ERR_IO when the peer has gone.
 */
void http_stream_begin(struct http_exchange *exchange, const struct http_answer *head);
enum err http_stream_write(struct http_exchange *exchange, str bytes) MUST_USE;
void http_stream_wait_room(struct http_exchange *exchange, uint32_t timeout_ms);
void http_stream_end(struct http_exchange *exchange);
/* From any thread, while the body is under way: take up pieces again. */
void http_body_resume(struct http_exchange *exchange);

struct http_stats {
    uint64_t accepted, open, requests, refused_malformed, refused_limit, timed_out, bytes_in,
        bytes_out;
};
void http_server_stats(const struct http_server *server, struct http_stats *ret);

/*
 * The client side, for the control socket and tests: one request, whole answer; blocks.
 * target: "unix:/path" or "host:port". With on_piece the answer's body goes there as it comes.
 */
struct http_call {
    const char *target;
    str method, path; /* path as sent: query included, percent-encoded */
    const struct http_header *headers;
    size_t header_count;
    str body;
    uint32_t timeout_ms; /* without a byte; 0: 120,000 */
    enum err (*on_piece)(void *context, str piece);
    void *context;
};
struct http_reply {
    int status;
    str body; /* in the arena; empty when on_piece took it (status 200 only) */
    str content_type, etag;
};
enum err http_call(const struct http_call *call, struct arena *arena,
                   struct http_reply *ret) MUST_USE;
/*
 * The same without any socket: the handler of `options` is called in this process as if the request
 * had come over the Unix socket from this user; waits for the answer. target is not used.
 */
enum err http_call_here(const struct http_options *options, const struct http_call *call,
                        struct arena *arena, struct http_reply *ret) MUST_USE;

#endif
