/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request without a socket: the handler is called in this process and the answer waited for. What
 * it writes goes through the same answer code, and is read back by the client's parser: one way to
 * answer, whoever asks.
 */
#include <stdlib.h>
#include <unistd.h>

#include "net/client.h"
#include "net/internal.h"

struct local_call {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_news;
};

/* Called under the exchange's mutex, by whoever answers. */
void local_answered(struct exchange *exchange)
{
    struct local_call *local = exchange->local;
    exchange->is_queued = false;
    pthread_mutex_lock(&local->mutex);
    local->is_news = true;
    pthread_cond_signal(&local->changed);
    pthread_mutex_unlock(&local->mutex);
}

static void wait_for_news(struct local_call *local)
{
    pthread_mutex_lock(&local->mutex);
    while (!local->is_news)
        pthread_cond_wait(&local->changed, &local->mutex);
    local->is_news = false;
    pthread_mutex_unlock(&local->mutex);
}

static enum err fill(struct exchange *exchange, const struct http_call *call)
{
    struct http_request *request = &exchange->open.request;
    size_t mark = str_find(call->path, '?');
    request->method = call->method;
    request->query = str_from(call->path, mark + 1);
    if (!http_percent_decode(str_slice(call->path, 0, mark), false, &exchange->open.arena,
                             &request->path))
        return err_set(ERR_USAGE, "%.*s is not a path", STR(call->path));
    if (call->header_count > HTTP_HEADER_MAX)
        return err_set(ERR_LIMIT, "more than %d headers", HTTP_HEADER_MAX);
    for (size_t i = 0; i < call->header_count; i++)
        request->headers[request->header_count++] = call->headers[i];
    request->body = call->body;
    request->peer = S("here");
    request->peer_uid = getuid();
    request->is_unix = request->is_loopback = true;
    request->arrived_us = clock_monotonic_us();
    exchange->is_keep_alive = true;
    return OK;
}

/* Takes what was written so far to the reader; true when that was all. */
static bool collect(struct exchange *exchange, struct reply_reader *reader, enum err *code)
{
    pthread_mutex_lock(&exchange->mutex);
    bool is_over = exchange->state == ANSWER_COMPLETE;
    struct buf stream = exchange->stream;
    exchange->stream = (struct buf){0};
    exchange->unsent_bytes = 0;
    exchange->open.is_body_paused &= !exchange->is_resumed;
    exchange->is_resumed = false;
    pthread_cond_signal(&exchange->room);
    pthread_mutex_unlock(&exchange->mutex);
    if (!*code)
        *code =
            reply_feed(reader, is_over && !stream.len ? buf_str(&exchange->out) : buf_str(&stream));
    if (*code) {
        pthread_mutex_lock(&exchange->mutex);
        exchange->is_gone = true;
        pthread_mutex_unlock(&exchange->mutex);
    }
    buf_release(&stream);
    return is_over;
}

/* Piece by piece; where the handler asks for a pause, what it answers meanwhile is taken. */
static void give_pieces(const struct http_body_route *route, void *context,
                        struct exchange *exchange, struct reply_reader *reader, enum err *code)
{
    str rest = exchange->open.request.body;
    exchange->open.request.body = STR_EMPTY;
    bool is_over = false;
    for (bool is_first = true; !is_over && (is_first || rest.len); is_first = false) {
        str piece = is_first ? STR_EMPTY : str_slice(rest, 0, READ_SIZE);
        rest = str_from(rest, piece.len);
        route->on_piece(context, &exchange->open, piece, false);
        is_over = collect(exchange, reader, code);
        while (!is_over && exchange->open.is_body_paused) {
            wait_for_news(exchange->local);
            is_over = collect(exchange, reader, code);
        }
    }
    if (!is_over)
        route->on_piece(context, &exchange->open, STR_EMPTY, true);
}

static void give(const struct http_options *options, struct exchange *exchange,
                 struct reply_reader *reader, enum err *code)
{
    const struct http_request *request = &exchange->open.request;
    for (size_t i = 0; i < options->body_count; i++) {
        const struct http_body_route *route = &options->bodies[i];
        if (route->on_piece && str_eq(route->path, request->path) &&
            str_eq(route->method, request->method)) {
            give_pieces(route, options->context, exchange, reader, code);
            return;
        }
    }
    options->handler(options->context, &exchange->open);
}

enum err http_call_here(const struct http_options *options, const struct http_call *call,
                        struct arena *arena, struct http_reply *ret)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, parse_init);
    struct local_call local = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return err_set(ERR_MEMORY, "out of memory for a request");
    exchange->local = &local;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&exchange->mutex, NULL);
    pthread_cond_init(&exchange->room, &monotonic);
    pthread_condattr_destroy(&monotonic);
    struct reply_reader reader;
    reply_begin(&reader, call, arena, ret);
    enum err code = fill(exchange, call);
    if (!code) {
        give(options, exchange, &reader, &code);
        while (!collect(exchange, &reader, &code))
            wait_for_news(&local);
    }
    if (!code)
        code = reply_end(&reader);
    arena_release(&exchange->open.arena);
    buf_release(&exchange->out);
    buf_release(&exchange->stream);
    buf_release(&reader.body);
    pthread_mutex_destroy(&exchange->mutex);
    pthread_cond_destroy(&exchange->room);
    pthread_mutex_destroy(&local.mutex);
    pthread_cond_destroy(&local.changed);
    free(exchange);
    return code;
}
