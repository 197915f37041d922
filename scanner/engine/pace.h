/* How fast probes go out: a token bucket whose rate follows what comes back.
 *
 * Feedback is the fate of control probes (to what is known to answer), never silence,
 * which is a firewall's normal answer. The rate starts gently, doubles while controls come
 * back undelayed, and falls to what the path delivered when significantly more of them are
 * lost than before, or when a queue builds up. It knows no hosts and no packets. */
#ifndef SCANNER_PACE_H
#define SCANNER_PACE_H

#include "scanner/clock.h"
#include "scanner/engine/loss.h"

#include <stdbool.h>
#include <stdint.h>

/* A stretch of sending at one rate, judged when the fate of all its controls is known. */
struct pace_epoch {
    double rate;
    uint32_t sent, returned, lost; /* controls */
};

/* Epochs whose controls may still be under way. A power of two. */
enum { PACE_EPOCHS = 64 };

struct pace {
    double rate; /* packets per second, now */
    double most; /* --max-rate, or PACE_UNLIMITED */
    double good; /* highest rate that fared well: loss at it is the path's own */
    double tokens;
    nsec_t filled_at;
    bool probing;       /* past the doubling: growing in small steps */
    uint32_t epoch;     /* the one under way */
    uint32_t cut_epoch; /* what was sent before it has been answered for by a lower rate */
    nsec_t epoch_started;
    nsec_t cut_at;        /* the latest cut; 0: none yet */
    double queued_rate;   /* at which a queue built up, to be tried again; 0: none */
    uint32_t packets;     /* sent in the epoch under way */
    uint32_t answers;     /* that came in it, of any kind */
    nsec_t least_excess;  /* of them: RTT above the least that the host has shown */
    nsec_t usual_excess;  /* that no lower rate has made smaller */
    nsec_t cut_excess;    /* at the first of the latest cuts for delay, */
    double cut_rate;      /* and the rate before it */
    nsec_t latest_excess; /* of the latest epoch that was delayed */
    unsigned cuts;        /* for delay, one after the other */
    nsec_t rtt;           /* least of the hosts, smoothed; 0: nothing has answered yet */
    struct loss base;     /* of epochs that were not too fast; older ones weigh less */
    struct loss trial;    /* of later, faster ones, of which too few controls tell */
    uint32_t base_wanted; /* samples of BASE before the rate may grow again */
    struct pace_epoch epochs[PACE_EPOCHS];
};

#define PACE_UNLIMITED 10e6

/* MOST in packets per second, 0: as fast as the path carries. */
void pace_init(struct pace *pace, double most, nsec_t now);

/* How many packets may leave at NOW; what is sent is taken by pace_spend(). */
uint32_t pace_allowance(struct pace *pace, nsec_t now);
void pace_spend(struct pace *pace, uint32_t packets);

/* When it is worth asking for an allowance again. */
nsec_t pace_next(const struct pace *pace);

/* A control probe leaves: returns the epoch that its fate belongs to. */
uint32_t pace_control_sent(struct pace *pace);
void pace_control_returned(struct pace *pace, uint32_t epoch);
void pace_control_lost(struct pace *pace, uint32_t epoch);

/* Something answered, RTT after its probe, EXCESS more than the least of its host. */
void pace_answer(struct pace *pace, nsec_t now, nsec_t rtt, nsec_t excess);

/* This machine had no room for a packet (ENOBUFS). */
void pace_local_full(struct pace *pace, nsec_t now);

#endif
