/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries packed before they are sealed: what they take, that each is read by itself, what happens
 * to a dictionary that is missing or not the one, and that logs of before are read.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/io.h"

#include "audit/internal.h"

#include "entries.h"
#include "scratch.h"
#include "test.h"

enum { MADE = 4000 };
static const int64_t noon_us = 1763035200000000; /* 2025-11-13 12:00 */

struct fixture {
    struct scratch scratch;
    struct audit *audit;
    struct arena arena;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){0};
    scratch_make(&fixture.scratch);
    clock_pin(noon_us);
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
    clock_pin(-1);
    return 0;
}

static void reopen(struct fixture *f)
{
    audit_close(f->audit);
    f->audit = NULL;
    assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
}

static void append(struct fixture *f, str query)
{
    static const struct actor actor = {.officer = {"o-1", 3}, .country = {"UTO", 3}};
    char receipt[RECEIPT_TEXT];
    struct audit_entry entry = {.kind = AUDIT_SEARCH,
                                .time_us = noon_us,
                                .actor = &actor,
                                .databases = S("*"),
                                .query = query,
                                .verdict = S("nothing-found")};
    assert_int_equal(audit_append_wait(f->audit, &entry, receipt), OK);
}

static str path_in(const struct fixture *f, const char *name)
{
    static char path[700];
    snprintf(path, sizeof path, "%s/audit/%s", f->scratch.path, name);
    return str_c(path);
}

/* ---- what they take ---- */

static void on_durable(void *context, enum err code)
{
    (void)context;
    ensure(code == OK);
}

static void append_made(struct fixture *f, unsigned count, size_t *ret_plain)
{
    struct random random;
    static struct made made;
    struct buf text = {0};
    char receipt[RECEIPT_TEXT];
    random_seed(&random, 3);
    for (unsigned i = 0; i < count; i++) {
        make_entry(&random, i, &made);
        if (!i)
            assert_int_equal(audit_expect(f->audit, &made.entry.catalog), OK);
        while (audit_append(f->audit, &made.entry, on_durable, NULL, receipt) == ERR_BUSY)
            err_clear();
        entry_encode(&made.entry, &text);
    }
    *ret_plain = text.len;
    buf_release(&text);
}

/* The figure in the row of docs/audit-plan.md that begins so. */
static double planned(const char *row)
{
    char *text = NULL, number[32];
    size_t len = 0;
    str rest, line;
    double figure = -1;
    assert_int_equal(io_read_file("docs/audit-plan.md", 1 << 20, &text, &len), OK);
    for (rest = str_of(text, len); str_split(&rest, '\n', &line);) {
        if (!str_starts(line, str_c(row)))
            continue;
        str cell = STR_EMPTY;
        for (int i = 0; i < 4; i++)
            assert_true(str_split(&line, '|', &cell));
        snprintf(number, sizeof number, "%.*s", STR(cell));
        figure = strtod(number, NULL);
        break;
    }
    free(text);
    return figure;
}

static void is_as_planned(const char *row, double measured)
{
    double figure = planned(row);
    print_message("%s %.1f planned, %.1f measured\n", row, figure, measured);
    assert_true(figure > 0);
    assert_true(measured < figure * 1.02 && measured > figure * 0.98);
}

static void entries_take_what_the_plan_says(void **state)
{
    struct fixture *f = *state;
    struct stat about;
    size_t plain = 0, sealed = 0;
    append_made(f, MADE, &plain);
    reopen(f);
    assert_int_equal(audit_count(f->audit), MADE);
    for (uint64_t number = 1; number <= MADE; number++) {
        struct entry_place entry;
        arena_reset(&f->arena);
        assert_int_equal(entry_read(f->audit, number, &f->arena, &entry), OK);
        sealed += entry.body.len;
    }
    assert_int_equal(stat(path_in(f, "00000000000000000001.log").ptr, &about), 0);
    is_as_planned("| - in clear", (double)plain / MADE);
    is_as_planned("| - of them the sealed body", (double)sealed / MADE);
    is_as_planned("| segments", (double)about.st_size / MADE);
}

/* A length tells a step, not what is in it: one word more or less of what repeats shows nowhere. */
static void a_length_is_a_step(void **state)
{
    struct fixture *f = *state;
    struct entry_place entry;
    char query[200] = "{\"a\":\"";
    bool is_seen[BODY_MAX / PACK_STEP] = {false};
    unsigned steps = 0;
    for (unsigned i = 1; i <= 60; i++) {
        snprintf(query + 6, sizeof query - 6, "%.*s\"}", (int)i,
                 "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do");
        append(f, str_c(query));
        assert_int_equal(entry_read(f->audit, i, &f->arena, &entry), OK);
        size_t head = 7 + 3 + 2;
        assert_int_equal((entry.body.len - head - SEAL_EXTRA) % PACK_STEP, 0);
        size_t step = (entry.body.len - head - SEAL_EXTRA) / PACK_STEP;
        steps += !is_seen[step];
        is_seen[step] = true;
    }
    assert_in_range(steps, 2, 3); /* 60 lengths */
}

