/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batch search: one search a line in, one answer a line out, in the same order, both streaming.
 *
 * The body comes in pieces. The lines of a piece are searched together while the peer is paused:
 * all their audit entries go into one commit group, which is waited for once; then the answers are
 * printed, sent, and the next piece is asked for. So memory is bounded by one piece whatever the
 * batch's length, and a slow disk costs one sync a piece, not one a line. A line that cannot be
 * answered gets its problem as its line; the batch goes on. All this is long work: a peer that
 * reads slowly holds up no single search.
 */
#include <stdlib.h>

#include "api/internal.h"

enum { LINE_MAX = 64 << 10, ROOM_WAIT_MS = 30000 };

struct line {
    struct call *call; /* one for each line: actor, receipt, answer */
    struct search_request request;
    struct search_plan *plan;
    struct search_answer answer;
    struct err_info failure;
};
struct batch {
    struct call *call;      /* of the whole request */
    struct buf input;       /* what has come and is not yet searched */
    struct arena arena;     /* of one piece */
    str purpose, reference; /* of the first line, for those that name none */
    pthread_mutex_t mutex;
    pthread_cond_t durable;
    size_t waiting;
    enum err failed; /* the audit log */
    bool is_begun, is_ended, is_broken, is_working;
};

static void batch_free(struct batch *batch)
{
    buf_release(&batch->input);
    arena_release(&batch->arena);
    pthread_mutex_destroy(&batch->mutex);
    pthread_cond_destroy(&batch->durable);
    free(batch);
}

static struct batch *batch_new(struct call *call)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        return NULL;
    batch->call = call;
    pthread_mutex_init(&batch->mutex, NULL);
    pthread_cond_init(&batch->durable, NULL);
    return batch;
}

/* ---- one line ---- */

static void entry_durable(void *context, enum err code)
{
    struct batch *batch = context;
    pthread_mutex_lock(&batch->mutex);
    if (code)
        batch->failed = code;
    if (--batch->waiting == 0)
        pthread_cond_signal(&batch->durable);
    pthread_mutex_unlock(&batch->mutex);
}

static enum err append(struct batch *batch, struct line *line, const struct audit_entry *entry)
{
    pthread_mutex_lock(&batch->mutex);
    batch->waiting++;
    pthread_mutex_unlock(&batch->mutex);
    enum err code = audit_append(batch->call->api->node.audit, entry, entry_durable, batch,
                                 line->call->receipt);
    if (code)
        entry_durable(batch, code);
    return code;
}

/* The first purpose named holds for the lines after it that name none. */
static enum err line_purpose(struct batch *batch, struct call *call)
{
    str own = node_get_text(call->body, S("purpose"));
    if (!own.len)
        return batch->purpose.len ? call_set_purpose(call, batch->purpose, batch->reference) : OK;
    if (!batch->purpose.len) {
        batch->purpose = arena_str(batch->call->arena, own);
        batch->reference = arena_str(batch->call->arena, node_get_text(call->body, S("reference")));
    }
    return OK;
}

static enum err plan_line(struct batch *batch, struct line *line, str text)
{
    struct call *call = line->call;
    struct search_engine *engine = call->api->node.engine;
    struct node *node;
    TRY(call_check_terminal(call));
    TRY(json_parse(text, call->arena, &node));
    if (node->kind != NODE_MAP)
        return err_set(ERR_SYNTAX, "the line is not a JSON object");
    call->body = node;
    TRY(line_purpose(batch, call));
    TRY(search_request_read(call, node, &line->request));
    TRY(search_plan(engine, &call->actor, &line->request, call->arena, &line->plan));
    search_prefetch(engine, line->plan);
    return OK;
}

static enum err run_line(struct batch *batch, struct line *line)
{
    struct call *call = line->call;
    struct audit_entry entry = {0};
    call->started_us = clock_monotonic_us(); /* what it took is its own, not its turn's */
    TRY(search_run(line->plan, &line->answer));
    line->answer.took_us = (uint32_t)(clock_monotonic_us() - call->started_us);
    TRY(search_audit_entry(line->plan, &line->answer, call->arena, &entry));
    atomic_fetch_add_explicit(&call->api->searches, 1, memory_order_relaxed);
    return append(batch, line, &entry);
}

static struct line *take_line(struct batch *batch, str text)
{
    struct line *line = arena_new(&batch->arena, struct line);
    struct call *call = arena_new(&batch->arena, struct call);
    if (!line || !call)
        return NULL;
    *call = *batch->call;
    call->arena = &batch->arena;
    call->out = (struct buf){0};
    line->call = call;
    err_clear();
    if (plan_line(batch, line, text) != OK)
        line->failure = *err_last();
    return line;
}

/* All are planned before the first is run, so that they wait for memory together. */
static void run_lines(struct batch *batch, struct line *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        err_clear();
        if (!lines[i]->failure.code && run_line(batch, lines[i]) != OK)
            lines[i]->failure = *err_last();
    }
}

static void print_line(struct line *line, struct buf *out)
{
    if (line->failure.code)
        problem_print(out, &line->failure, err_http_status(line->failure.code));
    else
        print_search(line->call, &line->answer, out);
    buf_add_char(out, '\n');
}

/* ---- one piece ---- */

static void begin(struct batch *batch)
{
    struct http_answer head = {.status = 200, .content_type = S("application/x-ndjson")};
    if (batch->is_begun)
        return;
    head.headers[head.header_count++] = (struct http_header){S("Cache-Control"), S("no-store")};
    add_security_headers(&head, false);
    count_answer(batch->call->api, 200);
    http_stream_begin(batch->call->exchange, &head);
    batch->is_begun = true;
}

