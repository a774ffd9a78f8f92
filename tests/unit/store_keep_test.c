/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was erased is nowhere; what was damaged is named; a full or unwritable disk is told and
 * recovered from; backups hold.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "store_fixture.h"

/*
 * A body whose every 16 bytes name the record and version: any piece left over is found and tells
 * whose it is.
 */
static str marked_body(struct arena *arena, uint64_t number, uint32_t version, size_t size)
{
    size_t head = sizeof STORED_HEAD - 1;
    char *text = arena_alloc(arena, head + size + 32);
    assert_non_null(text);
    memcpy(text, STORED_HEAD, head);
    for (size_t at = 0; at + 16 <= size; at += 16)
        snprintf(text + head + at, 17, "<%06u.%03u.SEC>", (unsigned)number, version);
    return str_of(text, head + size / 16 * 16);
}

static void mark_of(uint64_t number, char out[16])
{
    snprintf(out, 16, "<%06u.", (unsigned)number);
}

/*
 * Hundreds of records of many sizes and versions, in mixed transactions; a third of them erased in
 * random order.
 */
static void what_was_erased_is_nowhere(void **state)
{
    struct fixture *f = *state;
    enum { RECORDS = 400 };
    struct random random;
    struct committed done;
    random_seed(&random, 42);
    for (uint64_t number = 1; number <= RECORDS; number++) {
        size_t size = 16 + random_below(&random, number % 7 == 0 ? 60000 : 900);
        struct change change = put(0, marked_body(&f->arena, number, 1, size));
        assert_int_equal(store_commit(f->store, &change, 1, false, &done), OK);
        assert_int_equal(done.id.number, number);
        if (number % 50 == 0)
            assert_int_equal(store_scrub(f->store), OK);
        arena_reset(&f->arena);
    }
    for (int i = 0; i < 600; i++) {
        uint64_t number = 1 + random_below(&random, RECORDS);
        struct change change =
            put(number, marked_body(&f->arena, number, 2, 16 + random_below(&random, 3000)));
        assert_int_equal(store_commit(f->store, &change, 1, false, &done), OK);
        arena_reset(&f->arena);
    }
    bool is_erased[RECORDS + 1] = {false};
    char mark[16];
    for (int i = 0; i < RECORDS / 3; i++) {
        uint64_t number = 1 + random_below(&random, RECORDS);
        enum err code = store_erase(f->store, number, S("o-7"), &done);
        assert_int_equal(code, is_erased[number] ? ERR_GONE : OK);
        is_erased[number] = true;
    }
    assert_int_equal(store_scrub(f->store), OK);
    for (uint64_t number = 1; number <= RECORDS; number++) {
        mark_of(number, mark);
        assert_int_equal(directory_has(f->scratch.path, str_c(mark)), !is_erased[number]);
    }
    uint64_t checked = 0;
    assert_int_equal(store_verify(f->store, &checked), OK);
}

static void erasing_takes_history_salt_and_attachments(void **state)
{
    struct fixture *f = *state;
    struct hash photo;
    struct committed done;
    struct stored *versions;
    size_t count = 0;
    assert_int_equal(store_blob_put(f->store, S("PHOTO-BYTES-OF-NEEDLE"), S("image/jpeg"), &photo),
                     OK);
    struct change change = put(0, STORED_BODY("{\"first\":\"NEEDLE-ONE\"}"));
    change.attachments = &photo;
    change.attachment_count = 1;
    assert_int_equal(store_commit(f->store, &change, 1, false, &done), OK);
    change = put(1, STORED_BODY("{\"second\":\"NEEDLE-TWO\"}"));
    assert_int_equal(store_commit(f->store, &change, 1, false, &done), OK);
    struct change other = put(0, STORED_BODY("{\"other\":\"STAYS\"}"));
    assert_int_equal(store_commit(f->store, &other, 1, false, &done), OK);
    assert_int_equal(store_history(f->store, 1, &f->arena, &versions, &count), OK);
    struct hash hash_of_first = versions[0].hash;
    assert_int_equal(store_erase(f->store, 1, S("o-7"), &done), OK);
    assert_int_equal(store_scrub(f->store), OK);
    assert_false(directory_has(f->scratch.path, S("NEEDLE")));
    assert_false(directory_has(f->scratch.path, str_of((const char *)photo.bytes, HASH_SIZE)));
    assert_true(directory_has(f->scratch.path, S("STAYS")));
    assert_int_equal(store_history(f->store, 1, &f->arena, &versions, &count), OK);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        assert_true(versions[i].is_erased);
        assert_int_equal(versions[i].body.len, 0);
    }
    assert_int_equal(versions[2].state, STATE_DELETED);
    assert_memory_equal(&versions[0].hash, &hash_of_first, sizeof hash_of_first);
    uint64_t number = 0;
    assert_int_equal(store_count(f->store, S("vehicle"), STR_EMPTY, &number), OK);
    assert_int_equal(number, 1);
    assert_int_equal(store_verify(f->store, &number), OK);
    assert_int_equal(store_scrub(f->store), OK);
}

