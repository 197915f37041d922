/* The progress line on standard error: ports decided, time left, and how many hosts are waited
 * for because they limit their ICMP errors; at most ten times a second, and only on a terminal.
 */
#ifndef SCANNER_COMMANDS_PROGRESS_H
#define SCANNER_COMMANDS_PROGRESS_H

#include "scanner/commands/options.h"
#include "scanner/engine/engine.h"

struct progress {
    bool shown;   /* wanted at all */
    bool written; /* a line stands there now */
    nsec_t started, last;
};

void progress_init(struct progress *progress, enum when when);
/* For struct drive; CONTEXT is a struct progress. */
void progress_show(void *context, nsec_t now, const struct engine_totals *totals);
/* Says that round NUMBER of --until is due, for UNMET ports (0: to confirm that all is met),
 * and begins a new count. */
void progress_round(struct progress *progress, unsigned number, uint64_t unmet, nsec_t left);
/* Removes the line. */
void progress_end(struct progress *progress);

#endif
