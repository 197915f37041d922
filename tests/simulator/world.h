/* Hosts, firewalls and routers: what each says to a packet that reaches it.
 *
 * Behaviour was taken from the sources and from measurements of Linux 6 (stack and
 * nftables), FreeBSD 13 and Windows; the comments in tcp.c, world.c and stack.c say where. */
#ifndef SIMULATOR_WORLD_H
#define SIMULATOR_WORLD_H

#include "tests/simulator/codec.h"
#include "tests/simulator/half_open.h"
#include "tests/simulator/places.h"
#include "tests/simulator/random.h"

struct sim_world {
    const struct sim_config *config; /* borrowed */
    struct sim_places places;
    struct sim_bucket *routers; /* one each; owned */
    struct sim_half_opens half_opens;
    struct sim_random random; /* sequence numbers and IP ids */
    uint64_t limited;         /* answers that a limiter held back */
};

int sim_world_init(struct sim_world *world, const struct sim_config *config,
                   struct error *error) __attribute__((warn_unused_result));
void sim_world_free(struct sim_world *world);

/* One packet meets the machine at PLACE at NOW. */
struct sim_meeting {
    nsec_t now;
    struct sim_probe *probe;
    struct sim_place place;
    uint8_t *answer;     /* room for SIM_PACKET_MAX */
    nsec_t late;         /* out: the service takes so long to answer */
    bool half_open;      /* out: a connection was begun, */
    uint32_t connection; /* which is this entry of half_opens */
};

/* Writes what is said to the probe and returns its length, 0: nothing. */
size_t sim_world_answer(struct sim_world *world, struct sim_meeting *meeting);

/* For the files that write answers: the header of packets that start at the host itself,
 * or at the firewall that stands at it (ROUTER 0) or at a hop before it. */
const struct sim_stack *sim_stack_of(const struct sim_host *host);
struct sim_header sim_header_from_host(const struct sim_meeting *meeting);
struct sim_header sim_header_from_firewall(const struct sim_world *world,
                                           const struct sim_meeting *meeting, uint8_t router);

/* Writes the ICMP error that a firewall or router says, if its limits allow one. */
size_t sim_world_error(struct sim_world *world, const struct sim_meeting *meeting,
                       const struct sim_answer *error);

#endif
