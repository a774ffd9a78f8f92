/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standing queries by name, number and series: of every question the definitions bring as examples,
 * and of some thousand made from fictional persons with the slips people make, what new records
 * meet is what a search would show then, in the same band.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/random.h"

#include "sample/sample.h"
#include "standing/internal.h"
#include "type/date.h"
#include "type/name.h"

#include "search_fixture.h"
#include "test.h"

enum { ASKED_MAX = 4000, MET_MAX = 20000, PERSONS = 160 };

struct asked {
    struct record_id id;
    const struct definition *definition;
    const struct node *fields;
    struct actor actor;
    const char *what;
};
struct met_one {
    uint64_t query, record;
    enum band band;
};
static struct node_under_test node;
static struct standing *standing;
static struct actor asker, approver;
static struct asked asked[ASKED_MAX];
static struct met_one mets[MET_MAX];
static size_t asked_count, met_total;

static enum err actor_of(void *context, str officer, str role, struct arena *arena,
                         struct actor *ret)
{
    (void)context, (void)officer, (void)role, (void)arena;
    *ret = asker;
    return OK;
}

static enum err on_hit(void *context, const struct standing_hit *hit)
{
    (void)context;
    assert_true(met_total < MET_MAX);
    mets[met_total++] = (struct met_one){hit->query.number, hit->record.number, hit->band};
    return OK;
}

static void changed(void *context, uint64_t first_seq, uint64_t last_seq)
{
    index_follow(context, first_seq, last_seq);
    if (standing)
        standing_follow(standing, last_seq);
}

static int begin(void **state)
{
    (void)state;
    asked_count = met_total = 0;
    node_start(&node, ".");
    asker = actor_as(node.catalog, "national-bureau", "search");
    approver = actor_as(node.catalog, "national-bureau", "search");
    approver.officer = S("o-2");
    must(standing_open(node.catalog, node.store, node.engine, &standing), "standing");
    standing_on(standing, actor_of, on_hit, NULL);
    store_set_hook(node.store, changed, node.index);
    return 0;
}

static int end(void **state)
{
    (void)state;
    standing_close(standing);
    standing = NULL;
    node_stop(&node);
    return 0;
}

static bool choose_purpose(const struct definition *definition)
{
    for (uint16_t i = 0; i < 64; i++) {
        asker.purpose = i;
        if (definition->purposes >> i & 1 &&
            !policy_allow(node.catalog, &asker, POLICY_SEARCH, definition, STR_EMPTY))
            return true;
    }
    err_clear();
    return false;
}

static struct node *only(const struct definition *definition)
{
    struct node *databases = node_list(&node.arena);
    node_add(databases, node_text(&node.arena, definition->name));
    return databases;
}

/* false: it is none that can wait. */
static bool ask(const struct definition *definition, const struct node *fields, const char *what)
{
    struct record_id id;
    struct standing_question question = {.fields = fields,
                                         .databases = only(definition),
                                         .until = day_of_number(day_number(day_today()) + 30),
                                         .reference = S("C-1")};
    if (!choose_purpose(definition) ||
        standing_ask(standing, &asker, &question, &node.arena, &id) != OK) {
        err_clear();
        return false;
    }
    must(standing_approve(standing, &approver, id, &node.arena), "approve");
    assert_true(asked_count < ASKED_MAX);
    asked[asked_count++] = (struct asked){id, definition, fields, asker, what};
    return true;
}

static enum band met_band(uint64_t query, uint64_t record)
{
    for (size_t i = 0; i < met_total; i++)
        if (mets[i].query == query && mets[i].record == record)
            return mets[i].band == BAND_NONE ? BAND_HIT : mets[i].band;
    return BAND_NONE;
}

struct outcome {
    size_t shown, told, missed, otherwise;
};

/* What a search of the asker shows now, against what was met. */
static void compare(const struct asked *one, struct outcome *outcome)
{
    struct search_request request = {.fields = one->fields,
                                     .databases = only(one->definition),
                                     .similar = SIMILAR_NO,
                                     .limit = 100};
    struct arena arena = {0};
    struct search_plan *plan;
    struct search_answer answer = {0};
    must(search_plan(node.engine, &one->actor, &request, &arena, &plan), "plan");
    must(search_run(plan, &answer), "run");
    for (size_t i = 0; i < answer.hit_count; i++) {
        const struct hit *hit = &answer.hits[i];
        enum band said = hit->band == BAND_NONE ? BAND_HIT : hit->band;
        enum band told = met_band(one->id.number, hit->view.id.number);
        outcome->shown++;
        outcome->told += told == said;
        outcome->missed += told == BAND_NONE;
        outcome->otherwise += told != BAND_NONE && told != said;
        if (told == BAND_NONE && getenv("VERBOSE")) {
            struct buf out = {.max = 4096};
            json_write(&out, one->fields);
            fprintf(stderr, "missed (%s): %.*s, %s, %.1f bits\n", one->what, STR(buf_str(&out)),
                    said == BAND_HIT ? "hit" : "possible", hit->bits);
            buf_release(&out);
        }
    }
    size_t met_by = 0;
    for (size_t i = 0; i < met_total; i++)
        met_by += mets[i].query == one->id.number;
    if (answer.total_count < 100)
        assert_true(met_by <= answer.hit_count); /* never more than a search shows */
    arena_release(&arena);
}