/* ---- dictionaries ---- */

static enum err get(struct fixture *f, uint64_t number, str *ret)
{
    struct audit_read read;
    enum err code = audit_get(f->audit, number, &f->arena, &read);
    *ret = read.body;
    return code;
}

static void each_catalog_has_its_dictionary(void **state)
{
    struct fixture *f = *state;
    struct hash catalogs[2] = {{{1}}, {{2}}};
    str body;
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(audit_expect(f->audit, &catalogs[i % 2]), OK);
        append(f, S("{\"a\":\"first\"}"));
        reopen(f);
    }
    for (unsigned i = 1; i <= 6; i++) {
        assert_int_equal(get(f, i, &body), OK);
        assert_true(str_has(body, S("\"first\"")));
    }
    assert_int_equal(access(path_in(f, "dictionary-3").ptr, F_OK), 0); /* one of none, and two */
    assert_int_equal(access(path_in(f, "dictionary-4").ptr, F_OK), -1);
}

static void replace(struct fixture *f, const char *name, str bytes)
{
    assert_int_equal(io_replace(path_in(f, name).ptr, bytes), OK);
    reopen(f);
}

static void a_dictionary_that_is_not_the_one_is_named(void **state)
{
    struct fixture *f = *state;
    struct hash catalog = {{7}};
    struct buf first = {.max = DICTIONARY_BYTES}, second = {.max = DICTIONARY_BYTES};
    str body;
    append(f, S("{\"a\":1}"));
    assert_int_equal(audit_expect(f->audit, &catalog), OK);
    append(f, S("{\"a\":2}"));
    assert_int_equal(packing_file(&f->audit->keyring.packing, 1, &first), OK);
    assert_int_equal(packing_file(&f->audit->keyring.packing, 2, &second), OK);
    assert_int_equal(io_remove(path_in(f, "dictionary-1").ptr), OK);
    reopen(f);
    assert_int_equal(get(f, 1, &body), ERR_DAMAGED);
    assert_non_null(strstr(err_last()->message, "audit/dictionary-1 is not there"));
    assert_int_equal(get(f, 2, &body), OK); /* the rest is read, and more is written */
    replace(f, "dictionary-1", buf_str(&second));
    assert_int_equal(get(f, 1, &body), ERR_DAMAGED); /* whole, but another's */
    for (size_t at = 0; at < first.len; at += 97) {
        first.ptr[at] ^= 4;
        replace(f, "dictionary-1", buf_str(&first));
        assert_int_equal(get(f, 1, &body), ERR_DAMAGED);
        assert_non_null(strstr(err_last()->message, "audit/dictionary-1 was altered"));
        first.ptr[at] ^= 4;
    }
    replace(f, "dictionary-1", buf_str(&first));
    assert_int_equal(get(f, 1, &body), OK);
    assert_true(str_has(body, S("{\"a\":1}")));
    buf_release(&first);
    buf_release(&second);
}

static void the_newest_dictionary_may_be_lost(void **state)
{
    struct fixture *f = *state;
    str body;
    append(f, S("{\"a\":1}"));
    replace(f, "dictionary-1", S("nothing of the kind"));
    append(f, S("{\"a\":2}"));
    assert_int_equal(get(f, 1, &body), ERR_DAMAGED);
    assert_int_equal(get(f, 2, &body), OK);
}

static void a_backup_is_read_without_the_log(void **state)
{
    struct fixture *f = *state;
    struct fixture copy = {0};
    str body;
    append(f, S("{\"a\":\"taken along\"}"));
    scratch_make(&copy.scratch);
    assert_int_equal(audit_backup(f->audit, copy.scratch.path, true), OK);
    assert_int_equal(audit_open(copy.scratch.path, &copy.audit), OK);
    assert_int_equal(get(&copy, 1, &body), OK);
    assert_true(str_has(body, S("taken along")));
    audit_close(copy.audit);
    arena_release(&copy.arena);
    scratch_remove(&copy.scratch);
}

/* ---- logs of before ---- */

/* The key of the day, as the log keeps it. */
static void read_day_key(struct fixture *f, struct secret_key *ret)
{
    char *boxes = NULL;
    size_t len = 0;
    assert_int_equal(io_read_file(path_in(f, "keys/2025-11-13-nothing-UTO").ptr, 4096, &boxes,
                                  &len),
                     OK);
    assert_true(box_open(&f->audit->keyring.reader, str_of(boxes, len), (char *)ret->bytes));
    free(boxes);
}

