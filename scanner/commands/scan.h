/* A run without expectations over the targets of the command line: what `scan` and `learn`
 * share. */
#ifndef SCANNER_COMMANDS_SCAN_H
#define SCANNER_COMMANDS_SCAN_H

#include "scanner/commands/audit_run.h"

/* WATCH as for audit_run_watched(), or NULL. Returns the exit code; everything a person must
 * read has been said. */
enum exit_code scan_targets(const struct options *options, const struct audit_watch *watch);

#endif
