/* The TCP side of hosts and firewalls: SYN-ACKs, RSTs and half-open connections. */
#ifndef SIMULATOR_TCP_H
#define SIMULATOR_TCP_H

#include "tests/simulator/world.h"

/* What is said to a segment; returns its length, 0: nothing. */
size_t sim_tcp_answer(struct sim_world *world, struct sim_meeting *meeting);

/* The SYN-ACK of a half-open connection once more. 0: that connection is over. */
size_t sim_tcp_retransmit(struct sim_world *world, uint32_t connection, uint32_t generation,
                          uint8_t *answer);

/* How long after its last SYN-ACK a connection sends the next; 0: never again. */
nsec_t sim_tcp_patience(const struct sim_world *world, uint32_t connection);

#endif
