/* The packets of connections that the kernel makes for a run: full handshakes with what answers
 * everything, and all that is asked with --connect.
 *
 * They are seen by a capture of their own, which is opened while privileges last and is read
 * while connections are made. Nothing depends on what it shows but evidence. */
#ifndef SCANNER_COMMANDS_CONNECTION_PACKETS_H
#define SCANNER_COMMANDS_CONNECTION_PACKETS_H

#include "scanner/connect/connect_socket.h"
#include "scanner/drive.h"
#include "scanner/network/capture.h"

struct connection_packets {
    struct capture *capture; /* NULL: nobody asked to see them */
    struct connect_watch watch;
    drive_packet_fn *packet; /* gets them */
    void *context;
    uint64_t dropped, dropped_before; /* for lack of room; before the connections under way */
    bool broken;                      /* the capture failed */
};

/* Who gets the packets is set already. NET (may be NULL) keeps its source ports for itself.
 * Needs CAP_NET_RAW: -EPERM without it. */
int connection_packets_open(struct connection_packets *packets, const struct net *net,
                            bool with_udp, struct error *error)
    __attribute__((warn_unused_result));
void connection_packets_close(struct connection_packets *packets);

/* For struct connect_way: NULL where nobody asked. */
const struct connect_watch *connection_packets_watch(const struct connection_packets *packets);

/* Connections whose packets are not seen, because other programs have the ports. */
uint64_t connection_packets_strays(const struct connection_packets *packets);

/* Before and after connections are made. */
void connection_packets_begin(struct connection_packets *packets);
void connection_packets_end(struct connection_packets *packets);

#endif
