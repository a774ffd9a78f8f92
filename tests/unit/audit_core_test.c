/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log: what was appended is proven after reopening, receipts find it, alterations are
 * pinpointed, bodies can go.
 */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <sys/stat.h>

#include "base/io.h"

#include "audit/internal.h"

#include "scratch.h"
#include "test.h"

struct fixture {
    struct scratch scratch;
    struct audit *audit;
    struct arena arena;
};

static struct actor actor = {.officer = {"o-1043", 6},
                             .unit = {"UTO/ncb", 7},
                             .country = {"UTO", 3},
                             .purpose = 3};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){0};
    scratch_make(&fixture.scratch);
    assert_int_equal(audit_open(fixture.scratch.path, &fixture.audit), OK);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    audit_close(f->audit);
    arena_release(&f->arena);
    scratch_remove(&f->scratch);
    return 0;
}

static void reopen(struct fixture *f)
{
    audit_close(f->audit);
    f->audit = NULL;
    assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
}

static struct audit_entry entry_of(str query)
{
    return (struct audit_entry){.kind = AUDIT_SEARCH,
                                .time_us = 1763000000000000,
                                .actor = &actor,
                                .purpose = S("border-control"),
                                .databases = S("*"),
                                .query = query,
                                .verdict = S("nothing-found"),
                                .took_us = 310};
}

static void must(struct audit *audit, const struct audit_entry *entry, char receipt[RECEIPT_TEXT])
{
    assert_int_equal(audit_append_wait(audit, entry, receipt), OK);
}

static void append_numbered(struct audit *audit, int from, int to)
{
    char query[64], receipt[RECEIPT_TEXT];
    for (int i = from; i <= to; i++) {
        snprintf(query, sizeof query, "{\"document-number\":\"X%06d\"}", i);
        struct audit_entry entry = entry_of(str_c(query));
        must(audit, &entry, receipt);
    }
}

static void verify_gives(struct fixture *f, enum err expected, uint64_t expected_entries)
{
    uint64_t entries = 0;
    struct buf report = {0};
    assert_int_equal(audit_verify(f->scratch.path, &entries, &report), expected);
    if (!expected)
        assert_int_equal(entries, expected_entries);
    buf_release(&report);
}

static void an_entry_is_found_by_its_receipt_after_reopening(void **state)
{
    struct fixture *f = *state;
    char receipt[RECEIPT_TEXT];
    struct audit_entry entry = entry_of(S("{\"name\":\"M\\u00fcller \\\"x\\\"\"}"));
    must(f->audit, &entry, receipt);
    append_numbered(f->audit, 2, 50);
    for (int round = 0; round < 2; round++) {
        struct audit_read read;
        assert_int_equal(audit_count(f->audit), 50);
        assert_int_equal(audit_by_receipt(f->audit, str_c(receipt), &f->arena, &read), OK);
        assert_int_equal(read.number, 1);
        assert_true(str_eq(
            read.body,
            S("{\"kind\":\"search\",\"time_us\":1763000000000000,\"officer\":\"o-1043\","
              "\"unit\":\"UTO/ncb\",\"country\":\"UTO\",\"purpose\":\"border-control\","
              "\"databases\":\"*\",\"query\":{\"name\":\"M\\u00fcller \\\"x\\\"\"},"
              "\"verdict\":\"nothing-found\",\"catalog\":\"00000000000000000000000000000000\","
              "\"took_us\":310}")));
        verify_gives(f, OK, 50);
        reopen(f);
    }
}

