/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact index against a brute-force model of the feed: random lives of records, merges,
 * reopening, snapshots, readers beside a writer, erasure, damage.
 */
#include "index_fixture.h"
#include "test.h"

enum { RECORDS = 300 };

/* What the index should know of each record. */
struct held {
    uint32_t version; /* 0: never seen */
    bool is_there;
    char number[16], tag[16];
    unsigned confidentiality;
};
struct world {
    struct held records[RECORDS + 1];
};

static const char *const confidentialities[] = {"official-use", "restricted", "confidential"};

static void put(struct world *world, struct random *random, uint64_t number)
{
    struct held *held = &world->records[number];
    char body[600];
    held->version++;
    held->is_there = true;
    held->confidentiality = (unsigned)random_below(random, 3);
    /* few values: many records share one */
    snprintf(held->number, sizeof held->number, "AB%04u", (unsigned)random_below(random, 200));
    snprintf(held->tag, sizeof held->tag, "TAG%05u", (unsigned)number);
    unsigned year = 1950 + (unsigned)random_below(random, 60);
    char born[64] = "";
    if (random_below(random, 3))
        snprintf(born, sizeof born, ",\"born\":[\"%u-03-05\"%s]", year,
                 random_below(random, 4) ? "" : ",\"1931-01-01\"");
    snprintf(
        body, sizeof body,
        "{\"envelope\":{\"owner\":\"UTO\",\"ref\":\"r-%u\",\"purposes\":[\"search\"],"
        "\"review_on\":\"2027-01-01\",\"confidentiality\":\"%s\"},"
        "\"fields\":{\"number\":[\"%s\",\"%s\"],\"called\":[\"Ana Petrov\"],\"tag\":\"%s\"%s}}",
        (unsigned)number, confidentialities[held->confidentiality], held->number,
        random_below(random, 2) ? held->number : "ZZ99999", held->tag, born);
    feed_add(CHANGE_PUT, STATE_ACTIVE, number, held->version, body);
}

static void live(struct world *world, struct random *random)
{
    uint64_t number = 1 + random_below(random, RECORDS);
    struct held *held = &world->records[number];
    unsigned what = (unsigned)random_below(random, 10);
    if (held->version == 0 || what < 6) {
        put(world, random, number);
    } else if (what < 7) {
        feed_add(CHANGE_STATE, STATE_SUSPENDED, number, ++held->version, NULL);
        held->is_there = held->is_there || held->number[0];
    } else if (what < 9) {
        feed_add(CHANGE_STATE, STATE_DELETED, number, ++held->version, NULL);
        held->is_there = false;
    } else {
        feed_add(CHANGE_ERASE, STATE_DELETED, number, ++held->version, NULL);
        for (uint64_t seq = 1; seq <= feed.seq; seq++)
            if (feed.items[seq].id.number == number) {
                free((void *)(uintptr_t)feed.items[seq].body.ptr);
                feed.items[seq].body = (str){0};
                feed.items[seq].is_erased = true;
            }
        held->number[0] = 0;
        held->is_there = false;
    }
}

static void assert_agrees(const struct index_snapshot *snapshot, const struct world *world)
{
    for (unsigned value = 0; value < 200; value++) {
        char text[16];
        uint64_t found[8];
        long expected = 0;
        snprintf(text, sizeof text, "AB%04u", value);
        uint64_t first = 0;
        for (unsigned i = RECORDS; i > 0; i--)
            if (world->records[i].is_there && strcmp(world->records[i].number, text) == 0) {
                expected++;
                first = i;
            }
        assert_int_equal(numbers_of(snapshot, KEY_EXACT, text, found), expected);
        if (expected)
            assert_int_equal(found[0], first);
    }
    for (unsigned i = 1; i <= RECORDS; i++) {
        uint64_t found[8], by_ref = 99;
        char ref[16];
        snprintf(ref, sizeof ref, "r-%u", i);
        bool is_there = world->records[i].is_there;
        char tag[16];
        snprintf(tag, sizeof tag, "TAG%05u", i);
        assert_int_equal(numbers_of(snapshot, KEY_EXACT, tag, found), is_there);
        assert_int_equal(index_find_ref(snapshot, S("paper"), S("UTO"), str_c(ref), &by_ref), OK);
        assert_int_equal(by_ref, is_there ? i : 0);
    }
}

