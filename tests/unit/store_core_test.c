/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system of record: what is committed is read back, refused changes leave no trace, the feed is
 * complete and in order.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store_fixture.h"

static void reopen(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(store_open(f->scratch.path, STORE_OPEN_EXISTING, &f->store), OK);
}

static struct change put_of(str owner, uint64_t number)
{
    struct change change =
        put(number, S("{\"envelope\":{\"owner\":\"ZZZ\",\"purposes\":[\"search\"],"
                      "\"review_on\":\"2031-01-01\"},\"fields\":{}}"));
    change.owner = owner;
    return change;
}

static struct committed must(struct store *store, struct change change)
{
    struct committed done = {0};
    assert_int_equal(store_commit(store, &change, 1, false, &done), OK);
    return done;
}

static void a_record_is_read_back_after_reopening(void **state)
{
    struct fixture *f = *state;
    clock_pin(1763000000000000);
    struct committed first = must(f->store, put(0, STORED_BODY("{\"a\":1}")));
    assert_int_equal(first.seq, 1);
    assert_int_equal(first.id.number, 1);
    assert_int_equal(first.version, 1);
    clock_pin(1763000001000000);
    struct committed second = must(f->store, put(1, STORED_BODY("{\"a\":2}")));
    assert_int_equal(second.seq, 2);
    assert_int_equal(second.version, 2);
    clock_pin(-1);
    uint32_t home = store_home(f->store);
    reopen(f);
    assert_int_equal(store_home(f->store), home);
    assert_int_equal(store_seq(f->store), 2);
    struct stored stored;
    assert_int_equal(store_read(f->store, 1, &f->arena, &stored), OK);
    assert_true(str_eq(stored.body, STORED_BODY("{\"a\":2}")));
    assert_true(str_eq(stored.definition, S("vehicle")));
    assert_true(str_eq(stored.owner, S("UTO")));
    assert_true(str_eq(stored.actor, S("o-1")));
    assert_int_equal(stored.definition_version, 1);
    assert_int_equal(stored.id.home, home);
    assert_int_equal(stored.time_us, 1763000001000000);
    assert_int_equal(stored.entered_us, 1763000000000000);
    assert_int_equal(store_read_version(f->store, 1, 1, &f->arena, &stored), OK);
    assert_true(str_eq(stored.body, STORED_BODY("{\"a\":1}")));
    assert_int_equal(store_read_version(f->store, 1, 3, &f->arena, &stored), ERR_NOT_FOUND);
    assert_int_equal(store_read_version(f->store, 1, 0, &f->arena, &stored), ERR_NOT_FOUND);
    assert_int_equal(store_read(f->store, 2, &f->arena, &stored), ERR_NOT_FOUND);
}

static void a_change_of_state_keeps_the_body(void **state)
{
    struct fixture *f = *state;
    must(f->store, put(0, STORED_BODY("{\"a\":1}")));
    struct change change = {.kind = CHANGE_STATE,
                            .number = 1,
                            .state = STATE_SUSPENDED,
                            .actor = S("o-7")};
    must(f->store, change);
    change.state = STATE_ACTIVE;
    must(f->store, change);
    struct stored *versions;
    size_t count = 0;
    assert_int_equal(store_history(f->store, 1, &f->arena, &versions, &count), OK);
    assert_int_equal(count, 3);
    static const enum state states[] = {STATE_ACTIVE, STATE_SUSPENDED, STATE_ACTIVE};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(versions[i].version, i + 1);
        assert_int_equal(versions[i].state, states[i]);
        assert_true(str_eq(versions[i].body, STORED_BODY("{\"a\":1}")));
        assert_memory_equal(&versions[i].hash, &versions[0].hash, sizeof versions[0].hash);
        assert_false(versions[i].is_erased);
    }
    uint64_t checked = 0;
    assert_int_equal(store_verify(f->store, &checked), OK);
    assert_int_equal(checked, 3);
}

