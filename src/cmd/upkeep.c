/* SPDX-License-Identifier: Apache-2.0 */
/* Commands on a data directory nobody serves: restore a backup, upgrade. They take the lock
 * themselves. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#include "cmd/cmd.h"

enum { PIECE = 1 << 20 };

static enum err copy_bytes(int from, int to, const char *path)
{
    char *piece = malloc(PIECE);
    enum err code = piece ? OK : err_set(ERR_MEMORY, "out of memory for copying");
    while (!code) {
        ssize_t got = read(from, piece, PIECE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            code = err_errno("cannot read %s", path);
        if (got <= 0)
            break;
        code = io_write(to, str_of(piece, (size_t)got));
    }
    free(piece);
    return code ? code : io_sync(to);
}

static enum err copy_file(const char *from, const char *to)
{
    int target = -1;
    int source = open(from, O_RDONLY | O_CLOEXEC);
    if (source < 0)
        return err_errno("cannot read %s", from);
    enum err code = io_open(to, O_WRONLY | O_CREAT | O_EXCL, &target);
    if (!code)
        code = copy_bytes(source, target, from);
    (void)close(source);
    if (target >= 0)
        (void)close(target);
    return code;
}

/* NOLINTNEXTLINE(misc-no-recursion): a backup has two levels; deeper ones are refused */
static enum err copy_tree(const char *from, const char *to, int depth)
{
    char source[4096];
    char target[4096];
    struct stat about;
    DIR *directory = opendir(from);
    if (!directory)
        return err_errno("cannot read directory %s", from);
    enum err code = io_make_dir(to);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    for (struct dirent *entry; !code && (entry = readdir(directory));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(source, sizeof source, "%s/%s", from, entry->d_name);
        snprintf(target, sizeof target, "%s/%s", to, entry->d_name);
        if (lstat(source, &about) < 0)
            code = err_errno("cannot look at %s", source);
        else if (S_ISDIR(about.st_mode) && depth < 2)
            code = copy_tree(source, target, depth + 1);
        else if (S_ISREG(about.st_mode))
            code = copy_file(source, target);
        else
            code = err_set(ERR_BAD_VALUE, "%s does not belong into a backup", source);
    }
    closedir(directory);
    return code ? code : io_sync_dir(to);
}

static enum err check_target(const char *data)
{
    if (access(data, F_OK) < 0)
        return OK;
    if (rmdir(data) == 0) /* an empty one is as good as none */
        return OK;
    err_set(ERR_CONFLICT, "%s is there already and not empty", data);
    return err_hint("move it away, or name another directory with --data");
}

/* Every hash of the store and every leaf of the log is recomputed before the copy is called good.
 * */
static enum err verify(const char *data, uint64_t *ret_changes, uint64_t *ret_entries)
{
    struct store *store = NULL;
    struct buf report = {.max = 1 << 20};
    TRY(store_open(data, STORE_OPEN_EXISTING, &store));
    enum err code = store_verify(store, ret_changes);
    store_close(store);
    if (!code)
        code = audit_verify(data, ret_entries, &report);
    buf_release(&report);
    return code;
}

/* What was deleted since the backup is deleted again at the first opening, before any answer. */
static enum err take_deletions(struct cli *cli, const char *from)
{
    str to = arena_printf(&cli->arena, "%s/deletions", cli->data);
    if (!from) {
        fputs("no list of deletions was named (--deletions): what was deleted since the backup "
              "is here again\n",
              stderr);
        return OK;
    }
    TRY(copy_file(from, to.ptr));
    return io_sync_dir(cli->data);
}

int command_restore(struct cli *cli)
{
    uint64_t changes = 0;
    uint64_t entries = 0;
    const char *deletions = cli_option(cli, "--deletions");
    const char *from = cli_word(cli);
    if (!from) {
        err_set(ERR_USAGE, "the backup's directory is missing");
        return cli_fail();
    }
    if (cli_done(cli) != OK || check_target(cli->data) != OK ||
        copy_tree(from, cli->data, 0) != OK || take_deletions(cli, deletions) != OK ||
        verify(cli->data, &changes, &entries) != OK)
        return cli_fail();
    printf(cli->is_json ? "{\"data\":\"%s\",\"changes\":%llu,\"audit\":%llu}\n"
                        : "%s restored: %llu changes and %llu audit entries verified\n",
           cli->data, (unsigned long long)changes, (unsigned long long)entries);
    return EXIT_OK;
}

int command_upgrade(struct cli *cli)
{
    struct buf report = {.max = 1 << 20};
    bool is_check = cli_flag(cli, "--check");
    if (cli_done(cli) != OK)
        return cli_fail();
    enum err code = store_upgrade(cli->data, is_check, &report);
    fwrite(report.ptr ? report.ptr : "", 1, report.len, stdout);
    if (report.ptr && report.len && report.ptr[report.len - 1] != '\n')
        putchar('\n');
    buf_release(&report);
    return code ? cli_fail() : EXIT_OK;
}
