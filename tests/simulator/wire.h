/* One direction of the wire at work: which packets arrive, when, and how often. */
#ifndef SIMULATOR_WIRE_H
#define SIMULATOR_WIRE_H

#include "tests/simulator/random.h"
#include "tests/simulator/simulator.h"

struct sim_channel {
    const struct sim_way *way; /* borrowed */
    struct sim_random random;
    bool in_burst;
    nsec_t burst_flips; /* when the burst, or the peace, ends */
    nsec_t last;        /* when the last packet set out */
    nsec_t line_free;   /* when the bottleneck has sent all that waits */
};

void sim_channel_init(struct sim_channel *channel, const struct sim_way *way, uint64_t seed);

enum sim_fate {
    SIM_CARRIED,
    SIM_DUPLICATED, /* two copies */
    SIM_LOST,
    SIM_OVERFLOWED, /* lost at the bottleneck's queue */
};

/* Puts a packet on the wire at AT, or after the packet before if AT is earlier; ARRIVALS
 * says when each copy is at the other end. */
enum sim_fate sim_channel_carry(struct sim_channel *channel, nsec_t at, nsec_t extra_delay,
                                nsec_t arrivals[static 2]);

#endif
