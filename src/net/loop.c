/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread, one epoll. A round: wait, handle what the sockets say, then send every answer that
 * arrived meanwhile, then turn the wheel, then free what died. Answers made on this thread while
 * a round's answers are sent wait for the next round, so that a peer that pipelines without end
 * gets its turn and no more.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread.h"

#include "net/internal.h"

enum { EVENTS_MAX = 512, EXCHANGE_ARENA = 16 << 10, KEPT_OUT = 64 << 10 };

static _Thread_local struct loop *current;

int64_t now_ms(void)
{
    return clock_monotonic_us() / 1000;
}

static bool watch(struct loop *loop, int fd, void *mark)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};
    return fd < 0 || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

enum err loop_start(struct http_server *server, struct loop *loop, unsigned number)
{
    loop->server = server;
    loop->number = number;
    loop->now_ms = now_ms();
    loop->answered_here_tail = &loop->answered_here;
    wheel_init(&loop->wheel, loop->now_ms);
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    loop->buffer = malloc(READ_SIZE);
    if (!loop->buffer)
        return err_set(ERR_MEMORY, "out of memory for a network loop");
    bool is_first = number == 0;
    if (loop->epoll < 0 || loop->wake < 0 || !watch(loop, loop->wake, &loop->wake) ||
        (is_first && (!watch(loop, server->listen_fd, &server->listen_fd) ||
                      !watch(loop, server->unix_fd, &server->unix_fd))))
        return err_errno("cannot set up a network loop");
    if (pthread_create(&loop->thread, NULL, loop_run, loop))
        return err_set(ERR_BUSY, "cannot start a thread for a network loop");
    return OK;
}

/* ---- exchanges ---- */

struct exchange *loop_exchange(struct loop *loop)
{
    struct exchange *exchange = loop->free_exchanges;
    if (exchange) {
        loop->free_exchanges = exchange->queue_next;
        exchange->queue_next = NULL;
        return exchange;
    }
    exchange = calloc(1, sizeof *exchange);
    if (!exchange || !arena_alloc(&exchange->open.arena, EXCHANGE_ARENA)) {
        free(exchange);
        return NULL;
    }
    arena_reset(&exchange->open.arena); /* keeps a first block large enough for most requests */
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&exchange->mutex, NULL);
    pthread_cond_init(&exchange->room, &monotonic);
    pthread_condattr_destroy(&monotonic);
    exchange->loop = loop;
    exchange->all_next = loop->all_exchanges;
    loop->all_exchanges = exchange;
    return exchange;
}

static void keep_small(struct buf *buf)
{
    if (buf->size > KEPT_OUT)
        buf_release(buf);
    else
        buf_clear(buf);
}

void loop_recycle(struct loop *loop, struct exchange *exchange)
{
    arena_reset(&exchange->open.arena);
    keep_small(&exchange->out);
    keep_small(&exchange->stream);
    exchange->open.request.header_count = 0;
    exchange->open.request.headers[0] = (struct http_header){0};
    exchange->open.request.path = exchange->open.request.query = STR_EMPTY;
    exchange->open.request.body = STR_EMPTY;
    exchange->open.user = NULL;
    exchange->open.is_trusted = exchange->open.is_peer_gone = exchange->open.is_body_paused = false;
    exchange->connection = NULL;
    exchange->route = NULL;
    exchange->is_given = exchange->is_returned = exchange->is_started = false;
    exchange->is_stream = false;
    exchange->out_sent = exchange->unsent_bytes = 0;
    exchange->state = ANSWER_NONE;
    exchange->is_gone = exchange->is_queued = exchange->is_resumed = false;
    exchange->queue_next = loop->free_exchanges;
    loop->free_exchanges = exchange;
}

/* ---- answers on their way back ---- */

void loop_wake(struct loop *loop)
{
    uint64_t one = 1;
    ssize_t got = write(loop->wake, &one, sizeof one);
    (void)got; /* full means awake */
}

void loop_push(struct exchange *exchange)
{
    struct loop *loop = exchange->loop;
    if (!loop) {
        local_answered(exchange);
        return;
    }
    exchange->queue_next = NULL;
    if (loop == current) {
        *loop->answered_here_tail = exchange;
        loop->answered_here_tail = &exchange->queue_next;
        return;
    }
    struct exchange *head = atomic_load_explicit(&loop->answered, memory_order_relaxed);
    do
        exchange->queue_next = head;
    while (!atomic_compare_exchange_weak_explicit(&loop->answered, &head, exchange,
                                                  memory_order_release, memory_order_relaxed));
    if (!head)
        loop_wake(loop);
}

