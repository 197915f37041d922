/* Names to addresses through the system's resolver. */
#ifndef SCANNER_COMMANDS_RESOLVE_H
#define SCANNER_COMMANDS_RESOLVE_H

#include "expect/expect.h"

/* A resolve_fn: every IPv4 and IPv6 address of NAME, with the resolver's own words where it
 * failed. CONTEXT is an enum addr_family *: the family that is wanted, of which alone a failure
 * counts; or ADDR_NONE: both. */
int resolve_name(void *context, const char *name, struct addr **addresses, struct error *error);

#endif
