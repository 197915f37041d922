#include "scanner/network/rtnetlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* An answer about a link with many functions can be long; other answers are short. */
enum { BUFFER_SIZE = 32768, ATTRIBUTES_MAX = 64 };

struct rtnetlink {
    struct mnl_socket *questions, *news;
    uint32_t sequence;
    /* two, so that news can lead to questions while they are read */
    _Alignas(struct nlmsghdr) uint8_t answer[BUFFER_SIZE];
    _Alignas(struct nlmsghdr) uint8_t unread[BUFFER_SIZE];
};

/* The attributes of one message by their type; those with a higher type are not used. */
struct attributes {
    const struct nlattr *by_type[ATTRIBUTES_MAX];
};

static int keep_attribute(const struct nlattr *attribute, void *context)
{
    struct attributes *attributes = context;
    uint16_t type = mnl_attr_get_type(attribute);
    if (type < ATTRIBUTES_MAX)
        attributes->by_type[type] = attribute;
    return MNL_CB_OK;
}

/* False when the message is too short for its header of HEADER_SIZE bytes. */
static bool read_attributes(struct attributes *attributes, const struct nlmsghdr *message,
                            size_t header_size)
{
    memset(attributes, 0, sizeof *attributes);
    return mnl_nlmsg_get_payload_len(message) >= header_size &&
           mnl_attr_parse(message, (unsigned)header_size, keep_attribute, attributes) >= 0;
}

static bool read_u32(const struct nlattr *attribute, uint32_t *value)
{
    if (!attribute || mnl_attr_get_payload_len(attribute) != sizeof *value)
        return false;
    *value = mnl_attr_get_u32(attribute);
    return true;
}

static struct addr addr_from_bytes(int family, const void *bytes, size_t length,
                                   uint32_t interface)
{
    struct addr addr = {0};
    if (family == AF_INET && length == 4)
        return addr_ipv4(bytes);
    if (family == AF_INET6 && length == 16) {
        addr = addr_ipv6(bytes);
        if (addr_is_link_local(&addr))
            addr.scope = interface;
    }
    return addr;
}

static struct addr read_addr(const struct nlattr *attribute, int family, uint32_t interface)
{
    if (!attribute)
        return (struct addr){0};
    return addr_from_bytes(family, mnl_attr_get_payload(attribute),
                           mnl_attr_get_payload_len(attribute), interface);
}

/* A gateway of another family than the route's (RFC 5549): the family, then the address. */
static struct addr read_via(const struct nlattr *attribute, uint32_t interface)
{
    uint16_t family;
    if (!attribute || mnl_attr_get_payload_len(attribute) < sizeof family)
        return (struct addr){0};
    const uint8_t *bytes = mnl_attr_get_payload(attribute);
    memcpy(&family, bytes, sizeof family);
    return addr_from_bytes(family, bytes + sizeof family,
                           mnl_attr_get_payload_len(attribute) - sizeof family, interface);
}

/* What a route of this type means for sending, as a negative errno. */
static int route_type_error(uint8_t type)
{
    static const int errors[] = {
        [RTN_UNSPEC] = -ENETUNREACH,
        [RTN_UNICAST] = 0,
        [RTN_LOCAL] = 0,
        [RTN_BROADCAST] = -EADDRNOTAVAIL,
        [RTN_ANYCAST] = 0,
        [RTN_MULTICAST] = -EADDRNOTAVAIL,
        [RTN_BLACKHOLE] = -ENETUNREACH,
        [RTN_UNREACHABLE] = -EHOSTUNREACH,
        [RTN_PROHIBIT] = -EACCES,
    };
    return type < sizeof errors / sizeof errors[0] ? errors[type] : -ENETUNREACH;
}

