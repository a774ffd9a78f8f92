/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer as JSON, in the shapes of docs/API.md: the one printer for HTTP, commands and batches.
 * Written straight into the buffer, for the answer "nothing found" goes out thousands of times a
 * second. It takes views, never records: what is not in a view cannot be printed here.
 */
#include <math.h>
#include <stdio.h>

#include "base/said.h"

#include "codec/json.h"
#include "codec/said_json.h"
#include "search/internal.h"
#include "type/link.h"

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

/* ---- members ---- */

static void add_name(struct buf *out, str name)
{
    char last = '{';
    if (out->len)
        last = out->ptr[out->len - 1];
    if (last != '{' && last != '[' && last != ',')
        buf_add_char(out, ',');
    buf_add_char(out, '"');
    buf_add(out, name);
    buf_add(out, S("\":"));
}

static void add_text(struct buf *out, str name, str text)
{
    add_name(out, name);
    json_write_text(out, text);
}

static void add_text_if(struct buf *out, str name, str text)
{
    if (text.len)
        add_text(out, name, text);
}

static void add_number(struct buf *out, str name, uint64_t number)
{
    add_name(out, name);
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = "0123456789"[number % 10];
    while (number /= 10);
    buf_add(out, str_of(digits + at, sizeof digits - at));
}

static void add_real(struct buf *out, str name, double number, int decimals)
{
    add_name(out, name);
    buf_printf(out, "%.*f", decimals, isfinite(number) ? number : 0);
}

static void add_bool(struct buf *out, str name, bool is_true)
{
    add_name(out, name);
    buf_add(out, is_true ? S("true") : S("false"));
}

static void add_time(struct buf *out, str name, int64_t time_us)
{
    static _Thread_local struct {
        int64_t second;
        char text[24];
    } last = {.second = -1};
    if (time_us / 1000000 != last.second)
        clock_format(time_us, last.text);
    last.second = time_us / 1000000;
    add_text(out, name, str_c(last.text));
}

/* Opens an object within a list. */
static void open_item(struct buf *out)
{
    if (out->len && out->ptr[out->len - 1] == '}')
        buf_add_char(out, ',');
    buf_add_char(out, '{');
}

static str code_title_in(const struct catalog *catalog, str list, str code, enum language language)
{
    const struct code_list *codes = codes_list(catalog->codes, list);
    const struct code *found = codes ? code_get(codes, code) : NULL;
    return found ? code_name(found, language) : STR_EMPTY;
}

struct reader {
    const struct catalog *catalog;
    enum language language;
};

static str title_for(const void *context, str list, str code)
{
    const struct reader *reader = context;
    return code_title_in(reader->catalog, list, code, reader->language);
}

/* A marked text in English; and, for a reader of another language, what is said in it. */
void search_said_print(const struct catalog *catalog, str name, str text, enum language language,
                       struct buf *out)
{
    if (!text.len)
        return;
    struct buf plain = {.max = 4096};
    said_plain(text, &plain);
    add_text(out, name, buf_str(&plain));
    buf_clear(&plain);
    if (language != LANGUAGE_EN) {
        const struct reader reader = {catalog, language};
        buf_printf(&plain, "%.*s_said", STR(name));
        add_name(out, buf_str(&plain));
        said_json(text, &(struct said_titles){title_for, &reader}, out);
    }
    buf_release(&plain);
}

static str title_of(const str titles[LANGUAGE_COUNT], enum language language)
{
    return titles[language].len ? titles[language] : titles[LANGUAGE_EN];
}

static str meaning_title(const struct catalog *catalog, str meaning, enum language language)
{
    str title = code_title_in(catalog, S("meanings"), meaning, language);
    return title.len ? title : meaning;
}

/* ---- understood ---- */

extern const struct type type_code, type_country, type_photograph, type_sex;

