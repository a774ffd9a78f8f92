/* SPDX-License-Identifier: Apache-2.0 */
/* The shim for file writes: whole files are replaced or left, failures are told, the hook sees everything in order. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/io.h"

#include "scratch.h"
#include "test.h"

static int set_up(void **state)
{
    static struct scratch scratch;
    scratch_make(&scratch);
    *state = &scratch;
    return 0;
}

static int tear_down(void **state)
{
    io_set_hook(NULL);
    scratch_remove(*state);
    return 0;
}

static const char *in(const struct scratch *scratch, const char *name)
{
    static char path[2][600];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", scratch->path, name);
    return path[turn];
}

static void expect_content(const char *path, str expected)
{
    char *data = NULL;
    size_t len = 0;
    assert_int_equal(io_read_file(path, 1000, &data, &len), OK);
    assert_true(str_eq(str_of(data, len), expected));
    free(data);
}

static void a_file_is_written_truncated_renamed_removed(void **state)
{
    struct scratch *scratch = *state;
    char *data = NULL;
    size_t len = 0;
    int fd = -1;
    struct stat about;
    assert_int_equal(io_open(in(scratch, "a"), O_RDWR, &fd), ERR_NOT_FOUND);
    assert_int_equal(io_open(in(scratch, "a"), O_RDWR | O_CREAT, &fd), OK);
    assert_int_equal(fstat(fd, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(io_write(fd, S("hello ")), OK);
    assert_int_equal(io_write(fd, S("world")), OK);
    assert_int_equal(io_write_at(fd, S("W"), 6), OK);
    assert_int_equal(io_sync(fd), OK);
    expect_content(in(scratch, "a"), S("hello World"));
    assert_int_equal(io_truncate(fd, 5), OK);
    assert_int_equal(io_reserve(fd, 100), OK);
    assert_int_equal(io_write_at(fd, S("!"), 5), OK);
    assert_int_equal(io_truncate(fd, 6), OK);
    close(fd);
    assert_int_equal(io_rename(in(scratch, "a"), in(scratch, "b")), OK);
    assert_int_equal(io_sync_dir(scratch->path), OK);
    expect_content(in(scratch, "b"), S("hello!"));
    assert_int_equal(io_read_file(in(scratch, "b"), 5, &data, &len), ERR_LIMIT);
    assert_int_equal(io_read_file(in(scratch, "a"), 5, &data, &len), ERR_NOT_FOUND);
    assert_int_equal(io_remove(in(scratch, "b")), OK);
    assert_int_equal(io_remove(in(scratch, "b")), OK);
    assert_int_equal(io_rename(in(scratch, "b"), in(scratch, "c")), ERR_IO);
    assert_int_equal(io_make_dir(in(scratch, "d")), OK);
    assert_int_equal(io_make_dir(in(scratch, "d")), OK);
    assert_int_equal(io_make_dir(in(scratch, "x/y")), ERR_IO);
}

struct watch {
    int fail_at, number, seen; /* the call that fails, and how */
    enum io_kind kinds[32];
};

static int before(void *context, const struct io_event *event)
{
    struct watch *watch = context;
    assert_true(watch->seen < (int)COUNT_OF(watch->kinds));
    watch->kinds[watch->seen] = event->kind;
    return watch->seen++ == watch->fail_at ? watch->number : 0;
}

/* Whichever call fails: the old content or the new, never a mixture, and no temporary file stays behind. */
static void replacing_is_whole_or_not_at_all(void **state)
{
    struct scratch *scratch = *state;
    static const enum io_kind expected[] = {IO_OPEN, IO_WRITE, IO_SYNC, IO_RENAME, IO_SYNC};
    const char *path = in(scratch, "file");
    struct watch watch = {.number = ENOSPC};
    const struct io_hook hook = {.before = before, .context = &watch};
    io_set_hook(&hook);
    for (int fail_at = -1; fail_at < (int)COUNT_OF(expected); fail_at++) {
        io_set_hook(NULL);
        assert_int_equal(io_replace(path, S("old")), OK);
        watch.seen = 0;
        watch.fail_at = fail_at;
        io_set_hook(&hook);
        assert_int_equal(io_replace(path, S("new")), fail_at < 0 ? OK : ERR_FULL);
        for (int i = 0; i < watch.seen; i++)
            assert_int_equal(watch.kinds[i], expected[i]);
        expect_content(path, fail_at < 0 || fail_at == 4 ? S("new") : S("old"));
        int files = 0;
        DIR *dir = opendir(scratch->path);
        while (readdir(dir))
            files++;
        closedir(dir);
        assert_int_equal(files, 3); /* with . and .. */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_written_truncated_renamed_removed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(replacing_is_whole_or_not_at_all, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
