/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From received bytes to requests. A head is taken when it is whole: the guard has passed it line
 * by
 * line, it is copied once into the exchange's arena and llhttp runs over that copy, so that every
 * header is a slice of it. Bodies run through llhttp as they come (lengths, chunks).
 *
 * Nothing here trusts llhttp alone: what it reports is checked against RFC 9112 again where
 * requests
 * can be smuggled (Host, lengths, codings), and anything odd ends the connection.
 */
#include <stdlib.h>

#include "net/internal.h"

/* Bytes of chunk framing one may spend: six a byte in the worst honest case (one-byte chunks). */
enum { CHUNK_FACTOR = 8, CHUNK_SLACK = 16 << 10, HOST_MAX = 255 };

static llhttp_settings_t settings;

static struct exchange *parsing(llhttp_t *parser)
{
    return ((struct connection *)parser->data)->exchange;
}

static int refuse(llhttp_t *parser, int status, const char *reason)
{
    struct connection *connection = parser->data;
    connection->refuse_status = status;
    connection->refuse_reason = reason;
    return -1;
}

/* Spans of one element may come in pieces of the same head: they lie side by side. */
static void extend(str *span, const char *at, size_t len)
{
    if (span->len && span->ptr + span->len == at)
        span->len += len;
    else
        *span = str_of(at, len);
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    extend(&parsing(parser)->open.request.path, at, len);
    return 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t len)
{
    struct connection *connection = parser->data;
    struct http_request *request = &parsing(parser)->open.request;
    if (connection->phase != PHASE_HEAD)
        return refuse(parser, 400, "trailers after a chunked body are not taken");
    struct http_header *header = &request->headers[request->header_count];
    if (request->header_count == HTTP_HEADER_MAX)
        return refuse(parser, 431, "more than 64 headers");
    extend(&header->name, at, len);
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t len)
{
    struct http_request *request = &parsing(parser)->open.request;
    extend(&request->headers[request->header_count].value, at, len);
    return 0;
}

static int on_header_value_complete(llhttp_t *parser)
{
    struct http_request *request = &parsing(parser)->open.request;
    struct http_header *header = &request->headers[request->header_count++];
    header->value = str_trim(header->value);
    if (request->header_count < HTTP_HEADER_MAX)
        request->headers[request->header_count] = (struct http_header){0};
    return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    parsing(parser)->is_keep_alive = llhttp_should_keep_alive(parser);
    parser->upgrade = 0; /* no other protocol is spoken: RFC 9110 7.8 lets us go on in this one */
    return 0;
}

static int on_chunk_extension(llhttp_t *parser, const char *at, size_t len)
{
    (void)at;
    (void)len;
    return refuse(parser, 400, "chunk extensions are not taken");
}

static uint32_t body_max(const struct connection *connection)
{
    const struct http_body_route *route = connection->exchange->route;
    uint32_t max = connection->loop->server->limits.body_bytes;
    return route && route->max_bytes ? route->max_bytes : max;
}

static bool is_piecewise(const struct exchange *exchange)
{
    return exchange->route && exchange->route->on_piece;
}

/* Once it has answered, a handler hears no more of the body. */
static void give_piece(struct connection *connection, str piece, bool is_last)
{
    struct exchange *exchange = connection->exchange;
    pthread_mutex_lock(&exchange->mutex);
    bool is_answered = exchange->state == ANSWER_COMPLETE;
    pthread_mutex_unlock(&exchange->mutex);
    if (is_answered)
        return;
    exchange->is_given = true;
    exchange->route->on_piece(connection->loop->server->options.context, &exchange->open, piece,
                              is_last);
    connection->is_trusted |= exchange->open.is_trusted;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct connection *connection = parser->data;
    struct exchange *exchange = connection->exchange;
    connection->body_len += len;
    if (is_piecewise(exchange)) {
        give_piece(connection, str_of(at, len), false);
        return 0;
    }
    if (connection->body_len > body_max(connection))
        return refuse(parser, 413, "the body is larger than this route takes");
    uint32_t stranger_max = connection->loop->server->limits.stranger_body_bytes;
    connection->stranger_bytes += connection->is_trusted ? 0 : len;
    if (connection->stranger_bytes > stranger_max && !connection->is_trusted)
        return refuse(parser, 401, "sign in before sending so much");
    connection->body.max = (size_t)body_max(connection) + 1;
    buf_add(&connection->body, str_of(at, len));
    return connection->body.failed ? refuse(parser, 503, "no memory for the body") : 0;
}

