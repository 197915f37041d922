/* Who said no: a pure function of the evidence that one host gave in one run.
 *
 * The oracles (measured on Linux with nftables, see docs/origin.md):
 * - Linux copies the DSCP of a SYN into its RST, while netfilter's reject writes 0;
 * - a SYN whose data offset, or a UDP datagram whose length points behind its end is thrown
 *   away by every stack, but still rejected by netfilter, unless a rule drops what
 *   connection tracking calls invalid;
 * - a SYN with an MD5 option (RFC 2385) is dropped by Linux, at open and closed ports alike,
 *   and rejected by netfilter whatever connection tracking says. Other stacks answer it.
 * Distance, by TTL, tells where the answer comes from: before the host, or from behind it,
 * where a device forwards the port to. Claims are made only on evidence of the same host in the
 * same run, otherwise the origin stays unknown. */
#ifndef PROBES_ORIGIN_H
#define PROBES_ORIGIN_H

#include "probes/state.h"

#include <stdbool.h>
#include <stdint.h>

enum twin {
    TWIN_UNTRIED,
    TWIN_SILENT,   /* the twin drew nothing, though the path was certified */
    TWIN_ANSWERED, /* it drew the same answer as the well-formed probe */
};

/* What is known of one class of answers (ports with the same signature) of a host. */
struct origin_evidence {
    enum proto proto;
    enum reason reason;           /* REASON_RESET or REASON_PORT_UNREACHABLE */
    bool dscp_returned;           /* this class's RSTs carry our DSCP */
    enum twin twin;               /* TCP: TEMPLATE_SYN_MD5; UDP: TEMPLATE_UDP_BAD_LENGTH */
    enum twin bad_offset_twin;    /* TCP: TEMPLATE_SYN_BAD_OFFSET */
    bool twin_silent_elsewhere;   /* TCP: the MD5 twin was silent at a port whose RST carries
                                     our DSCP. An open port is no such proof: OpenBSD drops
                                     the twin there and answers it at closed ports */
    bool twin_answered_elsewhere; /* TCP: a twin of wrong offset drew an answer at some other
                                     port: no rule hides all such packets from us */
    uint8_t ttl;                  /* of this class's answers, 0: unknown */
    uint8_t host_ttl;             /* of SYN-ACKs or RSTs with our DSCP, 0: unknown */
    uint8_t echo_ttl;             /* of echo replies, 0: unknown. A SYN-ACK may come from a
                                     machine behind this address, an echo reply does not */
    bool hop_as_far;              /* another hop, by its own address, answered from as far as
                                     the host: ways back differ, or TTLs are rewritten */
};

struct origin_claim {
    enum port_state state; /* PORT_CLOSED or PORT_REJECTED */
    enum origin origin;
};

struct origin_claim origin_judge(const struct origin_evidence *evidence);

/* Who rejects by ICMP in the host's name: its firewall, unless the distance tells another. Of
 * EVIDENCE only TTLs are looked at. */
enum origin origin_of_error(const struct origin_evidence *evidence);

/* Hops that a packet with this TTL has come, by the next of the usual starting values
 * 64, 128, 255 (32 for TTLs up to 32 is not assumed). */
uint8_t origin_hops(uint8_t ttl);

#endif
