/* The ports from which connections go whose packets are to be seen, and which packets are
 * theirs.
 *
 * The kernel makes the connections, and a capture of a block of ports shows their packets among
 * those of whoever else uses such a port: a packet is ours if both of its ends are those of the
 * latest connection from its port, until another begins between the same ends. It knows no
 * sockets and no captures. */
#ifndef SCANNER_CONNECT_PORTS_H
#define SCANNER_CONNECT_PORTS_H

#include "probes/probes.h"
#include "scanner/clock.h"

/* Twice as many as there are ever connections at a time, so that a free one is soon found and
 * the packets of an ended connection have been looked at before its port is used again. */
enum { CONNECT_PORTS = 1024 };

struct connection {
    enum proto proto;
    struct addr own, other;
    uint16_t own_port, other_port;
};

enum connect_side { CONNECT_FOREIGN, CONNECT_SENT, CONNECT_RECEIVED };

struct connect_ports;

/* Ports FIRST to FIRST+CONNECT_PORTS-1, drawn in an order that SEED decides. NULL: no memory.
 */
struct connect_ports *connect_ports_new(uint16_t first, uint64_t seed);
void connect_ports_free(struct connect_ports *ports);

/* One to try next; it may be in use. */
uint16_t connect_ports_draw(struct connect_ports *ports);

/* A connection has begun, and is the latest from its port. */
void connect_ports_note(struct connect_ports *ports, const struct connection *connection);

/* Connections from ports other than these: their packets are not told from foreign ones. */
uint64_t connect_ports_strays(const struct connect_ports *ports);

/* Whose the packet is that was captured AT this time. What was captured on two interfaces on
 * its way, a bridge and its port for example, is ours once and foreign after that. */
enum connect_side connect_ports_side(struct connect_ports *ports, nsec_t at,
                                     const uint8_t *bytes, size_t length);

#endif
