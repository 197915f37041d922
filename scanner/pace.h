/* How fast probes go out: a token bucket whose rate follows what comes back.
 *
 * Feedback is the fate of control probes (ports that are known to answer), never silence,
 * which is a firewall's normal answer. The rate starts gently, doubles while controls come
 * back undelayed, and falls to what the path delivered when more of them are lost than
 * before or a queue builds up. It knows no hosts and no packets. */
#ifndef SCANNER_PACE_H
#define SCANNER_PACE_H

#include "scanner/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct pace {
    double rate; /* packets per second, now */
    double most; /* --max-rate, or PACE_UNLIMITED */
    double tokens;
    nsec_t filled_at;
    bool probing; /* past the doubling: growing in small steps */
    /* the epoch under way */
    nsec_t epoch_started;
    uint32_t sent, returned, lost; /* controls */
    nsec_t least_excess;           /* of this epoch: RTT above the host's least */
    /* what the path is like when it is not pressed */
    nsec_t rtt;       /* smoothed; 0: unknown */
    double base_loss; /* smallest loss of an epoch, 0 to 1 */
};

#define PACE_UNLIMITED 10e6

/* MOST in packets per second, 0: as fast as the path carries. */
void pace_init(struct pace *pace, double most, nsec_t now);

/* How many packets may leave at NOW; what is sent is taken by pace_spend(). */
uint32_t pace_allowance(struct pace *pace, nsec_t now);
void pace_spend(struct pace *pace, uint32_t packets);

/* When it is worth asking for an allowance again. */
nsec_t pace_next(const struct pace *pace);

/* The fate of a probe to a port that answers. EXCESS is how much RTT lies above the least
 * that its host has shown. */
void pace_control_returned(struct pace *pace, nsec_t now, nsec_t rtt, nsec_t excess);
void pace_control_lost(struct pace *pace, nsec_t now);

/* This machine had no room for a packet (ENOBUFS). */
void pace_local_full(struct pace *pace, nsec_t now);

#endif