int kernel_route_read(struct kernel_route *route, const struct nlmsghdr *message)
{
    struct attributes attributes;
    if (message->nlmsg_type != RTM_NEWROUTE ||
        !read_attributes(&attributes, message, sizeof(struct rtmsg)))
        return -EBADMSG;
    const struct rtmsg *header = mnl_nlmsg_get_payload(message);
    int status = route_type_error(header->rtm_type);
    if (status < 0)
        return status;

    *route = (struct kernel_route){.local = header->rtm_type == RTN_LOCAL};
    if (!read_u32(attributes.by_type[RTA_OIF], &route->interface))
        return -EBADMSG;
    route->source =
        read_addr(attributes.by_type[RTA_PREFSRC], header->rtm_family, route->interface);
    route->gateway =
        read_addr(attributes.by_type[RTA_GATEWAY], header->rtm_family, route->interface);
    if (route->gateway.family == ADDR_NONE)
        route->gateway = read_via(attributes.by_type[RTA_VIA], route->interface);
    return 0;
}

int kernel_neighbour_read(uint8_t mac[static MAC_SIZE], const struct nlmsghdr *message)
{
    struct attributes attributes;
    if (message->nlmsg_type != RTM_NEWNEIGH ||
        !read_attributes(&attributes, message, sizeof(struct ndmsg)))
        return -EBADMSG;
    const struct ndmsg *header = mnl_nlmsg_get_payload(message);
    const struct nlattr *address = attributes.by_type[NDA_LLADDR];
    if (header->ndm_state & (NUD_INCOMPLETE | NUD_FAILED) || !address ||
        mnl_attr_get_payload_len(address) != MAC_SIZE)
        return -ENOENT;
    memcpy(mac, mnl_attr_get_payload(address), MAC_SIZE);
    return 0;
}

int kernel_link_read(struct kernel_link *link, const struct nlmsghdr *message)
{
    struct attributes attributes;
    if (message->nlmsg_type != RTM_NEWLINK ||
        !read_attributes(&attributes, message, sizeof(struct ifinfomsg)))
        return -EBADMSG;
    const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
    const struct nlattr *address = attributes.by_type[IFLA_ADDRESS];
    const unsigned up = IFF_UP | IFF_RUNNING;
    *link = (struct kernel_link){
        .interface = (uint32_t)header->ifi_index,
        .up = (header->ifi_flags & up) == up,
        .ethernet = header->ifi_type == ARPHRD_ETHER && address &&
                    mnl_attr_get_payload_len(address) == MAC_SIZE,
    };
    if (link->ethernet)
        memcpy(link->mac, mnl_attr_get_payload(address), MAC_SIZE);
    return 0;
}

static void read_link_change(struct change *change, const struct nlmsghdr *message)
{
    if (mnl_nlmsg_get_payload_len(message) < sizeof(struct ifinfomsg))
        return;
    const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
    struct kernel_link link = {.interface = (uint32_t)header->ifi_index};
    bool present = message->nlmsg_type == RTM_NEWLINK;
    if (present && kernel_link_read(&link, message) < 0)
        return;
    /* a bridge tells of its ports in messages that are only about the bridge */
    if (header->ifi_family == AF_BRIDGE)
        return;
    *change = (struct change){.kind = CHANGE_LINK, .present = present, .link = link};
}

static void read_address_change(struct change *change, const struct nlmsghdr *message)
{
    struct attributes attributes;
    if (!read_attributes(&attributes, message, sizeof(struct ifaddrmsg)))
        return;
    const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
    /* on a point-to-point link IFA_ADDRESS is the other end */
    const struct nlattr *address = attributes.by_type[IFA_LOCAL];
    if (!address)
        address = attributes.by_type[IFA_ADDRESS];
    *change = (struct change){
        .kind = CHANGE_ADDRESS,
        .present = message->nlmsg_type == RTM_NEWADDR,
        .address = read_addr(address, header->ifa_family, header->ifa_index),
    };
}

