/* What the kernel knows of routes, neighbours and links: questions and news over
 * rtnetlink (rtnetlink(7)). Nothing here needs a privilege. It knows no probes, and keeps
 * nothing but its two sockets.
 *
 * The readers of single messages are exposed for tests; MESSAGE is a struct nlmsghdr with
 * what follows it, aligned as such. */
#ifndef SCANNER_RTNETLINK_H
#define SCANNER_RTNETLINK_H

#include "probes/addr.h"
#include "probes/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAC_SIZE = 6 };

struct rtnetlink;

int rtnetlink_open(struct rtnetlink **rtnetlink, struct error *error)
    __attribute__((warn_unused_result));
void rtnetlink_close(struct rtnetlink *rtnetlink);

/* How the kernel would send to an address. */
struct kernel_route {
    uint32_t interface;
    struct addr source;  /* the address it would send from */
    struct addr gateway; /* ADDR_NONE: the address is on the link itself */
    bool local;          /* the address is this machine's own */
};

/* SOURCE and INTERFACE may be ADDR_NONE and 0. 0, or what the kernel says against it:
 * -ENETUNREACH, -EHOSTUNREACH, -EACCES …; -EADDRNOTAVAIL for broadcast and multicast. */
int rtnetlink_get_route(struct rtnetlink *rtnetlink, const struct addr *to,
                        const struct addr *source, uint32_t interface,
                        struct kernel_route *route) __attribute__((warn_unused_result));

/* The link address of a neighbour. -ENOENT: not known (yet), or it does not answer. */
int rtnetlink_get_neighbour(struct rtnetlink *rtnetlink, uint32_t interface,
                            const struct addr *neighbour, uint8_t mac[static MAC_SIZE])
    __attribute__((warn_unused_result));

struct kernel_link {
    uint32_t interface;
    bool up;       /* administratively up, with carrier */
    bool ethernet; /* frames begin with an Ethernet header, MAC is the sender's */
    uint8_t mac[MAC_SIZE];
};

/* -ENODEV: no such interface. */
int rtnetlink_get_link(struct rtnetlink *rtnetlink, uint32_t interface,
                       struct kernel_link *link) __attribute__((warn_unused_result));

enum change_kind {
    CHANGE_NONE,    /* nothing that matters here */
    CHANGE_LINK,    /* LINK is as it says now, or gone */
    CHANGE_ADDRESS, /* ADDRESS was added or taken away */
    CHANGE_ROUTE,   /* the route to ADDRESS/PREFIX was added or taken away */
    CHANGE_LOST,    /* news came faster than they were read: anything may have changed */
};

struct change {
    enum change_kind kind;
    bool present; /* the link, address or route is there now */
    struct kernel_link link;
    struct addr address;
    uint8_t prefix; /* 0: the default route */
};

typedef void change_fn(void *context, const struct change *change);

/* For poll(): readable when there is news. */
int rtnetlink_news_fd(const struct rtnetlink *rtnetlink);

/* Hands on what has changed since the last call, without waiting. 0 or -errno. */
int rtnetlink_read_news(struct rtnetlink *rtnetlink, change_fn *tell, void *context)
    __attribute__((warn_unused_result));

struct nlmsghdr;
int kernel_route_read(struct kernel_route *route, const struct nlmsghdr *message);
int kernel_neighbour_read(uint8_t mac[static MAC_SIZE], const struct nlmsghdr *message);
int kernel_link_read(struct kernel_link *link, const struct nlmsghdr *message);
void change_read(struct change *change, const struct nlmsghdr *message);

#endif
