/* Hosts of many kinds, drawn from a seed: servers behind firewalls that drop, hosts that
 * refuse by themselves, several stacks, both address families. */
#ifndef SIMULATOR_POPULATION_H
#define SIMULATOR_POPULATION_H

#include "probes/target.h"
#include "tests/simulator/simulator.h"

struct sim_population {
    struct sim_host *hosts; /* owned, as is the rest */
    struct sim_row *rows;
    struct target *targets; /* one for each host */
    struct portset *ports;
    size_t count;
};

/* The routers that rows of a population name. */
extern const struct sim_router sim_population_routers[];
extern const size_t sim_population_router_count;

/* Draws COUNT hosts, each asked for PORTS TCP ports and a few of UDP. 0 or -ENOMEM. */
int sim_population_init(struct sim_population *population, uint64_t seed, size_t count,
                        uint16_t ports) __attribute__((warn_unused_result));
void sim_population_free(struct sim_population *population);

#endif
