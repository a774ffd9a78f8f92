/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of net share. One loop is one thread with one epoll; a connection belongs to one
 * loop for life and is touched by that thread only. An exchange is one request: while the handler
 * has it, only `queue_next` and what `mutex` guards are shared.
 *
 *   server -- loop[0] (listeners, accepts, hands out round robin) -- connections -- 0..1 exchange
 *          \- loop[n]                                             \- wheel of deadlines
 */
#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H

#include <llhttp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "net/http.h"

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;

/* ---- deadlines: a wheel of 512 slots of 250 ms; see wheel.c ---- */
enum { WHEEL_SLOTS = 512, WHEEL_TICK_MS = 250 };
struct timer {
    struct timer *next, *previous; /* NULL: not in the wheel */
    int64_t deadline_ms;           /* monotonic */
    int64_t slot_ms;               /* when the wheel looks at it, never after deadline_ms + tick */
};
struct wheel {
    struct timer slots[WHEEL_SLOTS]; /* list heads */
    int64_t tick;                    /* last one handled */
};
typedef void wheel_expired(void *context, struct timer *timer);
void wheel_init(struct wheel *wheel, int64_t now);
void wheel_set(struct wheel *wheel, struct timer *timer, int64_t deadline_ms);
void wheel_remove(struct timer *timer);
/* Takes out what is due and calls expired for each. */
void wheel_turn(struct wheel *wheel, int64_t now, wheel_expired *expired, void *context);

/* ---- an exchange ---- */
enum answer_state { ANSWER_NONE, ANSWER_STREAMING, ANSWER_COMPLETE };
struct local_call;
struct exchange {
    struct http_exchange open;     /* first: the handler's pointer */
    struct loop *loop;             /* NULL: a call in this process, see local.c */
    struct connection *connection; /* loop thread only; NULL when the peer has gone */
    struct local_call *local;
    struct exchange *queue_next;
    struct exchange *all_next;           /* every exchange of the loop, for the end */
    const struct http_body_route *route; /* NULL: an ordinary body */
    bool is_given;                       /* the handler has it */
    bool is_started;                     /* it has begun to answer; out is the loop's */
    bool is_stream;                      /* fixed when the answer begins */
    bool is_returned;                    /* and has given it back: answer complete and taken up */
    struct buf out;                      /* bytes on their way; loop thread only once answered */
    size_t out_sent;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t room;
    struct buf stream; /* chunks not yet taken over into out */
    size_t unsent_bytes;
    enum answer_state state;
    bool is_gone, is_queued, is_resumed;
    bool is_keep_alive, is_http_10, is_head; /* fixed before the handler sees it */
};
static inline struct exchange *exchange_of(struct http_exchange *open)
{
    return (struct exchange *)open;
}

/* ---- a connection ---- */
enum phase {
    PHASE_HEAD,   /* reading a head, or idle */
    PHASE_BODY,   /* reading a body */
    PHASE_ANSWER, /* request complete, waiting for the handler or sending */
    PHASE_LINGER, /* said the last word; swallowing what still comes so that it is not lost */
};
struct connection {
    struct timer timer;                 /* first */
    struct connection *next, *previous; /* all of the loop */
    struct loop *loop;
    int fd;
    SSL *ssl;
    llhttp_t parser;
    struct exchange *exchange;
    struct buf in;       /* received, not yet parsed; memory only while needed */
    size_t head_scanned; /* bytes of `in` the guard has passed */
    size_t body_raw, body_len;
    struct buf body;       /* chunked or partial body on its way */
    size_t stranger_bytes; /* of bodies, before sign-in */
    int64_t since_ms;      /* what absolute deadlines count from */
    enum phase phase;
    int refuse_status; /* set by the parser's callbacks */
    const char *refuse_reason;
    bool may_read, may_write, is_eof, is_trusted, is_unix, is_loopback, is_idle, is_dead;
    bool is_closing; /* the peer has ended its half: a read will come to the end */
    bool is_established, is_message_done, is_counted;
    uint32_t peer_uid;
    uint64_t peer_key; /* for the cap per peer */
    char peer[64];
    char client_key[65];
    struct buf farewell; /* an answer of net's own: 400, 408 ... */
    size_t farewell_sent;
};

