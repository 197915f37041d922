/* How far a TCP connection got, and what that says of a host that answers every SYN.
 *
 * Behind a SYN proxy or a tarpit a SYN-ACK means nothing, but a full handshake may. Linux's
 * SYN proxy, for one, answers with no room in its window and asks the real host only then: room
 * comes once a service there has accepted, a RST once it has refused, and nothing at all where
 * the SYN behind the proxy is dropped. A tarpit never gives room, a honeypot gives the same on
 * all ports. So a port is open where more happened than on each of some random ports.
 *
 * Functions of their arguments; it knows no sockets, no time and no hosts. */
#ifndef SCANNER_HANDSHAKE_H
#define SCANNER_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a socket showed of one connection on which nothing was sent. */
struct handshake_signs {
    bool refused;    /* the SYN drew a RST or an ICMP error */
    bool connected;  /* the handshake was completed */
    bool spoke;      /* data came */
    bool finished;   /* the other end closed (FIN) */
    bool reset;      /* the other end aborted (RST) */
    uint32_t window; /* octets that the other end had room for at most; 0: not known, too */
};

/* From nothing to certainty: each goes further than those before. */
enum handshake {
    HANDSHAKE_NONE,    /* no answer */
    HANDSHAKE_REFUSED, /* no connection */
    HANDSHAKE_HELD,    /* a connection without room to say anything, and nothing more */
    HANDSHAKE_ENDED,   /* the same, ended by the other end */
    HANDSHAKE_CUT,     /* there was room, but the other end aborted without a word */
    HANDSHAKE_OPENED,  /* there is room for a request, or was until the other end closed */
    HANDSHAKE_SPOKE,   /* data came unasked */
    HANDSHAKE_COUNT
};

enum handshake handshake_read(const struct handshake_signs *signs);

/* Whether a port that went so far is open, on a host whose RANDOM ports went so far: when it
 * gave room and none of those did, or when it spoke and all of those were mute. Where one of
 * them did not even connect, or there is none, nothing can be compared. */
bool handshake_shows_service(enum handshake port, const enum handshake *random, size_t count);

#endif