static void compare_all(struct outcome *outcome)
{
    *outcome = (struct outcome){0};
    for (size_t i = 0; i < asked_count; i++)
        compare(&asked[i], outcome);
    fprintf(stderr, "%zu questions, %zu records shown by a search, %zu met, %zu not\n", asked_count,
            outcome->shown, outcome->told, outcome->missed);
    assert_int_equal(outcome->otherwise, 0);
}

static void ask_examples(const struct definition *definition, const struct example *examples,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!node_get(examples[i].query, S("text")))
            ask(definition, examples[i].query, examples[i].title.ptr);
}

static void examples_are_met_as_a_search_would(void **state)
{
    struct outcome outcome;
    (void)state;
    for (size_t i = 0; i < node.catalog->count; i++) {
        const struct definition *definition = node.catalog->definitions[i];
        if (!definition_is_data(definition))
            continue;
        ask_examples(definition, definition->finds, definition->find_count);
        ask_examples(definition, definition->misses, definition->miss_count);
    }
    must(standing_catch_up(standing), "catch up");
    for (size_t i = 0; i < node.catalog->count; i++) {
        const struct definition *definition = node.catalog->definitions[i];
        for (size_t k = 0; k < definition->example_count && definition_is_data(definition); k++)
            node_put_record(&node, definition, definition->examples[k].body);
    }
    must(standing_catch_up(standing), "catch up");
    compare_all(&outcome);
    assert_true(asked_count > 30 && outcome.told > 30);
    assert_int_equal(outcome.missed, 0);
}

/* ---- persons, and how they are written down ---- */

static const struct value *value_of(const struct record *record, const struct type *type,
                                    const struct field *field)
{
    for (size_t i = 0; i < record->count; i++)
        if (record->values[i].value.type == type && (!field || record->values[i].field == field))
            return &record->values[i].value;
    return NULL;
}

static str mistyped(str text, size_t at)
{
    char *copy = arena_alloc(&node.arena, text.len + 1);
    memcpy(copy, text.ptr, text.len);
    for (size_t i = at; i < text.len; i++)
        if (copy[i] >= 'a' && copy[i] <= 'y') {
            copy[i]++;
            break;
        }
    return str_of(copy, text.len);
}

static str words_turned(str text)
{
    size_t blank = str_find(text, ' ');
    if (blank == text.len)
        return text;
    str first = str_slice(text, 0, blank);
    if (str_ends(first, S(",")))
        first.len--;
    return arena_printf(&node.arena, "%.*s %.*s", STR(str_from(text, blank + 1)), STR(first));
}

static void ask_about(const struct definition *definition, str name, str born, const char *what)
{
    struct node *fields = node_map(&node.arena);
    node_put_text(&node.arena, fields, S("name"), name);
    node_put_text(&node.arena, fields, S("birth-date"), born);
    ask(definition, fields, what);
}

static void ask_as_written(const struct definition *definition, str name, const struct date *date)
{
    struct day day = day_of_number(date->first_day);
    str exact = arena_printf(&node.arena, "%04d-%02d-%02d", day.year, day.month, day.day);
    ask_about(definition, name, exact, "as held");
    ask_about(definition, words_turned(name), exact, "words turned");
    ask_about(definition, mistyped(name, 2), exact, "mistyped at the beginning");
    ask_about(definition, mistyped(name, name.len / 2 + 1), exact, "mistyped later");
    ask_about(definition, name, arena_printf(&node.arena, "%04d", day.year), "year only");
    ask_about(definition, name,
              arena_printf(&node.arena, "%04d-%02d-%02d", day.year + 1, day.month, day.day),
              "a year off");
    if (day.day <= 12)
        ask_about(definition, name,
                  arena_printf(&node.arena, "%04d-%02d-%02d", day.year, day.day, day.month),
                  "day and month turned");
    ask_about(definition, mistyped(name, name.len / 2 + 1),
              arena_printf(&node.arena, "%04d", day.year), "mistyped, year only");
}

