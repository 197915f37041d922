/* Connections that a host has answered with a SYN-ACK and that nobody has finished: what
 * makes a second SYN meet a host in another state than the first did.
 *
 * A table of a fixed size; where two connections fall on the same entry the older is
 * forgotten, as a full backlog would. */
#ifndef SIMULATOR_HALF_OPEN_H
#define SIMULATOR_HALF_OPEN_H

#include "scanner/clock.h"
#include "tests/simulator/codec.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_half_open {
    bool used;
    struct addr prober, host;
    uint16_t prober_port, port;
    uint32_t prober_sequence; /* of the SYN */
    uint32_t sequence;        /* of the SYN-ACK */
    nsec_t repeated;          /* when a further SYN was last answered; 0: never */
    uint8_t retransmissions;
    uint32_t generation; /* goes up with each connection in this entry */
};

struct sim_half_opens {
    struct sim_half_open *entries; /* owned */
};

int sim_half_opens_init(struct sim_half_opens *table) __attribute__((warn_unused_result));
void sim_half_opens_free(struct sim_half_opens *table);

/* The connection that PROBE belongs to; NULL: there is none. */
struct sim_half_open *sim_half_opens_find(const struct sim_half_opens *table,
                                          const struct sim_probe *probe);

/* Begins the connection that the SYN PROBE asks for; returns the entry's number. */
uint32_t sim_half_opens_begin(struct sim_half_opens *table, const struct sim_probe *probe,
                              uint32_t sequence);

#endif
