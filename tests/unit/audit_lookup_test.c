/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to the log by record, officer and value: what is found is what walking the log finds,
 * over restarts, crashes and merges; when its time is over nothing is found, and nothing is left of
 * it in any file.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/random.h"

#include "audit/internal.h"

#include "scratch.h"
#include "test.h"

enum { ENTRIES = 3000, OFFICERS = 7, VALUES = 40, RECORDS = 25, COUNTRIES = 3, FOUND_MAX = 4000 };
#define DAY_US 86400000000ll

static const char *const countries[COUNTRIES] = {"UTO", "FRA", "GHA"};

struct made { /* what an entry has to do with */
    unsigned officer, country, value, record;
    bool is_gone;
};
struct fixture {
    struct scratch scratch;
    struct audit *audit;
    struct made made[ENTRIES + 1];
    unsigned count;
    struct random random;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){0};
    random_seed(&fixture.random, 11);
    scratch_make(&fixture.scratch);
    clock_pin(1763000000000000);
    assert_int_equal(audit_open(fixture.scratch.path, &fixture.audit), OK);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    audit_close(f->audit);
    scratch_remove(&f->scratch);
    clock_pin(-1);
    return 0;
}

static void reopen(struct fixture *f)
{
    audit_close(f->audit);
    f->audit = NULL;
    assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
    f->audit->segment_bytes = 20 << 10;
}

static void append(struct fixture *f)
{
    char officer[16], query[96], receipt[RECEIPT_TEXT];
    struct made *made = &f->made[++f->count];
    *made = (struct made){(unsigned)random_below(&f->random, OFFICERS),
                          (unsigned)random_below(&f->random, COUNTRIES),
                          (unsigned)random_below(&f->random, VALUES),
                          (unsigned)random_below(&f->random, RECORDS * 5), false};
    snprintf(officer, sizeof officer, "o-%u", made->officer);
    snprintf(query, sizeof query, "[{\"document-number\":[\"X %06u\"],\"name\":[\"Any Body\"]}]",
             made->value);
    struct actor actor = {.officer = str_c(officer), .country = str_c(countries[made->country])};
    struct audit_shown shown = {{77, made->record + 1}, 1, DISCLOSE_FULL};
    struct audit_entry entry = {.kind = AUDIT_SEARCH,
                                .time_us = clock_now_us(),
                                .actor = &actor,
                                .query = str_c(query),
                                .shown = &shown,
                                .shown_count = made->record < RECORDS};
    assert_int_equal(audit_append_wait(f->audit, &entry, receipt), OK);
}

struct found {
    uint64_t numbers[FOUND_MAX];
    size_t count;
};

static enum err see(void *context, const struct audit_read *entry)
{
    struct found *found = context;
    assert_true(found->count < FOUND_MAX);
    found->numbers[found->count++] = entry->number;
    return OK;
}

struct question {
    enum audit_term term;
    unsigned which;
    int country; /* -1: all */
    uint64_t before;
    size_t max;
};

static bool answers(const struct made *made, const struct question *q)
{
    bool is_it = q->term == AUDIT_OFFICER ? made->officer == q->which
                 : q->term == AUDIT_VALUE ? made->value == q->which
                                          : made->record == q->which && made->record < RECORDS;
    return is_it && !made->is_gone && (q->country < 0 || made->country == (unsigned)q->country);
}

static void find(struct fixture *f, const struct question *q, struct found *found)
{
    char text[32], bytes[AUDIT_RECORD_TERM];
    str term = audit_record_term((struct record_id){77, q->which + 1}, bytes);
    snprintf(text, sizeof text, q->term == AUDIT_OFFICER ? "o-%u" : "x%06u", q->which);
    found->count = 0;
    assert_int_equal(audit_find(f->audit, q->term, q->term == AUDIT_RECORD ? term : str_c(text),
                                q->country < 0 ? STR_EMPTY : str_c(countries[q->country]),
                                q->before, q->max, see, found),
                     OK);
}

/* Newest first, none left out, none more than once, at most as many as asked for. */
static void check(struct fixture *f, const struct question *q)
{
    static struct found found;
    size_t at = 0;
    find(f, q, &found);
    uint64_t from = q->before && q->before <= f->count ? q->before : f->count + 1;
    for (uint64_t number = from; number-- > 1 && at < q->max;)
        if (answers(&f->made[number], q)) {
            assert_true(at < found.count);
            assert_int_equal(found.numbers[at++], number);
        }
    assert_int_equal(found.count, at);
}

