/* One run over the network: a policy becomes a plan, the plan is scanned, and what was
 * seen is judged and reported. What `check` and `scan` share. */
#ifndef SCANNER_COMMANDS_AUDIT_RUN_H
#define SCANNER_COMMANDS_AUDIT_RUN_H

#include "scanner/commands/commands.h"

/* Runs POLICY as OPTIONS say and returns the exit code; everything a person must read has
 * been said. */
enum exit_code audit_run(const struct options *options, const struct policy *policy,
                         const struct udp_library *library);

/* The probe library that is built in. 0, or -errno after having complained. */
int audit_load_library(struct udp_library *library) __attribute__((warn_unused_result));

#endif
