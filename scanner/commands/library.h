/* The UDP probe library of a run: what is compiled in, and what the user adds to it. */
#ifndef SCANNER_COMMANDS_LIBRARY_H
#define SCANNER_COMMANDS_LIBRARY_H

#include "scanner/commands/commands.h"

/* Fills LIBRARY, which must be zeroed and is the caller's to free in any case. With --probes
 * the *.yml files of that folder are added in the order of their names; a probe with a name
 * that is taken replaces the older one. EXIT_MET, or a code after having complained. */
enum exit_code library_load(struct udp_library *library, const struct options *options);

#endif