static void read_route_change(struct change *change, const struct nlmsghdr *message)
{
    struct attributes attributes;
    if (!read_attributes(&attributes, message, sizeof(struct rtmsg)))
        return;
    const struct rtmsg *header = mnl_nlmsg_get_payload(message);
    if (header->rtm_flags & RTM_F_CLONED)
        return;
    static const uint8_t zeros[16];
    *change = (struct change){
        .kind = CHANGE_ROUTE,
        .present = message->nlmsg_type == RTM_NEWROUTE,
        .address = header->rtm_family == AF_INET ? addr_ipv4(zeros) : addr_ipv6(zeros),
        .prefix = header->rtm_dst_len,
    };
    if (attributes.by_type[RTA_DST])
        change->address = read_addr(attributes.by_type[RTA_DST], header->rtm_family, 0);
}

void change_read(struct change *change, const struct nlmsghdr *message)
{
    static const struct {
        uint16_t type;
        void (*read)(struct change *, const struct nlmsghdr *);
    } readers[] = {
        {RTM_NEWLINK, read_link_change},    {RTM_DELLINK, read_link_change},
        {RTM_NEWADDR, read_address_change}, {RTM_DELADDR, read_address_change},
        {RTM_NEWROUTE, read_route_change},  {RTM_DELROUTE, read_route_change},
    };
    *change = (struct change){.kind = CHANGE_NONE};
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
        if (readers[i].type == message->nlmsg_type)
            readers[i].read(change, message);
}

static int open_socket(struct mnl_socket **out, int flags)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | flags);
    if (!socket)
        return -errno;
    *out = socket;
    return mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
}

static int join_groups(struct mnl_socket *socket)
{
    static const int groups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
                                 RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        int group = groups[i];
        if (mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0)
            return -errno;
    }
    return 0;
}

int rtnetlink_open(struct rtnetlink **out, struct error *error)
{
    struct rtnetlink *rtnetlink = calloc(1, sizeof *rtnetlink);
    if (!rtnetlink)
        return error_no_memory(error);
    int status = open_socket(&rtnetlink->questions, 0);
    if (status == 0)
        status = open_socket(&rtnetlink->news, SOCK_NONBLOCK);
    if (status == 0)
        status = join_groups(rtnetlink->news);
    if (status < 0) {
        rtnetlink_close(rtnetlink);
        return error_set(error, status, "the kernel's routes could not be asked for: %s",
                         strerror(-status));
    }
    *out = rtnetlink;
    return 0;
}

void rtnetlink_close(struct rtnetlink *rtnetlink)
{
    if (!rtnetlink)
        return;
    if (rtnetlink->questions)
        mnl_socket_close(rtnetlink->questions);
    if (rtnetlink->news)
        mnl_socket_close(rtnetlink->news);
    free(rtnetlink);
}

/* Sends QUESTION and returns the one message that answers it, valid until the next; NULL
 * and *STATUS when the kernel answers with an error. */
static const struct nlmsghdr *ask(struct rtnetlink *rtnetlink, struct nlmsghdr *question,
                                  int *status)
{
    question->nlmsg_flags = NLM_F_REQUEST;
    question->nlmsg_seq = ++rtnetlink->sequence;
    if (mnl_socket_sendto(rtnetlink->questions, question, question->nlmsg_len) < 0) {
        *status = -errno;
        return NULL;
    }
    for (;;) {
        ssize_t length = mnl_socket_recvfrom(rtnetlink->questions, rtnetlink->answer,
                                             sizeof rtnetlink->answer);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0) {
            *status = -errno;
            return NULL;
        }
        const void *buffer = rtnetlink->answer;
        const struct nlmsghdr *answer = buffer;
        if (!mnl_nlmsg_ok(answer, (int)length) || answer->nlmsg_seq != rtnetlink->sequence)
            continue;
        if (answer->nlmsg_type != NLMSG_ERROR)
            return answer;
        const struct nlmsgerr *refusal = mnl_nlmsg_get_payload(answer);
        *status = refusal->error ? refusal->error : -EBADMSG;
        return NULL;
    }
}

