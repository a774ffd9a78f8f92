/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standing queries under a clock that the test sets: who may ask and allow, what is met and when,
 * and that what is not shown to the asker leaves nothing behind.
 */
#include "standing/standing.h"

#include "home.h"
#include "search_fixture.h"
#include "test.h"

static struct node_under_test node;
static char home[HOME_PATH];
static struct standing *standing;
static struct actor asker, approver;
static enum err actor_answer, log_answer;
static unsigned logged;

static const struct day first_day = {2026, 11, 22};

static void set_day(int ahead)
{
    clock_pin(((int64_t)day_number(first_day) + ahead) * 86400000000 + 36000000000);
}

static enum err actor_of(void *context, str officer, str role, struct arena *arena,
                         struct actor *ret)
{
    (void)context, (void)arena;
    assert_true(str_eq(officer, asker.officer) && str_eq(role, asker.role));
    *ret = asker;
    return actor_answer;
}

static enum err on_hit(void *context, const struct standing_hit *hit)
{
    (void)context;
    assert_true(hit->disclosure != DISCLOSE_NONE);
    assert_true(str_eq(hit->actor->officer, asker.officer));
    logged += log_answer == OK;
    return log_answer;
}

static void changed(void *context, uint64_t first_seq, uint64_t last_seq)
{
    index_follow(context, first_seq, last_seq);
    if (standing)
        standing_follow(standing, last_seq);
}

static void open_standing(void)
{
    must(standing_open(node.catalog, node.store, node.engine, &standing), "standing");
    standing_on(standing, actor_of, on_hit, NULL);
}

static int begin(void **state)
{
    char root[HOME_PATH / 2], target[HOME_PATH], path[HOME_PATH];
    (void)state;
    set_day(0);
    home_make(home);
    assert_non_null(getcwd(root, sizeof root));
    snprintf(target, sizeof target, "%s/system", root);
    snprintf(path, sizeof path, "%.200s/system", home);
    assert_int_equal(symlink(target, path), 0);
    home_write(home, "databases/parcel.yaml",
               S("definition: parcel\ntitle: Parcels\npurposes: [search]\n"
                 "fields:\n  number: {type: document-number, means: document-number}\n"
                 "retain: {first: 5y}\n"));
    home_write(home, "databases/crate.yaml",
               S("definition: crate\ntitle: Crates\npurposes: [search]\n"
                 "fields:\n  number: {type: document-number, means: document-number}\n"
                 "retain: {first: 5y}\n"));
    node_start(&node, home);
    asker = actor_as(node.catalog, "investigator", "search");
    approver = actor_as(node.catalog, "national-bureau", "search");
    approver.officer = S("o-2");
    approver.unit = S("FRA/ncb");
    actor_answer = log_answer = OK;
    logged = 0;
    open_standing();
    store_set_hook(node.store, changed, node.index);
    return 0;
}

static int end(void **state)
{
    (void)state;
    standing_close(standing);
    standing = NULL;
    node_stop(&node);
    home_remove(home);
    clock_pin(-1);
    return 0;
}

static enum err ask(const struct actor *actor, const char *number, int days, const char *database,
                    struct record_id *ret)
{
    struct node *fields = node_map(&node.arena);
    struct node *databases = node_list(&node.arena);
    node_put_text(&node.arena, fields, S("document-number"), str_c(number));
    if (database)
        node_add(databases, node_text(&node.arena, str_c(database)));
    struct standing_question question = {.fields = fields,
                                         .databases = database ? databases : NULL,
                                         .until = day_of_number(day_number(first_day) + days),
                                         .reference = S("C-1")};
    return standing_ask(standing, actor, &question, &node.arena, ret);
}

static struct record_id asked(const char *number, const char *database)
{
    struct record_id id;
    must(ask(&asker, number, 60, database, &id), "ask");
    must(standing_approve(standing, &approver, id, &node.arena), "approve");
    must(standing_catch_up(standing), "catch up");
    return id;
}