/* The value of a part as the reader's language has it: a code by its name in it. */
static void print_part_value(const struct catalog *catalog, const struct value *value,
                             enum language language, struct buf *out)
{
    const struct code *code = value->type == &type_code ? value->detail : NULL;
    str list = value->type == &type_country ? S("countries")
               : value->type == &type_sex   ? S("sex")
                                            : STR_EMPTY;
    str title =
        code ? code_name(code, language) : code_title_in(catalog, list, value->norm, language);
    if (title.len && language != LANGUAGE_EN)
        buf_add(out, title);
    else
        value->type->print(value, out);
}

static void print_part(const struct catalog *catalog, const struct query_value *part,
                       enum language language, struct buf *out)
{
    struct buf text = {.max = 4096};
    str meaning =
        part->meaning ? meaning_name(catalog, part->meaning) : str_c(part->value.type->name);
    print_part_value(catalog, &part->value, language, &text);
    open_item(out);
    add_text(out, S("meaning"), meaning);
    add_text(out, S("title"),
             part->meaning ? meaning_title(catalog, meaning, language)
                           : str_c(part->value.type->title));
    add_text(out, S("value"), buf_str(&text));
    add_text(out, S("check"), str_c(check_word(part->value.check)));
    search_said_print(catalog, S("note"), part->value.note, language, out);
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
        add_text(out, S("type"), str_c(reading->type->name));
        add_text(out, S("title"),
                 reading->title.len ? reading->title : str_c(reading->type->title));
        add_bool(out, S("on"), readings[i].is_on);
        add_number(out, S("confidence"), reading->confidence);
        add_text(out, S("check"), str_c(check_word(reading->value.check)));
        search_said_print(catalog, S("note"), reading->value.note, language, out);
        add_text_if(out, S("repair"), reading->value.repair);
        add_name(out, S("parts"));
        buf_add_char(out, '[');
        for (size_t k = 0; k < readings[i].count; k++)
            print_part(catalog, &readings[i].values[k], language, out);
        buf_add(out, S("]}"));
    }
    buf_add_char(out, ']');
}

/* ---- a record as it may be seen ---- */

