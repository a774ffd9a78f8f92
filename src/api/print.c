/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers as JSON, written straight into the answer's buffer. Hits and records are printed by
 * search, from views only, so that there is one shape of them; here is the writer for all else.
 */
#include "api/internal.h"
#include "codec/qr.h"

/* ---- a writer ---- */

static void comma(struct json *json)
{
    if (json->is_next)
        buf_add_char(json->out, ',');
    json->is_next = true;
}

void json_open(struct json *json, char bracket)
{
    comma(json);
    buf_add_char(json->out, bracket);
    json->is_next = false;
}

void json_close(struct json *json, char bracket)
{
    buf_add_char(json->out, bracket);
    json->is_next = true;
}

void json_key(struct json *json, str key)
{
    if (!key.len) /* an item of a list */
        return;
    comma(json);
    buf_add_char(json->out, '"');
    buf_add(json->out, key);
    buf_add(json->out, S("\":"));
    json->is_next = false;
}

void json_qr(struct json *json, str key, str text)
{
    struct qr qr;
    struct buf svg = {.max = 256 << 10};
    if (qr_encode(text, &qr) == OK) {
        qr_print_svg(&qr, &svg);
        json_text_some(json, key, buf_str(&svg));
    }
    err_clear();
    buf_release(&svg);
}

void json_raw(struct json *json, str key, str value)
{
    json_key(json, key);
    comma(json);
    buf_add(json->out, value);
}

void json_say(struct json *json, str text, const struct say *say)
{
    struct buf sentence = {.max = 2048};
    if (!say->format)
        return;
    say_sentence(say, &sentence);
    json_text(json, S("say"), buf_str(&sentence));
    buf_release(&sentence);
    if (!say->count)
        return;
    json_key(json, S("with"));
    json_open(json, '[');
    for (size_t i = 0; i < say->count; i++)
        json_text(json, STR_EMPTY, say_value(say, text, i));
    json_close(json, ']');
}

void json_text(struct json *json, str key, str value)
{
    json_key(json, key);
    comma(json);
    json_write_text(json->out, value);
}

void json_text_some(struct json *json, str key, str value)
{
    if (value.len)
        json_text(json, key, value);
}

void json_number(struct json *json, str key, int64_t value)
{
    json_key(json, key);
    comma(json);
    buf_printf(json->out, "%lld", (long long)value);
}

void json_real(struct json *json, str key, double value, int decimals)
{
    json_key(json, key);
    comma(json);
    buf_printf(json->out, "%.*f", decimals, value);
}

void json_bool(struct json *json, str key, bool value)
{
    json_raw(json, key, value ? S("true") : S("false"));
}

void json_time(struct json *json, str key, int64_t time_us)
{
    char text[24];
    json_text(json, key, str_c(clock_format(time_us, text)));
}

void json_day(struct json *json, str key, struct day day)
{
    char text[16];
    if (day_is_valid(day))
        json_text(json, key, str_c(day_format(day, text)));
}

/* ---- what search prints, inside an object or list of ours ---- */

/* The members of a view, inside an object the caller has opened. */
void print_view(struct json *json, struct call *call, const struct view *view)
{
    note_evidence(call, view);
    search_view_print(call->api->node.catalog, view, call->language, json->out);
    json->is_next = true;
}

/* An item of a list the caller has opened. */
void print_hit(struct json *json, struct call *call, const struct hit *hit)
{
    note_evidence(call, &hit->view);
    search_hit_print(call->api->node.catalog, hit, call->language, json->out);
    json->is_next = true;
}

void print_readings(struct json *json, struct call *call, const struct search_reading *readings,
                    size_t count)
{
    json_key(json, S("understood"));
    search_readings_print(call->api->node.catalog, readings, count, call->language, json->out);
    json->is_next = true;
}

void print_search(struct call *call, struct search_answer *answer, struct buf *out)
{
    for (size_t i = 0; i < answer->hit_count; i++)
        note_evidence(call, &answer->hits[i].view);
    answer->receipt = str_c(call->receipt);
    answer->is_brief = call->is_brief;
    search_answer_print(call->api->node.catalog, answer, call->language, out);
}

enum err call_finish_job(struct call *call, uint64_t job)
{
    struct json json = {.out = &call->out};
    job_own(call->api->node.jobs, job, call->actor.officer);
    json_open(&json, '{');
    json_number(&json, S("job"), (int64_t)job);
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}
