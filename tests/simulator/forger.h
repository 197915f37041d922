/* Somebody off the path who wants to be believed: packets with the right addresses and
 * likely ports, but without what only one who saw the probes could know. */
#ifndef SIMULATOR_FORGER_H
#define SIMULATOR_FORGER_H

#include "tests/simulator/places.h"
#include "tests/simulator/random.h"

/* Whose ports are guessed at: ours. */
struct sim_prey {
    uint16_t source_port_first, source_port_count;
};

/* Invents an answer of some machine to us; returns its length. There must be a machine. */
size_t sim_forge(struct sim_random *random, const struct sim_places *places,
                 const struct sim_prey *prey, uint8_t *packet);

/* Makes TRUE_ANSWER, in place, into one that a probe of ours cannot have drawn: another
 * acknowledgement, source port or quoted sequence number, the latter also in quotes with
 * another target than the probe's. Checksums are right again. */
void sim_flip(struct sim_random *random, uint8_t *true_answer, size_t length);

#endif
