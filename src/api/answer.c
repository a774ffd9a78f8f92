/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How calls end. One way out: call_finish(). An answer that must be on record first goes through
 * call_finish_audited(): the entry is queued, the text printed meanwhile, and whichever of the two
 * (printing here, the committer's done() there) comes last sends it. A log that cannot be written
 * means no answer.
 */
#include <stdio.h>

#include "api/internal.h"
#include "identity/terminal.h"

struct audit_entry call_entry(struct call *call, enum audit_kind kind)
{
    const struct api_node *node = &call->api->node;
    return (struct audit_entry){
        .kind = kind,
        .time_us = clock_now_us(),
        .actor = &call->actor,
        .purpose = purpose_code(node->catalog, call->actor.purpose),
        .databases = S("*"),
        .query = S("{}"),
        .catalog = node->catalog->hash,
        .took_us = (uint32_t)(clock_monotonic_us() - call->started_us),
    };
}

void call_header(struct call *call, str name, str value)
{
    ensure(call->header_count < CALL_HEADERS_MAX);
    call->headers[call->header_count++] = (struct http_header){name, value};
}

void count_answer(struct api *api, int status)
{
    int hundred = status / 100;
    atomic_fetch_add_explicit(&api->answers[hundred < 6 ? hundred : 0], 1, memory_order_relaxed);
}

void problem_print(struct buf *out, const struct err_info *info, int status)
{
    struct json json = {.out = out};
    json_open(&json, '{');
    json_text(&json, S("type"), S("about:blank"));
    json_text(&json, S("title"), str_c(err_word(info->code)));
    json_number(&json, S("status"), status);
    json_text(&json, S("detail"), str_c(info->message));
    json_say(&json, str_c(info->message), &info->say);
    json_text_some(&json, S("hint"), str_c(info->hint));
    if (info->hint_say.format) {
        json_key(&json, S("hint_say"));
        json_open(&json, '{');
        json_say(&json, str_c(info->hint), &info->hint_say);
        json_close(&json, '}');
    }
    json_text_some(&json, S("field"), str_c(info->field));
    if (info->line) {
        json_text_some(&json, S("file"), str_c(info->file));
        json_number(&json, S("line"), info->line);
        json_number(&json, S("column"), info->column);
    }
    json_close(&json, '}');
}

void add_security_headers(struct http_answer *answer, bool is_page)
{
    static const str all = S("X-Content-Type-Options: nosniff\r\n"
                             "Cross-Origin-Resource-Policy: same-origin\r\n");
    static const str page =
        S("X-Content-Type-Options: nosniff\r\n"
          "Cross-Origin-Resource-Policy: same-origin\r\n"
          "Content-Security-Policy: default-src 'self'; img-src 'self' blob: data:; "
          "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'\r\n"
          "Referrer-Policy: no-referrer\r\n"
          "X-Frame-Options: DENY\r\n"
          "Cross-Origin-Opener-Policy: same-origin\r\n"
          "Permissions-Policy: geolocation=(), microphone=(), camera=(self)\r\n");
    answer->lines = is_page ? page : all;
}

/* The error at hand becomes the call's text. */
static void make_problem(struct call *call, enum err code)
{
    struct err_info info = *err_last();
    if (info.code != code) /* somebody forgot the text: say at least what kind */
        info = (struct err_info){.code = code, .message = "the request could not be answered"};
    if (call->status < 400)
        call->status = err_http_status(code);
    if (code == ERR_STALE && str_has(str_c(info.message), S("If-Match is required")))
        call->status = 428;
    buf_clear(&call->out);
    buf_release(&call->packed);
    call->coding = STR_EMPTY;
    call->out.failed = OK;
    problem_print(&call->out, &info, call->status);
    call->content_type = S("application/problem+json");
    if (code == ERR_UNAUTHENTICATED)
        call_header(call, S("WWW-Authenticate"), S("Bearer"));
    if (code == ERR_BUSY)
        call_header(call, S("Retry-After"), S("2"));
}

static bool is_page(const struct call *call)
{
    return call->route && call->route->run == run_page;
}

static void send_answer(struct call *call)
{
    struct buf out = call->out; /* the call lies in the exchange's arena and goes with it */
    struct buf packed = call->packed;
    struct http_answer answer = {.status = call->status,
                                 .content_type = call->content_type,
                                 .body = buf_str(call->coding.len ? &packed : &out)};
    if (call->coding.len) {
        answer.headers[answer.header_count++] =
            (struct http_header){S("Content-Encoding"), call->coding};
        answer.headers[answer.header_count++] =
            (struct http_header){S("Vary"), S("Accept-Encoding")};
    }
    for (size_t i = 0; i < call->header_count; i++)
        answer.headers[answer.header_count++] = call->headers[i];
    if (!is_page(call)) {
        bool has_caching = false;
        for (size_t i = 0; i < call->header_count; i++)
            has_caching |= str_eq(call->headers[i].name, S("Cache-Control"));
        if (!has_caching)
            answer.headers[answer.header_count++] =
                (struct http_header){S("Cache-Control"), S("no-store")};
    }
    add_security_headers(&answer, is_page(call));
    count_answer(call->api, call->status);
    http_respond(call->exchange, &answer);
    buf_release(&out);
    buf_release(&packed);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static enum err answer_refused(struct call *call)
{
    struct err_info why = *err_last();
    struct audit_entry entry = call_entry(call, AUDIT_REFUSED);
    entry.verdict = arena_str(call->arena, str_c(why.message));
    entry.query = arena_printf(call->arena, "{\"route\":\"%s %s\"}", call->route->method,
                               call->route->pattern);
    make_problem(call, why.code);
    return call_finish_audited(call, &entry, NULL);
}

/*
 * What was asked by whoever held a shared terminal is not told to whoever holds it now. The entry
 * that stands in the log is of the one who asked.
 */
enum err call_check_terminal(const struct call *call)
{
    const struct actor *actor = &call->actor;
    if (!actor->terminal.len || !actor->session ||
        identity_holds_terminal(call->api->node.identity, call->exchange->request.client_key,
                                actor->session))
        return OK;
    return err_set(ERR_UNAUTHENTICATED, "another officer has taken over this terminal");
}

/* NOLINTNEXTLINE(misc-no-recursion) */
void call_finish(struct call *call, enum err code)
{
    if (!code)
        code = call_check_terminal(call);
    if (!code && call->out.failed)
        code = err_set(call->out.failed, "the answer is larger than %zu bytes", call->out.max);
    /* who was refused what is on the record too; a second refusal would be the log's own */
    bool is_refusal = code == ERR_DENIED && call->actor.officer.len && !call->is_pending;
    if (is_refusal) {
        enum err failed = answer_refused(call);
        if (!failed)
            return;
        code = failed;
    }
    if (code)
        make_problem(call, code);
    else if (!call->status)
        call->status = call->route && call->route->status ? call->route->status : 200;
    if (!call->content_type.len)
        call->content_type = S("application/json");
    if (call->repeat)
        repeats_leave(call->api->repeats, call->repeat, call->status, buf_str(&call->out));
    call_pack(call);
    send_answer(call);
}

/* ---- with a record of it ---- */

/* Bits of call->parts: what has come. Each of the two sides adds its own once. */
enum { PART_TEXT = 1, PART_DURABLE = 2, PART_FAILED = 4 };

/* NOLINTNEXTLINE(misc-no-recursion) */
static void part_done(struct call *call, int part)
{
    int before = atomic_fetch_or(&call->parts, part);
    if (before == 0) /* the other side sends */
        return;
    if ((before | part) & PART_FAILED)
        call_finish(call, err_set(ERR_IO, "the audit log could not be written, so no answer is "
                                          "given"));
    else
        call_finish(call, OK);
}

static void entry_durable(void *context, enum err code)
{
    struct call *call = context;
    if (code)
        atomic_fetch_add_explicit(&call->api->audit_failures, 1, memory_order_relaxed);
    part_done(call, code ? PART_FAILED : PART_DURABLE);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
enum err call_finish_audited(struct call *call, const struct audit_entry *entry, call_print *print)
{
    call->is_pending = true;
    enum err code = audit_append(call->api->node.audit, entry, entry_durable, call, call->receipt);
    if (code) {
        atomic_fetch_add_explicit(&call->api->audit_failures, 1, memory_order_relaxed);
        return code;
    }
    if (print) {
        print(call);
        call_pack(call); /* here, not on the log's thread */
    }
    part_done(call, PART_TEXT);
    return OK;
}

void call_print_id(struct call *call)
{
    const struct record_id *id = call->state;
    char text[RECORD_ID_TEXT];
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_text(&json, S("id"), str_c(record_id_format(*id, text)));
    json_text(&json, S("receipt"), str_c(call->receipt));
    json_close(&json, '}');
}
