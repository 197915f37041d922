#include "scanner/privileges/sandbox.h"

#include "scanner/privileges/landlock.h"

#include <errno.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What scanning, judging and writing reports take, libpcap's and libmnl's part included.
 * Nothing here opens a socket, starts a program, or makes memory executable. */
static const int allowed[] = {
    /* the network that is open */
    SCMP_SYS(sendmmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(getsockopt),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    /* reports and streams */
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(openat),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(unlinkat),
    SCMP_SYS(fsync),
    SCMP_SYS(fchmod),
    SCMP_SYS(fcntl),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    /* time, chance, signals and the end */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* For sockets that are opened later. */
static const int allowed_to_connect[] = {SCMP_SYS(connect), SCMP_SYS(bind),
                                         SCMP_SYS(getsockname)};
static const struct {
    int level, name;
} socket_options[] = {
    {SOL_SOCKET, SO_LINGER},
    {SOL_SOCKET, SO_BINDTODEVICE},
    {IPPROTO_IP, IP_RECVERR},
    {IPPROTO_IPV6, IPV6_RECVERR},
};

static int allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int status = 0;
    for (size_t i = 0; i < count && status == 0; i++)
        status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    return status;
}

/* Calls that are allowed with certain arguments only. */
static int allow_parts(scmp_filter_ctx filter)
{
    const struct {
        int call;
        struct scmp_arg_cmp argument;
    } parts[] = {
        /* is this a terminal, and how wide is it */
        {SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, TCGETS, 0)},
        {SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, TIOCGWINSZ, 0)},
        {SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
        {SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
        /* abort() signals itself */
        {SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)},
    };
    int status = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && status == 0; i++)
        status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, parts[i].call, 1, parts[i].argument);
    return status;
}

static int allow_kind(scmp_filter_ctx filter, int kind)
{
    static const int families[] = {AF_INET, AF_INET6};
    const scmp_datum_t kind_mask = ~(scmp_datum_t)(SOCK_NONBLOCK | SOCK_CLOEXEC);
    int status = 0;
    for (size_t i = 0; i < sizeof families / sizeof families[0] && status == 0; i++)
        status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
                                  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0),
                                  SCMP_A1(SCMP_CMP_MASKED_EQ, kind_mask, (scmp_datum_t)kind));
    return status;
}

static int allow_socket_options(scmp_filter_ctx filter)
{
    int status = 0;
    for (size_t i = 0; i < sizeof socket_options / sizeof socket_options[0] && status == 0; i++)
        status =
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2,
                             SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)socket_options[i].level, 0),
                             SCMP_A2(SCMP_CMP_EQ, (scmp_datum_t)socket_options[i].name, 0));
    return status;
}

static int allow_sockets(scmp_filter_ctx filter, enum sandbox_sockets sockets)
{
    if (sockets == SANDBOX_NO_SOCKETS)
        return 0;
    int status = allow(filter, allowed_to_connect,
                       sizeof allowed_to_connect / sizeof allowed_to_connect[0]);
    if (status == 0)
        status = allow_socket_options(filter);
    if (status == 0)
        status = allow_kind(filter, SOCK_STREAM);
    if (status == 0 && sockets == SANDBOX_TCP_AND_UDP)
        status = allow_kind(filter, SOCK_DGRAM);
    return status;
}

/* Anything else fails with EPERM: what we forgot becomes an error with a message, not a
 * night without a report. */
static int enter_seccomp(enum sandbox_sockets sockets)
{
    if (prctl(PR_GET_SECCOMP) < 0)
        return -ENOSYS;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return -ENOMEM;
    int status = allow(filter, allowed, sizeof allowed / sizeof allowed[0]);
    if (status == 0)
        status = allow_parts(filter);
    if (status == 0)
        status = allow_sockets(filter, sockets);
    if (status == 0)
        status = seccomp_load(filter);
    seccomp_release(filter);
    return status;
}

/* A wall that does not hold is worse than none. */
static int try_walls(bool landlocked, bool filtered)
{
    if (landlocked && landlock_try() < 0)
        return -EPERM;
    if (!filtered)
        return 0;
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (fd < 0)
        return 0;
    close(fd);
    return -EPERM;
}

static bool kernel_lacks(int status)
{
    return status == -ENOSYS || status == -EOPNOTSUPP;
}

int sandbox_enter(const struct sandbox_options *options, struct error *missing)
{
    int files = landlock_enter(options->report_directories, options->directory_count,
                               options->sockets != SANDBOX_NO_SOCKETS);
    if (files < 0 && !kernel_lacks(files))
        return error_set(missing, files, "files could not be walled off (Landlock): %s",
                         strerror(-files));
    int calls = enter_seccomp(options->sockets);
    if (calls < 0 && !kernel_lacks(calls))
        return error_set(missing, calls, "system calls could not be walled off (seccomp): %s",
                         strerror(-calls));
    if (try_walls(files == 0, calls == 0) < 0)
        return error_set(missing, -EPERM, "the sandbox does not hold");
    if (files == 0 && calls == 0)
        return 0;
    return error_set(missing, 1, "the sandbox is not whole: this kernel lacks %s%s%s",
                     files < 0 ? "Landlock" : "", files < 0 && calls < 0 ? " and " : "",
                     calls < 0 ? "seccomp" : "");
}
