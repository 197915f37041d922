/* The responder on the network: one capture in, raw IP sockets out. It opens no port, takes
 * nothing away from the machine's own stack, and needs no change of its firewall: it sees
 * packets before the firewall does.
 *
 * Everything that needs a privilege is done while it is opened. */
#ifndef SCANNER_RESPOND_LIVE_H
#define SCANNER_RESPOND_LIVE_H

#include "scanner/responder/respond.h"

struct respond_live;

struct respond_live_options {
    const struct responder_key *key; /* borrowed */
    double max_rate;                 /* answers a second; 0: no limit */
    const char *interface;           /* NULL: all */
};

/* -EPERM: CAP_NET_RAW is missing. */
int respond_live_open(struct respond_live **live, const struct respond_live_options *options,
                      struct error *error) __attribute__((warn_unused_result));
void respond_live_close(struct respond_live *live);

/* Answers what is there, or waits for at most a second and answers then. 0, also when a
 * signal came; -errno: the network is unusable. */
int respond_live_serve(struct respond_live *live, struct error *error)
    __attribute__((warn_unused_result));

struct respond_live_counters {
    const uint64_t *fates; /* by enum respond_fate */
    uint64_t send_errors;
    uint64_t capture_dropped; /* packets that came while there was no room for them */
};
void respond_live_counters(struct respond_live *live, struct respond_live_counters *counters);

#endif
