/* `--connect`: what a run does in place of opening a network and driving an engine. */
#ifndef SCANNER_COMMANDS_CONNECT_AUDIT_H
#define SCANNER_COMMANDS_CONNECT_AUDIT_H

#include "scanner/commands/options.h"
#include "scanner/commands/progress.h"
#include "scanner/connect/connect.h"

struct connect_audit_setting {
    const struct options *options;
    const struct udp_library *library;
    struct progress *progress;
    const struct connect_watch *watch; /* NULL: nobody */
};

/* NULL with *ERROR: an option or a target of PLAN asks for raw sockets, or no memory. */
struct connect *connect_audit_open(const struct connect_audit_setting *setting,
                                   const struct plan *plan, struct error *error);

/* What the connections were, for the report. */
struct audit_traffic connect_audit_traffic(const struct connect *connect);

#endif
