/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention under a clock that the test sets: what is due when, who is told, what is deleted, what
 * a certificate says, and that a restored backup deletes again.
 */
#include "keep/keep.h"

#include "codec/json.h"

#include "canonical.h"
#include "home.h"
#include "scratch.h"
#include "stored.h"
#include "test.h"

struct world {
    char home[HOME_PATH];
    struct scratch scratch;
    struct catalog *catalog;
    struct store *store;
    struct keep *keep;
    struct arena arena;
    uint64_t erased, swept;
};

static const struct day first_day = {2026, 11, 22};

static void set_day(struct day day)
{
    clock_pin((int64_t)day_number(day) * 86400000000 + 36000000000);
}

static void committed(void *context, uint64_t first_seq, uint64_t last_seq)
{
    struct world *world = context;
    if (world->keep)
        keep_follow(world->keep, first_seq, last_seq);
}

static void on_erased(void *context, const struct record_id *ids, size_t count, const char *reason)
{
    struct world *world = context;
    assert_true(count && ids[0].number);
    assert_string_equal(reason, "expired");
    world->erased += count;
}

static void on_swept(void *context)
{
    ((struct world *)context)->swept++;
}

static void open_keep(struct world *world)
{
    uint64_t again = 0;
    assert_int_equal(store_open(world->scratch.path, STORE_OPEN_CREATE, &world->store), OK);
    store_set_hook(world->store, committed, world);
    assert_int_equal(keep_open(world->scratch.path, world->catalog, world->store, &world->keep),
                     OK);
    keep_on_erased(world->keep, on_erased, on_swept, world);
    assert_int_equal(keep_restore(world->keep, &again), OK);
    assert_int_equal(again, 0);
}

static void close_keep(struct world *world)
{
    canonical_check(world->catalog, world->store);
    store_close(world->store);
    keep_close(world->keep);
    world->keep = NULL;
}

static void begin(struct world *world)
{
    char root[HOME_PATH / 2], target[HOME_PATH], path[HOME_PATH];
    *world = (struct world){.erased = 0};
    set_day(first_day);
    scratch_make(&world->scratch);
    home_make(world->home);
    assert_non_null(getcwd(root, sizeof root));
    snprintf(target, sizeof target, "%s/system", root);
    snprintf(path, sizeof path, "%.200s/system", world->home);
    assert_int_equal(symlink(target, path), 0);
    home_write(world->home, "databases/parcel.yaml",
               S("definition: parcel\ntitle: Parcels\npurposes: [search]\n"
                 "fields:\n  tracking: {type: identifier}\n  fate: {type: text}\n"
                 "retain:\n  - {when: {eq: {fate: blank}}, first: 30y, remind: 6mo}\n"
                 "  - {first: 5y, remind: 6mo}\n"
                 "achieved: {when: {eq: {fate: returned}}, within: 15d}\n"));
    assert_int_equal(catalog_load(world->home, &world->catalog), OK);
    open_keep(world);
}

static void end(struct world *world)
{
    close_keep(world);
    catalog_free(world->catalog);
    arena_release(&world->arena);
    home_remove(world->home);
    scratch_remove(&world->scratch);
    clock_pin(-1);
}

static uint64_t put(struct world *world, uint64_t number, const char *more, const char *review_on,
                    const char *fate)
{
    str body = arena_printf(&world->arena,
                            "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"search\"],"
                            "\"review_on\":\"%s\"%s},\"fields\":{\"tracking\":\"SECRET1\","
                            "\"fate\":\"%s\"}}",
                            review_on, more, fate);
    struct change change = stored_put(number, S("parcel"), body);
    struct committed done;
    assert_int_equal(store_commit(world->store, &change, 1, true, &done), OK);
    return done.id.number;
}

static bool is_here(struct world *world, uint64_t number)
{
    struct stored stored;
    assert_int_equal(store_read(world->store, number, &world->arena, &stored), OK);
    return !stored.is_erased;
}

