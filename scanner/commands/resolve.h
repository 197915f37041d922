/* Names to addresses through the system's resolver. */
#ifndef SCANNER_COMMANDS_RESOLVE_H
#define SCANNER_COMMANDS_RESOLVE_H

#include "expect/expect.h"

/* A resolve_fn: every IPv4 and IPv6 address of NAME, each once, IPv4 first. CONTEXT is not
 * used. -ENOENT when the name has no address, with the resolver's own words. */
int resolve_name(void *context, const char *name, struct addr **addresses, struct error *error);

#endif