/* change, refusal */
static void refused_changes_leave_no_trace(void **state)
{
    struct fixture *f = *state;
    must(f->store, put(0, STORED_BODY("{\"a\":1}")));
    must(f->store, put(0, STORED_BODY("{\"b\":1}")));
    struct change erase = {.kind = CHANGE_ERASE, .number = 2, .actor = S("o-7")};
    must(f->store, erase);
    struct hash unknown = {{1}};
    struct change cases[8];
    static const enum err expected[] = {ERR_STALE,    ERR_NOT_FOUND, ERR_GONE,    ERR_CONFLICT,
                                        ERR_CONFLICT, ERR_MISSING,   ERR_MISSING, ERR_NOT_FOUND};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        cases[i] = put(1, STORED_BODY("{\"a\":9}"));
    cases[0].expect_version = 2;
    cases[1].number = 17;
    cases[2].number = 2;
    cases[3].definition = S("firearm");
    cases[4] = put_of(S("ZZZ"), 1);
    cases[5].owner = STR_EMPTY;
    cases[6].actor = STR_EMPTY;
    cases[7].attachments = &unknown;
    cases[7].attachment_count = 1;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct committed done;
        assert_int_equal(store_commit(f->store, &cases[i], 1, false, &done), expected[i]);
        assert_int_equal(done.failed, expected[i]);
    }
    assert_int_equal(store_seq(f->store), 3);
    struct committed done[COUNT_OF(cases) + 1];
    struct change together[COUNT_OF(cases) + 1];
    memcpy(together, cases, sizeof cases);
    together[COUNT_OF(cases)] = put(1, STORED_BODY("{\"a\":2}"));
    assert_int_equal(store_commit(f->store, together, COUNT_OF(together), false, done), OK);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(done[i].failed, expected[i]);
    assert_int_equal(done[COUNT_OF(cases)].failed, OK);
    assert_int_equal(done[COUNT_OF(cases)].version, 2);
    assert_int_equal(store_seq(f->store), 4);
}

static void all_or_none_is_all_or_none(void **state)
{
    struct fixture *f = *state;
    struct change changes[] = {put(0, STORED_BODY("{\"a\":1}")), put(0, STORED_BODY("{\"a\":2}")),
                               put(5, STORED_BODY("{\"a\":3}"))};
    changes[0].definition = S("a-definition-not-seen-before");
    struct committed done[3];
    assert_int_equal(store_commit(f->store, changes, 3, true, done), ERR_NOT_FOUND);
    assert_int_equal(store_seq(f->store), 0);
    changes[2].number = 0;
    assert_int_equal(store_commit(f->store, changes, 3, true, done), OK);
    assert_int_equal(done[2].seq, 3);
    assert_int_equal(done[2].id.number, 3);
    uint64_t count = 0;
    assert_int_equal(store_count(f->store, S("vehicle"), STR_EMPTY, &count), OK);
    assert_int_equal(count, 2);
    reopen(f);
    uint64_t checked = 0;
    assert_int_equal(store_verify(f->store, &checked), OK);
    assert_int_equal(checked, 3);
}

struct collected {
    uint64_t last_seq, last_number;
    size_t count;
    size_t stop_at;
};

static enum err collect_feed(void *context, const struct stored *change)
{
    struct collected *c = context;
    assert_int_equal(change->seq, c->last_seq + 1);
    c->last_seq = change->seq;
    c->count++;
    return c->count == c->stop_at ? ERR_TIMEOUT : OK;
}

static enum err collect_list(void *context, const struct stored *change)
{
    struct collected *c = context;
    assert_true(change->id.number > c->last_number);
    c->last_number = change->id.number;
    c->count++;
    return OK;
}

static void the_feed_has_every_change_once_in_order(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 1000 };
    static struct change changes[COUNT];
    static struct committed done[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        changes[i] = put(0, STORED_BODY("{\"a\":1}"));
    assert_int_equal(store_commit(f->store, changes, COUNT, false, done), OK);
    struct collected c = {0};
    assert_int_equal(store_feed(f->store, 0, 600, collect_feed, &c), OK);
    assert_int_equal(c.count, 600);
    assert_int_equal(store_feed(f->store, c.last_seq, COUNT, collect_feed, &c), OK);
    assert_int_equal(c.count, COUNT);
    c = (struct collected){.stop_at = 5};
    assert_int_equal(store_feed(f->store, 0, COUNT, collect_feed, &c), ERR_TIMEOUT);
    assert_int_equal(c.count, 5);
}