static void receipts_are_unique_and_notice_misreading(void **state)
{
    (void)state;
    struct secret_key key = {{1, 2, 3}};
    static char receipts[2000][RECEIPT_TEXT];
    for (uint64_t i = 1; i <= 2000; i++) {
        uint64_t number = 0;
        char *text = receipts[i - 1];
        receipt_of_number(&key, i, text);
        assert_int_equal(strlen(text), 9);
        assert_int_equal(receipt_number(&key, str_c(text), 2000, &number), OK);
        assert_int_equal(number, i);
        assert_int_equal(receipt_number(&key, str_c(text), i - 1, &number), ERR_NOT_FOUND);
        for (size_t k = 0; k < i - 1; k++)
            assert_string_not_equal(text, receipts[k]);
    }
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t number;
    for (size_t at = 0; at < 9; at++) {
        for (const char *digit = digits; *digit && at != 4; digit++) { /* any one character wrong */
            char wrong[RECEIPT_TEXT];
            memcpy(wrong, receipts[0], sizeof wrong);
            wrong[at] = *digit;
            enum err expected = strcmp(wrong, receipts[0]) == 0 ? OK : ERR_BAD_VALUE;
            assert_int_equal(receipt_number(&key, str_c(wrong), 2000, &number), expected);
        }
        for (size_t other = at + 1; other < 9; other++) { /* any two swapped */
            char wrong[RECEIPT_TEXT];
            memcpy(wrong, receipts[0], sizeof wrong);
            wrong[at] = receipts[0][other];
            wrong[other] = receipts[0][at];
            if (at != 4 && other != 4 && strcmp(wrong, receipts[0]) != 0)
                assert_int_equal(receipt_number(&key, str_c(wrong), 2000, &number), ERR_BAD_VALUE);
        }
    }
}

/* text | as it is understood: the receipt of entry 1 under this key, or refused */
static void receipts_are_read_as_people_write_them(void **state)
{
    (void)state;
    struct secret_key key = {{9}};
    char receipt[RECEIPT_TEXT], variant[32];
    uint64_t number = 0, found = 1;
    while (receipt_of_number(&key, found, receipt), !strchr(receipt, '0') || !strchr(receipt, '1'))
        found++;
    for (int style = 0; style < 3; style++) {
        size_t len = 0;
        for (const char *c = receipt; *c; c++) {
            if (*c == '-' && style == 0)
                continue;
            variant[len++] = *c == '-'   ? ' '
                             : *c == '0' ? (style == 1 ? 'o' : 'O')
                             : *c == '1' ? (style == 1 ? 'l' : 'I')
                                         : to_lower(*c);
        }
        assert_int_equal(receipt_number(&key, str_of(variant, len), found, &number), OK);
        assert_int_equal(number, found);
    }
    static const char *const bad[] = {"",          "7K3M",      "7K3M-9QXR-9",
                                      "7K3M_9QXR", "UUUU-UUUU", "7K3M-9Q\xC3\xA9"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(receipt_number(&key, str_c(bad[i]), found, &number), ERR_BAD_VALUE);
}

struct flood {
    _Atomic int done, failed;
    sem_t all;
    int expected;
};

static void on_flood(void *context, enum err code)
{
    struct flood *flood = context;
    if (code)
        flood->failed++;
    if (++flood->done == flood->expected)
        sem_post(&flood->all);
}

enum { THREADS = 4, EACH = 800, POURED = THREADS * (EACH + EACH / 8) };

static void *pour(void *context)
{
    struct {
        struct audit *audit;
        struct flood *flood;
    } *job = context;
    struct audit_entry entry = entry_of(S("{\"document-number\":\"L898902C3\"}"));
    char receipt[RECEIPT_TEXT];
    for (int i = 0; i < EACH; i++) {
        assert_int_equal(audit_append(job->audit, &entry, on_flood, job->flood, receipt), OK);
        if (i % 8 == 0)
            must(job->audit, &entry, receipt);
    }
    return NULL;
}

static void many_threads_append_across_segments(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[THREADS];
    struct flood flood = {.expected = THREADS * EACH};
    struct {
        struct audit *audit;
        struct flood *flood;
    } job = {f->audit, &flood};
    f->audit->segment_bytes = 100000;
    sem_init(&flood.all, 0, 0);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, pour, &job);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    sem_wait(&flood.all);
    sem_destroy(&flood.all);
    assert_int_equal(flood.failed, 0);
    assert_int_equal(audit_count(f->audit), POURED);
    verify_gives(f, OK, POURED);
    assert_true(f->audit->segment_count > 3);
    reopen(f);
    char path[700];
    snprintf(path, sizeof path, "%s/audit/places", f->scratch.path);
    audit_close(f->audit);
    assert_int_equal(remove(path), 0); /* made again from the log */
    assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
    for (uint64_t number = 1; number <= POURED; number += 97) {
        struct audit_read read;
        assert_int_equal(audit_get(f->audit, number, &f->arena, &read), OK);
        assert_int_equal(read.number, number);
    }
    struct audit_read read;
    assert_int_equal(audit_get(f->audit, 0, &f->arena, &read), ERR_NOT_FOUND);
    assert_int_equal(audit_get(f->audit, POURED + 1, &f->arena, &read), ERR_NOT_FOUND);
}

