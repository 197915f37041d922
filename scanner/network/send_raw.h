/* IP packets out through the kernel's own IP output: it routes them, finds the neighbour,
 * and lets the machine's firewall see them. For tunnels, loopback, few packets, and audits
 * of what that firewall lets out. */
#ifndef SCANNER_SEND_RAW_H
#define SCANNER_SEND_RAW_H

#include "probes/addr.h"
#include "probes/error.h"
#include "scanner/net.h"

#include <stdbool.h>
#include <stdint.h>

struct send_raw;

struct send_raw_options {
    const char *interface; /* NULL: as the kernel routes */
    struct addr source;    /* ADDR_NONE: any */
    bool patient;          /* a full socket is waited for, a few milliseconds */
};

/* Needs CAP_NET_RAW: -EPERM without it. A kernel without IPv6 is no error. */
int send_raw_open(struct send_raw **raw, const struct send_raw_options *options,
                  struct error *error) __attribute__((warn_unused_result));
void send_raw_close(struct send_raw *raw);

/* Takes PACKET, an IP packet for TO, into the batch of its family. Its ERROR is set once
 * send_raw_flush() has returned. SCOPE is the interface of a link-local destination. */
void send_raw_add(struct send_raw *raw, struct net_packet *packet, uint32_t scope);
void send_raw_flush(struct send_raw *raw);

#endif
