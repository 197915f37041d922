/* How fast probes go out: a token bucket whose rate follows what comes back.
 *
 * Feedback is the fate of control probes (to what is known to answer), never silence,
 * which is a firewall's normal answer. The rate starts gently, doubles while controls come
 * back undelayed, and falls to what the path delivers when significantly more of them are
 * lost than before (path_loss.h), or when a queue builds up (bottleneck.h). It knows no hosts
 * and no packets. */
#ifndef SCANNER_PACE_H
#define SCANNER_PACE_H

#include "scanner/clock.h"
#include "scanner/engine/bottleneck.h"
#include "scanner/engine/path_loss.h"

#include <stdbool.h>
#include <stdint.h>

/* A stretch of sending at one rate, judged when the fate of all its controls is known. */
struct pace_epoch {
    double rate;
    uint32_t sent, returned, lost; /* controls */
};

/* What a cut that was wrong goes back to. */
struct pace_point {
    double rate, good, limit;
    bool probing;
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
    uint32_t judged;    /* the first that is not yet */
    uint32_t cut_epoch; /* what was sent before it has been answered for by a lower rate */
    nsec_t epoch_started;
    nsec_t cut_at; /* the latest cut; 0: none yet */
    struct bottleneck bottleneck;
    double limit;       /* what the path was found to carry; 0: not yet */
    double found;       /* the latest limit, */
    bool steady;        /* and the one before was the same */
    double step;        /* by which the rate grows next, as a share of it */
    uint32_t packets;   /* sent in the epoch under way */
    uint32_t answers;   /* that came in it, of any kind */
    unsigned waits;     /* for the queue to empty, one after the other */
    nsec_t first_delay; /* at the first of these, */
    double first_rate;  /* and the rate before it */
    unsigned falls;     /* cuts for a queue below what the path was found to carry, in a row, */
    double fallen_from; /* and the rate before the first of them */
    nsec_t rtt;         /* least of the hosts, smoothed; 0: nothing has answered yet */
    double base_rate;   /* at which the path's own loss was measured first */
    bool controlled;    /* a control has been sent */
    struct path_loss loss;
    struct pace_point suspected; /* where the latest cut for loss was made */
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

/* More controls than usual are worth their while. */
bool pace_is_unsure(const struct pace *pace);

/* A control probe leaves: returns the epoch that its fate belongs to. */
uint32_t pace_control_sent(struct pace *pace);
void pace_control_returned(struct pace *pace, uint32_t epoch);
void pace_control_lost(struct pace *pace, uint32_t epoch);

/* Something answered, RTT after its probe, EXCESS more than the least of its host. */
void pace_answer(struct pace *pace, nsec_t now, nsec_t rtt, nsec_t excess);

/* This machine had no room for a packet (ENOBUFS). */
void pace_local_full(struct pace *pace, nsec_t now);

#endif
