/* The packets of full handshakes as lines for a person, among those of explain_packets.h: how
 * far each got. Anything may come as a packet. */
#ifndef SCANNER_COMMANDS_EXPLAIN_HANDSHAKES_H
#define SCANNER_COMMANDS_EXPLAIN_HANDSHAKES_H

#include "scanner/commands/explain_packets.h"
#include "scanner/connect/connect_ports.h"

struct explain_handshakes {
    struct explain_packets *packets; /* where to write, since when, and of which port */
    bool introduced;
    /* By the port that a connection goes from, modulo their number: what was agreed on. */
    struct explain_connection {
        bool connected;
        uint8_t scale; /* of the other end's window (RFC 7323) */
    } connections[CONNECT_PORTS];
};

/* Writes a line or two; a drive_packet_fn, with a struct explain_handshakes as its context. */
void explain_handshake_packet(void *context, nsec_t at, bool sent, const uint8_t *bytes,
                              size_t length);

#endif
