/* Smoothed round-trip time and the time to wait for an answer, after RFC 6298 with finer
 * bounds: an audit resends nothing that could congest, so it need not wait a second. */
#ifndef SCANNER_RTT_H
#define SCANNER_RTT_H

#include "scanner/clock.h"

#include <stdbool.h>

struct rtt {
    nsec_t smoothed, variation; /* 0 before the first sample */
    nsec_t least, most;         /* most: the slowest of late; see rtt_begin_pass() */
};

void rtt_add(struct rtt *rtt, nsec_t sample);
/* Half of what the slowest answer took beyond the usual is forgotten: a queue that was full
 * for once must not be waited for to the end of the audit. */
void rtt_begin_pass(struct rtt *rtt);
bool rtt_known(const struct rtt *rtt);

/* How long an answer may take before it counts as missing: smoothed + 8 variations, with
 * room for scheduling on both sides, and not below the slowest answer of late; RTT_INITIAL
 * while there is no sample. */
nsec_t rtt_timeout(const struct rtt *rtt);

#define RTT_INITIAL (500 * NSEC_PER_MSEC)

/* How long it is worth waiting for most answers, where the timeout would be too long. */
nsec_t rtt_pause(const struct rtt *rtt);

#endif