static struct keep_figures sweep(struct world *world, struct day day)
{
    struct keep_figures figures;
    set_day(day);
    assert_int_equal(keep_sweep(world->keep, day, &figures), OK);
    return figures;
}

static struct keep_list list(struct world *world, struct keep_filter filter)
{
    struct keep_list found;
    filter.max = filter.max ? filter.max : KEEP_LIST_MAX;
    assert_int_equal(keep_list(world->keep, &filter, &world->arena, &found), OK);
    return found;
}

static const char *due_of(struct world *world, uint64_t number)
{
    struct keep_list found = list(world, (struct keep_filter){.until = {9000, 1, 1}});
    char text[16];
    for (size_t i = 0; i < found.count; i++)
        if (found.items[i].id.number == number)
            return arena_str(&world->arena, str_c(day_format(found.items[i].due, text))).ptr;
    return "";
}

/* ---- when ---- */

static void when_it_is_due(void **state)
{
    static const struct {
        const char *review_on, *more, *fate, *expected, *why;
    } cases[] = {
        {"2027-05-01", "", "", "2027-05-01", "its review date"},
        {"2027-05-01", ",\"achieved_on\":\"2026-11-20\"", "", "2026-12-05", "found: 15 days"},
        {"2026-12-01", ",\"achieved_on\":\"2026-11-20\"", "", "2026-12-01", "the review is nearer"},
        {"2027-05-01", "", "returned", "2026-12-07", "its own word for it: from this version on"},
        {"2027-05-01", ",\"achieved_on\":\"2026-11-20\",\"extension\":{\"achieved\":true}", "",
         "2027-05-01", "found, and a reason to keep it"},
        {"2027-05-01", ",\"legal_basis\":\"\\\"achieved_on\\\":\\\"2026-11-20\\\"\"", "",
         "2027-05-01", "words that look like a key"},
        {"2027-05-01", "", "\\\"achieved_on\\\":\\\"2026-11-20\\\"", "2027-05-01",
         "the same in a field"},
    };
    struct world world;
    (void)state;
    begin(&world);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t number = put(&world, 0, cases[i].more, cases[i].review_on, cases[i].fate);
        if (strcmp(due_of(&world, number), cases[i].expected) != 0)
            fail_msg("%s: %s", cases[i].why, due_of(&world, number));
    }
    close_keep(&world); /* and as read from the file, and as built from the records */
    open_keep(&world);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(due_of(&world, i + 1), cases[i].expected);
    close_keep(&world);
    char path[1024];
    snprintf(path, sizeof path, "%s/due", world.scratch.path);
    assert_int_equal(io_remove(path), OK);
    open_keep(&world);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(due_of(&world, i + 1), cases[i].expected);
    end(&world);
}

/* A correction of what was returned does not put the end off. */
static void corrections_put_nothing_off(void **state)
{
    struct world world;
    (void)state;
    begin(&world);
    uint64_t number = put(&world, 0, "", "2027-05-01", "returned");
    set_day((struct day){2026, 12, 1});
    put(&world, number, "", "2027-05-01", "returned");
    assert_string_equal(due_of(&world, number), "2026-12-07");
    end(&world);
}

/* ---- the sweep ---- */

static void deletes_when_the_day_has_passed(void **state)
{
    struct world world;
    (void)state;
    begin(&world);
    uint64_t soon = put(&world, 0, "", "2026-12-01", "");
    uint64_t later = put(&world, 0, "", "2026-12-02", "");
    assert_int_equal(sweep(&world, (struct day){2026, 12, 1}).deleted, 0);
    assert_int_equal(sweep(&world, (struct day){2026, 12, 2}).deleted, 1);
    assert_false(is_here(&world, soon));
    assert_true(is_here(&world, later));
    assert_int_equal(world.erased, 1);
    assert_int_equal(world.swept, 1);
    assert_int_equal(sweep(&world, (struct day){2026, 12, 2}).deleted, 0);
    close_keep(&world);
    open_keep(&world);
    assert_int_equal(sweep(&world, (struct day){2027, 1, 1}).deleted, 1);
    assert_false(is_here(&world, later));
    end(&world);
}