static void wait_durable(struct batch *batch)
{
    pthread_mutex_lock(&batch->mutex);
    while (batch->waiting)
        pthread_cond_wait(&batch->durable, &batch->mutex);
    pthread_mutex_unlock(&batch->mutex);
}

static void send(struct batch *batch, const struct buf *out)
{
    struct http_exchange *exchange = batch->call->exchange;
    begin(batch);
    enum err code = out->failed ? out->failed : http_stream_write(exchange, buf_str(out));
    for (int tries = 0; code == ERR_BUSY && tries < 4; tries++) {
        http_stream_wait_room(exchange, ROOM_WAIT_MS);
        code = http_stream_write(exchange, buf_str(out));
    }
    batch->is_broken |= code != OK;
}

/* A line's answers are in the piece's arena: it is emptied when it has grown large. */
static void search_lines(struct batch *batch, str text)
{
    enum { ROUND = 256 };
    struct line *lines[ROUND];
    str piece;
    while (text.len && !batch->is_broken) {
        size_t count = 0;
        struct buf out = {.max = 64 << 20};
        while (count < ROUND && text.len && str_split(&text, '\n', &piece)) {
            if (str_trim(piece).len == 0)
                continue;
            lines[count] = take_line(batch, piece);
            count += lines[count] != NULL;
            if (batch->arena.total_bytes > 16 << 20)
                break;
        }
        run_lines(batch, lines, count);
        wait_durable(batch);
        for (size_t i = 0; i < count && !batch->failed; i++)
            print_line(lines[i], &out);
        batch->is_broken |= batch->failed != OK; /* not on the record: nothing is shown */
        if (out.len && !batch->is_broken)
            send(batch, &out);
        buf_release(&out);
        arena_reset(&batch->arena);
    }
}

static void end(struct batch *batch)
{
    begin(batch);
    struct http_exchange *exchange = batch->call->exchange;
    batch_free(batch);
    http_stream_end(exchange);
}

/* On the lane. Whole lines only; the last one may lack its line feed. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static enum err work(struct call *call)
{
    struct batch *batch = call->state;
    pthread_mutex_lock(&batch->mutex);
    struct buf input = batch->input;
    batch->input = (struct buf){0};
    bool is_ended = batch->is_ended;
    pthread_mutex_unlock(&batch->mutex);
    size_t whole = input.len;
    while (!is_ended && whole && input.ptr[whole - 1] != '\n')
        whole--;
    search_lines(batch, str_slice(buf_str(&input), 0, whole));
    if (is_ended) {
        buf_release(&input);
        end(batch);
        return OK;
    }
    pthread_mutex_lock(&batch->mutex);
    buf_add(&batch->input, str_from(buf_str(&input), whole));
    batch->is_working = false;
    is_ended = batch->is_ended;
    if (!is_ended) /* under the mutex: with the last piece the exchange may go */
        http_body_resume(call->exchange);
    pthread_mutex_unlock(&batch->mutex);
    buf_release(&input);
    return is_ended ? work(call) : OK;
}

/* ---- pieces, on the network loop ---- */

static enum err begin_batch(struct api *api, struct http_exchange *exchange, struct call **ret)
{
    const char *allow = NULL;
    struct call *call = call_new(api, exchange);
    if (!call)
        return err_last()->code;
    *ret = call;
    TRY(call_find_route(call, &allow));
    TRY(call_identify(call));
    call->actor.purpose = UINT16_MAX;
    call->resume = work;
    call->state = batch_new(call);
    return call->state ? OK : err_set(ERR_MEMORY, "out of memory for a batch");
}

/* Once it is pushed, the batch is the lane's. */
static bool push_work(struct batch *batch)
{
    struct call *call = batch->call;
    pthread_mutex_lock(&batch->mutex);
    batch->is_working = true;
    pthread_mutex_unlock(&batch->mutex);
    if (lane_push(call->api->lanes, LANE_LONG, call) == OK)
        return true;
    pthread_mutex_lock(&batch->mutex);
    batch->is_broken = true; /* said as the batch's last line */
    batch->is_working = false;
    pthread_mutex_unlock(&batch->mutex);
    struct buf out = {.max = 8192};
    problem_print(&out, err_last(), 503);
    buf_add_char(&out, '\n');
    begin(batch);
    if (http_stream_write(call->exchange, buf_str(&out)) != OK)
        err_clear();
    buf_release(&out);
    return false;
}

void batch_piece(void *context, struct http_exchange *exchange, str piece, bool is_last)
{
    struct call *call = exchange->user;
    if (!call) {
        enum err code = begin_batch(context, exchange, &call);
        if (!call)
            http_respond(exchange, &(struct http_answer){.status = 503});
        else if (code)
            call_finish(call, code);
        if (code || !call)
            return;
    }
    struct batch *batch = call->state;
    pthread_mutex_lock(&batch->mutex);
    if (!batch->is_broken)
        buf_add(&batch->input, piece);
    batch->is_ended |= is_last;
    batch->is_broken |= exchange->is_peer_gone || batch->input.failed;
    bool is_long = batch->input.len > LINE_MAX && !memchr(batch->input.ptr, '\n', batch->input.len);
    batch->is_broken |= is_long;
    bool is_idle = !batch->is_working;
    bool is_due = is_last || (batch->input.len && memchr(batch->input.ptr, '\n', batch->input.len));
    pthread_mutex_unlock(&batch->mutex);
    if (!is_due)
        return;
    exchange->is_body_paused = !is_last;
    if (!is_idle || push_work(batch))
        return;
    exchange->is_body_paused = false;
    if (is_last)
        end(batch);
}
