/* The real network behind struct net: raw IP sockets or frames out, one capture in, routes
 * and news of the links from the kernel.
 *
 * Everything that needs a privilege is done while it is opened; afterwards it works
 * without any. Packets leave as frames where a neighbour on an Ethernet link is known,
 * otherwise, and at first, through the kernel's own IP output. */
#ifndef SCANNER_NET_LIVE_H
#define SCANNER_NET_LIVE_H

#include "scanner/net.h"

struct net_live_options {
    const char *interface; /* NULL: as the kernel routes */
    struct addr source;    /* ADDR_NONE: as the kernel chooses */
    uint16_t source_port;  /* 0: a block of random ones; else this one alone */
    bool kernel_output;    /* every packet passes the machine's own IP output and firewall */
    size_t capture_bytes;  /* room for packets that wait to be read; 0: 64 MiB */
};

/* Opens the network. -EPERM: CAP_NET_RAW is missing (exit code 77); anything else: the
 * network cannot be used (69). */
int net_live_open(struct net **net, const struct net_live_options *options, struct error *error)
    __attribute__((warn_unused_result));

#endif
