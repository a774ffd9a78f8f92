/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers as JSON, written straight into the answer's buffer. What is shown of a record comes
 * from a
 * view or a hit only: both are made by policy, so nothing here can show what it did not open.
 */
#include "api/internal.h"

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

void json_raw(struct json *json, str key, str value)
{
    json_key(json, key);
    comma(json);
    buf_add(json->out, value);
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

/* ---- records ---- */

static str title_of(const str titles[LANGUAGE_COUNT], enum language language)
{
    return titles[language].len ? titles[language] : titles[LANGUAGE_EN];
}

static str check_word(enum check check)
{
    static const str words[] = {
        [CHECK_NONE] = S("none"), [CHECK_OK] = S("ok"), [CHECK_FAILED] = S("failed")};
    return words[check];
}

static void print_cautions(struct json *json, struct call *call, const struct view *view)
{
    const struct code_list *list = codes_list(call->api->node.catalog->codes, S("cautions"));
    json_key(json, S("cautions"));
    json_open(json, '[');
    node_each(item, view->cautions)
    {
        const struct code *code = list ? code_get(list, node_as_text(item)) : NULL;
        json_open(json, '{');
        json_text(json, S("code"), node_as_text(item));
        json_text(json, S("title"), code ? code_name(code, call->language) : node_as_text(item));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_fact(struct json *json, struct call *call, const struct view_item *item)
{
    json_open(json, '{');
    json_text(json, S("field"), item->field->path);
    json_text(json, S("title"), title_of(item->field->title, call->language));
    json_number(json, S("row"), item->row);
    json_text(json, S("value"), item->text);
    json_bool(json, S("masked"), item->is_masked);
    if (item->value && !item->is_masked) {
        json_text(json, S("check"), check_word(item->value->check));
        json_text_some(json, S("note"), item->value->note);
    }
    json_close(json, '}');
}

static void print_facts(struct json *json, struct call *call, const struct view *view)
{
    json_key(json, S("facts"));
    json_open(json, '[');
    str photo = STR_EMPTY;
    for (size_t i = 0; i < view->count; i++) {
        print_fact(json, call, &view->items[i]);
        const struct type *type = view->items[i].field->type;
        if (!photo.len && type && str_eq_c(S("photograph"), type->name) && view->items[i].value)
            photo = view->items[i].value->norm;
    }
    json_close(json, ']');
    json_text_some(json, S("photo"), photo);
}

/* The members of a view, inside an object the caller has opened. */
void print_view(struct json *json, struct call *call, const struct view *view)
{
    char id[RECORD_ID_TEXT];
    json_text(json, S("id"), str_c(record_id_format(view->id, id)));
    json_number(json, S("version"), view->version);
    json_text(json, S("database"), view->definition->name);
    json_text(json, S("title"), title_of(view->definition->title, call->language));
    json_text(json, S("owner"), view->owner);
    json_text_some(json, S("unit"), view->unit);
    json_text(json, S("disclosure"), str_c(disclosure_word(view->disclosure)));
    if (view->disclosure == DISCLOSE_HIT_ONLY)
        return;
    json_text(json, S("state"), str_c(state_word(view->state)));
    json_bool(json, S("test"), view->is_test);
    print_cautions(json, call, view);
    json_text_some(json, S("action"), view->action);
    json_text_some(json, S("handling"), view->handling);
    json_time(json, S("entered"), view->entered_us);
    json_time(json, S("updated"), view->updated_us);
    json_day(json, S("review_on"), view->review_on);
    print_facts(json, call, view);
}

/* ---- hits ---- */

static str agreement_word(enum agreement agreement)
{
    static const str words[] = {[AGREE_SAME] = S("same"),
                                [AGREE_CLOSE] = S("close"),
                                [AGREE_FAR] = S("far"),
                                [AGREE_UNKNOWN] = S("unknown"),
                                [AGREE_DIFFERENT] = S("different")};
    return words[agreement];
}

/* A meaning's title is that of its code list's row. */
static str meaning_title(struct call *call, str meaning)
{
    const struct code_list *list = codes_list(call->api->node.catalog->codes, S("meanings"));
    const struct code *code = list ? code_get(list, meaning) : NULL;
    return code ? code_name(code, call->language) : meaning;
}

static void print_why(struct json *json, struct call *call, const struct why *why)
{
    json_open(json, '{');
    json_text(json, S("meaning"), why->meaning);
    json_text(json, S("title"), meaning_title(call, why->meaning));
    json_text(json, S("asked"), why->asked);
    json_text_some(json, S("held"), why->held);
    json_text(json, S("agreement"), agreement_word(why->agreement));
    json_real(json, S("bits"), why->bits, 1);
    json_text_some(json, S("words"), why->words);
    json_close(json, '}');
}

void print_hit(struct json *json, struct call *call, const struct hit *hit)
{
    static const str bands[] = {
        [BAND_NONE] = S("none"), [BAND_POSSIBLE] = S("possible"), [BAND_HIT] = S("hit")};
    json_open(json, '{');
    print_view(json, call, &hit->view);
    json_text(json, S("band"), bands[hit->band]);
    if (hit->view.disclosure != DISCLOSE_HIT_ONLY) {
        json_real(json, S("bits"), hit->bits, 1);
        if (hit->probability >= 0)
            json_real(json, S("probability"), hit->probability, 4);
        if (hit->namesakes >= 0)
            json_real(json, S("namesakes"), hit->namesakes, 2);
        json_key(json, S("why"));
        json_open(json, '[');
        for (size_t i = 0; i < hit->why_count; i++)
            print_why(json, call, &hit->why[i]);
        json_close(json, ']');
    }
    if (hit->is_similar)
        json_real(json, S("expected_by_chance"), hit->expected_by_chance, 4);
    json_close(json, '}');
}

/* What a plain value says of its subject: the first meaning whose fields have this type. */
uint16_t meaning_of_type(const struct catalog *catalog, const struct type *type)
{
    const struct code_list *list = NULL;
    for (uint16_t i = 1; i < catalog->meaning_count; i++)
        if (meaning_type(catalog, i, &list) == type)
            return i;
    return 0;
}

static void print_part(struct json *json, struct call *call, const struct query_value *part)
{
    const struct catalog *catalog = call->api->node.catalog;
    const struct value *value = &part->value;
    struct buf text = {.max = 4096};
    uint16_t number = part->meaning ? part->meaning : meaning_of_type(catalog, value->type);
    str meaning = meaning_name(catalog, number);
    if (value->type && value->type->print)
        value->type->print(value, &text);
    else
        buf_add(&text, value->norm);
    json_open(json, '{');
    json_text(json, S("meaning"), meaning);
    json_text(json, S("title"), meaning_title(call, meaning));
    json_text(json, S("value"), buf_str(&text));
    json_text(json, S("check"), check_word(value->check));
    json_text_some(json, S("note"), value->note);
    json_close(json, '}');
    buf_release(&text);
}

void print_readings(struct json *json, struct call *call, const struct search_reading *readings,
                    size_t count)
{
    json_key(json, S("understood"));
    json_open(json, '[');
    for (size_t i = 0; i < count; i++) {
        const struct search_reading *reading = &readings[i];
        json_open(json, '{');
        if (reading->reading.type)
            json_text(json, S("type"), str_c(reading->reading.type->name));
        json_text(json, S("title"), reading->reading.title);
        json_bool(json, S("on"), reading->is_on);
        json_number(json, S("confidence"), reading->reading.confidence);
        json_key(json, S("parts"));
        json_open(json, '[');
        for (size_t k = 0; k < reading->count; k++)
            print_part(json, call, &reading->values[k]);
        json_close(json, ']');
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_databases(struct json *json, struct call *call,
                            const struct search_answer *answer)
{
    json_key(json, S("databases"));
    json_open(json, '[');
    for (size_t i = 0; i < answer->database_count; i++) {
        const struct database_answer *database = &answer->databases[i];
        json_open(json, '{');
        json_text(json, S("name"), database->definition->name);
        json_text(json, S("title"), title_of(database->definition->title, call->language));
        json_text(json, S("result"), str_c(database_result_word(database->result)));
        json_number(json, S("count"), database->hit_count);
        json_text_some(json, S("reason"), database->reason);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_hits(struct json *json, struct call *call, str key, const struct hit *hits,
                       size_t count)
{
    json_key(json, key);
    json_open(json, '[');
    for (size_t i = 0; i < count; i++)
        print_hit(json, call, &hits[i]);
    json_close(json, ']');
}

void print_search(struct call *call, const struct search_answer *answer, struct buf *out)
{
    struct json json = {.out = out};
    json_open(&json, '{');
    json_text(&json, S("verdict"), str_c(verdict_word(answer->verdict)));
    json_text(&json, S("receipt"), str_c(call->receipt));
    json_time(&json, S("as_of"), answer->as_of_us);
    json_number(&json, S("feed"), (int64_t)answer->feed_seq);
    json_number(&json, S("took_us"), answer->took_us);
    json_bool(&json, S("proven"), answer->is_proven);
    print_readings(&json, call, answer->readings, answer->reading_count);
    print_databases(&json, call, answer);
    json_number(&json, S("total"), (int64_t)answer->total_count);
    print_hits(&json, call, S("hits"), answer->hits, answer->hit_count);
    if (answer->similar_count)
        print_hits(&json, call, S("similar"), answer->similar, answer->similar_count);
    json_text_some(&json, S("advice"), answer->advice);
    json_close(&json, '}');
}