static int family_of(const struct addr *addr)
{
    return addr->family == ADDR_IPV4 ? AF_INET : AF_INET6;
}

static void put_addr(struct nlmsghdr *message, uint16_t type, const struct addr *addr)
{
    mnl_attr_put(message, type, addr_length(addr), addr->bytes);
}

/* Room for every question that is asked here. */
struct question {
    _Alignas(struct nlmsghdr) uint8_t bytes[256];
};

int rtnetlink_get_route(struct rtnetlink *rtnetlink, const struct addr *to,
                        const struct addr *source, uint32_t interface,
                        struct kernel_route *route)
{
    struct question question;
    struct nlmsghdr *message = mnl_nlmsg_put_header(question.bytes);
    message->nlmsg_type = RTM_GETROUTE;
    struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
    header->rtm_family = (uint8_t)family_of(to);
    header->rtm_dst_len = (uint8_t)(addr_length(to) * 8);
    put_addr(message, RTA_DST, to);
    if (source->family == to->family) {
        header->rtm_src_len = header->rtm_dst_len;
        put_addr(message, RTA_SRC, source);
    }
    if (to->scope)
        interface = to->scope;
    if (interface)
        mnl_attr_put_u32(message, RTA_OIF, interface);

    int status;
    const struct nlmsghdr *answer = ask(rtnetlink, message, &status);
    if (!answer)
        return status;
    status = kernel_route_read(route, answer);
    if (status == 0 && source->family == to->family)
        route->source = *source;
    return status;
}

int rtnetlink_get_neighbour(struct rtnetlink *rtnetlink, uint32_t interface,
                            const struct addr *neighbour, uint8_t mac[static MAC_SIZE])
{
    struct question question;
    struct nlmsghdr *message = mnl_nlmsg_put_header(question.bytes);
    message->nlmsg_type = RTM_GETNEIGH;
    struct ndmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
    header->ndm_family = (uint8_t)family_of(neighbour);
    header->ndm_ifindex = (int)interface;
    put_addr(message, NDA_DST, neighbour);

    int status;
    const struct nlmsghdr *answer = ask(rtnetlink, message, &status);
    return answer ? kernel_neighbour_read(mac, answer) : status;
}

int rtnetlink_get_link(struct rtnetlink *rtnetlink, uint32_t interface,
                       struct kernel_link *link)
{
    struct question question;
    struct nlmsghdr *message = mnl_nlmsg_put_header(question.bytes);
    message->nlmsg_type = RTM_GETLINK;
    struct ifinfomsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
    header->ifi_index = (int)interface;
    mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);

    int status;
    const struct nlmsghdr *answer = ask(rtnetlink, message, &status);
    return answer ? kernel_link_read(link, answer) : status;
}

int rtnetlink_news_fd(const struct rtnetlink *rtnetlink)
{
    return mnl_socket_get_fd(rtnetlink->news);
}

static void tell_changes(const struct rtnetlink *rtnetlink, size_t length, change_fn *tell,
                         void *context)
{
    const void *buffer = rtnetlink->unread;
    const struct nlmsghdr *message = buffer;
    for (int left = (int)length; mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
        struct change change;
        change_read(&change, message);
        if (change.kind != CHANGE_NONE)
            tell(context, &change);
    }
}

int rtnetlink_read_news(struct rtnetlink *rtnetlink, change_fn *tell, void *context)
{
    for (;;) {
        ssize_t length =
            mnl_socket_recvfrom(rtnetlink->news, rtnetlink->unread, sizeof rtnetlink->unread);
        if (length >= 0) {
            tell_changes(rtnetlink, (size_t)length, tell, context);
        } else if (errno == ENOBUFS || errno == ENOSPC) {
            tell(context, &(struct change){.kind = CHANGE_LOST});
        } else if (errno != EINTR) {
            return errno == EAGAIN ? 0 : -errno;
        }
    }
}
