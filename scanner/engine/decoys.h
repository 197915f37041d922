/* Decoys: SYNs to random high ports of a host that has an open one. Where all of them are
 * answered by SYN-ACKs, something in front answers everything (a SYN proxy, a tarpit), and an
 * open port means nothing. Nobody can tell that from a host on which so many ports really are
 * open, which is treated likewise.
 *
 * They go out between the other probes, in rounds: the first alone, for its refusal settles the
 * question for nearly every host, then all that have not answered. Silence settles it as it
 * does elsewhere, once there were tries enough for the loss. Private to the engine's files, and
 * to those that doubt an open port without the engine (connect/doubts.h). */
#ifndef SCANNER_DECOYS_H
#define SCANNER_DECOYS_H

#include "scanner/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum { DECOYS = 3, DECOY_PORT_LEAST = 20000 };

struct decoy {
    uint16_t port;
    bool answered; /* by SYN-ACK, or it is a port of the audit and needs no decoy's probe */
    bool due;      /* still to be sent in this round */
};

struct decoys {
    struct decoy each[DECOYS];
    bool chosen;
    bool supported; /* one has answered by SYN-ACK */
    bool refuted;   /* one was refused, or silent */
    uint8_t rounds; /* that were begun */
    uint8_t tries;  /* of all decoys */
    nsec_t due;     /* when the next one is to be sent, or the round is over */
};

#endif