/* Of the first form the key of an entry was a hash of its salt; neither was packed. */
static void seal_as_before(uint8_t form, const struct secret_key *day_key, const struct salt *salt,
                           str text, struct buf *out)
{
    struct secret_key own;
    struct hash hash;
    char head[10];
    buf_add_u8(out, form);
    buf_add_u8(out, CLASS_NOTHING_SHOWN);
    buf_add_u32(out, (uint32_t)(noon_us / 86400000000));
    buf_add_u8(out, 3);
    buf_add(out, S("UTO"));
    memcpy(head, out->ptr + out->len - sizeof head, sizeof head);
    if (form == 2) {
        seal_salted(day_key, salt, str_of(head, sizeof head), text, out);
        return;
    }
    keyed_hash(day_key, str_of((const char *)salt->bytes, SALT_SIZE), &hash);
    memcpy(own.bytes, hash.bytes, KEY_SIZE);
    seal_once(&own, str_of(head, sizeof head), text, out);
}

static void write_log_of_before(struct fixture *f, const struct secret_key *day_key)
{
    struct buf log = {0}, entries = {0};
    char header[SEGMENT_HEADER], group[GROUP_HEADER], place[ENTRY_HEADER];
    struct hash chain = {{0}};
    segment_header_put(header, 1, &chain);
    buf_add(&log, str_of(header, sizeof header));
    for (uint8_t form = 1; form <= 2; form++) {
        struct salt salt = {{form}};
        struct buf body = {0};
        struct hash leaf;
        seal_as_before(form, day_key, &salt, S("{\"kind\":\"search\",\"officer\":\"before\"}"),
                       &body);
        salted_hash(&salt, buf_str(&body), &leaf);
        entry_header_put(place, form, (uint32_t)body.len, 0, &leaf);
        buf_add(&entries, str_of(place, sizeof place));
        buf_add(&entries, str_of((const char *)salt.bytes, SALT_SIZE));
        buf_add(&entries, buf_str(&body));
        buf_release(&body);
    }
    struct group_header first = {.count = 2,
                                 .size = (uint32_t)entries.len,
                                 .first = 1,
                                 .time_us = noon_us};
    assert_true(group_chain(&first, buf_str(&entries), &chain, &first.chain));
    group_header_put(group, &first);
    buf_add(&log, str_of(group, sizeof group));
    buf_add(&log, buf_str(&entries));
    assert_int_equal(io_replace(path_in(f, "00000000000000000001.log").ptr, buf_str(&log)), OK);
    buf_release(&entries);
    buf_release(&log);
}

static enum err see(void *context, const struct audit_read *entry)
{
    (void)entry;
    ++*(unsigned *)context;
    return OK;
}

static void a_log_of_before_is_read_and_goes_on(void **state)
{
    struct fixture *f = *state;
    static const char *const views[] = {"head", "checkpoint", "places", "lookup/manifest",
                                        "dictionary-1"};
    struct secret_key day_key;
    struct buf proof = {0}, key = {0}, said = {0};
    unsigned found = 0;
    uint64_t count = 0;
    str body;
    append(f, S("{}"));
    read_day_key(f, &day_key);
    audit_close(f->audit);
    f->audit = NULL;
    for (size_t i = 0; i < COUNT_OF(views); i++)
        assert_int_equal(io_remove(path_in(f, views[i]).ptr), OK);
    write_log_of_before(f, &day_key);
    assert_int_equal(audit_open(f->scratch.path, &f->audit), OK);
    append(f, S("{\"a\":\"now\"}"));
    for (uint64_t number = 1; number <= 3; number++) {
        assert_int_equal(get(f, number, &body), OK);
        assert_true(str_has(body, number < 3 ? S("before") : S("now")));
        buf_clear(&proof);
        buf_clear(&key);
        buf_clear(&said);
        assert_int_equal(audit_prove(f->audit, number, true, &proof), OK);
        audit_key(f->audit, &key);
        assert_int_equal(audit_check_proof(buf_str(&proof), buf_str(&key), &said), OK);
        assert_true(str_has(buf_str(&said), number < 3 ? S("before") : S("now")));
    }
    assert_int_equal(audit_find(f->audit, AUDIT_OFFICER, S("before"), STR_EMPTY, 0, 9, see, &found),
                     OK);
    assert_int_equal(found, 2);
    buf_clear(&said);
    assert_int_equal(audit_verify(f->scratch.path, &count, &said), OK);
    assert_int_equal(count, 3);
    buf_release(&proof);
    buf_release(&key);
    buf_release(&said);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(entries_take_what_the_plan_says),     TEST(a_length_is_a_step),
        TEST(each_catalog_has_its_dictionary),     TEST(a_dictionary_that_is_not_the_one_is_named),
        TEST(the_newest_dictionary_may_be_lost),   TEST(a_backup_is_read_without_the_log),
        TEST(a_log_of_before_is_read_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
