/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers: their bytes, and the way from the thread that has one to the loop that sends it.
 *
 * http_respond() builds the whole answer in the exchange's own buffer and pushes the exchange on
 * its
 * loop: on the loop's thread a plain list, from elsewhere a lock-free stack that wakes the loop
 * only when it was empty, so that a hundred answers of one commit group cost one wake-up.
 * is_queued and state change under the exchange's mutex together: once the loop has seen
 * ANSWER_COMPLETE nobody else touches the exchange, and it may be used again.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "net/internal.h"

static const struct {
    int status;
    const char *words;
} statuses[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

const char *status_words(int status)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].words;
    return "Unknown";
}

static void add_number(struct buf *out, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_add(out, str_of(digits + at, sizeof digits - at));
}

/* "Date: ...\r\n" (RFC 9110 5.6.7), made once a second. */
static str date_line(void)
{
    static _Thread_local time_t made;
    static _Thread_local char line[64];
    static _Thread_local size_t len;
    time_t now = time(NULL);
    if (now != made) {
        struct tm civil;
        gmtime_r(&now, &civil);
        len = strftime(line, sizeof line, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &civil);
        made = now;
    }
    return str_of(line, len);
}

static bool is_one_line(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 && s.ptr[i] != '\t')
            return false;
    return true;
}

static void add_header(struct buf *out, str name, str value)
{
    ensure(is_one_line(name) &&
           is_one_line(value)); /* a header never carries what was sent to us */
    buf_add(out, name);
    buf_add(out, S(": "));
    buf_add(out, value);
    buf_add(out, S("\r\n"));
}

void answer_head(struct buf *out, const struct http_answer *answer, bool is_keep_alive,
                 bool is_stream, bool is_http_10)
{
    buf_add(out, S("HTTP/1.1 "));
    add_number(out, (uint64_t)answer->status);
    buf_add_char(out, ' ');
    buf_add(out, str_c(status_words(answer->status)));
    buf_add(out, S("\r\n"));
    buf_add(out, date_line());
    if (answer->content_type.len)
        add_header(out, S("Content-Type"), answer->content_type);
    for (size_t i = 0; i < answer->header_count; i++)
        add_header(out, answer->headers[i].name, answer->headers[i].value);
    buf_add(out, answer->lines);
    bool has_length = answer->status != 204 && answer->status != 304;
    if (is_stream && !is_http_10) {
        buf_add(out, S("Transfer-Encoding: chunked\r\n"));
    } else if (!is_stream && has_length) {
        buf_add(out, S("Content-Length: "));
        add_number(out, answer->body.len);
        buf_add(out, S("\r\n"));
    }
    if (!is_keep_alive || (is_stream && is_http_10))
        buf_add(out, S("Connection: close\r\n"));
    else if (is_http_10)
        buf_add(out, S("Connection: keep-alive\r\n"));
    buf_add(out, S("\r\n"));
}

void answer_own(struct buf *out, int status, const char *reason)
{
    char body[512];
    int len =
        snprintf(body, sizeof body,
                 "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\"}",
                 status_words(status), status, reason);
    struct http_answer answer = {.status = status,
                                 .content_type = S("application/problem+json"),
                                 .body = str_of(body, (size_t)len)};
    if (status == 429 || status == 503)
        answer.headers[answer.header_count++] = (struct http_header){S("Retry-After"), S("5")};
    if (status == 401)
        answer.headers[answer.header_count++] =
            (struct http_header){S("WWW-Authenticate"), S("Bearer")};
    answer_head(out, &answer, false, false, false);
    buf_add(out, answer.body);
}

/* Under the mutex. */
static bool mark_queued(struct exchange *exchange)
{
    bool is_first = !exchange->is_queued;
    exchange->is_queued = true;
    return is_first;
}

static bool is_stopping(const struct exchange *exchange)
{
    return exchange->loop &&
           atomic_load_explicit(&exchange->loop->server->is_stopping, memory_order_relaxed);
}

static void finish(struct exchange *exchange)
{
    pthread_mutex_lock(&exchange->mutex);
    ensure(exchange->state != ANSWER_COMPLETE);
    exchange->state = ANSWER_COMPLETE;
    if (mark_queued(exchange))
        loop_push(exchange);
    pthread_mutex_unlock(&exchange->mutex);
}