static void extended_in_time(void **state)
{
    struct world world;
    (void)state;
    begin(&world);
    uint64_t number = put(&world, 0, "", "2026-12-01", "");
    put(&world, number, "", "2027-12-01", "");
    assert_int_equal(sweep(&world, (struct day){2026, 12, 2}).deleted, 0);
    assert_true(is_here(&world, number));
    end(&world);
}

static void deletes_many(void **state)
{
    struct world world;
    (void)state;
    begin(&world);
    for (int i = 0; i < 3 * KEEP_STEP + 5; i++)
        put(&world, 0, "", "2026-12-01", "");
    assert_int_equal(sweep(&world, (struct day){2026, 12, 2}).deleted, 3 * KEEP_STEP + 5);
    assert_int_equal(world.erased, 3 * KEEP_STEP + 5);
    uint64_t certificates = 0;
    assert_int_equal(store_count(world.store, S("certificate"), S("UTO"), &certificates), OK);
    assert_int_equal(certificates, 3 * KEEP_STEP + 5);
    end(&world);
}

struct reminders {
    unsigned count;
    char last[256];
};

static enum err take_reminder(void *context, const struct stored *stored)
{
    struct reminders *reminders = context;
    reminders->count++;
    snprintf(reminders->last, sizeof reminders->last, "%.*s", STR(stored->body));
    return OK;
}

static struct reminders reminders_of(struct world *world)
{
    struct reminders reminders = {0};
    assert_int_equal(store_list(world->store, S("reminder"), S("UTO"), 0, 1000, take_reminder,
                                &reminders),
                     OK);
    return reminders;
}

static void reminds_once_ahead(void **state)
{
    struct world world;
    (void)state;
    begin(&world);
    put(&world, 0, "", "2027-12-01", "");
    put(&world, 0, "", "2027-12-01", "");
    assert_int_equal(sweep(&world, first_day).reminded, 0);
    assert_int_equal(sweep(&world, (struct day){2027, 5, 30}).reminded, 0);
    assert_int_equal(sweep(&world, (struct day){2027, 6, 3}).reminded, 2);
    assert_int_equal(sweep(&world, (struct day){2027, 6, 4}).reminded, 0);
    assert_int_equal(reminders_of(&world).count, 1);
    assert_non_null(strstr(reminders_of(&world).last, "parcel"));
    struct keep_list found = list(&world, (struct keep_filter){.until = {2027, 12, 1}});
    assert_int_equal(found.count, 2);
    assert_true(found.items[0].is_reminded);
    put(&world, 0, "", "2027-07-01", ""); /* comes within the time of reminding */
    close_keep(&world);
    open_keep(&world);
    assert_int_equal(sweep(&world, (struct day){2027, 6, 5}).reminded, 1);
    end(&world);
}

/* A clock that jumped deletes nothing, until it is right again or somebody has confirmed it. */
static bool look(struct world *world, struct day day)
{
    struct keep_figures figures;
    bool is_held = false;
    set_day(day);
    assert_int_equal(keep_look(world->keep, day, &figures, &is_held), OK);
    assert_true(!is_held || (figures.deleted == 0 && figures.reminded == 0));
    return is_held;
}