/* Whatever was written, merged, rebuilt, opened again: the index says what a plain list would. */
static void agree_with_model(uint64_t large_keys)
{
    struct random random;
    struct world world = {0};
    random_seed(&random, 7);
    feed_clear();
    wipe_directory();
    struct index *index = index_of_feed(200);
    struct index_snapshot *old = NULL;
    struct world then = {0};
    pthread_mutex_lock(&index->merging); /* the thread that merges reads it */
    index->large_keys = large_keys;
    pthread_mutex_unlock(&index->merging);
    for (unsigned round = 0; round < 60; round++) {
        for (unsigned i = 0; i < 100; i++)
            live(&world, &random);
        index_follow(index, feed.seq - 99, feed.seq);
        assert_int_equal(index_seq(index), feed.seq);
        struct index_snapshot *snapshot = index_snapshot_open(index);
        assert_agrees(snapshot, &world);
        index_snapshot_close(snapshot);
        if (old) /* a snapshot shows its own time, whatever was written and merged since */
            assert_agrees(old, &then);
        if (round % 7 == 0) {
            index_snapshot_close(old);
            old = index_snapshot_open(index);
            then = world;
        }
        if (round % 5 == 4)
            assert_int_equal(index_merge(index), OK);
        if (round % 11 == 10)
            assert_int_equal(index_rebuild(index), OK);
        if (round % 13 == 12) {
            index_snapshot_close(old);
            old = NULL;
            index_close(index);
            index = index_of_feed(200);
            pthread_mutex_lock(&index->merging); /* the thread that merges reads it */
            index->large_keys = large_keys;
            pthread_mutex_unlock(&index->merging);
        }
    }
    assert_true(index->merge_count > 0);
    index_snapshot_close(old);
    index_close(index);
}

static void test_agrees_with_model(void **state)
{
    (void)state;
    agree_with_model(LARGE_KEYS);
}

/* Small segments keep whole hashes, those merged of them 42 bits, and the two merge. */
static void test_large_segments_agree_with_model(void **state)
{
    (void)state;
    agree_with_model(300);
}

/*
 * Columns of every shape read back as written: packed rows, runs of any width, a last run cut
 * short.
 */
static void test_columns_give_back_what_was_put(void **state)
{
    (void)state;
    enum { ROWS = 1000 };
    static const uint64_t steps[] = {0, 1, 2, 130, 1u << 20, (uint64_t)1 << 45};
    struct random random;
    random_seed(&random, 3);
    for (size_t s = 0; s < COUNT_OF(steps); s++) {
        uint64_t values[ROWS], unit = 0, value = 5;
        struct buf bytes = {0}, heads = {0};
        for (size_t i = 0; i < ROWS; i++)
            values[i] = value += random_below(&random, steps[s] + 1);
        for (size_t i = 0; i < ROWS; i += COLUMN_RUN)
            assert_int_equal(column_add_run(&bytes, &heads, &unit, values + i,
                                            ROWS - i < COLUMN_RUN ? ROWS - i : COLUMN_RUN),
                             OK);
        buf_add(&bytes, buf_str(&heads));
        size_t size = bytes.len;
        buf_add_u64(&bytes, 0);
        struct column column = {0};
        assert_true(column_open(&column, (unsigned char *)bytes.ptr, size, ROWS));
        for (uint32_t i = 0; i < ROWS; i++)
            assert_true(column_get(&column, i) == values[i]);
        assert_false(column_open(&column, (unsigned char *)bytes.ptr, heads.len - 1, ROWS));
        buf_release(&bytes);
        buf_release(&heads);
    }
    const uint64_t too_wide[] = {0, (uint64_t)1 << 60};
    struct buf bytes = {0}, heads = {0};
    uint64_t unit = 0;
    assert_int_equal(column_add_run(&bytes, &heads, &unit, too_wide, 2), ERR_LIMIT);
    buf_release(&bytes);
    buf_release(&heads);
}

/* A merge may stop at any write; what is opened afterwards is whole. */
static int fail_after;
static int fail_now(void *context, const struct io_event *event)
{
    (void)context;
    (void)event;
    return fail_after-- <= 0 ? 28 /* ENOSPC */ : 0;
}

