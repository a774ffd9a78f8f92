/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a connection, on its loop's thread only.
 *
 *   HEAD -> (BODY) -> ANSWER -> HEAD ...      LINGER: last word said, what still comes is swallowed
 *
 * Epoll is edge-triggered and set once: may_read and may_write remember the edges, so an ordinary
 * request costs no epoll_ctl. While an answer is awaited nothing is read: back pressure is the
 * kernel's socket buffer, and a half-closed peer still gets its answer.
 *
 * After the last word the socket is shut for writing and read until the peer closes or two seconds
 * are over; closing at once with bytes unread would send a reset that can overtake our answer.
 */
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "net/internal.h"

/* The slowest lines that are waited for, in bytes a millisecond: 8 kbit/s, a stranger's 64. */
enum { LINGER_MS = 2000, DRAIN_IDLE_MS = 300, BYTES_PER_MS = 1, STRANGER_BYTES_PER_MS = 8 };

static void run(struct connection *connection);

/* ---- beginning and end ---- */

void connection_adopt(struct loop *loop, struct connection *connection)
{
    connection->loop = loop;
    connection->next = loop->connections;
    connection->previous = NULL;
    if (loop->connections)
        loop->connections->previous = connection;
    loop->connections = connection;
    connection->is_idle = true;
    connection->may_write = true;
    connection->is_trusted = connection->is_unix;
    connection->parser.data = connection;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = connection};
    bool is_bad = !connection->is_unix && loop->server->tls && tls_attach(connection) != OK;
    if (is_bad || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, connection->fd, &event) < 0) {
        connection_drop(connection);
        return;
    }
    connection->since_ms = loop->now_ms;
    connection_deadline(connection);
}

/* The exchange goes its own way: back to the pool, or stays with the handler until it answers. */
static void detach_exchange(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    if (!exchange)
        return;
    connection->exchange = NULL;
    exchange->connection = NULL;
    if (!exchange->is_given || exchange->is_returned) {
        loop_recycle(connection->loop, exchange);
        return;
    }
    pthread_mutex_lock(&exchange->mutex);
    exchange->is_gone = true;
    bool is_complete = exchange->state == ANSWER_COMPLETE;
    pthread_cond_broadcast(&exchange->room);
    pthread_mutex_unlock(&exchange->mutex);
    if (connection->phase != PHASE_BODY || is_complete)
        return;
    exchange->open.is_peer_gone = true;
    exchange->route->on_piece(connection->loop->server->options.context, &exchange->open, STR_EMPTY,
                              true);
}

void connection_drop(struct connection *connection)
{
    if (connection->is_dead)
        return;
    struct loop *loop = connection->loop;
    connection->is_dead = true;
    detach_exchange(connection);
    wheel_remove(&connection->timer);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        loop->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    tls_detach(connection);
    (void)close(connection->fd);
    if (connection->is_counted)
        peers_leave(loop->server->peers, connection->peer_key);
    atomic_fetch_sub_explicit(&loop->server->open, 1, memory_order_relaxed);
    connection->next = loop->dead; /* events of this round may still name it */
    loop->dead = connection;
}

void connection_free(struct connection *connection)
{
    buf_release(&connection->in);
    buf_release(&connection->body);
    buf_release(&connection->farewell);
    free(connection);
}

/* ---- deadlines ---- */

/* Who comes when most places are taken has a quarter of the time: places come free faster. */
static int64_t stranger_ms(const struct connection *connection)
{
    const struct http_server *server = connection->loop->server;
    uint64_t open = atomic_load_explicit(&server->open, memory_order_relaxed);
    bool is_crowded = open * 4 > (uint64_t)server->limits.connections * 3;
    return is_crowded ? server->limits.stranger_ms / 4 : server->limits.stranger_ms;
}

/*
 * What a connection has waited for so far is absolute for a stranger: dripping bytes buys no time.
 * Who signed in is believed to be on a weak line: a body may take a second more for each KiB of it
 * that has come, and an answer is waited for as long as some of it is taken.
 */
static int64_t deadline_of(const struct connection *connection)
{
    const struct http_limits *limits = &connection->loop->server->limits;
    const struct exchange *exchange = connection->exchange;
    int64_t now = connection->loop->now_ms;
    if (connection->phase == PHASE_LINGER)
        return now + LINGER_MS;
    bool is_answering = connection->phase == PHASE_ANSWER;
    if (is_answering && !(exchange && exchange->is_returned))
        return now + limits->answer_ms;
    if (!connection->is_trusted) {
        int64_t budget = stranger_ms(connection);
        int64_t until = connection->since_ms + budget;
        if (!is_answering)
            return until;
        until += (int64_t)exchange->out.len / STRANGER_BYTES_PER_MS;
        return until < now + budget ? until : now + budget;
    }
    bool is_piecewise = exchange && exchange->route && exchange->route->on_piece;
    if (is_answering || (connection->phase == PHASE_BODY && is_piecewise))
        return now + limits->trusted_ms;
    size_t body_bytes = connection->phase == PHASE_BODY ? connection->body_len : 0;
    return connection->since_ms + limits->trusted_ms + (int64_t)body_bytes / BYTES_PER_MS;
}

