#include "scanner/privileges/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As in the kernel's landlock.h of ABI 6, which older headers have only the start of. */
struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scoped;
};

enum {
    FILES_ABI_1 = (1 << 13) - 1,
    REFER = 1 << 13,        /* since ABI 2 */
    TRUNCATE = 1 << 14,     /* 3 */
    DEVICE_IOCTL = 1 << 15, /* 5 */
    TCP_BIND = 1 << 0,      /* 4 */
    TCP_CONNECT = 1 << 1,   /* 4 */
    SCOPES = 3,             /* 6: abstract sockets and signals of others */
};

/* What is forbidden: as much as the kernel's ABI knows. */
static struct ruleset forbid(long abi, bool connects)
{
    struct ruleset ruleset = {.files = FILES_ABI_1};
    if (abi >= 2)
        ruleset.files |= REFER;
    if (abi >= 3)
        ruleset.files |= TRUNCATE;
    if (abi >= 4 && !connects)
        ruleset.network = TCP_BIND | TCP_CONNECT;
    if (abi >= 5)
        ruleset.files |= DEVICE_IOCTL;
    if (abi >= 6)
        ruleset.scoped = SCOPES;
    return ruleset;
}

/* A kernel refuses a structure that is longer than the one it knows. */
static size_t ruleset_size(long abi)
{
    if (abi >= 6)
        return sizeof(struct ruleset);
    return abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

static int allow_reports(int ruleset, int directory, uint64_t forbidden)
{
    const uint64_t making = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                            LANDLOCK_ACCESS_FS_REMOVE_FILE | TRUNCATE;
    const struct landlock_path_beneath_attr rule = {
        .allowed_access = making & forbidden,
        .parent_fd = directory,
    };
    long status = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    return status < 0 ? -errno : 0;
}

int landlock_enter(const int *directories, size_t count, bool connects)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 0) /* a kernel never forbids the question: the filter of a container does */
        return errno == EPERM ? -ENOSYS : -errno;
    const struct ruleset forbidden = forbid(abi, connects);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &forbidden, ruleset_size(abi), 0);
    if (ruleset < 0)
        return -errno;

    int status = 0;
    for (size_t i = 0; i < count && status == 0; i++)
        status = allow_reports(ruleset, directories[i], forbidden.files);
    if (status == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        status = -errno;
    close(ruleset);
    return status;
}

int landlock_try(void)
{
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    close(fd);
    return -EPERM;
}