static void test_merge_that_fails_changes_nothing(void **state)
{
    (void)state;
    static const struct io_hook hook = {.before = fail_now};
    struct random random;
    struct world world = {0};
    random_seed(&random, 8);
    feed_clear();
    wipe_directory();
    struct index *index = index_of_feed(DELTA_ENTRY_MAX);
    bool was_refused = false, was_done = false;
    for (int writes = 0; writes < 24 && !(was_refused && was_done && writes > 12); writes++) {
        for (unsigned i = 0; i < 150; i++)
            live(&world, &random);
        index_follow(index, 1, feed.seq);
        fail_after = writes;
        io_set_hook(&hook);
        enum err code = index_merge(index);
        io_set_hook(NULL);
        was_refused |= code == ERR_FULL;
        was_done |= code == OK;
        struct index_snapshot *snapshot = index_snapshot_open(index);
        assert_agrees(snapshot, &world);
        index_snapshot_close(snapshot);
        index_close(index);
        index = index_of_feed(DELTA_ENTRY_MAX);
        snapshot = index_snapshot_open(index);
        assert_agrees(snapshot, &world);
        index_snapshot_close(snapshot);
    }
    assert_true(was_refused && was_done);
    index_close(index);
}

/* ---- readers beside the writer ---- */

static struct index *shared;
static _Atomic bool is_over;
static _Atomic unsigned wrong, checks;

/*
 * Record n is always there, with tag TAGn in every version and number Vn-x changing from version to
 * version.
 */
static void put_always(uint64_t number, uint32_t version)
{
    char body[400];
    snprintf(
        body, sizeof body,
        "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"search\"],\"review_on\":\"2027-01-01\"},"
        "\"fields\":{\"number\":[\"V%04u%06u\"],\"tag\":\"TAG%05u\",\"born\":[\"19%02u-01-0%u\"]}}",
        (unsigned)number, version, (unsigned)number, version % 90 + 10, version % 8 + 1);
    feed_add(CHANGE_PUT, STATE_ACTIVE, number, version, body);
}

static void *read_always(void *context)
{
    struct random random;
    random_seed(&random, (uintptr_t)context);
    while (!atomic_load(&is_over)) {
        char text[32];
        uint64_t number = 1 + random_below(&random, 50), found[8];
        struct index_snapshot *snapshot = index_snapshot_open(shared);
        snprintf(text, sizeof text, "TAG%05u", (unsigned)number);
        if (numbers_of(snapshot, KEY_EXACT, text, found) != 1 || found[0] != number)
            atomic_fetch_add(&wrong, 1);
        long seen = 0; /* exactly one version in any snapshot */
        uint32_t version = (uint32_t)(index_snapshot_seq(snapshot) / 50);
        for (uint32_t v = version ? version - 1 : 0; v <= version + 2; v++) {
            snprintf(text, sizeof text, "V%04u%06u", (unsigned)number, v);
            seen += numbers_of(snapshot, KEY_EXACT, text, found);
        }
        if (seen != 1)
            atomic_fetch_add(&wrong, 1);
        index_snapshot_close(snapshot);
        atomic_fetch_add(&checks, 1);
    }
    return NULL;
}

static void test_readers_beside_writer(void **state)
{
    (void)state;
    pthread_t readers[3];
    feed_clear();
    wipe_directory();
    shared = index_of_feed(400);
    for (uint64_t number = 1; number <= 50; number++)
        put_always(number, 1);
    index_follow(shared, 1, feed.seq);
    is_over = false;
    wrong = checks = 0;
    for (uintptr_t i = 0; i < COUNT_OF(readers); i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_always, (void *)(i + 1)), 0);
    for (uint32_t version = 2; version < 200; version++) {
        for (uint64_t number = 1; number <= 50; number++)
            put_always(number, version);
        index_follow(shared, feed.seq - 49, feed.seq);
        if (version % 40 == 0)
            assert_int_equal(index_merge(shared), OK);
        if (version == 100)
            assert_int_equal(index_rebuild(shared), OK);
    }
    while (atomic_load(&checks) < 100)
        sched_yield();
    is_over = true;
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(wrong, 0);
    index_close(shared);
}

/* ---- ranges, policy, limits ---- */

static void put_text(uint64_t number, uint32_t version, const char *fields, const char *envelope)
{
    char body[600];
    snprintf(
        body, sizeof body,
        "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"search\"],\"review_on\":\"2027-01-01\"%s},"
        "\"fields\":{%s}}",
        envelope, fields);
    feed_add(CHANGE_PUT, STATE_ACTIVE, number, version, body);
}

