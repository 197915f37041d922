/* One probe without a raw socket: a TCP connection that is begun, or a datagram from a
 * connected UDP socket, and what the kernel says came of it.
 *
 * Needs no privilege. The kernel shows ICMP errors in full (IP_RECVERR) but not the headers
 * of a RST, so that who sent it stays unknown. It knows no clock and no policy. */
#ifndef SCANNER_CONNECT_SOCKET_H
#define SCANNER_CONNECT_SOCKET_H

#include "scanner/connect/connect_ports.h"

/* Somebody who sees the packets of connections. */
struct connect_watch {
    struct connect_ports *ports; /* from which connections go, as far as they are free */
    void (*look)(void *context); /* takes the packets that have come; called often */
    void *context;
};

struct connect_way {
    const char *interface; /* NULL: as the kernel routes */
    struct addr source;    /* ADDR_NONE: as the kernel chooses */
    const struct udp_library *library;
    const struct connect_watch *watch; /* NULL: nobody; the kernel chooses ports */
};

/* Lets whoever watches look. */
void connect_way_look(const struct connect_way *way);

struct connect_socket {
    int fd;
    enum proto proto;
    uint16_t port;
    uint32_t turn; /* UDP: which question; see udp_library_in_turn() */
    bool refused;  /* while it was begun */
    struct addr target, source;
    uint16_t source_port;
    const struct udp_probe *asked; /* UDP; NULL: an empty datagram */
    uint8_t transaction[UDP_TRANSACTION_MAX];
};

struct connect_answer {
    struct answer answer;
    struct addr by;
    bool proven; /* nobody off the path could have made it up */
};

/* Begins what SOCKET says of proto, port, turn and target. 0, or -errno: nothing left this
 * machine (-EMFILE: too many are open; -EADDRNOTAVAIL: no port is to be had now). */
int connect_socket_open(struct connect_socket *socket, const struct connect_way *way)
    __attribute__((warn_unused_result));

/* To be called when poll() shows anything for the descriptor. False: no answer yet. */
bool connect_socket_read(struct connect_socket *socket, struct connect_answer *answer);

/* Ends it, a connection by a RST, so that neither side keeps anything. */
void connect_socket_close(struct connect_socket *socket);

#endif
