/* Wires with names, from a perfect one to the worst that a verdict should survive, and what
 * may be wrong at their ends. */
#ifndef SIMULATOR_WIRES_H
#define SIMULATOR_WIRES_H

#include "tests/simulator/simulator.h"

struct sim_named_wire {
    const char *name;
    struct sim_wire wire;
    struct sim_forger forger;
    const struct sim_fault *faults;
    size_t fault_count;
    double unknown_most; /* the share of ports that may stay unknown */
};

extern const struct sim_named_wire sim_wires[];
extern const size_t sim_wire_count;

#endif
