/* What a plan asks of the engine, and what the engine found: the two structs that are
 * handed between expect/ and scanner/. Plain data, no behaviour but freeing. */
#ifndef PROBES_TARGET_H
#define PROBES_TARGET_H

#include "probes/addr.h"
#include "probes/forwarding.h"
#include "probes/portset.h"
#include "probes/signature.h"
#include "probes/state.h"

#include <stdbool.h>

/* One address and the ports to probe on it. Everything is borrowed from the plan, which
 * outlives the scan; targets with the same ports share the sets. */
struct target {
    struct addr address;
    const struct portset *ports[PROTO_COUNT];    /* NULL: none of that protocol */
    const struct portset *declared[PROTO_COUNT]; /* those named one by one: probed and
                                                    confirmed before the rest; may be NULL */
    const struct responder_key
        *responder; /* the target runs `portvet respond` with this key:
                       what may go out to it is audited. NULL: does not */
};

/* Ports of one protocol of one address that share everything that is known of them. */
struct observation {
    enum proto proto;
    struct portset ports;
    enum port_state state;
    enum reason reason;
    enum origin origin;
    struct addr by;     /* who answered; ADDR_NONE when nobody did */
    uint8_t ttl;        /* of the answer as it arrived; 0 when nobody answered */
    uint16_t tries;     /* the most probes that one of these ports was sent */
    double miss;        /* silence: bound on the chance that an answer was missed; else 0 */
    bool open_seen;     /* REASON_CONFLICT: one of the contradicting answers said open */
    uint32_t confirmed; /* rate-limited rejects: how many were confirmed one by one; else 0 */

    struct forwarding forwarded; /* where probes arrived instead, if an answer told */
};

/* Whether these ports sent a SYN-ACK, and all that is missing is the proof that their host does
 * not send one for every port. */
bool observation_has_syn_ack(const struct observation *seen);

/* Round-trip loss of the path to a host, from probes to ports that answer. */
struct loss_estimate {
    double estimate; /* lost / samples; 0 without samples */
    double upper;    /* upper confidence bound; 1 without samples */
    uint32_t samples;
};

/* All that is known of one target when the engine is done with it. */
struct host_observation {
    size_t target; /* index of the struct target */
    bool alive;    /* it answered something itself */
    double rtt_ms; /* smoothed; 0 when nothing answered */
    struct loss_estimate loss;
    struct observation *items; /* sorted by protocol, then first port; owned */
    size_t count;
};

void host_observation_free(struct host_observation *host); /* frees what it owns, not HOST */

#endif