/* what is done to the file | what verification says */
static void damage_is_named(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *sql, *expected;
    } cases[] = {
        {"UPDATE change SET owner = definition WHERE seq = 3",
         "change 3: it does not fit the chain"},
        {"UPDATE change SET time = time + 1 WHERE seq = 2", "change 2: it does not fit the chain"},
        {"UPDATE body SET content = x'7b7d' WHERE seq = 4", "change 4: its body does not match"},
        {"UPDATE body SET salt = x'00' WHERE seq = 4", "change 4: the salt"},
        {"DELETE FROM change WHERE seq = 2", "change 2: it is missing"},
        {"DELETE FROM body WHERE seq = 5", "record 5 does not agree"},
        {"UPDATE record SET seq = 1 WHERE number = 2", "record 2 does not agree"},
        {"UPDATE record SET state = 2 WHERE number = 2", "record 2 does not agree"},
        {"DELETE FROM record WHERE number = 2", "record 2 is not at its latest"},
        {"UPDATE word SET text = x'58' WHERE id = 2", "change 1: it does not fit the chain"},
    };
    struct committed done;
    char path[700];
    snprintf(path, sizeof path, "%s/store.db", f->scratch.path);
    for (int i = 0; i < 6; i++) {
        struct change change = put(0, STORED_BODY("{\"a\":1}"));
        assert_int_equal(store_commit(f->store, &change, 1, false, &done), OK);
    }
    store_close(f->store);
    f->store = NULL;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *kept = NULL;
        size_t len = 0;
        uint64_t checked = 0;
        sqlite3 *db = NULL;
        assert_int_equal(io_read_file(path, 1 << 24, &kept, &len), OK);
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, cases[i].sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        assert_int_equal(store_open(f->scratch.path, STORE_OPEN_EXISTING, &f->store), OK);
        assert_int_equal(store_verify(f->store, &checked), ERR_DAMAGED);
        assert_non_null(strstr(err_last()->message, cases[i].expected));
        store_close(f->store);
        f->store = NULL;
        assert_int_equal(io_replace(path, str_of(kept, len)), OK);
        free(kept);
    }
}

static _Atomic int write_errno, open_errno;
static _Atomic long writes_left;

static int failing(void *context, const struct io_event *event)
{
    (void)context;
    if (event->kind == IO_OPEN)
        return open_errno;
    if ((event->kind == IO_WRITE || event->kind == IO_TRUNCATE) && write_errno && --writes_left < 0)
        return write_errno;
    return 0;
}

static const struct io_hook failing_hook = {.before = failing};

/*
 * The disk is full after some writes of the transaction, for every such number; nothing half-done
 * remains.
 */
static void a_full_disk_refuses_and_recovers(void **state)
{
    struct fixture *f = *state;
    struct committed done[3];
    struct change changes[] = {put(0, STORED_BODY("{\"a\":1}")), put(0, STORED_BODY("{\"a\":2}")),
                               put(0, STORED_BODY("{\"a\":3}"))};
    assert_int_equal(store_commit(f->store, changes, 3, false, done), OK);
    io_set_hook(&failing_hook);
    changes[1].definition = S("a-word-that-must-not-stay-behind");
    for (long allowed = 0; allowed < 12; allowed++) {
        uint64_t before = store_seq(f->store);
        writes_left = allowed;
        write_errno = ENOSPC;
        enum err code = store_commit(f->store, changes, 3, false, done);
        write_errno = 0;
        assert_true(code == OK || code == ERR_FULL);
        assert_int_equal(store_seq(f->store), code ? before : before + 3);
        if (code)
            assert_int_equal(done[2].failed, ERR_FULL);
        assert_int_equal(store_commit(f->store, changes, 3, true, done), OK);
        assert_int_equal(done[2].seq, store_seq(f->store));
    }
    io_set_hook(NULL);
    uint64_t checked = 0;
    assert_int_equal(store_verify(f->store, &checked), OK);
    assert_int_equal(checked, store_seq(f->store));
    store_close(f->store);
    assert_int_equal(store_open(f->scratch.path, STORE_OPEN_EXISTING, &f->store), OK);
    assert_int_equal(store_verify(f->store, &checked), OK);
}