void http_respond(struct http_exchange *exchange, const struct http_answer *answer)
{
    struct exchange *own = exchange_of(exchange);
    ensure(own->state == ANSWER_NONE);
    own->is_keep_alive &= !is_stopping(own);
    answer_head(&own->out, answer, own->is_keep_alive, false, own->is_http_10);
    if (!own->is_head && answer->status != 204 && answer->status != 304)
        buf_add(&own->out, answer->body);
    finish(own);
}

/* ---- streams ---- */

static void add_chunk(struct exchange *exchange, str bytes)
{
    static const char hex[] = "0123456789abcdef";
    if (exchange->is_http_10) {
        buf_add(&exchange->stream, bytes);
        return;
    }
    char size[16];
    size_t at = sizeof size;
    for (size_t rest = bytes.len; rest; rest >>= 4)
        size[--at] = hex[rest & 15];
    buf_add(&exchange->stream, str_of(size + at, sizeof size - at));
    buf_add(&exchange->stream, S("\r\n"));
    buf_add(&exchange->stream, bytes);
    buf_add(&exchange->stream, S("\r\n"));
}

void http_stream_begin(struct http_exchange *exchange, const struct http_answer *head)
{
    struct exchange *own = exchange_of(exchange);
    pthread_mutex_lock(&own->mutex);
    ensure(own->state == ANSWER_NONE);
    own->is_keep_alive &= !is_stopping(own) && !own->is_http_10;
    answer_head(&own->stream, head, own->is_keep_alive, true, own->is_http_10);
    own->unsent_bytes = own->stream.len;
    own->is_stream = true;
    own->state = ANSWER_STREAMING;
    if (mark_queued(own))
        loop_push(own);
    pthread_mutex_unlock(&own->mutex);
}

enum err http_stream_write(struct http_exchange *exchange, str bytes)
{
    struct exchange *own = exchange_of(exchange);
    enum err code = OK;
    pthread_mutex_lock(&own->mutex);
    ensure(own->state == ANSWER_STREAMING);
    if (own->is_gone) {
        code = err_set(ERR_IO, "the peer has gone");
    } else if (own->unsent_bytes > STREAM_UNSENT_MAX) {
        code = err_set(ERR_BUSY, "%zu bytes wait unsent", own->unsent_bytes);
    } else if (bytes.len && !own->is_head) {
        size_t before = own->stream.len;
        add_chunk(own, bytes);
        own->unsent_bytes += own->stream.len - before;
        if (mark_queued(own))
            loop_push(own);
        code = own->stream.failed;
    }
    pthread_mutex_unlock(&own->mutex);
    return code;
}

void http_stream_wait_room(struct http_exchange *exchange, uint32_t timeout_ms)
{
    struct exchange *own = exchange_of(exchange);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&own->mutex);
    int code = 0;
    while (!own->is_gone && own->unsent_bytes > STREAM_UNSENT_MAX / 2 && code != ETIMEDOUT)
        code = pthread_cond_timedwait(&own->room, &own->mutex, &until);
    pthread_mutex_unlock(&own->mutex);
}

void http_stream_end(struct http_exchange *exchange)
{
    struct exchange *own = exchange_of(exchange);
    pthread_mutex_lock(&own->mutex);
    ensure(own->state == ANSWER_STREAMING);
    if (!own->is_http_10 && !own->is_head) {
        buf_add(&own->stream, S("0\r\n\r\n"));
        own->unsent_bytes += 5;
    }
    pthread_mutex_unlock(&own->mutex);
    finish(own);
}

/* On the loop: what the stream has gathered becomes what is being sent. */
void stream_take(struct exchange *exchange)
{
    pthread_mutex_lock(&exchange->mutex);
    struct buf empty = exchange->out;
    buf_clear(&empty);
    exchange->out = exchange->stream;
    exchange->stream = empty;
    exchange->out_sent = 0;
    pthread_mutex_unlock(&exchange->mutex);
}

void http_body_resume(struct http_exchange *exchange)
{
    struct exchange *own = exchange_of(exchange);
    pthread_mutex_lock(&own->mutex);
    own->is_resumed = true;
    if (own->state != ANSWER_COMPLETE && mark_queued(own))
        loop_push(own);
    pthread_mutex_unlock(&own->mutex);
}