static void test_ranges(void **state)
{
    (void)state;
    struct random random;
    unsigned from[400], to[400];
    random_seed(&random, 3);
    feed_clear();
    wipe_directory();
    struct index *index = index_of_feed(150);
    for (unsigned i = 0; i < 400; i++) {
        char fields[100];
        from[i] = (unsigned)random_below(&random, 90000);
        to[i] = from[i] + (unsigned)random_below(&random, i % 10 ? 50 : 9000);
        snprintf(fields, sizeof fields, "\"number\":[\"BL%06u - BL%06u\"]", from[i], to[i]);
        put_text(i + 1, 1, fields, "");
        if (i % 50 == 49)
            index_follow(index, 1, feed.seq);
    }
    for (unsigned round = 0; round < 2; round++) {
        struct index_snapshot *snapshot = index_snapshot_open(index);
        for (unsigned k = 0; k < 2000; k++) {
            char text[16];
            uint64_t found[8];
            unsigned asked = (unsigned)random_below(&random, 99999);
            long expected = 0;
            for (unsigned i = 0; i < 400; i++)
                expected += from[i] <= asked && asked <= to[i];
            snprintf(text, sizeof text, "BL%06u", asked);
            assert_int_equal(numbers_of(snapshot, KEY_RANGE, text, found), expected);
        }
        index_snapshot_close(snapshot);
        assert_int_equal(index_merge(index), OK);
    }
    index_close(index);
}

static void test_closed_classes_do_not_count(void **state)
{
    (void)state;
    const uint8_t disclosures[] = {DISCLOSE_FULL, DISCLOSE_NONE, DISCLOSE_HIT_ONLY};
    const struct policy_scope scope = {disclosures, 3};
    struct arena arena = {0};
    struct index_hits hits;
    feed_clear();
    wipe_directory();
    struct index *index = index_of_feed(DELTA_ENTRY_MAX);
    for (uint64_t i = 1; i <= 30; i++)
        put_text(i, 1, "\"number\":[\"SAME12345\"]",
                 i % 3 == 0   ? ",\"confidentiality\":\"restricted\""
                 : i % 3 == 1 ? ",\"confidentiality\":\"confidential\""
                              : "");
    index_follow(index, 1, feed.seq);
    struct index_snapshot *snapshot = index_snapshot_open(index);
    assert_int_equal(index_probe(snapshot, &scope, NULL, KEY_EXACT, S("document-number"),
                                 S("SAME12345"), &arena, 20, &hits),
                     OK);
    assert_int_equal(hits.count, 20);
    assert_false(hits.is_cut); /* ten more are there, and must not be felt */
    for (size_t i = 0; i < hits.count; i++)
        assert_int_equal(hits.items[i].disclosure,
                         hits.items[i].number % 3 == 1 ? DISCLOSE_HIT_ONLY : DISCLOSE_FULL);
    assert_int_equal(index_probe(snapshot, &scope, NULL, KEY_EXACT, S("document-number"),
                                 S("SAME12345"), &arena, 19, &hits),
                     OK);
    assert_true(hits.is_cut);
    const uint64_t none[DEFINITION_MAX / 64] = {0};
    assert_int_equal(index_probe(snapshot, &scope, none, KEY_EXACT, S("document-number"),
                                 S("SAME12345"), &arena, 19, &hits),
                     OK);
    assert_int_equal(hits.count, 0);
    index_snapshot_close(snapshot);
    arena_release(&arena);
    index_close(index);
}

static void test_many_at_once(void **state)
{
    (void)state;
    struct arena arena = {0};
    enum { COUNT = 300 };
    struct index_key keys[COUNT];
    struct index_hits hits[COUNT];
    feed_clear();
    wipe_directory();
    struct index *index = index_of_feed(100);
    for (unsigned i = 0; i < COUNT; i++) {
        char fields[64];
        snprintf(fields, sizeof fields, "\"number\":[\"M%06u\"]", i);
        keys[i] = (struct index_key){S("document-number"), arena_printf(&arena, "M%06u", i * 2)};
        put_text(i + 1, 1, fields, "");
    }
    index_follow(index, 1, feed.seq);
    assert_int_equal(index_merge(index), OK);
    struct index_snapshot *snapshot = index_snapshot_open(index);
    assert_int_equal(index_probe_many(snapshot, NULL, NULL, KEY_EXACT, keys, COUNT, &arena, 5,
                                      hits),
                     OK);
    for (unsigned i = 0; i < COUNT; i++)
        assert_int_equal(hits[i].count, i * 2 < COUNT);
    assert_int_equal(index_space_count(snapshot, S("document-number")), COUNT);
    assert_int_equal(index_space_count(snapshot, S("vin")), 0);
    index_snapshot_close(snapshot);
    arena_release(&arena);
    index_close(index);
}