static uint64_t put(uint64_t number, const char *database, const char *value, const char *more)
{
    str body = arena_printf(&node.arena,
                            "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"search\"],"
                            "\"review_on\":\"2031-01-01\"%s},\"fields\":{\"number\":\"%s\"}}",
                            more, value);
    struct change change = {.kind = CHANGE_PUT,
                            .number = number,
                            .definition = str_c(database),
                            .definition_version = 1,
                            .owner = S("UTO"),
                            .actor = S("o-9"),
                            .body = body};
    struct committed done;
    must(store_commit(node.store, &change, 1, true, &done), "put");
    return done.id.number;
}

static size_t met_by(struct record_id id, const struct actor *actor)
{
    struct standing_query *queries;
    size_t count = 0, met = SIZE_MAX;
    must(standing_list(standing, actor, &node.arena, &queries, &count), "list");
    for (size_t i = 0; i < count; i++)
        if (queries[i].id.number == id.number)
            met = queries[i].met_count;
    return met;
}

static size_t met(struct record_id id)
{
    must(standing_catch_up(standing), "catch up");
    return met_by(id, &asker);
}

/* ---- asking ---- */

static void who_may_ask_and_allow(void **state)
{
    struct record_id id, own;
    struct actor stranger = approver;
    (void)state;
    stranger.country = S("ZZZ");
    assert_int_equal(ask(&asker, "QA1234567", 91, NULL, &id), ERR_BAD_VALUE);
    assert_int_equal(ask(&asker, "QA1234567", -1, NULL, &id), ERR_BAD_VALUE);
    assert_int_equal(ask(&asker, "QA1234567", 60, "nowhere", &id), ERR_UNKNOWN);
    must(ask(&asker, "QA1234567", 90, NULL, &id), "ninety days");
    must(ask(&approver, "QA1234567", 90, NULL, &own), "the bureau's own");
    must(standing_catch_up(standing), "catch up");
    assert_int_equal(standing_approve(standing, &asker, id, &node.arena), ERR_DENIED);
    assert_int_equal(standing_approve(standing, &approver, own, &node.arena), ERR_DENIED);
    assert_int_equal(standing_approve(standing, &stranger, id, &node.arena), ERR_NOT_FOUND);
    must(standing_approve(standing, &approver, id, &node.arena), "approve");
    assert_int_equal(standing_approve(standing, &approver, id, &node.arena), ERR_CONFLICT);
    assert_int_equal(standing_renew(standing, &approver, id, first_day, &node.arena), ERR_DENIED);
    assert_int_equal(standing_remove(standing, &stranger, id), ERR_NOT_FOUND);
    assert_int_equal(met_by(id, &stranger), SIZE_MAX);
}

/* ---- meeting ---- */