static void check_all(struct fixture *f)
{
    static const unsigned counts[] = {
        [AUDIT_RECORD] = RECORDS, [AUDIT_OFFICER] = OFFICERS, [AUDIT_VALUE] = VALUES};
    for (unsigned term = 0; term < COUNT_OF(counts); term++)
        for (unsigned which = 0; which < counts[term] + 2; which++) {
            struct question q = {(enum audit_term)term, which, -1, 0, FOUND_MAX};
            check(f, &q);
            q.country = (int)random_below(&f->random, COUNTRIES);
            check(f, &q);
            q.before = random_below(&f->random, ENTRIES);
            q.max = random_below(&f->random, 20) + 1;
            check(f, &q);
            q.country = -1;
            check(f, &q);
        }
}

static void what_is_found_is_what_walking_finds(void **state)
{
    struct fixture *f = *state;
    f->audit->segment_bytes = 20 << 10; /* some fifty segments, so that runs are merged */
    for (unsigned i = 1; i <= ENTRIES; i++) {
        append(f);
        if (i % 1000 == 0) {
            clock_pin(1763000000000000 + i * DAY_US / 1000); /* the period before is over */
            check_all(f);
            reopen(f);
            check_all(f);
        }
    }
    assert_true(f->audit->segment_count > 20);
    lookup_settle(&f->audit->lookup);
    assert_in_range(f->audit->lookup.run_count, 2, 24);
    check_all(f);
}

static void lookup_path(const struct fixture *f, const char *name, char out[900])
{
    snprintf(out, 900, "%s/audit/lookup/%.200s", f->scratch.path, name);
}

/* Calls take for every file of a directory of the log. */
static void each_file(const struct fixture *f, const char *directory,
                      void take(void *context, const char *path), void *context)
{
    char path[900];
    snprintf(path, sizeof path, "%s/audit/%s", f->scratch.path, directory);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_type == DT_REG) {
            char file[1200];
            snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
            take(context, file);
        }
    closedir(dir);
}

static void what_a_crash_leaves_out_is_made_again(void **state)
{
    struct fixture *f = *state;
    char covered[900], manifest[900], stale[900];
    f->audit->segment_bytes = 20 << 10;
    for (unsigned i = 0; i < 600; i++)
        append(f);
    audit_close(f->audit);
    lookup_path(f, "covered", covered);
    lookup_path(f, "manifest", manifest);
    for (unsigned round = 0; round < 4; round++) {
        static const char *const texts[] = {"", "150", "0", "99999"};
        assert_int_equal(io_remove(manifest), OK); /* as logs of before had it */
        assert_int_equal(io_replace(covered, str_c(texts[round])), OK);
        lookup_path(f, "000051d0-00000000000000000001-00000000000000000009", stale);
        assert_int_equal(io_replace(stale, S("half a row")), OK);
        lookup_path(f, "merge.new", stale);
        assert_int_equal(io_replace(stale, S("not finished")), OK);
        assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
        check_all(f);
        assert_int_equal(access(stale, F_OK), -1);
        lookup_path(f, "000051d0-00000000000000000001-00000000000000000009", stale);
        assert_int_equal(access(stale, F_OK), -1);
        audit_close(f->audit);
    }
    assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
}

static void fill_two_days(struct fixture *f)
{
    f->audit->segment_bytes = 20 << 10;
    for (unsigned i = 0; i < 600; i++) {
        if (i == 500)
            clock_pin(clock_now_us() + DAY_US); /* the runs of the day before become one */
        append(f);
    }
    reopen(f);
    lookup_settle(&f->audit->lookup);
}

/* The run of most rows; closes the log. */
static void close_and_pick(struct fixture *f, char path[900], char name[RUN_NAME], off_t *ret_size)
{
    const struct lookup *lookup = &f->audit->lookup;
    const struct run *most = NULL;
    struct stat about;
    lookup_settle(&f->audit->lookup);
    for (size_t i = 0; i < lookup->run_count; i++)
        most = !most || lookup->runs[i].count > most->count ? &lookup->runs[i] : most;
    assert_non_null(most);
    assert_in_range(most->count, 2 * 340 + 1,
                    UINT32_MAX); /* some blocks, however they were merged */
    run_name(most, name);
    audit_close(f->audit);
    f->audit = NULL;
    lookup_path(f, name, path);
    assert_int_equal(stat(path, &about), 0);
    *ret_size = about.st_size;
}

