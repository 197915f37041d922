/* Makes the handshakes that doubts ask for, by the kernel's own TCP.
 *
 * No data is sent, so that nothing changes at the other end. Each connection is ended by a RST,
 * which frees both ends and a proxy between them at once; a FIN would wait for room in the
 * window that a tarpit never gives. It decides nothing. */
#ifndef SCANNER_HANDSHAKES_H
#define SCANNER_HANDSHAKES_H

#include "scanner/connect/connect_socket.h"
#include "scanner/connect/doubts.h"

#include <signal.h>

struct handshakes_options {
    struct connect_way way;
    double max_rate;                     /* connections per second; 0: no limit */
    nsec_t deadline;                     /* on CLOCK_MONOTONIC; NSEC_NEVER: none */
    const volatile sig_atomic_t *signal; /* not 0: stop; may be NULL */
};

/* Until DOUBTS ask no more, or time is up. What cannot be asked stays in doubt. 0 or -ENOMEM.
 */
int handshakes_make(struct doubts *doubts, const struct handshakes_options *options)
    __attribute__((warn_unused_result));

#endif
