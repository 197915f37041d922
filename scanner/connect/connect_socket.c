#include "scanner/connect/connect_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h>

/* Half of the watched ports at most are in use by us. */
enum { DRAWS_MOST = 32 };

union socket_address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

static socklen_t to_socket_address(union socket_address *to, const struct addr *addr,
                                   uint16_t port)
{
    memset(to, 0, sizeof *to);
    if (addr->family == ADDR_IPV4) {
        to->in.sin_family = AF_INET;
        to->in.sin_port = htons(port);
        memcpy(&to->in.sin_addr, addr->bytes, 4);
        return sizeof to->in;
    }
    to->in6.sin6_family = AF_INET6;
    to->in6.sin6_port = htons(port);
    to->in6.sin6_scope_id = addr->scope;
    memcpy(&to->in6.sin6_addr, addr->bytes, 16);
    return sizeof to->in6;
}

static struct addr from_socket_address(const union socket_address *from)
{
    if (from->any.sa_family == AF_INET)
        return addr_ipv4((const uint8_t *)&from->in.sin_addr);
    if (from->any.sa_family == AF_INET6)
        return addr_ipv6(from->in6.sin6_addr.s6_addr);
    return (struct addr){0};
}

void connect_way_look(const struct connect_way *way)
{
    if (way->watch)
        way->watch->look(way->watch->context);
}

static uint16_t port_of(const union socket_address *address)
{
    return ntohs(address->any.sa_family == AF_INET ? address->in.sin_port
                                                   : address->in6.sin6_port);
}

static int bind_to(const struct connect_socket *socket, const struct connect_way *way,
                   uint16_t port)
{
    const struct addr any = {.family = socket->target.family};
    union socket_address source;
    socklen_t length =
        to_socket_address(&source, way->source.family == ADDR_NONE ? &any : &way->source, port);
    return bind(socket->fd, &source.any, length) < 0 ? -errno : 0;
}

/* A watched port, if a few draws find one; else as if nobody watched. */
static int bind_source(const struct connect_socket *socket, const struct connect_way *way)
{
    for (int draws = 0; way->watch && draws < DRAWS_MOST; draws++) {
        if (bind_to(socket, way, connect_ports_draw(way->watch->ports)) == 0)
            return 0;
    }
    return way->source.family == ADDR_NONE ? 0 : bind_to(socket, way, 0);
}

static int set_options(const struct connect_socket *socket, const struct connect_way *way)
{
    int on = 1;
    bool ipv4 = socket->target.family == ADDR_IPV4;
    const struct linger reset = {.l_onoff = 1};
    if (setsockopt(socket->fd, ipv4 ? IPPROTO_IP : IPPROTO_IPV6,
                   ipv4 ? IP_RECVERR : IPV6_RECVERR, &on, sizeof on) < 0)
        return -errno;
    if (setsockopt(socket->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) < 0)
        return -errno;
    if (way->interface && setsockopt(socket->fd, SOL_SOCKET, SO_BINDTODEVICE, way->interface,
                                     (socklen_t)strlen(way->interface) + 1) < 0)
        return -errno;
    return bind_source(socket, way);
}

/* The kernel may choose the very port that is asked, of this machine: what goes there meets
 * itself, and is answered. */
static bool is_itself(const struct connect_socket *socket)
{
    return socket->source_port == socket->port && addr_equal(&socket->source, &socket->target);
}

static int begin(struct connect_socket *socket)
{
    union socket_address address;
    socklen_t length = to_socket_address(&address, &socket->target, socket->port);
    int error = connect(socket->fd, &address.any, length) < 0 ? errno : 0;
    socket->refused = error == ECONNREFUSED; /* a neighbour as near as this machine */
    if (error && error != EINPROGRESS && error != ECONNREFUSED)
        return -error;
    length = sizeof address;
    if (getsockname(socket->fd, &address.any, &length) < 0)
        return -errno;
    socket->source = from_socket_address(&address);
    socket->source_port = port_of(&address);
    return is_itself(socket) ? -EADDRNOTAVAIL : 0;
}

