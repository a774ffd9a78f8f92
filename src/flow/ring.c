/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's command, started once an event with the facts in its environment and nothing on
 * its command line, so that nothing can be read as an option; it gets half a minute.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "flow/internal.h"

enum { COMMAND_MS = 30000, POLL_MS = 20, ENVIRONMENT_MAX = 16 };

static void add_variable(struct parcel *parcel, size_t *count, const char *name, str value)
{
    if (*count + 1 < ENVIRONMENT_MAX)
        parcel->environment[(*count)++] =
            (char *)(uintptr_t)arena_printf(&parcel->arena, "BUREAU_ALARM_%s=%.*s", name,
                                            STR(value))
                .ptr;
}

enum err ring_fill(struct parcel *parcel, const struct flow_told *told)
{
    char id[RECORD_ID_TEXT], due[24] = "";
    size_t count = 0;
    parcel->environment = arena_array(&parcel->arena, char *, ENVIRONMENT_MAX);
    if (!parcel->environment)
        return err_last()->code;
    if (told->due_us)
        (void)clock_format(told->due_us, due);
    parcel->environment[count++] = (char *)(uintptr_t) "PATH=/usr/local/bin:/usr/bin:/bin";
    add_variable(parcel, &count, "TICKET", str_c(record_id_format(told->id, id)));
    add_variable(parcel, &count, "KIND", told->kind);
    add_variable(parcel, &count, "WHAT", told->what);
    add_variable(parcel, &count, "STATE", told->state);
    add_variable(parcel, &count, "STEP", told->step);
    add_variable(parcel, &count, "PROFILE", told->profile);
    add_variable(parcel, &count, "COUNTRY", told->to.country);
    add_variable(parcel, &count, "UNIT", told->to.unit);
    add_variable(parcel, &count, "PERSON", told->person);
    add_variable(parcel, &count, "LEVEL", arena_printf(&parcel->arena, "%u", told->level));
    add_variable(parcel, &count, "DUE", str_c(due));
    return OK;
}

/* Signals are taken by one thread of ours only: the child begins with none of them blocked. */
static enum err spawn(const char *command, char *const *environment, pid_t *ret)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    char *words[] = {(char *)(uintptr_t)command, NULL};
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    int failed = posix_spawn(ret, command, &actions, &attributes, words, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = failed;
    return failed ? err_errno("the alarm command %s does not start", command) : OK;
}

static enum err wait_for(const char *command, pid_t child)
{
    struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    int64_t deadline = clock_monotonic_us() + COMMAND_MS * 1000ll;
    int status = 0;
    pid_t got = 0;
    while ((got = waitpid(child, &status, WNOHANG)) == 0 && clock_monotonic_us() < deadline)
        nanosleep(&pause, NULL);
    if (got == 0) {
        (void)kill(-child, SIGKILL);
        (void)waitpid(child, &status, 0);
        return err_set(ERR_TIMEOUT, "the alarm command %s took more than %d s", command,
                       COMMAND_MS / 1000);
    }
    if (got < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return err_set(ERR_IO, "the alarm command %s failed (%d)", command,
                       WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return OK;
}

enum err ring_deliver(const char *command, const struct parcel *parcel)
{
    pid_t child = 0;
    TRY(spawn(command, parcel->environment, &child));
    return wait_for(command, child);
}
