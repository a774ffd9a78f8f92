/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer as JSON, in the shapes of docs/API.md: the one printer for HTTP, commands and batches. Written straight into the buffer,
 * for the answer "nothing found" goes out thousands of times a second. It takes views, never records: what is not in a
 * view cannot be printed here.
 */
#include <math.h>
#include <stdio.h>

#include "codec/json.h"
#include "search/internal.h"

static const char *agreement_word(enum agreement agreement)
{
    static const char *const words[] = {"same", "close", "far", "unknown", "different"};
    return words[agreement];
}

static const char *check_word(enum check check)
{
    static const char *const words[] = {"none", "ok", "failed"};
    return words[check];
}

static const char *band_word(enum band band)
{
    static const char *const words[] = {"none", "possible", "hit"};
    return words[band];
}

/* ---- members; `is_more` writes the comma before ---- */

static void add_name(struct buf *out, const char *name)
{
    char last = out->len ? out->ptr[out->len - 1] : '{';
    if (last != '{' && last != '[' && last != ',')
        buf_add_char(out, ',');
    buf_add_char(out, '"');
    buf_add(out, str_c(name));
    buf_add(out, S("\":"));
}

static void add_text(struct buf *out, const char *name, str text)
{
    add_name(out, name);
    json_write_text(out, text);
}

static void add_text_if(struct buf *out, const char *name, str text)
{
    if (text.len)
        add_text(out, name, text);
}

static void add_number(struct buf *out, const char *name, uint64_t number)
{
    add_name(out, name);
    buf_printf(out, "%llu", (unsigned long long)number);
}

static void add_real(struct buf *out, const char *name, double number, int decimals)
{
    add_name(out, name);
    buf_printf(out, "%.*f", decimals, isfinite(number) ? number : 0);
}

static void add_bool(struct buf *out, const char *name, bool is_true)
{
    add_name(out, name);
    buf_add(out, is_true ? S("true") : S("false"));
}

static void add_time(struct buf *out, const char *name, int64_t time_us)
{
    char text[24];
    add_text(out, name, str_c(clock_format(time_us, text)));
}

/* Opens an object within a list. */
static void open_item(struct buf *out)
{
    if (out->len && out->ptr[out->len - 1] == '}')
        buf_add_char(out, ',');
    buf_add_char(out, '{');
}

static str title_of(const str titles[LANGUAGE_COUNT], enum language language)
{
    return titles[language].len ? titles[language] : titles[LANGUAGE_EN];
}

static str meaning_title(const struct catalog *catalog, str meaning, enum language language)
{
    const struct code_list *list = codes_list(catalog->codes, S("meanings"));
    const struct code *code = list ? code_get(list, meaning) : NULL;
    return code ? code_name(code, language) : meaning;
}

/* ---- understood ---- */

static void print_part(const struct catalog *catalog, const struct query_value *part,
                       const struct type *type, enum language language, struct buf *out)
{
    struct buf text = {.max = 4096};
    str meaning = part->meaning ? meaning_name(catalog, part->meaning) : str_c(type->name);
    part->value.type->print(&part->value, &text);
    open_item(out);
    add_text(out, "meaning", meaning);
    add_text(out, "title", meaning_title(catalog, meaning, language));
    add_text(out, "value", buf_str(&text));
    add_text(out, "check", str_c(check_word(part->value.check)));
    add_text_if(out, "note", part->value.note);
    buf_add_char(out, '}');
    buf_release(&text);
}

void search_readings_print(const struct catalog *catalog, const struct search_reading *readings,
                           size_t count, enum language language, struct buf *out)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        const struct reading *reading = &readings[i].reading;
        open_item(out);
        add_text(out, "type", str_c(reading->type->name));
        add_text(out, "title", reading->title.len ? reading->title : str_c(reading->type->title));
        add_bool(out, "on", readings[i].is_on);
        add_number(out, "confidence", reading->confidence);
        add_text(out, "check", str_c(check_word(reading->value.check)));
        add_text_if(out, "note", reading->value.note);
        add_text_if(out, "repair", reading->value.repair);
        add_name(out, "parts");
        buf_add_char(out, '[');
        for (size_t k = 0; k < readings[i].count; k++)
            print_part(catalog, &readings[i].values[k], reading->type, language, out);
        buf_add(out, S("]}"));
    }
    buf_add_char(out, ']');
}

/* ---- a record as it may be seen ---- */