static void what_is_met(void **state)
{
    static const struct {
        const char *database, *value, *more, *only;
        int day;
        enum err actor;
        size_t expected;
        const char *why;
    } cases[] = {
        {"parcel", "QA1234567", "", NULL, 1, OK, 1, "the number"},
        {"parcel", "QA-123 4567", "", NULL, 1, OK, 1, "the number, written otherwise"},
        {"crate", "QA1234567", "", NULL, 1, OK, 1, "in any database"},
        {"parcel", "QA1234568", "", NULL, 1, OK, 0, "another number"},
        {"crate", "QA1234567", "", "parcel", 1, OK, 0, "in a database not asked"},
        {"parcel", "QA1234567", "", NULL, 60, OK, 1, "on the last day"},
        {"parcel", "QA1234567", "", NULL, 61, OK, 0, "after the last day"},
        {"parcel", "QA1234567", ",\"deny\":[\"FRA\"]", NULL, 1, OK, 0, "closed to his country"},
        {"parcel", "QA1234567", ",\"disclose\":\"none\"", NULL, 1, OK, 0, "closed to all"},
        {"parcel", "QA1234567", "", NULL, 1, ERR_UNAUTHENTICATED, 0, "the asker has left"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        begin(state);
        struct record_id id = asked("QA1234567", cases[i].only);
        set_day(cases[i].day);
        actor_answer = cases[i].actor;
        put(0, cases[i].database, cases[i].value, cases[i].more);
        size_t found = met(id);
        if (found != cases[i].expected || logged != cases[i].expected)
            fail_msg("%s: met %zu, logged %u", cases[i].why, found, logged);
        assert_int_equal(standing_news(standing, &asker, 0) > 0, cases[i].expected);
        end(state);
    }
    begin(state);
}

static void only_what_comes_after_approval(void **state)
{
    struct record_id id;
    (void)state;
    uint64_t before = put(0, "parcel", "QA1234567", "");
    must(ask(&asker, "QA1234567", 60, NULL, &id), "ask");
    put(0, "crate", "QA1234567", "");
    assert_int_equal(met(id), 0);
    must(standing_approve(standing, &approver, id, &node.arena), "approve");
    assert_int_equal(met(id), 0);
    put(before, "parcel", "QA1234567", ",\"legal_basis\":\"corrected\"");
    assert_int_equal(met(id), 1);
    put(before, "parcel", "QA1234567", ",\"legal_basis\":\"again\"");
    assert_int_equal(met(id), 1);
}

static void opened_to_him_later(void **state)
{
    (void)state;
    struct record_id id = asked("QA1234567", NULL);
    uint64_t record = put(0, "parcel", "QA1234567", ",\"deny\":[\"FRA\"]");
    assert_int_equal(met(id), 0);
    put(record, "parcel", "QA1234567", "");
    assert_int_equal(met(id), 1);
}

static void nothing_is_kept_that_is_not_on_the_log(void **state)
{
    (void)state;
    struct record_id id = asked("QA1234567", NULL);
    put(0, "parcel", "QA1234567", "");
    log_answer = ERR_FULL;
    assert_int_equal(standing_catch_up(standing), ERR_FULL);
    assert_int_equal(met_by(id, &asker), 0);
    log_answer = OK;
    assert_int_equal(met(id), 1);
    assert_int_equal(logged, 1);
}

static void goes_on_after_a_restart(void **state)
{
    (void)state;
    struct record_id id = asked("QA1234567", NULL);
    put(0, "parcel", "QA1234567", "");
    assert_int_equal(met(id), 1);
    put(0, "crate", "QA1234567", ""); /* not looked at when it stops */
    standing_close(standing);
    standing = NULL;
    open_standing();
    assert_int_equal(met(id), 2);
    assert_int_equal(logged, 2);
    must(standing_remove(standing, &asker, id), "remove");
    assert_int_equal(met(id), SIZE_MAX);
    put(0, "parcel", "QA1234567", "");
    must(standing_catch_up(standing), "catch up");
    assert_int_equal(logged, 2);
}

/* Until the longer date is allowed, the shorter one counts. */
static void renewed_when_allowed(void **state)
{
    struct record_id id;
    (void)state;
    must(ask(&asker, "QA1234567", 10, NULL, &id), "ask");
    must(standing_approve(standing, &approver, id, &node.arena), "approve");
    struct day later = day_of_number(day_number(first_day) + 80);
    must(standing_renew(standing, &asker, id, later, &node.arena), "renew");
    set_day(11);
    put(0, "parcel", "QA1234567", "");
    assert_int_equal(met(id), 0);
    must(standing_approve(standing, &approver, id, &node.arena), "approve");
    put(0, "crate", "QA1234567", "");
    assert_int_equal(met(id), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_may_ask_and_allow, begin, end),
        cmocka_unit_test_setup_teardown(only_what_comes_after_approval, begin, end),
        cmocka_unit_test_setup_teardown(opened_to_him_later, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_kept_that_is_not_on_the_log, begin, end),
        cmocka_unit_test_setup_teardown(goes_on_after_a_restart, begin, end),
        cmocka_unit_test_setup_teardown(renewed_when_allowed, begin, end),
        cmocka_unit_test_teardown(what_is_met, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
