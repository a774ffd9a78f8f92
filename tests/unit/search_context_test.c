/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates, places, countries, positions, amounts, codes: of types that say something of a record and lead to none. Beside a
 * number they agree with what is held or contradict it, in words; alone they are told apart from "nothing found".
 */
#include "home.h"
#include "search_fixture.h"
#include "test.h"

static const char parcel[] =
    "definition: parcel\ntitle: {en: Parcels}\nkind: record\npurposes: [identify]\n"
    "retain: {first: 5y}\n"
    "fields:\n"
    "  tracking: {type: identifier, means: file-number, required: yes}\n"
    "  sent_on: {type: date, means: event-date}\n"
    "  sent_in: {type: country, means: event-country}\n"
    "  sent_at: {type: place, means: event-place}\n"
    "  lies_at: {type: geo, means: position}\n"
    "  worth: {type: money, means: value}\n"
    "  weighs: {type: quantity, means: weight}\n"
    "  built: {type: number, means: manufacture-year}\n"
    "  colours: {type: code, codes: colours, means: colour, list: yes}\n"
    "  of_sex: {type: sex, means: sex}\n"
    "  seen: {type: event, means: event}\n"
    "show: {national-bureau: all, others: hit-only}\n";
static const char held[] =
    "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"identify\"],\"review_on\":\"2027-01-01\"},"
    "\"fields\":{\"tracking\":\"PX-1923\",\"sent_on\":\"2026-03-14\",\"sent_in\":\"FRA\","
    "\"sent_at\":\"Port Galini\",\"lies_at\":\"43.7000 N 7.2600 E\",\"worth\":\"EUR 1200\","
    "\"weighs\":\"82 kg\",\"built\":\"1998\",\"colours\":[\"red\",\"white\"],\"of_sex\":\"F\","
    "\"seen\":{\"kind\":\"theft\",\"date\":\"2026-03-14\",\"place\":\"Port Galini\"}}}";

static const struct {
    const char *meaning, *same, *close, *other; /* close: NULL where the type knows no nearness */
} cases[] = {
    {"event-date", "14.03.2026", "2026-03", "1987-11-02"},
    {"event-country", "France", NULL, "ZZZ"},
    {"event-place", "PORT GALINI", "Port Gallini", "Lake Miroval"},
    {"position", "43.7 N 7.26 E", "43.701 N 7.262 E", "12.48 N 47.91 E"},
    {"value", "1200 EUR", "EUR 1190", "EUR 9"},
    {"weight", "82 kg", "81 kg", "140 kg"},
    {"manufacture-year", "1998", "1999", "12"},
    {"colour", "red", NULL, "green"},
    {"sex", "female", NULL, "M"},
    {"event", "{\"kind\":\"theft\",\"date\":\"2026-03-14\",\"place\":\"Port Galini\"}", NULL,
     "{\"kind\":\"sighting\",\"date\":\"1990-01-01\",\"place\":\"Lake Miroval\"}"},
};

static char home[HOME_PATH];
static struct node_under_test node;

static int setup(void **state)
{
    (void)state;
    home_make(home);
    home_write(home, "databases/parcel.yaml", str_c(parcel));
    node_start(&node, home);
    node_put_record(&node, catalog_find(node.catalog, S("parcel")), json_of(&node, held));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    node_stop(&node);
    home_remove(home);
    return 0;
}

static const struct node *fields_of(const char *meaning, const char *text, bool with_number)
{
    struct node *fields = node_map(&node.arena);
    if (with_number)
        node_put_text(&node.arena, fields, S("file-number"), S("PX1923"));
    if (text[0] == '{')
        node_put(fields, str_c(meaning), json_of(&node, text));
    else
        node_put_text(&node.arena, fields, str_c(meaning), str_c(text));
    return fields;
}

/* How the value beside the number of the record compares; DIFFERENT lowers the match. */
static enum agreement ask(const char *meaning, const char *text, const char **ret_verdict)
{
    struct search_request request = {.fields = fields_of(meaning, text, true), .limit = 10};
    struct search_answer answer = node_ask_as(&node, &node.actor, &request);
    assert_int_equal(answer.hit_count, 1);
    *ret_verdict = verdict_word(answer.verdict);
    for (size_t i = 0; i < answer.hits[0].why_count; i++)
        if (str_eq_c(answer.hits[0].why[i].meaning, meaning)) {
            assert_true(answer.hits[0].why[i].words.len > 0);
            return answer.hits[0].why[i].agreement;
        }
    fail_msg("nothing is said of %s", meaning);
    return AGREE_UNKNOWN;
}

static void context_agrees_or_contradicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *verdict;
        if (ask(cases[i].meaning, cases[i].same, &verdict) != AGREE_SAME)
            fail_msg("%s: %s is not the same", cases[i].meaning, cases[i].same);
        assert_string_equal(verdict, "match");
        if (cases[i].close) {
            enum agreement agreement = ask(cases[i].meaning, cases[i].close, &verdict);
            if (agreement != AGREE_CLOSE && agreement != AGREE_FAR)
                fail_msg("%s: %s is not near", cases[i].meaning, cases[i].close);
        }
        if (ask(cases[i].meaning, cases[i].other, &verdict) != AGREE_DIFFERENT)
            fail_msg("%s: %s is not different", cases[i].meaning, cases[i].other);
    }
}

static enum err ask_alone(const struct node *fields)
{
    struct search_plan *plan = NULL;
    struct search_request request = {.fields = fields, .limit = 10};
    return search_plan(node.engine, &node.actor, &request, &node.arena, &plan);
}

static void context_alone_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(ask_alone(fields_of(cases[i].meaning, cases[i].same, false)), ERR_MISSING);
        uint16_t number = meaning_number(node.catalog, str_c(cases[i].meaning));
        str title = node.catalog->meaning_list->codes[number - 1].names[LANGUAGE_EN];
        assert_true(str_has(str_c(err_last()->message), title));
        assert_true(str_has(str_c(err_last()->message), S("cannot lead a search")));
        assert_true(str_has(str_c(err_last()->hint), S("a name")));
    }
    assert_int_equal(ask_alone(
                         json_of(&node, "{\"sex\":\"F\",\"value\":\"EUR 3\",\"colour\":\"red\"}")),
                     ERR_MISSING);
    assert_true(str_has(str_c(err_last()->message), S("Sex, Value and Colour cannot lead")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context_agrees_or_contradicts),
        cmocka_unit_test(context_alone_is_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