static void lists_go_by_definition_and_owner(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 10000 }; /* more than two blocks of numbers */
    static struct change changes[COUNT];
    static struct committed done[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        changes[i] = put(0, STORED_BODY("{\"a\":1}"));
        if (i % 10 == 0)
            changes[i] = put_of(S("ZZZ"), 0);
        if (i == 3 || i == 4094 || i == 4095 || i == 9000)
            changes[i].definition = S("officer");
    }
    assert_int_equal(store_commit(f->store, changes, COUNT, false, done), OK);
    static const struct {
        const char *definition, *owner;
        uint64_t after;
        size_t max, expected;
    } cases[] = {{"", "", 0, COUNT + 1, COUNT},     {"officer", "", 0, 100, 4},
                 {"officer", "", 4, 100, 3},        {"officer", "", 4095, 100, 2},
                 {"officer", "", 4096, 100, 1},     {"officer", "", 9001, 100, 0},
                 {"officer", "", 0, 2, 2},          {"officer", "ZZZ", 0, 100, 1},
                 {"", "ZZZ", 0, COUNT, COUNT / 10}, {"vehicle", "", 0, COUNT, COUNT - 4},
                 {"no-such", "", 0, COUNT, 0},      {"vehicle", "no", 0, COUNT, 0},
                 {"vehicle", "", 0, 5000, 5000},    {"vehicle", "", 9999, COUNT, 1}};
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            struct collected c = {.last_number = cases[i].after};
            assert_int_equal(store_list(f->store, str_c(cases[i].definition), str_c(cases[i].owner),
                                        cases[i].after, cases[i].max, collect_list, &c),
                             OK);
            assert_int_equal(c.count, cases[i].expected);
        }
        reopen(f);
    }
    uint64_t count = 0;
    assert_int_equal(store_count(f->store, S("officer"), STR_EMPTY, &count), OK);
    assert_int_equal(count, 4);
    assert_int_equal(store_count(f->store, STR_EMPTY, S("ZZZ"), &count), OK);
    assert_int_equal(count, COUNT / 10);
}

struct hook_seen {
    uint64_t last;
};

static void on_group(void *context, uint64_t first, uint64_t last)
{
    struct hook_seen *seen = context;
    assert_int_equal(first, seen->last + 1);
    seen->last = last;
}

static void the_hook_runs_before_the_acknowledgement(void **state)
{
    struct fixture *f = *state;
    struct hook_seen seen = {0};
    store_set_hook(f->store, on_group, &seen);
    for (int i = 0; i < 50; i++) {
        struct committed done = must(f->store, put(0, STORED_BODY("{}")));
        assert_int_equal(seen.last, done.seq);
    }
    store_wait(f->store, 49, clock_monotonic_us() + 60000000);
    int64_t before = clock_monotonic_us();
    store_wait(f->store, 50, before + 1000);
    assert_true(clock_monotonic_us() >= before + 1000);
}

static void on_done(void *context, enum err code, struct committed *results, size_t count)
{
    assert_int_equal(code, OK);
    assert_int_equal(count, 2);
    assert_int_equal(results[1].seq, results[0].seq + 1);
    ++*(int *)context;
}

static void submitted_changes_are_done_before_close_returns(void **state)
{
    struct fixture *f = *state;
    struct change changes[] = {put(0, STORED_BODY("{\"a\":1}")), put(0, STORED_BODY("{\"a\":2}"))};
    int done = 0;
    for (int i = 0; i < 100; i++)
        assert_int_equal(store_submit(f->store, changes, 2, false, on_done, &done), OK);
    reopen(f);
    assert_int_equal(done, 100);
    assert_int_equal(store_seq(f->store), 200);
}