/* The stack of other threads' answers, oldest first, behind those of this thread. */
static struct exchange *take_answered(struct loop *loop)
{
    struct exchange *stack = atomic_exchange_explicit(&loop->answered, NULL, memory_order_acquire);
    struct exchange *list = NULL;
    while (stack) {
        struct exchange *next = stack->queue_next;
        stack->queue_next = list;
        list = stack;
        stack = next;
    }
    *loop->answered_here_tail = list;
    list = loop->answered_here;
    loop->answered_here = NULL;
    loop->answered_here_tail = &loop->answered_here;
    return list;
}

static void send_answers(struct loop *loop)
{
    struct exchange *list = take_answered(loop);
    while (list) {
        struct exchange *next = list->queue_next;
        list->queue_next = NULL;
        connection_answered(list);
        list = next;
    }
}

/* ---- the round ---- */

static void adopt_handed(struct loop *loop)
{
    struct connection *list = atomic_exchange_explicit(&loop->handed, NULL, memory_order_acquire);
    while (list) {
        struct connection *next = list->next;
        connection_adopt(loop, list);
        list = next;
    }
}

static void woken(struct loop *loop)
{
    uint64_t count;
    ssize_t got = read(loop->wake, &count, sizeof count);
    (void)got;
    adopt_handed(loop);
}

static void bury(struct loop *loop)
{
    while (loop->dead) {
        struct connection *connection = loop->dead;
        loop->dead = connection->next;
        connection_free(connection);
    }
}

static void stop_listening(struct loop *loop)
{
    struct http_server *server = loop->server;
    int *listeners[] = {&server->listen_fd, &server->unix_fd};
    for (size_t i = 0; i < COUNT_OF(listeners); i++) {
        if (*listeners[i] < 0)
            continue;
        accept_ready(loop, *listeners[i]); /* who was let in by the kernel is served */
        (void)close(*listeners[i]);
        *listeners[i] = -1;
    }
}

/* True when the loop may end. */
static bool drain(struct loop *loop)
{
    struct http_server *server = loop->server;
    if (!loop->drain_since_ms) {
        loop->drain_since_ms = loop->now_ms;
        if (loop->number == 0)
            stop_listening(loop);
    }
    bool is_deadline = loop->now_ms >= atomic_load(&server->stop_deadline_ms);
    for (struct connection *at = loop->connections, *next; at; at = next) {
        next = at->next;
        connection_drain(at, is_deadline);
    }
    return is_deadline || (!loop->connections && atomic_load(&server->open) == 0);
}

static void round_of(struct loop *loop, const struct epoll_event *events, int count)
{
    struct http_server *server = loop->server;
    for (int i = 0; i < count; i++) {
        void *mark = events[i].data.ptr;
        if (mark == &loop->wake)
            woken(loop);
        else if (mark == &server->listen_fd || mark == &server->unix_fd)
            accept_ready(loop, *(int *)mark);
        else
            connection_event(mark, events[i].events);
    }
    send_answers(loop);
    wheel_turn(&loop->wheel, loop->now_ms, connection_expired, loop);
}

void *loop_run(void *context)
{
    struct loop *loop = context;
    struct epoll_event events[EVENTS_MAX];
    current = loop;
    thread_prompt("net");
    for (bool is_over = false; !is_over;) {
        bool is_stopping = atomic_load_explicit(&loop->server->is_stopping, memory_order_relaxed);
        int wait_ms = loop->answered_here ? 0 : is_stopping ? 20 : WHEEL_TICK_MS;
        if (!loop->connections && !is_stopping && wait_ms)
            wait_ms = 10000;
        int count = epoll_wait(loop->epoll, events, EVENTS_MAX, wait_ms);
        if (count < 0 && errno != EINTR) {
            log_write(LOG_ERROR, "a network loop cannot wait: errno %d", errno);
            break;
        }
        loop->now_ms = now_ms();
        round_of(loop, events, count);
        if (is_stopping)
            is_over = drain(loop);
        bury(loop);
    }
    adopt_handed(loop);
    while (loop->connections)
        connection_drop(loop->connections);
    bury(loop);
    current = NULL;
    return NULL;
}

void loop_release(struct loop *loop)
{
    while (loop->all_exchanges) {
        struct exchange *exchange = loop->all_exchanges;
        loop->all_exchanges = exchange->all_next;
        arena_release(&exchange->open.arena);
        buf_release(&exchange->out);
        buf_release(&exchange->stream);
        pthread_mutex_destroy(&exchange->mutex);
        pthread_cond_destroy(&exchange->room);
        free(exchange);
    }
    if (loop->epoll > 0)
        (void)close(loop->epoll);
    if (loop->wake > 0)
        (void)close(loop->wake);
    free(loop->buffer);
}
