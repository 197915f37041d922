/* Which simulated machine has an address, what its rows say of a port, and what it
 * remembers from packet to packet. */
#ifndef SIMULATOR_PLACES_H
#define SIMULATOR_PLACES_H

#include "tests/simulator/limit.h"
#include "tests/simulator/simulator.h"

struct sim_group {
    const struct sim_host *host;
    struct sim_row *rows; /* by protocol and port; owned */
    size_t first_state;   /* of its first machine */
};

/* What one machine remembers. */
struct sim_memory {
    struct sim_bucket rst, icmp, icmp_total, syns;
    uint64_t packets; /* that reached it */
};

struct sim_places {
    struct sim_group *groups; /* by address; owned */
    size_t group_count;
    struct sim_memory *memories; /* owned */
    size_t machine_count;
};

/* 0, or a negative code and *ERROR: hosts or rows overlap, a router is not there, or a
 * behaviour does not fit its protocol. */
int sim_places_init(struct sim_places *places, const struct sim_config *config,
                    struct error *error) __attribute__((warn_unused_result));
void sim_places_free(struct sim_places *places);

/* Whether ADDRESS is one of HOST's. */
bool sim_host_has(const struct sim_host *host, const struct addr *address);

struct sim_place {
    const struct sim_group *group; /* NULL: nobody has the address */
    struct sim_memory *memory;
};
struct sim_place sim_places_find(const struct sim_places *places, const struct addr *address);

/* The address of the INDEX-th machine, below machine_count. */
struct addr sim_places_address(const struct sim_places *places, size_t index);

const struct sim_answer *sim_group_answer(const struct sim_group *group, enum proto proto,
                                          uint16_t port);

#endif