static void notes_are_kept(void **state)
{
    struct fixture *f = *state;
    str text;
    assert_int_equal(store_note_get(f->store, S("import.1"), &f->arena, &text), ERR_NOT_FOUND);
    assert_int_equal(store_note_put(f->store, S("import.1"), S("row 17")), OK);
    assert_int_equal(store_note_put(f->store, S("import.1"), S("row 18")), OK);
    reopen(f);
    assert_int_equal(store_note_get(f->store, S("import.1"), &f->arena, &text), OK);
    assert_true(str_eq(text, S("row 18")));
}

static void attachments_live_as_long_as_a_body_shows_them(void **state)
{
    struct fixture *f = *state;
    struct hash photo, other;
    str content, mime;
    assert_int_equal(store_blob_put(f->store, S("jpeg bytes"), S("image/jpeg"), &photo), OK);
    assert_int_equal(store_blob_put(f->store, S("jpeg bytes"), S("image/jpeg"), &photo), OK);
    assert_int_equal(store_blob_put(f->store, S("other bytes"), S("image/png"), &other), OK);
    struct hash both[] = {photo, other};
    struct change change = put(0, STORED_BODY("{\"photo\":1}"));
    change.attachments = &photo;
    change.attachment_count = 1;
    must(f->store, change);
    change.attachments = both;
    change.attachment_count = 2;
    must(f->store, change);
    struct committed done;
    assert_int_equal(store_erase(f->store, 2, S("o-7"), &done), OK);
    assert_int_equal(store_blob_get(f->store, &photo, &f->arena, &content, &mime), OK);
    assert_true(str_eq(content, S("jpeg bytes")));
    assert_true(str_eq(mime, S("image/jpeg")));
    assert_int_equal(store_blob_get(f->store, &other, &f->arena, &content, &mime), ERR_NOT_FOUND);
    assert_int_equal(store_erase(f->store, 1, S("o-7"), &done), OK);
    assert_int_equal(store_blob_get(f->store, &photo, &f->arena, &content, &mime), ERR_NOT_FOUND);
}