void connection_deadline(struct connection *connection)
{
    wheel_set(&connection->loop->wheel, &connection->timer, deadline_of(connection));
}

static bool is_sending(const struct connection *connection)
{
    const struct exchange *exchange = connection->exchange;
    return exchange && exchange->is_started && exchange->out_sent < exchange->out.len;
}

/* What is unsent would stay in the kernel for minutes, for a peer that does not take it. */
static void abandon(int fd)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void connection_expired(void *context, struct timer *timer)
{
    struct loop *loop = context;
    struct connection *connection = (struct connection *)timer;
    const struct exchange *exchange = connection->exchange;
    bool is_stream = exchange && exchange->is_started && exchange->is_stream;
    bool is_paused = exchange && connection->phase == PHASE_BODY && exchange->open.is_body_paused;
    bool is_producing = is_paused || (is_stream && connection->phase == PHASE_ANSWER);
    if (is_producing && !is_sending(connection)) {
        connection_deadline(connection); /* nothing to send yet: the producer's pace is its own */
        return;
    }
    if (connection->phase != PHASE_LINGER && !connection->is_idle)
        atomic_fetch_add_explicit(&loop->timed_out, 1, memory_order_relaxed);
    bool is_mute = connection->phase == PHASE_LINGER || is_stream || is_sending(connection) ||
                   (connection->phase == PHASE_HEAD && connection->in.len == 0);
    if (is_sending(connection))
        abandon(connection->fd);
    if (is_mute)
        connection_drop(connection);
    else if (connection->phase == PHASE_ANSWER)
        connection_refuse(connection, 504, "no answer was ready in time");
    else
        connection_refuse(connection, 408, "the request did not arrive in time");
}

/* ---- writing ---- */

static void linger(struct connection *connection)
{
    transfer_goodbye(connection);
    detach_exchange(connection);
    connection->phase = PHASE_LINGER;
    connection->is_idle = false;
    buf_release(&connection->in);
    if (connection->is_eof)
        connection_drop(connection);
    else
        connection_deadline(connection);
}

/* Sends bytes[*sent..]; true when all went out. */
static bool send_some(struct connection *connection, const struct buf *bytes, size_t *sent)
{
    struct loop *loop = connection->loop;
    while (*sent < bytes->len) {
        ssize_t got = transfer_write(connection, bytes->ptr + *sent, bytes->len - *sent);
        if (got == -1) {
            connection->may_write = false;
            connection_deadline(connection);
            return false;
        }
        if (got < 0) {
            connection_drop(connection);
            return false;
        }
        *sent += (size_t)got;
        atomic_fetch_add_explicit(&loop->bytes_out, (uint64_t)got, memory_order_relaxed);
    }
    return true;
}

static void request_done(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    bool is_more = exchange->is_keep_alive && connection->phase == PHASE_ANSWER;
    if (!is_more) {
        linger(connection);
        return;
    }
    connection->exchange = NULL;
    loop_recycle(connection->loop, exchange);
    connection->phase = PHASE_HEAD;
    connection->is_idle = true;
    connection->head_scanned = 0;
    connection->since_ms = connection->loop->now_ms;
    connection_deadline(connection);
}

static void note_sent(struct exchange *exchange)
{
    pthread_mutex_lock(&exchange->mutex);
    exchange->unsent_bytes -= exchange->out.len;
    if (exchange->unsent_bytes <= STREAM_UNSENT_MAX / 2)
        pthread_cond_signal(&exchange->room);
    pthread_mutex_unlock(&exchange->mutex);
}

static void flush_exchange(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    for (;;) {
        if (!send_some(connection, &exchange->out, &exchange->out_sent))
            return;
        if (!exchange->is_stream)
            break;
        if (exchange->out.len)
            note_sent(exchange);
        stream_take(exchange);
        if (exchange->out.len == 0)
            break;
    }
    if (exchange->is_returned)
        request_done(connection);
}

static void flush(struct connection *connection)
{
    if (connection->phase == PHASE_LINGER) {
        if (connection->farewell.len &&
            send_some(connection, &connection->farewell, &connection->farewell_sent)) {
            buf_release(&connection->farewell);
            connection->farewell_sent = 0;
            linger(connection);
        }
    } else if (connection->exchange && connection->exchange->is_started) {
        flush_exchange(connection);
    }
}

void connection_refuse(struct connection *connection, int status, const char *reason)
{
    struct loop *loop = connection->loop;
    if (connection->is_dead || connection->phase == PHASE_LINGER)
        return;
    if (status != 408 && status != 504)
        atomic_fetch_add_explicit(status == 400 || status == 505 ? &loop->refused_malformed
                                                                 : &loop->refused_limit,
                                  1, memory_order_relaxed);
    detach_exchange(connection);
    buf_release(&connection->body);
    connection->phase = PHASE_LINGER;
    connection->is_idle = false;
    answer_own(&connection->farewell, status, reason);
    connection_deadline(connection);
    if (connection->may_write)
        flush(connection);
}