static void print_cautions(const struct catalog *catalog, const struct node *cautions,
                           enum language language, struct buf *out)
{
    const struct code_list *list = codes_list(catalog->codes, S("cautions"));
    add_name(out, S("cautions"));
    buf_add_char(out, '[');
    node_each(caution, cautions)
    {
        const struct code *code = list ? code_get(list, node_as_text(caution)) : NULL;
        open_item(out);
        add_text(out, S("code"), node_as_text(caution));
        add_text(out, S("title"), code ? code_name(code, language) : node_as_text(caution));
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

/* The list a value is a code of: the field's own, or that of its type. */
static const struct code_list *list_of(const struct catalog *catalog, const struct view_item *item)
{
    const struct type *type = item->value ? item->value->type : NULL;
    if (type == &type_country)
        return codes_list(catalog->codes, S("countries"));
    return type == &type_sex ? codes_list(catalog->codes, S("sex")) : item->field->list;
}

/* A coded value reads in the asked language; everything else as its type prints it. */
static str item_text(const struct catalog *catalog, const struct view_item *item,
                     enum language language)
{
    const struct code *code = NULL;
    if (item->value && !item->is_masked && language != LANGUAGE_EN) {
        const struct code_list *list = list_of(catalog, item);
        code = list ? code_get(list, item->value->norm) : NULL;
    }
    return code ? code_name(code, language) : item->text;
}

static void print_fact(const struct catalog *catalog, const struct view_item *item,
                       enum language language, struct buf *out)
{
    open_item(out);
    add_text(out, S("field"), item->field->path);
    add_text(out, S("title"), title_of(item->field->title, language));
    add_number(out, S("row"), item->row);
    add_text(out, S("value"), item_text(catalog, item, language));
    if (item->is_masked)
        add_bool(out, S("masked"), true);
    if (item->value && item->value->check != CHECK_NONE)
        add_text(out, S("check"), str_c(check_word(item->value->check)));
    if (item->value) {
        search_said_print(catalog, S("note"), item->value->note, language, out);
        add_text_if(out, S("to"), link_target(item->value));
        if (item->field->is_pivot)
            add_bool(out, S("pivot"), true);
        if (item->value->type == &type_photograph)
            add_text(out, S("photo"), item->value->norm);
    }
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

static str photograph_fact(const struct view *view)
{
    for (size_t i = 0; i < view->count; i++)
        if (view->items[i].value && view->items[i].value->type == &type_photograph)
            return view->items[i].value->norm;
    return photograph_of(view);
}

/*
 * What people call the record by: its name where names are weighed, else the first value that links
 * records, else any name, else any number; "" where there is none of these.
 */
static str heading_of(const struct view *view)
{
    str best = STR_EMPTY;
    int best_rank = 0;
    for (size_t i = 0; i < view->count; i++) {
        const struct field *field = view->items[i].field;
        bool is_name = field->type && field->type->is_fuzzy;
        int rank = is_name && view->definition->has_evidence                  ? 4
                   : field->is_pivot                                          ? 3
                   : is_name                                                  ? 2
                   : field->type && field->type->is_key && field->meaning.len ? 1
                                                                              : 0;
        if (rank > best_rank) {
            best_rank = rank;
            best = view->items[i].text;
        }
    }
    return best;
}

/* The action in words: the view has them in English, as the code list does. */
static str action_text(const struct catalog *catalog, str action, enum language language)
{
    const struct code_list *list = codes_list(catalog->codes, S("actions"));
    const struct code *code = list && language != LANGUAGE_EN ? code_find(list, action) : NULL;
    return code ? code_name(code, language) : action;
}

static void print_envelope(const struct catalog *catalog, const struct view *view,
                           enum language language, struct buf *out)
{
    char day[16];
    print_cautions(catalog, view->cautions, language, out);
    add_text_if(out, S("heading"), heading_of(view));
    add_text_if(out, S("action"), action_text(catalog, view->action, language));
    add_text_if(out, S("handling"), view->handling);
    add_time(out, S("entered"), view->entered_us);
    add_time(out, S("updated"), view->updated_us);
    add_text(out, S("review_on"), str_c(day_format(view->review_on, day)));
    add_name(out, S("facts"));
    buf_add_char(out, '[');
    for (size_t i = 0; i < view->count; i++)
        print_fact(catalog, &view->items[i], language, out);
    buf_add_char(out, ']');
    add_text_if(out, S("photo"), photograph_fact(view));
}

void search_view_print(const struct catalog *catalog, const struct view *view,
                       enum language language, struct buf *out)
{
    char id[RECORD_ID_TEXT];
    add_text(out, S("id"), str_c(record_id_format(view->id, id)));
    if (view->disclosure != DISCLOSE_HIT_ONLY)
        add_number(out, S("version"), view->version);
    add_text(out, S("database"), view->definition->name);
    add_text(out, S("title"), title_of(view->definition->title, language));
    add_text(out, S("owner"), view->owner);
    add_text_if(out, S("unit"), view->unit);
    add_text(out, S("disclosure"), str_c(disclosure_word(view->disclosure)));
    add_text(out, S("state"), str_c(state_word(view->state)));
    add_bool(out, S("test"), view->is_test);
    if (view->disclosure != DISCLOSE_HIT_ONLY)
        print_envelope(catalog, view, language, out);
}

/* ---- hits ---- */

static void print_why(const struct catalog *catalog, const struct why *why, enum language language,
                      struct buf *out)
{
    open_item(out);
    add_text(out, S("meaning"), why->meaning);
    add_text(out, S("title"), meaning_title(catalog, why->meaning, language));
    add_text(out, S("asked"), why->asked);
    add_text_if(out, S("held"), why->held);
    add_text(out, S("agreement"), str_c(agreement_word(why->agreement)));
    add_real(out, S("bits"), why->bits, 1);
    search_said_print(catalog, S("words"), why->words, language, out);
    buf_add_char(out, '}');
}

/* Places in the list of facts. */
static void print_compare(const struct catalog *catalog, const struct hit *hit, struct buf *out)
{
    size_t places[COMPARE_MAX];
    size_t count = compare_next(catalog, hit, places);
    if (!count)
        return;
    add_name(out, S("compare"));
    buf_add_char(out, '[');
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%zu", i ? "," : "", places[i]);
    buf_add_char(out, ']');
}

static void print_cleared(const struct search_cleared *cleared, struct buf *out)
{
    char time[24];
    if (!cleared)
        return;
    add_name(out, S("cleared"));
    buf_add_char(out, '{');
    add_text(out, S("time"), str_c(clock_format(cleared->time_us, time)));
    add_text(out, S("country"), cleared->country);
    add_text(out, S("unit"), cleared->unit);
    buf_add_char(out, '}');
}

void search_hit_print(const struct catalog *catalog, const struct hit *hit, enum language language,
                      struct buf *out)
{
    open_item(out);
    search_view_print(catalog, &hit->view, language, out);
    add_text(out, S("band"), str_c(band_word(hit->band)));
    print_cleared(hit->cleared, out);
    if (hit->view.disclosure != DISCLOSE_HIT_ONLY) {
        add_real(out, S("bits"), hit->bits, 1);
        if (hit->probability >= 0)
            add_real(out, S("probability"), hit->probability, 3);
        if (hit->namesakes >= 0) {
            add_real(out, S("namesakes"), hit->namesakes, 2);
            print_compare(catalog, hit, out);
        }
        add_name(out, S("why"));
        buf_add_char(out, '[');
        for (size_t i = 0; i < hit->why_count; i++)
            print_why(catalog, &hit->why[i], language, out);
        buf_add_char(out, ']');
    }
    if (hit->is_similar)
        add_real(out, S("expected_by_chance"), hit->expected_by_chance,
                 hit->expected_by_chance < 0.01 ? 6 : 2);
    buf_add_char(out, '}');
}

/* ---- the short form of a hit: enough to choose by; the record is the second step ---- */

enum { SUMMARY_FACTS = 6, SUMMARY_BYTES = 160 };

/* "Marta Vidal · female · 1974-08-12": what the record says of its subject first. */
static str summarise(const struct catalog *catalog, const struct view *view, enum language language,
                     struct buf *text)
{
    size_t count = 0;
    for (size_t i = 0; i < view->count && count < SUMMARY_FACTS; i++) {
        const struct view_item *item = &view->items[i];
        if (!item->field->meaning.len || item->row)
            continue;
        buf_add(text, count++ ? S(" · ") : STR_EMPTY);
        buf_add(text, item_text(catalog, item, language));
    }
    str all = buf_str(text);
    size_t len = all.len < SUMMARY_BYTES ? all.len : SUMMARY_BYTES;
    while (len < all.len && len && (all.ptr[len] & 0xC0) == 0x80) /* not within a character */
        len--;
    return str_slice(all, 0, len);
}

static void print_hit_brief(const struct catalog *catalog, const struct hit *hit,
                            enum language language, struct buf *out)
{
    const struct view *view = &hit->view;
    bool is_open = view->disclosure != DISCLOSE_HIT_ONLY;
    char id[RECORD_ID_TEXT];
    struct buf text = {0};
    open_item(out);
    add_text(out, S("id"), str_c(record_id_format(view->id, id)));
    add_text(out, S("database"), view->definition->name);
    add_text(out, S("owner"), view->owner);
    add_text(out, S("disclosure"), str_c(disclosure_word(view->disclosure)));
    add_text(out, S("state"), str_c(state_word(view->state)));
    if (view->is_test)
        add_bool(out, S("test"), true);
    add_text(out, S("band"), str_c(band_word(hit->band)));
    print_cleared(hit->cleared, out);
    if (is_open) {
        add_real(out, S("bits"), hit->bits, 1);
        if (view->cautions && view->cautions->count)
            print_cautions(catalog, view->cautions, language, out);
        add_text_if(out, S("action"), action_text(catalog, view->action, language));
        add_text_if(out, S("summary"), summarise(catalog, view, language, &text));
    }
    if (hit->is_similar)
        add_real(out, S("expected_by_chance"), hit->expected_by_chance, 6);
    buf_add_char(out, '}');
    buf_release(&text);
}

static void print_hits(const struct catalog *catalog, str name, const struct hit *hits,
                       size_t count, bool is_brief, enum language language, struct buf *out)
{
    add_name(out, name);
    buf_add_char(out, '[');
    for (size_t i = 0; i < count; i++)
        if (is_brief)
            print_hit_brief(catalog, &hits[i], language, out);
        else
            search_hit_print(catalog, &hits[i], language, out);
    buf_add_char(out, ']');
}

static void print_database_brief(const struct catalog *catalog,
                                 const struct database_answer *database, enum language language,
                                 struct buf *out)
{
    open_item(out);
    add_text(out, S("name"), database->definition->name);
    add_text(out, S("result"), str_c(database_result_word(database->result)));
    add_number(out, S("count"), database->hit_count);
    search_said_print(catalog, S("reason"), database->reason, language, out);
    buf_add_char(out, '}');
}

void print_database(const struct catalog *catalog, const struct database_answer *database,
                    enum language language, struct buf *out)
{
    open_item(out);
    add_text(out, S("name"), database->definition->name);
    add_text(out, S("title"), title_of(database->definition->title, language));
    add_text(out, S("result"), str_c(database_result_word(database->result)));
    add_number(out, S("count"), database->hit_count);
    search_said_print(catalog, S("reason"), database->reason, language, out);
    buf_add_char(out, '}');
}

static bool is_no_hit(const struct database_answer *database)
{
    return database->result == RESULT_NO_HIT && database->hit_count == 0;
}

static bool is_nothing_at_all(const struct search_answer *answer)
{
    for (size_t i = 0; i < answer->database_count; i++)
        if (!is_no_hit(&answer->databases[i]))
            return false;
    return true;
}

static void print_databases(const struct catalog *catalog, const struct search_answer *answer,
                            enum language language, struct buf *out)
{
    add_name(out, S("databases"));
    buf_add_char(out, '[');
    if (answer->all_no_hits && !answer->is_brief && is_nothing_at_all(answer)) {
        buf_add(out, answer->all_no_hits[language]);
        buf_add_char(out, ']');
        return;
    }
    for (size_t i = 0; i < answer->database_count; i++) {
        const struct database_answer *database = &answer->databases[i];
        if (answer->is_brief) {
            print_database_brief(catalog, database, language, out);
            continue;
        }
        if (!is_no_hit(database) || !answer->no_hits) {
            print_database(catalog, database, language, out);
            continue;
        }
        buf_add(out, i ? S(",") : STR_EMPTY);
        buf_add(out, answer->no_hits[database->definition->number * LANGUAGE_COUNT + language]);
    }
    buf_add_char(out, ']');
}

void search_answer_print(const struct catalog *catalog, const struct search_answer *answer,
                         enum language language, struct buf *out)
{
    buf_add_char(out, '{');
    add_text(out, S("verdict"), str_c(verdict_word(answer->verdict)));
    add_text_if(out, S("receipt"), answer->receipt);
    add_time(out, S("as_of"), answer->as_of_us);
    add_number(out, S("took_us"), answer->took_us);
    add_bool(out, S("proven"), answer->is_proven);
    add_name(out, S("understood"));
    search_readings_print(catalog, answer->readings, answer->reading_count, language, out);
    print_databases(catalog, answer, language, out);
    add_number(out, S("total"), answer->total_count);
    print_hits(catalog, S("hits"), answer->hits, answer->hit_count, answer->is_brief, language,
               out);
    print_hits(catalog, S("similar"), answer->similar, answer->similar_count, answer->is_brief,
               language, out);
    search_said_print(catalog, S("similar_reason"), answer->similar_reason, language, out);
    search_said_print(catalog, S("advice"), answer->advice, language, out);
    add_text_if(out, S("repaired"), answer->repaired);
    add_text_if(out, S("keyboard"), answer->keyboard);
    buf_add_char(out, '}');
}