static void an_unwritable_directory_is_told(void **state)
{
    struct fixture *f = *state;
    struct store *second = NULL;
    store_close(f->store);
    f->store = NULL;
    io_set_hook(&failing_hook);
    open_errno = EROFS;
    assert_int_equal(store_open(f->scratch.path, STORE_OPEN_EXISTING, &second), ERR_IO);
    assert_non_null(strstr(err_last()->message, "lock: Read-only file system"));
    open_errno = 0;
    io_set_hook(NULL);
}

struct writing {
    struct store *store;
    atomic_bool is_over;
    uint64_t rounds;
};

static void *keep_writing(void *context)
{
    struct writing *writing = context;
    while (!atomic_load(&writing->is_over)) {
        struct change changes[] = {put(0, STORED_BODY("{\"a\":1}")),
                                   put(1, STORED_BODY("{\"a\":2}"))};
        struct committed done[2];
        assert_int_equal(store_commit(writing->store, changes, 2, true, done), OK);
        writing->rounds++;
    }
    return NULL;
}

static void a_backup_is_taken_while_writing(void **state)
{
    struct fixture *f = *state;
    struct scratch target;
    struct store *copy = NULL;
    struct writing writing = {.store = f->store};
    struct change first = put(0, STORED_BODY("{\"a\":1}"));
    struct committed done;
    assert_int_equal(store_commit(f->store, &first, 1, false, &done), OK);
    pthread_t thread;
    pthread_create(&thread, NULL, keep_writing, &writing);
    scratch_make(&target);
    store_wait(f->store, 20, clock_monotonic_us() + 60000000);
    uint64_t before = store_seq(f->store);
    assert_int_equal(store_backup(f->store, target.path), OK);
    assert_int_equal(store_backup(f->store, target.path), ERR_CONFLICT);
    atomic_store(&writing.is_over, true);
    pthread_join(thread, NULL);
    assert_int_equal(store_open(target.path, STORE_OPEN_EXISTING, &copy), OK);
    uint64_t checked = 0, seq = store_seq(copy);
    assert_int_equal(store_verify(copy, &checked), OK);
    assert_int_equal(checked, seq);
    assert_int_equal(seq % 2, 1); /* whole transactions only */
    assert_true(seq >= before && seq <= store_seq(f->store));
    assert_int_equal(store_home(copy), store_home(f->store));
    store_close(copy);
    scratch_remove(&target);
}

struct mixed {
    struct store *store;
    uint64_t seed;
};

static enum err read_again(void *context, const struct stored *change)
{
    struct arena arena = {0};
    struct stored stored;
    enum err code = store_read(context, change->id.number, &arena, &stored);
    arena_release(&arena);
    return code;
}

static void *read_and_write(void *context)
{
    struct mixed *mixed = context;
    struct random random;
    struct arena arena = {0};
    random_seed(&random, mixed->seed);
    for (int i = 0; i < 150; i++) {
        struct committed done[40];
        struct change changes[40];
        struct stored stored;
        size_t count = 1 + random_below(&random, COUNT_OF(changes));
        for (size_t k = 0; k < count; k++)
            changes[k] = put(random_below(&random, 3) ? 0 : 1 + random_below(&random, 50),
                             STORED_BODY("{\"a\":1}"));
        enum err code = store_commit(mixed->store, changes, count, random_below(&random, 2), done);
        assert_true(code == OK || code == ERR_NOT_FOUND);
        assert_int_equal(store_feed(mixed->store, random_below(&random, 100), 50, read_again,
                                    mixed->store),
                         OK);
        code = store_read(mixed->store, 1 + random_below(&random, 50), &arena, &stored);
        assert_true(code == OK || code == ERR_NOT_FOUND);
        if (i % 50 == 49)
            assert_int_equal(store_scrub(mixed->store), OK);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return NULL;
}

static void many_threads_read_write_and_scrub(void **state)
{
    struct fixture *f = *state;
    enum { THREADS = 6 };
    pthread_t threads[THREADS];
    struct mixed mixed[THREADS];
    for (uint64_t i = 0; i < THREADS; i++) {
        mixed[i] = (struct mixed){f->store, i};
        pthread_create(&threads[i], NULL, read_and_write, &mixed[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    uint64_t checked = 0;
    assert_int_equal(store_verify(f->store, &checked), OK);
    assert_int_equal(checked, store_seq(f->store));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_was_erased_is_nowhere),
        TEST(erasing_takes_history_salt_and_attachments),
        TEST(damage_is_named),
        TEST(a_full_disk_refuses_and_recovers),
        TEST(an_unwritable_directory_is_told),
        TEST(a_backup_is_taken_while_writing),
        TEST(many_threads_read_write_and_scrub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