/* ---- reading ---- */

static bool wants_input(const struct connection *connection)
{
    switch (connection->phase) {
    case PHASE_HEAD:
    case PHASE_LINGER: return true;
    case PHASE_BODY: return !connection->exchange->open.is_body_paused;
    case PHASE_ANSWER: break;
    }
    return false;
}

static void begin_request(struct connection *connection)
{
    connection->is_idle = false;
    if (!connection->is_trusted)
        return; /* its time runs already */
    connection->since_ms = connection->loop->now_ms;
    connection_deadline(connection);
}

/* Parses what waits in `in`. */
static void take_waiting(struct connection *connection)
{
    struct buf *in = &connection->in;
    if (in->len == 0 || !wants_input(connection) || connection->phase == PHASE_LINGER)
        return;
    if (connection->is_idle)
        begin_request(connection);
    size_t used = parse_input(connection, buf_str(in));
    if (in->len == 0) /* a refusal dropped it */
        return;
    if (used == in->len) {
        buf_release(in);
    } else if (used) {
        memmove(in->ptr, in->ptr + used, in->len - used);
        in->len -= used;
    }
}

static void take(struct connection *connection, str bytes)
{
    if (connection->phase == PHASE_LINGER)
        return;
    if (connection->in.len) {
        buf_add(&connection->in, bytes);
        take_waiting(connection);
        return;
    }
    if (connection->is_idle)
        begin_request(connection);
    size_t used = parse_input(connection, bytes);
    if (!connection->is_dead && connection->phase != PHASE_LINGER)
        buf_add(&connection->in, str_from(bytes, used));
}

static void read_some(struct connection *connection)
{
    struct loop *loop = connection->loop;
    while (connection->may_read && !connection->is_dead && wants_input(connection)) {
        ssize_t got = transfer_read(connection, loop->buffer, READ_SIZE);
        if (got == -1) {
            connection->may_read = false;
        } else if (got == -2) {
            connection_drop(connection);
        } else if (got == 0) {
            connection->may_read = false;
            connection->is_eof = true;
            connection_drop(connection); /* no request is open: nothing is owed */
        } else {
            /* a short read took all there was, and more tells of itself by another edge */
            connection->may_read = got == READ_SIZE || connection->ssl || connection->is_unix ||
                                   connection->is_closing;
            atomic_fetch_add_explicit(&loop->bytes_in, (uint64_t)got, memory_order_relaxed);
            take(connection, str_of(loop->buffer, (size_t)got));
        }
    }
}

static void run(struct connection *connection)
{
    if (connection->may_write)
        flush(connection);
    if (!connection->is_dead)
        take_waiting(connection);
    if (!connection->is_dead)
        read_some(connection);
}

void connection_event(struct connection *connection, uint32_t events)
{
    if (connection->is_dead)
        return;
    if (events & (EPOLLERR | EPOLLHUP)) { /* gone both ways: nobody is left to answer */
        connection_drop(connection);
        return;
    }
    bool is_either = connection->ssl != NULL; /* a TLS read may have waited for room to write */
    connection->is_closing |= (events & EPOLLRDHUP) != 0;
    connection->may_read |= is_either || (events & (EPOLLIN | EPOLLRDHUP));
    connection->may_write |= is_either || (events & EPOLLOUT);
    run(connection);
}

/* The handler has said something: an answer, part of a stream, or "more body". */
void connection_answered(struct exchange *exchange)
{
    pthread_mutex_lock(&exchange->mutex);
    exchange->is_queued = false;
    bool is_begun = exchange->state != ANSWER_NONE;
    bool is_complete = exchange->state == ANSWER_COMPLETE;
    bool is_resumed = exchange->is_resumed;
    exchange->is_resumed = false;
    pthread_mutex_unlock(&exchange->mutex);
    exchange->is_started = exchange->is_started || is_begun;
    exchange->is_returned |= is_complete;
    struct connection *connection = exchange->connection;
    if (!connection) {
        if (is_complete)
            loop_recycle(exchange->loop, exchange);
        return;
    }
    if (is_resumed)
        exchange->open.is_body_paused = false;
    if (is_resumed || (is_complete && connection->may_write))
        connection_deadline(connection);
    run(connection);
}

/* The server stops: idle connections go, after a moment in which a request under way may arrive. */
void connection_drain(struct connection *connection, bool is_deadline)
{
    struct loop *loop = connection->loop;
    bool is_quiet = connection->phase == PHASE_HEAD && connection->in.len == 0;
    if (is_deadline || (is_quiet && loop->now_ms - loop->drain_since_ms > DRAIN_IDLE_MS))
        connection_drop(connection);
}