static void a_jump_of_the_clock_deletes_nothing(void **state)
{
    struct world world;
    struct day since;
    (void)state;
    begin(&world);
    uint64_t soon = put(&world, 0, "", "2026-12-31", "stolen");
    uint64_t late = put(&world, 0, "", "2029-06-01", "stolen");
    assert_false(look(&world, (struct day){2026, 11, 22}));
    assert_false(keep_is_held(world.keep, &since));
    assert_true(look(&world, (struct day){2030, 1, 1}));
    assert_true(keep_is_held(world.keep, &since));
    assert_int_equal(day_number(since), day_number((struct day){2026, 11, 22}));
    assert_true(look(&world, (struct day){2027, 1, 1})); /* not even where one is due */
    assert_true(look(&world, (struct day){2026, 11, 20}));
    assert_true(is_here(&world, soon) && is_here(&world, late));
    assert_false(look(&world, (struct day){2026, 11, 22}));
    assert_false(keep_is_held(world.keep, &since));
    close_keep(&world);
    open_keep(&world); /* what it runs by is gone; a week is believed, more is not */
    assert_true(look(&world, (struct day){2026, 11, 30}));
    assert_false(look(&world, (struct day){2026, 11, 29}));
    assert_true(look(&world, (struct day){2026, 12, 1})); /* a day at a time, as it runs */
    set_day((struct day){2027, 1, 1});
    assert_int_equal(keep_confirm(world.keep, (struct day){2027, 1, 2}), ERR_BAD_VALUE);
    assert_true(look(&world, (struct day){2027, 1, 1}));
    assert_int_equal(keep_confirm(world.keep, (struct day){2027, 1, 1}), OK);
    assert_true(is_here(&world, soon));
    assert_false(look(&world, (struct day){2027, 1, 1}));
    assert_false(is_here(&world, soon));
    assert_true(is_here(&world, late));
    set_day((struct day){2026, 11, 29}); /* it was wrong after all: confirmed back */
    assert_true(look(&world, (struct day){2026, 11, 29}));
    assert_int_equal(keep_confirm(world.keep, (struct day){2026, 11, 29}), OK);
    assert_false(look(&world, (struct day){2026, 11, 29}));
    end(&world);
}

/* What the node works with lasts while it is active; its owner is told ahead, and every month. */
static void what_lasts_is_told_of_again_and_again(void **state)
{
    struct world world;
    struct committed done;
    (void)state;
    begin(&world);
    str body = S("{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"data-quality\"],"
                 "\"review_on\":\"2026-12-31\"},\"fields\":{\"id\":\"UTO/ncb\",\"name\":\"Bureau\","
                 "\"level\":\"national-bureau\"}}");
    struct change change = stored_put(0, S("unit"), body);
    assert_int_equal(store_commit(world.store, &change, 1, true, &done), OK);
    uint64_t number = done.id.number;
    assert_int_equal(sweep(&world, first_day).reminded, 0);
    assert_int_equal(sweep(&world, (struct day){2026, 12, 5}).reminded, 1); /* a month ahead */
    assert_int_equal(sweep(&world, (struct day){2026, 12, 31}).reminded, 0);
    assert_int_equal(sweep(&world, (struct day){2027, 1, 1}).reminded, 1); /* it is over */
    assert_int_equal(sweep(&world, (struct day){2027, 1, 2}).reminded, 0);
    close_keep(&world);
    open_keep(&world);
    assert_int_equal(sweep(&world, (struct day){2027, 1, 30}).reminded, 0);
    assert_int_equal(sweep(&world, (struct day){2027, 2, 3}).reminded, 1); /* and still */
    assert_true(is_here(&world, number));
    change = stored_put(number, S("unit"), STR_EMPTY);
    change.kind = CHANGE_STATE;
    change.state = STATE_CANCELLED;
    assert_int_equal(store_commit(world.store, &change, 1, true, &done), OK);
    assert_int_equal(sweep(&world, (struct day){2027, 2, 4}).deleted, 1); /* closed: it may go */
    assert_false(is_here(&world, number));
    end(&world);
}

/* ---- certificates ---- */

static str certificate_of(struct world *world, uint64_t number)
{
    struct stored stored;
    struct keep_certificate certificate;
    assert_int_equal(store_read(world->store, number, &world->arena, &stored), OK);
    assert_int_equal(keep_read_certificate(world->keep, &stored, &world->arena, &certificate), OK);
    return certificate.note;
}

static enum err check(struct world *world, str note, struct buf *report)
{
    struct buf key = {.max = 1024};
    keep_key(world->keep, &key);
    enum err code = keep_check_certificate(note, buf_str(&key), report);
    buf_release(&key);
    return code;
}