static void flip(const char *path, off_t at)
{
    char byte;
    int fd = open(path, O_RDWR);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte = (char)(byte ^ 0x40);
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* Every value is asked for: all is found, or it is refused and the file named. */
static unsigned count_refused(struct fixture *f, const char *name)
{
    unsigned refused = 0;
    for (unsigned which = 0; which < VALUES; which++) {
        static struct found found;
        char text[32];
        struct question q = {AUDIT_VALUE, which, -1, 0, FOUND_MAX};
        snprintf(text, sizeof text, "x%06u", which);
        found.count = 0;
        enum err code =
            audit_find(f->audit, AUDIT_VALUE, str_c(text), STR_EMPTY, 0, FOUND_MAX, see, &found);
        if (!code) {
            check(f, &q);
            continue;
        }
        assert_int_equal(code, ERR_DAMAGED);
        assert_non_null(strstr(err_last()->message, name));
        refused++;
    }
    return refused;
}

/* A byte anywhere, rows cut off or put on: never an answer with something left out. */
static void an_altered_run_hides_nothing(void **state)
{
    struct fixture *f = *state;
    unsigned refused = 0;
    enum { FLIPS = 16 };
    fill_two_days(f);
    for (unsigned round = 0; round < FLIPS + 3; round++) {
        char path[900], name[RUN_NAME], block[4096];
        off_t size;
        close_and_pick(f, path, name, &size);
        if (round < FLIPS) {
            flip(path, round == 1 ? 4095 : size / FLIPS * round + round);
        } else if (round < FLIPS + 2) {
            assert_int_equal(truncate(path, round == FLIPS ? 8192 : size - 12), 0);
        } else {
            int fd = open(path, O_RDWR | O_APPEND);
            assert_int_equal(truncate(path, 8192), 0);
            assert_int_equal(pread(fd, block, sizeof block, 0), sizeof block);
            assert_int_equal(write(fd, block, sizeof block), sizeof block);
            close(fd);
        }
        assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
        lookup_settle(&f->audit->lookup);
        refused += count_refused(f, name);
        reopen(f);
        check_all(f);
        assert_int_equal(count_refused(f, name), 0);
    }
    assert_in_range(refused, FLIPS / 2, FLIPS * VALUES);
}

/* Of a log that is closed: OK, or the run is named. */
static void verify_misses(struct fixture *f, const char *name)
{
    struct buf said = {0};
    uint64_t count = 0;
    enum err code = audit_verify(f->scratch.path, &count, &said);
    assert_int_equal(code, name ? ERR_DAMAGED : OK);
    assert_true(str_has(buf_str(&said), name ? str_c(name) : S("of the lookup are whole")));
    assert_int_equal(count, f->count);
    buf_release(&said);
}

/* The run whose name is the `at`th of them; false: there are fewer. */
static bool pick_run(struct fixture *f, unsigned at, char name[RUN_NAME])
{
    struct dirent **names = NULL;
    char path[900];
    unsigned seen = 0;
    bool is_found = false;
    lookup_path(f, "", path);
    int count = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        struct run run;
        if (run_read_name(str_c(names[i]->d_name), &run) && seen++ == at) {
            run_name(&run, name);
            is_found = true;
        }
        free(names[i]);
    }
    free(names);
    return is_found;
}

/* Who verifies is told which one; the next opening makes it again. */
static void a_run_removed_whole_is_missed(void **state)
{
    struct fixture *f = *state;
    char path[900], name[RUN_NAME];
    unsigned at = 0;
    fill_two_days(f);
    for (;; at++) {
        audit_close(f->audit);
        f->audit = NULL;
        verify_misses(f, NULL);
        bool is_there = pick_run(f, at, name);
        if (is_there) {
            lookup_path(f, name, path);
            assert_int_equal(remove(path), 0);
            verify_misses(f, name);
        }
        assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
        check_all(f);
        if (!is_there)
            break;
    }
    assert_in_range(at, 3, 60);
}