static const struct definition *with_names(void)
{
    for (size_t i = 0; i < node.catalog->count; i++)
        if (definition_is_data(node.catalog->definitions[i]) &&
            node.catalog->definitions[i]->order_by)
            return node.catalog->definitions[i];
    return NULL;
}

static struct node *lines_of(const struct definition *definition)
{
    struct scratch scratch;
    struct sample_report report;
    char path[700];
    char *bytes;
    size_t len;
    struct node *list = node_list(&node.arena);
    scratch_make(&scratch);
    struct sample_options options = {.persons = PERSONS,
                                     .seed = 7,
                                     .directory = scratch.path,
                                     .today = {2026, 11, 22}};
    must(sample_write(node.catalog, &options, &report), "sample");
    snprintf(path, sizeof path, "%s/%.*s.ndjson", scratch.path, STR(definition->name));
    must(io_read_file(path, 16 << 20, &bytes, &len), path);
    str rest = arena_str(&node.arena, str_of(bytes, len)), line;
    while (str_split(&rest, '\n', &line)) {
        struct node *one;
        if (!line.len)
            continue;
        must(json_parse(line, &node.arena, &one), "line");
        node_add(list, one);
    }
    free(bytes);
    scratch_remove(&scratch);
    return list;
}

static void persons_are_met_as_a_search_would(void **state)
{
    struct outcome outcome;
    (void)state;
    const struct definition *definition = with_names();
    assert_non_null(definition);
    struct node *lines = lines_of(definition);
    assert_true(lines->count >= PERSONS / 2);
    node_each(line, lines)
    {
        struct record record;
        must(record_parse(node.catalog, definition, line, &node.arena, &record), "record");
        const struct value *name = value_of(&record, &type_name, NULL);
        const struct value *born = value_of(&record, &type_date, definition->order_by);
        if (name && born && date_of(born)->precision == DATE_DAY)
            ask_as_written(definition, name->raw, date_of(born));
    }
    must(standing_catch_up(standing), "catch up");
    node_each(line, lines) node_put_record(&node, definition, line);
    must(standing_catch_up(standing), "catch up");
    compare_all(&outcome);
    assert_true(asked_count > 500 && outcome.told > 400);
    assert_true(outcome.missed * 100 <= outcome.shown); /* one in a hundred at most */
}

/* ---- series ---- */

static void mark_found(void *context, uint32_t query)
{
    ((bool *)context)[query] = true;
}

static void series_meet_numbers_and_numbers_series(void **state)
{
    (void)state;
    struct spans spans = {0};
    static const struct {
        const char *space, *from, *to;
    } held[] = {{"n", "A100", "A199"}, {"n", "A150", "A150"}, {"n", "A000", "B000"},
                {"n", "C1", "C1"},     {"m", "A150", "A160"}, {"n", "A120", "A130"}};
    struct random random;
    random_seed(&random, 3);
    for (uint32_t i = 0; i < 3000; i++) { /* enough to be put in order, then some more */
        struct span span = {.query = i};
        if (i < COUNT_OF(held)) {
            span.space = str_c(held[i].space);
            span.from = str_c(held[i].from);
            span.to = str_c(held[i].to);
        } else {
            unsigned from = (unsigned)random_below(&random, 9000);
            span.space = S("n");
            span.from = arena_printf(&node.arena, "R%04u", from);
            span.to =
                arena_printf(&node.arena, "R%04u", from + (unsigned)random_below(&random, 50));
        }
        must(spans_add(&spans, &span), "span");
    }
    for (unsigned i = 0; i < 400; i++) {
        static bool is_found[3000];
        unsigned from = (unsigned)random_below(&random, 9000);
        str a = i == 0 ? S("A150") : arena_printf(&node.arena, "R%04u", from);
        str b = i == 0 ? S("A150") : arena_printf(&node.arena, "R%04u", from + i % 3 * 20);
        memset(is_found, 0, sizeof is_found);
        spans_find(&spans, S("n"), a, b, mark_found, is_found);
        for (size_t k = 0; k < spans.count; k++) {
            const struct span *span = &spans.items[k];
            bool is_met = str_eq(span->space, S("n")) && str_compare(span->from, b) <= 0 &&
                          str_compare(span->to, a) >= 0;
            assert_int_equal(is_found[span->query], is_met);
        }
    }
    spans_release(&spans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(examples_are_met_as_a_search_would, begin, end),
        cmocka_unit_test_setup_teardown(persons_are_met_as_a_search_would, begin, end),
        cmocka_unit_test_setup_teardown(series_meet_numbers_and_numbers_series, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
