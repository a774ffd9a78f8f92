/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A webhook: a POST in the form of the Standard Webhooks specification:
 *
 *   webhook-id, webhook-timestamp,
 *   webhook-signature: v1a,BASE64(Ed25519 over "ID.TIMESTAMP.BODY" with the node's key)
 *
 * The same id comes again with every try, so that who has taken it already can tell.
 */
#include <stdio.h>

#include "codec/json.h"
#include "flow/internal.h"
#include "net/outgoing.h"

enum { POST_MS = 10000 };

static void put_text(struct buf *out, const char *key, str text)
{
    buf_printf(out, "%s\"%s\":", out->ptr[out->len - 1] == '{' ? "" : ",", key);
    json_write_text(out, text);
}

static void write_body(const struct flow_told *told, struct buf *out)
{
    char text[24], id[RECORD_ID_TEXT];
    buf_add_char(out, '{');
    buf_printf(out, "\"type\":\"ticket.%.*s\"", STR(told->what));
    put_text(out, "timestamp", str_c(clock_format(told->time_us, text)));
    buf_add(out, S(",\"data\":{"));
    put_text(out, "ticket", str_c(record_id_format(told->id, id)));
    put_text(out, "kind", told->kind);
    put_text(out, "state", told->state);
    put_text(out, "step", told->step);
    put_text(out, "profile", told->profile);
    put_text(out, "country", told->to.country);
    put_text(out, "unit", told->to.unit);
    put_text(out, "officer", told->person);
    buf_printf(out, ",\"level\":%u", told->level);
    if (told->due_us)
        put_text(out, "due", str_c(clock_format(told->due_us, text)));
    buf_add(out, S("}}"));
}

enum err post_fill(struct parcel *parcel, const struct flow_told *told)
{
    struct buf body = {.max = 64 << 10};
    write_body(told, &body);
    enum err code = body.failed ? err_set(ERR_MEMORY, "out of memory for a webhook") : OK;
    parcel->body = arena_str(&parcel->arena, buf_str(&body));
    buf_release(&body);
    return code;
}

enum err post_deliver(const struct signing_key *key, const struct parcel *parcel)
{
    struct buf message = {.max = 1 << 20};
    struct buf signature = {.max = 4096};
    unsigned char bytes[SIGNATURE_SIZE];
    char time[24];
    int status = 0;
    snprintf(time, sizeof time, "%lld", (long long)(clock_now_us() / 1000000));
    buf_printf(&message, "%s.%s.%.*s", parcel->id, time, STR(parcel->body));
    sign_bytes(key, buf_str(&message), bytes);
    buf_add(&signature, S("v1a,"));
    base64_add(&signature, str_of((const char *)bytes, sizeof bytes));
    const struct outgoing_header headers[] = {{"webhook-id", str_c(parcel->id)},
                                              {"webhook-timestamp", str_c(time)},
                                              {"webhook-signature", buf_str(&signature)}};
    struct outgoing request = {.url = parcel->target,
                               .headers = headers,
                               .header_count = COUNT_OF(headers),
                               .body = parcel->body,
                               .timeout_ms = POST_MS};
    enum err code = message.failed || signature.failed
                        ? err_set(ERR_MEMORY, "out of memory for a webhook")
                        : outgoing_post(&request, &status);
    if (!code && (status < 200 || status > 299))
        code = err_set(ERR_IO, "%.*s answered %d", STR(parcel->target), status);
    buf_release(&message);
    buf_release(&signature);
    return code;
}
