/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter is a list of what is allowed; everything else fails with EPERM, which a library that
 * merely probes for a file survives. What only an attacker would call - starting programs, sockets,
 * looking into other processes - kills the process at once, so that the parent sees a signal and
 * not a parse error.
 */
#include "base/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
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

static const int deadly[] = {
    SCMP_SYS(execve), SCMP_SYS(execveat),         SCMP_SYS(socket),  SCMP_SYS(connect),
    SCMP_SYS(bind),   SCMP_SYS(sendto),           SCMP_SYS(sendmsg), SCMP_SYS(fork),
    SCMP_SYS(vfork),  SCMP_SYS(process_vm_readv), SCMP_SYS(mount),   SCMP_SYS(process_vm_writev),
};

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
    if (limits->cpu_s)
        TRY(set_limit(RLIMIT_CPU, limits->cpu_s));
    if (limits->memory_bytes && !IS_SANITIZED)
        TRY(set_limit(RLIMIT_AS, limits->memory_bytes));
    return OK;
}

static enum err install_filter(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return err_set(ERR_MEMORY, "out of memory for the parser's system call filter");
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(allowed) && !failed; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
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
    TRY(set_limits(limits));
    return install_filter();
}