static int on_message_complete(llhttp_t *parser)
{
    ((struct connection *)parser->data)->is_message_done = true;
    return HPE_PAUSED; /* what follows belongs to the next request */
}

void parse_init(void)
{
    llhttp_settings_init(&settings);
    settings.on_url = on_url;
    settings.on_header_field = on_header_field;
    settings.on_header_value = on_header_value;
    settings.on_header_value_complete = on_header_value_complete;
    settings.on_headers_complete = on_headers_complete;
    settings.on_chunk_extension_name = on_chunk_extension;
    settings.on_chunk_extension_value = on_chunk_extension;
    settings.on_body = on_body;
    settings.on_message_complete = on_message_complete;
}

void parse_begin(llhttp_t *parser)
{
    llhttp_init(parser, HTTP_REQUEST, &settings);
}

/* ---- checks on a whole head ---- */

static bool is_host(str host)
{
    for (size_t i = 0; i < host.len; i++)
        if (!is_alnum(host.ptr[i]) && !strchr(".-_:[]", host.ptr[i]))
            return false;
    return host.len <= HOST_MAX;
}

static const char *check_hosts(const struct exchange *exchange)
{
    const struct http_request *request = &exchange->open.request;
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        if (!str_eq_nocase(request->headers[i].name, S("host")))
            continue;
        count++;
        if (!is_host(request->headers[i].value))
            return "the Host header is not a host";
    }
    if (count > 1)
        return "there is more than one Host header";
    return count == 0 && !exchange->is_http_10 ? "there is no Host header" : NULL;
}

/* RFC 9112 section 6: a coding we do not know leaves the body's end in doubt. */
static int check_codings(const struct exchange *exchange, const char **ret_reason)
{
    const struct http_request *request = &exchange->open.request;
    size_t codings = 0;
    size_t lengths = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        lengths += str_eq_nocase(header->name, S("content-length"));
        if (!str_eq_nocase(header->name, S("transfer-encoding")))
            continue;
        codings++;
        if (!str_eq_nocase(header->value, S("chunked"))) {
            *ret_reason = "the only transfer coding taken is chunked";
            return 501;
        }
    }
    *ret_reason = "the length of the body is stated twice";
    if (codings > 1 || lengths > 1 || (codings && lengths))
        return 400;
    *ret_reason = "HTTP/1.0 has no transfer codings";
    return codings && exchange->is_http_10 ? 400 : 0;
}

static int split_target(struct exchange *exchange, const char **ret_reason)
{
    struct http_request *request = &exchange->open.request;
    str target = request->path;
    *ret_reason = "the request target is not a path";
    if (str_starts(target, S("http://")) || str_starts(target, S("https://"))) {
        str rest = str_from(target, str_find(target, '/') + 2);
        target = str_from(rest, str_find(rest, '/'));
        if (target.len == 0)
            target = S("/");
    }
    if (target.len == 0 || target.ptr[0] != '/' || str_find(target, '#') < target.len)
        return 400;
    size_t mark = str_find(target, '?');
    request->query = str_from(target, mark + 1);
    str raw = str_slice(target, 0, mark);
    if (str_has(raw, S("%2F")) || str_has(raw, S("%2f")))
        return 400;
    if (!http_percent_decode(raw, false, &exchange->open.arena, &request->path))
        return 400;
    str rest = request->path;
    str segment;
    while (str_split(&rest, '/', &segment))
        if (str_eq(segment, S("..")) || str_eq(segment, S(".")))
            return 400;
    return 0;
}

