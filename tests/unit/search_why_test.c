/* SPDX-License-Identifier: Apache-2.0 */
/* Why a record is, or is not, in an answer: one record, asked about in every way it can be missed. */
#include "search_fixture.h"
#include "test.h"

static const char soul[] = SOULS("identify", "");
static const char thing[] =
    "definition: thing\ntitle: {en: Things}\nkind: record\npurposes: [identify]\n"
    "retain: {first: 5y}\nfields:\n  number: {type: vin, means: vin}\n"
    "show: {national-bureau: all, others: hit-only}\n";

static char home[HOME_PATH];
static struct node_under_test node;
static uint64_t record;

static int setup(void **state)
{
    (void)state;
    home_make(home);
    home_write(home, "databases/soul.yaml", str_c(soul));
    home_write(home, "databases/thing.yaml", str_c(thing));
    node_start(&node, home);
    record = node_put_fields(&node, "soul", "UTO",
                             "\"called\":[\"Marisol Quintana\"],\"born\":[\"1971-06-03\"]");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    souls_stop(&node, home);
    return 0;
}

static enum err ask_why(const struct actor *actor, const char *request, uint64_t number,
                        struct search_answer *answer, struct search_why *why)
{
    const struct node *body = json_of(&node, request);
    struct search_request asked = {.text = node_get_text(body, S("text")),
                                   .fields = node_get(body, S("fields")),
                                   .databases = node_get(body, S("databases"))};
    struct search_plan *plan = NULL;
    must(search_plan(node.engine, actor, &asked, &node.arena, &plan), "plan");
    return search_why(plan, (struct record_id){.number = number}, answer, why);
}

static void the_first_thing_that_keeps_it_out_is_named(void **state)
{
    static const struct {
        const char *request, *why;
        bool by_name;
        uint32_t place;
    } rows[] = {
        {"{\"text\":\"Marisol Quintana\"}", "shown", true, 1},
        {"{\"text\":\"Quintana Marisol\"}", "shown", true, 1},
        {"{\"fields\":{\"name\":\"Marisol Quintana\",\"birth-date\":\"1971-06-03\"}}", "shown",
         true, 1},
        {"{\"text\":\"Marisol Quintana\",\"databases\":[\"thing\"]}", "not-asked", false, 0},
        {"{\"text\":\"Gerhard Oppenheimer\"}", "weak", false, 0},
        {"{\"fields\":{\"name\":\"Marisol Quintana\",\"birth-date\":\"1999-12-30\"}}", "weak", true,
         0},
        {"{\"text\":\"198.51.100.7\"}", "nothing", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct search_answer answer;
        struct search_why why;
        must(ask_why(&node.actor, rows[i].request, record, &answer, &why), rows[i].request);
        if (strcmp(why_not_word(why.why), rows[i].why) != 0 || why.by_name != rows[i].by_name ||
            why.place != rows[i].place)
            fail_msg("%s: %s, by name %d, place %u; wanted %s", rows[i].request,
                     why_not_word(why.why), why.by_name, why.place, rows[i].why);
        assert_int_equal(answer.hit_count, 1);
        assert_int_equal(answer.hits[0].view.id.number, record);
    }
}

static void a_weak_one_says_what_was_missing_and_where(void **state)
{
    struct search_answer answer;
    struct search_why why;
    (void)state;
    must(ask_why(&node.actor,
                 "{\"fields\":{\"name\":\"Marisol Quintana\",\"birth-date\":\"1999-12-30\"}}",
                 record, &answer, &why),
         "why");
    assert_true(why.is_scored && why.hit.band == BAND_NONE);
    assert_true(why.hit.bits < why.possible_from && why.possible_from < why.hit_from);
    assert_int_equal(why.hit.why_count, 2);
    double sum = 0;
    for (size_t i = 0; i < why.hit.why_count; i++)
        sum += why.hit.why[i].bits;
    assert_true(sum - why.hit.bits < 0.01 && why.hit.bits - sum < 0.01);
    assert_true(why.hit.why[1].bits < 0 && why.hit.why[1].words.len);
}

static void who_may_not_see_it_learns_nothing(void **state)
{
    struct actor other = actor_as(node.catalog, "frontline", "identify");
    struct search_answer answer;
    struct search_why why;
    char hidden[sizeof err_last()->message];
    (void)state;
    assert_int_equal(ask_why(&other, "{\"text\":\"Marisol Quintana\"}", record, &answer, &why),
                     ERR_NOT_FOUND);
    snprintf(hidden, sizeof hidden, "%s", err_last()->message);
    assert_int_equal(ask_why(&node.actor, "{\"text\":\"Marisol Quintana\"}", record + 77, &answer,
                             &why),
                     ERR_NOT_FOUND);
    assert_string_equal(err_last()->message, hidden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_thing_that_keeps_it_out_is_named),
        cmocka_unit_test(a_weak_one_says_what_was_missing_and_where),
        cmocka_unit_test(who_may_not_see_it_learns_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