struct loop {
    struct http_server *server;
    pthread_t thread;
    int epoll, wake;
    struct wheel wheel;
    struct connection *connections;
    struct connection *dead; /* freed at the end of a round */
    struct exchange *free_exchanges, *all_exchanges;
    _Atomic(struct exchange *) answered; /* pushed by any thread, taken whole by the loop */
    struct exchange *answered_here, **answered_here_tail;
    _Atomic(struct connection *) handed; /* new connections from loop 0 */
    char *buffer;                        /* one read's worth */
    unsigned number;
    int64_t now_ms;
    int64_t drain_since_ms;
    _Atomic uint64_t requests, refused_malformed, refused_limit, timed_out, bytes_in, bytes_out;
};

struct peers;
struct http_server {
    struct http_options options;
    struct http_limits limits;
    SSL_CTX *tls;
    int listen_fd, unix_fd, spare_fd;
    char *unix_path;
    uint16_t port;
    struct loop *loops;
    unsigned loop_count, next_loop, started;
    struct peers *peers;
    atomic_bool is_stopping;
    _Atomic int64_t stop_deadline_ms;
    _Atomic uint64_t accepted, open;
};

enum { READ_SIZE = 64 << 10, STREAM_UNSENT_MAX = 1 << 20 };

/* loop.c */
enum err loop_start(struct http_server *server, struct loop *loop, unsigned number) MUST_USE;
void *loop_run(void *context);
void loop_push(struct exchange *exchange); /* any thread */
void loop_wake(struct loop *loop);
void loop_release(struct loop *loop);
struct exchange *loop_exchange(struct loop *loop);
void loop_recycle(struct loop *loop, struct exchange *exchange);
/* accept.c */
void accept_ready(struct loop *loop, int listener);
enum err listen_tcp(const char *address, int *ret_fd, uint16_t *ret_port) MUST_USE;
enum err listen_unix(const char *path, int *ret_fd) MUST_USE;
enum err connect_unix(const char *path, int *ret_fd) MUST_USE;
/* connection.c */
void connection_adopt(struct loop *loop, struct connection *connection);
void connection_event(struct connection *connection, uint32_t events);
void connection_answered(struct exchange *exchange);
void connection_expired(void *context, struct timer *timer);
void connection_drain(struct connection *connection, bool is_deadline);
void connection_deadline(struct connection *connection);
/* Out of the loop; memory goes at the end of the round. */
void connection_drop(struct connection *connection);
void connection_free(struct connection *connection);
/* An answer of net's own, then the end of the connection. */
void connection_refuse(struct connection *connection, int status, const char *reason);
/* transfer.c: bytes in and out, plain or TLS. >0 bytes, 0 end of stream, -1 would block, -2
 * broken. */
ssize_t transfer_read(struct connection *connection, char *into, size_t size);
ssize_t transfer_write(struct connection *connection, const char *bytes, size_t size);
void transfer_goodbye(struct connection *connection);
enum err tls_new(const struct http_options *options, SSL_CTX **ret) MUST_USE;
void tls_free(SSL_CTX *context);
enum err tls_attach(struct connection *connection) MUST_USE;
void tls_detach(struct connection *connection);
/* guard.c: what llhttp lets through. Looks at whole lines only; 0 when fine so far, else a
 * status. */
enum { GUARD_OK = 0, GUARD_MORE = -1 };
int guard_head(str bytes, size_t *scanned, size_t *ret_head_len, const char **ret_reason);
/* parse.c */
size_t parse_input(struct connection *connection, str bytes); /* bytes used */
void parse_init(void); /* once, before the first parse_begin */
void parse_begin(llhttp_t *parser);
/* answer.c */
void answer_head(struct buf *out, const struct http_answer *answer, bool is_keep_alive,
                 bool is_stream, bool is_http_10);
void answer_own(struct buf *out, int status, const char *reason);
const char *status_words(int status);
void stream_take(struct exchange *exchange);
/* peers.c */
struct peers *peers_new(void);
void peers_free(struct peers *peers);
bool peers_enter(struct peers *peers, uint64_t key, uint32_t max); /* false: one too many */
void peers_leave(struct peers *peers, uint64_t key);
/* local.c */
void local_answered(struct exchange *exchange);
int64_t now_ms(void);

#endif
