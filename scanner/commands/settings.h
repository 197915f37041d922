/* The settings of expectation files: defaults for options of the command line. */
#ifndef SCANNER_COMMANDS_SETTINGS_H
#define SCANNER_COMMANDS_SETTINGS_H

#include "scanner/commands/options.h"

/* Applies what POLICY, which must outlive OPTIONS, sets and the command line does not. 0, or
 * -EINVAL with *ERROR. */
int settings_apply(struct options *options, const struct policy *policy, struct error *error)
    __attribute__((warn_unused_result));

#endif
