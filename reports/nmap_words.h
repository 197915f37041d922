/* What nmap calls a state and a reason. It has fewer states: what portvet tells apart is
 * mapped down. */
#ifndef REPORTS_NMAP_WORDS_H
#define REPORTS_NMAP_WORDS_H

#include "probes/target.h"

enum nmap_state {
    NMAP_OPEN,
    NMAP_CLOSED,
    NMAP_FILTERED,
    NMAP_OPEN_FILTERED,
    NMAP_UNKNOWN,
    NMAP_STATE_COUNT,
};

const char *nmap_state_name(enum nmap_state state); /* "open|filtered" */

/* Rejected by a RST is closed to nmap, rejected by ICMP and dropped are filtered, silent
 * is open|filtered. */
enum nmap_state nmap_state_of(const struct observation *seen);

/* nmap's word for a reason, "syn-ack"; one for which it has none is "unknown-response", or
 * "no-response" where nothing answered. */
const char *nmap_reason(enum reason reason);

#endif
