/* Source ports that are ours alone.
 *
 * A block of consecutive ports is reserved by sockets that are bound to them, TCP and
 * UDP, IPv4 and IPv6: no other program is given one of them, and two runs at once never
 * share one, so that neither takes the other's answers. The sockets themselves receive
 * nothing. It knows no packets: probes leave through raw sockets or frames. */
#ifndef SCANNER_SOURCE_PORTS_H
#define SCANNER_SOURCE_PORTS_H

#include "probes/error.h"
#include "probes/portset.h"

#include <stdbool.h>
#include <stdint.h>

/* How many ports a run takes when it may: enough for a UDP answer's port to be part of
 * the secret, few enough for the number of open files that is usually allowed. */
enum { SOURCE_PORTS_COUNT = 256 };

struct source_ports;

/* Reserves COUNT ports at a random place outside of the range from which the kernel takes
 * ports for connections, or as many as the number of open files allows.
 * With FIRST other than 0, exactly FIRST to FIRST+COUNT-1.
 * -EADDRINUSE: the ports are taken; -EACCES: ports below 1024 need a privilege. */
int source_ports_reserve(struct source_ports **ports, uint16_t first, uint16_t count,
                         struct error *error) __attribute__((warn_unused_result));
void source_ports_release(struct source_ports *ports);

uint16_t source_ports_first(const struct source_ports *ports);
uint16_t source_ports_count(const struct source_ports *ports);

/* The first of COUNT ports at a place like that, none of them in TAKEN. They are not reserved:
 * each is to be bound when it is needed, and may be in use then. */
uint16_t source_ports_suggest(uint16_t count, struct port_range taken);

/* Where a block of COUNT ports may start, RANDOM deciding: at or above 10000, where few
 * services live, and outside of EPHEMERAL; inside of it only when no block fits outside. */
uint16_t source_ports_choose(struct port_range ephemeral, uint16_t count, uint32_t random);

#endif
