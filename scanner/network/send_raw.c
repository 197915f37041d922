#include "scanner/network/send_raw.h"

#include "scanner/network/send_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Where the destination stands in an IP header (RFC 791, RFC 8200). */
enum { IPV4_DESTINATION = 16, IPV6_DESTINATION = 24, IPV4_HEADER = 20, IPV6_HEADER = 40 };

struct send_raw {
    struct send_batch ipv4, ipv6;
};

/* Without IP_RECVERR, a full queue is no error: the packet is gone and nobody is told. With
 * it, sendmsg() itself tells all: the error queue would only repeat EMSGSIZE, and a
 * neighbour that does not answer is told of by ICMP, to the capture. */
static int report_drops(int fd, int family)
{
    int on = 1;
    int status = family == AF_INET ? setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on)
                                   : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    return status < 0 ? -errno : 0;
}

static int bind_interface(int fd, const char *interface)
{
    socklen_t length = (socklen_t)strlen(interface);
    return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, length) < 0 ? -errno : 0;
}

static int bind_source(int fd, const struct addr *source)
{
    union send_name name = {0};
    socklen_t size = sizeof name.ipv4;
    if (source->family == ADDR_IPV4) {
        name.ipv4.sin_family = AF_INET;
        memcpy(&name.ipv4.sin_addr, source->bytes, sizeof name.ipv4.sin_addr);
    } else {
        size = sizeof name.ipv6;
        name.ipv6.sin6_family = AF_INET6;
        name.ipv6.sin6_scope_id = source->scope;
        memcpy(&name.ipv6.sin6_addr, source->bytes, sizeof name.ipv6.sin6_addr);
    }
    return bind(fd, (const struct sockaddr *)&name, size) < 0 ? -errno : 0;
}

/* Binds FD as OPTIONS want it. */
static int bind_socket(int fd, int family, const struct send_raw_options *options,
                       struct error *error)
{
    char text[ADDR_TEXT_SIZE];
    int status = report_drops(fd, family);
    if (status == 0 && options->interface)
        status = bind_interface(fd, options->interface);
    if (status < 0)
        return error_set(error, status, "packets cannot leave by interface %s: %s",
                         options->interface ? options->interface : "any", strerror(-status));
    if (options->source.family == (family == AF_INET ? ADDR_IPV4 : ADDR_IPV6))
        status = bind_source(fd, &options->source);
    if (status < 0)
        return error_set(error, status, "packets cannot be sent from %s: %s",
                         addr_format(&options->source, text), strerror(-status));
    return 0;
}

/* A socket of the protocol IPPROTO_RAW: what is written to it begins with the IP header,
 * and nothing can be read from it (raw(7)). */
static int open_socket(int family, const struct send_raw_options *options, struct error *error)
{
    int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (fd < 0)
        return error_set(error, -errno, "no raw IP socket: %s", strerror(errno));
    int status = bind_socket(fd, family, options, error);
    if (status < 0) {
        close(fd);
        return status;
    }
    return fd;
}

int send_raw_open(struct send_raw **out, const struct send_raw_options *options,
                  struct error *error)
{
    struct send_raw *raw = calloc(1, sizeof *raw);
    if (!raw)
        return error_no_memory(error);
    int ipv4 = open_socket(AF_INET, options, error);
    int ipv6 = ipv4 < 0 ? ipv4 : open_socket(AF_INET6, options, error);
    send_batch_init(&raw->ipv4, ipv4, options->patient);
    send_batch_init(&raw->ipv6, ipv6, options->patient);
    if (ipv4 < 0 || (ipv6 < 0 && ipv6 != -EAFNOSUPPORT)) {
        send_raw_close(raw);
        return ipv4 < 0 ? ipv4 : ipv6;
    }
    *out = raw;
    return 0;
}

void send_raw_close(struct send_raw *raw)
{
    if (!raw)
        return;
    if (raw->ipv4.fd >= 0)
        close(raw->ipv4.fd);
    if (raw->ipv6.fd >= 0)
        close(raw->ipv6.fd);
    free(raw);
}

static void add_ipv4(struct send_batch *batch, struct net_packet *packet)
{
    union send_name *name = send_batch_add(batch, packet, 0, sizeof name->ipv4);
    name->ipv4.sin_family = AF_INET;
    memcpy(&name->ipv4.sin_addr, packet->bytes + IPV4_DESTINATION, sizeof name->ipv4.sin_addr);
}

static void add_ipv6(struct send_batch *batch, struct net_packet *packet, uint32_t scope)
{
    union send_name *name = send_batch_add(batch, packet, 0, sizeof name->ipv6);
    name->ipv6.sin6_family = AF_INET6;
    name->ipv6.sin6_scope_id = scope;
    memcpy(&name->ipv6.sin6_addr, packet->bytes + IPV6_DESTINATION,
           sizeof name->ipv6.sin6_addr);
}

void send_raw_add(struct send_raw *raw, struct net_packet *packet, uint32_t scope)
{
    unsigned version = packet->length ? packet->bytes[0] >> 4 : 0;
    if (version == 4 && packet->length >= IPV4_HEADER)
        add_ipv4(&raw->ipv4, packet);
    else if (version == 6 && packet->length >= IPV6_HEADER && raw->ipv6.fd >= 0)
        add_ipv6(&raw->ipv6, packet, scope);
    else
        packet->error = version == 6 ? -EAFNOSUPPORT : -EINVAL;
}

void send_raw_flush(struct send_raw *raw)
{
    send_batch_flush(&raw->ipv4);
    if (raw->ipv6.fd >= 0)
        send_batch_flush(&raw->ipv6);
}
