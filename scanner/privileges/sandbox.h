/* The walls around a run once everything is open: the system calls that scanning and
 * reporting need and no others (seccomp), and files made in the report directories and
 * nowhere else (Landlock). Whoever breaks the parser of packets finds no way out of the
 * process. There is no way back for us either. */
#ifndef SCANNER_SANDBOX_H
#define SCANNER_SANDBOX_H

#include "probes/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Sockets that may still be opened and connected, over IPv4 and IPv6. */
enum sandbox_sockets {
    SANDBOX_NO_SOCKETS,
    SANDBOX_TCP,         /* handshakes with what answers everything */
    SANDBOX_TCP_AND_UDP, /* --connect */
};

struct sandbox_options {
    const int *report_directories; /* open directories in which files are made, replaced
                                      and removed */
    size_t directory_count;
    enum sandbox_sockets sockets;
};

/* Needs no_new_privs (privileges_drop()). 0: the walls stand, and were tried. 1: the
 * kernel lacks a part, *MISSING says which; the other part stands. Another negative code:
 * a wall could not be built or did not hold, and the run must end. */
int sandbox_enter(const struct sandbox_options *options, struct error *missing)
    __attribute__((warn_unused_result));

#endif