/* ---- files ---- */

static bool files_hold(const char *text)
{
    char command[300];
    snprintf(command, sizeof command, "grep -rqa '%s' %s", text, directory);
    return system(command) == 0;
}

static char *only_segment(void)
{
    static char path[400];
    DIR *listing = opendir(directory);
    path[0] = 0;
    for (struct dirent *entry; (entry = readdir(listing));)
        if (str_ends(str_c(entry->d_name), S(".seg")))
            snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
    closedir(listing);
    return path;
}

/*
 * Names lie in delta and segments alike, follow deaths and merges, and a record with two birth
 * dates comes once.
 */
static void test_names(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct name *name = NULL;
    struct name_candidates found;
    feed_clear();
    wipe_directory();
    struct index *index = index_of_feed(DELTA_ENTRY_MAX);
    put_text(
        1, 1,
        "\"number\":[\"N0000001\"],\"called\":[\"Zdravkomira Ana\"],\"born\":[\"1970-05-06\",\"1971-05-06\"]",
        "");
    put_text(2, 1,
             "\"number\":[\"N0000002\"],\"called\":[\"Miller John\"],\"born\":[\"1980-01-02\"]",
             "");
    put_text(3, 1, "\"number\":[\"N0000003\"],\"called\":[\"Ana Zdravkomira\"]", "");
    put_text(4, 1, "\"number\":[\"N0000004\"]", "");
    index_follow(index, 1, feed.seq);
    assert_int_equal(name_parse_text(S("Ana Zdravkomira"), &arena, &name), OK);
    const struct name *names[] = {name};
    const struct name_query query = {names, 1, NULL};
    for (unsigned round = 0; round < 3; round++) {
        struct index_snapshot *snapshot = index_snapshot_open(index);
        assert_int_equal(index_names(snapshot, NULL, NULL, &query, (struct date_window){1, 0}, 10,
                                     &arena, &found),
                         OK);
        assert_int_equal(found.count, round == 2 ? 1 : 2);
        for (size_t i = 0; i < found.count; i++)
            assert_true(found.items[i].number == 3 || (round < 2 && found.items[i].number == 1));
        assert_true(index_name_count(snapshot) >= (round == 2 ? 2 : 3));
        index_snapshot_close(snapshot);
        if (round == 1) {
            feed_add(CHANGE_STATE, STATE_DELETED, 1, 2, NULL);
            index_follow(index, feed.seq, feed.seq);
        }
        assert_int_equal(index_merge(index), OK);
    }
    index_close(index);
    arena_release(&arena);
}

static void test_erased_leaves_no_bytes(void **state)
{
    (void)state;
    feed_clear();
    wipe_directory();
    struct index *index = index_of_feed(DELTA_ENTRY_MAX);
    put_text(1, 1,
             "\"number\":[\"QQ100000 - QQ100499\",\"SECRET77\"],\"called\":[\"Zdravkomira Ana\"]",
             "");
    put_text(2, 1, "\"number\":[\"KK200000 - KK200499\"]", "");
    index_follow(index, 1, feed.seq);
    assert_int_equal(index_merge(index), OK);
    assert_true(files_hold("QQ100499"));    /* ends of a range lie in the open */
    assert_true(files_hold("zdravkomira")); /* and so do words of names */
    assert_false(files_hold("SECRET77"));   /* exact values never do */
    feed_add(CHANGE_ERASE, STATE_DELETED, 1, 2, NULL);
    index_follow(index, feed.seq, feed.seq);
    assert_int_equal(index_merge(index), OK);
    assert_false(files_hold("QQ100"));
    assert_false(files_hold("zdravkomira"));
    assert_true(files_hold("KK200499"));
    assert_int_equal(feed.scrubs, 1); /* the store's own leftovers go with it */
    index_close(index);
}