/* The list itself removed, altered, of another log, or cut: not believed. */
static void the_list_of_runs_is_held_to_its_signature(void **state)
{
    struct fixture *f = *state;
    char manifest[900], path[900], name[RUN_NAME];
    char *note = NULL;
    size_t len = 0;
    off_t size;
    fill_two_days(f);
    lookup_path(f, "manifest", manifest);
    for (unsigned round = 0; round < 4; round++) {
        close_and_pick(f, path, name, &size);
        assert_int_equal(io_read_file(manifest, 1 << 20, &note, &len), OK);
        str text = str_of(note, len);
        size_t line = 0;
        while (!str_starts(str_from(text, line), str_c(name)))
            line++;
        str before = str_slice(text, 0, line), rest = str_from(text, line);
        str gone = STR_EMPTY;
        assert_true(str_split(&rest, '\n', &gone));
        struct buf without = {0};
        buf_add(&without, before);
        buf_add(&without, rest);
        note[len / 2] = round == 1 ? (char)(note[len / 2] ^ 1) : note[len / 2];
        const str texts[] = {STR_EMPTY, text, buf_str(&without), str_slice(text, 0, len - 9)};
        assert_int_equal(remove(path), 0);
        assert_int_equal(io_replace(manifest, texts[round]), OK);
        assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
        check_all(f);
        buf_release(&without);
        free(note);
    }
}

/* An entry is destroyed all the same: the run it stood in goes, and is made without it. */
static void in_an_altered_run_entries_can_be_destroyed(void **state)
{
    struct fixture *f = *state;
    char path[900], name[RUN_NAME];
    off_t size;
    fill_two_days(f);
    close_and_pick(f, path, name, &size);
    for (off_t at = 0; at + 4096 < size; at += 4096)
        flip(path, at + 100);
    assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
    for (unsigned number = 10; number < 20; number++) {
        assert_int_equal(audit_destroy_body(f->audit, number), OK);
        f->made[number].is_gone = true;
    }
    struct found found = {.count = 0};
    assert_int_equal(audit_find(f->audit, AUDIT_OFFICER, S("o-1"), STR_EMPTY, 0, 9, see, &found),
                     ERR_BUSY);
    assert_int_equal(access(path, F_OK), -1);
    reopen(f);
    check_all(f);
}

struct searching {
    str needle;
    size_t files, found;
};

static void search_file(void *context, const char *path)
{
    struct searching *searching = context;
    char *data = NULL;
    size_t len = 0;
    assert_int_equal(io_read_file(path, 1 << 28, &data, &len), OK);
    searching->files++;
    searching->found += memmem(data, len, searching->needle.ptr, searching->needle.len) != NULL;
    free(data);
}

/* How many files of the log hold the tag of a term, as it lies there. */
static size_t files_with(const struct fixture *f, uint64_t key)
{
    char bytes[6];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(key >> (56 - 8 * i) & 0xFF);
    struct searching searching = {.needle = str_of(bytes, sizeof bytes)};
    each_file(f, "", search_file, &searching);
    each_file(f, "lookup", search_file, &searching);
    each_file(f, "keys", search_file, &searching);
    each_file(f, "tree", search_file, &searching);
    assert_true(searching.files > 5);
    return searching.found;
}

static void what_was_destroyed_is_in_no_file(void **state)
{
    struct fixture *f = *state;
    uint32_t day = (uint32_t)(clock_now_us() / DAY_US);
    uint64_t key;
    for (unsigned i = 0; i < 40; i++)
        append(f);
    struct made *made = &f->made[20];
    char text[16];
    made->record = 3; /* asked about below only */
    for (unsigned i = 1; i <= 40; i++)
        f->made[i].value = f->made[i].value == made->value && i != 20 ? VALUES : f->made[i].value;
    reopen(f);
    snprintf(text, sizeof text, "o-%u", made->officer);
    for (unsigned round = 0; round < 3; round++) { /* in a run, in memory, first and last of all */
        bool has_shown = false;
        uint64_t number = audit_count(f->audit) + 1;
        struct actor actor = {.officer = S("o-once"), .country = S("UTO")};
        struct audit_shown shown = {{77, 900}, 1, DISCLOSE_FULL};
        struct audit_entry entry = {.kind = AUDIT_SEARCH,
                                    .actor = &actor,
                                    .query = S("[{\"name\":[\"Needle Haystack\"]}]"),
                                    .shown = &shown,
                                    .shown_count = has_shown};
        char receipt[RECEIPT_TEXT];
        assert_int_equal(audit_append_wait(f->audit, &entry, receipt), OK);
        if (round != 1)
            reopen(f);
        lookup_settle(&f->audit->lookup);
        assert_int_equal(term_key(&f->audit->keyring, day, AUDIT_VALUE, S("haystack, NEEDLE"),
                                  &key),
                         OK);
        assert_int_equal(files_with(f, key), round != 1);
        struct found found = {.count = 0};
        assert_int_equal(audit_find(f->audit, AUDIT_VALUE, S("needle haystack"), S("UTO"), 0, 9,
                                    see, &found),
                         OK);
        assert_int_equal(found.count, 1);
        assert_int_equal(audit_destroy_body(f->audit, number), OK);
        assert_int_equal(files_with(f, key), 0);
        reopen(f);
        lookup_settle(&f->audit->lookup);
        assert_int_equal(files_with(f, key), 0);
        found.count = 0;
        assert_int_equal(audit_find(f->audit, AUDIT_OFFICER, S("o-once"), STR_EMPTY, 0, 9, see,
                                    &found),
                         OK);
        assert_int_equal(found.count, 0);
    }
}

