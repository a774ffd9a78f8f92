/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http: HTTP/1.1 over epoll loops, TLS by OpenSSL, requests parsed by llhttp. Knows no police.
 *
 * A handler gets a whole request (head and body, within limits) on a loop thread and must not block; it answers at once or
 * keeps the exchange and answers later from any thread with http_respond(). Request memory lives in exchange->arena until
 * the answer is sent or the peer is gone; when the peer has gone the answer is dropped, never the handler's pointer.
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
    str peer;           /* "127.0.0.1:53412", or "unix" */
    uint32_t peer_uid;  /* Unix socket only */
    bool is_unix, is_tls, is_loopback;
    str client_certificate; /* SHA-256 fingerprint, hex, when one was verified */
    int64_t arrived_us;     /* monotonic */
};
struct http_exchange {
    struct http_request request;
    struct arena arena;
    void *user; /* the handler's */
};
struct http_server;
typedef void http_handler(void *context, struct http_exchange *exchange);

struct http_limits { /* 0 takes the default in brackets */
    uint32_t header_bytes;      /* [8 KiB] 431 */
    uint32_t body_bytes;        /* [1 MiB] 413 */
    uint32_t connections;       /* [20,000] accepted and refused with 503 beyond */
    uint32_t connections_per_peer; /* [1,000; loopback exempt up to connections] */
    uint32_t head_ms;           /* [10,000] from first byte to end of head */
    uint32_t body_ms;           /* [60,000] */
    uint32_t idle_ms;           /* [75,000] keep-alive */
    uint32_t answer_ms;         /* [120,000] handler's deadline: 504 */
};
struct http_options {
    const char *listen;      /* "127.0.0.1:1923", "[::]:443"; NULL: none */
    const char *unix_path;   /* control socket, 0600; NULL: none */
    const char *certificate, *private_key; /* PEM; NULL: plain */
    const char *client_ca;   /* PEM; set: client certificates asked for and verified */
    bool is_client_certificate_required;
    unsigned loops;          /* [number of cores] */
    struct http_limits limits;
    http_handler *handler;
    void *context;
};
enum err http_server_start(const struct http_options *options, struct http_server **ret) MUST_USE;
/* Stops accepting, answers what was accepted, closes idle connections; then the rest at the deadline. */
void http_server_stop(struct http_server *server, uint32_t deadline_ms);
uint16_t http_server_port(const struct http_server *server); /* when asked to listen on port 0 */

const struct http_header *http_header_find(const struct http_request *request, str name);
/* One query parameter, percent-decoded into the arena; false when absent. */
bool http_query_get(struct http_exchange *exchange, str name, str *ret);

struct http_answer {
    int status;
    str content_type;
    struct http_header headers[16];
    size_t header_count;
    str body; /* must live until http_respond returns: it is copied or sent at once */
};
/* Exactly once per exchange, any thread; the exchange is gone afterwards. */
void http_respond(struct http_exchange *exchange, const struct http_answer *answer);
/*
 * Streaming answers (NDJSON, server-sent events), chunked: begin, then write from any thread, then end (exchange gone).
 * write returns ERR_BUSY when more than 1 MiB waits unsent (stop producing, try again), ERR_IO when the peer has gone.
 */
void http_stream_begin(struct http_exchange *exchange, const struct http_answer *head);
enum err http_stream_write(struct http_exchange *exchange, str bytes) MUST_USE;
void http_stream_end(struct http_exchange *exchange);
/* Streaming request bodies (batch search, uploads): a handler registered for a path prefix may take the body piecewise. */
typedef void http_body_piece(struct http_exchange *exchange, str piece, bool is_last);
void http_take_body(struct http_server *server, const char *method, const char *path, http_body_piece *on_piece,
                    uint64_t max_bytes);

struct http_stats {
    uint64_t accepted, open, requests, refused_malformed, refused_limit, timed_out, bytes_in, bytes_out;
};
void http_server_stats(const struct http_server *server, struct http_stats *ret);

/* A small client for the control socket and tests: one request, whole answer. target: "unix:/path" or "host:port". */
struct http_reply {
    int status;
    str body; /* in the arena */
    str content_type;
};
enum err http_call(const char *target, str method, str path, const struct http_header *headers, size_t header_count,
                   str body, uint32_t timeout_ms, struct arena *arena, struct http_reply *ret) MUST_USE;

#endif