static void test_old_files_go_with_last_reader(void **state)
{
    (void)state;
    feed_clear();
    wipe_directory();
    struct index *index = index_of_feed(DELTA_ENTRY_MAX);
    put_text(1, 1, "\"number\":[\"FIRST123\"]", "");
    index_follow(index, 1, feed.seq);
    assert_int_equal(index_merge(index), OK);
    char first[400];
    snprintf(first, sizeof first, "%s", only_segment());
    struct index_snapshot *snapshot = index_snapshot_open(index);
    put_text(2, 1, "\"number\":[\"SECOND12\"]", "");
    index_follow(index, 2, feed.seq);
    assert_int_equal(index_merge(index), OK);
    assert_int_equal(access(first, F_OK), 0);
    index_snapshot_close(snapshot);
    assert_int_not_equal(access(first, F_OK), 0);
    index_close(index);
}

static void flip(const char *path, long at)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_not_equal(fputc(byte ^ 0x40, file), EOF);
    fclose(file);
}

/*
 * Whatever byte of a segment is hurt, at rest: an answer is right or an error, and after the
 * rebuild all is right again.
 */
static void test_damage_is_an_error_never_a_no_hit(void **state)
{
    (void)state;
    feed_clear();
    wipe_directory();
    struct index *index = index_of_feed(DELTA_ENTRY_MAX);
    for (unsigned i = 1; i <= 3000; i++) {
        char fields[100];
        snprintf(fields, sizeof fields, "\"number\":[\"D%06u\",\"E%06u0 - E%06u9\"]", i, i, i);
        put_text(i, 1, fields, "");
    }
    index_follow(index, 1, feed.seq);
    assert_int_equal(index_merge(index), OK);
    index_close(index);
    struct stat stat_before;
    assert_int_equal(stat(only_segment(), &stat_before), 0);
    unsigned errors = 0;
    for (long at = 0; at < stat_before.st_size; at += 1 + stat_before.st_size / 31) {
        flip(only_segment(), at % stat_before.st_size);
        index = index_of_feed(DELTA_ENTRY_MAX);
        for (unsigned i = 1; i <= 3000; i += 93) {
            char text[32];
            uint64_t found[8];
            struct index_snapshot *snapshot = index_snapshot_open(index);
            snprintf(text, sizeof text, "D%06u", i);
            long count = numbers_of(snapshot, KEY_EXACT, text, found);
            assert_true(count == 1 ? found[0] == i : count == -1);
            snprintf(text, sizeof text, "E%06u5", i);
            long ranges = numbers_of(snapshot, KEY_RANGE, text, found);
            assert_true(ranges == 1 ? found[0] == i : ranges == -1);
            errors += count == -1 || ranges == -1;
            index_snapshot_close(snapshot);
        }
        assert_int_equal(index_rebuild(index), OK);
        struct index_snapshot *snapshot = index_snapshot_open(index);
        uint64_t found[8];
        assert_int_equal(numbers_of(snapshot, KEY_EXACT, "D000007", found), 1);
        index_snapshot_close(snapshot);
        assert_int_equal(index_merge(index), OK);
        index_close(index);
    }
    assert_true(errors > 0);
}

static void test_other_key_or_definition_rebuilds(void **state)
{
    (void)state;
    feed_clear();
    wipe_directory();
    struct index *index = index_of_feed(DELTA_ENTRY_MAX);
    put_text(1, 1, "\"number\":[\"KEYED123\"]", "");
    index_follow(index, 1, feed.seq);
    assert_int_equal(index_merge(index), OK);
    index_close(index);
    char path[400];
    snprintf(path, sizeof path, "%s/key", directory);
    assert_int_equal(unlink(path), 0);
    index = index_of_feed(DELTA_ENTRY_MAX);
    uint64_t found[8];
    struct index_snapshot *snapshot = index_snapshot_open(index);
    assert_int_equal(numbers_of(snapshot, KEY_EXACT, "KEYED123", found), 1);
    index_snapshot_close(snapshot);
    index_close(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_model),
        cmocka_unit_test(test_large_segments_agree_with_model),
        cmocka_unit_test(test_columns_give_back_what_was_put),
        cmocka_unit_test(test_merge_that_fails_changes_nothing),
        cmocka_unit_test(test_readers_beside_writer),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_closed_classes_do_not_count),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_erased_leaves_no_bytes),
        cmocka_unit_test(test_old_files_go_with_last_reader),
        cmocka_unit_test(test_damage_is_an_error_never_a_no_hit),
        cmocka_unit_test(test_other_key_or_definition_rebuilds),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
