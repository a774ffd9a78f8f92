/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room that is kept for the log, on a small disk of its own (a tmpfs in a mount namespace; said
 * to be skipped where that is not permitted): others fill the disk, the log goes on, then it refuses
 * and says why, then there is room again.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "base/io.h"
#include "base/random.h"

#include "audit/internal.h"

#include "scratch.h"
#include "test.h"

enum { MIB = 1 << 20, QUERY = 60000, PERMITTED_NOT = 77 };

static struct scratch scratch;
static struct audit *audit;

/* As root, or as a user who may have a namespace of his own. */
static bool make_small_disk(void)
{
    if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return false;
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", scratch.path, "tmpfs", 0, "size=64m") == 0;
}

static void fill_disk(void)
{
    static char block[MIB];
    char path[4200];
    size_t size = sizeof block;
    snprintf(path, sizeof path, "%s/others", scratch.path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ensure(fd >= 0);
    memset(block, 7, sizeof block);
    while (size >= 4096)
        if (write(fd, block, size) < 0)
            size /= 2;
    ensure(errno == ENOSPC);
    close(fd);
}

static enum err append(void)
{
    static char query[QUERY + 3];
    struct random random;
    static const struct actor actor = {.officer = {"o-1", 3}, .country = {"UTO", 3}};
    char receipt[RECEIPT_TEXT];
    query[0] = query[QUERY - 1] = '"';
    random_seed(&random, 5); /* of bytes that do not pack */
    for (size_t i = 1; i + 1 < QUERY; i++)
        query[i] = (char)random_below(&random, 256);
    struct audit_entry entry = {.kind = AUDIT_SEARCH,
                                .time_us = clock_now_us(),
                                .actor = &actor,
                                .query = str_of(query, QUERY)};
    return audit_append_wait(audit, &entry, receipt);
}

/* How many entries until one is refused; 0 of them in a log that stands. */
static unsigned append_until_refused(unsigned max)
{
    for (unsigned i = 0; i < max; i++)
        if (append() != OK) {
            ensure(err_last()->code == ERR_FULL);
            return i;
        }
    return max;
}

static struct audit_room room_now(void)
{
    struct audit_room room;
    audit_room(audit, &room);
    return room;
}

static void others_fill_the_disk(void)
{
    uint64_t checked = 0;
    struct buf said = {0};
    ensure(audit_open(scratch.path, &audit) == OK);
    ensure(append() == OK);
    ensure(room_now().kept >= 8 * MIB && !room_now().is_drawn_on);
    ensure(audit_room_alarm(&(struct audit_room){.days_left = 100}) == 0);
    fill_disk();
    ensure(room_now().free < MIB && room_now().kept >= 8 * MIB);
    /* 8 MiB of the segment were reserved before, 8 more are kept: twice 139 entries of 60 KB */
    unsigned went_on = append_until_refused(2000);
    print_message("%u entries of %d bytes were written on a full disk\n", went_on, QUERY);
    ensure(went_on >= 220 && went_on < 400);
    ensure(room_now().is_drawn_on && room_now().kept < 8 * MIB);
    ensure(audit_room_alarm(&(struct audit_room){.is_drawn_on = true, .days_left = 9999}) == 7);
    ensure(append() == ERR_FULL && append() == ERR_FULL);
    char path[4200];
    snprintf(path, sizeof path, "%s/others", scratch.path);
    ensure(unlink(path) == 0);
    ensure(append() == OK);
    ensure(audit_count(audit) == went_on + 2);
    audit_close(audit);
    ensure(audit_open(scratch.path, &audit) == OK);
    ensure(room_now().kept >= 8 * MIB); /* again, but 13 MB a day leave no week on this disk */
    ensure(room_now().is_drawn_on && audit_room_alarm(&(struct audit_room){.days_left = 4}) == 7);
    audit_close(audit);
    ensure(audit_verify(scratch.path, &checked, &said) == OK && checked == went_on + 2);
    buf_release(&said);
}

static void the_log_goes_on_when_others_fill_the_disk(void **state)
{
    (void)state;
    int status = 0;
    scratch_make(&scratch);
    pid_t pid = fork();
    if (pid == 0) {
        if (!make_small_disk())
            _exit(PERMITTED_NOT);
        others_fill_the_disk();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    scratch_remove(&scratch);
    if (WIFEXITED(status) && WEXITSTATUS(status) == PERMITTED_NOT) {
        print_message("skipped: this process may not mount a small disk of its own\n");
        skip();
    }
    assert_int_equal(status, 0);
}

static void alarms_ring_at_thirty_seven_and_one(void **state)
{
    (void)state;
    static const struct {
        unsigned days, alarm;
    } cases[] = {{9999, 0}, {30, 0}, {29, 30}, {7, 30}, {6, 7}, {1, 7}, {0, 1}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct audit_room room = {.days_left = cases[i].days};
        assert_int_equal(audit_room_alarm(&room), cases[i].alarm);
    }
}

/* A busy week asks for more than a quiet one: a gigabyte a day keeps seven. */
static void what_is_kept_follows_the_rate(void **state)
{
    (void)state;
    scratch_make(&scratch);
    assert_int_equal(audit_open(scratch.path, &audit), OK);
    for (unsigned i = 0; i < 60; i++)
        assert_int_equal(append(), OK);
    uint64_t kept = room_now().kept;
    audit->room.looked_us = 0;
    assert_int_equal(append(), OK);
    while (audit->room.looked_us == 0) /* the committer looks after it has told */
        sched_yield();
    pthread_mutex_lock(&audit->room.lock);
    pthread_mutex_unlock(&audit->room.lock);
    struct audit_room room = room_now();
    assert_true(room.a_day > 60 * QUERY && room.a_day < 70 * QUERY);
    assert_true(room.kept > kept && room.kept >= room.a_day * AUDIT_ROOM_DAYS * 15 / 16);
    audit_close(audit);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_goes_on_when_others_fill_the_disk),
        cmocka_unit_test(alarms_ring_at_thirty_seven_and_one),
        cmocka_unit_test(what_is_kept_follows_the_rate),
    };
    return crypto_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
