#include "tests/lab/live_pair.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

const char *live_pair_obstacle(void)
{
    if (geteuid() != 0)
        return "network namespaces need root";
    pid_t child = fork();
    if (child == 0)
        _exit(unshare(CLONE_NEWNET) == 0 ? 0 : 1);
    int status = 1;
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
        return "this machine makes no network namespaces";
    return NULL;
}

bool live_pair_here(const char *command)
{
    return system(command) == 0;
}

bool live_pair_there(const struct live_pair *pair, const char *command)
{
    char text[1024];
    snprintf(text, sizeof text, "nsenter -t %d -n sh -c '%s'", (int)pair->there, command);
    return system(text) == 0;
}

static bool listen_on(uint16_t port)
{
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    return fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof name) == 0 &&
           listen(fd, 64) == 0;
}

/* The host there: says by one byte that it is ready, then waits for its end. */
static void be_there(int ready)
{
    char byte = 1;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshare(CLONE_NEWNET) == 0 && listen_on(80) && write(ready, &byte, 1) == 1)
        for (;;)
            pause();
    _exit(1);
}

static bool start_there(struct live_pair *pair)
{
    int ready[2];
    char byte;
    if (pipe(ready) < 0)
        return false;
    pair->there = fork();
    if (pair->there == 0)
        be_there(ready[1]);
    close(ready[1]);
    bool started = pair->there > 0 && read(ready[0], &byte, 1) == 1;
    close(ready[0]);
    return started;
}

/* Or an address could not be used for its first second (RFC 4862, section 5.4). */
#define NO_DUPLICATE_DETECTION \
    "for f in all default; do echo 0 > /proc/sys/net/ipv6/conf/$f/accept_dad; done;"

static bool make_cable(const struct live_pair *pair)
{
    char command[128];
    snprintf(command, sizeof command, "ip link add near type veth peer name far netns %d",
             (int)pair->there);
    return live_pair_here(NO_DUPLICATE_DETECTION) &&
           live_pair_there(pair, NO_DUPLICATE_DETECTION) && live_pair_here(command) &&
           live_pair_here("for f in near lo; do ip link set $f up; done;"
                          "ip addr add 192.0.2.1/24 dev near;"
                          "ip addr add 2001:db8::1/64 dev near nodad;"
                          "ip route add 198.51.100.0/24 via 192.0.2.2;"
                          "ip route add 2001:db8:1::/64 via 2001:db8::2;"
                          "ethtool -K near tx off rx off gso off gro off tso off >/dev/null") &&
           live_pair_there(pair,
                           "for f in far lo; do ip link set $f up; done;"
                           "ip addr add 192.0.2.2/24 dev far;"
                           "ip addr add 2001:db8::2/64 dev far nodad;"
                           "ip route add local 198.51.100.0/24 dev lo;"
                           "ip route add local 2001:db8:1::/64 dev lo;"
                           "ethtool -K far tx off rx off gso off gro off tso off >/dev/null");
}

bool live_pair_make(struct live_pair *pair)
{
    pair->there = -1;
    return unshare(CLONE_NEWNET) == 0 && start_there(pair) && make_cable(pair);
}

/* A packet socket there: a socket belongs to the namespace that it was opened in. */
static int open_socket_there(const struct live_pair *pair)
{
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/ns/net", (int)pair->there);
    int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int there = open(name, O_RDONLY | O_CLOEXEC);
    int fd = -1;
    if (here >= 0 && there >= 0 && setns(there, CLONE_NEWNET) == 0) {
        fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
        if (setns(here, CLONE_NEWNET) < 0)
            abort();
    }
    close(here);
    close(there);
    return fd;
}

bool live_pair_inject(const struct live_pair *pair, const void *frame, size_t length)
{
    int fd = open_socket_there(pair);
    struct ifreq far = {.ifr_name = "far"};
    bool sent = false;
    if (fd >= 0 && ioctl(fd, SIOCGIFINDEX, &far) == 0) {
        struct sockaddr_ll name = {.sll_family = AF_PACKET, .sll_ifindex = far.ifr_ifindex};
        sent = sendto(fd, frame, length, 0, (struct sockaddr *)&name, sizeof name) ==
               (ssize_t)length;
    }
    close(fd);
    return sent;
}

void live_pair_end(struct live_pair *pair)
{
    if (pair->there > 0) {
        kill(pair->there, SIGKILL);
        waitpid(pair->there, NULL, 0);
    }
}
