/* Who said no: a pure function of the evidence that one host gave in one run.
 *
 * The oracles (measured on Linux, see docs/origin.md): Linux copies the DSCP of a SYN into its
 * RST while netfilter's reject writes 0; a SYN with an MD5 option and a UDP datagram with a
 * wrong length are thrown away by stacks but still rejected by netfilter. Claims are made only
 * on evidence of the same host in the same run, otherwise the origin stays unknown. */
#ifndef PROBES_ORIGIN_H
#define PROBES_ORIGIN_H

#include "probes/state.h"

#include <stdbool.h>
#include <stdint.h>

enum twin {
    TWIN_UNTRIED,
    TWIN_SILENT,   /* the malformed twin drew nothing, though the path was certified */
    TWIN_ANSWERED, /* it drew the same answer as the well-formed probe */
};

/* What is known of one class of answers (ports with the same signature) of a host. */
struct origin_evidence {
    enum proto proto;
    enum reason reason;         /* REASON_RESET or REASON_PORT_UNREACHABLE */
    bool dscp_returned;         /* this class's answers carry our DSCP */
    bool dscp_arrives;          /* an ICMP quote, echo reply or other RST shows that our
                                   DSCP reaches the host and comes back */
    enum twin twin;             /* the malformed twin of this class */
    bool twin_silent_elsewhere; /* the twin to a port known closed or open on this host was
                                   silent: the host's stack drops such packets */
    uint8_t ttl;                /* of this class's answers, 0: unknown */
    uint8_t host_ttl;           /* of SYN-ACKs and echo replies of this host, 0: unknown */
};

struct origin_claim {
    enum port_state state; /* PORT_CLOSED or PORT_REJECTED */
    enum origin origin;
};

struct origin_claim origin_judge(const struct origin_evidence *evidence);

/* Hops that a packet with this TTL has come, by the next of the usual starting values
 * 64, 128, 255 (32 for TTLs up to 32 is not assumed). */
uint8_t origin_hops(uint8_t ttl);

#endif