struct seen {
    uint64_t numbers[32];
    size_t count;
};

static enum err see(void *context, const struct audit_read *entry)
{
    struct seen *seen = context;
    assert_true(seen->count < COUNT_OF(seen->numbers));
    seen->numbers[seen->count++] = entry->number;
    return OK;
}

static void who_was_shown_a_record(void **state)
{
    struct fixture *f = *state;
    char receipt[RECEIPT_TEXT];
    struct record_id asked = {77, 5}, other = {77, 6};
    struct audit_shown both[] = {{asked, 1, DISCLOSE_FULL},
                                 {other, 2, DISCLOSE_MASKED},
                                 {asked, 1, DISCLOSE_FULL}};
    struct audit_entry entry = entry_of(S("{}"));
    for (int i = 1; i <= 20; i++) {
        entry.shown = i % 5 == 0 ? both : both + 1;
        entry.shown_count = i % 5 == 0 ? 3 : i % 2;
        must(f->audit, &entry, receipt);
    }
    for (int round = 0; round < 3; round++) {
        struct seen seen = {0};
        assert_int_equal(audit_scan(f->audit, asked, 0, 100, see, &seen), OK);
        assert_int_equal(seen.count, 4);
        assert_int_equal(seen.numbers[0], 20);
        assert_int_equal(seen.numbers[3], 5);
        seen.count = 0;
        assert_int_equal(audit_scan(f->audit, asked, 15, 1, see, &seen), OK);
        assert_int_equal(seen.count, 1);
        assert_int_equal(seen.numbers[0], 10);
        seen.count = 0;
        assert_int_equal(audit_scan(f->audit, (struct record_id){0, 0}, 0, 3, see, &seen), OK);
        assert_int_equal(seen.count, 3);
        assert_int_equal(seen.numbers[2], 18);
        seen.count = 0;
        assert_int_equal(audit_scan(f->audit, (struct record_id){78, 5}, 0, 3, see, &seen), OK);
        assert_int_equal(seen.count, 0);
        if (round == 1) {
            char path[700];
            snprintf(path, sizeof path, "%s/audit/lookup/manifest", f->scratch.path);
            audit_close(f->audit); /* made again from the log */
            assert_int_equal(remove(path), 0);
            assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
        }
        reopen(f);
    }
}

static bool directory_has(const char *directory, str needle)
{
    char path[1200];
    bool is_found = false;
    DIR *dir = opendir(directory);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char *data = NULL;
        size_t len = 0;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (entry->d_type == DT_REG && io_read_file(path, 1 << 28, &data, &len) == OK) {
            is_found = is_found || memmem(data, len, needle.ptr, needle.len);
            free(data);
        }
    }
    closedir(dir);
    return is_found;
}

