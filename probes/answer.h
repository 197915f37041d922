/* What an answer means: the one table from ICMP types and codes, TCP flags and UDP
 * replies to a state and a reason.
 *
 * Each row names the source of its rule. The table decides what can be said from the
 * answer alone; who sent it (host, its firewall, something on the way) is added by
 * origin.h, and whether it is a true answer to a probe of ours was decided before. */
#ifndef PROBES_ANSWER_H
#define PROBES_ANSWER_H

#include "probes/packet.h"
#include "probes/state.h"

#include <stdbool.h>
#include <stddef.h>

struct answer {
    enum port_state state;
    enum reason reason;
    enum origin origin; /* what is certain from addresses alone; else ORIGIN_UNKNOWN */
    bool host_spoke;    /* the target itself sent it: proof that it is alive */
    bool maybe_absent;  /* "cannot be reached" from another hop: says nothing about a
                           firewall unless the host proves alive otherwise */
};

/* Reads a matched reply. False for replies that say nothing about a port: an echo reply, a
 * TCP segment that is neither SYN-ACK nor RST. An error from this machine itself gives
 * PORT_UNKNOWN and ORIGIN_LOCAL, an ICMP code that is in no row REASON_UNASSIGNED_CODE. */
bool answer_read(struct answer *answer, const struct reply *reply);

/* One row of the ICMP table, for documents and tests. */
struct icmp_row {
    uint8_t family, type, code; /* family: enum addr_family */
    enum port_state tcp, udp;   /* the state when the target itself sent it */
    enum reason reason;
    bool about_reach;   /* "cannot be reached": see maybe_absent */
    const char *source; /* "RFC 1812, 5.2.7.1" */
};
const struct icmp_row *answer_icmp_rows(size_t *count);

#endif
