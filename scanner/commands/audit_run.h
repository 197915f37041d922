/* One run over the network: a policy becomes a plan, the plan is scanned, and what was
 * seen is judged and reported. What `check` and `scan` share. */
#ifndef SCANNER_COMMANDS_AUDIT_RUN_H
#define SCANNER_COMMANDS_AUDIT_RUN_H

#include "scanner/commands/commands.h"
#include "scanner/drive.h"

/* Runs POLICY as OPTIONS say and returns the exit code; everything a person must read has
 * been said. */
enum exit_code audit_run(const struct options *options, const struct policy *policy,
                         const struct udp_library *library);

/* Somebody who looks over a run's shoulder. */
struct audit_watch {
    /* Gets the plan, which lives to the end of the run, before anything is sent; NULL: not
     * wanted. */
    void (*planned)(void *context, const struct plan *plan);
    drive_packet_fn *packet;            /* every packet sent and matched; NULL: not wanted */
    drive_packet_fn *connection_packet; /* the same of connections that the kernel makes */
    /* Gets the audit in place of the reports. 0, or a negative code with *ERROR: it could
     * not be written. */
    int (*finished)(void *context, const struct audit *audit, struct error *error);
    void *context;
};
/* The same, watched; WATCH may be NULL. */
enum exit_code audit_run_watched(const struct options *options, const struct policy *policy,
                                 const struct udp_library *library,
                                 const struct audit_watch *watch);

#endif