static void a_destroyed_body_is_nowhere_and_its_leaf_stays(void **state)
{
    struct fixture *f = *state;
    char receipt[RECEIPT_TEXT], directory[700];
    struct audit_shown shown = {{77, 0x1122334455667788}, 1, DISCLOSE_FULL};
    snprintf(directory, sizeof directory, "%s/audit", f->scratch.path);
    append_numbered(f->audit, 1, 5);
    struct audit_entry entry = entry_of(S("{\"name\":\"Needle In Haystack\"}"));
    entry.shown = &shown;
    entry.shown_count = 1;
    must(f->audit, &entry, receipt);
    append_numbered(f->audit, 7, 9);
    struct audit_read after;
    struct entry_place before;
    assert_int_equal(entry_read(f->audit, 6, &f->arena, &before), OK);
    str shown_bytes = str_of((const char *)&shown.id.number, 8);
    str sealed = str_from(before.body, before.body.len - 24);
    assert_true(directory_has(directory, sealed)); /* and nothing in clear, even before */
    assert_int_equal(audit_destroy_body(f->audit, 6), OK);
    assert_int_equal(audit_destroy_body(f->audit, 6), OK);
    assert_int_equal(audit_destroy_body(f->audit, 10), ERR_NOT_FOUND);
    for (int round = 0; round < 2; round++) {
        assert_false(directory_has(directory, S("Needle In Haystack")));
        assert_false(directory_has(directory, sealed));
        assert_false(directory_has(directory, shown_bytes));
        assert_int_equal(audit_by_receipt(f->audit, str_c(receipt), &f->arena, &after), OK);
        assert_true(after.is_destroyed);
        assert_int_equal(after.body.len, 0);
        assert_memory_equal(&after.leaf, &before.leaf, sizeof after.leaf);
        verify_gives(f, OK, 9);
        reopen(f);
    }
}

/* Contents go with their day's key; leaves and proofs stay. */
static void contents_end_when_their_time_is_over(void **state)
{
    enum { DAY = 86400 };
    struct fixture *f = *state;
    int64_t begin = 1763000000;
    char receipt[RECEIPT_TEXT];
    struct audit_shown shown = {{77, 5}, 1, DISCLOSE_FULL};
    struct audit_entry entry = entry_of(S("{\"name\":\"somebody\"}"));
    static const struct {
        int days;
        bool is_nothing_gone, is_shown_gone;
    } rows[] = {{0, false, false},   {30, false, false}, {31, true, false},
                {1096, true, false}, {1097, true, true}, {1200, true, true}};
    clock_pin(begin * 1000000);
    reopen(f);
    append_numbered(f->audit, 1, 1);
    entry.shown = &shown;
    entry.shown_count = 1;
    must(f->audit, &entry, receipt);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct audit_read nothing, hit;
        struct buf proof = {0};
        struct seen found = {0};
        unsigned keys;
        clock_pin((begin + (int64_t)rows[i].days * DAY) * 1000000);
        assert_int_equal(audit_expire(f->audit, &keys), OK);
        reopen(f);
        assert_int_equal(audit_get(f->audit, 1, &f->arena, &nothing), OK);
        assert_int_equal(audit_get(f->audit, 2, &f->arena, &hit), OK);
        assert_int_equal(nothing.is_destroyed, rows[i].is_nothing_gone);
        assert_int_equal(hit.is_destroyed, rows[i].is_shown_gone);
        assert_int_equal(audit_prove(f->audit, 2, true, &proof), OK);
        buf_release(&proof);
        assert_int_equal(audit_scan(f->audit, shown.id, 0, 9, see, &found), OK);
        assert_int_equal(found.count, rows[i].is_shown_gone ? 0 : 1);
        verify_gives(f, OK, 2);
    }
    clock_pin(-1);
}

/* A clock that jumps ten years must not destroy ten years' keys. */
static void a_step_of_the_clock_destroys_nothing(void **state)
{
    struct fixture *f = *state;
    static const int steps[] = {3660, -3660, 32};
    struct audit_read read;
    int64_t begin = clock_now_us();
    clock_pin(begin);
    reopen(f);
    append_numbered(f->audit, 1, 1);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        clock_pin(begin + steps[i] * 86400000000ll);
        append_numbered(f->audit, 2, 2); /* while it runs: the committer looks after it has told */
        while (!expiry_is_held(f->audit))
            sched_yield();
        reopen(f); /* and after a start */
        assert_true(expiry_is_held(f->audit));
        append_numbered(f->audit, 3, 3);
        assert_int_equal(audit_get(f->audit, 1, &f->arena, &read), OK);
        assert_false(read.is_destroyed);
        clock_pin(begin);
        reopen(f);
        assert_false(expiry_is_held(f->audit));
    }
    clock_pin(begin + 31 * 86400000000ll); /* a month, looked at as it passes: believed */
    reopen(f);
    assert_int_equal(audit_get(f->audit, 1, &f->arena, &read), OK);
    assert_true(read.is_destroyed);
    clock_pin(-1);
}

