/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three fences, one behind the other; each would do alone against most of what the others stop.
 *
 *   limits     no file grows, no descriptor, process or core is made, memory and time are bounded
 *   Landlock   no path and no port is reachable, whichever system call asks (kernels since 5.13)
 *   seccomp    a list of the system calls allowed, without executable memory
 *
 * What the filter does not list fails with EPERM, which a library that merely probes for a file
 * survives. What only an attacker would call - starting programs, sockets, looking into other
 * processes - kills the process at once, so that the parent sees a signal and not a parse error.
 *
 * Landlock's numbers stand here and not in a header: the build's headers are older than the kernels
 * it runs on (landlock(7)).
 */
#include "base/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_SANITIZED = 1 };
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { IS_SANITIZED = 1 };
#    else
enum { IS_SANITIZED = 0 };
#    endif
#else
enum { IS_SANITIZED = 0 };
#endif

static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall),
};

/* Memory that is written is never run: allowed without PROT_EXEC, the third argument of both. */
static const int not_executable[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};

static const int deadly[] = {
    SCMP_SYS(execve), SCMP_SYS(execveat),       SCMP_SYS(socket),     SCMP_SYS(socketpair),
    SCMP_SYS(bind),   SCMP_SYS(connect),        SCMP_SYS(sendto),     SCMP_SYS(sendmsg),
    SCMP_SYS(fork),   SCMP_SYS(vfork),          SCMP_SYS(clone),      SCMP_SYS(clone3),
    SCMP_SYS(mount),  SCMP_SYS(ptrace),         SCMP_SYS(unshare),    SCMP_SYS(process_vm_readv),
    SCMP_SYS(bpf),    SCMP_SYS(setns),          SCMP_SYS(kexec_load), SCMP_SYS(process_vm_writev),
    SCMP_SYS(keyctl), SCMP_SYS(io_uring_setup),
};

/* ---- Landlock ---- */

struct landlock_rules { /* struct landlock_ruleset_attr */
    uint64_t files, network, scoped;
};

/* All rights over files, ports and other processes that this version of Landlock knows. */
static struct landlock_rules rules_of(long version)
{
    enum { FILE_RIGHTS_1 = 13, PORT_RIGHTS = 2, SCOPES = 2 };
    struct landlock_rules rules = {0};
    unsigned rights = FILE_RIGHTS_1 + (version >= 2) /* refer */ + (version >= 3) /* truncate */ +
                      (version >= 5) /* ioctl on devices */;
    rules.files = (1ull << rights) - 1;
    if (version >= 4)
        rules.network = (1u << PORT_RIGHTS) - 1;
    if (version >= 6)
        rules.scoped = (1u << SCOPES) - 1; /* abstract sockets, signals */
    return rules;
}

static size_t rules_size(long version)
{
    return version >= 6   ? sizeof(struct landlock_rules)
           : version >= 4 ? offsetof(struct landlock_rules, scoped)
                          : offsetof(struct landlock_rules, network);
}

enum { LANDLOCK_CREATE = 444, LANDLOCK_RESTRICT = 446, LANDLOCK_ASK_VERSION = 1 };

unsigned sandbox_landlock_version(void)
{
    long version = syscall(LANDLOCK_CREATE, NULL, 0, LANDLOCK_ASK_VERSION);
    return version > 0 ? (unsigned)version : 0;
}

enum err sandbox_shut_files(void)
{
    long version = (long)sandbox_landlock_version();
    if (!version)
        return OK;
    struct landlock_rules rules = rules_of(version);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_errno("cannot give up privileges");
    int ruleset = (int)syscall(LANDLOCK_CREATE, &rules, rules_size(version), 0);
    if (ruleset < 0)
        return err_errno("cannot make the parser's rules for files");
    long failed = syscall(LANDLOCK_RESTRICT, ruleset, 0);
    enum err code = failed ? err_errno("cannot shut files to the parser") : OK;
    (void)close(ruleset);
    return code;
}

/* ---- limits ---- */

static enum err set_limit(int which, uint64_t value)
{
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    if (setrlimit((__rlimit_resource_t)which, &limit) != 0)
        return err_errno("cannot limit resource %d of the parser", which);
    return OK;
}

static enum err set_limits(const struct sandbox_limits *limits)
{
    TRY(set_limit(RLIMIT_CORE, 0));
    TRY(set_limit(RLIMIT_FSIZE, 0));
    TRY(set_limit(RLIMIT_NOFILE, 0)); /* those it has stay */
    TRY(set_limit(RLIMIT_MEMLOCK, 0));
    TRY(set_limit(RLIMIT_MSGQUEUE, 0));
    if (!IS_SANITIZED)
        TRY(set_limit(RLIMIT_NPROC, 0));
    if (limits->cpu_s)
        TRY(set_limit(RLIMIT_CPU, limits->cpu_s));
    if (limits->memory_bytes && !IS_SANITIZED)
        TRY(set_limit(RLIMIT_AS, limits->memory_bytes));
    return OK;
}

/* ---- system calls ---- */

static enum err install_filter(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return err_set(ERR_MEMORY, "out of memory for the parser's system call filter");
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(allowed) && !failed; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; i < COUNT_OF(not_executable) && !failed; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, not_executable[i], 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    for (size_t i = 0; i < COUNT_OF(deadly) && !failed; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
    if (!failed)
        failed = seccomp_load(filter);
    seccomp_release(filter);
    if (failed)
        return err_set(ERR_IO, "cannot install the parser's system call filter: error %d", -failed);
    return OK;
}

enum err sandbox_enter(const struct sandbox_limits *limits, int last_fd)
{
    ensure(limits != NULL && last_fd >= 0);
    if (close_range((unsigned)last_fd + 1, ~0u, 0) != 0)
        return err_errno("cannot close the parser's other descriptors");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return err_errno("cannot give up privileges");
    TRY(sandbox_shut_files());
    TRY(set_limits(limits));
    return install_filter();
}
