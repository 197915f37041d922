#include "scanner/privileges/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* Whom to become: for everything, and for files. */
struct identity {
    uid_t user, file_user;
    gid_t group, file_group;
};

static bool is_permitted(unsigned capability)
{
    return capng_have_capability(CAPNG_PERMITTED, capability);
}

/* Keeps those of the COUNT capabilities that are permitted, and puts them into effect or
 * not. All others are given up. */
static int keep_only(const unsigned *permitted, size_t permitted_count,
                     const unsigned *effective, size_t effective_count)
{
    bool had[64] = {false};
    if (capng_get_caps_process() < 0)
        return -EIO;
    for (size_t i = 0; i < permitted_count; i++)
        had[permitted[i]] = is_permitted(permitted[i]);
    capng_clear(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
    for (size_t i = 0; i < permitted_count; i++)
        if (had[permitted[i]])
            capng_update(CAPNG_ADD, CAPNG_PERMITTED, permitted[i]);
    for (size_t i = 0; i < effective_count; i++)
        if (had[effective[i]])
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, effective[i]);
    return capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) < 0 ? -EPERM : 0;
}

/* What may be needed until the drop. The last three: to become another user. */
static const unsigned wanted[] = {CAP_NET_RAW, CAP_NET_BIND_SERVICE, CAP_DAC_READ_SEARCH,
                                  CAP_SETUID,  CAP_SETGID,           CAP_SETPCAP};
enum { WANTED_COUNT = sizeof wanted / sizeof wanted[0] };

int privileges_begin(struct error *error)
{
    static const unsigned for_files[] = {CAP_DAC_READ_SEARCH};
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) < 0)
        return error_set(error, -errno, "core dumps cannot be turned off: %s", strerror(errno));
    int status = keep_only(wanted, WANTED_COUNT, for_files, geteuid() == 0);
    if (status < 0)
        return error_set(error, status, "capabilities cannot be lowered: %s",
                         strerror(-status));
    return 0;
}

static int explain_missing(struct error *error)
{
    char program[256];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 0)
        length = 0;
    program[length] = '\0';
    return error_set(error, -EPERM,
                     "raw sockets need the privilege CAP_NET_RAW: run as root, or once "
                     "`sudo setcap cap_net_raw=p %s`, or use --connect",
                     length ? program : "portvet");
}

int privileges_raise(struct error *error)
{
    static const unsigned raised[] = {CAP_NET_RAW, CAP_NET_BIND_SERVICE, CAP_DAC_READ_SEARCH};
    bool root = geteuid() == 0;
    if (capng_get_caps_process() < 0 || !is_permitted(CAP_NET_RAW))
        return explain_missing(error);
    int status = keep_only(wanted, WANTED_COUNT, raised, root ? 3 : 2);
    if (status < 0)
        return error_set(error, status, "CAP_NET_RAW cannot be raised: %s", strerror(-status));
    return 0;
}

/* Only an absent "nobody" has a number that everybody knows. */
static int find_identity(struct identity *identity,
                         const struct privileges_drop_options *options, struct error *error)
{
    const char *name = options->user ? options->user : "nobody";
    const struct passwd *entry = getpwnam(name);
    if (!entry && options->user)
        return error_set(error, -ENOENT, "there is no user '%s'", name);
    if (entry)
        *identity =
            (struct identity){entry->pw_uid, entry->pw_uid, entry->pw_gid, entry->pw_gid};
    if (options->report_directory < 0)
        return 0;
    struct stat owner;
    if (fstat(options->report_directory, &owner) < 0)
        return error_set(error, -errno, "the report directory cannot be looked at: %s",
                         strerror(errno));
    identity->file_user = owner.st_uid;
    identity->file_group = owner.st_gid;
    return 0;
}

/* The file system user is set last of all, because setresuid() sets it as well. It can
 * not be turned into any other user: only files are made in its name. */
static int become(const struct identity *identity)
{
    static const unsigned changers[] = {CAP_SETUID, CAP_SETGID, CAP_SETPCAP};
    if (prctl(PR_SET_KEEPCAPS, 1) < 0 || keep_only(changers, 3, changers, 3) < 0)
        return -EPERM;
    capng_clear(CAPNG_SELECT_BOUNDS);
    if (capng_apply(CAPNG_SELECT_BOUNDS) < 0 || setgroups(0, NULL) < 0 ||
        setresgid(identity->group, identity->group, identity->group) < 0 ||
        setresuid(identity->user, identity->user, identity->user) < 0 ||
        keep_only(changers, 2, changers, 2) < 0)
        return -EPERM;
    setfsgid(identity->file_group);
    setfsuid(identity->file_user);
    /* these two tell of no failure but by what is set now */
    if ((gid_t)setfsgid(identity->file_group) != identity->file_group ||
        (uid_t)setfsuid(identity->file_user) != identity->file_user)
        return -EPERM;
    return 0;
}

static int verify_user(const struct identity *identity)
{
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;
    if (getresuid(&real, &effective, &saved) < 0 ||
        getresgid(&real_group, &effective_group, &saved_group) < 0)
        return -errno;
    bool changed = real == identity->user && effective == identity->user &&
                   saved == identity->user && real_group == identity->group &&
                   effective_group == identity->group && saved_group == identity->group &&
                   getgroups(0, NULL) == 0;
    bool can_return = identity->user != 0 && (setuid(0) == 0 || setgid(0) == 0);
    return changed && !can_return ? 0 : -EPERM;
}

/* No capability is left in any set, and what they allowed is refused. */
static int verify_capabilities(void)
{
    if (capng_get_caps_process() < 0 ||
        capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE)
        return -EPERM;
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (fd < 0)
        return errno == EPERM || errno == EACCES ? 0 : -errno;
    close(fd);
    return -EPERM;
}

static bool can_change_user(void)
{
    return capng_get_caps_process() == 0 && is_permitted(CAP_SETUID) &&
           is_permitted(CAP_SETGID) && is_permitted(CAP_SETPCAP);
}

/* Nothing in any set of capabilities, and nothing to be had from a program either. */
static int give_up_all(void)
{
    int status = keep_only(NULL, 0, NULL, 0);
    if (status == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        status = -errno;
    return status;
}

int privileges_drop(const struct privileges_drop_options *options, struct error *error)
{
    struct identity identity = {NOBODY, NOBODY, NOBODY, NOBODY};
    bool root = geteuid() == 0, changes = root && can_change_user();
    int status = changes ? find_identity(&identity, options, error) : 0;
    if (status < 0)
        return status;

    if (changes)
        status = become(&identity);
    if (status == 0)
        status = give_up_all();
    if (status == 0 && changes)
        status = verify_user(&identity);
    if (status == 0)
        status = verify_capabilities();
    if (status < 0)
        return error_set(error, status, "privileges could not be given up for good");
    if (root && !changes)
        return error_set(error, 1,
                         "the user stays root, without any capability: CAP_SETUID, "
                         "CAP_SETGID or CAP_SETPCAP is missing");
    return 0;
}
