/* Packets on their way to one socket: gathered without copying, handed to the kernel by
 * as few sendmmsg() calls as it takes, and each one's fate written into its ERROR. */
#ifndef SCANNER_SEND_BATCH_H
#define SCANNER_SEND_BATCH_H

#include "scanner/net.h"

#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { SEND_BATCH_SIZE = 256 };

union send_name {
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
    struct sockaddr_ll link;
};

struct send_batch {
    int fd;
    bool patient; /* waits a few milliseconds for room when there is none */
    size_t count;
    struct net_packet *packets[SEND_BATCH_SIZE];
    struct mmsghdr messages[SEND_BATCH_SIZE];
    struct iovec bytes[SEND_BATCH_SIZE];
    union send_name names[SEND_BATCH_SIZE];
};

/* FD stays the caller's. */
void send_batch_init(struct send_batch *batch, int fd, bool patient);

/* Adds PACKET, of which HEADER bytes before its first are to be sent as well. Returns the
 * place for where it goes to, of NAME_SIZE bytes, zeroed; the caller fills it. A full
 * batch is sent first. */
union send_name *send_batch_add(struct send_batch *batch, struct net_packet *packet,
                                size_t header, socklen_t name_size);

/* Sends what was added. A packet that the kernel refuses does not keep the next from being
 * sent; when there is no room, the rest gets -EAGAIN. */
void send_batch_flush(struct send_batch *batch);

#endif
