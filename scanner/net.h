/* The network as the scanner sees it: a seam of a few functions, with a live
 * implementation (net_live.h) and a simulated one (tests/simulator). Real bytes cross it,
 * and time comes from it: with the simulator, time moves only while waiting. It knows IP
 * packets, routes and time, and nothing of ports or verdicts. */
#ifndef SCANNER_NET_H
#define SCANNER_NET_H

#include "probes/addr.h"
#include "probes/error.h"
#include "scanner/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How packets to one address leave. */
struct net_route {
    struct addr source; /* what to put into the packets */
    uint32_t id;        /* the network's own handle, handed back with each packet */
    bool on_link;       /* no gateway in between */
};

/* One packet to send. BYTES is the sender's, and free again when send() returns. */
struct net_packet {
    uint8_t *bytes; /* an IP packet; NET_HEADROOM bytes before it are the network's to
                       write a link header into */
    uint16_t length;
    uint32_t route; /* net_route.id */
    int error;      /* out: 0 when it left, else -errno (-ENOBUFS, -EPERM, -ENETDOWN …).
                       Also 0 when the neighbour that it was for does not answer; if he
                       turns up after all, that is counted in link_changes */
};
enum { NET_HEADROOM = 32 };

/* Running totals since the network was opened. */
struct net_counters {
    uint64_t sent, send_errors;
    uint64_t received;        /* packets handed on */
    uint64_t capture_dropped; /* packets that the capture had no room for */
    uint64_t link_changes;    /* times that an interface in use, its addresses or routes
                                 changed or went down or up */
    bool link_down;           /* an interface in use is down now */
};

/* A captured IP packet, without its link layer. BYTES is valid during the call only. */
typedef void net_receive_fn(void *context, nsec_t at, const uint8_t *bytes, size_t length);

struct net {
    /* Source ports that are ours alone while this is open: FIRST to FIRST+COUNT-1, TCP
     * and UDP, both families. */
    uint16_t source_port_first, source_port_count;

    /* Looks up how to reach TO. 0, or -EHOSTUNREACH / -ENETUNREACH and the like: there is
     * no route. */
    int (*route)(struct net *net, const struct addr *to, struct net_route *route);

    /* Sends COUNT packets, in order, and sets each one's ERROR. It may wait for room, a
     * few milliseconds at most. Returns 0, or -errno when the network as a whole is
     * unusable (then exit code 69). */
    int (*send)(struct net *net, struct net_packet *packets, size_t count);

    /* Hands each captured packet to RECEIVE; returns when at least one packet was handed
     * on and no more is waiting, or when UNTIL (on now()'s clock) has come. An UNTIL in
     * the past means: what is there, without waiting. Returns 0, -EINTR when a signal
     * came, or -errno when the network is unusable. */
    int (*receive)(struct net *net, nsec_t until, net_receive_fn *receive, void *context);

    nsec_t (*now)(struct net *net);
    void (*counters)(struct net *net, struct net_counters *counters);
    void (*close)(struct net *net); /* frees NET */
};

#endif
