/* The responder: which packets it answers, and with what. It keeps no state but a limit of
 * its rate, opens nothing and has no clock; respond_live.h brings it onto the network.
 *
 * It answers signed and fresh probes to this machine's own addresses, one packet for one,
 * never with more bytes than it got, and says nothing to anybody else: whoever has no key
 * cannot find out that it runs. */
#ifndef SCANNER_RESPOND_H
#define SCANNER_RESPOND_H

#include "probes/probes.h"
#include "scanner/clock.h"

#include <stdbool.h>

struct respond;

struct respond_options {
    const struct responder_key *key; /* borrowed */
    double max_rate;                 /* answers a second; 0: no limit */
    /* Is this address one of the machine's own? Asked for signed packets only. */
    bool (*is_own)(void *context, const struct addr *address);
    void *context;
};

/* What became of the packets that were shown to it. */
enum respond_fate {
    RESPOND_ANSWERED,
    RESPOND_UNSIGNED, /* no probe, altered, or signed with another key */
    RESPOND_STALE,    /* signed, but recorded some time ago, or the clocks differ */
    RESPOND_FOREIGN,  /* signed, but to an address that is not this machine's own */
    RESPOND_LIMITED,  /* would have been answered but for the limit */
    RESPOND_FATES,
};

struct respond *respond_new(const struct respond_options *options, struct error *error);
void respond_free(struct respond *respond);

/* Looks at the IP packet BYTES, seen NOW on a steady clock and at SECONDS of the wall clock.
 * Writes the answer into ANSWER (room for PACKET_SIZE_MAX) and returns its length; 0: there
 * is none. */
size_t respond_to(struct respond *respond, nsec_t now, int64_t seconds, const uint8_t *bytes,
                  size_t length, uint8_t *answer);

/* How many packets had each fate. */
const uint64_t *respond_counts(const struct respond *respond);
/* "not signed": the name of a fate in the counters that people see. */
const char *respond_fate_name(enum respond_fate fate);

#endif
