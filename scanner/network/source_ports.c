#include "scanner/network/source_ports.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LOWEST_PORT = 10000,
    PORT_SPACE = 65536,
    ATTEMPTS = 64,
    /* what a run needs beside these sockets: reports, capture, netlink, pipes */
    OTHER_FILES = 64,
};

struct source_ports {
    uint16_t first, count;
    size_t open;
    int sockets[]; /* two for each port */
};

static const int kinds[] = {SOCK_STREAM, SOCK_DGRAM};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

uint16_t source_ports_choose(struct port_range ephemeral, uint16_t count, uint32_t random)
{
    uint32_t below_end = ephemeral.first >= count ? ephemeral.first - count + 1u : 0;
    uint32_t below = below_end > LOWEST_PORT ? below_end - LOWEST_PORT : 0;

    uint32_t above_start = ephemeral.last + 1u;
    if (above_start < LOWEST_PORT)
        above_start = LOWEST_PORT;
    uint32_t end = PORT_SPACE - count + 1u;
    uint32_t above = end > above_start ? end - above_start : 0;

    if (below + above == 0)
        return (uint16_t)(LOWEST_PORT + random % (end - LOWEST_PORT));
    uint32_t place = random % (below + above);
    return (uint16_t)(place < below ? LOWEST_PORT + place : above_start + place - below);
}

/* The range for the ports of outgoing connections; the kernel's default when it cannot be
 * read. */
static struct port_range read_ephemeral_range(void)
{
    struct port_range range = {32768, 60999};
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    if (!file)
        return range;
    struct port_range read;
    if (fscanf(file, "%" SCNu16 "%" SCNu16, &read.first, &read.last) == 2)
        range = read;
    fclose(file);
    return range;
}

/* Nothing is to be received here: what comes is dropped before it is queued. For TCP there
 * is nothing to do: a socket that neither listens nor connects receives nothing, and the
 * kernel answers a SYN-ACK by the RST that ends the half-open connection. */
static int refuse_packets(int fd)
{
    struct sock_filter drop_all = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {1, &drop_all};
    int smallest = 1; /* the kernel rounds it up to its minimum */
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest) < 0)
        return -errno;
    return 0;
}

/* Binds the wildcard address of IPv6, which takes the port of IPv4 as well. */
static int bind_ipv6(int fd, uint16_t port)
{
    int off = 0;
    if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0)
        return -errno;
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    return bind(fd, (struct sockaddr *)&name, sizeof name) < 0 ? -errno : 0;
}

static int bind_ipv4(int fd, uint16_t port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    return bind(fd, (struct sockaddr *)&name, sizeof name) < 0 ? -errno : 0;
}

/* A socket of KIND that holds PORT in both families, or in IPv4 alone where the kernel
 * has no IPv6. Its descriptor, or -errno. */
static int hold_port(int kind, uint16_t port)
{
    int (*bind_port)(int, uint16_t) = bind_ipv6;
    int fd = socket(AF_INET6, kind | SOCK_CLOEXEC, 0);
    if (fd < 0 && errno == EAFNOSUPPORT) {
        bind_port = bind_ipv4;
        fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);
    }
    if (fd < 0)
        return -errno;

    int status = kind == SOCK_DGRAM ? refuse_packets(fd) : 0;
    if (status == 0)
        status = bind_port(fd, port);
    if (status < 0) {
        close(fd);
        return status;
    }
    return fd;
}

static void release_sockets(struct source_ports *ports)
{
    while (ports->open > 0)
        close(ports->sockets[--ports->open]);
}

/* All ports of the block, or none. */
static int hold_block(struct source_ports *ports)
{
    for (uint16_t i = 0; i < ports->count; i++) {
        for (size_t k = 0; k < KIND_COUNT; k++) {
            int fd = hold_port(kinds[k], (uint16_t)(ports->first + i));
            if (fd < 0) {
                release_sockets(ports);
                return fd;
            }
            ports->sockets[ports->open++] = fd;
        }
    }
    return 0;
}

/* Holds a block at random places until one is free. */
static int hold_random_block(struct source_ports *ports)
{
    struct port_range ephemeral = read_ephemeral_range();
    int status = -EADDRINUSE;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        uint32_t random;
        if (getrandom(&random, sizeof random, 0) != sizeof random)
            return -errno;
        ports->first = source_ports_choose(ephemeral, ports->count, random);
        status = hold_block(ports);
        if (status != -EADDRINUSE)
            break;
    }
    return status;
}

uint16_t source_ports_suggest(uint16_t count, struct port_range taken)
{
    uint32_t random = 0;
    (void)!getrandom(&random, sizeof random, 0);
    uint16_t first = source_ports_choose(read_ephemeral_range(), count, random);
    if (first > taken.last || first + count <= taken.first)
        return first;
    bool fits_behind = taken.last + count < PORT_SPACE;
    return (uint16_t)(fits_behind ? taken.last + 1 : taken.first - count);
}

/* How many of COUNT ports the number of open files allows. Often that is 1024 at first,
 * and many more when one asks. */
static uint16_t count_that_fits(uint16_t count)
{
    rlim_t wanted = (rlim_t)count * KIND_COUNT + OTHER_FILES;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return count;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < OTHER_FILES + KIND_COUNT)
        return 1;
    rlim_t fits = (limit.rlim_cur - OTHER_FILES) / KIND_COUNT;
    return fits < count ? (uint16_t)fits : count;
}

static int explain(struct error *error, int status, const struct source_ports *ports)
{
    unsigned first = ports->first, last = ports->first + ports->count - 1u;
    if (status == -EACCES)
        return error_set(error, status,
                         "source port %u may not be used: ports below 1024 need "
                         "CAP_NET_BIND_SERVICE",
                         first);
    return error_set(error, status, "source ports %u-%u could not be reserved: %s", first, last,
                     strerror(-status));
}

int source_ports_reserve(struct source_ports **out, uint16_t first, uint16_t count,
                         struct error *error)
{
    if (!first)
        count = count_that_fits(count);
    struct source_ports *ports = calloc(1, sizeof *ports + sizeof(int) * KIND_COUNT * count);
    if (!ports)
        return error_no_memory(error);
    ports->first = first;
    ports->count = count;

    int status = first ? hold_block(ports) : hold_random_block(ports);
    if (status < 0) {
        status = explain(error, status, ports);
        source_ports_release(ports);
        return status;
    }
    *out = ports;
    return 0;
}

void source_ports_release(struct source_ports *ports)
{
    if (!ports)
        return;
    release_sockets(ports);
    free(ports);
}

uint16_t source_ports_first(const struct source_ports *ports)
{
    return ports->first;
}

uint16_t source_ports_count(const struct source_ports *ports)
{
    return ports->count;
}
