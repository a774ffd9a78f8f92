/* SPDX-License-Identifier: Apache-2.0 */
/* One person recorded twice: within an owner's records each pair once, across owners on request. */
#include "search_fixture.h"
#include "test.h"

static const char soul[] = SOULS("identify", "");

static const struct {
    const char *owner, *name, *born;
} held[] = {
    {"UTO", "Marisol Quintana Belasco", "1971-06-03"},
    {"UTO", "Quintana Belasco, Marisol", "1971-06-03"}, /* the same */
    {"ZZZ", "Marisol Quintana Belasko", "1971-06-03"},  /* and again, by another owner */
    {"UTO", "Marisol Quintana Belasco", "1955-01-30"},  /* her namesake */
    {"UTO", "Otakar Vrchlabsky", "1949-10-12"},
    {"ZZZ", "Otakar Vrchlabsky", "1949-10-12"},
};
static char home[HOME_PATH];
static struct node_under_test node;
static uint64_t numbers[COUNT_OF(held)];

static int setup(void **state)
{
    (void)state;
    souls_start(&node, home, soul);
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        char fields[500];
        snprintf(fields, sizeof fields, "\"called\":[\"%s\"],\"born\":[\"%s\"]", held[i].name,
                 held[i].born);
        numbers[i] = node_put_fields(&node, "soul", held[i].owner, fields);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    souls_stop(&node, home);
    return 0;
}

struct told {
    char pairs[200];
    size_t len;
    uint64_t done, total;
    bool is_stopped;
};

static enum err on_progress(void *context, uint64_t done, uint64_t total)
{
    struct told *told = context;
    told->done = done;
    told->total = total;
    return told->is_stopped ? ERR_TIMEOUT : OK;
}

static size_t place_of(uint64_t number)
{
    size_t place = 0;
    while (place < COUNT_OF(held) && numbers[place] != number)
        place++;
    return place;
}

static enum err on_found(void *context, struct record_id record, const struct search_plan *plan,
                         const struct search_answer *answer)
{
    struct told *told = context;
    (void)plan;
    for (size_t i = 0; i < answer->hit_count; i++)
        told->len +=
            (size_t)snprintf(told->pairs + told->len, sizeof told->pairs - told->len, "%zu-%zu ",
                             place_of(record.number), place_of(answer->hits[i].view.id.number));
    return OK;
}

static enum err look(const struct actor *actor, const char *owner, bool is_across,
                     struct told *told)
{
    struct duplicates wanted = {.definition = catalog_find(node.catalog, S("soul")),
                                .owner = str_c(owner),
                                .least = BAND_HIT,
                                .is_across = is_across,
                                .progress = on_progress,
                                .found = on_found,
                                .context = told};
    return search_duplicates(node.engine, actor, &wanted);
}

static void pairs_are_told_once(void **state)
{
    static const struct {
        const char *role, *owner;
        bool is_across;
        const char *pairs;
        uint64_t total;
    } rows[] = {
        {"national-bureau", "UTO", false, "0-1 ", 4},
        {"national-bureau", "UTO", true, "0-2 0-1 1-2 4-5 ", 4},
        {"national-bureau", "ZZZ", false, "", 2},
        {"national-bureau", "", false, "0-1 ", 6},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct told told = {0};
        struct actor actor = actor_as(node.catalog, rows[i].role, "identify");
        must(look(&actor, rows[i].owner, rows[i].is_across, &told), "look");
        assert_string_equal(told.pairs, rows[i].pairs);
        assert_int_equal(told.done, rows[i].total);
        assert_int_equal(told.total, rows[i].total);
    }
}

static void it_can_be_stopped(void **state)
{
    struct told told = {.is_stopped = true};
    (void)state;
    assert_int_equal(look(&node.actor, "UTO", false, &told), ERR_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_told_once),
        cmocka_unit_test(it_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