static bool is_known_method(str method)
{
    static const char *const known[] = {"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_eq_c(method, known[i]))
            return true;
    return false;
}

static int check_head(struct connection *connection, const char **ret_reason)
{
    struct exchange *exchange = connection->exchange;
    *ret_reason = "this method is not known here";
    if (!is_known_method(exchange->open.request.method))
        return 501;
    *ret_reason = check_hosts(exchange);
    if (*ret_reason)
        return 400;
    int status = check_codings(exchange, ret_reason);
    if (!status)
        status = split_target(exchange, ret_reason);
    if (status)
        return status;
    const struct http_header *expect = http_header_find(&exchange->open.request, S("expect"));
    *ret_reason = "this expectation cannot be met";
    return expect && !str_eq_nocase(expect->value, S("100-continue")) ? 417 : 0;
}

static void find_route(struct connection *connection)
{
    const struct http_options *options = &connection->loop->server->options;
    struct exchange *exchange = connection->exchange;
    for (size_t i = 0; i < options->body_count && !exchange->route; i++)
        if (str_eq(options->bodies[i].path, exchange->open.request.path) &&
            str_eq(options->bodies[i].method, exchange->open.request.method))
            exchange->route = &options->bodies[i];
}

static void fill_request(struct connection *connection)
{
    struct http_request *request = &connection->exchange->open.request;
    request->peer = str_c(connection->peer);
    request->peer_uid = connection->peer_uid;
    request->is_unix = connection->is_unix;
    request->is_tls = connection->ssl != NULL;
    request->is_loopback = connection->is_loopback;
    request->client_key = str_c(connection->client_key);
    request->arrived_us = connection->loop->now_ms * 1000;
}

static void give(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    const struct http_options *options = &connection->loop->server->options;
    connection->phase = PHASE_ANSWER;
    connection_deadline(connection);
    if (is_piecewise(exchange)) {
        give_piece(connection, STR_EMPTY, true);
        return;
    }
    exchange->is_given = true;
    options->handler(options->context, &exchange->open);
    connection->is_trusted |= exchange->open.is_trusted;
}

/* The head is good and a body follows. */
static void begin_body(struct connection *connection)
{
    struct exchange *exchange = connection->exchange;
    const struct http_options *options = &connection->loop->server->options;
    connection->phase = PHASE_BODY;
    connection->body_len = connection->body_raw = 0;
    if (!is_piecewise(exchange) && connection->parser.content_length > body_max(connection) &&
        connection->parser.flags & F_CONTENT_LENGTH) {
        connection_refuse(connection, 413, "the body is larger than this route takes");
        return;
    }
    if (!connection->is_trusted && options->is_trusted)
        connection->is_trusted = options->is_trusted(options->context, &exchange->open.request);
    if (is_piecewise(exchange))
        give_piece(connection, STR_EMPTY, false);
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    ssize_t len = sizeof go_on - 1;
    bool is_asked = http_header_find(&exchange->open.request, S("expect")) && !exchange->is_http_10;
    if (is_asked && transfer_write(connection, go_on, (size_t)len) != len)
        connection_drop(connection); /* not even 25 bytes go out */
    else
        connection_deadline(connection);
}

static void run_head(struct connection *connection, str head)
{
    struct exchange *exchange = connection->exchange;
    llhttp_reset(&connection->parser);
    connection->is_message_done = false;
    connection->refuse_status = 0;
    size_t method_end = str_find(head, ' ');
    exchange->open.request.method = str_slice(head, 0, method_end);
    exchange->is_head = str_eq(exchange->open.request.method, S("HEAD"));
    exchange->is_http_10 = head.ptr[str_find(head, '\r') - 1] == '0';
    enum llhttp_errno code = llhttp_execute(&connection->parser, head.ptr, head.len);
    if (connection->refuse_status) {
        connection_refuse(connection, connection->refuse_status, connection->refuse_reason);
        return;
    }
    if (code != HPE_OK && code != HPE_PAUSED) {
        connection_refuse(connection, 400, llhttp_get_error_reason(&connection->parser));
        return;
    }
    fill_request(connection);
    const char *reason = NULL;
    int status = check_head(connection, &reason);
    if (status) {
        connection_refuse(connection, status, reason);
        return;
    }
    atomic_fetch_add_explicit(&connection->loop->requests, 1, memory_order_relaxed);
    find_route(connection);
    if (connection->is_message_done)
        give(connection);
    else
        begin_body(connection);
}

static size_t take_head(struct connection *connection, str bytes)
{
    if (connection->head_scanned == 0 && str_starts(bytes, S("\r\n")))
        return 2; /* RFC 9112 2.2: an empty line before a request is passed over */
    size_t head_len = 0;
    size_t max = connection->loop->server->limits.header_bytes;
    const char *reason = NULL;
    int status = guard_head(bytes, &connection->head_scanned, &head_len, &reason);
    if ((status == GUARD_MORE && bytes.len > max) || (status == GUARD_OK && head_len > max)) {
        connection_refuse(connection, 431, "the head of the request is too large");
        return 0;
    }
    if (status == GUARD_MORE)
        return 0;
    if (status != GUARD_OK) {
        connection_refuse(connection, status, reason);
        return 0;
    }
    connection->head_scanned = 0;
    struct exchange *exchange = loop_exchange(connection->loop);
    str head =
        exchange ? arena_str(&exchange->open.arena, str_slice(bytes, 0, head_len)) : STR_EMPTY;
    if (!exchange || head.len == 0) {
        if (exchange)
            loop_recycle(connection->loop, exchange);
        connection_refuse(connection, 503, "no memory for the request");
        return 0;
    }
    connection->exchange = exchange;
    exchange->connection = connection;
    run_head(connection, head);
    return head_len;
}

static size_t take_body(struct connection *connection, str bytes)
{
    struct exchange *exchange = connection->exchange;
    enum llhttp_errno code = llhttp_execute(&connection->parser, bytes.ptr, bytes.len);
    if (connection->refuse_status) {
        connection_refuse(connection, connection->refuse_status, connection->refuse_reason);
        return bytes.len;
    }
    size_t used = bytes.len;
    if (code == HPE_PAUSED && connection->is_message_done)
        used = (size_t)(llhttp_get_error_pos(&connection->parser) - bytes.ptr);
    else if (code != HPE_OK) {
        connection_refuse(connection, 400, llhttp_get_error_reason(&connection->parser));
        return bytes.len;
    }
    connection->body_raw += used;
    if (connection->body_raw > connection->body_len * CHUNK_FACTOR + CHUNK_SLACK) {
        connection_refuse(connection, 400, "the chunks are too small");
        return bytes.len;
    }
    connection_deadline(connection); /* what came may have bought time */
    if (connection->is_message_done) {
        exchange->open.request.body = arena_str(&exchange->open.arena, buf_str(&connection->body));
        bool is_lost = exchange->open.request.body.len != connection->body.len;
        buf_release(&connection->body);
        if (is_lost)
            connection_refuse(connection, 503, "no memory for the body");
        else
            give(connection);
    }
    return used;
}

size_t parse_input(struct connection *connection, str bytes)
{
    size_t used = 0;
    while (used < bytes.len && !connection->is_dead) {
        str rest = str_from(bytes, used);
        size_t taken = 0;
        if (connection->phase == PHASE_HEAD)
            taken = take_head(connection, rest);
        else if (connection->phase == PHASE_BODY && !connection->exchange->open.is_body_paused)
            taken = take_body(connection, rest);
        if (taken == 0)
            break;
        used += taken;
    }
    return used;
}