static void print_cautions(const struct catalog *catalog, const struct node *cautions,
                           enum language language, struct buf *out)
{
    const struct code_list *list = codes_list(catalog->codes, S("cautions"));
    add_name(out, "cautions");
    buf_add_char(out, '[');
    node_each(caution, cautions)
    {
        const struct code *code = list ? code_get(list, node_as_text(caution)) : NULL;
        open_item(out);
        add_text(out, "code", node_as_text(caution));
        add_text(out, "title", code ? code_name(code, language) : node_as_text(caution));
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

/* A coded value reads in the asked language; everything else as its type prints it. */
static str item_text(const struct view_item *item, enum language language)
{
    const struct code *code = NULL;
    if (item->value && !item->is_masked && item->field->list && language != LANGUAGE_EN)
        code = code_get(item->field->list, item->value->norm);
    return code ? code_name(code, language) : item->text;
}

static void print_fact(const struct view_item *item, enum language language, struct buf *out)
{
    open_item(out);
    add_text(out, "field", item->field->path);
    add_text(out, "title", title_of(item->field->title, language));
    add_number(out, "row", item->row);
    add_text(out, "value", item_text(item, language));
    add_bool(out, "masked", item->is_masked);
    if (item->value && item->value->check != CHECK_NONE)
        add_text(out, "check", str_c(check_word(item->value->check)));
    if (item->value)
        add_text_if(out, "note", item->value->note);
    buf_add_char(out, '}');
}

/* The first photograph among the evidence that goes with a full view. */
static str photograph_of(const struct view *view)
{
    const struct node *evidence = view->record ? view->record->envelope.evidence : NULL;
    node_each(item, evidence) if (str_starts(node_get_text(item, S("mime")),
                                             S("image/"))) return node_get_text(item, S("sha256"));
    return STR_EMPTY;
}

extern const struct type type_photograph __attribute__((weak));

static str photograph_fact(const struct view *view)
{
    for (size_t i = 0; i < view->count; i++)
        if (view->items[i].value && view->items[i].value->type == &type_photograph)
            return view->items[i].value->norm;
    return photograph_of(view);
}

static void print_envelope(const struct catalog *catalog, const struct view *view,
                           enum language language, struct buf *out)
{
    char day[16];
    print_cautions(catalog, view->cautions, language, out);
    add_text_if(out, "action", view->action);
    add_text_if(out, "handling", view->handling);
    add_time(out, "entered", view->entered_us);
    add_time(out, "updated", view->updated_us);
    add_text(out, "review_on", str_c(day_format(view->review_on, day)));
    add_name(out, "facts");
    buf_add_char(out, '[');
    for (size_t i = 0; i < view->count; i++)
        print_fact(&view->items[i], language, out);
    buf_add_char(out, ']');
    add_text_if(out, "photo", photograph_fact(view));
}

void search_view_print(const struct catalog *catalog, const struct view *view,
                       enum language language, struct buf *out)
{
    char id[RECORD_ID_TEXT];
    add_text(out, "id", str_c(record_id_format(view->id, id)));
    if (view->disclosure != DISCLOSE_HIT_ONLY)
        add_number(out, "version", view->version);
    add_text(out, "database", view->definition->name);
    add_text(out, "title", title_of(view->definition->title, language));
    add_text(out, "owner", view->owner);
    add_text_if(out, "unit", view->unit);
    add_text(out, "disclosure", str_c(disclosure_word(view->disclosure)));
    add_text(out, "state", str_c(state_word(view->state)));
    add_bool(out, "test", view->is_test);
    if (view->disclosure != DISCLOSE_HIT_ONLY)
        print_envelope(catalog, view, language, out);
}

/* ---- hits ---- */

static void print_why(const struct catalog *catalog, const struct why *why, enum language language,
                      struct buf *out)
{
    open_item(out);
    add_text(out, "meaning", why->meaning);
    add_text(out, "title", meaning_title(catalog, why->meaning, language));
    add_text(out, "asked", why->asked);
    add_text_if(out, "held", why->held);
    add_text(out, "agreement", str_c(agreement_word(why->agreement)));
    add_real(out, "bits", why->bits, 1);
    add_text_if(out, "words", why->words);
    buf_add_char(out, '}');
}

static void print_hit(const struct catalog *catalog, const struct hit *hit, enum language language,
                      struct buf *out)
{
    open_item(out);
    search_view_print(catalog, &hit->view, language, out);
    add_text(out, "band", str_c(band_word(hit->band)));
    if (hit->view.disclosure != DISCLOSE_HIT_ONLY) {
        add_real(out, "bits", hit->bits, 1);
        if (hit->probability >= 0)
            add_real(out, "probability", hit->probability, 3);
        if (hit->namesakes >= 0)
            add_real(out, "namesakes", hit->namesakes, 2);
        add_name(out, "why");
        buf_add_char(out, '[');
        for (size_t i = 0; i < hit->why_count; i++)
            print_why(catalog, &hit->why[i], language, out);
        buf_add_char(out, ']');
    }
    if (hit->is_similar)
        add_real(out, "expected_by_chance", hit->expected_by_chance,
                 hit->expected_by_chance < 0.01 ? 6 : 2);
    buf_add_char(out, '}');
}

static void print_hits(const struct catalog *catalog, const char *name, const struct hit *hits,
                       size_t count, enum language language, struct buf *out)
{
    add_name(out, name);
    buf_add_char(out, '[');
    for (size_t i = 0; i < count; i++)
        print_hit(catalog, &hits[i], language, out);
    buf_add_char(out, ']');
}

static void print_databases(const struct search_answer *answer, enum language language,
                            struct buf *out)
{
    add_name(out, "databases");
    buf_add_char(out, '[');
    for (size_t i = 0; i < answer->database_count; i++) {
        const struct database_answer *database = &answer->databases[i];
        open_item(out);
        add_text(out, "name", database->definition->name);
        add_text(out, "title", title_of(database->definition->title, language));
        add_text(out, "result", str_c(database_result_word(database->result)));
        add_number(out, "count", database->hit_count);
        add_text_if(out, "reason", database->reason);
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

void search_answer_print(const struct catalog *catalog, const struct search_answer *answer,
                         enum language language, struct buf *out)
{
    buf_add_char(out, '{');
    add_text(out, "verdict", str_c(verdict_word(answer->verdict)));
    add_text_if(out, "receipt", answer->receipt);
    add_time(out, "as_of", answer->as_of_us);
    add_number(out, "feed", answer->feed_seq);
    add_number(out, "took_us", answer->took_us);
    add_bool(out, "proven", answer->is_proven);
    add_name(out, "understood");
    search_readings_print(catalog, answer->readings, answer->reading_count, language, out);
    print_databases(answer, language, out);
    add_number(out, "total", answer->total_count);
    print_hits(catalog, "hits", answer->hits, answer->hit_count, language, out);
    print_hits(catalog, "similar", answer->similar, answer->similar_count, language, out);
    add_text_if(out, "advice", answer->advice);
    add_text_if(out, "repaired", answer->repaired);
    buf_add_char(out, '}');
}
