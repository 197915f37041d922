/* An audit without raw sockets: connections and connected UDP sockets in place of probes.
 *
 * Any user may run it. It says less than the engine: who sent a RST stays unknown, and the
 * silence of a host that answers nothing at all is never proof. Silence is certified as in
 * the engine, by the loss that connections to answering ports meet at the same time, and
 * only as long as this machine refused none of its own packets (the kernel counts a
 * repeated SYN that its firewall refuses). */
#ifndef SCANNER_CONNECT_H
#define SCANNER_CONNECT_H

#include "scanner/connect/connect_socket.h"
#include "scanner/engine/engine.h"

#include <signal.h>

struct connect_options {
    struct connect_way way;
    double max_rate;                     /* connections per second; 0: no limit */
    double miss;                         /* accepted chance that a certified silence is wrong */
    unsigned max_tries;                  /* 0: as many as the proof needs */
    nsec_t deadline;                     /* from the start of the first run; 0: none */
    uint64_t seed;                       /* order of ports */
    const volatile sig_atomic_t *signal; /* not 0: stop; may be NULL */
    void (*progress)(void *context, nsec_t now, const struct engine_totals *totals);
    void *progress_context;
};

/* What was done in all runs, for the report. */
struct connect_totals {
    uint64_t sent, send_errors, received;
    double seconds;
};

struct connect;

/* Opens what a sandbox would refuse later. NULL with *ERROR: no memory. */
struct connect *connect_new(const struct connect_options *options, struct error *error);
void connect_free(struct connect *connect);

/* Runs to the end and hands each target over to DONE once; may be called again. 0, or -errno
 * with *ERROR: not a single socket could be opened, no memory, or what DONE returned. */
int connect_run(struct connect *connect, const struct target *targets, size_t count,
                engine_host_fn *done, void *context, struct error *error)
    __attribute__((warn_unused_result));

void connect_totals(const struct connect *connect, struct connect_totals *totals);

#endif
