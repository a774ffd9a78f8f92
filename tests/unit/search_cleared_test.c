/* SPDX-License-Identifier: Apache-2.0 */
/* A traveller who was once taken for somebody else, with the same document again. */
#include "search_fixture.h"
#include "test.h"

static const char soul[] =
    SOULS("identify", "  papers: {type: document-number, means: document-number, list: yes}\n"
                      "  land: {type: country, means: issuer}\n");

static char home[HOME_PATH];
static struct node_under_test node;
static uint64_t cleared_alert;
static unsigned asked;

static bool is_cleared(void *context, struct record_id alert, str number, str issuer,
                       struct arena *arena, struct search_cleared *ret)
{
    (void)context, (void)arena;
    asked++;
    if (alert.number != cleared_alert || !str_eq(number, S("L898902C3")) ||
        !str_eq(issuer, S("UTO")))
        return false;
    *ret = (struct search_cleared){0, S("UTO"), S("UTO/ncb")};
    return true;
}

static int setup(void **state)
{
    (void)state;
    souls_start(&node, home, soul);
    search_on_cleared(node.engine, is_cleared, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    souls_stop(&node, home);
    return 0;
}

static uint64_t put(const char *fields)
{
    return node_put_fields(&node, "soul", "UTO", fields);
}

static struct search_answer ask(const char *fields)
{
    struct search_request request = {.fields = json_of(&node, fields), .limit = 100};
    return node_ask_as(&node, &node.actor, &request);
}

#define PERSON "\"name\":\"Ottokar Quimbelhaven\",\"birth-date\":\"1974-08-12\""

static void the_alert_is_lowered_for_this_document(void **state)
{
    (void)state;
    cleared_alert = put("\"called\":[\"Ottokar Quimbelhaven\"],\"born\":[\"1974-08-12\"]");
    struct search_answer plain = ask("{" PERSON "}");
    assert_int_equal(plain.hit_count, 1);
    assert_null(plain.hits[0].cleared);
    assert_int_equal(asked, 0); /* no document, nobody is asked */
    struct search_answer again =
        ask("{" PERSON ",\"document-number\":\"L898902C3\",\"issuer\":\"UTO\"}");
    assert_int_equal(again.hit_count, 1);
    assert_non_null(again.hits[0].cleared);
    assert_true(str_eq(again.hits[0].cleared->unit, S("UTO/ncb")));
    assert_int_equal(again.hits[0].band, BAND_POSSIBLE);
    struct search_answer other =
        ask("{" PERSON ",\"document-number\":\"X1111111\",\"issuer\":\"UTO\"}");
    assert_null(other.hits[0].cleared);
    struct search_answer unknown = ask("{" PERSON ",\"document-number\":\"L898902C3\"}");
    assert_null(unknown.hits[0].cleared); /* whose document it is belongs to it */
    struct buf out = {0};
    search_hit_print(node.catalog, &again.hits[0], LANGUAGE_EN, &out);
    assert_true(str_has(buf_str(&out), S("\"cleared\":{\"time\":")));
    buf_release(&out);
}

/* Where the alert is about the document, the document is what is looked for. */
static void an_alert_of_the_document_itself_stays(void **state)
{
    (void)state;
    cleared_alert = put("\"called\":[\"Ottokar Quimbelhaven\"],\"born\":[\"1974-08-12\"],"
                        "\"papers\":[\"L898902C3\"]");
    struct search_answer answer =
        ask("{" PERSON ",\"document-number\":\"L898902C3\",\"issuer\":\"UTO\"}");
    bool is_there = false;
    for (size_t i = 0; i < answer.hit_count; i++)
        if (answer.hits[i].view.id.number == cleared_alert) {
            is_there = true;
            assert_null(answer.hits[i].cleared);
            assert_int_equal(answer.hits[i].band, BAND_HIT);
        }
    assert_true(is_there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_alert_is_lowered_for_this_document),
        cmocka_unit_test(an_alert_of_the_document_itself_stays),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