static void certifies(struct world *world, str note)
{
    struct buf report = {.max = 4096};
    char *changed = arena_str(&world->arena, note).ptr ? strndup(note.ptr, note.len) : NULL;
    assert_int_equal(check(world, note, &report), OK);
    assert_true(str_has(buf_str(&report), S("(parcel) of UTO, 1 versions")));
    assert_true(str_has(buf_str(&report), S("review date passed")));
    assert_false(str_has(note, S("SECRET1")));
    for (size_t i = 0; i < note.len; i++) { /* any other byte anywhere is noticed */
        changed[i] = (char)(changed[i] ^ 1);
        assert_int_not_equal(check(world, str_of(changed, note.len), &report), OK);
        changed[i] = (char)(changed[i] ^ 1);
    }
    free(changed);
    buf_release(&report);
}

static void certificate_holds(void **state)
{
    struct world world;
    struct hash hash;
    struct stored stored;
    char hex[2 * HASH_SIZE + 1];
    (void)state;
    begin(&world);
    uint64_t number = put(&world, 0, "", "2026-12-01", "");
    assert_int_equal(store_read(world.store, number, &world.arena, &stored), OK);
    hash = stored.hash;
    hex_encode(hash.bytes, HASH_SIZE, hex);
    assert_int_equal(sweep(&world, (struct day){2026, 12, 2}).deleted, 1);
    uint64_t last = 0; /* the certificate is the newest record */
    for (uint64_t n = number + 1; n < number + 10; n++)
        if (store_read(world.store, n, &world.arena, &stored) == OK &&
            str_eq(stored.definition, S("certificate")))
            last = n;
    err_clear();
    assert_true(last > 0);
    str note = certificate_of(&world, last);
    assert_true(str_has(note, str_c(hex)));
    certifies(&world, note);
    end(&world);
}

/* ---- extension ---- */

static void extension_rules(void **state)
{
    static const struct {
        const char *held, *more, *fate, *until, *reason;
        enum err expected;
        const char *why;
    } cases[] = {
        {"2027-05-01", "", "", "2028-05-01", "trial goes on", OK, "a year more"},
        {"2027-05-01", "", "", "2028-05-01", " ", ERR_MISSING, "without a reason"},
        {"2027-05-01", "", "", "2027-05-01", "x", ERR_BAD_VALUE, "the same day"},
        {"2027-05-01", "", "", "2027-04-30", "x", ERR_BAD_VALUE, "an earlier day"},
        {"2027-05-01", "", "", "2026-11-21", "x", ERR_BAD_VALUE, "yesterday"},
        {"2027-05-01", "", "", "2031-11-22", "x", OK, "as late as may be"},
        {"2027-05-01", "", "", "2031-11-24", "x", ERR_BAD_VALUE, "later than may be"},
        {"2027-05-01", "", "blank", "2056-11-20", "x", OK, "another rule for blanks"},
        {"2027-05-01", "", "returned", "2027-05-01", "evidence in a trial", OK,
         "returned, kept till its day"},
    };
    struct world world;
    (void)state;
    begin(&world);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out = {.max = 1 << 20};
        struct node *body = NULL;
        struct record record;
        struct keep_extension extension = {.reason = str_c(cases[i].reason), .by = S("o-1")};
        str text = arena_printf(&world.arena,
                                "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"search\"],"
                                "\"review_on\":\"%s\"%s},\"fields\":{\"fate\":\"%s\"}}",
                                cases[i].held, cases[i].more, cases[i].fate);
        assert_true(day_parse(str_c(cases[i].until), &extension.until));
        assert_int_equal(json_parse(text, &world.arena, &body), OK);
        assert_int_equal(record_read(world.catalog, catalog_find(world.catalog, S("parcel")), body,
                                     &world.arena, &record),
                         OK);
        enum err got = keep_extend(world.catalog, &record, &extension, &world.arena, &out);
        if (got != cases[i].expected)
            fail_msg("%s: %s", cases[i].why, got ? err_last()->message : "taken");
        if (!got) {
            assert_true(str_has(buf_str(&out), str_c(cases[i].until)));
            assert_true(str_has(buf_str(&out), S("\"extension\":{\"reason\"")));
        }
        buf_release(&out);
    }
    end(&world);
}