static size_t keys_named(const struct fixture *f, const char *name)
{
    char path[900];
    snprintf(path, sizeof path, "%s/audit/keys/%s", f->scratch.path, name);
    return access(path, F_OK) == 0;
}

/* Thirty days for what showed nothing, three years for the rest: key, runs and answers go. */
static void after_its_time_nothing_is_found_and_nothing_left(void **state)
{
    struct fixture *f = *state;
    int64_t begin = 1763000000000000; /* 2025-11-13 */
    uint32_t day = (uint32_t)(begin / DAY_US);
    uint64_t of_day, of_month;
    unsigned keys;
    static const struct {
        int days;
        bool has_nothing, has_shown;
    } rows[] = {{0, true, true},
                {30, true, true},
                {31, false, true},
                {1096, false, true},
                {1200, false, false}};
    for (unsigned i = 0; i < 200; i++)
        append(f);
    assert_int_equal(term_key(&f->audit->keyring, day, AUDIT_OFFICER, S("o-1"), &of_day), OK);
    assert_int_equal(term_key(&f->audit->keyring, keyring_month(day) | PERIOD_IS_MONTH,
                              AUDIT_OFFICER, S("o-1"), &of_month),
                     OK);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct question q = {AUDIT_OFFICER, 1, -1, 0, FOUND_MAX};
        static struct found found;
        clock_pin(begin + rows[i].days * DAY_US);
        assert_int_equal(audit_expire(f->audit, &keys), OK);
        reopen(f);
        for (unsigned number = 1; number <= f->count; number++)
            f->made[number].is_gone =
                f->made[number].record < RECORDS ? !rows[i].has_shown : !rows[i].has_nothing;
        check(f, &q);
        find(f, &q, &found);
        assert_true((found.count > 0) == rows[i].has_shown);
        assert_int_equal(files_with(f, of_day) > 0, rows[i].has_nothing);
        assert_int_equal(keys_named(f, "2025-11-13-index-days"), rows[i].has_nothing);
        assert_int_equal(files_with(f, of_month) > 0, rows[i].has_shown);
        assert_int_equal(keys_named(f, "2025-11-01-index-months"), rows[i].has_shown);
    }
}

static void values_have_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool is_same;
    } cases[] = {
        {"L898902C3", "l898 902-c3", true},
        {"Marta VIDAL", "Vidal, Marta", true},
        {"Jos\xC3\xA9 N\xC3\xBA\xC3\xB1"
         "ez",
         "NUNEZ JOSE", true},
        {"Anna Maria", "Annamaria", false},
        {"AB 12", "12 AB", false}, /* a number is not put in order */
        {"1974-08-12", "19740812", true},
        {"\xD9\x85\xD8\xAD\xD9\x85\xD8\xAF", "\xD9\x85\xD8\xAD\xD9\x85\xD8\xAF ", true},
        {"L898902C3", "L898902C4", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char a[AUDIT_FORM], b[AUDIT_FORM];
        str x = str_of(a, audit_value_form(str_c(cases[i].a), a));
        str y = str_of(b, audit_value_form(str_c(cases[i].b), b));
        assert_true(x.len > 0 && y.len > 0);
        assert_int_equal(str_eq(x, y), cases[i].is_same);
    }
    char form[AUDIT_FORM], most[2000];
    memset(most, 'x', sizeof most);
    assert_in_range(audit_value_form(str_of(most, sizeof most), form), 0, AUDIT_FORM);
    assert_int_equal(audit_value_form(S(" -- "), form), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_found_is_what_walking_finds),
        TEST(what_a_crash_leaves_out_is_made_again),
        TEST(an_altered_run_hides_nothing),
        TEST(a_run_removed_whole_is_missed),
        TEST(the_list_of_runs_is_held_to_its_signature),
        TEST(in_an_altered_run_entries_can_be_destroyed),
        TEST(what_was_destroyed_is_in_no_file),
        TEST(after_its_time_nothing_is_found_and_nothing_left),
        cmocka_unit_test(values_have_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