static void flip(const struct fixture *f, off_t at, unsigned char by)
{
    char path[700];
    unsigned char byte;
    snprintf(path, sizeof path, "%s/audit/%020d.log", f->scratch.path, 1);
    int fd = open(path, O_RDWR);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= by;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void every_altered_byte_is_noticed(void **state)
{
    struct fixture *f = *state;
    append_numbered(f->audit, 1, 6);
    audit_close(f->audit);
    f->audit = NULL;
    char path[700];
    struct stat about;
    snprintf(path, sizeof path, "%s/audit/%020d.log", f->scratch.path, 1);
    assert_int_equal(stat(path, &about), 0);
    for (off_t at = 0; at < about.st_size; at++) {
        flip(f, at, 0x10);
        verify_gives(f, ERR_DAMAGED, 0);
        if (at % 16 == 0)
            assert_int_equal(audit_open(f->scratch.path, &f->audit), ERR_DAMAGED);
        flip(f, at, 0x10);
    }
    verify_gives(f, OK, 6);
}

/* An old segment, which opening does not walk: cut, it is noticed there; altered, by the scrubber. */
static void old_segments_are_not_trusted(void **state)
{
    struct fixture *f = *state;
    char path[AUDIT_PATH], receipt[RECEIPT_TEXT];
    f->audit->segment_bytes = 3000;
    append_numbered(f->audit, 1, 60);
    size_t count = f->audit->segment_count;
    assert_true(count > 3);
    uint64_t second = f->audit->segments[1];
    for (size_t i = 0; i < count; i++)
        assert_int_equal(audit_scrub(f->audit), OK);
    segment_path(f->audit->directory, second, path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    unsigned char byte = 0;
    off_t size = lseek(fd, 0, SEEK_END);
    assert_int_equal(pread(fd, &byte, 1, 300), 1);
    byte ^= 4;
    assert_int_equal(pwrite(fd, &byte, 1, 300), 1);
    enum err code = OK;
    for (size_t i = 0; i < count && !code; i++)
        code = audit_scrub(f->audit);
    assert_int_equal(code, ERR_DAMAGED);
    assert_non_null(strstr(err_last()->message, "audit entry"));
    struct audit_entry entry = entry_of(S("{}"));
    assert_int_equal(audit_append_wait(f->audit, &entry, receipt), ERR_DAMAGED);
    assert_non_null(strstr(err_last()->message, "audit entry"));
    byte ^= 4;
    assert_int_equal(pwrite(fd, &byte, 1, 300), 1);
    reopen(f);
    must(f->audit, &entry, receipt);
    audit_close(f->audit);
    f->audit = NULL;
    assert_int_equal(ftruncate(fd, size - 1), 0);
    assert_int_equal(audit_open(f->scratch.path, &f->audit), ERR_DAMAGED);
    assert_non_null(strstr(err_last()->message, "audit entry"));
    close(fd);
}

static void a_shortened_log_is_noticed(void **state)
{
    struct fixture *f = *state;
    append_numbered(f->audit, 1, 6);
    audit_close(f->audit);
    f->audit = NULL;
    char path[700];
    struct stat about;
    snprintf(path, sizeof path, "%s/audit/%020d.log", f->scratch.path, 1);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(truncate(path, about.st_size - 1), 0);
    verify_gives(f, ERR_DAMAGED, 0);
    assert_int_equal(audit_open(f->scratch.path, &f->audit), ERR_DAMAGED);
    assert_non_null(strstr(err_last()->message, "ends at entry 5, but held 6"));
}

/* As after a power cut: a group that was being written is there in part. */
static void a_torn_last_group_is_dropped(void **state)
{
    struct fixture *f = *state;
    append_numbered(f->audit, 1, 6);
    uint64_t good = f->audit->offset;
    append_numbered(f->audit, 7, 7);
    audit_close(f->audit);
    f->audit = NULL;
    char path[700];
    struct head head = {6, {{0}}};
    snprintf(path, sizeof path, "%s/audit", f->scratch.path);
    struct segment_end end;
    assert_int_equal(segment_walk(path, 1, &(struct hash){{0}}, true, NULL, &end), OK);
    assert_int_equal(end.next, 8);
    assert_int_equal(head_write(path, &head), OK);
    strncat(path, "/checkpoint", sizeof path - strlen(path) - 1); /* a crash had not written it */
    assert_int_equal(io_remove(path), OK);
    flip(f, (off_t)good + 100, 0xFF);
    flip(f, (off_t)good + 3, 0xFF);
    assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
    assert_int_equal(audit_count(f->audit), 6);
    append_numbered(f->audit, 7, 9);
    reopen(f);
    assert_int_equal(audit_count(f->audit), 9);
    verify_gives(f, OK, 9);
}

static _Atomic int sync_errno, write_errno;

static int failing(void *context, const struct io_event *event)
{
    (void)context;
    return event->kind == IO_WRITE ? write_errno : event->kind == IO_SYNC ? sync_errno : 0;
}

static void a_full_disk_refuses_and_recovers(void **state)
{
    struct fixture *f = *state;
    const struct io_hook hook = {.before = failing};
    char receipt[RECEIPT_TEXT];
    struct audit_entry entry = entry_of(S("{}"));
    append_numbered(f->audit, 1, 3);
    io_set_hook(&hook);
    write_errno = ENOSPC;
    assert_int_equal(audit_append_wait(f->audit, &entry, receipt), ERR_FULL);
    assert_int_equal(audit_append_wait(f->audit, &entry, receipt), ERR_FULL);
    assert_int_equal(audit_count(f->audit), 3);
    write_errno = 0;
    append_numbered(f->audit, 4, 5);
    sync_errno = EIO;
    assert_int_equal(audit_append_wait(f->audit, &entry, receipt), ERR_IO);
    sync_errno = 0;
    assert_int_equal(audit_append_wait(f->audit, &entry, receipt),
                     ERR_IO); /* nobody knows what the disk holds */
    io_set_hook(NULL);
    assert_int_equal(audit_count(f->audit), 5);
    reopen(f);
    append_numbered(f->audit, 6, 7);
    verify_gives(f, OK, 7);
}

static _Atomic long calls_left;

static int failing_once(void *context, const struct io_event *event)
{
    (void)context;
    return event->kind != IO_SYNC && --calls_left == 0 ? ENOSPC : 0;
}

/* Any one call fails, segments rolled among them: an entry is durable or refused, and the next one finds the log in order. */
static void any_failing_call_leaves_the_log_in_order(void **state)
{
    struct fixture *f = *state;
    const struct io_hook hook = {.before = failing_once};
    struct audit_entry entry = entry_of(S("{}"));
    char receipt[RECEIPT_TEXT];
    uint64_t durable = 0;
    int refused = 0;
    f->audit->segment_bytes = 900;
    for (long call = 1; call < 30; call++) {
        calls_left = call;
        io_set_hook(&hook);
        for (int i = 0; i < 6; i++) {
            enum err code = audit_append_wait(f->audit, &entry, receipt);
            assert_true(code == OK || code == ERR_FULL);
            durable += code == OK;
            refused += code != OK;
            assert_int_equal(audit_count(f->audit), durable);
        }
        io_set_hook(NULL);
        verify_gives(f, OK, durable);
        if (call % 7 == 0) {
            reopen(f);
            f->audit->segment_bytes = 900;
        }
    }
    assert_true(refused > 10);
    reopen(f);
    assert_int_equal(audit_count(f->audit), durable);
}

static sem_t sync_begun, sync_released;
static _Atomic bool is_held;

static int holding(void *context, const struct io_event *event)
{
    (void)context;
    if (event->kind == IO_SYNC && is_held) {
        sem_post(&sync_begun);
        sem_wait(&sync_released);
    }
    return 0;
}

static void a_long_queue_is_bounded(void **state)
{
    struct fixture *f = *state;
    const struct io_hook hook = {.before = holding};
    struct flood flood = {.expected = QUEUE_ENTRIES + 1};
    struct audit_entry entry = entry_of(S("{}"));
    char receipt[RECEIPT_TEXT];
    sem_init(&flood.all, 0, 0);
    sem_init(&sync_begun, 0, 0);
    sem_init(&sync_released, 0, 0);
    is_held = true;
    io_set_hook(&hook);
    assert_int_equal(audit_append(f->audit, &entry, on_flood, &flood, receipt), OK);
    sem_wait(&sync_begun); /* the first group waits for the disk; the rest queues behind it */
    for (int i = 0; i < QUEUE_ENTRIES; i++)
        assert_int_equal(audit_append(f->audit, &entry, on_flood, &flood, receipt), OK);
    assert_int_equal(audit_append(f->audit, &entry, on_flood, &flood, receipt), ERR_BUSY);
    is_held = false;
    sem_post(&sync_released);
    sem_wait(&flood.all);
    io_set_hook(NULL);
    assert_int_equal(flood.failed, 0);
    assert_int_equal(audit_count(f->audit), QUEUE_ENTRIES + 1);
    char *large = malloc(BODY_MAX);
    memset(large, ' ', BODY_MAX);
    entry.query = str_of(large, BODY_MAX);
    assert_int_equal(audit_append(f->audit, &entry, on_flood, &flood, receipt), ERR_LIMIT);
    free(large);
}

static void a_backup_verifies_and_opens(void **state)
{
    struct fixture *f = *state;
    struct fixture copy = {0};
    char receipt[RECEIPT_TEXT];
    struct audit_read read;
    f->audit->segment_bytes = 3000;
    append_numbered(f->audit, 1, 30);
    struct audit_entry entry = entry_of(S("{\"a\":1}"));
    must(f->audit, &entry, receipt);
    scratch_make(&copy.scratch);
    assert_int_equal(audit_backup(f->audit, copy.scratch.path, true), OK);
    assert_int_equal(audit_backup(f->audit, copy.scratch.path, true), ERR_CONFLICT);
    append_numbered(f->audit, 32, 40);
    assert_int_equal(audit_open(copy.scratch.path, &copy.audit), OK);
    assert_int_equal(audit_count(copy.audit), 31);
    assert_int_equal(audit_by_receipt(copy.audit, str_c(receipt), &f->arena, &read), OK);
    assert_int_equal(read.number, 31);
    audit_close(copy.audit);
    scratch_remove(&copy.scratch);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_entry_is_found_by_its_receipt_after_reopening),
        cmocka_unit_test(receipts_are_unique_and_notice_misreading),
        cmocka_unit_test(receipts_are_read_as_people_write_them),
        TEST(many_threads_append_across_segments),
        TEST(who_was_shown_a_record),
        TEST(a_destroyed_body_is_nowhere_and_its_leaf_stays),
        TEST(contents_end_when_their_time_is_over),
        TEST(a_step_of_the_clock_destroys_nothing),
        TEST(every_altered_byte_is_noticed),
        TEST(old_segments_are_not_trusted),
        TEST(a_shortened_log_is_noticed),
        TEST(a_torn_last_group_is_dropped),
        TEST(a_full_disk_refuses_and_recovers),
        TEST(any_failing_call_leaves_the_log_in_order),
        TEST(a_long_queue_is_bounded),
        TEST(a_backup_verifies_and_opens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
