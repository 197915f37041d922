/* The ways by which the targets of a run are reached: one entry for each next hop, shared
 * by all targets behind it, kept up to date with the kernel's own tables. It knows no
 * packets but their link header. */
#ifndef SCANNER_ROUTES_H
#define SCANNER_ROUTES_H

#include "scanner/net.h"
#include "scanner/network/links.h"
#include "scanner/network/rtnetlink.h"

enum { LINK_HEADER_SIZE = 14 }; /* Ethernet */

struct route {
    struct addr to; /* the first target that goes this way stands for all of them */
    struct kernel_route kernel;
    bool lost; /* the kernel has no such route at the moment */

    bool has_neighbour; /* on an Ethernet link: packets are handed to a neighbour … */
    bool resolved;      /* … whose address is known, and in HEADER */
    uint8_t header[LINK_HEADER_SIZE]; /* what goes before an IP packet in a frame */
    nsec_t refreshed;                 /* when the kernel was last asked */

    /* Packets that wait in the kernel for the neighbour's address since WAITING_SINCE, and
     * whether some had to be thrown away meanwhile. */
    unsigned waiting;
    nsec_t waiting_since;
    bool overflowed;
};

struct routes_options {
    struct addr source; /* ADDR_NONE: the kernel's choice */
    uint32_t interface; /* 0: the kernel's choice */
};

struct routes;

/* RTNETLINK and LINKS are borrowed; interfaces and sources that come into use are told
 * to LINKS. NULL: no memory. */
struct routes *routes_new(const struct routes_options *options, struct rtnetlink *rtnetlink,
                          struct links *links);
void routes_free(struct routes *routes);

/* Finds or makes the entry for TO. Its number, or -errno: there is no way. */
int64_t routes_find(struct routes *routes, const struct addr *to);

/* NUMBER as routes_find() returned it; NULL for any other. Valid until the next
 * routes_find(). */
struct route *routes_get(struct routes *routes, uint32_t number);

/* Asks the kernel again which way ROUTE goes and what its link header is. A way that has
 * changed, or a neighbour who is there although packets to him were thrown away, is
 * counted in the links' changes: the silence of that time proves nothing. */
void routes_refresh(struct routes *routes, struct route *route, nsec_t now);

/* Takes in a change: routes that it may concern are refreshed. */
void routes_apply(struct routes *routes, const struct change *change, nsec_t now);

/* The Ethernet header of IP packets of FAMILY (RFC 894, RFC 2464). */
enum addr_family;
void link_header_write(uint8_t header[static LINK_HEADER_SIZE],
                       const uint8_t to[static MAC_SIZE], const uint8_t from[static MAC_SIZE],
                       enum addr_family family);

#endif