static int send_datagram(struct connect_socket *socket, const struct udp_library *library)
{
    uint8_t payload[UDP_PAYLOAD_MAX];
    size_t length = 0;
    const struct udp_probe *asked =
        library ? udp_library_in_turn(library, socket->port, socket->turn) : NULL;
    if (asked && asked->payload_length > 0) {
        length = asked->payload_length;
        memcpy(payload, asked->payload, length);
        if (getrandom(socket->transaction, asked->transaction_length, 0) < 0)
            return -errno;
        udp_probe_spell_transaction(asked, socket->transaction);
        memcpy(payload + asked->transaction_offset, socket->transaction,
               asked->transaction_length);
    }
    socket->asked = asked;
    return send(socket->fd, payload, length, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void show_to_watch(const struct connect_socket *socket, const struct connect_way *way)
{
    const struct connection connection = {
        .proto = socket->proto,
        .own = socket->source,
        .other = socket->target,
        .own_port = socket->source_port,
        .other_port = socket->port,
    };
    if (way->watch)
        connect_ports_note(way->watch->ports, &connection);
}

int connect_socket_open(struct connect_socket *opened, const struct connect_way *way)
{
    int family = opened->target.family == ADDR_IPV4 ? AF_INET : AF_INET6;
    int kind = opened->proto == PROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
    opened->fd = socket(family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (opened->fd < 0)
        return -errno;
    int status = set_options(opened, way);
    if (status == 0)
        status = begin(opened);
    if (status == 0)
        show_to_watch(opened, way);
    if (status == 0 && opened->proto == PROTO_UDP)
        status = send_datagram(opened, way->library);
    if (status < 0)
        connect_socket_close(opened);
    return status;
}

void connect_socket_close(struct connect_socket *socket)
{
    if (socket->fd >= 0)
        close(socket->fd);
    socket->fd = -1;
}

static bool read_as(const struct connect_socket *socket, struct reply *reply,
                    struct connect_answer *answer)
{
    reply->proto = socket->proto;
    reply->target = socket->target;
    reply->prober = reply->to = socket->source;
    answer->by = reply->from;
    return answer_read(&answer->answer, reply);
}

/* An entry of the error queue. Of TCP, the kernel has compared the quoted sequence number;
 * of UDP, only ports. */
static bool read_error(const struct connect_socket *socket, const struct cmsghdr *control,
                       struct connect_answer *answer)
{
    struct sock_extended_err error;
    union socket_address offender;
    memcpy(&error, CMSG_DATA(control), sizeof error);
    if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6)
        return false;
    memset(&offender, 0, sizeof offender);
    size_t room = control->cmsg_len - CMSG_LEN(sizeof error);
    memcpy(&offender, CMSG_DATA(control) + sizeof error,
           room < sizeof offender ? room : sizeof offender);
    struct reply reply = {
        .kind = REPLY_ICMP_ERROR,
        .from = from_socket_address(&offender),
        .icmp_type = error.ee_type,
        .icmp_code = error.ee_code,
    };
    /* Link-local addresses carry a scope that packets do not. */
    if (addr_is_link_local(&reply.from))
        reply.from.scope = socket->target.scope;
    answer->proven = socket->proto == PROTO_TCP;
    return read_as(socket, &reply, answer);
}

static bool read_error_queue(const struct connect_socket *socket, struct connect_answer *answer)
{
    union {
        struct cmsghdr header;
        char room[512];
    } control;
    struct msghdr message = {.msg_control = &control, .msg_controllen = sizeof control};
    if (recvmsg(socket->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each;
         each = CMSG_NXTHDR(&message, each)) {
        bool ours = (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_RECVERR) ||
                    (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_RECVERR);
        if (ours && each->cmsg_len >= CMSG_LEN(sizeof(struct sock_extended_err)) &&
            read_error(socket, each, answer))
            return true;
    }
    return false;
}

/* A connection that was made may have been ended since by the service. */
static bool was_connected(const struct connect_socket *socket, int error)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    if (error == ECONNRESET || error == EPIPE)
        return true;
    if (error || getsockopt(socket->fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
        return false;
    return info.tcpi_state == TCP_ESTABLISHED || info.tcpi_state == TCP_CLOSE_WAIT;
}

static bool read_connection(const struct connect_socket *socket, struct connect_answer *answer)
{
    int error = 0;
    socklen_t length = sizeof error;
    struct reply reply = {.kind = REPLY_SYN_ACK, .from = socket->target};
    if (getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        return false;
    if (socket->refused || error == ECONNREFUSED)
        reply.kind = REPLY_RESET;
    else if (!was_connected(socket, error))
        return false;
    answer->proven = true; /* the kernel has compared what it acknowledges */
    return read_as(socket, &reply, answer);
}

static bool read_datagram(const struct connect_socket *socket, struct connect_answer *answer)
{
    uint8_t bytes[2048];
    ssize_t length = recv(socket->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (length < 0)
        return false;
    struct reply reply = {.kind = REPLY_UDP, .from = socket->target};
    answer->proven = socket->asked && udp_probe_match(socket->asked, socket->transaction, bytes,
                                                      (size_t)length) == UDP_MATCH_PROVEN;
    return read_as(socket, &reply, answer);
}

bool connect_socket_read(struct connect_socket *socket, struct connect_answer *answer)
{
    if (read_error_queue(socket, answer))
        return true;
    return socket->proto == PROTO_TCP ? read_connection(socket, answer)
                                      : read_datagram(socket, answer);
}