static void a_second_process_is_refused(void **state)
{
    struct fixture *f = *state;
    pid_t child = fork();
    if (child == 0) {
        struct store *second = NULL;
        enum err code = store_open(f->scratch.path, STORE_OPEN_EXISTING, &second);
        char expected[64];
        snprintf(expected, sizeof expected, "in use by process %ld", (long)getppid());
        bool is_named = strstr(err_last()->message, expected) != NULL;
        _exit(code == ERR_LOCKED && is_named ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void what_is_not_a_store_is_refused(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    f->store = NULL;
    char path[600];
    snprintf(path, sizeof path, "%s/store.db", f->scratch.path);
    unsigned version = 0;
    assert_int_equal(store_schema(f->scratch.path, &version), OK);
    assert_int_equal(version, STORE_SCHEMA_VERSION);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    static const char newer[] = {0, 0, 0, 9}; /* SQLite's user_version, offset 60 of the file */
    assert_int_equal(pwrite(fd, newer, 4, 60), 4);
    assert_int_equal(store_open(f->scratch.path, STORE_OPEN_EXISTING, &f->store), ERR_VERSION);
    assert_non_null(strstr(err_last()->message, "schema version 9"));
    struct buf report = {0};
    assert_int_equal(store_upgrade(f->scratch.path, true, &report), ERR_VERSION);
    static const char same[] = {0, 0, 0, STORE_SCHEMA_VERSION, 0, 0, 0, 0, 'E', 'L', 'S', 'E'};
    assert_int_equal(pwrite(fd, same, 4, 60), 4);
    assert_int_equal(store_upgrade(f->scratch.path, true, &report), OK);
    assert_int_equal(store_upgrade(f->scratch.path, false, &report), OK);
    buf_release(&report);
    assert_int_equal(pwrite(fd, same, 12, 60), 12);
    assert_int_equal(store_open(f->scratch.path, STORE_OPEN_EXISTING, &f->store), ERR_DAMAGED);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, "this is a text and not a database at all, is it?", 48, 0), 48);
    close(fd);
    assert_int_equal(store_open(f->scratch.path, STORE_OPEN_EXISTING, &f->store), ERR_DAMAGED);
    assert_int_equal(remove(path), 0);
    assert_int_equal(store_open(f->scratch.path, STORE_OPEN_EXISTING, &f->store), ERR_NOT_FOUND);
    assert_int_equal(store_open("/no/such/place", STORE_OPEN_CREATE, &f->store), ERR_IO);
}

static void limits_are_named(void **state)
{
    struct fixture *f = *state;
    static struct change many[STORE_BATCH_MAX + 1];
    static struct committed done[STORE_BATCH_MAX + 1];
    assert_int_equal(store_commit(f->store, many, COUNT_OF(many), false, done), ERR_LIMIT);
    char *large = calloc(1, STORE_BODY_MAX + 1);
    struct change change = put(0, str_of(large, STORE_BODY_MAX + 1));
    assert_int_equal(store_commit(f->store, &change, 1, false, done), ERR_LIMIT);
    free(large);
    assert_int_equal(store_commit(f->store, many, 0, false, done), OK);
}

/* Owner, purpose and review date: the store looks itself, whatever came before it. */
static void a_record_says_whose_what_for_and_until_when(void **state)
{
    struct fixture *f = *state;
    static const struct {
        str body;
        enum err code;
    } cases[] = {
        {S("{}"), ERR_MISSING},
        {S("{\"fields\":{}}"), ERR_MISSING},
        {S("{\"envelope\":{},\"fields\":{}}"), ERR_MISSING},
        {S("{\"envelope\":{\"owner\":\"\",\"purposes\":[\"search\"],"
           "\"review_on\":\"2031-01-01\"},\"fields\":{}}"),
         ERR_MISSING},
        {S("{\"envelope\":{\"owner\":\"ZZZ\",\"purposes\":[\"search\"]," /* another's */
           "\"review_on\":\"2031-01-01\"},\"fields\":{}}"),
         ERR_MISSING},
        {S("{\"envelope\":{\"owner\":\"UTO\",\"review_on\":\"2031-01-01\"},\"fields\":{}}"),
         ERR_MISSING},
        {S("{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[],"
           "\"review_on\":\"2031-01-01\"},\"fields\":{}}"),
         ERR_MISSING},
        {S("{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"search\"]},\"fields\":{}}"),
         ERR_MISSING},
        {S("{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"search\"],\"review_on\":\"soon\"},"
           "\"fields\":{}}"),
         ERR_MISSING},
        {S("{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"search"), ERR_MISSING},
        {S("{\"envelope\":{\"owner\":\"UTO\",\"unit\":\"x\\"), ERR_DAMAGED},
        {S("{\"envelope\":{\"owner\":\"UTO\",\"unit\":\"UTO/a \\\"b\\\"\",\"ref\":\"r-1\","
           "\"purposes\":[\"search\",\"warn\"],\"review_on\":\"2031-01-01\"},\"fields\":{}}"),
         OK},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct change change = put(0, cases[i].body);
        struct committed done;
        assert_int_equal(store_commit(f->store, &change, 1, false, &done), cases[i].code);
    }
    assert_int_equal(store_seq(f->store), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_record_is_read_back_after_reopening),
        TEST(a_change_of_state_keeps_the_body),
        TEST(refused_changes_leave_no_trace),
        TEST(all_or_none_is_all_or_none),
        TEST(the_feed_has_every_change_once_in_order),
        TEST(lists_go_by_definition_and_owner),
        TEST(the_hook_runs_before_the_acknowledgement),
        TEST(submitted_changes_are_done_before_close_returns),
        TEST(notes_are_kept),
        TEST(attachments_live_as_long_as_a_body_shows_them),
        TEST(a_second_process_is_refused),
        TEST(what_is_not_a_store_is_refused),
        TEST(limits_are_named),
        TEST(a_record_says_whose_what_for_and_until_when),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