/* ---- backups ---- */

static void copy_one(const char *from, const char *to)
{
    char *text = NULL;
    size_t len = 0;
    assert_int_equal(io_read_file(from, 1 << 24, &text, &len), OK);
    assert_int_equal(io_replace(to, str_of(text, len)), OK);
    free(text);
}

static void restored_backup_deletes_again(void **state)
{
    struct world world;
    char backup[600], path[700], other[700];
    uint64_t again = 0;
    struct committed done;
    (void)state;
    begin(&world);
    uint64_t expired = put(&world, 0, "", "2026-12-01", "");
    uint64_t erased = put(&world, 0, "", "2027-12-01", "");
    uint64_t stays = put(&world, 0, "", "2027-12-01", "");
    snprintf(backup, sizeof backup, "%s/backup", world.scratch.path);
    assert_int_equal(store_backup(world.store, backup), OK);
    assert_int_equal(sweep(&world, (struct day){2026, 12, 2}).deleted, 1);
    assert_int_equal(store_erase(world.store, erased, S("o-1"), &done), OK);
    uint64_t reused = put(&world, 0, "", "2027-12-01", ""); /* the backup gives its number anew */
    assert_int_equal(store_erase(world.store, reused, S("o-1"), &done), OK);
    store_close(world.store);
    keep_close(world.keep);
    world.keep = NULL;
    snprintf(path, sizeof path, "%s/deletions", world.scratch.path);
    snprintf(other, sizeof other, "%s/deletions", backup);
    copy_one(path, other);
    set_day((struct day){2026, 12, 3});
    assert_int_equal(store_open(backup, STORE_OPEN_EXISTING, &world.store), OK);
    store_set_hook(world.store, committed, &world);
    while (put(&world, 0, "", "2027-12-01", "") < reused)
        continue;
    assert_int_equal(keep_open(backup, world.catalog, world.store, &world.keep), OK);
    assert_int_equal(keep_restore(world.keep, &again), OK);
    assert_int_equal(again, 2);
    assert_false(is_here(&world, expired));
    assert_false(is_here(&world, erased));
    assert_true(is_here(&world, stays));
    assert_true(is_here(&world, reused)); /* another record */
    close_keep(&world);
    open_keep(&world);
    end(&world);
}

/* ---- lists ---- */

static void lists_by_day(void **state)
{
    struct world world;
    static const char *const days[] = {"2027-03-01", "2026-12-24", "2027-01-15", "2026-12-24"};
    (void)state;
    begin(&world);
    for (size_t i = 0; i < COUNT_OF(days); i++)
        put(&world, 0, "", days[i], "");
    struct keep_filter filter = {.until = {2027, 2, 1}, .owner = S("UTO"), .max = 2};
    struct keep_list found = list(&world, filter);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.total, 3);
    assert_true(found.has_more);
    assert_int_equal(found.items[0].id.number, 2);
    assert_int_equal(found.items[1].id.number, 4);
    filter.after_day = day_number(found.items[1].due);
    filter.after_number = found.items[1].id.number;
    found = list(&world, filter);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.items[0].id.number, 3);
    assert_false(found.has_more);
    filter.owner = S("FRA");
    assert_int_equal(list(&world, filter).total, 0);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(when_it_is_due),
        cmocka_unit_test(corrections_put_nothing_off),
        cmocka_unit_test(deletes_when_the_day_has_passed),
        cmocka_unit_test(extended_in_time),
        cmocka_unit_test(deletes_many),
        cmocka_unit_test(a_jump_of_the_clock_deletes_nothing),
        cmocka_unit_test(reminds_once_ahead),
        cmocka_unit_test(what_lasts_is_told_of_again_and_again),
        cmocka_unit_test(certificate_holds),
        cmocka_unit_test(extension_rules),
        cmocka_unit_test(restored_backup_deletes_again),
        cmocka_unit_test(lists_by_day),
    };
    ensure(crypto_init() == OK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
