/* A queue on the path, as answers tell of it: how long one stands in it, and how many packets a
 * second leave it.
 *
 * While packets stand in a queue, they leave it one after the other at the path's own rate: as
 * many as were sent between two probes, in the time between their answers. It knows no rate of
 * sending, and decides nothing. */
#ifndef SCANNER_BOTTLENECK_H
#define SCANNER_BOTTLENECK_H

#include "scanner/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* How many packets had been sent before a moment. */
struct sent_mark {
    nsec_t at;
    uint64_t sent;
};

enum { SENT_MARKS = 512 };

struct bottleneck {
    uint64_t sent;
    struct sent_mark marks[SENT_MARKS]; /* a ring */
    uint32_t mark;                      /* the latest */
    nsec_t usual;                       /* delay that is not of our making */
    nsec_t before, jitter;              /* the latest delay; how much it changes, smoothed */
    uint32_t steps;                     /* that JITTER is the average of */
    nsec_t heard_from;                  /* answers to what was sent before are passed over */
    uint32_t late;                      /* answers in a row that were late, */
    nsec_t latest;                      /* when the latest answer came */
    nsec_t late_since, least;           /* from when on, and by how much the fastest of them */
    struct sent_mark first;             /* answer, of those that stood in the queue */
    double rate;
};

/* PACKETS left at NOW. */
void bottleneck_sent(struct bottleneck *bottleneck, nsec_t now, uint32_t packets);

/* An answer came at NOW, RTT after its probe, DELAY more than usual. */
void bottleneck_answer(struct bottleneck *bottleneck, nsec_t now, nsec_t rtt, nsec_t delay);

/* By how much even the fastest of the latest answers was later than jitter makes it; 0: there
 * is no queue. */
nsec_t bottleneck_delay(const struct bottleneck *bottleneck);

/* Packets a second that leave the queue; 0: too few have, to tell. */
double bottleneck_rate(const struct bottleneck *bottleneck);

/* Delays of what was sent before NOW say no more: the rate has changed. */
void bottleneck_forget(struct bottleneck *bottleneck, nsec_t now);

/* DELAY is there however slowly one sends: it is the usual one from now on. */
void bottleneck_put_up_with(struct bottleneck *bottleneck, nsec_t delay);

#endif
