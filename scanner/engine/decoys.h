/* Decoys: SYNs to random high ports of a host that has an open one. Where all of them are
 * answered by SYN-ACKs, something in front answers everything (a SYN proxy, a tarpit), and an
 * open port means nothing. Nobody can tell that from a host on which so many ports really are
 * open, which is treated likewise.
 *
 * They go out between the other probes, one at a time: the first one that is refused or stays
 * silent settles the question for nearly every host. Private to the engine's files. */
#ifndef SCANNER_DECOYS_H
#define SCANNER_DECOYS_H

#include "scanner/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum { DECOYS = 3, DECOY_PORT_LEAST = 20000 };

struct decoys {
    uint16_t ports[DECOYS];
    bool chosen;
    bool refuted;  /* one was refused, or silent */
    uint8_t turn;  /* decoys that have answered by SYN-ACK */
    uint8_t tries; /* of the one whose turn it is */
    nsec_t due;    /* when it is to be sent, or given up */
};

#endif
