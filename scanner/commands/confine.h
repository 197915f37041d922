/* From here on the run can do what it needs and nothing more: privileges are dropped for
 * good, and the sandbox closes. To be called when everything is open. */
#ifndef SCANNER_COMMANDS_CONFINE_H
#define SCANNER_COMMANDS_CONFINE_H

#include "scanner/commands/outputs.h"

/* Where the kernel lacks a part, a warning is printed, or with --require-sandbox it is an
 * error. 0, or a negative code with *ERROR: the run must end. */
int confine(const struct options *options, const struct outputs *outputs, struct error *error)
    __attribute__((warn_unused_result));

#endif
